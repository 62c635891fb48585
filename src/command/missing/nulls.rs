//! Nulls and sentinels: values that stand for none. Nulls that another column explains whole (a code is null exactly
//! where the result is PASS) are no finding.

use super::crossed::{Crossing, crossed};
use super::{Finding, Kind, Search, mechanism, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::time;
use crate::model::value::Value;
use crate::model::zone::Zone;
use crate::session::Table;

/// What evidence writes in place of a number that it does not have, besides leaving it out.
const NUMBERS: [i64; 8] = [-1, -99, -200, -999, -9999, 9999, 99999, -32768];
const TEXTS: [&str; 12] = ["", "?", "-", "na", "n/a", "nan", "null", "none", "nil", "unknown", "missing", "#n/a"];

/// Days that stand for no day, as far as they lie apart from all others.
const DAYS: [&str; 4] = ["1970-01-01", "1900-01-01", "0001-01-01", "9999-12-31"];

/// Whether an instant, in microseconds, is the beginning of such a day.
pub fn is_day_for_none(at: i64) -> bool {
    DAYS.iter().any(|day| time::iso_whole(day.as_bytes()).is_some_and(|stamp| Zone::UTC.resolve(stamp) == at))
}

/// The instants of a column of this kind, for SQL.
pub fn instants(kind: ColumnKind) -> String {
    let kind = if kind == ColumnKind::Date { "DATE" } else { "TIMESTAMP" };
    DAYS.iter().map(|day| format!("{kind} '{day}'")).collect::<Vec<_>>().join(", ")
}

/// The numbers and the texts, for SQL.
pub fn lists() -> (String, String) {
    let numbers: Vec<String> = NUMBERS.iter().map(i64::to_string).collect();
    let texts: Vec<String> = TEXTS.iter().map(|word| quote::text(word)).collect();
    (numbers.join(", "), texts.join(", "))
}

/// Whether a text is one of those that stand for none.
pub fn is_text_for_none(text: &str) -> bool {
    TEXTS.contains(&text.trim().to_lowercase().as_str())
}

/// Whether a number is one of those that stand for none.
pub fn is_number_for_none(number: f64) -> bool {
    NUMBERS.iter().any(|known| *known as f64 == number)
}

/// The numbers.
pub fn numbers() -> Vec<f64> {
    NUMBERS.iter().map(|number| *number as f64).collect()
}

pub fn search(search: &mut Search, table: &Table) -> Result<()> {
    if !search.wants(&[Kind::NullRate]) || table.is_prose() {
        return Ok(());
    }
    let columns: Vec<&Column> = table.values().filter(|column| column.kind != ColumnKind::Blob).collect();
    let condition = search.condition(table);
    let rows = profile::of(search, table)?.rows;
    let counted = profile::columns(search, table, &columns)?;
    let mut explained = Vec::new();
    let mut sparse = Vec::new();
    let first = search.findings.len();
    let lacking: Vec<&Column> =
        columns.iter().zip(&counted).filter(|(_, counts)| counts.values < rows).map(|(column, _)| *column).collect();
    let by_others = if lacking.is_empty() { Vec::new() } else { crossed(search, table, &lacking)? };
    for (column, counts) in columns.iter().zip(counted) {
        let nulls = rows - counts.values;
        let place = lacking.iter().position(|other| other.name == column.name).unwrap_or(0);
        let is_sparse = nulls > 0 && nulls < rows && column.kind == ColumnKind::Text && 2 * nulls >= rows;
        if nulls > 0 {
            match explanation(column, &columns, nulls, (&by_others, place)) {
                Explained::Wholly(by) => explained.push(format!("{} by {by}", column.name)),
                Explained::But { by, values, left, of } => {
                    let name = quote::readable_name(&by);
                    let list = values.iter().map(|value| quote::text(value)).collect::<Vec<_>>().join(", ");
                    let within = format!("coalesce({name}::VARCHAR, '') NOT IN ({list})");
                    let detail = format!(
                        "null though `{by}` is not {}",
                        values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" or ")
                    );
                    found(
                        search,
                        table,
                        column,
                        of,
                        left,
                        detail,
                        &format!("{} IS NULL AND {within}", quote::readable_name(&column.name)),
                        &condition,
                    );
                }
                Explained::Not if is_sparse && !rises(search, table, column, &condition)? => {
                    sparse.push(column.name.clone());
                }
                Explained::Not => {
                    let holds = format!("{} IS NULL", quote::readable_name(&column.name));
                    let told = mechanism::told(
                        search,
                        (table, column),
                        &holds,
                        &condition,
                        (rows, nulls),
                        Some((&by_others, place)),
                    )?;
                    found(search, table, column, rows, nulls, format!("null{told}"), &holds, &condition);
                }
            }
        }
        if counts.may_have_sentinels {
            sentinels(search, table, column, rows, &condition)?;
        }
    }
    lacking_any(search, table, &condition, first)?;
    if !sparse.is_empty() {
        search.notes.push(format!(
            "{}: texts that are empty more often than not are no finding: {}",
            table.name,
            sparse.join(", ")
        ));
    }
    if !explained.is_empty() {
        search.notes.push(format!(
            "{}: nulls that another column explains are no finding: {}",
            table.name,
            explained.join(", ")
        ));
    }
    Ok(())
}

