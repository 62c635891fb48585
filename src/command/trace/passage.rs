//! One entity's way through the stages.

use super::{Stage, stages};
use crate::command::Answer;
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::value::Value;
use crate::session::Session;

/// # Errors
/// If the evidence cannot be read.
pub fn of(session: &Session, stages: &[Stage], entity: &str, mut notes: Vec<String>) -> Result<Answer> {
    let key = stages::typed(stages, entity);
    let sql = format!("SELECT coalesce(bit_or(1::BIGINT << stage), 0) FROM rca_passages WHERE key = {key}");
    let seen = session.engine.counted(&sql)?.first().map_or(0, Value::int);
    if seen == 0 {
        notes.push(format!("no stage has `{entity}`: letters count as they are typed"));
    }
    let last = seen.checked_ilog2().map_or(0, |bit| bit as usize);
    let mut rows = Vec::new();
    for (index, stage) in stages.iter().enumerate().filter(|_| seen != 0) {
        let row = |table: Value, ts: Value, origin: Value, state: &str| {
            vec![Value::Text(stage.name.clone()), table, ts, origin, Value::Text(state.to_string())]
        };
        if seen & (1 << index) == 0 {
            let state = match index {
                _ if index < last => "skipped",
                _ if index == last + 1 => "lost",
                _ => "not_reached",
            };
            rows.push(row(Value::Text(stage.table_names()), Value::Null, Value::Null, state));
            continue;
        }
        let values = [("delays", super::delays(index)), ("entity", key.clone())];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let first = session.engine.counted(&fill(include_str!("passage.sql"), &values))?;
        let first = match (first.first().map(Value::int), first.get(1).map(Value::int)) {
            (Some(1), _) => "out_of_order",
            (_, Some(1)) => "late",
            _ => "passed",
        };
        let branches: Vec<String> = stage.branches().map(|branch| rows_of(branch, &key)).collect();
        let passages = format!("{} ORDER BY ts NULLS LAST, _file, _line", branches.join(" UNION ALL "));
        // What follows a failure is another try.
        let mut has_passed = false;
        for (number, passage) in session.engine.rows(&passages)?.rows.into_iter().enumerate() {
            let has_failed = passage[2] == Value::Bool(true);
            let state = match (has_failed, has_passed, number) {
                (true, false, _) => "failed",
                (_, true, _) => "duplicated",
                (false, false, 0) => first,
                (false, false, _) => "passed",
            };
            has_passed |= !has_failed;
            rows.push(row(passage[3].clone(), passage[0].clone(), passage[1].clone(), state));
        }
    }
    let columns = [
        ("stage", Kind::Text),
        ("table_name", Kind::Text),
        ("ts", Kind::Time),
        ("origin", Kind::Text),
        ("state", Kind::Text),
    ];
    let is_whole = |row: &&Vec<Value>| row[4].shown() != "passed";
    let found = rows.iter().filter(is_whole).count() as u64;
    let sql = session.engine.keep("passage", &columns, &rows)?;
    Ok(Answer { notes, found: Some(found), ..Answer::of(sql) })
}

/// The rows of an entity in a table of a stage.
fn rows_of(branch: &Stage, key: &str) -> String {
    let result = branch.table.roles.result.as_ref();
    let failed = result.map_or_else(|| "false".into(), |result| format!("rca_failed({})", quote::name(result)));
    format!(
        "SELECT {} AS ts, {} AS origin, coalesce({failed}, false) AS failed, {} AS table_name, _file, _line FROM {} WHERE {} = {key}",
        branch.time_sql(),
        branch.table.origin,
        quote::text(&branch.table.name),
        branch.table.scan(&[]),
        branch.key_sql(),
    )
}
