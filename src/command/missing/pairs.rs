//! Which keys may be the same things: of `[entities]`, of one name, of names that mean one thing, or several columns
//! together. What looks the same and was not compared is said, with the flag that compares it.

use std::collections::{BTreeMap, HashMap};

use super::Search;
use super::keys::{Key, Pair};
use super::numbering::{NUMBERED, SEQUENCE};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::coverage::grouped;
use crate::session::written::text;
use crate::session::{Session, Table};

/// Fewer keys may be a mere category.
const KEYS_LEAST: i64 = 10;
/// What is tried again has some rows for each key; what tells series apart has more.
const ROWS_OF_KEY_MAX: i64 = 5;

/// A column that may be a key, and what is known of its values.
struct Candidate<'a> {
    key: Key<'a>,
    name: String,
    /// What its name means, if it means anything; and what it would mean as a key: `monitor` may be a `monitor_id`.
    thing: Option<String>,
    bare: Option<String>,
    /// It numbers the rows of its table: the same number elsewhere is only the same if the name says so.
    counts: bool,
}

/// Each column of an entity against the first of its list; without `[entities]` against the column that has most values
/// and each once, or some rows for each where the name says that it is a key.
///
/// # Errors
/// If the evidence cannot be read.
pub fn inferred<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<Vec<Pair<'a>>> {
    let session = search.session;
    let mut pairs = Vec::new();
    if !session.settings.entities.is_empty() {
        for columns in session.settings.entities.values() {
            let known: Vec<Key> =
                columns.iter().map(|text| session.table_column(text).map(Key::of)).collect::<Result<_>>()?;
            if let Some((first, rest)) = known.split_first() {
                for key in rest {
                    if first.agreed(session, key)?.is_of_none() {
                        search.notes.push(format!("{} and are not compared", first.share_none(session, key)?));
                    } else {
                        pairs.push(Pair::of(first.clone(), key.clone()).matched(session)?);
                    }
                }
            }
        }
        return Ok(pairs);
    }
    let candidates = candidates(search, tables);
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
    let mut counted = HashMap::new();
    for group in groups.iter().filter(|group| group.len() > 1) {
        of_group(search, group, &mut counted, &mut pairs)?;
    }
    look_alikes(search, &candidates, &pairs)?;
    Ok(pairs)
}

