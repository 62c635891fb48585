//! How each column is looked at: as values, each with its share, or as numbers with a distribution. A sample of both
//! sides tells which it is, and where the numbers are cut; what is counted then is counted of all rows.

use super::sides::{Known, Pair};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::meaning;
use crate::model::value::Value;
use crate::session::{Session, Table};

/// Rows of a sample, about.
const SAMPLE: u64 = 100_000;
/// A column with more distinct values in the sample has no values that could be compared one by one.
pub const VALUES_MOST: usize = 250;
/// Numbers of at most so many distinct values are values.
const NUMBERS_MOST: usize = 12;

/// The shares of the sample at which numbers are cut: each of a hundred, and the far ends.
pub fn levels() -> Vec<f64> {
    let mut levels: Vec<f64> = (1..100).map(|at| f64::from(at) / 100.0).collect();
    levels.splice(0..0, [0.001, 0.005]);
    levels.extend([0.995, 0.999]);
    levels
}

#[derive(Debug, Clone)]
pub enum Look {
    /// Nothing but whether it is null.
    Nulls,
    Values,
    /// Cut at these numbers.
    Numbers { cuts: Vec<f64>, is_latency: bool },
}

/// Words that say that a whole number tells one row from another, or goes up by itself.
const RUNNING: [&str; 18] = [
    "seq", "sequence", "id", "no", "nr", "number", "index", "offset", "counter", "pid", "tid", "line", "port", "row", "key",
    "serial", "uid", "num",
];
/// Words of whole numbers that are names of something.
const NAMES: [&str; 8] = ["code", "status", "type", "class", "kind", "category", "label", "version"];
/// Words of numbers that say how long something took, and the units that end their names.
const LATENCIES: [&str; 17] = [
    "duration", "latency", "elapsed", "took", "rtt", "wait", "waited", "delay", "response", "ttfb", "runtime", "cycle", "lag",
    "uptime", "taken", "dur", "processing",
];

fn says(name: &str, words: &[&str]) -> bool {
    meaning::words(name).iter().any(|word| words.contains(&word.as_str()))
}

/// Whether a number says how long something took.
fn is_latency(name: &str) -> bool {
    let is_time = |word: &&str| meaning::words(name).iter().any(|own| own == *word);
    (says(name, &LATENCIES) && !says(name, &["uptime"])) || name.contains(" - ") || (is_time(&"time") && is_time(&"ms"))
}

/// Columns that are never looked at but for their nulls: those that name one thing each, times, running numbers.
fn names_one(session: &Session, table: &Table, known: &Known) -> bool {
    let settings = session.settings.sources.get(&table.source);
    let is_sequence = settings.and_then(|said| said.sequence.as_ref()).is_some_and(|name| *name == known.name);
    let is_whole = known.kind == Kind::Int;
    is_sequence
        || session.entity_columns(table).contains(&known.name)
        || (is_whole && says(&known.name, &RUNNING) && !says(&known.name, &NAMES))
}

fn is_compared(kind: Kind) -> bool {
    matches!(kind, Kind::Bool | Kind::Int | Kind::Float | Kind::Decimal { .. } | Kind::Text)
}

/// A number as the tests see it; NaN and infinity are none.
pub fn finite(known: &Known) -> String {
    let at = &known.at;
    match known.kind {
        Kind::Float => format!("CASE WHEN isfinite({at}) THEN {at} END"),
        _ => format!("{at}::DOUBLE"),
    }
}

/// How all columns of a table are looked at; `rows` are those of both sides.
///
/// # Errors
/// If the evidence cannot be read.
pub fn looks(session: &Session, pair: &Pair, skipped: &[String], rows: u64) -> Result<Vec<Look>> {
    let Some(table) = pair.table() else { return Ok(Vec::new()) };
    let is_time = |known: &Known| table.roles.time.as_ref() == Some(&known.name);
    let is_open = |known: &Known| {
        is_compared(known.kind)
            && !is_time(known)
            && table.roles.message.as_ref() != Some(&known.name)
            && !skipped.iter().any(|name| name.eq_ignore_ascii_case(&known.name))
            && !names_one(session, table, known)
    };
    let open: Vec<&Known> = pair.columns.iter().filter(|known| is_open(known)).collect();
    let mut looks = vec![Look::Nulls; pair.columns.len()];
    if open.is_empty() {
        return Ok(looks);
    }
    let levels = levels().iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    let of = |known: &&Known| {
        let at = &known.at;
        let cuts = match known.kind {
            Kind::Bool | Kind::Text => "NULL".into(),
            _ => format!("list_distinct(quantile_disc({}, [{levels}]))", finite(known)),
        };
        format!("count(DISTINCT {at}), count({at}), {cuts}")
    };
    let asked: Vec<String> = open.iter().map(of).collect();
    // The same rows whatever the order in which they are read.
    let every = rows.div_ceil(SAMPLE);
    let sample = if every > 1 {
        let told: String = open.iter().filter(|known| known.kind != Kind::Text).map(|known| format!(", {}", known.at)).collect();
        format!("(SELECT * FROM {} WHERE hash(ts{told}) % {every} = 0)", pair.relation)
    } else {
        pair.relation.clone()
    };
    let row = session.engine.counted(&format!("SELECT {} FROM {sample}", asked.join(", ")))?;
    for (place, known) in open.iter().enumerate() {
        let distinct = usize::try_from(row[3 * place].int()).unwrap_or(usize::MAX);
        let values = usize::try_from(row[3 * place + 1].int()).unwrap_or(0);
        let at = pair.columns.iter().position(|other| other.at == known.at).unwrap_or_default();
        looks[at] = look(known, distinct, values, &row[3 * place + 2]);
    }
    Ok(looks)
}

fn look(known: &Known, distinct: usize, values: usize, cuts: &Value) -> Look {
    let is_number = matches!(known.kind, Kind::Int | Kind::Float | Kind::Decimal { .. });
    let is_latency = is_number && is_latency(&known.name);
    let is_name = known.kind == Kind::Int && says(&known.name, &NAMES);
    // Of a column in which nearly every row has its own, none could be compared.
    let repeats = distinct <= NUMBERS_MOST || 4 * distinct <= values;
    if distinct <= VALUES_MOST && repeats && (!is_number || is_name || distinct <= NUMBERS_MOST) && !(is_latency && distinct > 2) {
        return Look::Values;
    }
    let mut numbers: Vec<f64> = match cuts {
        Value::Nested(serde_json::Value::Array(list)) => list.iter().filter_map(serde_json::Value::as_f64).collect(),
        _ => Vec::new(),
    };
    numbers.sort_by(f64::total_cmp);
    if !is_number || is_name || numbers.is_empty() { Look::Nulls } else { Look::Numbers { cuts: numbers, is_latency } }
}

/// A list of numbers in SQL.
pub fn list(numbers: &[f64]) -> String {
    let all: Vec<String> = numbers.iter().map(|number| quote::literal(&Value::Float(*number))).collect();
    format!("[{}]", all.join(", "))
}
