//! Where the nulls of a column are: since when, and which other columns tell them. What depends on no column may
//! still depend on the value that is not there: that cannot be told from the data.

use super::crossed::{self, Crossing};
use super::{Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Column;
use crate::model::statistics;
use crate::model::time;
use crate::session::Table;

/// Fewer nulls, or rows, tell nothing.
const NULLS_LEAST: i64 = 5;
const ROWS_LEAST: i64 = 20;

/// What is known of the rows of which `holds` is true, as text that goes on behind a finding's detail. `known` is how
/// many of them there are by the values of other columns, where that was counted already, and at which place.
///
/// # Errors
/// If the evidence cannot be read.
pub fn told(
    search: &mut Search,
    (table, column): (&Table, &Column),
    holds: &str,
    condition: &str,
    counts: (i64, i64),
    known: Option<(&[Crossing], usize)>,
) -> Result<String> {
    let (rows, nulls) = counts;
    if nulls < NULLS_LEAST || rows < ROWS_LEAST || nulls == rows {
        return Ok(String::new());
    }
    let mut told = String::new();
    let change = change(search, table, holds, condition)?;
    if let Some(change) = &change {
        told.push_str(&format!("; {change}"));
    }
    let asked = if known.is_none() { crossed::of(search, table, holds)? } else { Vec::new() };
    match dependence(column, counts, known.unwrap_or((&asked, 0))) {
        Some(depends) => told.push_str(&format!("; {depends}")),
        None if change.is_none() => told.push_str("; no other column tells where: consistent with missing at random"),
        None => {}
    }
    Ok(told)
}

/// The moment from which on the share is another, by the likelihood of two shares instead of one.
fn change(search: &mut Search, table: &Table, holds: &str, condition: &str) -> Result<Option<String>> {
    const PARTS: usize = 60;
    // Of a chi-squared of one degree, far beyond any of the sixty places by chance.
    const GAIN_LEAST: f64 = 25.0;
    const TIMES_LEAST: f64 = 3.0;
    let Some(at) = table.roles.time.as_ref().map(|name| format!("{}::TIMESTAMP", quote::name(name))) else {
        return Ok(None);
    };
    let profile = profile::of(search, table)?;
    let (Some(first), Some(last)) = (profile.first, profile.last) else { return Ok(None) };
    let width = (last - first) / PARTS as i64 + 1;
    let parts = search.session.engine.rows(&format!(
        "SELECT (epoch_us({at}) - {first}) // {width}, count(*), count(*) FILTER ({holds}), min({at}) FROM {} WHERE isfinite({at}) AND ({condition}) \
         GROUP BY 1 ORDER BY 1",
        table.sql()
    ))?;
    let parts: Vec<(f64, f64, i64)> =
        parts.rows.iter().map(|row| (row[1].int() as f64, row[2].int() as f64, row[3].int())).collect();
    let sums = |parts: &[(f64, f64, i64)]| parts.iter().fold((0.0, 0.0), |(n, k), part| (n + part.0, k + part.1));
    let likelihood = |(n, k): (f64, f64)| {
        let term = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
        term(k) + term(n - k)
    };
    let all = likelihood(sums(&parts));
    let gain = |at: &usize| 2.0 * (likelihood(sums(&parts[..*at])) + likelihood(sums(&parts[*at..])) - all);
    let Some(best) = (1..parts.len()).max_by(|a, b| gain(a).total_cmp(&gain(b))) else { return Ok(None) };
    let share = |parts: &[(f64, f64, i64)]| {
        let (n, k) = sums(parts);
        k / n.max(1.0)
    };
    let (before, after) = (share(&parts[..best]), share(&parts[best..]));
    let is_clear = gain(&best) > GAIN_LEAST && before.max(after) >= TIMES_LEAST * before.min(after);
    Ok(is_clear.then(|| {
        format!(
            "from about {} on in {} of the rows, before in {}",
            time::rfc3339(parts[best].2),
            percent(after),
            percent(before)
        )
    }))
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { "under 0.1 %".into() } else { format!("{:.1} %", share * 100.0) }
}

/// The value of another column that most of the nulls go with, if that is more than chance: by the risk ratio, with
/// the false-discovery rate kept over all values looked at.
fn dependence(column: &Column, (rows, nulls): (i64, i64), (crossings, place): (&[Crossing], usize)) -> Option<String> {
    const RATIO_LEAST: f64 = 2.0;
    const FALSE_DISCOVERY: f64 = 0.01;
    let mut looked_at: Vec<(String, i64, i64, statistics::Ratio)> = Vec::new();
    for crossing in crossings.iter().filter(|crossing| crossing.by.name != column.name) {
        for group in crossing.groups.iter().filter(|group| !group.value.is_null()) {
            let (with, both) = (group.rows, group.nulls[place]);
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
