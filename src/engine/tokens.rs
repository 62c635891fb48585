//! SQL by tokens, as PostgreSQL and the engine cut it (PostgreSQL 17 manual, 4.1 Lexical Structure).

pub(super) enum Token<'a> {
    Word(&'a str),
    /// A quoted text, without its quotes.
    Text(String),
    Mark(u8),
    /// A space that is none of ASCII: the engine takes it for one or for a letter, by what stands before it.
    Odd(char),
    /// A quote or a comment that does not end.
    Open,
}

/// The tokens of a text, one after another.
pub(super) struct Tokens<'a> {
    sql: &'a str,
    /// Where the token given last begins, and where it ends.
    pub(super) begin: usize,
    pub(super) at: usize,
    /// Whether the text ends in a comment that goes on to the end of its line.
    pub(super) ends_in_comment: bool,
}

impl Tokens<'_> {
    pub(super) fn of(sql: &str) -> Tokens<'_> {
        Tokens { sql, begin: 0, at: 0, ends_in_comment: false }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.sql.as_bytes();
        loop {
            let rest = &bytes[self.at..];
            self.begin = self.at;
            let first = *rest.first()?;
            if first.is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"--") {
                self.at += line_end(rest);
                self.ends_in_comment = self.at == bytes.len();
            } else if rest.starts_with(b"/*") {
                match comment(rest) {
                    Some(length) => self.at += length,
                    None => return self.open(),
                }
            } else {
                break;
            }
        }
        let rest = &bytes[self.at..];
        match rest[0] {
            b'\'' => self.quoted(0, false),
            b'"' => {
                let begin = self.at + 1;
                self.quoted(0, false).map(|token| match token {
                    Token::Text(_) => Token::Word(&self.sql[begin..self.at - 1]),
                    other => other,
                })
            }
            b'e' | b'E' if rest.get(1) == Some(&b'\'') => self.quoted(1, true),
            b'$' => self.dollars(),
            // A quote behind a number is none of its own: `1E'\''` is a number and a text with escapes.
            b if b.is_ascii_digit() => {
                let length = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
                Some(Token::Word(self.taken(length)))
            }
            b if is_word(b) => {
                let length = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
                let word = &self.sql[self.at..self.at + length];
                match word.find(is_odd) {
                    Some(0) => {
                        let odd = word.chars().next()?;
                        self.at += odd.len_utf8();
                        Some(Token::Odd(odd))
                    }
                    odd => Some(Token::Word(self.taken(odd.unwrap_or(length)))),
                }
            }
            mark => {
                self.at += 1;
                Some(Token::Mark(mark))
            }
        }
    }
}

/// Whether a name may go on with it.
fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') || !b.is_ascii()
}

/// The spaces that the engine makes plain ones, but not all and not everywhere.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}')
}

/// Up to the end of the line, which either sign ends.
fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(bytes.len())
}

/// Where a text goes on that was closed: in quotes again, on a later line, with nothing but blanks and comments between.
fn continued(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut is_later) = (0, false);
    loop {
        match bytes.get(at)? {
            b'\'' => return is_later.then_some(at),
            b'-' if bytes.get(at + 1) == Some(&b'-') => at += line_end(&bytes[at..]),
            b if b.is_ascii_whitespace() => {
                is_later |= matches!(b, b'\n' | b'\r');
                at += 1;
            }
            _ => return None,
        }
    }
}

impl<'a> Tokens<'a> {
    fn taken(&mut self, length: usize) -> &'a str {
        let text = &self.sql[self.at..self.at + length];
        self.at += length;
        text
    }

    fn open(&mut self) -> Option<Token<'a>> {
        self.at = self.sql.len();
        Some(Token::Open)
    }

    /// From a quote, `skip` bytes ahead, to the same one that is not doubled. A text that goes on on a later line has
    /// the escapes that it began with.
    fn quoted(&mut self, skip: usize, has_escapes: bool) -> Option<Token<'a>> {
        let bytes = self.sql.as_bytes();
        let quote = bytes[self.at + skip];
        let doubled = [quote, quote].map(char::from).iter().collect::<String>();
        let mut text = String::new();
        let mut begin = self.at + skip + 1;
        let mut at = begin;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if has_escapes => at += 2,
                b if b == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
                b if b == quote => {
                    text += &self.sql[begin..at].replace(&doubled, &char::from(quote).to_string());
                    self.at = at + 1;
                    let Some(more) = continued(&bytes[self.at..]).filter(|_| quote == b'\'') else {
                        return Some(Token::Text(text));
                    };
                    begin = self.at + more + 1;
                    at = begin;
                }
                _ => at += 1,
            }
        }
        self.open()
    }

    /// `$tag$ … $tag$`, or a parameter.
    fn dollars(&mut self) -> Option<Token<'a>> {
        let rest = &self.sql[self.at..];
        let is_part = |b: &u8| is_word(*b) && *b != b'$';
        let end = 1 + rest.bytes().skip(1).take_while(is_part).count();
        let tag = rest.get(..=end).filter(|tag| tag.ends_with('$'));
        let Some(tag) = tag.filter(|tag| !tag[1..].starts_with(|c: char| c.is_ascii_digit())) else {
            self.at += 1;
            return Some(Token::Mark(b'$'));
        };
        match rest[tag.len()..].find(tag) {
            Some(length) => {
                self.at += length + 2 * tag.len();
                Some(Token::Text(rest[tag.len()..tag.len() + length].to_string()))
            }
            None => self.open(),
        }
    }
}

/// The length of a comment, in which others may stand.
fn comment(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    None
}
