//! Rows in the order of their numbers, with the bits of some items: what ranks are told by. They are sorted outside of
//! memory: shared out to parts between numbers that a sample tells, of which each is sorted by itself. Which numbers these
//! are changes nothing but the work.

use super::bits::{Bits, Reading};
use super::blocks::{Blocks, Place};
use super::classes::Classes;
use super::numbers::{float_of_key, key_of_float};
use crate::engine::Engine;
use crate::error::Result;
use crate::model::contrast::{BLOCK_ROWS, Block, Items};

/// Of so many rows one is in the sample, and a part has so many rows, about.
const SAMPLED: usize = if cfg!(test) { 4 } else { 64 };
const PART_ROWS: usize = if cfg!(test) { 64 } else { 1 << 16 };
/// What a thread keeps of rows on their way into parts.
const WAITING_BYTES_MAX: usize = if cfg!(test) { 1 << 10 } else { 8 << 20 };
/// All blocks are of one class.
const CLASS: u16 = 0;

pub struct Sorted {
    blocks: Blocks,
    /// Ascending.
    places: Vec<Place>,
    /// Those whose bits are kept, ascending. A mark of the row follows them.
    items: Vec<u16>,
}

impl Sorted {
    /// The rows of some classes. Rows of the classes `marked` have [`Sorted::mark`] besides their items.
    ///
    /// # Errors
    /// If the temporary directory cannot be used.
    pub fn keep(engine: &Engine, bits: &Bits, (of, marked): (Classes, Classes), mut items: Vec<u16>) -> Result<Sorted> {
        items.sort_unstable();
        items.dedup();
        let cuts = cuts(bits, of)?;
        let form = Form { items: &items };
        let spill = Blocks::new(engine)?;
        let takers = bits.each(
            of,
            || Parts { waiting: vec![Vec::new(); cuts.len() + 1], bytes: 0, written: Vec::new() },
            |parts, class, reading| {
                for record in form.records(reading, marked.has(class)).chunks_exact(form.width()) {
                    parts.waiting[cuts.partition_point(|cut| *cut <= key(record))].extend(record);
                    parts.bytes += record.len();
                }
                if parts.bytes > WAITING_BYTES_MAX { parts.write(&spill, form.width()) } else { Ok(()) }
            },
        )?;
        let mut parts: Vec<(usize, Vec<Place>)> = (0..=cuts.len()).map(|at| (at, Vec::new())).collect();
        for mut taker in takers {
            taker.write(&spill, form.width())?;
            taker.written.into_iter().for_each(|(part, place)| parts[part].1.push(place));
        }
        let blocks = Blocks::new(engine)?;
        let works = blocks.share_out(&parts, Vec::new, |sorted: &mut Vec<(usize, Vec<Place>)>, (at, places)| {
            let is_of_one_number = *at > 0 && cuts.get(*at).is_some_and(|next| *next == cuts[at - 1] + 1);
            let mut made = Made::new(&form, &blocks);
            if is_of_one_number {
                places.iter().try_for_each(|place| made.add(&read(&spill, std::slice::from_ref(place))?))?;
            } else {
                let bytes = read(&spill, places)?;
                let mut records: Vec<&[u8]> = bytes.chunks_exact(form.width()).collect();
                records.sort_unstable_by_key(|record| key(record));
                records.into_iter().try_for_each(|record| made.add(record))?;
            }
            sorted.push((*at, made.done()?));
            Ok(())
        })?;
        let mut sorted: Vec<(usize, Vec<Place>)> = works.into_iter().flatten().collect();
        sorted.sort_unstable_by_key(|(at, _)| *at);
        let places = sorted.into_iter().flat_map(|(_, places)| places).collect();
        Ok(Sorted { blocks, places, items })
    }

    /// The conjunctions as they stand in these blocks; `None` if one has an item whose bits are not kept.
    pub fn own(&self, all: &[Items]) -> Option<Vec<Items>> {
        let own = |item: &u16| self.items.binary_search(item).ok().map(|at| at as u16);
        all.iter().map(|items| items.iter().map(own).collect()).collect()
    }

