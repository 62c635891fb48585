//! Where statements, brackets and rows begin and end, told byte by byte through quotes and comments. It can stop
//! and go on at any byte, so that a script of any size is read in pieces.

use memchr::{memchr, memchr2};

use super::{Dialect, Spelling};

/// What the lexer stops at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The first byte of a statement, which is not consumed.
    Start,
    /// A bracket opens outside of others; behind this byte, blanks aside.
    Open(u8),
    /// That bracket closes.
    Close,
    /// The semicolon that ends a statement.
    End,
    /// The backslash of a psql command, or the point of one of sqlite3's shell, which is not consumed.
    Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Dash,
    Slash,
    LineComment,
    /// The depth, and the byte before.
    BlockComment(u32, u8),
    /// The closing quote, and whether a backslash escapes.
    Quoted(u8, bool),
    /// The next byte of a string is taken as it is.
    Escaped(u8),
    /// A quote that may be doubled, and so not be the end.
    QuoteEnd(u8, bool),
    /// Within `$tag$`, still before its second `$`.
    Tag,
    /// How many bytes of the closing tag have been seen.
    Dollar(usize),
}

#[derive(Debug, Clone)]
pub struct Lexer {
    pub spelling: Spelling,
    state: State,
    depth: u32,
    begun: bool,
    /// The last two bytes before this place, and the last that is no blank.
    before: [u8; 2],
    last: u8,
    /// What `last` was before what may be a comment.
    prior: u8,
    tag: Vec<u8>,
}

