//! What may follow a time of an unknown format and belongs to it: morning or afternoon, a zone, the year or the date.

use super::stamp::{StampFormat, Written};
use crate::model::time::{self, DAY, HOUR, Stamp};
use crate::model::zone::Zone;
use crate::source::scalar;

/// A stamp of `length` bytes at the start of `text` with what follows it, and the length of both.
pub fn completed(written: Written, text: &[u8], length: usize) -> (Written, usize) {
    let (mut written, mut end) = (written, length);
    // An offset may stand before the year and behind it.
    for _ in 0..3 {
        let blank = usize::from(text.get(end) == Some(&b' '));
        let Some(rest) = text.get(end + blank..) else { break };
        let found = half_of_day(written, rest)
            .or_else(|| zone(written, rest, blank))
            .or_else(|| if blank == 1 { day(written, rest) } else { None });
        let Some((more, used)) = found else { break };
        (written, end) = (more, end + blank + used);
    }
    (written, end)
}

/// A zone behind a blank and a time whose format knows of none, and its length: ` -0500`, ` +05:00`, ` CET`, ` GMT+08:00`.
#[inline]
pub fn offset(text: &[u8]) -> Option<(Option<i32>, usize)> {
    let [b' ', first @ (b'+' | b'-' | b'A'..=b'Z'), rest @ ..] = text else { return None };
    let ends = |length: usize| {
        !text.get(length).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-./_@%:".contains(byte))
            || text.get(length) == Some(&b':') && matches!(text.get(length + 1), None | Some(b' '))
    };
    let is_name = first.is_ascii_uppercase();
    if let Some((offset, length)) = time::offset(&text[1..]) {
        // A sign and two digits may be a number, but for one that begins with a zero.
        let is_sure = is_name || length > 3 || rest.first() == Some(&b'0');
        return (is_sure && ends(length + 1)).then_some((Some(offset), length + 1));
    }
    (is_name && ends(4) && scalar::is_homonym(&text[1..])).then_some((None, 4))
}

/// `PM`, `a.m.`
fn half_of_day(written: Written, text: &[u8]) -> Option<(Written, usize)> {
    let length = [&b"am"[..], b"pm", b"a.m.", b"p.m."]
        .iter()
        .find(|word| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))?
        .len();
    if text.get(length).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let is_afternoon = text[0] | 0x20 == b'p';
    let moved = |of_day: i64| {
        let hour = of_day / HOUR;
        match (is_afternoon, hour) {
            (true, 1..=11) => Some(of_day + 12 * HOUR),
            (false, 12) => Some(of_day - 12 * HOUR),
            (_, 1..=12) => Some(of_day),
            _ => None,
        }
    };
    let written = match written {
        Written::Whole(stamp) => {
            let of_day = stamp.wall.rem_euclid(DAY);
            Written::Whole(Stamp { wall: stamp.wall - of_day + moved(of_day)?, ..stamp })
        }
        Written::Yearless { month, day, of_day, offset } => {
            Written::Yearless { month, day, of_day: moved(of_day)?, offset }
        }
        Written::Dateless { of_day, offset } => Written::Dateless { of_day: moved(of_day)?, offset },
        Written::Hourless { .. } => return None,
    };
    Some((written, length))
}

/// `+0200`, `CEST`, `GMT+3`, `(CEST)`, `[+02:00]`, `Europe/Berlin`.
fn zone(written: Written, text: &[u8], blank: usize) -> Option<(Written, usize)> {
    if written.offset().is_some() || matches!(written, Written::Hourless { .. }) {
        return None;
    }
    let bracket = usize::from(matches!(text.first(), Some(b'(' | b'[')));
    let inner = &text[bracket..];
    let length = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-:/_".contains(byte)).count();
    let word = inner.get(..length)?;
    let is_closed = bracket == 0 || matches!(inner.get(length), Some(b')' | b']'));
    if is_closed && length == 3 && scalar::is_homonym(word) {
        return Some((written, length + 2 * bracket));
    }
    let (offset, used) = match minutes(word).filter(|_| blank == 0).or_else(|| time::offset(word)) {
        Some((offset, used)) => (Some(offset), used),
        None => (None, length),
    };
    let is_name = offset.is_none() && memchr::memchr(b'/', word).is_some();
    // Behind a blank a sign and two digits may be a number.
    let is_sure = offset.is_some() && (blank + bracket == 0 || !matches!(word.first(), Some(b'+' | b'-')) || used > 3);
    if !is_closed || used != length || !(is_sure || is_name) {
        return None;
    }
    let offset = match (offset, written) {
        (Some(offset), _) => offset,
        (None, Written::Whole(stamp)) => {
            let zone = Zone::parse(std::str::from_utf8(word).ok()?)?;
            i32::try_from((stamp.wall - zone.utc(stamp.wall)) / time::SECOND).ok()?
        }
        _ => return None,
    };
    let offset = Some(offset);
    let written = match written {
        Written::Whole(stamp) => Written::Whole(Stamp { offset, ..stamp }),
        Written::Yearless { month, day, of_day, .. } => Written::Yearless { month, day, of_day, offset },
        Written::Dateless { of_day, .. } => Written::Dateless { of_day, offset },
        Written::Hourless { .. } => return None,
    };
    Some((written, used + 2 * bracket))
}

