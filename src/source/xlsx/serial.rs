//! Dates and times of Excel: a number under a cell format. ECMA-376 part 1, 18.17.4.1 (dates as numbers) and 18.8.30
//! (number formats).

use super::cell::{self, Cell};
use crate::model::time::{DAY, SECOND};

/// What a cell format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Number,
    Percent,
    /// A date, a time of day, or both: the number tells which.
    Time,
    /// A time of day alone: what is a day or more under it is a span, unless it is a date as of our time.
    OfDay,
    /// Hours that go on past 24.
    Elapsed,
    /// Zeros alone, so many: `00000`.
    Padded(u8),
}

impl Form {
    /// Of a format that has a number and no code in the file. 27 to 36 and 50 to 58 are dates in East Asia.
    pub fn built_in(number: u32) -> Form {
        match number {
            9 | 10 => Form::Percent,
            18..=21 | 45 | 47 => Form::OfDay,
            14..=17 | 22 | 27..=36 | 50..=58 => Form::Time,
            46 => Form::Elapsed,
            _ => Form::Number,
        }
    }

    /// Of a format's code, by its first section.
    pub fn of(code: &str) -> Form {
        let mut letters = code.chars();
        let mut form = zeros(code);
        let (mut has_clock, mut months) = (false, 0_u32);
        while let Some(letter) = letters.next() {
            match letter {
                '"' => {
                    letters.by_ref().find(|next| *next == '"');
                }
                '\\' | '_' | '*' => {
                    letters.next();
                }
                '[' => {
                    let inner: String = letters.by_ref().take_while(|next| *next != ']').collect();
                    let inner = inner.to_ascii_lowercase();
                    let is_unit = |unit: char| !inner.is_empty() && inner.chars().all(|letter| letter == unit);
                    if is_unit('h') || is_unit('m') || is_unit('s') {
                        return Form::Elapsed;
                    }
                }
                ';' => break,
                'd' | 'D' | 'y' | 'Y' => return Form::Time,
                'h' | 'H' | 's' | 'S' => has_clock = true,
                // `AM/PM`, and not months or minutes.
                'a' | 'A' if letters.as_str().get(..1).is_some_and(|next| next.eq_ignore_ascii_case("m")) => {
                    letters.find(|next| matches!(next, 'p' | 'P'));
                    letters.next();
                }
                'm' | 'M' => months += 1,
                // `General`, and eras of East Asia beside a month or day that tells.
                'G' | 'g' if letters.as_str().get(..6).is_some_and(|rest| rest.eq_ignore_ascii_case("eneral")) => {
                    letters.nth(5);
                }
                '%' => form = Form::Percent,
                _ => {}
            }
        }
        match (has_clock, months) {
            // `mmm h:mm`
            (true, 5..) => Form::Time,
            (true, _) => Form::OfDay,
            (false, 1..) => Form::Time,
            (false, 0) => form,
        }
    }
}

/// Of a code that is zeros alone.
fn zeros(code: &str) -> Form {
    let first = code.split(';').next().unwrap_or_default();
    match first.len() {
        2..=18 if first.bytes().all(|byte| byte == b'0') => Form::Padded(first.len() as u8),
        _ => Form::Number,
    }
}

/// Which day 0 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// The day before 1900-01-01, with a 29th of February in that year, which there was not.
    Of1900,
    /// 1904-01-01.
    Of1904,
}

/// 9999-12-31, the last day Excel knows, counted from 1900.
const DAY_MAX: i64 = 2_958_465;
/// Under a format for times of day a number below is a span of days, and one past it a date of our time.
const SPAN_DAYS_MAX: i64 = 10_000;

/// The cell of a number under a format; `None` if it is no date that there was.
pub fn cell(value: f64, form: Form, epoch: Epoch) -> Option<Cell> {
    match form {
        Form::Number => return value.is_finite().then_some(Cell::Number(value)),
        Form::Percent => return value.is_finite().then_some(Cell::Percent(value)),
        Form::Padded(digits) => {
            let padded = cell::whole(value).filter(|whole| *whole >= 0).map(|whole| Cell::Padded(whole, digits));
            return padded.or_else(|| value.is_finite().then_some(Cell::Number(value)));
        }
        Form::Time | Form::OfDay | Form::Elapsed => {}
    }
    if !value.is_finite() || value.abs() > DAY_MAX as f64 + 1.0 {
        return None;
    }
    let mut day = value.floor() as i64;
    let mut micros = of_day(value - value.floor());
    if micros == DAY {
        (day, micros) = (day + 1, 0);
    }
    if form == Form::Elapsed || form == Form::OfDay && (1..SPAN_DAYS_MAX).contains(&day) {
        return Some(Cell::Elapsed(day * DAY + micros));
    }
    if form == Form::OfDay && day == 0 {
        return Some(Cell::OfDay(micros));
    }
    let since_1970 = match epoch {
        _ if !(0..=DAY_MAX).contains(&day) => return None,
        // Day 0 of both systems is a time without a date, unless 1904 has it as a date.
        Epoch::Of1900 if day == 0 => return Some(Cell::OfDay(micros)),
        Epoch::Of1904 if day == 0 && micros > 0 => return Some(Cell::OfDay(micros)),
        Epoch::Of1900 if day == 60 => return None,
        Epoch::Of1900 => day - if day < 60 { 25_568 } else { 25_569 },
        Epoch::Of1904 => day - 24_107,
    };
    Some(if micros == 0 { Cell::Date(since_1970) } else { Cell::Moment(since_1970 * DAY + micros) })
}

