//! Masking: a message's first line becomes a skeleton, in which parameters of a known shape are wildcards. One pass
//! over the bytes, nothing allocated.
//!
//! Only bytes that a parameter begins with or has in it are looked at one by one, digits above all; the words between
//! them stay as they are.

use super::class::{BLANK, CLASS, DIGIT, HEX, JOINT, LETTER, START, TRIGGER, at, is};
use super::pen::Pen;
use super::skeleton::NAME;
use super::{date, ident, rules::Rules, span};

/// How much of a line is looked at.
const BYTES: usize = 4096;

/// The bytes of `message` that are looked at: its first line.
fn head(message: &[u8]) -> &[u8] {
    let reach = &message[..message.len().min(BYTES)];
    memchr::memchr(b'\n', reach).map_or(reach, |end| &reach[..end])
}

/// How much of a name behind the line.
const NAMED: usize = 128;

/// Writes the skeleton of `message` to `out`, which is cleared before. What a second line has behind [`NAME`] keeps it
/// apart from others, as the class of an exception does that is no part of what was said.
pub fn mask(rules: &Rules, message: &[u8], out: &mut Vec<u8>) {
    let line = head(message);
    let mut masker = Masker { rules, line, pen: Pen::new(line, out, rules.lists) };
    // The start is as after a blank: one there goes.
    let (mut from, mut before) = (0, BLANK);
    while let Some(&byte) = line.get(from) {
        let class = CLASS[byte as usize];
        if class & TRIGGER | class & before & BLANK == 0 {
            before = class;
            from += 1;
            continue;
        }
        from = match byte {
            b'0'..=b'9' => masker.digit(from),
            b'/' | b'@' | b'\\' => masker.joint(from),
            b'"' | b'\'' | b'`' => masker.quoted(from),
            _ => masker.pen.blanks(from),
        };
        before = CLASS[line[from - 1] as usize];
    }
    masker.pen.end();
    if let Some(named) = message[line.len()..].strip_prefix(&[b'\n', NAME]) {
        out.push(NAME);
        out.extend(named.iter().take_while(|byte| is(**byte, START)).take(NAMED));
    }
}

struct Masker<'a> {
    rules: &'a Rules,
    line: &'a [u8],
    pen: Pen<'a>,
}

