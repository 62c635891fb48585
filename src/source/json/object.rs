//! Objects in text: where they begin and end, and their pairs in order.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::blocks::{Framing, Lines};

/// The object of a record, without blanks and a comma after it.
pub fn object_text(record: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(record).ok()?.trim();
    Some(text.strip_suffix(',').unwrap_or(text).trim_end())
}

/// Calls `each` for the pairs of an object, in order.
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
fn object_end(buffer: &[u8], at: usize) -> Option<usize> {
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
