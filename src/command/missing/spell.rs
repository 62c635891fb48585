//! Nulls and sentinels that came and went, to the row: from the first to the last of them, of the rows of that time and,
//! where all are in one series, of that one.

use super::spread::{By, Lack, Part, Spread};
use super::{Search, mechanism, series};
use crate::engine::quote;
use crate::error::Result;
use crate::model::figure::percent_in_tenths;
use crate::model::time;
use crate::model::value::Value;
use crate::session::Table;

/// All that is lacking of a column, within a time.
pub struct Spell {
    pub since: i64,
    pub until: i64,
    /// Rows of that time, and of the series.
    pub expected: i64,
    pub series: Option<String>,
    /// `from … to … in 82.0 % of the rows of turbine=WT08, else in none`
    pub said: String,
}

/// Of a table of so many rows; `times` are the parts of time for the lack alone. `None` where some of it is at other times.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(
    search: &Search,
    table: &Table,
    (lack, place): (&Lack, usize),
    (spread, times): (&Spread, &[Part]),
    rows: i64,
) -> Result<Option<Spell>> {
    let (Some(at), true) = (&table.roles.time, mechanism::is_telling(lack, rows)) else { return Ok(None) };
    let Some((since, until)) = mechanism::spell(times, 0) else { return Ok(None) };
    if times[since..until].iter().map(|part| part.lacking[0]).sum::<i64>() < lack.rows {
        return Ok(None);
    }
    let (at, condition) = (format!("{}::TIMESTAMP", quote::name(at)), search.timed(table));
    let count = |list: &str, holds: &str| {
        let sql = format!("SELECT {list} FROM {} WHERE ({condition}) AND ({holds})", table.sql());
        search.session.engine.counted(&sql)
    };
    let ends = count(&format!("min({at}), max({at})"), &lack.holds)?;
    if ends.len() < 2 || ends[0].is_null() {
        return Ok(None);
    }
    let (since, until) = (ends[0].int(), ends[1].int());
    let own = match mechanism::whose(spread, &(lack, place), rows) {
        Some((By::Few(column) | By::Key(column), value)) if !value.is_null() => Some((&column.name, value.shown())),
        _ => None,
    };
    let is_own = own.as_ref().map_or_else(
        || "true".into(),
        |(name, value)| format!("{}::VARCHAR = {}", quote::name(name), quote::text(value)),
    );
    let within = format!("epoch_us({at}) BETWEEN {since} AND {until}");
    let counted = count("count(*)", &format!("{within} AND {is_own}"))?;
    let expected = counted.first().map_or(0, Value::int);
    if expected < lack.rows {
        return Ok(None);
    }
    let label = |(name, value): &(&String, String)| {
        series::label_of(std::slice::from_ref(*name), std::slice::from_ref(&Some(value.clone())))
    };
    let is_series = |(name, _): &&(&String, String)| {
        let regular = search.regular.iter().find(|regular| regular.table.name == table.name);
        regular.is_some_and(|regular| regular.columns == [(*name).clone()])
    };
    let of = own.as_ref().map_or_else(String::new, |own| format!(" of {}", label(own)));
    Ok(Some(Spell {
        since,
        until,
        expected,
        series: own.as_ref().filter(is_series).map(label),
        said: format!(
            "from {} to {} in {} of the rows{of}, else in none",
            time::rfc3339(since),
            time::rfc3339(until),
            percent_in_tenths(lack.rows as f64 / expected as f64)
        ),
    }))
}
