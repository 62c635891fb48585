//! Time stamps of log lines, described as `strftime` does and compiled to steps over bytes.

use super::tail;
use crate::model::time::{self, DAY, HOUR, SECOND, Stamp};
use crate::model::zone::Zone;

/// A stamp as it stands in a line. One that lacks its year, day or hour needs the lines around it and the file's time
/// to become an instant.
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
    /// Microseconds of the day.
    Dateless {
        of_day: i64,
        offset: Option<i32>,
    },
    /// Microseconds of the hour.
    Hourless {
        of_hour: i64,
    },
}

impl Written {
    pub fn lacks(self) -> Lack {
        match self {
            Written::Whole(_) => Lack::Nothing,
            Written::Yearless { .. } => Lack::Year,
            Written::Dateless { .. } => Lack::Day,
            Written::Hourless { .. } => Lack::Hour,
        }
    }

    /// What it does not say, taken from another time of the same line: the nearest that fits.
    pub fn near(self, other: Written) -> Written {
        let Written::Whole(known) = other else { return self };
        let nearest = |walls: [Option<i64>; 3], offset: Option<i32>| {
            let wall = walls.into_iter().flatten().min_by_key(|wall| (wall - known.wall).abs());
            wall.map_or(self, |wall| Written::Whole(Stamp { wall, offset }))
        };
        // A clock in another zone is as far ahead as their offsets are apart.
        let apart = self.offset().zip(known.offset).map_or(0, |(own, other)| i64::from(own - other) * time::SECOND);
        let known = Stamp { wall: known.wall + apart, ..known };
        match self {
            Written::Whole(_) => self,
            Written::Yearless { month, day, of_day, offset } => {
                let year = time::year(known.wall);
                let wall = |year: i64| Some(time::days(year, month, day)? * DAY + of_day);
                nearest([wall(year - 1), wall(year), wall(year + 1)], offset)
            }
            Written::Dateless { of_day, offset } => {
                let day = known.wall.div_euclid(DAY);
                nearest([-1, 0, 1].map(|more| Some((day + more) * DAY + of_day)), offset)
            }
            Written::Hourless { of_hour } => {
                let hour = known.wall.div_euclid(HOUR);
                nearest([-1, 0, 1].map(|more| Some((hour + more) * HOUR + of_hour)), None)
            }
        }
    }

    pub fn offset(self) -> Option<i32> {
        match self {
            Written::Whole(stamp) => stamp.offset,
            Written::Yearless { offset, .. } | Written::Dateless { offset, .. } => offset,
            Written::Hourless { .. } => None,
        }
    }
}

/// What a stamp does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    Nothing,
    Year,
    Day,
    Hour,
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
    DayOfYear,
    DayName,
    Hour,
    /// 1 to 12.
    HalfDayHour,
    AmPm,
    Minute,
    Second,
    Fraction,
    /// Of this many digits.
    Digits(usize),
    /// With its point or comma, if it is there.
    MaybeFraction,
    Offset,
    /// Any word in capitals, or a place; one that is no known abbreviation says nothing.
    ZoneName,
    Epoch,
    Tai64n,
    Blanks,
    Byte(u8),
    /// A number of two digits, whatever it is otherwise.
    Two(Box<Unit>),
}

impl Unit {
    fn is_number(&self) -> bool {
        matches!(
            self,
            Unit::Year
                | Unit::ShortYear
                | Unit::Month
                | Unit::Day
                | Unit::Hour
                | Unit::Minute
                | Unit::Second
                | Unit::Two(_)
        )
    }

    /// Itself, or what it is of two digits.
    fn plain(&self) -> &Unit {
        match self {
            Unit::Two(inner) => inner,
            other => other,
        }
    }
}

/// A compiled stamp format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampFormat {
    units: Vec<Unit>,
    lack: Lack,
}