/// Microseconds of a part of a day. Fifteen digits of a day are known to 4.3 microseconds, so what is as near to a whole
/// millisecond is one.
fn of_day(part: f64) -> i64 {
    const MILLI: i64 = SECOND / 1000;
    let micros = (part * DAY as f64).round() as i64;
    let nearest = (micros + MILLI / 2) / MILLI * MILLI;
    if (micros - nearest).abs() <= 5 { nearest } else { micros }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::days;

    fn date(year: i64, month: u32, day: u32) -> Option<Cell> {
        days(year, month, day).map(Cell::Date)
    }

    #[test]
    fn codes_tell_the_form() {
        let told =
            |codes: &[&str], form: Form| codes.iter().for_each(|code| assert_eq!(Form::of(code), form, "{code}"));
        told(&["yyyy-mm-dd", "m/d h:mm", "mmm-yy", "d. MMMM", "\"on \"dd", "mmmm", "mmm h:mm"], Form::Time);
        told(&["[$-409]h:mm AM/PM;@", "[Red]hh:mm", "mm:ss.0", "h \"hours\"", "h:mm:ss"], Form::OfDay);
        told(&["00000", "00000;-00000"], Form::Padded(5));
        told(&["[h]:mm:ss", "[mm]", "[s].000", "[Blue][hh]:mm"], Form::Elapsed);
        told(&["0%", "0.0\\ %", "[Red]-0.00%"], Form::Percent);
        told(
            &["General", "0.00", "#,##0\" days\"", "0\\d", "@", "0_h", "0;\"y\"", "[$€-407] 0", "*d0", "G€€€", "Gén"],
            Form::Number,
        );
    }

    #[test]
    fn both_systems_agree_with_the_calendar() {
        let of_1900 = |value| cell(value, Form::Time, Epoch::Of1900);
        assert_eq!(of_1900(1.0), date(1900, 1, 1));
        assert_eq!(of_1900(59.0), date(1900, 2, 28));
        assert_eq!(of_1900(60.0), None);
        assert_eq!(of_1900(61.0), date(1900, 3, 1));
        assert_eq!(of_1900(45_717.0), date(2025, 3, 1));
        assert_eq!(of_1900(2_958_465.0), date(9999, 12, 31));
        assert_eq!(of_1900(2_958_466.0), None);
        assert_eq!(of_1900(-1.0), None);
        assert_eq!(cell(0.0, Form::Time, Epoch::Of1904), date(1904, 1, 1));
        assert_eq!(cell(44_255.0, Form::Time, Epoch::Of1904), date(2025, 3, 1));
    }

    #[test]
    fn times_are_those_that_were_stored() {
        let eight = days(2025, 3, 1).map(|day| day * DAY + 8 * 3600 * SECOND);
        // As Excel (15 digits) and as libraries (17 digits) write it.
        for value in [45_717.333_333_333_3, 45_717.333_333_333_336] {
            assert_eq!(cell(value, Form::Time, Epoch::Of1900), eight.map(Cell::Moment));
        }
        assert_eq!(cell(0.999_999_999_999, Form::Time, Epoch::Of1900), date(1900, 1, 1));
        assert_eq!(cell(0.25, Form::Time, Epoch::Of1900), Some(Cell::OfDay(DAY / 4)));
        for epoch in [Epoch::Of1900, Epoch::Of1904] {
            assert_eq!(cell(0.0, Form::OfDay, epoch), Some(Cell::OfDay(0)));
            assert_eq!(cell(1.25, Form::OfDay, epoch), Some(Cell::Elapsed(DAY * 5 / 4)));
        }
        assert_eq!(cell(45_717.25, Form::OfDay, Epoch::Of1900), cell(45_717.25, Form::Time, Epoch::Of1900));
        assert_eq!(cell(123.0, Form::Padded(5), Epoch::Of1900), Some(Cell::Padded(123, 5)));
        assert_eq!(cell(-1.5, Form::Padded(5), Epoch::Of1900), Some(Cell::Number(-1.5)));
        assert_eq!(cell(1.5, Form::Elapsed, Epoch::Of1900), Some(Cell::Elapsed(DAY * 3 / 2)));
        assert_eq!(cell(-0.5, Form::Elapsed, Epoch::Of1900), Some(Cell::Elapsed(-DAY / 2)));
    }
}
