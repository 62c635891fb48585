//! Log lines that name their fields: JSON objects and logfmt. Which keys are the time, level, message and code is
//! told by the sample lines.

use std::borrow::Cow;
use std::collections::HashMap;

use super::level::Level;
use super::pattern::{Capture, Span};
use super::stamp::Written;
use crate::model::time::{self, Stamp};
use crate::source::json::each_pair;

const TIME: &[&str] =
    &["ts", "time", "timestamp", "@timestamp", "t", "date", "datetime", "eventtime", "start", "edgestarttimestamp"];
const LEVEL: &[&str] =
    &["level", "severity", "severity_text", "log.level", "lvl", "loglevel", "log_level", "levelname"];
const MESSAGE: &[&str] = &["message", "msg", "@message", "body", "text", "event", "log"];
const CODE: &[&str] = &["code", "error_code", "errorcode", "err_code", "errcode", "error.code", "status_code"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Json,
    Logfmt,
}

/// The keys of a file's lines.
#[derive(Debug, Clone)]
pub struct Keys {
    pub syntax: Syntax,
    time: String,
    level: Option<String>,
    message: Option<String>,
    code: Option<String>,
    /// All others, in order of appearance.
    pub fields: Vec<String>,
    by_key: HashMap<String, usize>,
}

impl Keys {
    /// What the sample lines say; `None` if they are not of this syntax or have no time.
    pub fn learn(syntax: Syntax, lines: &[&[u8]]) -> Option<Keys> {
        let mut keys: Vec<String> = Vec::new();
        let mut timed: HashMap<String, u64> = HashMap::new();
        let mut read = 0;
        for line in lines {
            let whole = pairs(syntax, line, |key, value, _| {
                if !keys.iter().any(|known| known == key) {
                    keys.push(key.to_string());
                }
                if written(value).is_some() {
                    *timed.entry(key.to_string()).or_default() += 1;
                }
            });
            read += u64::from(whole);
        }
        let find = |names: &[&str]| {
            names.iter().find_map(|name| keys.iter().find(|key| key.eq_ignore_ascii_case(name)).cloned())
        };
        let is_timed = |key: &&String| timed.get(*key).is_some_and(|count| *count * 2 > read);
        let time = TIME
            .iter()
            .find_map(|name| keys.iter().find(|key| key.eq_ignore_ascii_case(name) && is_timed(key)))
            .or_else(|| keys.iter().find(|key| is_timed(key) && crate::source::infer::names_a_time(key)))?
            .clone();
        let (level, message, code) = (find(LEVEL), find(MESSAGE), find(CODE));
        let fields: Vec<String> = keys
            .iter()
            .filter(|key| **key != time && [&level, &message, &code].iter().all(|role| role.as_ref() != Some(key)))
            .cloned()
            .collect();
        let by_key = fields.iter().enumerate().map(|(index, key)| (key.clone(), index)).collect();
        Some(Keys { syntax, time, level, message, code, fields, by_key })
    }

    /// Whether the line is a record; its values go to `capture`.
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        capture.clear(self.fields.len());
        let line = line.trim_ascii_end();
        let mut own = std::mem::take(&mut capture.own);
        let mut has_message = false;
        let mut unknown = std::mem::take(&mut capture.unknown);
        let whole = pairs(self.syntax, line, |key, value, _| {
            let is = |role: &Option<String>| role.as_deref() == Some(key);
            let mut span = || {
                let start = own.len();
                own.extend_from_slice(value.as_bytes());
                Span { start, end: own.len(), is_own: true }
            };
            if key == self.time {
                capture.written = written(value);
            } else if is(&self.level) {
                capture.level = Level::of(value.as_bytes()).or_else(|| Level::of_number(value.parse().ok()?));
            } else if is(&self.message) {
                capture.message = span();
                has_message = true;
            } else if is(&self.code) {
                capture.code = (!value.is_empty() && value != "null").then(&mut span);
            } else if let Some(&field) = self.by_key.get(key) {
                capture.fields[field] = Some(span());
            } else {
                unknown.push(key.to_string());
            }
        });
        if !has_message {
            capture.message = Span { start: 0, end: line.len(), is_own: false };
        }
        capture.own = own;
        capture.unknown = unknown;
        whole && capture.written.is_some()
    }
}

