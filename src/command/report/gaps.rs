//! What is missing: the findings, when they were, and the largest of them with its cause.

use std::collections::{BTreeMap, BTreeSet};

use super::asking::Asking;
use super::sentences::Largest;
use super::taken::{Keeping, cut, few, take};
use crate::command::missing::{Finding, Kind, MissingArgs};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::document::{Chart, Figure, Part, Section, Strips};
use crate::model::figure::plural;
use crate::model::time;
use crate::model::value::Value;

/// Stretches of a strip, and strips.
const CELLS: usize = 72;
const STRIPS_MAX: usize = 16;

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    let args = MissingArgs { common: asking.common.clone(), ..MissingArgs::default() };
    let searched = args.search(asking.session)?;
    let answer = searched.answer(asking.session)?;
    let taken = take(asking.session, &answer, asking.limit, &mut |_, _| {})?;
    let command = asking.command("missing", &[], None);
    asking.told.findings = taken.count;
    asking.told.nulls = searched.findings.iter().filter(|finding| finding.kind == Kind::NullRate).count() as u64;
    asking.told.found += taken.count;
    asking.told.series = searched.regular.iter().map(|regular| regular.series.len().max(1) as u64).sum();
    asking.told.keys = searched.compared as u64;
    asking.told.largest = largest(&searched.single);
    let mut parts = Vec::new();
    if taken.count == 0 {
        parts.push(Part::Text(format!(
            "Nothing was found missing. Looked at: {} series with a regular cadence, the columns of {}, and {}.",
            grouped(asking.told.series),
            plural(searched.tables.len() as u64, "table"),
            match asking.told.keys {
                0 => "no keys".into(),
                pairs => format!("{} of keys", plural(pairs, "comparison")),
            }
        )));
    } else {
        // Rows and keys come before nulls, whatever their numbers.
        let order = match asking.told.nulls {
            nulls if nulls == 0 || nulls == taken.count => "those with most missing first",
            _ => "those with most missing first, and of nulls in columns last",
        };
        parts.push(Part::Text(format!(
            "{}, {order}. A cause is a reading of the evidence, and each says what would refute it.",
            plural(taken.count, "finding")
        )));
        let mut notes = Vec::new();
        if let Some((figure, drawn)) = figure(&searched.single, asking, &mut notes) {
            parts.push(Part::Text(figure.told.clone()));
            parts.push(Part::Figure(figure));
            let columns = ["kind", "table_name", "series", "since", "until", "expected", "missing", "share"];
            let mut keeping = Keeping::new(&columns.map(String::from), asking.limit);
            drawn.iter().for_each(|finding| keeping.add(&figures(finding)));
            let mut table =
                keeping.taken().table("What the strips are drawn from, a finding of one series each", &command);
            table.is_folded = true;
            parts.push(Part::Table(table));
            parts.push(Part::Notes(few(notes)));
        }
        parts.push(Part::Table(taken.without(&["duration_s", "observed"]).table("Findings", &command)));
    }
    parts.push(Part::Notes(few(answer.notes)));
    parts.push(Asking::behind(&command, None));
    Ok(Section { id: "missing", title: "What is missing", parts })
}

fn figures(finding: &Finding) -> Vec<Value> {
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    let time = |at: Option<i64>| at.map_or(Value::Null, Value::Time);
    vec![
        Value::Text(finding.kind.name()),
        Value::Text(finding.table()),
        text(&finding.series),
        time(finding.since),
        time(finding.until),
        Value::Int(finding.expected.into()),
        Value::Int(finding.missing.into()),
        Value::Float(finding.share()),
    ]
}

/// Rows that were due and are not there, at a known time.
fn timed(finding: &Finding) -> Option<(i64, i64)> {
    let is_of_rows =
        matches!(finding.kind, Kind::TimeGap | Kind::SequenceGap | Kind::Ended | Kind::VolumeDrop | Kind::NullRate);
    let (since, until) = finding.since.zip(finding.until)?;
    (is_of_rows && until > since && finding.missing > 0 && finding.expected > 0).then_some((since, until))
}

/// A strip for each series: which share of its rows is missing, by stretches of the time of its table.
fn figure<'a>(single: &'a [Finding], asking: &Asking, notes: &mut Vec<String>) -> Option<(Figure, Vec<&'a Finding>)> {
    let mut series: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in single.iter().filter(|finding| timed(finding).is_some()) {
        let column = finding.column_name.as_ref().filter(|_| finding.kind == Kind::NullRate);
        let parts = [Some(finding.table()), finding.series.clone(), column.cloned()];
        series.entry(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).or_default().push(finding);
    }
    let missing = |findings: &[&Finding]| findings.iter().map(|finding| finding.missing).sum::<i64>();
    let all = series.len();
    let mut series: Vec<(String, Vec<&Finding>)> = series.into_iter().collect();
    series.sort_by_key(|(name, findings)| (std::cmp::Reverse(missing(findings)), name.clone()));
    series.truncate(STRIPS_MAX);
    if all > series.len() {
        notes.push(format!(
            "the strips are of the {} series with most rows missing, of {}",
            series.len(),
            grouped(all as u64)
        ));
    }
    series.sort_by(|a, b| a.0.cmp(&b.0));
    let drawn: Vec<&Finding> = series.iter().flat_map(|(_, findings)| findings.iter().copied()).collect();
    let (from, to) = ends(&drawn, asking)?;
    let strips: Vec<(String, Vec<f64>)> =
        series.iter().map(|(name, findings)| (cut(name, 80), strip(&shares(findings), from, to))).collect();
    let worst = series.iter().max_by_key(|(_, findings)| missing(findings))?;
    let told = format!(
        "Rows missing of {} series from {} to {}: {} of {} due while they were missing; most of {}, {}. Each finding is spread evenly over its time.",
        series.len(),
        time::rfc3339(from),
        time::rfc3339(to),
        grouped(missing(&drawn).unsigned_abs()),
        grouped(drawn.iter().map(|finding| finding.expected).sum::<i64>().unsigned_abs()),
        cut(&worst.0, 80),
        grouped(missing(&worst.1).unsigned_abs()),
    );
    let title = "Share of the rows due that is missing, by series over time".into();
    Some((Figure { title, told, chart: Chart::Strips(Strips { from, to, strips }) }, drawn))
}

