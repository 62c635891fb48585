//! Where the times of a file turn over: from December to January, from before midnight to after it, from one hour to the
//! next. What a line does not say is counted back from the file's own time.

use super::plan::OwnTime;
use super::stamp::Written;
use crate::model::time::{self, DAY, HOUR, MINUTE};
use crate::model::zone::Zone;

/// What holds from an offset of the file on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes(pub(super) Vec<(u64, i64)>);

impl Changes {
    /// What holds at `offset`. `hint` is where it was found last.
    #[inline]
    pub(super) fn at(&self, offset: u64, hint: &mut usize) -> i64 {
        let list = &self.0;
        let holds = |index: usize| {
            list.get(index).is_some_and(|(from, _)| *from <= offset)
                && list.get(index + 1).is_none_or(|(next, _)| offset < *next)
        };
        if !holds(*hint) {
            *hint = list.partition_point(|(from, _)| *from <= offset).saturating_sub(1);
        }
        list.get(*hint).map_or(0, |(_, value)| *value)
    }

    pub(super) fn push(&mut self, offset: u64, value: i64) {
        match self.0.last() {
            Some((_, last)) if *last == value => {}
            _ => self.0.push((offset, value)),
        }
    }
}

/// Wall time of the beginning of a day; 29 February of a year without one is 1 March.
pub(super) fn yearly(year: i64, month: u32, day: u32) -> i64 {
    let days = time::days(year, month, day).or_else(|| time::days(year, month + 1, 1));
    days.unwrap_or(0) * DAY
}

/// Lines whose times follow one another closely, with no turn of the year, day or hour among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) offset: u64,
    /// Microseconds within the year, day or hour.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) latest: i64,
    pub(super) lines: u64,
    pub(super) has_leap_day: bool,
    /// The directive before it that states a day: where, and which.
    pub(super) stated: Option<(u64, i64)>,
}

/// What repeats: a year (of 366 days, so that every date has its place), a day or an hour, and how far back a line may
/// be and still be out of order rather than in the next period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    length: i64,
    disorder: i64,
}

pub(super) const YEAR: Period = Period { length: 366 * DAY, disorder: 31 * DAY };
pub(super) const OF_DAYS: Period = Period { length: DAY, disorder: HOUR };
pub(super) const OF_HOURS: Period = Period { length: HOUR, disorder: 5 * MINUTE };

impl Period {
    /// How many periods further on `to` is, which comes after `from`: 0, 1, or -1 for a late line of the last one.
    fn turn(self, from: i64, to: i64) -> i64 {
        if to >= from {
            -i64::from(to - from > self.length - self.disorder)
        } else {
            i64::from(from - to > self.disorder)
        }
    }

    /// Which year, day or hour it is whose place `at` is nearest to a time.
    pub(super) fn nearest(self, at: i64, wall: i64) -> i64 {
        let number = self.number(wall);
        let distance = |number: &i64| (self.place(*number, at) - wall).abs();
        [number - 1, number, number + 1].into_iter().min_by_key(distance).unwrap_or(number)
    }

    fn place(self, number: i64, at: i64) -> i64 {
        if self.length == YEAR.length { in_year(number, at) } else { number * self.length + at }
    }

    /// Which year, day or hour a time is in.
    pub(super) fn number(self, wall: i64) -> i64 {
        if self.length == YEAR.length { time::year(wall) } else { wall.div_euclid(self.length) }
    }

    fn is_close(self, from: i64, to: i64) -> bool {
        self.turn(from, to) == 0 && (to - from).abs() <= self.disorder
    }
}

/// The place of a stamp within its period.
pub(super) fn within(written: Written) -> Option<i64> {
    match written {
        Written::Whole(_) => None,
        // 2000 was a leap year.
        Written::Yearless { month, day, of_day, .. } => {
            Some((time::days(2000, month, day)? - time::days(2000, 1, 1)?) * DAY + of_day)
        }
        Written::Dateless { of_day, .. } => Some(of_day),
        Written::Hourless { of_hour } => Some(of_hour),
    }
}

/// The segments of a part of a file.
#[derive(Debug, Default, Clone)]
pub(super) struct Segments(pub(super) Vec<Segment>);

impl Segments {
    pub(super) fn see(&mut self, offset: u64, at: i64, is_leap_day: bool, period: Period) {
        match self.0.last_mut() {
            Some(segment) if period.is_close(segment.last, at) => {
                segment.last = at;
                segment.latest = segment.latest.max(at);
                segment.lines += 1;
                segment.has_leap_day |= is_leap_day;
            }
            last => {
                let stated = last.and_then(|segment| segment.stated);
                self.begin(offset, at, is_leap_day, stated);
            }
        }
    }

