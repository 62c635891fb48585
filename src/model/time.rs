//! Instants as UTC microseconds since 1970: reading the spellings that evidence uses, and writing RFC 3339.
//! Reading works on bytes and allocates nothing, since it stands on the hot path of every reader.

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
pub const WEEK: i64 = 7 * DAY;

/// A time as it is written: wall-clock microseconds, and the offset in seconds east where the text has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub wall: i64,
    pub offset: Option<i32>,
}

impl Stamp {
    /// Whether it was written within a minute of `received`, in whatever zone.
    pub fn is_at_once(self, received: Stamp) -> bool {
        let offset = self.offset_by(received);
        let written = |offset: i32| self.wall - i64::from(offset) * SECOND;
        let heard = received.wall - i64::from(received.offset.unwrap_or(0)) * SECOND;
        offset.is_some_and(|offset| (heard - written(offset)).abs() <= MINUTE)
    }

    /// The offset of its zone, if it was written at most some minutes before `received`, whose zone is known.
    pub fn offset_by(self, received: Stamp) -> Option<i32> {
        const QUARTER: i64 = 15 * MINUTE;
        let ahead = self.wall - (received.wall - i64::from(received.offset?) * SECOND);
        // Clocks may be some seconds apart.
        let quarters = (ahead - MINUTE).div_euclid(QUARTER) + 1;
        i32::try_from(quarters * QUARTER / SECOND).ok().filter(|offset| offset.abs() <= 14 * 3600)
    }
}

/// Days since 1970 of a proleptic Gregorian date (Howard Hinnant, `days_from_civil`), or `None` for no such day.
pub fn days(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn month_length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// Microseconds of a time of day; second 60 is a leap second and counts into the next minute.
pub fn clock(hour: u32, minute: u32, second: u32, micros: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second <= 60)
        .then(|| i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND + micros)
}

/// `count` decimal digits at the start of `text`.
#[inline]
pub fn digits(text: &[u8], count: usize) -> Option<u32> {
    let mut value = 0;
    for byte in text.get(..count)? {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}

/// A fraction after its point or comma, as microseconds, and how many digits it had. More than six are cut off.
pub fn fraction(text: &[u8]) -> (i64, usize) {
    let mut micros = 0;
    let mut scale = 100_000;
    let mut length = 0;
    for byte in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        micros += i64::from(byte - b'0') * scale;
        scale /= 10;
        length += 1;
    }
    (micros, length)
}

/// A zone at the start of `text`: `Z`, `UTC`, `GMT`, `+08`, `+0800`, `+08:00`, `-03:30:52`. Seconds east and length.
pub fn offset(text: &[u8]) -> Option<(i32, usize)> {
    match text.first()? {
        b'Z' => Some((0, 1)),
        first if first.is_ascii_uppercase() => from_utc(text).or_else(|| abbreviation(text)),
        sign @ (b'+' | b'-') => {
            let hours = digits(&text[1..], 2)?;
            let mut seconds = hours * 3600;
            let mut length = 3;
            for unit in [60, 1] {
                let colon = usize::from(text.get(length) == Some(&b':'));
                match digits(text.get(length + colon..).unwrap_or_default(), 2) {
                    Some(part) if part < 60 && (colon == 1 || unit == 60) => {
                        seconds += part * unit;
                        length += colon + 2;
                    }
                    _ => break,
                }
            }
            let seconds = i32::try_from(seconds).ok().filter(|seconds| *seconds <= 18 * 3600)?;
            Some((if *sign == b'-' { -seconds } else { seconds }, length))
        }
        _ => None,
    }
}

/// `UTC+03:00`, `GMT-3`, `GMT+0200`.
fn from_utc(text: &[u8]) -> Option<(i32, usize)> {
    let sign = *text.get(3).filter(|_| text.starts_with(b"UTC") || text.starts_with(b"GMT"))?;
    if !matches!(sign, b'+' | b'-') {
        return None;
    }
    if let Some((seconds, length)) = offset(&text[3..]) {
        return Some((seconds, 3 + length));
    }
    let hours = i32::try_from(digits(text.get(4..)?, 1)?).ok()?;
    (!text.get(5).is_some_and(u8::is_ascii_digit)).then_some((if sign == b'-' { -hours } else { hours } * 3600, 5))
}

