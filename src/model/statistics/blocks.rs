//! Two windows cut into equal blocks of time. Rows of one series are not independent: what is alike within a block makes
//! rows worth less, and a test that takes them for independent is far too sure. So every test here first asks how much
//! more its counts vary from block to block than chance would have it (the design effect of Kish, 1965, and of Rao and
//! Scott, 1992), divides the counts by that, and judges with as many degrees of freedom as the blocks leave (Student's
//! t). This is asked for blocks of several lengths, for what is alike may last longer than a short block (batch means);
//! the least sure answer counts.

use statrs::distribution::{ContinuousCDF, Normal};

use super::change_point::share_shift;
use super::ratio::{rate_ratio, risk_ratio};
use super::tail::student_above;

/// How many neighbouring blocks are taken as one.
const LENGTHS: [usize; 8] = [1, 2, 3, 4, 6, 8, 12, 24];
/// Blocks of both windows together, less one of each, below which they tell nothing.
const FREEDOM_LEAST: f64 = 12.0;
/// The same of one window cut into blocks as long as the whole other one.
const WHOLE_FREEDOM_LEAST: f64 = 3.0;

/// What is counted in both windows, baseline first, block by block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks<T> {
    pub sides: [Vec<T>; 2],
}

impl<T: Copy + Into<f64>> Blocks<T> {
    pub fn sum(&self, side: usize) -> f64 {
        self.sides[side].iter().map(|value| (*value).into()).sum()
    }

    fn summed(&self, side: usize, blocks: usize) -> Vec<f64> {
        let all = &self.sides[side];
        let whole = all.len() / blocks;
        // What is left over goes to the last one.
        let end = |at: usize| if at + 1 == whole { all.len() } else { (at + 1) * blocks };
        (0..whole).map(|at| all[at * blocks..end(at)].iter().map(|value| (*value).into()).sum()).collect()
    }
}

/// How much more than chance counts vary, in blocks of one length, with its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// In blocks; 0 of rows one by one.
    pub length: usize,
    pub effect: f64,
    pub freedom: f64,
}

/// Rows that are worth as much as they are many.
pub const INDEPENDENT: Spread = Spread { length: 0, effect: 1.0, freedom: f64::INFINITY };

impl Spread {
    /// Below that it is chance, and what comes singly keeps its exact test.
    fn is_beyond_chance(&self) -> bool {
        self.effect > 1.0 + 2.0 * (2.0 / self.freedom).sqrt()
    }
}

/// The spreads at all lengths of blocks: `excess` gives for one window how far its blocks are from what is expected, as
/// the sum of squares, and its variance by chance; `of` is how many blocks both windows have.
fn spreads(of: [usize; 2], excess: impl Fn(usize, usize) -> Option<(f64, f64)>) -> Vec<Spread> {
    let shorter = of[0].min(of[1]).max(1);
    let mut lengths: Vec<usize> = LENGTHS.into_iter().filter(|length| *length < shorter).collect();
    // As long as the shorter window: it is then one of the blocks that the longer one has many of.
    lengths.push(shorter);
    let mut found = Vec::new();
    for length in lengths {
        let (mut squares, mut expected, mut freedom) = (0.0, 0.0, 0.0);
        for side in [0, 1].into_iter().filter(|side| of[*side] / length >= 2) {
            let Some((over, chance)) = excess(side, length) else { continue };
            let blocks = (of[side] / length) as f64;
            squares += over * blocks / (blocks - 1.0);
            expected += chance;
            freedom += blocks - 1.0;
        }
        let least = if length == shorter { WHOLE_FREEDOM_LEAST } else { FREEDOM_LEAST };
        if freedom >= least && expected > 0.0 {
            found.push(Spread { length, effect: squares / expected, freedom });
        }
    }
    found
}

