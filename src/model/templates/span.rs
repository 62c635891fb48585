//! Spans: how far a parameter of a known shape (URL, path, address, quoted text) reaches from where it starts.

use super::class::{BLANK, CLASS, DIGIT, HEX, JOINT, LETTER, MARK, PATH, START, WORD, at, is};

/// The longest text in quotes that counts as one parameter.
const QUOTED: usize = 1024;

/// The end of the run of word bytes from `start`, without the dots and dashes that end a sentence; and the classes
/// seen in it.
#[inline]
pub fn word(line: &[u8], start: usize) -> (usize, u8) {
    let mut end = start;
    let mut seen = 0;
    while let Some(&byte) = line.get(end) {
        let class = CLASS[byte as usize] & WORD;
        if class == 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    while end > start + 1 && matches!(line[end - 1], b'.' | b'-') {
        end -= 1;
    }
    (end, seen)
}

/// The start of the word that has `at` in it or ends there, not before `from`.
#[inline]
pub fn word_start(line: &[u8], from: usize, at: usize) -> usize {
    let mut start = at;
    while start > from && is(line[start - 1], WORD) {
        start -= 1;
    }
    while start < at && is(line[start], JOINT) {
        start += 1;
    }
    start
}

/// The start of the run of hex digits and colons that ends before `at`, not before `from`.
pub fn colons_start(line: &[u8], from: usize, at: usize) -> usize {
    let run = line[from..at].iter().rposition(|&byte| byte != b':' && !is(byte, DIGIT | HEX));
    run.map_or(from, |before| from + before + 1)
}

/// The end of a text without blanks, quotes and closing brackets, as a URL or a Windows path is: no punctuation at
/// its end.
pub fn solid(line: &[u8], start: usize) -> usize {
    let mut end = start;
    while line.get(end).is_some_and(|&byte| {
        !is(byte, BLANK) && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'}' | b'|' | b'`' | b';')
    }) {
        end += 1;
    }
    while end > start && matches!(line[end - 1], b'.' | b',' | b':' | b'!' | b'?') {
        end -= 1;
    }
    end
}

/// The end of a path whose slash is at `start`: over a `:` only when a digit follows (a line or a port). None where
/// nothing follows the slash.
pub fn path(line: &[u8], start: usize) -> Option<usize> {
    if !at(line, start + 1, DIGIT | HEX | LETTER | MARK | JOINT) {
        return None;
    }
    let mut end = start + 1;
    while let Some(&byte) = line.get(end) {
        if !(is(byte, PATH) || matches!(byte, b':' | b'=') && at(line, end + 1, DIGIT)) {
            break;
        }
        end += 1;
    }
    if line.get(end) == Some(&b'?') && at(line, end + 1, START) {
        return Some(solid(line, end));
    }
    while matches!(line[end - 1], b'.' | b'-' | b'*') && end > start + 2 {
        end -= 1;
    }
    Some(end)
}

/// The end of a relative path that starts with the word `start..end`: one that has two slashes or more.
pub fn relative(line: &[u8], end: usize) -> Option<usize> {
    let last = path(line, end)?;
    (line[end..last].iter().filter(|&&byte| byte == b'/').count() >= 2).then_some(last)
}

/// The end of an IPv6 or MAC address: groups of at most four hex digits with colons, eight or six of them, or fewer
/// around a `::`.
pub fn colons(line: &[u8], start: usize) -> Option<usize> {
    let (mut end, mut groups, mut run, mut gap) = (start, 0, 0, false);
    loop {
        if at(line, end, DIGIT | HEX) {
            run += 1;
        } else if line.get(end) == Some(&b':') && (at(line, end + 1, DIGIT | HEX) || line.get(end + 1) == Some(&b':')) {
            groups += usize::from(run > 0);
            gap |= run == 0 && end > start;
            run = 0;
        } else {
            break;
        }
        if run > 4 {
            return None;
        }
        end += 1;
    }
    groups += usize::from(run > 0);
    (!at(line, end, LETTER) && (groups == 6 || groups == 8 || gap && groups <= 7)).then_some(end)
}

/// The end of the text in quotes that opens at `start`, after the quote that closes it. None for an apostrophe.
pub fn quoted(line: &[u8], start: usize) -> Option<usize> {
    let quote = line[start];
    let reach = &line[start + 1..line.len().min(start + 1 + QUOTED)];
    let end = memchr::memchr_iter(quote, reach).find(|&at| at == 0 || reach[at - 1] != b'\\')? + start + 2;
    (quote == b'"' || !at(line, end, DIGIT | HEX | LETTER)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &[u8], end: usize) -> &str {
        std::str::from_utf8(&line[..end]).unwrap()
    }

    #[test]
    fn spans_end_where_the_sentence_goes_on() {
        assert_eq!(text(b"http://a/b?c=d, then", solid(b"http://a/b?c=d, then", 0)), "http://a/b?c=d");
        assert_eq!(path(b"/var/log/a.txt: no", 0), Some(14));
        assert_eq!(path(b"/10.0.0.1:80 x", 0), Some(12));
        assert_eq!(path(b"/ x", 0), None);
        assert_eq!(relative(b"a/b", 1), None);
        assert_eq!(relative(b"a/b/c.rs", 1), Some(8));
    }

    #[test]
    fn addresses_with_colons() {
        assert_eq!(colons(b"fe80::1 x", 0), Some(7));
        assert_eq!(colons(b"00:1a:2b:3c:4d:5e", 0), Some(17));
        assert_eq!(colons(b"12:30:48 x", 0), None);
        assert_eq!(colons(b"abc: 1", 0), None);
    }

    #[test]
    fn quotes_close_and_apostrophes_do_not_open() {
        assert_eq!(quoted(b"\"a b\" c", 0), Some(5));
        assert_eq!(quoted(b"\"a \\\" b\"", 0), Some(8));
        assert_eq!(quoted(b"'t isn't", 0), None);
        assert_eq!(quoted(b"\"open", 0), None);
    }
}
