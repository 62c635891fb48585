//! How the values of a key are read: what samples say of their kinds.

use super::object::{each_pair, record_end};
use crate::model::column::Kind;
use crate::source::infer::{Guess, Reading};
use crate::source::scalar;

/// How a key's values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Bool,
    Int,
    Float,
    /// A string, read as this.
    Text(Reading),
    /// A number of seconds to nanoseconds since 1970.
    Epoch,
    /// A number whose digits are a time from the year on.
    Compact,
    /// Objects, arrays, or different kinds: as JSON text.
    Raw,
}

impl Shape {
    pub fn kind(self) -> Kind {
        match self {
            Shape::Bool => Kind::Bool,
            Shape::Int => Kind::Int,
            Shape::Float => Kind::Float,
            Shape::Text(reading) => reading.kind(),
            Shape::Epoch | Shape::Compact => Kind::Time,
            Shape::Raw => Kind::Text,
        }
    }
}

fn each_value(object: &str, mut see: impl FnMut(&str, &str)) {
    // Objects that cannot be read give what they have before that.
    each_pair(object, |key, value| see(key, value.get())).ok();
}

/// What the values of a key in a list are.
#[derive(Default)]
struct Kinds {
    has_whole: bool,
    has_fraction: bool,
    has_bool: bool,
    has_other: bool,
}

impl Kinds {
    fn see(&mut self, value: &str) {
        match value.as_bytes().first() {
            Some(b'n') | None => {}
            Some(b't' | b'f') => self.has_bool = true,
            Some(b'-' | b'0'..=b'9') if scalar::int(value.as_bytes()).is_some() => self.has_whole = true,
            Some(b'-' | b'0'..=b'9') if value.contains(['.', 'e', 'E']) => self.has_fraction = true,
            Some(_) => self.has_other = true,
        }
    }

    fn name(&self) -> &'static str {
        match (self.has_bool, self.has_whole, self.has_fraction, self.has_other) {
            (true, false, false, false) => "BOOLEAN",
            (false, true, false, false) => "BIGINT",
            (false, _, true, false) => "DOUBLE",
            _ => "VARCHAR",
        }
    }
}

/// What samples say of one key.
#[derive(Default)]
pub struct Seen {
    bools: u64,
    ints: u64,
    floats: u64,
    texts: u64,
    nested: u64,
    /// Arrays of objects, and the only one, as long as there is one.
    lists: u64,
    list: Option<String>,
    /// A whole number that a floating-point number cannot hold.
    has_inexact: bool,
    pub text: Guess,
    number: Guess,
}

impl Seen {
    pub fn see(&mut self, value: &str) {
        match value.as_bytes().first() {
            Some(b't' | b'f') => self.bools += 1,
            Some(b'"') => {
                self.texts += 1;
                if let Some(text) = super::text(value) {
                    self.text.see(&text);
                }
            }
            Some(b'{') => self.nested += 1,
            Some(b'[') => {
                self.nested += 1;
                if value[1..].trim_start().starts_with('{') {
                    self.lists += 1;
                    self.list = (self.lists == 1).then(|| value.to_string());
                }
            }
            Some(b'n') | None => {}
            Some(_) => {
                self.number.see(value.as_bytes());
                self.has_inexact |= scalar::is_inexact(value.as_bytes());
                if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                    && scalar::int(value.as_bytes()).is_none()
                {
                    // Past 64 bits only its text keeps all digits.
                    self.nested += 1;
                } else if scalar::int(value.as_bytes()).is_some() {
                    self.ints += 1
                } else {
                    self.floats += 1
                }
            }
        }
    }

    /// Whether its times are finer than a microsecond.
    pub fn is_finer(&self, shape: Shape) -> bool {
        match shape {
            Shape::Text(Reading::Time) => self.text.is_finer(),
            Shape::Epoch => self.number.is_finer(),
            _ => false,
        }
    }

    /// What is to be said of a column of dates that stays text.
    pub fn undecided(&self, shape: Shape, column: &str) -> Option<String> {
        self.text.undecided(column).filter(|_| shape == Shape::Text(Reading::Text))
    }

    /// What the objects of the only array are made of, as `from_json` takes it: `[{"id":"BIGINT"}]`.
    pub fn structure(&self) -> Option<String> {
        let list = self.list.as_deref()?;
        let mut keys: Vec<(String, Kinds)> = Vec::new();
        let mut at = 1;
        while let Some(start) = memchr::memchr(b'{', &list.as_bytes()[at..]).map(|found| at + found) {
            at = record_end(list.as_bytes(), start, true);
            let see = |key: &str, value: &str| match keys.iter_mut().find(|(known, _)| known == key) {
                Some((_, kinds)) => kinds.see(value),
                None => {
                    let mut kinds = Kinds::default();
                    kinds.see(value);
                    keys.push((key.to_string(), kinds));
                }
            };
            each_value(&list[start..at], see);
        }
        let pairs: Vec<String> = keys
            .iter()
            .map(|(key, kinds)| format!("{}:\"{}\"", serde_json::Value::from(key.as_str()), kinds.name()))
            .collect();
        (!pairs.is_empty()).then(|| format!("[{{{}}}]", pairs.join(",")))
    }

    pub fn shape(&self, name: &str, as_text: bool) -> Shape {
        let kinds =
            [self.bools, self.ints + self.floats, self.texts, self.nested].iter().filter(|count| **count > 0).count();
        match kinds {
            _ if as_text || kinds > 1 || self.nested > 0 => Shape::Raw,
            0 => Shape::Text(Reading::Text),
            _ if self.bools > 0 => Shape::Bool,
            // Text stays text where the writer put quotes, unless it is a time.
            _ if self.texts > 0 => Shape::Text(self.text.time(name)),
            _ if self.number.reading(name) == Reading::Epoch => Shape::Epoch,
            _ if self.number.reading(name) == Reading::Compact => Shape::Compact,
            _ if self.floats > 0 && self.has_inexact => Shape::Raw,
            _ if self.floats > 0 => Shape::Float,
            _ => Shape::Int,
        }
    }
}
