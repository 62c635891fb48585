//! Whose numbers changed: of a column of names one name, without whose rows the distribution is as it was.

use super::found::{Finding, Hit};
use super::looks::Look;
use super::sides::Pair;
use super::table::Seen;
use crate::error::Result;
use crate::model::column::Kind;
use crate::session::Session;

/// Findings of a table that are asked for, and columns of names that are looked at.
const FINDINGS_MOST: usize = 8;
const COLUMNS_MOST: usize = 8;
/// A column with more names than these names single things.
const NAMES_MOST: i64 = 100;
/// Of the difference of shares at the cut what may be left without the name.
const REST_MOST: f64 = 0.2;
/// And how much greater that of the name alone is.
const OWN_LEAST: f64 = 1.5;

/// Tells of findings of numbers whose rows alone differ.
///
/// # Errors
/// If the evidence cannot be read.
pub fn tell(session: &Session, pair: &Pair, seen: &mut Seen, places: &[usize]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let names = names(session, pair, seen)?;
    if places.len() > FINDINGS_MOST && !names.is_empty() {
        seen.notes.push(format!(
            "{}: of {} changes of numbers the first {FINDINGS_MOST} are asked whether one name's rows are all of it",
            pair.name,
            places.len()
        ));
    }
    for place in places.iter().take(FINDINGS_MOST) {
        let finding = &seen.findings[*place];
        let Some(hit) = &finding.hit else { continue };
        let mut best: Option<(f64, String)> = None;
        for at in &names {
            if let Some((rest, value)) = only(session, pair, hit, *at)?
                && best.as_ref().is_none_or(|(least, _)| rest < *least)
            {
                best = Some((rest, format!("{} = {value}", pair.columns[*at].name)));
            }
        }
        seen.findings[*place].only = best.map(|(_, text)| text);
    }
    Ok(())
}

/// What is said of all such findings.
pub fn notes(found: &[Finding]) -> impl Iterator<Item = String> {
    found.iter().filter_map(|one| {
        let only = one.only.as_ref()?;
        Some(format!(
            "{} in {}: of the rows of {only} alone, without them it is as it was",
            one.shown(),
            one.table_name
        ))
    })
}

/// Columns of few names, those of machines among them.
fn names(session: &Session, pair: &Pair, seen: &mut Seen) -> Result<Vec<usize>> {
    let entities = pair.table().map(|table| session.entity_columns(table)).unwrap_or_default();
    let is_name = |at: &usize| {
        let known = &pair.columns[*at];
        let is_entity = entities.contains(&known.name);
        !known.is_derived && (is_entity || (known.kind == Kind::Text && matches!(seen.looks[*at], Look::Values)))
    };
    let mut all: Vec<usize> = (0..seen.looks.len()).filter(is_name).collect();
    if all.len() > COLUMNS_MOST {
        seen.notes.push(format!(
            "{}: of {} columns of names the first {COLUMNS_MOST} are asked whether one name's rows are all of a change",
            pair.name,
            all.len()
        ));
        all.truncate(COLUMNS_MOST);
    }
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<String> = all.iter().map(|at| format!("count(DISTINCT {})", pair.columns[*at].at)).collect();
    let row = session.engine.counted_apart(&pair.relation, &asked)?;
    let few = all.into_iter().zip(row).filter(|(_, count)| (2..=NAMES_MOST).contains(&count.int()));
    Ok(few.map(|(at, _)| at).collect())
}

/// The name whose rows alone differ, with how much is left without them.
fn only(session: &Session, pair: &Pair, hit: &Hit, at: usize) -> Result<Option<(f64, String)>> {
    let Hit { sql, of, .. } = hit;
    let name = &pair.columns[at].at;
    let rows = session.engine.counted_by(&format!(
        "SELECT {name}::VARCHAR, count(*) FILTER (side = 0), count(*) FILTER (side = 0 AND {sql}), \
         count(*) FILTER (side = 1), count(*) FILTER (side = 1 AND {sql}) FROM {} WHERE {of} GROUP BY 1",
        pair.relation
    ))?;
    let counts: Vec<[f64; 4]> = rows.iter().map(|row| [1, 2, 3, 4].map(|at| row[at].int() as f64)).collect();
    let apart = |[before, hits, now, hits_now]: [f64; 4]| (hits_now / now - hits / before).abs();
    let sum = |skip: Option<usize>| {
        let others = counts.iter().enumerate().filter(|(at, _)| Some(*at) != skip);
        others.fold([0.0; 4], |sum, (_, one)| [0, 1, 2, 3].map(|at| sum[at] + one[at]))
    };
    let whole = apart(sum(None));
    let found = (0..counts.len())
        .filter(|at| !rows[*at][0].is_null() && apart(counts[*at]) >= OWN_LEAST * whole)
        .map(|at| (apart(sum(Some(at))), at))
        .filter(|(rest, _)| *rest <= REST_MOST * whole)
        .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(found.map(|(rest, at)| (rest, rows[at][0].shown())))
}
