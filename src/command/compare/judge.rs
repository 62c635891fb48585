//! Which of the counts changed: a test for each, and the least change that is worth telling, so that of ten million rows
//! not everything is a change. Nothing here reads evidence.

use super::counts::Counted;
use crate::model::statistics::{self, Blocks, Ks, Spread};

/// A rate of rows must change so many times.
pub const RATE_LEAST: f64 = 1.2;
/// A share must change so many times, or by so much.
const SHARE_TIMES: f64 = 1.5;
const SHARE_POINTS: f64 = 0.05;
/// Whatever its times, a share that is there on both sides must change by this.
const SHARE_LEAST: f64 = 0.001;
/// A share of nulls must change by this besides.
const NULLS_LEAST: f64 = 0.005;
/// Distributions must differ by so much at some cut.
const KS_LEAST: f64 = 0.1;
/// The ends of a distribution must change so many times, and by this.
const END_TIMES: f64 = 2.0;
const END_LEAST: f64 = 0.01;
/// A value that is seldomer in the baseline says nothing of how values come and go.
const KNOWN_LEAST: f64 = 10.0;
/// Values of one column that may be told apart.
const STEPS_MOST: usize = 20;

/// A test and what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub p: f64,
    pub spread: Spread,
    /// From 0 to 1.
    pub effect: f64,
    /// Whether it is enough to be told, if it is no chance.
    pub is_worth: bool,
    /// Whether it would surely be told, did what is counted not vary so much from block to block.
    pub is_hidden: bool,
}

/// Rows that are independent would be as unlike by chance at most so often where it is variation alone that hides a change.
const ALONE_MOST: f64 = 1e-3;

impl Judged {
    /// Of a test, and of the same of independent rows.
    fn of((p, spread): (f64, Spread), alone: f64, effect: f64, is_worth: bool) -> Judged {
        Judged { p, spread, effect, is_worth, is_hidden: is_worth && spread.length > 0 && alone <= ALONE_MOST }
    }

    /// Whether it is told, if it stays so among all tests.
    pub fn is_told(&self) -> bool {
        self.is_worth && self.p <= 0.05
    }
}

/// What was judged of several values, by their places.
pub struct Values {
    pub told: Vec<(usize, Judged)>,
    /// The p-values of the others.
    pub others: Vec<f64>,
    /// Those of them that variation hides.
    pub hidden: Vec<(usize, Judged)>,
}

/// Rows per time.
pub fn rate(rows: &Blocks<u32>, lengths: &Blocks<f64>) -> Judged {
    let [before, now] = [0, 1].map(|side| rows.sum(side) / lengths.sum(side));
    let ratio = if before.max(now) > 0.0 { before.min(now) / before.max(now) } else { 1.0 };
    let test = statistics::rate_changed(rows, lengths);
    Judged::of(test, rate_alone(rows, lengths), 1.0 - ratio, ratio <= 1.0 / RATE_LEAST)
}

fn rate_alone(events: &Blocks<u32>, lengths: &Blocks<f64>) -> f64 {
    let count = |side: usize| events.sum(side) as u64;
    statistics::rate_ratio(count(1), lengths.sum(1), count(0), lengths.sum(0), 1.0).map_or(1.0, |ratio| ratio.p)
}

fn share_alone(hits: &Blocks<u32>, rows: &Blocks<u32>) -> f64 {
    let [baseline, incident] = [0, 1].map(|side| (hits.sum(side), rows.sum(side)));
    statistics::share_p(incident, baseline, 1.0)
}

/// The window within which a share, or a rate, varies more from block to block.
pub fn varying<T: Copy + Into<f64>>(hits: &Blocks<u32>, of: &Blocks<T>) -> &'static str {
    let dispersion = |side: usize| {
        let (all, whole) = (hits.sum(side), of.sum(side));
        let blocks = hits.sides[side].iter().zip(&of.sides[side]);
        let over = |(hit, of): (&u32, &T)| (f64::from(*hit) - all / whole * (*of).into()).powi(2);
        let dispersion = blocks.map(over).sum::<f64>() / (all * (hits.sides[side].len() as f64 - 1.0));
        if dispersion.is_finite() { dispersion } else { 0.0 }
    };
    if dispersion(0) > dispersion(1) { "baseline" } else { "incident" }
}

fn shares(hits: &Blocks<u32>, rows: &Blocks<u32>) -> Option<[f64; 2]> {
    let [before, now] = [0, 1].map(|side| hits.sum(side) / rows.sum(side));
    (before.is_finite() && now.is_finite()).then_some([before, now])
}