/// Bytes that mean something outside of quotes.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"'\"-/$;()\\[`";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Lexer {
    pub fn new(spelling: Spelling) -> Lexer {
        Lexer {
            spelling,
            state: State::Plain,
            depth: 0,
            begun: false,
            before: [0; 2],
            last: 0,
            prior: 0,
            tag: Vec::new(),
        }
    }

    /// Whether a statement has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.begun
    }

    /// Goes on at `at` up to the next mark: where it stands then, and what it is; `None` at the end of the text.
    pub fn next(&mut self, text: &[u8], mut at: usize) -> (usize, Option<Mark>) {
        while at < text.len() {
            match self.state {
                State::Plain => {
                    let (next, mark) = self.plain(text, at);
                    at = next;
                    if mark.is_some() {
                        return (at, mark);
                    }
                }
                State::Dash | State::Slash => at = self.second(text[at], at),
                State::LineComment => {
                    let Some(end) = memchr(b'\n', &text[at..]) else { return (text.len(), None) };
                    at += end;
                    self.state = State::Plain;
                }
                State::BlockComment(depth, last) => at = self.comment(text[at], at, depth, last),
                State::Quoted(quote, escapes) => at = self.quoted(text, at, quote, escapes),
                State::Escaped(quote) => {
                    self.state = State::Quoted(quote, true);
                    at += 1;
                }
                State::QuoteEnd(quote, escapes) => {
                    if text[at] == quote {
                        self.state = State::Quoted(quote, escapes);
                        at += 1;
                    } else {
                        self.state = State::Plain;
                        self.before = [0, quote];
                    }
                }
                State::Tag => at = self.tag(text[at], at),
                State::Dollar(seen) => at = self.dollar(text, at, seen),
            }
        }
        (at, None)
    }

    fn plain(&mut self, text: &[u8], from: usize) -> (usize, Option<Mark>) {
        let mut at = from;
        if !self.begun {
            at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            match text.get(at) {
                None => return (at, None),
                Some(b'\\') if self.spelling.dialect == Dialect::Postgres => return (at, Some(Mark::Command)),
                Some(b'.') if self.spelling.dialect == Dialect::Sqlite => return (at, Some(Mark::Command)),
                Some(b'-' | b'/' | b';') => {}
                Some(_) => {
                    self.begun = true;
                    return (at, Some(Mark::Start));
                }
            }
        }
        let run = text[at..].iter().position(|byte| SPECIAL[*byte as usize]);
        let end = run.map_or(text.len(), |length| at + length);
        self.remember(&text[at..end]);
        let Some(&byte) = text.get(end) else { return (end, None) };
        let (before, last) = (self.before, self.last);
        self.before = [before[1], byte];
        self.last = byte;
        let next = end + 1;
        match byte {
            b'\'' => {
                let escapes = self.spelling.dialect == Dialect::Postgres
                    && (self.spelling.backslashes || (matches!(before[1], b'e' | b'E') && !is_word(before[0])));
                self.state = State::Quoted(byte, escapes);
            }
            b'"' => self.state = State::Quoted(byte, false),
            b'`' if self.spelling.dialect == Dialect::Sqlite => self.state = State::Quoted(byte, false),
            b'[' if self.spelling.dialect == Dialect::Sqlite => self.state = State::Quoted(b']', false),
            b'-' | b'/' => {
                self.prior = last;
                self.state = if byte == b'-' { State::Dash } else { State::Slash };
            }
            b'$' if self.spelling.dialect == Dialect::Postgres && !is_word(before[1]) => {
                self.tag.clear();
                self.tag.push(b'$');
                self.state = State::Tag;
            }
            b'(' => {
                self.depth += 1;
                if self.depth == 1 {
                    return (next, Some(Mark::Open(last)));
                }
            }
            b')' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return (next, Some(Mark::Close));
                }
            }
            b';' if self.depth == 0 => {
                let was_begun = std::mem::replace(&mut self.begun, false);
                return (next, was_begun.then_some(Mark::End));
            }
            _ => {}
        }
        (next, None)
    }

    /// The statement did not end at its last semicolon after all.
    pub fn resume(&mut self) {
        self.begun = true;
    }

    fn remember(&mut self, run: &[u8]) {
        match run {
            [] => {}
            [only] => self.before = [self.before[1], *only],
            [.., a, b] => self.before = [*a, *b],
        }
        if let Some(last) = run.iter().rev().find(|byte| !byte.is_ascii_whitespace()) {
            self.last = *last;
        }
    }

    fn second(&mut self, byte: u8, at: usize) -> usize {
        let (comment, first) = match self.state {
            State::Dash => ((byte == b'-').then_some(State::LineComment), b'-'),
            _ => ((byte == b'*').then_some(State::BlockComment(1, 0)), b'/'),
        };
        self.state = comment.unwrap_or(State::Plain);
        if comment.is_some() {
            self.before = [0, b' '];
            self.last = self.prior;
            return at + 1;
        }
        self.before = [0, first];
        at
    }

    fn comment(&mut self, byte: u8, at: usize, depth: u32, last: u8) -> usize {
        self.state = match (last, byte) {
            (b'*', b'/') if depth == 1 => State::Plain,
            (b'*', b'/') => State::BlockComment(depth - 1, 0),
            (b'/', b'*') if self.spelling.dialect == Dialect::Postgres => State::BlockComment(depth + 1, 0),
            _ => State::BlockComment(depth, byte),
        };
        at + 1
    }

    fn quoted(&mut self, text: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
        let rest = &text[at..];
        let found = match (escapes, self.spelling.wide) {
            (false, _) => memchr(quote, rest),
            (true, false) => memchr2(quote, b'\\', rest),
            (true, true) => rest.iter().position(|byte| *byte == quote || *byte == b'\\' || *byte >= 0x81),
        };
        let Some(found) = found else { return text.len() };
        self.state = match rest[found] {
            byte if byte != quote => State::Escaped(quote),
            // `[name]` has no way to write a bracket.
            b']' => State::Plain,
            _ => State::QuoteEnd(quote, escapes),
        };
        at + found + 1
    }

    fn tag(&mut self, byte: u8, at: usize) -> usize {
        let is_first = self.tag.len() == 1;
        if byte == b'$' {
            self.tag.push(b'$');
            self.state = State::Dollar(0);
            return at + 1;
        }
        if is_word(byte) && !(is_first && byte.is_ascii_digit()) && self.tag.len() < 256 {
            self.tag.push(byte);
            return at + 1;
        }
        self.state = State::Plain;
        self.before = [0, b'$'];
        at
    }

    fn dollar(&mut self, text: &[u8], at: usize, seen: usize) -> usize {
        if seen == 0 {
            let Some(found) = memchr(b'$', &text[at..]) else { return text.len() };
            self.state = State::Dollar(1);
            return at + found + 1;
        }
        let byte = text[at];
        // A tag has a `$` at both ends alone, so that a failed match can only begin anew here.
        let seen = match byte {
            byte if byte == self.tag[seen] => seen + 1,
            b'$' => 1,
            _ => 0,
        };
        self.state = if seen == self.tag.len() { State::Plain } else { State::Dollar(seen) };
        if self.state == State::Plain {
            self.before = [0, b'$'];
        }
        at + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(text: &str, dialect: Dialect, step: usize) -> Vec<String> {
        let (mut lexer, mut found, mut start) = (Lexer::new(Spelling::of(dialect)), Vec::new(), 0);
        let bytes = text.as_bytes();
        for piece in 0..bytes.len().div_ceil(step) {
            let (from, to) = (piece * step, ((piece + 1) * step).min(bytes.len()));
            let mut at = 0;
            loop {
                let (next, mark) = lexer.next(&bytes[from..to], at);
                at = next;
                match mark {
                    None => break,
                    Some(Mark::Start) => start = from + at,
                    Some(Mark::End) => found.push(text[start..from + at - 1].to_string()),
                    Some(Mark::Command) => at += 1,
                    Some(_) => {}
                }
            }
        }
        found
    }

    #[test]
    fn semicolons_end_statements_and_nothing_else_does_however_the_text_is_cut() {
        let postgres = r#"-- a; b
            SELECT 'it''s; 1', E'x\';2', "a"";b", $$;$$, $t$ $ ; $t$, x$1;
            /* ; /* nested; */ ; */ CREATE RULE r AS DO ( SELECT 1; SELECT 2 );;
            COMMENT ON x IS 'back\'; last;"#;
        let expected = statements(postgres, Dialect::Postgres, 1 << 20);
        assert_eq!(expected.len(), 4, "{expected:#?}");
        assert_eq!(expected[3], "last");
        for step in [1, 2, 3, 7] {
            assert_eq!(statements(postgres, Dialect::Postgres, step), expected, "in pieces of {step}");
        }
        let sqlite = "INSERT INTO [a;b] VALUES('x\\');INSERT INTO `c;d` VALUES('y$$;');";
        assert_eq!(statements(sqlite, Dialect::Sqlite, 3).len(), 2);
    }
}
