//! Dates, times and intervals as Postgres writes them with DateStyle ISO and IntervalStyle postgres, which a dump
//! always has.

use crate::model::column::Interval;
use crate::model::time::{self, DAY, MINUTE, SECOND, Stamp};
use crate::model::zone::{Clock, Doubt};

/// UTC microseconds; years BC and of more than four digits too, as far as 64 bits go.
pub fn timestamp(text: &[u8], clock: Clock) -> Option<(i64, Option<Doubt>)> {
    match text {
        b"infinity" => return Some((i64::MAX, None)),
        b"-infinity" => return Some((-i64::MAX, None)),
        _ => {}
    }
    if let Some(stamp) = time::iso_whole(text) {
        return Some(clock.resolve(stamp));
    }
    let (rest, is_bc) = match text.strip_suffix(b" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (day, after) = day(rest, is_bc).or_else(|| by_slashes(rest))?;
    if after == rest.len() {
        return Some(clock.resolve(Stamp { wall: day.checked_mul(DAY)?, offset: None }));
    }
    let rest = rest.get(after..)?.strip_prefix(b" ")?;
    let (of_day, length) = time::time_of_day(rest)?;
    let zone = &rest[length..];
    let offset =
        if zone.is_empty() { None } else { Some(time::offset(zone).filter(|(_, used)| *used == zone.len())?.0) };
    let wall = day.checked_mul(DAY)?.checked_add(of_day)?;
    // What is near the ends of 64 bits would be taken for infinity.
    (wall.unsigned_abs() < i64::MAX as u64 - 2 * DAY as u64).then(|| clock.resolve(Stamp { wall, offset }))
}

/// Days since 1970, as far as microseconds can be counted.
pub fn date(text: &[u8]) -> Option<i64> {
    match text {
        // The engine's own infinite dates.
        b"infinity" => return Some(i64::from(i32::MAX)),
        b"-infinity" => return Some(-i64::from(i32::MAX)),
        _ => {}
    }
    let (rest, is_bc) = match text.strip_suffix(b" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (day, after) = day(rest, is_bc)?;
    // What is no instant would fail wherever dates and times are put together.
    let is_instant = day.unsigned_abs() < (i64::MAX / DAY) as u64;
    (is_instant && after == rest.len()).then_some(day)
}

/// `YYYY-MM-DD` with four or more digits of the year. The year 1 BC is the year 0 of the calendar that days are
/// counted in.
fn day(text: &[u8], is_bc: bool) -> Option<(i64, usize)> {
    let dash = memchr::memchr(b'-', text).filter(|dash| (4..=7).contains(dash))?;
    let year = i64::from(time::digits(text, dash)?);
    let month = time::digits(text.get(dash + 1..)?, 2)?;
    let day = time::digits(text.get(dash + 4..)?, 2)?;
    if text.get(dash + 3) != Some(&b'-') {
        return None;
    }
    Some((time::days(if is_bc { 1 - year } else { year }, month, day)?, dash + 6))
}

/// `2002/8/14`, as people write it in scripts.
fn by_slashes(text: &[u8]) -> Option<(i64, usize)> {
    let count = |from: usize| text.get(from..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let month = (text.get(4) == Some(&b'/')).then(|| count(5)).filter(|length| (1..=2).contains(length))?;
    let day =
        (text.get(5 + month) == Some(&b'/')).then(|| count(6 + month)).filter(|length| (1..=2).contains(length))?;
    let part = |from: usize, length: usize| time::digits(&text[from..], length);
    let days = time::days(i64::from(part(0, 4)?), part(5, month)?, part(6 + month, day)?)?;
    Some((days, 6 + month + day))
}

/// Microseconds since midnight; `24:00:00` is the end of the day.
pub fn time(text: &[u8]) -> Option<i64> {
    if text == b"24:00:00" {
        return Some(DAY);
    }
    time::time_of_day(text).filter(|(_, length)| *length == text.len()).map(|(micros, _)| micros)
}

/// `1 year 2 mons -3 days +04:05:06.789`
pub fn interval(text: &[u8]) -> Option<Interval> {
    let mut interval = Interval { months: 0, days: 0, micros: 0 };
    let mut words = std::str::from_utf8(text).ok()?.split(' ');
    let mut is_empty = true;
    while let Some(word) = words.next() {
        is_empty = false;
        if word.contains(':') {
            interval.micros = clock(word)?;
            return words.next().is_none().then_some(interval);
        }
        let count: i32 = word.parse().ok()?;
        match words.next()? {
            "year" | "years" => interval.months = interval.months.checked_add(count.checked_mul(12)?)?,
            "mon" | "mons" => interval.months = interval.months.checked_add(count)?,
            "day" | "days" => interval.days = count,
            _ => return None,
        }
    }
    (!is_empty).then_some(interval)
}

/// `-123:05:06.789`
fn clock(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = digits.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let (seconds, fraction) = parts.next()?.split_once('.').unwrap_or((digits.rsplit(':').next()?, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let (micros, length) = time::fraction(fraction.as_bytes());
    if parts.next().is_some() || length != fraction.len() || length > 6 || minutes > 59 || seconds > 60 {
        return None;
    }
    let whole = hours.checked_mul(60 * MINUTE)?.checked_add(minutes * MINUTE + seconds * SECOND + micros)?;
    // The engine hands intervals on in nanoseconds.
    whole.checked_mul(1_000).map(|_| sign * whole)
}

/// As Postgres writes an instant in UTC: `2024-01-01 00:00:00+00`, `0044-03-15 12:00:00+00 BC`.
pub fn spelled(micros: i64) -> String {
    match micros {
        i64::MAX => return "infinity".into(),
        micros if micros == -i64::MAX => return "-infinity".into(),
        _ => {}
    }
    let (year, month, day) = time::civil(micros.div_euclid(DAY));
    let of_day = micros.rem_euclid(DAY);
    let seconds = of_day / SECOND;
    let fraction = match of_day % SECOND {
        0 => String::new(),
        rest => format!(".{rest:06}").trim_end_matches('0').to_string(),
    };
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{shown:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}+00{era}")
}
