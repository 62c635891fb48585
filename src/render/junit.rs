//! JUnit's XML, as build servers read it: a check is a test case. The form has no word for a warning: one is a case that
//! passed and says so in its output.

use std::io::Write;

use super::checks::{Check, Checks, Outcome};
use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn make(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Junit { output, checks: Checks::of("junit") })
}

struct Junit {
    output: Box<dyn Write>,
    checks: Checks,
}

/// Text of an element or an attribute. What XML 1.0 (2.2) has no place for, most control characters among it, is
/// U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Else a reader would make spaces of them in attributes.
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", c as u32)),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

fn case(check: &Check) -> String {
    let (status, said, more) = (escaped(&check.status), escaped(check.said()), escaped(&check.lines()));
    let inside = match check.outcome() {
        Some(Outcome::Fail) => format!("<failure type=\"{status}\" message=\"{said}\">{more}</failure>"),
        Some(Outcome::Error) => format!("<error type=\"{status}\" message=\"{said}\">{more}</error>"),
        Some(Outcome::Skipped) => format!("<skipped message=\"{said}\"/>"),
        Some(Outcome::Warn) => format!("<system-out>warning: {said}&#10;{more}</system-out>"),
        _ => format!("<system-out>{said}&#10;{more}</system-out>"),
    };
    format!("    <testcase classname=\"rca.check\" name=\"{}\">{inside}</testcase>\n", escaped(&check.name))
}

impl Sink for Junit {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.checks.begin(columns)
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.checks.row(row)
    }
}

impl Renderer for Junit {
    fn finish(&mut self) -> Result<Vec<String>> {
        let checks = &self.checks;
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            checks.all.len(),
            checks.count(Outcome::Fail),
            checks.count(Outcome::Error),
            checks.count(Outcome::Skipped)
        );
        let cases: String = checks.all.iter().map(case).collect();
        written(write!(
            self.output,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rca\" {counts}>\n  \
             <testsuite name=\"rca check\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
        ))?;
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_xml() {
        assert_eq!(
            escaped("a<b>&\"c\"\n\u{1b}[0m\0 \u{fffe}ä"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}[0m\u{fffd} \u{fffd}ä"
        );
    }
}
