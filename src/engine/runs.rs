//! Small splits as one: the rows of ten files of ten rows fill one chunk. A chunk of a few rows takes as much memory as a
//! full one, and as long to be handed on.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::model::column::Batch;
use crate::model::scan::{Cursor, Scan};

/// Bytes of evidence that are worth a run of their own.
const BYTES: u64 = 1 << 20;
/// Runs that there are at least for each thread, so that all have something to do until the end.
const RUNS_OF_THREAD: usize = 8;

/// A scan whose splits are runs of another's.
struct Runs {
    scan: Arc<dyn Scan>,
    /// How many splits are one run.
    length: usize,
}

/// The scan, which reads so many bytes, with its small splits put together.
pub fn joined(scan: Arc<dyn Scan>, bytes: u64, threads: usize) -> Arc<dyn Scan> {
    let splits = scan.splits() as u64;
    let wanted = usize::try_from(BYTES * splits / bytes.max(1)).unwrap_or(usize::MAX);
    let length = wanted.min(scan.splits() / (RUNS_OF_THREAD * threads.max(1)));
    if length > 1 { Arc::new(Runs { scan, length }) } else { scan }
}

impl Scan for Runs {
    fn splits(&self) -> usize {
        self.scan.splits().div_ceil(self.length)
    }

    fn cursor(&self, run: usize) -> Result<Box<dyn Cursor>> {
        let first = run * self.length;
        let left = first..(first + self.length).min(self.scan.splits());
        Ok(Box::new(Run { scan: self.scan.clone(), left, current: None }))
    }
}

struct Run {
    scan: Arc<dyn Scan>,
    left: Range<usize>,
    current: Option<Box<dyn Cursor>>,
}

impl Cursor for Run {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        loop {
            let cursor = match &mut self.current {
                Some(cursor) => cursor,
                None => match self.left.next() {
                    Some(split) => self.current.insert(self.scan.cursor(split)?),
                    None => return Ok(false),
                },
            };
            if cursor.fill(batch)? {
                return Ok(true);
            }
            self.current = None;
            if batch.is_full() {
                return Ok(!self.left.is_empty());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column::Kind;

    /// Splits of as many rows as their number, and the numbers of the rows.
    struct Numbers(usize);

    struct Count(i64, i64);

    impl Scan for Numbers {
        fn splits(&self) -> usize {
            self.0
        }

        fn cursor(&self, split: usize) -> Result<Box<dyn Cursor>> {
            let first = (split * split.saturating_sub(1) / 2) as i64;
            Ok(Box::new(Count(first, first + split as i64)))
        }
    }

    impl Cursor for Count {
        fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
            while !batch.is_full() && self.0 < self.1 {
                batch.columns[0].push_int(self.0);
                batch.rows += 1;
                self.0 += 1;
            }
            Ok(self.0 < self.1)
        }
    }

    #[test]
    fn all_rows_come_once_and_in_order_in_full_batches() {
        const SPLITS: usize = 300;
        let scan = joined(Arc::new(Numbers(SPLITS)), 1, 2);
        assert_eq!(scan.splits(), SPLITS.div_ceil(SPLITS / 16));
        let mut next = 0;
        for run in 0..scan.splits() {
            let mut cursor = scan.cursor(run).expect("opens");
            let mut more = true;
            while more {
                let mut batch = Batch::new([Kind::Int].into_iter());
                more = cursor.fill(&mut batch).expect("reads");
                assert!(batch.is_full() || !more, "{} rows of run {run}", batch.rows);
                for number in &batch.columns[0].ints {
                    assert_eq!(*number, next);
                    next += 1;
                }
            }
        }
        assert_eq!(next as usize, SPLITS * (SPLITS - 1) / 2);
        assert_eq!(joined(Arc::new(Numbers(SPLITS)), u64::MAX, 2).splits(), SPLITS);
        assert_eq!(joined(Arc::new(Numbers(3)), 1, 2).splits(), 3);
    }
}
