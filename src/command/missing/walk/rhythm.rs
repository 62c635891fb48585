//! How often a series has rows: the cadence, told block by block, since it may change, and how far it wavers.
//!
//! A block is 32 steps. Its cadence is their median, its spread their robust standard deviation (1.4826 times the
//! median absolute deviation). Blocks that agree are one segment, so that a series of any length takes little memory.

/// Steps that are judged together.
pub const BLOCK: usize = 32;

/// A robust standard deviation of at most this share of the cadence is what machines keep.
const STEADY: f64 = 0.1;
/// Steps that all keep a cadence to this share are not looked at any closer.
const CLOSE: f64 = 0.05;
/// Up to this share it is a cadence if rows keep to a grid, which shows from a hundredth on.
const WAVERING: f64 = 0.35;
const WAVERING_LEAST: f64 = 0.01;
/// In fewer steps people and queues look like a grid by chance.
const WAVERING_STEPS: u64 = 60;
/// A series wavers if more than this share of its blocks do.
const WAVERING_BLOCKS: f64 = 0.2;
/// On a grid the sum of eight steps wavers no more than one step does; where each step counts from the one before,
/// almost three times as much.
const SUMMED: usize = 8;
const ON_GRID: f64 = 1.75;
/// On a grid a step that is too long is followed by one that is too short: their correlation is -0.5, else none.
const FOLLOWING: f64 = -0.25;
/// Fewer steps are no cadence.
pub const STEPS_LEAST: usize = 5;
/// The share of a block's steps that are the cadence or a few times as long, as where rows are lost.
const MULTIPLES_LEAST: f64 = 0.75;
/// Without numbers that tell of losses, most steps must be single ones: a plan in which many are left out is none.
const SINGLES_LEAST: f64 = 0.7;
/// Where more than this share of the steps are a few times as long as the others, most of these must be whole multiples:
/// rows that were lost leave such, and pauses do not. Nor do bursts, with a silence behind every few rows.
const LONG_SHARE: f64 = 0.05;
const FAR_SHARE: f64 = 0.1;
const LONG_COUNT: u64 = 4;
const WHOLE_LEAST: f64 = 0.65;
/// Steps of more cadences are silences.
const TIMES_MOST: f64 = 5.0;
/// A series is regular if this share of its steps lies in regular blocks.
const REGULAR_LEAST: f64 = 0.8;
/// A block at the end that is shorter tells of no other cadence.
const CHANGE_LEAST: usize = 20;

/// What one block of steps tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Microseconds.
    pub cadence: f64,
    /// The robust standard deviation of the steps, in microseconds, rows that are lost in between counted.
    pub spread: f64,
    pub is_regular: bool,
    /// If steps waver at all.
    waver: Option<Waver>,
    long: [Long; 2],
}

/// How steps waver, in shares of the cadence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Waver {
    /// The robust standard deviations of the steps and of the sums of eight of them.
    spread: f64,
    summed: f64,
    /// The sums of the products of neighbours, and of the squares.
    products: f64,
    squares: f64,
}

/// Steps of several cadences, and how many of them are of whole ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Long {
    steps: u64,
    whole: u64,
}

impl Long {
    /// Those of a few cadences, and those of more.
    fn of(steps: &[f64], cadence: f64, spread: f64) -> [Long; 2] {
        let mut long = [Long::default(); 2];
        let near = (0.1 * cadence).max(2.5 * spread);
        for step in steps.iter().filter(|step| **step > 1.5 * cadence) {
            let times = (step / cadence).round();
            let is_far = times > TIMES_MOST;
            // Over many cadences it adds up how little one is known.
            let far = (near + times * spread / 4.0).min(0.25 * cadence);
            let tolerance = if is_far { far } else { near };
            let own = &mut long[usize::from(is_far)];
            own.steps += 1;
            own.whole += u64::from((step - times * cadence).abs() <= tolerance);
        }
        long
    }

