//! What each row has of the items, as bits in a temporary file: blocks that conjunctions are counted in.

use super::blocks::Blocks;
use super::numbers::NONE;
use super::rows::Rows;
use super::values::{Holds, Item};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::contrast::{Block, Covered, Items};

/// Which rows are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    All,
    Bad,
}

pub struct Lanes {
    blocks: Blocks,
    items: usize,
}

impl Lanes {
    /// # Errors
    /// If the temporary directory cannot be used.
    pub fn keep(engine: &Engine, rows: &Rows, items: &[Item]) -> Result<Lanes> {
        let blocks = Blocks::new(engine)?;
        let mut attributes: Vec<usize> = items.iter().map(|item| item.attribute).collect();
        attributes.dedup();
        let ways: Vec<Way> = attributes.iter().map(|attribute| Way::of(*attribute, items)).collect();
        let taker = || (Block::new(items.len()), Vec::new());
        rows.share_out(taker, |(block, bytes), place| {
            for way in &ways {
                match way {
                    Way::Codes { attribute, items } => {
                        for (row, code) in rows.codes(*attribute, place)?.into_iter().enumerate() {
                            for item in items.get(usize::from(code)).into_iter().flatten() {
                                block.set(*item, row);
                            }
                        }
                    }
                    Way::Keys { attribute, keys, bounds, between, null } => {
                        for (row, key) in rows.keys(*attribute, place)?.into_iter().enumerate() {
                            if key == NONE {
                                null.iter().for_each(|item| block.set(*item, row));
                                continue;
                            }
                            let own = keys.iter().filter(|(known, _)| *known == key).map(|(_, item)| item);
                            let ranges = &between[bounds.partition_point(|bound| *bound <= key)];
                            own.chain(ranges).for_each(|item| block.set(*item, row));
                        }
                    }
                }
            }
            block.write(bytes);
            blocks.add(place.rows, place.is_bad, bytes)
        })?;
        Ok(Lanes { blocks, items: items.len() })
    }

    /// The rows of each conjunction that none of `chosen` covers. Conjunctions in ascending order are counted fastest.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn count(&self, candidates: &[Items], chosen: &[Items], of: Of) -> Result<Vec<u64>> {
        let mut sums = vec![0; candidates.len()];
        if candidates.is_empty() {
            return Ok(sums);
        }
        let taker = || (Block::new(self.items), Vec::new(), sums.clone());
        let takers = self.blocks.share_out(of == Of::Bad, taker, |(block, bytes, counts), place| {
            bytes.resize(place.bytes, 0);
            self.blocks.read(place, 0, bytes)?;
            block.read(place.rows, bytes);
            block.count(candidates, chosen, counts);
            Ok(())
        })?;
        for (_, _, counts) in takers {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(sums)
    }

    /// Both counts.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn covered(&self, candidates: &[Items], chosen: &[Items]) -> Result<Vec<Covered>> {
        let rows = self.count(candidates, chosen, Of::All)?;
        let bad = self.count(candidates, chosen, Of::Bad)?;
        Ok(rows.into_iter().zip(bad).map(|(rows, bad)| Covered { rows, bad }).collect())
    }
}

/// How the items of an attribute's values are found.
enum Way {
    /// By the code: the value's own item, and the ranges that it is in.
    Codes { attribute: usize, items: Vec<Vec<u16>> },
    /// By the key: that of one value, and the ranges by the number of bounds that are not above it.
    Keys { attribute: usize, keys: Vec<(i64, u16)>, bounds: Vec<i64>, between: Vec<Vec<u16>>, null: Option<u16> },
}

impl Way {
    fn of(attribute: usize, all: &[Item]) -> Way {
        let items = || all.iter().enumerate().filter(|(_, item)| item.attribute == attribute);
        let mut codes: Vec<Vec<u16>> = Vec::new();
        let (mut keys, mut bounds, mut null) = (Vec::new(), Vec::new(), None);
        for (at, item) in items() {
            match &item.holds {
                Holds::Codes(of) => {
                    for code in of {
                        let code = usize::from(*code);
                        codes.resize(codes.len().max(code + 1), Vec::new());
                        codes[code].push(at as u16);
                    }
                }
                Holds::Key(NONE) => null = Some(at as u16),
                Holds::Key(key) => keys.push((*key, at as u16)),
                Holds::Between(from, until) => {
                    bounds.push(*from);
                    bounds.extend(*until);
                }
            }
        }
        if !codes.is_empty() {
            return Way::Codes { attribute, items: codes };
        }
        bounds.sort_unstable();
        bounds.dedup();
        let mut between = vec![Vec::new(); bounds.len() + 1];
        for (at, item) in items() {
            if let Holds::Between(from, until) = &item.holds {
                let first = bounds.partition_point(|bound| bound <= from);
                let end = until.map_or(between.len(), |until| bounds.partition_point(|bound| *bound <= until));
                between[first..end].iter_mut().for_each(|items| items.push(at as u16));
            }
        }
        Way::Keys { attribute, keys, bounds, between, null }
    }
}