impl StampFormat {
    /// `iso`, `epoch`, `tai64n`, or a `strftime` pattern of `%Y %y %m %b %B %d %e %j %a %A %H %I %p %M %S %f %3f %6f
    /// %9f %.f %z %Z %s %F %T`.
    ///
    /// # Errors
    /// Names the directive that is not known.
    pub fn compile(text: &str) -> Result<StampFormat, String> {
        let whole = |unit| Ok(StampFormat { units: vec![unit], lack: Lack::Nothing });
        match text {
            "iso" => return whole(Unit::Iso),
            "epoch" => return whole(Unit::Epoch),
            "tai64n" => return whole(Unit::Tai64n),
            _ => {}
        }
        let spelled = text.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S").replace("%.f", "%.");
        let mut units = Vec::new();
        let mut chars = spelled.chars().peekable();
        while let Some(c) = chars.next() {
            units.push(match c {
                '%' => {
                    let directive = chars.next().unwrap_or(' ');
                    match directive {
                        '1'..='9' if chars.next_if_eq(&'f').is_some() => {
                            Unit::Digits(directive.to_digit(10).unwrap_or(0) as usize)
                        }
                        'Y' => Unit::Year,
                        'y' => Unit::ShortYear,
                        'm' => Unit::Month,
                        'b' | 'B' => Unit::MonthName,
                        'd' | 'e' => Unit::Day,
                        'j' => Unit::DayOfYear,
                        'a' | 'A' => Unit::DayName,
                        'H' => Unit::Hour,
                        'I' => Unit::HalfDayHour,
                        'p' => Unit::AmPm,
                        'M' => Unit::Minute,
                        'S' => Unit::Second,
                        'f' => Unit::Fraction,
                        '.' => Unit::MaybeFraction,
                        'z' => Unit::Offset,
                        'Z' => Unit::ZoneName,
                        's' => Unit::Epoch,
                        other => return Err(format!("`%{other}` in `{text}` is no known part of a time")),
                    }
                }
                ' ' => Unit::Blanks,
                c if c.is_ascii() => Unit::Byte(c as u8),
                c => return Err(format!("`{c}` in `{text}` is not ASCII")),
            });
        }
        // Numbers that nothing divides have all their digits.
        for index in 1..units.len() {
            if units[index - 1].is_number() && units[index].is_number() {
                units[index] = Unit::Two(Box::new(units[index].clone()));
                if index == 1 && units[0] != Unit::Year {
                    units[0] = Unit::Two(Box::new(units[0].clone()));
                }
            }
        }
        let lack = lack(&units).ok_or_else(|| format!("`{text}` is no time: it lacks a minute"))?;
        Ok(StampFormat { units, lack })
    }

    /// What its stamps need from elsewhere.
    pub fn lacks(&self) -> Lack {
        self.lack
    }

    /// Whether its years have all their digits.
    pub fn has_whole_years(&self) -> bool {
        !self.units.iter().any(|unit| *unit.plain() == Unit::ShortYear)
    }

    /// Whether a stamp may begin with this byte.
    pub fn may_begin(&self, byte: u8) -> bool {
        match self.units.first() {
            Some(Unit::MonthName | Unit::DayName | Unit::AmPm | Unit::ZoneName | Unit::Offset) => {
                byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'+' | b'-')
            }
            Some(Unit::Day | Unit::Month | Unit::Hour | Unit::Minute | Unit::HalfDayHour) => {
                byte.is_ascii_digit() || byte == b' '
            }
            Some(Unit::Tai64n) => byte == b'@',
            Some(Unit::Byte(first)) => byte == *first,
            Some(Unit::Blanks | Unit::MaybeFraction) | None => true,
            Some(_) => byte.is_ascii_digit(),
        }
    }

    /// Reads a stamp at the start of `text`.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Option<(Written, usize)> {
        match self.units.as_slice() {
            [Unit::Iso] => {
                // A date alone is no stamp of an event.
                let (stamp, length) = time::iso(text).filter(|(_, length)| *length > 10)?;
                let behind = tail::offset(&text[length..]).filter(|(offset, _)| stamp.offset.or(*offset).is_none());
                return Some((Written::Whole(stamp), length + behind.map_or(0, |(_, length)| length)));
            }
            [Unit::Tai64n] => {
                return time::tai64n(text)
                    .map(|(wall, length)| (Written::Whole(Stamp { wall, offset: Some(0) }), length));
            }
            _ => {}
        }
        let mut parts = Parts::default();
        let mut at = 0;
        for unit in &self.units {
            at += parts.read(unit, text.get(at..)?)?;
        }
        if self.units.last() == Some(&Unit::Byte(b'Z')) {
            parts.offset = Some(0);
        } else if parts.offset.is_none()
            && let Some((offset, length)) = tail::offset(&text[at..])
        {
            parts.offset = offset;
            at += length;
        }
        parts.finish(self.lack).map(|written| (written, at))
    }
}

fn lack(units: &[Unit]) -> Option<Lack> {
    let has = |unit: &Unit| units.iter().any(|own| own.plain() == unit);
    let has_day = has(&Unit::DayOfYear) || has(&Unit::Day) && (has(&Unit::Month) || has(&Unit::MonthName));
    let has_year = has(&Unit::Year) || has(&Unit::ShortYear);
    if has(&Unit::Epoch) || has(&Unit::Iso) || has(&Unit::Tai64n) || has_year && has_day && has(&Unit::Minute) {
        return Some(Lack::Nothing);
    }
    if !has(&Unit::Minute) {
        return None;
    }
    let has_hour = has(&Unit::Hour) || has(&Unit::HalfDayHour);
    Some(match (has_day, has_hour) {
        (true, true) => Lack::Year,
        (_, true) => Lack::Day,
        _ => Lack::Hour,
    })
}

