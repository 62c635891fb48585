//! Messages of the engine quote the value that they failed on; it is hidden unless the question says it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Redactor;
use crate::error::Error;

/// Faults of SQL that are told before a row is read: what they quote is the SQL's own.
const BEFORE_ROWS: [&str; 7] = ["binder", "catalog", "dependency", "not implemented", "parser", "permission", "syntax"];
const QUOTES: [char; 2] = ['\'', '"'];

impl Redactor {
    pub fn error(&self, error: Error) -> Error {
        let of_rows = of_rows(&error.message).filter(|_| self.named.has_columns());
        let (message, detail) = match of_rows {
            Some((before, fault)) => {
                let detail = error.detail.as_deref().and_then(place_in_sql).map(str::to_string);
                (format!("{before}{}", self.fault(fault)), detail)
            }
            None => (self.without_parts(&error.message).into_owned(), error.detail),
        };
        Error {
            kind: error.kind,
            message: self.text(&message),
            detail: detail.map(|detail| match place_in_sql(&detail) {
                // The SQL itself, which says no more than was asked.
                Some(place) if place.len() == detail.len() => self.text(&detail),
                _ => self.text(&self.without_parts(&detail)),
            }),
            hints: error.hints.iter().map(|hint| self.text(hint)).collect(),
        }
    }

    /// A fault that happened with a value, which stands in quotes, with whatever quotes it has itself, or at the end.
    fn fault(&self, fault: &str) -> String {
        // `error(x)` says whatever it is given.
        if self.named.is_said("error") {
            return self.of_named(fault);
        }
        let Some((open, quote)) = opening_quote(fault) else {
            let Some(end) = fault.rfind(": ").map(|at| at + 2) else { return self.parts_hidden(fault).into_owned() };
            let value = &fault[end..];
            let value = if self.is_told(value) { value.into() } else { self.of_named(value) };
            return format!("{}{value}", self.parts_hidden(&fault[..end]));
        };
        let (before, value) = fault.split_at(open + 1);
        // One of several lines goes on behind the first.
        let (value, behind) = closing_quote(value, quote).map_or((value, ""), |end| value.split_at(end));
        let mut quoted = value.split(quote).step_by(2);
        let value = if quoted.all(|part| self.is_told(part)) { value.into() } else { self.of_named(value) };
        let behind = match behind.strip_prefix(quote) {
            Some(behind) => format!("{quote}{}", self.parts_hidden(behind)),
            None => String::new(),
        };
        format!("{}{value}{behind}", self.parts_hidden(before))
    }

    /// Whether it is nothing, or what was asked says it.
    fn is_told(&self, part: &str) -> bool {
        part.is_empty() || self.named.is_said(part)
    }

    /// The same of any fault, where SQL of the user is asked.
    fn without_parts<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.named.may_be_taken_apart() { self.parts_of(text, 2) } else { Cow::Borrowed(text) }
    }

    fn parts_hidden<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.parts_of(text, 1)
    }

    /// With what stands in quotes or braces, and numbers of so many digits, hidden unless what was asked says them.
    fn parts_of<'a>(&self, text: &'a str, digits_least: usize) -> Cow<'a, str> {
        static VALUE: LazyLock<Regex> = LazyLock::new(|| {
            let number = r"\b(?P<c>[0-9](?:[0-9.,:-]|[eE][+-]?[0-9])*)";
            let pattern = format!(r#"'(?P<a>[^'\n]*)'|"(?P<b>[^"\n]*)"|\{{:?(?P<d>[^{{}}\n]+)|{number}"#);
            Regex::new(&pattern).expect("a pattern of this file compiles, which a test holds")
        });
        VALUE.replace_all(text, |found: &Captures| {
            let (quoted, number) = (found.name("a").or(found.name("b")).or(found.name("d")), found.name("c"));
            let inner = quoted.or(number).map_or("", |part| part.as_str());
            let are_told = || number.is_some() && inner.split(['.', ':', '-', ',']).all(|part| self.is_told(part));
            let is_short = number.is_some() && inner.bytes().filter(u8::is_ascii_digit).count() < digits_least;
            match is_short || self.is_told(inner) || are_told() {
                true => found[0].to_string(),
                false => found[0].replace(inner, &self.of_named(inner)),
            }
        })
    }
}

