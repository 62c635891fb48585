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
    Regex::new(r#"([A-Za-z][A-Za-z0-9_.-]*)["']?\s?[=:#]\s?["']?([A-Za-z0-9][A-Za-z0-9_.:-]*[A-Za-z0-9]|[0-9]+)"#).ok()
});

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{12,64})\b").ok()
});

/// The ids in a text, each once.
pub fn of_text(text: &str) -> Vec<Id> {
    let mut ids: Vec<Id> = Vec::new();
    let mut add = |thing: String, value: &str| {
        if !ids.iter().any(|id| id.value == value) {
            ids.push(Id { thing, value: value.to_string() });
        }
    };
    for found in NAMED.iter().flat_map(|named| named.captures_iter(text)) {
        let (name, value) = (&found[1], &found[2]);
        let name = name.rsplit('.').next().unwrap_or(name);
        let is_value = value.bytes().any(|byte| byte.is_ascii_digit());
        if let Some(thing) = meaning::of("", name).filter(|_| is_value) {
            add(thing, value);
        }
    }
    for found in WORDS.iter().flat_map(|words| words.find_iter(text)) {
        let word = found.as_str();
        let has = |wanted: fn(&u8) -> bool| word.bytes().any(|byte| wanted(&byte));
        if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
            add(UNNAMED.to_string(), word);
        }
    }
    ids
}

/// A regular expression for values of the same build, such as `SN\d{6}` for SN240233; `None` for one that has no
/// build of its own.
pub fn shape(value: &str) -> Option<String> {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let begins = value.find(|c: char| c.is_ascii_digit())?;
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte));
    let rest = &value[begins..];
    let is_number = rest.bytes().all(|byte| byte.is_ascii_digit() || b"-_".contains(&byte));
    if begins == 0 || digits < 3 || !is_name(&value[..begins]) || !is_number {
        return None;
    }
    let mut shape = format!(r"\b{}", regex::escape(&value[..begins]));
    for c in rest.chars() {
        match c {
            c if c.is_ascii_digit() => shape.push_str(r"\d"),
            c => shape.push_str(&regex::escape(&c.to_string())),
        }
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
        assert_eq!(of("order no: 4711, port: 80"), Vec::<String>::new());
        assert_eq!(of("order_no: 4711, port: 80"), ["order=4711"]);
        assert_eq!(
            of("took 0b1fe0e2-33cd-4f2c-9d55-3e2c1f1d9a10 and deadbeef"),
            ["id=0b1fe0e2-33cd-4f2c-9d55-3e2c1f1d9a10"]
        );
        assert_eq!(of("request_id=none"), Vec::<String>::new());
    }

    #[test]
    fn values_have_a_build() {
        assert_eq!(shape("SN240233").as_deref(), Some(r"\bSN\d\d\d\d\d\d\b"));
        assert_eq!(shape("blk_-1608").as_deref(), Some(r"\bblk_\-\d\d\d\d\b"));
        assert_eq!(shape("4711"), None);
        assert_eq!(shape("7f3a91"), None);
        assert_eq!(shape("web-1"), None);
    }
}
