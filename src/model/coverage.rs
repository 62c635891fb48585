//! What was read and what was not. Readers report each split once it is done; the same split read again (a query
//! that names a table twice) reports the same faults again, and they are counted once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::model::sheet::Oddity;
use crate::model::zone::Doubt;

/// How many places of each fault are kept to be shown.
const PLACES_SHOWN: usize = 3;
/// How many unknown keys are kept by name.
const KEYS_KEPT: usize = 1_000;

/// Why something of the evidence is not, or not quite, in the answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The file ended or broke before its end: what follows is not read.
    Damaged(String),
    /// Bytes of zero in lines of text, as a power loss leaves them.
    Zeros,
    /// A record that could not be read at all; it is not a row.
    Unread,
    /// A row with fewer or more fields than columns: what is missing is NULL, what is too much is left out.
    Ragged,
    /// A value that does not fit its column's type: NULL in the row.
    Value { column: String, kind: String },
    /// A cell of a workbook that holds an error in place of a value: NULL in the row.
    CellError { column: String, error: String },
    /// A formula whose result the workbook does not store: NULL in the row.
    NoResult { column: String },
    /// A key that an object has more than once: the first value is the row's.
    KeyTwice(String),
    /// What is odd among the rows of a sheet.
    Sheet(Oddity),
    /// A key that no sampled object had: its value is not in any column.
    UnknownKey(String),
    /// The same, of keys beyond those that are kept by name.
    OtherKeys,
    /// A log line outside any record that has a time.
    NoTime,
    /// A log record of a format that no sample of its file showed.
    Stray,
    /// A log line that begins with a time as records do, but is of no format of its file.
    LikeRecord,
    /// A message in pieces whose last one does not stand behind the others.
    Torn,
    /// Bytes that are not UTF-8, shown as U+FFFD.
    Replaced,
    /// A time that the clock showed twice when it was set back: the first one is taken, or in a log what the order of
    /// the lines tells.
    TwiceOnClock { column: String, by_order: bool },
    /// A time that the clock, set forward, never showed: taken as if it had not been.
    NeverOnClock { column: String },
    /// Times without a zone in a log whose other times have one.
    NoZone,
    /// Lines with nothing in them.
    Blank,
    /// The header once more, between rows.
    HeaderAgain,
    /// A record longer than the limit, cut there.
    Cut,
    /// The same, of a field in quotes, which lines may be in.
    LongQuote,
    /// A quote that is opened and never closed: all that follows is in one field.
    OpenQuote,
    /// Text behind the closing quote of a field: where the field ends, and maybe the row, is not sure.
    AfterQuote,
    /// Files that are of no known kind or cannot be opened.
    LeftOut(String),
}

impl Fault {
    /// Blank lines lose no row and no value, and a line without a time is a row. An error in a cell is all that the
    /// evidence has there.
    pub fn loses(&self) -> bool {
        use Fault::{
            Blank, CellError, HeaderAgain, LikeRecord, NeverOnClock, NoTime, NoZone, Sheet, Stray, Torn, TwiceOnClock,
        };
        let is_told = matches!(
            self,
            NoZone | Blank | HeaderAgain | NoTime | Stray | LikeRecord | CellError { .. } | Sheet(_) | Torn
        );
        !is_told && !matches!(self, TwiceOnClock { .. } | NeverOnClock { .. })
    }

