//! Counting over the bits of rows: one walk for any number of slices, whatever is counted of them.

use std::cell::RefCell;

use super::metric::Metric;
use crate::command::judged::{Bits, Classes, Sorted};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::contrast::Items;
use crate::model::slices::{POSITIVE, Ranked, Ranks, SCORED, Scale, Seen, Tally};

pub struct Counter<'a> {
    pub engine: &'a Engine,
    /// The rows judged.
    pub bits: Bits,
    /// Those with a score, once they are asked for.
    sorted: RefCell<Option<Sorted>>,
}

/// Which rows, and what of them.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub of: Classes,
    pub bad: Classes,
    /// Of a row's number, and of 1 if it is positive and else 0.
    pub value: fn(f64, f64) -> f64,
}

impl Asked {
    pub fn of(metric: Metric) -> Asked {
        let split = metric.split();
        Asked { of: split.seen, bad: split.bad, value: metric.value() }
    }
}

/// Conjunctions in ascending order, which are counted fastest, and the place of each among those asked for.
fn ascending(candidates: &[Items]) -> (Vec<Items>, Vec<usize>) {
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    places.sort_unstable_by(|a, b| candidates[*a].cmp(&candidates[*b]));
    (places.iter().map(|at| candidates[*at].clone()).collect(), places)
}

fn placed<T: Clone + Default>(tallies: Vec<T>, places: &[usize]) -> Vec<T> {
    let mut found = vec![T::default(); places.len()];
    tallies.into_iter().zip(places).for_each(|(tally, at)| found[*at] = tally);
    found
}

impl<'a> Counter<'a> {
    pub fn new(engine: &'a Engine, bits: Bits) -> Counter<'a> {
        Counter { engine, bits, sorted: RefCell::default() }
    }

    /// The tallies of candidates over the rows that none of `chosen` covers.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn count<T: Tally>(
        &self,
        asked: Asked,
        rule: &T::Rule,
        candidates: &[Items],
        chosen: &[Items],
    ) -> Result<Vec<T>> {
        let (candidates, places) = ascending(candidates);
        let mut sums = vec![T::default(); candidates.len()];
        if candidates.is_empty() {
            return Ok(sums);
        }
        let taker = || (sums.clone(), Vec::new());
        let takers = self.bits.each(asked.of, taker, |(tallies, values), class, reading| {
            let positive = if class & POSITIVE == 0 { 0.0 } else { 1.0 };
            values.clear();
            values.extend(reading.numbers.iter().map(|number| (asked.value)(*number, positive)));
            let seen = Seen { block: &reading.block, marks: class, is_bad: asked.bad.has(class), values };
            T::take(rule, seen, (&candidates, chosen), tallies);
            Ok(())
        })?;
        for (tallies, _) in takers {
            sums.iter_mut().zip(&tallies).for_each(|(sum, tally)| sum.join(tally));
        }
        Ok(placed(sums, &places))
    }

    /// The ranks of the rows with a score that none of `chosen` covers.
    ///
    /// # Errors
    /// If the temporary directory cannot be used.
    pub fn ranks(&self, candidates: &[Items], chosen: &[Items]) -> Result<Vec<Ranks>> {
        let (candidates, places) = ascending(candidates);
        let known = |sorted: &Sorted| Some((sorted.own(&candidates)?, sorted.own(chosen)?));
        if self.sorted.borrow().as_ref().and_then(known).is_none() {
            let items = candidates.iter().chain(chosen).flatten().copied().collect();
            let of = [SCORED, SCORED | POSITIVE].map(|marks| Classes::of(|class| class & marks == marks));
            *self.sorted.borrow_mut() = Some(Sorted::keep(self.engine, &self.bits, of.into(), items)?);
        }
        let sorted = self.sorted.borrow();
        let lost = || Error::internal("rows were sorted without their items");
        let sorted = sorted.as_ref().ok_or_else(lost)?;
        let (candidates, chosen) = known(sorted).ok_or_else(lost)?;
        let part = candidates.len().div_ceil(sorted.threads()).max(1);
        let works: Vec<(usize, &[Items])> = candidates.chunks(part).enumerate().collect();
        let takers =
            sorted.walk(&works, Vec::new, |found: &mut Vec<(usize, Vec<Ranks>)>, (at, candidates), reading| {
                if found.last().is_none_or(|(known, _)| known != at) {
                    found.push((*at, vec![Ranks::default(); candidates.len()]));
                }
                let ranked = Ranked { block: &reading.block, positive: sorted.mark(), scores: &reading.numbers };
                if let Some((_, tallies)) = found.last_mut() {
                    Ranks::take(ranked, candidates, &chosen, tallies);
                }
            })?;
        let mut found = vec![Ranks::default(); candidates.len()];
        for (at, tallies) in takers.into_iter().flatten() {
            found[at * part..][..tallies.len()].copy_from_slice(&tallies);
        }
        Ok(placed(found, &places))
    }

    /// How fine values are counted.
    ///
    /// # Errors
    /// If a value cannot be squared, or the temporary directory not be read.
    pub fn scale(&self, asked: Asked) -> Result<Scale> {
        let takers = self.bits.each(
            asked.of,
            || (0.0_f64, 0),
            |(most, rows), class, reading| {
                let positive = if class & POSITIVE == 0 { 0.0 } else { 1.0 };
                let values = reading.numbers.iter().map(|number| (asked.value)(*number, positive).abs());
                *most = values.fold(*most, f64::max);
                *rows += reading.numbers.len() as u64;
                Ok(())
            },
        )?;
        let most = takers.iter().fold(0.0, |most: f64, taker| most.max(taker.0));
        if !(most * most).is_finite() {
            return Err(Error::question("some errors are too large to be squared")
                .hint("leave them out: --where 'abs(PREDICTION) < 1e100'"));
        }
        Ok(Scale::of(most, takers.iter().map(|taker| taker.1).sum()))
    }
}
