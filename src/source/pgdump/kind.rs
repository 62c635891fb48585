//! Postgres types as columns. A declared type is a wish that the values confirm: where a sample does not parse,
//! the column is text. Values are parsed here, since the engine's own casts read some of them wrongly
//! (`0044-03-15 BC` loses its era, `\x6162` its bytes).

use crate::model::column::{Buffer, Kind};
use crate::model::time::{self, DAY, Stamp};
use crate::model::zone::Clock;
use crate::source::infer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PgKind {
    Bool,
    Int,
    Float,
    Decimal {
        width: u8,
        scale: u8,
    },
    /// `numeric` without a precision: samples tell the scale.
    Numeric,
    Timestamp,
    TimestampTz,
    Date,
    Bytea,
    Text,
}

impl PgKind {
    /// By the declared type, as in `character varying(20)`, `numeric(10,2)`, `timestamp(3) with time zone`.
    pub fn of(declared: &str) -> PgKind {
        let lower = declared.trim().to_ascii_lowercase();
        let lower = lower.strip_prefix("pg_catalog.").unwrap_or(&lower);
        if lower.ends_with(']') {
            return PgKind::Text;
        }
        let (name, modifier) = match lower.split_once('(') {
            Some((name, rest)) => {
                let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
                (format!("{}{after}", name.trim()), Some(inside))
            }
            None => (lower.to_string(), None),
        };
        match name.as_str() {
            "boolean" => PgKind::Bool,
            "smallint" | "integer" | "bigint" | "int" | "int2" | "int4" | "int8" | "oid" | "serial" | "bigserial" => {
                PgKind::Int
            }
            "real" | "double precision" | "float4" | "float8" => PgKind::Float,
            "timestamp without time zone" | "timestamp" => PgKind::Timestamp,
            "timestamp with time zone" | "timestamptz" => PgKind::TimestampTz,
            "date" => PgKind::Date,
            "bytea" => PgKind::Bytea,
            "numeric" | "decimal" => {
                let mut parts = modifier.unwrap_or_default().split(',').map(|part| part.trim().parse::<i32>());
                match (parts.next(), parts.next()) {
                    (Some(Ok(width @ 1..=38)), scale) => {
                        let scale = scale.and_then(Result::ok).unwrap_or(0);
                        if (0..=width).contains(&scale) {
                            PgKind::Decimal { width: width as u8, scale: scale as u8 }
                        } else {
                            PgKind::Text
                        }
                    }
                    (None | Some(Err(_)), _) => PgKind::Numeric,
                    _ => PgKind::Text,
                }
            }
            _ => PgKind::Text,
        }
    }

    /// The type that `samples` confirm.
    pub fn confirmed_by(self, samples: &[Vec<u8>]) -> PgKind {
        let kind = match self {
            PgKind::Numeric => {
                let scale = samples
                    .iter()
                    .map(|text| memchr::memchr(b'.', text).map_or(0, |dot| text.len() - dot - 1))
                    .max()
                    .unwrap_or(0);
                PgKind::Decimal { width: 38, scale: scale.clamp(12, 18) as u8 }
            }
            kind => kind,
        };
        let mut buffer = Buffer::new(kind.kind());
        if samples.iter().all(|text| kind.push(text, Clock::UTC, &mut buffer)) { kind } else { PgKind::Text }
    }

    pub fn kind(self) -> Kind {
        match self {
            PgKind::Bool => Kind::Bool,
            PgKind::Int => Kind::Int,
            PgKind::Float => Kind::Float,
            PgKind::Decimal { width, scale } => Kind::Decimal { width, scale },
            PgKind::Timestamp | PgKind::TimestampTz => Kind::Time,
            PgKind::Date => Kind::Date,
            PgKind::Bytea => Kind::Blob,
            PgKind::Numeric | PgKind::Text => Kind::Text,
        }
    }

    /// Adds a decoded value. `false` if it does not fit: then it is NULL.
    pub fn push(self, text: &[u8], clock: Clock, out: &mut Buffer) -> bool {
        let fits = match self {
            PgKind::Text | PgKind::Numeric => return !out.push_lossy(text),
            PgKind::Bool => boolean(text).map(|value| out.push_int(value)),
            PgKind::Int => infer::int(text).map(|value| out.push_int(value)),
            PgKind::Float => float(text).map(|value| out.push_float(value)),
            PgKind::Decimal { width, scale } => decimal(text, width, scale).map(|value| out.push_decimal(value)),
            PgKind::Timestamp | PgKind::TimestampTz => timestamp(text, clock).map(|value| out.push_int(value)),
            PgKind::Date => date(text).map(|value| out.push_int(value)),
            PgKind::Bytea => bytes(text).map(|value| out.push_bytes(&value)),
        };
        if fits.is_none() {
            out.push_null();
        }
        fits.is_some()
    }
}

fn boolean(text: &[u8]) -> Option<i64> {
    match text {
        b"t" | b"true" => Some(1),
        b"f" | b"false" => Some(0),
        _ => None,
    }
}

fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An exact number as an integer of `10^-scale`. More digits than the type has do not fit.
fn decimal(text: &[u8], width: u8, scale: u8) -> Option<i128> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (whole, part) = match memchr::memchr(b'.', digits) {
        Some(dot) => (&digits[..dot], &digits[dot + 1..]),
        None => (digits, &[][..]),
    };
    if (whole.is_empty() && part.is_empty()) || part.len() > usize::from(scale) {
        return None;
    }
    let mut value: i128 = 0;
    let padding = usize::from(scale) - part.len();
    for byte in whole.iter().chain(part).copied().chain(std::iter::repeat_n(b'0', padding)) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    (value < 10_i128.checked_pow(u32::from(width))?).then_some(if negative { -value } else { value })
}

