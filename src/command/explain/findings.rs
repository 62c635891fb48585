//! What `missing` and `errors --audit` find, as something that a row has or has not: its time lies in the silence of its
//! station's sensor, its entity failed with a catch-all code.

use std::collections::BTreeMap;

use super::attributes::has_word;
use super::population::{Population, columns};
use crate::command::{errors, missing};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::name;
use crate::session::{Table, written};

/// A condition of the rows judged.
pub struct Mark {
    /// `telemetry: sequence_gap`
    pub name: String,
    pub sql: String,
}

/// A table, as below, and what holds of its rows that are of a series.
type OfSeries = (Option<usize>, Vec<String>);

/// Which rows a finding concerns, by the table that tells.
#[derive(Default)]
struct Concerned {
    /// Conditions of a table's own columns, by the place of the table: that judged is none of those joined.
    rows: BTreeMap<Option<usize>, Vec<String>>,
    /// Stretches of time by the table and by what holds of its rows besides.
    stretches: BTreeMap<OfSeries, Vec<(i64, i64)>>,
    entities: Vec<Entities>,
}

/// Entities that a column of the table judged has.
struct Entities {
    own: String,
    /// Its first column has their values, which are of this kind.
    sql: String,
    kind: Kind,
}

/// All of them, by their names, but those that --bad asks for itself. Of the joined tables in `after` it is no cause that
/// they lack what is bad.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(population: &Population, after: &[usize], notes: &mut Vec<String>) -> Result<Vec<Mark>> {
    let mut told: BTreeMap<String, Concerned> = BTreeMap::new();
    let session = population.session;
    let mut restated = Vec::new();
    for finding in session.once(|| missing::told(session))?.iter().cloned() {
        match finding {
            missing::Absence::Keys { name, table, column, sql } => {
                let table = population.session.table(&table)?;
                if after.iter().any(|at| population.joined[*at].table.name == table.name) {
                    continue;
                }
                let Some(own) = entity(population, table, &column) else { continue };
                if population.names(table) {
                    if !restated.contains(&name) {
                        restated.push(name);
                    }
                    continue;
                }
                let all = told.entry(name).or_default();
                let sql = sql.trim_end_matches(" ORDER BY 1").to_string();
                all.entities.push(Entities { own, sql, kind: Kind::Text });
            }
            missing::Absence::Stretch { name, table, columns, since, until } => {
                for place in places(population) {
                    let Some(of_series) = of_series(table_of(population, place), &table, &columns) else { continue };
                    let all = told.entry(name.clone()).or_default();
                    all.stretches.entry((place, of_series)).or_default().push((since, until));
                    // Where the rows themselves say it, others need not be asked.
                    if place.is_none() {
                        break;
                    }
                }
            }
        }
    }
    for told in told.values_mut() {
        for ((place, of_series), stretches) in std::mem::take(&mut told.stretches) {
            for stretch in merged(stretches) {
                let condition = within(table_of(population, place), &of_series, stretch);
                told.rows.entry(place).or_default().push(condition);
            }
        }
    }
    for fault in session.once(|| errors::told(session))?.iter().cloned() {
        match fault {
            errors::Suspect::Unlabelled { name, table, kind, sql } => {
                let table = population.session.table(&table)?;
                let is_known = population.joined.iter().any(|joined| joined.table.name == table.name);
                let own = session.entity_columns(population.table).into_iter().next();
                if let Some(own) = own.filter(|_| is_known || table.name == population.table.name) {
                    let sql = sql.trim_end_matches(" ORDER BY 1").to_string();
                    told.entry(name).or_default().entities.push(Entities { own, sql, kind });
                }
            }
            errors::Suspect::Rows { name, table, condition } => {
                let place = places(population).into_iter().find(|place| table_of(population, *place).name == table);
                if place.is_some_and(|place| is_of_bad(population, place, &condition)) {
                    if !restated.contains(&name) {
                        restated.push(name);
                    }
                } else if let Some(place) = place {
                    let all = told.entry(name).or_default().rows.entry(place).or_default();
                    if !all.contains(&condition) {
                        all.push(condition);
                    }
                }
            }
        }
    }
    if !restated.is_empty() {
        let listed = name::listed(&restated);
        notes.push(format!("left out, since they are of what --bad speaks of: {listed}"));
    }
    Ok(told.into_iter().map(|(name, told)| Mark { name, sql: sql(population, &told) }).collect())
}

