//! Columns and the buffers that a reader fills: up to [`BATCH_ROWS`] rows of the columns asked for.
//! A buffer never changes its kind; what does not fit a kind is NULL here and counted in coverage.

/// Rows handed on at once: the engine's own vector size.
pub const BATCH_ROWS: usize = 2048;

use std::sync::Mutex;

use crate::model::zone::Doubt;

/// What a column holds. `Time` is UTC microseconds since 1970, `Date` days since 1970, `TimeOfDay` microseconds since
/// midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Float,
    /// An exact number of `width` digits, `scale` of them after the point; at most 38.
    Decimal {
        width: u8,
        scale: u8,
    },
    Time,
    Date,
    TimeOfDay,
    Interval,
    Uuid,
    Text,
    Blob,
    /// A list of values of one kind.
    List(&'static Kind),
    /// Fields or entries with names, as the engine alone reads them: readers of ours make text of such.
    Nested,
}

/// A span of time in the units that do not convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

impl Kind {
    /// The name that `schema` shows: the engine's own word for the type.
    pub fn name(self) -> String {
        match self {
            Kind::Bool => "BOOLEAN".into(),
            Kind::Int => "BIGINT".into(),
            Kind::Float => "DOUBLE".into(),
            Kind::Decimal { width, scale } => format!("DECIMAL({width},{scale})"),
            Kind::Time => "TIMESTAMP".into(),
            Kind::Date => "DATE".into(),
            Kind::TimeOfDay => "TIME".into(),
            Kind::Interval => "INTERVAL".into(),
            Kind::Uuid => "UUID".into(),
            Kind::Text => "VARCHAR".into(),
            Kind::Blob => "BLOB".into(),
            Kind::List(item) => format!("{}[]", item.name()),
            Kind::Nested => "STRUCT".into(),
        }
    }

    /// Whether values of two columns are only alike if they are spelled alike: there is no more or less of them.
    pub fn is_spelled(self) -> bool {
        matches!(self, Kind::TimeOfDay | Kind::Interval | Kind::Uuid | Kind::List(_) | Kind::Nested)
    }

    /// A list of such values. Kinds are few, and once made are kept for good.
    pub fn listed(self) -> Kind {
        static MADE: Mutex<Vec<&'static Kind>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = made.iter().find(|kind| ***kind == self) {
            return Kind::List(known);
        }
        let kind: &'static Kind = Box::leak(Box::new(self));
        made.push(kind);
        Kind::List(kind)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// The values of one column of a batch. Text and blobs lie end to end in `bytes`, the items of lists in `items`.
#[derive(Debug, Default)]
pub struct Buffer {
    pub valid: Vec<bool>,
    pub ints: Vec<i64>,
    pub floats: Vec<f64>,
    pub decimals: Vec<i128>,
    pub bytes: Vec<u8>,
    pub ends: Vec<usize>,
    pub intervals: Vec<Interval>,
    pub items: Option<Box<Buffer>>,
    /// Of times pushed since somebody looked: those that may be others.
    pub doubts: Vec<Doubt>,
    slot: Slot,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Slot {
    #[default]
    Ints,
    Floats,
    Decimals,
    Intervals,
    Bytes,
    Items,
}

impl Buffer {
    pub fn new(kind: Kind) -> Self {
        let slot = match kind {
            Kind::Bool | Kind::Int | Kind::Time | Kind::Date | Kind::TimeOfDay => Slot::Ints,
            Kind::Float => Slot::Floats,
            Kind::Decimal { .. } | Kind::Uuid => Slot::Decimals,
            Kind::Interval => Slot::Intervals,
            Kind::Text | Kind::Blob | Kind::Nested => Slot::Bytes,
            Kind::List(_) => Slot::Items,
        };
        let items = if let Kind::List(item) = kind { Some(Box::new(Buffer::new(*item))) } else { None };
        Self { slot, items, ..Self::default() }
    }

