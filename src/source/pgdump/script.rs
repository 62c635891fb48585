//! A dump's script in one pass: its statements split as psql splits them, its COPY data found and stepped over.
//! Quotes, dollar quotes and comments are honoured, so that a COPY in a function body is no data.

use std::ops::Range;
use std::sync::Arc;

use super::ddl::{self, CreateTable, Token};
use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::file::{self, Handle, File};

/// Of a statement, at most this much is looked at: an INSERT may have megabytes.
const STATEMENT_BYTES_MAX: usize = 1 << 20;

pub struct Script {
    pub tables: Vec<CreateTable>,
    pub copies: Vec<CopyBlock>,
    /// What is in the script but no table of rows.
    pub notes: Vec<String>,
    /// Statements that hold rows and are not read.
    pub inserts: u64,
}

pub struct CopyBlock {
    pub table: (String, String),
    pub columns: Vec<String>,
    /// From the first row to the line of `\.`.
    pub bytes: Range<u64>,
    /// Whether that line was there.
    pub ended: bool,
}

/// # Errors
/// If the file cannot be read or holds several databases.
pub fn read(file: &File, coverage: &Arc<Coverage>) -> Result<Script> {
    let handle = file.positioned()?;
    let mut window = Window { handle: &handle, buffer: Vec::new(), base: 0, at: 0, ended: false };
    let mut script = Script { tables: Vec::new(), copies: Vec::new(), notes: Vec::new(), inserts: 0 };
    let mut inserts = 0_u64;
    let mut databases = 0;
    let failed = |e: std::io::Error| Error::file(&file.shown, &e);
    while let Some(statement) = window.statement().map_err(failed)? {
        if coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        if statement.starts_with('\\') {
            databases += u64::from(statement.starts_with("\\connect"));
            continue;
        }
        let head: String = statement.chars().take(12).collect::<String>().to_ascii_lowercase();
        if head.starts_with("insert") {
            inserts += 1;
        } else if head.starts_with("set client_e") {
            encoding(&statement, file)?;
        } else if head.starts_with("copy") {
            let tokens = ddl::tokens(&statement);
            if let Some((table, columns)) = copy_target(&tokens) {
                let (bytes, ended) = window.copy_data().map_err(failed)?;
                script.copies.push(CopyBlock { table, columns, bytes, ended });
            }
        } else if head.starts_with("create") {
            let tokens = ddl::tokens(&statement);
            if let Some(table) = ddl::create_table(&tokens) {
                script.tables.push(table);
            } else if let Some(view) = view(&tokens) {
                script.notes.push(format!("`{view}` is a view, not data"));
            }
        }
    }
    script.inserts = inserts;
    if databases > 1 {
        return Err(Error::evidence(format!("`{}` holds several databases, which is not read", file.shown))
            .hint("dump each database on its own: pg_dump DATABASE > database.sql"));
    }
    Ok(script)
}

/// Refuses encodings whose bytes would be taken for others'.
fn encoding(statement: &str, file: &File) -> Result<()> {
    let name = statement.split('\'').nth(1).unwrap_or_default().to_uppercase();
    if ["", "UTF8", "UNICODE", "SQL_ASCII", "LATIN1", "WIN1252"].contains(&name.as_str()) {
        return Ok(());
    }
    Err(Error::evidence(format!("`{}` is in the encoding {name}, which is not read", file.shown))
        .hint("dump it again with pg_dump --encoding=UTF8"))
}

fn copy_target(tokens: &[Token]) -> Option<((String, String), Vec<String>)> {
    let (table, used) = ddl::qualified(&tokens[1..])?;
    let mut rest = &tokens[1 + used..];
    let mut columns = Vec::new();
    if rest.first() == Some(&Token::Sign('(')) {
        let close = rest.iter().position(|token| *token == Token::Sign(')'))?;
        for token in &rest[1..close] {
            if let Token::Word(name) | Token::Name(name) = token {
                columns.push(name.clone());
            }
        }
        rest = &rest[close + 1..];
    }
    (rest.first()?.is("from") && rest.get(1)?.is("stdin")).then_some((table, columns))
}

fn view(tokens: &[Token]) -> Option<String> {
    let at = tokens.iter().take(4).position(|token| token.is("view"))?;
    ddl::qualified(&tokens[at + 1..]).map(|((_, name), _)| name)
}

/// The part of the script that is being looked at.
struct Window<'a> {
    handle: &'a Handle,
    buffer: Vec<u8>,
    /// Of the buffer's first byte in the file.
    base: u64,
    /// In the buffer.
    at: usize,
    ended: bool,
}

