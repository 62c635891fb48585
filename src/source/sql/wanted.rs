//! Which fields of a record are wanted, and where their values go.

use crate::model::column::Buffer;
use crate::source::text::Slot;

/// Where the fields of a record go, which may come in any order and not be all columns.
#[derive(Debug)]
pub struct Wanted {
    /// By field: where its value goes, and its column. Ends with the last field wanted.
    by_field: Vec<Option<(usize, usize)>>,
    /// Columns asked for that records do not have.
    absent: Vec<usize>,
}

impl Wanted {
    /// `fields` are the columns of a record's fields, `None` for one that is no column.
    pub fn new(fields: &[Option<usize>], slots: &[Slot]) -> Wanted {
        let mut by_field = vec![None; fields.len()];
        let mut absent = Vec::new();
        for slot in slots {
            match fields.iter().position(|column| *column == Some(slot.column)) {
                Some(field) => by_field[field] = Some((slot.out, slot.column)),
                None => absent.push(slot.out),
            }
        }
        while matches!(by_field.last(), Some(None)) {
            by_field.pop();
        }
        Wanted { by_field, absent }
    }

    /// One more than the last field wanted.
    pub fn len(&self) -> usize {
        self.by_field.len()
    }

    /// Where the value of this field goes, and its column.
    #[inline]
    pub fn of(&self, field: usize) -> Option<(usize, usize)> {
        self.by_field.get(field).copied().flatten()
    }

    /// NULL in all columns asked for whose fields, from this one on, did not come.
    pub fn fill(&self, from: usize, out: &mut [Buffer]) {
        self.by_field.iter().skip(from).flatten().for_each(|(slot, _)| out[*slot].push_null());
        self.absent.iter().for_each(|slot| out[*slot].push_null());
    }
}
