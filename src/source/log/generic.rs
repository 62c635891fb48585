//! The fallback: any of the usual time stamps near the start of a line, then maybe a level, then the message.

use super::level::Level;
use super::pattern::{Capture, Span};
use super::stamp::{StampFormat, Written};
use std::sync::LazyLock;

/// A stamp may stand behind this many bytes: a bracket, a host, a level.
const PREFIX_BYTES: usize = 24;

/// Stamps in the order they are tried at each place.
static STAMPS: LazyLock<Vec<StampFormat>> = LazyLock::new(|| {
    [
        "iso",
        "%b %e %H:%M:%S.%f %Y",
        "%b %e %H:%M:%S %Y",
        "%b %e %H:%M:%S %z %Y",
        "%b %e %H:%M:%S",
        "%d/%b/%Y:%H:%M:%S %z",
        "%d/%b/%Y:%H:%M:%S",
        "%d-%b-%Y %H:%M:%S.%f",
        "%d-%b-%Y %H:%M:%S",
        "%y/%m/%d %H:%M:%S",
        "%Y%m%d %H:%M:%S",
        "%Y%m%d-%H:%M:%S:%f",
        "%Y%m%d.%H%M%S,%f",
        "%y%m%d %H%M%S",
    ]
    .iter()
    .map(|text| StampFormat::compile(text).expect("a known format"))
    .collect()
});

/// Whether a stamp stands near the start of `line`; what follows it goes to `capture`.
pub fn read(line: &[u8], capture: &mut Capture) -> bool {
    capture.clear(0);
    let mut at = 0;
    while at < line.len().min(PREFIX_BYTES) {
        // A stamp begins where a word does.
        if (at == 0 || !line[at - 1].is_ascii_alphanumeric())
            && let Some((written, length)) = stamp(&line[at..])
        {
            let end = at + length;
            // Digits that go on are a number and no time.
            if !line.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                finish(line, at, end, written, capture);
                return true;
            }
        }
        at += 1;
    }
    false
}

fn stamp(text: &[u8]) -> Option<(Written, usize)> {
    let first = *text.first()?;
    if (first.is_ascii_digit() || first.is_ascii_alphabetic())
        && let Some(found) = STAMPS.iter().find_map(|format| format.read(text))
    {
        return Some(found);
    }
    // Ten digits or more, maybe with a fraction: seconds or finer since 1970.
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if matches!(digits, 10 | 13 | 16 | 19) {
        let number: i64 = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
        let mut wall = crate::model::time::epoch(number)?;
        let mut length = digits;
        if digits == 10 && text.get(10) == Some(&b'.') {
            let (micros, used) = crate::model::time::fraction(&text[11..]);
            wall += micros;
            length = 11 + used;
        }
        return Some((Written::Whole(crate::model::time::Stamp { wall, offset: Some(0) }), length));
    }
    None
}

/// The level is a word before the stamp or among the next few after it; the message is what
/// follows the stamp, and the level too where that comes first.
fn finish(line: &[u8], start: usize, end: usize, written: Written, capture: &mut Capture) {
    const WORDS: usize = 4;
    capture.written = Some(written);
    let is_sign = |byte: &u8| !byte.is_ascii_alphanumeric();
    let before = line[..start].split(is_sign).find_map(strict_level);
    let mut message = end + separators(&line[end..]);
    let mut at = end;
    for number in 0..WORDS {
        at += line[at..].iter().take_while(|byte| is_sign(byte)).count();
        let length = line[at..].iter().take_while(|byte| !is_sign(byte)).count();
        if length == 0 {
            break;
        }
        let word = &line[at..at + length];
        // Further on a word in capitals is a level, one in small letters is what the sentence speaks of.
        let is_shouted = word.iter().all(u8::is_ascii_uppercase);
        if let Some(level) = strict_level(word).filter(|_| number == 0 || is_shouted) {
            capture.level = Some(level);
            if number == 0 {
                message = at + length + separators(&line[at + length..]);
            }
            break;
        }
        at += length;
    }
    capture.level = capture.level.or(before);
    capture.message = Span { start: message.min(line.len()), end: line.len(), is_own: false };
}

fn separators(text: &[u8]) -> usize {
    text.iter().take_while(|byte| b" \t]:-|,)>".contains(byte)).count()
}

/// In running text only a word in capitals, or one that is nothing but a level, is taken for one.
fn strict_level(word: &[u8]) -> Option<Level> {
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
        let mut capture = Capture::default();
        read(line.as_bytes(), &mut capture)
            .then(|| (capture.level, line[capture.message.start..capture.message.end].to_string()))
    }

    #[test]
    fn a_stamp_anywhere_near_the_start_makes_a_record() {
        assert_eq!(told("2012-07-02 10:22:40,672:DEBUG:foo bar"), Some((Some(Level::Debug), "foo bar".into())));
        assert_eq!(told("[Sat Mar  1 13:10:04 2025] usb 1-1: reset"), Some((None, "usb 1-1: reset".into())));
        assert_eq!(told("1740787200.123 link down"), Some((None, "link down".into())));
        assert_eq!(
            told("20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged"),
            Some((None, "Step_LSC|30002312|onStandStepChanged".into()))
        );
        assert_eq!(told("plain text without any time"), None);
        assert_eq!(told("17407872001 is a number"), None);
        let whole = "host42 unit SN123 ERROR: failed".to_string();
        assert_eq!(told("2025-01-01 00:00:00 host42 unit SN123 ERROR: failed"), Some((Some(Level::Error), whole)));
        let sentence = "operator cleared error 12".to_string();
        assert_eq!(told("2025-01-01 00:00:00 operator cleared error 12"), Some((None, sentence)));
    }
}
