//! Delimited text: any delimiter, RFC 4180 quotes, with or without a header, several files of one shape.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::column::Column;
use crate::model::coverage::Coverage;
use crate::model::name;
use crate::source::file::File;
use crate::source::infer::{Guess, Reading};
use crate::source::text::TextTable;
use crate::source::{Content, Reader, Source, Spec, json, lacking, log, rotation, sample};

mod alike;
mod header;
mod record;
mod sniff;

pub use alike::{Together, tables};
pub use header::is_there as has_header;
use record::{Csv, Layout};
use sniff::Shape;

/// What a name says: `.csv`, `.tsv`, `.psv`.
pub const BY_NAME: Reader = Reader { kind: "csv", claims: named, open };
/// What the lines say: the same delimiter as often in each.
pub const BY_SHAPE: Reader = Reader { kind: "csv", claims: shaped, open };

fn named(file: &File) -> bool {
    let name = file.shown.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let inner = [".gz", ".zst", ".lz4", ".bz2", ".xz"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(&name)
        .to_string();
    [".csv", ".tsv", ".psv", ".tab"].iter().any(|end| inner.ends_with(end))
        && has_few_zeros(&file.head())
        && !json::is_unlike_csv(&file.head())
        && !log::is_csvlog(file)
}

/// A logger that lost its power leaves some zeros, or very many behind its lines.
fn has_few_zeros(head: &[u8]) -> bool {
    let first_line = &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())];
    memchr::memchr(0, first_line).is_none() || memchr::memchr_iter(0, head).count() * 10 <= head.len()
}

fn shaped(file: &File) -> bool {
    memchr::memchr(0, &file.head()).is_none()
        && sniff::shape(&file.head(), None, None)
            .is_some_and(|shape| shape.is_certain && !log::is_log_of_fields(file, shape.delimiter))
}

