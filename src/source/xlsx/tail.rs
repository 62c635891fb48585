//! What stands below a table and is no row of it: sums, and remarks after a gap. Only the last rows of a sheet can be
//! so; they are held back until it is known that none follows.

use std::collections::VecDeque;

use super::cell::{self, Cell, Merge, Row, Rows, Strings};

/// No more rows than this are taken for a footer.
const HELD_MAX: usize = 8;

/// Words that a row of sums begins with.
const TOTALS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "sum",
    "sums",
    "subtotal",
    "summe",
    "gesamt",
    "gesamtsumme",
    "total général",
    "somme",
    "suma",
    "totale",
    "somma",
    "合計",
    "总计",
    "總計",
    "合计",
    "小计",
    "小計",
];
/// Words that such a row may begin with, and a row of figures too: where it leaves a column empty.
const MEANS: &[&str] = &["average", "mean", "mittelwert", "durchschnitt", "moyenne", "平均"];

/// The rows of a table without its footer.
pub struct Body<R> {
    rows: R,
    /// How many columns the table has.
    width: usize,
    held: VecDeque<Row>,
    ready: VecDeque<Row>,
    last: u32,
    pub footer: Vec<u32>,
    broken: Option<String>,
    is_over: bool,
}

impl<R: Rows> Body<R> {
    /// The rows behind the first `skipped`.
    ///
    /// # Errors
    /// If these cannot be read.
    pub fn of(mut rows: R, skipped: usize, width: usize) -> Result<Body<R>, String> {
        let mut row = Row::default();
        for _ in 0..skipped {
            if !rows.next(&mut row)? {
                break;
            }
        }
        Ok(Body {
            rows,
            width,
            held: VecDeque::new(),
            ready: VecDeque::new(),
            last: row.number,
            footer: Vec::new(),
            broken: None,
            is_over: false,
        })
    }

    /// Fills the next row. `false` after the last.
    ///
    /// # Errors
    /// As [`Rows::next`]; what was held back comes before.
    pub fn next(&mut self, row: &mut Row, strings: &Strings) -> Result<bool, String> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                *row = ready;
                return Ok(true);
            }
            if let Some(why) = self.broken.take() {
                self.is_over = true;
                return Err(why);
            }
            if self.is_over {
                return Ok(false);
            }
            match self.rows.next(row) {
                Ok(true) => {
                    let is_apart = row.number > self.last.saturating_add(1);
                    self.last = row.number;
                    let width = self.width;
                    if self.held.len() < HELD_MAX && is_below(row, strings, width, is_apart || !self.held.is_empty()) {
                        self.held.push_back(row.clone());
                    } else if self.held.is_empty() {
                        return Ok(true);
                    } else {
                        self.ready.append(&mut self.held);
                        self.ready.push_back(std::mem::take(row));
                    }
                }
                Ok(false) => {
                    self.is_over = true;
                    self.footer = self.held.drain(..).map(|row| row.number).collect();
                }
                // Where a sheet breaks off is not its end.
                Err(why) => {
                    self.ready.append(&mut self.held);
                    self.broken = Some(why);
                }
            }
        }
    }
}

/// Rows that are there already.
pub struct Kept(pub VecDeque<Row>);

impl Rows for Kept {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        let next = self.0.pop_front();
        let is_there = next.is_some();
        *row = next.unwrap_or_default();
        Ok(is_there)
    }

    fn merges(&mut self, _: bool) -> Option<Vec<Merge>> {
        None
    }
}

/// Whether a row looks like what people write below a table.
fn is_below(row: &Row, strings: &Strings, width: usize, is_apart: bool) -> bool {
    let Some((_, first)) = row.cells.first() else { return false };
    if !matches!(first, Cell::Text { .. } | Cell::Shared(_)) {
        return false;
    }
    if row.cells.len() == 1 {
        return width > 2 && is_apart;
    }
    let mut text = Vec::new();
    cell::text(*first, row, strings, &mut text);
    if text.len() > 64 {
        return false;
    }
    let text = String::from_utf8_lossy(&text).trim().trim_end_matches(':').trim().to_lowercase();
    let has_number =
        row.cells.iter().any(|(_, cell)| matches!(cell, Cell::Number(_) | Cell::Percent(_) | Cell::NoValue));
    has_number && (TOTALS.contains(&&*text) || MEANS.contains(&&*text) && row.cells.len() < width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[(u32, &str)]) -> (Vec<u32>, Vec<u32>) {
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
        let mut body = Body::of(Kept(lines.iter().map(row).collect()), 1, 3).expect("begins");
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while body.next(&mut row, &Strings::default()).expect("reads") {
            rows.push(row.number);
        }
        (rows, body.footer)
    }

    #[test]
    fn sums_and_remarks_below_a_table_are_no_rows_and_those_within_are() {
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "Total:|1|2")]), (vec![2], vec![3]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "Total|1|2"), (3, "x|1|2")]), (vec![2, 3], vec![]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (4, "made by Ann"), (5, "at noon")]), (vec![2], vec![4, 5]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "y")]), (vec![2, 3], vec![]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (4, "y"), (5, "z|1|2")]), (vec![2, 4, 5], vec![]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "total loss|1|2")]), (vec![2], vec![]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "mean|1|2")]), (vec![2, 3], vec![]));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "mean||2")]), (vec![2], vec![3]));
    }
}
