//! Postgres types as columns. A declared type is a wish that the values confirm: where one does not parse, the
//! column is text. Values are parsed here, since the engine's own casts read some of them wrongly
//! (`0044-03-15 BC` loses its era, `\x6162` its bytes).

use super::moment;
use super::nested;
use crate::model::column::{Buffer, Kind};
use crate::model::zone::Clock;
use crate::source::infer::{Guess, Reading};
use crate::source::scalar;
use crate::source::sql::ddl::TypeName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PgKind {
    Bool,
    Int,
    Float,
    Decimal {
        width: u8,
        scale: u8,
    },
    Money,
    Timestamp,
    TimestampTz,
    Date,
    Time,
    Interval,
    Uuid,
    Bytea,
    Text,
    /// `character(8)`: the blanks that fill it up mean nothing in Postgres, and are left out.
    Padded,
    /// A range or multirange of instants: text, its bounds in UTC.
    TzRange,
    /// Lists this deep of such items.
    Array {
        item: Box<PgKind>,
        depth: u8,
        divider: u8,
    },
}

/// What is wished for before values are seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    kind: PgKind,
    /// `numeric` without a precision: the values tell how many digits.
    is_open: bool,
}

/// The most digits seen before and after the point of a `numeric`, and how deep an array is.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    whole: usize,
    part: usize,
    depth: u8,
    is_uneven: bool,
}

impl Wish {
    /// Nothing is declared: the values tell.
    pub const UNKNOWN: Wish = Wish { kind: PgKind::Text, is_open: true };
    pub const TEXT: Wish = Wish { kind: PgKind::Text, is_open: false };
    pub const PADDED: Wish = Wish { kind: PgKind::Padded, is_open: false };

    /// By a base type, as in `character varying(20)`, `numeric(10,2)`, `timestamp(3) with time zone`, `integer[]`.
    pub fn of(declared: &TypeName) -> Wish {
        if declared.is_array {
            let item = Wish::of(&TypeName { is_array: false, ..declared.clone() });
            let divider = if declared.name == "box" { b';' } else { b',' };
            let kind = PgKind::Array { item: Box::new(item.kind), depth: 1, divider };
            return Wish { kind, is_open: item.is_open };
        }
        let exact = |width: i32, scale: i32| Wish {
            kind: PgKind::Decimal { width: width.clamp(1, 38) as u8, scale: scale.clamp(0, 38) as u8 },
            is_open: false,
        };
        let kind = match declared.name.as_str() {
            "boolean" | "bool" => PgKind::Bool,
            "smallint" | "integer" | "bigint" | "int" | "int2" | "int4" | "int8" | "oid" | "serial" | "bigserial"
            | "smallserial" | "serial4" | "serial8" | "xid8" | "xid" | "cid" => PgKind::Int,
            "real" | "double precision" | "float" | "float4" | "float8" => PgKind::Float,
            "timestamp without time zone" | "timestamp" => PgKind::Timestamp,
            "timestamp with time zone" | "timestamptz" => PgKind::TimestampTz,
            "date" => PgKind::Date,
            "time without time zone" | "time" => PgKind::Time,
            "uuid" => PgKind::Uuid,
            "bytea" => PgKind::Bytea,
            "money" => PgKind::Money,
            "tstzrange" | "tstzmultirange" => PgKind::TzRange,
            "character" | "char" | "bpchar" => PgKind::Padded,
            "numeric" | "decimal" => match *declared.modifiers {
                // A negative scale rounds to tens; one past the precision has zeros behind the point.
                [width, scale] if scale < 0 && width - scale <= 38 => return exact(width - scale, 0),
                [width, scale] if scale > width && scale <= 38 => return exact(scale, scale),
                [width, scale] if (0..=38).contains(&scale) && width <= 38 => return exact(width, scale),
                [width] if width <= 38 => return exact(width, 0),
                _ => return Wish { kind: PgKind::Decimal { width: 38, scale: 0 }, is_open: true },
            },
            name if name == "interval" || name.starts_with("interval ") => PgKind::Interval,
            _ => PgKind::Text,
        };
        Wish { kind, is_open: false }
    }

