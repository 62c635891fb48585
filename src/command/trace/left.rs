//! Tables that have the entity and are no stage, and why: of a few entities, without a time, or under another name.

use super::stages::{Stage, branches};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::meaning;
use crate::model::value::Value;
use crate::session::written::{Form, Written};
use crate::session::{Session, Table, few};

/// One in so many, at most.
const SHARE: i64 = 4;

/// Takes the stages away that have but a few of all entities, from all over the time, and says so; where that would leave
/// no two, it names those that are kept. What has the entity that is followed, as SQL of its key, is kept too.
///
/// # Errors
/// If the evidence cannot be read.
pub fn few(
    session: &Session,
    stages: &mut Vec<Stage>,
    thing: &str,
    firsts: &str,
    followed: Option<&str>,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut found = Vec::new();
    for place in small(session, stages.len(), firsts)? {
        let keys = format!("SELECT key, min(ts) AS ts, bool_or(stage = {place}) AS has FROM {firsts} GROUP BY key");
        if !followed.is_some_and(|value| is_in(session, firsts, place, value).unwrap_or(true))
            && let Some((own, all)) = few::of(session, &keys)?
        {
            found.push((place, own, all));
        }
    }
    let is_way = stages.len() - found.len() > 1;
    let told = |(place, own, all): &(usize, i64, i64)| {
        let stage = &stages[*place];
        let has = format!(
            "{} has {} of {}, from all over the time: a table of a few, such as of repairs, where the others were not lost",
            stage.name,
            grouped(own.unsigned_abs()),
            plural(all.unsigned_abs(), thing)
        );
        match is_way {
            true => format!("{has}, and no stage; if all should pass it, declare it in rca.toml: {}", declared(stage)),
            false => has,
        }
    };
    let notes = found.iter().map(told).collect();
    if !is_way {
        return Ok((found.iter().map(|(place, ..)| stages[*place].name.clone()).collect(), notes));
    }
    let mut place = 0..;
    stages.retain(|_| place.next().is_some_and(|place: usize| found.iter().all(|(few, ..)| *few != place)));
    Ok((Vec::new(), notes))
}

/// Stages that have far fewer entities than there are. Where no two have more, those that have most of what another such
/// one has are a way of their own.
fn small(session: &Session, stages: usize, firsts: &str) -> Result<Vec<usize>> {
    let row = session.engine.counted(&format!("SELECT count(DISTINCT key) FROM {firsts}"))?;
    let all = row.first().map_or(0, Value::int);
    let mut own = vec![0; stages];
    let place = |value: &Value| usize::try_from(value.int()).unwrap_or(0);
    for row in session.engine.counted_by(&format!("SELECT stage, count(*) FROM {firsts} GROUP BY stage"))? {
        own[place(&row[0])] = row[1].int();
    }
    let is_small = |of: &usize| SHARE * own[*of] <= all;
    let mut small: Vec<usize> = (0..stages).filter(is_small).collect();
    if small.is_empty() || stages - small.len() > 1 {
        return Ok(small);
    }
    let sql = format!(
        "SELECT a.stage, b.stage, count(*) FROM {firsts} AS a JOIN {firsts} AS b ON a.key = b.key AND a.stage <> b.stage GROUP BY ALL"
    );
    let shared = session.engine.counted_by(&sql)?;
    small.retain(|one| {
        let is_alike = |row: &Vec<Value>| {
            let other = place(&row[1]);
            place(&row[0]) == *one && 2 * row[2].int() >= own[*one] && own[other] <= SHARE * own[*one]
        };
        !shared.iter().any(is_alike)
    });
    Ok(small)
}

fn is_in(session: &Session, firsts: &str, place: usize, value: &str) -> Result<bool> {
    let sql = format!("SELECT count(*) FROM {firsts} WHERE stage = {place} AND key = {value}");
    Ok(session.engine.counted(&sql)?.first().map_or(0, Value::int) > 0)
}

fn declared(stage: &Stage) -> String {
    format!("[[stages]] table = \"{}\" key = \"{}\"", stage.table.name, stage.key())
}

