//! Keys of one table that another lacks: those asked for, those of `[entities]`, or columns of one name whose values
//! overlap.

use std::collections::BTreeMap;

use super::divide::{NUMBERED, SEQUENCE};
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::session::{Session, Table};

/// A column of a table.
type Key<'a> = (&'a Table, String);

pub fn search(search: &mut Search, tables: &[&Table]) -> Result<()> {
    if !search.wants(&[Kind::AbsentKey]) {
        return Ok(());
    }
    let session = search.session;
    let pairs =
        if search.args.keys.is_empty() { inferred(session, tables)? } else { asked(session, &search.args.keys)? };
    for (left, right) in pairs {
        compare(search, &left, &right)?;
        compare(search, &right, &left)?;
    }
    Ok(())
}

fn asked<'a>(session: &'a Session, keys: &[String]) -> Result<Vec<(Key<'a>, Key<'a>)>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((left, right)) => Ok((session.table_column(left)?, session.table_column(right)?)),
        None => Err(Error::question(format!("`--keys {text}` has no `=`"))
            .hint("write --keys station.units.serial=mes.materials.serial")),
    };
    keys.iter().map(pair).collect()
}

/// Each column of an entity against the first of its list; without `[entities]` against the column that has most
/// values and each once.
fn inferred<'a>(session: &'a Session, tables: &[&'a Table]) -> Result<Vec<(Key<'a>, Key<'a>)>> {
    let mut pairs = Vec::new();
    if !session.settings.entities.is_empty() {
        for columns in session.settings.entities.values() {
            let known: Vec<Key> = columns.iter().map(|text| session.table_column(text)).collect::<Result<_>>()?;
            if let Some((first, rest)) = known.split_first() {
                pairs.extend(rest.iter().map(|key| (first.clone(), key.clone())));
            }
        }
        return Ok(pairs);
    }
    let mut by_name: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for table in tables.iter().filter(|table| !table.is_prose()) {
        for column in table.values().filter(|column| matches!(column.kind, ColumnKind::Text | ColumnKind::Int)) {
            by_name.entry(column.name.to_lowercase()).or_default().push((table, column.name.clone()));
        }
    }
    // What numbers rows is no key of anything else.
    by_name.retain(|name, keys| {
        keys.len() > 1 && !NUMBERED.contains(&name.as_str()) && !SEQUENCE.contains(&name.as_str())
    });
    for keys in by_name.into_values() {
        let mut counted = Vec::new();
        for (table, column) in keys {
            let name = quote::name(&column);
            let row = session.one_row(&format!("SELECT count({name}), count(DISTINCT {name}) FROM {}", table.sql()))?;
            counted.push((row[0].int(), row[1].int(), (table, column)));
        }
        // A key is in one table once, and enough of its values to be no mere category.
        let Some(at) = counted
            .iter()
            .enumerate()
            .filter(|(_, (rows, distinct, _))| rows == distinct && *rows >= 10)
            .max_by_key(|(at, (_, distinct, _))| (*distinct, std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
        else {
            continue;
        };
        let (_, _, reference) = counted.remove(at);
        for (_, _, key) in counted {
            if overlap(session, &reference, &key)? {
                pairs.push((reference.clone(), key));
            }
        }
    }
    Ok(pairs)
}

/// A key as text; a whole number is the same key whether its column holds fractions or not.
fn key((table, column): &Key) -> String {
    let name = quote::readable_name(column);
    match table.column(column).map(|column| column.kind) {
        Some(ColumnKind::Float) => {
            format!(
                "CASE WHEN {name} = floor({name}) AND abs({name}) < 1e15 THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END"
            )
        }
        // An empty text is no key.
        _ => format!("nullif({name}::VARCHAR, '')"),
    }
}

fn values(of: &Key) -> String {
    let (table, _) = of;
    let key = key(of);
    format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", table.sql())
}

/// Whether at least half of the smaller one's values are in the other.
fn overlap(session: &Session, left: &Key, right: &Key) -> Result<bool> {
    let sql = format!(
        "WITH l AS ({}), r AS ({}) SELECT (SELECT count(*) FROM l), (SELECT count(*) FROM r), (SELECT count(*) FROM l SEMI JOIN r USING (key))",
        values(left),
        values(right),
    );
    let row = session.one_row(&sql)?;
    Ok(row[2].int() * 2 >= row[0].int().min(row[1].int()).max(1))
}

/// Keys of `present` that `lacking` has not.
fn compare(search: &mut Search, present: &Key, lacking: &Key) -> Result<()> {
    let (table, column) = present;
    let key = key(present);
    let condition = search.condition(table);
    let keys = format!(
        "SELECT {key} AS key, count(*) AS rows FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY 1",
        table.sql(),
        values(lacking),
    );
    let row = search.session.one_row(&format!(
        "SELECT (SELECT count(DISTINCT {key}) FROM {} WHERE {condition}), count(*), coalesce(sum(rows), 0), min(key) FROM ({keys})",
        table.sql(),
    ))?;
    let (expected, missing, rows) = (row[0].int(), row[1].int(), row[2].int());
    if missing == 0 || missing == expected && expected == 0 {
        return Ok(());
    }
    let (other, other_column) = lacking;
    search.findings.push(Finding {
        kind: Kind::AbsentKey,
        source: other.source.clone(),
        table_name: other.short_name.clone(),
        series: None,
        column_name: Some(other_column.clone()),
        since: None,
        until: None,
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "keys of {}.{column} ({rows} rows there) that {}.{other_column} lacks; the first is `{}`",
            table.name,
            other.name,
            row[3].shown()
        ),
        sql: quote::one_line(&format!("{keys} ORDER BY 1")),
        counter: super::cause::Counter::None,
        track: None,
    });
    Ok(())
}