    /// The item that marked rows have.
    pub fn mark(&self) -> u16 {
        self.items.len() as u16
    }

    pub fn threads(&self) -> usize {
        self.blocks.threads()
    }

    /// Has each of some works done by walking through all blocks in ascending order.
    ///
    /// # Errors
    /// If the temporary directory cannot be read, or somebody asked to stop.
    pub fn walk<W: Sync, T: Send>(
        &self,
        works: &[W],
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, &W, &Reading) + Sync,
    ) -> Result<Vec<T>> {
        self.blocks.share_out(works, taker, |taker, work| {
            let mut reading = Reading::new(self.items.len() + 1);
            for place in &self.places {
                self.blocks.may_go_on()?;
                reading.read(&self.blocks, *place)?;
                take(taker, work, &reading);
            }
            Ok(())
        })
    }
}

/// The keys at which parts begin. A number that many rows have is a part of its own.
fn cuts(bits: &Bits, of: Classes) -> Result<Vec<i64>> {
    let takers = bits.each(of, Vec::new, |sample: &mut Vec<i64>, _, reading| {
        sample.extend(reading.numbers.iter().step_by(SAMPLED).map(|number| key_of_float(Some(*number))));
        Ok(())
    })?;
    let mut sample = takers.concat();
    sample.sort_unstable();
    let mut cuts = Vec::new();
    for at in (PART_ROWS / SAMPLED..sample.len()).step_by(PART_ROWS / SAMPLED) {
        cuts.push(sample[at]);
        if sample[at - 1] == sample[at] || sample.get(at + 1) == Some(&sample[at]) {
            cuts.push(sample[at].saturating_add(1));
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    Ok(cuts)
}

/// How a row is written: its key, then the bits of the items and of the mark.
struct Form<'a> {
    items: &'a [u16],
}

fn key(record: &[u8]) -> i64 {
    record.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}

impl Form<'_> {
    fn width(&self) -> usize {
        8 + (self.items.len() + 1).div_ceil(8)
    }

    fn records(&self, reading: &Reading, is_marked: bool) -> Vec<u8> {
        let width = self.width();
        let mut records = vec![0; reading.numbers.len() * width];
        let mut set = |row: usize, bit: usize| records[row * width + 8 + bit / 8] |= 1 << (bit % 8);
        for (bit, item) in self.items.iter().enumerate() {
            reading.block.rows_of(*item).for_each(|row| set(row, bit));
        }
        if is_marked {
            (0..reading.numbers.len()).for_each(|row| set(row, self.items.len()));
        }
        for (record, number) in records.chunks_exact_mut(width).zip(&reading.numbers) {
            record[..8].copy_from_slice(&key_of_float(Some(*number)).to_le_bytes());
        }
        records
    }
}

/// Rows on their way into parts, on one thread.
struct Parts {
    waiting: Vec<Vec<u8>>,
    bytes: usize,
    written: Vec<(usize, Place)>,
}

impl Parts {
    fn write(&mut self, spill: &Blocks, width: usize) -> Result<()> {
        for (part, bytes) in self.waiting.iter_mut().enumerate().filter(|(_, bytes)| !bytes.is_empty()) {
            self.written.push((part, spill.add(bytes.len() / width, CLASS, bytes)?));
            bytes.clear();
        }
        self.bytes = 0;
        Ok(())
    }
}

fn read(spill: &Blocks, places: &[Place]) -> Result<Vec<u8>> {
    let mut bytes = vec![0; places.iter().map(|place| place.bytes).sum()];
    let mut rest = bytes.as_mut_slice();
    for place in places {
        let (own, behind) = rest.split_at_mut(place.bytes);
        spill.read(*place, 0, own)?;
        rest = behind;
    }
    Ok(bytes)
}

