//! A single value as its text spells it: numbers, times and what stands for none. What does not fit is refused.

use crate::model::time::{self, DAY, Stamp};
use crate::source::spelling;

pub fn boolean(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case(b"false").then_some(false)
}

/// An integer of up to 64 bits. No leading zeros or plus: those are names, not numbers.
#[inline]
pub fn int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || (digits.len() > 1 && digits[0] == b'0') || digits.len() > 19 || (negative && digits == b"0")
    {
        return None;
    }
    let mut value: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

pub fn float(text: &[u8]) -> Option<f64> {
    let first = *text.first()?;
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    // `007` and `+5` are names; `nan`, `inf` are read, `infinity ward` is not.
    if first == b'+' || (digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()) {
        return None;
    }
    if digits.len() > 15 {
        let is_whole = digits.iter().all(u8::is_ascii_digit);
        if is_whole && int(text).is_none() || is_inexact(text) {
            return None;
        }
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    // A finite number past the range is not infinity, and one too small for it is not zero.
    let mantissa = text.split(|byte| matches!(byte, b'e' | b'E')).next().unwrap_or_default();
    let is_zero = value == 0.0 && !mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9'));
    (is_zero || value != 0.0 && (value.is_finite() || !text.iter().any(u8::is_ascii_digit))).then_some(value)
}

/// Whether a text is a whole number of up to 64 bits, or a decimal, that a floating-point number would change. The
/// shortest digits of a floating-point number, filled up with zeros as JavaScript does, are no change.
pub fn is_inexact(text: &[u8]) -> bool {
    if memchr::memchr(b'.', text).is_some() {
        return is_inexact_decimal(text);
    }
    let Some(value) = int(text).filter(|value| value.unsigned_abs() > 1 << 53) else { return false };
    value as f64 as i128 != i128::from(value) && (value as f64).to_string().as_bytes() != text
}

/// The same of digits on both sides of a point. A long fraction behind a number of usual size was measured or divided,
/// and its last digits tell nothing; a short one was counted, as money is.
fn is_inexact_decimal(text: &[u8]) -> bool {
    /// All of so many digits are told by a floating-point number.
    const SURE: usize = 15;
    const SHORT: usize = 6;
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let Some(dot) = memchr::memchr(b'.', digits) else { return false };
    let (whole, fraction) = (&digits[..dot], &digits[dot + 1..]);
    let zeros = fraction.iter().rev().take_while(|byte| **byte == b'0').count();
    let told = fraction.len() - zeros;
    let are_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if !are_digits || whole.is_empty() || whole.len() + told <= SURE || told > SHORT && whole.len() <= SURE {
        return false;
    }
    let end = if told == 0 { dot } else { dot + 1 + told };
    let Ok(own) = std::str::from_utf8(&digits[..end]) else { return false };
    own.parse::<f64>().is_ok_and(|value| format!("{value:.told$}") != own && value.to_string() != own)
}

pub fn float_comma(text: &[u8]) -> Option<f64> {
    if text.len() > 64 || memchr::memchr(b'.', text).is_some() {
        return None;
    }
    let mut copy = [0; 64];
    copy[..text.len()].copy_from_slice(text);
    if let Some(comma) = memchr::memchr(b',', text) {
        copy[comma] = b'.';
    }
    float(&copy[..text.len()])
}

/// A number whose thousands may be divided by `mark`, and whose fraction then stands behind the other one.
pub fn grouped<T>(text: &[u8], mark: u8, read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let mut copy = [0; 64];
    let length = spelling::ungrouped(text, mark, &mut copy)?;
    read(&copy[..length])
}

/// Whether a text is a number in any way of writing.
pub fn is_number(text: &[u8]) -> bool {
    int(text).is_some()
        || float(text).is_some()
        || float_comma(text).is_some()
        || grouped(text, b',', float).is_some()
        || grouped(text, b'.', float).is_some()
}

pub fn epoch(text: &[u8]) -> Option<i64> {
    match int(text) {
        Some(number) => time::epoch(number),
        None => {
            let dot = memchr::memchr(b'.', text)?;
            let (fraction, length) = time::fraction(&text[dot + 1..]);
            let whole = int(&text[..dot])?;
            // A fraction is one of the unit that the number's size tells.
            let unit = time::epoch(whole.checked_add(1)?)? - time::epoch(whole)?;
            (length == text.len() - dot - 1).then_some(time::epoch(whole)? + fraction * unit / time::SECOND)
        }
    }
}

/// Whether a time is finer than a microsecond: `2025-03-01T08:00:00.123456789`, or counted from 1970 in more digits.
/// Zeros there are many programs' way of writing, and no part of the time.
pub fn is_finer(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_told = |text: &[u8]| text.iter().skip(6).take_while(|byte| byte.is_ascii_digit()).any(|byte| *byte != b'0');
    let behind_point =
        |at: usize| text.get(at) == Some(&b'.') && digits(&text[at + 1..]) > 6 && is_told(&text[at + 1..]);
    let whole = digits(text);
    behind_point(19)
        || (10..=19).contains(&whole)
            && if whole == text.len() { whole == 19 && !text.ends_with(b"000") } else { behind_point(whole) }
}

/// Names of zones that are those of several, and so say nothing.
const HOMONYMS: [&[u8]; 6] = [b"CST", b"IST", b"BST", b"AST", b"SST", b"GST"];

/// Whether `text` begins with the name of a zone that several have. All of them have three letters.
pub fn is_homonym(text: &[u8]) -> bool {
    text.get(..3).is_some_and(|word| HOMONYMS.contains(&word))
}

/// An ISO time, maybe with the name of a zone that is the name of several: then it is as one without a zone.
pub fn iso(text: &[u8]) -> Option<Stamp> {
    time::iso_whole(text)
        .or_else(|| {
            let (wall, zone) = text.split_at_checked(text.len().checked_sub(4)?)?;
            let is_named = zone[0] == b' ' && is_homonym(&zone[1..]) && wall.len() > 10;
            time::iso_whole(wall).filter(|stamp| is_named && stamp.offset.is_none())
        })
        .or_else(|| year_first(text))
}

/// `2025/4/13 9:00`, as spreadsheets write it where the year comes first: without zeros before small numbers.
fn year_first(text: &[u8]) -> Option<Stamp> {
    const YEARS: std::ops::Range<u32> = 1900..2200;
    let divider = *text.get(4).filter(|byte| matches!(byte, b'/' | b'-'))?;
    let year = time::digits(text, 4).filter(|year| YEARS.contains(year))?;
    let number = |at: usize| {
        let length = text.get(at..)?.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        (1..=2).contains(&length).then(|| Some((time::digits(&text[at..], length)?, at + length)))?
    };
    let (month, end) = number(5)?;
    let (day, end) = number(end + 1).filter(|_| text.get(end) == Some(&divider))?;
    let of_day = match text.get(end) {
        None => 0,
        Some(b' ' | b'T') => of_day(&text[end + 1..])?,
        Some(_) => return None,
    };
    Some(Stamp { wall: time::days(i64::from(year), month, day)? * DAY + of_day, offset: None })
}

pub fn date(text: &[u8]) -> Option<i64> {
    (text.len() == 10)
        .then(|| time::iso_whole(text))
        .flatten()
        .map(|stamp| stamp.wall / DAY - i64::from(stamp.wall % DAY < 0))
}

/// `20250303005315`: from the year to the second in digits alone, of 1970 to 2099. As many digits are no count since
/// 1970 of such years in any unit.
pub fn compact(text: &[u8]) -> Option<Stamp> {
    if text.len() != 14 {
        return None;
    }
    let part = |at: usize| time::digits(&text[at..], 2);
    let (year, month, day) = (time::digits(text, 4)?, part(4)?, part(6)?);
    let (hour, minute, second) = (part(8)?, part(10)?, part(12)?);
    if !(1970..2100).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = i64::from(hour) * time::HOUR + i64::from(minute) * time::MINUTE + i64::from(second) * time::SECOND;
    Some(Stamp { wall: time::days(i64::from(year), month, day)? * DAY + of_day, offset: None })
}

/// Whether a date, whose numbers have an order of their own, has a year of two digits. A time of day stands behind it,
/// or else it may be anything, such as a version.
pub fn has_short_year(text: &[u8]) -> Option<[u32; 3]> {
    let mut numbers = text.split(|byte| !byte.is_ascii_digit()).take(3);
    let mut next = || numbers.next().filter(|digits| (1..=2).contains(&digits.len()));
    let mut number = || next().and_then(|digits| time::digits(digits, digits.len()));
    Some([number()?, number()?, number()?])
}

/// `31/12/2025[[,] 08:00[:00][ PM]]`, and `31/12/25 08:00`
pub fn divided(text: &[u8], day_first: bool) -> Option<Stamp> {
    let mut parts = [0_u32; 3];
    let mut at = 0;
    let divider = *text.iter().find(|byte| !byte.is_ascii_digit())?;
    if !matches!(divider, b'/' | b'.' | b'-') {
        return None;
    }
    for (index, part) in parts.iter_mut().enumerate() {
        let length = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let right = if index == 2 {
            matches!(length, 2 | 4)
        } else {
            (1..=2).contains(&length) && text.get(at + length) == Some(&divider)
        };
        if !right {
            return None;
        }
        *part = time::digits(&text[at..], length)?;
        if index == 2 && length == 2 {
            *part += if *part < 70 { 2000 } else { 1900 };
            // A date alone may be a version.
            text.get(at + length)?;
        }
        at += length + usize::from(index < 2);
    }
    let (day, month) = if day_first { (parts[0], parts[1]) } else { (parts[1], parts[0]) };
    let of_day = match text.get(at) {
        None => 0,
        Some(b' ' | b'T') => of_day(&text[at + 1..])?,
        Some(b',') if text.get(at + 1) == Some(&b' ') => of_day(&text[at + 2..])?,
        Some(_) => return None,
    };
    Some(Stamp { wall: time::days(i64::from(parts[2]), month, day)? * DAY + of_day, offset: None })
}

/// `08:00[:00[.123]]`, also `8:00:00 PM`: microseconds of the day.
fn of_day(text: &[u8]) -> Option<i64> {
    let padded;
    let text = match text {
        [_, b':', ..] => {
            padded = [b"0", text].concat();
            &padded[..]
        }
        _ => text,
    };
    let (of_day, length) = time::time_of_day(text)?;
    let hour = of_day / time::HOUR;
    match text[length..].trim_ascii().to_ascii_lowercase().as_slice() {
        b"" if length == text.len() => Some(of_day),
        b"am" if (1..=12).contains(&hour) => Some(of_day % (12 * time::HOUR)),
        b"pm" if (1..=12).contains(&hour) => Some(of_day % (12 * time::HOUR) + 12 * time::HOUR),
        _ => None,
    }
}

/// What evidence writes where a number or a time is not known.
pub fn is_null_word(text: &[u8]) -> bool {
    matches!(
        text.trim_ascii(),
        b"" | b"NA"
            | b"N/A"
            | b"n/a"
            | b"NULL"
            | b"null"
            | b"None"
            | b"none"
            | b"nil"
            | b"-"
            | b"?"
            | b"\\N"
            | b"NaN"
            | b"nan"
            | b"#N/A"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_an_epoch_is_one_of_its_unit() {
        assert_eq!(epoch(b"1710032523.25"), Some(1_710_032_523_250_000));
        assert_eq!(epoch(b"1710032523123.25"), Some(1_710_032_523_123_250));
        assert_eq!(epoch(b"1710032523123456.5"), Some(1_710_032_523_123_456));
    }

    #[test]
    fn fourteen_digits_are_a_time_if_each_part_is_one() {
        let wall = |text: &[u8]| compact(text).map(|stamp| stamp.wall / time::SECOND);
        assert_eq!(wall(b"20250303005315"), Some(1_740_963_195));
        for text in ["20250230005315", "20251303005315", "20250303245315", "19690303005315", "2025030300531"] {
            assert_eq!(wall(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn only_digits_that_say_something_make_a_time_finer() {
        let finer = ["2025-03-01T08:00:00.1234567Z", "1710032523.123456001", "1710032523123456789"];
        let not = ["2025-03-01T08:00:00.123456000Z", "2025-03-01T08:00:00.5", "1710032523.250000000"];
        assert!(
            finer.iter().all(|text| is_finer(text.as_bytes())) && !not.iter().any(|text| is_finer(text.as_bytes()))
        );
    }

    #[test]
    fn hours_of_half_a_day_are_read() {
        let hour = |text: &str| of_day(text.as_bytes()).map(|of_day| of_day / time::MINUTE);
        assert_eq!(
            ["12:00 AM", "12:30 pm", "1:05 PM", "11:59:58 PM"].map(hour),
            [Some(0), Some(750), Some(785), Some(1439)]
        );
        assert_eq!(["0:30 AM", "13:00 PM", "8:00 x", "8:00 "].map(hour), [None; 4]);
    }

    #[test]
    fn integers_keep_all_64_bits_and_no_more() {
        assert_eq!(int(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(int(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(int(b"9223372036854775808"), None);
        assert_eq!(int(b"-0"), None);
    }
}
