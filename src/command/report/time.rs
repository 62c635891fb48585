//! What happened over time: events of each source, by stretches as long as they fit a page.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::Asking;
use super::taken::{Keeping, cut, few, take};
use crate::command::Ask;
use crate::command::timeline::{LEVELS, TimelineArgs};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::document::{Chart, Counts, Figure, Lane, Lanes, Part, Section};
use crate::model::duration;
use crate::model::time::{self, DAY, HOUR, MINUTE, SECOND};
use crate::model::value::Value;

/// Stretches that a chart has at most.
const BUCKETS_MAX: usize = 160;
/// Of a finer look, from which they are chosen.
const FINE_MAX: i64 = 2_000;
/// Counts kept at once: with more of them stretches become longer.
const COUNTS_MAX: usize = 50_000;
const LANES_MAX: usize = 8;

/// Each is a multiple of the one before.
const STEPS: [i64; 17] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
    28 * DAY,
    364 * DAY,
    3_640 * DAY,
];

/// The beginning of a stretch, or none of events without a time; the source; the level's place, 0 for none.
type Key = (Option<i64>, String, usize);

/// Counts by stretch, source and level, as `timeline --every` has them.
#[derive(Default)]
struct Histogram {
    step: usize,
    counts: BTreeMap<Key, u64>,
}

impl Histogram {
    fn bucket(&self, at: i64) -> i64 {
        let every = STEPS[self.step];
        // Weeks begin on Mondays.
        let origin = if every % (7 * DAY) == 0 { 4 * DAY } else { 0 };
        at.saturating_sub(origin).div_euclid(every).saturating_mul(every).saturating_add(origin)
    }

    fn add(&mut self, (at, source, level): Key, count: u64) {
        let key = (at.map(|at| self.bucket(at)), source, level);
        *self.counts.entry(key).or_default() += count;
        while self.counts.len() > COUNTS_MAX && self.step + 1 < STEPS.len() {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.step += 1;
        for ((at, source, level), count) in std::mem::take(&mut self.counts) {
            let key = (at.map(|at| self.bucket(at)), source, level);
            *self.counts.entry(key).or_default() += count;
        }
    }

    fn buckets(&self) -> Vec<i64> {
        let buckets: BTreeSet<i64> = self.counts.keys().filter_map(|(at, ..)| *at).collect();
        buckets.into_iter().collect()
    }
}

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    let mut notes = Vec::new();
    let counted = counted(asking, &mut notes)?;
    let every = duration::shown(STEPS[counted.step]);
    let command = asking.command("timeline", &["--every", &every], None);
    let buckets = counted.buckets();
    let columns = ["bucket", "source", "level", "count"].map(String::from);
    let mut keeping = Keeping::new(&columns, asking.limit);
    for ((at, source, level), count) in &counted.counts {
        keeping.add(&[
            at.map_or(Value::Null, Value::Time),
            Value::Text(source.clone()),
            level.checked_sub(1).map_or(Value::Null, |at| Value::Text(LEVELS[at].into())),
            Value::Int((*count).into()),
        ]);
    }
    let mut parts = Vec::new();
    if buckets.is_empty() {
        parts.push(Part::Text("No table of the evidence has events with a time.".into()));
    } else {
        let figure = figure(&counted, &buckets, &every, &mut notes);
        parts.push(Part::Text(figure.told.clone()));
        parts.push(Part::Figure(figure));
        let mut table = keeping.taken().table(format!("Events by stretches of {every}, source and level"), &command);
        table.is_folded = true;
        parts.push(Part::Table(table));
    }
    parts.push(Part::Notes(few(notes)));
    if !buckets.is_empty() {
        parts.push(Asking::behind(&command, sql(asking, STEPS[counted.step])?));
    }
    Ok(Section { id: "timeline", title: "What happened, over time", parts })
}

/// Counts by stretches so short as they can be for all that there are to fit the chart.
fn counted(asking: &Asking, notes: &mut Vec<String>) -> Result<Histogram> {
    const LOOKS: usize = 3;
    /// So few stretches hide what happens in them.
    const FEW: usize = 12;
    let fitting = |length: i64| STEPS.iter().position(|step| length / step <= FINE_MAX).unwrap_or(STEPS.len() - 1);
    let mut step = fitting(asking.told.ends().map_or(0, |(first, last)| last.saturating_sub(first)));
    for look in 1.. {
        let mut histogram = Histogram { step, ..Histogram::default() };
        let args = TimelineArgs {
            every: Some(duration::shown(STEPS[step])),
            common: asking.common.clone(),
            ..TimelineArgs::default()
        };
        let answer = args.run(asking.session)?;
        take(asking.session, &answer, 0, &mut |columns, row| {
            let of = |name: &str| columns.iter().position(|column| column == name).map_or(&Value::Null, |at| &row[at]);
            let at = of("bucket").time();
            let level = of("level").shown();
            let level = LEVELS.iter().position(|known| *known == level).map_or(0, |at| at + 1);
            histogram.add((at, of("source").shown(), level), of("count").int().unsigned_abs());
        })?;
        let filled = histogram.buckets().len();
        let finer = fitting((filled as i64).saturating_mul(STEPS[step]));
        // A single time far away makes all others fall together.
        if filled < FEW && finer < step && look < LOOKS {
            step = finer;
            continue;
        }
        while histogram.buckets().len() > BUCKETS_MAX && histogram.step + 1 < STEPS.len() {
            histogram.widen();
        }
        notes.extend(answer.notes);
        return Ok(histogram);
    }
    Ok(Histogram::default())
}

