//! From stamps as they are written to UTC. A stamp without a year, a day or an hour gets it from the lines around it:
//! a file is looked through once for the places where its times turn over, and its last line is put where the file's
//! own time says. So is an hour that the end of daylight saving repeats. It is looked through only once a stamp needs it.

use std::sync::{Arc, OnceLock, Weak};

use super::folds::{self, Runs};
use super::plan::{FileFormats, OwnTime};
use super::stamp::{Lack, Written};
use super::survey::looked_through;
use super::turns::{Changes, OF_DAYS, OF_HOURS, Period, Segments, YEAR, changes, within, yearly};
use crate::model::time::{DAY, HOUR, MINUTE, SECOND, Stamp};
use crate::model::zone::{Doubt, Zone};
use crate::source::file::File;

/// What the stamps of one file do not say, by place.
#[derive(Debug, Default)]
pub struct Calendar {
    turned: OnceLock<Turned>,
    repeats: OnceLock<Repeats>,
    survey: Option<Survey>,
}

/// Hours that occur twice.
#[derive(Debug, Clone, Default)]
struct Repeats {
    /// 1 where it is the second occurrence.
    changes: Changes,
    end: Option<folds::End>,
}

/// What is to be looked through.
#[derive(Debug)]
struct Survey {
    file: Arc<File>,
    /// Which has this calendar.
    formats: Weak<FileFormats>,
    place: Place,
}

/// Where the parts that stamps lack change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Turned {
    years: Changes,
    /// Since 1970.
    days: Changes,
    /// Since 1970.
    hours: Changes,
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
    quarter: (i64, i64, i64, Option<Doubt>),
}

impl Clock {
    pub fn new(place: Place, calendar: Arc<Calendar>) -> Clock {
        Clock { place, calendar, hints: [0; 4], quarter: (i64::MIN, 0, 0, None) }
    }

    /// UTC microseconds of a stamp in the record at `offset` of its file, and why they may be others.
    #[inline]
    pub fn utc(&mut self, written: Written, offset: u64) -> (i64, Option<Doubt>) {
        let stamp = self.whole(written, offset);
        let (at, doubt) = self.resolve(stamp, offset);
        (at - self.place.skew, doubt)
    }

    fn whole(&mut self, written: Written, offset: u64) -> Stamp {
        let turned = || self.calendar.turned();
        match written {
            Written::Whole(stamp) => stamp,
            Written::Yearless { month, day, of_day, offset: zone } => {
                let year = turned().years.at(offset, &mut self.hints[0]);
                Stamp { wall: yearly(year, month, day) + of_day, offset: zone }
            }
            Written::Dateless { of_day, offset: zone } => {
                Stamp { wall: turned().days.at(offset, &mut self.hints[1]) * DAY + of_day, offset: zone }
            }
            Written::Hourless { of_hour } => {
                Stamp { wall: turned().hours.at(offset, &mut self.hints[2]) * HOUR + of_hour, offset: None }
            }
        }
    }

    fn resolve(&mut self, stamp: Stamp, offset: u64) -> (i64, Option<Doubt>) {
        const QUARTER: i64 = 15 * MINUTE;
        if let (None, Zone::Named(_)) = (stamp.offset, self.place.zone) {
            let quarter = stamp.wall.div_euclid(QUARTER);
            if self.quarter.0 != quarter {
                let start = quarter * QUARTER;
                let (first, second, doubt) = self.place.zone.judged(start);
                self.quarter = (quarter, start - first, start - second, doubt);
            }
            let (_, first, second, doubt) = self.quarter;
            let is_second = first != second && self.calendar.repeats().changes.at(offset, &mut self.hints[3]) == 1;
            return (stamp.wall - if is_second { second } else { first }, doubt);
        }
        (self.place.zone.resolve(stamp), None)
    }
}

/// What is looked for when a part of a file is looked through.
#[derive(Default, Clone)]
struct Seen {
    /// Of lines that lack their year, day or hour.
    kinds: [Segments; 3],
    /// The first line that says all of its time, and how many segments of each kind are before it.
    first: Option<((u64, i64), [usize; 3])>,
    /// When the line before was written, once a line says all of it.
    near: Option<Stamp>,
}

