//! Columns of which each row has one or the other: a name that changed, or a value that is told in two ways.

use super::Search;
use super::spread::Lack;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::session::Table;

/// More are not compared.
const PAIRS_MAX: usize = 16;

/// The names of two columns each, both ways round, of which one is null exactly where the other is not.
///
/// # Errors
/// If the evidence cannot be read.
pub fn pairs(search: &Search, table: &Table, lacks: &[Lack], rows: i64) -> Result<Vec<(String, String)>> {
    let are_numbers = |kind: Kind| matches!(kind, Kind::Int | Kind::Float | Kind::Decimal { .. });
    let may_be = |one: &Lack, other: &Lack| {
        let kinds = (one.column.kind, other.column.kind);
        let are_alike = kinds.0 == kinds.1 || are_numbers(kinds.0) && are_numbers(kinds.1);
        one.sentinel.is_none() && other.sentinel.is_none() && one.rows + other.rows == rows && are_alike
    };
    let mut asked: Vec<(&str, &str)> = Vec::new();
    for (at, one) in lacks.iter().enumerate() {
        let others = lacks[at + 1..].iter().filter(|other| may_be(one, other));
        asked.extend(others.map(|other| (one.column.name.as_str(), other.column.name.as_str())));
    }
    asked.truncate(PAIRS_MAX);
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let same = |(one, other): &(&str, &str)| {
        format!("count(CASE WHEN ({} IS NULL) = ({} IS NULL) THEN 1 END)", quote::name(one), quote::name(other))
    };
    let list: Vec<String> = asked.iter().map(same).collect();
    let sql = format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table));
    let row = search.session.engine.counted(&sql)?;
    let found = asked.into_iter().zip(&row).filter(|(_, same)| same.int() == 0);
    Ok(found.flat_map(|((a, b), _)| [(a.to_string(), b.to_string()), (b.to_string(), a.to_string())]).collect())
}