/// Whether a share changed enough to be told.
pub fn is_worth(before: f64, now: f64) -> bool {
    let apart = (now - before).abs();
    let (less, more) = (before.min(now), before.max(now));
    let is_new = less == 0.0 && more > 0.0;
    is_new || apart >= SHARE_POINTS || (apart >= SHARE_LEAST && more >= SHARE_TIMES * less)
}

/// Nulls among rows.
pub fn nulls(nulls: &Blocks<u32>, rows: &Blocks<u32>) -> Option<Judged> {
    let [before, now] = shares(nulls, rows)?;
    if before == now {
        return None;
    }
    let is_worth = is_worth(before, now) && (now - before).abs() >= NULLS_LEAST;
    let (test, alone) = (statistics::share_changed(nulls, rows), share_alone(nulls, rows));
    Some(Judged::of(test, alone, statistics::share_distance(before, now), is_worth))
}

/// Values whose shares changed, each with its place; and how many were tested.
///
/// The value that changed most is told first, and then taken away on both sides, so that of a value that is gone no other
/// one is told as having become more frequent.
pub fn values(values: &[Counted], rows: &Blocks<u32>, usual: &Usual) -> Values {
    let mut left: Vec<usize> = (0..values.len()).collect();
    let all = rows;
    let mut rows = rows.clone();
    let mut told = Vec::new();
    let judge = |at: usize, rows: &Blocks<u32>| -> Option<Judged> {
        let hits = &values[at].blocks;
        let [before, now] = shares(hits, rows)?;
        let usual = usual.of_new(hits);
        let test = statistics::share_changed_among(hits, rows, &usual);
        let effect = statistics::share_distance(before, now);
        let whole = shares(hits, all)?;
        let is_worth = is_worth(before, now) && is_worth(whole[0], whole[1]);
        let judged = Judged::of(test, share_alone(hits, rows), effect, is_worth);
        // Of what is new it may be others' variation that hides it.
        Some(Judged { is_hidden: judged.is_hidden && usual.is_empty(), ..judged })
    };
    let size = |at: usize| values[at].blocks.sum(0) + values[at].blocks.sum(1);
    // A value alone has all rows, whatever changed.
    while left.len() > 1 && told.len() < STEPS_MOST {
        let judged = left.iter().filter_map(|at| Some((*at, judge(*at, &rows)?)));
        let changed = judged.filter(|(_, judged)| judged.is_told());
        // Of two that are each other's complement the rarer one is told.
        let most = changed.reduce(|most, one| {
            let is_equal = (one.1.effect - most.1.effect).abs() < 1e-9;
            let is_more = if is_equal { size(one.0) < size(most.0) } else { one.1.effect > most.1.effect };
            if is_more { one } else { most }
        });
        let Some((at, judged)) = most else { break };
        // How great it is is told of all rows, as its shares are.
        let [before, now] = shares(&values[at].blocks, all).unwrap_or_default();
        told.push((at, Judged { effect: statistics::share_distance(before, now), ..judged }));
        left.retain(|other| *other != at);
        for (rows, hits) in rows.sides.iter_mut().zip(&values[at].blocks.sides) {
            rows.iter_mut().zip(hits).for_each(|(rows, hits)| *rows -= hits);
        }
    }
    if left.len() == 1 {
        return Values { told, others: vec![1.0], hidden: Vec::new() };
    }
    let judged: Vec<(usize, Option<Judged>)> = left.iter().map(|at| (*at, judge(*at, &rows))).collect();
    let others = judged.iter().map(|(_, judged)| judged.map_or(1.0, |judged| judged.p)).collect();
    let hidden = judged.into_iter().filter_map(|(at, judged)| Some((at, judged?)));
    let mut hidden: Vec<(usize, Judged)> = hidden.filter(|(_, judged)| judged.is_hidden).collect();
    if left.len() == 2 {
        // And so it is where neither is.
        hidden.sort_by(|a, b| size(a.0).total_cmp(&size(b.0)));
        hidden.truncate(1);
    }
    Values { told, others, hidden }
}

/// The same of what a log says: each value by its rows per time, since one that is said for the first time makes no other
/// one rarer. A value must have another share of all rows besides: where a log says twice as much of everything, it is
/// its volume that changed.
pub fn said(values: &[Counted], rows: &Blocks<u32>, lengths: &Blocks<f64>) -> Values {
    let mut judged = Values { told: Vec::new(), others: Vec::new(), hidden: Vec::new() };
    for (at, value) in values.iter().enumerate() {
        let [before, now] = shares(&value.blocks, rows).unwrap_or_default();
        let [rate_before, rate_now] = [0, 1].map(|side| value.blocks.sum(side) / lengths.sum(side));
        let is_other_rate = rate_before.max(rate_now) >= SHARE_TIMES * rate_before.min(rate_now);
        let is_worth = is_worth(before, now) && is_other_rate && (now - before) * (rate_now - rate_before) > 0.0;
        let test = statistics::rate_changed(&value.blocks, lengths);
        let effect = statistics::share_distance(before, now);
        let one = Judged::of(test, rate_alone(&value.blocks, lengths), effect, is_worth);
        if one.is_told() {
            judged.told.push((at, one));
        } else {
            judged.others.push(one.p);
            judged.hidden.extend(one.is_hidden.then_some((at, one)));
        }
    }
    judged
}

