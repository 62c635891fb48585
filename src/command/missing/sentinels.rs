//! Sentinels: values that evidence has in place of those that it lacks. Words of text; numbers of the usual list that lie
//! far outside of all others; the days that clocks and programs begin at.

use super::Search;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::time::{self, DAY};
use crate::model::value::Value;
use crate::model::zone::Zone;
use crate::session::Table;

/// What evidence writes in place of a number that it does not have, besides leaving it out: what people write, and the
/// ends of what fits in two and four bytes, also where that is read as tenths or hundredths. A number that only lies far
/// from all others is not told as one: a machine that stands, a request that timed out and a price have such numbers too.
pub const NUMBERS: [f64; 30] = [
    -1.0,
    -99.0,
    -99.9,
    -200.0,
    -999.0,
    -999.9,
    -9999.0,
    -9999.9,
    -99999.0,
    9999.0,
    99999.0,
    -32768.0,
    32767.0,
    65535.0,
    -3276.8,
    3276.7,
    6553.5,
    -327.68,
    -327.6,
    327.67,
    655.35,
    -2_147_483_648.0,
    2_147_483_647.0,
    4_294_967_295.0,
    -1e30,
    1e30,
    1e20,
    127.0,
    -128.0,
    255.0,
];
/// Of those the ends of what fits in one byte, which are numbers that many things have: of such only what others come
/// nowhere near to is told, and none where 0 is usual, as among codes and counts.
const OF_A_BYTE: [f64; 3] = [127.0, -128.0, 255.0];
const TEXTS: [&str; 12] = ["", "?", "-", "na", "n/a", "nan", "null", "none", "nil", "unknown", "missing", "#n/a"];

/// Days that stand for no day, as far as they lie apart from all others.
const DAYS: [&str; 4] = ["1970-01-01", "1900-01-01", "0001-01-01", "9999-12-31"];

/// Fewer times a number is one that was measured.
const TIMES_LEAST: i64 = 5;
/// How far a number lies below or above the others, as a share of the range that they have.
const APART: f64 = 0.5;
/// As far as that is enough of a negative number, where no other is.
const APART_NEGATIVE: f64 = 0.05;
/// How far a day lies from the others.
const APART_DAYS: i64 = 365 * DAY;

/// Of one column.
#[derive(Debug)]
pub struct Sentinel<'a> {
    pub column: &'a Column,
    /// As it is shown.
    pub value: String,
    pub rows: i64,
}

impl Sentinel<'_> {
    /// What holds of its rows, as people write it.
    pub fn holds(&self) -> String {
        let name = quote::readable_name(&self.column.name);
        match self.column.kind {
            Kind::Date => format!("{name} = DATE '{}'", self.value),
            Kind::Time => format!("{name} = TIMESTAMP '{}'", self.value),
            Kind::Text => format!("trim({name}::VARCHAR) = {}", quote::text(&self.value)),
            _ => format!("{name} = {}", self.value),
        }
    }

    /// Whether it lies apart from all others, of which these are the lowest and the highest.
    fn is_apart(&self, low: &Value, high: &Value) -> bool {
        if self.column.kind == Kind::Text {
            return true;
        }
        if let (Some(low), Some(high)) = (instant(low), instant(high)) {
            let at = time::iso_whole(self.value.as_bytes()).map(|stamp| Zone::UTC.resolve(stamp));
            return at.is_some_and(|at| at < low.saturating_sub(APART_DAYS) || at > high.saturating_add(APART_DAYS));
        }
        let (Some(low), Some(high), Ok(own)) = (number(low), number(high), self.value.parse::<f64>()) else {
            return false;
        };
        let range = high - low;
        if is_of_a_byte(own) {
            return self.rows >= TIMES_LEAST && low != 0.0 && (own < low - range || own > high + range);
        }
        let is_far = own < low - range * APART || own > high + range * APART;
        self.rows >= TIMES_LEAST && (is_far || low >= 0.0 && own < low - range * APART_NEGATIVE)
    }
}

/// Whether an instant, in microseconds, is the beginning of a day that stands for none.
pub fn is_day(at: i64) -> bool {
    DAYS.iter().any(|day| time::iso_whole(day.as_bytes()).is_some_and(|stamp| Zone::UTC.resolve(stamp) == at))
}

/// Whether a text is one of those that stand for none.
pub fn is_text(text: &str) -> bool {
    TEXTS.contains(&text.trim().to_lowercase().as_str())
}

/// Whether a number is one of those that stand for none.
pub fn is_number(number: f64) -> bool {
    NUMBERS.contains(&number)
}

/// Whether it is one that is as often measured.
pub fn is_of_a_byte(number: f64) -> bool {
    OF_A_BYTE.contains(&number)
}

/// The largest of numbers below zero and the smallest above.
pub fn between(numbers: &[f64]) -> (f64, f64) {
    let below = numbers.iter().copied().filter(|number| *number < 0.0).fold(f64::NEG_INFINITY, f64::max);
    (below, numbers.iter().copied().filter(|number| *number > 0.0).fold(f64::INFINITY, f64::min))
}

/// Whether a number, a time or a date is one of those that stand for none.
pub fn is(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Float(_) => number(value).is_some_and(is_number),
        Value::Time(at) => is_day(*at),
        Value::Date(day) => is_day(i64::from(*day) * DAY),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// In microseconds.
fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Date(day) => Some(i64::from(*day) * DAY),
        _ => None,
    }
}