    pub fn described(&self, count: u64) -> String {
        let one = count == 1;
        let n = grouped(count);
        match self {
            Fault::Damaged(why) => why.clone(),
            Fault::OpenQuote => {
                "a quote is opened and never closed, and the rest of the file is in that one field".into()
            }
            Fault::AfterQuote => format!(
                "{n} {} text behind a closing quote: fields, or rows, may be run together there",
                if one { "row has" } else { "rows have" }
            ),
            Fault::KeyTwice(key) => format!(
                "{n} {} the key `{key}` more than once: the first value counts",
                if one { "object has" } else { "objects have" }
            ),
            Fault::LeftOut(files) => format!("left out, {files}"),
            Fault::Zeros => format!(
                "damaged: {n} {} bytes of zero, which no text has; rows near them are wrong or lost",
                if one { "line has" } else { "lines have" }
            ),
            Fault::Unread if one => "1 record could not be read and is not in the answer".into(),
            Fault::Unread => format!("{n} records could not be read and are not in the answer"),
            Fault::Ragged => {
                format!("{n} {} another number of fields than the header", if one { "row has" } else { "rows have" })
            }
            Fault::Value { column, kind } => {
                format!(
                    "{n} {} of `{column}` {} no {kind} and NULL here",
                    if one { "value" } else { "values" },
                    if one { "is" } else { "are" }
                )
            }
            Fault::CellError { column, error } => {
                let (cells, hold) = if one { ("cell", "holds") } else { ("cells", "hold") };
                format!("{n} {cells} of `{column}` {hold} {error} and {} NULL here", if one { "is" } else { "are" })
            }
            Fault::NoResult { column } => format!(
                "{n} {} of `{column}` {} no stored result and {} NULL here",
                if one { "formula" } else { "formulas" },
                if one { "has" } else { "have" },
                if one { "is" } else { "are" }
            ),
            Fault::HeaderAgain if one => "1 line is the header once more and no row".into(),
            Fault::HeaderAgain => format!("{n} lines are the header once more and no rows"),
            Fault::Sheet(oddity) => oddity.described(one, &n),
            Fault::UnknownKey(key) => {
                format!("{n} {} the key `{key}`, which is no column", if one { "object has" } else { "objects have" })
            }
            Fault::OtherKeys => format!("{n} more values have keys that are no columns"),
            Fault::NoTime => format!("{n} {} no time", if one { "row has" } else { "rows have" }),
            Fault::Stray if one => {
                "1 record is of a format that no sample of its file showed: its fields are in its message alone".into()
            }
            Fault::Stray => format!(
                "{n} records are of formats that no sample of their file showed: their fields are in their messages alone"
            ),
            Fault::LikeRecord if one => {
                "1 line begins with a time and is of no format of its file: it is in the record before it".into()
            }
            Fault::LikeRecord => {
                format!(
                    "{n} lines begin with a time and are of no format of their file: they are in the records before them"
                )
            }
            Fault::Torn => format!(
                "{n} {} whose last piece does not follow the others: what stands elsewhere of {} is a record of its own",
                if one { "message is in pieces" } else { "messages are in pieces" },
                if one { "it" } else { "them" }
            ),
            Fault::Replaced => {
                format!("{n} {} not UTF-8, shown with `\u{FFFD}`", if one { "value is" } else { "values are" })
            }
            Fault::TwiceOnClock { column, by_order } => format!(
                "{n} {} of `{column}` {} on the clock twice, as it was set back: {}",
                if one { "time" } else { "times" },
                if one { "was" } else { "were" },
                match (by_order, one) {
                    (true, _) => "the order of the lines tells which one is meant, or the first one is taken",
                    (false, true) => "it is taken as the first one",
                    (false, false) => "they are taken as the first ones",
                }
            ),
            Fault::NeverOnClock { column } => format!(
                "{n} {} of `{column}` {} never on the clock, as it was set forward: taken as if it had not been",
                if one { "time" } else { "times" },
                if one { "was" } else { "were" }
            ),
            Fault::NoZone => format!(
                "{n} {} no zone, or the name of several, beside others that have one: taken as UTC; say which with --timezone",
                if one { "time has" } else { "times have" }
            ),
            Fault::Blank => format!("{n} blank {}", if one { "row" } else { "rows" }),
            Fault::Cut => {
                format!("{n} {} longer than 64 MiB and cut there", if one { "record is" } else { "records are" })
            }
            Fault::LongQuote => format!(
                "{n} {} longer than 64 MiB and cut there; lines in {} up to the closing quote are no rows",
                if one { "field in quotes is" } else { "fields in quotes are" },
                if one { "it" } else { "them" }
            ),
        }
    }
}

impl Fault {
    /// Of a time of a column.
    pub fn of_doubt(doubt: Doubt, column: &str, by_order: bool) -> Fault {
        match doubt {
            Doubt::Twice => Fault::TwiceOnClock { column: column.into(), by_order },
            Doubt::Never => Fault::NeverOnClock { column: column.into() },
        }
    }
}

