//! `gaps`: how much `rca missing` finds missing of a table, of one of its series, of some kinds.

use clap::ValueEnum;

use super::asking::{Asking, plural};
use super::said::Check;
use super::{Kind, Verdict};
use crate::command::missing::{self, Finding, Searched};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::name;
use crate::model::time;
use crate::session::Table;

pub type Missing = missing::Kind;

pub const KIND: Kind = Kind {
    key: "gaps",
    needs: &["table"],
    takes: &["series", "kinds", "where", "from", "to"],
    valid: |check| {
        if check.gaps < 0 {
            return Err(
                Error::question("`gaps` takes the number of missing rows that are allowed").hint("write gaps = 0")
            );
        }
        kinds(check).map(drop)
    },
    is_analysis: true,
    ask,
    name: |check| {
        let series = check.series.as_ref().map_or_else(String::new, |series| format!(" {series}"));
        let kinds = if check.kinds.is_empty() { "gaps".into() } else { check.kinds.join(", ") };
        format!("{}{series} {kinds}", check.table.as_deref().unwrap_or_default())
    },
};

/// Where rows of a series are missing.
const USUAL: [Missing; 5] =
    [Missing::TimeGap, Missing::SequenceGap, Missing::Ended, Missing::NeverSeen, Missing::VolumeDrop];

fn kinds(check: &Check) -> Result<Vec<Missing>> {
    if check.kinds.is_empty() {
        return Ok(USUAL.to_vec());
    }
    let known: Vec<String> = Missing::value_variants().iter().map(|kind| kind.name()).collect();
    let one = |text: &String| {
        Missing::value_variants().iter().copied().find(|kind| kind.name() == *text).ok_or_else(|| {
            let near = name::nearest(text, known.iter().map(String::as_str));
            Error::question(format!("`kinds` has `{text}`, which is no kind of finding"))
                .near_or(&near, format!("kinds are {}", name::listed(&known)))
        })
    };
    check.kinds.iter().map(one).collect()
}

/// How much a finding is: rows missing, else rows too many; of rows that are there and late, or the like, just one.
pub fn figure(finding: &Finding) -> i64 {
    figure_of(finding.expected, finding.observed, finding.missing)
}

pub fn figure_of(expected: i64, observed: i64, missing: i64) -> i64 {
    match (missing, observed - expected) {
        (missing, _) if missing > 0 => missing,
        (_, surplus) if surplus > 0 => surplus,
        _ => 1,
    }
}

/// What the figure of a finding of this kind counts.
pub fn unit(kind: Missing) -> &'static str {
    match kind {
        Missing::Duplicate => "rows too many",
        Missing::Late => "series with late rows",
        _ => "missing",
    }
}

/// `3 missing, 2 rows too many`: what is found of these kinds.
fn figures(kinds: &[Missing], findings: &[&Finding]) -> String {
    let of = |unit: &str| {
        let own = findings.iter().filter(|finding| self::unit(finding.kind) == unit);
        format!("{} {unit}", own.map(|finding| figure(finding)).sum::<i64>())
    };
    units(kinds).into_iter().map(of).collect::<Vec<_>>().join(", ")
}

fn units(kinds: &[Missing]) -> Vec<&'static str> {
    let mut units: Vec<&str> = kinds.iter().map(|kind| unit(*kind)).collect();
    units.sort_unstable();
    units.dedup();
    units
}

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let (table, kinds) = (asking.table(check)?, kinds(check)?);
    let rows = asking.rows(check, table, &[])?;
    let searched = asking.searched(check)?;
    let is_meant = |finding: &&Finding| {
        finding.table() == table.name
            && kinds.contains(&finding.kind)
            && check
                .series
                .as_ref()
                .is_none_or(|series| finding.series.as_ref().is_some_and(|own| asking.session.is_said(own, series)))
    };
    let findings: Vec<&Finding> = searched.single.iter().filter(is_meant).collect();
    if findings.is_empty() {
        let (is_usual, series) = (check.kinds.is_empty(), check.series.as_deref());
        is_looked_for(asking, table, &kinds, is_usual, series, &searched)?;
    }
    let missing: i64 = findings.iter().map(|finding| figure(finding)).sum();
    let detail = match findings.len() {
        0 => format!("nothing of {} was found in {}{}", listed(&kinds), table.name, looked_at(table, &searched)),
        count => format!("{}: {}", plural(count as i64, "finding"), offenders(&findings)),
    };
    Ok(Verdict {
        holds: missing <= check.gaps,
        expected: match (check.gaps, units(&kinds).join(" or ")) {
            (0, units) => format!("0 {units}"),
            (most, units) => format!("at most {most} {units}"),
        },
        observed: figures(&kinds, &findings),
        detail,
        sql: shown(asking, &findings)?.unwrap_or_else(|| format!("SELECT count(*) AS rows{rows}")),
    })
}

