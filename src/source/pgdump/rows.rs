//! The rows of one table, wherever a dump has them: segments of COPY lines or of INSERT statements, each with its
//! own order of fields.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use super::cells::{Cells, Columns};
use super::charset::Charset;
use super::copy::{Lines, Style};
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::source::blocks::{self, Framing};
use crate::source::file::File;
use crate::source::sql::Spelling;
use crate::source::sql::insert::{self, Inserts, Rows};
use crate::source::text::{Format, Outcome, RecordParser, Slot};

/// A part of a table's rows.
#[derive(Debug, Clone)]
pub struct Segment {
    pub file: Arc<File>,
    /// Where its rows lie in a file that can be read at any place.
    pub bodies: Vec<Range<u64>>,
    /// Its fields' names, in order; empty if the dump names none, which means all.
    pub fields: Vec<String>,
    pub form: Form,
    pub charset: Charset,
}

#[derive(Debug, Clone)]
pub enum Form {
    Copy(Style),
    Insert(Spelling),
}

impl Segment {
    /// How many values its first row of an INSERT has.
    pub fn width(&self) -> usize {
        const BYTES: u64 = 1 << 20;
        let Form::Insert(spelling) = self.form else { return 0 };
        let mut head = Vec::new();
        let start = self.bodies.first().map_or(0, |body| body.start);
        let part = if start > 0 { self.file.part(start..self.file.bytes, &self.file.shown).ok() } else { None };
        if let Ok(stream) = part.as_ref().unwrap_or(&self.file).stream(None) {
            // What breaks is said when the rows are read.
            stream.take(BYTES).read_to_end(&mut head).ok();
        }
        insert::width(&head, spelling)
    }

    pub fn bytes(&self) -> u64 {
        if self.bodies.is_empty() {
            self.file.bytes
        } else {
            self.bodies.iter().map(|body| body.end - body.start).sum()
        }
    }
}

pub struct TableRows {
    pub segments: Vec<Segment>,
    /// Of each segment, the column of each field.
    pub fields: Vec<Vec<Option<usize>>>,
    pub columns: Arc<Columns>,
}

impl Format for TableRows {
    type Parser = Parser;

    fn framing(&self, segment: usize) -> Arc<dyn Framing> {
        match self.segments[segment].form {
            Form::Copy(_) => Arc::new(blocks::Lines),
            Form::Insert(spelling) => Arc::new(Inserts(spelling)),
        }
    }

    fn bodies(&self, segment: usize, _: u64) -> Vec<Range<u64>> {
        self.segments[segment].bodies.iter().filter(|body| body.start < body.end).cloned().collect()
    }

    fn has_no_nul(&self, _file: usize) -> bool {
        true
    }

    fn parser(&self, segment: usize, slots: &[Slot]) -> Parser {
        let Segment { form, charset, .. } = &self.segments[segment];
        let cells = Cells::new(&self.fields[segment], slots, self.columns.clone(), *charset);
        match form {
            Form::Copy(style) => Parser::Copy(Lines::new(cells, style.clone(), *charset)),
            Form::Insert(spelling) => Parser::Insert(Rows::new(cells, *spelling)),
        }
    }
}

pub enum Parser {
    Copy(Lines),
    Insert(Rows<Cells>),
}

impl RecordParser for Parser {
    #[inline]
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        match self {
            Parser::Copy(lines) => lines.record(block, at, out, faults),
            Parser::Insert(rows) => rows.record(block, at, out, faults),
        }
    }

    fn begins(&self, block: &[u8], at: usize) -> usize {
        match self {
            Parser::Copy(_) => at,
            Parser::Insert(rows) => rows.begins(block, at),
        }
    }
}
