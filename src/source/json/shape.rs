//! How the values of a key are read: what samples say of their kinds.

use crate::model::column::Kind;
use crate::source::infer::{self, Guess, Reading};

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
            Shape::Epoch => Kind::Time,
            Shape::Raw => Kind::Text,
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
    /// Arrays of objects.
    lists: u64,
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
                self.lists += u64::from(value[1..].trim_start().starts_with('{'));
            }
            Some(b'n') | None => {}
            Some(_) => {
                self.number.see(value.as_bytes());
                self.has_inexact |= infer::is_inexact(value.as_bytes());
                if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                    && infer::int(value.as_bytes()).is_none()
                {
                    // Past 64 bits only its text keeps all digits.
                    self.nested += 1;
                } else if infer::int(value.as_bytes()).is_some() {
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

    /// Whether it was seen as an array of objects.
    pub fn is_list(&self) -> bool {
        self.lists > 0
    }

    pub fn shape(&self, name: &str, as_text: bool) -> Shape {
        let kinds =
            [self.bools, self.ints + self.floats, self.texts, self.nested].iter().filter(|count| **count > 0).count();
        match kinds {
            _ if as_text || kinds > 1 || self.nested > 0 => Shape::Raw,
            0 => Shape::Text(Reading::Text),
            _ if self.bools > 0 => Shape::Bool,
            _ if self.texts > 0 => match self.text.reading(name) {
                // Text stays text where the writer put quotes, unless it is a time.
                reading @ (Reading::Time | Reading::Date) => Shape::Text(reading),
                _ => Shape::Text(Reading::Text),
            },
            _ if self.number.reading(name) == Reading::Epoch => Shape::Epoch,
            _ if self.floats > 0 && self.has_inexact => Shape::Raw,
            _ if self.floats > 0 => Shape::Float,
            _ => Shape::Int,
        }
    }
}