/// The table judged, then those joined.
fn places(population: &Population) -> Vec<Option<usize>> {
    std::iter::once(None).chain((0..population.joined.len()).map(Some)).collect()
}

fn table_of<'a>(population: &Population<'a>, place: Option<usize>) -> &'a Table {
    place.map_or(population.table, |at| population.joined[at].table)
}

/// Whether what holds of a table's rows is asked of a column of which --bad asks too.
fn is_of_bad(population: &Population, place: Option<usize>, condition: &str) -> bool {
    let (said, condition) = (population.bad.to_lowercase(), condition.to_lowercase());
    columns(table_of(population, place)).map(|column| column.name.to_lowercase()).any(|column| {
        has_word(&condition, &column)
            && match place {
                None => has_word(&said, &column),
                Some(at) => has_word(&said, &format!("{}.{column}", population.joined[at].alias.to_lowercase())),
            }
    })
}

/// The column of the table judged that holds what a column of another table does: what its rows are about, else that by
/// which the other table is joined.
fn entity(population: &Population, table: &Table, column: &str) -> Option<String> {
    let (session, judged) = (population.session, population.table);
    let thing = session.thing(table, column);
    let mut followed = session.entity_columns(judged).into_iter();
    let followed = followed.find(|own| thing.is_some() && session.thing(judged, own) == thing);
    followed.or_else(|| {
        let joined = population.joined.iter().find(|joined| joined.table.name == table.name)?;
        joined.is_key(column).then(|| joined.own_column().to_string())
    })
}

/// What holds of a table's rows that are of a series; `None` if the table has no time, or no column of the series.
fn of_series(table: &Table, of: &str, columns: &[(String, Option<String>)]) -> Option<Vec<String>> {
    table.roles.time.as_ref()?;
    let mut parts = Vec::new();
    for (column, value) in columns {
        let Some(own) = table.column(column) else { continue };
        let name = quote::readable_name(&own.name);
        parts.push(match value {
            None => format!("{name} IS NULL"),
            Some(value) if own.kind == Kind::Text => format!("{name} = {}", quote::text(value)),
            Some(value) => format!("{name}::VARCHAR = {}", quote::text(value)),
        });
    }
    // A table that has nothing of what tells series apart says nothing of one of them.
    (!parts.is_empty() || (columns.is_empty() && table.name == of)).then_some(parts)
}

/// Stretches that overlap as one.
fn merged(mut stretches: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    stretches.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (since, until) in stretches {
        match merged.last_mut().filter(|last| since <= last.1) {
            Some(last) => last.1 = last.1.max(until),
            None => merged.push((since, until)),
        }
    }
    merged
}

/// When a row's time, or its beginning and end, are in a stretch.
fn within(table: &Table, of_series: &[String], (since, until): (i64, i64)) -> String {
    let (since, until) = (missing::stamp(since), missing::stamp(until));
    let column = |name: &Option<String>| {
        name.as_ref().map_or_else(|| "NULL".into(), |name| format!("{}::TIMESTAMP", quote::readable_name(name)))
    };
    let (time, end) = (column(&table.roles.time), column(&table.roles.end));
    let mut parts = of_series.to_vec();
    parts.push(match &table.roles.end {
        Some(_) => format!("{time} < {until} AND coalesce({end}, {time}) >= {since}"),
        None => format!("{time} >= {since} AND {time} < {until}"),
    });
    format!("({})", parts.join(" AND "))
}

/// The condition over the rows judged.
fn sql(population: &Population, told: &Concerned) -> String {
    let mut parts = Vec::new();
    for (place, conditions) in &told.rows {
        let any = conditions.join(" OR ");
        parts.push(match place {
            None => any,
            Some(at) => {
                let joined = &population.joined[*at];
                format!("{} IN (SELECT {} FROM {} WHERE {any})", joined.own_key, joined.key, joined.table.sql())
            }
        });
    }
    for Entities { own, sql, kind } in &told.entities {
        let (own, keys) = (written::text(population.table, own), written::text_of_kind("columns_of.key", *kind));
        parts.push(format!("{own} IN (SELECT {keys} FROM ({sql}) columns_of(key))"));
    }
    format!("coalesce({}, false)", parts.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_overlap_are_one() {
        assert_eq!(merged(vec![(5, 9), (1, 3), (2, 4), (9, 12)]), [(1, 4), (5, 12)]);
    }
}