/// The instants of a column of this kind, for SQL.
pub fn instants(kind: Kind) -> String {
    let kind = if kind == Kind::Date { "DATE" } else { "TIMESTAMP" };
    DAYS.iter().map(|day| format!("{kind} '{day}'")).collect::<Vec<_>>().join(", ")
}

/// Whether a column of texts, as SQL reads it, has one that stands for none. As a list: the engine makes a join of a
/// long `IN`, one for each column.
pub fn is_text_sql(name: &str) -> String {
    let texts: Vec<String> = TEXTS.iter().map(|word| quote::text(word)).collect();
    format!("list_contains([{}], lower(trim({name})))", texts.join(", "))
}

/// The sentinels of these columns, with two looks at the table whatever the number of columns.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of<'a>(search: &Search, table: &Table, columns: &[&'a Column]) -> Result<Vec<Sentinel<'a>>> {
    const ASKED: usize = 3;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let engine = &search.session.engine;
    let ask = |list: Vec<String>| {
        engine.counted(&format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table)))
    };
    let told = ask(columns.iter().map(|column| asked(column)).collect())?;
    let mut found: Vec<(Sentinel, [Value; 2])> = Vec::new();
    for (column, told) in columns.iter().zip(told.chunks_exact(ASKED)) {
        let Value::Nested(serde_json::Value::Object(values)) = &told[0] else { continue };
        for (value, rows) in values {
            let (value, rows) = (value.clone(), rows.as_i64().unwrap_or(0));
            let sentinel = Sentinel { column, value, rows };
            if sentinel.is_apart(&told[1], &told[2]) {
                found.push((sentinel, [told[1].clone(), told[2].clone()]));
            }
        }
    }
    // Of numbers there must be a third besides: a flag is 0 or 1, or -1 where nobody knows.
    let is_measured = |(sentinel, [low, high]): &(Sentinel, [Value; 2])| {
        let name = quote::name(&sentinel.column.name);
        match number(low) {
            Some(_) => format!("bool_or({name} > {} AND {name} < {})", quote::literal(low), quote::literal(high)),
            None => "bool_or(true)".into(),
        }
    };
    let are_measured = if found.is_empty() { Vec::new() } else { ask(found.iter().map(is_measured).collect())? };
    let found = found.into_iter().zip(are_measured);
    Ok(found.filter(|(_, is_measured)| *is_measured == Value::Bool(true)).map(|((sentinel, _), _)| sentinel).collect())
}

/// Of a word that may as well be a code, such as `NA` among `K` and `CL`, how many others there are: short words of
/// capitals, about as frequent. `None` if it is no such word.
///
/// # Errors
/// If the evidence cannot be read.
pub fn other_codes(search: &Search, table: &Table, sentinel: &Sentinel) -> Result<Option<i64>> {
    const LENGTH_MAX: usize = 4;
    const CODES: std::ops::RangeInclusive<i64> = 2..=100;
    const TIMES_MAX: i64 = 3;
    let is_code = |word: &str| word.len() <= LENGTH_MAX && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if sentinel.column.kind != Kind::Text || sentinel.value.is_empty() || !is_code(&sentinel.value) {
        return Ok(None);
    }
    let name = quote::name(&sentinel.column.name);
    let row = search.session.engine.counted(&format!(
        "SELECT count(*), min(n), max(n), bool_and(regexp_full_match(code, '[A-Z][A-Z0-9]{{0,4}}')) FROM \
         (SELECT trim({name}) AS code, count(*) AS n FROM {} WHERE ({}) AND {name} IS NOT NULL AND NOT {} GROUP BY 1)",
        table.sql(),
        search.condition(table),
        is_text_sql(&name)
    ))?;
    let (codes, are_codes) = (row[0].int(), row[3] == Value::Bool(true));
    let is_as_frequent = || TIMES_MAX * sentinel.rows >= row[1].int() && sentinel.rows <= TIMES_MAX * row[2].int();
    Ok((CODES.contains(&codes) && are_codes && is_as_frequent()).then_some(codes))
}

/// Of one column: how often each value of the list is there, and the lowest and the highest of all others.
fn asked(column: &Column) -> String {
    let name = quote::name(&column.name);
    let of = |is: &str, shown: &str, may_be: &str| {
        let rest = format!("CASE WHEN {may_be} AND NOT {is} THEN {name} END");
        format!("histogram(CASE WHEN {is} THEN {shown} END), min({rest}), max({rest})")
    };
    let finite = format!("isfinite({name})");
    match column.kind {
        Kind::Text => {
            let is = is_text_sql(&name);
            format!("histogram(CASE WHEN {is} THEN trim({name}) END), NULL, NULL")
        }
        Kind::Time | Kind::Date => {
            let is = format!("list_contains([{}], {name})", instants(column.kind));
            of(&is, &format!("strftime({name}, '%Y-%m-%d')"), &finite)
        }
        Kind::Int | Kind::Float => {
            let is_float = column.kind == Kind::Float;
            let fits = |number: &&f64| is_float || number.fract() == 0.0 && number.abs() < 1e18;
            let numbers: Vec<String> = NUMBERS.iter().filter(fits).map(|number| format!("{number:e}")).collect();
            let list = numbers.join(", ");
            let is = format!("list_contains([{list}]::{}[], {name})", if is_float { "DOUBLE" } else { "BIGINT" });
            of(&is, &name, if is_float { &finite } else { "true" })
        }
        _ => "NULL, NULL, NULL".into(),
    }
}
