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
    Numbers {
        cuts: Vec<f64>,
        is_latency: bool,
    },
}

/// Words that say that a whole number tells one row from another, or goes up by itself.
const RUNNING: [&str; 22] = [
    "seq", "sequence", "id", "no", "nr", "number", "index", "offset", "counter", "pid", "tid", "line", "port", "row",
    "key", "serial", "uid", "num", "thread", "process", "session", "job",
];
/// Words of whole numbers that are names of something.
const NAMES: [&str; 8] = ["code", "status", "type", "class", "kind", "category", "label", "version"];
/// Words of numbers that say how long something took, and the units that end their names.
const LATENCIES: [&str; 17] = [
    "duration",
    "latency",
    "elapsed",
    "took",
    "rtt",
    "wait",
    "waited",
    "delay",
    "response",
    "ttfb",
    "runtime",
    "cycle",
    "lag",
    "uptime",
    "taken",
    "dur",
    "processing",
];

fn says(name: &str, words: &[&str]) -> bool {
    meaning::words(name).iter().any(|word| words.contains(&word.as_str()))
}

/// Whether a number says how long something took.
fn is_latency(name: &str) -> bool {
    let is_time = |word: &&str| meaning::words(name).iter().any(|own| own == *word);
    (says(name, &LATENCIES) && !says(name, &["uptime"])) || (is_time(&"time") && is_time(&"ms"))
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

/// How all columns of a table are looked at; `rows` are those of both sides. Columns that hold numbers in another way are
/// added to the pair's: lengths of time that are written with their unit, and the numbers of each quantity of a table
/// that has several in one column.
///
/// # Errors
/// If the evidence cannot be read.
pub fn looks(session: &Session, pair: &mut Pair, skipped: &[String], rows: u64) -> Result<Vec<Look>> {
    let Some(table) = pair.table() else { return Ok(Vec::new()) };
    let is_time = |known: &Known| table.roles.time.as_ref() == Some(&known.name);
    let is_open = |known: &Known| {
        is_compared(known.kind)
            && !is_time(known)
            && table.roles.message.as_ref() != Some(&known.name)
            && !skipped.iter().any(|name| name.eq_ignore_ascii_case(&known.name))
            && !names_one(session, table, known)
    };
    let open: Vec<usize> = (0..pair.columns.len()).filter(|at| is_open(&pair.columns[*at])).collect();
    let mut looks = vec![Look::Nulls; pair.columns.len()];
    let sample = sample(pair, rows);
    for (at, sampled) in open.iter().zip(samples(session, pair, &open, &sample)?) {
        looks[*at] = look(&pair.columns[*at], &sampled);
        if let Some(unit) = sampled.unit {
            looks[*at] = Look::Nulls;
            let known = length_of_time(&pair.columns[*at], &unit);
            pair.columns.push(known);
            looks.push(Look::Nulls);
        }
    }
    split(session, pair, &mut looks)?;
    let derived: Vec<usize> = (0..pair.columns.len()).filter(|at| pair.columns[*at].is_derived).collect();
    for (at, sampled) in derived.iter().zip(samples(session, pair, &derived, &sample)?) {
        looks[*at] = look(&pair.columns[*at], &sampled);
    }
    Ok(looks)
}

/// The same rows whatever the order in which they are read.
fn sample(pair: &Pair, rows: u64) -> String {
    let every = rows.div_ceil(SAMPLE);
    if every <= 1 {
        return pair.relation.clone();
    }
    let told = pair.columns.iter().filter(|known| is_compared(known.kind) && known.kind != Kind::Text);
    let told: String = told.map(|known| format!(", {}", known.at)).collect();
    format!("(SELECT * FROM {} WHERE hash(ts{told}) % {every} = 0)", pair.relation)
}

/// What a sample says of a column.
struct Sampled {
    distinct: usize,
    values: usize,
    cuts: Value,
    /// That all texts have behind a number.
    unit: Option<String>,
}

/// Lengths of time as texts have them.
const LENGTH: &str = "'^[0-9]+(?:[.][0-9]+)? ?(ns|us|µs|ms|s|sec|min)$'";

fn samples(session: &Session, pair: &Pair, columns: &[usize], sample: &str) -> Result<Vec<Sampled>> {
    const ASKED: usize = 5;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let levels = levels().iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    let of = |at: &usize| {
        let known = &pair.columns[*at];
        let at = &known.at;
        let (cuts, unit) = match known.kind {
            Kind::Bool => ("NULL".into(), "NULL, NULL".into()),
            Kind::Text => {
                let unit = format!("regexp_extract({at}, {LENGTH}, 1)");
                ("NULL".into(), format!("min({unit}), max({unit})"))
            }
            _ => (format!("list_distinct(quantile_disc({}, [{levels}]))", finite(known)), "NULL, NULL".to_string()),
        };
        format!("count(DISTINCT {at}), count({at}), {cuts}, {unit}")
    };
    let asked: Vec<String> = columns.iter().map(of).collect();
    let row = session.engine.counted_apart(sample, &asked)?;
    let one = |place: usize| {
        let row = &row[ASKED * place..ASKED * (place + 1)];
        let number = |value: &Value| usize::try_from(value.int()).unwrap_or(usize::MAX);
        Sampled {
            distinct: number(&row[0]),
            values: number(&row[1]),
            cuts: row[2].clone(),
            unit: Some(row[3].shown()).filter(|unit| !unit.is_empty() && *unit == row[4].shown()),
        }
    };
    Ok((0..columns.len()).map(one).collect())
}

/// A text such as `45ms` as a number of its unit.
fn length_of_time(known: &Known, unit: &str) -> Known {
    let of = |column: &str| format!("TRY_CAST(rtrim({column}, {}) AS DOUBLE)", quote::text(&format!(" {unit}")));
    Known {
        name: known.name.clone(),
        kinds: [Some(Kind::Float); 2],
        kind: Kind::Float,
        sql: of(&known.sql),
        at: format!("({})", of(&known.at)),
        is_derived: true,
        is_length: true,
    }
}

/// Words of a column that says what a number of its row is of.
const QUANTITIES: [&str; 13] = [
    "sensor",
    "metric",
    "parameter",
    "param",
    "channel",
    "tag",
    "signal",
    "measurement",
    "variable",
    "quantity",
    "probe",
    "item",
    "counter",
];

/// The numbers of a table that has those of several quantities in one column, by quantity.
fn split(session: &Session, pair: &mut Pair, looks: &mut Vec<Look>) -> Result<()> {
    const QUANTITIES_MOST: usize = 40;
    let is_quantity = |at: &usize| {
        let known = &pair.columns[*at];
        matches!(looks[*at], Look::Values) && known.kind == Kind::Text && says(&known.name, &QUANTITIES)
    };
    let Some(quantity) = (0..pair.columns.len()).find(is_quantity).map(|at| pair.columns[at].clone()) else {
        return Ok(());
    };
    let numbers: Vec<usize> = (0..looks.len()).filter(|at| matches!(looks[*at], Look::Numbers { .. })).collect();
    let sql = format!(
        "SELECT DISTINCT {at} FROM {} WHERE {at} IS NOT NULL ORDER BY 1 LIMIT {}",
        pair.relation,
        QUANTITIES_MOST + 1,
        at = quantity.at
    );
    let values: Vec<String> = session.engine.rows(&sql)?.rows.iter().map(|row| row[0].shown()).collect();
    if values.len() > QUANTITIES_MOST || values.len() < 2 {
        return Ok(());
    }
    for at in numbers {
        let known = pair.columns[at].clone();
        looks[at] = Look::Nulls;
        for value in &values {
            let literal = quote::literal(&Value::Text(value.clone()));
            let of = |quantity: &str, number: &str| format!("CASE WHEN {quantity} = {literal} THEN {number} END");
            pair.columns.push(Known {
                name: format!("{} of {value}", known.name),
                sql: format!("({})", of(&quantity.sql, &known.sql)),
                at: format!("({})", of(&quantity.at, &known.at)),
                is_derived: true,
                ..known.clone()
            });
            looks.push(Look::Nulls);
        }
    }
    Ok(())
}

fn look(known: &Known, sampled: &Sampled) -> Look {
    let Sampled { distinct, values, cuts, .. } = sampled;
    let (distinct, values) = (*distinct, *values);
    let is_number = matches!(known.kind, Kind::Int | Kind::Float | Kind::Decimal { .. });
    let is_latency = is_number && (known.is_length || is_latency(&known.name));
    let is_name = known.kind == Kind::Int && says(&known.name, &NAMES);
    // Of a column in which nearly every row has its own, none could be compared.
    let repeats = distinct <= NUMBERS_MOST || 4 * distinct <= values;
    let is_value = !known.is_derived && distinct <= VALUES_MOST;
    if is_value && repeats && (!is_number || is_name || distinct <= NUMBERS_MOST) && !(is_latency && distinct > 2) {
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
