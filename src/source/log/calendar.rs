//! From stamps as they are written to UTC. A stamp without a year, a day or an hour gets it from the lines around it:
//! a file is looked through once for the places where its times turn over, and its last line is put where the file's
//! own time says. So is an hour that the end of daylight saving repeats.

use std::sync::Arc;

use super::record::FileFormats;
use super::stamp::{Lack, Written};
use super::survey::looked_through;
use super::turns::{Changes, OF_DAYS, OF_HOURS, Period, Segment, Segments, YEAR, changes, within, yearly};
use crate::model::time::{DAY, HOUR, MINUTE, Stamp};
use crate::model::zone::Zone;
use crate::source::file::File;

/// What the stamps of one file do not say, by place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: Changes,
    /// Since 1970.
    days: Changes,
    /// Since 1970.
    hours: Changes,
    /// 1 where an hour that occurs twice is its second occurrence.
    repeats: Changes,
}

/// Where the log's clock stood, and how far ahead it ran.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub zone: Zone,
    /// Microseconds this clock runs ahead.
    pub skew: i64,
}

/// What turns written stamps of one file into UTC.
#[derive(Debug, Clone)]
pub struct Clock {
    place: Place,
    calendar: Arc<Calendar>,
    /// Where the calendar was looked at last: for years, days, hours and repeats.
    hints: [usize; 4],
    /// Of the last quarter of an hour resolved: its wall time, and what is to be subtracted from it. Zones change
    /// their offset at quarters only, and looking one up takes longer than reading a line.
    quarter: (i64, i64, i64),
}

impl Clock {
    pub fn new(place: Place, calendar: Arc<Calendar>) -> Clock {
        Clock { place, calendar, hints: [0; 4], quarter: (i64::MIN, 0, 0) }
    }

    /// UTC microseconds of a stamp in the record at `offset` of its file.
    #[inline]
    pub fn utc(&mut self, written: Written, offset: u64) -> i64 {
        let stamp = self.whole(written, offset);
        self.resolve(stamp, offset) - self.place.skew
    }

    fn whole(&mut self, written: Written, offset: u64) -> Stamp {
        let calendar = &self.calendar;
        match written {
            Written::Whole(stamp) => stamp,
            Written::Yearless { month, day, of_day, offset: zone } => {
                let year = calendar.years.at(offset, &mut self.hints[0]);
                Stamp { wall: yearly(year, month, day) + of_day, offset: zone }
            }
            Written::Dateless { of_day, offset: zone } => {
                Stamp { wall: calendar.days.at(offset, &mut self.hints[1]) * DAY + of_day, offset: zone }
            }
            Written::Hourless { of_hour } => {
                Stamp { wall: calendar.hours.at(offset, &mut self.hints[2]) * HOUR + of_hour, offset: None }
            }
        }
    }

    fn resolve(&mut self, stamp: Stamp, offset: u64) -> i64 {
        const QUARTER: i64 = 15 * MINUTE;
        if let (None, Zone::Named(_)) = (stamp.offset, self.place.zone) {
            let quarter = stamp.wall.div_euclid(QUARTER);
            if self.quarter.0 != quarter {
                let start = quarter * QUARTER;
                let (first, second) = self.place.zone.both(start);
                self.quarter = (quarter, start - first, start - second);
            }
            let (_, first, second) = self.quarter;
            let is_second = first != second && self.calendar.repeats.at(offset, &mut self.hints[3]) == 1;
            return stamp.wall - if is_second { second } else { first };
        }
        self.place.zone.resolve(stamp)
    }
}

/// What is looked for when a file is looked through.
#[derive(Default, Clone)]
struct Seen {
    years: Segments,
    days: Segments,
    hours: Segments,
}

/// Lines within one hour that occurs twice, or next to it.
#[derive(Debug, Clone, Copy)]
struct Fold {
    offset: u64,
    /// Wall times.
    first: i64,
    last: i64,
}

impl Calendar {
    /// Of a file whose formats lack `lacks`, by its own time `modified` in UTC.
    pub fn of(file: &File, formats: &Arc<FileFormats>, zone: Zone) -> Calendar {
        let lacks = formats.lacks();
        let mut calendar = Calendar::default();
        if lacks.iter().any(|lack| *lack != Lack::Nothing) {
            calendar.turn(file, formats, zone);
        }
        if zone.has_folds() {
            calendar.fold(file, formats, zone);
        }
        calendar
    }

