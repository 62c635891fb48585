//! Keys that one of several branches lacks and another one has: only those that none of them has are absent.

use std::collections::BTreeMap;

use super::keys::Key;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::name;
use crate::session::written::Written;

/// In place of what each branch lacks tells what all of them do.
///
/// # Errors
/// If the evidence cannot be read.
pub fn fold(search: &mut Search) -> Result<()> {
    let mut by_present: BTreeMap<String, Vec<(Key, Key)>> = BTreeMap::new();
    for (present, lacking) in &search.absent {
        by_present.entry(present.said()).or_default().push((present.clone(), lacking.clone()));
    }
    for (_, pairs) in by_present {
        let parts: Vec<Written> = pairs.iter().map(|(_, lacking)| lacking.written()).collect();
        let branches = search.session.branches(&pairs[0].0.written(), &parts)?;
        if branches.is_empty() {
            continue;
        }
        let branches: Vec<(Key, Key)> = branches.into_iter().map(|place| pairs[place].clone()).collect();
        let is_of = |present: &Key, lacking: &Key| {
            branches.iter().any(|(one, other)| one.said() == present.said() && other.said() == lacking.said())
        };
        let said: Vec<String> =
            branches.iter().map(|(present, lacking)| format!("{}={}", present.said(), lacking.said())).collect();
        search.findings.retain(|finding| !finding.keys.as_ref().is_some_and(|keys| said.contains(keys)));
        search.absent.retain(|(present, lacking)| !is_of(present, lacking));
        search.looked_for.retain(|(present, lacking)| !is_of(present, lacking));
        let of_none = of_none(search, &branches)?;
        search.notes.push(told(&branches, &of_none));
        search.findings.extend((of_none.missing > 0).then_some(of_none));
    }
    Ok(())
}

/// The keys that none of them has.
fn of_none(search: &Search, branches: &[(Key, Key)]) -> Result<Finding> {
    let (present, first) = &branches[0];
    let table = present.table;
    let condition = search.condition(table);
    let shown = Key::together(table, present.columns.clone()).sql();
    let in_none = |(present, lacking): &(Key, Key)| format!("{} NOT IN ({})", present.sql(), lacking.values());
    let is_absent: Vec<String> = branches.iter().map(in_none).collect();
    let keys = format!(
        "SELECT {shown} AS key, count(*) AS rows FROM {} WHERE {shown} IS NOT NULL AND ({condition}) AND {} GROUP BY 1",
        table.sql(),
        is_absent.join(" AND "),
    );
    let row = search.session.engine.counted(&format!(
        "SELECT (SELECT count(DISTINCT {shown}) FROM {} WHERE {condition}), count(*), coalesce(sum(rows), 0), min(key) FROM ({keys})",
        table.sql()
    ))?;
    let (expected, missing, rows) = (row[0].int(), row[1].int(), row[2].int());
    Ok(Finding {
        column_name: Some(first.columns.join(", ")),
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "keys of {} ({rows} rows there) that none of {} has; the first is `{}`",
            present.said(),
            name::listed(&names(branches)),
            row[3].shown()
        ),
        sql: quote::one_line(&format!("{keys} ORDER BY 1")),
        ..Finding::of(Kind::AbsentKey, first.table)
    })
}

fn names(branches: &[(Key, Key)]) -> Vec<String> {
    branches.iter().map(|(_, lacking)| lacking.table.name.clone()).collect()
}

fn told(branches: &[(Key, Key)], of_none: &Finding) -> String {
    let (present, lacking) = &branches[0];
    let all: Vec<String> = branches.iter().map(|(_, lacking)| lacking.said()).collect();
    format!(
        "{} of the {} keys of {} are in one of {}, which share none: what one of them lacks is not lost there; --keys {} \
         counts it",
        grouped(of_none.observed.unsigned_abs()),
        grouped(of_none.expected.unsigned_abs()),
        present.said(),
        name::listed(&all),
        present.with(lacking),
    )
}
