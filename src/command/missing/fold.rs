//! Findings that are alike in many series as one: twelve stations that were silent from 09:54 to 10:30.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::gaps::Gap;
use super::regular::Regular;
use super::series::{self, Series};
use super::shown::Rows;
use super::walk::counter::Hole;
use super::{Finding, Kind, Track};

/// Fewer are listed one by one.
const SERIES_LEAST: usize = 3;
/// Puts together findings of one kind and table that begin and end at about the same times.
pub fn fold(findings: Vec<Finding>, regular: &[Regular]) -> Vec<Finding> {
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    let mut sorted = findings;
    sorted.sort_by(|a, b| {
        let place = |finding: &Finding| {
            (finding.kind, finding.source.clone(), finding.table_name.clone(), finding.since, finding.until)
        };
        place(a).cmp(&place(b)).then_with(|| a.series.cmp(&b.series))
    });
    for finding in sorted {
        match groups
            .iter_mut()
            .rev()
            .take(50)
            .find(|group| is_alike(&group[0], &finding) && !has_series(group, &finding))
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.into_iter().flat_map(|group| one_of(group, regular)).collect()
}

fn has_series(group: &[Finding], finding: &Finding) -> bool {
    group.iter().any(|one| one.series == finding.series)
}

/// Whether about as much is missing, and both ends are no further apart than two rows are due.
fn is_alike(a: &Finding, b: &Finding) -> bool {
    let same = a.kind == b.kind
        && matches!(a.kind, Kind::TimeGap | Kind::SequenceGap | Kind::Ended)
        && a.source == b.source
        && a.table_name == b.table_name
        && a.series.is_some()
        && b.series.is_some()
        && a.counter == b.counter;
    let (Some(since), Some(until), Some(other_since), Some(other_until)) = (a.since, a.until, b.since, b.until) else {
        return false;
    };
    let due = (until - since) / a.expected.max(1);
    let near = |a: i64, b: i64, apart: i64| (a - b).abs() <= apart;
    same && near(since, other_since, 2 * due)
        && near(until, other_until, 2 * due)
        && near(a.missing, b.missing, 1 + a.missing / 10)
}

fn one_of(group: Vec<Finding>, regular: &[Regular]) -> Vec<Finding> {
    let first = group[0].clone();
    let table = regular.iter().find(|one| first.is_of(&one.table));
    let Some(table) = table.filter(|_| group.len() >= SERIES_LEAST) else { return group };
    let labels: Vec<&str> = group.iter().filter_map(|one| one.series.as_deref()).collect();
    let tracks: Vec<Rc<Track>> = group.iter().filter_map(|one| one.track.clone()).collect();
    if tracks.len() < group.len() || tracks.iter().any(|track| !track.is_plain) {
        return group;
    }
    let Some(sql) = shown(&table.as_series(), first.kind, &labels, &tracks) else { return group };
    let sum = |of: fn(&Finding) -> i64| group.iter().map(of).sum::<i64>();
    vec![Finding {
        series: Some(named(table, &labels)),
        since: group.iter().filter_map(|one| one.since).min(),
        until: group.iter().filter_map(|one| one.until).max(),
        expected: sum(|one| one.expected),
        observed: sum(|one| one.observed),
        missing: sum(|one| one.missing),
        detail: format!("{} series alike, each about: {}", group.len(), first.detail),
        sql,
        ..first
    }]
}

/// What shows the gaps or holes of several series alike, if it shows as many as they have.
fn shown(series: &Series, kind: Kind, labels: &[&str], tracks: &[Rc<Track>]) -> Option<String> {
    let rows = Rows { series, which: series.is_one_of(labels), are_many: true, counter: None };
    let each = || labels.iter().zip(tracks);
    if kind == Kind::SequenceGap {
        let holes: Vec<Hole> = tracks.iter().flat_map(|track| track.holes.iter().copied()).collect();
        let labels: Vec<&str> = each().flat_map(|(label, track)| vec![*label; track.holes.len()]).collect();
        return Some(rows.sequence_gaps(&holes, &labels, false));
    }
    let gaps: Vec<Gap> = tracks.iter().flat_map(|track| track.gaps.iter().copied()).collect();
    let labels: Vec<&str> = each().flat_map(|(label, track)| vec![*label; track.gaps.len()]).collect();
    let (cadence, limit) = (gaps.first()?.cadence, gaps.iter().map(|gap| gap.limit).min()?);
    if gaps.iter().any(|gap| gap.part.is_some()) {
        return None;
    }
    let same = |gap: &Gap| {
        let due = |cadence: i64| (gap.step.length() as f64 / cadence as f64).round();
        due(cadence) == due(gap.cadence)
    };
    gaps.iter().all(same).then(|| rows.time_gaps(&gaps, &labels, (cadence, limit), false))
}

/// `station=ST04,ST05,ST06 sensor=temp_c`: the values of each column.
fn named(regular: &Regular, labels: &[&str]) -> String {
    const VALUES_MAX: usize = 6;
    let labels: BTreeSet<&str> = labels.iter().copied().collect();
    let of = |place: usize| {
        let mut values: Vec<&str> = regular
            .series
            .iter()
            .filter(|(label, _)| labels.contains(label.as_str()))
            .filter_map(|(_, values)| Some(series::shown(values.get(place)?.as_deref())))
            .collect();
        values.sort_unstable();
        values.dedup();
        match values.len() {
            ..=VALUES_MAX => values.join(","),
            all => format!("{},… ({all})", values[..VALUES_MAX].join(",")),
        }
    };
    let parts = regular.columns.iter().enumerate().map(|(place, column)| format!("{column}={}", of(place)));
    parts.collect::<Vec<_>>().join(" ")
}
