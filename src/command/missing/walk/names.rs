//! Which series a row belongs to: by the engine's hash of its values in the columns that tell series apart, since texts
//! of a hundred million rows would be most of the work. Two of a million series have one hash of 64 bits once in ten
//! million tables; that is seen when their values are asked for, and an error.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::super::series::Series;
use crate::engine::{Columns, quote};
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::session::Session;

/// The values of a series' columns; `None` for NULL.
pub type Values = Vec<Option<String>>;
/// Values of series by the hash of their rows.
pub type Known = HashMap<u64, Values>;

/// The series seen so far, numbered as they came.
#[derive(Debug, Default)]
pub struct Names {
    numbers: HashMap<u64, u32, FixedState>,
    /// The hash of each series, and which came behind it the last time: rows of many series often take turns.
    pub hashes: Vec<u64>,
    behind: Vec<u32>,
    last: usize,
}

/// The hash of a row's series, as SQL.
pub fn hash(series: &Series) -> String {
    let columns: Vec<String> = series.columns.iter().map(|name| quote::name(name)).collect();
    if columns.is_empty() { "0::UBIGINT".into() } else { format!("hash({})", columns.join(", ")) }
}

impl Names {
    /// The series of each row of a batch, whose hash is in column `at`.
    ///
    /// # Errors
    /// If that column is no hash.
    pub fn of_rows(&mut self, batch: &Columns, at: usize, numbers: &mut Vec<u32>) -> Result<()> {
        let Some(hashes) = batch.hashes(at) else {
            return Err(Error::internal("a hash came as another type than asked for"));
        };
        numbers.clear();
        numbers.extend(hashes.iter().map(|hash| self.number(*hash)));
        Ok(())
    }

    fn number(&mut self, hash: u64) -> u32 {
        if let Some(guess) = self.behind.get(self.last)
            && self.hashes[*guess as usize] == hash
        {
            self.last = *guess as usize;
            return *guess;
        }
        let next = u32::try_from(self.hashes.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(hash).or_insert(next);
        if number == next {
            self.hashes.push(hash);
            self.behind.push(0);
        }
        if let Some(behind) = self.behind.get_mut(self.last) {
            *behind = number;
        }
        self.last = number as usize;
        number
    }

    /// The values of each series, in the order of their numbers: those that are known, and from the table.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn values(&self, session: &Session, series: &Series) -> Result<Vec<Values>> {
        const NAMED_MAX: usize = 1_000;
        if series.columns.is_empty() {
            return Ok(vec![Vec::new(); self.hashes.len()]);
        }
        let known = &series.known;
        let unknown: Vec<String> =
            self.hashes.iter().filter(|hash| !known.contains_key(hash)).map(u64::to_string).collect();
        let others = if unknown.is_empty() {
            Known::new()
        } else {
            let named = match unknown.len() {
                ..=NAMED_MAX => format!("{} IN ({})", hash(series), unknown.join(", ")),
                _ => "true".into(),
            };
            of(session, series, &series.table.sql(), &format!("({}) AND {named}", series.condition))?
        };
        let values = |hash: &u64| known.get(hash).or_else(|| others.get(hash)).cloned().unwrap_or_default();
        Ok(self.hashes.iter().map(values).collect())
    }
}

/// The values of the series in `from`, by their hashes.
///
/// # Errors
/// If the evidence cannot be read, or two series have one hash.
pub fn of(session: &Session, series: &Series, from: &str, condition: &str) -> Result<Known> {
    let columns: Vec<String> = series.columns.iter().map(|name| format!("{}::VARCHAR", quote::name(name))).collect();
    let sql =
        format!("SELECT {} AS h, {} FROM {from} WHERE {condition} GROUP BY ALL", hash(series), columns.join(", "));
    let mut known = Known::new();
    for row in session.engine.counted_by(&sql)? {
        let Value::Int(hash) = row[0] else { continue };
        let values: Values = row[1..].iter().map(|value| (!value.is_null()).then(|| value.shown())).collect();
        let other = known.insert(u64::try_from(hash).unwrap_or(0), values.clone());
        if other.is_some_and(|other| other != values) {
            return Err(Error::internal(format!("two series of {} cannot be told apart", series.table.name)));
        }
    }
    Ok(known)
}