impl Window<'_> {
    const STEP: usize = 1 << 20;

    /// Reads on, forgetting what is behind. `false` at the end of the file.
    fn more(&mut self) -> std::io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let known = self.buffer.len();
        self.buffer.resize(known + Self::STEP, 0);
        let got = file::read_full_at(self.handle, &mut self.buffer[known..], self.base + known as u64)?;
        self.buffer.truncate(known + got);
        self.ended = got < Self::STEP;
        Ok(got > 0)
    }

    fn peek(&mut self, ahead: usize) -> std::io::Result<Option<u8>> {
        while self.at + ahead >= self.buffer.len() {
            if !self.more()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.at + ahead]))
    }

    fn next(&mut self) -> std::io::Result<Option<u8>> {
        let byte = self.peek(0)?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// The next statement without comments and without its semicolon, or a psql command such as `\connect`.
    fn statement(&mut self) -> std::io::Result<Option<String>> {
        let mut text: Vec<u8> = Vec::new();
        while let Some(byte) = self.next()? {
            let is_start = text.iter().all(u8::is_ascii_whitespace);
            match byte {
                b';' => return Ok(Some(trimmed(&text))),
                b'\\' if is_start => {
                    text = vec![b'\\'];
                    self.line(&mut text)?;
                    return Ok(Some(trimmed(&text)));
                }
                b'-' if self.peek(0)? == Some(b'-') => self.line(&mut Vec::new())?,
                b'/' if self.peek(0)? == Some(b'*') => self.comment()?,
                b'\'' => {
                    let escapes = matches!(text.last(), Some(b'e' | b'E'))
                        && !text.iter().rev().nth(1).is_some_and(u8::is_ascii_alphanumeric);
                    self.quoted(byte, escapes, &mut text)?;
                }
                b'"' => self.quoted(byte, false, &mut text)?,
                b'$' if !text.last().is_some_and(|last| last.is_ascii_alphanumeric() || *last == b'_') => {
                    self.dollar(&mut text)?
                }
                _ => keep(&mut text, byte),
            }
        }
        Ok(if text.iter().all(u8::is_ascii_whitespace) { None } else { Some(trimmed(&text)) })
    }

    fn line(&mut self, text: &mut Vec<u8>) -> std::io::Result<()> {
        while let Some(byte) = self.next()? {
            if byte == b'\n' {
                break;
            }
            keep(text, byte);
        }
        Ok(())
    }

    /// `/* .. */`, which may nest.
    fn comment(&mut self) -> std::io::Result<()> {
        let mut depth = 1;
        self.at += 1;
        while depth > 0 {
            let Some(byte) = self.next()? else { break };
            match (byte, self.peek(0)?) {
                (b'*', Some(b'/')) => depth -= 1,
                (b'/', Some(b'*')) => depth += 1,
                _ => continue,
            }
            self.at += 1;
        }
        Ok(())
    }

    fn quoted(&mut self, quote: u8, escapes: bool, text: &mut Vec<u8>) -> std::io::Result<()> {
        keep(text, quote);
        while let Some(byte) = self.next()? {
            keep(text, byte);
            if byte == b'\\' && escapes {
                if let Some(next) = self.next()? {
                    keep(text, next);
                }
            } else if byte == quote {
                if self.peek(0)? != Some(quote) {
                    break;
                }
                self.at += 1;
                keep(text, quote);
            }
        }
        Ok(())
    }

    /// `$tag$ … $tag$`, left out of the text.
    fn dollar(&mut self, text: &mut Vec<u8>) -> std::io::Result<()> {
        let mut tag = vec![b'$'];
        loop {
            match self.peek(tag.len() - 1)? {
                Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => tag.push(byte),
                Some(b'$') => {
                    tag.push(b'$');
                    break;
                }
                _ => {
                    keep(text, b'$');
                    return Ok(());
                }
            }
        }
        self.at += tag.len() - 1;
        loop {
            if let Some(found) = memchr::memmem::find(&self.buffer[self.at..], &tag) {
                self.at += found + tag.len();
                return Ok(());
            }
            self.at = self.buffer.len().saturating_sub(tag.len() - 1).max(self.at);
            if !self.more()? {
                self.at = self.buffer.len();
                return Ok(());
            }
        }
    }

    /// Steps over the data of a COPY: from the next line to the line `\.`.
    fn copy_data(&mut self) -> std::io::Result<(Range<u64>, bool)> {
        self.line(&mut Vec::new())?;
        let start = self.base + self.at as u64;
        if self.peek(0)? == Some(b'\\') && self.peek(1)? == Some(b'.') {
            self.line(&mut Vec::new())?;
            return Ok((start..start, true));
        }
        let finder = memchr::memmem::Finder::new(b"\n\\.");
        loop {
            if let Some(found) = finder.find(&self.buffer[self.at..]) {
                self.at += found + 1;
                let end = self.base + self.at as u64;
                // `\.` alone on its line; a value cannot begin so, since COPY doubles its backslashes.
                self.line(&mut Vec::new())?;
                return Ok((start..end, true));
            }
            self.at = self.buffer.len().saturating_sub(2).max(self.at);
            if !self.more()? {
                self.at = self.buffer.len();
                return Ok((start..self.base + self.at as u64, false));
            }
        }
    }
}

fn keep(text: &mut Vec<u8>, byte: u8) {
    if text.len() < STATEMENT_BYTES_MAX {
        text.push(byte);
    }
}

fn trimmed(text: &[u8]) -> String {
    String::from_utf8_lossy(text.trim_ascii()).into_owned()
}
