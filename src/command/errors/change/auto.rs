//! `--baseline auto`: the moment at which the rates of errors changed, and whether they changed back.

use std::collections::BTreeMap;

use super::Key;
use crate::command::errors::breakdown;
use crate::command::errors::question::Question;
use crate::error::{Error, Result};
use crate::model::statistics::{self, Series, Stretch};
use crate::session::{Session, Span, Table, Windows};

/// Into how many parts the whole time is divided.
const PARTS: usize = 240;
/// Codes that are looked at one by one: the most frequent.
const CODES: usize = 64;
/// Errors around an end of the stretch by which it is told to the moment.
const NEAR: usize = 20_000;

/// The windows before and after the change, and whether there is one; else the two halves.
///
/// # Errors
/// If there are no errors with a time, or the evidence cannot be read.
pub fn windows(question: &Question) -> Result<(Windows, bool)> {
    let session = question.session;
    let tables: Vec<&Table> = question.places.iter().map(|place| place.table).collect();
    let ends = session.ends(&tables)?;
    let Some((first, last)) = ends else {
        return Err(Error::question("no row has a time, so there is no change to find"));
    };
    // Time that no evidence tells of is not time without errors.
    let from = question.window.from.map_or(first, |from| from.max(first));
    let to = question.window.to.map_or(last + 1, |to| to.min(last + 1));
    let whole = Span { from, to };
    if whole.length() < 2 {
        return Err(Error::question("the evidence is of one moment, so there is no change to find"));
    }
    let errors = format!("SELECT * FROM ({}) WHERE is_error", breakdown::numbered(question, question.window)?);
    let series = series(question, &errors, whole)?;
    let counted: Vec<Series> = series
        .values()
        .map(|counts| Series { counts: counts.clone(), exposure: exposure(counts, whole.length()) })
        .collect();
    let Some(stretch) = statistics::stretch(&counted) else {
        let middle = from + whole.length() / 2;
        return Ok((
            Windows { baseline: Span { from, to: middle }, incident: Span { from: middle, to }, asked: None },
            false,
        ));
    };
    let counts = Counts { errors, whole, series };
    let start = counts.moment(session, stretch, stretch.from)?;
    let end = match stretch.to {
        PARTS => to,
        part => counts.moment(session, stretch, part)?,
    };
    Ok((Windows { baseline: Span { from, to: start }, incident: Span { from: start, to: end }, asked: None }, true))
}

/// How many errors each part expects by its time of week or day, where every second week or day (of three or more) is like the
/// others in that: nights and weekends are no change. Else all parts are alike.
fn exposure(counts: &[u64], length: i64) -> Vec<f64> {
    const DAY: i64 = 86_400_000_000;
    /// Of odd and of even days or weeks.
    const ALIKE_LEAST: f64 = 0.6;
    let total: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
    let part = (length / PARTS as i64).max(1);
    for period in [7 * DAY, DAY] {
        let slots = usize::try_from(period / part.max(period / 168)).unwrap_or(1);
        if 2 * length < 5 * period || slots < 4 {
            continue;
        }
        let place = |at: usize| {
            let middle = part * at as i64 + part / 2;
            let slot = usize::try_from(i128::from(middle % period) * slots as i128 / i128::from(period)).unwrap_or(0);
            (slot.min(slots - 1), usize::try_from(middle / period).unwrap_or(0))
        };
        let mut halves = vec![[(0.0, 0.0); 2]; slots];
        for (at, count) in total.iter().enumerate() {
            let (slot, period) = place(at);
            halves[slot][period % 2].0 += count;
            halves[slot][period % 2].1 += 1.0;
        }
        let mean = |(sum, parts): (f64, f64)| if parts > 0.0 { sum / parts } else { 0.0 };
        let pairs: Vec<(f64, f64)> = halves.iter().map(|half| (mean(half[0]), mean(half[1]))).collect();
        if statistics::correlation(&pairs) >= ALIKE_LEAST {
            let overall = total.iter().sum::<f64>() / PARTS as f64;
            // A little more than nothing, so that one error at night is no wonder.
            let expected = |at: usize| {
                let (one, other) = pairs[place(at).0];
                0.5 * (one + other) + 0.05 * overall
            };
            return (0..PARTS).map(expected).collect();
        }
    }
    vec![1.0; PARTS]
}

/// Where a part begins.
fn begin(whole: Span, part: usize) -> i64 {
    whole.from + i64::try_from(i128::from(whole.length()) * part as i128 / PARTS as i128).unwrap_or(0)
}