/// Sorted rows on their way into blocks.
struct Made<'a> {
    form: &'a Form<'a>,
    blocks: &'a Blocks,
    block: Block,
    numbers: Vec<u8>,
    rows: usize,
    places: Vec<Place>,
}

impl<'a> Made<'a> {
    fn new(form: &'a Form<'a>, blocks: &'a Blocks) -> Made<'a> {
        let block = Block::new(form.items.len() + 1);
        Made { form, blocks, block, numbers: Vec::new(), rows: 0, places: Vec::new() }
    }

    /// Takes one row or several.
    fn add(&mut self, records: &[u8]) -> Result<()> {
        for record in records.chunks_exact(self.form.width()) {
            self.numbers.extend(float_of_key(key(record)).to_le_bytes());
            for (byte, bits) in record[8..].iter().enumerate().filter(|(_, bits)| **bits != 0) {
                for bit in (0..8).filter(|bit| bits >> bit & 1 == 1) {
                    self.block.set((byte * 8 + bit) as u16, self.rows);
                }
            }
            self.rows += 1;
            if self.rows == BLOCK_ROWS {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        self.block.write(self.rows, &mut bytes);
        bytes.append(&mut self.numbers);
        self.places.push(self.blocks.add(self.rows, CLASS, &bytes)?);
        self.rows = 0;
        Ok(())
    }

    fn done(mut self) -> Result<Vec<Place>> {
        if self.rows > 0 {
            self.write()?;
        }
        Ok(self.places)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Limits;
    use crate::model::coverage::Coverage;

    #[test]
    fn rows_come_in_the_order_of_their_numbers_with_their_items() {
        let place = tempfile::tempdir().expect("a directory");
        let mut dice = 11_u64;
        let mut below = |most: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % most
        };
        for threads in [1, 3] {
            let limits = Limits { threads, memory: None, spill: place.path().to_path_buf() };
            let engine = Engine::open(&limits, Arc::new(Coverage::default())).expect("an engine");
            let blocks = Blocks::new(&engine).expect("blocks");
            // A third of the numbers is 0.5, and others are one of a thousand; item 0 and 9 tell which.
            let mut rows: Vec<(f64, [bool; 3])> = Vec::new();
            for class in [0_u16, 1, 2] {
                let (mut block, mut numbers) = (Block::new(10), Vec::new());
                for row in 0..1500 {
                    let number = if below(3) == 0 { 0.5 } else { below(1000) as f64 / 1000.0 - 0.25 };
                    let has = [number > 0.3, below(2) == 0, class == 1];
                    if has[0] {
                        block.set(0, row);
                    }
                    if has[1] {
                        block.set(9, row);
                    }
                    numbers.extend(number.to_le_bytes());
                    if class < 2 {
                        rows.push((number, has));
                    }
                }
                let mut bytes = Vec::new();
                block.write(1500, &mut bytes);
                bytes.extend(numbers);
                blocks.add(1500, class, &bytes).expect("written");
            }
            let bits = Bits { blocks, items: 10 };
            let of = (Classes::of(|class| class < 2), Classes::of(|class| class == 1));
            let sorted = Sorted::keep(&engine, &bits, of, vec![9, 0, 9]).expect("sorted");
            assert!(sorted.own(&[vec![3]]).is_none());
            assert_eq!(sorted.own(&[vec![0, 9], vec![]]), Some(vec![vec![0, 1], vec![]]));
            let take = |found: &mut Vec<(f64, [bool; 3])>, (): &(), reading: &Reading| {
                let has = |row: usize| [0, 1, sorted.mark()].map(|item| reading.block.has(item, row));
                found.extend(reading.numbers.iter().enumerate().map(|(row, number)| (*number, has(row))));
            };
            let found = sorted.walk(&[()], Vec::new, take).expect("walked").concat();
            assert!(found.is_sorted_by(|a, b| a.0 <= b.0));
            let ordered = |mut rows: Vec<(f64, [bool; 3])>| {
                rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                rows
            };
            assert_eq!(ordered(found), ordered(rows), "{threads}");
        }
    }
}