    /// Whether there are more than this share of all steps, and most are no multiples.
    fn are_pauses(self, share: f64, all: u64) -> bool {
        let Long { steps, whole } = self;
        steps >= LONG_COUNT && steps as f64 > share * all as f64 && (whole as f64) < WHOLE_LEAST * steps as f64
    }
}

/// The beat of steps in microseconds, each per row that was sent if numbers tell how many were.
pub fn beat(steps: &[f64], is_counted: bool) -> Option<Beat> {
    if steps.is_empty() {
        return None;
    }
    let middle = median(&mut steps.to_vec());
    // Where rows are lost, the middle one of all is not that of the single ones.
    let mut singles: Vec<f64> = steps.iter().copied().filter(|step| *step < 1.5 * middle).collect();
    let cadence = median(&mut singles);
    let times = |step: f64| if is_counted { 1.0 } else { (step / cadence).round().max(1.0) };
    let off: Vec<f64> = steps.iter().map(|step| step - times(*step) * cadence).collect();
    let spread = spread(&off, 0.0);
    let is_single = |step: &&f64| (**step / cadence).round() <= 1.0;
    let tolerance = (0.1 * cadence).max(2.0 * spread);
    // Steps that are counted are single ones, however many rows were lost in between.
    let times_most = if is_counted { 1.0 } else { TIMES_MOST };
    let is_multiple = |step: &&f64| {
        let times = (**step / cadence).round().clamp(1.0, times_most);
        (**step - times * cadence).abs() <= tolerance
    };
    let share = |count: usize| count as f64 / steps.len() as f64;
    let waver = if spread > WAVERING_LEAST * cadence {
        let is_near = |step: &f64| *step < (times_most + 0.5) * cadence;
        Waver::of(steps, &off, is_near, spread, cadence)
    } else {
        None
    };
    let is_regular = steps.len() >= STEPS_LEAST
        && (spread <= STEADY * cadence || spread <= WAVERING * cadence && waver.is_some())
        && share(steps.iter().filter(is_multiple).count()) >= MULTIPLES_LEAST
        && (is_counted || share(steps.iter().filter(is_single).count()) >= SINGLES_LEAST);
    let long = if is_counted { [Long::default(); 2] } else { Long::of(steps, cadence, spread) };
    Some(Beat { cadence, spread, is_regular, waver, long })
}

impl Waver {
    /// `off` is by how much each step misses a whole number of cadences. A long step tells nothing of it.
    fn of(steps: &[f64], off: &[f64], is_near: impl Fn(&f64) -> bool, spread: f64, cadence: f64) -> Option<Waver> {
        let windows = steps.windows(SUMMED).zip(off.windows(SUMMED));
        let mut sums: Vec<f64> =
            windows.filter(|(steps, _)| steps.iter().all(&is_near)).map(|(_, off)| off.iter().sum()).collect();
        if sums.len() < STEPS_LEAST {
            return None;
        }
        let middle = median(&mut sums);
        // One row that comes far too late is not to outweigh all others.
        let clipped: Vec<f64> =
            off.iter().map(|off| (off / cadence).clamp(-3.0 * spread / cadence, 3.0 * spread / cadence)).collect();
        let pairs = clipped.windows(2).zip(steps.windows(2)).filter(|(_, steps)| steps.iter().all(&is_near));
        let (mut products, mut squares) = (0.0, 0.0);
        for (off, _) in pairs {
            products += off[0] * off[1];
            squares += (off[0] * off[0] + off[1] * off[1]) / 2.0;
        }
        Some(Waver { spread: spread / cadence, summed: self::spread(&sums, middle) / cadence, products, squares })
    }

    fn add(&mut self, other: Waver) {
        self.spread += other.spread;
        self.summed += other.summed;
        self.products += other.products;
        self.squares += other.squares;
    }

    /// Whether rows keep to a grid, by so many times of what is allowed.
    fn is_on_grid(&self, leniency: f64) -> bool {
        self.summed <= leniency * ON_GRID * self.spread && self.products <= FOLLOWING / leniency.powi(4) * self.squares
    }
}

