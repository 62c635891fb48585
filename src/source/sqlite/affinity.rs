//! Values of a script as SQLite would store them: a column's declared type bends what is inserted.

use std::borrow::Cow;

use crate::source::sql::literal::Literal;

/// How a declared type bends what is inserted (SQLite, "Datatypes In SQLite", 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    /// By the words of a declared type.
    pub fn of(declared: &str) -> Affinity {
        let upper = declared.to_ascii_uppercase();
        let has = |part: &str| upper.contains(part);
        if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if upper.is_empty() || has("BLOB") || upper == "ANY" {
            Affinity::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }
}

/// A value as SQLite would store it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(Cow<'a, [u8]>),
    Blob(Vec<u8>),
}

impl<'a> Value<'a> {
    /// `None` for what would have to be computed.
    pub fn of(literal: Literal<'a>) -> Option<Value<'a>> {
        Some(match literal {
            Literal::Null | Literal::Default => Value::Null,
            Literal::Bool(value) => Value::Int(i64::from(value)),
            Literal::Number(digits) => number(std::str::from_utf8(digits).ok()?)?,
            Literal::Text(text) => Value::Text(text),
            Literal::Blob(bytes) => Value::Blob(bytes),
            Literal::Expression => return None,
        })
    }

    /// The value as a column of this affinity keeps it.
    pub fn stored_as(self, affinity: Affinity) -> Value<'a> {
        match (affinity, self) {
            (Affinity::Text, Value::Int(value)) => Value::Text(Cow::Owned(value.to_string().into_bytes())),
            (Affinity::Text, Value::Real(value)) => Value::Text(Cow::Owned(format!("{value:?}").into_bytes())),
            (Affinity::Real, Value::Int(value)) => Value::Real(value as f64),
            // Whole numbers of such a column are kept as integers, which have no negative zero.
            (Affinity::Real, Value::Real(0.0)) => Value::Real(0.0),
            (Affinity::Integer | Affinity::Numeric, Value::Real(value)) => whole(value),
            (Affinity::Integer | Affinity::Numeric | Affinity::Real, Value::Text(text)) => {
                let read = std::str::from_utf8(&text).ok().map(str::trim).filter(|text| looks_numeric(text));
                match read.and_then(number) {
                    Some(value) if affinity == Affinity::Real => value.stored_as(Affinity::Real),
                    Some(Value::Real(value)) => whole(value),
                    Some(Value::Int(value)) => Value::Int(value),
                    _ => Value::Text(text),
                }
            }
            (_, value) => value,
        }
    }
}

/// A number that has no fraction becomes an integer where a column prefers these.
fn whole<'a>(value: f64) -> Value<'a> {
    let int = value as i64;
    if value.is_finite() && int as f64 == value && value.abs() < 9e18 { Value::Int(int) } else { Value::Real(value) }
}

fn looks_numeric(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// A number as written in SQL: an integer if it is one and fits 64 bits.
fn number<'a>(text: &str) -> Option<Value<'a>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_negative = text.starts_with('-');
    if unsigned.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(value) = text.parse()
    {
        return Some(Value::Int(value));
    }
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Some(Value::Real(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    // `1e999` is how infinity is written.
    text.parse().ok().map(Value::Real)
}