/// How values of a column come in the baseline. Where they come and go by themselves, as lots do, a new one is nothing
/// new; and it has no baseline of its own that would say so.
#[derive(Debug, Default)]
pub struct Usual(Vec<(f64, Vec<Spread>)>);

impl Usual {
    pub fn of(values: &[Counted], rows: &Blocks<u32>) -> Usual {
        let baseline =
            |blocks: &Blocks<u32>| Blocks { sides: [blocks.sides[0].clone(), vec![0; blocks.sides[1].len()]] };
        let rows = baseline(rows);
        let known = values.iter().filter(|value| value.blocks.sum(0) >= KNOWN_LEAST);
        let of = |value: &Counted| (value.blocks.sum(0), statistics::share_spreads(&baseline(&value.blocks), &rows));
        Usual(known.map(of).collect())
    }

    /// Of a new value, what is usual of those that are not much seldomer; of others nothing, for they have spreads of
    /// their own.
    fn of_new(&self, hits: &Blocks<u32>) -> Vec<Spread> {
        if hits.sum(0) > 0.0 {
            return Vec::new();
        }
        let alike = self.0.iter().filter(|(count, _)| *count >= hits.sum(1) / 3.0);
        statistics::typical(&alike.map(|(_, spreads)| spreads.clone()).collect::<Vec<_>>())
    }
}

/// Where a distribution differs most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differs {
    pub judged: Judged,
    /// Of Kolmogorov and Smirnov; of an end how much more of the values are beyond it.
    pub distance: f64,
    /// The cut up to which shares differ.
    pub cut: usize,
    /// `Some(level)` where it is one of its ends that changed, and not its whole.
    pub end: Option<f64>,
}

/// What was judged of numbers.
pub struct Numbers {
    pub told: Option<Differs>,
    /// The p-values of all other tests.
    pub others: Vec<f64>,
    /// The whole, if it is not told and variation hides that it differs.
    pub hidden: Option<Differs>,
}

/// Numbers in bins.
pub fn numbers(bins: &[Blocks<u32>], is_latency: bool) -> Option<Numbers> {
    let Ks { distance, cut, p, spread, alone } = statistics::kolmogorov_smirnov(bins)?;
    let judged = Judged::of((p, spread), alone, distance_of(bins), distance >= KS_LEAST);
    let whole = Differs { judged, distance, cut, end: None };
    let ends: &[f64] = if is_latency { &[0.95, 0.99] } else { &[0.01, 0.99] };
    let ends: Vec<Differs> = ends.iter().filter_map(|level| end(bins, *level)).collect();
    let p_values: Vec<f64> = std::iter::once(p).chain(ends.iter().map(|end| end.judged.p)).collect();
    let is_sure = |differs: &&Differs| differs.judged.is_told();
    let found = Some(&whole).filter(is_sure).or_else(|| {
        let most = |a: &&Differs, b: &&Differs| a.judged.effect.total_cmp(&b.judged.effect);
        ends.iter().filter(is_sure).max_by(most)
    });
    let hidden = Some(whole).filter(|whole| whole.judged.is_hidden);
    let Some(found) = found.copied() else {
        return Some(Numbers { told: None, others: p_values, hidden });
    };
    let mut others = p_values;
    if let Some(place) = others.iter().position(|p| *p == found.judged.p) {
        others.remove(place);
    }
    // An end may be told that is none among all tests: its whole is hidden all the same.
    Some(Numbers { told: Some(found), others, hidden })
}

