//! Logs: a file or a directory of them as one table of records, `ts, level, code, message, exception`, then the fields
//! of the formats found. Formats are told by sample lines, per file; a line is read by the first that knows it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::model::time::{self, DAY, Stamp};
use crate::source::file::File;
use crate::source::text::TextTable;
use crate::source::{Content, Reader, Source, Spec, abreast, locate, rotation};

mod alike;
mod calendar;
mod called;
mod capture;
mod choice;
mod code;
mod columns;
mod csvlog;
pub mod detect;
mod directives;
mod exception;
pub mod explain;
mod expression;
mod folds;
pub mod formats;
#[cfg(fuzzing)]
pub mod fuzzed;
mod gathered;
mod general;
mod generic;
mod heads;
mod jul;
mod keys;
mod level;
mod logfmt;
mod misdated;
mod orders;
mod paths;
mod pattern;
mod pieces;
mod plan;
mod recogniser;
mod record;
mod roles;
pub mod samples;
mod slow;
mod stamp;
mod strays;
mod survey;
mod tables;
mod tagged;
mod tail;
mod turns;
mod values;
mod walk;

use alike::Found;
use calendar::Place;
use capture::Capture;
use columns::Columns;
use formats::BUILT;
use plan::{FileFormats, OwnTime};
use recogniser::{Recogniser, Wrapped};
use record::Log;
use stamp::{Lack, Written};
pub use tables::is_log as is_log_of_fields;

/// Logs of a format that is known.
pub const KNOWN: Reader = Reader { kind: "log", claims: known, open };
/// Text whose lines begin with a time.
pub const GENERIC: Reader = Reader { kind: "log", claims: generic, open };

/// Formats that describe themselves or need no description: name, title and where they come from.
pub const BY_CODE: &[(&str, &str, &str)] = &[
    ("w3c", "W3C extended log (IIS, CloudFront)", "https://www.w3.org/TR/WD-logfile.html"),
    ("zeek", "Zeek (Bro) logs", "https://docs.zeek.org/en/master/log-formats.html"),
    ("journal_export", "systemd journal, export format", "https://systemd.io/JOURNAL_EXPORT_FORMATS/"),
    (
        "windows_event_xml",
        "Windows events, exported as XML",
        "https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema",
    ),
    (
        "java_xml",
        "java.util.logging, as XML",
        "https://docs.oracle.com/en/java/javase/21/docs/api/java.logging/java/util/logging/XMLFormatter.html",
    ),
    (
        "postgres_csv",
        "PostgreSQL csvlog",
        "https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG",
    ),
    ("json", "JSON lines of any schema", "https://jsonlines.org"),
    ("logfmt", "key=value pairs", "https://brandur.org/logfmt"),
    (
        "generic",
        "Any line with a usual time stamp near its start",
        "https://www.iso.org/iso-8601-date-and-time-format.html",
    ),
];

fn known(file: &File) -> bool {
    let text = detect::first_text(file);
    let is_table = [b',', b';', b'\t', b'|'].iter().any(|delimiter| tables::is_table(&text, *delimiter));
    detect::is_text(&text) && !is_table && detect::is_known(&text, file)
}

fn generic(file: &File) -> bool {
    let text = detect::first_text(file);
    // Which number is the day and which the month a later line may tell.
    let has_times = || detect::has_times(&text) || undecided(&text).is_some() && detect::has_times_at_all(file);
    detect::is_text(&text) && has_times()
}

/// Whether the first line of a text begins with a time.
pub fn begins_with_time(text: &[u8]) -> bool {
    detect::lines(text).next().is_some_and(generic::begins_with_time)
}

/// Whether a file is PostgreSQL's log as CSV.
pub fn is_csvlog(file: &File) -> bool {
    tagged::Kind::of(&file.head()) == Some(tagged::Kind::PostgresCsv)
}

/// A day and its time that are all of a text, in any way that logs write them.
pub fn day_and_time(text: &[u8]) -> Option<Stamp> {
    // Most texts are no times: these have a colon between digits, or a letter.
    const BYTES: std::ops::RangeInclusive<usize> = 14..=40;
    let is_like = BYTES.contains(&text.len())
        && text.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8
        && text.iter().any(|byte| *byte == b':' || byte.is_ascii_alphabetic());
    match is_like.then(|| generic::whole(text))?? {
        Written::Whole(stamp) => Some(stamp),
        _ => None,
    }
}

