//! Numbers of many values: keys in the order of the numbers, the few or many values that there are, and the tenths of
//! all rows, exactly and in bounded memory.

use crate::error::Result;

/// The key of no number. The lowest whole number of 64 bits has the key of the one above it.
pub const NONE: i64 = i64::MIN;
/// Numbers with no more values are looked at one by one.
pub const FEW: usize = 20;

pub fn key_of_int(value: Option<i64>) -> i64 {
    value.map_or(NONE, |value| value.max(NONE + 1))
}

/// Keys compare as the engine does: what is not a number is above all.
pub fn key_of_float(value: Option<f64>) -> i64 {
    let Some(value) = value else { return NONE };
    let value = if value.is_nan() { f64::NAN.abs() } else { value + 0.0 };
    ordered(value.to_bits().cast_signed())
}

pub fn float_of_key(key: i64) -> f64 {
    f64::from_bits(ordered(key).cast_unsigned())
}

/// Bits of a float as a number of the same order, and back.
fn ordered(bits: i64) -> i64 {
    bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed())
}

/// What is seen of a number.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Its values with their rows, while they are few: sorted.
    few: Vec<(i64, u64)>,
    pub nulls: u64,
    pub known: u64,
    pub lowest: i64,
    pub highest: i64,
}

impl Tally {
    pub fn add(&mut self, key: i64) {
        if key == NONE {
            self.nulls += 1;
            return;
        }
        self.know(1, key, key);
        self.add_few(key, 1);
    }

    fn know(&mut self, rows: u64, low: i64, high: i64) {
        let is_first = self.known == 0;
        self.known += rows;
        self.lowest = if is_first { low } else { self.lowest.min(low) };
        self.highest = if is_first { high } else { self.highest.max(high) };
    }

    fn add_few(&mut self, key: i64, rows: u64) {
        if self.few.len() > FEW {
            return;
        }
        match self.few.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(at) => self.few[at].1 += rows,
            Err(at) => self.few.insert(at, (key, rows)),
        }
    }

    /// Together with what is seen of other rows.
    pub fn join(&mut self, other: &Tally) {
        self.nulls += other.nulls;
        if other.known > 0 {
            self.know(other.known, other.lowest, other.highest);
        }
        other.few.iter().for_each(|(key, rows)| self.add_few(*key, *rows));
    }

    /// Its values with their rows; `None` if they are many.
    pub fn few(&self) -> Option<&[(i64, u64)]> {
        (self.few.len() <= FEW).then_some(&self.few)
    }

    /// Whether all numbers are below or above all of another; of at least two each.
    pub fn is_apart(&self, other: &Tally) -> bool {
        self.known > 1 && other.known > 1 && (self.lowest > other.highest || self.highest < other.lowest)
    }
}

/// The keys at the first to ninth tenth of those between `above` and `below`, which `walk` goes through each time that it
/// is called. Each is the lowest one that a tenth of them do not exceed; equal ones are one.
///
/// # Errors
/// What `walk` fails with.
pub fn tenths(
    (above, below): (i64, i64),
    mut walk: impl FnMut(&(dyn Fn(i64, &mut Counts) + Sync), &Counts) -> Result<Counts>,
) -> Result<Vec<i64>> {
    const BITS: u32 = 16;
    // The wanted ones by what is known of their highest bits, with their rank among those that begin so.
    let mut wanted: Vec<(u64, u64)> = Vec::new();
    for turn in 0..64 / BITS {
        let shift = 64 - BITS * (turn + 1);
        let mut begins: Vec<u64> = wanted.iter().map(|(begin, _)| *begin).collect();
        begins.dedup();
        if turn == 0 {
            begins.push(0);
        }
        let none = Counts { rows: 0, begins: begins.iter().map(|_| vec![0; 1 << BITS]).collect() };
        let look = |key: i64, counts: &mut Counts| {
            if key <= above || key >= below {
                return;
            }
            counts.rows += 1;
            let bits = key.cast_unsigned() ^ (1 << 63);
            let begin = bits.checked_shr(shift + BITS).unwrap_or(0);
            if let Ok(at) = begins.binary_search(&begin) {
                counts.begins[at][(bits >> shift) as usize & ((1 << BITS) - 1)] += 1;
            }
        };
        let counts = walk(&look, &none)?;
        if turn == 0 {
            wanted = (1..=9).map(|tenth| (0, (counts.rows * tenth).div_ceil(10))).collect();
            if counts.rows == 0 {
                return Ok(Vec::new());
            }
        }
        for (begin, rank) in &mut wanted {
            let Ok(at) = begins.binary_search(begin) else { continue };
            let mut digit = 0;
            for count in &counts.begins[at] {
                if *rank <= *count {
                    break;
                }
                *rank -= count;
                digit += 1;
            }
            *begin = (*begin << BITS) | digit;
        }
    }
    let mut keys: Vec<i64> = wanted.into_iter().map(|(bits, _)| (bits ^ (1 << 63)).cast_signed()).collect();
    keys.dedup();
    Ok(keys)
}

