//! How the offset of two clocks runs with time: whether one number says it, or a clock is stepped by whole quarters of an
//! hour, or it drifts.

use crate::model::statistics;
use crate::model::time::{MINUTE, SECOND};

const QUARTER: i64 = 15 * MINUTE;
/// How far from whole quarters an offset may be.
const OFF_QUARTER: i64 = MINUTE / 2;
/// A step is of at least so many quarters, and so many anchors lie on either side of it.
const QUARTERS_LEAST: i64 = 2;
const ANCHORS_LEAST: usize = 5;
/// Of 100 anchors so many may fit no stretch.
const UNFIT_MOST: usize = 10;
/// No clock drifts by more than this share, which is half a minute an hour: what does is no clock.
const DRIFT_MOST: f64 = 0.01;
/// Anchors of fewer tell no drift, and of 100 so many must go the same way.
const DRIFTING_LEAST: usize = 20;
const SAME_WAY_LEAST: usize = 80;
/// An anchor is astray if it is further from the others than this, than so many times their spread, and than a part of
/// the offset.
const ASTRAY: i64 = 10 * SECOND;
const ASTRAY_SPREADS: i64 = 20;
const ASTRAY_PART: i64 = 15;

/// A stretch of time in which the offset is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// When it begins, by the clock asked about and by the other one, in microseconds.
    pub since: (i64, i64),
    /// Its last anchor, by both.
    pub until: (i64, i64),
    pub anchors: usize,
    /// By how much the clock asked about is ahead of the other one, in microseconds.
    pub later: i64,
}

/// A moment from which on an offset that wavers is of another length, by either clock, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub since: (i64, i64),
    pub before: i64,
    pub after: i64,
}

/// What all anchors of two sources say of their offset.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// How many there are, or some of them where there are too many.
    pub anchors: usize,
    /// Of the offsets, in microseconds, as all here: positive where the clock asked about is ahead.
    pub least: i64,
    pub most: i64,
    /// Half of what nine of ten lie within.
    pub spread: i64,
    /// How many are far from the middle.
    pub astray: usize,
    /// Where the clock was stepped, the stretches before and behind that.
    pub stretches: Vec<Stretch>,
    /// Where it is of two lengths, one behind the other, and no clock was stepped by that.
    pub change: Option<Change>,
    /// By how much the offset grows per unit of time, where it steadily does.
    pub drift: Option<f64>,
}

impl Course {
    /// Of anchors: when they are by the clock that is asked about, and by the other one.
    pub fn of(anchors: &[(i64, i64)]) -> Course {
        let mut sorted: Vec<i64> = anchors.iter().map(offset).collect();
        sorted.sort_unstable();
        let Some(last) = sorted.len().checked_sub(1) else { return Course::default() };
        let at = |share: usize| sorted[last * share / 100];
        let middle = at(50);
        let mut away: Vec<i64> = sorted.iter().map(|one| (one - middle).abs()).collect();
        away.sort_unstable();
        let drift = drift(anchors);
        let mut stretches = stretches(anchors, middle);
        let mut change = None;
        if stretches.is_empty() && drift.is_none() {
            (stretches, change) = halves(anchors, (at(5), at(95)));
        }
        let far = ASTRAY.max(ASTRAY_SPREADS * away[last / 2]).max(middle.abs() / ASTRAY_PART);
        Course {
            anchors: sorted.len(),
            least: sorted[0],
            most: sorted[last],
            spread: (at(95) - at(5)) / 2,
            astray: away.iter().filter(|one| **one > far).count(),
            stretches,
            change,
            drift,
        }
    }

    pub fn turned(&self) -> Course {
        let back = |(mine, other): (i64, i64)| (other, mine);
        let turned = |one: &Stretch| Stretch {
            since: back(one.since),
            until: back(one.until),
            later: -one.later,
            ..one.clone()
        };
        let changed = |one: &Change| Change { since: back(one.since), before: -one.before, after: -one.after };
        Course {
            change: self.change.as_ref().map(changed),
            least: -self.most,
            most: -self.least,
            stretches: self.stretches.iter().map(turned).collect(),
            drift: self.drift.map(|drift| -drift),
            ..self.clone()
        }
    }