/// What is usual among these: at each length the middle one of all that have it.
pub fn typical(all: &[Vec<Spread>]) -> Vec<Spread> {
    /// Fewer say nothing of what is usual.
    const LEAST: usize = 3;
    let mut lengths: Vec<usize> = all.iter().flatten().map(|spread| spread.length).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let of = |length: usize| {
        let mut same: Vec<Spread> = all.iter().flatten().copied().filter(|spread| spread.length == length).collect();
        same.sort_by(|a, b| a.effect.total_cmp(&b.effect));
        (same.len() >= LEAST).then(|| same[(same.len() - 1) / 2])
    };
    lengths.into_iter().filter_map(of).collect()
}

/// Of rows, those that are hits: how much more their share varies than that of independent rows.
pub fn share_spreads(hits: &Blocks<u32>, rows: &Blocks<u32>) -> Vec<Spread> {
    spreads([rows.sides[0].len(), rows.sides[1].len()], |side, length| {
        // A window without any hit has blocks that do not vary, and that is something known of how they vary.
        let all = rows.sum(side);
        let share = hits.sum(side) / all;
        if all <= 0.0 {
            return None;
        }
        let pairs = hits.summed(side, length).into_iter().zip(rows.summed(side, length));
        Some((pairs.map(|(hit, n)| (hit - share * n).powi(2)).sum(), share * (1.0 - share) * all))
    })
}

/// Events in blocks of these lengths: how much more their rate varies than Poisson's.
fn rate_spreads(events: &Blocks<u32>, lengths: &Blocks<f64>) -> Vec<Spread> {
    spreads([events.sides[0].len(), events.sides[1].len()], |side, length| {
        let (all, whole) = (events.sum(side), lengths.sum(side));
        if whole <= 0.0 {
            return None;
        }
        let pairs = events.summed(side, length).into_iter().zip(lengths.summed(side, length));
        Some((pairs.map(|(n, long)| (n - all / whole * long).powi(2)).sum(), all))
    })
}

/// A p-value of a test of known variance, where the variance is estimated with so many degrees of freedom.
fn estimated(p: f64, freedom: f64) -> f64 {
    if !freedom.is_finite() || p >= 1.0 {
        return p;
    }
    let z = -Normal::standard().inverse_cdf(p.max(1e-300) / 2.0);
    student_above(z, freedom).map_or(p, |above| (2.0 * above).min(1.0))
}

/// The least sure answer over all spreads that are no chance, with the spread that gives it.
pub fn least_sure(spreads: &[Spread], p: impl Fn(f64) -> f64) -> (f64, Spread) {
    let judged = spreads
        .iter()
        .filter(|spread| spread.is_beyond_chance())
        .map(|spread| (estimated(p(spread.effect), spread.freedom), *spread));
    judged.fold((p(1.0), INDEPENDENT), |most, one| if one.0 > most.0 { one } else { most })
}

/// That the share of hits is the same in both windows.
pub fn share_changed(hits: &Blocks<u32>, rows: &Blocks<u32>) -> (f64, Spread) {
    share_changed_among(hits, rows, &[])
}

/// The same of one of several things whose usual spreads are known: what has never been there has none of its own.
pub fn share_changed_among(hits: &Blocks<u32>, rows: &Blocks<u32>, usual: &[Spread]) -> (f64, Spread) {
    let [baseline, incident] = [0, 1].map(|side| (hits.sum(side), rows.sum(side)));
    let spreads = [share_spreads(hits, rows).as_slice(), usual].concat();
    let whole = least_sure(&spreads, |effect| share_p(incident, baseline, effect));
    surer(whole, step(hits, rows, usual, |[before, after], effect| share_p(after, before, effect)))
}

/// The surer of two answers.
pub fn surer(whole: (f64, Spread), step: Option<(f64, Spread)>) -> (f64, Spread) {
    step.filter(|step| step.0 < whole.0).unwrap_or(whole)
}

