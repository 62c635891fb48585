//! Tables of a few: returns, repairs, audits have rows of a small share of all keys, from all over the time. Nothing was
//! lost on the way there. What was lost from some time on, or until then, does not lie all over.

use crate::engine::quote::fill;
use crate::error::Result;
use crate::session::Session;

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
    let row = session.engine.counted(&fill(include_str!("few.sql"), &[("keys", keys)]))?;
    let (all, own, far) = (row[0].int(), row[1].int(), row[2].int());
    Ok((is_few(all, own, far)).then_some((own, all)))
}

fn is_few(all: i64, own: i64, far: i64) -> bool {
    own > 0 && SHARE * own <= all && far as f64 <= FAR_MAX.max(BY_CHANCE / (own as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_lie_all_over() {
        assert!(is_few(4_000, 35, 150) && is_few(4_000, 400, 40));
        assert!(!is_few(4_000, 2_000, 20), "a half is no few");
        assert!(!is_few(4_000, 400, 900), "what came until a time was then lost");
        assert!(!is_few(4_000, 760, 430), "all until a time, and a tenth from then on");
    }
}
