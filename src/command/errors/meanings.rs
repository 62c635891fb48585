//! What codes mean: by the user's own codebook, else by the public system that they belong to.

use std::collections::HashSet;

use super::question::Question;
use crate::error::Result;
use crate::model::codes::System;
use crate::model::column::Kind;
use crate::model::value::Value;

/// Of more distinct codes the rest is described by the codebook alone.
const CODES_MOST: usize = 100_000;

/// Keeps `code, description` of the codes in a table as `rca_meanings`.
///
/// # Errors
/// If the evidence cannot be read.
pub fn keep(question: &Question, found: &str) -> Result<()> {
    let engine = &question.session.engine;
    let book = question.codebook.as_ref();
    let own = book.map_or_else(
        || "SELECT NULL::VARCHAR AS code, NULL::VARCHAR AS description WHERE false".to_string(),
        |book| format!("SELECT * FROM ({}) WHERE description IS NOT NULL", book.sql()),
    );
    let codes = engine.rows(&format!(
        "SELECT DISTINCT code FROM {found} WHERE code IS NOT NULL AND code NOT IN (SELECT code FROM ({own})) \
         ORDER BY 1 LIMIT {CODES_MOST}"
    ))?;
    let codes: Vec<String> = codes.rows.iter().map(|row| row[0].shown()).collect();
    let text = |text: &str| Value::Text(text.to_string());
    // Those that the codebook has without the name of their system.
    let written: Vec<Vec<Value>> = codes
        .iter()
        .filter_map(|code| Some(vec![text(code), text(book?.known_as(code).filter(|known| known != code)?)]))
        .collect();
    let written = engine.keep("written", &[("code", Kind::Text), ("known", Kind::Text)], &written)?;
    let own =
        format!("{own} UNION ALL SELECT w.code, o.description FROM ({written}) w JOIN ({own}) o ON o.code = w.known");
    engine.keep_found("rca_own_meanings", &own)?;
    let known = engine.rows("SELECT DISTINCT code FROM rca_own_meanings ORDER BY 1")?.rows;
    let known: HashSet<String> = known.iter().map(|row| row[0].shown()).collect();
    let described: Vec<Vec<Value>> = codes
        .iter()
        .filter(|code| !known.contains(*code))
        .filter_map(|code| Some(vec![text(code), Value::Text(public(code)?)]))
        .collect();
    let kept = engine.keep("public_meanings", &[("code", Kind::Text), ("description", Kind::Text)], &described)?;
    engine.keep_found("rca_meanings", &format!("SELECT * FROM rca_own_meanings UNION ALL SELECT * FROM ({kept})"))
}

/// What a code as it is shown means in its public system: `HTTP 503`, `ECONNREFUSED`.
pub fn public(code: &str) -> Option<String> {
    system(code)?.describe(code).map(|meaning| meaning.to_string())
}

/// Whether it is its public system that says what a code means. A program ends with numbers of its own, too.
pub fn is_public(code: &str) -> bool {
    system(code).is_some_and(|system| system != System::Exit || system.describe(code).is_some())
}

/// The public system of a code as it is shown.
pub fn system(code: &str) -> Option<System> {
    let labelled = System::all().find(|system| {
        let rest = code.strip_prefix(system.label()).filter(|_| !system.label().is_empty());
        rest.is_some_and(|rest| rest.starts_with(' '))
    });
    labelled.or_else(|| System::of_code(code))
}
