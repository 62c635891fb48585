//! Lines that are records of no format that their file is known to have: they say a time, and most a level, where
//! records do. What of a line tells that must be cheap to see, since lines of traces are asked too.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::called;
use super::capture::{Capture, Span};
use super::detect::first_of;
use super::exception;
use super::formats::BUILT;
use super::generic;
use super::keys::{Keys, Schema, Syntax};
use super::level::Level;
use super::orders;
use super::stamp::{Lack, Written};
use crate::model::time::{DAY, Stamp};

/// What reads a line that none of a file's formats does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// A format with fields, for which there are no columns.
    Format,
    /// All that it says is in the columns that every log has.
    Plain,
}

/// The wall times that the lines of a file's own formats are between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Around(pub Option<(i64, i64)>);

impl Around {
    /// What is further off than this is no event of the log, but told in one.
    const MARGIN: i64 = 400 * DAY;

    pub fn see(&mut self, written: Option<Written>) {
        if let Some(Written::Whole(Stamp { wall, .. })) = written {
            let (first, last) = self.0.unwrap_or((wall, wall));
            self.0 = Some((first.min(wall), last.max(wall)));
        }
    }

    /// No line is later, as far as a sample tells: where some lines have no year, the others say when the file ends.
    pub fn end(self) -> Option<i64> {
        self.0.map(|(first, last)| last + (last - first) / 8 + DAY)
    }

    /// Whether a time is years off all others.
    pub fn is_far(self, written: Written) -> bool {
        let Written::Whole(stamp) = written else { return false };
        self.0.is_some_and(|(first, last)| stamp.wall < first - Self::MARGIN || stamp.wall > last + Self::MARGIN)
    }

    /// The year that a time without one has among the others.
    fn completed(self, written: Written) -> Written {
        match self.0 {
            Some((_, last)) if written.lacks() == Lack::Year => {
                written.near(Written::Whole(Stamp { wall: last, offset: None }))
            }
            _ => written,
        }
    }
}

/// How much of a line says when and how grave.
const REACH: usize = 64;
/// Blanks that a record may be indented by.
const INDENT_MAX: usize = 8;

/// Whether a line may begin a record, by its first bytes: an object, or a line with a clock's time, or with digits
/// enough for a time in one piece. An indented one only with its time at once.
pub fn may_begin(line: &[u8]) -> bool {
    let start = &line[..line.len().min(REACH)];
    let Some(first) = start.first() else { return false };
    let own = match first {
        b'{' => return line.len() > 8,
        b' ' => {
            let blanks = start.iter().take_while(|byte| **byte == b' ').count();
            let is_time = start.get(blanks).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'[');
            if blanks > INDENT_MAX || !is_time {
                return false;
            }
            &start[blanks..]
        }
        byte if byte.is_ascii_alphanumeric()
            || matches!(byte, b'[' | b'<' | b'(' | b'@' | b'*' | b'.' | b'>' | 0x1b | 0) =>
        {
            start
        }
        _ => return false,
    };
    let is_digit = |at: usize| own.get(at).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b':', own).any(|at| at > 0 && is_digit(at - 1) && is_digit(at + 1))
        || own.iter().filter(|byte| byte.is_ascii_digit()).count() >= 10
        || level_first(own).is_some()
}

/// `ERROR:root:boom`, as Python writes a record by default: the level, and where its message begins.
fn level_first(line: &[u8]) -> Option<(Level, usize)> {
    let level = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let is_one = matches!(&line[..level], b"CRITICAL" | b"ERROR" | b"WARNING" | b"INFO" | b"DEBUG");
    let rest = line[level..].strip_prefix(b":").filter(|_| is_one)?;
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)).count();
    let begins = rest.first().is_some_and(u8::is_ascii_alphabetic);
    let is_ended = rest.get(name) == Some(&b':') && rest.get(name + 1).is_some_and(|byte| !byte.is_ascii_digit());
    (begins && is_ended).then(|| (Level::of(&line[..level]).unwrap_or(Level::Info), level + name + 2))
}

