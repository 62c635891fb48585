//! Keys that hold the same under names that mean different things: they are not compared, and that is said.

use std::collections::HashMap;

use super::Search;
use super::candidates::{Candidate, KEYS_LEAST};
use super::keys::Pair;
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::session::written::text;

/// Says of columns that are keys by their names and hold what another key holds, under a name that means something else.
///
/// # Errors
/// If the evidence cannot be read.
pub fn said(search: &mut Search, candidates: &[Candidate], pairs: &[Pair]) -> Result<()> {
    const LOOKS_MAX: usize = 40;
    const ROWS_MAX: i64 = 2_000_000;
    const VALUES: i64 = 200;
    let is_named = |one: &&Candidate| {
        let table = one.key.table;
        let kind = table.column(&one.key.columns[0]).map(|column| column.kind);
        one.thing.is_some()
            && matches!(kind, Some(ColumnKind::Text | ColumnKind::Uuid))
            && search.profiles.get(&table.name).is_some_and(|profile| profile.rows <= ROWS_MAX)
    };
    let mut named: Vec<&Candidate> = candidates.iter().filter(is_named).collect();
    named.sort_by_key(|one| (&one.key.table.name, &one.name));
    // Tables that hang together by keys have the same number.
    let mut groups: HashMap<&str, usize> = HashMap::new();
    let names = candidates.iter().map(|one| one.key.table.name.as_str());
    for (at, name) in names.enumerate() {
        groups.entry(name).or_insert(at);
    }
    let join = |groups: &mut HashMap<&str, usize>, one: &str, other: &str| {
        let (from, to) = (groups.get(one).copied(), groups.get(other).copied());
        groups.values_mut().filter(|group| Some(**group) == from).for_each(|group| *group = to.unwrap_or(*group));
    };
    for pair in pairs {
        join(&mut groups, &pair.left.table.name, &pair.right.table.name);
    }
    let (mut looks, mut unlooked) = (0, 0);
    let mut notes = Vec::new();
    for (at, one) in named.iter().enumerate() {
        for other in &named[at + 1..] {
            let (mine, its) = (one.key.table, other.key.table);
            let hang_together = groups.get(mine.name.as_str()) == groups.get(its.name.as_str());
            if one.thing == other.thing || hang_together {
                continue;
            }
            if looks >= LOOKS_MAX {
                unlooked += 1;
                continue;
            }
            looks += 1;
            let (left, right) = (text(mine, &one.key.columns[0]), text(its, &other.key.columns[0]));
            let row = search.session.engine.counted(&format!(
                "WITH some_keys AS (SELECT DISTINCT {left} AS key FROM {} WHERE {left} IS NOT NULL ORDER BY 1 LIMIT {VALUES}) \
                 SELECT count(*), count(*) FILTER (key IN (SELECT {right} FROM {})) FROM some_keys",
                mine.sql(),
                its.sql(),
            ))?;
            let (all, both) = (row[0].int(), row[1].int());
            if all >= KEYS_LEAST && 2 * both >= all {
                join(&mut groups, &mine.name, &its.name);
                notes.push(format!(
                    "{} and {} hold the same keys under names of different things, and are not compared; --keys {} compares them",
                    one.key.said(),
                    other.key.said(),
                    one.key.with(&other.key),
                ));
            }
        }
    }
    if unlooked > 0 {
        notes.push(format!(
            "of {} pairs of keys under names of different things the first {LOOKS_MAX} are looked at; --keys A.x=B.y compares others",
            looks + unlooked
        ));
    }
    search.notes.extend(notes);
    Ok(())
}