    /// The same of a line whose year, day or hour others tell.
    pub(super) fn see_told(&mut self, offset: u64, at: i64, period: Period, number: i64) {
        let is_told = |last: &Segment| last.stated.is_some_and(|(_, stated)| stated == number);
        match self.0.last() {
            Some(last) if is_told(last) && period.is_close(last.last, at) => self.see(offset, at, false, period),
            _ => self.begin(offset, at, false, Some((offset, number))),
        }
    }

    /// Tells its first segments by a time before them. Returns that of the last of them.
    pub(super) fn tell_first(&mut self, count: usize, period: Period, mut wall: i64) -> i64 {
        for segment in self.0.iter_mut().take(count).filter(|segment| segment.stated.is_none()) {
            let number = period.nearest(segment.first, wall);
            segment.stated = Some((segment.offset, number));
            wall = period.place(number, segment.last);
        }
        wall
    }

    /// Tells the last of its first segments by a time behind them. Returns whether there are any.
    pub(super) fn tell_last(&mut self, count: usize, period: Period, (offset, wall): (u64, i64)) -> bool {
        let last = self.0.iter_mut().take(count).last();
        let is_there = last.is_some();
        if let Some(last) = last.filter(|last| last.stated.is_none()) {
            last.stated = Some((offset, period.nearest(last.last, wall)));
        }
        is_there
    }

    pub(super) fn begin(&mut self, offset: u64, at: i64, is_leap_day: bool, stated: Option<(u64, i64)>) {
        self.0.push(Segment { offset, first: at, last: at, latest: at, lines: 1, has_leap_day: is_leap_day, stated });
    }

    /// Puts parts that follow one another together, as if they had been one.
    pub(super) fn joined(parts: Vec<Segments>, period: Period) -> Vec<Segment> {
        let mut all: Vec<Segment> = Vec::new();
        for segment in parts.into_iter().flat_map(|part| part.0) {
            match all.last_mut() {
                Some(last) if segment.stated == last.stated && period.is_close(last.last, segment.first) => {
                    last.last = segment.last;
                    last.latest = last.latest.max(segment.latest);
                    last.lines += segment.lines;
                    last.has_leap_day |= segment.has_leap_day;
                }
                _ => all.push(segment),
            }
        }
        all
    }
}

/// By segment: how many periods after the first one.
///
/// A device without a clock of its own begins on 1 January after each start, until it is told the time: such an
/// excursion, and one of a few lines among many, is none of a year.
fn turns(segments: &[Segment], period: Period) -> Vec<i64> {
    const FEW: u64 = 3;
    const MANY: u64 = 10;
    let mut turns = vec![0; segments.len()];
    // The segment before the last jump.
    let mut left: Option<usize> = None;
    for index in 1..segments.len() {
        let (from, to) = (&segments[index - 1], &segments[index]);
        let excursion = left.filter(|left| {
            let (before, gone) = (&segments[*left], from);
            // The clock goes on where it stood, or some days later; after a start in the first minutes of the year
            // it may have stood for long, and the year may be near its end.
            let is_boot = gone.first < 10 * MINUTE && gone.latest < 2 * DAY;
            let ahead = to.first - before.last;
            let returns = (-HOUR..if is_boot { 180 * DAY } else { 7 * DAY }).contains(&ahead);
            let near = if is_boot { 2 * DAY } else { period.disorder };
            let is_far = (gone.first - before.last).rem_euclid(period.length) > near
                && (before.last - gone.first).rem_euclid(period.length) > near;
            let is_start = gone.first < DAY && gone.latest < 2 * DAY;
            let is_glitch = gone.lines <= FEW && before.lines.min(to.lines) >= MANY;
            period.length == YEAR.length && returns && is_far && (is_start || is_glitch)
        });
        turns[index] = match excursion {
            Some(left) => {
                turns[index - 1] = turns[left];
                turns[left]
            }
            // From 1 January into the end of the year: late lines of the last one, or a device that was told the time.
            None if index == 1 && period.length == YEAR.length && is_told_the_time(from, to) => turns[index - 1],
            None => turns[index - 1] + period.turn(from.last, to.first),
        };
        left = Some(index - 1);
    }
    turns
}

fn is_told_the_time(from: &Segment, to: &Segment) -> bool {
    from.first < 10 * MINUTE && from.latest < 2 * DAY && to.first < YEAR.length - 2 * DAY && to.first > from.last
}

