//! What the numbers of a series tell, row by row: which never arrived, which came again, where counting began anew.

use super::holes::Holes;

/// A number that falls by no more came late.
const FALL_LEAST: i64 = 5;
/// Nothing counts so many: a number that is further up is of another life.
const RISE_MOST: i64 = 1 << 53;

/// Numbers that lie between two rows and have not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The numbers on either side, with those of roll-overs added.
    pub after: i64,
    pub before: i64,
    /// The times of the rows on either side, in microseconds.
    pub since: i64,
    pub until: i64,
    /// How many of the numbers may be rows that are there without a number.
    blanks: i64,
    /// Rows of the series up to the end of the hole.
    pub place: u64,
    /// Which life of the counter, from 0.
    pub life: u32,
}

impl Hole {
    pub fn missing(&self) -> i64 {
        self.before.saturating_sub(self.after).saturating_sub(1).saturating_sub(self.blanks)
    }
}

/// What the number of one row says of the step that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepNumbers {
    /// Nothing: the row, or the series, has none.
    Nothing,
    /// So many numbers are missing before it, maybe none.
    Missing(i64),
    BeganAnew,
}

/// Rows whose number was there before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Again {
    pub rows: u64,
    /// The times of the first and the last of them, in microseconds.
    pub since: i64,
    pub until: i64,
}

/// A stretch in which a counter did not begin anew: its lowest and its highest number, and when they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    pub bottom: i64,
    pub top: i64,
    /// In microseconds.
    pub since: i64,
    pub until: i64,
}

/// A roll-over: when the first row behind it came, in microseconds, and what is added to numbers from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub at: i64,
    pub adds: i64,
}

/// The counter of a series as far as it was seen, in the order of time.
#[derive(Debug, Clone, Default)]
pub struct Counter {
    pub numbers: u64,
    /// Numbers that follow the one before, rows without a number counted.
    pub follows: u64,
    /// The highest and the lowest number of this life, and the lowest of all.
    top: Option<i64>,
    bottom: i64,
    lowest: i64,
    /// When the lowest of this life came.
    begun: i64,
    /// What roll-overs add to the numbers of this life.
    turns: i64,
    /// All roll-overs, in the order of time.
    pub turned: Vec<Turn>,
    /// At how many it rolls over, if it did.
    pub modulus: Option<i64>,
    /// Rows without a number since the last one with one.
    blanks: i64,
    pub has_blanks: bool,
    /// Rows with a number and without a time.
    pub untimed: u64,
    pub again: Again,
    pub holes: Holes,
    /// When each life but the first began.
    pub lives: Vec<i64>,
    /// Those before this one.
    ended: Vec<Life>,
    last: i64,
}

/// A row in its series: time in microseconds, and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub at: i64,
    pub number: Option<i64>,
}

impl Counter {
    /// The first row.
    pub fn begin(&mut self, row: Row) {
        match row.number {
            Some(number) => {
                (self.numbers, self.top, self.bottom) = (1, Some(number), number);
                (self.lowest, self.begun, self.last) = (number, row.at, row.at);
            }
            None => self.blank(),
        }
    }

    /// Whether all rows have a number, and numbers never fell.
    pub fn is_plain(&self) -> bool {
        self.numbers == 0 || !self.has_blanks && self.untimed == 0 && self.is_single()
    }

    /// Whether each number is there for one row: the counter did not roll over, nor begin anew.
    pub fn is_single(&self) -> bool {
        self.modulus.is_none() && self.lives.is_empty()
    }

    /// The lowest number of all and the highest of the last life.
    pub fn ends(&self) -> [i64; 2] {
        [self.lowest, self.top.unwrap_or(self.lowest)]
    }

    fn life(&self) -> Option<Life> {
        self.top.map(|top| Life { bottom: self.bottom, top, since: self.begun, until: self.last })
    }

    /// All lives, in the order of time.
    pub fn all_lives(&self) -> Vec<Life> {
        self.ended.iter().copied().chain(self.life()).collect()
    }