/// The share of values beyond the cut nearest to a level of both sides together.
fn end(bins: &[Blocks<u32>], level: f64) -> Option<Differs> {
    let sum = |bins: &[Blocks<u32>]| -> Blocks<u32> {
        let mut sum = bins[0].clone();
        for bin in &bins[1..] {
            for (sum, more) in sum.sides.iter_mut().zip(&bin.sides) {
                sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
        }
        sum
    };
    let rows = sum(bins);
    let all = rows.sum(0) + rows.sum(1);
    let mut below = 0.0;
    let mut nearest = (f64::INFINITY, 0);
    for (at, bin) in bins.iter().enumerate().take(bins.len() - 1) {
        below += (bin.sum(0) + bin.sum(1)) / all;
        let apart = (below - level).abs();
        if apart < nearest.0 {
            nearest = (apart, at);
        }
    }
    // Where many values are equal there may be no such end.
    let (apart, cut) = nearest;
    if apart > 0.5 * (1.0 - level).min(level) {
        return None;
    }
    let hits = if level > 0.5 { sum(&bins[cut + 1..]) } else { sum(&bins[..=cut]) };
    let [before, now] = shares(&hits, &rows)?;
    let is_worth = (now - before).abs() >= END_LEAST && before.max(now) >= END_TIMES * before.min(now);
    let (test, alone) = (statistics::share_changed(&hits, &rows), share_alone(&hits, &rows));
    let judged = Judged::of(test, alone, statistics::share_distance(before, now), is_worth);
    Some(Differs { judged, distance: now - before, cut, end: Some(level) })
}

/// The distance of Jensen and Shannon over about ten parts of both sides together.
fn distance_of(bins: &[Blocks<u32>]) -> f64 {
    const PARTS: f64 = 10.0;
    let all: f64 = bins.iter().map(|bin| bin.sum(0) + bin.sum(1)).sum();
    let (mut first, mut second) = (vec![0.0], vec![0.0]);
    let (mut part, mut filled) = (0, 0.0);
    for bin in bins {
        if filled >= all / PARTS {
            first.push(0.0);
            second.push(0.0);
            (part, filled) = (part + 1, 0.0);
        }
        first[part] += bin.sum(0);
        second[part] += bin.sum(1);
        filled += bin.sum(0) + bin.sum(1);
    }
    statistics::jensen_shannon(&first, &second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(value: &str, before: u32, now: u32) -> Counted {
        let blocks = Blocks { sides: [vec![before; 12], vec![now; 12]] };
        Counted { value: value.into(), blocks, first: [None; 2], last: [None; 2] }
    }

    fn rows(values: &[Counted]) -> Blocks<u32> {
        let sum = |side: usize| vec![values.iter().map(|value| value.blocks.sides[side][0]).sum(); 12];
        Blocks { sides: [sum(0), sum(1)] }
    }

    #[test]
    fn a_value_that_is_gone_makes_no_other_one_more_frequent() {
        let all: Vec<Counted> =
            (0..6).map(|at| counted(&format!("ST{at}"), 100, if at == 4 { 0 } else { 100 })).collect();
        let Values { told, others, .. } = values(&all, &rows(&all), &Usual::default());
        assert_eq!(told.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [4]);
        assert_eq!(others.len(), 5);
        assert!(others.iter().all(|p| *p > 0.9), "{others:?}");
    }

    #[test]
    fn what_a_log_says_for_the_first_time_makes_nothing_rarer() {
        let lengths = Blocks { sides: [vec![1.0; 12], vec![1.0; 12]] };
        let all = [counted("served", 100, 104), counted("evicted", 20, 19), counted("refused", 0, 300)];
        let told: Vec<usize> = said(&all, &rows(&all), &lengths).told.iter().map(|(at, _)| *at).collect();
        assert_eq!(told, [2]);
        let twice = [counted("served", 100, 200), counted("evicted", 20, 40)];
        assert!(said(&twice, &rows(&twice), &lengths).told.is_empty());
    }

    #[test]
    fn of_two_values_the_rarer_one_is_told() {
        let all = [counted("PASS", 95, 80), counted("FAIL", 5, 20)];
        let Values { told, others, .. } = values(&all, &rows(&all), &Usual::default());
        assert_eq!((told.len(), told[0].0, others), (1, 1, vec![1.0]));
    }

    #[test]
    fn however_many_rows_a_change_of_little_is_none() {
        let all = [counted("a", 400_000, 404_000), counted("b", 600_000, 596_000)];
        assert!(values(&all, &rows(&all), &Usual::default()).told.is_empty());
        assert!(!rate(&all[0].blocks, &Blocks { sides: [vec![1.0; 12], vec![1.0; 12]] }).is_worth);
    }

    #[test]
    fn the_end_of_a_latency_is_told_where_its_whole_is_the_same() {
        let bin = |before: u32, now: u32| Blocks { sides: [vec![before; 12], vec![now; 12]] };
        let mut bins: Vec<Blocks<u32>> = (0..50).map(|_| bin(95, 90)).collect();
        bins.extend((0..10).map(|_| bin(25, 75)));
        let Numbers { told, others, .. } = numbers(&bins, true).expect("judged");
        let found = told.expect("a change");
        assert!(found.end.is_some() && found.judged.p < 1e-6, "{found:?}");
        assert!(!others.is_empty());
    }
}
