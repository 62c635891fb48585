//! CSV as RFC 4180 has it (lines end in LF), and TSV, where tabs, line ends and backslashes in values are escaped
//! as `\t`, `\n`, `\r` and `\\`. NULL is an empty field, an empty text a quoted one.

use std::io::Write;

use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::printable::{one_line, printable};
use crate::model::scan::Sink;
use crate::model::value::Value;

/// On a terminal what would steer it is spelled, as in tables; in a file and a pipe values are as they are.
pub fn csv(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    let field = if style.width.is_some() { |text: &str| quoted(&printable(text)) } else { quoted };
    Box::new(Delimited { output, delimiter: ",", field })
}

pub fn tsv(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    let field = if style.width.is_some() { |text: &str| one_line(&escaped(text)) } else { escaped };
    Box::new(Delimited { output, delimiter: "\t", field })
}

struct Delimited {
    output: Box<dyn Write>,
    delimiter: &'static str,
    field: fn(&str) -> String,
}

fn quoted(text: &str) -> String {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

impl Sink for Delimited {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        let names: Vec<String> = columns.iter().map(|name| (self.field)(name)).collect();
        written(writeln!(self.output, "{}", names.join(self.delimiter)))
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        let fields: Vec<String> = row
            .iter()
            .map(|value| if value.is_null() { String::new() } else { (self.field)(&value.shown()) })
            .collect();
        written(writeln!(self.output, "{}", fields.join(self.delimiter)))
    }
}

impl Renderer for Delimited {
    fn finish(&mut self) -> Result<Vec<String>> {
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_and_a_file_has_what_there_is() {
        let shown = |make: fn(Box<dyn Write>, Style) -> Box<dyn Renderer>, width: Option<u16>| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            let output = Box::new(file.reopen().expect("opened"));
            let mut renderer = make(output, Style { width, ..Style::default() });
            renderer.begin(&["a\u{9b}".into()]).expect("begun");
            renderer.row(&[Value::Text("x\x1b[2J\u{202e}\ny".into())]).expect("written");
            renderer.finish().expect("finished");
            std::fs::read_to_string(file.path()).expect("read")
        };
        assert_eq!(shown(csv, Some(80)), "a\\x9b\n\"x\\x1b[2J\\u{202e}\ny\"\n");
        assert_eq!(shown(csv, None), "a\u{9b}\n\"x\x1b[2J\u{202e}\ny\"\n");
        assert_eq!(shown(tsv, Some(80)), "a\\u{9b}\nx\\u{1b}[2J\\u{202e}\\ny\n");
        assert_eq!(shown(tsv, None), "a\u{9b}\nx\x1b[2J\u{202e}\\ny\n");
    }

    #[test]
    fn fields_keep_their_bounds() {
        assert_eq!(quoted("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(escaped("a\tb\\c\n"), "a\\tb\\\\c\\n");
    }
}
