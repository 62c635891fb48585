//! What stands among and below the rows of a table and is none: sums, remarks after a gap, the header once more. What is
//! one only if no row follows is held back until that is known.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cell::{self, Merge, Row, Rows, Strings};
use super::sums::{self, Sums, Verdict};

/// No more rows than this are taken for a footer.
const HELD_MAX: usize = 8;

/// What is known of a table before its rows are read.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Rows with values before the first of the table.
    pub skipped: usize,
    /// How many columns the table has.
    pub width: usize,
    /// The texts of its header's rows and of those above, as [`cell::words`] has them.
    pub again: Arc<[Vec<(u32, String)>]>,
}

/// The rows of a table without what is none of it.
pub struct Body<R> {
    rows: R,
    frame: Frame,
    sums: Sums,
    held: VecDeque<(Row, Verdict)>,
    ready: VecDeque<Row>,
    last: u32,
    /// The row before was a sum.
    follows: bool,
    /// A row after a gap that reads like a header.
    suspect: Option<u32>,
    pub aside: Aside,
    broken: Option<String>,
    is_over: bool,
}

/// Rows, by number, that are more or less than rows of the table.
#[derive(Debug, Default)]
pub struct Aside {
    /// Sums and remarks, which are none; and the header once more.
    pub footer: Vec<u32>,
    pub again: Vec<u32>,
    /// Rows that look like sums.
    pub doubts: Vec<u32>,
    /// Rows that read like the header of another table.
    pub headers: Vec<u32>,
}

impl Aside {
    /// Whether a row is none of the table.
    pub fn has(&self, number: u32) -> bool {
        [&self.footer, &self.again].into_iter().any(|numbers| numbers.binary_search(&number).is_ok())
    }
}

impl<R: Rows> Body<R> {
    /// The rows of the table, from the first row of the sheet.
    ///
    /// # Errors
    /// If those before it cannot be read.
    pub fn of(mut rows: R, frame: Frame) -> Result<Body<R>, String> {
        let mut row = Row::default();
        for _ in 0..frame.skipped {
            if !rows.next(&mut row)? {
                break;
            }
        }
        Ok(Body {
            rows,
            frame,
            sums: Sums::default(),
            held: VecDeque::new(),
            ready: VecDeque::new(),
            last: row.number,
            follows: false,
            suspect: None,
            aside: Aside::default(),
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
                    if self.take(row, strings) {
                        return Ok(true);
                    }
                }
                Ok(false) => {
                    self.is_over = true;
                    self.end();
                }
                // Where a sheet breaks off is not its end.
                Err(why) => {
                    self.release(strings);
                    self.broken = Some(why);
                }
            }
        }
    }

    /// The sheet's rows, to ask what stands behind them.
    pub fn rows(&mut self) -> &mut R {
        &mut self.rows
    }

    /// Judges a row; `true` if it is the next of the table.
    fn take(&mut self, row: &mut Row, strings: &Strings) -> bool {
        let is_apart = row.number > self.last.saturating_add(1);
        self.last = row.number;
        if self.is_again(row, strings) {
            self.aside.again.push(row.number);
            return false;
        }
        let follows = self.follows || !self.held.is_empty();
        let verdict = self.sums.judge(row, strings, self.frame.width, (is_apart, follows));
        match verdict {
            Verdict::Sum if self.held.is_empty() => {
                self.aside.footer.push(row.number);
                self.sums.close();
                self.follows = true;
                return false;
            }
            Verdict::Sum | Verdict::Below { .. } | Verdict::DoubtBelow if self.held.len() < HELD_MAX => {
                self.held.push_back((row.clone(), verdict));
                return false;
            }
            _ => {}
        }
        self.release(strings);
        self.follows = false;
        let is_doubt = matches!(verdict, Verdict::Doubt | Verdict::Below { is_labelled: true } | Verdict::Sum);
        self.suspect(row, strings, is_apart);
        self.keep(row, strings, is_doubt);
        if self.ready.is_empty() {
            return true;
        }
        self.ready.push_back(std::mem::take(row));
        false
    }

    /// Counts a row of the table.
    fn keep(&mut self, row: &Row, strings: &Strings, is_doubt: bool) {
        if is_doubt {
            // Sums below do not count it, if it is one.
            self.aside.doubts.push(row.number);
            self.sums.close();
        } else {
            self.sums.add(row, strings);
        }
    }

    /// What was held back and has rows behind it.
    fn release(&mut self, strings: &Strings) {
        while let Some((row, verdict)) = self.held.pop_front() {
            if verdict == Verdict::Sum {
                self.aside.footer.push(row.number);
                self.sums.close();
            } else {
                self.keep(&row, strings, verdict == Verdict::Below { is_labelled: true });
                self.ready.push_back(row);
            }
        }
    }

    /// What was held back and stands below all rows.
    fn end(&mut self) {
        while let Some((row, verdict)) = self.held.pop_front() {
            if verdict == Verdict::DoubtBelow {
                self.aside.doubts.push(row.number);
                self.ready.push_back(row);
            } else {
                self.aside.footer.push(row.number);
            }
        }
    }

    /// Whether a row is one of the header or of those above it once more, as on each page of a print.
    fn is_again(&self, row: &Row, strings: &Strings) -> bool {
        let Some((column, first)) = row.cells.first().filter(|(_, cell)| sums::is_text(*cell)) else { return false };
        let mut text = Vec::new();
        cell::text(*first, row, strings, &mut text);
        let begins = |words: &Vec<(u32, String)>| {
            words.len() <= row.cells.len()
                && words
                    .first()
                    .is_some_and(|(at, word)| at == column && word.as_bytes().starts_with(&text[..text.len().min(4)]))
        };
        self.frame.again.iter().any(begins) && self.frame.again.contains(&cell::words(row, strings))
    }

    fn suspect(&mut self, row: &Row, strings: &Strings, is_apart: bool) {
        if let Some(suspect) = self.suspect.take()
            && row.number == suspect.saturating_add(1)
            && row.cells.len() > 1
        {
            self.aside.headers.push(suspect);
        }
        if is_apart && self.sums.is_like_header(row, strings) {
            self.suspect = Some(row.number);
        }
    }
}

