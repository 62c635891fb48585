//! The shape of a delimited file, told by its first lines: delimiter, header, names.

use std::collections::HashMap;
use std::ops::Range;

use super::{header, record};
use crate::source::blocks::without_return;
use crate::source::infer::Guess;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub delimiter: u8,
    pub has_header: bool,
    pub names: Vec<String>,
    /// The line of the header; empty if there is none, or it has one field or several lines.
    pub header: Vec<u8>,
    /// Bytes before the first row.
    pub body_start: usize,
    /// Nearly all lines have the same number of fields, and more than one.
    pub is_certain: bool,
    /// The first of the lines above the header, which are no rows, and how many there are.
    above: Option<(String, usize)>,
    /// How many fields the header names, if rows have more.
    named: Option<usize>,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            delimiter: b',',
            has_header: false,
            names: Vec::new(),
            header: Vec::new(),
            body_start: 0,
            is_certain: false,
            above: None,
            named: None,
        }
    }
}

impl Shape {
    /// Whether a record is the header once more.
    pub fn is_header_again(&self, record: &[u8]) -> bool {
        record::is_again(record.trim_ascii_end(), &self.header)
    }

    /// What is to be said of the file's beginning.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let above = self.above.as_ref().map(|(first, lines)| {
            let are = if *lines == 1 { "1 line is".to_string() } else { format!("{lines} lines are") };
            format!("{are} above the header and no row: `{first}`")
        });
        let named = self.named.map(|named| {
            let width = self.names.len();
            format!(
                "rows have {width} fields and the header names {named}; the others are called {}",
                self.names[named]
            )
        });
        above.into_iter().chain(named)
    }
}

/// Rows of fields.
type Rows = Vec<Vec<Vec<u8>>>;

