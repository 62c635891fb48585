//! What takes the rows from the evidence on one thread: into blocks of one class each, and counted by their codes.

use super::VALUES_MAX;
use super::blocks::Blocks;
use super::classes::CLASSES_MAX;
use super::numbers::{self, Tally};
use super::rows::{Kept, Layout};
use crate::engine::Columns;
use crate::error::{Error, Result};

/// Rows of one class that are counted.
#[derive(Default)]
pub struct Counted {
    pub rows: u64,
    /// Of each attribute the rows of each code.
    pub counts: Vec<Vec<u64>>,
    pub tallies: Vec<Tally>,
}

impl Counted {
    fn of(layout: &Layout) -> Counted {
        let attributes = layout.kept.len();
        Counted { rows: 0, counts: vec![Vec::new(); attributes], tallies: vec![Tally::default(); attributes] }
    }

    /// Together with what another thread took.
    pub fn join(&mut self, other: &Counted) {
        self.rows += other.rows;
        for (sums, counts) in self.counts.iter_mut().zip(&other.counts) {
            sums.resize(sums.len().max(counts.len()), 0);
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(sum, tally)| sum.join(tally));
    }
}

/// Rows of one class on their way into a block.
struct Part {
    waiting: usize,
    /// Of each attribute, and of the number.
    lanes: Vec<Vec<u8>>,
    counted: Counted,
}

impl Part {
    fn of(layout: &Layout) -> Part {
        Part { waiting: 0, lanes: vec![Vec::new(); layout.kept.len() + 1], counted: Counted::of(layout) }
    }

    fn write(&mut self, class: u16, blocks: &Blocks) -> Result<()> {
        if self.waiting > 0 {
            blocks.add(self.waiting, class, &self.lanes.concat())?;
        }
        self.waiting = 0;
        self.lanes.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Takes rows of a batch; no more than there is room for.
    fn take(&mut self, batch: &Columns, rows: &[usize], layout: &Layout) -> Result<()> {
        let lost = || Error::internal("a column of codes is none");
        for (at, kept) in layout.kept.iter().enumerate() {
            let lane = &mut self.lanes[at];
            if !matches!(kept, Kept::Keys) {
                let codes = batch.codes(at + 1).ok_or_else(lost)?;
                let counts = &mut self.counted.counts[at];
                for code in rows.iter().map(|row| codes[*row]) {
                    lane.extend(code.to_le_bytes());
                    count(counts, usize::from(code));
                }
                continue;
            }
            let tally = &mut self.counted.tallies[at];
            let mut add = |key: i64| {
                lane.extend(key.to_le_bytes());
                tally.add(key);
            };
            if layout.is_float[at] {
                let floats = batch.floats(at + 1).ok_or_else(lost)?;
                rows.iter().for_each(|row| add(numbers::key_of_float(floats.get(*row))));
            } else {
                let ints = batch.ints(at + 1).ok_or_else(lost)?;
                rows.iter().for_each(|row| add(numbers::key_of_int(ints.get(*row))));
            }
        }
        if layout.has_number {
            let (at, lane) = (layout.kept.len(), self.lanes.last_mut().ok_or_else(lost)?);
            let floats = batch.floats(at + 1).ok_or_else(lost)?;
            rows.iter().for_each(|row| lane.extend(floats.get(*row).unwrap_or(f64::NAN).to_le_bytes()));
        }
        self.waiting += rows.len();
        self.counted.rows += rows.len() as u64;
        Ok(())
    }
}

/// Codes past those of values are of no value.
fn count(counts: &mut Vec<u64>, code: usize) {
    if counts.len() <= code {
        if code > VALUES_MAX + 1 {
            return;
        }
        counts.resize(code + 1, 0);
    }
    counts[code] += 1;
}

/// What takes rows on one thread.
pub struct Taker {
    parts: Vec<Option<Part>>,
    /// The rows of a batch by class.
    chosen: Vec<Vec<usize>>,
}

impl Taker {
    pub fn new() -> Taker {
        let classes = usize::from(CLASSES_MAX);
        Taker { parts: (0..classes).map(|_| None).collect(), chosen: vec![Vec::new(); classes] }
    }

    /// # Errors
    /// If the temporary directory is full.
    pub fn take(&mut self, batch: &Columns, layout: &Layout, blocks: &Blocks) -> Result<()> {
        let lost = || Error::internal("a column of classes is none");
        self.chosen.iter_mut().for_each(Vec::clear);
        for (row, class) in batch.codes(0).ok_or_else(lost)?.iter().enumerate() {
            self.chosen.get_mut(usize::from(*class)).ok_or_else(lost)?.push(row);
        }
        for (class, chosen) in self.chosen.iter().enumerate().filter(|(_, chosen)| !chosen.is_empty()) {
            let part = self.parts[class].get_or_insert_with(|| Part::of(layout));
            let mut chosen = chosen.as_slice();
            while !chosen.is_empty() {
                let (now, later) = chosen.split_at(chosen.len().min(layout.rows_most - part.waiting));
                chosen = later;
                part.take(batch, now, layout)?;
                if part.waiting == layout.rows_most {
                    part.write(class as u16, blocks)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what is left, and tells what was counted of each class.
    ///
    /// # Errors
    /// If the temporary directory is full.
    pub fn done(mut self, blocks: &Blocks) -> Result<Vec<(u16, Counted)>> {
        let mut counted = Vec::new();
        for (class, part) in self.parts.iter_mut().enumerate() {
            if let Some(mut part) = part.take() {
                part.write(class as u16, blocks)?;
                counted.push((class as u16, part.counted));
            }
        }
        Ok(counted)
    }
}
