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
            Token::Mark(_) | Token::Text(_) | Token::Open if is_begin => {
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
    for token in Tokens::of(sql) {
        match token {
            Token::Mark(b'(' | b'[' | b'{') => depth += 1,
            Token::Mark(b')' | b']' | b'}') if depth == 0 => return refused("it closes what it did not open"),
            Token::Mark(b')' | b']' | b'}') => depth -= 1,
            Token::Mark(b';') => return refused("it has a `;`"),
            Token::Open => return refused("a quote or a comment in it does not end"),
            _ => {}
        }
    }
    if depth > 0 { refused("it opens what it does not close") } else { Ok(()) }
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
    /// A quote or a comment that does not end.
    Open,
}

/// SQL by tokens, as PostgreSQL and the engine cut it (PostgreSQL 17 manual, 4.1 Lexical Structure).
struct Tokens<'a> {
    sql: &'a str,
    at: usize,
}

impl Tokens<'_> {
    fn of(sql: &str) -> Tokens<'_> {
        Tokens { sql, at: 0 }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.sql.as_bytes();
        loop {
            let rest = &bytes[self.at..];
            let first = *rest.first()?;
            if first.is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"--") {
                self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
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
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') || !b.is_ascii();
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
            b if is_word(&b) => {
                let length = rest.iter().position(|b| !is_word(b)).unwrap_or(rest.len());
                let word = &self.sql[self.at..self.at + length];
                self.at += length;
                Some(Token::Word(word))
            }
            mark => {
                self.at += 1;
                Some(Token::Mark(mark))
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn open(&mut self) -> Option<Token<'a>> {
        self.at = self.sql.len();
        Some(Token::Open)
    }

    /// From a quote, `skip` bytes ahead, to the same one that is not doubled.
    fn quoted(&mut self, skip: usize, has_escapes: bool) -> Option<Token<'a>> {
        let bytes = self.sql.as_bytes();
        let quote = bytes[self.at + skip];
        let begin = self.at + skip + 1;
        let mut at = begin;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if has_escapes => at += 2,
                b if b == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
                b if b == quote => {
                    self.at = at + 1;
                    let doubled = [quote, quote].map(char::from).iter().collect::<String>();
                    return Some(Token::Text(self.sql[begin..at].replace(&doubled, &char::from(quote).to_string())));
                }
                _ => at += 1,
            }
        }
        self.open()
    }

    /// `$tag$ … $tag$`, or a parameter.
    fn dollars(&mut self) -> Option<Token<'a>> {
        let rest = &self.sql[self.at..];
        let tag = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map(|end| &rest[..=end + 1]);
        let Some(tag) = tag.filter(|tag| tag.ends_with('$') && !tag[1..].starts_with(|c: char| c.is_ascii_digit()))
        else {
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
            "a IN (1, 2) -- why ) ;",
            "x = $$)$$",
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
