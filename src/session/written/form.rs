//! The forms in which ids are compared, in SQL and here, and what all ids of a side begin with.

use crate::engine::quote;
use crate::model::value::Value;

/// In which form ids are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    AsWritten,
    /// Whatever the case of letters, blanks around them and zeros before a number, which may stand behind letters.
    Alike,
    /// The same, without this beginning.
    Without(String),
}

impl Form {
    /// SQL of a text in this form.
    pub fn sql(&self, text: &str) -> String {
        let alike = |text: &str| format!("nullif(regexp_replace({text}, '^([^0-9]*)0+([0-9]+)$', '\\1\\2'), '')");
        let small = format!("lower(trim({text}))");
        match self {
            Form::AsWritten => text.to_string(),
            Form::Alike => alike(&small),
            Form::Without(beginning) => alike(&format!(
                "regexp_replace({small}, {}, '')",
                quote::text(&format!("^{}", regex::escape(&beginning.to_lowercase())))
            )),
        }
    }

    /// A text in this form; `None` if nothing is left of it.
    pub fn of(&self, text: &str) -> Option<String> {
        match self {
            Form::AsWritten => Some(text.to_string()),
            Form::Alike => alike(text),
            Form::Without(beginning) => {
                let small = text.trim_matches(' ').to_lowercase();
                alike(small.strip_prefix(&beginning.to_lowercase()).unwrap_or(&small))
            }
        }
    }
}

/// As [`Form::Alike`]; `None` for what is empty then.
fn alike(text: &str) -> Option<String> {
    let small = text.trim_matches(' ').to_lowercase();
    let (before, digits) = small.split_at(small.find(|c: char| c.is_ascii_digit()).unwrap_or(small.len()));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let shown = match digits.trim_start_matches('0') {
        "" if is_number => format!("{before}0"),
        rest if is_number => format!("{before}{rest}"),
        _ => small,
    };
    Some(shown).filter(|shown| !shown.is_empty())
}

/// What ids begin with, of the first of [`ENDS`]; whatever the case of letters if some are written in another.
pub fn beginning(ends: &[Value]) -> Option<String> {
    let [first, last, _, small_first, small_last, ..] = ends else { return None };
    common(&first.shown(), &last.shown()).or_else(|| common(&small_first.shown(), &small_last.shown()))
}

/// What the first and the last of texts begin with, if all have it and a digit stands behind it.
fn common(first: &str, last: &str) -> Option<String> {
    let common: String = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    let beginning = common.trim_end_matches(|c: char| c.is_ascii_digit());
    let goes_on = |text: &str| text[beginning.len()..].starts_with(|c: char| c.is_ascii_digit());
    (!beginning.is_empty() && goes_on(first) && goes_on(last)).then(|| beginning.to_string())
}

/// SQL of what tells a beginning, over `key`: the first id and the last, whether all are plain numbers, and the first and
/// the last in small letters.
pub const ENDS: &str = "min(trim(key)), max(trim(key)), bool_and(regexp_full_match(trim(key), '[0-9]+')), \
                        min(lower(trim(key))), max(lower(trim(key)))";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};

    #[test]
    fn a_beginning_stands_before_a_digit() {
        for (first, last, expected) in [
            ("ORD-100001", "ORD-106000", Some("ORD-")),
            ("tx00000001", "tx00008000", Some("tx")),
            ("ord-100001", "ord-x", None),
            ("100001", "106000", None),
            ("ab1", "cd2", None),
            ("s", "s", None),
        ] {
            assert_eq!(common(first, last).as_deref(), expected, "{first} {last}");
        }
    }

    /// What is compared here and what the engine compares is one.
    #[test]
    fn a_form_is_the_same_in_sql() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let texts = [
            "000", "0", " 07", "aB", "Äß", "", " ", "0x", "00a", "SN-007", "sn-", "\t7", "٣", "sn-0", "SN-x ", "sn-00",
            "A0B01", "Ä٣010", "SN 1.010",
        ];
        for form in [Form::AsWritten, Form::Alike, Form::Without("SN-".into())] {
            for text in texts {
                let row = engine.counted(&format!("SELECT {}", form.sql(&quote::text(text)))).expect("asked");
                let in_sql = Some(&row[0]).filter(|value| !value.is_null()).map(Value::shown);
                assert_eq!(form.of(text), in_sql, "{text:?} in {form:?}");
            }
        }
    }
}