    fn blank(&mut self) {
        self.blanks += 1;
        self.has_blanks = true;
    }

    /// A row behind another, with the one after it; `sent` is how many are due in that time, where the cadence is known.
    pub fn take(&mut self, row: Row, next: Option<Row>, sent: Option<f64>, place: u64) -> StepNumbers {
        let Some(number) = row.number else {
            self.blank();
            return StepNumbers::Nothing;
        };
        self.numbers += 1;
        let Some(top) = self.top else {
            (self.top, self.bottom, self.lowest) = (Some(number), number, number);
            (self.begun, self.last, self.blanks) = (row.at, row.at, 0);
            return StepNumbers::Nothing;
        };
        let mut unrolled = number.saturating_add(self.turns);
        if unrolled <= top
            && let Some(modulus) = self.turn(top.saturating_sub(self.turns), number, sent)
        {
            (self.turns, self.modulus) = (self.turns.saturating_add(modulus), Some(modulus));
            self.turned.push(Turn { at: row.at, adds: self.turns });
            unrolled = number.saturating_add(self.turns);
        }
        // One of before the roll-over that comes behind it, unless as many rows are due.
        let is_late = |modulus: i64| {
            unrolled.saturating_sub(top) > modulus / 2 && sent.is_none_or(|sent| sent < modulus as f64 / 2.0)
        };
        if let Some(modulus) = self.modulus.filter(|modulus| is_late(*modulus)) {
            unrolled = unrolled.saturating_sub(modulus);
        }
        if unrolled.saturating_sub(top) > RISE_MOST {
            return self.begin_anew(number, row.at);
        }
        if unrolled > top {
            return self.go_on(unrolled, top, row.at, place);
        }
        if unrolled < top && self.fill(unrolled) {
            return StepNumbers::Missing(0);
        }
        let next = next.and_then(|next| next.number);
        if self.begins_anew(number, top, next) || self.is_far_below(unrolled, top) {
            return self.begin_anew(number, row.at);
        }
        if unrolled < self.bottom {
            self.come_before(unrolled, row.at, place);
            return StepNumbers::Missing(0);
        }
        if self.again.rows == 0 {
            self.again.since = row.at;
        }
        (self.again.rows, self.again.until) = (self.again.rows + 1, row.at);
        StepNumbers::Missing(0)
    }

    /// Counting begins with another number, which is neither above nor below the others.
    fn begin_anew(&mut self, number: i64, at: i64) -> StepNumbers {
        self.ended.extend(self.life());
        (self.top, self.bottom, self.turns) = (Some(number), number, 0);
        (self.begun, self.last, self.blanks) = (at, at, 0);
        self.lowest = self.lowest.min(number);
        self.lives.push(at);
        StepNumbers::BeganAnew
    }

    fn go_on(&mut self, unrolled: i64, top: i64, at: i64, place: u64) -> StepNumbers {
        // Rows without a number in between have those in between.
        if unrolled.saturating_sub(top) == 1 + self.blanks {
            self.follows += 1;
        }
        let hole = Hole {
            after: top,
            before: unrolled,
            since: self.last,
            until: at,
            blanks: self.blanks,
            place,
            life: u32::try_from(self.lives.len()).unwrap_or(u32::MAX),
        };
        (self.top, self.last, self.blanks) = (Some(unrolled), at, 0);
        self.holes.add(hole);
        StepNumbers::Missing(hole.missing().max(0))
    }

    /// Whether a number is below the first one of this life by more than what is counted in it.
    fn is_far_below(&self, number: i64, top: i64) -> bool {
        const LATE_MOST: i64 = 16;
        self.bottom.saturating_sub(number) > LATE_MOST.max(top.saturating_sub(self.bottom))
    }

