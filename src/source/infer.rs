//! How the text of a column becomes values: inferred from samples, then applied to every value. What does not
//! fit is refused here, and the reader counts it; nothing is bent to fit.

use crate::model::column::{Buffer, Kind};
use crate::model::meaning;
use crate::model::zone::Clock;
use crate::source::log;
use crate::source::scalar::{
    boolean, compact, date, divided, epoch, float, float_comma, grouped, has_short_year, int, is_finer, is_inexact,
    is_null_word, is_number, iso,
};
use crate::source::spelling::Spelling;

/// How the texts of one column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Text,
    Bool,
    Int,
    Float,
    /// `2,6` is two point six.
    FloatComma,
    /// `1,009,100`
    IntGrouped,
    /// `13,750.25`
    FloatGrouped,
    /// `13.750,25`
    FloatPointGrouped,
    /// ISO 8601 and look-alikes.
    Time,
    /// Seconds to nanoseconds since 1970, told by size.
    Epoch,
    /// `20250303005315`
    Compact,
    Date,
    /// `31/12/2025`, with `/`, `.` or `-`, and maybe a time of day. With dots it is this one where both are possible.
    DayFirst,
    /// `12/31/2025`
    MonthFirst,
    /// Any way in which logs write a day and its time.
    AsInLogs,
}

impl Reading {
    pub fn kind(self) -> Kind {
        match self {
            Reading::Text => Kind::Text,
            Reading::Bool => Kind::Bool,
            Reading::Int | Reading::IntGrouped => Kind::Int,
            Reading::Float | Reading::FloatComma | Reading::FloatGrouped | Reading::FloatPointGrouped => Kind::Float,
            Reading::Time
            | Reading::Epoch
            | Reading::Compact
            | Reading::DayFirst
            | Reading::MonthFirst
            | Reading::AsInLogs => Kind::Time,
            Reading::Date => Kind::Date,
        }
    }

    /// Adds a value to `out`. `false` if it does not fit: then it is NULL.
    #[inline]
    pub fn push(self, text: &[u8], clock: Clock, out: &mut Buffer) -> bool {
        if self == Reading::Text {
            // Replaced bytes are counted by the caller, who knows the place.
            return !out.push_lossy(text);
        }
        let text = text.trim_ascii();
        let fits = match self {
            Reading::Text => true,
            Reading::Bool => boolean(text).map(|value| out.push_int(i64::from(value))).is_some(),
            Reading::Int => int(text).map(|value| out.push_int(value)).is_some(),
            Reading::Float => float(text).map(|value| out.push_float(value)).is_some(),
            Reading::FloatComma => float_comma(text).map(|value| out.push_float(value)).is_some(),
            Reading::IntGrouped => grouped(text, b',', int).map(|value| out.push_int(value)).is_some(),
            Reading::FloatGrouped => grouped(text, b',', float).map(|value| out.push_float(value)).is_some(),
            Reading::FloatPointGrouped => grouped(text, b'.', float).map(|value| out.push_float(value)).is_some(),
            Reading::Time => iso(text).map(|stamp| out.push_time(clock.resolve(stamp))).is_some(),
            Reading::Epoch => epoch(text).map(|value| out.push_int(clock.set_back(value))).is_some(),
            Reading::Compact => compact(text).map(|stamp| out.push_time(clock.resolve(stamp))).is_some(),
            Reading::Date => date(text).map(|value| out.push_int(value)).is_some(),
            Reading::DayFirst => divided(text, true).map(|stamp| out.push_time(clock.resolve(stamp))).is_some(),
            Reading::MonthFirst => divided(text, false).map(|stamp| out.push_time(clock.resolve(stamp))).is_some(),
            Reading::AsInLogs => log::day_and_time(text).map(|stamp| out.push_time(clock.resolve(stamp))).is_some(),
        };
        if !fits {
            out.push_null();
        }
        fits
    }

    pub fn name(self) -> &'static str {
        match self.kind() {
            Kind::Bool => "boolean",
            Kind::Int => "integer",
            Kind::Float | Kind::Decimal { .. } => "number",
            Kind::Time => "time",
            Kind::Date => "date",
            Kind::Text => "UTF-8 text",
            Kind::Blob => "blob",
            Kind::TimeOfDay | Kind::Interval | Kind::Uuid | Kind::List(_) | Kind::Nested => "value",
        }
    }
}

/// Readings that hold for a column whose name tells a time even if a few values are none.
const TIMES: [Reading; 3] = [Reading::Time, Reading::DayFirst, Reading::MonthFirst];

const DAY_OR_MONTH: &str = "it is not told whether the day or the month comes first in";

