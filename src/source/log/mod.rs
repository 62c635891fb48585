//! Logs: a file or a directory of them as one table of records, `ts, level, code, message`, then the fields of the
//! formats found. Formats are told by sample lines, per file; a line is read by the first that knows it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::coverage::Coverage;
use crate::source::file::File;
use crate::source::text::TextTable;
use crate::source::{Content, Reader, Source, Spec, sample};

mod code;
pub mod formats;
mod generic;
mod level;
mod pattern;
mod record;
mod stamp;
mod structured;

use formats::{FORMATS, Format};
use pattern::Capture;
use record::{FileFormats, Log, Recogniser};
use structured::{Keys, Syntax};

/// Logs of a format that is known.
pub const KNOWN: Reader = Reader { kind: "log", claims: known, open };
/// Text whose lines begin with a time.
pub const GENERIC: Reader = Reader { kind: "log", claims: generic, open };

/// Lines looked at to tell a file's formats.
const LINES: usize = 2_000;

fn lines(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    piece
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.trim_ascii().is_empty())
}

fn is_text(head: &[u8]) -> bool {
    memchr::memchr_iter(0, head).count() * 100 <= head.len()
}

fn known(file: &File) -> bool {
    let sample: Vec<&[u8]> = lines(&file.head).take(LINES).collect();
    let mut capture = Capture::default();
    let known = |line: &&&[u8]| FORMATS.iter().any(|format| format.read(line, &mut Capture::default()));
    let count = sample.iter().filter(known).count();
    // A trace may have many lines, a header some; a table of values has no level and no words around its times.
    if count >= 3
        || count > 0
            && (count * 10 >= sample.len()
                || sample.first().is_some_and(|line| FORMATS.iter().any(|f| f.read(line, &mut capture))))
    {
        return true;
    }
    is_text(&file.head)
        && Keys::learn(Syntax::Logfmt, &sample)
            .is_some_and(|keys| sample.iter().filter(|line| keys.read(line, &mut capture)).count() * 2 > sample.len())
}

fn generic(file: &File) -> bool {
    let mut capture = Capture::default();
    let mut sample = lines(&file.head).take(LINES).peekable();
    is_text(&file.head) && sample.peek().is_some() && sample.any(|line| generic::read(line, &mut capture))
}

/// Whether nearly all lines begin with a time that goes on in words: a sentence with a comma is no CSV.
pub fn has_sentences(head: &[u8], delimiter: u8) -> bool {
    let mut capture = Capture::default();
    let mut total = 0;
    let mut told = 0;
    for line in lines(head).take(200) {
        total += 1;
        let first = line.split(|byte| *byte == delimiter).next().unwrap_or(line);
        let is_word = |word: &&[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic);
        let has_words = first.split(|byte| *byte == b' ').filter(is_word).count() >= 2;
        told += usize::from(has_words && generic::read(first, &mut capture));
    }
    total > 0 && told * 10 >= total * 9
}

/// The formats of one file, those that know most lines first.
fn detect(file: &File, own: &[Format], forced: Option<&str>) -> Vec<Recogniser> {
    let pieces = sample::pieces(file);
    let per_piece = LINES / pieces.len().max(1) + 1;
    let sample: Vec<&[u8]> = pieces.iter().flat_map(|piece| lines(piece).take(per_piece)).collect();
    let mut candidates: Vec<Recogniser> =
        own.iter().map(|format| Recogniser::Pattern(Arc::new(format.clone()))).collect();
    candidates.extend(FORMATS.iter().cloned().map(Recogniser::Pattern));
    candidates.extend(
        [Syntax::Json, Syntax::Logfmt].iter().filter_map(|syntax| keys(file, *syntax, &sample)).map(Recogniser::Keys),
    );
    candidates.push(Recogniser::Generic);
    if let Some(name) = forced {
        candidates.retain(|candidate| candidate.name() == name);
        return candidates;
    }
    choose(&candidates, &sample)
}

/// The keys of a file's lines: of all of them if samples are of this syntax, since a rare key is a column too.
fn keys(file: &File, syntax: Syntax, sample: &[&[u8]]) -> Option<Keys> {
    Keys::learn(syntax, sample)?;
    let pieces = sample::all_or_pieces(file);
    let all: Vec<&[u8]> = pieces.iter().flat_map(|piece| lines(piece)).collect();
    Keys::learn(syntax, &all)
}

/// Again and again the candidate that knows most of the lines not yet known. Of two the earlier, and the fallback
/// only for what no other knows.
fn choose(candidates: &[Recogniser], sample: &[&[u8]]) -> Vec<Recogniser> {
    let mut rest: Vec<&[u8]> = sample.to_vec();
    let mut chosen: Vec<Recogniser> = Vec::new();
    let mut capture = Capture::default();
    loop {
        let mut best: Option<(usize, &Recogniser)> = None;
        for candidate in candidates {
            if matches!(candidate, Recogniser::Generic) && best.is_some() {
                break;
            }
            let count = rest.iter().filter(|line| candidate.read(line, &mut capture)).count();
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, candidate));
            }
        }
        let Some((count, recogniser)) = best else { return chosen };
        // A stray line of a trace that looks like a stamp is no second format.
        if matches!(recogniser, Recogniser::Generic) && !chosen.is_empty() && count * 20 < sample.len() {
            return chosen;
        }
        rest.retain(|line| !recogniser.read(line, &mut capture));
        chosen.push(recogniser.clone());
        if chosen.len() == 6 || rest.is_empty() {
            return chosen;
        }
    }
}

