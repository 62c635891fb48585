//! What SQL of the user may be: one statement that asks, and conditions that are one expression. Told by SQL's own
//! tokens, before the engine sees any of it; what it may reach is the engine's to refuse (`Engine::shut`).

use crate::error::{Error, Result};

/// The first words of statements that ask.
const QUESTIONS: [&str; 14] = [
    "select",
    "with",
    "from",
    "values",
    "table",
    "describe",
    "desc",
    "summarize",
    "show",
    "explain",
    "pivot",
    "unpivot",
    "pivot_wider",
    "pivot_longer",
];

/// The statements of a text, each by its first word in lower case; `(` counts as a `select`.
pub fn statements(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_begin = true;
    for token in Tokens::of(sql) {
        match token {
            Token::Mark(b';') => is_begin = true,
            Token::Word(word) if is_begin => {
                found.push(word.to_lowercase());
                is_begin = false;
            }
            Token::Mark(b'(') if is_begin => {
                found.push("select".into());
                is_begin = false;
            }
            Token::Mark(_) | Token::Text(_) | Token::Odd(_) | Token::Open if is_begin => {
                found.push(String::new());
                is_begin = false;
            }
            _ => {}
        }
    }
    found
}

/// Refuses what is no single question. Of SQL that may use files, `COPY` is one too.
///
/// # Errors
/// If it is another kind of statement, or there are several.
pub fn question(sql: &str, allows_files: bool) -> Result<()> {
    let found = statements(sql);
    if found.len() > 1 {
        return Err(Error::question("the SQL has several statements, and one can be answered")
            .hint("ask them one after the other"));
    }
    match found.first().map(String::as_str) {
        Some(word) if QUESTIONS.contains(&word) => Ok(()),
        Some("copy") if allows_files => Ok(()),
        Some("copy") => Err(Error::question("SQL of `rca query` writes no file")
            .hint("write the answer with -o FILE, or allow it: --allow-files")),
        Some(word) if word.chars().all(|c| c.is_ascii_alphabetic()) && !word.is_empty() && is_statement(word) => {
            Err(Error::question(format!("`{}` asks nothing, and rca changes nothing", word.to_uppercase()))
                .hint("ask with SELECT, DESCRIBE, SUMMARIZE or EXPLAIN"))
        }
        // The engine says what is wrong with it.
        _ => Ok(()),
    }
}

/// Words that begin statements which the engine would run, and which ask nothing.
fn is_statement(word: &str) -> bool {
    const OTHERS: [&str; 38] = [
        "abort",
        "alter",
        "analyze",
        "attach",
        "begin",
        "call",
        "checkpoint",
        "comment",
        "commit",
        "create",
        "copy",
        "deallocate",
        "delete",
        "detach",
        "drop",
        "end",
        "execute",
        "export",
        "force",
        "grant",
        "import",
        "insert",
        "install",
        "load",
        "merge",
        "pragma",
        "prepare",
        "reset",
        "revoke",
        "rollback",
        "set",
        "start",
        "transaction",
        "truncate",
        "update",
        "use",
        "vacuum",
        "reindex",
    ];
    OTHERS.contains(&word)
}

/// Refuses a condition that is not one expression: it could end the parentheses it is put in, and say more than that.
///
/// # Errors
/// If it does.
pub fn condition(said_by: &str, sql: &str) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::question(format!("`{said_by}` is not one condition"))
            .detail(why)
            .hint(format!("write one expression that is true or false: {said_by} \"level = 'ERROR'\"")))
    };
    let mut depth = 0_u32;
    let mut tokens = Tokens::of(sql);
    for token in tokens.by_ref() {
        match token {
            Token::Mark(b'(' | b'[' | b'{') => depth += 1,
            Token::Mark(b')' | b']' | b'}') if depth == 0 => return refused("it closes what it did not open"),
            Token::Mark(b')' | b']' | b'}') => depth -= 1,
            Token::Mark(b';') => return refused("it has a `;`"),
            Token::Open => return refused("a quote or a comment in it does not end"),
            Token::Odd(odd) => {
                return refused(&format!("it has a space that is no plain one (U+{:04X})", u32::from(odd)));
            }
            _ => {}
        }
    }
    match depth {
        0 if tokens.ends_in_comment => refused("it ends in a comment, which would take in what follows it"),
        0 => Ok(()),
        _ => refused("it opens what it does not close"),
    }
}

