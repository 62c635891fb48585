//! `fresh`: a table's latest time is not too long before a time that is said, or the latest in the evidence.

use super::asking::{Asking, nothing};
use super::said::Check;
use super::{Kind, Verdict};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::duration;
use crate::model::time::{self, SECOND};
use crate::model::value::Value;
use crate::session::Table;

pub const KIND: Kind = Kind {
    key: "fresh",
    needs: &["table"],
    takes: &["now", "where", "from", "to"],
    valid: |check| length(check).map(drop),
    is_analysis: false,
    ask,
    name: |check| format!("{} fresh", check.table.as_deref().unwrap_or_default()),
};

fn length(check: &Check) -> Result<i64> {
    let text = check.fresh.as_deref().unwrap_or_default();
    duration::parse(text).filter(|length| *length >= 0).ok_or_else(|| {
        Error::question(format!("`fresh = \"{text}\"` is no length of time")).hint("write fresh = \"1h\", 30s or 2d")
    })
}

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let (table, most) = (asking.table(check)?, length(check)?);
    let Some(column) = &table.roles.time else {
        return Err(Error::question(format!("`{}` has no time to be fresh by", table.name)));
    };
    let (now, whose) = now(asking, check)?;
    let column = format!("{}::TIMESTAMP", quote::readable_name(column));
    let stamp = format!("TIMESTAMP '{}'", time::rfc3339(now).trim_end_matches('Z').replace('T', " "));
    let sql = format!(
        "SELECT max({column}) AS latest, (epoch_us({stamp}) - epoch_us(max({column}))) / 1e6 AS age_s{}",
        asking.rows(check, table, &[format!("isfinite({column})")])?
    );
    let Value::Time(latest) = asking.session.one_row(&sql)?[0] else {
        return Err(nothing(&format!("`{}` has no row with a time", table.name)));
    };
    let age = now - latest;
    let (at, against) = (time::rfc3339(latest), time::rfc3339(now));
    let than = if age < 0 { "behind" } else { "before" };
    // Not rounded to the very age that is allowed.
    let told = |age: i64| match duration::shown(age) == duration::shown(most) && age != most {
        true => format!("{}s", age as f64 / SECOND as f64),
        false => duration::shown(age),
    };
    Ok(Verdict {
        holds: age <= most,
        expected: format!("at most {} old", duration::shown(most)),
        observed: told(age),
        detail: format!("the latest row of {} is of {at}, {} {than} {against} ({whose})", table.name, told(age.abs())),
        sql,
    })
}

/// The time to judge by, and what it is.
fn now(asking: &Asking, check: &Check) -> Result<(i64, &'static str)> {
    let session = asking.session;
    if let Some(now) = &check.now {
        return Ok((session.instant(now, "now")?, "`now` of the check"));
    }
    if let Some(to) = asking.window(check)?.to {
        return Ok((to, if check.to.is_some() { "`to` of the check" } else { "--to" }));
    }
    let tables: Vec<&Table> = session.tables.iter().collect();
    let ends = session.ends(&tables)?.ok_or_else(|| nothing("no table has a time"))?;
    Ok((ends.1, "the latest time in the evidence"))
}
