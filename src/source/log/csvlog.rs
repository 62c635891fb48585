//! PostgreSQL's log as CSV, which has no header and 23 to 26 columns, by its version. A message in quotes may hold lines.
//! PostgreSQL, "Error Reporting and Logging", "Using CSV-Format Log Output".

use std::borrow::Cow;

use super::level::Level;
use crate::model::time;

pub const TIME: &str = "log_time";
pub const LEVEL: &str = "error_severity";
pub const CODE: &str = "sql_state_code";
pub const MESSAGE: &str = "message";

const NAMES: [&str; 26] = [
    TIME,
    "user_name",
    "database_name",
    "process_id",
    "connection_from",
    "session_id",
    "session_line_num",
    "command_tag",
    "session_start_time",
    "virtual_transaction_id",
    "transaction_id",
    LEVEL,
    CODE,
    MESSAGE,
    "detail",
    "hint",
    "internal_query",
    "internal_query_pos",
    "context",
    "query",
    "query_pos",
    "location",
    "application_name",
    "backend_type",
    "leader_pid",
    "query_id",
];

/// Whether a line begins a record: all columns up to the code stand on its first line, and tell themselves.
pub fn is_head(line: &[u8]) -> bool {
    // Most lines of a statement do not begin with a year.
    if time::digits(line, 4).is_none() || line.get(4) != Some(&b'-') {
        return false;
    }
    let mut fields = Fields { rest: Some(line) };
    let mut own: Vec<Cow<[u8]>> = Vec::with_capacity(14);
    own.extend(fields.by_ref().take(13));
    let [at, _, _, process, _, session, number, .., level, code] = &own[..] else { return false };
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let is_session = session.split(|byte| *byte == b'.').count() == 2
        && session.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'.');
    fields.rest.is_some()
        && time::iso_whole(at.get(..19).unwrap_or_default()).is_some()
        && is_number(process)
        && is_number(number)
        && is_session
        && level.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && self::level(level).is_some()
        && code.len() == 5
        && code.iter().all(u8::is_ascii_alphanumeric)
}

pub fn level(text: &[u8]) -> Option<Level> {
    if text.starts_with(b"DEBUG") { Some(Level::Debug) } else { Level::of(text) }
}

/// The columns of a record that hold anything.
pub fn pairs(record: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, [u8]>)> {
    let fields = Fields { rest: Some(record.trim_ascii_end()) };
    let named = NAMES.iter().zip(fields).filter(|(_, value)| !value.is_empty());
    // That all went well is no code.
    named
        .filter(|(name, value)| **name != CODE || &value[..] != b"00000")
        .map(|(name, value)| (Cow::Borrowed(*name), value))
        .collect()
}

struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        let text = self.rest?;
        let Some(quoted) = text.strip_prefix(b"\"") else {
            let end = memchr::memchr(b',', text);
            self.rest = end.map(|end| &text[end + 1..]);
            return Some(text[..end.unwrap_or(text.len())].into());
        };
        let (mut at, mut has_quotes) = (0, false);
        loop {
            match memchr::memchr(b'"', &quoted[at..]) {
                Some(quote) if quoted.get(at + quote + 1) == Some(&b'"') => (at, has_quotes) = (at + quote + 2, true),
                Some(quote) => {
                    at += quote;
                    self.rest = memchr::memchr(b',', &quoted[at..]).map(|comma| &quoted[at + comma + 1..]);
                    break;
                }
                None => {
                    (at, self.rest) = (quoted.len(), None);
                    break;
                }
            }
        }
        let value = &quoted[..at];
        if !has_quotes {
            return Some(value.into());
        }
        let mut last = 0;
        let plain = value.iter().filter(|byte| {
            let is_second = **byte == b'"' && last == b'"';
            last = if is_second { 0 } else { **byte };
            !is_second
        });
        Some(plain.copied().collect::<Vec<u8>>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "2025-03-01 13:10:04.118 CET,\"app\",\"shop\",1235,\"127.0.0.1:5000\",65eff0a4.4d3,1,\"INSERT\",\
        2025-03-01 13:10:00 CET,3/42,0,ERROR,23505,\"duplicate key \"\"pk\"\"\",\"Key\nexists\",,,,,,,,\"psql\"";

    #[test]
    fn a_record_is_told_by_its_first_line() {
        let lines: Vec<&str> = RECORD.lines().collect();
        assert!(is_head(lines[0].as_bytes()) && !is_head(lines[1].as_bytes()));
        assert!(!is_head(b"2025-03-01 13:10:04.118 CET,a,b,1,c,d,e,f,g,h,i,ERROR,23505,x"));
    }

    #[test]
    fn its_columns_have_the_names_of_the_manual() {
        let found: Vec<String> =
            pairs(RECORD.as_bytes()).iter().map(|(n, v)| format!("{n}={}", String::from_utf8_lossy(v))).collect();
        assert!(found.contains(&"message=duplicate key \"pk\"".to_string()), "{found:?}");
        assert!(found.contains(&"detail=Key\nexists".to_string()), "{found:?}");
        assert!(found.contains(&"application_name=psql".to_string()), "{found:?}");
    }
}
