//! Numbers that are counted anew in each series, such as the messages of each device: the same one in two series is not the
//! same thing, so that only both together are an entity.

use super::stages::Stage;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::meaning;
use crate::model::value::Value;
use crate::session::Session;
use crate::session::written::{Form, Written};

/// What is numbered by whoever sends it.
const NUMBERED: [&str; 5] = ["message", "packet", "frame", "sample", "reading"];
/// A number stands at least in so many rows on average.
const ROWS_LEAST: i64 = 2;
/// Rows of one thing lie nearer together than this part of the time of all.
const NEAR: i64 = 20;

/// What a number is that stands for many rows.
pub enum Counted {
    /// Counted within something: the stages by both.
    Within { holder: String, stages: Vec<Stage> },
    /// Counted anew again and again, so that nothing is told by it.
    Anew { column: String, rows: i64 },
}

/// What the key of stages is, if it is a number that is counted anew as far as first passages tell, which have how many
/// `times` each key is there.
///
/// # Errors
/// If the evidence cannot be read.
pub fn find(session: &Session, stages: &[Stage], thing: &str, firsts: &str) -> Result<Option<Counted>> {
    let is_number = |stage: &Stage| stage.table.column(&stage.key()).is_some_and(|column| column.kind == Kind::Int);
    if meaning::rank(thing).is_some() || !stages.iter().all(is_number) {
        return Ok(None);
    }
    let counts =
        session.engine.counted_by(&format!("SELECT sum(times)::BIGINT, count(*) FROM {firsts} GROUP BY stage"))?;
    if counts.len() < stages.len() || counts.iter().any(|row| row[0].int() < ROWS_LEAST * row[1].int()) {
        return Ok(None);
    }
    let is_named = NUMBERED.contains(&thing);
    for (holder, columns) in holders(session, stages) {
        let both: Vec<Stage> = stages
            .iter()
            .zip(columns)
            .map(|(stage, column)| Stage { keys: vec![column, stage.key()], ..stage.clone() })
            .collect();
        if are_within(session, &both, is_named)? {
            return Ok(Some(Counted::Within { holder, stages: both }));
        }
    }
    // Customers have many rows too, from all over the time; messages have not.
    let mut is_anew = is_named;
    for stage in stages.iter().filter(|_| is_named) {
        is_anew = is_anew && is_spread(session, stage, &stage.keys)?;
    }
    let rows = counts.iter().map(|row| row[0].int() / row[1].int().max(1)).min().unwrap_or(0);
    Ok(is_anew.then(|| Counted::Anew { column: stages[0].key(), rows }))
}

/// What all stages hold that rows may be of, each with the columns that do.
fn holders(session: &Session, stages: &[Stage]) -> Vec<(String, Vec<String>)> {
    let things = |stage: &Stage| -> Vec<(String, String)> {
        let own = stage.table.own_columns().filter(|column| column.name != stage.key());
        let things = own.filter_map(|column| Some((session.thing(&stage.table, &column.name)?, column.name.clone())));
        things.filter(|(thing, _)| meaning::rank(thing).is_some()).collect()
    };
    let all: Vec<Vec<(String, String)>> = stages.iter().map(things).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let columns = |thing: &String| -> Option<Vec<String>> {
        all.iter().map(|own| own.iter().find(|one| one.0 == *thing).map(|one| one.1.clone())).collect()
    };
    first.iter().filter_map(|(thing, _)| Some((thing.clone(), columns(thing)?))).collect()
}

/// Whether a number is there about once in each of what it is counted within, and its rows lie all over the time or its
/// name says that it is such a number.
fn are_within(session: &Session, stages: &[Stage], is_named: bool) -> Result<bool> {
    for stage in stages {
        let (holder, pair) = (key(stage, &stage.keys[..1]), stage.key_sql());
        let row = session.engine.counted(&format!(
            "SELECT count(*), count(DISTINCT pair), count(DISTINCT holder) \
             FROM (SELECT {pair} AS pair, {holder} AS holder FROM {}) WHERE pair IS NOT NULL",
            stage.table.sql()
        ))?;
        let [rows, distinct, holders] = [0, 1, 2].map(|at| row.get(at).map_or(0, Value::int));
        if rows == 0 || 10 * distinct < 9 * rows || holders < 2 || ROWS_LEAST * holders > rows {
            return Ok(false);
        }
        if !is_named && !is_spread(session, stage, &stage.keys[1..])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn key(stage: &Stage, columns: &[String]) -> String {
    Written::of(&stage.table, columns).key(&Form::AsWritten)
}

/// Whether rows of most numbers lie all over the time.
fn is_spread(session: &Session, stage: &Stage, number: &[String]) -> Result<bool> {
    let time = stage.time_sql();
    let row = session.engine.counted(&format!(
        "SELECT quantile_disc(epoch_us(until) - epoch_us(since), 0.5), epoch_us(max(until)) - epoch_us(min(since)) FROM \
         (SELECT {} AS number, min({time}) AS since, max({time}) AS until FROM {} GROUP BY 1) WHERE number IS NOT NULL",
        key(stage, number),
        stage.table.sql()
    ))?;
    let [spread, length] = [0, 1].map(|at| row.get(at).filter(|value| !value.is_null()).map_or(0, Value::int));
    Ok(NEAR * spread >= length)
}
