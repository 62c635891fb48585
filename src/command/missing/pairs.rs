//! Which keys may be the same things: of `[entities]`, of one name, or of names that mean one thing. What looks the same
//! and was not compared is said, with the flag that compares it.

use std::collections::{BTreeMap, HashMap};

use super::candidates::{self, Candidate, KEYS_LEAST, are_whole};
use super::keys::{Key, Pair};
use super::numbering::NUMBERED;
use super::{Search, look_alikes};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::session::{Session, Table};

/// What is tried again has some rows for each key; what tells series apart has more.
const ROWS_OF_KEY_MAX: i64 = 5;

/// Each column of an entity against the first of its list; without `[entities]` against the column that has most values
/// and each once, or some rows for each where the name says that it is a key.
///
/// # Errors
/// If the evidence cannot be read.
pub fn inferred<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<Vec<Pair<'a>>> {
    if !search.session.settings.entities.is_empty() {
        return of_entities(search);
    }
    let candidates = candidates::of(search, tables);
    let mut groups: Vec<Vec<&Candidate>> = Vec::new();
    let mut by_name: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    let mut by_thing: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    for candidate in &candidates {
        // What numbers rows is no key of anything else.
        if !candidate.counts && !NUMBERED.contains(&candidate.name.as_str()) {
            by_name.entry(&candidate.name).or_default().push(candidate);
        }
        if let Some(thing) = candidate.thing.as_ref().or(candidate.bare.as_ref()) {
            by_thing.entry(thing).or_default().push(candidate);
        }
    }
    // Bare names say that they are keys only beside one that says so.
    by_thing.retain(|_, group| group.iter().any(|candidate| candidate.thing.is_some()));
    groups.extend(by_name.into_values());
    groups.extend(by_thing.into_values());
    let (mut counted, mut pairs) = (HashMap::new(), Vec::new());
    for group in groups.iter().filter(|group| group.len() > 1) {
        of_group(search, group, &mut counted, &mut pairs)?;
    }
    look_alikes::said(search, &candidates, &pairs)?;
    Ok(pairs)
}

/// As `[entities]` says: the first column of each with the others.
fn of_entities<'a>(search: &mut Search<'a>) -> Result<Vec<Pair<'a>>> {
    let session = search.session;
    let mut pairs = Vec::new();
    for columns in session.settings.entities.values() {
        let keys: Vec<Key> =
            columns.iter().map(|text| session.table_column(text).map(Key::of)).collect::<Result<_>>()?;
        let Some((first, rest)) = keys.split_first() else { continue };
        for key in rest {
            if first.agreed(session, key)?.is_of_none() {
                search.notes.push(format!("{} and are not compared", first.share_none(session, key)?));
            } else {
                pairs.push(Pair::of(first.clone(), key.clone()).matched(session)?);
            }
        }
    }
    Ok(pairs)
}

/// Rows that have a key and how many different ones, by table and column.
type Counted = HashMap<(String, String), Option<(i64, i64)>>;

fn count(session: &Session, key: &Key, counted: &mut Counted) -> Result<Option<(i64, i64)>> {
    let place = (key.table.name.clone(), key.columns[0].clone());
    if let Some(known) = counted.get(&place) {
        return Ok(*known);
    }
    let found = if are_whole(session, key)? {
        let name = quote::name(&key.columns[0]);
        let sql = format!("SELECT count({name}), count(DISTINCT {name}) FROM {}", key.table.sql());
        let row = session.engine.counted(&sql)?;
        Some((row[0].int(), row[1].int()))
    } else {
        None
    };
    counted.insert(place, found);
    Ok(found)
}

/// The column of a group that has most values against those of other tables.
fn of_group<'a>(
    search: &mut Search<'a>,
    group: &[&Candidate<'a>],
    counts: &mut Counted,
    pairs: &mut Vec<Pair<'a>>,
) -> Result<()> {
    let session = search.session;
    let mut counted: Vec<(i64, i64, &Candidate)> = Vec::new();
    for candidate in group {
        if let Some((rows, distinct)) = count(session, &candidate.key, counts)? {
            counted.push((rows, distinct, candidate));
        }
    }
    // A key is in one table once, or some times where its name says that it is one; and enough of its values are there to
    // be no mere category.
    let may_be = |(rows, distinct, one): &(i64, i64, &Candidate)| {
        *distinct >= KEYS_LEAST && (rows == distinct || one.thing.is_some() && *rows <= ROWS_OF_KEY_MAX * distinct)
    };
    let most =
        counted.iter().enumerate().filter(|(_, one)| may_be(one)).max_by_key(|(_, (rows, distinct, one))| {
            (*distinct, rows == distinct, std::cmp::Reverse(&one.key.table.name))
        });
    let Some((at, _)) = most else { return Ok(()) };
    let (_, _, reference) = counted.remove(at);
    for (_, _, candidate) in counted {
        let (left, right) = (&reference.key, &candidate.key);
        let are_bare = reference.thing.is_none() && candidate.thing.is_none() && reference.name != candidate.name;
        if are_bare || left.table.name == right.table.name || pairs.iter().any(|pair| pair.has_either(left, right)) {
            continue;
        }
        let agreed = left.agreed(session, right)?;
        let least = agreed.left.min(agreed.right);
        // At least half of the smaller one's values are in the other.
        if agreed.both * 2 >= least.max(1) {
            let mut pair = Pair::of(left.in_form(agreed.forms.0), right.in_form(agreed.forms.1));
            (pair.of_left, pair.of_right) = (agreed.both < agreed.left, agreed.both < agreed.right);
            pairs.push(pair);
        } else if candidate.thing.is_some() && least >= KEYS_LEAST && !candidate.counts && !reference.counts {
            let note = match agreed.is_of_none() {
                true => format!("{} and are not compared", left.share_none(session, right)?),
                false => format!(
                    "{} and {} are not compared: {} of the {} keys of the smaller are in the other; --keys {} compares them",
                    left.said(),
                    right.said(),
                    grouped(agreed.both.unsigned_abs()),
                    grouped(least.unsigned_abs()),
                    left.with(right),
                ),
            };
            if !search.notes.contains(&note) {
                search.notes.push(note);
            }
        }
    }
    Ok(())
}
