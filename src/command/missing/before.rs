//! Numbers before the first that a series has here, and that another table has: lost, if at that time rows of other
//! series were not. The time is that of the other table's own clock, in which the rows that this table begins with were
//! written, so that clocks which are apart say nothing wrong.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cause::{Cause, Sure};
use super::regular::Regular;
use super::series::{self, Series};
use super::shown::stamp;
use super::testimony::{Both, Course, Witness};
use super::{Finding, Kind, Search};
use crate::engine::quote;
use crate::error::Result;
use crate::model::figure::plural;
use crate::model::statistics::middle;
use crate::model::time::MINUTE;
use crate::model::value::Value;
use crate::session::Table;

/// Fewer may have been on their way when the table began.
const NUMBERS_LEAST: i64 = 5;
/// How far the way of one series may be longer than that of others, where its numbers are the same, in microseconds.
const APART_MAX: i64 = 5 * MINUTE;
/// More series are not asked about.
const SERIES_MAX: usize = 10_000;
const FINDINGS_MAX: usize = 200;

/// A series that both tables have, and how it begins here.
struct Begun<'a> {
    both: Both<'a>,
    /// When the other table has the number that this one begins with, in microseconds.
    at: i64,
}

impl Begun<'_> {
    /// How much later a row comes here.
    fn apart(&self) -> i64 {
        self.both.mine.first - self.at
    }
}

/// # Errors
/// If the evidence cannot be read.
pub fn search(search: &mut Search) -> Result<()> {
    if !search.wants(&[Kind::SequenceGap]) {
        return Ok(());
    }
    for regular in search.regular.clone() {
        let Some(own) = search.witnesses.iter().find(|own| own.table == regular.table.name).cloned() else { continue };
        let others: Vec<Rc<Witness>> = search.witnesses.iter().filter(|other| is_like(&own, other)).cloned().collect();
        // Of several tables what most of it is in.
        let mut found: BTreeMap<Option<String>, Finding> = BTreeMap::new();
        for other in others {
            let Some(table) = search.session.tables.iter().find(|table| table.name == other.table) else { continue };
            for finding in of(search, &regular, (&own, &other), table)? {
                let most = found.get(&finding.series).map_or(0, |known| known.missing);
                if finding.missing > most {
                    found.insert(finding.series.clone(), finding);
                }
            }
        }
        search.findings.extend(found.into_values());
    }
    Ok(())
}

/// Whether another table has the same series and the same counter.
fn is_like(own: &Witness, other: &Witness) -> bool {
    let has = |name: &String| other.columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    let is_same = |(one, other): (&String, &String)| one.eq_ignore_ascii_case(other);
    own.table != other.table
        && !own.columns.is_empty()
        && own.columns.len() == other.columns.len()
        && own.columns.iter().all(has)
        && own.sequence.as_ref().zip(other.sequence.as_ref()).is_some_and(is_same)
}

/// What one other table has.
fn of(search: &Search, regular: &Regular, (own, other): (&Witness, &Witness), table: &Table) -> Result<Vec<Finding>> {
    let (Some(time), Some(number)) = (&table.roles.time, &other.sequence) else { return Ok(Vec::new()) };
    let is_plain = |course: &Course| course.counter.numbers > 0 && course.counter.is_single();
    let counts = |course: &Course| course.counter.follows * 2 + 1 >= course.counter.numbers;
    let both = |values| {
        let both = own.both(other, own.courses.get_key_value(values)?)?;
        (is_plain(both.mine) && is_plain(both.theirs) && counts(both.theirs)).then_some(both)
    };
    let both: Vec<Both> = regular.series.iter().filter_map(|(_, values)| both(values)).take(SERIES_MAX).collect();
    let begins_late = |Both { mine, theirs, .. }: &Both| theirs.lowest() + NUMBERS_LEAST <= mine.lowest();
    if both.len() < 2 || !both.iter().any(begins_late) {
        return Ok(Vec::new());
    }
    let there = Series {
        columns: other.columns.clone(),
        sequence: Some(number.clone()),
        ..Series::plain(table, time.clone(), search.timed(table))
    };
    let begun = begun(search, &there, &both)?;
    // The first row that this table has of any series.
    let Some(since) = begun.iter().map(|one| one.at).min() else { return Ok(Vec::new()) };
    let mut apart: Vec<i64> = begun.iter().map(Begun::apart).collect();
    let Some(usual) = middle(&mut apart) else { return Ok(Vec::new()) };
    let late = begun
        .iter()
        .filter(|one| begins_late(&one.both) && (one.apart() - usual).abs() <= APART_MAX)
        .take(FINDINGS_MAX);
    let mut found = Vec::new();
    for one in late {
        found.extend(finding(search, regular, &there, one, since)?);
    }
    Ok(found)
}

/// Series with the time at which the other table has the number that each begins with here.
fn begun<'a>(search: &Search, there: &Series, both: &[Both<'a>]) -> Result<Vec<Begun<'a>>> {
    let first = |(place, both): (usize, &Both)| {
        format!("({place}, {}, {})", quote::text(&there.label_of(both.there)), both.mine.lowest())
    };
    let firsts: Vec<String> = both.iter().enumerate().map(first).collect();
    let label = series::label(there.columns.iter().map(|name| (name.as_str(), name.as_str())));
    let number = quote::readable_name(there.sequence.as_deref().unwrap_or_default());
    let rows = search.session.engine.counted_by(&format!(
        "SELECT place, min(t) FROM (VALUES {}) AS begun (place, series, q) \
         JOIN (SELECT {label} AS series, {number} AS q, {} AS t FROM {} WHERE {}) USING (series, q) GROUP BY place",
        firsts.join(", "),
        there.time_sql(),
        there.table.sql(),
        there.is_any(),
    ))?;
    let one = |row: &Vec<Value>| {
        let both = *both.get(usize::try_from(row[0].int()).ok()?)?;
        row[1].whole().map(|at| Begun { both, at })
    };
    Ok(rows.iter().filter_map(one).collect())
}

/// The numbers of one series that the other table has from a time on and before the first one here.
fn finding(search: &Search, regular: &Regular, there: &Series, one: &Begun, since: i64) -> Result<Option<Finding>> {
    let (number, time) = (quote::readable_name(there.sequence.as_deref().unwrap_or_default()), there.time_sql());
    let (first, other) = (one.both.mine.lowest(), &there.table.name);
    let sql = format!(
        "SELECT count(DISTINCT {number}) AS missing, min({number}) AS first, min({time}) AS since FROM {} WHERE {} AND {number} < {first} AND {time} >= {}",
        there.table.sql(),
        there.is_series(one.both.there),
        stamp(since)
    );
    let row = search.session.engine.counted(&sql)?;
    let missing = row[0].int();
    if missing < NUMBERS_LEAST {
        return Ok(None);
    }
    let label = regular.as_series().label_of(one.both.key);
    Ok(Some(Finding {
        since: Some(row[2].int() + one.apart()),
        until: Some(one.both.mine.first),
        column_name: regular.sequence.clone(),
        expected: missing,
        missing,
        detail: format!(
            "begins with {first}: {other} has {} before it, from {} on, of a time of which {} has rows of other series",
            plural(missing.unsigned_abs(), "number"),
            row[1].int(),
            regular.table.name,
        ),
        cause: Some(Cause {
            what: format!("lost between {other} and {}", regular.table.name),
            sure: Sure::Likely,
            reasons: vec![format!("{other} has all of them")],
            refuted: "the numbers come late",
        }),
        sql: quote::one_line(&sql),
        ..regular.as_series().finding(Kind::SequenceGap, &label)
    }))
}