    /// Whether the clock was stepped.
    pub fn is_stepped(&self) -> bool {
        self.stretches.len() > 1
    }

    /// Whether it was stepped as in summer and winter: by an hour or a half, to and fro.
    pub fn is_of_seasons(&self) -> bool {
        let steps = self.stretches.windows(2).map(|pair| quarters(pair[1].later - pair[0].later));
        let mut before = 0;
        for step in steps {
            if !matches!(step.abs(), 2 | 4) || step == before {
                return false;
            }
            before = step;
        }
        self.is_stepped()
    }

    /// Whether one number says nearly all of it.
    pub fn is_one(&self) -> bool {
        !self.is_stepped() && self.drift.is_none() && 4 * self.astray <= self.anchors
    }
}

fn offset((mine, other): &(i64, i64)) -> i64 {
    mine - other
}

/// The nearest number of quarters of an hour, by which clocks are put.
pub fn quarters(length: i64) -> i64 {
    (length.abs() + QUARTER / 2) / QUARTER * length.signum()
}

/// Stretches of one offset each that are whole quarters of an hour apart, in the order of time; none where that says
/// too little. While a clock is set back it shows a stretch of time twice, and it is the other's order that counts.
fn stretches(anchors: &[(i64, i64)], middle: i64) -> Vec<Stretch> {
    let mut fitting: Vec<(i64, i64, i64)> = anchors
        .iter()
        .map(|anchor| (anchor.0, anchor.1, quarters(offset(anchor) - middle)))
        .filter(|(mine, other, steps)| (mine - other - middle - steps * QUARTER).abs() <= OFF_QUARTER)
        .collect();
    if fitting.iter().all(|(.., steps)| *steps == 0) {
        return Vec::new();
    }
    fitting.sort_unstable_by_key(|(mine, other, _)| (*other, *mine));
    let by_other = runs(&fitting);
    fitting.sort_unstable();
    let by_mine = runs(&fitting);
    let runs = if by_mine.len() < by_other.len() { by_mine } else { by_other };
    let mut kept: Vec<Vec<(i64, i64, i64)>> = Vec::new();
    for run in runs.into_iter().filter(|run| run.len() >= ANCHORS_LEAST) {
        match kept.last_mut() {
            Some(last) if last[0].2 == run[0].2 => last.extend(run),
            _ => kept.push(run),
        }
    }
    let fit: usize = kept.iter().map(Vec::len).sum();
    let is_stepped = kept.len() > 1
        && 100 * (anchors.len() - fit) <= UNFIT_MOST * anchors.len()
        && kept.windows(2).all(|pair| (pair[1][0].2 - pair[0][0].2).abs() >= QUARTERS_LEAST);
    let stretch = |run: &Vec<(i64, i64, i64)>| {
        let mut offsets: Vec<i64> = run.iter().map(|(mine, other, _)| mine - other).collect();
        Stretch {
            since: (run[0].0, run[0].1),
            until: run.last().map_or((0, 0), |last| (last.0, last.1)),
            anchors: run.len(),
            later: statistics::middle(&mut offsets).unwrap_or(0),
        }
    };
    if is_stepped { kept.iter().map(stretch).collect() } else { Vec::new() }
}