fn spread(values: &[f64], middle: f64) -> f64 {
    1.4826 * median(&mut values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
}

/// The lower of the two middle ones where there are two, so that it is a step that was seen.
fn median(values: &mut [f64]) -> f64 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Neighbouring blocks with one cadence.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The number of its first step in the series.
    pub place: u64,
    /// When it began, in microseconds.
    pub since: i64,
    blocks: u32,
    /// While all blocks agree to the microsecond.
    exact: Option<f64>,
    spreads: f64,
    /// The sum and the number of single steps.
    singles: (f64, u64),
    /// The step that most of them may be, by a vote (Boyer and Moore, "MJRTY", 1981): its votes, and how often it was seen
    /// at least.
    usual: (f64, u64, u64),
}

impl Segment {
    fn new(place: u64, since: i64, beat: &Beat) -> Segment {
        let exact = (beat.spread == 0.0).then_some(beat.cadence);
        Segment { place, since, blocks: 0, exact, spreads: 0.0, singles: (0.0, 0), usual: (0.0, 0, 0) }
    }

    /// A cadence that somebody said, in microseconds.
    pub fn said(every: i64, since: i64) -> Segment {
        Segment {
            place: 1,
            since,
            blocks: 1,
            exact: Some(every as f64),
            spreads: 0.0,
            singles: (0.0, 0),
            usual: (0.0, 0, 0),
        }
    }

    fn add(&mut self, steps: &[f64], beat: &Beat) {
        self.blocks += 1;
        self.spreads += beat.spread;
        if self.exact != Some(beat.cadence) || beat.spread != 0.0 {
            self.exact = None;
        }
        let (shortest, longest) = (0.5 * beat.cadence, 1.5 * beat.cadence);
        for step in steps.iter().filter(|step| **step > shortest && **step < longest) {
            self.singles = (self.singles.0 + step, self.singles.1 + 1);
            self.usual = match self.usual {
                (usual, votes, seen) if usual == *step => (usual, votes + 1, seen + 1),
                (_, 0, _) => (*step, 1, 1),
                (usual, votes, seen) => (usual, votes - 1, seen),
            };
        }
    }

    fn takes(&self, beat: &Beat) -> bool {
        let cadence = self.cadence();
        (beat.cadence - cadence).abs() <= (0.1 * cadence).max(0.9 * self.spread())
    }

    /// The beat of steps that all keep this cadence: the usual case, told without sorting them.
    fn goes_on(&self, steps: &[f64]) -> Option<Beat> {
        let cadence = self.cadence();
        let tolerance = CLOSE * cadence;
        if steps.len() < STEPS_LEAST || steps.iter().any(|step| (step - cadence).abs() > tolerance) {
            return None;
        }
        let spread = steps.iter().map(|step| (step - cadence).abs()).sum::<f64>() / steps.len() as f64;
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        let cadence = if spread == 0.0 { cadence } else { mean };
        Some(Beat { cadence, spread, is_regular: true, waver: None, long: [Long::default(); 2] })
    }

    /// Microseconds: the step that nearly all of them are, else the mean of the single steps, in which what single rows
    /// waver by cancels out.
    pub fn cadence(&self) -> f64 {
        const NEARLY_ALL: f64 = 0.9;
        let (usual, _, seen) = self.usual;
        let is_usual = seen as f64 >= NEARLY_ALL * self.singles.1.max(1) as f64;
        let usual = is_usual.then_some(usual);
        self.exact.or(usual).unwrap_or(self.singles.0 / self.singles.1.max(1) as f64)
    }

    pub fn spread(&self) -> f64 {
        self.spreads / f64::from(self.blocks.max(1))
    }

    /// A longer step is a gap, in microseconds.
    pub fn limit(&self) -> f64 {
        limit(self.cadence(), self.spread())
    }
}

/// One row missing makes a step of two cadences; where rows waver, five standard deviations are beyond chance.
fn limit(cadence: f64, spread: f64) -> f64 {
    (1.5 * cadence).max(cadence + 5.0 * spread)
}