/// What stands before a fault of SQL that happened with a row, and the fault: `SQL: conversion: `, `could not …`.
fn of_rows(message: &str) -> Option<(&str, &str)> {
    const OF_SQL: &str = "SQL: ";
    let start = message.find(OF_SQL)? + OF_SQL.len();
    let end = start + message[start..].find(": ")?;
    (!BEFORE_ROWS.contains(&&message[start..end])).then(|| message.split_at(end + 2))
}

/// Where in the SQL a fault is. What stands before that goes on with the value.
fn place_in_sql(detail: &str) -> Option<&str> {
    const LINE: &str = "LINE ";
    let start = detail.rfind(&format!("\n{LINE}")).map(|at| at + 1);
    start.or(detail.starts_with(LINE).then_some(0)).map(|start| &detail[start..])
}

/// The first quote that is no apostrophe.
fn opening_quote(text: &str) -> Option<(usize, char)> {
    let is_quote = |(at, c): &(usize, char)| QUOTES.contains(c) && !text[..*at].ends_with(char::is_alphanumeric);
    text.char_indices().find(is_quote)
}

/// The last one that no word follows.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let is_end = |(at, _): &(usize, &str)| !text[at + 1..].starts_with(char::is_alphanumeric);
    text.rmatch_indices(quote).find(is_end).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, detail: Option<&str>) -> String {
        let redactor = Redactor::new("a key that nobody guesses", &["name".into()]);
        redactor.follow(Some(&[]), &["name".into(), "left".into(), "%Y".into()]);
        let error = Error::question(format!("SQL: {message}"));
        let shown = redactor.error(match detail {
            Some(detail) => error.detail(detail),
            None => error,
        });
        let text = shown.message + &shown.detail.map_or_else(String::new, |detail| format!(" / {detail}"));
        let pseudonym = Regex::new("value-[0-9a-z]{10}").expect("a pattern");
        pseudonym.replace_all(&text, "~").into_owned()
    }

    #[test]
    fn the_value_that_a_fault_happened_with_is_hidden_however_it_stands_there() {
        for (message, detail, shown) in [
            ("invalid input: missing ): (Ali", None, "SQL: invalid input: missing ): ~"),
            (
                "invalid input: invalid input for hex digit: l",
                None,
                "SQL: invalid input: invalid input for hex digit: ~",
            ),
            (
                "invalid input: could not parse string \"Ali\" according to format specifier \"%Y\"",
                Some("Ali\n^\nError: Expected a number"),
                "SQL: invalid input: could not parse string \"~\"",
            ),
            (
                "conversion: could not convert string 'O'Ali' to INT32",
                None,
                "SQL: conversion: could not convert string '~' to INT32",
            ),
            (
                "conversion: could not convert string 'Bo",
                Some("Ali' to INT32\n\nLINE 1: select left(name,5)\n               ^"),
                "SQL: conversion: could not convert string '~ / LINE 1: select left(name,5)\n               ^",
            ),
            (
                "conversion: type VARCHAR with value 'Ali' can't be cast to the destination type INTEGER[]",
                None,
                "SQL: conversion: type VARCHAR with value '~' can't be cast to the destination type INTEGER[]",
            ),
            (
                "out of range: overflow in multiplication of INT64 (7104 * 88)",
                None,
                "SQL: out of range: overflow in multiplication of INT64 (~ * ~)",
            ),
            (
                "conversion: malformed JSON.  Input: \"{\"a\":Ali\"",
                None,
                "SQL: conversion: malformed JSON.  Input: \"~\"",
            ),
            ("invalid input: bad format '%Y'", None, "SQL: invalid input: bad format '%Y'"),
            (
                "invalid input: argument with name \"Ali\" not found, did you mean it as a format specifier (e.g. {:Ali})?",
                None,
                "SQL: invalid input: argument with name \"~\" not found, did you mean it as a format specifier (e.g. {:~})?",
            ),
            (
                "conversion: type DOUBLE with value 7.104e+43 can't be cast to the destination type INT32",
                None,
                "SQL: conversion: type DOUBLE with value ~ can't be cast to the destination type INT32",
            ),
            ("out of range: overflow in INT64 (7 * 8)", None, "SQL: out of range: overflow in INT64 (~ * ~)"),
            (
                "binder: Candidate functions: left(VARCHAR)",
                Some("a\nb"),
                "SQL: binder: Candidate functions: left(VARCHAR) / a\nb",
            ),
        ] {
            assert_eq!(told(message, detail), shown);
        }
    }
}