/// Says of tables that have the entity and are no stage why they are none.
///
/// # Errors
/// If the evidence cannot be read.
pub fn out(session: &Session, stages: &[Stage], thing: &str, loaded: &[String], firsts: &str) -> Result<Vec<String>> {
    const TABLES_MAX: usize = 60;
    let is_stage = |table: &&Table| branches(stages).any(|stage| stage.table.name == table.name);
    let others =
        session.tables.iter().filter(|table| !table.is_prose() && !is_stage(table) && !loaded.contains(&table.name));
    // Without what other ids begin with, these are as those are.
    let is_as_written = branches(stages).all(|stage| stage.form == Form::AsWritten);
    let form = if is_as_written { Form::AsWritten } else { Form::Alike };
    let mut notes = Vec::new();
    for table in others.take(TABLES_MAX) {
        let may_be = |kind: Kind| matches!(kind, Kind::Text | Kind::Int | Kind::Uuid);
        let keys = table.own_columns().filter(|column| may_be(column.kind));
        let keys = keys.filter_map(|column| Some((column.name.clone(), session.thing(table, &column.name)?)));
        let mut keys: Vec<(String, String)> = keys.collect();
        keys.sort_by_key(|(_, own)| own != thing);
        for (key, own) in keys {
            let written = Written::of(table, std::slice::from_ref(&key)).key(&form);
            if !has(session, table, &written, firsts)? {
                continue;
            }
            let stage = Stage::of(table, &key);
            notes.push(match (&table.roles.time, own == thing) {
                (None, _) => format!("{} has {thing} in {key} and is no stage: {}", table.name, timeless(table)),
                (Some(_), true) => continue,
                (Some(_), false) => format!(
                    "{} is no stage, though its {key} holds the same as {thing} elsewhere; to make it one, declare all \
                     stages in rca.toml: {}",
                    table.name,
                    declared(&stage)
                ),
            });
            break;
        }
    }
    notes.extend(in_messages(session, stages, thing, (firsts, &form))?);
    Ok(notes)
}

/// Says of which logs the messages tell of the entities: they may be a stage too.
fn in_messages(
    session: &Session,
    stages: &[Stage],
    thing: &str,
    (firsts, form): (&str, &Form),
) -> Result<Option<String>> {
    const LOGS_MAX: usize = 20;
    const ROWS: i64 = 20_000;
    const KEYS_LEAST: i64 = 10;
    let is_stage = |table: &&Table| branches(stages).any(|stage| stage.table.name == table.name);
    let logs = session.tables.iter().filter(|table| table.is_prose() && table.roles.time.is_some());
    let mut names = Vec::new();
    for table in logs.filter(|table| !is_stage(table)).take(LOGS_MAX) {
        let Some(message) = table.column("message").map(|column| quote::readable_name(&column.name)) else { continue };
        let messages = format!("SELECT {message} AS message FROM {}", table.sql());
        session.engine.keep_first("rca_messages", &messages, ROWS)?;
        // A short number is anything.
        let row = session.engine.counted(&format!(
            "SELECT count(DISTINCT word) FROM (SELECT unnest(regexp_extract_all(message, '[A-Za-z0-9_-]{{5,64}}')) AS word FROM rca_messages) \
             WHERE regexp_matches(word, '[0-9]') AND (regexp_matches(word, '[A-Za-z]') OR length(word) >= 6) \
             AND {} IN (SELECT key FROM {firsts})",
            form.sql("word")
        ))?;
        if row.first().is_some_and(|count| count.int() >= KEYS_LEAST) {
            names.push(table.name.clone());
        }
    }
    let (it, has) = if names.len() == 1 { ("is no stage", "has") } else { ("are no stages", "have") };
    Ok((!names.is_empty()).then(|| {
        format!(
            "{} {has} {thing} in messages and {it}: what was lost before and behind that is told together",
            names.join(", ")
        )
    }))
}

/// Whether at least half of the first different values of a column are entities.
fn has(session: &Session, table: &Table, key: &str, firsts: &str) -> Result<bool> {
    const VALUES: usize = 200;
    const ROWS: usize = 20_000;
    let row = session.engine.counted(&format!(
        "WITH some_keys AS (SELECT DISTINCT key FROM (SELECT {key} AS key FROM {} LIMIT {ROWS}) WHERE key IS NOT NULL ORDER BY key LIMIT {VALUES}) \
         SELECT count(*), count(*) FILTER (key IN (SELECT key FROM {firsts})) FROM some_keys",
        table.sql()
    ))?;
    let (all, both) = (row[0].int(), row[1].int());
    Ok(both > 0 && 2 * both >= all)
}

/// Why a table has no time.
pub fn timeless(table: &Table) -> String {
    const TIMES: [&str; 7] = ["ts", "t", "time", "timestamp", "date", "datetime", "at"];
    let names_a_time = |name: &str| meaning::words(name).last().is_some_and(|last| TIMES.contains(&last.as_str()));
    let named = table.own_columns().find(|column| names_a_time(&column.name));
    match named {
        Some(column) => format!("its {} is not known as a time (rca sources says why)", column.name),
        None => "it has no time".into(),
    }
}