    /// Of a file of one line, whose own time is `limit`.
    pub fn of_one(written: Written, limit: i64) -> Calendar {
        let mut calendar = Calendar::default();
        let Some(at) = within(written) else { return calendar };
        let mut segments = Segments::default();
        let is_leap_day = matches!(written, Written::Yearless { month: 2, day: 29, .. });
        let mut of = |period: Period, limit: i64| {
            segments.see(0, at, is_leap_day, period);
            changes(&segments.0, period, limit, Zone::UTC)
        };
        match written.lacks() {
            Lack::Year => calendar.years = of(YEAR, limit + DAY),
            Lack::Day => calendar.days = of(OF_DAYS, limit),
            Lack::Hour => calendar.hours = of(OF_HOURS, limit),
            Lack::Nothing => {}
        }
        calendar
    }

    /// Years, days and hours.
    fn turn(&mut self, file: &File, formats: &Arc<FileFormats>, zone: Zone) {
        let parts = looked_through(file, formats, |seen: &mut Seen, offset, written| {
            let Some(at) = within(written) else { return };
            match written {
                Written::Yearless { month, day, .. } => seen.years.see(offset, at, (month, day) == (2, 29), YEAR),
                Written::Dateless { .. } => {
                    let stated = formats.stated_day(offset);
                    let is_new = seen.days.0.last().is_none_or(|last| formats.stated_day(last.offset) != stated);
                    match stated.filter(|_| is_new) {
                        Some((_, day)) => seen.days.0.push(Segment {
                            offset,
                            first: at,
                            last: at,
                            latest: at,
                            lines: 1,
                            has_leap_day: false,
                            stated: Some(day),
                        }),
                        None => seen.days.see(offset, at, false, OF_DAYS),
                    }
                }
                Written::Hourless { .. } => seen.hours.see(offset, at, false, OF_HOURS),
                Written::Whole(_) => {}
            }
        });
        let limit = formats.limit;
        let wall = limit + (limit - zone.utc(limit));
        let of = |pick: fn(Seen) -> Segments, period: Period, limit: i64| {
            let segments = Segments::joined(parts.iter().cloned().map(pick).collect(), period);
            if segments.is_empty() { Changes::default() } else { changes(&segments, period, limit, zone) }
        };
        self.years = of(|seen| seen.years, YEAR, limit + DAY);
        self.days = of(|seen| seen.days, OF_DAYS, wall);
        self.hours = of(|seen| seen.hours, OF_HOURS, wall);
    }

    /// Which lines are in the second occurrence of an hour: those after the clock went back.
    fn fold(&mut self, file: &File, formats: &Arc<FileFormats>, zone: Zone) {
        const STEP: i64 = 25 * MINUTE;
        let clock = Clock::new(Place { zone, skew: 0 }, Arc::new(self.clone()));
        let parts = looked_through(file, formats, |seen: &mut Option<Folding>, offset, written| {
            if written.offset().is_some() {
                return;
            }
            let seen = seen.get_or_insert_with(|| Folding::new(clock.clone()));
            let wall = seen.clock.whole(written, offset).wall;
            if !seen.is_near_fold(zone, wall) {
                return;
            }
            match seen.folds.last_mut() {
                Some(fold) if (wall - fold.last).abs() < STEP => fold.last = wall,
                _ => seen.folds.push(Fold { offset, first: wall, last: wall }),
            }
        });
        let mut before: Option<Fold> = None;
        let mut is_second = false;
        for fold in parts.into_iter().flatten().flat_map(|part| part.folds) {
            if let Some(before) = before {
                let step = fold.first - before.last;
                is_second = match step {
                    _ if step.abs() > 3 * HOUR => false,
                    // Back into the hour, or from behind it by a late line.
                    step if step <= -STEP => true,
                    _ if !zone.is_double(fold.first) => false,
                    // A late line of the first occurrence.
                    step if step >= 55 * MINUTE && is_second => false,
                    _ => is_second,
                };
            }
            self.repeats.push(fold.offset, i64::from(is_second));
            before = Some(fold);
        }
    }
}

/// Lines within an hour of one that occurs twice.
struct Folding {
    clock: Clock,
    folds: Vec<Fold>,
    /// The quarter of an hour looked at last, and whether it is near a fold.
    quarter: (i64, bool),
}

impl Folding {
    fn new(clock: Clock) -> Folding {
        Folding { clock, folds: Vec::new(), quarter: (i64::MIN, false) }
    }

    fn is_near_fold(&mut self, zone: Zone, wall: i64) -> bool {
        const QUARTER: i64 = 15 * MINUTE;
        let quarter = wall.div_euclid(QUARTER);
        if self.quarter.0 != quarter {
            self.quarter = (quarter, (-4..=4).any(|more| zone.is_double((quarter + more) * QUARTER)));
        }
        self.quarter.1
    }
}