/// How many rows lack any of several texts that are said with a word: they often lack them together.
fn lacking_any(search: &mut Search, table: &Table, condition: &str, first: usize) -> Result<()> {
    let columns: Vec<String> = search.findings[first..]
        .iter()
        .filter(|finding| finding.observed > 0)
        .filter_map(|finding| finding.column_name.clone())
        .filter(|name| table.column(name).is_some_and(|column| column.kind == ColumnKind::Text))
        .collect();
    let mut columns = columns;
    columns.dedup();
    if columns.len() < 2 {
        return Ok(());
    }
    let (_, texts) = lists();
    let lacks = |name: &String| {
        let name = quote::readable_name(name);
        // As a list: an IN of so many texts would be a join for each column.
        format!("{name} IS NULL OR list_contains([{texts}], lower(trim({name}::VARCHAR)))")
    };
    let any: Vec<String> = columns.iter().map(lacks).collect();
    let sql = format!("SELECT count(*) FROM {} WHERE ({}) AND ({condition})", table.sql(), any.join(" OR "));
    let rows = search.session.engine.counted(&sql)?.first().map_or(0, Value::int);
    search.notes.push(format!(
        "{}: {} rows lack at least one of {}",
        table.name,
        crate::model::coverage::grouped(rows.unsigned_abs()),
        columns.join(", ")
    ));
    Ok(())
}

/// Whether a column is null clearly more often in the last third of a table's time than in the first.
fn rises(search: &mut Search, table: &Table, column: &Column, condition: &str) -> Result<bool> {
    let profile = profile::of(search, table)?;
    let (Some(time), Some(first), Some(last)) = (&table.roles.time, profile.first, profile.last) else {
        return Ok(false);
    };
    let time = format!("{}::TIMESTAMP", quote::name(time));
    let third = (last - first) / 3;
    let share = |within: &str| format!("avg(({} IS NULL)::INTEGER) FILTER ({within})", quote::name(&column.name));
    let row = search.session.engine.counted(&format!(
        "SELECT coalesce({} - {} > 0.3, false) FROM {} WHERE isfinite({time}) AND ({condition})",
        share(&format!("{time} >= {}", quote::time(last - third))),
        share(&format!("{time} < {}", quote::time(first + third))),
        table.sql()
    ))?;
    Ok(row.first() == Some(&Value::Bool(true)))
}

#[expect(clippy::too_many_arguments, reason = "the parts of a finding, each of another kind")]
fn found(
    search: &mut Search,
    table: &Table,
    column: &Column,
    expected: i64,
    missing: i64,
    detail: String,
    holds: &str,
    condition: &str,
) {
    let sql = if condition == "true" {
        format!("SELECT * FROM {} WHERE {holds}", table.sql())
    } else {
        format!("SELECT * FROM {} WHERE {holds} AND ({condition})", table.sql())
    };
    search.findings.push(Finding {
        kind: Kind::NullRate,
        source: table.source.clone(),
        table_name: table.short_name.clone(),
        series: None,
        column_name: Some(column.name.clone()),
        since: None,
        until: None,
        expected,
        observed: expected - missing,
        missing,
        detail,
        sql: quote::one_line(&sql),
        counter: super::cause::Counter::None,
        keys: None,
        track: None,
    });
}

