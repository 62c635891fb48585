//! Columns by what is stored in them, whatever was declared: SQLite keeps values of any class in any column.

use rusqlite::types::ValueRef;

use crate::model::column::{Buffer, Kind};
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::Spec;
use crate::source::infer::{Guess, Reading, names_a_time};

/// Whole numbers up to here are themselves as floating-point numbers.
const EXACT_MAX: u64 = 1 << 53;

/// A column and its type as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    pub kind: String,
}

/// How a column's stored values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Bool,
    Int,
    Float,
    Epoch,
    /// A number whose digits are a time from the year on.
    Compact,
    Text(Reading),
    Blob,
    /// A byte that tells the class, then the text: to see what is stored.
    Tagged,
}

impl Shape {
    pub fn kind(self) -> Kind {
        match self {
            Shape::Bool => Kind::Bool,
            Shape::Int => Kind::Int,
            Shape::Float => Kind::Float,
            Shape::Epoch | Shape::Compact => Kind::Time,
            Shape::Text(reading) => reading.kind(),
            Shape::Blob | Shape::Tagged => Kind::Blob,
        }
    }
}

/// Whether a type is declared for points in time: `datetime`, `TIMESTAMP(3)`. SQLite itself knows of none.
fn is_time(kind: &str) -> bool {
    let kind = kind.trim_start().to_ascii_lowercase();
    kind.starts_with("datetime") || kind.starts_with("timestamp")
}

/// What is known of the values of one column.
#[derive(Default)]
pub struct Seen {
    ints: u64,
    floats: u64,
    texts: u64,
    blobs: u64,
    /// A whole number that a floating-point number cannot hold.
    has_inexact: bool,
    /// All whole numbers are 0 or 1.
    is_bits: bool,
    may_be_time: bool,
    /// Its declared type says so, whatever its name.
    is_declared_time: bool,
    text: Guess,
    number: Guess,
}

impl Seen {
    pub fn of(column: &Declared) -> Seen {
        Seen {
            is_bits: column.kind.to_ascii_lowercase().starts_with("bool"),
            is_declared_time: is_time(&column.kind),
            may_be_time: is_time(&column.kind) || names_a_time(&column.name),
            ..Seen::default()
        }
    }

    pub fn see(&mut self, value: ValueRef) {
        match value {
            ValueRef::Null => {}
            ValueRef::Integer(value) => {
                self.ints += 1;
                self.has_inexact |= value.unsigned_abs() > EXACT_MAX;
                self.is_bits &= matches!(value, 0 | 1);
                if self.may_be_time {
                    self.number.see(value.to_string().as_bytes());
                }
            }
            ValueRef::Real(value) => {
                self.floats += 1;
                if self.may_be_time {
                    self.number.see(value.to_string().as_bytes());
                }
            }
            ValueRef::Text(text) => {
                self.texts += 1;
                self.text.see(text);
            }
            ValueRef::Blob(_) => self.blobs += 1,
        }
    }

    /// Sees what [`Shape::Tagged`] wrote.
    pub fn see_tagged(&mut self, tagged: &[u8]) {
        let Some((tag, text)) = tagged.split_first() else { return };
        let number = std::str::from_utf8(text).unwrap_or_default();
        match tag {
            b'i' => self.see(ValueRef::Integer(number.parse().unwrap_or(0))),
            b'r' => self.see(ValueRef::Real(number.parse().unwrap_or(0.0))),
            b't' => self.see(ValueRef::Text(text)),
            _ => self.see(ValueRef::Blob(text)),
        }
    }

    fn shape(&self, name: &str) -> Shape {
        let name = if self.is_declared_time { "ts" } else { name };
        let classes = [self.ints + self.floats, self.texts, self.blobs].iter().filter(|count| **count > 0).count();
        match classes {
            1 if self.blobs > 0 => Shape::Blob,
            1 if self.texts > 0 => Shape::Text(self.text.time(name)),
            1 if self.may_be_time && self.number.reading(name) == Reading::Epoch => Shape::Epoch,
            1 if self.may_be_time && self.number.reading(name) == Reading::Compact => Shape::Compact,
            1 if self.floats > 0 && self.has_inexact => Shape::Text(Reading::Text),
            1 if self.floats > 0 => Shape::Float,
            1 if self.is_bits => Shape::Bool,
            1 => Shape::Int,
            _ => Shape::Text(Reading::Text),
        }
    }

    /// What is said of a column with values of several classes.
    fn mixed(&self) -> Option<String> {
        let classes = [(self.ints, "INTEGER"), (self.floats, "REAL"), (self.texts, "TEXT"), (self.blobs, "BLOB")];
        let is_mixed = (self.ints + self.floats > 0) as u8 + (self.texts > 0) as u8 + (self.blobs > 0) as u8 > 1
            || (self.floats > 0 && self.has_inexact);
        let parts = classes.iter().filter(|(count, _)| *count > 0).map(|(_, class)| *class);
        is_mixed.then(|| parts.collect::<Vec<_>>().join(", "))
    }
}