/// A time that does not tell day, month and year apart, and one of the formats that it is in.
pub struct Undecided {
    pub text: String,
    pub format: String,
}

/// A time of a text whose times do not tell day, month and year apart.
pub fn undecided(text: &[u8]) -> Option<Undecided> {
    let (time, format) = detect::lines(text).find_map(orders::undecided)?;
    let text = String::from_utf8_lossy(time).into_owned();
    let is_half_day = text.ends_with(['m', 'M']);
    let format = if is_half_day { format!("{} %p", format.replace("%H", "%I")) } else { format };
    Some(Undecided { text, format })
}

/// # Errors
/// If there is no such format, with those that are called alike.
fn check_format(spec: &Spec, name: &str) -> Result<()> {
    let known: Vec<&str> =
        spec.formats.names().chain(BUILT.names()).chain(BY_CODE.iter().map(|(name, ..)| *name)).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let near = crate::model::name::nearest(name, known.iter().copied());
    let error = Error::question(format!("source `{}` has no known log format `{name}`", spec.name));
    Err(error.near_or(&near, "list them: rca formats"))
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    if let Some(name) = &spec.format {
        check_format(spec, name)?;
    }
    let files = rotation::in_time_order(&spec.files);
    let mut columns = Columns::default();
    let mut formats: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut detected = Vec::new();
    let mut telling: Vec<String> = Vec::new();
    let mut bare: Vec<&str> = Vec::new();
    for (file, found) in files.iter().zip(alike::detected(&files, &spec.formats, spec.format.as_deref())) {
        for recogniser in &found.recognisers {
            let name = recogniser.name();
            if !formats.contains(&name) {
                formats.push(name);
            }
            columns.add(recogniser.fields());
            if recogniser.names_its_fields() {
                let fields =
                    recogniser.fields().iter().filter(|field| !matches!(&*field.name, "level_raw" | "received"));
                telling.extend(fields.map(|field| columns.name(field).to_string()));
            }
        }
        if found.recognisers.is_empty() && file.bytes > 0 {
            bare.push(&file.shown);
        }
        notes.extend(file.encoding.assumption().map(|assumption| format!("{}: {assumption}", file.shown)));
        detected.push(found);
    }
    if !bare.is_empty() {
        notes.insert(
            0,
            match &spec.format {
                Some(name) => format!("{}: no line is of the format {name}", locate::some(&bare)),
                None => format!("{}: no line has a time", locate::some(&bare)),
            },
        );
    }
    let mut seen = std::collections::HashSet::new();
    telling.retain(|name| seen.insert(name.clone()));
    let mut by_file: Vec<Arc<FileFormats>> = Vec::with_capacity(files.len());
    for (index, (file, Found { recognisers, around })) in files.iter().zip(detected).enumerate() {
        let targets = recognisers.iter().map(|recogniser| columns.targets(recogniser.fields())).collect();
        let modified = around.end().map_or(file.modified, |end| end.min(file.modified));
        let own_time = OwnTime { modified, is_zone_sure: spec.zone_said, ..OwnTime::default() };
        let mut formats = FileFormats::new(recognisers, targets, own_time, spec.format.is_some());
        formats.around = around;
        let before = index.checked_sub(1).filter(|before| rotation::is_one_log(&files[*before], file));
        if formats.lacks().iter().any(|lack| *lack != Lack::Nothing) {
            let named = rotation::day_in_name(&file.shown).or_else(|| day_in_header(file, &formats));
            let named = named.or_else(|| rotation::day_of_folder(&file.shown));
            formats.own_time.named = named.filter(|day| day * DAY <= file.modified + DAY);
            let own = before.map(|before| by_file[before].own_time);
            formats.own_time.nearby = own.and_then(|own| own.named.or(own.nearby));
        }
        formats.before = before.map(|before| (files[before].clone(), Arc::downgrade(&by_file[before])));
        by_file.push(Arc::new(formats));
    }
    notes.extend(assumptions(spec, &files, &by_file));
    notes.extend(rotation::repeated(&files));
    let names = columns.list.iter().map(|column| column.name.clone()).collect();
    let place = Place { zone: spec.zone, skew: spec.skew };
    let format = Log { files: by_file, evidence: files.clone(), names, place, code: spec.code.clone() };
    let table = TextTable::new(files, format, columns.list);
    let mut source = spec.one_table("log", formats.join(", "), notes, Content::Scanned(Arc::new(table)));
    source.tables.iter_mut().for_each(|offer| offer.telling.clone_from(&telling));
    Ok(source)
}