/// A file's first rows as one delimiter divides them.
struct Division {
    delimiter: u8,
    rows: Rows,
    /// Where each row begins and ends.
    spans: Vec<Range<usize>>,
    /// The number of fields that most rows have.
    width: usize,
    /// Nearly all rows have it, and it is more than one.
    is_steady: bool,
    /// No quote stands where quotes do not.
    is_clean: bool,
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const LINES: usize = 200;
/// Titles and settings above a header are no more lines than these.
const ABOVE_MAX: usize = 50;
/// Columns that are looked at where two delimiters divide alike.
const COMPARED: usize = 64;

/// `None` for a text without a line. A delimiter and whether there is a header may have been said.
pub fn shape(head: &[u8], said: Option<u8>, header: Option<bool>) -> Option<Shape> {
    let (excels, start) = separator_line(head).map_or((None, 0), |(delimiter, start)| (Some(delimiter), start));
    let candidates: Vec<u8> = said.or(excels).map_or_else(|| DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let mut best: Option<Division> = None;
    for delimiter in candidates {
        let Some(division) = Division::of(head, start, delimiter) else { continue };
        if best.as_ref().is_none_or(|other| division.is_better_than(other)) {
            best = Some(division);
        }
    }
    best.map(|division| division.shape(head, header))
}

/// `sep=;`, by which Excel is told the delimiter, and where the next line begins.
fn separator_line(head: &[u8]) -> Option<(u8, usize)> {
    let line = &head[..memchr::memchr(b'\n', head)?];
    let said = without_return(line);
    let said = said.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(said);
    match said {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some((*delimiter, line.len() + 1)),
        _ => None,
    }
}

impl Division {
    fn of(head: &[u8], start: usize, delimiter: u8) -> Option<Division> {
        let (mut rows, mut spans) = (Rows::new(), Vec::new());
        let mut is_clean = true;
        record::each(head, start, delimiter, LINES, |record| {
            is_clean &= record.is_clean;
            rows.push(record.fields.iter().map(|text| text.to_vec()).collect());
            spans.push(record.span);
        });
        let mut counts: HashMap<usize, usize> = HashMap::new();
        rows.iter().for_each(|fields| *counts.entry(fields.len()).or_default() += 1);
        let (width, same) = counts.into_iter().max_by_key(|(width, count)| (*count, *width))?;
        let is_steady = width > 1 && rows.len() > 1 && same * 100 >= rows.len() * 95;
        Some(Division { delimiter, rows, spans, width, is_steady, is_clean })
    }

    /// The first line is a row as all others.
    fn is_even(&self) -> bool {
        self.is_steady && self.rows[0].len() == self.width
    }

    fn is_better_than(&self, other: &Division) -> bool {
        let rank = |division: &Division| (division.is_even(), division.is_steady, division.is_clean);
        if rank(self) != rank(other) {
            return rank(self) > rank(other);
        }
        // `1,5;2,5`: what makes more numbers and times of it divides it rightly.
        let (typed, others) = if self.is_steady { (self.typed(), other.typed()) } else { (0.0, 0.0) };
        (typed, self.width) > (others, other.width)
    }

    /// The share of columns with numbers or times in them.
    fn typed(&self) -> f64 {
        let columns = self.width.min(COMPARED);
        let typed = (0..columns).filter(|column| is_typed(&self.rows[1..], *column)).count();
        typed as f64 / columns as f64
    }

    fn shape(self, head: &[u8], header: Option<bool>) -> Shape {
        let above = if header == Some(false) { None } else { self.above() };
        let first_above = above.map(|count| {
            let line = String::from_utf8_lossy(&head[self.spans[0].clone()]);
            (line.trim_end().chars().take(60).collect::<String>().replace(char::is_control, "\u{FFFD}"), count)
        });
        let at = above.unwrap_or(0);
        let (first, fields) = (&self.spans[at], &self.rows[at]);
        let has_header = header.unwrap_or_else(|| header::is_there(&self.rows[at..]) || self.repeats_header(at));
        let width = if has_header { fields.len().max(self.width) } else { self.width };
        let no_name = Vec::new();
        let name = |index: usize| if has_header { fields.get(index).unwrap_or(&no_name) } else { &no_name };
        Shape {
            delimiter: self.delimiter,
            has_header,
            header: if has_header && fields.len() > 1 { one_line(&head[first.clone()]) } else { Vec::new() },
            names: (0..width).map(|index| column_name(index, name(index))).collect(),
            body_start: if has_header { first.end } else { first.start },
            is_certain: above.is_none() && self.is_even(),
            above: first_above,
            named: (has_header && fields.len() < width).then_some(fields.len()),
        }
    }

    /// Whether the first row is a header that stands between the rows, too, above numbers or times.
    fn repeats_header(&self, at: usize) -> bool {
        let (first, rest) = (&self.rows[at], &self.rows[at + 1..]);
        let is_again = |row: &&Vec<Vec<u8>>| {
            row.len() == first.len()
                && row[1..] == first[1..]
                && row[0].strip_prefix("\u{feff}".as_bytes()).unwrap_or(&row[0]) == first[0]
        };
        let rows: Rows = std::iter::once(first).chain(rest.iter().filter(|row| !is_again(row))).cloned().collect();
        let is_above_values = |column: usize| !is_typed(&rows[..1], column) && is_typed(&rows[1..], column);
        first.len() > 1 && rows.len() <= rest.len() && (0..first.len()).any(is_above_values) && header::is_there(&rows)
    }

    /// How many lines stand above the header: they have fewer fields than it, and below it are rows.
    fn above(&self) -> Option<usize> {
        let at = self.rows.iter().take(ABOVE_MAX + 1).position(|fields| fields.len() >= self.width)?;
        let (above, below) = self.rows.split_at(at);
        if above.is_empty() || self.width < 2 || below.len() < 2 || !header::is_of_words(below) {
            return None;
        }
        let are_alone = above.iter().all(|fields| fields.len() == 1);
        (are_alone || (0..self.width).any(|column| is_typed(&below[1..], column))).then_some(at)
    }
}

/// A line without its end; empty for several.
fn one_line(text: &[u8]) -> Vec<u8> {
    let line = text.trim_ascii_end();
    if memchr::memchr(b'\n', line).is_some() { Vec::new() } else { line.to_vec() }
}

/// Whether the values of a column are numbers or times.
fn is_typed(rows: &[Vec<Vec<u8>>], column: usize) -> bool {
    let mut guess = Guess::default();
    rows.iter().filter_map(|row| row.get(column)).for_each(|text| guess.see(text));
    guess.is_value()
}

fn column_name(index: usize, text: &[u8]) -> String {
    let name = String::from_utf8_lossy(text);
    let name = name.trim().trim_matches('\u{feff}').replace('\0', "");
    if name.is_empty() { format!("column{}", index + 1) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (char, bool, Vec<String>) {
        let shape = shape(text.as_bytes(), None, None).expect("a shape");
        (char::from(shape.delimiter), shape.has_header, shape.names)
    }

    #[test]
    fn a_header_below_blank_lines_is_no_row() {
        for text in ["\n\nname,city\nAnn,Ulm\n", ",,\r\nname,city\nAnn,Ulm\n"] {
            let shape = shape(text.as_bytes(), None, None).expect("a shape");
            assert_eq!((shape.names.join(","), &text[shape.body_start..]), ("name,city".into(), "Ann,Ulm\n"));
        }
    }

    #[test]
    fn delimiters_and_headers_are_told() {
        insta::assert_debug_snapshot!(
            [
                told("ts,station,value\n2025-03-01,a,1\n2025-03-01,b,2\n"),
                told("Date;CO;;\n10/03/2004;2,6;;\n11/03/2004;2,0;;\n"),
                told("39, State-gov, 77516\n50, Self-emp, 83311\n"),
                told("name\tcity\nAnn\tUlm\n"),
                told("\"a,b\",c\n\"1,5\",2\n"),
            ],
            @r#"
        [
            (
                ',',
                true,
                [
                    "ts",
                    "station",
                    "value",
                ],
            ),
            (
                ';',
                true,
                [
                    "Date",
                    "CO",
                    "column3",
                    "column4",
                ],
            ),
            (
                ',',
                false,
                [
                    "column1",
                    "column2",
                    "column3",
                ],
            ),
            (
                '\t',
                true,
                [
                    "name",
                    "city",
                ],
            ),
            (
                ',',
                true,
                [
                    "a,b",
                    "c",
                ],
            ),
        ]
        "#
        );
    }
}