/// Of an offset that wavers by what happens between the events: its two stretches, if nearly all before a moment lie below
/// and nearly all behind it above, or the other way round. A clock was stepped if they are whole quarters of an hour apart
/// as far as can be told, else it is a change of whatever it is. `edges`: between which nine of ten lie.
fn halves(anchors: &[(i64, i64)], edges: (i64, i64)) -> (Vec<Stretch>, Option<Change>) {
    let (mut by_mine, mut by_other) = (anchors.to_vec(), anchors.to_vec());
    by_mine.sort_unstable();
    by_other.sort_unstable_by_key(|(mine, other)| (*other, *mine));
    let between = edges.0.midpoint(edges.1);
    let (of_mine, of_other) = (parted(&by_mine, between), parted(&by_other, between));
    let (sorted, (place, unfit)) = if of_mine.1 < of_other.1 { (by_mine, of_mine) } else { (by_other, of_other) };
    let least = place.min(sorted.len() - place);
    if least < DRIFTING_LEAST || 100 * unfit > UNFIT_MOST * least {
        return (Vec::new(), None);
    }
    let half = |anchors: &[(i64, i64)]| {
        let mut offsets: Vec<i64> = anchors.iter().map(offset).collect();
        offsets.sort_unstable();
        let at = |share: usize| offsets[(offsets.len() - 1) * share / 100];
        let stretch =
            Stretch { since: anchors[0], until: anchors[anchors.len() - 1], anchors: anchors.len(), later: at(50) };
        (stretch, (at(95) - at(5)) / 2)
    };
    let [(before, spread), (after, spread_after)] = [half(&sorted[..place]), half(&sorted[place..])];
    let apart = after.later - before.later;
    let steps = quarters(apart);
    // How well a middle is known grows with the root of how many there are.
    let error = |spread: i64, count: usize| 3.0 * spread as f64 / (count as f64).sqrt();
    let is_sure = error(spread, before.anchors) + error(spread_after, after.anchors) <= OFF_QUARTER as f64;
    let is_whole = steps.abs() >= QUARTERS_LEAST && (apart - steps * QUARTER).abs() <= OFF_QUARTER;
    let widest = spread.max(spread_after);
    if is_sure && is_whole && 4 * widest <= apart.abs() {
        return (vec![before, after], None);
    }
    let is_change = 3 * widest <= (edges.1 - edges.0) / 2;
    let change = Change { since: after.since, before: before.later, after: after.later };
    (Vec::new(), is_change.then_some(change))
}

/// The place at which anchors are best parted into those whose offsets are below something and those above, in this order
/// or the other, and how many are on the wrong side.
fn parted(anchors: &[(i64, i64)], between: i64) -> (usize, usize) {
    let is_above = |anchor: &(i64, i64)| offset(anchor) > between;
    let (count, all) = (anchors.len(), anchors.iter().filter(|anchor| is_above(anchor)).count());
    let mut above = 0;
    let mut best = (0, all.min(count - all));
    for (place, anchor) in (1..).zip(anchors) {
        above += usize::from(is_above(anchor));
        let rises = above + (count - place) - (all - above);
        let unfit = rises.min(count - rises);
        if unfit < best.1 {
            best = (place, unfit);
        }
    }
    best
}

/// Neighbours of the same number of quarters.
fn runs(anchors: &[(i64, i64, i64)]) -> Vec<Vec<(i64, i64, i64)>> {
    anchors.chunk_by(|one, next| one.2 == next.2).map(<[_]>::to_vec).collect()
}