/// The segments of a series as far as it was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rhythm {
    pub segments: Vec<Segment>,
    steps: u64,
    regular: u64,
    /// Regular blocks, and how many of them waver more than what is steady; and how all do that waver at all.
    blocks: u64,
    wavering: u64,
    waver: Waver,
    long: [Long; 2],
    /// Of the last block, if it had no cadence: steps that the cadence before does not explain. One in which the cadence
    /// changes is so.
    strays: Vec<f64>,
}

impl Rhythm {
    /// A cadence that somebody said.
    pub fn said(every: i64, since: i64) -> Rhythm {
        Rhythm { segments: vec![Segment::said(every, since)], ..Rhythm::default() }
    }

    pub fn is_regular(&self) -> bool {
        !self.segments.is_empty()
            && self.regular as f64 >= REGULAR_LEAST * self.steps as f64
            && (!self.is_wavering() || self.steps >= WAVERING_STEPS && self.waver.is_on_grid(1.0))
            && !self.has_pauses()
    }

    fn is_wavering(&self) -> bool {
        self.wavering as f64 > WAVERING_BLOCKS * self.blocks as f64
    }

    /// Whether many steps are longer than the others and no multiples of them.
    fn has_pauses(&self) -> bool {
        let [near, far] = self.long;
        near.are_pauses(LONG_SHARE, self.steps) || far.are_pauses(FAR_SHARE, self.steps)
    }

    /// Whether it has become clear that there is no cadence.
    pub fn is_hopeless(&self) -> bool {
        const STEPS: u64 = 8 * BLOCK as u64;
        self.steps >= STEPS && (self.regular * 4 < self.steps || self.is_wavering() && !self.waver.is_on_grid(1.2))
    }

    /// Takes a block of steps, of which the first has this place and begins at `since`, and returns above which length a
    /// step of it may be a gap.
    pub fn take(&mut self, steps: &[f64], is_counted: bool, place: u64, since: i64) -> f64 {
        let steady = self.segments.last().and_then(|segment| segment.goes_on(steps));
        let Some(beat) = steady.or_else(|| beat(steps, is_counted)) else { return f64::INFINITY };
        self.steps += steps.len() as u64;
        let may_change = steps.len() >= CHANGE_LEAST || self.segments.is_empty();
        let before = self.segments.last().map(|segment| (segment.cadence(), segment.spread()));
        let long = match before {
            Some((cadence, spread)) if !beat.is_regular && !is_counted => Long::of(steps, cadence, spread),
            _ => beat.long,
        };
        for (all, own) in self.long.iter_mut().zip(long) {
            (all.steps, all.whole) = (all.steps + own.steps, all.whole + own.whole);
        }
        if beat.is_regular {
            self.blocks += 1;
            self.wavering += u64::from(beat.spread > STEADY * beat.cadence);
            if let Some(waver) = beat.waver {
                self.waver.add(waver);
            }
            self.regular += steps.len() as u64 + self.explained(beat.cadence, beat.spread);
            self.strays.clear();
            match self.segments.last_mut() {
                Some(segment) if segment.takes(&beat) => segment.add(steps, &beat),
                _ if may_change => {
                    let mut segment = Segment::new(place, since, &beat);
                    segment.add(steps, &beat);
                    self.segments.push(segment);
                }
                _ => {}
            }
        } else {
            self.strays.clear();
            self.strays.extend_from_slice(steps);
            if let Some((cadence, spread)) = before {
                self.regular += self.explained(cadence, spread);
            }
        }
        // What is a gap is decided when all is known; until then by the shortest cadence that may hold here.
        let (cadence, spread) = match before {
            Some((cadence, spread)) if !beat.is_regular || cadence < beat.cadence => (cadence, spread),
            _ => (beat.cadence, beat.spread),
        };
        0.9 * limit(cadence, spread)
    }

    /// How many of the strays are steps of this cadence; they are none any more.
    fn explained(&mut self, cadence: f64, spread: f64) -> u64 {
        let all = self.strays.len();
        let most = limit(cadence, spread) - cadence;
        self.strays.retain(|step| (step - cadence).abs() > most);
        (all - self.strays.len()) as u64
    }

