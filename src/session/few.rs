//! Tables of a few: returns, repairs, audits have rows of a small share of all keys, from all over the time. Nothing was
//! lost on the way there. What was lost from some time on, or until then, does not lie all over.

use super::Session;
use crate::engine::quote::fill;
use crate::error::Result;

/// One in so many, at most.
const SHARE: i64 = 4;
/// How far a few may be from lying all over, in thousandths; and for how many standard deviations of as many drawn by
/// chance (Kolmogorov's 1 %).
const FAR_MAX: f64 = 250.0;
const BY_CHANCE: f64 = 1_630.0;

/// How many keys such a table has, and how many there are; `None` if it is none. `keys` is SQL of each key once: `ts`,
/// `key` and whether the table `has` it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(session: &Session, keys: &str) -> Result<Option<(i64, i64)>> {
    let spread = Spread::of(session, keys)?;
    Ok(spread.is_few().then_some((spread.own, spread.all)))
}

/// How the keys that a table has lie among all.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    all: i64,
    own: i64,
    /// In thousandths.
    far: i64,
}

impl Spread {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(session: &Session, keys: &str) -> Result<Spread> {
        let row = session.engine.counted(&fill(include_str!("few.sql"), &[("keys", keys)]))?;
        Ok(Spread { all: row[0].int(), own: row[1].int(), far: row[2].int() })
    }

    /// Whether they are from all over the time.
    pub fn is_all_over(self) -> bool {
        self.far as f64 <= FAR_MAX.max(BY_CHANCE / (self.own as f64).sqrt())
    }

    fn is_few(self) -> bool {
        self.own > 0 && SHARE * self.own <= self.all && self.is_all_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lie_all_over() {
        let is_few = |own, far| Spread { all: 4_000, own, far }.is_few();
        assert!(is_few(35, 150) && is_few(400, 40));
        assert!(!is_few(2_000, 20), "a half is no few");
        assert!(!is_few(400, 900), "what came until a time was then lost");
        assert!(!is_few(760, 430), "all until a time, and a tenth from then on");
    }
}
