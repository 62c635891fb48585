//! The fallback: any of the usual time stamps near the start of a line, then maybe a level, then the message. Which
//! stamps a file has, and how far from the start of its lines, is learned from samples.

use std::sync::LazyLock;

use super::capture::{Capture, Span};
use super::level::Level;
use super::orders::{self, ORDERS};
use super::pattern::{Field, FieldType, LEVEL_RAW};
use super::stamp::{Lack, StampFormat, Written};
use super::tail;
use super::walk::is_of_sentences;
use crate::model::time::DAY;
use crate::source::infer::Reading;

/// A stamp may stand behind this many bytes: a bracket, a host, a level.
pub(super) const PREFIX_BYTES: usize = 24;
/// The longest name of a day with a comma and a blank.
const DAY_BYTES: usize = 12;
/// One that samples have at the same place may stand further on.
pub(super) const FAR_PREFIX_BYTES: usize = 96;

/// Stamps in the order they are tried at each place.
pub(super) static STAMPS: LazyLock<Vec<StampFormat>> = LazyLock::new(|| {
    let first = [
        "iso",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y/%m/%d %H:%M:%S%.f",
        "%Y %b %e %H:%M:%S%.f",
        "%b %e %H:%M:%S%.f %Y",
        "%b %e %H:%M:%S %z %Y",
        "%b %e %H:%M:%S %Z %Y",
        "%b %e %Y %H:%M:%S%.f",
        "%b %e, %Y %I:%M:%S%.f %p",
        "%b %e, %Y %H:%M:%S%.f",
        "%b %e %H:%M:%S%.f",
        "%e %b %Y %H:%M:%S%.f %z",
        "%e %b %Y %H:%M:%S%.f",
        "%e. %b %H:%M:%S%.f",
        "%e %b %H:%M:%S%.f",
        "%d/%b/%Y:%H:%M:%S %z",
        "%d/%b/%Y:%H:%M:%S%.f",
        "%d/%b/%Y %H:%M:%S%.f",
        "%d/%b/%y %H:%M:%S%.f",
        "%d-%b-%Y %H:%M:%S%.f",
        "%Y-%j %H:%M:%S%.f",
        "%Y-%jT%H:%M:%S%.f",
        "%Y.%m.%d %H:%M:%S%.f",
        "%Y.%m.%d-%H.%M.%S%.f",
        "%Y-%m-%d-%H.%M.%S%.f",
        "%Y-%m-%d_%H-%M-%S",
        "%Y-%m-%d %H.%M.%S%.f",
        "%d.%m.%Y %H:%M:%S%.f",
        // Dots stand in dates whose day comes first.
        "%d.%m.%y %H:%M:%S%.f",
    ];
    let last = [
        "%Y%j %H:%M:%S%.f",
        "%Y%m%d %H:%M:%S%.f",
        "%Y%m%d-%H:%M:%S:%f",
        "%Y%m%d-%H:%M:%S%.f",
        "%Y%m%d.%H%M%S,%f",
        "%Y%m%d-%H%M%S%.f",
        "%Y%m%d_%H%M%S%.f",
        "%Y%m%dT%H%M%S%.f%z",
        "%Y%m%dT%H%M%S%.f",
        "%Y%m%d %H%M%S",
        "%y%m%d %H%M%S",
        "%m-%d %H:%M:%S%.f",
        "%m.%d %H:%M:%S%.f",
        "%e %b %Y %H:%M",
        "%b %e, %Y %H:%M",
        "%d-%b-%Y %H:%M",
        "%d/%b/%Y %H:%M",
        "%Y/%m/%d %H:%M",
        "%d.%m.%Y %H:%M",
        "%d.%m.%y %H:%M",
        "tai64n",
        "epoch",
        "%H:%M:%S%.f",
    ];
    let ordered = ORDERS.iter().flat_map(|orders| orders.iter());
    let all = first.iter().chain(ordered).chain(&last);
    all.map(|text| StampFormat::compile(text).expect("a known format")).collect()
});