/// The counts of the most frequent codes by part of the whole time.
fn series(question: &Question, errors: &str, whole: Span) -> Result<BTreeMap<Key, Vec<u64>>> {
    let rows = question.session.engine.rows(&format!(
        "WITH counted AS (SELECT code, number, ((epoch_us(ts) - {})::HUGEINT * {PARTS} // {})::BIGINT AS part, count(*) AS n \
         FROM ({errors}) WHERE {} GROUP BY ALL), \
         codes AS (SELECT code, number, sum(n) AS n FROM counted GROUP BY ALL ORDER BY n DESC, code NULLS LAST, number LIMIT {CODES}) \
         SELECT c.code, c.number, part, c.n::BIGINT FROM counted c JOIN codes k \
         ON c.code IS NOT DISTINCT FROM k.code AND c.number IS NOT DISTINCT FROM k.number ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3",
        whole.from,
        whole.length(),
        whole.sql(),
    ))?;
    let mut series: BTreeMap<Key, Vec<u64>> = BTreeMap::new();
    for row in &rows.rows {
        let counts = series.entry(Key::of(row)).or_insert_with(|| vec![0; PARTS]);
        counts[usize::try_from(row[2].int()).unwrap_or(0).min(PARTS - 1)] += row[3].int().unsigned_abs();
    }
    Ok(series)
}

/// The errors, as SQL, and how many there are by code and part of the whole time.
struct Counts {
    errors: String,
    whole: Span,
    series: BTreeMap<Key, Vec<u64>>,
}

impl Counts {
    /// The moment at an edge of the stretch: of the errors in the parts around it that one at which the rates outside and
    /// inside say best what came before and after.
    fn moment(&self, session: &Session, stretch: Stretch, edge: usize) -> Result<i64> {
        let Counts { errors, whole, series } = self;
        let whole = *whole;
        let near = Span {
            from: begin(whole, edge.saturating_sub(1).max(usize::from(edge == stretch.to) * (stretch.from + 1))),
            to: begin(whole, (edge + 1).min(PARTS)),
        };
        let rows = session.engine.rows(&format!(
        "SELECT code, number, epoch_us(ts) FROM ({errors}) WHERE {} ORDER BY ts, code NULLS LAST, number LIMIT {NEAR}",
        near.sql()
    ))?;
        if rows.rows.len() == NEAR {
            return Ok(begin(whole, edge));
        }
        // The logarithm of how much likelier a code is inside, and how much oftener all codes come there, for each part.
        let inside = (stretch.to - stretch.from) as f64;
        let outside = PARTS as f64 - inside;
        let mut likelier: BTreeMap<&Key, f64> = BTreeMap::new();
        let mut oftener = 0.0;
        for (key, counts) in series {
            let within = counts[stretch.from..stretch.to].iter().sum::<u64>() as f64;
            let all = counts.iter().sum::<u64>() as f64;
            // Half an error more keeps what is new or gone from being impossible.
            let (rate_inside, rate_outside) = ((within + 0.5) / inside, (all - within + 0.5) / outside);
            likelier.insert(key, (rate_inside / rate_outside).ln());
            oftener += rate_inside - rate_outside;
        }
        let part_length = whole.length() as f64 / PARTS as f64;
        let sign = if edge == stretch.from { 1.0 } else { -1.0 };
        // How much better it is to say that the stretch begins (or ends) at a time than at the end of what is near.
        let mut best = (f64::NEG_INFINITY, begin(whole, edge));
        let mut sum = 0.0;
        for row in rows.rows.iter().rev() {
            let at = row[2].int();
            let weight = likelier.get(&Key::of(row)).copied().unwrap_or(0.0);
            let left = (near.to - at) as f64 / part_length * oftener;
            if sign > 0.0 {
                sum += weight;
            }
            let score = sign * (sum - left);
            if score > best.0 {
                // A stretch begins with an error, and ends behind one.
                best = (score, if sign > 0.0 { at } else { at + 1 });
            }
            if sign < 0.0 {
                sum += weight;
            }
        }
        Ok(best.1.clamp(whole.from + 1, whole.to - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_alike_expect_what_they_have() {
        let day = |at: usize| if at % 24 < 8 { 20_u64 } else { 1 };
        let counts: Vec<u64> = (0..PARTS).map(day).collect();
        let length = 10 * 86_400_000_000;
        let expected = exposure(&counts, length);
        assert!(expected[0] > 15.0 && expected[12] < 3.0, "{expected:?}");
        let stretch = |exposure: Vec<f64>| statistics::stretch(&[Series { counts: counts.clone(), exposure }]);
        assert_eq!(stretch(expected), None);
        assert!(stretch(vec![1.0; PARTS]).is_some());
        assert_eq!(exposure(&[3; PARTS], length), vec![1.0; PARTS]);
    }

    #[test]
    fn parts_begin_in_order_and_cover_the_whole() {
        let whole = Span { from: 10, to: 10 + 24_000 };
        assert_eq!((begin(whole, 0), begin(whole, 1), begin(whole, PARTS)), (10, 110, 24_010));
    }
}
