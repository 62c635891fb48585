//! Errors of an incident against those of a baseline: counted once together, then told apart by window.

use std::collections::BTreeMap;

use super::breakdown;
use super::question::Question;
use crate::command::Answer;
use crate::engine::quote::fill;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::name;
use crate::model::time;
use crate::model::value::Value;
use crate::session::{Table, Window, Windows};

mod auto;
mod judge;
mod told;

pub use told::{Changes, CodeChange, auto as auto_windows, changes};

use judge::{Change, FALSE_DISCOVERY_RATE, PARTS, Pair, RATIO_LEAST};

/// More distinct codes than this are none.
const CODES_MOST: usize = 50_000;

/// A code, or the template of an error without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    code: Option<String>,
    number: Option<i64>,
}

impl Key {
    fn of(row: &[Value]) -> Key {
        Key { code: (!row[0].is_null()).then(|| row[0].shown()), number: row[1].whole() }
    }
}

/// What a row of the answer has besides the breakdown.
const CHANGES: [(&str, Kind); 10] = [
    ("code", Kind::Text),
    ("number", Kind::Int),
    ("baseline_count", Kind::Int),
    ("rate_ratio", Kind::Float),
    ("change", Kind::Text),
    ("ci_low", Kind::Float),
    ("ci_high", Kind::Float),
    ("p_adjusted", Kind::Float),
    ("risk_ratio", Kind::Float),
    ("since", Kind::Time),
];

/// Leaves out the places whose rows have no time, and says so.
fn keep_timed(question: &mut Question, notes: &mut Vec<String>) -> Result<()> {
    let timeless: Vec<String> = question
        .places
        .iter()
        .filter(|place| place.table.roles.time.is_none())
        .map(|place| place.table.name.clone())
        .collect();
    question.places.retain(|place| place.table.roles.time.is_some());
    if question.places.is_empty() {
        return Err(Error::question("no table with errors has a time to compare by"));
    }
    if !timeless.is_empty() {
        notes.push(format!("left out, without a time: {}", name::listed(&timeless)));
    }
    Ok(())
}

/// All errors with the template of those without a code, and each code as it changed.
struct Compared {
    candidates: String,
    keys: Vec<Key>,
    pairs: Vec<Pair>,
    changes: Vec<Change>,
}

fn compared(question: &Question, windows: &Windows) -> Result<Compared> {
    // Templates are mined of both windows together; the baseline may lie before --from.
    let candidates = breakdown::numbered(question, Window::default())?;
    let errors = format!("SELECT * FROM ({candidates}) WHERE is_error");
    let (keys, pairs): (Vec<Key>, Vec<Pair>) = pairs(question, windows, &errors)?.into_iter().unzip();
    let changes = judge::judge(&pairs, windows);
    Ok(Compared { candidates, keys, pairs, changes })
}

pub fn run(mut question: Question, baseline: &str) -> Result<Answer> {
    let mut notes = std::mem::take(&mut question.notes);
    keep_timed(&mut question, &mut notes)?;
    let (windows, is_change) = match baseline {
        "auto" => auto::windows(&question)?,
        said => {
            let tables: Vec<&Table> = question.places.iter().map(|place| place.table).collect();
            (Windows::said(question.session, &tables, said, question.window)?, true)
        }
    };
    let Compared { candidates, keys, pairs, mut changes } = compared(&question, &windows)?;
    if !is_change {
        // What is new or gone is so, whether the rate changed or not.
        let may_be_chance = |change: &&mut Change| matches!(change.change, "up" | "down");
        changes.iter_mut().filter(may_be_chance).for_each(|change| change.change = "same");
    }
    notes.push(windows.shown());
    notes.extend(question.untimed()?);
    notes.extend(said(&question, &keys, &changes, is_change)?);
    let changes = question.session.engine.keep("changes", &CHANGES, &rows(&keys, &pairs, &changes))?;
    let (_, in_incident) = windows.sql();
    let incident =
        breakdown::relation(&question, &format!("SELECT * FROM ({candidates}) WHERE is_error AND {in_incident}"))?;
    super::meanings::keep(&question, &format!("({changes})"))?;
    let sql = format!(
        "WITH codes AS ({incident}), changes AS ({changes}) \
         SELECT h.code, coalesce(m.description, t.template) AS description, coalesce(c.count, 0) AS count, coalesce(c.share, 0) AS share, \
         coalesce(c.entities, 0) AS entities, first, last, level, sources, trend, example, \
         baseline_count, rate_ratio, change, ci_low, ci_high, p_adjusted, risk_ratio, since \
         FROM changes h LEFT JOIN rca_meanings m ON h.code = m.code LEFT JOIN rca_templates t ON h.number = t.number \
         LEFT JOIN codes c ON h.code IS NOT DISTINCT FROM c.code AND (h.number IS NULL OR c.description = t.template) \
         ORDER BY list_position(['new', 'up', 'gone', 'down', 'same'], change), p_adjusted > {FALSE_DISCOVERY_RATE}, count DESC, baseline_count DESC, h.code NULLS LAST, description"
    );
    Ok(Answer { notes, ..Answer::of(sql) })
}

