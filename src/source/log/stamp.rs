//! Time stamps of log lines, described as `strftime` does and compiled to steps over bytes.

use crate::model::time::{self, DAY, SECOND, Stamp};
use crate::model::zone::Zone;

/// A stamp as it stands in a line. Without a year or a date it needs the file's time to become an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Whole(Stamp),
    /// Month, day and microseconds of the day.
    Yearless {
        month: u32,
        day: u32,
        of_day: i64,
        offset: Option<i32>,
    },
}

/// What turns written stamps of one file into UTC.
#[derive(Debug, Clone)]
pub struct Clock {
    pub zone: Zone,
    /// Microseconds this clock runs ahead.
    pub skew: i64,
    /// When the file was last changed, in UTC microseconds.
    pub modified: i64,
    /// Of the last quarter of an hour resolved: its wall time and what is to be subtracted from it. Zones change
    /// their offset at quarters only, and looking one up takes longer than reading a line.
    quarter: (i64, i64),
}

impl Clock {
    pub fn new(zone: Zone, skew: i64, modified: i64) -> Clock {
        Clock { zone, skew, modified, quarter: (i64::MIN, 0) }
    }

    /// UTC microseconds. A year-less stamp is taken to be in the latest year that does not put it more than a day
    /// after the file's own time.
    pub fn utc(&mut self, written: Written) -> i64 {
        match written {
            Written::Whole(stamp) => self.resolve(stamp) - self.skew,
            Written::Yearless { month, day, of_day, offset } => {
                let limit = self.modified + DAY;
                let newest = time::year(limit);
                // Eight years hold a 29 February.
                let candidates = (0..=8).filter_map(|back| time::days(newest - back, month, day));
                let walls = candidates.map(|day| day * DAY + of_day).collect::<Vec<_>>();
                let resolved = walls.into_iter().map(|wall| self.resolve(Stamp { wall, offset }));
                let (mut first, mut fitting) = (None, None);
                for at in resolved {
                    first = first.or(Some(at));
                    if at <= limit {
                        fitting = Some(at);
                        break;
                    }
                }
                fitting.or(first).unwrap_or(0) - self.skew
            }
        }
    }

    fn resolve(&mut self, stamp: Stamp) -> i64 {
        const QUARTER: i64 = 15 * time::MINUTE;
        if let (None, Zone::Named(_)) = (stamp.offset, self.zone) {
            let quarter = stamp.wall.div_euclid(QUARTER);
            if self.quarter.0 != quarter {
                let start = quarter * QUARTER;
                self.quarter = (quarter, start - self.zone.utc(start));
            }
            return stamp.wall - self.quarter.1;
        }
        self.zone.resolve(stamp)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Unit {
    Iso,
    Year,
    /// Two digits; 69 to 99 are of the last century, as POSIX has it.
    ShortYear,
    Month,
    MonthName,
    Day,
    DayName,
    Hour,
    Minute,
    Second,
    Fraction,
    Offset,
    Epoch,
    Blanks,
    Byte(u8),
}

/// A compiled stamp format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampFormat(Vec<Unit>);

impl StampFormat {
    /// `iso`, or a `strftime` pattern of `%Y %y %m %b %d %e %a %H %M %S %f %3f %6f %9f %z %s`.
    ///
    /// # Errors
    /// Names the directive that is not known.
    pub fn compile(text: &str) -> Result<StampFormat, String> {
        if text == "iso" {
            return Ok(StampFormat(vec![Unit::Iso]));
        }
        let mut units = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            units.push(match c {
                '%' => {
                    let mut directive = chars.next().unwrap_or(' ');
                    if directive.is_ascii_digit() {
                        directive = chars.next().filter(|next| *next == 'f').unwrap_or(' ');
                    }
                    match directive {
                        'Y' => Unit::Year,
                        'y' => Unit::ShortYear,
                        'm' => Unit::Month,
                        'b' => Unit::MonthName,
                        'd' | 'e' => Unit::Day,
                        'a' => Unit::DayName,
                        'H' => Unit::Hour,
                        'M' => Unit::Minute,
                        'S' => Unit::Second,
                        'f' => Unit::Fraction,
                        'z' => Unit::Offset,
                        's' => Unit::Epoch,
                        other => return Err(format!("`%{other}` in `{text}` is no known part of a time")),
                    }
                }
                ' ' => Unit::Blanks,
                c if c.is_ascii() => Unit::Byte(c as u8),
                c => return Err(format!("`{c}` in `{text}` is not ASCII")),
            });
        }
        Ok(StampFormat(units))
    }

    /// Whether its stamps need a year from elsewhere.
    pub fn is_yearless(&self) -> bool {
        !self.0.iter().any(|unit| matches!(unit, Unit::Iso | Unit::Year | Unit::ShortYear | Unit::Epoch))
    }

    /// Reads a stamp at the start of `text`.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Option<(Written, usize)> {
        if let [Unit::Iso] = self.0.as_slice() {
            // A date alone is no stamp of an event.
            return time::iso(text)
                .filter(|(_, length)| *length > 10)
                .map(|(stamp, length)| (Written::Whole(stamp), length));
        }
        let mut parts = Parts::default();
        let mut at = 0;
        for unit in &self.0 {
            at += parts.read(unit, text.get(at..)?)?;
        }
        parts.finish().map(|written| (written, at))
    }
}