    /// What values of a column that nothing declares look like.
    pub fn guessed<'a>(values: impl Iterator<Item = &'a [u8]>) -> Wish {
        let mut guess = Guess::default();
        values.for_each(|text| guess.see(text));
        let kind = match guess.reading("") {
            Reading::Int => PgKind::Int,
            // Exact, as the text is.
            Reading::Float => return Wish { kind: PgKind::Decimal { width: 38, scale: 0 }, is_open: true },
            Reading::Date => PgKind::Date,
            Reading::Time if guess.is_zoneless() => PgKind::Timestamp,
            Reading::Time => PgKind::TimestampTz,
            _ => PgKind::Text,
        };
        Wish { kind, is_open: false }
    }

    /// The type that these values confirm, or the first that does not.
    ///
    /// `are_all` says that there are no other values.
    ///
    /// # Errors
    /// Why they do not fit.
    pub fn confirmed_by<'a>(
        &self,
        values: impl Iterator<Item = &'a [u8]> + Clone,
        are_all: bool,
    ) -> Result<PgKind, String> {
        let mut extent = Extent::default();
        values.clone().for_each(|text| extent.see(text, self));
        if extent.is_uneven {
            return Err("its arrays are of different depths".into());
        }
        let kind = self.sized(extent, are_all);
        let mut buffer = Buffer::new(kind.kind());
        for text in values {
            if !kind.push(text, Clock::UTC, &mut buffer) {
                let is_long = text.len() > 40;
                let mut shown: String = String::from_utf8_lossy(text).chars().take(40).collect();
                shown = shown.replace(char::is_control, "\u{FFFD}");
                if is_long {
                    shown.push('…');
                }
                return Err(format!("`{shown}` is no {}", kind.kind().name()));
            }
            buffer.clear();
        }
        Ok(kind)
    }

    fn sized(&self, extent: Extent, are_all: bool) -> PgKind {
        let number = |extent: Extent| {
            // Room for values not seen, as far as 38 digits go: whole digits are lost last.
            let room = if are_all { 0 } else { 12.min(38_usize.saturating_sub(extent.whole.max(20))) };
            PgKind::Decimal { width: 38, scale: extent.part.max(room).min(38) as u8 }
        };
        match &self.kind {
            PgKind::Array { item, divider, .. } => {
                let item = if self.is_open { number(extent) } else { (**item).clone() };
                PgKind::Array { item: Box::new(item), depth: extent.depth.max(1), divider: *divider }
            }
            _ if self.is_open => number(extent),
            kind => kind.clone(),
        }
    }
}

impl Extent {
    fn see(&mut self, text: &[u8], wish: &Wish) {
        if let PgKind::Array { divider, .. } = wish.kind {
            let depth = nested::depth(text);
            self.is_uneven |= depth > 0 && self.depth > 0 && depth != self.depth;
            self.depth = self.depth.max(depth);
            if wish.is_open {
                nested::items(text, divider).for_each(|item| self.digits(item));
            }
        } else if wish.is_open {
            self.digits(text);
        }
    }

    fn digits(&mut self, text: &[u8]) {
        let dot = memchr::memchr(b'.', text);
        self.whole = self.whole.max(dot.unwrap_or(text.len()));
        self.part = self.part.max(dot.map_or(0, |dot| text.len() - dot - 1));
    }
}

impl PgKind {
    pub fn kind(&self) -> Kind {
        match self {
            PgKind::Bool => Kind::Bool,
            PgKind::Int => Kind::Int,
            PgKind::Float => Kind::Float,
            PgKind::Decimal { width, scale } => Kind::Decimal { width: *width, scale: *scale },
            PgKind::Money => Kind::Decimal { width: 19, scale: 2 },
            PgKind::Timestamp | PgKind::TimestampTz => Kind::Time,
            PgKind::Date => Kind::Date,
            PgKind::Time => Kind::TimeOfDay,
            PgKind::Interval => Kind::Interval,
            PgKind::Uuid => Kind::Uuid,
            PgKind::Bytea => Kind::Blob,
            PgKind::Text | PgKind::Padded | PgKind::TzRange => Kind::Text,
            PgKind::Array { item, depth, .. } => (0..*depth).fold(item.kind(), |kind, _| kind.listed()),
        }
    }

    /// Whether its values are times without a zone.
    pub fn is_zoneless(&self) -> bool {
        match self {
            PgKind::Timestamp => true,
            PgKind::Array { item, .. } => item.is_zoneless(),
            _ => false,
        }
    }

