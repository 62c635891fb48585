//! `--against`: what an earlier answer found, and whether today's evidence still has it.

use clap::ValueEnum;

use super::asking::Asking;
use super::earlier::{Earlier, Item, Of};
use super::said::{Check, Said};
use super::{Row, asked, audit, gaps};
use crate::error::{Error, Result};
use crate::model::time;
use crate::session::Table;

/// Of checks: those that say that something is wrong.
const WRONG: [&str; 5] = ["fail", "warn", "error", "still", "new"];

/// # Errors
/// If today's question cannot be asked.
pub fn compared(asking: &Asking, earlier: &Earlier, checks: impl FnOnce() -> Result<Vec<Said>>) -> Result<Vec<Row>> {
    let everything = Check::default();
    let today: Vec<Item> = match earlier.of {
        Of::Missing => asking.searched(&everything)?.findings.iter().map(Item::of_finding).collect(),
        Of::Audit => asking.audited(&everything)?.faults.iter().map(Item::of_fault).collect(),
        Of::Check => return Ok(of_checks(asking, &earlier.items, asked(asking, &checks()?)?)),
    };
    // The earlier answer may have pseudonyms, or be of before there were any.
    let shown: Vec<Item> = today.iter().map(|item| item.shown(asking.session)).collect();
    let is = |at: usize, item: &Item| today[at].is(item) || shown[at].is(item);
    let mut rows = Vec::new();
    for item in &earlier.items {
        let same: Vec<&Item> = (0..today.len()).filter(|at| is(*at, item)).map(|at| &today[at]).collect();
        rows.push(row_of(asking, earlier.of, item, &same)?);
    }
    let new = (0..today.len()).filter(|at| !earlier.items.iter().any(|item| is(*at, item)));
    rows.extend(new.map(|at| &today[at]).map(|item| Row {
        name: item.name(),
        status: "new",
        expected: "0".into(),
        observed: item.figure.clone(),
        detail: item.detail.clone(),
        sql: item.sql.clone(),
    }));
    Ok(rows)
}

fn row_of(asking: &Asking, of: Of, item: &Item, same: &[&Item]) -> Result<Row> {
    let row = |status, observed: String, detail: String, sql: &str| Row {
        name: item.name(),
        status,
        expected: item.figure.clone(),
        observed,
        detail,
        sql: sql.to_string(),
    };
    if let Some(first) = same.first() {
        let figure: i64 = same.iter().filter_map(|one| one.figure.parse::<i64>().ok()).sum();
        return Ok(row("still", figure.to_string(), first.detail.clone(), &first.sql));
    }
    let table = asking.session.tables.iter().find(|table| table.name == item.table);
    let could_be_found = match (of, table) {
        (Of::Missing, None) => Err(Error::question(format!("there is no table `{}` today", item.table))),
        (Of::Missing, Some(table)) => {
            let kinds: Vec<_> =
                gaps::Missing::value_variants().iter().copied().filter(|kind| kind.name() == item.kind).collect();
            // Of several series together none is named alone.
            let series = item.series.as_deref().filter(|series| !series.contains(','));
            gaps::is_looked_for(asking, table, &kinds, false, series, &*asking.searched(&Check::default())?)
        }
        _ => audit::is_looked_for(&item.kind, &*asking.audited(&Check::default())?),
    };
    if let Err(error) = could_be_found {
        return Ok(row("error", String::new(), format!("{}; earlier: {}", error.message, item.detail), &item.sql));
    }
    let reach = table.map_or_else(|| Ok(String::new()), |table| reach(asking, table, item))?;
    Ok(row("gone", "0".into(), format!("{reach}earlier: {}", item.detail), &item.sql))
}

/// What is to be said where a finding is gone for the reason that its time is not in the evidence any more.
fn reach(asking: &Asking, table: &Table, item: &Item) -> Result<String> {
    let ends = asking.session.ends(&[table])?;
    Ok(match (item.time, ends) {
        (Some((_, until)), Some((first, _))) if until < first => {
            format!("today's evidence begins after it, at {}; ", time::rfc3339(first))
        }
        (Some((since, _)), Some((_, last))) if since > last => {
            format!("today's evidence ends before it, at {}; ", time::rfc3339(last))
        }
        _ => String::new(),
    })
}

/// Checks that failed, by their names.
fn of_checks(asking: &Asking, earlier: &[Item], today: Vec<Row>) -> Vec<Row> {
    let is_said = |name: &str, said: &str| asking.session.is_said(name, said);
    let was_wrong =
        |name: &str| earlier.iter().any(|item| is_said(name, &item.table) && WRONG.contains(&item.kind.as_str()));
    let mut rows = Vec::new();
    for item in earlier.iter().filter(|item| WRONG.contains(&item.kind.as_str())) {
        let now = today.iter().find(|row| is_said(&row.name, &item.table));
        let status = now.map_or("error", |row| if WRONG.contains(&row.status) { "still" } else { "gone" });
        let no_check = || format!("there is no check `{}` today; earlier: {}", item.table, item.detail);
        rows.push(Row {
            name: item.table.clone(),
            status,
            expected: item.figure.clone(),
            observed: now.map(|row| row.observed.clone()).unwrap_or_default(),
            detail: now.map_or_else(no_check, |row| row.detail.clone()),
            sql: now.map_or_else(|| item.sql.clone(), |row| row.sql.clone()),
        });
    }
    let is_new = |row: &Row| WRONG.contains(&row.status) && !was_wrong(&row.name);
    rows.extend(today.into_iter().filter(is_new).map(|row| Row { status: "new", ..row }));
    rows
}
