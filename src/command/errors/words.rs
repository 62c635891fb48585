//! Codes of a codebook that stand as words in messages, `MM-101: queue full`, where no column has them.

use std::collections::BTreeSet;

use super::codebook::Codebook;
use crate::command::is_any;
use crate::engine::quote;
use crate::error::Result;
use crate::session::{Session, Table};

/// Messages that are looked at.
const ROWS: i64 = 2_048;
/// Codes of more shapes than these are of no one's own making.
const SHAPES_MOST: usize = 8;
/// So many different ones tell that they are codes; of a shorter list all of them.
const KNOWN_LEAST: usize = 2;
/// As short a code may be in a message: `E05`.
const LENGTH_LEAST: usize = 3;

/// A regular expression for codes of these shapes, those too that the codebook lacks; none if they could be other words.
pub fn pattern<'c>(codes: impl IntoIterator<Item = &'c String>) -> Option<String> {
    let mut shapes = BTreeSet::new();
    for code in codes {
        let has = |is: fn(&char) -> bool| code.chars().any(|c| is(&c));
        let is_word = code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let is_telling = code.len() >= LENGTH_LEAST && has(char::is_ascii_alphabetic) && has(char::is_ascii_digit);
        let ends = code.chars().next().into_iter().chain(code.chars().last()).all(|c| c.is_ascii_alphanumeric());
        if !is_word || !is_telling || !ends {
            return None;
        }
        shapes.insert(shape(code));
    }
    (1..=SHAPES_MOST).contains(&shapes.len()).then(|| {
        let shapes: Vec<String> = shapes.into_iter().collect();
        match shapes.as_slice() {
            [only] => format!(r"\b{only}\b"),
            all => format!(r"\b(?:{})\b", all.join("|")),
        }
    })
}

/// `MM-101` as `MM-[0-9]+`.
fn shape(code: &str) -> String {
    let mut shape = String::new();
    let mut is_number = false;
    for c in code.chars() {
        if c.is_ascii_digit() {
            if !is_number {
                shape.push_str("[0-9]+");
            }
        } else {
            shape.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        }
        is_number = c.is_ascii_digit();
    }
    shape
}

/// How many of a codebook's codes the messages of a table's errors say as words; none if words of their shapes are mostly
/// others.
///
/// # Errors
/// If the evidence cannot be read.
pub fn said(session: &Session, table: &Table, book: &Codebook, pattern: &str) -> Result<usize> {
    let (Some(message), false) = (&table.roles.message, table.name == book.table.name) else { return Ok(0) };
    // Codes of errors stand in errors, which may be few of many lines.
    let is_error = match &table.roles.level {
        Some(level) if table.kind == "log" => is_any(&quote::name(level), crate::model::level::at_least("error")?),
        _ => "true".into(),
    };
    let word = format!("regexp_extract({}::VARCHAR, {}, 0)", quote::name(message), quote::text(pattern));
    let rows = format!("SELECT {word} AS word FROM {} WHERE ({is_error})", table.sql());
    session.engine.keep_first("rca_words", &rows, ROWS)?;
    let sql = "SELECT DISTINCT word FROM rca_words WHERE word <> '' ORDER BY 1";
    let words = session.engine.rows(sql)?.rows;
    let known = words.iter().filter(|row| book.codes.contains(&row[0].shown())).count();
    let is_enough = known >= KNOWN_LEAST.min(book.codes.len()) && 2 * known >= words.len();
    Ok(if is_enough { known } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_messages_have_shapes() {
        let of = |codes: &[&str]| pattern(&codes.iter().map(|code| (*code).to_string()).collect::<Vec<_>>());
        assert_eq!(of(&["MM-101", "MM-7"]).as_deref(), Some(r"\bMM\-[0-9]+\b"));
        assert_eq!(of(&["E05", "W17"]).as_deref(), Some(r"\b(?:E[0-9]+|W[0-9]+)\b"));
        for codes in [&["101", "102"][..], &["paper jam"], &["E5"], &[]] {
            assert_eq!(of(codes), None, "{codes:?}");
        }
    }
}