/// What year, day or hour each segment is in.
pub(super) fn changes(segments: &[Segment], period: Period, own: OwnTime, zone: Zone) -> Changes {
    let turns = turns(segments, period);
    let base = match period.length {
        length if length == YEAR.length => year(segments, &turns, own, zone),
        length => {
            // Half a period later is as likely as half a period earlier, unless the zone is sure.
            let slack = if own.is_zone_sure { period.disorder } else { length / 2 };
            let wall = own.modified + (own.modified - zone.utc(own.modified));
            let all = segments.iter().zip(&turns);
            let latest = all.map(|(segment, turn)| turn * length + segment.latest).max().unwrap_or(0);
            let by_file = (wall + slack - latest).div_euclid(length);
            match own.named.filter(|_| length == DAY) {
                None => by_file,
                // The day in a name is that of the first line, of the last one, or the day after that.
                Some(day) => {
                    let last = turns.iter().max().copied().unwrap_or(0);
                    let bases = [day, day - last, day - last - 1];
                    bases.into_iter().min_by_key(|base| (base - by_file).abs()).unwrap_or(by_file)
                }
            }
        }
    };
    let mut changes = Changes::default();
    // What a directive states holds from there on, and counts back to the file's beginning.
    let mut directive = None;
    let mut base = match segments.iter().zip(&turns).find_map(|(segment, turn)| Some(segment.stated?.1 - turn)) {
        Some(stated) => stated,
        None => base,
    };
    for (segment, turn) in segments.iter().zip(turns) {
        if let Some((at, day)) = segment.stated
            && directive != Some(at)
        {
            directive = Some(at);
            base = day - turn;
        }
        changes.push(if changes.0.is_empty() { 0 } else { segment.offset }, base + turn);
    }
    changes
}

/// Wall time of a place within a year.
fn in_year(year: i64, within: i64) -> i64 {
    let (_, month, day) = time::civil(within.div_euclid(DAY) + LEAP_YEAR);
    yearly(year, month, day) + within.rem_euclid(DAY)
}

/// The last year that puts no line a day after the file's own time, and in which every 29 February is; of a file with a
/// day in its name, or in that of the file before it, the one in which its lines are nearest to that.
fn year(segments: &[Segment], turns: &[i64], own: OwnTime, zone: Zone) -> i64 {
    let limit = own.modified + DAY;
    let newest = time::year(limit);
    let at = |year: i64, within: i64| zone.utc(in_year(year, within));
    let all = || segments.iter().zip(turns);
    let most = turns.iter().max().copied().unwrap_or(0);
    let fits = |base: i64| all().all(|(segment, turn)| at(base + turn, segment.latest) <= limit);
    let leaps = |base: i64| all().all(|(s, turn)| !s.has_leap_day || time::days(base + turn, 2, 29).is_some());
    let bases = || (0..=12).map(|back| newest - most - back).filter(|base| fits(*base));
    let sound = || bases().filter(|base| leaps(*base));
    let from_name = own.named.or(own.nearby).and_then(|day| {
        let middle = day * DAY + DAY / 2;
        let distance = |base: i64| {
            let first = all().map(|(segment, turn)| at(base + turn, segment.first)).min().unwrap_or(0);
            let last = all().map(|(segment, turn)| at(base + turn, segment.latest)).max().unwrap_or(0);
            (first - middle).max(middle - last).max(0)
        };
        sound().min_by_key(|base| distance(*base))
    });
    from_name.or_else(|| sound().next()).or_else(|| bases().next()).unwrap_or(newest)
}

