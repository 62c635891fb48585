//! Tables for people. In a pipe as wide as their values; on a terminal wrapped to its width, with colours, and
//! without the column `sql`, which is for pasting and would leave no room for the others. What is too wide even so
//! is shown row by row.

use std::collections::BTreeMap;
use std::io::Write;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table};

use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::printable::printable;
use crate::model::scan::Sink;
use crate::model::value::Value;

/// Longer answers are written in pages of this many rows, each aligned for itself, so that memory stays bounded.
const PAGE_ROWS: usize = 10_000;

pub fn make(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    Box::new(TableRenderer {
        output,
        style,
        columns: Vec::new(),
        rows: Vec::new(),
        left_out: BTreeMap::new(),
        is_first: true,
        written: 0,
        is_folded: false,
    })
}

struct TableRenderer {
    output: Box<dyn Write>,
    style: Style,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    /// Columns that are not shown on this terminal, each with the reason.
    left_out: BTreeMap<usize, String>,
    is_first: bool,
    /// Rows written one below the other.
    written: u64,
    /// Whether a text of many lines was shown by its first ones.
    is_folded: bool,
}

impl TableRenderer {
    /// Whether a column holds nothing that could be broken over lines.
    fn is_short(&self, index: usize) -> bool {
        let is_text = |row: &Vec<Value>| matches!(row[index], Value::Text(_) | Value::Nested(_) | Value::Blob(_));
        !self.rows.iter().any(is_text)
    }

    /// Whether the columns leave each text too little room on this terminal to be read.
    fn is_too_wide(&self) -> bool {
        const TEXT_LEAST: usize = 12;
        const LONG_LEAST: usize = 30;
        let Some(width) = self.style.width else { return false };
        let needed = |index: usize| {
            let widest = self.rows.iter().map(|row| row[index].shown().chars().count()).max().unwrap_or(0);
            let widest = widest.max(self.columns[index].len());
            let least = if widest > 2 * LONG_LEAST { LONG_LEAST } else { TEXT_LEAST };
            3 + if self.is_short(index) { widest } else { widest.min(least) }
        };
        self.shown().into_iter().map(needed).sum::<usize>() + 1 > usize::from(width)
    }

