//! One cell as every kind of workbook has it, and one row of cells. Texts of a row lie end to end in its bytes, so that
//! a row is filled again without allocating.

use crate::model::time::{self, DAY, SECOND};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// In the row's bytes.
    Text {
        start: usize,
        end: usize,
    },
    /// One of the texts that the workbook's cells share.
    Shared(usize),
    Number(f64),
    /// A whole number from 2^53 on, which a floating-point number may not hold.
    Whole(i64),
    /// A whole number that is shown with zeros before it, in at least so many digits: `00123`.
    Padded(i64, u8),
    /// A fraction that is shown as a percentage.
    Percent(f64),
    Bool(bool),
    /// Days since 1970.
    Date(i64),
    /// Microseconds since 1970 as a wall clock showed them.
    Moment(i64),
    /// The same, of a time that says its zone: UTC.
    Instant(i64),
    /// Microseconds since midnight.
    OfDay(i64),
    /// A span of time in microseconds.
    Elapsed(i64),
    /// `#N/A` and its kin, as written, in the row's bytes.
    Error {
        start: usize,
        end: usize,
    },
    /// A formula whose result is not stored.
    NoValue,
    /// What is stored is not what the cell says it is: as written, in the row's bytes.
    Broken {
        start: usize,
        end: usize,
    },
}

#[derive(Debug, Default, Clone)]
pub struct Row {
    /// As Excel shows it, from 1.
    pub number: u32,
    /// It is not shown, as where a filter left it out.
    pub is_hidden: bool,
    /// By column, from 0, in the order they are written.
    pub cells: Vec<(u32, Cell)>,
    pub bytes: Vec<u8>,
}

impl Row {
    pub fn clear(&mut self, number: u32) {
        (self.number, self.is_hidden) = (number, false);
        self.cells.clear();
        self.bytes.clear();
    }

    /// Keeps text and says where.
    pub fn keep(&mut self, text: &[u8]) -> (usize, usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        (start, self.bytes.len())
    }

    #[cfg(test)]
    pub fn push_text(&mut self, column: u32, text: &[u8]) {
        let (start, end) = self.keep(text);
        self.cells.push((column, Cell::Text { start, end }));
    }

    pub fn push_error(&mut self, column: u32, text: &[u8]) {
        let (start, end) = self.keep(text);
        self.cells.push((column, Cell::Error { start, end }));
    }

    pub fn push_broken(&mut self, column: u32, text: &[u8]) {
        let (start, end) = self.keep(text);
        self.cells.push((column, Cell::Broken { start, end }));
    }
}

/// Cells that are one on the screen: rows from 1, columns from 0, both ends among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub rows: (u32, u32),
    pub columns: (u32, u32),
}

/// The rows of one sheet in order, those with a value in them.
pub trait Rows: Send {
    /// Fills the next row. `false` after the last.
    ///
    /// # Errors
    /// Why what follows cannot be read, as people read it.
    fn next(&mut self, row: &mut Row) -> Result<bool, String>;

    /// Merged cells of the rows read so far at least; `None` if they cannot be known, as where they are said behind the
    /// last row and not all rows were read.
    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>>;

    /// Reads what stands behind the last row, once that was asked for.
    ///
    /// # Errors
    /// Why what was read is not what was written, as people read it.
    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Columns that are not shown, as first and last, as far as they are known.
    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        Vec::new()
    }
}

impl<R: Rows + ?Sized> Rows for Box<R> {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        (**self).next(row)
    }

    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>> {
        (**self).merges(is_over)
    }

    fn end(&mut self) -> Result<(), String> {
        (**self).end()
    }

    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        (**self).hidden_columns()
    }
}

impl<R: Rows + ?Sized> Rows for &mut R {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        (**self).next(row)
    }

    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>> {
        (**self).merges(is_over)
    }

    fn end(&mut self) -> Result<(), String> {
        (**self).end()
    }

    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        (**self).hidden_columns()
    }
}

/// The texts that cells share, end to end.
#[derive(Debug, Default)]
pub struct Strings {
    pub bytes: Vec<u8>,
    pub ends: Vec<usize>,
}

impl Strings {
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        Some(&self.bytes[if index == 0 { 0 } else { self.ends[index - 1] }..end])
    }
}

/// A cell's value as text, as a CSV file of it would have it.
pub fn text(cell: Cell, row: &Row, strings: &Strings, out: &mut Vec<u8>) {
    let shown = match cell {
        Cell::Text { start, end } | Cell::Error { start, end } | Cell::Broken { start, end } => {
            out.extend_from_slice(&row.bytes[start..end]);
            return;
        }
        Cell::Shared(index) => {
            out.extend_from_slice(strings.get(index).unwrap_or_default());
            return;
        }
        Cell::Number(value) | Cell::Percent(value) => number(value),
        Cell::Whole(value) => value.to_string(),
        Cell::Padded(value, digits) => format!("{value:0digits$}", digits = usize::from(digits)),
        Cell::Bool(value) => value.to_string(),
        Cell::Date(days) => time::date(days),
        Cell::Moment(wall) => {
            let text = time::rfc3339(wall).replace('T', " ");
            text.strip_suffix('Z').unwrap_or(&text).to_string()
        }
        Cell::Instant(at) => time::rfc3339(at),
        Cell::OfDay(micros) | Cell::Elapsed(micros) => clock(micros),
        Cell::NoValue => String::new(),
    };
    out.extend_from_slice(shown.as_bytes());
}

