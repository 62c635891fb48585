//! From the fields of a row to the columns asked for.

use std::sync::Arc;

use super::charset::Charset;
use super::kind::PgKind;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::sql::insert;
use crate::source::sql::literal::Literal;
use crate::source::sql::wanted::Wanted;
use crate::source::text::Slot;

/// What the columns of a table are.
#[derive(Debug)]
pub struct Columns {
    pub names: Vec<String>,
    pub kinds: Vec<PgKind>,
    pub clock: Clock,
}

pub struct Cells {
    wanted: Wanted,
    fields: usize,
    columns: Arc<Columns>,
    charset: Charset,
}

impl Cells {
    /// `fields` are the columns of a row's fields, `None` for one that is no column.
    pub fn new(fields: &[Option<usize>], slots: &[Slot], columns: Arc<Columns>, charset: Charset) -> Cells {
        Cells { wanted: Wanted::new(fields, slots), fields: fields.len(), columns, charset }
    }

    pub fn fields(&self) -> usize {
        self.fields
    }

    /// One more than the last field wanted.
    pub fn last_wanted(&self) -> usize {
        self.wanted.len()
    }

    #[inline]
    pub fn is_wanted(&self, field: usize) -> bool {
        self.wanted.of(field).is_some()
    }

    pub fn null(&self, field: usize, out: &mut [Buffer]) {
        if let Some((slot, _)) = self.wanted.of(field) {
            out[slot].push_null();
        }
    }

    /// A value in UTF-8, escapes decoded.
    #[inline]
    pub fn text(&self, field: usize, text: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some((slot, column)) = self.wanted.of(field) else { return };
        let kind = &self.columns.kinds[column];
        if !kind.push(text, self.columns.clock, &mut out[slot]) {
            faults.push(match kind {
                PgKind::Text | PgKind::Padded => Fault::Replaced,
                _ => self.misfit(column),
            });
        }
    }

    fn misfit(&self, column: usize) -> Fault {
        Fault::Value { column: self.columns.names[column].clone(), kind: self.columns.kinds[column].kind().name() }
    }

    /// NULL in all columns asked for whose fields did not come.
    pub fn fill(&self, count: usize, out: &mut [Buffer]) {
        self.wanted.fill(count, out);
    }
}

impl insert::Cells for Cells {
    fn width(&self) -> usize {
        self.fields
    }

    fn wants(&self, field: usize) -> bool {
        self.is_wanted(field)
    }

    fn push(&mut self, field: usize, value: Literal<'_>, out: &mut [Buffer], faults: &mut Vec<Fault>) {
        match value {
            Literal::Null | Literal::Default => self.null(field, out),
            Literal::Number(digits) => self.text(field, digits, out, faults),
            Literal::Bool(value) => self.text(field, if value { b"t" } else { b"f" }, out, faults),
            Literal::Blob(bytes) => self.text(field, &bytes, out, faults),
            Literal::Text(bytes) => {
                let (text, is_broken) = self.charset.decode(&bytes);
                if is_broken {
                    faults.push(Fault::Replaced);
                }
                self.text(field, &text, out, faults);
            }
            Literal::Expression => {
                self.null(field, out);
                if let Some((_, column)) = self.wanted.of(field) {
                    faults.push(self.misfit(column));
                }
            }
        }
    }

    fn finish(&mut self, from: usize, out: &mut [Buffer]) {
        self.fill(from, out);
    }
}