impl Recogniser {
    fn name(&self) -> &str {
        match self {
            Recogniser::Pattern(format) => &format.name,
            Recogniser::Keys(keys) if keys.syntax == Syntax::Json => "json",
            Recogniser::Keys(_) => "logfmt",
            Recogniser::Generic => "generic",
        }
    }
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    if let Some(name) = &spec.format {
        let known: Vec<&str> = spec
            .formats
            .iter()
            .map(|f| f.name.as_str())
            .chain(FORMATS.iter().map(|f| f.name.as_str()))
            .chain(["json", "logfmt", "generic"])
            .collect();
        if !known.contains(&name.as_str()) {
            let near = crate::model::name::nearest(name, known.iter().copied());
            let error = Error::question(format!("source `{}` has no known log format `{name}`", spec.name));
            let known = known.iter().map(|name| (*name).to_string()).collect::<Vec<_>>();
            return Err(error.hint(format!(
                "formats are {}",
                crate::model::name::listed(if near.is_empty() { &known } else { &near })
            )));
        }
    }
    let mut columns = Columns::default();
    let mut files = Vec::new();
    let mut formats: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut yearless = false;
    for file in &spec.files {
        let recognisers = detect(file, &spec.formats, spec.format.as_deref());
        for recogniser in &recognisers {
            let name = recogniser.name().to_string();
            yearless |= matches!(recogniser, Recogniser::Pattern(format) if format.is_yearless());
            if !formats.contains(&name) {
                formats.push(name);
            }
        }
        if recognisers.is_empty() && file.bytes > 0 {
            notes.push(format!("{}: no line has a time", file.shown));
        }
        notes.extend(file.encoding.assumption().map(|assumption| format!("{}: {assumption}", file.shown)));
        let mapped = recognisers.iter().map(|recogniser| columns.of(&recogniser.fields())).collect();
        files.push(Arc::new(FileFormats { recognisers, columns: mapped, modified: file.modified }));
    }
    if yearless {
        notes.push("times carry no year; it is taken from the file's own time".into());
    }
    if !spec.zone_said && any_zoneless(&spec.files, &files) {
        notes.push("times carry no zone and are taken as UTC; say otherwise with --timezone".into());
    }
    if any_finer(&spec.files) {
        notes.push("times are finer than a microsecond and cut there".into());
    }
    let own = columns.list;
    let numbers = own.iter().map(|column| column.kind == Kind::Int).collect();
    let names = own.iter().map(|column| column.name.clone()).collect();
    let format = Log { files, numbers, names, zone: spec.zone, skew: spec.skew };
    let table = TextTable::new(spec.files.clone(), format, own);
    Ok(spec.one_table("log", formats.join(", "), notes, Content::Scanned(Arc::new(table))))
}

/// Whether a line near its start has a fraction of a second finer than a microsecond.
fn any_finer(files: &[Arc<File>]) -> bool {
    let is_finer = |line: &[u8]| {
        let start = &line[..line.len().min(64)];
        memchr::memchr2_iter(b'.', b',', start).any(|dot| {
            let digits = start[dot + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            // The seconds before it, as in `:07.123456789`.
            digits > 6 && digits <= 9 && dot >= 3 && start[dot - 3] == b':'
        })
    };
    files.iter().any(|file| lines(&file.head).take(50).any(is_finer))
}

fn any_zoneless(files: &[Arc<File>], formats: &[Arc<FileFormats>]) -> bool {
    let mut capture = Capture::default();
    files.iter().zip(formats).any(|(file, formats)| {
        lines(&file.head).take(50).any(|line| {
            formats.recognisers.iter().any(|recogniser| recogniser.read(line, &mut capture))
                && match capture.written {
                    Some(stamp::Written::Whole(stamp)) => stamp.offset.is_none(),
                    Some(stamp::Written::Yearless { offset, .. }) => offset.is_none(),
                    None => false,
                }
        })
    })
}

/// The columns of a log table.
struct Columns {
    list: Vec<Column>,
    by_name: HashMap<String, usize>,
}

impl Default for Columns {
    fn default() -> Self {
        let list = vec![
            Column::new("ts", Kind::Time),
            Column::new("level", Kind::Text),
            Column::new("code", Kind::Text),
            Column::new("message", Kind::Text),
        ];
        Columns { list, by_name: HashMap::new() }
    }
}

impl Columns {
    /// The columns of a recogniser's fields. A field called as one of the table's own columns gets a number.
    fn of(&mut self, fields: &[(String, bool)]) -> Vec<usize> {
        fields
            .iter()
            .map(|(name, is_number)| {
                let lower = name.to_lowercase();
                let at = *self.by_name.entry(lower.clone()).or_insert_with(|| {
                    let taken = ["ts", "level", "code", "message", "_file", "_line"].contains(&lower.as_str());
                    let name = if taken { format!("{name}_2") } else { name.clone() };
                    self.list.push(Column::new(name, if *is_number { Kind::Int } else { Kind::Text }));
                    self.list.len() - 1
                });
                // A number in one format and a text in another is text.
                if !is_number {
                    self.list[at].kind = Kind::Text;
                }
                at
            })
            .collect()
    }
}
