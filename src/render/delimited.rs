//! CSV as RFC 4180 has it (lines end in LF), and TSV, where tabs, line ends and backslashes in values are escaped
//! as `\t`, `\n`, `\r` and `\\`. NULL is an empty field, an empty text a quoted one.

use std::io::Write;

use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn csv(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Delimited { output, delimiter: ",", field: quoted })
}

pub fn tsv(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Delimited { output, delimiter: "\t", field: escaped })
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
    fn fields_keep_their_bounds() {
        assert_eq!(quoted("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(escaped("a\tb\\c\n"), "a\\tb\\\\c\\n");
    }
}
