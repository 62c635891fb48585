//! From the fields of a row to the columns asked for.

use std::sync::Arc;

use super::charset::Charset;
use super::kind::PgKind;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone::Clock;
use crate::source::sql::insert;
use crate::source::sql::literal::Literal;
use crate::source::text::Slot;

/// What the columns of a table are.
#[derive(Debug)]
pub struct Columns {
    pub names: Vec<String>,
    pub kinds: Vec<PgKind>,
    pub clock: Clock,
}

pub struct Cells {
    /// By field: where its value goes, and its column. Ends with the last field wanted.
    wanted: Vec<Option<(usize, usize)>>,
    /// Columns asked for that rows do not have.
    absent: Vec<usize>,
    fields: usize,
    columns: Arc<Columns>,
    charset: Charset,
}

impl Cells {
    /// `fields` are the columns of a row's fields, `None` for one that is no column.
    pub fn new(fields: &[Option<usize>], slots: &[Slot], columns: Arc<Columns>, charset: Charset) -> Cells {
        let mut wanted = vec![None; fields.len()];
        let mut absent = Vec::new();
        for slot in slots {
            match fields.iter().position(|column| *column == Some(slot.column)) {
                Some(field) => wanted[field] = Some((slot.out, slot.column)),
                None => absent.push(slot.out),
            }
        }
        while matches!(wanted.last(), Some(None)) {
            wanted.pop();
        }
        Cells { wanted, absent, fields: fields.len(), columns, charset }
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
        matches!(self.wanted.get(field), Some(Some(_)))
    }

    pub fn null(&self, field: usize, out: &mut [Buffer]) {
        if let Some(Some((slot, _))) = self.wanted.get(field) {
            out[*slot].push_null();
        }
    }

    /// A value in UTF-8, escapes decoded.
    #[inline]
    pub fn text(&self, field: usize, text: &[u8], out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some(Some((slot, column))) = self.wanted.get(field) else { return };
        let kind = &self.columns.kinds[*column];
        if !kind.push(text, self.columns.clock, &mut out[*slot]) {
            faults.push(match kind {
                PgKind::Text => Fault::Replaced,
                _ => self.misfit(*column),
            });
        }
    }

    fn misfit(&self, column: usize) -> Fault {
        Fault::Value { column: self.columns.names[column].clone(), kind: self.columns.kinds[column].kind().name() }
    }

    /// NULL in all columns asked for whose fields did not come.
    pub fn fill(&self, count: usize, out: &mut [Buffer]) {
        self.wanted.iter().skip(count).flatten().for_each(|(slot, _)| out[*slot].push_null());
        self.absent.iter().for_each(|slot| out[*slot].push_null());
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
                if let Some(Some((_, column))) = self.wanted.get(field) {
                    faults.push(self.misfit(*column));
                }
            }
        }
    }

    fn finish(&mut self, from: usize, out: &mut [Buffer]) {
        self.fill(from, out);
    }
}
