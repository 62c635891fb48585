//! Tables that each hold another part of the keys of one: the warehouses of which every order is in one, the sheets of
//! which every sample is on one. A key that one of them lacks is not lost if another one has it.

use super::few::Spread;
use super::written::{Form, Written};
use super::{Session, Table};
use crate::engine::quote;
use crate::error::Result;
use crate::model::time::MINUTE;
use crate::model::value::Value;

/// Of a hundred keys, so many may be in two of them. Parts that chance made, or one behind the other, share more.
const IN_TWO: i64 = 10;
/// Of a hundred keys of the whole, one alone has at most so many, and all together at least so many.
const ONE_MOST: i64 = 90;
const ALL_LEAST: i64 = 80;
/// More tables are not compared with each other.
const PARTS_MAX: usize = 32;
/// What became of the lost is known so many times later than what was not.
const LATER: i64 = 5;

/// A key of a table, with its time if it has one.
pub struct Side<'a> {
    table: &'a Table,
    written: Written,
}

impl<'a> Side<'a> {
    pub fn of(table: &'a Table, columns: &[String]) -> Side<'a> {
        Side { table, written: Written::of(table, columns) }
    }

    /// The first time of each key, as a query of `key` and `ts`; none without a time.
    fn firsts(&self, form: &Form) -> Option<String> {
        let (key, time) = (self.written.key(form), quote::name(self.table.roles.time.as_ref()?));
        Some(format!(
            "SELECT {key} AS key, min({time}::TIMESTAMP) AS ts FROM {} WHERE {key} IS NOT NULL GROUP BY 1",
            self.table.sql()
        ))
    }
}

/// What parts of a whole are, by their places.
#[derive(Debug, Default)]
pub struct Parts {
    /// Those that each have another part of its keys; none if fewer than two have.
    pub branches: Vec<usize>,
    /// Lists of what became of keys that another part lacks, such as claims, and that part.
    pub lists: Vec<(usize, usize)>,
}

impl Session {
    /// Which of these parts are branches of the whole, and which are lists of what the largest of them lacks.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn branches(&self, whole: &Side, parts: &[Side]) -> Result<Parts> {
        if parts.len() < 2 || parts.len() > PARTS_MAX {
            return Ok(Parts::default());
        }
        // What of the whole each has.
        let mut sizes = Vec::new();
        let mut all = 0;
        for (place, part) in parts.iter().enumerate() {
            let agreed = self.agreed(&whole.written, &part.written)?;
            all = all.max(agreed.left);
            if agreed.both > 0 && 100 * agreed.both <= ONE_MOST * agreed.left {
                sizes.push((agreed.both, place));
            }
        }
        sizes.sort_by_key(|(size, place)| (std::cmp::Reverse(*size), *place));
        let mut taken: Vec<(i64, usize)> = Vec::new();
        let mut in_two = 0;
        for (size, place) in sizes {
            let mut shared = 0;
            for (_, other) in &taken {
                shared += self.agreed(&parts[place].written, &parts[*other].written)?.both;
            }
            if 100 * shared <= IN_TWO * size {
                in_two += shared;
                taken.push((size, place));
            }
        }
        let together = taken.iter().map(|(size, _)| size).sum::<i64>() - in_two;
        if taken.len() < 2 || 100 * together < ALL_LEAST * all {
            return Ok(Parts::default());
        }
        let mut found = Parts::default();
        let (_, largest) = taken[0];
        for (_, place) in &taken {
            if *place != largest && self.has_lost(whole, &parts[*place], &parts[largest])? {
                found.lists.push((*place, largest));
            } else {
                found.branches.push(*place);
            }
        }
        found.branches.sort_unstable();
        if found.branches.len() < 2 {
            found.branches.clear();
        }
        Ok(found)
    }

    /// Whether a part has what another one lost in an outage: its keys are of some stretch of time alone, and come far
    /// later than those of the other.
    fn has_lost(&self, whole: &Side, part: &Side, other: &Side) -> Result<bool> {
        let (Some(of_part), Some(of_other)) = (self.delay(whole, part)?, self.delay(whole, other)?) else {
            return Ok(false);
        };
        if of_part <= LATER * of_other.max(MINUTE) {
            return Ok(false);
        }
        let forms = self.agreed(&whole.written, &part.written)?.forms;
        let Some(firsts) = whole.firsts(&forms.0) else { return Ok(false) };
        let keys = format!("SELECT ts, key, key IN ({}) AS has FROM ({firsts})", part.written.values(&forms.1));
        Ok(!Spread::of(self, &keys)?.is_all_over())
    }

    /// How much later keys usually are in a part than in the whole, in microseconds; nothing without times.
    fn delay(&self, whole: &Side, part: &Side) -> Result<Option<i64>> {
        let forms = self.agreed(&whole.written, &part.written)?.forms;
        let (Some(before), Some(behind)) = (whole.firsts(&forms.0), part.firsts(&forms.1)) else { return Ok(None) };
        let row = self.engine.counted(&format!(
            "SELECT quantile_disc(epoch_us(behind.ts) - epoch_us(before.ts), 0.5) FROM ({before}) AS before JOIN ({behind}) AS behind USING (key)"
        ))?;
        Ok(row.first().filter(|value| !value.is_null()).map(Value::int))
    }
}