fn figure(counted: &Histogram, buckets: &[i64], every: &str, notes: &mut Vec<String>) -> Figure {
    let place = |at: i64| buckets.partition_point(|bucket| *bucket < at);
    let (mut warn, mut error) = (0, 0);
    let mut lanes: BTreeMap<&str, Vec<Counts>> = BTreeMap::new();
    let mut untimed = 0;
    for ((at, source, level), count) in &counted.counts {
        let Some(at) = at else {
            untimed += count;
            continue;
        };
        let lane = lanes.entry(source).or_insert_with(|| vec![Counts::default(); buckets.len()]);
        let counts = &mut lane[place(*at)];
        counts.all += count;
        match level.checked_sub(1).map(|at| LEVELS[at]) {
            Some("warn") => {
                counts.warnings += count;
                warn += count;
            }
            Some("error" | "fatal") => {
                counts.errors += count;
                error += count;
            }
            _ => {}
        }
    }
    let sum = |lane: &[Counts]| lane.iter().map(|counts| (counts.errors, counts.all)).fold((0, 0), plus);
    let all = lanes.values().map(|lane| sum(lane).1).sum::<u64>();
    let sources = lanes.len();
    let mut lanes: Vec<(&str, Vec<Counts>)> = lanes.into_iter().collect();
    if lanes.len() > LANES_MAX {
        // Those with errors, then those with most events, in the order of their names.
        lanes.sort_by_key(|(_, lane)| std::cmp::Reverse(sum(lane)));
        let left_out: Vec<String> = lanes.drain(LANES_MAX..).map(|(name, _)| name.to_string()).collect();
        notes.push(format!("without a lane of their own: {}", left_out.join(", ")));
        lanes.sort_by_key(|(name, _)| *name);
    }
    if untimed > 0 {
        notes.push(format!("{} events have no time and are not in the chart", grouped(untimed)));
    }
    let (first, last) = (buckets.first().copied().unwrap_or(0), buckets.last().copied().unwrap_or(0));
    let (of, stretches) = (if sources == 1 { "source" } else { "sources" }, buckets.len());
    let told = format!(
        "{} events of {sources} {of} between {} and {}, {} of them errors and {} warnings, in {stretches} stretches of {every} that have any.",
        grouped(all),
        time::rfc3339(first),
        time::rfc3339(last.saturating_add(STEPS[counted.step])),
        grouped(error),
        grouped(warn),
    );
    let lanes = lanes.into_iter().map(|(name, counts)| Lane { name: cut(name, 60), counts }).collect();
    let chart = Chart::Lanes(Lanes { every: STEPS[counted.step], buckets: buckets.to_vec(), lanes });
    Figure { title: "Events over time, a lane for each source".into(), told, chart }
}

fn plus(a: (u64, u64), b: (u64, u64)) -> (u64, u64) {
    (a.0 + b.0, a.1 + b.1)
}

/// The same as SQL.
fn sql(asking: &Asking, every: i64) -> Result<Option<String>> {
    // Conditions of tables and of events cannot be told apart in the view.
    if asking.common.evidence.condition.is_some() {
        return Ok(None);
    }
    let origin = if every % (7 * DAY) == 0 { "1970-01-05" } else { "1970-01-01" };
    let window = asking.window()?;
    let within = if window.is_open() { String::new() } else { format!(" WHERE {}", window.sql("ts")) };
    Ok(Some(format!(
        "SELECT time_bucket(INTERVAL {}, ts, TIMESTAMP '{origin}') AS bucket, source, level, count(*) AS count FROM events{within} GROUP BY ALL ORDER BY ALL",
        quote::text(&format!("{} seconds", every / SECOND))
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_stretches_have_what_shorter_ones_had() {
        let times: Vec<i64> = (0..40_000).map(|n| n * 7_919 * SECOND + 3).collect();
        for (step, every) in STEPS.iter().enumerate() {
            let mut fine = Histogram::default();
            let mut coarse = Histogram { step, ..Histogram::default() };
            for at in &times {
                fine.add((Some(*at), "a".into(), 0), 1);
                coarse.add((Some(*at), "a".into(), 0), 1);
            }
            (0..step).for_each(|_| fine.widen());
            assert_eq!(fine.counts, coarse.counts, "{}", duration::shown(*every));
        }
        assert!(STEPS.windows(2).all(|pair| pair[1] % pair[0] == 0));
        assert!(STEPS.iter().all(|step| duration::parse(&duration::shown(*step)) == Some(*step)));
    }
}