    fn shown(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|index| !self.left_out.contains_key(index)).collect()
    }

    /// Makes room by leaving out columns that say the same in every row; rows that say nothing but one text, which
    /// stand between others, do not count. The last column that can make room goes first.
    fn make_room(&mut self) {
        let is_row = |row: &&Vec<Value>| row.iter().filter(|value| !value.is_null()).count() > 1;
        let rows: Vec<&Vec<Value>> = self.rows.iter().filter(is_row).collect();
        let Some((first, others)) = rows.split_first().filter(|(_, others)| !others.is_empty()) else { return };
        let mut same = Vec::new();
        for index in self.shown() {
            let name = &self.columns[index];
            if others.iter().all(|row| row[index] == first[index]) {
                let value = &first[index];
                let is = if value.is_null() { "empty".to_string() } else { format!("`{}`", printable(&value.shown())) };
                same.push((index, format!("{name} is {is} in every row")));
            } else if index > 0 && rows.iter().all(|row| row[index] == row[index - 1]) {
                same.push((index, format!("{name} is the same as {} in every row", self.columns[index - 1])));
            }
        }
        while let Some((index, why)) = same.pop().filter(|_| self.is_tight()) {
            self.left_out.insert(index, why);
        }
    }

    fn widest(&self, index: usize) -> usize {
        let of = |row: &Vec<Value>| row[index].shown().lines().map(|line| line.chars().count()).max().unwrap_or(0);
        self.rows.iter().map(of).max().unwrap_or(0).max(self.columns[index].chars().count())
    }

    /// Of the shown columns those with short texts, by their places, if they can be left whole and the others still
    /// have room.
    fn whole(&self, shown: &[usize]) -> Vec<usize> {
        const WIDEST: usize = 30;
        let Some(width) = self.style.width else { return Vec::new() };
        let short: Vec<usize> = (0..shown.len()).filter(|place| self.widest(shown[*place]) <= WIDEST).collect();
        let needed: usize = short.iter().map(|place| 3 + self.widest(shown[*place])).sum();
        let others = shown.len() - short.len();
        if needed + others * (3 + WIDEST) < usize::from(width) { short } else { Vec::new() }
    }

    /// Whether texts would be read better with more room.
    fn is_tight(&self) -> bool {
        let Some(width) = self.style.width else { return false };
        self.shown().into_iter().map(|index| 3 + self.widest(index)).sum::<usize>() + 1 > usize::from(width)
    }

    /// Rows one below the other, each value behind its column's name: short ones share lines, a long one has its own.
    /// What a row has not is left out; a row that is one text alone stands between the others.
    fn records(&mut self) -> Result<()> {
        let width = usize::from(self.style.width.unwrap_or(80));
        let dim = |name: &str| if self.style.colour { format!("\x1b[2m{name}\x1b[0m") } else { name.to_string() };
        for row in std::mem::take(&mut self.rows) {
            let told: Vec<usize> = self.shown().into_iter().filter(|index| !row[*index].is_null()).collect();
            if let ([only], true) = (told.as_slice(), row.len() > 2) {
                written(writeln!(self.output, "{}", printable(&row[*only].shown())))?;
                continue;
            }
            self.written += 1;
            let head = format!("── {} ", self.written);
            written(writeln!(self.output, "{head}{}", "─".repeat(40_usize.saturating_sub(head.chars().count()))))?;
            let mut used = 0;
            for index in told {
                let (name, text) = (printable(&self.columns[index]), printable(&row[index].shown()));
                let length = name.chars().count() + 1 + text.chars().count();
                let is_long = 2 * length > width || text.contains('\n');
                let break_before = used > 0 && (is_long || used + 2 + length > width);
                let before = match used {
                    0 => "",
                    _ if break_before => "\n",
                    _ => "  ",
                };
                let text = coloured(&name, text.replace('\n', "\n  "), self.style.colour);
                written(write!(self.output, "{before}{} {text}", dim(&name)))?;
                used = if break_before || used == 0 { length } else { used + 2 + length };
                if is_long {
                    written(writeln!(self.output))?;
                    used = 0;
                }
            }
            if used > 0 {
                written(writeln!(self.output))?;
            }
        }
        self.is_first = false;
        Ok(())
    }

    fn page(&mut self) -> Result<()> {
        if self.is_first && self.rows.len() < PAGE_ROWS {
            self.make_room();
        }
        if self.written > 0 || self.is_too_wide() {
            return self.records();
        }
        let mut table = Table::new();
        table.load_preset("││──├─┼┤│    ┬┴┌┐└┘");
        table.set_content_arrangement(if self.style.width.is_some() {
            ContentArrangement::Dynamic
        } else {
            ContentArrangement::Disabled
        });
        if let Some(width) = self.style.width {
            table.set_width(width);
        }
        if self.style.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let shown = self.shown();
        table.set_header(
            shown.iter().map(|index| Cell::new(printable(&self.columns[*index])).add_attribute(Attribute::Bold)),
        );
        // Times and numbers are never broken over lines; texts share what is left.
        for place in (0..shown.len()).filter(|place| self.is_short(shown[*place])) {
            if let Some(column) = table.column_mut(place) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for place in self.whole(&shown) {
            if let Some(column) = table.column_mut(place) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for row in &self.rows {
            table.add_row(shown.iter().map(|index| cell(&row[*index], &self.columns[*index])));
        }
        if self.is_first || !self.rows.is_empty() {
            written(writeln!(self.output, "{table}"))?;
        }
        self.rows.clear();
        self.is_first = false;
        Ok(())
    }
}

fn colour(column: &str, text: &str) -> Option<Color> {
    match (column, text) {
        ("level", "error" | "fatal") | ("change", "new" | "up") => Some(Color::Red),
        ("level", "warn") | ("change", "down") => Some(Color::Yellow),
        ("level", "debug" | "trace") | ("change", "same" | "gone") => Some(Color::DarkGrey),
        _ => None,
    }
}

fn coloured(column: &str, text: String, is_coloured: bool) -> String {
    let number = match colour(column, &text).filter(|_| is_coloured) {
        Some(Color::Red) => "91",
        Some(Color::Yellow) => "93",
        Some(_) => "90",
        None => return text,
    };
    format!("\x1b[{number}m{text}\x1b[0m")
}

fn cell(value: &Value, column: &str) -> Cell {
    let text = printable(&value.shown());
    let colour = colour(column, &text);
    let cell = match value {
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) => Cell::new(text).set_alignment(CellAlignment::Right),
        _ => Cell::new(text),
    };
    match colour {
        Some(colour) => cell.fg(colour),
        None => cell,
    }
}

/// Of a text of many lines, such as a stack trace, what a reader looks for first: what it is, and what caused it.
/// `None` if it is short enough.
fn folded(text: &str) -> Option<String> {
    const LINES: usize = 5;
    text.lines().nth(LINES)?;
    let mut lines = text.lines();
    let first = lines.next()?;
    let is_cause = |line: &&str| line.trim_start().starts_with("Caused by");
    let second = lines.clone().next().filter(|line| !is_cause(line));
    let told: Vec<&str> = second.into_iter().chain(lines.filter(is_cause)).take(LINES - 1).collect();
    let more = text.lines().count() - 1 - told.len();
    Some(format!("{first}\n{}\n… {more} more lines", told.join("\n")))
}

impl Sink for TableRenderer {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        let many = columns.len() > 4 && self.style.width.is_some();
        if let Some(index) = columns.iter().position(|name| many && name == "sql") {
            self.left_out.insert(index, "the column sql is left out".into());
        }
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        let mut row = row.to_vec();
        if self.style.width.is_some() {
            for text in row.iter_mut().filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None })
            {
                if let Some(folded) = folded(text) {
                    (*text, self.is_folded) = (folded, true);
                }
            }
        }
        self.rows.push(row);
        if self.rows.len() == PAGE_ROWS { self.page() } else { Ok(()) }
    }
}

impl Renderer for TableRenderer {
    fn finish(&mut self) -> Result<Vec<String>> {
        self.page()?;
        written(self.output.flush())?;
        let folded = self.is_folded.then_some("texts of many lines are folded");
        let why: Vec<&str> = self.left_out.values().map(String::as_str).chain(folded).collect();
        Ok(if why.is_empty() {
            Vec::new()
        } else {
            vec![format!("on this terminal {}; see all with -f ndjson or in a pipe", why.join(", "))]
        })
    }
}
