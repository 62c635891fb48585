//! A cell of the engine's answer as a value.

use duckdb::arrow::array::{Array, ArrayRef, AsArray, StructArray};
use duckdb::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use serde_json::Value as Json;

use crate::model::value::Value;

/// The value at `row`.
pub fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    macro_rules! int {
        ($type:ty) => {
            Value::Int(i128::from(array.as_primitive::<$type>().value(row)))
        };
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int8 => int!(Int8Type),
        DataType::Int16 => int!(Int16Type),
        DataType::Int32 => int!(Int32Type),
        DataType::Int64 => int!(Int64Type),
        DataType::UInt8 => int!(UInt8Type),
        DataType::UInt16 => int!(UInt16Type),
        DataType::UInt32 => int!(UInt32Type),
        DataType::UInt64 => int!(UInt64Type),
        DataType::Float32 => {
            // Through its own shortest spelling, so that 0.1 stays 0.1.
            let short = array.as_primitive::<Float32Type>().value(row);
            Value::Float(short.to_string().parse().unwrap_or(f64::from(short)))
        }
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, 0) => int!(Decimal128Type),
        DataType::Decimal128(_, _) => Value::Decimal(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_string()),
        DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(row).to_string()),
        DataType::Utf8View => Value::Text(array.as_string_view().value(row).to_string()),
        DataType::Binary => Value::Blob(array.as_binary::<i32>().value(row).to_vec()),
        DataType::LargeBinary => Value::Blob(array.as_binary::<i64>().value(row).to_vec()),
        DataType::BinaryView => Value::Blob(array.as_binary_view().value(row).to_vec()),
        DataType::FixedSizeBinary(_) => Value::Blob(array.as_fixed_size_binary().value(row).to_vec()),
        DataType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(unit, _) => Value::Time(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row).saturating_mul(1_000),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000),
        }),
        DataType::Time64(TimeUnit::Microsecond) => {
            Value::Text(clock(array.as_primitive::<Time64MicrosecondType>().value(row)))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Value::Text(span(interval.months, interval.days, interval.nanoseconds))
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values(), dictionary.normalized_keys()[row])
        }
        DataType::List(_) => Value::Nested(list(&array.as_list::<i32>().value(row))),
        DataType::LargeList(_) => Value::Nested(list(&array.as_list::<i64>().value(row))),
        DataType::FixedSizeList(..) => Value::Nested(list(&array.as_fixed_size_list().value(row))),
        DataType::Struct(_) => Value::Nested(object(array.as_struct(), row)),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let pair = |at| {
                let key = value(entries.column(0), at).shown();
                (key, within(entries.column(1), at))
            };
            Value::Nested(Json::Object((0..entries.len()).map(pair).collect()))
        }
        _ => match duckdb::arrow::util::display::array_value_to_string(array, row) {
            Ok(text) => Value::Text(text),
            Err(error) => Value::Text(error.to_string()),
        },
    }
}

fn list(items: &ArrayRef) -> Json {
    Json::Array((0..items.len()).map(|at| within(items, at)).collect())
}

/// A value within another. NaN and infinity are text there, since nothing could say that a null was one of them.
fn within(array: &ArrayRef, row: usize) -> Json {
    let value = value(array, row);
    match value.json() {
        (_, true) => value.shown().into(),
        (json, false) => json,
    }
}

fn object(fields: &StructArray, row: usize) -> Json {
    let names = fields.column_names();
    Json::Object(
        names.iter().zip(fields.columns()).map(|(name, column)| ((*name).to_string(), within(column, row))).collect(),
    )
}

/// `08:00:00[.123456]`
fn clock(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros % 1_000_000 {
        0 => text,
        rest => format!("{text}.{rest:06}"),
    }
}

/// `1 year 2 months 3 days 04:05:06`, as the engine writes intervals.
fn span(months: i32, days: i32, nanoseconds: i64) -> String {
    let unit = |count: i32, name: &str| match count {
        0 => None,
        1 | -1 => Some(format!("{count} {name}")),
        _ => Some(format!("{count} {name}s")),
    };
    let mut parts: Vec<String> =
        [unit(months / 12, "year"), unit(months % 12, "month"), unit(days, "day")].into_iter().flatten().collect();
    if nanoseconds != 0 || parts.is_empty() {
        let sign = if nanoseconds < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}", clock((nanoseconds / 1_000).abs())));
    }
    parts.join(" ")
}