/// What a file's lines have before their messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generic {
    pub fields: Vec<Field>,
    /// Stamps that samples have, the most frequent first, and how far from the start of a line.
    usual: Vec<(usize, usize)>,
    is_beside: bool,
    /// Nearly all lines have a level behind the time, in whatever case: then it is one, and no word of a sentence.
    has_levels: bool,
}

impl Generic {
    /// What sample lines have; `None` if no line has a time. Beside another format that the file has, only a time at
    /// the very start of a line counts: others are parts of records.
    pub fn learn(lines: &[&[u8]], is_beside: bool) -> Option<Generic> {
        // By stamp: how many lines have it, and the places it begins at.
        let mut found: Vec<(u64, Vec<(usize, u64)>)> = vec![(0, Vec::new()); STAMPS.len()];
        for line in lines {
            let Some((index, start, end, _)) = search(line, FAR_PREFIX_BYTES, 0..STAMPS.len()) else { continue };
            if is_setting(line, start, end) || is_beside && start == 1 && !opens(line) {
                continue;
            }
            let (count, starts) = &mut found[index];
            *count += 1;
            match starts.iter_mut().find(|(known, _)| *known == start) {
                Some((_, times)) => *times += 1,
                None => starts.push((start, 1)),
            }
        }
        // Where nearly all stand at few places, others are parts of what the lines say.
        let all: u64 = found.iter().map(|(count, _)| count).sum();
        let most = found.iter().flat_map(|(_, starts)| starts).map(|(_, times)| *times).max().unwrap_or(0);
        if most * 2 >= all && all >= 4 {
            for (count, starts) in &mut found {
                starts.retain(|(_, times)| times * 20 >= all && (times * 2 >= all || *times * 4 >= most));
                *count = starts.iter().map(|(_, times)| times).sum();
            }
        }
        let mut usual: Vec<(usize, usize, u64)> = Vec::new();
        for (index, (count, starts)) in found.iter().enumerate() {
            // Far from the start only at a place that many lines have it at; a time of day alone only at the start.
            let is_near = |start: usize, times: u64| {
                if is_beside {
                    return start == 0 || start == 1 && STAMPS[index].lacks() < Lack::Day;
                }
                let limit = if STAMPS[index].lacks() >= Lack::Day { 1 } else { PREFIX_BYTES };
                start < limit || STAMPS[index].lacks() == Lack::Nothing && times * 10 >= lines.len() as u64
            };
            let far = starts.iter().filter(|(start, times)| is_near(*start, *times)).map(|(start, _)| *start).max();
            if let Some(far) = far
                && *count > 0
            {
                usual.push((index, if is_beside { 2 } else { far + 2 }, *count));
            }
        }
        usual.sort_by_key(|(index, _, count)| (std::cmp::Reverse(*count), *index));
        orders::told_apart(&mut usual, lines);
        let fields = vec![Field { name: LEVEL_RAW.into(), kind: FieldType::Read(Reading::Text) }];
        let usual: Vec<(usize, usize)> = usual.into_iter().map(|(index, far, _)| (index, far)).collect();
        let mut generic = Generic { fields, usual, is_beside, has_levels: true };
        let mut capture = Capture::default();
        let known: Vec<&&[u8]> = lines.iter().filter(|line| generic.read(line, &mut capture)).take(200).collect();
        let mut has_level = |line: &&[u8]| generic.read(line, &mut capture) && capture.level.is_some();
        let levels = known.iter().filter(|line| has_level(line)).count();
        generic.has_levels = levels >= 2 && levels * 5 >= known.len() * 4;
        (!generic.usual.is_empty()).then_some(generic)
    }

    pub fn lacks(&self) -> impl Iterator<Item = Lack> {
        self.usual.iter().map(|(index, _)| STAMPS[*index].lacks())
    }