#[derive(Default)]
struct Parts {
    year: i64,
    month: u32,
    day: u32,
    of_year: u32,
    hour: u32,
    is_afternoon: Option<bool>,
    minute: u32,
    second: u32,
    micros: i64,
    offset: Option<i32>,
    place: Option<Zone>,
    epoch: Option<i64>,
}

impl Parts {
    /// Reads one unit and returns its length.
    #[inline]
    fn read(&mut self, unit: &Unit, text: &[u8]) -> Option<usize> {
        let one_or_two = |into: &mut u32| {
            if let Some(number) = time::digits(text, 2) {
                *into = number;
                return Some(2);
            }
            let blank = usize::from(text.first() == Some(&b' '));
            *into = time::digits(text.get(blank..)?, 1)?;
            Some(blank + 1)
        };
        match unit {
            Unit::Two(inner) => {
                time::digits(text, 2)?;
                self.read(inner, text)
            }
            Unit::Year => {
                self.year = i64::from(time::digits(text, 4)?);
                Some(4)
            }
            Unit::ShortYear => {
                let short = i64::from(time::digits(text, 2)?);
                self.year = if short < 69 { 2000 + short } else { 1900 + short };
                Some(2)
            }
            Unit::Month => one_or_two(&mut self.month),
            Unit::MonthName => {
                let (month, length) = time::month_name(text)?;
                self.month = month;
                Some(length)
            }
            Unit::Day => one_or_two(&mut self.day),
            Unit::DayOfYear => {
                self.of_year = time::digits(text, 3)?;
                Some(3)
            }
            Unit::DayName => {
                let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
                (2..=12).contains(&length).then_some(length)
            }
            Unit::Hour => one_or_two(&mut self.hour),
            Unit::HalfDayHour => one_or_two(&mut self.hour).filter(|_| (1..=12).contains(&self.hour)),
            Unit::AmPm => {
                let word = [text.first()? | 32, text.get(1)? | 32];
                self.is_afternoon = Some(match &word {
                    b"am" => false,
                    b"pm" => true,
                    _ => return None,
                });
                Some(2)
            }
            Unit::Minute => one_or_two(&mut self.minute),
            Unit::Second => one_or_two(&mut self.second),
            Unit::Fraction => {
                let (micros, length) = time::fraction(text);
                self.micros = micros;
                (length > 0).then_some(length)
            }
            Unit::Digits(count) => {
                let (micros, length) = time::fraction(text);
                self.micros = micros;
                (length == *count).then_some(length)
            }
            Unit::MaybeFraction => match text.first() {
                Some(b'.' | b',') => {
                    let (micros, length) = time::fraction(&text[1..]);
                    self.micros = micros;
                    Some(if length > 0 { length + 1 } else { 0 })
                }
                _ => Some(0),
            },
            Unit::Offset => {
                let (offset, length) = time::offset(text)?;
                self.offset = Some(offset);
                Some(length)
            }
            Unit::ZoneName => {
                if let Some((offset, length)) = time::offset(text) {
                    self.offset = Some(offset);
                    return Some(length);
                }
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
                let length = text.iter().take_while(is_part).count();
                if memchr::memchr(b'/', &text[..length]).is_some() {
                    self.place = Some(Zone::parse(std::str::from_utf8(&text[..length]).ok()?)?);
                    return Some(length);
                }
                let length = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
                (1..=6).contains(&length).then_some(length)
            }
            Unit::Epoch => {
                let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number: i64 = std::str::from_utf8(&text[..length]).ok()?.parse().ok()?;
                let whole = time::epoch(number)?;
                if text.get(length) != Some(&b'.') {
                    self.epoch = Some(whole);
                    return Some(length);
                }
                // A fraction is one of the unit that the number's size tells.
                let (fraction, digits) = time::fraction(&text[length + 1..]);
                let unit = time::epoch(number + 1).map_or(0, |next| next - whole);
                self.epoch = Some(whole + fraction * unit / SECOND);
                Some(if digits > 0 { length + 1 + digits } else { length })
            }
            Unit::Blanks => {
                let length = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                (length > 0).then_some(length)
            }
            Unit::Byte(byte) => (text.first() == Some(byte)).then_some(1),
            Unit::Iso | Unit::Tai64n => None,
        }
    }

