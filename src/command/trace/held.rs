//! What several tables with a time hold, of which each may be a stage: by the names of their columns, and by their values
//! where a name is a bare one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::stages::{Stage, firsts};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::model::{meaning, name};
use crate::session::{Session, Table};

/// Tables that hold one thing, each with the column that does.
pub struct Held {
    pub thing: String,
    pub stages: Vec<Stage>,
    /// Tables that hold it too, whose time tells when rows were loaded.
    pub loaded: Vec<String>,
}

/// The things that several tables with a time hold: what most hold first, and of these what rows are rather about.
pub fn all(session: &Session) -> Result<Vec<Held>> {
    let mut holding: BTreeMap<String, Vec<Stage>> = BTreeMap::new();
    for table in timed(session) {
        let mut known: Vec<String> = Vec::new();
        for column in table.own_columns().filter(|column| !matches!(column.kind, Kind::Blob | Kind::Time)) {
            // Numbers that are counted anew in every table are no key of another one.
            let thing = match column.kind {
                Kind::Int => session.key_thing(table, &column.name),
                _ => session.thing(table, &column.name),
            };
            if let Some(thing) = thing.filter(|thing| !known.contains(thing)) {
                known.push(thing.clone());
                holding.entry(thing).or_default().push(Stage::of(table, &column.name));
            }
        }
    }
    for (thing, stages) in &mut holding {
        called_barely(session, thing, stages)?;
    }
    holding.retain(|_, stages| stages.len() > 1);
    if holding.is_empty() {
        holding = all_called_barely(session)?;
    }
    let mut are_loaded: HashMap<String, bool> = HashMap::new();
    let mut held = Vec::new();
    for (thing, mut stages) in holding {
        for stage in &stages {
            if !are_loaded.contains_key(&stage.name) {
                are_loaded.insert(stage.name.clone(), session.is_load_stamp(&stage.table)?);
            }
        }
        let is_loaded = |stage: &mut Stage| are_loaded.get(&stage.name) == Some(&true);
        let loaded = stages.extract_if(.., is_loaded).map(|stage| stage.name).collect();
        held.push(Held { thing, stages, loaded });
    }
    held.retain(|held| held.stages.len() > 1);
    let rank = |thing: &str| meaning::rank(thing).unwrap_or(usize::MAX);
    held.sort_by_key(|held| (Reverse(held.stages.len()), rank(&held.thing), held.thing.clone()));
    Ok(held)
}

/// Adds tables that have a thing under its bare name, as `booking` for `booking_no`, where its values are the same.
fn called_barely(session: &Session, thing: &str, stages: &mut Vec<Stage>) -> Result<()> {
    let Some(first) = stages.first().cloned() else { return Ok(()) };
    let is_stage = |table: &&Table| stages.iter().any(|stage| stage.table.name == table.name);
    let others: Vec<&Table> = timed(session).filter(|table| !is_stage(table)).collect();
    for table in others {
        let is_called = |column: &&Column| session.bare_thing(table, &column.name).as_deref() == Some(thing);
        if table.own_columns().any(|column| is_called(&column)) {
            stages.extend(linked(session, &first, table)?);
        }
    }
    Ok(())
}

/// Texts of one bare name, such as `package`, that several tables have with the same values.
fn all_called_barely(session: &Session) -> Result<BTreeMap<String, Vec<Stage>>> {
    let mut holding: BTreeMap<String, Vec<Stage>> = BTreeMap::new();
    for table in timed(session) {
        for column in table.own_columns().filter(|column| matches!(column.kind, Kind::Text | Kind::Uuid)) {
            if let Some(thing) = session.bare_thing(table, &column.name) {
                let stages = holding.entry(thing).or_default();
                match stages.first().cloned() {
                    None => stages.push(Stage::of(table, &column.name)),
                    Some(first) if first.table.name == table.name => {}
                    Some(first) => stages.extend(linked(session, &first, table)?),
                }
            }
        }
    }
    holding.retain(|_, stages| stages.len() > 1);
    Ok(holding)
}

/// Another table as a stage, by the column that holds the same as a stage's key.
fn linked(session: &Session, stage: &Stage, table: &Table) -> Result<Option<Stage>> {
    let linked = session.linked(&stage.table, table)?.filter(|linked| linked.mine.name == stage.key());
    Ok(linked.map(|linked| Stage::of(table, &linked.other.name)))
}

fn timed(session: &Session) -> impl Iterator<Item = &Table> {
    session.tables.iter().filter(|table| table.roles.time.is_some() && !table.is_prose())
}

/// Of the things that most tables hold the one of which tables share most: messages tell the way better than devices.
pub fn finest(session: &Session, held: &[Held]) -> Result<usize> {
    let most = held[0].stages.len();
    let as_many: Vec<&Held> = held.iter().take_while(|held| held.stages.len() == most).collect();
    if as_many.len() == 1 {
        return Ok(0);
    }
    let mut best = (0, 0);
    for (place, held) in as_many.into_iter().enumerate() {
        let sql = format!(
            "SELECT count(*) FROM (SELECT key FROM ({}) GROUP BY key HAVING count(*) > 1)",
            firsts(&held.stages)
        );
        let shared = session.engine.counted(&sql)?.first().map_or(0, Value::int);
        if shared > best.1 {
            best = (place, shared);
        }
    }
    Ok(best.0)
}

/// The first of the things that this column holds.
pub fn keyed_by(session: &Session, held: &[Held], column: &str) -> Result<usize> {
    let is_key = |stage: &Stage| session.columns_meant(&stage.table, column).contains(&stage.key());
    held.iter().position(|held| held.stages.iter().any(is_key)).ok_or_else(|| {
        let things: Vec<String> = held.iter().map(|held| held.thing.clone()).collect();
        let error = Error::question(format!("`{column}` is no entity that two tables with a time have"));
        if things.is_empty() { error } else { error.hint(format!("those are by {}", name::listed(&things))) }
    })
}

/// The thing of which a value is: of the one that would be taken, else of the first that has it.
pub fn having(session: &Session, held: &[Held], taken: usize, value: &str) -> Result<usize> {
    let others = (0..held.len()).filter(|place| *place != taken);
    for place in std::iter::once(taken).chain(others).filter(|_| held.len() > 1) {
        let of = |stage: &Stage| {
            format!("SELECT 1 FROM {} WHERE {} = {}", stage.table.sql(), stage.key_sql(), quote::text(value))
        };
        let rows: Vec<String> = held[place].stages.iter().map(of).collect();
        let sql = format!("SELECT count(*) FROM ({})", rows.join(" UNION ALL "));
        if session.engine.counted(&sql)?.first().map_or(0, Value::int) > 0 {
            return Ok(place);
        }
    }
    Ok(taken)
}

/// How to follow what was not taken.
pub fn others(held: &[Held], is_one: bool) -> Option<String> {
    const SHOWN: usize = 5;
    let first = held.first()?;
    let mut things: Vec<String> = held.iter().take(SHOWN).map(|held| held.thing.clone()).collect();
    if held.len() > SHOWN {
        things.push(format!("{} more", held.len() - SHOWN));
    }
    let stage = &first.stages[0];
    let (are, it) = if things.len() == 1 { ("is", "it") } else { ("are", "the first") };
    let how = if is_one {
        format!("--entity {}=VALUE", stage.key())
    } else {
        format!("[[stages]] table = \"{}\" key = \"{}\", and so on, in rca.toml", stage.table.name, stage.key())
    };
    Some(format!("{} {are} in several tables too: follow {it} with {how}", things.join(", ")))
}
