//! Keys of one table that another lacks: those asked for, those of `[entities]`, or columns of one name whose values
//! overlap.

use std::collections::BTreeMap;

use super::divide::{NUMBERED, SEQUENCE};
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::{Session, Table};

/// A column of a table, or several that are a key together.
#[derive(Clone)]
struct Key<'a> {
    table: &'a Table,
    columns: Vec<String>,
}

impl<'a> Key<'a> {
    fn of((table, column): (&'a Table, String)) -> Key<'a> {
        Key { table, columns: vec![column] }
    }

    /// Its columns as people read them: `serial`, `(ts, machine)`.
    fn shown(&self) -> String {
        match self.columns.as_slice() {
            [only] => only.clone(),
            columns => format!("({})", columns.join(", ")),
        }
    }

    /// As `--keys` takes it.
    fn said(&self) -> String {
        format!("{}.{}", self.table.name, self.columns.join("+"))
    }

    /// Its value as text, the same of a whole number whether its column holds fractions or not; NULL if any part is.
    /// Several parts stand there as in a CSV, so that no two keys have the same text.
    fn sql(&self) -> String {
        let part = |column: &String| match self.table.column(column).map(|column| column.kind) {
            Some(ColumnKind::Int | ColumnKind::Float | ColumnKind::Time | ColumnKind::Date | ColumnKind::Bool) => {
                text(self.table, column)
            }
            _ => format!("rca_part({})", text(self.table, column)),
        };
        match self.columns.as_slice() {
            [only] => text(self.table, only),
            columns => columns.iter().map(part).collect::<Vec<_>>().join(" || ', ' || "),
        }
    }

    /// What is to be said of rows of which a part of the key is null or an empty text.
    fn without(&self, search: &Search) -> Result<Option<String>> {
        let (key, condition) = (self.sql(), search.condition(self.table));
        let row = search.session.engine.counted(&format!(
            "SELECT count(*), count(*) FILTER (WHERE ({key}) IS NULL) FROM {} WHERE {condition}",
            self.table.sql()
        ))?;
        let (all, without) = (row[0].int(), row[1].int());
        let what = match self.columns.as_slice() {
            [only] => format!("no {only}"),
            _ => format!("no whole key {}", self.shown()),
        };
        let have = if without == 1 { "has" } else { "have" };
        Ok((without > 0).then(|| {
            let name = &self.table.name;
            format!("{name}: {without} of {} {have} {what} and cannot be compared", plural(all.unsigned_abs(), "row"))
        }))
    }
}

/// Keys that may be the same things, and which of them the other side may lack.
struct Pair<'a> {
    left: Key<'a>,
    right: Key<'a>,
    of_left: bool,
    of_right: bool,
}

impl<'a> Pair<'a> {
    fn of(left: Key<'a>, right: Key<'a>) -> Pair<'a> {
        Pair { left, right, of_left: true, of_right: true }
    }
}

/// # Errors
/// If the evidence cannot be read, or `--keys` names what is not there.
pub fn search<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<()> {
    if !search.wants(&[Kind::AbsentKey]) {
        return Ok(());
    }
    let session = search.session;
    let mut pairs =
        if search.args.keys.is_empty() { inferred(search, tables)? } else { asked(session, &search.args.keys)? };
    for pair in &mut pairs {
        restrict(search, pair)?;
        let Pair { left, right, of_left, of_right } = &*pair;
        if *of_left {
            compare(search, left, right)?;
        }
        if *of_right {
            compare(search, right, left)?;
        }
        if !search.args.keys.is_empty() {
            for key in [left, right].into_iter().zip([of_left, of_right]).filter(|one| *one.1).map(|one| one.0) {
                let without = key.without(search)?;
                search.notes.extend(without);
            }
        }
    }
    if search.args.keys.is_empty() {
        let are_compared = |a: &Key, b: &Key| {
            let is = |left: &Key, right: &Key| left.table.name == a.table.name && right.table.name == b.table.name;
            pairs.iter().any(|Pair { left, right, .. }| is(left, right) || is(right, left))
        };
        for (present, lacking) in composite(search, tables)? {
            if !are_compared(&present, &lacking) {
                compare(search, &present, &lacking)?;
            }
        }
    }
    Ok(())
}

/// What is said with `--where` holds of the keys that are asked about, and not of those among which they are looked for.
/// So only the table that it fits is asked about.
fn restrict(search: &mut Search, pair: &mut Pair) -> Result<()> {
    let Some(condition) = &search.args.common.evidence.condition else { return Ok(()) };
    let fits = |key: &Key| search.session.fits(&key.table.sql(), condition);
    let (of_left, of_right) = (fits(&pair.left), fits(&pair.right));
    let (left, right) = (&pair.left.table.name, &pair.right.table.name);
    let are_asked = !search.args.keys.is_empty();
    let told = match (of_left, of_right) {
        (true, true) => are_asked.then(|| {
            format!("keys of {left}, and of {right}, for which --where holds are looked for in all rows of the other")
        }),
        (true, false) => Some(one_way(left, right)),
        (false, true) => Some(one_way(right, left)),
        (false, false) if are_asked => {
            return Err(Error::question(format!("--where fits neither {left} nor {right}, whose keys are compared"))
                .hint(format!("use columns of {left} or of {right}")));
        }
        (false, false) => None,
    };
    (pair.of_left, pair.of_right) = (pair.of_left && of_left, pair.of_right && of_right);
    search.notes.extend(told);
    Ok(())
}