/// A few names, and how many more there are.
fn first_few(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    match names.len() {
        ..=SHOWN => names.join(", "),
        all => format!("{} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}

/// `1,234,567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Where: a file as the user would type it, and a line or row number in it (0: the file as a whole).
pub type Place = (Arc<str>, u64);

pub fn shown((file, line): &Place) -> String {
    if *line == 0 { file.to_string() } else { format!("{file}:{line}") }
}

#[derive(Debug, Default, Clone)]
pub struct Tally {
    pub count: u64,
    pub places: BTreeSet<Place>,
}

/// What one split of a table yielded, or several splits together.
#[derive(Debug, Default, Clone)]
pub struct Report {
    pub rows: u64,
    pub faults: BTreeMap<Fault, Tally>,
}

impl Report {
    /// Counts a fault. `place` is asked for only while there are few.
    pub fn fault(&mut self, fault: Fault, place: impl FnOnce() -> Place) {
        let is_one_too_many =
            matches!(fault, Fault::UnknownKey(_)) && self.faults.len() > KEYS_KEPT && !self.faults.contains_key(&fault);
        let tally = self.faults.entry(if is_one_too_many { Fault::OtherKeys } else { fault }).or_default();
        tally.count += 1;
        if tally.places.len() < PLACES_SHOWN {
            tally.places.insert(place());
        }
    }

    /// The faults as they are said: of very many unknown keys the first few, and how many more there are.
    pub fn said(&self) -> Vec<(String, &Tally)> {
        const KEYS_SAID: usize = 5;
        let is_key = |fault: &Fault| matches!(fault, Fault::UnknownKey(_));
        let keys = self.faults.keys().filter(|fault| is_key(fault)).count();
        let mut said = Vec::new();
        let mut number = 0;
        for (fault, tally) in &self.faults {
            number += usize::from(is_key(fault));
            if !is_key(fault) || number <= KEYS_SAID || keys == KEYS_SAID + 1 {
                said.push((fault.described(tally.count), tally));
            } else if number == KEYS_SAID + 1 {
                said.push((format!("{} more keys are no columns either", grouped((keys - KEYS_SAID) as u64)), tally));
            }
        }
        said
    }

    /// Other splits of the same table, or parts of this one.
    pub fn join(&mut self, other: &Report) {
        self.rows += other.rows;
        for (fault, tally) in &other.faults {
            let mine = self.faults.entry(fault.clone()).or_default();
            mine.count += tally.count;
            mine.places.extend(tally.places.iter().cloned());
            while mine.places.len() > PLACES_SHOWN {
                mine.places.pop_last();
            }
        }
    }

    /// The same split seen again, maybe through other columns: what either saw.
    fn again(&mut self, other: &Report) {
        self.rows = self.rows.max(other.rows);
        for (fault, tally) in &other.faults {
            let mine = self.faults.entry(fault.clone()).or_default();
            if tally.count > mine.count {
                *mine = tally.clone();
            }
        }
    }

    /// Records and values that are missing from the answer.
    pub fn lost(&self) -> u64 {
        self.faults.iter().filter(|(fault, _)| fault.loses()).map(|(_, tally)| tally.count).sum()
    }
}

#[derive(Debug, Default)]
struct Table {
    splits: BTreeMap<usize, Report>,
    notes: BTreeSet<String>,
    /// Notes are of a source as a whole, whichever of its tables are asked for.
    is_source: bool,
    /// A scan ended before its last row, since the answer needed no more; and another went on to its end.
    stopped_early: bool,
    is_whole: bool,
    /// Of the evidence it stands in, once somebody asked for it: what that is, and its bytes.
    bytes: Option<(String, u64)>,
}

/// The account of one run, shared by all readers.
#[derive(Debug, Default)]
pub struct Coverage {
    tables: Mutex<BTreeMap<String, Table>>,
    /// Bytes of evidence read so far and expected, for progress.
    pub bytes_read: AtomicU64,
    pub bytes_expected: AtomicU64,
    pub interrupted: AtomicBool,
    /// Records were left unparsed since they have none of the bytes looked for.
    pub passes_over: AtomicBool,
    /// Only the first rows are looked at, and the table is read for the answer later or not at all.
    pub is_peek: AtomicBool,
}

impl Coverage {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Table>> {
        self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn finish(&self, table: &str, split: usize, report: &Report) {
        let mut tables = self.lock();
        let splits = &mut tables.entry(table.to_string()).or_default().splits;
        splits.entry(split).and_modify(|known| known.again(report)).or_insert_with(|| report.clone());
    }

    /// Something assumed or left out of a table as a whole.
    pub fn note(&self, table: &str, note: impl Into<String>) {
        self.lock().entry(table.to_string()).or_default().notes.insert(note.into());
    }

    /// Something of a source as a whole.
    pub fn note_of_source(&self, source: &str, note: impl Into<String>) {
        self.note(source, note);
        self.lock().entry(source.to_string()).or_default().is_source = true;
    }

    /// A scan is over: at the table's end, or before it.
    pub fn ended(&self, table: &str, is_whole: bool) {
        if self.is_peek.load(Ordering::Relaxed) {
            return;
        }
        let mut tables = self.lock();
        let table = tables.entry(table.to_string()).or_default();
        table.is_whole |= is_whole;
        table.stopped_early |= !is_whole;
    }

    /// A table is being read, out of so many bytes of evidence, which other tables may stand in too.
    pub fn asked(&self, table: &str, evidence: &str, bytes: u64) {
        if !self.is_peek.load(Ordering::Relaxed) {
            self.lock().entry(table.to_string()).or_default().bytes = Some((evidence.to_string(), bytes));
        }
    }

    /// A file that was found and cannot be read at all.
    pub fn left_out(&self, source: &str, files: &str) {
        let mut report = Report::default();
        report.fault(Fault::LeftOut(files.to_string()), || (Arc::from(source), 0));
        self.finish(source, usize::MAX, &report);
    }

    /// A source as a whole is damaged: tables or rows are missing.
    pub fn damaged(&self, source: &str, file: &str, why: &str) {
        let mut report = Report::default();
        report.fault(Fault::Damaged(why.to_string()), || (Arc::from(file), 0));
        self.finish(source, usize::MAX, &report);
    }

    /// A file has bytes that its encoding does not have.
    pub fn replaced(&self, file: &str) {
        let mut report = Report::default();
        report.fault(Fault::Replaced, || (Arc::from(file), 0));
        self.finish(file, usize::MAX, &report);
    }

    pub fn read(&self, bytes: u64) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// All splits of one table together.
    pub fn of(&self, table: &str) -> Report {
        let tables = self.lock();
        let mut total = Report::default();
        if let Some(table) = tables.get(table) {
            table.splits.values().for_each(|report| total.join(report));
        }
        total
    }

    pub fn lost(&self) -> u64 {
        let names: Vec<String> = self.lock().keys().cloned().collect();
        names.iter().map(|name| self.of(name).lost()).sum()
    }

    /// The lines for standard error: one when all is well, else one per table and fault, with places.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut lost = 0;
        let mut read = 0;
        let mut evidence: BTreeSet<(String, u64)> = BTreeSet::new();
        let tables = self.lock();
        let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, table) in tables.iter() {
            let mut report = Report::default();
            table.splits.values().for_each(|split| report.join(split));
            lost += report.lost();
            read += usize::from(table.bytes.is_some());
            // The tables of one database file have its bytes in common.
            evidence.extend(table.bytes.clone());
            for (described, tally) in report.said() {
                let places: Vec<String> = tally.places.iter().map(shown).collect();
                let more = if tally.count > places.len() as u64 { ", …" } else { "" };
                lines.push(format!("{name}: {described} ({}{more})", places.join(", ")));
            }
            if table.bytes.is_some() || table.is_source {
                table.notes.iter().for_each(|note| notes.entry(note).or_default().push(name));
            }
            if table.stopped_early && !table.is_whole {
                lines.push(format!("{name}: not read to its end, the answer needed no more"));
            }
        }
        lines.extend(notes.into_iter().map(|(note, names)| format!("{}: {note}", first_few(&names))));
        let bytes = bytes_shown(evidence.iter().map(|(_, bytes)| bytes).sum());
        let tables = if read == 1 { "1 table".into() } else { format!("{read} tables") };
        let whole = if lost == 0 { "nothing lost".to_string() } else { format!("{} not readable", grouped(lost)) };
        let passed_over = match self.passes_over.load(Ordering::Relaxed) {
            true => " (records without the bytes looked for were passed over; --strict reads them too)",
            false => "",
        };
        lines.insert(0, format!("read {tables}, {bytes}, {whole}{passed_over}"));
        lines
    }

    /// The lines of what was lost alone.
    pub fn losses(&self) -> Vec<String> {
        let mut losses = Vec::new();
        for (name, table) in self.lock().iter() {
            let mut report = Report::default();
            table.splits.values().for_each(|split| report.join(split));
            for (fault, tally) in report.faults.iter().filter(|(fault, _)| fault.loses()) {
                let places: Vec<String> = tally.places.iter().map(shown).collect();
                losses.push(format!("{name}: {} ({})", fault.described(tally.count), places.join(", ")));
            }
        }
        losses
    }
}

/// `2.3 MiB`
pub fn bytes_shown(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_read_twice_counts_once_and_two_splits_add_up() {
        let coverage = Coverage::default();
        let mut report = Report { rows: 5, ..Report::default() };
        report.fault(Fault::Unread, || (Arc::from("a.csv"), 7));
        coverage.finish("t", 0, &report);
        coverage.finish("t", 0, &report);
        coverage.finish("t", 1, &report);
        assert_eq!(coverage.of("t").rows, 10);
        assert_eq!(coverage.lines()[1], "t: 2 records could not be read and are not in the answer (a.csv:7, …)");
        assert_eq!(coverage.lost(), 2);
    }
}
