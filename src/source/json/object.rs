//! Objects in text: where they begin and end, and their pairs in order.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::blocks::{Framing, Lines};

/// The object of a record, without blanks and a comma after it.
pub fn object_text(record: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(record).ok()?.trim();
    Some(text.strip_suffix(',').unwrap_or(text).trim_end())
}

/// Calls `each` for the pairs of an object, in order. An object that is none may have been told of in part.
pub fn each_pair(text: &str, each: impl FnMut(&str, &RawValue)) -> Result<(), serde_json::Error> {
    struct Pairs<F>(F);
    impl<'de, F: FnMut(&str, &RawValue)> Visitor<'de> for Pairs<F> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
            while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                (self.0)(&key, map.next_value::<&'de RawValue>()?);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Pairs(each))?;
    deserializer.end()
}

/// The same where a value is `NaN` or `Infinity`, of which JSON has none and Python writes both. `None` for a text that
/// has neither, or is no object with them either.
pub fn each_pair_of_python(text: &str, mut each: impl FnMut(&str, &str)) -> Option<()> {
    let numbers = with_numbers(text)?;
    let start = numbers.as_ptr() as usize;
    each_pair(&numbers, |key, value| {
        let from = value.get().as_ptr() as usize - start;
        each(key, &text[from..from + value.get().len()]);
    })
    .ok()
}

/// Numbers of the same length where `NaN` and `Infinity` stand.
fn with_numbers(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut numbers: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'"', b'N', b'I', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            at = string_end(bytes, at + 1)? + 1;
            continue;
        }
        let length = ["NaN", "Infinity"].iter().find(|word| text[at..].starts_with(**word))?.len();
        let is_within = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
        if is_within(bytes[..at].last()) || is_within(bytes.get(at + length)) {
            return None;
        }
        numbers.get_or_insert_with(|| bytes.to_vec())[at..at + length].fill(b'1');
        at += length;
    }
    String::from_utf8(numbers?).ok()
}

/// Whether a text is one whole object.
pub fn is_object(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    text.starts_with('{') && (each_pair(text, |_, _| {}).is_ok() || each_pair_of_python(text, |_, _| {}).is_some())
}

/// How many values stand outside of objects, and where the first does: in this text there should be commas, brackets and
/// blanks alone.
pub fn strays(between: &[u8]) -> (usize, Option<usize>) {
    let (mut count, mut first, mut at, mut is_within) = (0, None, 0, false);
    while let Some(byte) = between.get(at) {
        match byte {
            b',' | b'[' | b']' | b'\n' => is_within = false,
            byte if byte.is_ascii_whitespace() || *byte == super::SEQUENCE => {}
            _ => {
                first = first.or(Some(at));
                count += usize::from(!is_within);
                is_within = true;
                if *byte == b'"' {
                    at = string_end(between, at + 1).unwrap_or(between.len());
                }
            }
        }
        at += 1;
    }
    (count, first)
}

/// Objects of a document, which may span lines.
pub struct Objects;

impl Framing for Objects {
    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize> {
        Lines.next_start(buffer, from, is_file_end)
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        let mut last = None;
        let mut at = 0;
        while let Some(end) = object_end(buffer, at) {
            last = Some(end);
            at = end;
        }
        last
    }

    fn is_local(&self) -> bool {
        false
    }
}

/// The byte after the object that begins at or after `at`, or `None` if it does not end here.
pub fn object_end(buffer: &[u8], at: usize) -> Option<usize> {
    let mut at = at + memchr::memchr(b'{', &buffer[at..])?;
    let mut depth = 0_usize;
    loop {
        match buffer.get(at)? {
            b'"' => at = string_end(buffer, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The closing quote of a string whose content begins at `at`.
fn string_end(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', buffer.get(at..)?)?;
        if buffer[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

pub fn record_end(buffer: &[u8], at: usize, documents: bool) -> usize {
    if documents {
        object_end(buffer, at).unwrap_or(buffer.len())
    } else {
        memchr::memchr(b'\n', &buffer[at..]).map_or(buffer.len(), |found| at + found + 1)
    }
}