fn timestamp(text: &[u8], clock: Clock) -> Option<i64> {
    match text {
        b"infinity" => return Some(i64::MAX),
        b"-infinity" => return Some(-i64::MAX),
        _ => {}
    }
    if let Some(stamp) = time::iso_whole(text) {
        return Some(clock.resolve(stamp));
    }
    let (day, after) = day(text)?;
    let (rest, is_bc) = match text[after..].strip_suffix(b" BC") {
        Some(rest) => (rest, true),
        None => (&text[after..], false),
    };
    let day = if is_bc { bc_day(text)?.0 } else { day };
    let (of_day, length) = time::time_of_day(rest.strip_prefix(b" ")?)?;
    let offset = &rest[1 + length..];
    let offset =
        if offset.is_empty() { None } else { Some(time::offset(offset).filter(|(_, used)| *used == offset.len())?.0) };
    Some(clock.resolve(Stamp { wall: day.checked_mul(DAY)?.checked_add(of_day)?, offset }))
}

fn date(text: &[u8]) -> Option<i64> {
    match text {
        // The engine's own infinite dates.
        b"infinity" => return Some(i64::from(i32::MAX)),
        b"-infinity" => return Some(-i64::from(i32::MAX)),
        _ => {}
    }
    if text.ends_with(b" BC") {
        let (day, after) = bc_day(text)?;
        return (after + 3 == text.len()).then_some(day);
    }
    day(text).filter(|(_, after)| *after == text.len()).map(|(day, _)| day)
}

/// `YYYY-MM-DD` with four or more digits of the year.
fn day(text: &[u8]) -> Option<(i64, usize)> {
    let (year, month, day, after) = parts(text)?;
    Some((time::days(year, month, day)?, after))
}

/// The year 1 BC is the year 0 of the calendar that days are counted in.
fn bc_day(text: &[u8]) -> Option<(i64, usize)> {
    let (year, month, day, after) = parts(text)?;
    Some((time::days(1 - year, month, day)?, after))
}

fn parts(text: &[u8]) -> Option<(i64, u32, u32, usize)> {
    let dash = memchr::memchr(b'-', text).filter(|dash| (4..=6).contains(dash))?;
    let year = time::digits(text, dash)?;
    let month = time::digits(text.get(dash + 1..)?, 2)?;
    let day = time::digits(text.get(dash + 4..)?, 2)?;
    (text.get(dash + 3) == Some(&b'-')).then_some((i64::from(year), month, day, dash + 6))
}

/// `\x6162`, or the old escaped form with backslashes and octal digits.
fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix(b"\\x") {
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        return digits.chunks(2).map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect();
    }
    let mut value = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at..] {
            [b'\\', b'\\', ..] => (value.push(b'\\'), at += 2).1,
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                value.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                at += 4;
            }
            [b'\\', ..] => return None,
            [byte, ..] => (value.push(byte), at += 1).1,
            [] => unreachable!("at is inside the text"),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(declared: &str, text: &str) -> String {
        let kind = PgKind::of(declared);
        let mut buffer = Buffer::new(kind.kind());
        if !kind.push(text.as_bytes(), Clock::UTC, &mut buffer) {
            return "refused".into();
        }
        match kind.kind() {
            Kind::Time => time::rfc3339(buffer.ints[0]),
            Kind::Date => time::date(buffer.ints[0]),
            Kind::Decimal { .. } => buffer.decimals[0].to_string(),
            Kind::Blob | Kind::Text => format!("{:?}", buffer.bytes),
            Kind::Float => buffer.floats[0].to_string(),
            Kind::Int | Kind::Bool => buffer.ints[0].to_string(),
        }
    }

    #[test]
    fn values_that_the_engines_casts_get_wrong_are_right_here() {
        assert_eq!(read("date", "0044-03-15 BC"), "-0043-03-15");
        assert_eq!(read("bytea", "\\x6162"), "[97, 98]");
        assert_eq!(read("bytea", "a\\\\b\\001"), "[97, 92, 98, 1]");
        assert_eq!(read("timestamp with time zone", "2025-03-01 08:00:00.5+08"), "2025-03-01T00:00:00.500Z");
        assert_eq!(read("timestamp(3) without time zone", "12025-03-01 08:00:00"), "+12025-03-01T08:00:00Z");
        assert_eq!(read("timestamptz", "infinity"), "infinity");
        assert_eq!(read("numeric(10,2)", "-12.50"), "-1250");
        assert_eq!(read("numeric(10,2)", "NaN"), "refused");
        assert_eq!(read("double precision", "Infinity"), "inf");
        assert_eq!(read("boolean", "t"), "1");
        assert_eq!(PgKind::of("integer[]"), PgKind::Text);
        assert_eq!(
            PgKind::of("numeric").confirmed_by(&[b"1.12345678".to_vec()]),
            PgKind::Decimal { width: 38, scale: 12 }
        );
        assert_eq!(PgKind::of("integer").confirmed_by(&[b"x".to_vec()]), PgKind::Text);
    }
}