/// `+060`: minutes, as Db2 writes them.
fn minutes(word: &[u8]) -> Option<(i32, usize)> {
    let [sign @ (b'+' | b'-'), digits @ ..] = word else { return None };
    let minutes = i32::try_from(time::digits(digits, 3)?).ok().filter(|minutes| *minutes <= 14 * 60)?;
    (digits.len() == 3).then_some((if *sign == b'-' { -minutes } else { minutes } * 60, 4))
}

/// The year of a date without one, the date of a time without one.
fn day(written: Written, text: &[u8]) -> Option<(Written, usize)> {
    let ends =
        |length: usize| !text.get(length).is_some_and(|byte| byte.is_ascii_alphanumeric() || b":-/.".contains(byte));
    match written {
        Written::Yearless { month, day, of_day, offset } => {
            let year = i64::from(time::digits(text, 4)?);
            let day = time::days(year, month, day).filter(|_| (1970..2100).contains(&year) && ends(4))?;
            Some((Written::Whole(Stamp { wall: day * DAY + of_day, offset }), 4))
        }
        Written::Dateless { of_day, offset } => {
            const DATES: [&str; 4] = ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%e %b %Y %H:%M", "%b %e %Y %H:%M"];
            let length = text.iter().take(12).position(|byte| *byte == b' ').filter(|at| *at >= 8);
            let lengths = [length.unwrap_or(text.len().min(10)), 11.min(text.len())];
            lengths.into_iter().filter(|length| ends(*length)).find_map(|length| {
                let date = [&text[..length], b" 00:00"].concat();
                let read = |format: &&str| StampFormat::compile(format).ok()?.read(&date);
                match DATES.iter().find_map(read)? {
                    (Written::Whole(stamp), used) if used == date.len() => {
                        Some((Written::Whole(Stamp { wall: stamp.wall + of_day, offset }), length))
                    }
                    _ => None,
                }
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(format: &str, text: &str) -> String {
        let format = StampFormat::compile(format).expect("a format");
        let (written, length) = format.read(text.as_bytes()).expect("a stamp");
        match completed(written, text.as_bytes(), length) {
            (Written::Whole(stamp), length) => format!("{} {length}", time::rfc3339(Zone::UTC.resolve(stamp))),
            (other, length) => format!("{other:?} {length}"),
        }
    }

    #[test]
    fn what_follows_a_time_belongs_to_it() {
        assert_eq!(whole("iso", "2024-04-25 06:20:16 PM quux"), "2024-04-25T18:20:16Z 22");
        assert_eq!(whole("iso", "2024-04-25 10:03:10 Europe/Berlin x"), "2024-04-25T08:03:10Z 33");
        assert_eq!(whole("iso", "2024-04-25 10:03:10 [+0200] x"), "2024-04-25T08:03:10Z 27");
        assert_eq!(whole("%b %e %H:%M:%S", "Apr 25 01:00:00 PM CEST 2024"), "2024-04-25T11:00:00Z 28");
        assert_eq!(whole("%b %e %H:%M:%S", "Apr 25 07:03:09 CST 2024 quux"), "2024-04-25T07:03:09Z 24");
        assert_eq!(whole("iso", "2024-04-25 10:03:10.5 CST quux"), "2024-04-25T10:03:10.500Z 25");
        assert_eq!(whole("%b %e %H:%M:%S", "Apr 25 07:03:09 2024 +0200"), "2024-04-25T05:03:09Z 26");
        assert_eq!(whole("%b %e %H:%M:%S", "Apr 25 07:03:09 GMT+02:00 2024"), "2024-04-25T05:03:09Z 30");
        assert_eq!(whole("%H:%M:%S", "07:03:09 2024-04-25 quux"), "2024-04-25T07:03:09Z 19");
        assert_eq!(whole("%H:%M:%S", "07:03:09 25 Apr 2024 quux"), "2024-04-25T07:03:09Z 20");
        assert_eq!(whole("%Y-%m-%d-%H.%M.%S%.f", "2024-04-25-10.03.10.5+120 I1A"), "2024-04-25T08:03:10.500Z 25");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S,%f", "2025-03-01 18:00:00,118 +0800 x"), "2025-03-01T10:00:00.118Z 29");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2025-03-01 18:00:00 GMT+08:00 x"), "2025-03-01T10:00:00Z 29");
        assert_eq!(whole("%Y-%m-%dT%H:%M:%SZ", "2025-03-01T18:00:00Z x"), "2025-03-01T18:00:00Z 20");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 -05 ERROR"), "2024-04-25T15:03:10Z 23");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 -05:00 x"), "2024-04-25T15:03:10Z 26");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 CET: x"), "2024-04-25T09:03:10Z 23");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 CST host"), "2024-04-25T10:03:10Z 23");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 EST-7 host"), "2024-04-25T10:03:10Z 19");
        assert_eq!(whole("%Y-%m-%d %H:%M:%S", "2024-04-25 10:03:10 Zabbix x"), "2024-04-25T10:03:10Z 19");
        assert_eq!(whole("iso", "2024-04-25 10:03:10 12 units"), "2024-04-25T10:03:10Z 19");
        assert_eq!(whole("iso", "2024-04-25 10:03:10 -12 units"), "2024-04-25T10:03:10Z 19");
    }
}
