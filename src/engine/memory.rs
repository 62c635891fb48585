//! The memory that the program may use, shared between the engine and what stands beside it.

use std::cell::Cell;

use super::Engine;
use crate::error::Result;
use crate::model::scan::{RECORD_BYTES_LEAST, RECORD_BYTES_MAX};

/// In bytes.
pub struct Memory {
    /// What the whole program may use; `None` where nobody said.
    limit: Option<u64>,
    /// What others than the engine use of it.
    taken: Cell<u64>,
}

impl Memory {
    pub fn of(limit: Option<u64>) -> Memory {
        Memory { limit, taken: Cell::new(0) }
    }
}

/// Memory that the engine does without as long as this is there.
pub struct Lent<'a> {
    engine: &'a Engine,
    bytes: u64,
}

impl Engine {
    /// Bytes that the whole program may use, if anybody said so.
    pub fn memory(&self) -> Option<u64> {
        self.memory.limit
    }

    /// Takes memory from the engine for as long as the program runs.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn take_memory(&self, bytes: u64) -> Result<()> {
        self.memory.taken.set(self.memory.taken.get() + bytes);
        self.limit_memory()
    }

    /// Takes memory from the engine for a while.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn lend_memory(&self, bytes: u64) -> Result<Lent<'_>> {
        self.take_memory(bytes)?;
        Ok(Lent { engine: self, bytes })
    }

    fn limit_memory(&self) -> Result<()> {
        let Some(limit) = self.memory.limit else { return Ok(()) };
        self.execute(&format!("SET memory_limit = '{}B'", share(limit, self.memory.taken.get())))
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let taken = &self.engine.memory.taken;
        taken.set(taken.get().saturating_sub(self.bytes));
        // More is never refused.
        self.engine.limit_memory().ok();
    }
}

/// What the engine may count as its own of the memory that all may use: readers hold blocks beside it, and what it
/// allocates is about a third more than it counts. With too little it cannot even spill.
pub fn share(memory: u64, taken: u64) -> u64 {
    const BESIDE: u64 = 100_000_000;
    const LEAST: u64 = 70_000_000;
    (memory.saturating_sub(BESIDE + taken) / 3 * 2).max(LEAST).min(memory)
}

/// How long a record may be, in whole MiB: a reader, its batch and the engine each hold it once, and other rows besides.
/// The same for any number of threads, so that the answer is.
pub fn record_bytes(memory: Option<u64>) -> usize {
    let Some(memory) = memory else { return RECORD_BYTES_MAX };
    let part = usize::try_from(share(memory, 0) / 8).unwrap_or(usize::MAX);
    (part >> 20 << 20).clamp(RECORD_BYTES_LEAST, RECORD_BYTES_MAX)
}
