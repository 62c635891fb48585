//! One cell of an answer, as outputs need it. Times are UTC microseconds, dates days since 1970.

use super::time;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// An exact number in its decimal spelling.
    Decimal(String),
    Text(String),
    Time(i64),
    Date(i32),
    Blob(Vec<u8>),
    /// A list, struct or map, as JSON.
    Nested(serde_json::Value),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// A count or microseconds; 0 of what is no number.
    pub fn int(&self) -> i64 {
        self.whole().unwrap_or(0)
    }

    /// The same; `None` of what is no number, as of NULL.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(i64::try_from(*number).unwrap_or(i64::MAX)),
            Value::Float(number) => Some(number.round() as i64),
            Value::Time(micros) => Some(*micros),
            _ => None,
        }
    }

    /// An instant, in UTC microseconds.
    pub fn time(&self) -> Option<i64> {
        if let Value::Time(micros) = self { Some(*micros) } else { None }
    }

    /// What a person or a CSV file sees; NULL is the empty text.
    pub fn shown(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float(*value),
            Value::Decimal(text) | Value::Text(text) => text.clone(),
            Value::Time(micros) => time::rfc3339(*micros),
            Value::Date(days) => time::date(i64::from(*days)),
            Value::Blob(bytes) => hex(bytes),
            Value::Nested(json) => json.to_string(),
        }
    }

    /// As JSON. NaN and infinity have no JSON spelling: they are null, and the second value says so.
    pub fn json(&self) -> (serde_json::Value, bool) {
        let json = match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => match i64::try_from(*value) {
                Ok(small) => small.into(),
                Err(_) => u64::try_from(*value).map_or_else(|_| value.to_string().into(), Into::into),
            },
            Value::Float(value) => match serde_json::Number::from_f64(*value) {
                Some(number) => serde_json::Value::Number(number),
                None => return (serde_json::Value::Null, true),
            },
            // Exact up to the 15 digits that every JSON reader keeps; longer ones stay text.
            Value::Decimal(text) if text.len() <= 15 => text
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .map_or_else(|| serde_json::Value::String(text.clone()), serde_json::Value::Number),
            Value::Nested(json) => json.clone(),
            other => other.shown().into(),
        };
        (json, false)
    }
}

/// The shortest spelling that reads back as the same number; whole numbers without a point.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let text =
        if value != 0.0 && !(1e-6..1e16).contains(&value.abs()) { format!("{value:e}") } else { value.to_string() };
    if text == "-0" { "0".into() } else { text }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("\\x"), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let shown: Vec<String> = [0.5, 3.0, 1e300, f64::NAN, -0.0].map(|v| Value::Float(v).shown()).to_vec();
        insta::assert_debug_snapshot!(shown, @r#"
        [
            "0.5",
            "3",
            "1e300",
            "NaN",
            "0",
        ]
        "#);
    }

    #[test]
    fn json_has_no_nan_and_says_so() {
        assert_eq!(Value::Float(f64::INFINITY).json(), (serde_json::Value::Null, true));
        assert_eq!(Value::Int(i128::from(u64::MAX)).json().0.to_string(), "18446744073709551615");
        assert_eq!(Value::Decimal("12.50".into()).json().0.to_string(), "12.5");
    }
}
