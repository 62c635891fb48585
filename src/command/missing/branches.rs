//! Keys that one of several branches lacks and another one has: only those that none of them has are absent.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::Key;
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::name;
use crate::session::branches::Side;

/// Tells what all branches of one table lack, in place of what each of them does. Returns the pairs that are told so, of
/// keys of which the second of a pair may lack some, by their places.
///
/// # Errors
/// If the evidence cannot be read.
pub fn search<'a>(search: &mut Search<'a>, pairs: &[(Key<'a>, Key<'a>)]) -> Result<BTreeSet<usize>> {
    let mut by_present: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, (present, _)) in pairs.iter().enumerate() {
        by_present.entry(present.said()).or_default().push(place);
    }
    let mut told = BTreeSet::new();
    for places in by_present.into_values() {
        let present = &pairs[places[0]].0;
        let parts: Vec<Side> = places.iter().map(|place| pairs[*place].1.side()).collect();
        let found = search.session.branches(&present.side(), &parts)?;
        for (list, of) in &found.lists {
            search.notes.push(of_list(search, &pairs[places[*list]], &pairs[places[*of]])?);
            told.insert(places[*list]);
        }
        if found.branches.is_empty() {
            continue;
        }
        let branches: Vec<(Key, Key)> = found.branches.iter().map(|place| pairs[places[*place]].clone()).collect();
        let of_none = of_none(search, &branches)?;
        search.notes.push(self::told(&branches, &of_none));
        search.findings.extend((of_none.missing > 0).then_some(of_none));
        told.extend(found.branches.iter().map(|place| places[*place]));
    }
    Ok(told)
}

/// How many of what a part lacks stand in a list of them.
fn of_list(search: &Search, (present, list): &(Key, Key), (other, part): &(Key, Key)) -> Result<String> {
    let condition = search.condition(present.table);
    let row = search.session.engine.counted(&format!(
        "SELECT count(DISTINCT {mine}), count(DISTINCT {mine}) FILTER ({} IN ({})) FROM {} WHERE {mine} IS NOT NULL AND ({condition}) AND {mine} NOT IN ({})",
        present.sql(),
        list.values(),
        present.table.sql(),
        part.values(),
        mine = other.sql(),
    ))?;
    let number = |at: usize| grouped(row[at].int().unsigned_abs());
    Ok(format!(
        "{} has {} of the {} keys of {} that {} lacks, later and from a part of the time alone: a list of what became of \
         them, and what it lacks is no loss; --keys {} counts it",
        list.said(),
        number(1),
        number(0),
        present.said(),
        part.table.name,
        present.with(list),
    ))
}

/// The keys that none of them has.
fn of_none(search: &Search, branches: &[(Key, Key)]) -> Result<Finding> {
    let (present, _) = &branches[0];
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
        column_name: Some(present.columns.join(", ")),
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
        ..Finding::of(Kind::AbsentKey, table)
    })
}

fn names(branches: &[(Key, Key)]) -> Vec<String> {
    branches.iter().map(|(_, lacking)| lacking.table.name.clone()).collect()
}

fn told(branches: &[(Key, Key)], of_none: &Finding) -> String {
    let (present, lacking) = &branches[0];
    let all: Vec<String> = branches.iter().map(|(_, lacking)| lacking.said()).collect();
    format!(
        "{} of the {} keys of {} are in one of {}, which share few or none: what one of them lacks is not lost there; \
         --keys {} counts it",
        grouped(of_none.observed.unsigned_abs()),
        grouped(of_none.expected.unsigned_abs()),
        present.said(),
        name::listed(&all),
        present.with(lacking),
    )
}
