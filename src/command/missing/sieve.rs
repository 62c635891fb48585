//! Which of many rows may be there twice, told in little memory: their hashes are put into a set of bits, and those
//! that the set had before into another one. What passes is nearly all that came twice and a few that only look so;
//! nothing that came twice is held back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::engine::Engine;
use crate::error::Result;

/// Where so few rows pass, they can be compared by their values.
pub const FEW: u64 = 1_000_000;
/// Looks through the rows: each one is for what the looks before let pass.
const LOOKS_MAX: u64 = 4;

/// Bits set for each hash, all of them within one word, so that threads cannot tear them apart.
const BITS: u32 = 4;
const BITS_PER_ROW: u64 = 16;
/// 64 MiB.
const WORDS_MAX: usize = 1 << 23;
/// Words for hashes that came again, of the words for all of them.
const AGAIN_PART: usize = 4;

/// A set of hashes that may also have some that nobody put there: a Bloom filter in blocks of one word (Putze, Sanders and
/// Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007).
struct Bits {
    words: Vec<AtomicU64>,
    seed: u64,
}

impl Bits {
    /// `words` is a power of two, and more than one.
    fn new(words: usize, seed: u64) -> Bits {
        Bits { words: (0..words).map(|_| AtomicU64::new(0)).collect(), seed }
    }

    fn place(&self, hash: u64) -> (&AtomicU64, u64) {
        let mixed = mix(hash ^ mix(self.seed));
        let word = &self.words[(mixed >> (64 - self.words.len().ilog2())) as usize];
        (word, (0..BITS).fold(0, |bits, at| bits | 1 << ((mixed >> (6 * at)) & 63)))
    }

    /// Returns whether it seems to have been there.
    fn add(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        word.fetch_or(bits, Ordering::Relaxed) & bits == bits
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        word.load(Ordering::Relaxed) & bits == bits
    }

    /// How probable it is that it has a hash nobody put there, from 0 to 1.
    fn false_rate(&self) -> f64 {
        let ones: u64 = self.words.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum();
        (ones as f64 / (self.words.len() as f64 * 64.0)).powi(BITS as i32)
    }
}

/// The finalizer of SplitMix64: every bit of the number changes about half of the bits.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// The rows that may be there twice.
pub struct Passed {
    /// What holds of them, as SQL.
    pub condition: String,
    /// About so many there are.
    pub rows: u64,
    /// What the functions of the condition look into: the engine keeps them for good, this only while somebody asks.
    again: Vec<Arc<Bits>>,
}

/// Sifts the rows of a table. `hash` is SQL of a `BIGINT` that is never NULL and the same for equal rows; `condition` is
/// what holds of the rows, of which there are `rows`.
///
/// # Errors
/// If the evidence cannot be read.
pub fn sift(engine: &Engine, table: &str, hash: &str, condition: &str, rows: u64) -> Result<Passed> {
    let mut passed = Passed { condition: condition.to_string(), rows, again: Vec::new() };
    for look in 0..LOOKS_MAX {
        if passed.rows <= FEW {
            break;
        }
        let words = ((passed.rows * BITS_PER_ROW / 64) as usize).next_power_of_two().min(WORDS_MAX);
        let _beside = engine.lend_memory((words * size_of::<u64>()) as u64)?;
        let again = Arc::new(Bits::new(words / AGAIN_PART, 2 * look + 1));
        let came = came_again(engine, table, hash, &passed.condition, Bits::new(words, 2 * look), &again)?;
        // Each that came again, as many at the most that it came after, and what only looks so.
        let rows = 2 * came + (passed.rows as f64 * again.false_rate()) as u64;
        let is_worth_it = rows < passed.rows / 2;
        let (function, lent) = (function("again"), Arc::downgrade(&again));
        engine.add_number_function(&function, move |hashes, given| {
            let again = lent.upgrade();
            for (hash, given) in hashes.iter().zip(given) {
                let may_be = again.as_ref().zip(*hash).is_none_or(|(again, hash)| again.has(hash as u64));
                *given = i64::from(may_be);
            }
        })?;
        passed.condition = format!("{} AND {function}({hash}) = 1", passed.condition);
        passed.rows = rows.min(passed.rows);
        passed.again.push(again);
        if !is_worth_it {
            break;
        }
    }
    Ok(passed)
}

/// Puts the rows that hold `condition` into `seen`, and those that it had before into `again`. Returns how many it had.
fn came_again(engine: &Engine, table: &str, hash: &str, condition: &str, seen: Bits, again: &Arc<Bits>) -> Result<u64> {
    let (function, seen) = (function("seen"), Arc::new(seen));
    let lent = (Arc::downgrade(&seen), Arc::downgrade(again));
    engine.add_counting_function(&function, move |hashes, given| {
        let (Some(seen), Some(again)) = (lent.0.upgrade(), lent.1.upgrade()) else { return };
        for (hash, given) in hashes.iter().zip(given) {
            let before = hash.filter(|hash| seen.add(*hash as u64));
            if let Some(hash) = before {
                again.add(hash as u64);
            }
            *given = i64::from(before.is_some());
        }
    })?;
    let came = engine.counted(&format!("SELECT sum({function}({hash}))::BIGINT FROM {table} WHERE {condition}"))?;
    Ok(came[0].int().unsigned_abs())
}

/// A name that no other function of the session has.
fn function(name: &str) -> String {
    static FUNCTIONS: AtomicUsize = AtomicUsize::new(0);
    format!("rca_{name}{}", FUNCTIONS.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_twice_passes_from_many_threads() {
        let bits = Bits::new(1 << 10, 3);
        let again: Vec<u64> = std::thread::scope(|scope| {
            let add = |from: u64| (from..from + 6_000).filter(|number| bits.add(mix(*number))).collect::<Vec<u64>>();
            let threads: Vec<_> = [0, 3_000].map(|from| scope.spawn(move || add(from))).into_iter().collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("done")).collect()
        });
        assert!((3_000..6_000).all(|number| again.contains(&number)), "3,000 numbers were added twice");
        assert!(again.len() < 6_000, "{} numbers pass of 9,000", again.len());
    }

    #[test]
    fn the_false_rate_is_about_what_is_seen() {
        let bits = Bits::new(1 << 12, 5);
        (0..30_000).for_each(|number| {
            bits.add(number);
        });
        let seen = (1_000_000..1_100_000).filter(|number| bits.has(*number)).count() as f64 / 100_000.0;
        assert!((0.5..2.0).contains(&(bits.false_rate() / seen)), "{} said, {seen} seen", bits.false_rate());
        assert!((0..30_000).all(|number| bits.has(number)));
    }
}
