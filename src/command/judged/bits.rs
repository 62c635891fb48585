//! What each row has of the items, as bits in a temporary file with the number of each row: blocks that conjunctions are
//! counted in.

use super::blocks::{Blocks, Place};
use super::classes::Classes;
use super::numbers::NONE;
use super::rows::Rows;
use super::values::{Holds, Item};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::contrast::{Block, Items};

pub struct Bits {
    pub(super) blocks: Blocks,
    pub items: usize,
}

/// A block as it is read, again and again into the same memory.
pub struct Reading {
    pub block: Block,
    /// Of each row; empty if none are kept.
    pub numbers: Vec<f64>,
    bytes: Vec<u8>,
}

impl Bits {
    /// The rows of some classes.
    ///
    /// # Errors
    /// If the temporary directory cannot be used.
    pub fn keep(engine: &Engine, rows: &Rows, items: &[Item], of: Classes) -> Result<Bits> {
        let blocks = Blocks::new(engine)?;
        let mut attributes: Vec<usize> = items.iter().map(|item| item.attribute).collect();
        attributes.dedup();
        let ways: Vec<Way> = attributes.iter().map(|attribute| Way::of(*attribute, items)).collect();
        rows.each(
            of,
            || (Block::new(items.len()), Vec::new()),
            |(block, bytes), place| {
                ways.iter().try_for_each(|way| way.set(rows, place, block))?;
                bytes.clear();
                block.write(place.rows, bytes);
                bytes.extend(rows.number_bytes(place)?.unwrap_or_default());
                blocks.add(place.rows, place.class, bytes)?;
                Ok(())
            },
        )?;
        Ok(Bits { blocks, items: items.len() })
    }

    /// Has each block of some classes looked at; see [`Blocks::each`].
    ///
    /// # Errors
    /// If the temporary directory cannot be read, `take` fails, or somebody asked to stop.
    pub fn each<T: Send>(
        &self,
        of: Classes,
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, u16, &Reading) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        let taker = || (Reading::new(self.items), taker());
        let takers = self.blocks.each(of, taker, |(reading, taker), place| {
            reading.read(&self.blocks, place)?;
            take(taker, place.class, reading)
        })?;
        Ok(takers.into_iter().map(|(_, taker)| taker).collect())
    }

    /// The rows of some classes that each conjunction has and none of `chosen`. Conjunctions in ascending order are counted
    /// fastest.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn count(&self, candidates: &[Items], chosen: &[Items], of: Classes) -> Result<Vec<u64>> {
        let mut sums = vec![0; candidates.len()];
        if candidates.is_empty() {
            return Ok(sums);
        }
        let takers = self.each(
            of,
            || sums.clone(),
            |counts, _, reading| {
                reading.block.count(candidates, chosen, counts);
                Ok(())
            },
        )?;
        for counts in takers {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(sums)
    }
}

impl Reading {
    pub fn new(items: usize) -> Reading {
        Reading { block: Block::new(items), numbers: Vec::new(), bytes: Vec::new() }
    }

    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn read(&mut self, blocks: &Blocks, place: Place) -> Result<()> {
        self.bytes.resize(place.bytes, 0);
        blocks.read(place, 0, &mut self.bytes)?;
        let rest = self.block.read(place.rows, &self.bytes);
        self.numbers.clear();
        self.numbers.extend(rest.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)));
        Ok(())
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
    /// Says which rows of a block have which items.
    fn set(&self, rows: &Rows, place: Place, block: &mut Block) -> Result<()> {
        match self {
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
        Ok(())
    }

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
