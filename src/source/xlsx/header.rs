//! Where a sheet's table begins and what its columns are called. People put titles above a header, and headers above
//! headers; where the sheet leaves it open, the first row that reads like one is taken, and the caller says so.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{self, Merge, Row, Strings};
use super::sums;
use crate::source::csv;
use crate::source::infer::{Guess, Reading};
use crate::source::scalar;

/// How far down a header is looked for.
const ROWS_LOOKED_AT: usize = 40;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// How many of the sheet's rows with values come before the first row of the table.
    pub skipped: usize,
    /// The rows it stands in, as Excel numbers them; none if there is no header.
    pub rows: Vec<u32>,
    /// Rows above it, and their text.
    pub above: Vec<(u32, String)>,
    /// By column of the sheet, from 0.
    pub names: BTreeMap<u32, String>,
    /// The texts of its rows and of those above it, which a print repeats.
    pub again: Vec<Vec<(u32, String)>>,
    /// That a header has several rows is told by its gaps alone.
    pub is_guessed: bool,
}

/// A row as texts.
struct Line {
    number: u32,
    cells: BTreeMap<u32, (String, bool)>,
}

impl Line {
    fn of(row: &Row, strings: &Strings) -> Line {
        let mut cells = BTreeMap::new();
        let texts: BTreeSet<u32> =
            row.cells.iter().filter(|(_, cell)| sums::is_text(*cell)).map(|(column, _)| *column).collect();
        for (column, text) in cell::words(row, strings) {
            let is_text = texts.contains(&column);
            // SQL knows no name with a zero in it.
            let text = text.replace('\0', "");
            if !text.is_empty() {
                cells.entry(column).or_insert((text, is_text));
            }
        }
        Line { number: row.number, cells }
    }

    fn width(&self) -> usize {
        self.cells.len()
    }

    /// Whether all of it is words: no number, time or truth value, also not written as text.
    fn is_words(&self) -> bool {
        let is_word = |(text, is_text): &(String, bool)| {
            let mut guess = Guess::default();
            guess.see(text.as_bytes());
            *is_text && guess.reading("ts") == Reading::Text
        };
        !self.cells.is_empty()
            && self.cells.values().all(is_word)
            && !self.cells.values().all(|(text, _)| scalar::is_null_word(text.as_bytes()))
    }

    fn has_text(&self) -> bool {
        self.cells.values().any(|(_, is_text)| *is_text)
    }

    fn shown(&self) -> String {
        let texts: Vec<&str> = self.cells.values().map(|(text, _)| text.as_str()).collect();
        let mut text = texts.join(" ");
        if text.chars().count() > 60 {
            text = text.chars().take(60).chain(['…']).collect();
        }
        text
    }
}

/// Told by the first rows of a sheet, and its merged cells as far as they are known.
pub fn find(head: &[Row], strings: &Strings, merges: Option<&[Merge]>, said: Option<bool>) -> Header {
    if said == Some(false) {
        return Header::default();
    }
    let lines: Vec<Line> = head.iter().map(|row| Line::of(row, strings)).collect();
    // Two or more wide rows tell how wide the table is; one alone may be a remark.
    let mut widths: Vec<usize> = lines.iter().map(Line::width).collect();
    widths.sort_unstable_by(|a, b| b.cmp(a));
    let width = widths.get(1).or(widths.first()).copied().unwrap_or(0);
    let looked_at = || 0..lines.len().min(ROWS_LOOKED_AT);
    let is_full = |at: &usize| lines[*at].width() >= width;
    let found = looked_at().find(|at| is_header(&lines, *at, width));
    // One that is said to be there is as wide as the table.
    let is_said = said == Some(true);
    let said_one = looked_at().filter(|_| is_said).filter(is_full).find(|at| is_header(&lines, *at, width));
    let wide = || looked_at().filter(|_| is_said).find(is_full);
    let Some(label) = said_one.or(found).or_else(wide) else {
        return without(&lines, width);
    };
    let (mut first, mut last) = (label, label);
    while first > 0 && joined(&lines[first - 1], &lines[first], merges, width) {
        first -= 1;
    }
    while last + 1 < lines.len() && joined(&lines[last], &lines[last + 1], merges, width) {
        last += 1;
    }
    if !is_said && lines[..first].iter().any(|line| 2 * line.width() > width.max(2)) {
        return without(&lines, width);
    }
    let levels = &lines[first..=last];
    Header {
        skipped: last + 1,
        rows: levels.iter().map(|line| line.number).collect(),
        above: lines[..first].iter().map(|line| (line.number, line.shown())).collect(),
        names: names(levels, merges),
        again: again(&lines[..first], levels),
        is_guessed: merges.is_none() && levels.len() > 1,
    }
}