/// Abbreviations of zones that mean one offset only: those of RFC 2822, 4.3, and Europe's and Japan's. Others, such
/// as IST or CST, have homonyms far apart and are not taken for any.
fn abbreviation(text: &[u8]) -> Option<(i32, usize)> {
    const ZONES: [(&[u8], i32); 17] = [
        (b"UTC", 0),
        (b"GMT", 0),
        (b"UT", 0),
        (b"EST", -5),
        (b"EDT", -4),
        (b"CDT", -5),
        (b"MST", -7),
        (b"MDT", -6),
        (b"PST", -8),
        (b"PDT", -7),
        (b"WET", 0),
        (b"WEST", 1),
        (b"CET", 1),
        (b"CEST", 2),
        (b"EET", 2),
        (b"EEST", 3),
        (b"JST", 9),
    ];
    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    ZONES.iter().find(|(name, _)| *name == &text[..length]).map(|(_, hours)| (hours * 3600, length))
}

/// An ISO 8601 or look-alike date and time at the start of `text`, with its length:
/// `2025-03-01`, then `T`, `_` or a blank, `08:00[:00[.,123456789]]`, then maybe a zone. `/` may divide the date.
pub fn iso(text: &[u8]) -> Option<(Stamp, usize)> {
    let divider = *text.get(4)?;
    if !matches!(divider, b'-' | b'/') || text.get(7) != Some(&divider) {
        return None;
    }
    let day = days(i64::from(digits(text, 4)?), digits(&text[5..], 2)?, digits(&text[8..], 2)?)?;
    let date = Stamp { wall: day * DAY, offset: None };
    if !matches!(text.get(10), Some(b'T' | b't' | b' ' | b'_')) {
        return Some((date, 10));
    }
    let Some((of_day, length)) = time_of_day(&text[11..]) else { return Some((date, 10)) };
    let mut end = 11 + length;
    let is_zone = |byte: &u8| matches!(byte, b'+' | b'-') || byte.is_ascii_uppercase();
    let blank = usize::from(text.get(end) == Some(&b' ') && text.get(end + 1).is_some_and(is_zone));
    // A sign and two digits behind a blank are a zone if the first is a zero or nothing follows: `10:03:10 -12 units`.
    let is_zone = |(_, length): &(i32, usize)| {
        let is_sure = |first: u8| first.is_ascii_uppercase() || text[end + 2] == b'0' || end + 4 == text.len();
        blank == 0 || *length != 3 || is_sure(text[end + 1])
    };
    let zone = text.get(end + blank..).and_then(offset).filter(is_zone);
    if let Some((_, length)) = zone {
        end += blank + length;
    }
    Some((Stamp { wall: day * DAY + of_day, offset: zone.map(|(seconds, _)| seconds) }, end))
}

/// UTC microseconds and length of `@` and 24 hex digits: seconds of TAI since 1970 plus 2^62, and nanoseconds (D. J.
/// Bernstein, `TAI64N`).
pub fn tai64n(text: &[u8]) -> Option<(i64, usize)> {
    /// What writers add to the seconds of their clock, which knows no leap seconds: TAI was ten seconds ahead of UTC in
    /// 1970 (libtai, `tai_now`).
    const AHEAD: i64 = 10;
    let digits = text.strip_prefix(b"@")?.get(..24)?;
    let hex = |text: &[u8]| u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok();
    let seconds = i64::try_from(hex(&digits[..16])?.checked_sub(1 << 62)?).ok()?;
    let nanos = i64::try_from(hex(&digits[16..])?).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(((seconds - AHEAD).checked_mul(SECOND)?.checked_add(nanos / 1_000)?, 25))
}