/// Whether text that comes by a stream, and of which its lines do not tell what it is, may be what a program answers: a
/// header without a row, or one column below its name.
pub fn may_be_answer(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The first bytes end within a character.
        Err(cut) if cut.error_len().is_none() => std::str::from_utf8(&head[..cut.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let Some(first) = text.lines().next().filter(|first| !first.trim().is_empty() && text.chars().all(is_plain)) else {
        return false;
    };
    let delimiter = if first.contains('\t') { '\t' } else { ',' };
    let names: Vec<&str> = first.split(delimiter).map(|name| name.trim_matches('"')).collect();
    // A name is one word, or an expression.
    let is_name = |name: &&str| {
        !name.is_empty() && name.parse::<f64>().is_err() && (!name.contains(char::is_whitespace) || name.contains('('))
    };
    let is_alone = text.lines().nth(1).is_none();
    names.iter().all(is_name) && (is_alone || names.len() == 1)
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    let mut learned = Learned::of(spec, &HashSet::new());
    // The rows of a short file may not tell that its first line is the header that others have too.
    if spec.header.is_none() && !learned.headers.is_disjoint(&learned.others) {
        learned = Learned::of(spec, &learned.headers);
    }
    let Learned { columns, layouts, values, mut notes, .. } = learned;
    if columns.names.is_empty() {
        let shown: Vec<&str> = spec.files.iter().map(|file| &*file.shown).collect();
        let damage = spec.files.iter().find_map(|file| file.damage.clone());
        let error = Error::evidence(format!("`{}` holds no row", shown.join("`, `")));
        return Err(damage.map_or_else(|| error.clone(), |damage| error.clone().detail(damage)));
    }
    let delimiter = layouts.first().map_or(b',', |layout| layout.delimiter);
    let readings = columns.readings(spec, delimiter);
    let zoneless = columns.guesses.iter().zip(&readings).any(|(guess, reading)| match reading {
        Reading::Compact => true,
        Reading::Text => false,
        _ => guess.is_zoneless(),
    });
    if zoneless && !spec.zone_said {
        notes.push(crate::model::zone::ASSUMED.into());
    }
    if columns
        .guesses
        .iter()
        .zip(&readings)
        .any(|(guess, reading)| guess.is_finer() && matches!(reading, Reading::Time | Reading::Epoch))
    {
        notes.push("times are finer than a microsecond and cut there".into());
    }
    notes.extend(columns.as_text(spec, &readings, delimiter));
    let mut counts = vec![0_usize; columns.names.len()];
    layouts.iter().flat_map(|layout| &layout.fields).for_each(|column| counts[*column] += 1);
    let shown: Vec<&str> = spec.files.iter().map(|file| &*file.shown).collect();
    let has = |file: usize, column: usize| layouts[file].fields.contains(&column);
    notes.extend(lacking::notes(&columns.names, &counts, &shown, has));
    notes.extend(rotation::packed_too(&spec.files));
    if layouts.iter().any(|layout| !layout.has_header) {
        notes.push("no header line; columns are called column1, column2, …".into());
    }
    if let (Some((value, others)), None) = (values, spec.header) {
        let more =
            if others > 0 { format!(" and {others} more look like values") } else { " looks like a value".into() };
        notes.push(format!(
            "the first line is taken for a header, though `{value}`{more} (sources.{}.header = false makes it a row)",
            spec.name
        ));
    }
    let own = columns.names.iter().zip(&readings).map(|(name, reading)| Column::new(name, reading.kind())).collect();
    let format = Csv {
        layouts,
        readings: readings.into(),
        names: columns.names.into(),
        clock: spec.clock(),
        quoted: Vec::new(),
    };
    let format = format.look_for_quotes(&spec.files)?;
    let table = TextTable::new(spec.files.clone(), format, own);
    let format = format!("delimiter {:?}", char::from(delimiter));
    Ok(spec.one_table("csv", format, notes, Content::Scanned(Arc::new(table))))
}

/// What the samples of all files tell.
#[derive(Default)]
struct Learned {
    columns: Columns,
    layouts: Vec<Layout>,
    /// The first name in a header that looks like a value, and how many others do.
    values: Option<(String, usize)>,
    notes: Vec<String>,
    /// First lines that are headers, and others.
    headers: HashSet<Vec<u8>>,
    others: HashSet<Vec<u8>>,
}

impl Learned {
    /// `headers` are first lines that are known to be some.
    fn of(spec: &Spec, headers: &HashSet<Vec<u8>>) -> Learned {
        let mut learned = Learned::default();
        for file in &spec.files {
            let pieces = sample::pieces(file);
            let first_line = pieces[0].split(|byte| *byte == b'\n').next().unwrap_or_default();
            let is_header = spec.header.or_else(|| headers.contains(first_line).then_some(true));
            let shape = sniff::shape(&pieces[0], spec.delimiter, is_header).unwrap_or_default();
            let lines = if shape.has_header { &mut learned.headers } else { &mut learned.others };
            if !lines.contains(first_line) {
                lines.insert(first_line.to_vec());
            }
            learned.notes.extend(shape.notes().map(|note| format!("{}: {note}", file.shown)));
            if shape.has_header && learned.values.is_none() {
                let values = header::values(&shape.names);
                learned.values = values.first().map(|value| ((*value).to_string(), values.len() - 1));
            }
            for note in name::renamed(shape.names.iter().map(String::as_str)) {
                if !learned.notes.contains(&note) {
                    learned.notes.push(note);
                }
            }
            learned.layouts.push(learned.columns.learn(&shape, &pieces));
            if let Some(assumption) = file.encoding.assumption() {
                learned.notes.push(format!("{}: {assumption}", file.shown));
            }
        }
        learned
    }
}

/// The columns of all files together, by name, in order of first appearance.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    guesses: Vec<Guess>,
    by_name: HashMap<String, usize>,
}

impl Columns {
    /// One file's columns, and what its samples say of their types.
    fn learn(&mut self, shape: &Shape, pieces: &[Vec<u8>]) -> Layout {
        let mut seen: HashMap<String, usize> = HashMap::from([("_file".into(), 1), ("_line".into(), 1)]);
        let fields: Vec<usize> = shape.names.iter().map(|name| self.index(name::once(name, &mut seen))).collect();
        // Of many pieces a few hundred rows each tell as much as all.
        let limit = if pieces.len() > 2 { 300 } else { 20_000 };
        for (index, piece) in pieces.iter().enumerate() {
            let start = if index == 0 { shape.body_start.min(piece.len()) } else { 0 };
            record::each(piece, start, shape.delimiter, limit, |record| {
                // A piece from the middle of a quoted field shows in its number of fields.
                if record.fields.len() == fields.len() && !shape.is_header_again(&piece[record.span.clone()]) {
                    record.fields.iter().zip(&fields).for_each(|(text, column)| self.guesses[*column].see(text));
                }
            });
        }
        Layout {
            delimiter: shape.delimiter,
            body_start: shape.body_start,
            has_header: shape.has_header,
            header: shape.header.as_slice().into(),
            fields,
        }
    }

    fn index(&mut self, name: String) -> usize {
        *self.by_name.entry(name.to_lowercase()).or_insert_with(|| {
            self.names.push(name);
            self.guesses.push(Guess::default());
            self.names.len() - 1
        })
    }

    fn readings(&self, spec: &Spec, delimiter: u8) -> Vec<Reading> {
        let reading = |(name, guess): (&String, &Guess)| {
            if spec.is_text(name) { Reading::Text } else { guess.reading(spec.meant(name)) }
        };
        let mut readings: Vec<Reading> = self.names.iter().zip(&self.guesses).map(reading).collect();
        if self.points_may_group(&readings, delimiter) {
            for (reading, guess) in readings.iter_mut().zip(&self.guesses) {
                if *reading == Reading::Float && guess.grouped_by_point().is_some() {
                    *reading = Reading::Text;
                }
            }
        }
        readings
    }

    /// Whether a point may stand between thousands: where fractions have commas, or may have, since a semicolon divides
    /// fields and no fraction has a point for certain.
    fn points_may_group(&self, readings: &[Reading], delimiter: u8) -> bool {
        let has = |reading| readings.contains(&reading);
        let mut all = self.guesses.iter().zip(readings);
        has(Reading::FloatComma)
            || has(Reading::FloatPointGrouped)
            || delimiter == b';'
                && !has(Reading::FloatGrouped)
                && !all.any(|(guess, reading)| *reading == Reading::Float && guess.has_fraction_by_point())
    }

    /// What is to be said of columns of numbers that are text.
    fn as_text(&self, spec: &Spec, readings: &[Reading], delimiter: u8) -> Vec<String> {
        let may_group = self.points_may_group(readings, delimiter);
        let all = self.names.iter().zip(&self.guesses).zip(readings);
        all.filter(|((name, _), reading)| **reading == Reading::Text && !spec.is_text(name))
            .filter_map(|((name, guess), _)| {
                let by_point = || {
                    let is_number = may_group && guess.reading(spec.meant(name)) == Reading::Float;
                    guess
                        .grouped_by_point()
                        .filter(|_| is_number)
                        .map(|number| (number, "it is not told what the point divides in"))
                };
                let (number, why) = guess.as_text().or_else(by_point)?;
                Some(format!("`{name}` is text, since {why} `{number}`"))
            })
            .collect()
    }
}