/// Reads a line that no format of its file knows as the record that it is, if it is one; what it holds goes to
/// `capture`, and whether it looks like one. Others belong to the record before them.
pub fn read(line: &[u8], around: Around, capture: &mut Capture) -> Option<Stray> {
    capture.is_like_record = false;
    if !may_begin(line) || is_text(line) {
        return None;
    }
    let found = of_keys(line, capture).or_else(|| of_format(line, capture)).or_else(|| plain(line, capture))?;
    capture.unknown.clear();
    if let Some(written) = capture.written {
        let written = around.completed(written);
        capture.written = Some(written);
        if written.lacks() >= Lack::Day || around.is_far(written) {
            capture.is_like_record = written.lacks() < Lack::Day;
            return None;
        }
    }
    Some(found)
}

/// Whether a line that begins with a letter neither begins with a time nor says a level: asked before formats are tried
/// on it, since lines of traces have times in their texts too.
fn is_text(line: &[u8]) -> bool {
    let start = &line[..line.len().min(REACH)];
    let is_glog =
        || matches!(start, [_, a, b, c, d, b' ', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()));
    let says_level = || start.split(|byte| !byte.is_ascii_alphanumeric()).any(generic::is_level);
    start.first().is_some_and(u8::is_ascii_alphabetic)
        && (exception::continues(line) || !is_glog() && !says_level() && !generic::begins_with_stamp(line))
}

fn of_keys(line: &[u8], capture: &mut Capture) -> Option<Stray> {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.@-".contains(byte);
    let syntax = match line.first() {
        Some(b'{') if names_a_time(line) && says_more(line) => Syntax::Json,
        Some(byte)
            if byte.is_ascii_alphabetic() && line.get(line.iter().take_while(is_word).count()) == Some(&b'=') =>
        {
            Syntax::Logfmt
        }
        _ => return None,
    };
    let keys = Keys::learn(syntax, &[line], &BUILT.schemas)?;
    let is_record = keys.has_level || keys.is_surely_log || keys.name != syntax.name();
    (is_record && keys.read(line, capture) && capture.written.is_some()).then_some(Stray::Format)
}

/// Whether a key of an object may be one of a time, by its name and by its value: asked before it is parsed.
fn names_a_time(object: &[u8]) -> bool {
    const NAMES: [&[u8]; 7] = [b"time", b"ts\"", b"t\"", b"@t", b"date", b"asctime", b"when"];
    let start = &object[..object.len().min(4 << 10)];
    memchr::memchr_iter(b'"', start).any(|at| {
        let key = &start[at + 1..];
        NAMES.iter().any(|name| key.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name)))
            && memchr::memchr(b'"', key).is_some_and(|end| is_timed(&object[at + 1 + end + 1..]))
    })
}

/// Whether digits enough for a day stand behind a key of an object, in its value or in what the value holds.
fn is_timed(behind: &[u8]) -> bool {
    const DIGITS_LEAST: usize = 6;
    const REACH: usize = 96;
    let Some(value) = behind.trim_ascii_start().strip_prefix(b":") else { return false };
    let value = value.trim_ascii_start();
    let value = &value[..value.len().min(REACH)];
    let inner = value.get(1..).unwrap_or_default();
    let end = match value.first() {
        Some(b'"') => memchr::memchr(b'"', inner).map(|end| end + 1),
        Some(b'{' | b'[') => None,
        _ => memchr::memchr2(b',', b'}', value),
    };
    value[..end.unwrap_or(value.len())].iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS_LEAST
}

/// Keys that only records have: of a level, of a message, or together those of a format that is known.
struct Telling {
    search: AhoCorasick,
    /// Of each key whether it is enough.
    is_enough: Vec<bool>,
    formats: Vec<Vec<usize>>,
}