/// The shape of each column, and what is to be said of them.
pub fn shapes(columns: &[Declared], seen: &[Seen], spec: &Spec) -> (Vec<Shape>, Vec<String>) {
    let mut notes = Vec::new();
    let mut shapes = Vec::new();
    let (mut is_zoneless, mut is_finer) = (false, false);
    for (column, seen) in columns.iter().zip(seen) {
        if spec.is_text(&column.name) {
            shapes.push(Shape::Text(Reading::Text));
            continue;
        }
        let shape = seen.shape(&column.name);
        is_zoneless |= match shape {
            Shape::Text(reading) => seen.text.lacks_zone(reading),
            other => other == Shape::Compact,
        };
        if shape == Shape::Text(Reading::Text) && seen.texts > 0 {
            notes.extend(seen.text.undecided(&column.name));
        }
        is_finer |= seen.text.is_finer() && shape == Shape::Text(Reading::Time);
        if shape == Shape::Epoch {
            notes.push(format!("numbers in `{}` are read as times since 1970", column.name));
        }
        notes.extend(seen.mixed().map(|mixed| format!("`{}` is read as text, since it holds {mixed}", column.name)));
        shapes.push(shape);
    }
    if is_zoneless && !spec.zone_said {
        notes.push(crate::model::zone::ASSUMED.into());
    }
    if is_finer {
        notes.push("times are finer than a microsecond and cut there".to_string());
    }
    (shapes, notes)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    Kind,
    Replaced,
}

impl Misfit {
    pub fn fault(self, column: &str, shape: Shape) -> Fault {
        match self {
            Misfit::Replaced => Fault::Replaced,
            Misfit::Kind => Fault::Value { column: column.to_string(), kind: shape.kind().name() },
        }
    }
}

/// Adds a stored value; what does not fit the column is NULL and told.
pub fn push(value: ValueRef, shape: Shape, clock: Clock, out: &mut Buffer) -> Option<Misfit> {
    match (shape, value) {
        (_, ValueRef::Null) => out.push_null(),
        (Shape::Bool, ValueRef::Integer(value @ (0 | 1))) => out.push_int(value),
        (Shape::Int, ValueRef::Integer(value)) => out.push_int(value),
        (Shape::Float, ValueRef::Real(value)) => out.push_float(value),
        (Shape::Float, ValueRef::Integer(value)) if value.unsigned_abs() <= EXACT_MAX => out.push_float(value as f64),
        (Shape::Compact, ValueRef::Integer(value)) => {
            return (!Reading::Compact.push(value.to_string().as_bytes(), clock, out)).then_some(Misfit::Kind);
        }
        (Shape::Epoch, ValueRef::Integer(_) | ValueRef::Real(_)) => {
            let text = if let ValueRef::Real(value) = value {
                value.to_string()
            } else {
                value.as_i64().unwrap_or(0).to_string()
            };
            return (!Reading::Epoch.push(text.as_bytes(), clock, out)).then_some(Misfit::Kind);
        }
        (Shape::Text(Reading::Text), ValueRef::Text(text)) => return out.push_lossy(text).then_some(Misfit::Replaced),
        (Shape::Text(Reading::Text), ValueRef::Integer(value)) => out.push_text(&value.to_string()),
        (Shape::Text(Reading::Text), ValueRef::Real(value)) => out.push_text(&real(value)),
        (Shape::Text(Reading::Text), ValueRef::Blob(bytes)) => out.push_text(&spelled(bytes)),
        // Nothing written is nothing known.
        (Shape::Text(_), ValueRef::Text(b"")) => out.push_null(),
        (Shape::Text(reading), ValueRef::Text(text)) => {
            if !reading.push(text, clock, out) {
                return Some(Misfit::Kind);
            }
        }
        (Shape::Blob, ValueRef::Blob(bytes)) => out.push_bytes(bytes),
        (Shape::Tagged, value) => {
            let (tag, text) = match value {
                ValueRef::Integer(value) => (b'i', value.to_string().into_bytes()),
                ValueRef::Real(value) => (b'r', value.to_string().into_bytes()),
                ValueRef::Text(text) => (b't', text.to_vec()),
                ValueRef::Blob(bytes) => (b'b', bytes.to_vec()),
                ValueRef::Null => (b'n', Vec::new()),
            };
            out.push_bytes(&[&[tag][..], &text].concat());
        }
        _ => {
            out.push_null();
            return Some(Misfit::Kind);
        }
    }
    None
}

/// A floating-point number that is told from a whole one: `3.0`, `1e300`.
fn real(value: f64) -> String {
    format!("{value:?}")
}

/// `X'00ff'`
fn spelled(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::from("X'");
    for byte in bytes {
        write!(text, "{byte:02X}").expect("writing to a string cannot fail");
    }
    text.push('\'');
    text
}
