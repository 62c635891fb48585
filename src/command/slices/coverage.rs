//! What is judged at all: rows without label, prediction or score; how many labels are positive; and where labels are
//! missing more often than elsewhere.

use super::rows::{Rows, marked};
use crate::command::judged::{Classes, Looked, Split};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::contrast::{Covered, Family, Whole, possible, weighted};
use crate::model::coverage::grouped;
use crate::model::figure;
use crate::model::slices::{JUDGED, LABELLED, POSITIVE, SCORED};

const FALSE_RATE: f64 = 0.05;
/// Values that are named for missing labels.
const NAMED: usize = 3;
/// Classes that are named.
const CLASSES: usize = 5;

/// Rows, and those of them that have a label.
pub struct Coverage {
    pub rows: u64,
    pub labelled: u64,
}

pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "0 %".into() } else { figure::percent(part as f64 / whole as f64) }
}

impl Coverage {
    /// # Errors
    /// If no row can be judged.
    pub fn of(rows: &Rows, notes: &mut Vec<String>) -> Result<Coverage> {
        let (all, labelled) = (rows.kept.count(Classes::ALL), rows.kept.count(marked(LABELLED)));
        let (judged, positive) = (rows.kept.count(marked(JUDGED)), rows.kept.count(marked(JUDGED | POSITIVE)));
        let unscored = judged - rows.kept.count(marked(JUDGED | SCORED));
        if judged == 0 {
            return Err(Error::question("no row has both a label and what the model says")
                .detail(format!("of {} rows {} have a label", grouped(all), grouped(labelled)))
                .hint("say which columns they are: --label COLUMN --prediction COLUMN"));
        }
        let without = |rows: u64, what: &str| match rows {
            0 => String::new(),
            rows => format!(", {} without a {what}", grouped(rows)),
        };
        let several = several_labels(rows)?;
        let said = if rows.judged.is_by_threshold() { "score" } else { "prediction" };
        let balance = match rows.judged.has_positive() {
            true => format!("; {} are positive ({})", grouped(positive), percent(positive, judged)),
            false => classes(rows, judged)?,
        };
        notes.push(format!(
            "of {} rows {} are judged{}{}{}{balance}",
            grouped(all),
            grouped(judged),
            without((all - labelled).saturating_sub(several), "label"),
            if several > 0 { format!(", {} with several labels", grouped(several)) } else { String::new() },
            without(labelled - judged, said),
        ));
        if rows.judged.has_score && rows.judged.has_positive() && unscored > 0 {
            notes.push(format!(
                "{} of the rows judged have no score, and are not in what is said of it",
                grouped(unscored)
            ));
        }
        if let Some((table, entities)) = unjudged_labels(rows)?.filter(|(_, entities)| *entities > 0) {
            let of = &rows.roles.population.table.name;
            notes.push(format!("{} entities with a label in {table} have no row in {of}", grouped(entities)));
        }
        Ok(Coverage { rows: all, labelled })
    }

    /// The values of whose rows labels are missing more often than of others.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn missing(&self, rows: &Rows, notes: &mut Vec<String>) -> Result<()> {
        let whole = Whole { rows: self.rows, bad: self.rows - self.labelled };
        if whole.bad < 2 {
            return Ok(());
        }
        let least = ((0.05 * whole.bad as f64).ceil() as u64).max(2);
        let split = Split::of(|_| true, |marks| marks & LABELLED == 0);
        let Looked { items, tests, .. } = rows.values(split, least, &mut Vec::new())?;
        // That what has no label has none is no news.
        let table = rows.roles.label_table();
        let is_of_labels = |text: &str| table.as_ref().is_some_and(|table| text.contains(table.as_str()));
        let is_news = |text: &str| !text.ends_with(": unlabelled") && !is_of_labels(text);
        let ratios: Vec<_> = items.iter().map(|item| whole.ratio(item.covered)).collect();
        let tests = possible(&tests, 1);
        let families = [Family { tests: tests[0], weight: 0.5 }, Family { tests: tests[1], weight: 0.5 }];
        let family = |item: usize| usize::from(!rows.attributes[items[item].attribute].is_finding);
        let p: Vec<(f64, usize)> = ratios.iter().enumerate().map(|(at, ratio)| (ratio.p, family(at))).collect();
        let adjusted = weighted(&p, &families);
        let mut found: Vec<(usize, f64)> = (0..items.len())
            .filter(|at| adjusted[*at] <= FALSE_RATE && ratios[*at].ratio >= 1.5 && is_news(&items[*at].text))
            .map(|at| (at, whole.score(items[at].covered, 1, items.len())))
            .collect();
        let is_value = |at: usize| !rows.attributes[items[at].attribute].is_finding;
        found.sort_by(|a, b| {
            b.1.total_cmp(&a.1)
                .then(is_value(a.0).cmp(&is_value(b.0)))
                .then_with(|| items[a.0].text.cmp(&items[b.0].text))
        });
        // Of those that cover as many rows one is enough.
        found.dedup_by_key(|(at, _)| (items[*at].covered.rows, items[*at].covered.bad));
        let named = |(at, _): &(usize, f64)| {
            let Covered { rows, bad } = items[*at].covered;
            format!("{} ({} of {}, {})", items[*at].text, grouped(bad), grouped(rows), percent(bad, rows))
        };
        let texts: Vec<String> = found.iter().take(NAMED).map(named).collect();
        if !texts.is_empty() {
            notes.push(format!(
                "labels are missing more often than elsewhere ({} of all) where {}",
                percent(whole.bad, whole.rows),
                texts.join("; ")
            ));
        }
        Ok(())
    }
}

/// Entities that have a label in another table and no row to be judged.
fn unjudged_labels(rows: &Rows) -> Result<Option<(String, u64)>> {
    let Some(joined) = rows.roles.label_joined() else { return Ok(None) };
    let column = quote::readable_name(&rows.roles.label.column);
    let row = rows.engine.counted(&format!(
        "SELECT count(DISTINCT {key}) FROM {} WHERE {column} IS NOT NULL AND {key} NOT IN (SELECT {own} FROM {} WHERE {own} IS NOT NULL)",
        joined.table.sql(),
        rows.roles.population.table.sql(),
        key = joined.key,
        own = joined.own_key,
    ))?;
    Ok(row.first().map(|count| (joined.table.name.clone(), count.int().unsigned_abs())))
}

/// How many rows are of an entity that has several labels in another table, of which none counts.
fn several_labels(rows: &Rows) -> Result<u64> {
    let Some(joined) = rows.roles.label_joined() else { return Ok(0) };
    let population = &rows.roles.population;
    let (condition, key) = (&population.condition, &joined.key);
    let column = quote::readable_name(&rows.roles.label.column);
    let said = [condition.as_str()];
    let row = rows.engine.counted(&format!(
        "SELECT count(*) FROM {} WHERE {condition} AND {} IN (SELECT {key} FROM {} WHERE {key} IS NOT NULL GROUP BY 1 HAVING min({column}) <> max({column}))",
        population.relation(&population.needed(&said), Some(&said)),
        joined.own_key,
        joined.table.sql(),
    ))?;
    Ok(row.first().map_or(0, |count| count.int().unsigned_abs()))
}

/// The most frequent classes.
fn classes(rows: &Rows, judged: u64) -> Result<String> {
    if rows.judged.is_of_numbers() {
        return Ok(String::new());
    }
    let found = rows.said.classes(CLASSES)?;
    let texts: Vec<String> =
        found.iter().map(|(label, count)| format!("{label} {}", percent(*count, judged))).collect();
    Ok(format!("; labels are {}", texts.join(", ")))
}