impl Telling {
    fn new() -> Option<Telling> {
        let mut ends: Vec<String> = Vec::new();
        let mut place = |key: &str| {
            let end = format!("{}\"", key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase());
            let known = ends.iter().position(|known| *known == end);
            known.unwrap_or_else(|| {
                ends.push(end);
                ends.len() - 1
            })
        };
        let enough: Vec<usize> = called::telling().map(&mut place).collect();
        let mut all = |keys: &[String]| keys.iter().map(|key| place(key)).collect();
        let of = |schema: &Schema| if schema.each.is_empty() { schema.requires.clone() } else { schema.each.clone() };
        let formats = BUILT.schemas.iter().map(|schema| all(&of(schema))).collect();
        let is_enough = (0..ends.len()).map(|at| enough.contains(&at)).collect();
        let search = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&ends).ok()?;
        Some(Telling { search, is_enough, formats })
    }

    fn are_in(&self, object: &[u8]) -> bool {
        let mut seen = vec![false; self.is_enough.len()];
        for hit in self.search.find_overlapping_iter(object) {
            let key = hit.pattern().as_usize();
            let is_whole = hit.start() > 0 && matches!(object[hit.start() - 1], b'"' | b'.');
            let is_key = is_whole && object[hit.end()..].trim_ascii_start().first() == Some(&b':');
            if is_key && self.is_enough[key] {
                return true;
            }
            seen[key] |= is_key;
        }
        self.formats.iter().any(|keys| keys.iter().all(|key| seen[*key]))
    }
}

/// Whether an object has keys that only records have. The others are not parsed: a log may have a payload behind each of
/// its lines.
fn says_more(object: &[u8]) -> bool {
    static TELLING: LazyLock<Option<Telling>> = LazyLock::new(Telling::new);
    TELLING.as_ref().is_none_or(|telling| telling.are_in(object))
}

/// Whether the first words of a line are no sentence: its time is first, or it says a level.
fn says_so(line: &[u8], capture: &Capture) -> bool {
    let is_sign = line.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'[' | b'<' | b'('));
    is_sign || generic::begins_with_stamp(line) || capture.level.is_some() && line.first() != Some(&b' ')
}

fn of_format(line: &[u8], capture: &mut Capture) -> Option<Stray> {
    // What begins as an object is one, or none that is known.
    if line.starts_with(b"{\"") {
        return None;
    }
    // Of one line nobody knows the order of a date that several formats write.
    let format = first_of(&BUILT.lines, line, capture).filter(|format| format.order.is_none())?;
    let is_timed = !format.is_timeless && capture.written.is_some_and(|written| written.lacks() < Lack::Day);
    if !is_timed || !says_so(line, capture) {
        return None;
    }
    Some(Stray::Format)
}

fn plain(line: &[u8], capture: &mut Capture) -> Option<Stray> {
    if let Some((level, message)) = level_first(line) {
        capture.clear(0);
        capture.level = Some(level);
        capture.message = Span::new(message, line.len());
        return Some(Stray::Plain);
    }
    if !timed(line, capture) {
        return None;
    }
    (says_so(line, capture) || line.first() == Some(&b' ') && capture.level.is_some()).then_some(Stray::Plain)
}

