//! Ids in texts: the value behind a name that tells an identity (`request_id=7f3a`), and words that look like nothing
//! else (a UUID, a long hexadecimal number).

use std::sync::LazyLock;

use regex::Regex;

use crate::model::meaning;
use crate::session::Id;

/// Divides a thing from its value where both are one text.
pub const DIVIDER: char = '\u{1f}';

/// What an id is of whose name is not told.
const UNNAMED: &str = "id";

static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z][A-Za-z0-9_.-]*)["']?\s?[=:# ]\s?["']?([A-Za-z0-9][A-Za-z0-9_.:-]*[A-Za-z0-9]|[0-9])"#).ok()
});

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9_-]{12,64}").ok());

/// Whether a word looks like nothing but an id: a UUID, a long hexadecimal number, or a name with many digits.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    letters > 0 && (digits >= 6 || is_hex && digits > 0)
}

/// The ids in a text, each once.
pub fn of_text(text: &str) -> Vec<Id> {
    let mut ids: Vec<Id> = Vec::new();
    let mut add = |thing: String, value: &str| {
        if !ids.iter().any(|id| id.value == value) {
            ids.push(Id { thing, value: value.to_string() });
        }
    };
    let mut at = 0;
    while let Some(found) = NAMED.as_ref().and_then(|named| named.captures_at(text, at)) {
        let (name, value) = (&found[1], &found[2]);
        let name = name.rsplit('.').next().unwrap_or(name);
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        match meaning::of_label(name).filter(|_| has_digit) {
            Some(thing) => {
                add(thing, value);
                at = found.get(0).map_or(text.len(), |whole| whole.end());
            }
            // What is no value here may be a name: `for request 4711`.
            None => at = found.get(1).map_or(text.len(), |name| name.end()),
        }
    }
    for word in WORDS.iter().flat_map(|words| words.find_iter(text)).map(|word| word.as_str().trim_matches('-')) {
        if is_id(word) {
            add(UNNAMED.to_string(), word);
        }
    }
    ids
}

/// A regular expression for values of the same build, such as `SN\d+` for SN240233; `None` for one that has no build of
/// its own.
pub fn shape(value: &str) -> Option<String> {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let dots = value.bytes().filter(|byte| *byte == b'.').count();
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    // In a hexadecimal number letters are digits too, and nothing tells one from another.
    let turns =
        value.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit()).count();
    if !is_plain || digits < 3 || (letters == 0 && dots < 3) || (turns > 1 && !value.contains(['_', '-'])) {
        return None;
    }
    if value.len() >= 12 && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return None;
    }
    let mut shape = String::from(r"\b");
    let mut in_digits = false;
    for c in value.chars() {
        if !c.is_ascii_digit() {
            shape.push_str(&regex::escape(&c.to_string()));
        } else if !in_digits {
            shape.push_str(r"\d+");
        }
        in_digits = c.is_ascii_digit();
    }
    Some(shape + r"\b")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_behind_their_names_or_look_like_nothing_else() {
        let of =
            |text: &str| of_text(text).into_iter().map(|id| format!("{}={}", id.thing, id.value)).collect::<Vec<_>>();
        assert_eq!(of("done request_id=7f3a in 12 ms status=200"), ["request=7f3a"]);
        assert_eq!(of(r#"{"testId": "256", "level": "info"}"#), ["test=256"]);
        assert_eq!(of("for order 4711, port: 80"), ["order=4711"]);
        assert_eq!(of("req=abcdef12 rid: 17 reqId=r12"), ["request=abcdef12", "request=17", "request=r12"]);
        assert_eq!(of("in container_1445144423722_0020_01_000002"), ["id=container_1445144423722_0020_01_000002"]);
        assert_eq!(of("order_no: 4711, port: 80"), ["order=4711"]);
        assert_eq!(
            of("took 0b1fe0e2-33cd-4f2c-9d55-3e2c1f1d9a10 and deadbeef"),
            ["id=0b1fe0e2-33cd-4f2c-9d55-3e2c1f1d9a10"]
        );
        assert_eq!(of("request_id=none"), Vec::<String>::new());
    }

    #[test]
    fn values_have_a_build() {
        assert_eq!(shape("SN240233").as_deref(), Some(r"\bSN\d+\b"));
        assert_eq!(shape("blk_-1608").as_deref(), Some(r"\bblk_\-\d+\b"));
        assert_eq!(shape("10.10.34.11").as_deref(), Some(r"\b\d+\.\d+\.\d+\.\d+\b"));
        assert_eq!(shape("attempt_144_0020_m_00_0").as_deref(), Some(r"\battempt_\d+_\d+_m_\d+_\d+\b"));
        for value in ["4711", "7f3a91b2", "web-1", "0b1fe0e2-33cd-4f2c-9d55-3e2c1f1d9a10"] {
            assert_eq!(shape(value), None, "{value}");
        }
    }
}