fn candidates<'a>(search: &Search<'a>, tables: &[&'a Table]) -> Vec<Candidate<'a>> {
    let may_be = |column: &&Column| {
        matches!(column.kind, ColumnKind::Text | ColumnKind::Int | ColumnKind::Uuid) || may_be_whole(column.kind)
    };
    let mut candidates = Vec::new();
    for table in tables.iter().filter(|table| !table.is_prose()) {
        for column in table.values().filter(may_be) {
            let name = column.name.to_lowercase();
            if !SEQUENCE.contains(&name.as_str()) {
                candidates.push(Candidate {
                    thing: search.session.key_thing(table, &column.name),
                    bare: search.session.bare_thing(table, &column.name),
                    counts: is_counter(search, table, &column.name),
                    key: Key::of((table, column.name.clone())),
                    name,
                });
            }
        }
    }
    candidates
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

/// Says of columns that are keys by their names and hold what another key holds, under a name that means something else.
fn look_alikes(search: &mut Search, candidates: &[Candidate], pairs: &[Pair]) -> Result<()> {
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

/// Whether numbers of a column may be whole though their column has fractions: an id does where some rows have none, or
/// where it was declared so.
fn may_be_whole(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Float | ColumnKind::Decimal { .. })
}

/// Whether no value of a key's first column has a fraction: what has one is measured, and no id.
fn are_whole(session: &Session, key: &Key) -> Result<bool> {
    let column = key.table.column(&key.columns[0]);
    if !column.is_some_and(|column| may_be_whole(column.kind)) {
        return Ok(true);
    }
    let name = quote::name(&key.columns[0]);
    let fractions = format!("SELECT {name} FROM {} WHERE {name} <> floor({name})", key.table.sql());
    session.engine.keep_first("rca_fractions", &fractions, 1)?;
    Ok(session.engine.counted("SELECT count(*) FROM rca_fractions")?.first().is_some_and(|count| count.int() == 0))
}

/// Tables that share several columns, a time among them, in which nearly all of one's rows are rows of the other too: what
/// is not is absent there. Only that way round, since the other may have rows of its own.
pub fn composite<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<Vec<(Key<'a>, Key<'a>)>> {
    const TABLES_MAX: usize = 40;
    const ROWS_MAX: i64 = 5_000_000;
    const CONTAINED_LEAST: f64 = 0.9;
    let mut pairs = Vec::new();
    let profile = |table: &Table| search.profiles.get(&table.name);
    // Fewer rows have no more keys.
    let has_some =
        |table: &&&Table| profile(table).is_some_and(|profile| (KEYS_LEAST - 1..=ROWS_MAX).contains(&profile.rows));
    let are_apart = |one: &Table, other: &Table| {
        if one.roles.time != other.roles.time {
            return false;
        }
        let (one, other) = (profile(one), profile(other));
        one.zip(other).is_some_and(|(one, other)| one.last < other.first || other.last < one.first)
    };
    let timed: Vec<&&Table> = tables.iter().filter(|table| table.kind != "log" && table.roles.time.is_some()).collect();
    let is_large = |table: &&&&Table| profile(table).is_some_and(|profile| profile.rows > ROWS_MAX);
    let large: Vec<&str> = timed.iter().filter(is_large).map(|table| table.name.as_str()).collect();
    let mut tables: Vec<&&Table> = timed.iter().copied().filter(has_some).collect();
    let mut notes = Vec::new();
    if !large.is_empty() && tables.len() + large.len() > 1 {
        notes.push(format!(
            "rows are not compared by several columns together with those of {}, of more than {} rows",
            large.join(", "),
            grouped(ROWS_MAX.unsigned_abs())
        ));
    }
    if tables.len() > TABLES_MAX {
        notes.push(format!(
            "of {} tables the first {TABLES_MAX} are compared by several columns together, up to {}",
            tables.len(),
            tables[TABLES_MAX - 1].name
        ));
        tables.truncate(TABLES_MAX);
    }
    for present in &tables {
        for lacking in tables.iter().filter(|table| table.name != present.name) {
            let common = common(search, present, lacking)?;
            let has_time = common.iter().any(|(column, _)| Some(column) == present.roles.time.as_ref());
            if common.len() < 2 || !has_time || are_apart(present, lacking) {
                continue;
            }
            let (own, others) = common.into_iter().unzip();
            let pair = (Key::together(present, own), Key::together(lacking, others));
            let shared = search.session.shared_as_written(&pair.0.written(), &pair.1.written())?;
            let (all, both) = (shared.left, shared.both);
            if all >= KEYS_LEAST && both < all && both as f64 >= CONTAINED_LEAST * all as f64 {
                pairs.push(pair);
            }
        }
    }
    search.notes.extend(notes);
    Ok(pairs)
}

/// Columns of one name and kind in both tables that may be parts of a key: whole numbers are of one kind, whether their
/// column holds fractions or not.
fn common(search: &Search, left: &Table, right: &Table) -> Result<Vec<(String, String)>> {
    let may_be = |column: &Column| {
        !NUMBERED.contains(&column.name.to_lowercase().as_str())
            && !is_counter(search, left, &column.name)
            && left.roles.message.as_ref() != Some(&column.name)
    };
    let mut found = Vec::new();
    for column in left.own_columns().filter(|column| may_be(column)) {
        let Some(other) = right.column(&column.name) else { continue };
        let is_common = match (column.kind, other.kind) {
            (ColumnKind::Text | ColumnKind::Int | ColumnKind::Time | ColumnKind::Date, kind) if kind == column.kind => {
                true
            }
            (ColumnKind::Int, kind) if may_be_whole(kind) => {
                are_whole(search.session, &Key::of((right, other.name.clone())))?
            }
            (kind, ColumnKind::Int) if may_be_whole(kind) => {
                are_whole(search.session, &Key::of((left, column.name.clone())))?
            }
            _ => false,
        };
        if is_common {
            found.push((column.name.clone(), other.name.clone()));
        }
    }
    Ok(found)
}

fn is_counter(search: &Search, table: &Table, column: &str) -> bool {
    let regular = search.regular.iter().filter(|regular| regular.table.name == table.name);
    regular.filter_map(|regular| regular.sequence.as_deref()).any(|sequence| sequence == column)
        || SEQUENCE.contains(&column.to_lowercase().as_str())
}
