//! The values of lines that name their fields: JSON objects and logfmt, and what of them is a time.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::capture::{Capture, Span};
use super::generic;
use super::keys::Syntax;
use super::logfmt;
use super::stamp::Written;
use crate::model::time::{self, SECOND, Stamp};
use crate::source::infer;
use crate::source::json::each_pair;

/// A value as the line has it.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Raw(&'a RawValue),
    Text(&'a str),
}

impl<'a> Value<'a> {
    pub fn raw(self) -> Option<&'a str> {
        match self {
            Value::Raw(raw) => Some(raw.get()),
            Value::Text(_) => None,
        }
    }

    pub fn text(self) -> std::borrow::Cow<'a, str> {
        match self {
            Value::Text(text) => text.into(),
            Value::Raw(raw) => match raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(plain) if memchr::memchr(b'\\', plain.as_bytes()).is_none() => plain.into(),
                Some(_) => serde_json::from_str::<String>(raw.get()).unwrap_or_default().into(),
                None => raw.get().into(),
            },
        }
    }

    pub fn is_null(self) -> bool {
        matches!(self, Value::Raw(raw) if raw.get() == "null")
    }

    pub fn keep(self, capture: &mut Capture) -> Span {
        capture.keep(self.text().as_bytes())
    }
}

/// A text that is written as an array of its bytes, as the journal writes those with control characters.
pub fn bytes(raw: &str) -> Option<String> {
    if !raw.starts_with('[') {
        return None;
    }
    let bytes: Vec<u8> = serde_json::from_str(raw).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The value at a path within an object.
pub fn within<'a>(object: &'a str, path: &[String]) -> Option<&'a RawValue> {
    let mut found: Option<&'a RawValue> = None;
    let (first, rest) = path.split_first()?;
    let joined = path.join(".");
    if !object.starts_with('{') {
        return None;
    }
    let map: HashMap<std::borrow::Cow<'a, str>, &'a RawValue> = serde_json::from_str(object).ok()?;
    if let Some(value) = map.get(joined.as_str()) {
        return Some(value);
    }
    if let Some(value) = map.get(first.as_str()) {
        found = if rest.is_empty() { Some(value) } else { within(value.get(), rest) };
    }
    found
}

/// The elements of the arrays at a path, which goes through arrays at every step.
pub fn elements(line: &[u8], path: &[String]) -> Vec<String> {
    fn descend(value: &serde_json::Value, path: &[String], out: &mut Vec<String>) {
        match (value, path.split_first()) {
            (serde_json::Value::Array(items), _) => items.iter().for_each(|item| descend(item, path, out)),
            (_, None) => out.push(value.to_string()),
            (serde_json::Value::Object(map), Some((first, rest))) => {
                if let Some(inner) = map.get(first) {
                    descend(inner, rest, out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    // Asked of every line of a sample: most have no such key.
    let Some(first) = path.first() else { return out };
    if memchr::memmem::find(&line[..line.len().min(256)], first.as_bytes()).is_some()
        && let Ok(value) = serde_json::from_slice::<serde_json::Value>(line)
    {
        descend(&value, path, &mut out);
    }
    out
}

/// Calls `each` with key and value. `false` if the line is not of the syntax.
pub fn pairs(syntax: Syntax, line: &[u8], mut each: impl FnMut(&str, Value)) -> bool {
    let line = line.trim_ascii();
    let first = line.first().copied().unwrap_or(b' ');
    // Told by its first byte, so that other lines cost nothing.
    if (syntax == Syntax::Json) != (first == b'{') {
        return false;
    }
    let Ok(line) = std::str::from_utf8(line) else { return false };
    match syntax {
        Syntax::Json => each_pair(line, |key, value| each(key, Value::Raw(value))).is_ok(),
        Syntax::Logfmt => logfmt::each(line, |key, value| each(key, Value::Text(value))),
    }
}

/// A time as JSON and logfmt write it: ISO or another usual stamp, a number since 1970, or an object of one of them.
pub fn written(value: &str) -> Option<Written> {
    let bytes = value.as_bytes();
    let first = *bytes.first()?;
    if let Some(stamp) = time::iso_whole(bytes).filter(|_| bytes.len() > 10) {
        return Some(Written::Whole(stamp));
    }
    let whole = |wall| Some(Written::Whole(Stamp { wall, offset: Some(0) }));
    if let Some(wall) = infer::epoch(bytes) {
        return whole(wall);
    }
    match first {
        b'{' => {
            let object: HashMap<String, serde_json::Value> = serde_json::from_str(value).ok()?;
            if let Some(date) = object.get("$date") {
                return written(date.as_str().map_or_else(|| date.to_string(), str::to_string).as_str());
            }
            let number = |names: [&str; 2]| names.iter().find_map(|name| object.get(*name)?.as_i64());
            let seconds = number(["epochSecond", "seconds"])?;
            let nanos = number(["nanoOfSecond", "nanos"]).unwrap_or(0);
            time::epoch(seconds)?;
            whole(seconds.checked_mul(SECOND)?.checked_add(nanos / 1_000)?)
        }
        // A time has a colon and some digits; most values have not.
        _ if bytes.len() <= 40
            && memchr::memchr(b':', bytes).is_some()
            && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6 =>
        {
            generic::whole(bytes)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_may_be_objects_of_many_shapes() {
        let at = |text: &str| match written(text) {
            Some(Written::Whole(stamp)) => time::rfc3339(stamp.wall),
            other => format!("{other:?}"),
        };
        assert_eq!(at(r#"{"$date":"2025-03-01T13:10:04.118Z"}"#), "2025-03-01T13:10:04.118Z");
        assert_eq!(at(r#"{"epochSecond":1740787200,"nanoOfSecond":118000000}"#), "2025-03-01T00:00:00.118Z");
        assert_eq!(at("1740787200.5"), "2025-03-01T00:00:00.500Z");
        assert_eq!(at("Sat Mar  1 13:10:04 2025"), "2025-03-01T13:10:04Z");
        assert_eq!(at("hello"), "None");
    }

    #[test]
    fn an_envelope_holds_its_records() {
        let path = ["a".to_string(), "b".to_string()];
        let line = br#"{"a":[{"b":[{"n":1},{"n":2}]},{"b":[{"n":3}]}]}"#;
        assert_eq!(elements(line, &path), [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
        assert!(elements(br#"{"c":1}"#, &path).is_empty());
    }
}