/// What a print has on each page: the rows of a header, if that is no single word, and the texts above.
fn again(above: &[Line], levels: &[Line]) -> Vec<Vec<(u32, String)>> {
    let levels = levels.iter().filter(|line| line.width() > 1);
    let words = |line: &Line| line.cells.iter().map(|(column, (text, _))| (*column, text.clone())).collect();
    above.iter().chain(levels).map(words).collect()
}

/// A table of which all rows are rows, but for lone texts above it.
fn without(lines: &[Line], width: usize) -> Header {
    let titles =
        if width < 3 { 0 } else { lines.iter().take_while(|line| line.width() == 1 && line.is_words()).count() };
    let titles = if titles == lines.len() { 0 } else { titles };
    Header {
        skipped: titles,
        above: lines[..titles].iter().map(|line| (line.number, line.shown())).collect(),
        ..Header::default()
    }
}

/// Whether a row names the columns of those below it: as wide as most of them, as a CSV file's first line. Values among
/// its words, such as years, may be names in the first such row alone.
fn is_header(lines: &[Line], at: usize, width: usize) -> bool {
    let is_wide = |line: &Line| line.width() * 5 >= width * 3;
    let line = &lines[at];
    let may_have_values = || line.has_text() && !lines[..at].iter().any(is_wide);
    if !is_wide(line) || !line.is_words() && !may_have_values() {
        return false;
    }
    let columns: Vec<u32> = line.cells.keys().copied().collect();
    let rows: Vec<Vec<Vec<u8>>> = lines[at..]
        .iter()
        .map(|line| {
            let text = |column| line.cells.get(column).map_or_else(Vec::new, |(text, _)| text.clone().into_bytes());
            columns.iter().map(text).collect()
        })
        .collect();
    csv::has_header(&rows) || repeats(rows)
}

/// Whether the first row is a header that stands between the rows, too, above numbers or times.
fn repeats(mut rows: Vec<Vec<Vec<u8>>>) -> bool {
    let (first, count) = (rows[0].clone(), rows.len());
    rows.retain(|row| *row != first);
    if rows.is_empty() || rows.len() + 1 == count || first.len() < 2 {
        return false;
    }
    rows.insert(0, first);
    let is_typed = |rows: &[Vec<Vec<u8>>], column: usize| {
        let mut guess = Guess::default();
        rows.iter().for_each(|row| guess.see(&row[column]));
        guess.reading("") != Reading::Text
    };
    let is_above_values = |column: usize| !is_typed(&rows[..1], column) && is_typed(&rows[1..], column);
    (0..rows[0].len()).any(is_above_values) && csv::has_header(&rows)
}

/// Whether two rows are one header: the lower one divides what the upper one names.
fn joined(upper: &Line, lower: &Line, merges: Option<&[Merge]>, width: usize) -> bool {
    if lower.number != upper.number + 1 || !upper.is_words() || !lower.is_words() {
        return false;
    }
    let Some(merges) = merges else {
        // Texts with a gap to their right, which the lower row fills.
        let divides = |column: &u32| {
            lower.cells.contains_key(column)
                && lower.cells.contains_key(&(column + 1))
                && !upper.cells.contains_key(&(column + 1))
        };
        return upper.width() > 1 && upper.cells.keys().any(divides);
    };
    merges.iter().any(|merge| {
        let spans = merge.columns.1 - merge.columns.0 + 1;
        let is_down = merge.rows.0 <= upper.number && merge.rows.1 >= lower.number;
        // A text across the whole table is a title.
        let divides = merge.rows.0 <= upper.number
            && merge.rows.1 == upper.number
            && spans > 1
            && (spans as usize) < width.max(2)
            && lower.cells.range(merge.columns.0..=merge.columns.1).count() > 1;
        (is_down && upper.cells.contains_key(&merge.columns.0)) || divides
    })
}

