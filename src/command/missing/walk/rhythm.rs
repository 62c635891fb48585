//! How often a series has rows: the cadence, told block by block, since it may change, and how far it wavers.
//!
//! A block is 32 steps. Its cadence is their median, its spread their robust standard deviation (1.4826 times the
//! median absolute deviation). Blocks that agree are one segment, so that a series of any length takes little memory.

/// Steps that are judged together.
pub const BLOCK: usize = 32;

/// A robust standard deviation of at most this share of the cadence is what machines keep.
const STEADY: f64 = 0.05;
/// Up to this share it is a cadence if rows keep to a grid, which shows from a hundredth on.
const WAVERING: f64 = 0.35;
const WAVERING_LEAST: f64 = 0.01;
/// In fewer steps people and queues look like a grid by chance.
const WAVERING_STEPS: u64 = 60;
/// On a grid the sum of eight steps wavers no more than one step does; where each step counts from the one before,
/// almost three times as much.
const SUMMED: usize = 8;
const ON_GRID: f64 = 1.75;
/// Steps that count from the one before, as in a loop that sleeps, are a cadence up to this spread.
const LOOP: f64 = 0.15;
/// A longer step is a gap by so many standard deviations. On a grid the rows around it tell too.
const FAR_ON_GRID: f64 = 3.0;
/// In a loop a step of a few cadences may only have taken longer.
const LONG_IN_LOOP: f64 = 5.5;
/// Fewer steps are no cadence.
pub const STEPS_LEAST: usize = 5;
/// The share of a block's steps that are the cadence or a few times as long, as where rows are lost.
const MULTIPLES_LEAST: f64 = 0.75;
/// Without numbers that tell of losses, most steps must be single ones: a plan in which many are left out is none.
const SINGLES_LEAST: f64 = 0.8;
/// Where rows waver, of all steps: a plan may be what people keep to.
const MULTIPLES_MOST: f64 = 0.08;
/// A series is regular if this share of its steps lies in regular blocks.
const REGULAR_LEAST: f64 = 0.8;
/// A block at the end that is shorter tells of no other cadence.
const CHANGE_LEAST: usize = 20;

/// What one block of steps tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Microseconds.
    pub cadence: f64,
    /// The robust standard deviation of the steps, in microseconds.
    pub spread: f64,
    pub is_regular: bool,
    /// The robust standard deviation of the sums of eight steps, if steps waver at all.
    pub summed: Option<f64>,
}

/// The beat of steps in microseconds, each per row that was sent if numbers tell how many were.
pub fn beat(steps: &[f64], is_counted: bool) -> Option<Beat> {
    if steps.is_empty() {
        return None;
    }
    let cadence = median(&mut steps.to_vec());
    let spread = spread(steps, cadence);
    let is_single = |step: &&f64| (**step / cadence).round() <= 1.0;
    let tolerance = (0.1 * cadence).max(2.0 * spread);
    // Steps that are counted are single ones, however many rows were lost in between.
    let times_most = if is_counted { 1.0 } else { 5.0 };
    let is_multiple = |step: &&f64| {
        let times = (**step / cadence).round().clamp(1.0, times_most);
        (**step - times * cadence).abs() <= tolerance
    };
    let share = |count: usize| count as f64 / steps.len() as f64;
    let summed = if spread > WAVERING_LEAST * cadence { spread_of_sums(steps, cadence, times_most) } else { None };
    let is_regular = steps.len() >= STEPS_LEAST
        && (spread <= STEADY * cadence || spread <= WAVERING * cadence && summed.is_some())
        && share(steps.iter().filter(is_multiple).count()) >= MULTIPLES_LEAST
        && (is_counted || share(steps.iter().filter(is_single).count()) >= SINGLES_LEAST);
    Some(Beat { cadence, spread, is_regular, summed })
}

/// Of sums of steps, or of how much each is off a whole number of cadences if that is less: a lost row is no wavering,
/// and a row that comes very late none lost.
fn spread_of_sums(steps: &[f64], cadence: f64, times_most: f64) -> Option<f64> {
    let is_near = |step: &f64| *step < (times_most + 0.5) * cadence;
    let off = |step: &f64| step - (step / cadence).round().max(1.0) * cadence;
    let whole = || steps.windows(SUMMED).filter(|some| some.iter().all(is_near));
    let of = |mut sums: Vec<f64>| {
        let middle = median(&mut sums);
        spread(&sums, middle)
    };
    if whole().count() < STEPS_LEAST {
        return None;
    }
    let plain = of(whole().map(|some| some.iter().sum()).collect());
    let is_counted = times_most == 1.0;
    Some(if is_counted { plain } else { plain.min(of(whole().map(|some| some.iter().map(off).sum()).collect())) })
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
    is_loop: bool,
}