    /// Whether a stamp stands near the start of `line`; what follows it goes to `capture`.
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        capture.clear(self.fields.len());
        let is_day_known = self.usual.iter().any(|(index, _)| STAMPS[*index].lacks() < Lack::Day);
        let found = self
            .usual
            .iter()
            .find_map(|(index, far)| {
                let far = if STAMPS[*index].lacks() >= Lack::Day { 2 } else { *far };
                search(line, far, *index..*index + 1)
            })
            // A stamp that no sample had; but a time of day alone in a file of dates is part of a message.
            .or_else(|| {
                let far = self.usual.iter().map(|(_, far)| *far).max().unwrap_or(0);
                let within = if self.is_beside { 0 } else { far.min(PREFIX_BYTES) };
                search(line, within, 0..STAMPS.len())
                    .filter(|(index, ..)| !is_day_known || STAMPS[*index].lacks() < Lack::Day)
                    .filter(|(index, start, ..)| !orders::is_undecided(&line[*start..], *index))
            });
        let Some((_, start, end, written)) = found else { return false };
        if is_setting(line, start, end) || self.is_beside && start == 1 && !opens(line) {
            return false;
        }
        finish(line, start, end, written, self.has_levels, capture);
        true
    }
}

fn without_comma(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    text.strip_suffix(b",").unwrap_or(text)
}

/// Whether a line begins with a bracket.
fn opens(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'[' | b'<' | b'('))
}

/// Whether a line begins with a stamp, or with the name of its day.
pub fn begins_with_stamp(line: &[u8]) -> bool {
    search(line, DAY_BYTES, 0..STAMPS.len())
        .is_some_and(|(_, start, ..)| start == 0 || is_day_name(without_comma(&line[..start])))
}

/// The stamp that is the whole of `text`, if the numbers of its date cannot be taken for each other.
pub fn whole(text: &[u8]) -> Option<Written> {
    let (index, start, written) = whole_of(text, 0..STAMPS.len())?;
    (!orders::is_undecided(&text[start..], index)).then_some(written)
}

/// The stamp of some that is the whole of `text`, and where it begins: the name of its day may stand before it.
pub(super) fn whole_of(text: &[u8], stamps: std::ops::Range<usize>) -> Option<(usize, usize, Written)> {
    let (index, start, end, written) = search(text, DAY_BYTES, stamps)?;
    let is_word = text[..start].iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b','));
    let is_day = is_word && (start < 5 || is_day_name(without_comma(&text[..start])));
    (end == text.len() && is_day && written.lacks() < Lack::Day).then_some((index, start, written))
}

/// Whether a line begins with a date and time, maybe behind a bracket.
pub fn begins_with_time(line: &[u8]) -> bool {
    // Most lines of a record begin with a blank or a letter.
    (line.first().is_some_and(u8::is_ascii_digit) || opens(line))
        && search(line, 2, 0..STAMPS.len()).is_some_and(|(index, ..)| STAMPS[index].lacks() < Lack::Day)
}

/// The day that a line says somewhere.
pub fn day(line: &[u8]) -> Option<i64> {
    match search(line, FAR_PREFIX_BYTES, 0..STAMPS.len())? {
        (index, start, _, Written::Whole(stamp)) if !orders::is_undecided(&line[start..], index) => {
            Some(stamp.wall.div_euclid(DAY))
        }
        _ => None,
    }
}

/// Where the first stamp of a text begins and ends.
pub fn stamp(text: &[u8]) -> Option<(usize, usize)> {
    search(text, FAR_PREFIX_BYTES, 0..STAMPS.len()).map(|(_, start, end, _)| (start, end))
}

/// Whether a stamp stands near the start of a line.
pub fn is_head(line: &[u8]) -> bool {
    search(line, PREFIX_BYTES, 0..STAMPS.len()).is_some()
}