/// `08:00`, `08:00:00` or `08:00:00.123` with a point or comma: microseconds of the day, and the length.
pub fn time_of_day(text: &[u8]) -> Option<(i64, usize)> {
    if text.get(2) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(text, 2)?, digits(&text[3..], 2)?);
    if text.get(5) != Some(&b':') {
        return Some((clock(hour, minute, 0, 0)?, 5));
    }
    let second = digits(&text[6..], 2)?;
    let (micros, length) = match text.get(8) {
        Some(b'.' | b',') => fraction(&text[9..]),
        _ => (0, 0),
    };
    let end = if length > 0 { 9 + length } else { 8 };
    Some((clock(hour, minute, second, micros)?, end))
}

/// The whole of `text` as one ISO time.
pub fn iso_whole(text: &[u8]) -> Option<Stamp> {
    iso(text).filter(|(_, length)| *length == text.len()).map(|(stamp, _)| stamp)
}

/// `Jan` .. `Dec` at the start of `text`, any case, as 1 to 12.
#[inline]
pub fn month(text: &[u8]) -> Option<u32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let lower = [text.first()? | 32, text.get(1)? | 32, text.get(2)? | 32];
    NAMES.iter().position(|name| **name == lower).map(|index| index as u32 + 1)
}

/// Short names of months that are not spelled as the English ones: of French, German, Spanish, Portuguese, Italian,
/// Dutch, Polish, Czech and Russian (Unicode CLDR, abbreviated months).
const FOREIGN_MONTHS: &[(&str, u32)] = &[
    ("janv", 1),
    ("ene", 1),
    ("gen", 1),
    ("sty", 1),
    ("led", 1),
    ("янв", 1),
    ("févr", 2),
    ("fév", 2),
    ("fevr", 2),
    ("fev", 2),
    ("lut", 2),
    ("úno", 2),
    ("фев", 2),
    ("mars", 3),
    ("mär", 3),
    ("märz", 3),
    ("mrz", 3),
    ("mrt", 3),
    ("maa", 3),
    ("bře", 3),
    ("мар", 3),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("dub", 4),
    ("апр", 4),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("maj", 5),
    ("kvě", 5),
    ("мая", 5),
    ("май", 5),
    ("juin", 6),
    ("giu", 6),
    ("cze", 6),
    ("čer", 6),
    ("июн", 6),
    ("juil", 7),
    ("lug", 7),
    ("lip", 7),
    ("čvc", 7),
    ("июл", 7),
    ("août", 8),
    ("aou", 8),
    ("ago", 8),
    ("sie", 8),
    ("srp", 8),
    ("авг", 8),
    ("set", 9),
    ("wrz", 9),
    ("zář", 9),
    ("сен", 9),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("paź", 10),
    ("říj", 10),
    ("окт", 10),
    ("lis", 11),
    ("ноя", 11),
    ("déc", 12),
    ("dez", 12),
    ("dic", 12),
    ("gru", 12),
    ("pro", 12),
    ("дек", 12),
];

const FULL_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The name of a month at the start of `text`, short or in full, also in other languages, maybe with a point: 1 to 12
/// and its length.
pub fn month_name(text: &[u8]) -> Option<(u32, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    if let Some(month) = month(text) {
        let full = FULL_MONTHS[month as usize - 1].as_bytes();
        let point = usize::from(text.get(length) == Some(&b'.') && text.get(length + 1) == Some(&b' '));
        if length == 3 || length == 4 && month == 9 && text[..4].eq_ignore_ascii_case(b"sept") {
            return Some((month, length + point));
        }
        // `oktober` and `novembre` are spelled alike enough.
        let is_alike = length > 4 && length < 10 && text[length - 1].is_ascii_lowercase();
        if text[..length].eq_ignore_ascii_case(full) || is_alike {
            return Some((month, length));
        }
    }
    if !(3..=12).contains(&length) {
        return None;
    }
    let word = std::str::from_utf8(&text[..length]).ok()?.to_lowercase();
    let is_long = word.chars().nth(4).is_some();
    let fits = |name: &str| name == word || is_long && word.starts_with(name);
    let (_, month) = FOREIGN_MONTHS.iter().find(|(name, _)| fits(name))?;
    Some((*month, length + usize::from(text.get(length) == Some(&b'.'))))
}