impl Segment {
    fn new(place: u64, since: i64, beat: &Beat) -> Segment {
        let exact = (beat.spread == 0.0).then_some(beat.cadence);
        Segment { place, since, blocks: 0, exact, spreads: 0.0, singles: (0.0, 0), usual: (0.0, 0, 0), is_loop: false }
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
            is_loop: false,
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
        let tolerance = STEADY * cadence;
        if steps.len() < STEPS_LEAST || steps.iter().any(|step| (step - cadence).abs() > tolerance) {
            return None;
        }
        let spread = steps.iter().map(|step| (step - cadence).abs()).sum::<f64>() / steps.len() as f64;
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        Some(Beat { cadence: if spread == 0.0 { cadence } else { mean }, spread, is_regular: true, summed: None })
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

    /// Whether a step in which a single row is missing may be no gap.
    pub fn is_coarse(&self) -> bool {
        const SINGLE_LOSS: f64 = 1.7;
        self.limit() > SINGLE_LOSS * self.cadence()
    }

    /// A longer step is a gap, in microseconds.
    pub fn limit(&self) -> f64 {
        if self.is_loop { LONG_IN_LOOP * self.cadence() } else { limit(self.cadence(), self.spread()) }
    }
}

/// One row missing makes a step of two cadences.
fn limit(cadence: f64, spread: f64) -> f64 {
    (1.5 * cadence).max(cadence + FAR_ON_GRID * spread)
}

/// The segments of a series as far as it was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rhythm {
    pub segments: Vec<Segment>,
    steps: u64,
    regular: u64,
    /// Whether any block wavers more than what is steady; and of all that do at all, by their cadences, the sums of the
    /// spreads of their steps and of eight steps.
    is_wavering: bool,
    wavers: (f64, f64),
    /// How many these are.
    wavering: u32,
    /// Steps longer than a single one, unless numbers tell of losses.
    multiples: u64,
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
            && (!self.is_wavering
                || self.steps >= WAVERING_STEPS
                    && self.multiples as f64 <= MULTIPLES_MOST * self.steps as f64
                    && (self.is_on_grid(1.0) || self.is_loop(1.0)))
    }

    /// Whether each step counts from the one before, more or less.
    pub fn is_in_loop(&self) -> bool {
        self.is_wavering && !self.is_on_grid(1.0)
    }

    fn is_on_grid(&self, slack: f64) -> bool {
        self.wavers.1 <= slack * ON_GRID * self.wavers.0
    }

    fn is_loop(&self, slack: f64) -> bool {
        self.wavers.0 <= slack * LOOP * f64::from(self.wavering)
    }

    /// Whether it has become clear that there is no cadence.
    pub fn is_hopeless(&self) -> bool {
        const STEPS: u64 = 8 * BLOCK as u64;
        const SLACK: f64 = 1.2;
        self.steps >= STEPS
            && (self.regular * 4 < self.steps || self.is_wavering && !self.is_on_grid(SLACK) && !self.is_loop(SLACK))
    }

    /// Takes a block of steps, of which the first has this place and begins at `since`, and returns above which length a
    /// step of it may be a gap.
    pub fn take(&mut self, steps: &[f64], is_counted: bool, place: u64, since: i64) -> f64 {
        let steady = self.segments.last().and_then(|segment| segment.goes_on(steps));
        let Some(beat) = steady.or_else(|| beat(steps, is_counted)) else { return f64::INFINITY };
        self.steps += steps.len() as u64;
        let may_change = steps.len() >= CHANGE_LEAST || self.segments.is_empty();
        let before = self.segments.last().map(|segment| (segment.cadence(), segment.spread()));
        if beat.is_regular {
            if let Some(summed) = beat.summed {
                self.wavers = (self.wavers.0 + beat.spread / beat.cadence, self.wavers.1 + summed / beat.cadence);
                self.wavering += 1;
                self.is_wavering |= beat.spread > STEADY * beat.cadence;
            }
            self.regular += steps.len() as u64 + self.explained(beat.cadence, beat.spread);
            let is_multiple = |step: &&f64| !is_counted && **step > 1.5 * beat.cadence;
            self.multiples += steps.iter().filter(is_multiple).count() as u64;
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
        if self.is_in_loop() {
            self.segments.iter_mut().for_each(|segment| segment.is_loop = true);
        }
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

    /// Whether rows come in bursts: silences, given by the place and the length of their steps, are many for so many rows,
    /// and of any length. Where rows were lost, or not sent, these would be due on the grid of the others.
    pub fn has_bursts(&self, steps: impl Iterator<Item = (u64, i64)>, rows: u64) -> bool {
        const FAR: f64 = 5.5;
        const MANY: u64 = 10;
        const ROWS: u64 = 64;
        const ON_GRID_LEAST: f64 = 0.65;
        let (mut far, mut on_grid) = (0, 0);
        for (place, length) in steps {
            let Some((_, segment)) = self.at(place) else { continue };
            let times = length as f64 / segment.cadence();
            if times > FAR {
                far += 1;
                let tolerance = (1.2 * segment.spread() / segment.cadence()).clamp(0.1, 0.25);
                on_grid += u64::from((times - times.round()).abs() <= tolerance);
            }
        }
        far >= MANY && far * ROWS >= rows && (on_grid as f64) < ON_GRID_LEAST * far as f64
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
        let judged = |steps: &[f64]| {
            let mut rhythm = Rhythm::default();
            steps.chunks(BLOCK).for_each(|block| {
                rhythm.take(block, false, 1, 0);
            });
            rhythm.is_regular()
        };
        assert!(judged(&steps(&grid)));
        let people: Vec<f64> = noise(320).map(|x| 60e6 * (0.75 + x / 2.0)).collect();
        assert!(!judged(&people));
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