    /// Adds a decoded value. `false` if it does not fit: then it is NULL.
    pub fn push(&self, text: &[u8], clock: Clock, out: &mut Buffer) -> bool {
        let fits = match self {
            PgKind::Text => return !out.push_lossy(text),
            PgKind::Padded => return !out.push_lossy(unpadded(text)),
            PgKind::Bool => boolean(text).map(|value| out.push_int(value)),
            PgKind::Int => scalar::int(text).map(|value| out.push_int(value)),
            PgKind::Float => float(text).map(|value| out.push_float(value)),
            PgKind::Decimal { width, scale } => decimal(text, *width, *scale).map(|value| out.push_decimal(value)),
            PgKind::Money => money(text).map(|value| out.push_decimal(value)),
            PgKind::Timestamp | PgKind::TimestampTz => moment::timestamp(text, clock).map(|value| out.push_time(value)),
            PgKind::Date => moment::date(text).map(|value| out.push_int(value)),
            PgKind::Time => moment::time(text).map(|value| out.push_int(value)),
            PgKind::Interval => moment::interval(text).map(|value| out.push_interval(value)),
            PgKind::Uuid => uuid(text).map(|value| out.push_decimal(value)),
            PgKind::Bytea => bytes(text).map(|value| out.push_bytes(&value)),
            PgKind::TzRange => nested::range_in_utc(text, clock).map(|value| out.push_text(&value)),
            PgKind::Array { item, depth, divider } => {
                return nested::push(text, item, *depth, *divider, clock, out);
            }
        };
        if fits.is_none() {
            out.push_null();
        }
        fits.is_some()
    }
}

fn unpadded(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|byte| **byte == b' ').count();
    &text[..text.len() - blanks]
}

fn boolean(text: &[u8]) -> Option<i64> {
    match text {
        b"t" | b"true" => Some(1),
        b"f" | b"false" => Some(0),
        _ => None,
    }
}

fn float(text: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    // A finite number past the range is not infinity.
    (value.is_finite() || !text.iter().any(u8::is_ascii_digit)).then_some(value)
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
    let padding = usize::from(scale) - part.len();
    let value = if whole.len() + part.len() + padding <= 18 {
        // Fits 64 bits, which is much faster.
        let mut value: i64 = 0;
        for byte in whole.iter().chain(part) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        i128::from(value * 10_i64.pow(padding as u32))
    } else {
        let mut value: i128 = 0;
        for byte in whole.iter().chain(part).copied().chain(std::iter::repeat_n(b'0', padding)) {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        value
    };
    (value < 10_i128.checked_pow(u32::from(width))?).then_some(if negative { -value } else { value })
}

/// `$1,234.56`, `-$5.00`: in cents. Other currencies and other dividers are not guessed.
fn money(text: &[u8]) -> Option<i128> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let rest = rest.strip_prefix(b"$").unwrap_or(rest);
    let dot = memchr::memchr(b'.', rest)?;
    let (whole, part) = (&rest[..dot], &rest[dot + 1..]);
    // Commas stand before every three digits, or the text is of another locale.
    let is_grouped = whole.rsplit(|byte| *byte == b',').enumerate().all(|(at, group)| {
        let is_first = at == whole.iter().filter(|byte| **byte == b',').count();
        if is_first { !group.is_empty() && (at == 0 || group.len() <= 3) } else { group.len() == 3 }
    });
    if part.len() != 2 || !is_grouped {
        return None;
    }
    let mut digits: Vec<u8> = whole.iter().copied().filter(|byte| *byte != b',').collect();
    digits.push(b'.');
    digits.extend_from_slice(part);
    let cents = decimal(&digits, 19, 2)?;
    Some(if negative { -cents } else { cents })
}

