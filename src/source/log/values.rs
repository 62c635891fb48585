//! The values of lines that name their fields: JSON objects and logfmt, and what of them is a time.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::capture::{Capture, Span};
use super::generic;
use super::keys::Syntax;
use super::logfmt;
use super::stamp::Written;
use crate::model::time::{self, SECOND, Stamp};
use crate::source::json::{each_pair, each_pair_of_python, text};
use crate::source::scalar;

/// A value as the line has it.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// As JSON spells it.
    Raw(&'a str),
    Text(&'a str),
}

impl<'a> Value<'a> {
    pub fn raw(self) -> Option<&'a str> {
        match self {
            Value::Raw(raw) => Some(raw),
            Value::Text(_) => None,
        }
    }

    pub fn text(self) -> std::borrow::Cow<'a, str> {
        match self {
            Value::Text(text) => text.into(),
            Value::Raw(raw) => match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(plain) if memchr::memchr(b'\\', plain.as_bytes()).is_none() => plain.into(),
                Some(_) => match text(raw) {
                    Some(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
                    None => raw.into(),
                },
                None => raw.into(),
            },
        }
    }

    /// The same, with a byte that UTF-8 does not have where something is no character.
    pub fn bytes(self) -> std::borrow::Cow<'a, [u8]> {
        if let Value::Raw(raw) = self
            && memchr::memchr(b'\\', raw.as_bytes()).is_some()
            && let Some(bytes) = text(raw)
        {
            return bytes;
        }
        match self.text() {
            std::borrow::Cow::Borrowed(text) => text.as_bytes().into(),
            std::borrow::Cow::Owned(text) => text.into_bytes().into(),
        }
    }

    pub fn is_null(self) -> bool {
        matches!(self, Value::Raw("null"))
    }

    pub fn keep(self, capture: &mut Capture) -> Span {
        capture.keep(&self.bytes())
    }
}

/// A text that is written as an array of its bytes, as the journal writes those with control characters.
pub fn listed_bytes(raw: &str) -> Option<Vec<u8>> {
    if !raw.starts_with('[') {
        return None;
    }
    serde_json::from_str(raw).ok()
}

/// The value at a path within an object.
pub fn within<'a>(object: &'a str, path: &[String]) -> Option<&'a str> {
    let mut found: Option<&'a str> = None;
    let (first, rest) = path.split_first()?;
    let joined = path.join(".");
    if !object.starts_with('{') {
        return None;
    }
    let map: HashMap<std::borrow::Cow<'a, str>, &'a RawValue> = serde_json::from_str(object).ok()?;
    if let Some(value) = map.get(joined.as_str()) {
        return Some(value.get());
    }
    if let Some(value) = map.get(first.as_str()) {
        found = if rest.is_empty() { Some(value.get()) } else { within(value.get(), rest) };
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
        Syntax::Json => {
            each_pair_of_python(line, |key, value| each(key, Value::Raw(value))).is_some()
                || each_pair(line, |key, value| each(key, Value::Raw(value.get()))).is_ok()
        }
        Syntax::Logfmt => logfmt::each(line, |key, value| each(key, Value::Text(value))),
    }
}

/// The pairs of an object in one walk over its bytes. Only what is spelled plainly is known here: `false` may mean an
/// object all the same, one that a parser must look at.
pub fn plain_pairs<'a>(line: &'a str, mut each: impl FnMut(&'a str, Value<'a>)) -> bool {
    let bytes = line.as_bytes();
    let blanks =
        |at: usize| at + bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut at = match bytes.first() {
        Some(b'{') => blanks(1),
        _ => return false,
    };
    loop {
        let Some(key) = plain_string(bytes, at) else { return false };
        let name = &line[at + 1..key - 1];
        at = blanks(key);
        if bytes.get(at) != Some(&b':') || name.contains('\\') {
            return false;
        }
        at = blanks(at + 1);
        let Some(end) = value_end(bytes, at) else { return false };
        each(name, Value::Raw(&line[at..end]));
        at = blanks(end);
        match bytes.get(at) {
            Some(b',') => at = blanks(at + 1),
            Some(b'}') => return at + 1 == bytes.len(),
            _ => return false,
        }
    }
}

/// The byte after the string that begins at `at`.
fn plain_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The byte after the value that begins at `at`.
fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    let word = |text: &[u8]| bytes[at..].starts_with(text).then_some(at + text.len());
    match bytes.get(at)? {
        b'"' => plain_string(bytes, at),
        b't' => word(b"true"),
        b'f' => word(b"false"),
        b'n' => word(b"null"),
        b'-' | b'0'..=b'9' => {
            let is_part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
            Some(at + bytes[at..].iter().take_while(is_part).count())
        }
        b'{' | b'[' => {
            let (mut depth, mut at) = (0_usize, at);
            loop {
                match bytes.get(at)? {
                    b'"' => at = plain_string(bytes, at)? - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth == 1 => return Some(at + 1),
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
            }
        }
        _ => None,
    }
}

/// A time as JSON and logfmt write it: ISO or another usual stamp, a number since 1970, or an object of one of them.
pub fn written(value: &str) -> Option<Written> {
    let bytes = value.as_bytes();
    let first = *bytes.first()?;
    if let Some(stamp) = scalar::iso(bytes).filter(|_| bytes.len() > 10) {
        return Some(Written::Whole(stamp));
    }
    let whole = |wall| Some(Written::Whole(Stamp { wall, offset: Some(0) }));
    if let Some(wall) = scalar::epoch(bytes) {
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
        // A time has some digits, and a colon or a letter before its hour; most values have not.
        _ if bytes.len() <= 40 => {
            let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
            let least = if memchr::memchr(b':', bytes).is_some() { 6 } else { 12 };
            let is_like = digits >= least && (least == 6 || memchr::memchr(b'T', bytes).is_some());
            is_like.then(|| generic::whole(bytes))?
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walk_finds_the_pairs_that_a_parser_finds() {
        let both = |line: &str| {
            let (mut plain, mut parsed) = (Vec::new(), Vec::new());
            let is_plain = plain_pairs(line, |key, value| plain.push((key.to_string(), value.text().into_owned())));
            let is_object =
                each_pair(line, |key, raw| parsed.push((key.to_string(), Value::Raw(raw.get()).text().into_owned())));
            (is_plain.then_some(plain), is_object.ok().map(|()| parsed))
        };
        for line in [
            r#"{"a":1,"b":"x","c":[1,{"d":"}]"}],"e":null,"f":-1.5e3,"g":"\"q\u00e9","h":{}}"#,
            r#"{ "a" : true , "b":"é" }"#,
        ] {
            let (plain, parsed) = both(line);
            assert!(parsed.is_some(), "{line}");
            assert_eq!(plain, parsed, "{line}");
        }
        // A parser must look at these, and refuses all but the first two.
        for line in
            ["{}", r#"{"a\n":1}"#, r#"{"a":1"#, r#"{"a":1}}"#, r#"{"a"}"#, r#"{"a":x}"#, r#"{"a":[1}"#, r#"{"a":"x}"#]
        {
            assert_eq!(both(line).0, None, "{line}");
        }
    }

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
        assert_eq!(at("Saturday, 1 Mar 2025 13:10:04 +0000"), "2025-03-01T13:10:04Z");
        assert_eq!(at("20250301T131004Z"), "2025-03-01T13:10:04Z");
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