fn one_way(asked: &str, other: &str) -> String {
    format!(
        "keys of {asked} for which --where holds are looked for in all rows of {other}; not the other way round, since --where does not fit {other}"
    )
}

fn asked<'a>(session: &'a Session, keys: &[String]) -> Result<Vec<Pair<'a>>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((left, right)) => {
            let (left, right) = (columns(session, left)?, columns(session, right)?);
            if left.columns.len() != right.columns.len() {
                return Err(Error::question(format!("`--keys {text}` has more columns on one side than on the other")));
            }
            Ok(Pair::of(left, right))
        }
        None => Err(Error::question(format!("`--keys {text}` has no `=`"))
            .hint("write --keys station.units.serial=mes.materials.serial")),
    };
    keys.iter().map(pair).collect()
}

/// `TABLE.COL` or `TABLE.COL+COL`
fn columns<'a>(session: &'a Session, text: &str) -> Result<Key<'a>> {
    let Some((table, columns)) = text.rsplit_once('.').filter(|(_, columns)| columns.contains('+')) else {
        return session.table_column(text).map(Key::of);
    };
    let found: Vec<(&Table, String)> =
        columns.split('+').map(|column| session.table_column(&format!("{table}.{column}"))).collect::<Result<_>>()?;
    Ok(Key { table: found[0].0, columns: found.into_iter().map(|(_, column)| column).collect() })
}