/// Of each kind.
const PERIODS: [Period; 3] = [YEAR, OF_DAYS, OF_HOURS];
const LACKS: [Lack; 3] = [Lack::Year, Lack::Day, Lack::Hour];

impl Seen {
    /// A line that lacks a part of its time is near those around it that say it; `directive` is what states its day.
    fn see(&mut self, offset: u64, written: Written, directive: Option<(u64, i64)>) {
        if let Written::Whole(known) = written {
            let before = || [0, 1, 2].map(|kind: usize| self.kinds[kind].0.len());
            self.first = self.first.or_else(|| Some(((offset, known.wall), before())));
            self.near = Some(known);
        }
        let Some(at) = within(written) else { return };
        let Some(kind) = LACKS.iter().position(|lack| *lack == written.lacks()) else { return };
        let is_leap_day = matches!(written, Written::Yearless { month: 2, day: 29, .. });
        let (segments, period) = (&mut self.kinds[kind], PERIODS[kind]);
        let near = self.near.filter(|_| directive.is_none()).map(|known| written.near(Written::Whole(known)));
        if let Some(Written::Whole(whole)) = near {
            self.near = Some(whole);
            segments.see_told(offset, at, period, period.number(whole.wall));
            return;
        }
        match segments.0.last() {
            Some(last) if last.stated == directive => segments.see(offset, at, is_leap_day, period),
            _ => segments.begin(offset, at, is_leap_day, directive),
        }
    }

    /// Tells what is before the first whole time of each part by the parts around it, as if all had been one.
    fn tell(parts: &mut [Seen]) {
        let mut near: Option<Stamp> = None;
        for index in 0..parts.len() {
            let (before, rest) = parts.split_at_mut(index);
            let part = &mut rest[0];
            for (kind, period) in PERIODS.into_iter().enumerate() {
                let own = part.first.map_or(part.kinds[kind].0.len(), |(_, counts)| counts[kind]);
                match (near, part.first) {
                    (Some(known), first) => {
                        let wall = part.kinds[kind].tell_first(own, period, known.wall);
                        near = near.filter(|_| wall == known.wall || first.is_some()).or(Some(Stamp { wall, ..known }));
                    }
                    (None, Some((first, _))) if !part.kinds[kind].tell_last(own, period, first) => {
                        // The last segment before it is in the nearest part that has one.
                        let mut earlier = before.iter_mut().rev().map(|part| &mut part.kinds[kind]);
                        earlier.any(|segments| segments.tell_last(usize::MAX, period, first));
                    }
                    _ => {}
                }
            }
            near = part.near.or(near);
        }
    }
}

impl Calendar {
    /// Of a file, whose own time is in UTC.
    pub fn of(file: Arc<File>, formats: &Arc<FileFormats>, place: Place) -> Calendar {
        let survey = Survey { file, formats: Arc::downgrade(formats), place };
        Calendar { survey: Some(survey), ..Calendar::default() }
    }

    fn turned(&self) -> &Turned {
        self.turned.get_or_init(|| {
            let surveyed = |survey: &Survey| Some(survey.turn(&survey.formats.upgrade()?));
            self.survey.as_ref().and_then(surveyed).unwrap_or_default()
        })
    }

    fn repeats(&self) -> &Repeats {
        self.repeats.get_or_init(|| {
            let Some(survey) = &self.survey else { return Repeats::default() };
            let Some(formats) = survey.formats.upgrade() else { return Repeats::default() };
            // What was turned is all that is needed to tell which hour a line is in.
            let lacks = formats.lacks().iter().any(|lack| *lack != Lack::Nothing);
            let turned = if lacks { self.turned().clone() } else { Turned::default() };
            survey.fold(&formats, Calendar { turned: turned.into(), ..Calendar::default() })
        })
    }

