//! The faults of the classification as `explain` asks for them: which rows have a code that cannot be trusted, which
//! entities have no label.

use super::ErrorsArgs;
use super::audit::{self, Unlabelled};
use super::question::Question;
use crate::args::Common;
use crate::error::{self, Result};
use crate::model::column::Kind;
use crate::session::Session;

/// A fault, and what holds of the rows that it concerns.
#[derive(Debug, Clone)]
pub enum Suspect {
    /// Of a table's own columns.
    Rows { name: String, table: String, condition: String },
    /// Entities without a label: the only column of the SQL, which is of this kind.
    Unlabelled { name: String, table: String, kind: Kind, sql: String },
}

/// All of them, over the whole of the evidence; none where there are no errors.
///
/// # Errors
/// If the evidence cannot be read.
pub fn told(session: &Session) -> Result<Vec<Suspect>> {
    let args = ErrorsArgs {
        sources: Vec::new(),
        code: None,
        codebook: None,
        baseline: None,
        level: None,
        by: Vec::new(),
        audit: true,
        common: Common::default(),
    };
    let question = match Question::new(session, &args) {
        Err(fault) if fault.kind == error::Kind::Question => return Ok(Vec::new()),
        found => found?,
    };
    let mut told = Vec::new();
    for found in audit::found(&question)? {
        if let Some(Unlabelled { table, kind, sql }) = found.labels {
            told.push(Suspect::Unlabelled { name: format!("{table}: unlabelled"), table, kind, sql });
            continue;
        }
        let (name, codes) = match (found.fault, &found.code) {
            ("catch_all" | "overloaded" | "undocumented", Some(code)) => {
                (Some(format!("code {code}: {}", found.fault)), Some([code.as_str()]))
            }
            ("unclassified", None) => (None, None),
            _ => continue,
        };
        for place in question.places.iter().filter(|place| codes.is_none() || place.raw.is_some()) {
            let condition = question.are_of(place, codes.as_ref().map(|codes| codes.as_slice()));
            let name = name.clone().unwrap_or_else(|| format!("{}: unclassified", place.table.name));
            told.push(Suspect::Rows { name, table: place.table.name.clone(), condition });
        }
    }
    Ok(told)
}
