//! What rca itself tells of a line by its HTTP status: level and code of an access log. Where --bad speaks of the status,
//! both say the same once more, and nothing of why.

use super::population::Population;
use crate::engine::quote;
use crate::error::Result;
use crate::model::codes::System;
use crate::model::column::{Column, Kind};

const MADE: [&str; 2] = ["level", "code"];

/// A log's column of the status that --bad `speaks_of`, and the columns that always say the same with it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn made(
    population: &Population,
    speaks_of: impl Fn(&Column) -> bool,
) -> Result<Option<(String, Vec<&'static str>)>> {
    let table = population.table;
    let is_status = |column: &&Column| {
        column.kind == Kind::Int && (column.name == "status" || System::of_column(&column.name) == Some(System::Http))
    };
    let Some(status) = table.own_columns().filter(|_| table.kind == "log").filter(is_status).find(|one| speaks_of(one))
    else {
        return Ok(None);
    };
    let own: Vec<&str> = MADE.into_iter().filter(|name| table.column(name).is_some()).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let counts: Vec<String> = own.iter().map(|name| format!("count(DISTINCT coalesce({name}::VARCHAR, ''))")).collect();
    let several: Vec<String> = (0..own.len()).map(|at| format!("max(counts[{}])", at + 1)).collect();
    let (status, column) = (&status.name, quote::name(&status.name));
    let row = population.session.one_row(&format!(
        "SELECT {} FROM (SELECT [{}] AS counts FROM {} WHERE {column} IS NOT NULL GROUP BY {column})",
        several.join(", "),
        counts.join(", "),
        table.sql(),
    ))?;
    let same = own.iter().zip(&row).filter(|(_, most)| most.int() == 1).map(|(name, _)| *name).collect::<Vec<_>>();
    Ok((!same.is_empty()).then(|| (status.clone(), same)))
}
