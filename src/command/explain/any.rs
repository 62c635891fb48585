//! What any of several rows of an entity says: a unit of many parts has one of a lot, or none.

use super::attributes::Attribute;
use super::population::{Population, columns};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};

/// A column with more values than these names things of one kind each.
const VALUES_MAX: i64 = 50;
/// A table with more rows for an entity tells of its course, which `--before` asks for.
const ROWS_MAX: i64 = 20;

/// Whether any row of the entity in this joined table has each value, of columns in which entities have several.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(population: &Population, at: usize) -> Result<Vec<Attribute>> {
    let joined = &population.joined[at];
    let table = joined.table;
    let wanted: Vec<&Column> = columns(table)
        .filter(|column| matches!(column.kind, Kind::Text | Kind::Int | Kind::Bool) && !joined.is_key(&column.name))
        .collect();
    let (mut by_entity, mut over_all) = (String::new(), String::new());
    for (place, column) in wanted.iter().enumerate() {
        let of = quote::readable_name(&column.name);
        by_entity += &format!(", min({of}) < max({of}) AS s{place}");
        over_all += &format!(", bool_or(s{place}), (SELECT count(DISTINCT {of}) FROM {})", table.sql());
    }
    let row = population.session.one_row(&format!(
        "SELECT sum(n)::BIGINT <= {ROWS_MAX} * count(*){over_all} \
         FROM (SELECT count(*) AS n{by_entity} FROM {} WHERE {key} IS NOT NULL GROUP BY {key})",
        table.sql(),
        key = joined.key,
    ))?;
    if row[0].shown() != "true" {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (column, told) in wanted.iter().zip(row[1..].chunks(2)) {
        if told[0].shown() == "true" && told[1].int() <= VALUES_MAX {
            found.extend(values(population, at, &column.name)?);
        }
    }
    Ok(found)
}

fn values(population: &Population, at: usize, column: &str) -> Result<Vec<Attribute>> {
    let joined = &population.joined[at];
    let (of, from) = (quote::readable_name(column), joined.table.sql());
    let (own, theirs) = joined.keys(&population.alias(), "rca_any");
    let sql = format!("SELECT DISTINCT {of}::VARCHAR FROM {from} WHERE {of} IS NOT NULL ORDER BY 1");
    let one = |value: String| Attribute {
        name: format!("{}.{column} = {value} in any row", joined.table.name),
        sql: format!(
            "EXISTS (SELECT 1 FROM {from} rca_any WHERE {theirs} = {own} AND rca_any.{of}::VARCHAR = {})",
            quote::text(&value)
        ),
        kind: Kind::Bool,
        column: None,
        is_finding: false,
        is_mark: true,
        is_many: false,
        is_entity: false,
    };
    Ok(population.session.engine.rows(&sql)?.rows.iter().map(|row| one(row[0].shown())).collect())
}
