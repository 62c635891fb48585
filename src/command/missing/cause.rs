//! Findings put together: what happened at the same time, what the series concerned have in common, and what the
//! other side of a link has. From that a cause is told, never surer than the evidence, with what would refute it.

use std::collections::BTreeSet;

use super::finding::Counter;
use super::link::{self, Link};
use super::shared::{self, Attribute, Together};
use super::{Finding, Kind, Search, by_key, testimony};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::time::MINUTE;
use crate::session::Table;

/// Why something is missing.
#[derive(Debug, Clone)]
pub struct Cause {
    /// `lost between agent and telemetry`
    pub what: String,
    pub sure: Sure,
    pub reasons: Vec<String>,
    /// What would refute it, if it were so.
    pub refuted: &'static str,
}

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    Possible,
    Likely,
    VeryLikely,
}

impl Sure {
    pub fn name(self) -> &'static str {
        match self {
            Sure::Possible => "possible",
            Sure::Likely => "likely",
            Sure::VeryLikely => "very likely",
        }
    }
}

impl std::fmt::Display for Cause {
    /// `cause: lost on the way (likely: in 1 of 12 series; refuted if the numbers come late)`
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let reasons = if self.reasons.is_empty() { String::new() } else { format!(": {}", self.reasons.join("; ")) };
        write!(f, "cause: {} ({}{reasons}; refuted if {})", self.what, self.sure.name(), self.refuted)
    }
}

/// Findings of one table and kind at about the same time.
struct Cluster {
    findings: Vec<usize>,
    since: i64,
    until: i64,
}

/// More clusters are not looked into, and of no more findings of a table the other side: the largest are.
const CLUSTERS_MAX: usize = 500;
const LINKS_MAX: usize = 2_000;

/// Adds to each finding what else is known of it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn explain(search: &mut Search) -> Result<()> {
    for regular in search.regular.clone() {
        let kinds = [Kind::TimeGap, Kind::SequenceGap, Kind::Ended];
        let mut clusters: Vec<Cluster> =
            kinds.into_iter().flat_map(|kind| clusters(&search.findings, &regular.table, kind)).collect();
        let missing = |cluster: &Cluster| cluster.findings.iter().map(|at| search.findings[*at].missing).sum::<i64>();
        clusters.sort_by_key(|cluster| std::cmp::Reverse(missing(cluster)));
        let count = |clusters: &[Cluster]| clusters.iter().map(|cluster| cluster.findings.len()).sum::<usize>();
        let all = count(&clusters);
        clusters.truncate(CLUSTERS_MAX);
        let looked = count(&clusters);
        if looked < all {
            search.notes.push(format!(
                "{}: causes were looked for of the {} of {} findings of which most is missing; narrow it with --from and --to \
                 for others",
                regular.table.name,
                grouped(looked as u64),
                grouped(all as u64)
            ));
        }
        let linked: Vec<usize> =
            clusters.iter().flat_map(|cluster| &cluster.findings).copied().take(LINKS_MAX).collect();
        if linked.len() < looked {
            search.notes.push(format!(
                "{}: what other tables have was looked for of the {} of {} findings of which most is missing",
                regular.table.name,
                grouped(linked.len() as u64),
                grouped(all as u64)
            ));
        }
        let mut notes = std::mem::take(&mut search.notes);
        let mut told_by_others = testimony::of(search, &regular, &linked, &mut notes)?;
        for (place, told) in by_key::of(search, &regular, &linked)? {
            let others = told_by_others.entry(place).or_default();
            // Keys tell more than clocks.
            others.retain(|one| told.iter().all(|own| own.other != one.other));
            others.extend(told);
        }
        search.notes = notes;
        let alarms = alarms(search, &regular.table, &clusters)?;
        let mut attributes: Option<Vec<Attribute>> = None;
        for (cluster, alarm) in clusters.iter().zip(&alarms) {
            let labels: BTreeSet<String> =
                cluster.findings.iter().filter_map(|index| search.findings[*index].series.clone()).collect();
            // What is known of series is only asked for where some of them are concerned and others not.
            if attributes.is_none() && labels.len() > 1 && labels.len() < regular.series.len() {
                attributes = Some(shared::attributes(search, &regular)?);
            }
            let of_cluster: Vec<&Finding> = cluster.findings.iter().map(|at| &search.findings[*at]).collect();
            let together = shared::together(attributes.as_deref().unwrap_or_default(), &regular, &of_cluster);
            for (index, together) in cluster.findings.iter().zip(&together) {
                let finding = &mut search.findings[*index];
                let others = told_by_others.get(index).map(Vec::as_slice).unwrap_or_default();
                finding.cause = Some(told(finding, together, link::of(finding, others), alarm.as_deref()));
            }
        }
    }
    Ok(())
}

