//! How long texts are of which nearly each row has its own: long ones may be cut off, or refused.

use super::attributes::Attribute;
use crate::error::Result;
use crate::model::column::Kind;
use crate::session::Session;

/// Texts of fewer values are told by these.
const VALUES_LEAST: i64 = 100;
/// Fewer lengths are those of a number or a name.
const LENGTHS_LEAST: i64 = 5;

/// A column of texts.
pub struct Text {
    /// Its table and its name, as SQL.
    pub of: (String, String),
    /// What it is called, and how SQL says it over the rows judged.
    pub name: String,
    pub sql: String,
}

/// The lengths of texts, of columns that may be looked at so.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(session: &Session, texts: Vec<Text>) -> Result<Vec<Attribute>> {
    let mut found = Vec::new();
    let mut left = texts.into_iter().peekable();
    while let Some(first) = left.next() {
        let table = first.of.0.clone();
        let mut own = vec![first];
        while let Some(next) = left.next_if(|next| next.of.0 == table) {
            own.push(next);
        }
        let counts = |text: &Text| {
            let name = &text.of.1;
            format!("count({name}), approx_count_distinct({name}), count(DISTINCT length({name}))")
        };
        let list: Vec<String> = own.iter().map(counts).collect();
        let row = session.engine.counted(&format!("SELECT {} FROM {table}", list.join(", ")))?;
        for (text, told) in own.into_iter().zip(row.chunks_exact(3)) {
            let (rows, values, lengths) = (told[0].int(), told[1].int(), told[2].int());
            if values >= VALUES_LEAST && 2 * values >= rows && lengths >= LENGTHS_LEAST {
                found.push(length(text));
            }
        }
    }
    Ok(found)
}

fn length(text: Text) -> Attribute {
    Attribute {
        name: format!("length({})", text.name),
        sql: format!("length({})", text.sql),
        kind: Kind::Int,
        column: None,
        is_finding: false,
        is_mark: false,
        is_many: false,
        is_entity: false,
    }
}
