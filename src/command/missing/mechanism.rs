//! What is told by where rows are that lack something: since when, and which other columns tell them. What depends on no
//! column may still depend on the value that is not there: that cannot be told from the data. Columns of many values are
//! not asked.

use super::spread::{Lack, PARTS, Part, Spread};
use crate::model::statistics;
use crate::model::time;

/// Fewer nulls, or rows, tell nothing.
const NULLS_LEAST: i64 = 5;
const ROWS_LEAST: i64 = 20;

/// What is known of the lack at a place of the spread, of a table of so many rows, as text that goes on behind a
/// finding's detail.
pub fn told(spread: &Spread, (lack, place): (&Lack, usize), rows: i64) -> String {
    if lack.rows < NULLS_LEAST || rows < ROWS_LEAST || lack.rows == rows {
        return String::new();
    }
    match (change(&spread.by_time, place), dependence(spread, (lack, place), rows)) {
        (None, None) => nowhere(spread, lack),
        told => [told.0, told.1].into_iter().flatten().map(|told| format!("; {told}")).collect(),
    }
}

/// That nothing which was asked tells where; columns of numbers and of many values were not.
fn nowhere(spread: &Spread, lack: &Lack) -> String {
    let asked = spread.by_value.iter().filter(|crossing| crossing.by.name != lack.column.name).count();
    let time = if spread.by_time.is_empty() { "" } else { ", nor does the time" };
    match asked {
        0 if spread.by_time.is_empty() => {
            "; there is no time and no other column of few values that could tell where".into()
        }
        0 => "; the time does not tell where, and there is no other column of few values".into(),
        1 => format!("; the other column of few values does not tell where{time}"),
        _ => format!("; none of the {asked} other columns of few values tells where{time}"),
    }
}

/// Whether the lack is clearly more frequent in the last third of the table's time than in the first.
pub fn rises(spread: &Spread, place: usize) -> bool {
    const MORE: f64 = 0.3;
    let share = |is_in: &dyn Fn(i64) -> bool| {
        let (rows, lacking) = sums(spread.by_time.iter().filter(|part| is_in(part.number)), place);
        (rows > 0.0).then_some(lacking / rows)
    };
    let (first, last) = (share(&|part| part < PARTS / 3), share(&|part| part >= PARTS - PARTS / 3));
    first.zip(last).is_some_and(|(first, last)| last - first > MORE)
}

/// Rows, and how many of them have the lack.
fn sums<'a>(parts: impl IntoIterator<Item = &'a Part>, place: usize) -> (f64, f64) {
    let one = |(rows, lacking), part: &Part| (rows + part.rows as f64, lacking + part.lacking[place] as f64);
    parts.into_iter().fold((0.0, 0.0), one)
}

/// The moment from which on the share is another, by the likelihood of two shares instead of one.
fn change(parts: &[Part], place: usize) -> Option<String> {
    // Of a chi-squared of one degree, far beyond any of the sixty places by chance.
    const GAIN_LEAST: f64 = 25.0;
    const TIMES_LEAST: f64 = 3.0;
    let sums = |parts: &[Part]| sums(parts, place);
    let likelihood = |(n, k): (f64, f64)| {
        let term = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
        term(k) + term(n - k)
    };
    let all = likelihood(sums(parts));
    let gain = |at: &usize| 2.0 * (likelihood(sums(&parts[..*at])) + likelihood(sums(&parts[*at..])) - all);
    let best = (1..parts.len()).max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let share = |parts: &[Part]| {
        let (n, k) = sums(parts);
        k / n.max(1.0)
    };
    let (before, after) = (share(&parts[..best]), share(&parts[best..]));
    let is_clear = gain(&best) > GAIN_LEAST && before.max(after) >= TIMES_LEAST * before.min(after);
    is_clear.then(|| {
        format!(
            "from about {} on in {} of the rows, before in {}",
            time::rfc3339(parts[best].first),
            percent(after),
            percent(before)
        )
    })
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { "under 0.1 %".into() } else { format!("{:.1} %", share * 100.0) }
}

/// The value of another column that most of the nulls go with, if that is more than chance: by the risk ratio, with
/// the false-discovery rate kept over all values looked at.
fn dependence(spread: &Spread, (lack, place): (&Lack, usize), rows: i64) -> Option<String> {
    const RATIO_LEAST: f64 = 2.0;
    const FALSE_DISCOVERY: f64 = 0.01;
    let mut looked_at: Vec<(String, i64, i64, statistics::Ratio)> = Vec::new();
    let nulls = lack.rows;
    for crossing in spread.by_value.iter().filter(|crossing| crossing.by.name != lack.column.name) {
        for group in crossing.groups.iter().filter(|group| !group.value.is_null()) {
            let (with, both) = (group.rows, group.lacking[place]);
            let ratio = statistics::risk_ratio(both as f64, with as f64, (nulls - both) as f64, (rows - with) as f64);
            looked_at.push((format!("{}={}", crossing.by.name, group.value.shown()), with, both, ratio));
        }
    }
    let adjusted = statistics::adjusted(&looked_at.iter().map(|one| one.3.p).collect::<Vec<_>>());
    let found = looked_at
        .iter()
        .zip(adjusted)
        .filter(|((_, _, both, ratio), q)| *q <= FALSE_DISCOVERY && ratio.ratio >= RATIO_LEAST && *both >= NULLS_LEAST)
        .map(|(one, _)| one)
        .max_by(|a, b| a.2.cmp(&b.2).then(a.3.low.total_cmp(&b.3.low)).then(b.0.cmp(&a.0)));
    found.map(|(label, with, both, ratio)| {
        format!(
            "depends on {label}: {} there, {} elsewhere (risk ratio {:.1}, 95 % interval {:.1} to {:.1})",
            percent(*both as f64 / *with as f64),
            percent((nulls - both) as f64 / (rows - with).max(1) as f64),
            ratio.ratio,
            ratio.low,
            ratio.high
        )
    })
}