fn shares(findings: &[&Finding]) -> Vec<(i64, i64, f64)> {
    let of = |finding: &&Finding| {
        let (since, until) = timed(finding)?;
        Some((since, until, finding.missing as f64 / finding.expected as f64))
    };
    findings.iter().filter_map(of).collect()
}

/// The time that is drawn: of the tables concerned, or of what is missing with some time around it, where that is so
/// short that nothing could be seen.
fn ends(drawn: &[&Finding], asking: &Asking) -> Option<(i64, i64)> {
    const SHARE_LEAST: i64 = 20;
    let own = drawn.iter().filter_map(|finding| timed(finding));
    let (since, until) = own.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let tables: BTreeSet<String> = drawn.iter().map(|finding| finding.table()).collect();
    let spans = asking.told.spans.iter().filter(|span| tables.contains(&span.table));
    let (first, last) = spans.fold((since, until), |(from, to), span| (from.min(span.first), to.max(span.last)));
    let length = until.saturating_sub(since);
    if last.saturating_sub(first) / SHARE_LEAST <= length {
        return Some((first, last));
    }
    Some((first.max(since.saturating_sub(length)), last.min(until.saturating_add(length)))).filter(|(a, b)| a < b)
}

/// The share missing by stretches, of findings with their times and the share that is missing in them.
fn strip(findings: &[(i64, i64, f64)], from: i64, to: i64) -> Vec<f64> {
    let width = to.saturating_sub(from).max(1) as f64 / CELLS as f64;
    let mut cells = vec![0.0_f64; CELLS];
    for (since, until, share) in findings {
        for (at, cell) in cells.iter_mut().enumerate() {
            let begin = from as f64 + at as f64 * width;
            let shared = (*until as f64).min(begin + width) - (*since as f64).max(begin);
            *cell += share.min(1.0) * (shared / width).max(0.0);
        }
    }
    cells.iter().map(|cell| cell.min(1.0)).collect()
}

/// What most is missing by one cause: findings of one kind and table whose times overlap.
fn largest(single: &[Finding]) -> Option<Largest> {
    // Values that are null are often meant so: they are told where nothing else is missing.
    let rows: Vec<&Finding> = single.iter().filter(|finding| finding.kind != Kind::NullRate).collect();
    let considered = if rows.is_empty() { single.iter().collect() } else { rows };
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut sorted = considered;
    sorted.sort_by_key(|finding| finding.since);
    for finding in sorted {
        let is_same = |group: &&mut Vec<&Finding>| {
            let first = group[0];
            let until = group.iter().filter_map(|one| one.until).max();
            let overlaps = finding.since.zip(until).is_some_and(|(since, until)| since < until);
            overlaps
                && first.kind == finding.kind
                && first.table() == finding.table()
                && first.likely() == finding.likely()
        };
        match groups.iter_mut().find(is_same).filter(|_| finding.series.is_some() && timed(finding).is_some()) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let missing = |group: &Vec<&Finding>| group.iter().map(|finding| finding.missing).sum::<i64>();
    let place = |group: &Vec<&Finding>| {
        let first = group[0];
        let names = (first.table(), first.series.clone(), first.column_name.clone());
        (std::cmp::Reverse(missing(group)), first.kind, names, first.since)
    };
    let group = groups.iter().min_by_key(|group| place(group))?;
    let most = missing(group);
    let first = group[0];
    let series: BTreeSet<&str> = group.iter().filter_map(|finding| finding.series.as_deref()).collect();
    Some(Largest {
        kind: first.kind.name(),
        table: first.table(),
        column: first.column_name.clone(),
        series: series.iter().next().map(|label| cut(label, 120)),
        count: series.len() as u64,
        since: group.iter().filter_map(|finding| finding.since).min(),
        until: group.iter().filter_map(|finding| finding.until).max(),
        missing: most.unsigned_abs(),
        expected: group.iter().map(|finding| finding.expected).sum::<i64>().unsigned_abs(),
        is_of_rows: timed(first).is_some() || first.kind == Kind::NeverSeen,
        detail: cut(first.detail.split("; ").next().unwrap_or_default(), 300),
        cause: first.likely().map(|(cause, sure)| (cut(cause, 200), sure.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::SECOND;

    #[test]
    fn a_strip_is_full_where_all_rows_are_missing() {
        let hour = 3_600 * SECOND;
        let half = strip(&[(18 * hour, 36 * hour, 0.5)], 0, 72 * hour);
        assert_eq!((half[17], half[18], half[35], half[36]), (0.0, 0.5, 0.5, 0.0));
        let short = strip(&[(18 * hour, 18 * hour + hour / 2, 1.0)], 0, 72 * hour);
        assert_eq!((short[17], short[18], short[19]), (0.0, 0.5, 0.0), "half of the hour");
        let twice = strip(&[(0, 72 * hour, 0.75), (0, 36 * hour, 0.75)], 0, 72 * hour);
        assert_eq!((twice[0], twice[71]), (1.0, 0.75), "no more than all");
    }
}
