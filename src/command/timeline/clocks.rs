//! How far the clocks of sources are apart, by ids that occur in several: the same test's end in a database and in a
//! log is one moment, but for what it takes to pass it on.

use std::collections::BTreeMap;

use super::ids::DIVIDER;
use crate::command::Answer;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::duration;
use crate::model::time::{MINUTE, SECOND};
use crate::model::value::Value;
use crate::session::{Session, Table, Wanted};

/// Fewer common ids say nothing of a clock.
const ANCHORS_LEAST: i64 = 5;
/// So many kinds of events of a source are looked at, those with the most ids.
const KINDS_MOST: i64 = 40;
/// An id that one kind of event has more often is no anchor.
const TIMES_MOST: i64 = 5;
/// An offset below is what passing on takes, whatever its spread.
const OFFSET_LEAST: i64 = SECOND;
/// An offset is a clock's if it is so many times as large as its spread, and the spread no more than this.
const STEADY: i64 = 5;
const SPREAD_MOST: i64 = MINUTE;

/// Two sources, the first of which is `later` microseconds later.
#[derive(Debug, Clone, PartialEq)]
struct Pair {
    source: String,
    against: String,
    anchors: i64,
    later: i64,
    spread: i64,
    kind: String,
    kind_against: String,
    example: String,
}

impl Pair {
    /// Whether it is the clocks that are apart, rather than the events.
    fn is_off(&self) -> bool {
        self.later.abs() >= OFFSET_LEAST && self.later.abs() > STEADY * self.spread && self.spread <= SPREAD_MOST
    }

    fn turned(&self) -> Pair {
        Pair {
            source: self.against.clone(),
            against: self.source.clone(),
            later: -self.later,
            kind: self.kind_against.clone(),
            kind_against: self.kind.clone(),
            ..self.clone()
        }
    }

    fn detail(&self) -> String {
        let apart = duration::shown(self.later.abs());
        if !self.is_off() {
            return if self.later.abs() < OFFSET_LEAST {
                format!("agrees with {} but for the {apart} that passing it on may take: no correction", self.against)
            } else {
                format!(
                    "{apart} apart and not steadily so: these events lie apart, rather than the clocks; no correction"
                )
            };
        }
        let quarters = (self.later.abs() + 15 * MINUTE / 2) / (15 * MINUTE);
        let from_quarter = (self.later.abs() - quarters * 15 * MINUTE).abs();
        let way = if self.later > 0 { "ahead of" } else { "behind" };
        let zone = if quarters > 1 && from_quarter <= 2 * MINUTE { ", near a difference of time zones" } else { "" };
        format!("its clock is {apart} {way} that of {}, if these events are of one moment{zone}", self.against)
    }
}