/// Reads a line of which no sample tells anything: its time is first, maybe in brackets or behind its day, or behind
/// the level and a word or two more, such as a thread.
fn timed(line: &[u8], capture: &mut Capture) -> bool {
    capture.clear(1);
    let Some((index, start, end, written)) = generic::search(line, generic::PREFIX_BYTES, 0..generic::STAMPS.len())
    else {
        return false;
    };
    let before = &line[..start];
    if generic::is_setting(line, start, end)
        || orders::is_undecided(&line[start..], index)
        || before.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'=' | b'`'))
    {
        return false;
    }
    generic::finish(line, start, end, written, false, capture);
    let words = before.split(|byte| matches!(byte, b' ' | b'\t'));
    let is_told = |word: &[u8]| {
        let mut parts = word.split(|byte| !byte.is_ascii_alphanumeric());
        parts.all(|part| part.is_empty() || generic::is_day_name(part) || generic::strict_level(part).is_some())
    };
    match words.filter(|word| !is_told(word)).count() {
        0 => true,
        1 | 2 => capture.level.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        let mut around = Around::default();
        for text in ["2024-03-12 06:00:00", "2024-03-12 07:00:00"] {
            around.see(generic::whole(text.as_bytes()));
        }
        around
    }

    fn told(line: &str) -> Option<Option<Level>> {
        let mut capture = Capture::default();
        read(line.as_bytes(), around(), &mut capture).map(|_| capture.level)
    }

    #[test]
    fn a_line_with_a_time_and_a_level_where_records_have_them_is_one() {
        for line in [
            "thread-5 2024-03-12 06:00:05,123 ERROR c.x.B - thread first",
            "  2024-03-12 06:00:07,123 ERROR c.x.B - indented",
            "ERROR 2024-03-12 06:00:08,123 c.x.B - level first",
            "[2024-03-12 06:00:03,123] ERROR (c.x.B) other layout",
            "Tue Mar 12 06:25:26 2024 ERROR boom",
            "1710204600 ERROR boom",
            "E0312 06:25:24.123456       1 x.go:5] boom",
            r#"{"level":"error","time":"2024-03-12T06:45:00Z","msg":"boom"}"#,
            "ERROR:root:boom",
            "time=2024-03-12T06:45:00Z level=ERROR msg=\"boom\"",
        ] {
            assert_eq!(told(line), Some(Some(Level::Error)), "{line}");
        }
        assert_eq!(told("2024-03-12 06:25:24 no level"), Some(None));
        assert_eq!(told("Mar 12 06:25:24 h app[1]: text"), Some(None));
    }

    #[test]
    fn a_line_that_speaks_of_a_time_is_none() {
        for line in [
            "\tat a.b(c.java:12)",
            "Caused by: x: 2024-03-12 06:25:24,123 ERROR inner",
            "2024-03-12 caused a problem, ERROR here",
            "  2024-03-12 06:25:24 is the time in the trace",
            "06:25:24 something",
            "'2024-03-12 06:25:24'",
            r#"{"level":"error","time":"2020-01-01T00:00:00Z","msg":"payload in message"}"#,
            r#"{"level":"error","time":"now","msg":"no time"}"#,
            r#"{"time":"2024-03-12T06:45:00Z","value":[1,2,3],"name":"a payload"}"#,
            "2020-01-01 00:00:00 | ERROR | old row",
            "Started at 2024-03-12 06:25:24",
            "ERROR: relation does not exist",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
    /// Payloads are seen behind each line of a log: they are parsed only where they may be records.
    #[test]
    fn an_object_is_parsed_only_if_it_may_be_a_record() {
        let is_parsed = |line: &str| names_a_time(line.as_bytes()) && says_more(line.as_bytes());
        for line in [
            r#"{"level":"error","time":"2024-03-12T06:45:00Z"}"#,
            r#"{"msg" : "x", "timestamp" : 1710204600}"#,
            r#"{"when":"Mar 12 06:45:00","log":{"level":"warn"}}"#,
            r#"{"t":{"$date":"2024-03-12T06:45:00.000+00:00"},"s":"I","c":"NETWORK","id":1,"ctx":"x","msg":"y"}"#,
            r#"{"log":"x\n","stream":"stdout","time":"2024-03-12T06:45:00Z"}"#,
            r#"{"a":1,"log.level":"info","@timestamp":"2024-03-12T06:45:00Z"}"#,
        ] {
            assert!(is_parsed(line), "{line}");
        }
        for line in [
            r#"{"id":0,"time":"x","value":[1,2,3,4],"name":"a long payload with many keys","k1":1,"level":1}"#,
            r#"{"time":12,"level":"a level"}"#,
            r#"{"time":"2024-03-12T06:45:00Z","value":"level"}"#,
            r#"{"time":"2024-03-12T06:45:00Z","stream":"stdout","sublevel":3}"#,
        ] {
            assert!(!is_parsed(line), "{line}");
        }
    }
}