/// A number since 1970 whose unit its size tells: seconds, milli-, micro- or nanoseconds of 1990 to 2100.
pub fn epoch(number: i64) -> Option<i64> {
    const FROM: i64 = 631_152_000;
    const TO: i64 = 4_102_444_800;
    for (unit, per) in [(1, SECOND), (1_000, 1_000), (SECOND, 1)] {
        if (FROM * unit..TO * unit).contains(&number) {
            return Some(number * per);
        }
    }
    (FROM..TO).contains(&(number / 1_000_000_000)).then_some(number / 1_000)
}

/// RFC 3339 in UTC, with as many digits after the second as it needs: none, three or six.
pub fn rfc3339(micros: i64) -> String {
    match micros {
        i64::MAX => return "infinity".into(),
        value if value <= -i64::MAX => return "-infinity".into(),
        _ => {}
    }
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let seconds = of_day / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match of_day % SECOND {
        0 => String::new(),
        rest if rest % 1_000 == 0 => format!(".{:03}", rest / 1_000),
        rest => format!(".{rest:06}"),
    };
    format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}Z", date(days))
}

/// `2025-03-01`; years past 9999 and before 0 with their sign, as ISO 8601 has it.
pub fn date(days: i64) -> String {
    match days {
        days if days == i64::from(i32::MAX) => return "infinity".into(),
        days if days == -i64::from(i32::MAX) => return "-infinity".into(),
        _ => {}
    }
    let (year, month, day) = civil(days);
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+05}-{month:02}-{day:02}")
    }
}

/// Year, month and day of days since 1970 (Howard Hinnant, `civil_from_days`).
pub fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let of_era_year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (of_era_year + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// The year of an instant.
pub fn year(micros: i64) -> i64 {
    civil(micros.div_euclid(DAY)).0
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::*;

    #[test]
    fn iso_times_are_read_with_their_zone_and_length() {
        let read = |text: &str| iso(text.as_bytes()).map(|(stamp, length)| (rfc3339(stamp.wall), stamp.offset, length));
        insta::assert_debug_snapshot!(
            [
                "2025-03-01T08:00:00.123456789+08:00 rest",
                "2025-03-01 08:00:00,5 INFO",
                "2024-02-29",
                "2025-02-29",
                "2025-03-01 08:00 -03:30",
                "2025/03/01 25:00:00",
                "2025-03-01 08:00:00 UTC+03:00",
            ]
            .map(read),
            @r#"
        [
            Some(
                (
                    "2025-03-01T08:00:00.123456Z",
                    Some(
                        28800,
                    ),
                    35,
                ),
            ),
            Some(
                (
                    "2025-03-01T08:00:00.500Z",
                    None,
                    21,
                ),
            ),
            Some(
                (
                    "2024-02-29T00:00:00Z",
                    None,
                    10,
                ),
            ),
            None,
            Some(
                (
                    "2025-03-01T08:00:00Z",
                    Some(
                        -12600,
                    ),
                    23,
                ),
            ),
            Some(
                (
                    "2025-03-01T00:00:00Z",
                    None,
                    10,
                ),
            ),
            Some(
                (
                    "2025-03-01T08:00:00Z",
                    Some(
                        10800,
                    ),
                    29,
                ),
            ),
        ]
        "#
        );
    }

    #[test]
    fn an_epoch_tells_its_unit_by_its_size() {
        let second = 1_740_787_200;
        for (number, micros) in [(second, 1), (second * 1_000, 1), (second * 1_000_000, 1), (second * 1_000_000_000, 1)]
        {
            assert_eq!(epoch(number), Some(second * SECOND * micros));
        }
        assert_eq!(epoch(42), None);
    }

    #[test]
    fn days_agree_with_chrono_over_four_centuries() {
        for day in (-80_000..80_000).step_by(17) {
            let date = NaiveDate::from_num_days_from_ce_opt(day + 719_163).expect("in range");
            assert_eq!(days(i64::from(date.year()), date.month(), date.day()), Some(i64::from(day)));
            assert_eq!(civil(i64::from(day)), (i64::from(date.year()), date.month(), date.day()));
        }
    }
}