/// `Temperature` over `min` and `max` is `Temperature min` and `Temperature max`.
fn names(levels: &[Line], merges: Option<&[Merge]>) -> BTreeMap<u32, String> {
    let columns: BTreeSet<u32> = levels.iter().flat_map(|line| line.cells.keys().copied()).collect();
    let mut names = BTreeMap::new();
    for column in columns {
        let mut parts: Vec<&str> = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            let own = level.cells.get(&column).or_else(|| {
                let above = levels.get(at + 1).is_some_and(|below| below.cells.contains_key(&column));
                match merges {
                    Some(merges) => merges
                        .iter()
                        .find(|merge| {
                            merge.rows.0 == level.number && (merge.columns.0..=merge.columns.1).contains(&column)
                        })
                        .and_then(|merge| level.cells.get(&merge.columns.0)),
                    None if above => level.cells.range(..column).next_back().map(|(_, cell)| cell),
                    None => None,
                }
            });
            if let Some((text, _)) = own
                && parts.last() != Some(&text.as_str())
            {
                parts.push(text);
            }
        }
        names.insert(column, parts.join(" "));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::xlsx::cell::Cell;

    /// Rows as text: `|` divides, numbers are numbers, an empty field is no cell.
    fn rows(lines: &[(u32, &str)]) -> Vec<Row> {
        let row = |(number, line): &(u32, &str)| {
            let mut row = Row { number: *number, ..Row::default() };
            for (column, text) in line.split('|').enumerate().filter(|(_, text)| !text.is_empty()) {
                match text.parse() {
                    Ok(value) => row.cells.push((column as u32, Cell::Number(value))),
                    Err(_) => row.push_text(column as u32, text.as_bytes()),
                }
            }
            row
        };
        lines.iter().map(row).collect()
    }

    fn told(lines: &[(u32, &str)], merges: Option<&[Merge]>) -> String {
        let header = find(&rows(lines), &Strings::default(), merges, None);
        let names: Vec<&str> = header.names.values().map(String::as_str).collect();
        format!("{:?} after {}: {}", header.rows, header.skipped, names.join(", "))
    }

    fn merge(rows: (u32, u32), columns: (u32, u32)) -> Merge {
        Merge { rows, columns }
    }

    #[test]
    fn a_header_is_the_first_row_that_reads_like_one() {
        let none: Option<&[Merge]> = Some(&[]);
        assert_eq!(told(&[(1, "a|b"), (2, "x|1")], none), "[1] after 1: a, b");
        let titled = [(2, "|Report of May"), (3, "|by|Ann"), (5, "|serial|t|ok|n"), (6, "|S1|1|y|2"), (7, "|S2|2|n|3")];
        assert_eq!(told(&titled, none), "[5] after 3: serial, t, ok, n");
        assert_eq!(told(&[(1, "1|x"), (2, "2|y")], none), "[] after 0: ");
        assert_eq!(told(&[(1, "Only a title"), (2, "1|x|3"), (3, "2|y|4")], none), "[] after 1: ");
        assert_eq!(told(&[(1, "a|b|c")], none), "[1] after 1: a, b, c");
        assert_eq!(told(&[], none), "[] after 0: ");
        let pivot = [(1, "station|2023|2024"), (2, "ST01|5|6"), (3, "ST02|6|7")];
        assert_eq!(told(&pivot, none), "[1] after 1: station, 2023, 2024");
        assert_eq!(told(&[(1, "x|2023|2024"), (2, "y|2021|2024"), (3, "z|2020|2021")], none), "[] after 0: ");
        assert_eq!(told(&[(1, "x|y"), (2, "x|z"), (3, "x|y")], none), "[] after 0: ");
        assert_eq!(told(&[(1, "a|b"), (2, "x|1"), (3, "a|b"), (4, "y|2")], none), "[1] after 1: a, b");
    }

    #[test]
    fn a_header_over_a_header_is_joined() {
        let lines = [(1, "Test of May"), (2, "Unit|Temp||Note"), (3, "|min|max|"), (4, "S1|1|2|x"), (5, "S2|1|2|y")];
        let merges = [merge((1, 1), (0, 3)), merge((2, 3), (0, 0)), merge((2, 2), (1, 2)), merge((2, 3), (3, 3))];
        assert_eq!(told(&lines, Some(&merges)), "[2, 3] after 3: Unit, Temp min, Temp max, Note");
        assert_eq!(told(&lines, None), "[2, 3] after 3: Unit, Temp min, Temp max, Note");
        // A title across the whole table is no part of a name.
        let titled = [(1, "Report||"), (2, "a|b|c"), (3, "1|2|3")];
        assert_eq!(told(&titled, Some(&[merge((1, 1), (0, 2))])), "[2] after 2: a, b, c");
    }
}
