//! `synonym` by occurrence: two codes that the same entity has at the same time far more often than chance would have it
//! are one fault that is written twice.

use super::{Audit, Fault};
use crate::engine::quote;
use crate::error::Result;
use crate::model::statistics;

/// Pairs seen less often tell nothing.
const TOGETHER_LEAST: i64 = 5;
/// How many times chance.
const LIFT_LEAST: f64 = 10.0;
/// The part of the rarer code's errors that come with the other.
const PART_LEAST: f64 = 0.1;
/// Pairs that are looked at, the most frequent first.
const PAIRS_MOST: usize = 10_000;
const FALSE_DISCOVERY_RATE: f64 = 0.05;

/// Lengths of time by which times are rounded in the evidence, in microseconds; finer times count as the same within a
/// second.
const ROUNDED: [(&str, i64); 4] =
    [("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000)];

struct Pair {
    one: String,
    other: String,
    /// Occasions: an entity at a time.
    together: i64,
    expected: f64,
    counts: (i64, i64),
}

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) -> Result<()> {
    for place in 0..audit.question.places.len() {
        of_place(audit, place, faults)?;
    }
    Ok(())
}

fn of_place(audit: &Audit, at: usize, faults: &mut Vec<Fault>) -> Result<()> {
    let question = audit.question;
    let (session, place) = (question.session, &question.places[at]);
    let entities = session.entity_columns(place.table);
    let (Some(time), Some(entity), Some(_)) = (&place.table.roles.time, entities.first(), &place.raw) else {
        return Ok(());
    };
    let errors = format!(
        "SELECT entity, code, ts FROM ({}) WHERE code IS NOT NULL AND entity IS NOT NULL AND isfinite(ts)",
        question.errors_of(place, question.window)
    );
    let multiple: Vec<String> =
        ROUNDED.iter().map(|(_, length)| format!("bool_and(epoch_us(ts) % {length} = 0)")).collect();
    let ends = session.one_row(&format!(
        "SELECT min(epoch_us(ts)), max(epoch_us(ts)), count(DISTINCT code), {} FROM ({errors})",
        multiple.join(", ")
    ))?;
    if ends[0].is_null() || ends[2].int() < 2 {
        return Ok(());
    }
    let rounded = ends[3..].iter().position(|is| *is == crate::model::value::Value::Bool(true));
    let (unit, slot) = ROUNDED[rounded.unwrap_or(ROUNDED.len() - 1)];
    let slots = ((ends[1].int() - ends[0].int()) / slot + 1) as f64;
    // What chance expects: of each entity the two codes' occasions by the times there are.
    let pairs = session.engine.rows(&format!(
        "WITH occasions AS (SELECT DISTINCT entity, code, epoch_us(ts) // {slot} AS slot FROM ({errors})), \
         counts AS (SELECT entity, code, count(*) AS n FROM occasions GROUP BY ALL), \
         totals AS (SELECT code, sum(n) AS n FROM counts GROUP BY code), \
         together AS (SELECT a.code AS one, b.code AS other, count(*) AS n FROM occasions a JOIN occasions b \
            ON a.entity = b.entity AND a.slot = b.slot AND a.code < b.code GROUP BY ALL HAVING count(*) >= {TOGETHER_LEAST}), \
         expected AS (SELECT t.one, t.other, sum(a.n::DOUBLE * b.n) AS n FROM together t JOIN counts a ON a.code = t.one \
            JOIN counts b ON b.code = t.other AND b.entity = a.entity GROUP BY ALL) \
         SELECT t.one, t.other, t.n::BIGINT, e.n, x.n::BIGINT, y.n::BIGINT FROM together t JOIN expected e USING (one, other) \
         JOIN totals x ON x.code = t.one JOIN totals y ON y.code = t.other ORDER BY 3 DESC, 1, 2 LIMIT {PAIRS_MOST}"
    ))?;
    let pairs: Vec<Pair> = pairs
        .rows
        .iter()
        .map(|row| Pair {
            one: row[0].shown(),
            other: row[1].shown(),
            together: row[2].int(),
            expected: row[3].shown().parse::<f64>().unwrap_or(0.0) / slots,
            counts: (row[4].int(), row[5].int()),
        })
        .collect();
    let p_values: Vec<f64> =
        pairs.iter().map(|pair| statistics::at_least(pair.together.unsigned_abs(), pair.expected)).collect();
    for (pair, p) in pairs.iter().zip(statistics::adjusted(&p_values)) {
        let rarer = pair.counts.0.min(pair.counts.1) as f64;
        let is_far = pair.together as f64 >= LIFT_LEAST * pair.expected && pair.together as f64 >= PART_LEAST * rarer;
        if p > FALSE_DISCOVERY_RATE || !is_far {
            continue;
        }
        let code = question.code_of(place);
        let time = quote::readable_name(time);
        faults.push(Fault {
            fault: "synonym",
            code: Some(format!("{}, {}", pair.one, pair.other)),
            count: pair.together,
            share: audit.share(at, pair.together),
            templates: None,
            detail: format!(
                "the same {entity} has both in the same {unit} {} times in {}, where chance expects {:.1}: {} of {} {} and of {} {}; one fault under two codes, or one that always brings the other",
                pair.together, place.table.name, pair.expected, pair.together, pair.counts.0, pair.one, pair.counts.1, pair.other,
            ),
            sql: quote::one_line(&format!(
                "SELECT {0}, date_trunc('{unit}', {time}::TIMESTAMP) AS at FROM {1} WHERE {2} \
                 GROUP BY ALL HAVING count(DISTINCT {code}) = 2 ORDER BY ALL",
                quote::readable_name(entity),
                place.table.sql(),
                question.are_of(place, Some(&[&pair.one, &pair.other])),
            )),
        });
    }
    Ok(())
}