/// `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`, as its 128 bits.
fn uuid(text: &[u8]) -> Option<i128> {
    if text.len() != 36 {
        return None;
    }
    let mut value: u128 = 0;
    for (at, byte) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
        } else {
            value = value << 4 | u128::from(char::from(*byte).to_digit(16)?);
        }
    }
    Some(value as i128)
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
            [] => break,
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time;

    fn wish(declared: &str) -> Wish {
        let statement = format!("CREATE TABLE t (x {declared})");
        let table = crate::source::sql::ddl::declaration(&statement, crate::source::sql::Dialect::Postgres);
        let Some(crate::source::sql::ddl::Declaration::Table(table)) = table else { panic!("no table") };
        Wish::of(&table.columns[0].kind)
    }

    fn read(declared: &str, text: &str) -> String {
        let kind = match wish(declared).confirmed_by([text.as_bytes()].into_iter(), false) {
            Ok(kind) => kind,
            Err(_) => return "text".into(),
        };
        let mut buffer = Buffer::new(kind.kind());
        assert!(kind.push(text.as_bytes(), Clock::UTC, &mut buffer));
        shown(kind.kind(), &buffer, 0)
    }

    fn shown(kind: Kind, buffer: &Buffer, row: usize) -> String {
        if !buffer.valid[row] {
            return "NULL".into();
        }
        match kind {
            Kind::Time => time::rfc3339(buffer.ints[row]),
            Kind::Date => time::date(buffer.ints[row]),
            Kind::Decimal { width, scale } => format!("{} of {width},{scale}", buffer.decimals[row]),
            Kind::Uuid => format!("{:x}", buffer.decimals[row]),
            Kind::Blob => format!("{:?}", buffer.text(row)),
            Kind::Text => String::from_utf8_lossy(buffer.text(row)).into_owned(),
            Kind::Float => buffer.floats[row].to_string(),
            Kind::Int | Kind::Bool | Kind::TimeOfDay => buffer.ints[row].to_string(),
            Kind::Interval => format!("{:?}", buffer.intervals[row]),
            Kind::Nested => String::new(),
            Kind::List(item) => {
                let items = buffer.items.as_ref().expect("items");
                let parts: Vec<String> = buffer.span(row).map(|row| shown(*item, items, row)).collect();
                format!("[{}]", parts.join(", "))
            }
        }
    }

    #[test]
    fn values_that_the_engines_casts_get_wrong_are_right_here() {
        for (declared, text, expected) in [
            ("date", "0044-03-15 BC", "-0043-03-15"),
            ("date", "5874897-12-31", "text"),
            ("date", "10000-01-01", "+10000-01-01"),
            ("date", "infinity", "infinity"),
            ("bytea", "\\x6162", "[97, 98]"),
            ("bytea", "a\\\\b\\001", "[97, 92, 98, 1]"),
            ("timestamp with time zone", "2025-03-01 08:00:00.5+08", "2025-03-01T00:00:00.500Z"),
            ("timestamp with time zone", "1900-01-01 08:29:08-03:30:52", "1900-01-01T12:00:00Z"),
            ("timestamp with time zone", "0044-03-15 12:00:00+00 BC", "-0043-03-15T12:00:00Z"),
            ("timestamp(3) without time zone", "12025-03-01 08:00:00", "+12025-03-01T08:00:00Z"),
            ("timestamp", "294276-12-31 23:59:59", "text"),
            ("timestamptz", "infinity", "infinity"),
            ("time", "24:00:00", "86400000000"),
            ("numeric(10,2)", "-12.50", "-1250 of 10,2"),
            ("numeric(10,2)", "NaN", "text"),
            ("numeric(3,-2)", "99900", "99900 of 5,0"),
            ("numeric(2,5)", "0.00099", "99 of 5,5"),
            ("numeric", "1.12345678", "1123456780000 of 38,12"),
            ("numeric", "0.00000000000000001", "1 of 38,17"),
            ("numeric(50,20)", "1234567890123456789012345678.5", "12345678901234567890123456785000000000 of 38,10"),
            ("money", "-$92,233,720,368,547,758.08", "-9223372036854775808 of 19,2"),
            ("money", "1.234,56 €", "text"),
            ("double precision", "Infinity", "inf"),
            ("boolean", "t", "1"),
            ("uuid", "00000000-0000-0000-0000-0000000000ff", "ff"),
            ("interval", "1 year -1 days +00:00:01", "Interval { months: 12, days: -1, micros: 1000000 }"),
            ("interval", "-00:00:00.000001", "Interval { months: 0, days: 0, micros: -1 }"),
            ("interval", "infinity", "text"),
            ("character(8)", "SN12    ", "SN12"),
            ("character(8)", "  a b   ", "  a b"),
            ("bpchar", "a ", "a"),
            ("pg_catalog.bpchar", "a ", "a"),
            ("character varying(8)", "a ", "a "),
            ("\"char\"", " ", " "),
            ("character(4)[]", r#"{"a   ",NULL,"b c ",abcd}"#, "[a, NULL, b c, abcd]"),
            ("integer[]", "{1,NULL,3}", "[1, NULL, 3]"),
            ("integer[]", "[0:1][-1:0]={{1,2},{3,NULL}}", "[[1, 2], [3, NULL]]"),
            ("text[]", r#"{a,"b \"c\\","NULL",NULL,""}"#, r#"[a, b "c\, NULL, NULL, ]"#),
            ("timestamptz[]", "{\"2024-01-01 00:00:00-03:30\"}", "[2024-01-01T03:30:00Z]"),
            ("tstzrange", "[\"2023-12-31 20:30:00-03:30\",infinity]", "[\"2024-01-01 00:00:00+00\",infinity]"),
        ] {
            assert_eq!(read(declared, text), expected, "{declared} {text}");
        }
    }
}