    /// Of a file of one line, whose own time is `limit`.
    pub fn of_one(written: Written, modified: i64) -> Calendar {
        let mut turned = Turned::default();
        let Some(at) = within(written) else { return Calendar::default() };
        let mut segments = Segments::default();
        let is_leap_day = matches!(written, Written::Yearless { month: 2, day: 29, .. });
        let own = OwnTime { modified, ..OwnTime::default() };
        let mut of = |period: Period| {
            segments.see(0, at, is_leap_day, period);
            changes(&segments.0, period, own, Zone::UTC)
        };
        match written.lacks() {
            Lack::Year => turned.years = of(YEAR),
            Lack::Day => turned.days = of(OF_DAYS),
            Lack::Hour => turned.hours = of(OF_HOURS),
            Lack::Nothing => {}
        }
        Calendar { turned: turned.into(), ..Calendar::default() }
    }
}

impl Survey {
    /// Years, days and hours.
    fn turn(&self, formats: &Arc<FileFormats>) -> Turned {
        let Place { zone, skew } = self.place;
        // A line that lacks its date may tell the year of one that lacks that.
        let lacks = formats.lacks();
        let is_mixed = LACKS.iter().filter(|lack| lacks.contains(lack)).count() > 1;
        let mut parts = looked_through(&self.file, formats, is_mixed, |seen: &mut Seen, offset, written| {
            let is_day = written.lacks() == Lack::Day;
            seen.see(offset, written, is_day.then(|| formats.stated_day(offset)).flatten());
        });
        Seen::tell(&mut parts);
        // In the time of the clock that wrote the lines.
        let own = OwnTime { modified: formats.own_time.modified + skew, ..formats.own_time };
        let of = |kind: usize| {
            let period = PERIODS[kind];
            let segments = Segments::joined(parts.iter().map(|part| part.kinds[kind].clone()).collect(), period);
            if segments.is_empty() { Changes::default() } else { changes(&segments, period, own, zone) }
        };
        Turned { years: of(0), days: of(1), hours: of(2) }
    }

    /// Which lines are in the second occurrence of an hour.
    fn fold(&self, formats: &Arc<FileFormats>, calendar: Calendar) -> Repeats {
        let zone = self.place.zone;
        let clock = Clock::new(Place { zone, skew: 0 }, Arc::new(calendar));
        let parts = looked_through(&self.file, formats, false, |seen: &mut Option<Folding>, offset, written| {
            let seen = seen.get_or_insert_with(|| Folding::new(clock.clone()));
            let Stamp { wall, offset: own } = seen.clock.whole(written, offset);
            // A line that says its offset tells where the clock stood, if it is of this zone.
            let is_of_zone = |own: i32| {
                let (first, second) = zone.both(wall);
                [first, second].contains(&(wall - i64::from(own) * SECOND))
            };
            if seen.is_near_fold(zone, wall) && own.is_none_or(is_of_zone) {
                seen.runs.see(offset, wall);
            }
        });
        let runs = Runs::joined(parts.into_iter().flatten().map(|part| part.runs));
        // Which hour it is in a file that begins within one, the file before it tells, if one log is in both.
        let earlier = runs.first().filter(|run| zone.is_double(run.first)).and_then(|_| self.earlier(formats));
        let (found, end) = folds::second_occurrences(&runs, earlier, |wall| zone.is_double(wall));
        let mut changes = Changes::default();
        found.into_iter().for_each(|(offset, is_second)| changes.push(offset, i64::from(is_second)));
        Repeats { changes, end }
    }

    fn earlier(&self, formats: &FileFormats) -> Option<folds::End> {
        let (file, before) = formats.before.as_ref()?;
        before.upgrade()?.calendar(file, self.place).repeats().end
    }
}

/// Lines within an hour of one that occurs twice.
struct Folding {
    clock: Clock,
    runs: Runs,
    /// The quarter of an hour looked at last, and whether it is near a fold.
    quarter: (i64, bool),
}

impl Folding {
    fn new(clock: Clock) -> Folding {
        Folding { clock, runs: Runs::default(), quarter: (i64::MIN, false) }
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
