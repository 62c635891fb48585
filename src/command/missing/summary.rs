//! What was looked at, so that finding nothing is an answer too; and when things were missing, as a strip.

use super::finding::Counter;
use super::regular::Regular;
use super::series::Series;
use super::walk::Seen;
use super::{Finding, Kind, Search};
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::time;

/// Of which tables it can be said that nothing is missing: by all that was found, before any of it is left out.
pub fn judge(search: &mut Search) {
    let mut regular = std::mem::take(&mut search.regular);
    for regular in &mut regular {
        let has = |kind: Kind| search.findings.iter().any(|one| one.kind == kind && one.is_of(&regular.table));
        let is_hole = |one: &Finding| matches!(one.counter, Counter::Lost | Counter::Holes);
        let has_lost = search.findings.iter().any(|one| one.table() == regular.table.name && is_hole(one));
        let (gaps, holes) = (search.wants(&[Kind::TimeGap]), search.wants(&[Kind::SequenceGap]));
        // Gaps in time whose numbers are missing too are holes.
        let are_all_looked_for = gaps && (holes || regular.sequence.is_none());
        let (gap, hole) = (has(Kind::TimeGap), has(Kind::SequenceGap));
        // Of many rows that were said to be due as one, far fewer than usual are a gap too.
        let gap = gap || regular.has_many && has(Kind::VolumeDrop);
        regular.has_no_gap = are_all_looked_for && !gap && !hole && !search.filled.contains(&regular.table.name);
        regular.has_no_hole = holes && regular.sequence.is_some() && !hole && !has_lost;
    }
    search.regular = regular;
}

/// What is said of a table with a cadence.
pub fn looked_at(regular: &Regular) -> String {
    let each = match regular.cadence {
        (least, most) if most - least > least / 10 => {
            format!("{} to {}", duration::shown(least), duration::shown(most))
        }
        (least, most) => duration::shown(least + (most - least) / 2),
    };
    let found = if regular.is_said { " as said" } else { " as found" };
    let mut text = format!(
        "{}: {} series{}, {} rows, cadence {each}{found}",
        regular.table.name,
        grouped(regular.series.len().max(1) as u64),
        regular.found,
        grouped(regular.rows.unsigned_abs()),
    );
    if regular.steps < 20 {
        text.push_str(&format!(" in no more than {} steps", regular.steps));
    }
    if regular.has_no_gap {
        let but = if regular.has_pauses { " but for pauses" } else { "" };
        text.push_str(&format!(", no gap over {}{but}", duration::shown(regular.limit)));
    }
    if regular.is_coarse {
        text.push_str(&format!(
            ", where rows waver so far that what is missing in less than {} is not told",
            duration::shown(regular.limit)
        ));
    }
    if regular.has_no_hole {
        text.push_str(", no hole in the sequence");
    }
    if !regular.changed.is_empty() {
        text.push_str(&format!("; the cadence changed in {}", changed(&regular.changed)));
    }
    if !regular.irregular.is_empty() {
        text.push_str(&format!(
            "; {} without a cadence, in which gaps in time are not looked for: {}",
            count(regular.irregular.len()),
            named(&regular.irregular)
        ));
    }
    text
}

/// Which series changed their cadence, when and to which.
fn changed(series: &[(String, Vec<(i64, i64)>)]) -> String {
    const SERIES_MAX: usize = 3;
    const CHANGES_MAX: usize = 4;
    let and_more = |all: usize, most: usize| match all.saturating_sub(most) {
        0 => String::new(),
        more => format!(" and {} more", grouped(more as u64)),
    };
    let of = |(label, cadences): &(String, Vec<(i64, i64)>)| {
        let [(_, first), changes @ ..] = cadences.as_slice() else { return label.clone() };
        let each: Vec<String> = changes
            .iter()
            .take(CHANGES_MAX)
            .map(|(since, cadence)| format!("from about {} on {}", time::rfc3339(*since), duration::shown(*cadence)))
            .collect();
        let more = and_more(changes.len(), CHANGES_MAX);
        let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
        format!("{label}{}, {}{more}", duration::shown(*first), each.join(", "))
    };
    let named: Vec<String> = series.iter().take(SERIES_MAX).map(of).collect();
    format!("{} ({}{})", count(series.len()), named.join("; "), and_more(series.len(), SERIES_MAX))
}