    /// A number below the first one of this life, which came late.
    fn come_before(&mut self, number: i64, at: i64, place: u64) {
        let life = u32::try_from(self.lives.len()).unwrap_or(u32::MAX);
        self.holes.add(Hole { after: number, before: self.bottom, since: at, until: at, blanks: 0, place, life });
        (self.bottom, self.begun, self.lowest) = (number, at, self.lowest.min(number));
    }

    /// A number that comes late, or without a time, fills its hole.
    pub fn fill(&mut self, number: i64) -> bool {
        let life = u32::try_from(self.lives.len()).unwrap_or(u32::MAX);
        let Some(hole) = self.holes.take(life, number) else { return false };
        self.holes.add(Hole { before: number, blanks: 0, ..hole });
        self.holes.add(Hole { after: number, ..hole });
        true
    }

    fn is_near_lowest(&self, number: i64, own: i64) -> bool {
        let span = own.saturating_sub(self.lowest);
        number <= self.lowest.saturating_add(FALL_LEAST.max(span / 10))
    }

    /// At how many it rolls over, if it did from `top` to `number`: where both are near the ends of 8, 16 or 32 bits and no
    /// more numbers are missing in between than rows are due, or where just as many are missing as rows are due.
    fn turn(&self, top: i64, number: i64, sent: Option<f64>) -> Option<i64> {
        let is_known = |modulus: &i64| self.modulus.is_none_or(|known| known == *modulus);
        [1_i64 << 8, 1 << 16, 1 << 32].into_iter().filter(is_known).find(|modulus| {
            let margin = modulus / 8;
            let is_near = (modulus - margin..*modulus).contains(&top) && (0..margin).contains(&number);
            let steps = modulus.saturating_sub(top).saturating_add(number);
            let is_due = match sent {
                Some(sent) => (steps as f64 - sent).abs() <= 1.0_f64.max(0.1 * sent),
                None => steps <= margin / 2,
            };
            if is_near {
                return steps == 1 || is_due;
            }
            // The first time most numbers may be missing only if just as many rows are due.
            let is_bold = steps > modulus / 2 && self.modulus.is_none();
            // A counter that began anew would be near its lowest number.
            let tolerance = match self.is_near_lowest(number, top) {
                true if number <= self.lowest.saturating_add(1) || is_bold => return false,
                false if !is_bold => 1.0_f64.max(0.03 * steps as f64),
                _ => 1.0,
            };
            number >= 0 && top < *modulus && sent.is_some_and(|sent| (steps as f64 - sent).abs() <= tolerance)
        })
    }