/// The texts of a row's cells, blanks in them evened out, without those that are empty.
pub fn words(row: &Row, strings: &Strings) -> Vec<(u32, String)> {
    let mut words = Vec::new();
    for (column, cell) in &row.cells {
        let mut bytes = Vec::new();
        text(*cell, row, strings, &mut bytes);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            words.push((*column, text));
        }
    }
    words
}

/// The number that a text is. One whose digits a floating-point number would change is whole, and past 64 bits the text
/// that it is; the shortest digits of one, filled up with zeros, are no change.
pub fn written(text: &str, row: &mut Row) -> Option<Cell> {
    let value: f64 = text.parse().ok()?;
    if value.abs() < EXACT_MAX || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(Cell::Number(value)).filter(|_| value.is_finite());
    }
    if let Ok(whole) = text.parse() {
        return Some(Cell::Whole(whole));
    }
    let is_exact = text.parse::<i128>().is_ok_and(|whole| value as i128 == whole) || value.to_string() == text;
    Some(if is_exact && value.is_finite() {
        Cell::Number(value)
    } else {
        let (start, end) = row.keep(text.as_bytes());
        Cell::Text { start, end }
    })
}

/// Up to here a floating-point number holds every whole number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A whole number that 64 bits hold exactly, if it is one.
pub fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT_MAX).then_some(value as i64)
}

/// `12`, `2.5`, `1e21`.
fn number(value: f64) -> String {
    match whole(value) {
        Some(whole) => whole.to_string(),
        None if value.abs() >= 1e15 || value.abs() < 1e-5 => format!("{value:e}"),
        None => value.to_string(),
    }
}

/// `08:00:00`, `36:30:00.5`, `-01:00:00`.
fn clock(micros: i64) -> String {
    let (seconds, fraction) = ((micros / SECOND).abs(), (micros % SECOND).abs());
    let sign = if micros < 0 { "-" } else { "" };
    let mut text = format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    text
}

/// Microseconds of an ISO 8601 duration of days and less: `PT8H30M0.5S`.
pub fn iso_duration(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut rest = text.strip_prefix('P')?;
    let (mut is_time, mut has_part) = (false, false);
    let mut total: i64 = 0;
    while let Some(first) = rest.chars().next() {
        if first == 'T' {
            is_time = true;
            rest = &rest[1..];
            continue;
        }
        let length = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))?;
        let unit = match (rest.get(length..=length)?, is_time) {
            ("D", false) => DAY,
            ("H", true) => time::HOUR,
            ("M", true) => time::MINUTE,
            ("S", true) => SECOND,
            _ => return None,
        };
        let (whole, fraction) = rest[..length].split_once('.').unwrap_or((&rest[..length], ""));
        let (part, length_read) = time::fraction(fraction.as_bytes());
        if length_read < fraction.len() {
            return None;
        }
        total = total.checked_add(whole.parse::<i64>().ok()?.checked_mul(unit)?)?;
        total = total.checked_add(part * (unit / SECOND))?;
        rest = &rest[length + 1..];
        has_part = true;
    }
    has_part.then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_csv_has_them() {
        let all = [1.0, -0.0, 2.5, 1e21, 9_007_199_254_740_992.0, 1e-9, 0.1].map(number);
        assert_eq!(all, ["1", "0", "2.5", "1e21", "9007199254740992", "1e-9", "0.1"]);
    }

    #[test]
    fn digits_that_a_float_would_change_are_kept() {
        let told = |text: &str| written(text, &mut Row::default());
        assert_eq!(told("9007199254740993"), Some(Cell::Whole(9_007_199_254_740_993)));
        assert_eq!(told("-90071992547410930"), Some(Cell::Whole(-90_071_992_547_410_930)));
        assert_eq!(told("12345678901234567890"), Some(Cell::Text { start: 0, end: 20 }));
        assert_eq!(told("12345678901234567000"), Some(Cell::Number(12_345_678_901_234_567_000.0)));
        assert_eq!(told("1e21"), Some(Cell::Number(1e21)));
        assert_eq!(told("42"), Some(Cell::Number(42.0)));
        assert_eq!(["x", "1e999", "inf"].map(told), [None; 3]);
    }

    #[test]
    fn durations_are_read_and_written() {
        assert_eq!(iso_duration("PT08H30M00.5S").map(clock).as_deref(), Some("08:30:00.5"));
        assert_eq!(iso_duration("P1DT12H").map(clock).as_deref(), Some("36:00:00"));
        assert_eq!(iso_duration("-PT1H").map(clock).as_deref(), Some("-01:00:00"));
        assert_eq!(
            ["PT", "P", "PT8", "P1Y", "8", "PT99999999999999999H", "PTéH", "PT1.2.3S"].map(iso_duration),
            [None; 8]
        );
    }
}
