//! What each row has of the items, as bits in a temporary file: blocks that conjunctions are counted in.

use super::attributes::{Holds, Item};
use super::blocks::Blocks;
use super::numbers::NONE;
use super::rows::Rows;
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
                            for item in items.get(usize::from(code)).into_iter().flatten().flatten() {
                                block.set(*item, row);
                            }
                        }
                    }
                    Way::Keys { attribute, keys, bounds, null } => {
                        for (row, key) in rows.keys(*attribute, place)?.into_iter().enumerate() {
                            let item =
                                match key {
                                    NONE => *null,
                                    key => keys.iter().find(|(known, _)| *known == key).map(|(_, item)| *item).or_else(
                                        || bounds[..bounds.partition_point(|(from, _)| *from <= key)].last()?.1,
                                    ),
                                };
                            if let Some(item) = item {
                                block.set(item, row);
                            }
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
    /// By the code: the value's own item, and the range that it is in.
    Codes { attribute: usize, items: Vec<[Option<u16>; 2]> },
    /// By the key: that of one value, else the last of the bounds that are not above it.
    Keys { attribute: usize, keys: Vec<(i64, u16)>, bounds: Vec<(i64, Option<u16>)>, null: Option<u16> },
}

impl Way {
    fn of(attribute: usize, all: &[Item]) -> Way {
        let mut codes: Vec<[Option<u16>; 2]> = Vec::new();
        let (mut keys, mut bounds, mut null) = (Vec::new(), Vec::new(), None);
        let mut is_coded = false;
        for (at, item) in all.iter().enumerate().filter(|(_, item)| item.attribute == attribute) {
            let at = at as u16;
            match &item.holds {
                Holds::Codes(of) => {
                    is_coded = true;
                    for code in of {
                        let code = usize::from(*code);
                        codes.resize(codes.len().max(code + 1), [None; 2]);
                        codes[code][usize::from(item.is_range)] = Some(at);
                    }
                }
                Holds::Key(NONE) => null = Some(at),
                Holds::Key(key) => keys.push((*key, at)),
                Holds::Between(from, until) => {
                    bounds.push((*from, Some(at)));
                    bounds.extend(until.map(|until| (until, None)));
                }
            }
        }
        if is_coded {
            return Way::Codes { attribute, items: codes };
        }
        // Where one range ends another may begin, which holds.
        bounds.sort_unstable_by_key(|(from, item)| (*from, item.is_some()));
        Way::Keys { attribute, keys, bounds, null }
    }
}