/// By how much the offset grows, if it does so nearly everywhere: a clock that drifts and is set right now and then is
/// told by its stretches between.
fn drift(anchors: &[(i64, i64)]) -> Option<f64> {
    if anchors.len() < DRIFTING_LEAST {
        return None;
    }
    let mut anchors = anchors.to_vec();
    anchors.sort_unstable_by_key(|(mine, other)| (*other, *mine));
    let span = anchors[anchors.len() - 1].1 - anchors[0].1;
    let grows = |part: usize| {
        let lag = (anchors.len() / part).max(1);
        let mut slopes: Vec<f64> = anchors
            .iter()
            .zip(&anchors[lag..])
            .filter(|(one, later)| later.1 > one.1)
            .map(|(one, later)| (offset(later) - offset(one)) as f64 / (later.1 - one.1) as f64)
            .collect();
        slopes.sort_unstable_by(f64::total_cmp);
        let slope = *slopes.get(slopes.len() / 2)?;
        let same_way = slopes.iter().filter(|one| **one * slope > 0.0).count();
        let is_far = (slope * span as f64).abs() > SECOND as f64;
        (is_far && slope.abs() <= DRIFT_MOST && 100 * same_way >= SAME_WAY_LEAST * slopes.len()).then_some(slope)
    };
    // What comes and goes may seem to grow over one length of time, and does not over another.
    let slopes: Vec<f64> = [2, 4, 10, 40].into_iter().filter_map(grows).collect();
    slopes.windows(2).find(|pair| (0.67..1.5).contains(&(pair[0] / pair[1]))).map(|pair| pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::HOUR;

    /// One each minute, by the offset that each has.
    fn course(count: i64, offset: impl Fn(i64) -> i64) -> Course {
        Course::of(&(0..count).map(|n| (n * MINUTE + offset(n), n * MINUTE)).collect::<Vec<_>>())
    }

    fn steps(course: &Course) -> Vec<(usize, i64)> {
        course.stretches.iter().map(|stretch| (stretch.anchors, stretch.later)).collect()
    }

    #[test]
    fn a_clock_that_is_stepped_has_stretches_and_seen_from_the_other_the_same() {
        let put = course(480, |n| SECOND / 5 + if n < 300 { 2 * HOUR } else { HOUR });
        assert_eq!(steps(&put), [(300, 2 * HOUR + SECOND / 5), (180, HOUR + SECOND / 5)]);
        assert_eq!((put.stretches[1].since.1, put.is_of_seasons(), put.is_one()), (300 * MINUTE, true, false));
        let anchors: Vec<(i64, i64)> =
            (0..480).map(|n| (n * MINUTE, n * MINUTE + if n < 300 { 2 * HOUR } else { HOUR })).collect();
        let turned = Course::of(&anchors).turned();
        assert_eq!(steps(&turned), [(300, 2 * HOUR), (180, HOUR)]);
        let winters = course(300, |n| if (100..200).contains(&n) { HOUR } else { 0 });
        assert!(winters.is_of_seasons() && winters.stretches.len() == 3);
        assert!(!course(200, |n| if n < 100 { 0 } else { 8 * HOUR }).is_of_seasons());
    }

    #[test]
    fn a_step_is_told_though_what_happens_between_wavers() {
        let wavering = |n: i64| (60 + n * n % 181) * SECOND;
        let put = course(5_760, |n| wavering(n) - if n < 1_869 { 0 } else { HOUR });
        let [before, after] = &put.stretches[..] else { panic!("two: {put:?}") };
        assert_eq!((before.anchors, after.anchors, after.since.1), (1_869, 3_891, 1_869 * MINUTE));
        assert!(put.is_of_seasons() && (after.later - before.later + HOUR).abs() < 10 * SECOND, "{put:?}");
        let turned = put.turned();
        assert_eq!((turned.stretches[1].since.0, turned.stretches[1].later), (after.since.1, -after.later));
        // Of no whole quarters, of few anchors, and of what wavers as much as that.
        let slower = course(400, |n| wavering(n) + if n < 200 { 0 } else { 20 * MINUTE });
        assert!(!slower.is_stepped() && slower.change.is_some_and(|change| change.since.1 == 200 * MINUTE));
        assert!(!course(30, |n| wavering(n) - if n < 15 { 0 } else { HOUR }).is_stepped());
        assert!(!course(400, |n| 20 * wavering(n) - if n < 200 { 0 } else { HOUR }).is_stepped());
        let steady = course(400, wavering);
        assert!(!steady.is_stepped() && steady.change.is_none());
    }

    #[test]
    fn what_changes_to_and_fro_or_by_other_lengths_was_not_put() {
        assert!(!course(480, |n| if n % 3 == 0 { HOUR } else { 0 }).is_stepped());
        assert!(!course(480, |n| if n < 300 { 0 } else { 20 * MINUTE }).is_stepped());
        assert!(!course(480, |n| if n % 50 == 0 { HOUR } else { 0 }).is_stepped());
        assert!(!course(480, |n| if n % 3 == 0 { HOUR } else { 0 }).is_one());
    }

    #[test]
    fn a_drift_is_told_though_the_clock_is_set_right_between() {
        let set = course(200, |n| n * SECOND / 10 - if n < 150 { 0 } else { 10 * SECOND });
        assert_eq!((set.least, set.most), (0, 14_900_000));
        assert!(set.drift.is_some_and(|drift| (drift - 0.1 / 60.0).abs() < 1e-9), "{set:?}");
        assert!(course(200, |n| n * 7919 % 13 * SECOND).drift.is_none());
        assert!(course(200, |_| 40 * SECOND).is_one());
    }
}