/// Findings that overlap by at least half of the shorter one.
fn clusters(findings: &[Finding], table: &Table, kind: Kind) -> Vec<Cluster> {
    let mut own: Vec<usize> = (0..findings.len())
        .filter(|index| {
            let finding = &findings[*index];
            // What was told by another table has its cause already.
            finding.kind == kind && finding.is_of(table) && finding.cause.is_none()
        })
        .collect();
    own.sort_by_key(|index| (findings[*index].since, findings[*index].until));
    let mut clusters: Vec<Cluster> = Vec::new();
    for index in own {
        let (Some(since), Some(until)) = (findings[index].since, findings[index].until) else { continue };
        let fits = |cluster: &&mut Cluster| {
            let overlap = until.min(cluster.until) - since.max(cluster.since);
            2 * overlap >= (until - since).min(cluster.until - cluster.since)
        };
        match clusters.iter_mut().rev().find(fits) {
            Some(cluster) => {
                cluster.findings.push(index);
                cluster.until = cluster.until.max(until);
            }
            None => clusters.push(Cluster { findings: vec![index], since, until }),
        }
    }
    clusters
}

/// Of each cluster the log that has far more warnings and errors in that time than otherwise, if one has: each log is looked
/// at once.
fn alarms(search: &Search, table: &Table, clusters: &[Cluster]) -> Result<Vec<Option<String>>> {
    const LEAST: i64 = 5;
    const TIMES_MORE: f64 = 5.0;
    let mut loudest: Vec<Option<(f64, String)>> = clusters.iter().map(|_| None).collect();
    let windows: Vec<String> = (clusters.iter().enumerate())
        .map(|(at, cluster)| format!("({at}, {}, {})", quote::time(cluster.since), quote::time(cluster.until)))
        .collect();
    let logs = search.session.tables.iter().filter(|other| other.kind == "log" && other.name != table.name);
    for other in logs.filter(|_| !windows.is_empty()) {
        let (Some(time), Some(level)) = (&other.roles.time, &other.roles.level) else { continue };
        let time = format!("{}::TIMESTAMP", quote::name(time));
        let alarming = format!(
            "SELECT {time} AS t FROM {} WHERE {} IN ('warn', 'error', 'fatal') AND isfinite({time})",
            other.sql(),
            quote::name(level)
        );
        search.session.engine.keep_found("rca_alarming", &alarming)?;
        let row =
            search.session.engine.counted("SELECT count(*), epoch_us(max(t)) - epoch_us(min(t)) FROM rca_alarming")?;
        let (all, span) = (row[0].int(), row[1].int());
        let counted = search.session.engine.counted_by(&format!(
            "SELECT place, count(*) FROM (VALUES {}) AS cluster (place, since, until) JOIN rca_alarming ON t >= since AND t <= until \
             GROUP BY place",
            windows.join(", ")
        ))?;
        for row in counted {
            let Some((at, cluster)) = usize::try_from(row[0].int()).ok().and_then(|at| Some((at, clusters.get(at)?)))
            else {
                continue;
            };
            let count = row[1].int();
            let length = (cluster.until - cluster.since).max(1);
            let per_minute = |count: i64, length: i64| count as f64 / (length.max(1) as f64 / MINUTE as f64);
            let (during, otherwise) = (per_minute(count, length), per_minute(all - count, (span - length).max(MINUTE)));
            let is_louder = loudest[at].as_ref().is_none_or(|(most, _)| during > *most);
            if count >= LEAST && during >= TIMES_MORE * otherwise && is_louder {
                let text = format!(
                    "{} has {} warnings and errors in that time, {during:.1} a minute against {otherwise:.1} otherwise",
                    other.name,
                    grouped(count.unsigned_abs())
                );
                loudest[at] = Some((during, text));
            }
        }
    }
    Ok(loudest.into_iter().map(|loudest| loudest.map(|(_, text)| text)).collect())
}

