//! Findings put together: what happened at the same time, what the series concerned have in common, and what the
//! other side of a link has. From that each is told its cause.

use std::collections::{BTreeSet, HashMap};

use super::cause::Cause;
use super::in_common::{self, Attribute};
use super::lost_between;
use super::regular::Regular;
use super::testimony::Testimony;
use super::{Finding, Kind, Search, alarms, by_key, testimony};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::session::Table;

/// Findings of one table and kind at about the same time.
pub struct Cluster {
    /// Their places.
    findings: Vec<usize>,
    pub since: i64,
    pub until: i64,
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
        let heard = heard(search, &regular, &clusters, all)?;
        let alarms = alarms::of(search, &regular.table, &clusters)?;
        let mut attributes: Option<Vec<Attribute>> = None;
        for (cluster, alarm) in clusters.iter().zip(&alarms) {
            let labels: BTreeSet<String> =
                cluster.findings.iter().filter_map(|index| search.findings[*index].series.clone()).collect();
            // What is known of series is only asked for where some of them are concerned and others not.
            if attributes.is_none() && labels.len() > 1 && labels.len() < regular.series.len() {
                attributes = Some(in_common::attributes(search, &regular)?);
            }
            let of_cluster: Vec<&Finding> = cluster.findings.iter().map(|at| &search.findings[*at]).collect();
            let together = in_common::together(attributes.as_deref().unwrap_or_default(), &regular, &of_cluster);
            for (index, together) in cluster.findings.iter().zip(&together) {
                let finding = &mut search.findings[*index];
                let others = heard.get(index).map(Vec::as_slice).unwrap_or_default();
                finding.cause = Some(Cause::of(finding, together, lost_between::of(finding, others), alarm.as_deref()));
            }
        }
    }
    Ok(())
}

/// What other tables tell of the findings of these clusters, by the findings' places.
fn heard(
    search: &mut Search,
    regular: &Regular,
    clusters: &[Cluster],
    all: usize,
) -> Result<HashMap<usize, Vec<Testimony>>> {
    let linked: Vec<usize> = clusters.iter().flat_map(|cluster| &cluster.findings).copied().take(LINKS_MAX).collect();
    if linked.len() < clusters.iter().map(|cluster| cluster.findings.len()).sum() {
        search.notes.push(format!(
            "{}: what other tables have was looked for of the {} of {} findings of which most is missing",
            regular.table.name,
            grouped(linked.len() as u64),
            grouped(all as u64)
        ));
    }
    let mut notes = std::mem::take(&mut search.notes);
    let mut heard = testimony::of(search, regular, &linked, &mut notes)?;
    for (place, told) in by_key::of(search, regular, &linked)? {
        let others = heard.entry(place).or_default();
        // Keys tell more than clocks.
        others.retain(|one| told.iter().all(|own| own.other != one.other));
        others.extend(told);
    }
    search.notes = notes;
    Ok(heard)
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