/// How many keys there are by the digit that follows their beginnings.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    rows: u64,
    begins: Vec<Vec<u64>>,
}

impl Counts {
    pub fn join(&mut self, other: &Counts) {
        self.rows += other.rows;
        for (sums, counts) in self.begins.iter_mut().zip(&other.begins) {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_order_of_their_numbers() {
        let floats = [f64::NEG_INFINITY, -2.5, -0.1, 0.0, 1e-300, 3.0, f64::INFINITY, f64::NAN];
        let keys: Vec<i64> = floats.iter().map(|value| key_of_float(Some(*value))).collect();
        assert!(keys.is_sorted() && keys[0] > NONE, "{keys:?}");
        assert_eq!(key_of_float(Some(-0.0)), key_of_float(Some(0.0)));
        assert_eq!(key_of_float(Some(-f64::NAN)), key_of_float(Some(f64::NAN)));
        assert!(floats[..7].iter().zip(&keys).all(|(value, key)| float_of_key(*key) == *value));
    }

    #[test]
    fn tenths_are_those_of_sorted_numbers() {
        let mut dice = 7_u64;
        for count in [1_usize, 9, 10, 11, 1000] {
            let keys: Vec<i64> = (0..count)
                .map(|_| {
                    dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    key_of_float(Some((dice >> 40) as f64 / 7.0 - 1e6))
                })
                .collect();
            let found = tenths((NONE, i64::MAX), |look, none| {
                let mut counts = none.clone();
                keys.iter().for_each(|key| look(*key, &mut counts));
                Ok(counts)
            });
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            let mut wanted: Vec<i64> = (1..=9).map(|tenth| sorted[(count * tenth).div_ceil(10) - 1]).collect();
            wanted.dedup();
            assert_eq!(found.expect("no error"), wanted, "{count}");
        }
    }

    #[test]
    fn a_tally_of_two_threads_is_that_of_one() {
        let (mut one, mut a, mut b) = (Tally::default(), Tally::default(), Tally::default());
        for at in 0..100_i64 {
            let key = if at % 10 == 9 { NONE } else { at % 7 };
            one.add(key);
            if at < 40 { &mut a } else { &mut b }.add(key);
        }
        a.join(&b);
        assert_eq!((a.few(), a.nulls, a.known), (one.few(), one.nulls, one.known));
        assert_eq!(a.few().map(<[_]>::len), Some(7));
        assert!(!a.is_apart(&b));
        (0..40).for_each(|key| a.add(key));
        assert_eq!(a.few(), None);
        // What is many in one part is many in all.
        b.join(&a);
        assert_eq!(b.few(), None);
        let (mut low, mut high) = (Tally::default(), Tally::default());
        [1, 2, 3].iter().for_each(|key| low.add(*key));
        [7, 8].iter().for_each(|key| high.add(*key));
        assert!(low.is_apart(&high) && high.is_apart(&low) && !low.is_apart(&Tally::default()));
    }
}
