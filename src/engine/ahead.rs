//! Splits read by several threads ahead of the one that takes their rows, in the order of the evidence. What sees the
//! order of rows, or rounds, gives the same answer so, and all cores are busy.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::model::column::{Batch, Kind};
use crate::model::scan::Scan;

/// How many batches of one split wait to be taken at most: a split of text has about half as many.
const BATCHES_MAX: usize = 64;

/// A batch, or `None` at the end of a split.
type Piece = Result<Option<Batch>>;

pub struct Ahead {
    splits: Mutex<(Vec<Option<Receiver<Piece>>>, usize)>,
    /// Batches that have been taken, to be filled again.
    spare: Arc<Mutex<Vec<Batch>>>,
}

impl Ahead {
    pub fn start(scan: &Arc<dyn Scan>, kinds: &Arc<[Kind]>, threads: usize) -> Ahead {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..scan.splits()).map(|_| sync_channel(BATCHES_MAX)).map(|(to, from)| (to, Some(from))).unzip();
        let senders = Arc::new(Mutex::new(senders.into_iter().enumerate()));
        let spare: Arc<Mutex<Vec<Batch>>> = Arc::default();
        for _ in 0..threads.min(scan.splits()) {
            let (scan, kinds, spare, senders) = (scan.clone(), kinds.clone(), spare.clone(), senders.clone());
            thread::spawn(move || {
                loop {
                    // Taken in order, so that the split that is waited for is always being read.
                    let next = senders.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((split, sender)) = next else { return };
                    if !read(&*scan, split, &kinds, &spare, &sender) {
                        return;
                    }
                }
            });
        }
        Ahead { splits: Mutex::new((receivers, 0)), spare }
    }

    /// The next batch of all, and whether a split ended before it; no batch once all have.
    ///
    /// # Errors
    /// As the reader says.
    pub fn next(&self) -> Result<(Option<Batch>, usize)> {
        let mut splits = self.splits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = 0;
        loop {
            let at = splits.1;
            let Some(receiver) = splits.0.get(at).and_then(Option::as_ref) else { return Ok((None, ended)) };
            match receiver.recv() {
                Ok(Ok(Some(batch))) => return Ok((Some(batch), ended)),
                Ok(Ok(None)) => {
                    splits.0[at] = None;
                    splits.1 += 1;
                    ended += 1;
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(Error::internal("a reader stopped before its end")),
            }
        }
    }

    pub fn give_back(&self, mut batch: Batch) {
        batch.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }
}

/// Reads one split. `false` if nobody takes its rows any more.
fn read(scan: &dyn Scan, split: usize, kinds: &[Kind], spare: &Mutex<Vec<Batch>>, to: &SyncSender<Piece>) -> bool {
    let mut cursor = match scan.cursor(split) {
        Ok(cursor) => cursor,
        Err(error) => return to.send(Err(error)).is_ok(),
    };
    loop {
        let batch = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut batch = batch.unwrap_or_else(|| Batch::new(kinds.iter().copied()));
        let more = match cursor.fill(&mut batch) {
            Ok(more) => more,
            Err(error) => return to.send(Err(error)).is_ok(),
        };
        if to.send(Ok(Some(batch))).is_err() {
            return false;
        }
        if !more {
            return to.send(Ok(None)).is_ok();
        }
    }
}