/// Rows that are there already, and what is behind them: nothing, or what is not known.
pub struct Kept {
    pub rows: VecDeque<Row>,
    pub is_whole: bool,
}

impl Rows for Kept {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        match self.rows.pop_front() {
            Some(next) => *row = next,
            None if self.is_whole => return Ok(false),
            None => return Err(String::new()),
        }
        Ok(true)
    }

    fn merges(&mut self, _: bool) -> Option<Vec<Merge>> {
        None
    }
}

/// Rows that are there already, and then others.
pub struct Chain<'a> {
    pub kept: VecDeque<Row>,
    pub rest: &'a mut dyn Rows,
}

impl Rows for Chain<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        match self.kept.pop_front() {
            Some(next) => {
                *row = next;
                Ok(true)
            }
            None => self.rest.next(row),
        }
    }

    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>> {
        self.rest.merges(is_over)
    }

    fn end(&mut self) -> Result<(), String> {
        self.rest.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::xlsx::cell::Cell;

    fn body(lines: &[(u32, &str)]) -> (Vec<u32>, Aside) {
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
        let rows: VecDeque<Row> = lines.iter().map(row).collect();
        let again = [cell::words(&rows[0], &Strings::default())];
        let frame = Frame { skipped: 1, width: 3, again: again.into() };
        let mut body = Body::of(Kept { rows, is_whole: true }, frame).expect("begins");
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while body.next(&mut row, &Strings::default()).expect("reads") {
            rows.push(row.number);
        }
        (rows, body.aside)
    }

    /// Rows of the table, sums and remarks, and rows that look like sums.
    fn told(lines: &[(u32, &str)]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        let (rows, aside) = body(lines);
        (rows, aside.footer, aside.doubts)
    }

    #[test]
    fn sums_and_remarks_below_a_table_are_no_rows_and_those_within_are() {
        let (none, two) = (Vec::new, || vec![2]);
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "Total:|1|2")]), (two(), vec![3], none()));
        assert_eq!(told(&[(1, "a|b|c"), (2, "Total|1|2"), (3, "x|1|2")]), (vec![2, 3], none(), two()));
        assert_eq!(
            told(&[(1, "a|b|c"), (2, "x|1|2"), (4, "made by Ann"), (5, "at noon")]),
            (two(), vec![4, 5], none())
        );
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "y")]), (vec![2, 3], none(), none()));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (4, "y"), (5, "z|1|2")]), (vec![2, 4, 5], none(), none()));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "mean|1|2")]), (vec![2, 3], none(), none()));
        assert_eq!(told(&[(1, "a|b|c"), (2, "x|1|2"), (3, "mean||2")]), (two(), vec![3], none()));
    }

    /// Three rows of two groups, and one line more.
    fn with(line: &str) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        told(&[(1, "a|b|c"), (2, "x|1|10"), (3, "x|2|10"), (4, "y|6|10"), (5, line)])
    }

    #[test]
    fn a_label_is_believed_where_its_figures_are_those_above() {
        let rows = || vec![2, 3, 4];
        for line in [
            "Total|9|30",
            "Total||30",
            "Total (3 rows)||30",
            "Total: 3 records",
            "Total Units||30",
            "Overall total|9|30",
            "Insgesamt||30",
            "|Total|30",
            "Total|3|30",
            "Average|3|10",
            "合計||30",
            "Std Dev|2.16|0",
            "Total||3",
        ] {
            assert_eq!(with(line), (rows(), vec![5], vec![]), "{line}");
        }
        // A product, a person, a sum of something else.
        for (line, is_doubt) in [
            ("Total|7|12", true),
            ("Total||31", true),
            ("Total loss|1|2", false),
            ("Max|6|9", false),
            ("z|9|30", false),
            ("|9|30", true),
            ("z|Total|30", true),
        ] {
            let doubts = if is_doubt { vec![5] } else { vec![] };
            assert_eq!(with(line), (vec![2, 3, 4, 5], vec![], doubts), "{line}");
        }
    }

    #[test]
    fn sums_of_groups_are_none_of_the_rows_between_them() {
        let lines = [
            (1, "a|b|c"),
            (2, "x|1|10"),
            (3, "x|2|10"),
            (4, "Subtotal||20"),
            (5, "y|5|10"),
            (6, "Subtotal||10"),
            (7, "Line Total|8|30"),
            (8, "z|1|5"),
            (9, "z|2|6"),
            (10, "Subtotal||11"),
            (11, "Grand Total||41"),
            (13, "by Ann"),
        ];
        assert_eq!(told(&lines), (vec![2, 3, 5, 8, 9], vec![4, 6, 7, 10, 11, 13], vec![]));
        let figures = [
            (1, "a|b|c"),
            (2, "x|1|10"),
            (3, "x|2|11"),
            (4, "y|6|12"),
            (5, "Mean|3|11"),
            (6, "Max|6|12"),
            (7, "Median|2|11"),
        ];
        assert_eq!(told(&figures), (vec![2, 3, 4], vec![5, 6, 7], vec![]));
    }

    #[test]
    fn a_header_on_each_page_is_no_row_and_one_of_another_table_is_told() {
        let (rows, aside) = body(&[(1, "a|b|c"), (2, "x|1|2"), (3, "a|b|c"), (4, "y|1|2"), (5, "a|b|d")]);
        assert_eq!((rows, aside.again, aside.headers), (vec![2, 4, 5], vec![3], vec![]));
        let (rows, aside) = body(&[(1, "a|b|c"), (2, "x|1|2"), (3, "y|1|2"), (5, "code|text|count"), (6, "E1|fan|3")]);
        assert_eq!((rows, aside.again, aside.headers), (vec![2, 3, 5, 6], vec![], vec![5]));
    }
}