fn listed(kinds: &[Missing]) -> String {
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

/// Finding nothing counts only where the search could have found something. `is_usual` is whether nobody named the kinds.
///
/// # Errors
/// If it could not.
pub fn is_looked_for(
    asking: &Asking,
    table: &Table,
    kinds: &[Missing],
    is_usual: bool,
    series: Option<&str>,
    searched: &Searched,
) -> Result<()> {
    if !searched.tables.contains(&table.name) {
        return Err(Error::question(format!("the condition does not fit `{}`", table.name)));
    }
    let regular = searched.regular.iter().find(|regular| regular.table.name == table.name);
    let walked = searched.walked.iter().find(|walked| walked.table == table.name);
    let is_numbered = walked.is_some_and(|walked| walked.is_numbered);
    let is_looked_for = |kind: &Missing| match kind {
        Missing::TimeGap | Missing::Ended | Missing::Late => regular.is_some(),
        Missing::SequenceGap => is_numbered,
        Missing::Duplicate | Missing::Flatline => table.roles.time.is_some(),
        Missing::VolumeDrop => table.roles.time.is_some() && regular.is_none_or(|regular| regular.has_many),
        Missing::NullRate | Missing::AbsentKey | Missing::NeverSeen => true,
    };
    let lacks: Vec<Missing> = match is_usual {
        // Of the usual kinds it is enough that gaps or holes can be told.
        true if regular.is_some() || is_numbered => Vec::new(),
        true => vec![Missing::TimeGap, Missing::SequenceGap],
        false => kinds.iter().copied().filter(|kind| !is_looked_for(kind)).collect(),
    };
    if !lacks.is_empty() {
        return Err(Error::question(format!(
            "{} of `{}` is not looked for: it has {}",
            listed(&lacks),
            table.name,
            if lacks.contains(&Missing::VolumeDrop) {
                "no time, or a cadence"
            } else {
                "no regular cadence or no counter"
            }
        ))
        .hint(format!("say what it has: --set sources.{}.every=30s, or .sequence=COLUMN", table.source)));
    }
    let labels: Vec<&str> = walked.map(|walked| walked.labels.iter().map(String::as_str).collect()).unwrap_or_default();
    let is_said = |label: &str, said: &str| asking.session.is_said(label, said);
    let by_time = |kind: &Missing| matches!(kind, Missing::TimeGap | Missing::Ended | Missing::Late);
    match series {
        Some(series)
            if kinds.iter().all(by_time)
                && regular.is_some_and(|regular| regular.irregular.iter().any(|label| is_said(label, series))) =>
        {
            Err(Error::question(format!(
                "series `{series}` of `{}` has no regular cadence to be judged by",
                table.name
            )))
        }
        Some(series) if !labels.iter().any(|label| is_said(label, series)) => {
            let near = name::nearest(series, labels.iter().copied());
            let error = Error::question(format!("`{}` has no series `{series}`", table.name));
            Err(if near.is_empty() { error } else { error.hint(format!("there is {}", name::listed(&near))) })
        }
        _ => Ok(()),
    }
}

/// How much was looked at, so that finding nothing is an answer.
fn looked_at(table: &Table, searched: &Searched) -> String {
    let Some(regular) = searched.regular.iter().find(|regular| regular.table.name == table.name) else {
        return String::new();
    };
    let irregular = match regular.irregular.len() {
        0 => String::new(),
        without => format!(", {without} of them without a cadence and so not judged by time"),
    };
    format!(" ({} rows of {} series{irregular})", regular.rows, regular.series.len())
}

fn offenders(findings: &[&Finding]) -> String {
    const NAMED: usize = 3;
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|finding| std::cmp::Reverse(figure(finding)));
    let one = |finding: &&Finding| {
        let of = [&finding.series, &finding.column_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let of = if of.is_empty() { of } else { format!(" of {of}") };
        let when = finding.since.map_or_else(String::new, |since| format!(" since {}", time::rfc3339(since)));
        format!("{} {}{of}{when}", figure(finding), finding.kind.name())
    };
    let more = if findings.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", sorted.iter().take(NAMED).map(one).collect::<Vec<_>>().join(", "))
}

/// The SQL of the only finding; of several how much each is missing by its own SQL, where that counts so.
fn shown(asking: &Asking, findings: &[&Finding]) -> Result<Option<String>> {
    const SHOWN: usize = 20;
    let Some(first) = findings.first() else { return Ok(None) };
    let largest = findings.iter().max_by_key(|finding| figure(finding)).unwrap_or(first);
    if findings.len() == 1 || findings.len() > SHOWN {
        return Ok(Some(largest.sql.clone()));
    }
    let one = |finding: &&Finding| {
        format!(
            "SELECT {} AS kind, {} AS series, (SELECT sum(missing)::BIGINT FROM ({})) AS missing",
            quote::text(&finding.kind.name()),
            finding.series.as_ref().map_or_else(|| "NULL".into(), |series| quote::text(series)),
            finding.sql
        )
    };
    let sql = findings.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ");
    let fits = asking.session.engine.rows(&format!("SELECT * FROM ({sql}) LIMIT 0")).is_ok();
    Ok(Some(if fits { sql } else { largest.sql.clone() }))
}
