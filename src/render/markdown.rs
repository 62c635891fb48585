//! GitHub's tables, as they are pasted into tickets. A cell is always one line.

use std::io::Write;

use super::{Renderer, Style, Told, written};
use crate::error::Result;
use crate::model::printable::steers;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn make(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    Box::new(Markdown { output, told: style.told, columns: Vec::new(), is_begun: false })
}

struct Markdown {
    output: Box<dyn Write>,
    told: Option<Told>,
    columns: Vec<String>,
    is_begun: bool,
}

/// What Markdown would take for its own is escaped; line ends are `<br>`.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' | '|' | '*' | '`' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("<br>"),
            c if c.is_control() => escaped.push(' '),
            c if steers(c) => escaped.push_str(&format!("\\\\u{:04x}", c as u32)),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A code span, whatever backticks are in it (CommonMark, 6.1).
pub fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let (fence, pad) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{fence}{pad}{text}{pad}{fence}")
}

impl Markdown {
    /// The head is written with the first row, since only its values tell which columns are numbers.
    fn head(&mut self, row: Option<&[Value]>) -> std::io::Result<()> {
        if self.is_begun {
            return Ok(());
        }
        self.is_begun = true;
        if let Some(told) = &self.told {
            writeln!(self.output, "{}\n", escaped(&told.summary))?;
        }
        let names: Vec<String> = self.columns.iter().map(|name| escaped(name)).collect();
        writeln!(self.output, "| {} |", names.join(" | "))?;
        let is_number = |index: usize| {
            row.is_some_and(|row| matches!(row[index], Value::Int(_) | Value::Float(_) | Value::Decimal(_)))
        };
        let rules: Vec<&str> = (0..names.len()).map(|index| if is_number(index) { "---:" } else { "---" }).collect();
        writeln!(self.output, "| {} |", rules.join(" | "))
    }
}

impl Sink for Markdown {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        written(self.head(Some(row)))?;
        let cells: Vec<String> = row.iter().map(|value| escaped(&value.shown())).collect();
        written(writeln!(self.output, "| {} |", cells.join(" | ")))
    }
}

impl Renderer for Markdown {
    fn finish(&mut self) -> Result<Vec<String>> {
        written(self.head(None))?;
        if let Some(told) = &self.told {
            written(writeln!(self.output, "\nMade by {}", code(&told.command)))?;
        }
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_one_cell() {
        assert_eq!(escaped("a|b\\c\r\nd `x` <*> 表"), "a\\|b\\\\c<br>d \\`x\\` &lt;\\*> 表");
        assert_eq!(escaped("a\u{202e}b"), "a\\\\u202eb");
    }
}