    #[inline]
    fn finish(mut self, lack: Lack) -> Option<Written> {
        if let Some(epoch) = self.epoch {
            return Some(Written::Whole(Stamp { wall: epoch + self.micros, offset: Some(0) }));
        }
        if let Some(is_afternoon) = self.is_afternoon {
            self.hour = self.hour % 12 + if is_afternoon { 12 } else { 0 };
        }
        let of_day = time::clock(self.hour, self.minute, self.second, self.micros)?;
        let offset = self.offset;
        match lack {
            Lack::Nothing => {
                let days = match self.of_year {
                    0 => time::days(self.year, self.month, self.day)?,
                    of_year => {
                        let first = time::days(self.year, 1, 1)?;
                        let day = first + i64::from(of_year) - 1;
                        (time::year(day * DAY) == self.year).then_some(day)?
                    }
                };
                let wall = days * DAY + of_day;
                let of_place = |zone: Zone| i32::try_from((wall - zone.utc(wall)) / SECOND).ok();
                Some(Written::Whole(Stamp { wall, offset: offset.or_else(|| of_place(self.place?)) }))
            }
            Lack::Year => {
                // A leap year has every day.
                time::days(2000, self.month, self.day)?;
                Some(Written::Yearless { month: self.month, day: self.day, of_day, offset })
            }
            Lack::Day => Some(Written::Dateless { of_day, offset }),
            Lack::Hour => Some(Written::Hourless { of_hour: of_day % HOUR }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> String {
        let format = StampFormat::compile(format).expect("a format");
        match format.read(text.as_bytes()) {
            Some((Written::Whole(stamp), length)) => {
                format!("{} {length}", time::rfc3339(crate::model::zone::Zone::UTC.resolve(stamp)))
            }
            Some((other, length)) => format!("{other:?} {length}"),
            None => "none".into(),
        }
    }

    #[test]
    fn stamps_are_read_as_their_format_says() {
        assert_eq!(read("%Y-%m-%d %H:%M:%S,%3f", "2025-03-01 08:00:00,118 INFO"), "2025-03-01T08:00:00.118Z 23");
        assert_eq!(read("%d/%b/%Y:%H:%M:%S %z", "10/Oct/2000:13:55:36 -0700] x"), "2000-10-10T20:55:36Z 26");
        assert_eq!(read("%y%m%d %H%M%S", "081109 203615 148"), "2008-11-09T20:36:15Z 13");
        assert_eq!(read("epoch", "1740787200123"), "2025-03-01T00:00:00.123Z 13");
        assert_eq!(read("epoch", "1740787200.5 x"), "2025-03-01T00:00:00.500Z 12");
        assert_eq!(read("%Y-%jT%H:%M:%S%.f", "2012-025T10:22:40,672 x"), "2012-01-25T10:22:40.672Z 21");
        assert_eq!(read("%m/%d/%Y %I:%M:%S %p", "03/01/2025 1:10:04 PM"), "2025-03-01T13:10:04Z 21");
        assert_eq!(read("%a %b %e %H:%M:%S %Z %Y", "Sat Mar  1 13:10:04 FOO 2025"), "2025-03-01T13:10:04Z 28");
        assert_eq!(read("%d-%b-%Y %H:%M:%S %Z", "01-Mar-2025 18:00:00 Asia/Taipei] x"), "2025-03-01T10:00:00Z 32");
        assert_eq!(read("tai64n", "@4000000043f4e8de1f4f2d2c x"), "2006-02-16T21:04:20.525282Z 25");
        assert_eq!(read("%Y-%m-%d %H:%M:%S", "2024-4-25 7:03:9 x"), "2024-04-25T07:03:09Z 16");
        assert_eq!(read("%Y%m%d %H:%M:%S", "2024116 07:03:09"), "none");
        assert_eq!(read("iso", "2025-03-01"), "none");
        assert_eq!(read("%Y-%j %H:%M", "2025-366 10:22"), "none");
        assert!(StampFormat::compile("%Q").is_err());
        assert!(StampFormat::compile("%Y-%m-%d").is_err());
    }

    #[test]
    fn what_a_stamp_lacks_is_known() {
        let lacks = |format: &str| StampFormat::compile(format).map(|format| format.lacks());
        assert_eq!(lacks("%b %e %H:%M:%S"), Ok(Lack::Year));
        assert_eq!(lacks("%H:%M:%S"), Ok(Lack::Day));
        assert_eq!(lacks("%M:%S.%f"), Ok(Lack::Hour));
        assert_eq!(lacks("%y%m%d %H%M%S"), Ok(Lack::Nothing));
    }
}
