//! Jira's wiki tables. A cell is always one cell: what the wiki would take for its own is escaped.

use std::io::Write;

use super::{Renderer, Style, Told, written};
use crate::error::Result;
use crate::model::printable::steers;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn make(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    Box::new(Jira { output, told: style.told })
}

struct Jira {
    output: Box<dyn Write>,
    told: Option<Told>,
}

/// A backslash is written as an entity, since two of them are a line end in Jira.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escaped.push_str("&#92;"),
            '|' | '{' | '}' | '[' | ']' | '*' | '!' | '^' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str(" \\\\ "),
            c if c.is_control() => escaped.push(' '),
            c if steers(c) => escaped.push_str(&format!("&#92;u{:04x}", c as u32)),
            c => escaped.push(c),
        }
    }
    // An empty cell would join its bars into a heading's.
    if escaped.is_empty() { " ".into() } else { escaped }
}

impl Sink for Jira {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        if let Some(told) = &self.told {
            written(writeln!(self.output, "{}\n", escaped(&told.summary)))?;
        }
        let names: Vec<String> = columns.iter().map(|name| escaped(name)).collect();
        written(writeln!(self.output, "||{}||", names.join("||")))
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        let cells: Vec<String> = row.iter().map(|value| escaped(&value.shown())).collect();
        written(writeln!(self.output, "|{}|", cells.join("|")))
    }
}

impl Renderer for Jira {
    fn finish(&mut self) -> Result<Vec<String>> {
        if let Some(told) = &self.told {
            // In quotes of a shell, in which two of them are nothing, and no end of the block.
            let command = told.command.replace("{noformat", "{''noformat");
            written(writeln!(self.output, "\nMade by:\n{{noformat}}\n{command}\n{{noformat}}"))?;
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
        assert_eq!(escaped("a|b\\c\nd {x}"), "a\\|b&#92;c \\\\ d \\{x\\}");
        assert_eq!(escaped("a\u{202e}b"), "a&#92;u202eb");
        assert_eq!(escaped(""), " ");
    }
}
