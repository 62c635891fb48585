//! A document as one file: HTML that loads nothing and has no script, or Markdown for a ticket. Its texts are of the
//! evidence, which may be made to harm: everything is escaped, and what would move or hide text is shown.

use std::io::Write;

use super::written;
use crate::args::Format;
use crate::error::Result;
use crate::model::document::Document;

mod axis;
mod blocks;
mod funnel;
mod html;
mod lanes;
mod markdown;
mod pareto;
mod strips;
mod svg;

/// # Errors
/// If it cannot be written.
pub fn write(document: &Document, format: Format, mut output: Box<dyn Write>) -> Result<()> {
    let page = if format == Format::Html { html::page(document)? } else { markdown::page(document) };
    written(output.write_all(page.as_bytes()))?;
    written(output.flush())
}

/// A text with what would not be seen, or would change how others are seen, as its number: `U+202E`. Line ends and tabs
/// stay.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            c if is_hidden(c) => shown.push_str(&format!("U+{:04X}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_seen() {
        assert_eq!(visible("a\u{202E}b\u{1b}[31m\r\nc\td"), "aU+202EbU+001B[31m\nc\td");
        assert_eq!(visible("Grüße 表 🙂"), "Grüße 表 🙂");
    }
}