/// Narrows down how a column's texts can be read, one sample after the other.
#[derive(Debug, Clone)]
pub struct Guess {
    candidates: Vec<Reading>,
    seen: u64,
    /// How many samples are times as [`TIMES`] has them.
    times: [u64; 3],
    zoneless: bool,
    finer: bool,
    /// Each sample is a number, if not of one way of writing.
    are_numbers: bool,
    /// The same, of numbers that none of the readings can hold too.
    all_numbers: bool,
    spelling: Spelling,
    /// The first date with its numbers in an order of its own, and whether dots divide all of them.
    date: Option<String>,
    are_dotted: bool,
    /// Of dates with a year of two digits: the numbers of the first, and which of them others have otherwise.
    short: Option<([u32; 3], [bool; 3])>,
    /// The first number that a floating-point number would change, as long as all are numbers.
    inexact: Option<String>,
}

impl Default for Guess {
    fn default() -> Self {
        use Reading::{
            AsInLogs, Bool, Compact, Date, DayFirst, Epoch, Float, FloatComma, FloatGrouped, FloatPointGrouped, Int,
            IntGrouped, MonthFirst, Time,
        };
        let numbers = [Int, Float, FloatComma, IntGrouped, FloatGrouped, FloatPointGrouped];
        Self {
            candidates: [&[Bool, Epoch, Compact][..], &numbers, &[Date, Time, DayFirst, MonthFirst, AsInLogs]].concat(),
            seen: 0,
            times: [0; 3],
            zoneless: false,
            finer: false,
            are_numbers: true,
            all_numbers: true,
            spelling: Spelling::default(),
            date: None,
            are_dotted: true,
            short: None,
            inexact: None,
        }
    }
}

impl Guess {
    pub fn see(&mut self, text: &[u8]) {
        if is_null_word(text) {
            return;
        }
        self.seen += 1;
        let text = text.trim_ascii();
        self.candidates.retain(|reading| match reading {
            Reading::Text => true,
            Reading::Bool => boolean(text).is_some(),
            Reading::Int => int(text).is_some(),
            Reading::Float => float(text).is_some(),
            Reading::FloatComma => float_comma(text).is_some(),
            Reading::IntGrouped => grouped(text, b',', int).is_some(),
            Reading::FloatGrouped => grouped(text, b',', float).is_some(),
            Reading::FloatPointGrouped => grouped(text, b'.', float).is_some(),
            Reading::Time => iso(text).is_some(),
            Reading::Epoch => epoch(text).is_some(),
            Reading::Compact => compact(text).is_some(),
            Reading::Date => date(text).is_some(),
            Reading::DayFirst => divided(text, true).is_some(),
            Reading::MonthFirst => divided(text, false).is_some(),
            Reading::AsInLogs => log::day_and_time(text).is_some(),
        });
        self.finer |= is_finer(text);
        let is_changed = text.len() > 15 && is_inexact(text);
        if is_changed && self.inexact.is_none() {
            self.inexact = Some(String::from_utf8_lossy(text).into_owned());
        }
        self.all_numbers = self.all_numbers && (is_changed || is_number(text));
        self.are_numbers = self.are_numbers && is_number(text);
        if self.are_numbers {
            self.spelling.see(text);
        }
        let own = iso(text);
        let (day_first, month_first) = (divided(text, true).is_some(), divided(text, false).is_some());
        if self.date.is_none() && (day_first || month_first) {
            self.date = Some(String::from_utf8_lossy(text).into_owned());
        }
        if (day_first || month_first)
            && let Some(numbers) = has_short_year(text)
        {
            let (first, vary) = self.short.get_or_insert((numbers, [false; 3]));
            vary.iter_mut().zip(first.iter().zip(numbers)).for_each(|(varies, (one, other))| *varies |= *one != other);
        }
        let is_dotted = || text.iter().find(|byte| !byte.is_ascii_digit()) == Some(&b'.');
        self.are_dotted = self.are_dotted && (!(day_first || month_first) || is_dotted());
        for (count, is_time) in self.times.iter_mut().zip([own.is_some(), day_first, month_first]) {
            *count += u64::from(is_time);
        }
        self.zoneless |= own.is_some_and(|stamp| stamp.offset.is_none()) || day_first || month_first;
        if self.candidates == [Reading::AsInLogs] {
            self.zoneless |= log::day_and_time(text).is_some_and(|stamp| stamp.offset.is_none());
        }
    }