/// That the share is the same before and after a step within the second window, where it is plain that there is one and
/// that it lasts: it would otherwise count as how the window itself varies. `p` is that of hits and rows before and after.
/// Blocks next to the step are of neither side, and that it may be at any block of the window is counted.
pub fn step(
    hits: &Blocks<u32>,
    rows: &Blocks<u32>,
    usual: &[Spread],
    p: impl Fn([(f64, f64); 2], f64) -> f64,
) -> Option<(f64, Spread)> {
    /// How many blocks must be after it.
    const AFTER_LEAST: usize = 3;
    /// How many times their standard deviations the middles must be apart.
    const APART_LEAST: f64 = 3.0;
    let (all_hits, all_rows) = (hits.sides.concat(), rows.sides.concat());
    let known = hits.sides[0].len();
    let part = share_shift(&all_hits, &all_rows).filter(|part| *part > known)?;
    let parted = |all: &[u32]| Blocks { sides: [all[..part - 1].to_vec(), all[all.len().min(part + 1)..].to_vec()] };
    let (hits, rows) = (parted(&all_hits), parted(&all_rows));
    let of = |side: usize| -> Option<(f64, f64, f64, f64)> {
        let blocks = hits.sides[side].iter().zip(&rows.sides[side]).filter(|(_, rows)| **rows > 0);
        let shares: Vec<f64> = blocks.map(|(hits, rows)| f64::from(*hits) / f64::from(*rows)).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let squares: f64 = shares.iter().map(|share| (share - mean).powi(2)).sum();
        let (low, high) = shares.iter().fold((1.0_f64, 0.0_f64), |(low, high), one| (low.min(*one), high.max(*one)));
        (shares.len() >= AFTER_LEAST).then(|| (low, high, mean, (squares / (shares.len() - 1) as f64).sqrt()))
    };
    let (before, after) = (of(0)?, of(1)?);
    let is_apart = after.0 > before.1 || before.0 > after.1;
    if !is_apart || (after.2 - before.2).abs() < APART_LEAST * (before.3 + after.3) {
        return None;
    }
    let sums = [0, 1].map(|side| (hits.sum(side), rows.sum(side)));
    let spreads = [share_spreads(&hits, &rows).as_slice(), usual].concat();
    let (found, spread) = least_sure(&spreads, |effect| p(sums, effect));
    Some(((found * (all_rows.len() - known) as f64).min(1.0), spread))
}

/// That the share is the same, of counts that are worth so much less: of what is rarer, the hits or the others.
pub fn share_p((a, with): (f64, f64), (c, without): (f64, f64), effect: f64) -> f64 {
    if with <= 0.0 || without <= 0.0 {
        return 1.0;
    }
    let (a, c) = if a + c > (with + without) / 2.0 { (with - a, without - c) } else { (a, c) };
    if a + c <= 0.0 {
        return 1.0;
    }
    risk_ratio(a / effect, with / effect, c / effect, without / effect).p
}

