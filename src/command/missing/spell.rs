//! Nulls and sentinels that came and went, to the row: from the first to the last of them, of the rows of that time and,
//! where all are in one series, of that one.

use super::spread::{self, By, Lack, Part, Spread, Within};
use super::{Search, mechanism, profile, series};
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
    let is_all = |parts: &[Part]| parts.iter().map(|part| part.lacking[0]).sum::<i64>() >= lack.rows;
    let is_spell = match (mechanism::spell(times, 0), mechanism::turn(times, 0)) {
        (Some((since, until)), _) => is_all(&times[since..until]),
        (None, Some(at)) => is_all(&times[at..]) || is_all(&times[..at]),
        _ => false,
    };
    if !is_spell {
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
    let could = lack.within.as_ref().map_or("true", |within| within.holds.as_str());
    let list = format!(
        "count(*) FILTER (epoch_us({at}) BETWEEN {since} AND {until}), count(*) FILTER (epoch_us({at}) < {since}), \
         count(*) FILTER (epoch_us({at}) > {until})"
    );
    let counted = count(&list, &format!("{is_own} AND ({could})"))?;
    let [expected, before, behind] = [0, 1, 2].map(|at| counted.get(at).map_or(0, Value::int));
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
            "{} in {} of the rows{of}, {}",
            match (before, behind) {
                (1.., 0) => format!("from {} on", time::rfc3339(since)),
                (0, 1..) => format!("up to {}", time::rfc3339(until)),
                _ => format!("from {} to {}", time::rfc3339(since), time::rfc3339(until)),
            },
            percent_in_tenths(lack.rows as f64 / expected as f64),
            match (before, behind) {
                (1.., 0) => "before in none",
                (0, 1..) => "after in none",
                _ => "else in none",
            }
        ),
    }))
}

/// A spell of one series of several that have one each.
pub struct OfSeries {
    pub spell: Spell,
    /// What holds of the series' rows, as people write it.
    pub holds: String,
    /// How many lack it.
    pub rows: i64,
}

/// Where what is lacking is in several series, in each at a time of its own: a spell of each. None where any of them lacks
/// it over most of the time, or here and there.
///
/// # Errors
/// If the evidence cannot be read.
pub fn each(
    search: &mut Search,
    table: &Table,
    (lack, place): (&Lack, usize),
    spread: &Spread,
) -> Result<Vec<OfSeries>> {
    const SERIES_MAX: usize = 8;
    const ROWS_LEAST: i64 = 5;
    let regular = search.regular.iter().find(|regular| regular.table.name == table.name && regular.columns.len() == 1);
    let (Some(at), Some(column)) = (&table.roles.time, regular.map(|regular| regular.columns[0].clone())) else {
        return Ok(Vec::new());
    };
    let is_own = |by: &By| matches!(by, By::Few(_) | By::Key(_)) && by.name() == column;
    let Some(crossing) = spread.by_value.iter().find(|crossing| is_own(&crossing.by)) else { return Ok(Vec::new()) };
    let lacking = crossing.groups.iter().filter(|group| group.lacking[place] > 0);
    let lacking: Vec<(bool, i64)> = lacking.map(|group| (group.value.is_null(), group.lacking[place])).collect();
    let is_many = (2..=SERIES_MAX).contains(&lacking.len());
    if !is_many || lacking.iter().any(|(is_null, rows)| *is_null || *rows < ROWS_LEAST) {
        return Ok(Vec::new());
    }
    let profile = profile::of(search, table)?;
    let whole = profile.last.zip(profile.first).map_or(0, |(last, first)| last - first);
    let (at, name, condition) = (format!("{}::TIMESTAMP", quote::name(at)), quote::name(&column), search.timed(table));
    let could = lack.within.as_ref().map_or("true", |within| within.holds.as_str());
    let rows = search.session.engine.counted_by(&format!(
        "SELECT own, since, until, lacking, count(*) FROM (SELECT {name}::VARCHAR AS h, {at} AS t FROM {0} WHERE ({condition}) AND ({could})) \
         JOIN (SELECT {name}::VARCHAR AS own, min({at}) AS since, max({at}) AS until, count(*) AS lacking FROM {0} \
         WHERE ({condition}) AND ({1}) GROUP BY 1) ON h = own AND t BETWEEN since AND until GROUP BY own, since, until, lacking ORDER BY 2, 1",
        table.sql(),
        lack.holds
    ))?;
    let of = |row: &Vec<Value>| {
        let (value, since, until) = (row[0].shown(), row[1].int(), row[2].int());
        let (rows, expected) = (row[3].int(), row[4].int());
        let is_spell = 2 * rows >= expected && 5 * (until - since) <= 3 * whole;
        let label = series::label_of(std::slice::from_ref(&column), std::slice::from_ref(&Some(value.clone())));
        let said = format!(
            "from {} to {} in {} of the rows of {label}, else in none of these",
            time::rfc3339(since),
            time::rfc3339(until),
            percent_in_tenths(rows as f64 / expected.max(1) as f64)
        );
        let holds = format!("{}::VARCHAR = {}", quote::readable_name(&column), quote::text(&value));
        is_spell.then_some(OfSeries { spell: Spell { since, until, expected, series: Some(label), said }, holds, rows })
    };
    let spells: Option<Vec<OfSeries>> = rows.iter().map(of).collect();
    let is_all = |spells: &Vec<OfSeries>| spells.iter().map(|spell| spell.rows).sum::<i64>() == lack.rows;
    Ok(spells.filter(is_all).unwrap_or_default())
}

/// When one value of a column lacks what others lack less, if half of the lack and more is there: `of pump=c from about …
/// in 98.0 % of the rows, before in 1.0 %`.
///
/// # Errors
/// If the evidence cannot be read.
pub fn within(
    search: &mut Search,
    table: &Table,
    (lack, place): (&Lack, usize),
    spread: &Spread,
    rows: i64,
) -> Result<Option<String>> {
    let (column, value, of) = match mechanism::likeliest(spread, &(lack, place), rows) {
        Some((By::Few(column) | By::Key(column), group)) if 2 * group.lacking[place] >= lack.rows => {
            (&column.name, group.value.shown(), group.of[place])
        }
        _ => return Ok(None),
    };
    let own = format!("{}::VARCHAR = {}", quote::readable_name(column), quote::text(&value));
    let could = lack.within.as_ref().map_or_else(|| own.clone(), |within| format!("{} AND {own}", within.holds));
    let within = Within { rows: of, holds: could, said: String::new(), whole: 0 };
    let own = Lack { holds: format!("{} AND {own}", lack.holds), within: Some(within), ..lack.clone() };
    let parts = spread::times(search, table, &own)?;
    let label = series::label_of(std::slice::from_ref(column), std::slice::from_ref(&Some(value)));
    Ok(mechanism::change(&parts, 0).map(|change| format!("of {label} {change}")))
}