    pub fn clear(&mut self) {
        self.valid.clear();
        self.ints.clear();
        self.floats.clear();
        self.decimals.clear();
        self.bytes.clear();
        self.ends.clear();
        self.intervals.clear();
        self.doubts.clear();
        self.items.iter_mut().for_each(|items| items.clear());
    }

    pub fn push_null(&mut self) {
        self.valid.push(false);
        match self.slot {
            Slot::Ints => self.ints.push(0),
            Slot::Floats => self.floats.push(0.0),
            Slot::Decimals => self.decimals.push(0),
            Slot::Intervals => self.intervals.push(Interval { months: 0, days: 0, micros: 0 }),
            Slot::Bytes => self.ends.push(self.bytes.len()),
            Slot::Items => self.ends.push(self.items.as_ref().map_or(0, |items| items.valid.len())),
        }
    }

    /// An integer, a boolean as 0 or 1, microseconds, or days, as the column's kind says.
    pub fn push_int(&mut self, value: i64) {
        self.valid.push(true);
        self.ints.push(value);
    }

    /// UTC microseconds, and why they may be others.
    pub fn push_time(&mut self, (value, doubt): (i64, Option<Doubt>)) {
        self.push_int(value);
        self.doubts.extend(doubt);
    }

    pub fn push_float(&mut self, value: f64) {
        self.valid.push(true);
        self.floats.push(value);
    }

    pub fn push_interval(&mut self, value: Interval) {
        self.valid.push(true);
        self.intervals.push(value);
    }

    /// A list of all items that have been pushed to `items` since the last one.
    pub fn push_list(&mut self) {
        self.valid.push(true);
        self.ends.push(self.items.as_ref().map_or(0, |items| items.valid.len()));
    }

    /// A decimal's digits without the point; of a UUID, its bits.
    pub fn push_decimal(&mut self, value: i128) {
        self.valid.push(true);
        self.decimals.push(value);
    }

    pub fn push_text(&mut self, value: &str) {
        self.push_bytes(value.as_bytes());
    }

    pub fn push_bytes(&mut self, value: &[u8]) {
        self.valid.push(true);
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    /// Bytes that should be UTF-8; what is not becomes U+FFFD. Returns whether something was replaced.
    pub fn push_lossy(&mut self, value: &[u8]) -> bool {
        match std::str::from_utf8(value) {
            Ok(_) => {
                self.push_bytes(value);
                false
            }
            Err(_) => {
                self.push_text(&String::from_utf8_lossy(value));
                true
            }
        }
    }

    /// Takes back all but the first `rows` values.
    pub fn truncate(&mut self, rows: usize) {
        self.valid.truncate(rows);
        self.ints.truncate(rows);
        self.floats.truncate(rows);
        self.decimals.truncate(rows);
        self.ends.truncate(rows);
        self.intervals.truncate(rows);
        let end = self.ends.last().copied().unwrap_or(0);
        self.bytes.truncate(end);
        self.items.iter_mut().for_each(|items| items.truncate(end));
    }

    pub fn text(&self, row: usize) -> &[u8] {
        &self.bytes[self.span(row)]
    }

    /// Where the bytes of a text, or the items of a list, lie.
    pub fn span(&self, row: usize) -> std::ops::Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
    }
}

/// The projected columns of up to [`BATCH_ROWS`] rows.
#[derive(Debug)]
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<Buffer>,
    /// Of the records that the rows were read from, as far as a reader counts them.
    pub bytes: usize,
    bytes_max: usize,
}

impl Batch {
    pub fn new(kinds: impl Iterator<Item = Kind>) -> Self {
        Self { rows: 0, columns: kinds.map(Buffer::new).collect(), bytes: 0, bytes_max: usize::MAX }
    }

    /// Full with so many bytes already.
    pub fn with_at_most(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    pub fn clear(&mut self) {
        self.rows = 0;
        self.bytes = 0;
        self.columns.iter_mut().for_each(Buffer::clear);
    }

    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= self.bytes_max
    }
}
