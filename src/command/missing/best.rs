//! Which division of a table into series is the best, and which column counts their rows: as a sample of its rows tells.

use super::Search;
use super::sample::{ROWS_LEAST, SAMPLE_NAME, Sample};
use super::series::Series;
use super::trial::{FOUND_LEAST, REGULAR_LEAST, Trial};
use super::walk::names;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::value::Value;

/// Tries divisions of a table on its sample.
#[derive(Clone, Copy)]
pub struct Divider<'s> {
    pub sample: &'s Sample,
    pub search: &'s Search<'s>,
    pub series: &'s Series<'s>,
}

impl Divider<'_> {
    /// The division that makes the cadence most regular and the counter most contiguous; fewer columns win where they are
    /// as good. What is steady or on a grid tells more than loops do.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn best(self) -> Result<Trial> {
        let mut has_loops = false;
        let found = self.best_of(false, &mut has_loops)?;
        if found.regular >= REGULAR_LEAST || !has_loops {
            return Ok(found);
        }
        self.best_of(true, &mut has_loops)
    }

    fn best_of(self, loops: bool, has_loops: &mut bool) -> Result<Trial> {
        let Divider { sample, search, series } = self;
        let mut by = |columns: &[&str]| {
            let columns = columns.iter().map(|name| (*name).to_string()).collect();
            let trial = sample.trial_of(search, &Series { columns, ..series.clone() }, loops)?;
            *has_loops |= trial.has_loops;
            Ok::<Trial, Error>(trial)
        };
        let mut best = by(&[])?;
        if sample.rows < ROWS_LEAST {
            return Ok(best);
        }
        let names: Vec<&str> = sample.telling.iter().map(|(name, _)| name.as_str()).collect();
        let mut sets: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
        for (index, first) in names.iter().enumerate() {
            sets.extend(names[index + 1..].iter().map(|second| vec![*first, *second]));
        }
        let all = best.clone();
        for set in sets {
            let trial = by(&set)?;
            if self.is_better(&trial, &best, &all)? {
                best = trial;
            }
        }
        loop {
            let wider = best.clone();
            for name in names.iter().filter(|name| !wider.columns.iter().any(|column| column == *name)) {
                let columns: Vec<&str> = wider.columns.iter().map(String::as_str).chain([*name]).collect();
                let trial = by(&columns)?;
                if columns.len() > 2 && self.is_better(&trial, &best, &all)? {
                    best = trial;
                }
            }
            if best.columns == wider.columns {
                return Ok(best);
            }
        }
    }

    /// The division in which a column counts nearly all rows of each series, where no cadence tells one.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn counted(self) -> Result<Option<Trial>> {
        let Divider { sample, search, series } = self;
        for counter in &sample.counters {
            // Whatever it counts and however it is divided, nearly every number but the last has one that follows.
            let name = quote::name(counter);
            let row = search.session.engine.counted(&format!(
                "WITH numbers AS (SELECT DISTINCT {name} AS q FROM {SAMPLE_NAME} WHERE {name} IS NOT NULL) \
             SELECT count(*), count(*) FILTER (q + 1 IN (SELECT q FROM numbers)) FROM numbers"
            ))?;
            if (row[1].int() as f64) < FOUND_LEAST * row[0].int() as f64 {
                continue;
            }
            let series = Series { sequence: Some(counter.clone()), ..series.clone() };
            let mut found = Divider { sample, search, series: &series }.best()?;
            if found.counting >= FOUND_LEAST {
                found.counter = Some(counter.clone());
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether a division is better, and one into series: each of its columns tells apart what lives side by side.
    fn is_better(self, trial: &Trial, best: &Trial, all: &Trial) -> Result<bool> {
        if !trial.is_better(best, all) {
            return Ok(false);
        }
        if trial.counts_more(best) {
            return Ok(true);
        }
        for column in &trial.columns {
            if !trial.lives_side_by_side(&self.beside(&trial.columns, column)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Of each series by these columns that is one of several without `column`: its hash, how long it has rows, between
    /// which of them others have some too, and its length.
    fn beside(self, columns: &[String], column: &String) -> Result<Vec<Vec<Value>>> {
        let Divider { sample, search, series } = self;
        let others = columns.iter().filter(|other| *other != column).cloned().collect();
        let own = names::hash(&Series { columns: columns.to_vec(), ..series.clone() });
        let whole = names::hash(&Series { columns: others, ..series.clone() });
        let part = sample.part(columns);
        search.session.engine.counted_by(&fill(
            include_str!("beside.sql"),
            &[
                ("time", &series.time_sql()),
                ("own", &own),
                ("whole", &whole),
                ("sample", SAMPLE_NAME),
                ("within", &sample.within(search, series, part)?),
                ("part", &part.of(columns)),
            ],
        ))
    }

    /// A column that counts the rows of each series one by one, whatever its name.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn counter(self) -> Result<Option<String>> {
        let Divider { sample, search, series } = self;
        for name in sample.counters.iter().filter(|name| !series.columns.contains(name)) {
            let trial = Series { sequence: Some(name.clone()), ..series.clone() };
            if sample.trial(search, &trial)?.counting >= FOUND_LEAST {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }
}
