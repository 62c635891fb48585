//! What is compared: two windows of the same tables, or two sources whose tables go by the same names. Each table becomes
//! one relation with `side` (0 baseline, 1 incident), `block`, `ts` and its columns as `c0`, `c1` and so on.

use super::cut::Cut;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::session::{Session, Span, Table, Window, Windows};

/// What a side is.
#[derive(Debug, Clone)]
pub enum Sides {
    Windows(Windows),
    /// The tables of the source under this name, and of those that have it before theirs, against all others.
    Sources(String),
}

/// A column of a table as both sides have it.
#[derive(Debug, Clone)]
pub struct Known {
    pub name: String,
    /// As each side declares it.
    pub kinds: [Option<Kind>; 2],
    /// As it is compared.
    pub kind: Kind,
    /// Over the table's own columns, to be pasted: its name, or a length of time.
    pub sql: String,
    /// Over the relation.
    pub at: String,
    /// It is another column seen in another way, whose nulls are told there.
    pub is_derived: bool,
    /// It is a length of time.
    pub is_length: bool,
}

/// A table of both sides, or of one.
pub struct Pair<'a> {
    pub name: String,
    pub tables: [Option<&'a Table>; 2],
    pub cut: Cut,
    pub columns: Vec<Known>,
    /// As SQL that can be selected from.
    pub relation: String,
    /// Conditions on a side's rows over the table's own columns, to be pasted.
    pub holds: [String; 2],
}

impl Pair<'_> {
    /// The table that says what columns mean.
    pub fn table(&self) -> Option<&Table> {
        self.tables[1].or(self.tables[0])
    }

    /// SQL to be pasted that shows an aggregate of both sides, over the table's own columns.
    pub fn shown(&self, aggregate: &str) -> String {
        let of = |side: usize| match self.tables[side] {
            None => "NULL".to_string(),
            Some(table) if self.holds[side].is_empty() => format!("(SELECT {aggregate} FROM {})", table.sql()),
            Some(table) => format!("(SELECT {aggregate} FROM {} WHERE {})", table.sql(), self.holds[side]),
        };
        quote::one_line(&format!("SELECT {} AS baseline, {} AS incident", of(0), of(1)))
    }
}

/// The columns that both sides have, as they are compared; `None` of a kind where a side lacks one.
pub fn columns(tables: [Option<&Table>; 2]) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    for (side, table) in tables.into_iter().enumerate() {
        let Some(table) = table else { continue };
        for column in table.values().filter(|column| column.kind != Kind::Blob) {
            match found.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&column.name)) {
                Some(known) => known.kinds[side] = Some(column.kind),
                None => {
                    let mut kinds = [None, None];
                    kinds[side] = Some(column.kind);
                    found.push(Known {
                        name: column.name.clone(),
                        kinds,
                        kind: column.kind,
                        sql: quote::readable_name(&column.name),
                        at: String::new(),
                        is_derived: false,
                        is_length: false,
                    });
                }
            }
        }
    }
    for known in &mut found {
        known.kind = common_kind(known.kinds);
        if known.kind.is_spelled() {
            (known.kind, known.sql) = (Kind::Text, format!("{}::VARCHAR", known.sql));
        }
    }
    found.extend(tables[1].or(tables[0]).and_then(|table| passage(table, tables)));
    for (at, known) in found.iter_mut().enumerate() {
        known.at = format!("c{at}");
    }
    found
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float | Kind::Decimal { .. })
}

fn common_kind(kinds: [Option<Kind>; 2]) -> Kind {
    match kinds {
        [Some(one), Some(other)] if one == other => one,
        [Some(one), Some(other)] if is_number(one) && is_number(other) => Kind::Float,
        [Some(_), Some(_)] => Kind::Text,
        [one, other] => one.or(other).unwrap_or(Kind::Text),
    }
}