impl Masker<'_> {
    /// Takes the word that has its first digit at `from`; where to go on.
    fn digit(&mut self, from: usize) -> usize {
        let start = span::word_start(self.line, self.pen.from(), from);
        let (end, seen) = span::word(self.line, from);
        if let Some(b':' | b'/' | b'@') = self.line.get(end)
            && let Some(end) = self.compound(start, end)
        {
            return end;
        }
        if start > 1
            && self.line[start - 1] == b':'
            && is(self.line[start - 2], DIGIT | HEX) | (self.line[start - 2] == b':')
        {
            let colons = span::colons_start(self.line, self.pen.from(), start);
            if let Some(end) = span::colons(self.line, colons) {
                return self.pen.wild(colons, end);
            }
        }
        if start == from {
            return self.number(start, end, seen);
        }
        if !self.rules.identifiers {
            return end;
        }
        let parameter = ident::parameter(&self.line[start..end]);
        if parameter.end < end - start {
            return self.pen.wild_within(start + parameter.start, start + parameter.end, end);
        }
        let end = self.number_goes_on(end);
        if parameter.start > 0 {
            return self.pen.wild_after(start, start + parameter.start, end);
        }
        self.pen.wild(start, end)
    }

    /// A number with all that belongs to it: its sign, its unit, the names of its month and its weekday.
    fn number(&mut self, start: usize, end: usize, seen: u8) -> usize {
        let all = seen & !(DIGIT | JOINT) == 0;
        let parameter = if all { 0..end - start } else { ident::parameter(&self.line[start..end]) };
        if parameter.end < end - start {
            return self.pen.wild_within(start, start + parameter.end, end);
        }
        let end = self.number_goes_on(end);
        let unit = if self.rules.units { date::unit(&self.line[end..]) } else { 0 };
        let before = self.pen.before(start);
        let signed = matches!(before, [.., b'-' | b'+']) && !matches!(before, [.., byte, _] if is(*byte, START));
        let named = if self.rules.dates { date::names_before(before) } else { 0 };
        let start = self.pen.back(start, named + usize::from(signed));
        self.pen.wild(start, end + unit)
    }

    /// What the word `start..end` begins that goes on after it: a URL, a path, an e-mail or an IPv6 address.
    fn compound(&mut self, start: usize, end: usize) -> Option<usize> {
        let (word, rest) = (&self.line[start..end], &self.line[end..]);
        let last = match rest[0] {
            b':' if rest.starts_with(b"://") && self.rules.paths => span::solid(self.line, end + 3),
            b':' if word.len() <= 4 => span::colons(self.line, start)?,
            b'/' if self.rules.paths && word.iter().any(|&byte| is(byte, HEX | LETTER)) => {
                span::relative(self.line, end)?
            }
            b'@' if at(self.line, end + 1, START) => {
                let (last, _) = span::word(self.line, end + 1);
                self.line[end + 1..last].contains(&b'.').then_some(last)?
            }
            _ => return None,
        };
        Some(self.pen.wild(start, last))
    }

    /// Over what divides the parts of one number: thousands, times, dates, ports, offsets.
    fn number_goes_on(&self, mut end: usize) -> usize {
        loop {
            let rest = &self.line[end..];
            if matches!(rest, [b':' | b',' | b'/' | b'+', next, ..] if is(*next, DIGIT)) {
                end = span::word(self.line, end + 1).0;
            } else if let [b'/', one, two, three, b'/', ..] = rest
                && date::is_month(&[*one, *two, *three])
            {
                end += 4;
            } else {
                return end;
            }
        }
    }

    /// Takes a slash, a backslash or an `@`: a path begins there, or a word before it goes on.
    fn joint(&mut self, from: usize) -> usize {
        let joined = from > self.pen.from() && is(self.line[from - 1], START);
        let before = &self.line[self.pen.from()..from];
        let parameter = match self.line[from] {
            _ if joined => {
                let start = span::word_start(self.line, self.pen.from(), from);
                return self.compound(start, from).unwrap_or(from + 1);
            }
            _ if !self.rules.paths => None,
            b'/' if before.ends_with(b":") && self.line[from..].starts_with(b"//") => {
                let start = span::word_start(self.line, self.pen.from(), from - 1);
                Some((start, span::solid(self.line, from + 2)))
            }
            b'/' if !before.ends_with(b"/") => span::path(self.line, from).map(|end| (from, end)),
            b'\\' if matches!(before, [.., b'A'..=b'Z' | b'a'..=b'z', b':']) => {
                Some((from - 2, span::solid(self.line, from)))
            }
            b'\\' if self.line[from..].starts_with(br"\\") => Some((from, span::solid(self.line, from))),
            _ => None,
        };
        parameter.map_or(from + 1, |(start, end)| self.pen.wild(start, end))
    }

    /// Text in quotes: the quotes stay. What a `:` follows is a key and stays as well. An apostrophe opens nothing.
    fn quoted(&mut self, from: usize) -> usize {
        let apostrophe = self.line[from] != b'"' && from > 0 && is(self.line[from - 1], START);
        let quoted = if self.rules.quotes && !apostrophe { span::quoted(self.line, from) } else { None };
        let Some(end) = quoted else { return from + 1 };
        let inside = &self.line[from + 1..end - 1];
        let key = self.line.get(end) == Some(&b':') && inside.len() < 64 && inside.iter().all(|byte| *byte >= b' ');
        if key { end } else { self.pen.wild_within(from + 1, end - 1, end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &str) -> String {
        let mut out = Vec::new();
        mask(&Rules::default(), message.as_bytes(), &mut out);
        String::from_utf8(out).unwrap().replace('\x01', "*")
    }

    #[test]
    fn parameters_of_a_known_shape() {
        for (message, skeleton) in [
            (
                "Receiving block blk_-16089 src: /10.250.19.102:54106 dest: /10.250.19.102:50010",
                "Receiving block blk_* src: * dest: *",
            ),
            ("took 1,234.5 ms after -3% of 5GB", "took * after * of *"),
            ("at Sun Jul 17 12:30:48 2005", "at *"),
            ("at Sun Jul  7 12:30:48 2005, x  1", "at *, x *"),
            ("at 2005-07-17T12:30:48.123+02:00 ok", "at * ok"),
            ("[17/Jul/2005:12:30:48 +0000] GET /a/b.html?x=1", "[*] GET *"),
            ("user=\"a b\" file='x y' don't", "user=\"*\" file='*' don't"),
            ("mask=fffffff0 diff=300 face -1 +2.5", "mask=* diff=* face *"),
            ("abcd::ef01 on eth0:1, see don't/can't 'a1 b2'", "* on eth*, see don't/can't '*'"),
            ("id 550e8400-e29b-41d4-a716-446655440000.", "id *."),
            ("from fe80::1ff:fe23:4567:890a and 00:1a:2b:3c:4d:5e", "from * and *"),
            ("see http://a.b/c?d=e and C:\\x\\y.txt or src/a/b.rs", "see * and * or *"),
            ("mail to ann@example.org from x@y", "mail to * from x@y"),
            ("Rect(0, 0 - 720, 1280) [1, 2, 3]", "Rect(*) [*]"),
            ("delete blk_1 blk_-2, blk_3 from eth0", "delete blk_* from eth*"),
            ("open(\"a.txt\") failed: Foo@1a2b3c4d", "open(\"*\") failed: Foo@*"),
            ("{\"level\":\"info\",\"n\":3}", "{\"level\":\"*\",\"n\":*}"),
            ("  two   blanks\tand\x01more ", "two blanks and more"),
            ("first\nsecond", "first"),
            ("", ""),
        ] {
            assert_eq!(shown(message), skeleton, "{message}");
        }
    }

    #[test]
    fn any_bytes_and_bounded_work() {
        let mut out = Vec::new();
        mask(&Rules::default(), &vec![b'y'; 1 << 20], &mut out);
        assert_eq!(out.len(), BYTES);
        mask(&Rules::default(), b"\xff\xfe 7 \xc3", &mut out);
        assert_eq!(out, b"\xff\xfe \x01 \xc3");
    }
}
