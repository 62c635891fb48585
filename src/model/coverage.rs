//! What was read and what was not. Readers report each split once it is done; the same split read again (a query
//! that names a table twice) reports the same faults again, and they are counted once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

pub use crate::model::fault::Fault;

/// How many places of each fault are kept to be shown.
const PLACES_SHOWN: usize = 3;
/// How many unknown keys are kept by name.
const KEYS_KEPT: usize = 1_000;

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
    is_peek: AtomicBool,
}

impl Coverage {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Table>> {
        self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks something of which only the first rows are looked at: the table is read for the answer later or not at all.
    pub fn peek<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.is_peek.store(true, Ordering::Relaxed);
        let answer = ask();
        self.is_peek.store(false, Ordering::Relaxed);
        answer
    }

    /// What was read of a split. How far a look at first rows comes depends on how threads are scheduled, so that it counts
    /// nothing.
    pub fn finish(&self, table: &str, split: usize, report: &Report) {
        if !self.is_peek.load(Ordering::Relaxed) {
            self.add(table, split, report);
        }
    }

    fn add(&self, table: &str, split: usize, report: &Report) {
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
        self.add(source, usize::MAX, &report);
    }

    /// A source as a whole is damaged: tables or rows are missing.
    pub fn damaged(&self, source: &str, file: &str, why: &str) {
        let mut report = Report::default();
        report.fault(Fault::Damaged(why.to_string()), || (Arc::from(file), 0));
        self.add(source, usize::MAX, &report);
    }

    /// Whether a table is in the answer, as far as was asked.
    pub fn is_asked(&self, table: &str) -> bool {
        self.lock().get(table).is_some_and(|table| table.bytes.is_some())
    }

    /// Rows of a table as a whole that have no time, with the first places.
    pub fn untimed(&self, table: &str, count: u64, places: impl Iterator<Item = Place>) {
        let tally = Tally { count, places: places.take(PLACES_SHOWN).collect() };
        let report = Report { faults: BTreeMap::from([(Fault::NoTime, tally)]), ..Report::default() };
        self.add(table, usize::MAX - 1, &report);
    }

    /// A file has bytes that its encoding does not have.
    pub fn replaced(&self, file: &str) {
        let mut report = Report::default();
        report.fault(Fault::Replaced, || (Arc::from(file), 0));
        self.add(file, usize::MAX, &report);
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
        coverage.peek(|| coverage.finish("t", 7, &report));
        coverage.finish("t", 0, &report);
        coverage.finish("t", 0, &report);
        coverage.finish("t", 1, &report);
        assert_eq!(coverage.of("t").rows, 10);
        assert_eq!(coverage.lines()[1], "t: 2 records could not be read and are not in the answer (a.csv:7, …)");
        assert_eq!(coverage.lost(), 2);
    }
}
