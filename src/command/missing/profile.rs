//! What one look at all rows of a table tells: how many there are, when they begin and end, and how many values each
//! column has, sentinels apart.

use std::rc::Rc;

use super::{Search, nulls};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::value::Value;
use crate::session::Table;

/// Counts of a table's rows, within the window and `--where`.
#[derive(Debug, Default)]
pub struct Profile {
    pub rows: i64,
    /// The earliest and the latest time, in microseconds.
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// What must hold of a row's time for it to be one, where some are sentinels.
    pub is_time: Option<String>,
    columns: Vec<(String, Counts)>,
}

/// Of one column.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub values: i64,
    /// Above 0 if there may be values that are on the list of the usual sentinels.
    pub sentinels: i64,
}

impl Profile {
    pub fn column(&self, name: &str) -> Counts {
        self.columns.iter().find(|(known, _)| known == name).map_or_else(Counts::default, |(_, counts)| *counts)
    }
}

/// The table's profile, of which the rows are read once.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(search: &mut Search, table: &Table) -> Result<Rc<Profile>> {
    if let Some(known) = search.profiles.get(&table.name) {
        return Ok(known.clone());
    }
    let columns: Vec<_> = table.own_columns().filter(|column| column.kind != Kind::Blob).collect();
    let (numbers, texts) = nulls::lists();
    let sentinels = |kind: Kind, name: &str| match kind {
        // They lie apart from all other values, so that one of them is the lowest or the highest.
        Kind::Int | Kind::Float => {
            format!("(min({name}) IN ({numbers}))::INTEGER + (max({name}) IN ({numbers}))::INTEGER")
        }
        // A function over one column is asked once for each word of a dictionary.
        Kind::Text => format!("count(*) FILTER (list_contains([{texts}], lower(trim({name}))))"),
        Kind::Time | Kind::Date => {
            let instants = nulls::instants(kind);
            format!("coalesce((min({name}) IN ({instants}))::INTEGER + (max({name}) IN ({instants}))::INTEGER, 0)")
        }
        _ => "0".into(),
    };
    let counted = columns.iter().flat_map(|column| {
        let name = quote::name(&column.name);
        [format!("count({name})"), sentinels(column.kind, &name)]
    });
    let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::name(time)));
    let ends = match &time {
        Some(time) => ["min", "max"].map(|end| format!("{end}({time})")),
        None => ["NULL".to_string(), "NULL".to_string()],
    };
    let list: Vec<String> = ["count(*)".to_string()].into_iter().chain(ends).chain(counted).collect();
    let sql = format!("SELECT {} FROM {} WHERE {}", list.join(", "), table.sql(), search.condition(table));
    let mut row = search.session.engine.counted(&sql)?;
    let mut is_time = None;
    let is_infinite = |end: &Value| !end.is_null() && (end.int() == i64::MAX || end.int() <= -i64::MAX);
    if let Some(time) = time {
        let role = columns.iter().position(|column| Some(&column.name) == table.roles.time.as_ref());
        let has_sentinels = role.is_some_and(|place| row[4 + 2 * place].int() > 0);
        if has_sentinels {
            is_time = Some(format!("{time} NOT IN ({})", nulls::instants(Kind::Time)));
        }
        if has_sentinels || row[1..3].iter().any(is_infinite) {
            let finite = format!(
                "SELECT min({time}), max({time}) FROM {} WHERE isfinite({time}) AND ({}) AND {}",
                table.sql(),
                search.condition(table),
                is_time.as_deref().unwrap_or("true")
            );
            row.splice(1..3, search.session.engine.counted(&finite)?);
        }
    }
    let at = |place: usize| row.get(place).filter(|value| !value.is_null()).map(Value::int);
    let of_column = |(place, column): (usize, &&crate::model::column::Column)| {
        let counts =
            Counts { values: at(3 + 2 * place).unwrap_or(0), sentinels: at(4 + 2 * place).unwrap_or(0) };
        (column.name.clone(), counts)
    };
    let profile = Rc::new(Profile {
        rows: at(0).unwrap_or(0),
        first: at(1),
        last: at(2),
        is_time,
        columns: columns.iter().enumerate().map(of_column).collect(),
    });
    search.profiles.insert(table.name.clone(), profile.clone());
    Ok(profile)
}

/// Columns that have few values, as far as the first rows tell: those that others may depend on.
///
/// # Errors
/// If the evidence cannot be read.
pub fn categories(search: &mut Search, table: &Table) -> Result<Rc<Vec<String>>> {
    const ROWS: i64 = 50_000;
    const VALUES_MAX: i64 = 20;
    if let Some(known) = search.categories.get(&table.name) {
        return Ok(known.clone());
    }
    let columns: Vec<String> = table
        .own_columns()
        .filter(|column| matches!(column.kind, Kind::Text | Kind::Bool | Kind::Int))
        .filter(|column| table.roles.message.as_ref() != Some(&column.name))
        .map(|column| column.name.clone())
        .collect();
    let mut few = Vec::new();
    if !columns.is_empty() {
        let names: Vec<String> = columns.iter().map(|name| quote::name(name)).collect();
        let counts: Vec<String> = names.iter().map(|name| format!("count(DISTINCT {name})")).collect();
        let row = search.session.engine.counted(&format!(
            "SELECT {} FROM (SELECT {} FROM {} WHERE {} LIMIT {ROWS})",
            counts.join(", "),
            names.join(", "),
            table.sql(),
            search.condition(table)
        ))?;
        few = columns.into_iter().zip(&row).filter(|(_, count)| count.int() <= VALUES_MAX).map(|(name, _)| name).collect();
    }
    let few = Rc::new(few);
    search.categories.insert(table.name.clone(), few.clone());
    Ok(few)
}