    /// Takes one segment for what it is between two that are alike: a block in which most rows are missing.
    pub fn settle(&mut self) {
        let mut at = 1;
        while at + 1 < self.segments.len() {
            let (before, own, after) = (&self.segments[at - 1], &self.segments[at], &self.segments[at + 1]);
            let (usual, there) = (before.cadence(), own.cadence());
            let alike = (after.cadence() - usual).abs() <= 0.1 * usual;
            let times = (there / usual).round();
            if own.blocks == 1 && alike && times >= 2.0 && (there - times * usual).abs() <= 0.05 * there {
                self.segments.drain(at..=at + 1);
            } else {
                at += 1;
            }
        }
    }

    /// The segment that a step belongs to, and its number.
    pub fn at(&self, place: u64) -> Option<(usize, &Segment)> {
        let after = self.segments.partition_point(|segment| segment.place <= place);
        let at = after.saturating_sub(1);
        self.segments.get(at).map(|segment| (at, segment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to 1 that look random.
    fn noise(count: usize) -> impl Iterator<Item = f64> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        (0..count).map(move |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    fn steps(times: &[f64]) -> Vec<f64> {
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn a_grid_that_wavers_is_regular_and_people_are_not() {
        let grid: Vec<f64> = noise(321).enumerate().map(|(n, x)| n as f64 * 10e6 + 3e6 * x).collect();
        assert!(judged(&steps(&grid)).is_regular());
        let people: Vec<f64> = noise(320).map(|x| 60e6 * (0.75 + x / 2.0)).collect();
        assert!(!judged(&people).is_regular());
    }

    fn judged(steps: &[f64]) -> Rhythm {
        let mut rhythm = Rhythm::default();
        steps.chunks(BLOCK).for_each(|block| {
            rhythm.take(block, false, 1, 0);
        });
        rhythm
    }

    #[test]
    fn losses_on_a_grid_leave_whole_multiples_and_bursts_do_not() {
        let chance: Vec<f64> = noise(2_000).collect();
        for (jitter, loss) in [(0.06, 0.05), (0.1, 0.1), (0.15, 0.2)] {
            let at = |n: usize| 30e6 * (n as f64 + jitter * (2.0 * chance[n] - 1.0));
            let there: Vec<f64> = (0..900).filter(|n| chance[n + 1000] > loss).map(at).collect();
            let rhythm = judged(&steps(&there));
            assert!(rhythm.is_regular(), "jitter {jitter}, loss {loss}");
            assert!((rhythm.segments[0].cadence() - 30e6).abs() < 0.2e6, "{rhythm:?}");
        }
        let events: Vec<f64> = chance.iter().map(|x| -60e6 * (1.0 - x).ln()).collect();
        assert!(!judged(&events).is_regular());
        let burst = |n: usize| if chance[n] < 0.15 { 600e6 * chance[n + 1] } else { 1e6 * (1.0 + 0.05 * chance[n]) };
        let bursts: Vec<f64> = (0..1000).map(burst).collect();
        assert!(!judged(&bursts).is_regular());
    }

    #[test]
    fn losses_leave_the_cadence_and_a_change_begins_a_segment() {
        let mut rhythm = Rhythm::default();
        let lossy: Vec<f64> = (0..32).map(|n| if n % 5 == 0 { 60e6 } else { 30e6 }).collect();
        rhythm.take(&lossy, false, 1, 0);
        rhythm.take(&[30e6; 32], false, 33, 0);
        rhythm.take(&[45e6; 32], false, 65, 7);
        rhythm.settle();
        let cadences: Vec<f64> = rhythm.segments.iter().map(Segment::cadence).collect();
        assert_eq!(cadences, [30e6, 45e6]);
        assert_eq!(rhythm.at(70).map(|(at, segment)| (at, segment.since)), Some((1, 7)));
        assert!(rhythm.is_regular());
    }
}
