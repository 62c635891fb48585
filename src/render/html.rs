//! One self-contained page with the table: no script, nothing loaded, light and dark as the reader's system is.

use std::io::Write;

use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::scan::Sink;
use crate::model::value::Value;

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>rca</title>
<style>
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
table { border-collapse: collapse }
th, td { padding: .25em .6em; text-align: left; vertical-align: top; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); white-space: pre-wrap; overflow-wrap: anywhere }
th { position: sticky; top: 0; background: Canvas }
.n { text-align: right; font-variant-numeric: tabular-nums }
</style>
<table>
";

pub fn make(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Html { output })
}

struct Html {
    output: Box<dyn Write>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\0', "\u{FFFD}")
}

impl Sink for Html {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        let cells: String = columns.iter().map(|name| format!("<th scope=\"col\">{}", escaped(name))).collect();
        written(write!(self.output, "{HEAD}<thead>\n<tr>{cells}\n<tbody>\n"))
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        let cell = |value: &Value| {
            let class =
                if matches!(value, Value::Int(_) | Value::Float(_) | Value::Decimal(_)) { " class=\"n\"" } else { "" };
            format!("<td{class}>{}", escaped(&value.shown()))
        };
        written(writeln!(self.output, "<tr>{}", row.iter().map(cell).collect::<String>()))
    }
}

impl Renderer for Html {
    fn finish(&mut self) -> Result<Vec<String>> {
        written(writeln!(self.output, "</table>\n</html>"))?;
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}