/// The offset of each source against the others.
///
/// # Errors
/// If the evidence cannot be read.
pub fn check(session: &Session, tables: &[&Table], wanted: &Wanted) -> Result<Answer> {
    let events: Vec<String> = tables
        .iter()
        .filter(|table| table.roles.time.is_some() && !table.roles.is_load_stamp)
        .flat_map(|table| anchored(session, table, wanted))
        .collect();
    let mut notes = Vec::new();
    let mut pairs = Vec::new();
    if !events.is_empty() {
        let values = [
            ("events", events.join(" UNION ALL ")),
            ("kinds_most", KINDS_MOST.to_string()),
            ("times_most", TIMES_MOST.to_string()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        session.engine.keep_found("rca_anchors", &quote::fill(include_str!("anchors.sql"), &values))?;
        let sql = quote::fill(include_str!("offsets.sql"), &[("anchors_least", &ANCHORS_LEAST.to_string())]);
        pairs = session.engine.rows(&sql)?.rows.iter().map(|row| pair(row)).collect();
    }
    let mut sources: Vec<&str> = tables.iter().map(|table| table.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let logs: Vec<&str> =
        tables.iter().filter(|table| table.kind == "log").map(|table| table.source.as_str()).collect();
    let compared = compared(&pairs, &logs);
    let alone: Vec<&str> = sources
        .iter()
        .copied()
        .filter(|source| !pairs.iter().any(|pair| pair.source == *source || pair.against == *source))
        .collect();
    if !alone.is_empty() {
        notes.push(format!(
            "nothing to compare {} by: fewer than {ANCHORS_LEAST} ids occur in another source too",
            alone.join(", ")
        ));
    }
    if let Some((first, _)) = compared.first() {
        notes.push(format!("offsets count from {}; a setting moves a source onto it", first.against));
        if compared.len() == 1 && first.is_off() {
            notes.push("of two clocks alone it cannot be told which is wrong".into());
        }
    }
    let rows: Vec<Vec<Value>> = compared
        .iter()
        .map(|(pair, corrected)| {
            let setting =
                corrected.map_or(Value::Null, |corrected| Value::Text(setting(session, &pair.source, corrected)));
            vec![
                Value::Text(pair.source.clone()),
                Value::Text(pair.against.clone()),
                Value::Int(i128::from(pair.anchors)),
                Value::Float(pair.later as f64 / SECOND as f64),
                Value::Float(pair.spread as f64 / SECOND as f64),
                Value::Text(format!("{} ~ {}", pair.kind, pair.kind_against)),
                Value::Text(pair.example.replace(DIVIDER, "=")),
                Value::Text(pair.detail()),
                setting,
            ]
        })
        .collect();
    let found = compared.iter().filter(|(_, corrected)| corrected.is_some()).count();
    let columns = [
        ("source", Kind::Text),
        ("against", Kind::Text),
        ("anchors", Kind::Int),
        ("offset_s", Kind::Float),
        ("spread_s", Kind::Float),
        ("anchored_on", Kind::Text),
        ("example", Kind::Text),
        ("detail", Kind::Text),
        ("setting", Kind::Text),
    ];
    let sql = session.engine.keep("clocks", &columns, &rows)?;
    Ok(Answer { notes, found: Some(found as u64), ..Answer::of(sql) })
}

fn pair(row: &[Value]) -> Pair {
    Pair {
        source: row[0].shown(),
        against: row[1].shown(),
        anchors: row[2].int(),
        later: row[3].int(),
        spread: row[4].int(),
        kind: row[5].shown(),
        kind_against: row[6].shown(),
        example: row[7].shown(),
    }
}

/// Each source but one against one that it can be compared with best, and by how much it is off from the one that all
/// count from, if it is.
fn compared(pairs: &[Pair], logs: &[&str]) -> Vec<(Pair, Option<i64>)> {
    let both: Vec<Pair> = pairs.iter().flat_map(|pair| [pair.clone(), pair.turned()]).collect();
    let mut places: BTreeMap<&str, (usize, usize, bool, i64)> = BTreeMap::new();
    for pair in &both {
        let place = places.entry(&pair.source).or_default();
        place.0 += usize::from(pair.is_off());
        place.1 += usize::from(pair.spread > SPREAD_MOST);
        place.2 = logs.contains(&pair.source.as_str());
        place.3 -= pair.anchors;
    }
    // Those that agree with the most others first, then the steadiest, then databases before logs, then those with the
    // most anchors.
    let mut order: Vec<(&str, (usize, usize, bool, i64))> = places.into_iter().collect();
    order.sort_by_key(|(name, place)| (*place, *name));
    let mut compared: Vec<(Pair, Option<i64>)> = Vec::new();
    let mut reached: BTreeMap<String, i64> = BTreeMap::new();
    while let Some((reference, _)) = order.iter().find(|(name, _)| !reached.contains_key(*name)) {
        reached.insert((*reference).to_string(), 0);
        // The steadiest pair leads on.
        while let Some(next) = both
            .iter()
            .filter(|pair| reached.contains_key(&pair.against) && !reached.contains_key(&pair.source))
            .min_by_key(|pair| (pair.spread, -pair.anchors, pair.source.clone(), pair.against.clone()))
        {
            let partner = reached[&next.against];
            let off = partner + if next.is_off() { next.later } else { 0 };
            reached.insert(next.source.clone(), off);
            compared.push((next.clone(), (off != 0).then_some(off)));
        }
    }
    compared
}

/// What a source is started with so that its times stand right.
fn setting(session: &Session, source: &str, off: i64) -> String {
    let known = session.settings.sources.get(source).and_then(|said| said.skew(source).ok()).unwrap_or(0);
    // What is known is how far ahead the clock ran; a skew is what is added.
    let skew = (-known - off) as f64 / SECOND as f64;
    format!("--set sources.{source}.skew={skew}s")
}

/// A table's rows as anchors: when something happened, what kind of thing, and which ids it has.
fn anchored(session: &Session, table: &Table, wanted: &Wanted) -> Vec<String> {
    let roles = &table.roles;
    let is_text = |name: &str| table.kind == "log" && name == "message" || roles.message.as_deref() == Some(name);
    let mut ids = Vec::new();
    for column in table.own_columns().filter(|column| matches!(column.kind, Kind::Int | Kind::Text | Kind::Uuid)) {
        let name = quote::name(&column.name);
        if is_text(&column.name) {
            ids.push(format!(
                "list_filter(regexp_extract_all({name}, '[A-Za-z0-9_-]{{6,64}}'), \
                 lambda word: regexp_matches(word, '[0-9]') AND regexp_matches(word, '[A-Za-z]'))"
            ));
        } else if let Some(thing) = session.thing(table, &column.name) {
            // A word that can be found in texts is itself; a number is one of its thing's.
            let head = quote::text(&format!("{thing}{DIVIDER}"));
            ids.push(format!(
                "CASE WHEN regexp_matches({name}::VARCHAR, '^[A-Za-z0-9_-]{{6,64}}$') AND regexp_matches({name}::VARCHAR, '[A-Za-z]') \
                 AND regexp_matches({name}::VARCHAR, '[0-9]') THEN [{name}::VARCHAR] ELSE [{head} || {name}::VARCHAR] END"
            ));
        }
    }
    if ids.is_empty() {
        return Vec::new();
    }
    let ids = format!("list_filter(list_concat({}), lambda id: id IS NOT NULL)", ids.join(", "));
    let rows = session.rows_of(table, wanted, &[(ids, "ids".into())]);
    let named = |time: &str| quote::text(&format!("{}.{time}", table.name));
    if table.kind == "log" {
        // Messages are of one kind if they differ in words with digits alone.
        let kind = "regexp_replace(split_part(message, chr(10), 1), '[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*', '<*>', 'g')";
        return vec![format!("SELECT source, {kind} AS kind, ts, ids FROM ({rows})")];
    }
    let Some(time) = &roles.time else { return Vec::new() };
    let mut anchored = vec![format!("SELECT source, {} AS kind, ts, ids FROM ({rows})", named(time))];
    if let Some(end) = &roles.end {
        let mut ended = table.clone();
        ended.roles.time = Some(end.clone());
        ended.roles.end = None;
        anchored.extend(self::anchored(session, &ended, wanted));
    }
    anchored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(source: &str, against: &str, later: i64, spread: i64) -> Pair {
        Pair {
            source: source.into(),
            against: against.into(),
            anchors: 100,
            later,
            spread,
            kind: String::new(),
            kind_against: String::new(),
            example: String::new(),
        }
    }

    fn off(pairs: &[Pair]) -> Vec<(String, Option<i64>)> {
        compared(pairs, &[]).into_iter().map(|(pair, off)| (pair.source, off)).collect()
    }

    #[test]
    fn the_one_that_others_disagree_with_is_off() {
        let pairs = [
            pair("a", "b", 90 * SECOND, 20_000),
            pair("a", "c", 91 * SECOND, 300_000),
            pair("b", "c", SECOND, 250_000),
        ];
        assert_eq!(off(&pairs), [("a".into(), Some(90 * SECOND)), ("c".into(), None)]);
    }

    #[test]
    fn offsets_lead_over_others() {
        let pairs = [pair("a", "b", -90 * SECOND, 20_000), pair("b", "c", 30 * SECOND, 250_000)];
        assert_eq!(off(&pairs), [("b".into(), Some(90 * SECOND)), ("c".into(), Some(60 * SECOND))]);
    }

    #[test]
    fn events_that_lie_apart_are_no_clocks() {
        assert!(!pair("a", "b", 8 * 3600 * SECOND, 2 * 3600 * SECOND).is_off());
        assert!(!pair("a", "b", 15 * 3600 * SECOND, 1600 * SECOND).is_off());
        assert!(!pair("a", "b", 25_000, 1_000).is_off());
        assert!(pair("a", "b", 8 * 3600 * SECOND, SECOND).detail().contains("time zones"));
    }
}
