//! The stages that entities pass through: as declared, or as tables share their keys and times follow each other.

use std::collections::BTreeMap;

use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::meaning;
use crate::session::{Session, Table, known_column};

/// A table that entities should pass through.
pub struct Stage {
    pub name: String,
    pub table: Table,
    pub key: String,
}

impl Stage {
    /// The key as text, the same for a number in whatever column.
    pub fn key_sql(&self) -> String {
        let name = quote::name(&self.key);
        match self.table.column(&self.key).map(|column| column.kind) {
            Some(Kind::Float | Kind::Decimal { .. }) => {
                format!("CASE WHEN {name} = floor({name}) THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END")
            }
            _ => format!("{name}::VARCHAR"),
        }
    }

    pub fn time_sql(&self) -> String {
        match &self.table.roles.time {
            Some(time) => format!("{}::TIMESTAMP", quote::name(time)),
            None => "NULL::TIMESTAMP".into(),
        }
    }
}

/// The stages in order, at least two.
///
/// # Errors
/// If none are declared and none can be told, or a declared one is not there.
pub fn of(session: &Session, notes: &mut Vec<String>) -> Result<Vec<Stage>> {
    let stages = if session.settings.stages.is_empty() { inferred(session, notes)? } else { declared(session)? };
    if stages.len() < 2 {
        return Err(Error::question("there are no two stages that entities pass through")
            .detail("stages are tables with a time and a column that holds the same kind of entity")
            .hint("declare them in rca.toml: [[stages]] table = \"station.tests\" key = \"serial\""));
    }
    Ok(stages)
}

fn declared(session: &Session) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    for (number, stage) in session.settings.stages.iter().enumerate() {
        let said_by = format!("stages[{}]", number + 1);
        if stage.table.is_empty() {
            return Err(Error::question(format!("{said_by} names no table")).hint("write table = \"station.tests\""));
        }
        let table = session.table(&stage.table)?;
        let key = match &stage.key {
            Some(key) => known_column(&table.name, &table.columns, key, &said_by)?,
            None => session.entity_columns(table).into_iter().next().ok_or_else(|| {
                Error::question(format!("{said_by} names no key, and none can be told of {}", table.name))
                    .hint("write key = \"serial\"")
            })?,
        };
        let name = stage.name.clone().unwrap_or_else(|| table.name.clone());
        stages.push(Stage { name, table: table.clone(), key });
    }
    Ok(stages)
}

/// The tables that hold the thing which most tables hold, in the order of their times.
fn inferred(session: &Session, notes: &mut Vec<String>) -> Result<Vec<Stage>> {
    let mut holding: BTreeMap<String, Vec<(&Table, String)>> = BTreeMap::new();
    for table in session.tables.iter().filter(|table| table.roles.time.is_some() && !table.is_prose()) {
        let mut known: Vec<String> = Vec::new();
        for column in table.own_columns().filter(|column| !matches!(column.kind, Kind::Blob | Kind::Time)) {
            if let Some(thing) = session.thing(table, &column.name).filter(|thing| !known.contains(thing)) {
                known.push(thing.clone());
                holding.entry(thing).or_default().push((table, column.name.clone()));
            }
        }
    }
    // The thing that most tables hold; of several the one that rows are rather about.
    let rank = |thing: &str| meaning::rank(thing).unwrap_or(usize::MAX);
    let Some((thing, tables)) = holding
        .into_iter()
        .filter(|(_, tables)| tables.len() > 1)
        .min_by_key(|(thing, tables)| (std::cmp::Reverse(tables.len()), rank(thing), thing.clone()))
    else {
        return Ok(Vec::new());
    };
    let mut timed = Vec::new();
    for (table, key) in tables {
        if session.is_load_stamp(table)? {
            notes.push(format!("{} is no stage: its time tells when rows were loaded", table.name));
            continue;
        }
        let stage = Stage { name: table.name.clone(), table: table.clone(), key };
        let sql = format!(
            "SELECT quantile_disc(ts, 0.5) FROM (SELECT min({}) AS ts FROM {} WHERE {} IS NOT NULL GROUP BY {})",
            stage.time_sql(),
            table.sql(),
            quote::name(&stage.key),
            quote::name(&stage.key)
        );
        let middle = session.engine.counted(&sql)?.first().map_or(0, crate::model::value::Value::int);
        timed.push((middle, stage));
    }
    timed.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    let stages: Vec<Stage> = timed.into_iter().map(|(_, stage)| stage).collect();
    let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
    notes.push(format!(
        "stages by {thing}, in the order of their times: {}; declare others in rca.toml",
        names.join(", ")
    ));
    Ok(stages)
}