/// What is to be known of the comparison.
fn said(question: &Question, keys: &[Key], changes: &[Change], is_change: bool) -> Result<Vec<String>> {
    if !is_change {
        return Ok(vec![
            "no moment at which rates changed beyond chance was found: what is compared are the two halves".into(),
        ]);
    }
    let mut notes = vec![format!(
        "up and down are changes of at least {RATIO_LEAST} times at a false-discovery rate of {FALSE_DISCOVERY_RATE}; ci_low and ci_high are the interval of 95 % of risk_ratio (per outcome) where there is one, else of rate_ratio (per time)"
    )];
    let first = keys
        .iter()
        .zip(changes)
        .filter(|(_, change)| change.change != "same" && change.p_adjusted <= FALSE_DISCOVERY_RATE)
        .filter_map(|(key, change)| Some((change.since?, key, change.change)))
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    if let Some((since, key, change)) = first {
        let code = match (&key.code, key.number) {
            (Some(code), _) => code.clone(),
            (None, Some(number)) => {
                let row =
                    question.session.one_row(&format!("SELECT template FROM rca_templates WHERE number = {number}"))?;
                format!("`{}`", row.first().map(Value::shown).unwrap_or_default())
            }
            (None, None) => "errors without a code".into(),
        };
        notes.push(format!("what changed first: {code} ({change}), since {}", time::rfc3339(since)));
    }
    Ok(notes)
}

fn rows(keys: &[Key], pairs: &[Pair], changes: &[Change]) -> Vec<Vec<Value>> {
    let float = |value: f64, digits: i32| {
        let scale = 10f64.powi(digits);
        if value.is_finite() { Value::Float((value * scale).round() / scale) } else { Value::Null }
    };
    let ratio = |ratio: Option<f64>| ratio.map_or(Value::Null, |ratio| float(ratio, 3));
    keys.iter()
        .zip(pairs)
        .zip(changes)
        .map(|((key, pair), change)| {
            vec![
                key.code.clone().map_or(Value::Null, Value::Text),
                key.number.map_or(Value::Null, |number| Value::Int(number.into())),
                Value::Int(pair.baseline.count.into()),
                ratio(change.rate_ratio),
                Value::Text(change.change.into()),
                float(change.interval.0, 3),
                float(change.interval.1, 3),
                Value::Float(three_digits(change.p_adjusted)),
                ratio(change.risk_ratio),
                change.since.map_or(Value::Null, Value::Time),
            ]
        })
        .collect()
}

/// A number with three digits that tell something, however small it is.
fn three_digits(number: f64) -> f64 {
    format!("{number:.2e}").parse().unwrap_or(number)
}

/// How often each code is in both windows.
fn pairs(question: &Question, windows: &Windows, errors: &str) -> Result<BTreeMap<Key, Pair>> {
    let engine = &question.session.engine;
    let (in_baseline, in_incident) = windows.sql();
    let sql = fill(
        include_str!("counts.sql"),
        &[
            ("errors", errors),
            ("in_baseline", &in_baseline),
            ("in_incident", &in_incident),
            ("parts", &PARTS.to_string()),
            ("baseline_from", &windows.baseline.from.to_string()),
            ("incident_from", &windows.incident.from.to_string()),
            ("baseline_length", &windows.baseline.length().to_string()),
            ("incident_length", &windows.incident.length().to_string()),
        ],
    );
    let outcomes = outcomes(question, windows)?;
    let mut pairs: BTreeMap<Key, Pair> = BTreeMap::new();
    let mut tables: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for row in &engine.rows(&sql)?.rows {
        let key = Key::of(row);
        let table = row[2].shown();
        let pair = pairs.entry(key.clone()).or_default();
        if outcomes.contains_key(&table) {
            let names = tables.entry(key).or_default();
            if !names.contains(&table) {
                names.push(table);
            }
        }
        let seen = if row[3] == Value::Bool(true) { &mut pair.baseline } else { &mut pair.incident };
        let count = row[5].int().unsigned_abs();
        seen.count += count;
        seen.failed += row[6].int().unsigned_abs();
        seen.parts[usize::try_from(row[4].int()).unwrap_or(0).min(PARTS - 1)] += count;
        seen.first = [seen.first, row[7].time()].into_iter().flatten().min();
        seen.last = seen.last.max(row[8].time());
        if pairs.len() > CODES_MOST {
            return Err(Error::question(format!("there are more than {CODES_MOST} different codes"))
                .hint("say where the code is: --code COLUMN"));
        }
    }
    for (key, names) in tables {
        if let Some(pair) = pairs.get_mut(&key) {
            for [before, before_passed, now, now_passed] in names.iter().filter_map(|name| outcomes.get(name)) {
                pair.baseline.outcomes += before;
                pair.baseline.passed += before_passed;
                pair.incident.outcomes += now;
                pair.incident.passed += now_passed;
            }
        }
    }
    Ok(pairs)
}

/// How many rows with a known outcome, and how many passes, each table has in the baseline and in the incident.
fn outcomes(question: &Question, windows: &Windows) -> Result<BTreeMap<String, [u64; 4]>> {
    let (in_baseline, in_incident) = windows.sql();
    let mut outcomes = BTreeMap::new();
    for place in question.places.iter().filter(|place| place.table.roles.result.is_some()) {
        let row = question.session.engine.counted(&format!(
            "SELECT count(*) FILTER (WHERE {in_baseline}), count(*) FILTER (WHERE {in_baseline} AND NOT failed), \
             count(*) FILTER (WHERE {in_incident}), count(*) FILTER (WHERE {in_incident} AND NOT failed) \
             FROM (SELECT ts, rca_failed(raw_result) AS failed FROM ({})) WHERE failed IS NOT NULL",
            question.rows_of(place, Window::default(), &[])
        ))?;
        let counts = std::array::from_fn(|at| row[at].int().unsigned_abs());
        outcomes.insert(place.table.name.clone(), counts);
    }
    Ok(outcomes)
}
