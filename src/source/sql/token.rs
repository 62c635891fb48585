//! A statement as words: identifiers unquoted and folded, strings decoded, comments left out.

use super::Dialect;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An unquoted word or number; in Postgres in lower case.
    Word(String),
    /// A quoted identifier, as it is.
    Name(String),
    /// A string.
    Text(String),
    Sign(char),
}

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub fn is_sign(&self, sign: char) -> bool {
        *self == Token::Sign(sign)
    }

    /// As an identifier.
    pub fn name(&self) -> Option<&str> {
        match self {
            Token::Word(text) | Token::Name(text) => Some(text),
            _ => None,
        }
    }
}

pub fn tokens(statement: &str, dialect: Dialect) -> Vec<Token> {
    let mut words = Words { chars: statement.chars().collect(), at: 0, dialect };
    let mut tokens = Vec::new();
    while let Some(token) = words.next() {
        tokens.push(token);
    }
    tokens
}

struct Words {
    chars: Vec<char>,
    at: usize,
    dialect: Dialect,
}

impl Words {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let c = self.peek(0)?;
            match (c, self.peek(1)) {
                _ if c.is_whitespace() => self.at += 1,
                ('-', Some('-')) => self.skip_until("\n"),
                ('/', Some('*')) => self.skip_until("*/"),
                ('"', _) => return Some(Token::Name(self.quoted('"', false))),
                ('`', _) if self.dialect == Dialect::Sqlite => return Some(Token::Name(self.quoted('`', false))),
                ('[', _) if self.dialect == Dialect::Sqlite => return Some(Token::Name(self.quoted(']', false))),
                ('\'', _) => return Some(Token::Text(self.quoted('\'', false))),
                ('e' | 'E', Some('\'')) if self.dialect == Dialect::Postgres => {
                    self.at += 1;
                    return Some(Token::Text(self.quoted('\'', true)));
                }
                ('$', _) if self.dialect == Dialect::Postgres => {
                    if let Some(text) = self.dollar() {
                        return Some(Token::Text(text));
                    }
                    self.at += 1;
                    return Some(Token::Sign('$'));
                }
                _ if c.is_alphanumeric() || c == '_' => {
                    let start = self.at;
                    while self.peek(0).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                        self.at += 1;
                    }
                    let word: String = self.chars[start..self.at].iter().collect();
                    // SQLite keeps names as they are written.
                    let is_folded = self.dialect == Dialect::Postgres;
                    return Some(Token::Word(if is_folded { word.to_lowercase() } else { word }));
                }
                _ => {
                    self.at += 1;
                    return Some(Token::Sign(c));
                }
            }
        }
    }

    fn skip_until(&mut self, end: &str) {
        let end: Vec<char> = end.chars().collect();
        self.at += 2;
        while self.at < self.chars.len() && !self.chars[self.at..].starts_with(&end) {
            self.at += 1;
        }
        self.at = (self.at + end.len()).min(self.chars.len());
    }

    fn quoted(&mut self, close: char, escapes: bool) -> String {
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if c == '\\' && escapes {
                text.extend(self.peek(0).map(|escaped| match escaped {
                    'n' => '\n',
                    't' => '\t',
                    other => other,
                }));
                self.at += 1;
            } else if c == close {
                if close == ']' || self.peek(0) != Some(close) {
                    break;
                }
                self.at += 1;
                text.push(c);
            } else {
                text.push(c);
            }
        }
        text
    }

    /// `$tag$ .. $tag$`
    fn dollar(&mut self) -> Option<String> {
        let length = self.chars[self.at + 1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
        if self.peek(length + 1) != Some('$') {
            return None;
        }
        let tag = &self.chars[self.at..self.at + length + 2];
        let start = self.at + tag.len();
        let body = (start..self.chars.len()).find(|at| self.chars[*at..].starts_with(tag));
        let end = body.unwrap_or(self.chars.len());
        let text = self.chars[start..end].iter().collect();
        self.at = (end + length + 2).min(self.chars.len());
        Some(text)
    }
}