/// The day in a line before the first record: `Log file created at: 2024/03/12 06:25:00`.
fn day_in_header(file: &File, formats: &FileFormats) -> Option<i64> {
    const LOOKED_AT: usize = 8;
    let mut capture = Capture::default();
    let head = file.head();
    let mut header =
        detect::lines(&head).take(LOOKED_AT).take_while(|line| formats.read(line, 0, &mut capture).is_none());
    header.find_map(generic::day)
}

/// What the first lines of a file say of its times.
#[derive(Default)]
struct Stamps {
    zoneless: bool,
    zoned: bool,
    finer: bool,
    /// Some say all of their time, and so tell what others lack.
    whole: bool,
    /// What they lack, and the day that it is counted back from.
    lacks: Vec<(Lack, i64)>,
}

impl Stamps {
    fn of(file: &File, formats: &FileFormats) -> Stamps {
        const LOOKED_AT: usize = 50;
        let mut stamps = Stamps::default();
        let mut capture = Capture::default();
        let head = file.head();
        for line in detect::lines(&head).take(LOOKED_AT) {
            stamps.finer |= is_finer(line, if line.starts_with(b"{") { line.len() } else { 64 });
            if formats.read(line, 0, &mut capture).is_some()
                && let Some(written) = capture.written
            {
                stamps.zoneless |= written.offset().is_none();
                stamps.zoned |= written.offset().is_some();
                // A day that a directive states is not assumed.
                let lack = written.lacks();
                stamps.whole |= lack == Lack::Nothing;
                if lack == Lack::Nothing || lack == Lack::Day && formats.stated_day(head.len() as u64).is_some() {
                    continue;
                }
                let own = formats.own_time;
                let lack = (lack, own.named.or(own.nearby).unwrap_or(own.modified / DAY));
                if !stamps.lacks.contains(&lack) {
                    stamps.lacks.push(lack);
                }
            }
        }
        stamps
    }
}

/// What had to be assumed of times.
fn assumptions(spec: &Spec, files: &[Arc<File>], formats: &[Arc<FileFormats>]) -> Vec<String> {
    let mut notes = Vec::new();
    let stamps = abreast::each(files.len(), |index| Stamps::of(&files[index], &formats[index]));
    for (one, formats) in stamps.iter().zip(formats) {
        formats.has_zones.store(one.zoned && !spec.zone_said, Ordering::Relaxed);
    }
    for (lack, what) in [(Lack::Year, "year"), (Lack::Day, "date"), (Lack::Hour, "hour")] {
        let of = |is_told: bool| {
            let all = stamps.iter().filter(move |one| one.whole == is_told).flat_map(|one| &one.lacks);
            all.filter(move |(own, _)| *own == lack).map(|(_, day)| *day)
        };
        let days = || of(false);
        if of(true).next().is_some() {
            notes.push(format!("times of some lines carry no {what}; the lines around them that do tell it"));
        }
        if let (Some(first), Some(last)) = (days().min(), days().max()) {
            let (first, last) = (time::date(first), time::date(last));
            let between = if first == last { first } else { format!("{first} to {last}") };
            notes.push(format!(
                "times carry no {what}; it is counted back from the files' own times or the dates in their names ({between})"
            ));
        }
    }
    if stamps.iter().any(|one| one.zoneless && !one.zoned) && !spec.zone_said {
        notes.push(crate::model::zone::ASSUMED.into());
    }
    let tells_zone = |one: &Recogniser| one.as_wrapped().is_some_and(Wrapped::tells_zone);
    if formats.iter().flat_map(|one| &one.recognisers).any(tells_zone) {
        notes.push("times within lines carry no zone; the times around them, written at once, tell it".into());
    }
    if stamps.iter().any(|one| one.finer) {
        notes.push("times are finer than a microsecond and cut there".into());
    }
    notes
}

/// Whether a line within its first bytes has a fraction of a second finer than a microsecond.
fn is_finer(line: &[u8], within: usize) -> bool {
    let start = &line[..line.len().min(within)];
    memchr::memchr2_iter(b'.', b',', start).any(|dot| {
        let rest = &start[dot + 1..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // The seconds before it, as in `:07.123456789`. Of zeros nothing is cut.
        (7..=9).contains(&digits)
            && rest[6..digits].iter().any(|byte| *byte != b'0')
            && dot >= 3
            && start[dot - 3] == b':'
            && start[dot - 2..dot].iter().all(u8::is_ascii_digit)
    })
}