    /// The reading that every sample fits; where the name tells a time, also one that most fit, so that one broken time
    /// does not take all others away. A date whose day and month could be either stays text, but for one with dots; and
    /// so does a number whose comma could be either.
    pub fn reading(&self, name: &str) -> Reading {
        if self.seen == 0 || self.as_text().is_some() {
            return Reading::Text;
        }
        self.candidates
            .iter()
            .copied()
            .find(|reading| match reading {
                Reading::Epoch => names_a_time(name),
                Reading::Compact | Reading::AsInLogs => names_a_time(name) || tells_a_time(name),
                _ => true,
            })
            .or_else(|| self.mostly().filter(|_| tells_a_time(name)))
            .unwrap_or(Reading::Text)
    }

    /// The same of texts whose writer could have written numbers: what is no time stays text.
    pub fn time(&self, name: &str) -> Reading {
        Some(self.reading(name))
            .filter(|reading| matches!(reading.kind(), Kind::Time | Kind::Date))
            .unwrap_or(Reading::Text)
    }

    /// What is to be said of a column that stays text, though all of it are dates.
    pub fn undecided(&self, column: &str) -> Option<String> {
        let date = self.undecided_date()?;
        Some(format!("`{column}` is text, since {DAY_OR_MONTH} `{date}`"))
    }

    /// A date of the column, if its day and month are not told apart by any. Where dots stand in dates, the day comes first.
    fn undecided_date(&self) -> Option<&str> {
        let has = |reading| self.candidates.contains(&reading);
        let is_either = has(Reading::DayFirst) && has(Reading::MonthFirst) && !self.are_dotted;
        self.date.as_deref().filter(|_| is_either || self.is_year_untold())
    }

    /// Whether the last number of dates, which may as well be their day, is their year: if it stays while another one
    /// changes. Where dots stand, the day comes first.
    fn is_year_told(&self) -> bool {
        let is_told = |vary: [bool; 3]| self.are_dotted || !vary[2] && (vary[0] || vary[1]);
        self.short.is_none_or(|(_, vary)| is_told(vary))
    }

    fn is_year_untold(&self) -> bool {
        let is_date = |reading| self.candidates.contains(reading);
        [Reading::DayFirst, Reading::MonthFirst].iter().any(is_date) && !self.is_year_told()
    }

    /// Whether all samples are numbers, times or flags of one kind, even if it is not sure which.
    pub fn is_value(&self) -> bool {
        self.seen > 0 && !self.candidates.is_empty()
    }

    /// The one way of writing times that at least half of the samples are in.
    fn mostly(&self) -> Option<Reading> {
        let fits = |count: u64| count > 0 && 2 * count >= self.seen;
        let [_, day_first, month_first] = self.times;
        // Dots stand in dates whose day comes first.
        let is_other = |reading| reading == Reading::MonthFirst && self.are_dotted && day_first >= month_first;
        let fitting = TIMES.into_iter().zip(self.times).filter(|(_, count)| fits(*count));
        let is_told = |reading| reading == Reading::Time || self.is_year_told();
        let mut fitting = fitting.filter(|(reading, _)| !is_other(*reading) && is_told(*reading));
        let (reading, _) = fitting.next()?;
        fitting.next().is_none().then_some(reading)
    }

    /// A value of the column that tells why it is text, though all samples are numbers or times, and the reason.
    pub fn as_text(&self) -> Option<(&str, &'static str)> {
        let has = |reading| self.candidates.contains(&reading);
        if has(Reading::DayFirst) && has(Reading::MonthFirst) || self.is_year_untold() {
            return self.undecided_date().map(|date| (date, DAY_OR_MONTH));
        }
        if self.seen == 0 || has(Reading::Int) || has(Reading::Epoch) {
            return None;
        }
        let version = || self.spelling.version().map(|version| (version, "a number would lose the last zero of"));
        if self.candidates.is_empty()
            && self.all_numbers
            && let Some(number) = &self.inexact
        {
            return Some((number, "a floating-point number would change the digits of"));
        }
        match (has(Reading::Float), has(Reading::FloatComma)) {
            (true, _) => version(),
            (_, true) => {
                self.spelling.grouped_by_comma().map(|number| (number, "it is not told what the comma divides in"))
            }
            _ if self.is_grouped() => None,
            _ if self.is_number() => {
                self.spelling.divided().map(|number| (number, "it is not told what the signs divide in"))
            }
            _ => self
                .spelling
                .mixed()
                .filter(|_| self.are_numbers)
                .map(|number| (number, "its numbers are written in more than one way:")),
        }
    }

    /// Whether all samples are numbers of one way of writing, if it is not sure of which.
    fn is_number(&self) -> bool {
        self.candidates.iter().any(|reading| matches!(reading.kind(), Kind::Int | Kind::Float))
    }

