//! The values of named columns, looked for in all texts: as whole words, in upper or lower case.

use std::collections::{HashMap, HashSet};

use aho_corasick::AhoCorasick;

use super::Kind;
use super::lower::{Lowered, is_word, lower};
use crate::error::{Error, Result};
use crate::model::coverage::grouped;

/// More different values are not looked for, and not shown either.
pub const VALUES_MAX: usize = 1_000_000;
/// Shorter values are words of other texts too: they are replaced in their columns, behind their names, and in SQL
/// behind a quote.
const LENGTH_LEAST: usize = 3;
/// Shorter numbers are counts and times in other texts.
const DIGITS_LEAST: usize = 5;
/// What templates have in place of what changes, and what stands for it where they are shown.
const GAPS: [&str; 2] = ["<*>", "…"];
/// A text of SQL in which `%` does.
const LIKE: &str = "like '";
/// What may stand between two words of a value is no longer.
const BETWEEN_MOST: usize = 4;
/// Longer values are not looked for behind names; as words they are.
const LONGEST: usize = 256;

#[derive(Default)]
pub struct Known {
    /// In lower case, the short ones too, in order.
    all: Vec<String>,
    /// The length of the longest.
    longest: usize,
    /// All lengths, the longest first.
    lengths: Vec<usize>,
    /// Those that are numbers, without their sign and in order, with their places in `all`.
    numbers: Vec<(f64, usize)>,
    /// What those are that have a name of their own.
    kinds: HashMap<String, Kind>,
    /// Those that are looked for.
    words: Vec<String>,
    search: Option<AhoCorasick>,
    /// The words of values that are several, which templates may show alone.
    parts: HashSet<String>,
    /// What stands between words of one value.
    between: HashSet<String>,
    /// What templates may show of a value with digits: `hunter<*>` of `hunter2`.
    stems: HashSet<String>,
}

/// A value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub start: usize,
    pub end: usize,
    /// In lower case.
    pub value: String,
}