/// That rows of these series come in bursts, and how to find what is missing if they should not.
pub fn bursts(series: &Series, seen: &[&Seen]) -> Option<String> {
    let first = seen.first()?;
    let which = if series.columns.is_empty() {
        "its rows come".into()
    } else {
        let labels: Vec<String> = seen.iter().map(|seen| seen.label.clone()).collect();
        format!("rows of {} ({}) come", count(seen.len()), named(&labels))
    };
    let every = duration::shown(first.cadence());
    Some(format!(
        "{}: {which} in bursts, every {every} within one, with silences of any length in between, which are no finding: \
         --every {every} tells what is missing if a row is always due",
        series.table.name
    ))
}

/// Which tables have no cadence, and how to say one: of each series, where a table may be of several.
pub fn unlooked(irregular: &[(String, Vec<String>)]) -> String {
    let names: Vec<&str> = irregular.iter().map(|(name, _)| name.as_str()).collect();
    let mut told = format!(
        "gaps in time are not looked for where there is no regular cadence: {}; if rows are due at one, say it with --every",
        names.join(", ")
    );
    let divided = irregular.iter().filter(|(_, columns)| !columns.is_empty());
    let columns: Vec<String> = divided.map(|(name, columns)| format!("{name} has {}", columns.join(", "))).collect();
    if !columns.is_empty() {
        told.push_str(&format!(", and what tells its series apart with --series: {}", columns.join("; ")));
    }
    told
}

/// The first of them.
fn named(labels: &[String]) -> String {
    const NAMED_MAX: usize = 3;
    let more = labels.len().saturating_sub(NAMED_MAX);
    let mut text = labels[..labels.len() - more].join(", ");
    if more > 0 {
        text.push_str(&format!(" and {} more", grouped(more as u64)));
    }
    text
}

fn count(series: usize) -> String {
    format!("{} series", grouped(series as u64))
}

/// When things were missing, of each table.
pub fn strips(findings: &[Finding]) -> Vec<String> {
    let mut tables: Vec<String> = findings.iter().map(Finding::table).collect();
    tables.sort_unstable();
    tables.dedup();
    let of = |table: String| {
        let own: Vec<&Finding> = findings.iter().filter(|one| one.table() == table).collect();
        strip(&table, &own)
    };
    tables.into_iter().filter_map(of).collect()
}

/// When rows of a table were missing, each finding spread evenly over its time.
fn strip(table: &str, findings: &[&Finding]) -> Option<String> {
    const WIDTH: usize = 48;
    const HEIGHTS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let timed: Vec<(i64, i64, i64)> = findings
        .iter()
        .filter(|one| matches!(one.kind, Kind::TimeGap | Kind::SequenceGap | Kind::Ended | Kind::VolumeDrop))
        .filter_map(|one| Some((one.since?, one.until?, one.missing)))
        .filter(|(since, until, missing)| until > since && *missing > 0)
        .collect();
    let (first, last) = (timed.iter().map(|one| one.0).min()?, timed.iter().map(|one| one.1).max()?);
    if timed.len() < 2 {
        return None;
    }
    let width = (last - first) as f64 / WIDTH as f64;
    let mut missing = [0.0_f64; WIDTH];
    for (since, until, count) in timed {
        for (place, sum) in missing.iter_mut().enumerate() {
            let from = first as f64 + place as f64 * width;
            let shared = (until as f64).min(from + width) - (since as f64).max(from);
            *sum += count as f64 * shared.max(0.0) / (until - since) as f64;
        }
    }
    let most = missing.iter().copied().fold(0.0, f64::max);
    let height = |sum: &f64| if *sum <= 0.0 { 0 } else { ((sum / most * 8.0).ceil() as usize).clamp(1, 8) };
    let strip: String = missing.iter().map(|sum| HEIGHTS[height(sum)]).collect();
    Some(format!("{table}, missing over time: {} {strip} {}", time::rfc3339(first), time::rfc3339(last)))
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::finding;
    use super::*;

    #[test]
    fn a_strip_is_high_where_most_is_missing() {
        let finding = |since: i64, until: i64, missing: i64| Finding {
            since: Some(since),
            until: Some(until),
            missing,
            ..finding(Kind::TimeGap)
        };
        let (all, much) = (finding(0, 48_000_000, 48), finding(24_000_000, 25_000_000, 100));
        let text = strip("t", &[&all, &much]).expect("a strip");
        let strip: Vec<char> = text.split(' ').nth(5).expect("the strip").chars().collect();
        assert_eq!((strip.len(), strip[0], strip[24], strip[47]), (48, '▁', '█', '▁'), "{text}");
        assert_eq!(super::strip("t", &[&all]), None);
    }
}
