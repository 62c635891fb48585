//! The values of named columns, looked for in all texts: as whole words, in upper or lower case.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use crate::error::{Error, Result};

/// More different values are not looked for, and not shown either.
const VALUES_MAX: usize = 1_000_000;
/// Shorter values are words of other texts too: they are replaced in their columns, and in SQL behind a quote.
const LENGTH_LEAST: usize = 3;
/// Shorter numbers are counts and times in other texts.
const DIGITS_LEAST: usize = 5;

#[derive(Default)]
pub struct Known {
    /// In lower case, the short ones too, in order.
    all: Vec<String>,
    /// Those that are looked for.
    words: Vec<String>,
    search: Option<AhoCorasick>,
}

impl Known {
    /// # Errors
    /// If there are too many.
    pub fn of(values: HashSet<String>) -> Result<Known> {
        let too_many = || {
            Error::question("the columns to redact have more than 1,000,000 different values")
                .detail("so many are not looked for in texts, and what is not looked for could be shown")
                .hint("name columns of people, customers or machines, not ones of messages or numbers")
        };
        if values.len() > VALUES_MAX {
            return Err(too_many());
        }
        let mut all: Vec<String> =
            values.iter().map(|value| value.trim().to_lowercase()).filter(|value| !value.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        let is_number = |value: &str| value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        let is_long =
            |value: &&String| value.chars().count() >= if is_number(value) { DIGITS_LEAST } else { LENGTH_LEAST };
        let mut words: Vec<String> = all.iter().filter(is_long).cloned().collect();
        // As SQL and as JSON have them.
        let spelled: Vec<String> = words
            .iter()
            .flat_map(|word| [word.replace('\'', "''"), word.replace('\\', "\\\\").replace('"', "\\\"")])
            .filter(|word| words.binary_search(word).is_err())
            .collect();
        words.extend(spelled);
        // In SQL what stands in quotes is a value, however short.
        words.extend(all.iter().filter(|word| !is_long(word)).map(|word| format!("'{}'", word.replace('\'', "''"))));
        let search = AhoCorasick::new(&words).map_err(|_| too_many())?;
        Ok(Known { all, search: Some(search).filter(|_| !words.is_empty()), words })
    }

    /// Whether it is one of the values.
    pub fn has(&self, value: &str) -> bool {
        let value = value.trim().to_lowercase();
        self.all.binary_search(&value).is_ok()
    }

    /// The text with each value in it replaced: of those that overlap the first, and of these the longest.
    pub fn replaced(&self, text: &str, pseudonym: impl Fn(&str) -> String) -> String {
        let Some(search) = &self.search else { return text.to_string() };
        let (lower, places) = lowered(text);
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let mut found: Vec<(usize, usize, usize)> = search
            .find_overlapping_iter(&lower)
            .map(|hit| (hit.start(), hit.end(), hit.pattern().as_usize()))
            .filter(|(start, end, _)| {
                let inside = &lower[*start..*end];
                // In JSON a line that begins with a word has an `n` before it.
                let is_escaped = ["\\n", "\\t", "\\r"].iter().any(|escape| lower[..*start].ends_with(escape));
                let before = lower[..*start].chars().next_back().filter(|_| !is_escaped);
                let after = lower[*end..].chars().next();
                !(is_word(before) && is_word(inside.chars().next())
                    || is_word(after) && is_word(inside.chars().next_back()))
            })
            .collect();
        if found.is_empty() {
            return text.to_string();
        }
        found.sort_unstable_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut shown = String::with_capacity(text.len());
        let (mut taken, mut copied) = (0, 0);
        for (start, end, word) in found {
            if start < taken {
                continue;
            }
            taken = end;
            shown.push_str(&text[copied..places[start]]);
            copied = places[end];
            let word = &self.words[word];
            match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
                Some(short) if self.has(&short.replace("''", "'")) => {
                    shown.push_str(&format!("'{}'", pseudonym(&short.replace("''", "'"))));
                }
                _ => shown.push_str(&pseudonym(&self.spelled(word))),
            }
        }
        shown.push_str(&text[copied..]);
        shown
    }

    /// The value that a word is a spelling of.
    fn spelled(&self, word: &str) -> String {
        let plain = [word.replace("''", "'"), word.replace("\\\"", "\"").replace("\\\\", "\\")];
        if self.has(word) {
            return word.to_string();
        }
        plain.into_iter().find(|plain| self.has(plain)).unwrap_or_else(|| word.to_string())
    }
}

/// A text in lower case, and where each byte of it stands in the text.
fn lowered(text: &str) -> (String, Vec<usize>) {
    let mut lower = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        for small in c.to_lowercase() {
            lower.push(small);
            places.resize(lower.len(), at);
        }
    }
    places.push(text.len());
    (lower, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_the_longest_first_and_short_ones_in_quotes_alone() {
        let values = ["ACME", "ACME Co", "O'Brien", "Müller", "a", "7", "12345", "say \"hi\""].map(String::from);
        let known = Known::of(HashSet::from(values)).expect("few");
        let shown = |text: &str| known.replaced(text, |value| format!("<{value}>"));
        assert_eq!(shown("acme co and ACME Corp, ACMEX"), "<acme co> and <acme> Corp, ACMEX");
        assert_eq!(shown("x = 'O''Brien' or O'BRIEN"), "x = '<o'brien>' or <o'brien>");
        assert_eq!(shown("MÜLLER müller"), "<müller> <müller>");
        assert_eq!(shown("a 7 'a' 'A' '7' 12345 212345"), "a 7 '<a>' '<a>' '<7>' <12345> 212345");
        assert_eq!(shown("{\"n\": \"say \\\"hi\\\"\"}"), "{\"n\": \"<say \"hi\">\"}");
    }
}
