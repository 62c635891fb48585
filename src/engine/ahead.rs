//! Splits read by several threads ahead of the one that takes their rows, in the order of the evidence. What sees the
//! order of rows, or rounds, gives the same answer so, and all cores are busy.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::model::column::{Batch, Kind};
use crate::model::scan::Scan;

/// How many batches of one split wait to be taken at most: a split of text has about half as many.
const BATCHES_MAX: usize = 64;
/// How many splits more than there are threads may wait to be taken, wholly read: if more did, whoever takes rows slower
/// than they are read would have all of the evidence in memory.
const SPLITS_MORE: usize = 4;

/// A batch, and whether there are more of its split.
type Piece = Result<(Batch, bool)>;

pub struct Ahead {
    splits: Arc<Splits>,
    /// Of the split that is being taken.
    current: Mutex<Option<Receiver<Piece>>>,
    /// Batches that have been taken, to be filled again.
    spare: Arc<Mutex<Vec<Batch>>>,
}

/// Which splits are being read, shared by those who read and the one who takes.
struct Splits {
    state: Mutex<State>,
    changed: Condvar,
    count: usize,
    ahead_max: usize,
}

#[derive(Default)]
struct State {
    /// Splits before this one are read or being read.
    next: usize,
    /// Splits before this one were taken.
    taken: usize,
    /// Of splits that are read and not taken, in order.
    waiting: VecDeque<Receiver<Piece>>,
    /// Nobody takes rows any more.
    is_closed: bool,
}

impl Splits {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next split to be read, as soon as it is not too far ahead. They are given in order, so that the one that is
    /// waited for is always being read.
    fn next(&self) -> Option<(usize, SyncSender<Piece>)> {
        let mut state = self.lock();
        while !state.is_closed && state.next < self.count && state.next >= state.taken + self.ahead_max {
            state = self.wait(state);
        }
        if state.is_closed || state.next >= self.count {
            return None;
        }
        let (to, from) = sync_channel(BATCHES_MAX);
        state.waiting.push_back(from);
        state.next += 1;
        self.changed.notify_all();
        Some((state.next - 1, to))
    }

    /// The first split that is not taken yet; `None` if all are.
    fn first(&self) -> Option<Receiver<Piece>> {
        let mut state = self.lock();
        while state.waiting.is_empty() && state.taken < self.count {
            state = self.wait(state);
        }
        state.waiting.pop_front()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

impl Ahead {
    pub fn start(scan: &Arc<dyn Scan>, kinds: &Arc<[Kind]>, threads: usize, bytes_max: usize) -> Ahead {
        let (count, state) = (scan.splits(), Mutex::default());
        let splits = Arc::new(Splits { state, changed: Condvar::new(), count, ahead_max: threads + SPLITS_MORE });
        let spare: Arc<Mutex<Vec<Batch>>> = Arc::default();
        for _ in 0..threads.min(count) {
            let (scan, kinds, spare, splits) = (scan.clone(), kinds.clone(), spare.clone(), splits.clone());
            thread::spawn(move || {
                while let Some((split, sender)) = splits.next() {
                    if !read(&*scan, split, (&kinds, bytes_max), &spare, &sender) {
                        return;
                    }
                }
            });
        }
        Ahead { splits, current: Mutex::default(), spare }
    }

    /// The next batch of all, and whether there are more of its split; none once all were taken.
    ///
    /// # Errors
    /// As the reader says.
    pub fn next(&self) -> Result<Option<(Batch, bool)>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.is_none() {
            *current = self.splits.first();
        }
        let Some(receiver) = &*current else { return Ok(None) };
        let (batch, more) = receiver.recv().map_err(|_| Error::internal("a reader stopped before its end"))??;
        if !more {
            *current = None;
            self.splits.change(|state| state.taken += 1);
        }
        Ok(Some((batch, more)))
    }

    pub fn give_back(&self, mut batch: Batch) {
        batch.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Who waits to send a batch is told by the end of its receiver.
        self.splits.change(|state| {
            state.is_closed = true;
            state.waiting.clear();
        });
    }
}

/// Reads one split. `false` if nobody takes its rows any more.
fn read(
    scan: &dyn Scan,
    split: usize,
    (kinds, bytes_max): (&[Kind], usize),
    spare: &Mutex<Vec<Batch>>,
    to: &SyncSender<Piece>,
) -> bool {
    let mut cursor = match scan.cursor(split) {
        Ok(cursor) => cursor,
        Err(error) => return to.send(Err(error)).is_ok(),
    };
    loop {
        let batch = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut batch = batch.unwrap_or_else(|| Batch::new(kinds.iter().copied()).with_at_most(bytes_max));
        let more = match cursor.fill(&mut batch) {
            Ok(more) => more,
            Err(error) => return to.send(Err(error)).is_ok(),
        };
        let is_wanted = to.send(Ok((batch, more))).is_ok();
        if !more || !is_wanted {
            return is_wanted;
        }
    }
}
