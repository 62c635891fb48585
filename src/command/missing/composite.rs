//! Keys of several columns together, a time among them, by which tables have rows of one another.

use super::Search;
use super::candidates::{KEYS_LEAST, are_whole, is_counter, may_be_whole};
use super::keys::Key;
use super::numbering::NUMBERED;
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::coverage::grouped;
use crate::session::Table;

/// Two keys, of which the second may lack what the first has.
pub struct Together<'a> {
    pub present: Key<'a>,
    pub lacking: Key<'a>,
    pub lacks_some: bool,
}

/// Tables that share several columns, a time among them, in which nearly all of one's rows are rows of the other too: what
/// is not is absent there. Only that way round, since the other may have rows of its own. Those that lack nothing of one
/// another are told once.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<Vec<Together<'a>>> {
    const TABLES_MAX: usize = 40;
    const ROWS_MAX: i64 = 5_000_000;
    const CONTAINED_LEAST: f64 = 0.9;
    let mut pairs: Vec<Together> = Vec::new();
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
            if all >= KEYS_LEAST && both as f64 >= CONTAINED_LEAST * all as f64 {
                let (present, lacking) = pair;
                pairs.push(Together { present, lacking, lacks_some: both < all });
            }
        }
    }
    let known: Vec<(String, String, bool)> = pairs
        .iter()
        .map(|pair| (pair.present.table.name.clone(), pair.lacking.table.name.clone(), pair.lacks_some))
        .collect();
    let mut place = 0;
    pairs.retain(|pair| {
        let (mine, others) = (&pair.present.table.name, &pair.lacking.table.name);
        let is_turned = |(at, (left, right, lacks)): (usize, &(String, String, bool))| {
            left == others && right == mine && (*lacks || at < place)
        };
        let is_told = !pair.lacks_some && known.iter().enumerate().any(is_turned);
        place += 1;
        !is_told
    });
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