/// The file that a `COPY … TO 'FILE'` writes.
///
/// # Errors
/// If it names none as a plain text.
pub fn written(sql: &str) -> Result<Option<String>> {
    let mut depth = 0_u32;
    let mut is_after_to = false;
    if statements(sql).first().is_none_or(|word| word != "copy") {
        return Ok(None);
    }
    for token in Tokens::of(sql) {
        match token {
            Token::Mark(b'(') => depth += 1,
            Token::Mark(b')') => depth = depth.saturating_sub(1),
            Token::Text(path) if is_after_to => return Ok(Some(path)),
            _ if is_after_to => break,
            Token::Word(word) if depth == 0 => is_after_to = word.eq_ignore_ascii_case("to"),
            _ => {}
        }
    }
    Err(Error::question("COPY says no file that it writes to").hint("write COPY (SELECT …) TO 'FILE'"))
}

enum Token<'a> {
    Word(&'a str),
    /// A quoted text, without its quotes.
    Text(String),
    Mark(u8),
    /// A space that is none of ASCII: the engine takes it for one or for a letter, by what stands before it.
    Odd(char),
    /// A quote or a comment that does not end.
    Open,
}

/// The text on one line, as it is pasted into a shell: without comments, with one blank where others were. Names and
/// texts in quotes stay as they are.
pub(super) fn one_line(sql: &str) -> String {
    let mut line = String::with_capacity(sql.len());
    let mut tokens = Tokens::of(sql);
    let mut end = 0;
    while tokens.next().is_some() {
        let text = &sql[tokens.begin..tokens.at];
        if tokens.begin > end && end > 0 && !line.ends_with('(') && text != ")" {
            line.push(' ');
        }
        line.push_str(text);
        end = tokens.at;
    }
    line
}

/// SQL by tokens, as PostgreSQL and the engine cut it (PostgreSQL 17 manual, 4.1 Lexical Structure).
struct Tokens<'a> {
    sql: &'a str,
    /// Where the token given last begins, and where it ends.
    begin: usize,
    at: usize,
    /// Whether the text ends in a comment that goes on to the end of its line.
    ends_in_comment: bool,
}

impl Tokens<'_> {
    fn of(sql: &str) -> Tokens<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_one_expression() {
        for good in [
            "level = 'a)b;c'",
            "a IN (1, 2) -- why ) ;\n",
            "-- why )\ra = 1",
            "x = $$)$$",
            "x = $größe$)$größe$",
            "a = 'b'\n  -- c\n ')'",
            "a = 'one\u{a0}word'",
            "a = 1E5 AND b = 'x'",
            "\"a)\" = 1 /* ) /* ; */ ) */",
            "e = E'it\\')'",
            "m['a'] = {'b': 1}.b",
            "größe > 1",
        ] {
            assert!(condition("--where", good).is_ok(), "{good}");
        }
        for bad in ["1=1) UNION SELECT (1", "1=1; SET x = 1", "(a", "a = 'x", "1=1) --", "a /* ", "$q$ ) $r$"] {
            assert!(condition("--where", bad).is_err(), "{bad}");
        }
        // What would hide a parenthesis from the guard and not from the engine.
        for bad in [
            "a = 1 --\r) UNION SELECT 1 --\n",
            "a = E'x'\n'\\'') UNION SELECT 1 --'",
            "a = E'x' -- c\n'\\'') UNION SELECT 1 --'",
            "a = \u{a0}E'\\'') UNION SELECT 1 --'",
            "a = 1E'\\'') UNION SELECT 1 --'",
            "a = 1$$'$$) UNION SELECT 1 --'",
            "a = $€$'$€$) UNION SELECT 1 --'",
            "a = 1 -- c",
        ] {
            assert!(condition("--where", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_question_is_one_statement_that_asks() {
        for good in ["select 1;", "( select 1 )", "/* a */ FROM t", "with x as (select ';') from x", "selct 1", ""] {
            assert!(question(good, false).is_ok(), "{good}");
        }
        for bad in ["select 1; select 2", "Install httpfs", "-- x\nATTACH 'a'", "copy t to 'x'", "pragma version"] {
            assert!(question(bad, false).is_err(), "{bad}");
        }
        assert!(question("copy t to 'x'", true).is_ok());
        assert!(question("load 'x'", true).is_err());
        assert_eq!(written("copy (select 'a' to_) to 'it''s.csv' (header)").expect("a file"), Some("it's.csv".into()));
        assert_eq!(written("select 1").expect("none"), None);
        assert!(written("copy t to current_setting('x')").is_err());
    }
}
