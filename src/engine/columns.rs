//! An answer by columns: plain slices of one batch at a time, for what looks at too many rows to make values of them.

use duckdb::arrow::array::{Array, AsArray, StructArray};
use duckdb::arrow::buffer::NullBuffer;
use duckdb::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType, UInt16Type, UInt64Type};

/// Some rows of an answer.
pub struct Columns<'a>(pub(super) &'a StructArray);

/// A column of whole numbers, or of instants in microseconds.
pub struct Ints<'a> {
    values: &'a [i64],
    nulls: Option<&'a NullBuffer>,
}

/// A column of floating-point numbers.
pub struct Floats<'a> {
    values: &'a [f64],
    nulls: Option<&'a NullBuffer>,
}

impl<'a> Columns<'a> {
    /// Column `at` as `BIGINT` or `TIMESTAMP`; `None` if it is neither.
    pub fn ints(&self, at: usize) -> Option<Ints<'a>> {
        let column = self.0.columns().get(at)?;
        let values: &[i64] = match column.as_primitive_opt::<Int64Type>() {
            Some(numbers) => numbers.values(),
            None => column.as_primitive_opt::<TimestampMicrosecondType>()?.values(),
        };
        Some(Ints { values, nulls: column.nulls() })
    }

    /// Column `at` as `UBIGINT` without NULL; `None` if it is not.
    pub fn hashes(&self, at: usize) -> Option<&'a [u64]> {
        let column = self.0.columns().get(at)?;
        Some(column.as_primitive_opt::<UInt64Type>()?.values())
    }

    /// Column `at` as `USMALLINT` without NULL; `None` if it is not.
    pub fn codes(&self, at: usize) -> Option<&'a [u16]> {
        let column = self.0.columns().get(at)?;
        Some(column.as_primitive_opt::<UInt16Type>()?.values())
    }

    /// Column `at` as `DOUBLE`; `None` if it is not.
    pub fn floats(&self, at: usize) -> Option<Floats<'a>> {
        let column = self.0.columns().get(at)?;
        Some(Floats { values: column.as_primitive_opt::<Float64Type>()?.values(), nulls: column.nulls() })
    }
}

fn is_valid(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_none_or(|nulls| nulls.is_valid(row))
}

impl Ints<'_> {
    /// `None` for NULL.
    pub fn get(&self, row: usize) -> Option<i64> {
        is_valid(self.nulls, row).then(|| self.values[row])
    }
}

impl Floats<'_> {
    /// `None` for NULL.
    pub fn get(&self, row: usize) -> Option<f64> {
        is_valid(self.nulls, row).then(|| self.values[row])
    }
}