/// That events are as frequent in both windows.
pub fn rate_changed(events: &Blocks<u32>, lengths: &Blocks<f64>) -> (f64, Spread) {
    let count = |side: usize| events.sum(side) as u64;
    least_sure(&rate_spreads(events, lengths), |effect| {
        rate_ratio(count(1), lengths.sum(1), count(0), lengths.sum(0), effect).map_or(1.0, |ratio| ratio.p)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same each time (SplitMix64).
    struct Dice(u64);

    impl Dice {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
        }

        /// Hits of 100 rows in each of so many blocks; `kept` is how much of a block's level the next one keeps.
        fn hits(&mut self, blocks: [usize; 2], kept: f64, wide: f64) -> (Blocks<u32>, Blocks<u32>) {
            let mut level = self.normal();
            let mut side = |count: usize| -> Vec<u32> {
                let block = |_| {
                    level = kept * level + (1.0 - kept * kept).sqrt() * self.normal();
                    let share = 1.0 / (1.0 + (1.0 - wide * level).exp());
                    (0..100).map(|_| u32::from(self.unit() < share)).sum()
                };
                (0..count).map(block).collect()
            };
            let hits = Blocks { sides: [side(blocks[0]), side(blocks[1])] };
            (hits, Blocks { sides: [vec![100; blocks[0]], vec![100; blocks[1]]] })
        }
    }

    /// Of so many comparisons of nothing with nothing, how many are told at 5 %.
    fn told(seed: u64, blocks: [usize; 2], kept: f64, wide: f64) -> usize {
        let mut dice = Dice(seed);
        (0..400)
            .filter(|_| {
                let (hits, rows) = dice.hits(blocks, kept, wide);
                share_changed(&hits, &rows).0 <= 0.05
            })
            .count()
    }

    #[test]
    fn of_independent_rows_one_in_twenty_is_told_at_most() {
        assert!(told(1, [24, 24], 0.0, 0.0) <= 28);
        assert!(told(2, [96, 24], 0.0, 0.0) <= 28);
    }

    #[test]
    fn rows_that_are_alike_within_a_block_or_beyond_are_not_taken_for_independent() {
        // A level of its own in each block; one that is kept over some blocks.
        assert!(told(3, [24, 24], 0.0, 0.7) <= 28);
        assert!(told(4, [24, 24], 0.5, 0.7) <= 40);
        assert!(told(5, [96, 8], 0.7, 0.7) <= 40);
        // Taken for independent, most would be told.
        let mut dice = Dice(6);
        let naive = (0..400).filter(|_| {
            let (hits, rows) = dice.hits([24, 24], 0.5, 0.7);
            share_p((hits.sum(1), rows.sum(1)), (hits.sum(0), rows.sum(0)), 1.0) <= 0.05
        });
        assert!(naive.count() > 200);
    }

    #[test]
    fn a_share_that_doubles_is_told_all_the_same() {
        let mut dice = Dice(7);
        let (mut hits, rows) = dice.hits([24, 24], 0.5, 0.3);
        hits.sides[1].iter_mut().for_each(|hits| *hits = (*hits * 2).min(100));
        assert!(share_changed(&hits, &rows).0 < 1e-4, "{:?}", share_changed(&hits, &rows));
    }

    #[test]
    fn a_step_within_a_window_is_told_and_what_goes_up_and_down_is_not() {
        let made = |share: &dyn Fn(usize) -> u32| {
            let mut dice = Dice(8);
            let mut hits = |from: usize| (from..from + 24).map(|at| share(at) + (dice.unit() * 5.0) as u32).collect();
            let hits = Blocks { sides: [hits(0), hits(24)] };
            (hits, Blocks { sides: [vec![100; 24], vec![100; 24]] })
        };
        let p_of = |[before, after]: [(f64, f64); 2], effect: f64| share_p(after, before, effect);
        let (hits, rows) = made(&|at| if at < 34 { 5 } else { 90 });
        assert!(share_changed(&hits, &rows).0 < 1e-6);
        // Up and down again, for a while and often.
        let (hits, rows) = made(&|at| if (34..38).contains(&at) { 90 } else { 5 });
        assert!(share_changed(&hits, &rows).0 > 0.05);
        let (hits, rows) = made(&|at| if at < 24 || at % 8 < 4 { 5 } else { 90 });
        assert_eq!(step(&hits, &rows, &[], p_of), None);
        // A level that wanders for long is no step.
        let mut dice = Dice(9);
        let told = (0..400).filter(|_| {
            let (hits, rows) = dice.hits([24, 24], 0.9, 0.7);
            step(&hits, &rows, &[], p_of).is_some()
        });
        assert!(told.count() <= 4);
    }

    #[test]
    fn a_window_within_the_rhythm_of_a_longer_one_is_no_change() {
        // Ten days of 24 blocks; the incident is four blocks at noon.
        let day = |at: usize| if (8..18).contains(&(at % 24)) { 40_u32 } else { 5 };
        let events = Blocks { sides: [(0..240).map(day).collect(), vec![40; 4]] };
        let lengths = Blocks { sides: [vec![1.0; 240], vec![1.0; 4]] };
        assert!(rate_changed(&events, &lengths).0 > 0.05);
        let tenfold = Blocks { sides: [events.sides[0].clone(), vec![400; 4]] };
        assert!(rate_changed(&tenfold, &lengths).0 < 1e-6);
    }
}
