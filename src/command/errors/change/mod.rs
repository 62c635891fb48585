//! Errors of an incident against those of a baseline: rates per time, an exact test, the false-discovery rate kept.

use super::{Question, breakdown};
use crate::command::Answer;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::statistics;
use crate::model::time;
use crate::model::value::Value;
use crate::session::Window;

/// Adjusted p-values up to this are a change.
const FALSE_DISCOVERY_RATE: f64 = 0.05;
/// Smaller changes are `same`, however certain.
const RATIO_LEAST: f64 = 1.5;

pub fn run(question: &Question, baseline: &str) -> Result<Answer> {
    let session = question.session;
    let baseline = session.span(baseline, "--baseline")?;
    let (Some(from), Some(to)) = (baseline.from, baseline.to) else {
        return Err(Error::question("the baseline has no beginning or no end")
            .hint("write --baseline FROM..TO, such as --baseline 2025-03-01..2025-03-02"));
    };
    let (failures, used) = question.failures(&[])?;
    // The baseline's rows may lie before --from, so they are asked for on their own.
    let mut whole = Question::new(session, question.args)?;
    whole.window = Window::default();
    let (all, _) = whole.failures(&[])?;
    // The incident lasts as long as its evidence does, not only until its last error.
    let ends = session.ends(&used)?.unwrap_or((from, to));
    let incident_from = question.window.from.unwrap_or(ends.0);
    let incident_to = question.window.to.unwrap_or(ends.1 + 1);
    let incident =
        format!("SELECT * FROM ({failures}) WHERE NOT (ts >= {} AND ts < {})", quote::time(from), quote::time(to));
    let overlap = (incident_to.min(to) - incident_from.max(from)).max(0);
    let incident_span = (incident_to - incident_from - overlap) as f64;
    if incident_span <= 0.0 {
        return Err(Error::question("the baseline leaves no time for the incident").detail(format!(
            "baseline {}..{}, incident {}..{}",
            time::rfc3339(from),
            time::rfc3339(to),
            time::rfc3339(incident_from),
            time::rfc3339(incident_to)
        )));
    }
    let counts = session.engine.rows(&format!(
        "SELECT code, count(*) FILTER (WHERE in_baseline) AS baseline, count(*) FILTER (WHERE NOT in_baseline) AS incident FROM (\
         SELECT code, true AS in_baseline FROM ({all}) WHERE ts >= {} AND ts < {} UNION ALL SELECT code, false FROM ({incident})) GROUP BY code ORDER BY code NULLS LAST",
        quote::time(from), quote::time(to),
    ))?;
    let baseline_span = (to - from) as f64;
    let count = |value: &Value| value.int().unsigned_abs();
    let p_values: Vec<f64> = counts
        .rows
        .iter()
        .map(|row| statistics::rates_differ(count(&row[2]), incident_span, count(&row[1]), baseline_span))
        .collect();
    let adjusted = statistics::adjusted(&p_values);
    let rows: Vec<Vec<Value>> = counts
        .rows
        .iter()
        .zip(&adjusted)
        .map(|(row, p)| {
            let (before, now) = (count(&row[1]), count(&row[2]));
            let ratio =
                if before == 0 { None } else { Some((now as f64 / incident_span) / (before as f64 / baseline_span)) };
            let change = match ratio {
                None => "new",
                Some(_) if now == 0 => "gone",
                Some(ratio) if *p <= FALSE_DISCOVERY_RATE && ratio >= RATIO_LEAST => "up",
                Some(ratio) if *p <= FALSE_DISCOVERY_RATE && ratio <= 1.0 / RATIO_LEAST => "down",
                Some(_) => "same",
            };
            let ratio = ratio.map_or(Value::Null, |ratio| Value::Float((ratio * 1_000.0).round() / 1_000.0));
            vec![row[0].clone(), row[1].clone(), ratio, Value::Text(change.into())]
        })
        .collect();
    let changes = session.engine.keep(
        "changes",
        &[("code", Kind::Text), ("baseline_count", Kind::Int), ("rate_ratio", Kind::Float), ("change", Kind::Text)],
        &rows,
    )?;
    let sql = format!(
        "WITH codes AS ({}), changes AS ({changes}), described AS ({}) \
         SELECT h.code, coalesce(c.description, d.description) AS description, coalesce(c.count, 0) AS count, coalesce(c.share, 0) AS share, \
         coalesce(c.entities, 0) AS entities, first, last, level, sources, trend, example, baseline_count, rate_ratio, change \
         FROM changes h LEFT JOIN codes c ON h.code IS NOT DISTINCT FROM c.code LEFT JOIN described d ON h.code = d.code \
         ORDER BY list_position(['new', 'up', 'gone', 'down', 'same'], change), count DESC, h.code NULLS LAST",
        breakdown(&incident, &question.descriptions()),
        question.descriptions(),
    );
    let notes = vec![format!(
        "baseline {}..{}; incident {}..{}{}; up and down are changes of at least {RATIO_LEAST} times at a false-discovery rate of {FALSE_DISCOVERY_RATE}",
        time::rfc3339(from),
        time::rfc3339(to),
        time::rfc3339(incident_from),
        time::rfc3339(incident_to),
        if overlap > 0 { " without the baseline" } else { "" },
    )];
    Ok(Answer { sql, notes, ..Answer::default() })
}
