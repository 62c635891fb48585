//! Times far from all others: of a clock that was not set yet, or set wrongly. One of them would stretch the time in which
//! rows are due by years, so that they are told and left out where rows are missed by time.

use super::Search;
use crate::engine::quote;
use crate::error::Result;
use crate::model::duration;
use crate::model::figure::plural;
use crate::model::time;
use crate::session::Table;

/// Of fewer rows each may be far from the others.
const ROWS_LEAST: i64 = 100;
/// So many rows may have strayed, or this share of all.
const STRAYED_MOST: i64 = 10;
const SHARE_MOST: f64 = 0.001;
/// How many times as far from all others as these are from each other.
const TIMES_FAR: i64 = 3;
/// Parts of the time from the first row to the last. All others lie in few of them if one is far.
const PARTS: i64 = 1_000;

/// Where the times lie that have not strayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// In microseconds.
    pub first: i64,
    pub last: i64,
    /// Those that have, as they are said.
    pub said: Vec<String>,
}

impl Kept {
    /// What holds of these times.
    pub fn holds(&self, time: &str) -> String {
        format!("{time} BETWEEN {} AND {}", quote::time(self.first), quote::time(self.last))
    }
}

/// Rows between two instants, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    rows: i64,
    first: i64,
    last: i64,
}

/// SQL of the instants between which most rows lie, as a list of two: it tells at once whether all others may lie in a
/// small part of the time.
pub fn middle(time: &str) -> String {
    format!("approx_quantile({time}, [0.02, 0.98])")
}

/// Of the rows of a table that hold a condition, if some have strayed. `ends` are the first and the last of all, `middle`
/// about those of most.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(
    search: &Search,
    table: &Table,
    (time, condition): (&str, &str),
    rows: i64,
    ends: (i64, i64),
    middle: (i64, i64),
) -> Result<Option<Kept>> {
    let length = ends.1.saturating_sub(ends.0);
    if rows < ROWS_LEAST || length < PARTS || middle.1.saturating_sub(middle.0) > length / TIMES_FAR {
        return Ok(None);
    }
    let width = length / PARTS + 1;
    let sql = format!(
        "SELECT count(*), min({time}), max({time}) FROM {} WHERE {condition} GROUP BY epoch_us({time}) // {width} ORDER BY 2",
        table.sql(),
    );
    let parts = search.session.engine.counted_by(&sql)?;
    let parts = parts.iter().map(|row| Run { rows: row[0].int(), first: row[1].int(), last: row[2].int() });
    Ok(kept(&parts.collect::<Vec<_>>(), rows))
}

/// Of parts in the order of time: those that hold nearly all rows, and what lies near to them.
fn kept(parts: &[Run], rows: i64) -> Option<Kept> {
    let most = STRAYED_MOST.max((rows as f64 * SHARE_MOST) as i64);
    let few = |parts: &mut dyn Iterator<Item = &Run>| {
        let mut sum = 0;
        let is_few = |part: &&Run| {
            sum += part.rows;
            sum <= most
        };
        parts.take_while(is_few).count()
    };
    let (mut from, behind) = (few(&mut parts.iter()), few(&mut parts.iter().rev()));
    let mut to = parts.len().checked_sub(behind).filter(|to| from < *to)?;
    loop {
        let whole = parts[parts.len() - 1].last.saturating_sub(parts[0].first);
        let length = parts[to - 1].last.saturating_sub(parts[from].first).max(whole / PARTS);
        let is_near =
            |before: &Run, behind: &Run| behind.first.saturating_sub(before.last) <= TIMES_FAR.saturating_mul(length);
        if from > 0 && is_near(&parts[from - 1], &parts[from]) {
            from -= 1;
        } else if to < parts.len() && is_near(&parts[to - 1], &parts[to]) {
            to += 1;
        } else {
            break;
        }
    }
    if (from, to) == (0, parts.len()) {
        return None;
    }
    let (first, last) = (parts[from].first, parts[to - 1].last);
    let said = |strayed: &[Run], far: i64, side: &str| {
        let (first, last) = (strayed.first()?, strayed.last()?);
        let rows: i64 = strayed.iter().map(|part| part.rows).sum();
        let when = match rows {
            1 => format!("is of {}", time::rfc3339(first.first)),
            _ => format!("are of {} to {}", time::rfc3339(first.first), time::rfc3339(last.last)),
        };
        Some(format!("{} {when}, {} {side} all others", plural(rows.unsigned_abs(), "row"), duration::shown(far)))
    };
    let before =
        parts[..from].last().and_then(|nearest| said(&parts[..from], first.saturating_sub(nearest.last), "before"));
    let behind =
        parts[to..].first().and_then(|nearest| said(&parts[to..], nearest.first.saturating_sub(last), "behind"));
    Some(Kept { first, last, said: before.into_iter().chain(behind).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::DAY;

    /// Days with their rows.
    fn told(days: &[(i64, i64)]) -> Option<(i64, i64, usize)> {
        let parts: Vec<Run> =
            days.iter().map(|(day, rows)| Run { rows: *rows, first: day * DAY, last: day * DAY + DAY / 2 }).collect();
        let rows = days.iter().map(|(_, rows)| rows).sum();
        kept(&parts, rows).map(|kept| (kept.first / DAY, kept.last / DAY, kept.said.len()))
    }

    #[test]
    fn a_few_rows_years_before_or_behind_have_strayed() {
        let days: Vec<(i64, i64)> = (20_000..20_010).map(|day| (day, 500)).collect();
        let and = |more: &[(i64, i64)]| {
            let mut days = [&days[..], more].concat();
            days.sort_unstable();
            told(&days)
        };
        assert_eq!(and(&[]), None);
        assert_eq!(and(&[(18_000, 1)]), Some((20_000, 20_009, 1)));
        assert_eq!(and(&[(22_000, 3), (10_957, 2)]), Some((20_000, 20_009, 2)));
        // Too many, too near, and a beginning that is slow.
        assert_eq!(and(&[(18_000, 400)]), None);
        assert_eq!(and(&[(19_980, 1)]), None);
        assert_eq!(told(&[(100, 1), (300, 1), (500, 1), (700, 40), (900, 60)]), None);
        // At the ends of what the engine can tell.
        assert_eq!(and(&[(-106_750_000, 1), (106_750_000, 1)]), Some((20_000, 20_009, 2)));
    }
}