/// How long what a row tells of has lasted, in seconds, of tables whose rows have a beginning and an end.
fn passage(table: &Table, tables: [Option<&Table>; 2]) -> Option<Known> {
    let (begin, end) = (table.roles.time.as_ref()?, table.roles.end.as_ref()?);
    let is_there = |name: &String| tables.iter().flatten().all(|table| table.column(name).is_some());
    if !is_there(begin) || !is_there(end) {
        return None;
    }
    let [from, to] = [begin, end].map(|name| format!("epoch_us({}::TIMESTAMP)", quote::readable_name(name)));
    Some(Known {
        name: format!("{end} - {begin}"),
        kinds: [Some(Kind::Float); 2],
        kind: Kind::Float,
        sql: format!("(({to} - {from}) / 1000000.0)"),
        at: String::new(),
        is_derived: false,
        is_length: true,
    })
}

/// Rows of a side, with what more is asked of them as `sql AS name`.
fn side_sql(table: &Table, side: usize, known: &[Known], more: &[(String, String)], condition: Option<&str>) -> String {
    let value = |known: &Known| {
        let (sql, at) = (&known.sql, &known.at);
        match known.kinds[side] {
            None => format!("NULL::{} AS {at}", known.kind.name()),
            Some(kind) if kind == known.kind => format!("{sql} AS {at}"),
            Some(_) => format!("({sql})::{} AS {at}", known.kind.name()),
        }
    };
    let time = table.roles.time.as_ref();
    let time = time.map_or_else(|| "NULL::TIMESTAMP".into(), |time| format!("{}::TIMESTAMP", quote::name(time)));
    let list: Vec<String> =
        known.iter().map(value).chain(more.iter().map(|(sql, name)| format!("({sql}) AS {name}"))).collect();
    let comma = if list.is_empty() { "" } else { ", " };
    let within = condition.map_or_else(String::new, |said| format!(" WHERE ({said})"));
    format!("SELECT {time} AS ts{comma}{} FROM {}{within}", list.join(", "), table.sql())
}

/// The relation of both sides. What is not Parquet is read once and kept.
///
/// # Errors
/// If the evidence cannot be read.
pub fn relation(
    session: &Session,
    sides: &Sides,
    pair: &Pair,
    place: usize,
    more: &[(String, String)],
    condition: Option<&str>,
) -> Result<String> {
    let cut = &pair.cut;
    let sql = match (sides, pair.tables[1].or(pair.tables[0])) {
        (Sides::Windows(windows), Some(table)) => {
            let (in_baseline, in_incident) = windows.sql();
            format!(
                "SELECT CASE WHEN {in_baseline} THEN 0 ELSE 1 END AS side, \
                 (CASE WHEN {in_baseline} THEN {} ELSE {} END)::INTEGER AS block, * FROM ({}) WHERE ({in_baseline}) OR ({in_incident})",
                cut.sql(0),
                cut.sql(1),
                side_sql(table, 1, &pair.columns, more, condition),
            )
        }
        _ => {
            let of = |(side, table): (usize, &Option<&Table>)| {
                let rows = side_sql((*table)?, side, &pair.columns, more, condition);
                let block = cut.sql(side);
                // What has no time is of no block, and counts all the same.
                Some(format!(
                    "SELECT {side} AS side, (CASE WHEN isfinite(ts) THEN {block} ELSE 0 END)::INTEGER AS block, * FROM ({rows})"
                ))
            };
            pair.tables.iter().enumerate().filter_map(of).collect::<Vec<_>>().join(" UNION ALL ")
        }
    };
    if pair.tables.iter().flatten().all(|table| table.kind == "parquet") {
        return Ok(format!("({sql})"));
    }
    let name = format!("rca_compared_{place}");
    session.engine.keep_found(&name, &sql)?;
    Ok(name)
}

/// What holds of the rows of each side over the table's own columns, to be pasted.
pub fn holds(sides: &Sides, table: &Table, condition: Option<&str>) -> [String; 2] {
    let said = condition.map(|said| format!("({said})"));
    let Sides::Windows(windows) = sides else { return [said.clone(), said].map(Option::unwrap_or_default) };
    let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
    let Some(time) = time else { return [said.clone(), said].map(Option::unwrap_or_default) };
    let within = |span: Span| Window { from: Some(span.from), to: Some(span.to) }.sql(&time);
    let baseline = within(windows.baseline);
    let mut incident = within(windows.incident);
    if windows.incident.shared(windows.baseline) > 0 {
        incident = format!("{incident} AND NOT ({baseline})");
    }
    [baseline, incident].map(|within| said.iter().cloned().fold(within, |all, said| format!("{all} AND {said}")))
}