/// Each column of an entity against the first of its list; without `[entities]` against the column that has most
/// values and each once.
fn inferred<'a>(search: &Search<'a>, tables: &[&'a Table]) -> Result<Vec<Pair<'a>>> {
    let session = search.session;
    let mut pairs = Vec::new();
    if !session.settings.entities.is_empty() {
        for columns in session.settings.entities.values() {
            let known: Vec<Key> =
                columns.iter().map(|text| session.table_column(text).map(Key::of)).collect::<Result<_>>()?;
            if let Some((first, rest)) = known.split_first() {
                pairs.extend(rest.iter().map(|key| Pair::of(first.clone(), key.clone())));
            }
        }
        return Ok(pairs);
    }
    let mut by_name: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for table in tables.iter().filter(|table| !table.is_prose()) {
        let may_be_key = |column: &&Column| {
            (matches!(column.kind, ColumnKind::Text | ColumnKind::Int) || may_be_whole(column.kind))
                && !is_counter(search, table, &column.name)
        };
        for column in table.values().filter(may_be_key) {
            by_name.entry(column.name.to_lowercase()).or_default().push(Key::of((table, column.name.clone())));
        }
    }
    // What numbers rows is no key of anything else.
    by_name.retain(|name, keys| {
        keys.len() > 1 && !NUMBERED.contains(&name.as_str()) && !SEQUENCE.contains(&name.as_str())
    });
    for keys in by_name.into_values() {
        let mut counted = Vec::new();
        for key in keys {
            let name = quote::name(&key.columns[0]);
            if !are_whole(session, &key)? {
                continue;
            }
            let row = session
                .engine
                .counted(&format!("SELECT count({name}), count(DISTINCT {name}) FROM {}", key.table.sql()))?;
            counted.push((row[0].int(), row[1].int(), key));
        }
        if counted.len() < 2 {
            continue;
        }
        // A key is in one table once, and enough of its values to be no mere category.
        let Some(at) = counted
            .iter()
            .enumerate()
            .filter(|(_, (rows, distinct, _))| rows == distinct && *rows >= 10)
            .max_by_key(|(at, (_, distinct, _))| (*distinct, std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
        else {
            continue;
        };
        let (_, _, reference) = counted.remove(at);
        for (_, _, key) in counted {
            let (of_left, of_right, both) = shared(session, &reference, &key)?;
            // At least half of the smaller one's values are in the other.
            if both * 2 >= of_left.min(of_right).max(1) {
                let (of_left, of_right) = (both < of_left, both < of_right);
                pairs.push(Pair { left: reference.clone(), right: key, of_left, of_right });
            }
        }
    }
    Ok(pairs)
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

/// A value of a column as text; a whole number is the same whether its column holds fractions or not.
pub fn text(table: &Table, column: &str) -> String {
    let name = quote::readable_name(column);
    match table.column(column).map(|column| column.kind) {
        Some(ColumnKind::Float) => {
            format!(
                "CASE WHEN {name} = floor({name}) AND abs({name}) < 1e15 THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END"
            )
        }
        Some(ColumnKind::Decimal { .. }) => format!("regexp_replace({name}::VARCHAR, '\\.0+$', '')"),
        // An empty text is no key.
        _ => format!("nullif({name}::VARCHAR, '')"),
    }
}

fn values(of: &Key) -> String {
    let key = of.sql();
    format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", of.table.sql())
}

/// How many keys the first and the second have, and how many both.
fn shared(session: &Session, left: &Key, right: &Key) -> Result<(i64, i64, i64)> {
    let sql = format!(
        "WITH rca_left AS ({}), rca_right AS ({}) SELECT (SELECT count(*) FROM rca_left), (SELECT count(*) FROM rca_right), \
         (SELECT count(*) FROM rca_left SEMI JOIN rca_right USING (key))",
        values(left),
        values(right),
    );
    let row = session.engine.counted(&sql)?;
    Ok((row[0].int(), row[1].int(), row[2].int()))
}

/// Tables that share several columns, a time among them, in which nearly all of one's rows are rows of the other too: what
/// is not is absent there. Only that way round, since the other may have rows of its own.
fn composite<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<Vec<(Key<'a>, Key<'a>)>> {
    const TABLES_MAX: usize = 40;
    const ROWS_MAX: i64 = 5_000_000;
    const KEYS_LEAST: i64 = 10;
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
    let tables: Vec<&&Table> = tables
        .iter()
        .filter(|table| table.kind != "log" && table.roles.time.is_some())
        .filter(has_some)
        .take(TABLES_MAX)
        .collect();
    for present in &tables {
        for lacking in tables.iter().filter(|table| table.name != present.name) {
            let common = common(search, present, lacking)?;
            let has_time = common.iter().any(|(column, _)| Some(column) == present.roles.time.as_ref());
            if common.len() < 2 || !has_time || are_apart(present, lacking) {
                continue;
            }
            let (own, others) = common.into_iter().unzip();
            let pair = (Key { table: present, columns: own }, Key { table: lacking, columns: others });
            let (all, _, both) = shared(search.session, &pair.0, &pair.1)?;
            if all >= KEYS_LEAST && both < all && both as f64 >= CONTAINED_LEAST * all as f64 {
                pairs.push(pair);
            }
        }
    }
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
    let known = search.known.iter().filter(|known| known.table.name == table.name);
    known.filter_map(|known| known.sequence.as_deref()).any(|sequence| sequence == column)
        || SEQUENCE.contains(&column.to_lowercase().as_str())
}

/// Keys of the first of a pair `A.COL=B.COL` that the second has not, whether there are any or not, and what is to be said
/// of the first one's rows without a key.
///
/// # Errors
/// If there are no such columns, or the evidence cannot be read.
pub fn absent(search: &Search, pair: &str) -> Result<(Finding, Option<String>)> {
    let pairs = asked(search.session, &[pair.to_string()])?;
    let Pair { left, right, .. } = &pairs[0];
    Ok((compared(search, left, right)?, left.without(search)?))
}

fn compare(search: &mut Search, present: &Key, lacking: &Key) -> Result<()> {
    let finding = compared(search, present, lacking)?;
    if finding.missing > 0 {
        search.findings.push(finding);
    }
    Ok(())
}

/// Keys of `present` that `lacking` has not.
fn compared(search: &Search, present: &Key, lacking: &Key) -> Result<Finding> {
    let table = present.table;
    let key = present.sql();
    let condition = search.condition(table);
    let keys = format!(
        "SELECT {key} AS key, count(*) AS rows FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY 1",
        table.sql(),
        values(lacking),
    );
    // Where a time is part of the key, it says since when.
    let time = table.roles.time.as_ref().filter(|time| present.columns.len() > 1 && present.columns.contains(time));
    let time = time.map_or_else(|| "NULL".into(), |time| format!("{}::TIMESTAMP", quote::name(time)));
    let row = search.session.engine.counted(&format!(
        "SELECT (SELECT count(DISTINCT {key}) FROM {} WHERE {condition}), count(*), coalesce(sum(rows), 0), min(key), min(since), max(until) FROM \
         (SELECT {key} AS key, count(*) AS rows, min({time}) AS since, max({time}) AS until FROM {} \
         WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY 1)",
        table.sql(),
        table.sql(),
        values(lacking),
    ))?;
    let (expected, missing, rows) = (row[0].int(), row[1].int(), row[2].int());
    let at = |place: usize| row.get(place).filter(|at| !at.is_null()).map(Value::int);
    Ok(Finding {
        kind: Kind::AbsentKey,
        source: lacking.table.source.clone(),
        table_name: lacking.table.short_name.clone(),
        series: None,
        column_name: Some(lacking.columns.join(", ")),
        since: at(4),
        until: at(5),
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "keys of {}.{} ({rows} rows there) that {}.{} lacks; the first is `{}`",
            table.name,
            present.shown(),
            lacking.table.name,
            lacking.shown(),
            row[3].shown()
        ),
        sql: quote::one_line(&format!("{keys} ORDER BY 1")),
        counter: super::cause::Counter::None,
        keys: Some(format!("{}={}", present.said(), lacking.said())),
        track: None,
    })
}
