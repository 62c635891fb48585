//! Where rows are that lack something, by what they are about: a meter, a monitor; and by what other tables say of that,
//! such as its maker or its ward.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::spread::{By, Counted, Counts, Crossing, Group};
use super::{Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::written::{self, Form};
use crate::session::{Linked, Table};

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
/// What a list says is kept for all tables that name its things, of so many rows, and so many values of all lists.
const ROWS_KEPT_MAX: i64 = 5_000;
const VALUES_KEPT_MAX: usize = 1_000_000;

/// By key: what a list has in each of its columns, NULL where that is not one value.
type Told = HashMap<String, Vec<Value>>;

/// A table, and SQL of its key.
type Place = (String, String);

/// What lists were found to say; `None` of those that are asked anew for some keys.
#[derive(Default)]
struct Lists {
    told: RefCell<HashMap<Place, Option<Rc<Told>>>>,
    values: Cell<usize>,
}

/// By each key of the table, and by each column of tables that know it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn crossings<'a>(search: &mut Search, table: &'a Table, counted: &Counted) -> Result<Vec<Crossing<'a>>> {
    let session = search.session;
    let mut links: Vec<(&Table, Linked)> = Vec::new();
    for other in session.tables.iter().filter(|other| other.name != table.name) {
        links.extend(session.listed_in(table, other)?.map(|linked| (other, linked)));
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
            || links.iter().any(|(_, linked)| linked.mine.name == column.name)
    };
    let keys: Vec<&'a Column> = table.own_columns().filter(is_key).take(KEY_COLUMNS_MAX).collect();
    let categories = profile::categories(search, table)?;
    let keys_max = KEYS_MAX.min(COUNTS_MAX / counted.lacks().max(1));
    let mut found = Vec::new();
    for key in of_few(search, table, keys, keys_max)? {
        let sql = format!(
            "SELECT {}, count(*), {} FROM {} WHERE ({}) GROUP BY 1 ORDER BY 1 NULLS LAST LIMIT {}",
            written::text_of(key),
            counted.sql,
            table.sql(),
            search.condition(table),
            keys_max + 1
        );
        let rows = session.engine.counted_by(&sql)?;
        if !(2..=keys_max).contains(&rows.len()) {
            continue;
        }
        let group = |mut row: Vec<Value>| {
            let counts = counted.counts(row[1].int(), &row[2..]);
            Group::new(row.swap_remove(0), counts)
        };
        let groups: Vec<Group> = rows.into_iter().map(group).collect();
        for (other, linked) in links.iter().filter(|(_, linked)| linked.mine.name == key.name) {
            found.extend(by_linked(search, &groups, other, linked)?);
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
fn by_linked<'a>(search: &Search, groups: &[Group], other: &Table, linked: &Linked) -> Result<Vec<Crossing<'a>>> {
    let key = linked.other;
    let may_be = |column: &&Column| {
        matches!(column.kind, Kind::Text | Kind::Bool | Kind::Int)
            && column.name != key.name
            && other.roles.message.as_ref() != Some(&column.name)
    };
    let columns: Vec<&Column> = other.own_columns().filter(may_be).take(COLUMNS_MAX).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let own = |group: &Group| {
        let text = Some(&group.value).filter(|value| !value.is_null())?.shown();
        linked.forms.0.of(&text)
    };
    let keys: Vec<Option<String>> = groups.iter().map(own).collect();
    let known = told(search, &keys, (other, key, &linked.forms.1), &columns)?;
    let is_long = |value: &Value| matches!(value, Value::Text(text) if text.chars().nth(LENGTH_MAX).is_some());
    let mut found = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let told = |key: &Option<String>| known.get(key.as_ref()?).map(|values| &values[place]);
        if keys.iter().filter_map(told).any(is_long) {
            continue;
        }
        let mut by_value: BTreeMap<Option<String>, Counts> = BTreeMap::new();
        for (group, key) in groups.iter().zip(&keys) {
            let value = told(key).filter(|value| !value.is_null()).map(Value::shown);
            by_value.entry(value).or_insert_with(|| Counts::none(group.lacking.len())).add(group);
        }
        let known = by_value.keys().flatten().count();
        // What has one value for each key is another name for it.
        if !(2..=VALUES_MAX).contains(&known) || known >= groups.len() {
            continue;
        }
        let group =
            |(value, counts): (Option<String>, Counts)| Group::new(value.map_or(Value::Null, Value::Text), counts);
        let name = format!("{}.{}", other.name, column.name);
        found.push(Crossing { by: By::Linked(name), groups: by_value.into_iter().map(group).collect() });
    }
    Ok(found)
}

/// What a list says of things by their keys in some form: of all, kept, if it is short; else of those that are `asked` for.
fn told(
    search: &Search,
    asked: &[Option<String>],
    (list, key, form): (&Table, &Column, &Form),
    columns: &[&Column],
) -> Result<Rc<Told>> {
    let (engine, lists) = (&search.session.engine, search.session.once(|| Ok(Lists::default()))?);
    // A text that is longer than a category may be stands for itself by its beginning, so that none takes much memory.
    let shown = |column: &&Column| match column.kind {
        Kind::Text => format!("left({}, {})", quote::name(&column.name), LENGTH_MAX + 1),
        _ => quote::name(&column.name),
    };
    let only = |column: &&Column| {
        let shown = shown(column);
        format!("CASE WHEN min({shown}) = max({shown}) THEN min({shown})::VARCHAR END")
    };
    let (text, values): (String, Vec<String>) = (form.sql(&written::text_of(key)), columns.iter().map(only).collect());
    let ask = |which: &str| -> Result<Rc<Told>> {
        let sql = format!("SELECT {text}, {} FROM {} WHERE {which} GROUP BY 1", values.join(", "), list.sql());
        let rows = engine.counted_by(&sql)?;
        Ok(Rc::new(rows.into_iter().map(|mut row| (row.remove(0).shown(), row)).collect()))
    };
    let place = (list.name.clone(), text.clone());
    let known = lists.told.borrow().get(&place).cloned();
    let kept = match known {
        Some(known) => known,
        None => {
            let rows = engine.counted(&format!("SELECT count(*) FROM {}", list.sql()))?[0].int();
            let values = lists.values.get() + rows.max(0) as usize * columns.len();
            let is_kept = rows <= ROWS_KEPT_MAX && values <= VALUES_KEPT_MAX;
            let kept = is_kept.then(|| ask(&format!("{text} IS NOT NULL"))).transpose()?;
            if is_kept {
                lists.values.set(values);
            }
            lists.told.borrow_mut().insert(place, kept.clone());
            kept
        }
    };
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let asked: Vec<Vec<Value>> = asked.iter().flatten().map(|key| vec![Value::Text(key.clone())]).collect();
    let asked = engine.keep("known_keys", &[("key", Kind::Text)], &asked)?;
    ask(&format!("{text} IN (SELECT key FROM ({asked}))"))
}