    /// Whether a number that fell is the first of a new life: it falls far, to about the lowest there was, and counting
    /// goes on from there.
    fn begins_anew(&self, number: i64, top: i64, next: Option<i64>) -> bool {
        let own = top.saturating_sub(self.turns);
        let fall = own.saturating_sub(number);
        fall > FALL_LEAST && self.is_near_lowest(number, own) && next.is_none_or(|next| next > number && next < own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(numbers: &[i64]) -> Counter {
        counted_at(numbers, |place| place as i64)
    }

    /// Of rows at these times, of which one is due at each.
    fn counted_at(numbers: &[i64], at: impl Fn(usize) -> i64) -> Counter {
        let row = |(place, number): (usize, &i64)| Row { at: at(place), number: (*number >= 0).then_some(*number) };
        let rows: Vec<Row> = numbers.iter().enumerate().map(row).collect();
        let mut counter = Counter::default();
        counter.begin(rows[0]);
        for place in 1..rows.len() {
            let sent = (rows[place].at - rows[place - 1].at) as f64;
            counter.take(rows[place], rows.get(place + 1).copied(), Some(sent), place as u64);
        }
        counter
    }

    fn missing(counter: &Counter) -> i64 {
        counter.holes.iter().map(Hole::missing).sum()
    }

    #[test]
    fn numbers_that_are_missing_late_or_again_are_told_apart() {
        let lost = counted(&[5, 6, 9, 10, 8, 11]);
        assert_eq!((missing(&lost), lost.again.rows), (1, 0), "7 is missing, 8 came late");
        let again = counted(&[5, 6, 7, 6, 8]);
        assert_eq!((missing(&again), again.again.rows, again.lives.len()), (0, 1, 0));
        let late = counted(&[6, 5, 7, 3, 8]);
        assert_eq!((missing(&late), late.again.rows), (1, 0), "4 is missing, 5 and 3 came late");
        let blank = counted(&[5, -1, 7, -1, 10]);
        assert_eq!(missing(&blank), 1);
    }

    #[test]
    fn a_counter_that_falls_began_anew_or_rolled_over() {
        let mut numbers: Vec<i64> = (0..40).collect();
        numbers.extend(0..20);
        let anew = counted(&numbers);
        assert_eq!((missing(&anew), anew.again.rows, anew.lives.as_slice()), (0, 0, &[40][..]));
        let rolled = counted(&[253, 254, 255, 0, 1, 3]);
        assert_eq!((missing(&rolled), rolled.again.rows, rolled.lives.len()), (1, 0, 0));
        assert_eq!(rolled.modulus, Some(256));
        let swapped = counted(&[253, 254, 0, 255, 1, 2]);
        assert_eq!((missing(&swapped), swapped.again.rows, swapped.lives.len()), (0, 0, 0));
        let mut wide: Vec<i64> = (0..250).chain(300..440).map(|n| n % 256).collect();
        let jump = counted_at(&wide, |place| if place < 250 { place as i64 } else { place as i64 + 50 });
        assert_eq!((missing(&jump), jump.again.rows, jump.lives.len()), (50, 0, 0));
        assert_eq!(jump.turned, [Turn { at: 300, adds: 256 }]);
        // More than half of the numbers, once it is known at how many it rolls over.
        wide.extend((600..640).map(|n| n % 256));
        let jump = counted_at(&wide, |place| match place {
            ..250 => place as i64,
            250..390 => place as i64 + 50,
            _ => place as i64 + 210,
        });
        assert_eq!((missing(&jump), jump.again.rows, jump.lives.len()), (210, 0, 0));
        // Nor need it be known, if as many rows are due.
        let first: Vec<i64> = (0..100).chain(300..440).map(|n| n % 256).collect();
        let jump = counted_at(&first, |place| if place < 100 { place as i64 } else { place as i64 + 200 });
        assert_eq!((missing(&jump), jump.again.rows, jump.lives.len()), (200, 0, 0));
        let mut lossy = Counter::default();
        lossy.begin(Row { at: 0, number: Some(65_530) });
        let told = lossy.take(Row { at: 9, number: Some(3) }, None, Some(9.0), 1);
        assert_eq!((told, missing(&lossy)), (StepNumbers::Missing(8), 8));
    }
    #[test]
    fn rows_that_were_kept_back_fill_very_many_holes() {
        // One in ten comes at the end, and some never.
        let all = 1_000_000;
        let mut numbers: Vec<i64> = (0..all).filter(|n| n % 10 != 5).collect();
        numbers.extend((0..all).filter(|n| n % 10 == 5 && n % 1_000 != 5));
        let kept = counted(&numbers);
        assert_eq!((missing(&kept), kept.again.rows, kept.lives.len()), (all / 1_000, 0, 0));
    }

    #[test]
    fn numbers_at_the_ends_of_what_can_be_counted() {
        let ends = [i64::MAX, i64::MAX, i64::MAX - 1, i64::MIN + 1, i64::MAX, i64::MIN + 1, 0, i64::MIN + 2, 255, 0];
        let mut counter = Counter::default();
        counter.begin(Row { at: 0, number: Some(i64::MAX) });
        for (place, number) in ends.iter().cycle().take(100).enumerate() {
            let row = |number: i64| Row { at: place as i64 + 1, number: Some(number) };
            counter.take(row(*number), Some(row(-*number)), Some(1.0), place as u64 + 2);
        }
        assert_eq!(counter.numbers, 101);
    }
}