#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    micros: i64,
    offset: Option<i32>,
    epoch: Option<i64>,
}

impl Parts {
    /// Reads one unit and returns its length.
    #[inline]
    fn read(&mut self, unit: &Unit, text: &[u8]) -> Option<usize> {
        let two = |into: &mut u32| {
            *into = time::digits(text, 2)?;
            Some(2)
        };
        match unit {
            Unit::Year => {
                self.year = Some(i64::from(time::digits(text, 4)?));
                Some(4)
            }
            Unit::ShortYear => {
                let short = i64::from(time::digits(text, 2)?);
                self.year = Some(if short < 69 { 2000 + short } else { 1900 + short });
                Some(2)
            }
            Unit::Month => two(&mut self.month),
            Unit::MonthName => {
                self.month = time::month(text)?;
                Some(3)
            }
            Unit::Day => {
                if let Some(day) = time::digits(text, 2) {
                    self.day = day;
                    return Some(2);
                }
                let blank = usize::from(text.first() == Some(&b' '));
                self.day = time::digits(text.get(blank..)?, 1)?;
                Some(blank + 1)
            }
            Unit::DayName => text.get(..3)?.iter().all(u8::is_ascii_alphabetic).then_some(3),
            Unit::Hour => two(&mut self.hour),
            Unit::Minute => two(&mut self.minute),
            Unit::Second => two(&mut self.second),
            Unit::Fraction => {
                let (micros, length) = time::fraction(text);
                self.micros = micros;
                (length > 0).then_some(length)
            }
            Unit::Offset => {
                let (offset, length) = time::offset(text)?;
                self.offset = Some(offset);
                Some(length)
            }
            Unit::Epoch => {
                let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number: i64 = std::str::from_utf8(&text[..length]).ok()?.parse().ok()?;
                self.epoch = Some(time::epoch(number)?);
                Some(length)
            }
            Unit::Blanks => {
                let length = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                (length > 0).then_some(length)
            }
            Unit::Byte(byte) => (text.first() == Some(byte)).then_some(1),
            Unit::Iso => None,
        }
    }

    #[inline]
    fn finish(self) -> Option<Written> {
        if let Some(epoch) = self.epoch {
            return Some(Written::Whole(Stamp { wall: epoch + self.micros, offset: Some(0) }));
        }
        let of_day = time::clock(self.hour, self.minute, self.second, self.micros)?;
        match self.year {
            Some(year) => Some(Written::Whole(Stamp {
                wall: time::days(year, self.month, self.day)? * DAY + of_day,
                offset: self.offset,
            })),
            None => {
                let fits = (1..=12).contains(&self.month) && (1..=31).contains(&self.day) && of_day <= DAY + SECOND;
                fits.then_some(Written::Yearless { month: self.month, day: self.day, of_day, offset: self.offset })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(format: &str, text: &str, modified: &str) -> String {
        let modified = time::iso_whole(modified.as_bytes()).expect("a time").wall;
        let format = StampFormat::compile(format).expect("a format");
        match format.read(text.as_bytes()) {
            Some((written, length)) => {
                format!("{} {length}", time::rfc3339(Clock::new(Zone::UTC, 0, modified).utc(written)))
            }
            None => "none".into(),
        }
    }

    #[test]
    fn stamps_are_read_as_their_format_says() {
        let file = "2007-11-03 09:23:00";
        assert_eq!(utc("%Y-%m-%d %H:%M:%S,%3f", "2025-03-01 08:00:00,118 INFO", file), "2025-03-01T08:00:00.118Z 23");
        assert_eq!(utc("%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700] x", file), "2000-10-10T20:55:36Z 26");
        assert_eq!(utc("%y%m%d %H%M%S", "081109 203615 148", file), "2008-11-09T20:36:15Z 13");
        assert_eq!(utc("%s", "1740787200123", file), "2025-03-01T00:00:00.123Z 13");
        assert_eq!(utc("iso", "2025-03-01", file), "none");
        assert!(StampFormat::compile("%Q").is_err());
    }

    #[test]
    fn a_year_less_stamp_is_never_later_than_the_file_and_a_day() {
        let file = "2007-11-03 09:23:00";
        assert_eq!(utc("%b %e %H:%M:%S", "Nov  3 09:23:38", file), "2007-11-03T09:23:38Z 15");
        assert_eq!(utc("%b %e %H:%M:%S", "Dec  3 09:23:38", file), "2006-12-03T09:23:38Z 15");
        assert_eq!(utc("%b %e %H:%M:%S", "Feb 29 09:23:38", file), "2004-02-29T09:23:38Z 15");
    }
}