impl Known {
    /// # Errors
    /// If there are too many.
    pub fn of(values: HashMap<String, Kind>) -> Result<Known> {
        let too_many = || {
            Error::question(format!(
                "the columns to redact have more than {} different values",
                grouped(VALUES_MAX as u64)
            ))
            .detail("so many are not looked for in texts, and what is not looked for could be shown")
            .hint("name columns of people, customers or machines, not ones of messages or numbers")
        };
        if values.len() > VALUES_MAX {
            return Err(too_many());
        }
        let mut all: Vec<String> = Vec::new();
        let mut kinds = HashMap::new();
        for (value, kind) in values {
            let value = lower(value.trim());
            // Of a text of several lines the first is shown alone.
            let lines = value.lines().map(str::trim).filter(|_| value.contains('\n')).map(str::to_string);
            for value in std::iter::once(value.clone()).chain(lines).filter(|value| !value.is_empty()) {
                if kind != Kind::Value {
                    kinds.insert(value.clone(), kind);
                }
                all.push(value);
            }
        }
        all.sort_unstable();
        all.dedup();
        let mut words: Vec<String> = all.iter().filter(|value| is_long(value)).cloned().collect();
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
        let parts = all.iter().filter(|value| is_several(value)).flat_map(|value| words_of(value));
        let parts =
            parts.map(|(start, end, value)| value[start..end].to_string()).filter(|part| is_long(part)).collect();
        let between = all.iter().filter(|value| is_several(value)).flat_map(|value| between_words(value)).collect();
        let has_digit = |value: &&String| value.bytes().any(|b| b.is_ascii_digit());
        let stems = all.iter().filter(has_digit).flat_map(|value| value.split(|c: char| !c.is_alphabetic()));
        let stems = stems.filter(|stem| is_long(stem)).map(str::to_string).collect();
        let longest = all.iter().map(String::len).max().unwrap_or(0).min(LONGEST);
        let mut lengths: Vec<usize> = all.iter().map(String::len).filter(|length| *length <= LONGEST).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        let number = |(at, value): (usize, &String)| Some((magnitude(value)?, at));
        let mut numbers: Vec<(f64, usize)> = all.iter().enumerate().filter_map(number).collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Known {
            longest,
            lengths,
            numbers,
            kinds,
            search: Some(search).filter(|_| !words.is_empty()),
            words,
            parts,
            between,
            stems,
            all,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether it is one of the values.
    pub fn has(&self, value: &str) -> bool {
        !self.is_empty() && self.find(&lower(value.trim()))
    }

    /// Whether it is one of those that are replaced wherever they stand.
    pub fn has_long(&self, value: &str) -> bool {
        is_long(value.trim()) && self.has(value)
    }

    fn find(&self, lower: &str) -> bool {
        self.all.binary_search_by(|value| value.as_str().cmp(lower)).is_ok()
    }

    /// The value that a number is, where SQL took it as a floating-point number of another width: `36.612300872802734` is
    /// the `36.6123` of 32 bits.
    pub fn near(&self, number: &str) -> Option<&str> {
        let number = magnitude(number)?;
        let is_single = f64::from(number as f32) == number;
        let is_near = |(known, _): &&(f64, usize)| {
            (known - number).abs() <= number * 4.0 * f64::EPSILON || is_single && *known as f32 == number as f32
        };
        let at = self.numbers.partition_point(|(known, _)| *known < number);
        let beside = self.numbers[..at].last().into_iter().chain(self.numbers.get(at));
        let nearest = beside.filter(is_near).min_by(|a, b| (a.0 - number).abs().total_cmp(&(b.0 - number).abs()));
        nearest.map(|(_, place)| self.all[*place].as_str())
    }

    pub fn kind(&self, lower: &str) -> Kind {
        self.kinds.get(lower).copied().unwrap_or(Kind::Value)
    }

    /// The longest value at the beginning of a text in lower case, up to the end of a word.
    pub fn at_start(&self, lower: &str) -> Option<usize> {
        let mut end = lower.len().min(self.longest);
        while end > 0 {
            if lower.is_char_boundary(end) && is_between_words(lower, end) && self.find(&lower[..end]) {
                return Some(end);
            }
            end -= 1;
        }
        None
    }

    /// Where values stand in a text that is made of them, however short they are: as words, or beside signs and letters of
    /// another kind.
    pub fn within(&self, text: &Lowered) -> Vec<Hit> {
        let lower = &text.lower;
        let (mut found, mut at) = (Vec::new(), 0);
        while at < lower.len() {
            let is_value = |length: &&usize| {
                let end = at + **length;
                lower.is_char_boundary(end) && is_apart(lower, end) && self.find(&lower[at..end])
            };
            if let Some((end, value)) = number_at(lower, at).and_then(|end| Some((end, self.near(&lower[at..end])?))) {
                found.push(text.hit(at, end, value.to_string()));
                at = end;
                continue;
            }
            let lengths = &self.lengths[self.lengths.partition_point(|length| *length > lower.len() - at)..];
            match lengths.iter().find(is_value).filter(|_| is_apart(lower, at)) {
                Some(length) => {
                    found.push(text.hit(at, at + length, lower[at..at + length].to_string()));
                    at += length;
                }
                None => at += lower[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        found
    }

    /// Where values stand, the first first and of those at one place the longest. They may overlap.
    pub fn found(&self, text: &Lowered) -> Vec<Hit> {
        let Some(search) = &self.search else { return Vec::new() };
        let lower = &text.lower;
        let mut found: Vec<Hit> = Vec::new();
        for hit in search.find_overlapping_iter(lower) {
            // In JSON a line that begins with a word has an `n` before it.
            let ahead = &lower[..hit.start()];
            let is_escaped = ["\\n", "\\t", "\\r"].iter().any(|escape| ahead.ends_with(escape));
            if !(is_escaped || is_between_words(lower, hit.start())) || !is_between_words(lower, hit.end()) {
                continue;
            }
            let word = &self.words[hit.pattern().as_usize()];
            let short = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\''));
            match short.map(|short| short.replace("''", "'")).filter(|short| self.find(short)) {
                Some(value) => found.push(text.hit(hit.start() + 1, hit.end() - 1, value)),
                None => found.push(text.hit(hit.start(), hit.end(), self.spelled(word))),
            }
        }
        if !(self.parts.is_empty() && self.stems.is_empty()) {
            let gaps = gaps(lower);
            if !gaps.is_empty() {
                found.extend(self.parts_beside_gaps(text, &gaps));
            }
        }
        if lower.contains('…') {
            found.extend(self.beginnings(text));
        }
        found
    }

    /// What in quotes is the beginning of a value, of which the rest was cut off.
    fn beginnings(&self, text: &Lowered) -> Vec<Hit> {
        let lower = &text.lower;
        let begins = |at: usize, end: usize| {
            let start = at + 1;
            let said = lower[start..end].trim_end();
            let next = self.all.partition_point(|value| value.as_str() < said);
            let is_one = is_long(said) && self.all.get(next).is_some_and(|value| value.starts_with(said));
            is_one.then(|| text.hit(start, end, said.to_string()))
        };
        let quotes = |end: usize| {
            let from = lower[..end].rfind('\n').map_or(0, |at| at + 1);
            let quoted = lower[from..end].match_indices(['`', '\'', '"']).map(move |(at, _)| from + at);
            quoted.filter_map(|at| begins(at, end)).next()
        };
        lower.match_indices('…').filter_map(|(end, _)| quotes(end)).collect()
    }

    /// What a template has left of values of which other words change.
    fn parts_beside_gaps(&self, text: &Lowered, gaps: &[(usize, usize)]) -> Vec<Hit> {
        let lower = &text.lower;
        let words: Vec<(usize, usize, &str)> = words_of(lower).collect();
        let is_part = |at: usize| self.parts.contains(&lower[words[at].0..words[at].1]);
        // A quote, a bracket and a space may stand between, and what does in a value.
        let is_near = |from: usize, to: usize| {
            let between = lower.get(from..to).unwrap_or_default();
            let is_sign = !between.contains(['.', ';', ',']) || self.between.contains(between);
            between.len() <= BETWEEN_MOST && is_sign
        };
        let mut is_hidden: Vec<bool> = (0..words.len())
            .map(|at| {
                let (start, end, _) = words[at];
                let before = gaps.partition_point(|gap| gap.1 <= start).checked_sub(1).map(|before| gaps[before].1);
                let next = gaps.get(gaps.partition_point(|gap| gap.0 < end)).map(|next| next.0);
                let ahead = before.is_some_and(|before| is_near(before, start));
                let behind = next.is_some_and(|next| is_near(end, next));
                let touches = before == Some(start) || next == Some(end);
                is_part(at) && (ahead || behind) || touches && self.stems.contains(&lower[start..end])
            })
            .collect();
        for at in (1..words.len()).chain((1..words.len()).rev()) {
            let is_beside = is_near(words[at - 1].1, words[at].0);
            if is_beside && is_hidden[at - 1] != is_hidden[at] {
                is_hidden[at - 1] |= is_part(at - 1);
                is_hidden[at] |= is_part(at);
            }
        }
        let hidden = words.iter().zip(is_hidden).filter(|(_, is_hidden)| *is_hidden);
        hidden.map(|((start, end, _), _)| text.hit(*start, *end, lower[*start..*end].to_string())).collect()
    }

    /// The value that a word is a spelling of.
    fn spelled(&self, word: &str) -> String {
        if self.find(word) {
            return word.to_string();
        }
        let plain = [word.replace("''", "'"), word.replace("\\\"", "\"").replace("\\\\", "\\")];
        plain.into_iter().find(|plain| self.find(plain)).unwrap_or_else(|| word.to_string())
    }
}

/// Where something stands in place of what changes: in templates, in what is made of them, in patterns of SQL.
fn gaps(lower: &str) -> Vec<(usize, usize)> {
    let of = |gap: &'static str| lower.match_indices(gap).map(move |(at, _)| (at, at + gap.len()));
    let mut gaps: Vec<(usize, usize)> = GAPS.into_iter().flat_map(of).collect();
    for (at, _) in lower.match_indices(LIKE) {
        let start = at + LIKE.len();
        let rest = &lower[start..];
        let mut quotes = rest.match_indices('\'').map(|(at, _)| at).peekable();
        let mut end = rest.len();
        while let Some(quote) = quotes.next() {
            // Two of them are one of the text's own.
            if quotes.next_if_eq(&(quote + 1)).is_none() {
                end = quote;
                break;
            }
        }
        gaps.extend(rest[..end].match_indices('%').map(|(at, _)| (start + at, start + at + 1)));
    }
    gaps.sort_unstable();
    gaps
}

/// Where a number ends that begins at a place: `36.6`, `1e300`.
fn number_at(lower: &str, at: usize) -> Option<usize> {
    let is_within = lower[..at].ends_with(|c: char| c.is_numeric() || c == '.');
    let digits = |from: usize| from + lower[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(at);
    if is_within || end == at {
        return None;
    }
    for sign in [".", "e+", "e-", "e"] {
        let more = if lower[end..].starts_with(sign) { digits(end + sign.len()) } else { end };
        end = if more > end + sign.len() { more } else { end };
    }
    Some(end)
}

/// What a text is as a number, without its sign.
fn magnitude(text: &str) -> Option<f64> {
    let digits = text.trim().trim_start_matches('-');
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit());
    digits.parse().ok().filter(|number: &f64| is_number && number.is_finite())
}

/// Whether it is looked for in all texts.
pub fn is_long(value: &str) -> bool {
    let is_number = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    value.chars().count() >= if is_number { DIGITS_LEAST } else { LENGTH_LEAST }
}

/// Whether no word goes on at a place.
fn is_between_words(text: &str, at: usize) -> bool {
    let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
    !(before.is_some_and(is_word) && after.is_some_and(is_word))
}

/// Whether what stands before a place and behind it are of two kinds: digits, letters, or signs.
fn is_apart(text: &str, at: usize) -> bool {
    let kind = |c: char| if c.is_numeric() { 1 } else { 2 * u8::from(c.is_alphabetic()) };
    let (before, after) = (text[..at].chars().next_back().map_or(0, kind), text[at..].chars().next().map_or(0, kind));
    before != after || before == 0
}

fn is_several(value: &str) -> bool {
    value.contains(|c| !is_word(c))
}

/// Where the words of a text are.
fn words_of(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (start, start + word.len(), text)
    })
}

/// What stands between the words of a text.
fn between_words(text: &str) -> Vec<String> {
    let words: Vec<(usize, usize, &str)> = words_of(text).collect();
    let between = words.windows(2).map(|two| &text[two[0].1..two[1].0]);
    between.filter(|between| between.len() <= BETWEEN_MOST).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_the_longest_first_and_short_ones_in_quotes_alone() {
        let values = [
            "ACME",
            "ACME Co",
            "O'Brien",
            "Müller",
            "a",
            "7",
            "12345",
            "say \"hi\"",
            "Xaver \"Q\" Moon",
            "hunter2",
            "7 Elm Lane, Spring",
            "{\"7 Elm Lane, Spring\"}",
        ];
        let known = Known::of(values.map(|value| (value.to_string(), Kind::Value)).into()).expect("few");
        let shown = |text: &str| {
            let mut found = known.found(&Lowered::of(text));
            found.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
            let (mut shown, mut taken) = (String::new(), 0);
            for hit in found {
                if hit.start >= taken {
                    shown += &format!("{}<{}>", &text[taken..hit.start], hit.value);
                    taken = hit.end;
                }
            }
            shown + &text[taken..]
        };
        assert_eq!(shown("acme co and ACME Corp, ACMEX"), "<acme co> and <acme> Corp, ACMEX");
        assert_eq!(shown("x = 'O''Brien' or O'BRIEN"), "x = '<o'brien>' or <o'brien>");
        assert_eq!(shown("MÜLLER müller"), "<müller> <müller>");
        assert_eq!(shown("a 7 'a' 'A' '7' 12345 212345"), "a 7 '<a>' '<a>' '<7>' <12345> 212345");
        assert_eq!(shown("{\"n\": \"say \\\"hi\\\"\"}"), "{\"n\": \"<say \"hi\">\"}");
        assert_eq!(shown("hunter<*> of hunter <*>"), "<hunter><*> of hunter <*>");
        assert_eq!(shown("by Xaver \"<*>\" Moon of the moon"), "by <xaver> \"<*>\" <moon> of the moon");
        assert_eq!(shown("to … Lane, Spring: it's"), "to … <lane>, <spring>: it's");
        assert_eq!(
            shown("m LIKE 'it''s % Lane, % Spring: 5 %' and Lane"),
            "m LIKE 'it''s % <lane>, % <spring>: 5 %' and Lane"
        );
        assert_eq!(shown("<*> Lane; Spring"), "<*> <lane>; Spring");
        assert_eq!(shown("since `{\"7 Elm Lane, …` and Elm. …"), "since `<{\"7 elm lane,>…` and Elm. …");
    }
    #[test]
    fn a_number_is_the_one_that_sql_made_it_of() {
        let known =
            Known::of(["36.6123", "512.5", "7104"].map(|value| (value.to_string(), Kind::Value)).into()).expect("few");
        for (number, value) in [
            ("36.612300872802734", Some("36.6123")),
            ("-36.6123", Some("36.6123")),
            ("512.5000", Some("512.5")),
            ("5.125e2", Some("512.5")),
            ("7104.0", Some("7104")),
            ("36.61230087", None),
            ("7105", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(known.near(number), value, "{number}");
        }
        let found = known.within(&Lowered::of("[36.612300872802734, 1e-3, 7.5] 512.500x 7104.0"));
        let found: Vec<&str> = found.iter().map(|hit| hit.value.as_str()).collect();
        assert_eq!(found, ["36.6123", "512.5", "7104"]);
    }
}
