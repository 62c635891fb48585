//! Counting over the codes of rows: one walk for any number of slices, whatever is counted of them.

use super::metric::{Metric, Way};
use super::rows::LANES_A_PACK;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::contrast::Items;
use crate::model::slices::{Block, Scale, Tally};
use crate::model::value::Value;

pub struct Counter<'a> {
    pub engine: &'a Engine,
    pub lanes: Vec<Vec<u16>>,
    pub items: usize,
    pub threads: usize,
}

/// Which rows, and what of them.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Over `rca_sliced_codes`.
    pub condition: &'a str,
    pub value: &'a str,
    pub is_sorted: bool,
}

impl Asked<'_> {
    pub fn of(metric: Metric) -> Asked<'static> {
        Asked { condition: "is_defined", value: metric.value(), is_sorted: metric.way() == Way::Ranks }
    }
}

impl Counter<'_> {
    /// The tallies of candidates over the rows that none of `chosen` covers.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn count<T: Tally>(
        &self,
        asked: Asked,
        rule: &T::Rule,
        candidates: &[Items],
        chosen: &[Items],
    ) -> Result<Vec<T>> {
        let mut tallies = vec![T::default(); candidates.len()];
        if candidates.is_empty() {
            return Ok(tallies);
        }
        let mut block = Block::new(self.items);
        let packs = self.lanes.len().div_ceil(LANES_A_PACK);
        let columns: String = (0..packs).map(|pack| format!(", p{pack}")).collect();
        let order = if asked.is_sorted { " ORDER BY 2" } else { "" };
        let sql = format!(
            "SELECT marks, ({})::DOUBLE AS value{columns} FROM rca_sliced_codes WHERE {}{order}",
            asked.value, asked.condition
        );
        let (lanes, threads) = (&self.lanes, self.threads);
        self.engine.walk(&sql, |batch| {
            let lost = || Error::internal("a column of codes is none");
            let (marks, values) = (batch.ints(0).ok_or_else(lost)?, batch.floats(1).ok_or_else(lost)?);
            let columns = (0..packs).map(|at| batch.ints(at + 2).ok_or_else(lost)).collect::<Result<Vec<_>>>()?;
            for row in 0..batch.rows() {
                let items = lanes.iter().enumerate().filter_map(|(at, lane)| {
                    let pack = columns[at / LANES_A_PACK].get(row).unwrap_or(0);
                    let code = (pack >> (8 * (at % LANES_A_PACK))) & 0xff;
                    (code > 0).then(|| usize::from(lane[code as usize - 1]))
                });
                block.push(marks.get(row).unwrap_or(0) as u8, values.get(row).unwrap_or(0.0), items);
                if block.is_full() {
                    block.count(rule, (candidates, chosen), &mut tallies, threads);
                }
            }
            Ok(())
        })?;
        block.count(rule, (candidates, chosen), &mut tallies, threads);
        Ok(tallies)
    }

    /// How fine values are counted.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn scale(&self, asked: Asked) -> Result<Scale> {
        let sql = format!(
            "SELECT max(abs(({})::DOUBLE)), count(*) FROM rca_sliced_codes WHERE {}",
            asked.value, asked.condition
        );
        let row = self.engine.counted(&sql)?;
        let most = match row.first() {
            Some(Value::Float(most)) if (most * most).is_finite() => *most,
            Some(Value::Null) | None => 0.0,
            _ => {
                return Err(Error::question("some errors are too large to be squared")
                    .hint("leave them out: --where 'abs(PREDICTION) < 1e100'"));
            }
        };
        Ok(Scale::of(most, row.get(1).map_or(1, |rows| rows.int().unsigned_abs())))
    }
}
