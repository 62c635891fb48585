//! Rows in INSERT statements: a record is one bracketed list of values, the first of a statement together with what
//! stands before it.

use std::ops::Range;

use super::lexer::{Lexer, Mark};
use super::literal::{Literal, literal, skip_blanks};
use super::script::Statement;
use super::token::{Token, tokens};
use super::{Dialect, Spelling, ddl};
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::source::blocks::Framing;
use crate::source::file::SPLIT_BYTES;
use crate::source::text::{Outcome, RecordParser};

/// What is said of a table whose INSERTs name some of its columns only.
pub const LEFT_OUT: &str = "columns that an INSERT leaves out are NULL here, whatever their default";

/// What stands before the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub table: ddl::Name,
    /// Empty if none are named, which means all.
    pub columns: Vec<String>,
    /// Rows follow; not so in `INSERT .. SELECT`.
    pub has_values: bool,
}

/// `INSERT [OR ..] INTO t [(columns)] ..` at the beginning of a statement's text.
pub fn header(text: &str, dialect: Dialect) -> Option<Header> {
    let tokens = tokens(text, dialect);
    let mut rest = ddl::Cursor { tokens: &tokens, at: 0 };
    if !rest.eat(&["insert"]) && !rest.eat(&["replace"]) {
        return None;
    }
    if rest.eat(&["or"]) {
        rest.at += 1;
    }
    rest.eat(&["into"]);
    let table = rest.name()?;
    if rest.eat(&["as"]) {
        rest.name()?;
    }
    let mut columns = Vec::new();
    if rest.peek().is_some_and(|token| token.is_sign('(')) {
        let items = rest.list()?;
        columns = items
            .into_iter()
            .map(|item| match item {
                [Token::Word(name) | Token::Name(name) | Token::Text(name)] => Some(name.clone()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
    }
    rest.eat(&["overriding", "system", "value"]);
    rest.eat(&["overriding", "user", "value"]);
    rest.eat(&["default"]);
    Some(Header { table, columns, has_values: rest.eat(&["values"]) })
}

/// The part of a statement's text before its first list of values.
pub fn head_of(text: &[u8], spelling: Spelling) -> Option<Range<usize>> {
    let mut lexer = Lexer::new(spelling);
    let (mut at, mut start) = (0, 0);
    loop {
        let (next, mark) = lexer.next(text, at);
        at = next;
        match mark {
            Some(Mark::Start) => start = at,
            Some(Mark::Open(b's' | b'S')) if ends_in_values(&text[start..at - 1]) => return Some(start..at - 1),
            Some(Mark::End) | None => return None,
            Some(_) => {}
        }
    }
}

fn ends_in_values(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let ends = |text: &[u8]| text.len() > 6 && text[text.len() - 6..].eq_ignore_ascii_case(b"values");
    // A comment may stand behind the word.
    ends(text) || tokens(&String::from_utf8_lossy(text), Dialect::Sqlite).last().is_some_and(|token| token.is("values"))
}

/// How many values the first row of these statements has.
pub fn width(text: &[u8], spelling: Spelling) -> usize {
    let Some(head) = head_of(text, spelling) else { return 0 };
    let (mut at, mut count) = (head.end, 0);
    loop {
        let (_, end) = literal(text, at + 1, spelling);
        count += 1;
        match text.get(end) {
            Some(b',') => at = end,
            _ => return count,
        }
    }
}

/// INSERT statements of one table, one behind the other.
#[derive(Debug, Clone)]
pub struct Run {
    pub header: Header,
    pub spelling: Spelling,
    /// Where they lie, in pieces that can be read each on its own.
    pub bodies: Vec<Range<u64>>,
    pub statements: u64,
}

impl Run {
    fn add(&mut self, statement: &Statement) {
        let mut start = statement.bytes.start;
        if let Some(last) = self.bodies.last_mut().filter(|last| last.end - last.start < SPLIT_BYTES) {
            start = last.start;
            self.bodies.pop();
        }
        for row in &statement.rows {
            self.bodies.push(start..*row);
            start = *row;
        }
        self.bodies.push(start..statement.bytes.end);
        self.statements += 1;
    }
}

/// Gathers the INSERT statements of a script into runs.
#[derive(Debug, Default)]
pub struct Runs {
    open: Option<Run>,
    /// The text before the values of the last statement.
    head: Vec<u8>,
    /// Statements whose rows are not in the text: `INSERT .. SELECT`.
    computed: u64,
}

impl Runs {
    /// Adds a statement, and returns the run that it does not go on with.
    pub fn add(&mut self, statement: &Statement, spelling: Spelling, text: impl Fn(&[u8]) -> String) -> Option<Run> {
        const HEAD_BYTES_MAX: usize = 64 << 10;
        let last = self.open.as_ref().and_then(|run| run.bodies.last());
        // A comment in between may say that something else follows.
        let is_next = last.is_some_and(|last| statement.bytes.start - last.end <= 2);
        let is_same = is_next && !self.head.is_empty() && statement.text.starts_with(&self.head);
        let mut ended = None;
        if !is_same {
            let shown = text(&statement.text[..statement.text.len().min(HEAD_BYTES_MAX)]);
            let Some(header) = header(&shown, spelling.dialect).filter(|header| header.has_values) else {
                self.computed += 1;
                return self.close();
            };
            let head = head_of(&statement.text, spelling);
            self.head = head.map(|head| statement.text[head].to_vec()).unwrap_or_default();
            let goes_on =
                is_next && self.open.as_ref().is_some_and(|run| run.header == header && run.spelling == spelling);
            if !goes_on {
                ended = self.close();
                self.open = Some(Run { header, spelling, bodies: Vec::new(), statements: 0 });
            }
        }
        self.open.iter_mut().for_each(|run| run.add(statement));
        ended
    }

    /// What is lost, if rows would have to be computed.
    pub fn computed(&self) -> Option<String> {
        let one = self.computed == 1;
        let s = if one { "" } else { "s" };
        let are = if one { "is" } else { "are" };
        (self.computed > 0)
            .then(|| format!("{} INSERT statement{s} that {are} to compute rows, which is not done", self.computed))
    }

    /// The last run is complete.
    pub fn close(&mut self) -> Option<Run> {
        self.open.take()
    }
}

/// Where the rows of INSERT statements begin.
#[derive(Debug, Clone, Copy)]
pub struct Inserts(pub Spelling);

impl Framing for Inserts {
    fn next_start(&self, buffer: &[u8], from: usize, _: bool) -> Option<usize> {
        // Asked only within a record that was too long: the next statement on a line of its own.
        memchr::memmem::find(&buffer[from - 1..], b"\nINSERT INTO ").map(|at| from + at)
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        let mut lexer = Lexer::new(self.0);
        // A buffer may begin with a later row of a statement.
        let mut at = usize::from(buffer.first() == Some(&b'('));
        if at == 1 {
            lexer.next(buffer, 0);
            lexer.next(&buffer[..1], 0);
        }
        let mut last = None;
        loop {
            let (next, mark) = lexer.next(buffer, at);
            at = next;
            match mark {
                Some(Mark::Start) => last = Some(at),
                Some(Mark::Open(b',')) => last = Some(at - 1),
                Some(Mark::Command) => at += 1,
                Some(_) => {}
                None => return last,
            }
        }
    }

    fn is_local(&self) -> bool {
        false
    }
}

/// Where values go.
pub trait Cells: Send {
    /// How many values a row should have.
    fn width(&self) -> usize;
    /// Whether the value at this place of the list is wanted.
    fn wants(&self, field: usize) -> bool;
    fn push(&mut self, field: usize, value: Literal<'_>, out: &mut [Buffer], faults: &mut Vec<Fault>);
    /// NULL in all wanted columns from this place of the list on, and in those that no list has.
    fn finish(&mut self, from: usize, out: &mut [Buffer]);
}

pub struct Rows<C> {
    cells: C,
    spelling: Spelling,
    /// The text before the values of the last statement.
    head: Vec<u8>,
}

impl<C: Cells> Rows<C> {
    pub fn new(cells: C, spelling: Spelling) -> Rows<C> {
        Rows { cells, spelling, head: Vec::new() }
    }

    /// From the beginning of a statement to its first list of values: where that opens, or where the statement ends.
    fn open(&mut self, block: &[u8], at: usize, faults: &mut Vec<Fault>) -> Result<usize, (usize, Outcome)> {
        if !self.head.is_empty() && block[at..].starts_with(&self.head) {
            return Ok(at + self.head.len());
        }
        let text = &block[at..];
        if !is_insert(text) {
            faults.push(Fault::Unread);
            return Err((self.statement_end(block, at), Outcome::NoRow));
        }
        match head_of(text, self.spelling) {
            Some(head) => {
                self.head.clear();
                self.head.extend_from_slice(&text[head.clone()]);
                Ok(at + head.end)
            }
            None => {
                let end = self.statement_end(block, at);
                let statement = block[at..end].trim_ascii_end();
                let statement = statement.strip_suffix(b";").unwrap_or(statement);
                if ends_in_values(statement) {
                    // `DEFAULT VALUES`: a row of which nothing is said.
                    return Err((end, Outcome::Row));
                }
                faults.push(Fault::Unread);
                Err((end, Outcome::NoRow))
            }
        }
    }

    /// Behind the semicolon of the statement that goes on at `at`.
    fn statement_end(&self, block: &[u8], at: usize) -> usize {
        let mut lexer = Lexer::new(self.spelling);
        lexer.resume();
        let mut end = at;
        loop {
            let (next, mark) = lexer.next(block, end);
            end = next;
            match mark {
                Some(Mark::End) | None => return end,
                Some(_) => {}
            }
        }
    }
}

/// What may follow the values: `ON CONFLICT ..`, `RETURNING ..`.
fn goes_on(text: &[u8]) -> bool {
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"on ") || begins(b"on\n") || begins(b"returning")
}

fn is_insert(text: &[u8]) -> bool {
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"insert") || begins(b"replace")
}

impl<C: Cells> RecordParser for Rows<C> {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let mut at = skip_blanks(block, at);
        if block.get(at) == Some(&b';') {
            return (at + 1, Outcome::NoRow);
        }
        if at == block.len() {
            return (at, Outcome::NoRow);
        }
        if block[at] != b'(' {
            match self.open(block, at, faults) {
                Ok(opens) => at = opens,
                Err((end, Outcome::Row)) => {
                    self.cells.finish(0, out);
                    return (end, Outcome::Row);
                }
                Err(other) => return other,
            }
        }
        let opened = at;
        let rows = out.first().map_or(0, |buffer| buffer.valid.len());
        let mut field = 0;
        loop {
            let (value, end) = literal(block, at + 1, self.spelling);
            if end >= block.len() {
                // The list is cut off: no row.
                out.iter_mut().for_each(|buffer| buffer.truncate(rows));
                faults.truncate(0);
                faults.push(Fault::Unread);
                return (block.len().max(opened + 1), Outcome::NoRow);
            }
            if self.cells.wants(field) {
                self.cells.push(field, value, out, faults);
            }
            field += 1;
            at = end;
            if block[at] == b')' {
                break;
            }
        }
        self.cells.finish(field, out);
        if field != self.cells.width() {
            faults.push(Fault::Ragged);
        }
        let after = skip_blanks(block, at + 1);
        let next = match block.get(after) {
            Some(b',') => skip_blanks(block, after + 1),
            Some(b';') => after + 1,
            None => after,
            Some(_) => {
                if !goes_on(&block[after..]) {
                    faults.push(Fault::Unread);
                }
                self.statement_end(block, after)
            }
        };
        (next, Outcome::Row)
    }

    fn begins(&self, block: &[u8], at: usize) -> usize {
        skip_blanks(block, at).min(block.len())
    }
}
