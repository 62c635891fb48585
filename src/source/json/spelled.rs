//! The text that a JSON string spells, also with half of a surrogate pair in it, as a program leaves that cuts a text
//! within a character.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// What a string spells, in UTF-8 but for the halves of surrogate pairs: each is a byte that UTF-8 does not have. `None` if
/// this is no string.
pub fn text(string: &str) -> Option<Cow<'_, [u8]>> {
    let plain = string.strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr2(b'\\', b'"', plain.as_bytes()) {
        None => Some(plain.as_bytes().into()),
        Some(_) => {
            let mut reader = serde_json::Deserializer::from_str(string);
            let text = (&mut reader).deserialize_bytes(Bytes).ok()?;
            reader.end().ok().map(|()| text)
        }
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(bytes.into())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(without_halves(bytes).into())
    }
}

/// Puts one byte in place of the three that a half of a pair is in WTF-8.
fn without_halves(bytes: &[u8]) -> Vec<u8> {
    const NO_CHARACTER: u8 = 0xff;
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(byte) = rest.first() {
        let is_half = *byte == 0xed && rest.get(1).is_some_and(|next| *next >= 0xa0);
        out.push(if is_half { NO_CHARACTER } else { *byte });
        rest = &rest[if is_half { rest.len().min(3) } else { 1 }..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn halves_of_pairs_are_one_byte_each() {
        let spelled = |string| text(string).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(spelled(r#""a\ud83d\ude00b""#).as_deref(), Some("a\u{1f600}b"));
        assert_eq!(spelled(r#""a\ud83d""#).as_deref(), Some("a\u{fffd}"));
        assert_eq!(spelled(r#""\ude00\ud83d\n""#).as_deref(), Some("\u{fffd}\u{fffd}\n"));
        assert_eq!(spelled(r#""\ud7ff""#).as_deref(), Some("\u{d7ff}"));
        assert_eq!(spelled(r#""""#).as_deref(), Some(""));
        assert_eq!(spelled(r#""a"b""#), None);
        assert_eq!(spelled("1"), None);
    }
}
