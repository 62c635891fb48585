//! Lines that are records but for their time, which no clock or calendar has: `2025-02-30`, `24:00:01`.

use super::generic;

/// How far into a line its time is looked for.
const REACH: usize = 96;

/// The line with a possible time where an impossible one stands, byte for byte; `None` if none stands there.
pub fn mended(line: &[u8]) -> Option<Vec<u8>> {
    let start = &line[..line.len().min(REACH)];
    let has_clock =
        || memchr::memchr_iter(b':', start).any(|at| is_digit(start, at.wrapping_sub(1)) && is_digit(start, at + 1));
    if matches!(start.first(), None | Some(b' ' | b'\t')) || !has_clock() {
        return None;
    }
    let possible = possible(start);
    let (begin, end) = generic::stamp(&possible)?;
    let is_possible = generic::stamp(&start[begin..end]).is_some_and(|found| found == (0, end - begin));
    (!is_possible).then(|| [&line[..begin], &possible[begin..end], &line[end..]].concat())
}

fn is_digit(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_digit)
}

/// The text with numbers in place of its own that any part of a time may have: years are kept, all else is 01.
fn possible(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    let mut at = 0;
    while at < out.len() {
        let length = out[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = &mut out[at..at + length];
        let kept = match length {
            2 | 6 => 0,
            8 | 14 => 4,
            _ => length,
        };
        number[kept..].chunks_mut(2).for_each(|two| two.copy_from_slice(b"01"));
        at += length.max(1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_time_becomes_a_possible_one() {
        for (line, expected) in [
            ("2025-02-30 10:00:00,123 ERROR x 99:99", Some("2025-01-01 01:01:01,123 ERROR x 99:99")),
            ("[31/Feb/2025:10:00:00 +0000] \"GET\" 503", Some("[01/Feb/2025:01:01:01 +0000] \"GET\" 503")),
            ("10.0.0.1 - - [01/Mar/2025:24:00:00 +0000]", Some("10.0.0.1 - - [01/Mar/2025:01:01:01 +0000]")),
            ("Feb 30 10:00:00 gw app[2]: x", Some("Feb 01 01:01:01 gw app[2]: x")),
            ("20250230 250000 x: 1:2", Some("20250101 010101 x: 1:2")),
            ("2025-03-01 10:00:00 possible", None),
            ("\tat a.B(B.java:12)", None),
            ("  2025-02-30 10:00:00 within a text", None),
            ("ratio 99:12 of 17", None),
        ] {
            let mended = mended(line.as_bytes()).map(|line| String::from_utf8(line).expect("text"));
            assert_eq!(mended.as_deref(), expected, "{line}");
        }
    }
}