    /// Whether thousands in groups are told for certain, and by which sign.
    fn is_grouped(&self) -> bool {
        let has = |reading| self.candidates.contains(&reading);
        match (has(Reading::IntGrouped), has(Reading::FloatGrouped), has(Reading::FloatPointGrouped)) {
            (true, ..) => self.spelling.has_thousands(),
            (_, true, false) | (_, false, true) => self.spelling.has_both_signs(),
            _ => false,
        }
    }

    /// Whether a point stands before a fraction, as it cannot between thousands.
    pub fn has_fraction_by_point(&self) -> bool {
        self.spelling.has_fraction_by_point()
    }

    /// A number whose point could stand between thousands, as in a table whose fractions have commas.
    pub fn grouped_by_point(&self) -> Option<&str> {
        self.spelling.grouped_by_point()
    }

    /// Whether a sample was a time finer than a microsecond.
    pub fn is_finer(&self) -> bool {
        self.finer
    }

    /// Whether a sample was a time without a zone.
    pub fn is_zoneless(&self) -> bool {
        self.zoneless
    }

    /// Whether times that are read so lack a zone.
    pub fn lacks_zone(&self, reading: Reading) -> bool {
        reading == Reading::Compact || reading.kind() == Kind::Time && self.zoneless
    }
}

/// Numbers in a column of such a name may be times.
pub fn names_a_time(name: &str) -> bool {
    const UNITS: [&str; 16] = [
        "s",
        "ms",
        "us",
        "ns",
        "sec",
        "secs",
        "seconds",
        "millis",
        "micros",
        "nanos",
        "milli",
        "milliseconds",
        "microseconds",
        "nanoseconds",
        "utc",
        "unix",
    ];
    const LAST: [&str; 7] = ["at", "ts", "time", "timestamp", "epoch", "datetime", "unixtime"];
    const ALONE: [&str; 12] = [
        "ts",
        "t",
        "time",
        "timestamp",
        "epoch",
        "date",
        "datetime",
        "created",
        "updated",
        "modified",
        "received",
        "logtime",
    ];
    let words = meaning::words(name);
    let unitless = match words.as_slice() {
        [before @ .., unit] if !before.is_empty() && UNITS.contains(&unit.as_str()) => before,
        all => all,
    };
    match unitless {
        [] => false,
        [word] => {
            ALONE.contains(&word.as_str())
                || word.ends_with("timestamp")
                || LAST[3..].contains(&word.as_str())
                || FIRST.contains(&word.as_str())
        }
        // `epoch_ms`, `unix_seconds`: what is counted since 1970, whatever the unit.
        [first, .., last] => {
            LAST.contains(&last.as_str()) || last.ends_with("timestamp") || FIRST.contains(&first.as_str())
        }
    }
}

/// Words that what is counted since 1970 begins with.
const FIRST: [&str; 3] = ["epoch", "unix", "posix"];