enum Explained {
    /// Null exactly where this column says so.
    Wholly(String),
    /// Always null where `by` has one of `values`; `left` of `of` other rows are null too.
    But {
        by: String,
        values: Vec<String>,
        left: i64,
        of: i64,
    },
    Not,
}

/// The column, of few values, whose values tell nearly all nulls: in their rows this one is always null.
fn explanation(
    column: &Column,
    columns: &[&Column],
    nulls: i64,
    (crossings, place): (&[Crossing], usize),
) -> Explained {
    let mut best: Option<(i64, i64, String, Vec<String>)> = None;
    let is_other = |by: &Column| by.name != column.name && columns.iter().any(|column| column.name == by.name);
    for crossing in crossings.iter().filter(|crossing| is_other(crossing.by) && crossing.may_explain()) {
        let groups = &crossing.groups;
        let whole = || groups.iter().filter(|group| group.rows == group.nulls[place] && !group.value.is_null());
        let told: i64 = whole().map(|group| group.rows).sum();
        let others = groups.iter().map(|group| group.rows).sum::<i64>() - told;
        if told * 10 >= nulls * 9 && best.as_ref().is_none_or(|(most, ..)| told > *most) {
            let values = whole().map(|group| group.value.shown()).collect();
            best = Some((told, others, crossing.by.name.clone(), values));
        }
    }
    match best {
        Some((told, _, by, _)) if told == nulls => Explained::Wholly(by),
        Some((told, of, by, values)) => Explained::But { by, values, left: nulls - told, of },
        None => Explained::Not,
    }
}

/// Values that stand for none: words in text; numbers of the usual list that lie far outside of all others.
fn sentinels(search: &mut Search, table: &Table, column: &Column, rows: i64, condition: &str) -> Result<()> {
    let name = quote::name(&column.name);
    let is_key = search.session.entity_columns(table).contains(&column.name);
    let (list, sql) = match column.kind {
        ColumnKind::Text => {
            let (_, list) = lists();
            (
                true,
                format!(
                    "SELECT trim({name}::VARCHAR) AS v, count(*) AS n FROM {} WHERE lower(trim({name}::VARCHAR)) IN ({list}) AND ({condition}) GROUP BY 1 ORDER BY 1",
                    table.sql()
                ),
            )
        }
        ColumnKind::Time | ColumnKind::Date => (
            true,
            quote::fill(
                include_str!("unset.sql"),
                &[
                    ("column", &name),
                    ("table", &table.sql()),
                    ("list", &instants(column.kind)),
                    ("condition", condition),
                ],
            ),
        ),
        ColumnKind::Int | ColumnKind::Float if !is_key => {
            let (list, _) = lists();
            let sql = include_str!("sentinels.sql");
            (
                false,
                quote::fill(
                    sql,
                    &[("column", &name), ("table", &table.sql()), ("list", &list), ("condition", condition)],
                ),
            )
        }
        _ => return Ok(()),
    };
    for row in search.session.engine.rows(&sql)?.rows {
        let (value, count) = (row[0].shown(), row[1].int());
        let readable = quote::readable_name(&column.name);
        let is_time = matches!(column.kind, ColumnKind::Time | ColumnKind::Date);
        let holds = if is_time {
            format!("{readable} = {} '{value}'", if column.kind == ColumnKind::Date { "DATE" } else { "TIMESTAMP" })
        } else if list {
            format!("trim({readable}::VARCHAR) = {}", quote::text(&value))
        } else {
            format!("{readable} = {value}")
        };
        let told = mechanism::told(search, (table, column), &holds, condition, (rows, count), None)?;
        let detail = format!("the value '{value}' stands for none{told}");
        found(search, table, column, rows, count, detail, &holds, condition);
    }
    Ok(())
}
