//! Tables for people. In a pipe as wide as their values; on a terminal wrapped to its width, with colours, and
//! without the column `sql`, which is for pasting and would leave no room for the others. What is too wide even so
//! is shown row by row.

use std::io::Write;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table};

use super::{Renderer, Style, written};
use crate::error::Result;
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
        left_out: None,
        is_first: true,
        written: 0,
    })
}

struct TableRenderer {
    output: Box<dyn Write>,
    style: Style,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    left_out: Option<usize>,
    is_first: bool,
    /// Rows written one below the other.
    written: u64,
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
        let Some(width) = self.style.width else { return false };
        let needed = |index: usize| {
            let widest = self.rows.iter().map(|row| row[index].shown().chars().count()).max().unwrap_or(0);
            let widest = widest.max(self.columns[index].len());
            3 + if self.is_short(index) { widest } else { widest.min(TEXT_LEAST) }
        };
        let shown = (0..self.columns.len()).filter(|index| Some(*index) != self.left_out);
        shown.map(needed).sum::<usize>() + 1 > usize::from(width)
    }

    /// Rows one below the other, a line for each of their values; what a row has not is left out.
    fn records(&mut self) -> Result<()> {
        let widest = self.columns.iter().map(String::len).max().unwrap_or(0);
        for row in std::mem::take(&mut self.rows) {
            self.written += 1;
            let head = format!("── {} ", self.written);
            written(writeln!(self.output, "{head}{}", "─".repeat(40_usize.saturating_sub(head.chars().count()))))?;
            for (index, value) in row.iter().enumerate() {
                if Some(index) != self.left_out && !value.is_null() {
                    let text = printable(&value.shown()).replace('\n', &format!("\n{}", " ".repeat(widest + 2)));
                    written(writeln!(self.output, "{:widest$}  {text}", printable(&self.columns[index])))?;
                }
            }
        }
        self.is_first = false;
        Ok(())
    }

    fn page(&mut self) -> Result<()> {
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
        let shown: Vec<usize> = (0..self.columns.len()).filter(|index| Some(*index) != self.left_out).collect();
        table.set_header(
            shown.iter().map(|index| Cell::new(printable(&self.columns[*index])).add_attribute(Attribute::Bold)),
        );
        // Times and numbers are never broken over lines; texts share what is left.
        for place in (0..shown.len()).filter(|place| self.is_short(shown[*place])) {
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

fn cell(value: &Value, column: &str) -> Cell {
    let text = printable(&value.shown());
    let colour = match (column, text.as_str()) {
        ("level", "error" | "fatal") | ("change", "new" | "up") => Some(Color::Red),
        ("level", "warn") | ("change", "down") => Some(Color::Yellow),
        ("level", "debug" | "trace") | ("change", "same" | "gone") => Some(Color::DarkGrey),
        _ => None,
    };
    let cell = match value {
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) => Cell::new(text).set_alignment(CellAlignment::Right),
        _ => Cell::new(text),
    };
    match colour {
        Some(colour) => cell.fg(colour),
        None => cell,
    }
}

/// Evidence may hold what would move the cursor or colour the screen: shown as `\x1b`.
pub fn printable(text: &str) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\n') {
        return text.to_string();
    }
    let shown = |c: char| match c {
        '\t' => "    ".to_string(),
        '\n' => c.to_string(),
        '\r' => String::new(),
        c if c.is_control() => format!("\\x{:02x}", c as u32),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

impl Sink for TableRenderer {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        let many = columns.len() > 4 && self.style.width.is_some();
        self.left_out = columns.iter().position(|name| many && name == "sql");
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.rows.push(row.to_vec());
        if self.rows.len() == PAGE_ROWS { self.page() } else { Ok(()) }
    }
}

impl Renderer for TableRenderer {
    fn finish(&mut self) -> Result<Vec<String>> {
        self.page()?;
        written(self.output.flush())?;
        Ok(self
            .left_out
            .map(|_| "the column sql is left out on a terminal; see it with -f ndjson or in a pipe".to_string())
            .into_iter()
            .collect())
    }
}