/// Whether a name says that its values are times.
fn tells_a_time(name: &str) -> bool {
    const LAST: &[&str] =
        &["ts", "at", "time", "timestamp", "datetime", "date", "when", "started", "ended", "finished"];
    meaning::words(name).last().is_some_and(|last| LAST.iter().any(|word| last == word || last.ends_with("time")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(name: &str, samples: &[&str]) -> Reading {
        let mut guess = Guess::default();
        samples.iter().for_each(|sample| guess.see(sample.as_bytes()));
        guess.reading(name)
    }

    #[test]
    fn samples_tell_the_reading() {
        assert_eq!(guessed("n", &["1", "-20", "NA", ""]), Reading::Int);
        assert_eq!(guessed("n", &["1", "2.5"]), Reading::Float);
        assert_eq!(guessed("n", &["2,6", "48,9", "2"]), Reading::FloatComma);
        assert_eq!(guessed("n", &["12,500", "789", "-1,234"]), Reading::Text);
        assert_eq!(guessed("n", &["12,500", "0,125"]), Reading::FloatComma);
        assert_eq!(guessed("n", &["13,750.25", "789", "-1,234"]), Reading::FloatGrouped);
        assert_eq!(guessed("n", &["1,009,100", "12,500"]), Reading::IntGrouped);
        assert_eq!(guessed("n", &["13.750,25", "789", "2,5"]), Reading::FloatPointGrouped);
        assert_eq!(guessed("n", &["1,234", "1.234"]), Reading::Text);
        assert_eq!(guessed("n", &["101,102,103", "101,102"]), Reading::Text);
        assert_eq!(guessed("n", &["192.168.100.200"]), Reading::Text);
        assert_eq!(guessed("n", &["1,00,000", "0,123,456"]), Reading::Text);
        assert_eq!(guessed("n", &["1,234.5,6"]), Reading::Text);
        assert_eq!(guessed("n", &["1.1", "1.10", "1.9"]), Reading::Text);
        assert_eq!(guessed("serial", &["007", "12"]), Reading::Text);
        assert_eq!(guessed("big", &["99999999999999999999"]), Reading::Text);
        assert_eq!(guessed("ts", &["1740787200", "1740787230.5"]), Reading::Epoch);
        for name in ["createdAt", "receivedAt", "startTime", "created", "ts_ms", "timestampMs", "unixtime", "epoch_s"] {
            assert_eq!(guessed(name, &["1740787200000"]), Reading::Epoch, "{name}");
        }
        for name in ["format", "seconds", "total_ms", "lat", "created_by", "timeout", "n"] {
            assert_eq!(guessed(name, &["1740787200000"]), Reading::Int, "{name}");
        }
        assert_eq!(guessed("n", &["1740787200"]), Reading::Int);
        assert_eq!(guessed("ts", &["20250303005315", ""]), Reading::Compact);
        assert_eq!(guessed("n", &["20250303005315"]), Reading::Int);
        assert_eq!(guessed("ts", &["20250303005315", "20250303005360"]), Reading::Int);
        assert_eq!(guessed("d", &["2025-03-01"]), Reading::Date);
        assert_eq!(guessed("d", &["2025-03-01", "2025-03-01T08:00:00Z"]), Reading::Time);
        assert_eq!(guessed("d", &["10/03/2004", "13/03/2004"]), Reading::DayFirst);
        assert_eq!(guessed("d", &["10/03/2004"]), Reading::Text);
        assert_eq!(guessed("d", &["12/31/2025 11:59:58 PM", "1/5/2026 9:05 AM"]), Reading::MonthFirst);
        assert_eq!(guessed("d", &["12/31/2025 13:59:58 PM"]), Reading::Text);
        assert_eq!(
            guessed("ts", &["2025-03-01 08:00:00", "0000-00-00 00:00:00", "2025-03-01 08:00:01"]),
            Reading::Time
        );
        assert_eq!(guessed("d", &["2025-03-01 08:00:00 CST", "2025-03-01 08:00:01.5 IST"]), Reading::Time);
        assert_eq!(guessed("d", &["2025-03-01 CST"]), Reading::Text);
        assert_eq!(guessed("ts", &["2025-03-01 08:00:00", "pending", "pending"]), Reading::Text);
        assert_eq!(guessed("note", &["2025-03-01 08:00:00", "2025-03-01 08:00:01", "late"]), Reading::Text);
        for text in [
            "13/Jun/2025:08:30:00 +0800",
            "Fri, 13 Jun 2025 08:30:00 +0800",
            "Fri Jun 13 00:30:00 2025",
            "13-Jun-2025 00:30:00",
            "20250613T003000Z",
        ] {
            assert_eq!(guessed("ts", &[text, "2025-03-01 08:00:00"]), Reading::AsInLogs, "{text}");
            assert_eq!(guessed("note", &[text]), Reading::Text, "{text}");
        }
        assert_eq!(guessed("ts", &["2025-06-13 12:30:00 AM", "2025-03-01 08:00:00"]), Reading::Time);
        assert_eq!(guessed("ts", &["06/13/2025, 12:30:00 AM", "06/05/2025, 1:00:00 PM"]), Reading::MonthFirst);
        assert_eq!(guessed("ts", &["Fri Jun 13 00:30:00 2025", "Jun 14 00:30:00"]), Reading::Text);
        assert_eq!(guessed("x", &["?", ""]), Reading::Text);
        assert_eq!(guessed("x", &["1e-400", "2"]), Reading::Text);
        assert_eq!(guessed("x", &["9007199254740993", "0.5"]), Reading::Text);
        assert_eq!(guessed("x", &["12345678901234567.89", "0.5"]), Reading::Text);
        assert_eq!(guessed("x", &["-9999999999999.999"]), Reading::Text);
        assert_eq!(guessed("x", &["33.3333333333333333", "0.1000000000000000000", "-9999999999.5"]), Reading::Float);
        assert_eq!(guessed("x", &["0.30000000000000004441", "9007199254740992.00"]), Reading::Float);
        assert_eq!(guessed("x", &["9007199254740992", "1152921504606847000", "0.5"]), Reading::Float);
        assert_eq!(guessed("x", &["0e-400", "-0.0", "1e-300"]), Reading::Float);
        assert_eq!(guessed("x", &["true", "FALSE"]), Reading::Bool);
    }
}