/// Calls `each` with key, value as text, and whether the value was a string. `false` if the line is not of the syntax.
fn pairs(syntax: Syntax, line: &[u8], each: impl FnMut(&str, &str, bool)) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    match syntax {
        Syntax::Json => line.trim_start().starts_with('{') && json(line, each).is_ok(),
        Syntax::Logfmt => logfmt(line, each),
    }
}

fn json(line: &str, mut each: impl FnMut(&str, &str, bool)) -> Result<(), serde_json::Error> {
    each_pair(line, |key, value| {
        let value = value.get();
        match value.starts_with('"') {
            true => each(key, &serde_json::from_str::<Cow<str>>(value).unwrap_or_default(), true),
            false => each(key, value, false),
        }
    })
}

/// `key=value key="quoted \"value\"" flag`, as Go's and Heroku's loggers write it. At least two pairs.
fn logfmt(line: &str, mut each: impl FnMut(&str, &str, bool)) -> bool {
    let mut rest = line.trim();
    let mut count = 0;
    let mut unescaped = String::new();
    while !rest.is_empty() {
        let stop = rest.find(['=', ' ', '"']).unwrap_or(rest.len());
        let key = &rest[..stop];
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_.-@/".contains(c));
        if !is_key {
            return false;
        }
        let Some(value) = rest[stop..].strip_prefix('=') else {
            each(key, "true", false);
            rest = rest[stop..].trim_start();
            continue;
        };
        if let Some(quoted) = value.strip_prefix('"') {
            unescaped.clear();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next() {
                    Some((at, '"')) => break at,
                    Some((_, '\\')) => match chars.next() {
                        Some((_, 'n')) => unescaped.push('\n'),
                        Some((_, 't')) => unescaped.push('\t'),
                        Some((_, c)) => unescaped.push(c),
                        None => return false,
                    },
                    Some((_, c)) => unescaped.push(c),
                    None => return false,
                }
            };
            each(key, &unescaped, true);
            rest = quoted[end + 1..].trim_start();
        } else {
            let end = value.find(' ').unwrap_or(value.len());
            each(key, &value[..end], true);
            rest = value[end..].trim_start();
        }
        count += 1;
    }
    count >= 2
}

/// A time as JSON and logfmt write it: ISO, or a number since 1970.
fn written(value: &str) -> Option<Written> {
    let bytes = value.as_bytes();
    if let Some(stamp) = time::iso_whole(bytes).filter(|_| bytes.len() > 10) {
        return Some(Written::Whole(stamp));
    }
    let (whole, micros) = match value.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            (whole, time::fraction(fraction.as_bytes()).0)
        }
        Some(_) => return None,
        None => (value, 0),
    };
    let wall = time::epoch(whole.parse().ok()?)? + micros;
    Some(Written::Whole(Stamp { wall, offset: Some(0) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Option<Level>, String, Vec<(String, String)>);

    fn read(syntax: Syntax, line: &str) -> Option<Read> {
        let keys = Keys::learn(syntax, &[line.as_bytes()])?;
        let mut capture = Capture::default();
        keys.read(line.as_bytes(), &mut capture).then(|| {
            let text = |span| String::from_utf8_lossy(capture.text(span, line.as_bytes())).into_owned();
            let fields = keys.fields.iter().zip(&capture.fields);
            (
                capture.level,
                text(capture.message),
                fields.filter_map(|(key, span)| Some((key.clone(), text((*span)?)))).collect(),
            )
        })
    }

    #[test]
    fn lines_that_name_their_fields_are_read_by_their_names() {
        let json = r#"{"ts":"2025-03-01T00:00:00Z","level":"error","msg":"a \"b\"","serial":"SN1","n":3}"#;
        let fields = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect::<Vec<_>>()
        };
        assert_eq!(
            read(Syntax::Json, json),
            Some((Some(Level::Error), "a \"b\"".into(), fields(&[("serial", "SN1"), ("n", "3")])))
        );
        let logfmt = r#"t=2025-03-01T00:00:00.123456789Z lvl=warn msg="it \"went\" wrong" unit=7"#;
        assert_eq!(
            read(Syntax::Logfmt, logfmt),
            Some((Some(Level::Warn), "it \"went\" wrong".into(), fields(&[("unit", "7")])))
        );
        assert_eq!(read(Syntax::Logfmt, "just some words here"), None);
        assert_eq!(read(Syntax::Json, r#"{"a":1}"#), None);
    }
}
