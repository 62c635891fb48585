//! The text beside a code that says what happened, of tables where no column is called so: told by its values, which are
//! sentences, and rows without a code have none, or always the same.

use super::places::Place;
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::meaning;
use crate::session::Session;

/// Rows with a code, and rows without, that are looked at.
const ROWS: i64 = 2_048;
const COLUMNS_MOST: usize = 64;
/// Fewer values tell nothing.
const VALUES_LEAST: i64 = 5;
/// Where all rows have a code a text has so many words: names of people and products have fewer. Else it is told by that
/// few of the other rows have one.
const WORDS_LEAST: i64 = 4;
/// What rows without a code say, if it is always the same.
const FILLER_MOST: i64 = 2;
const OTHERS_LEAST: i64 = 20;
/// Names of texts, if values are sentences; they may be those of codes and states as well.
const NAMES: [&str; 11] =
    ["error", "reason", "cause", "note", "notes", "info", "remark", "comment", "detail", "description", "text"];

/// What the values of a column are.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// In rows with a code: how many, those of several words, and words and letters of all.
    said: i64,
    sentences: i64,
    words: i64,
    letters: i64,
    /// Rows without a code, and those of them that have a value.
    others: i64,
    others_said: i64,
    /// Different values of rows with a code that no other row has, and those of rows without one.
    own: i64,
    filler: i64,
}

/// Sets the text of a place that has codes, and none by its name. Returns the column that it is.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(session: &Session, place: &mut Place) -> Result<Option<String>> {
    let (table, Some(raw), None) = (place.table, &place.raw, &place.message) else { return Ok(None) };
    let entities = session.entity_columns(table);
    let roles = &table.roles;
    let is_taken = |name: &String| {
        let of_role = [&roles.time, &roles.end, &roles.level, &roles.result].into_iter().flatten();
        of_role.chain(&entities).any(|taken| taken == name) || raw.column() == Some(name)
    };
    let columns: Vec<&Column> = table
        .own_columns()
        .filter(|column| column.kind == Kind::Text && !is_taken(&column.name))
        .take(COLUMNS_MOST)
        .collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let cells: Vec<String> = columns.iter().map(|column| format!("{}::VARCHAR", quote::name(&column.name))).collect();
    let code = place.code_sql(&raw.sql(false), "NULL::VARCHAR");
    for (name, has) in [("rca_coded", "IS NOT NULL"), ("rca_uncoded", "IS NULL")] {
        let rows = format!("SELECT [{}] AS cells FROM {} WHERE ({code}) {has}", cells.join(", "), table.sql());
        session.engine.keep_first(name, &rows, ROWS)?;
    }
    let values = [("coded", "rca_coded"), ("uncoded", "rca_uncoded")];
    let rows = session.engine.rows(&fill(include_str!("texts.sql"), &values))?.rows;
    let seen = rows.iter().map(|row| Seen {
        said: row[0].int(),
        sentences: row[1].int(),
        words: row[2].int(),
        letters: row[3].int(),
        others: row[4].int(),
        others_said: row[5].int(),
        own: row[6].int(),
        filler: row[7].int(),
    });
    let best = columns
        .iter()
        .zip(seen)
        .filter(|(column, seen)| is_text(&column.name, *seen))
        .max_by_key(|(column, seen)| (is_named(&column.name), 100 * seen.letters / seen.said));
    let Some((column, _)) = best else { return Ok(None) };
    place.message = Some(column.name.clone());
    Ok(Some(format!("{}.{}", table.name, column.name)))
}

/// What is said of the columns that are taken for texts.
pub fn said(columns: &[String]) -> Option<String> {
    const NAMED_MOST: usize = 8;
    let (named, more) = columns.split_at(columns.len().min(NAMED_MOST));
    let list = named.join(", ");
    match (named.len(), more.len()) {
        (0, _) => None,
        (1, _) => Some(format!("{list} is taken for its text: its values are sentences")),
        (_, 0) => Some(format!("{list} are taken for the texts of their tables: their values are sentences")),
        (_, more) => {
            Some(format!("{list} and {more} more are taken for the texts of their tables: their values are sentences"))
        }
    }
}

fn is_named(name: &str) -> bool {
    meaning::words(name).last().is_some_and(|word| NAMES.contains(&word.as_str()))
}

fn is_text(name: &str, seen: Seen) -> bool {
    let are_sentences = seen.said >= VALUES_LEAST && 2 * seen.sentences >= seen.said;
    are_sentences
        && match seen.others {
            _ if is_named(name) => true,
            0 => seen.words >= WORDS_LEAST * seen.said,
            // `job printed` of all jobs that were.
            _ if seen.others >= OTHERS_LEAST && seen.filler <= FILLER_MOST && seen.own > 2 * seen.filler => true,
            others => 10 * seen.others_said <= others,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_of_sentences_that_tell_of_failures() {
        let seen = |words: i64, others, others_said| Seen {
            said: 30,
            sentences: 30,
            words: 30 * words,
            letters: 600,
            others,
            others_said,
            own: 20,
            filler: others_said,
        };
        assert!(is_text("Bemerkung", seen(2, 90, 1)) && is_text("failure_reason", seen(2, 90, 90)));
        assert!(!is_text("product", seen(2, 90, 90)) && !is_text("operator", seen(2, 0, 0)));
        assert!(is_text("Bemerkung", seen(6, 0, 0)));
        assert!(is_text("hint", Seen { filler: 1, ..seen(2, 90, 90) }));
        assert!(!is_text("hint", Seen { filler: 1, own: 2, ..seen(2, 90, 90) }));
        assert!(!is_text("reason", Seen { sentences: 3, ..seen(1, 0, 0) }));
    }
}
