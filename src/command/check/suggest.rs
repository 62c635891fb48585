//! `--from-findings`: for each of today's findings the check that fails now and passes once it is mended, as TOML.

use toml::{Table, Value};

use super::Row;
use super::asking::Asking;
use super::gaps::{self, figure};
use super::said::{self, Check};
use crate::command::errors::Fault;
use crate::command::missing::{Finding, Kind, Searched};
use crate::error::{Kind as Cause, Result};

/// A check, and how much there is today of what it forbids.
struct Suggestion {
    check: Table,
    figure: i64,
    what: &'static str,
    sql: String,
}

/// # Errors
/// If the evidence cannot be read.
pub fn all(asking: &Asking) -> Result<Vec<Row>> {
    let everything = Check::default();
    let searched = asking.searched(&everything)?;
    let mut kept: Vec<Suggestion> = Vec::new();
    for one in searched.findings.iter().map(|finding| of_finding(finding, &searched)) {
        keep(&mut kept, one);
    }
    match asking.audited(&everything) {
        Ok(audited) => audited.faults.iter().for_each(|fault| keep(&mut kept, of_fault(fault))),
        // Evidence may have no errors to examine.
        Err(error) if error.kind == Cause::Question => {
            asking.notes.borrow_mut().push(format!("no check of errors is suggested: {}", error.message));
        }
        Err(error) => return Err(error),
    }
    let checks = said::read(kept.iter().map(|one| one.check.clone()).collect())?;
    Ok(checks.into_iter().map(|said| said.name).zip(kept).map(|(name, one)| one.row(name)).collect())
}

/// Findings that one check forbids are one suggestion; a name is given once.
fn keep(kept: &mut Vec<Suggestion>, mut one: Suggestion) {
    if let Some(known) = kept.iter_mut().find(|known| known.check == one.check) {
        known.figure += one.figure;
        return;
    }
    if kept.iter().any(|known| known.check.get("name").is_some_and(|name| one.check.get("name") == Some(name))) {
        one.check.remove("name");
    }
    kept.push(one);
}

impl Suggestion {
    fn row(self, name: String) -> Row {
        let own = self.check.iter().filter(|(key, _)| *key != "name");
        let lines = own.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join("\n");
        Row {
            detail: format!("[[checks]]\nname = {}\n{lines}", Value::String(name.clone())),
            name,
            status: "suggested",
            expected: format!("0 {}", self.what),
            observed: format!("{} {}", self.figure, self.what),
            sql: self.sql,
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

fn inline(key: &str, value: Value) -> Value {
    Value::Table(Table::from_iter([(key.to_string(), value)]))
}

fn table(pairs: Vec<(&str, Value)>) -> Table {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

fn of_finding(finding: &Finding, searched: &Searched) -> Suggestion {
    let what = match finding.kind {
        Kind::AbsentKey => "absent",
        Kind::NullRate => "null",
        kind => gaps::unit(kind),
    };
    Suggestion { check: check_of(finding, searched), figure: figure(finding), what, sql: finding.sql.clone() }
}

fn check_of(finding: &Finding, searched: &Searched) -> Table {
    let warn = ("severity", text("warn"));
    match (finding.kind, &finding.keys, &finding.column_name) {
        (Kind::AbsentKey, Some(keys), _) => table(vec![("keys", text(keys))]),
        // Nulls are often meant.
        (Kind::NullRate, _, Some(column)) => {
            let of = crate::engine::quote::readable_name(column);
            let plain = finding.sql.ends_with(&format!(" WHERE {of} IS NULL"));
            match plain {
                true => table(vec![
                    ("table", text(finding.table())),
                    ("column", text(column)),
                    ("nulls", inline("max", Value::Integer(0))),
                    warn,
                ]),
                false => {
                    let what = finding.detail.split(';').next().unwrap_or_default();
                    let name = format!("{}.{column} {what}", finding.table());
                    table(vec![("name", text(name)), ("sql", text(&finding.sql)), warn])
                }
            }
        }
        _ => {
            let mut pairs = vec![
                ("table", text(finding.table())),
                ("gaps", Value::Integer(0)),
                ("kinds", Value::Array(vec![text(finding.kind.name())])),
            ];
            // What is told of several series together is asked of all.
            let is_one = |one: &&Finding| {
                one.kind == finding.kind && one.table() == finding.table() && one.series == finding.series
            };
            if let Some(series) = finding.series.as_ref().filter(|_| searched.single.iter().any(|one| is_one(&one))) {
                pairs.push(("series", text(series)));
            }
            table(pairs)
        }
    }
}

fn of_fault(fault: &Fault) -> Suggestion {
    let mut pairs = vec![("audit", inline(fault.fault, Value::Integer(0)))];
    pairs.extend(fault.code.as_ref().map(|code| ("code", text(code))));
    // A code that has not occurred yet is no failure.
    pairs.extend((fault.fault == "never_seen").then(|| ("severity", text("warn"))));
    Suggestion { check: table(pairs), figure: 1, what: fault.fault, sql: fault.sql.clone() }
}