/// Days of 1 January 2000 since 1970.
const LEAP_YEAR: i64 = 10_957;

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(list: &[(&str, u64)]) -> Vec<Segment> {
        let format = super::super::stamp::StampFormat::compile("%b %e %H:%M:%S").expect("a format");
        let mut segments = Segments::default();
        let mut offset = 0;
        for (text, lines) in list {
            for _ in 0..*lines {
                let (written, _) = format.read(text.as_bytes()).expect("a stamp");
                segments.see(offset, within(written).expect("no year"), text.starts_with("Feb 29"), YEAR);
                offset += 10;
            }
        }
        Segments::joined(vec![segments], YEAR)
    }

    fn years(list: &[(&str, u64)], modified: &str) -> Vec<(u64, i64)> {
        named_years(list, modified, None)
    }

    fn named_years(list: &[(&str, u64)], modified: &str, named: Option<i64>) -> Vec<(u64, i64)> {
        let modified = time::iso_whole(modified.as_bytes()).expect("a time").wall;
        changes(&segments(list), YEAR, OwnTime { modified, named, ..OwnTime::default() }, Zone::UTC).0
    }

    #[test]
    fn years_are_counted_back_from_the_files_time() {
        let file = "2007-11-03 09:23:00";
        assert_eq!(years(&[("Nov  3 09:23:38", 2)], file), [(0, 2007)]);
        assert_eq!(years(&[("Dec  3 09:23:38", 1), ("Jan  3 09:23:38", 1)], file), [(0, 2006), (10, 2007)]);
        assert_eq!(years(&[("Feb 29 09:23:38", 1)], file), [(0, 2004)]);
        // Late lines are no turn of the year, in either direction.
        assert_eq!(years(&[("Jun 20 00:00:00", 1), ("Jun  1 00:00:00", 1)], file), [(0, 2007)]);
        let around = [("Dec 31 23:59:59", 1), ("Jan  1 00:00:01", 1), ("Dec 31 23:59:58", 1), ("Jan  1 00:00:02", 1)];
        assert_eq!(years(&around, file), [(0, 2006), (10, 2007), (20, 2006), (30, 2007)]);
        // Many years in one file.
        let long = [("May  1 00:00:00", 1), ("Jan  1 10:00:00", 1), ("Sep  1 00:00:00", 1), ("Feb  1 00:00:00", 1)];
        assert_eq!(years(&long, file), [(0, 2005), (10, 2006), (30, 2007)]);
    }

    #[test]
    fn a_device_that_starts_on_the_first_of_january_is_no_new_year() {
        let starts = [("Jul 14 10:00:00", 5), ("Jan  1 00:00:07", 40), ("Jul 14 10:05:00", 5)];
        assert_eq!(years(&starts, "2024-07-14 12:00:00"), [(0, 2024)]);
        let long = [
            ("May  5 08:00:00", 2),
            ("Jan  1 00:00:05", 1),
            ("May 20 09:00:00", 2),
            ("Jan  1 00:00:05", 1),
            ("Jun  5 09:00:00", 2),
        ];
        assert_eq!(years(&long, "2023-06-05 09:01:01"), [(0, 2023)]);
        let december = [("Dec  5 08:00:00", 2), ("Jan  1 00:00:05", 1), ("Dec  5 09:00:00", 2)];
        assert_eq!(years(&december, "2023-12-05 09:01:01"), [(0, 2023)]);
        let late = [("Dec 31 23:50:00", 1), ("Jan  1 00:00:24", 1), ("Dec 26 00:00:30", 1), ("Jan  1 00:00:36", 1)];
        assert_eq!(years(&late, "2024-01-01 00:01:00"), [(0, 2023), (10, 2024), (20, 2023), (30, 2024)]);
        let first = [("Jan  1 00:00:05", 1), ("Dec 20 08:00:00", 1)];
        assert_eq!(years(&first, "2023-12-20 08:07:01"), [(0, 2023)]);
    }

    #[test]
    fn a_day_in_a_name_may_be_that_of_the_first_line_or_of_the_last() {
        let day = |text: &str| Some(time::iso_whole(text.as_bytes()).expect("a date").wall / DAY);
        let lines = [("Jun  1 10:00:00", 2), ("Jun  3 10:00:00", 2)];
        assert_eq!(named_years(&lines, "2023-06-03 10:00:01", day("2023-06-01")), [(0, 2023)]);
        assert_eq!(named_years(&lines, "2026-11-22 10:00:00", day("2023-06-04")), [(0, 2023)]);
        let turn = [("Dec 30 10:00:00", 2), ("Jan  2 10:00:00", 2)];
        assert_eq!(named_years(&turn, "2026-11-22 10:00:00", day("2023-12-30")), [(0, 2023), (20, 2024)]);
    }

    #[test]
    fn what_a_directive_states_holds_from_there_on() {
        let segment = |offset, at, stated| Segment {
            offset,
            first: at,
            last: at,
            latest: at,
            lines: 1,
            has_leap_day: false,
            stated,
        };
        let stated = Some((5, 100));
        let list = [segment(0, 23 * HOUR, None), segment(10, 5 * HOUR, stated), segment(20, HOUR, stated)];
        let own = OwnTime { modified: 500 * DAY, ..OwnTime::default() };
        assert_eq!(changes(&list, OF_DAYS, own, Zone::UTC).0, [(0, 99), (10, 100), (20, 101)]);
    }
}