/// Whether the stamp near the start of a line has the name of its day, or a level, before it, which the first
/// `length` bytes hold at least in part.
pub fn has_level_or_day_before(line: &[u8], length: usize) -> bool {
    search(line, PREFIX_BYTES, 0..STAMPS.len()).is_some_and(|(_, start, ..)| {
        let word = without_comma(&line[..start]);
        // A level and a time are two fields, if the delimiter stands between them.
        start > 0 && length >= word.len() && is_day_name(word) || length > start && strict_level(word).is_some()
    })
}

/// Whether the stamp near the start of a line goes on behind `place`.
pub fn spans(line: &[u8], place: usize) -> bool {
    search(line, PREFIX_BYTES, 0..STAMPS.len()).is_some_and(|(_, start, end, _)| start < place && place < end)
}

/// The first stamp of some that begins within the first `within` bytes: which, where it begins and ends.
pub(super) fn search(
    line: &[u8],
    within: usize,
    stamps: std::ops::Range<usize>,
) -> Option<(usize, usize, usize, Written)> {
    let is_word = |at: usize| line[at].is_ascii_alphanumeric() || line[at] >= 0x80;
    for at in 0..line.len().min(within) {
        let first = line[at];
        // A stamp begins where a word does, and no number goes on before it.
        if !(first.is_ascii_alphanumeric() || first == b'@' || first >= 0x80)
            || at > 0 && (is_word(at - 1) || first.is_ascii_digit() && goes_on(&line[..at]))
        {
            continue;
        }
        let found = STAMPS[stamps.clone()].iter().enumerate().find_map(|(index, format)| {
            let (written, length) = format.read(&line[at..])?;
            let (written, length) = tail::completed(written, &line[at..], length);
            let end = at + length;
            // A zone that is no known abbreviation may be glued to a stamp.
            let glued = line[end..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let is_zone = (3..=4).contains(&glued) && line[end..end + glued].iter().all(u8::is_ascii_uppercase);
            let end = if is_zone { end + glued } else { end };
            let is_whole = glued == 0 || is_zone;
            // Ten digits or more that are a time of these decades, or a number of anything.
            (is_whole
                && !matches!(line.get(end), Some(b':' | b'/') if line.get(end + 1).is_some_and(u8::is_ascii_digit)))
            .then_some((stamps.start + index, at, end, written))
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether a number goes on: what stands before it is a digit and a sign that divides dates.
fn goes_on(before: &[u8]) -> bool {
    matches!(before, [.., digit, b'.' | b'-' | b'/' | b':'] if digit.is_ascii_digit()) || before.ends_with(b".")
}

/// The level is a word before the stamp or among the next few after it; the message is what
/// follows the stamp, and the level too where that comes first.
pub(super) fn finish(line: &[u8], start: usize, end: usize, written: Written, has_levels: bool, capture: &mut Capture) {
    capture.written = Some(written);
    let is_sign = |byte: &u8| !byte.is_ascii_alphanumeric();
    let mut raw = None;
    let mut message = end + separators(&line[end..]);
    if let Some((level, span, is_first)) = level_behind(line, end, has_levels) {
        capture.level = Some(level);
        raw = Some(span);
        if is_first {
            message = span.end + separators(&line[span.end..]);
        }
    }
    if capture.level.is_none() {
        let mut at = 0;
        for word in line[..start].split(is_sign) {
            if let Some(level) = strict_level(word) {
                capture.level = Some(level);
                raw = Some(Span::new(at, at + word.len()));
                break;
            }
            at += word.len() + 1;
        }
    }
    capture.fields[0] = raw;
    // What stands before the time is said too, but for the day's name and the level.
    let is_told =
        line[..start].split(is_sign).all(|word| word.is_empty() || is_day_name(word) || strict_level(word).is_some());
    let from = if is_told { message.min(line.len()) } else { 0 };
    capture.message = Span::new(from, line.len());
}

/// In how many brackets a text is behind a byte.
fn nested(depth: usize, byte: u8) -> usize {
    match byte {
        b'[' | b'(' => depth + 1,
        b']' | b')' => depth.saturating_sub(1),
        _ => depth,
    }
}

/// The level among the first few words from `start` on, where it stands, and whether it is the first of them. What is in
/// brackets is one word, and so is the name of a class.
///
/// In capitals it may stand behind others that are of no sentence: `worker-1 ERROR x`, `[main] a.B ERROR - x`. In small
/// letters it needs a sign that sets it off, at the beginning or behind another: `app: error: x`.
fn level_behind(line: &[u8], start: usize, has_levels: bool) -> Option<(Level, Span, bool)> {
    const WORDS: usize = 4;
    const REACH: usize = 160;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let first = start + line[start..].iter().take_while(|byte| !is_part(byte)).count();
    let (mut number, mut is_sentence, mut before) = (0, false, &line[..0]);
    let mut depth = line[start..first].iter().fold(0, |depth, byte| nested(depth, *byte));
    let mut at = first;
    while number < WORDS && at < line.len().min(start + REACH) {
        let length = line[at..].iter().take_while(|byte| is_part(byte)).count();
        if length == 0 {
            depth = nested(depth, line[at]);
            number += usize::from(depth == 0 && matches!(line[at], b' ' | b'\t') && line[at - 1] > b' ');
            at += 1;
            continue;
        }
        let word = &line[at..at + length];
        let follows = (line.get(at + length), line.get(at + length + 1));
        let is_sign = matches!(follows.0, Some(b':' | b']' | b'|' | b')' | b'>'));
        let is_set_off = is_sign && !matches!(follows.1, Some(b'=' | b'/'))
            || matches!(follows, (Some(b' '), Some(b'-' | b'|' | b':')));
        let is_shouted = word.iter().all(u8::is_ascii_uppercase);
        let is_alone = at == first || !matches!(line[at - 1], b'.' | b';' | b'/' | b'=') || is_set_off;
        let is_level = match (at == first, is_shouted) {
            (true, true) => true,
            (true, false) => is_set_off || has_levels,
            // `HOST ALERT` is a heading.
            (false, true) if before.len() > 2 && before.iter().all(u8::is_ascii_uppercase) => {
                has_levels || matches!(word, b"ERROR" | b"WARNING" | b"FATAL")
            }
            (false, true) => is_alone && (is_set_off || has_levels || !is_sentence),
            (false, false) => matches!(follows.0, Some(b':')) && line[..at].ends_with(b": ") && number < 2,
        };
        if let Some(level) = strict_level(word).filter(|_| is_level) {
            return Some((level, Span::new(at, at + length), at == first));
        }
        let is_begun = at == first
            && word.len() > 1
            && word[0].is_ascii_uppercase()
            && word[1..].iter().all(u8::is_ascii_lowercase);
        is_sentence |= is_of_sentences(word) || is_begun && line.get(at + length) == Some(&b' ');
        before = word;
        at += length;
    }
    None
}

pub(super) fn is_day_name(word: &[u8]) -> bool {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    word.len() <= 9 && DAYS.iter().any(|day| word.starts_with(day))
}

/// `created: 2025-03-01 13:10:04`: a value and no event.
pub(super) fn is_setting(line: &[u8], start: usize, end: usize) -> bool {
    let name = line[..start].trim_ascii_end();
    let rest = line[end..].iter().all(|byte| matches!(byte, b' ' | b'"' | b'\'' | b',' | b';'));
    let name = name.strip_suffix(b"\"").or_else(|| name.strip_suffix(b"'")).unwrap_or(name).trim_ascii_end();
    rest && matches!(name.last(), Some(b':' | b'='))
}

fn separators(text: &[u8]) -> usize {
    text.iter().take_while(|byte| b" \t]:-|,;)>".contains(byte)).count()
}

/// Whether a text is a level and nothing else.
pub fn is_level(text: &[u8]) -> bool {
    strict_level(text).is_some()
}

/// In running text only a word in capitals, or one that is nothing but a level, is taken for one.
pub(super) fn strict_level(word: &[u8]) -> Option<Level> {
    let is_upper = word.iter().all(u8::is_ascii_uppercase);
    let is_plain = matches!(
        word,
        b"error"
            | b"warn"
            | b"warning"
            | b"info"
            | b"debug"
            | b"trace"
            | b"fatal"
            | b"critical"
            | b"Error"
            | b"Warning"
            | b"Info"
    );
    if word.len() > 2 && (is_upper || is_plain) && !matches!(word, b"LOG" | b"NOTE" | b"CONFIG" | b"HINT" | b"FINE") {
        Level::of(word)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<(Option<Level>, String)> {
        let generic = Generic::learn(&[line.as_bytes()], false)?;
        let mut capture = Capture::default();
        generic
            .read(line.as_bytes(), &mut capture)
            .then(|| (capture.level, line[capture.message.start..capture.message.end].to_string()))
    }

    #[test]
    fn a_stamp_anywhere_near_the_start_makes_a_record() {
        assert_eq!(told("2012-07-02 10:22:40,672:DEBUG:foo bar"), Some((Some(Level::Debug), "foo bar".into())));
        assert_eq!(told("[Sat Mar  1 13:10:04 2025] usb 1-1: reset"), Some((None, "usb 1-1: reset".into())));
        assert_eq!(told("1740787200.123 link down"), Some((None, "link down".into())));
        assert_eq!(told("1 août 13:10:04 lien perdu"), Some((None, "lien perdu".into())));
        assert_eq!(told("[10.30 16:49:06] chrome.exe - closed"), Some((None, "chrome.exe - closed".into())));
        assert_eq!(told("2012-025T10:22:40,672 a"), Some((None, "a".into())));
        assert_eq!(told("2012-07-02T10:22:40.672123FOO a"), Some((None, "a".into())));
        assert_eq!(told("10:22:40 a"), Some((None, "a".into())));
        assert_eq!(
            told("20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged"),
            Some((None, "Step_LSC|30002312|onStandStepChanged".into()))
        );
        assert_eq!(told("14/03/2025 13:10:04,118 ERROR a"), Some((Some(Level::Error), "a".into())));
        assert_eq!(told("03/04/2025 13:10:04 a"), None);
        assert_eq!(told("created: 2025-03-01 13:10:04"), None);
        let prefixed = "stage=fan 2025-03-01 13:10:04 hot".to_string();
        assert_eq!(told(&prefixed), Some((None, prefixed.clone())));
        assert_eq!(told("plain text without any time"), None);
        assert_eq!(told("17407872001 is a number"), None);
        assert_eq!(told("at 10:22:40 the door opened"), None);
        let whole = "host42 unit SN123 ERROR: failed".to_string();
        assert_eq!(told("2025-01-01 00:00:00 host42 unit SN123 ERROR: failed"), Some((Some(Level::Error), whole)));
        let sentence = "operator cleared error 12".to_string();
        for (line, level) in [
            ("[main] c.x.A ERROR - boom", Some(Level::Error)),
            ("http-nio-8080-exec-1 ERROR bob 385x1x1 boom", Some(Level::Error)),
            ("[pool 1 thread 2] com.example.long.Name WARN boom", Some(Level::Warn)),
            ("- error: disk full", Some(Level::Error)),
            ("app: error: x", Some(Level::Error)),
            ("myapp ERROR: x", Some(Level::Error)),
            ("No ERROR found", None),
            ("HOST ALERT: h;UP;HARD;1;OK", None),
            ("DISK ERROR on sda", Some(Level::Error)),
            ("returned NO_ERROR", None),
            ("the operator saw an error: none", None),
        ] {
            assert_eq!(told(&format!("2025-01-01 00:00:00 {line}")).map(|(level, _)| level), Some(level), "{line}");
        }
        assert_eq!(told("2025-01-01 00:00:00 operator cleared error 12"), Some((None, sentence)));
    }
}