fn told(finding: &Finding, together: &Together, link: Link, alarm: Option<&str>) -> Cause {
    let alone = match (&finding.kind, finding.counter) {
        (Kind::SequenceGap, _) => "lost on the way".to_string(),
        (Kind::TimeGap, Counter::GoesOn) => "the producer was silent".into(),
        (Kind::TimeGap, Counter::BeginsAnew) => "the producer began anew, or its counter rolled over".into(),
        (Kind::TimeGap, Counter::Lost) => "lost on the way".into(),
        (Kind::TimeGap, Counter::Holes) => "the producer was silent and rows were lost".into(),
        _ => "the producer was silent, or its rows were lost".into(),
    };
    let mut refuted = match finding.kind {
        Kind::SequenceGap => "the numbers come late",
        _ => "rows of that time come late",
    };
    // Numbers that go on without a hole were not lost on the way, whatever other tables have by their clocks.
    let goes_on = finding.kind == Kind::TimeGap && finding.counter == Counter::GoesOn;
    let contradicts = goes_on && link.cause.is_some() && !link.is_by_key;
    let what = if contradicts { alone } else { link.cause.unwrap_or(alone) };
    let (mut reasons, is_linked) = (link.reasons, link.is_sure && !contradicts);
    match finding.counter {
        Counter::GoesOn if goes_on => {
            let told = match (contradicts, link.is_by_key) {
                (true, _) => "yet sequence numbers go on without a hole: the clocks may be apart",
                (_, true) => "sequence numbers go on without a hole, as those do that rows are given where they arrive",
                _ => "sequence numbers go on without a hole",
            };
            reasons.push(told.into());
        }
        Counter::Lost => reasons.push("the numbers of these rows are missing too".into()),
        Counter::BeginsAnew => reasons.push("sequence numbers begin anew behind it".into()),
        _ => {}
    }
    if let Some(shared) = &together.shared {
        reasons.push(format!("over the same time in {shared}"));
        refuted = "series that do not share that are concerned too";
    } else if together.concerned > 1 && !together.is_at_once {
        reasons.push(format!("in {} of {} series, not all at once", together.concerned, together.all));
    } else if together.concerned > 1 {
        reasons.push(format!("over the same time in {} of {} series", together.concerned, together.all));
    } else if together.all > 1 {
        reasons.push(format!("in 1 of {} series", grouped(together.all as u64)));
    }
    reasons.extend(alarm.map(str::to_string));
    let sure = match (is_linked, reasons.len()) {
        _ if contradicts => Sure::Possible,
        (true, 2..) => Sure::VeryLikely,
        (true, _) | (_, 2..) => Sure::Likely,
        _ => Sure::Possible,
    };
    Cause { what, sure, reasons, refuted }
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::finding;
    use super::*;

    #[test]
    fn a_cause_is_no_surer_than_its_evidence() {
        let alone = Together { concerned: 1, all: 1, is_at_once: true, shared: None };
        let text = told(&finding(Kind::TimeGap), &alone, Link::default(), None).to_string();
        assert_eq!(
            text,
            "cause: the producer was silent, or its rows were lost (possible; refuted if rows of that time come late)"
        );
        let link = |cause: Option<&str>, reason: &str| Link {
            cause: cause.map(str::to_string),
            reasons: vec![reason.to_string()],
            is_sure: true,
            is_by_key: false,
        };
        let text = told(
            &finding(Kind::SequenceGap),
            &Together { concerned: 1, all: 12, is_at_once: true, shared: None },
            link(Some("lost between agent and telemetry"), "agent has all 10 of them"),
            None,
        )
        .to_string();
        assert!(
            text.starts_with(
                "cause: lost between agent and telemetry (very likely: agent has all 10 of them; in 1 of 12 series"
            ),
            "{text}"
        );
        let silent = Finding { counter: Counter::GoesOn, ..finding(Kind::TimeGap) };
        let text = told(&silent, &alone, link(None, "agent has no row in that time either"), None).to_string();
        assert!(
            text.contains(
                "the producer was silent (very likely: agent has no row in that time either; sequence numbers go on"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_only_reads_like_a_cause_is_none() {
        let detail = "`expect` names line=a; cause: rain (likely, and it has no row";
        let named = Finding { detail: detail.into(), ..finding(Kind::TimeGap) };
        assert_eq!((named.likely(), named.said().as_str()), (None, detail));
        let alone = Together { concerned: 1, all: 1, is_at_once: true, shared: None };
        let cause = Some(told(&named, &alone, Link::default(), None));
        let named = Finding { cause, ..named };
        assert_eq!(named.likely(), Some(("the producer was silent, or its rows were lost", "possible")));
        assert!(named.said().starts_with(&format!("{detail}; cause: the producer was silent, or")), "{}", named.said());
    }
}
