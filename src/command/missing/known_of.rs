//! Where rows are that lack something, by what they are about: a meter, a monitor; and by what other tables say of that,
//! such as its maker or its ward.

use std::collections::{BTreeMap, HashMap};

use super::spread::{By, Crossing, Group};
use super::{Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::{Table, entity_text};

/// What has more values than these names single rows.
const KEYS_MAX: usize = 2_000;
/// Counts that are kept of one key: fewer values are looked at where much is lacking.
const COUNTS_MAX: usize = 400_000;
/// With more a list of them tells nothing.
const LISTED_MAX: usize = 200;
/// Columns of another table that are looked at, and values that they may have.
const COLUMNS_MAX: usize = 16;
const VALUES_MAX: usize = 20;
/// Characters of a category.
const LENGTH_MAX: usize = 256;
/// Keys of a table that are looked at.
const KEY_COLUMNS_MAX: usize = 4;

/// By each key of the table, and by each column of tables that know it; `counted` counts so many lacks.
///
/// # Errors
/// If the evidence cannot be read.
pub fn crossings<'a>(
    search: &mut Search,
    table: &'a Table,
    (counted, lacks): (&str, usize),
) -> Result<Vec<Crossing<'a>>> {
    let session = search.session;
    let mut links: Vec<(&Table, String, &Column)> = Vec::new();
    for other in session.tables.iter().filter(|other| other.name != table.name) {
        if let Some(shared) = session.listed_in(table, other)? {
            links.push((other, shared.mine.name.clone(), shared.other));
        }
    }
    let mut names = session.entity_columns(table);
    names.extend(
        search
            .regular
            .iter()
            .filter(|regular| regular.table.name == table.name)
            .flat_map(|regular| regular.columns.clone()),
    );
    let is_key = |column: &&Column| {
        names.contains(&column.name)
            || session.key_thing(table, &column.name).is_some()
            || links.iter().any(|(_, mine, _)| *mine == column.name)
    };
    let keys: Vec<&'a Column> = table.own_columns().filter(is_key).take(KEY_COLUMNS_MAX).collect();
    let categories = profile::categories(search, table)?;
    let keys_max = KEYS_MAX.min(COUNTS_MAX / lacks.max(1));
    let mut found = Vec::new();
    for key in of_few(search, table, keys, keys_max)? {
        let sql = format!(
            "SELECT {}, count(*), {counted} FROM {} WHERE ({}) GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT {}",
            entity_text(key),
            table.sql(),
            search.condition(table),
            keys_max + 1
        );
        let rows = session.engine.counted_by(&sql)?;
        if !(2..=keys_max).contains(&rows.len()) {
            continue;
        }
        let group = |mut row: Vec<Value>| {
            let lacking = row[2..].iter().map(Value::int).collect();
            Group { rows: row[1].int(), lacking, value: row.swap_remove(0) }
        };
        let groups: Vec<Group> = rows.into_iter().map(group).collect();
        let mut theirs = links.iter().filter(|(_, mine, _)| *mine == key.name).peekable();
        if theirs.peek().is_some() {
            let known = groups.iter().filter(|group| !group.value.is_null());
            let known: Vec<Vec<Value>> = known.map(|group| vec![group.value.clone()]).collect();
            let asked = session.engine.keep("known_keys", &[("key", Kind::Text)], &known)?;
            for (other, _, theirs) in theirs {
                found.extend(linked(search, (&groups, &asked), other, theirs)?);
            }
        }
        if groups.len() <= LISTED_MAX && !categories.contains(&key.name) {
            found.push(Crossing { by: By::Key(key), groups });
        }
    }
    Ok(found)
}

/// The columns that have at most about so many values.
fn of_few<'a>(search: &Search, table: &Table, keys: Vec<&'a Column>, most: usize) -> Result<Vec<&'a Column>> {
    if keys.is_empty() {
        return Ok(keys);
    }
    let list: Vec<String> =
        keys.iter().map(|key| format!("approx_count_distinct({})", quote::name(&key.name))).collect();
    let sql = format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table));
    let row = search.session.engine.counted(&sql)?;
    // Near that the exact number decides.
    let is_few = |count: &Value| 2 * count.int() <= 3 * most as i64;
    Ok(keys.into_iter().zip(&row).filter(|(_, count)| is_few(count)).map(|(key, _)| key).collect())
}

/// The groups of keys by what another table has of them, of columns with one value for each key.
/// Of all its rows only those of the keys that are `asked` for are looked at: a list may be long.
fn linked<'a>(
    search: &Search,
    (groups, asked): (&[Group], &str),
    other: &Table,
    key: &Column,
) -> Result<Vec<Crossing<'a>>> {
    let may_be = |column: &&Column| {
        matches!(column.kind, Kind::Text | Kind::Bool | Kind::Int)
            && column.name != key.name
            && other.roles.message.as_ref() != Some(&column.name)
    };
    let columns: Vec<&Column> = other.own_columns().filter(may_be).take(COLUMNS_MAX).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    // A text that is longer than a category may be stands for itself by its beginning, so that none takes much memory.
    let shown = |column: &&Column| match column.kind {
        Kind::Text => format!("left({}, {})", quote::name(&column.name), LENGTH_MAX + 1),
        _ => quote::name(&column.name),
    };
    let only = |column: &&Column| {
        let shown = shown(column);
        format!("CASE WHEN min({shown}) = max({shown}) THEN min({shown})::VARCHAR END")
    };
    let list: Vec<String> = columns.iter().map(only).collect();
    let text = entity_text(key);
    let sql = format!(
        "SELECT {text}, {} FROM {} WHERE {text} IN (SELECT key FROM ({asked})) GROUP BY 1",
        list.join(", "),
        other.sql()
    );
    let rows = search.session.engine.counted_by(&sql)?;
    let known: HashMap<String, &[Value]> = rows.iter().map(|row| (row[0].shown(), &row[1..])).collect();
    let is_long = |value: &Value| matches!(value, Value::Text(text) if text.chars().nth(LENGTH_MAX).is_some());
    let mut found = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if rows.iter().any(|row| is_long(&row[1 + place])) {
            continue;
        }
        let mut by_value: BTreeMap<Option<String>, (i64, Vec<i64>)> = BTreeMap::new();
        for group in groups {
            let value = known.get(&group.value.shown()).map(|values| &values[place]);
            let value = value.filter(|value| !value.is_null()).map(Value::shown);
            let sum = by_value.entry(value).or_insert_with(|| (0, vec![0; group.lacking.len()]));
            sum.0 += group.rows;
            sum.1.iter_mut().zip(&group.lacking).for_each(|(sum, count)| *sum += count);
        }
        let known = by_value.keys().flatten().count();
        // What has one value for each key is another name for it.
        if !(2..=VALUES_MAX).contains(&known) || known >= groups.len() {
            continue;
        }
        let group = |(value, (rows, lacking)): (Option<String>, (i64, Vec<i64>))| Group {
            value: value.map_or(Value::Null, Value::Text),
            rows,
            lacking,
        };
        let name = format!("{}.{}", other.name, column.name);
        found.push(Crossing { by: By::Linked(name), groups: by_value.into_iter().map(group).collect() });
    }
    Ok(found)
}
