//! Codes that changed, with the figures of `errors --baseline`.

use super::found::{Finding, What};
use super::sides::{Pair, Sides};
use crate::args::Common;
use crate::command::errors::{self, Changes, CodeChange};
use crate::engine::quote;
use crate::error::Result;
use crate::session::{Session, Window};

/// The codes of the compared tables that changed between two windows; of two sources they are compared as values of their columns.
///
/// # Errors
/// If the evidence cannot be read.
pub fn changes(session: &Session, common: &Common, sides: &Sides, pairs: &[Pair]) -> Result<Changes> {
    let tables: Vec<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
    match sides {
        Sides::Windows(windows) => errors::changes(session, common, windows, &tables),
        Sides::Sources(_) => Ok(Changes::default()),
    }
}

/// A code as a row of the answer; `rows` are those of the baseline and the incident in the tables that have it.
pub fn finding(
    code: &CodeChange,
    sides: &Sides,
    pairs: &[Pair],
    of: &[usize],
    columns: &[(String, String)],
    rows: [f64; 2],
) -> Finding {
    let names: Vec<&str> = of.iter().map(|at| pairs[*at].name.as_str()).collect();
    let mut found = Finding::new(What::Code, of.first().copied().unwrap_or_default(), &names.join(", "));
    if of.len() != 1 {
        found.table = None;
    }
    let mut own: Vec<&str> = columns
        .iter()
        .filter(|(table, _)| names.contains(&table.as_str()))
        .map(|(_, column)| column.as_str())
        .collect();
    own.dedup();
    found.column_name = Some(own.join(", ")).filter(|names| !names.is_empty());
    found.value = Some(code.code.clone());
    (found.baseline, found.incident) = (Some(code.baseline_count as f64), Some(code.count as f64));
    found.change = match (code.change, code.risk_ratio.or(code.rate_ratio)) {
        ("new" | "gone", _) | (_, None) => code.change.to_string(),
        (_, Some(ratio)) => super::found::times(1.0, ratio),
    };
    found.p_adjusted = Some(code.p_adjusted);
    found.since = code.since;
    let [before, now] =
        [(code.baseline_count, rows[0]), (code.count, rows[1])].map(|(n, all)| (n as f64 / all.max(1.0)).min(1.0));
    found.effect = crate::model::statistics::share_distance(before, now);
    found.sql = sql(code, sides, pairs, of);
    found
}

/// SQL that counts the code in all of its tables.
fn sql(code: &CodeChange, sides: &Sides, pairs: &[Pair], of: &[usize]) -> String {
    let Sides::Windows(windows) = sides else { return String::new() };
    let side = |window: crate::session::Span, without: Option<crate::session::Span>| {
        let counts: Vec<String> = of
            .iter()
            .filter_map(|at| {
                let (_, holds) = code.places.iter().find(|(name, _)| *name == pairs[*at].name)?;
                let table = pairs[*at].table()?;
                let time = format!("{}::TIMESTAMP", quote::readable_name(table.roles.time.as_ref()?));
                let sql = |span: crate::session::Span| Window { from: Some(span.from), to: Some(span.to) }.sql(&time);
                let without = without.map_or_else(String::new, |span| format!(" AND NOT ({})", sql(span)));
                Some(format!("(SELECT count(*) FROM {} WHERE {holds} AND {}{without})", table.sql(), sql(window)))
            })
            .collect();
        counts.join(" + ")
    };
    let without = (windows.incident.shared(windows.baseline) > 0).then_some(windows.baseline);
    quote::one_line(&format!(
        "SELECT {} AS baseline, {} AS incident",
        side(windows.baseline, None),
        side(windows.incident, without)
    ))
}
