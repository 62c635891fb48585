//! The columns of a log table: those that every log has, then the fields of its formats.

use std::collections::HashMap;

use super::pattern::{Field, FieldType};
use super::plan::{Push, Target};
use crate::model::column::{Column, Kind};
use crate::source::infer::Reading;

const OWN: [(&str, Kind); 5] = [
    ("ts", Kind::Time),
    ("level", Kind::Text),
    ("code", Kind::Text),
    ("message", Kind::Text),
    ("exception", Kind::Text),
];

pub struct Columns {
    pub list: Vec<Column>,
    by_name: HashMap<String, usize>,
}

impl Default for Columns {
    fn default() -> Self {
        let list = OWN.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
        Columns { list, by_name: HashMap::new() }
    }
}

fn kind(field: &Field) -> Kind {
    match &field.kind {
        FieldType::Read(reading) => reading.kind(),
        FieldType::Time(_) => Kind::Time,
    }
}

/// A key may be empty or hold what no name of a column can.
fn named(key: &str) -> String {
    let name = key.replace('\0', "\u{FFFD}");
    if name.is_empty() { "unnamed".into() } else { name }
}

impl Columns {
    /// Makes columns of fields. A field called as one of the table's own columns gets a number.
    pub fn add(&mut self, fields: &[Field]) {
        for field in fields {
            let lower = field.name.to_lowercase();
            match self.by_name.get(&lower) {
                None => {
                    let is_own = OWN.iter().any(|(name, _)| *name == lower) || ["_file", "_line"].contains(&&*lower);
                    let name = if is_own { format!("{}_2", field.name) } else { named(&field.name) };
                    self.by_name.insert(lower, self.list.len());
                    self.list.push(Column::new(name, kind(field)));
                }
                // A number in one format and a text in another is text.
                Some(at) if self.list[*at].kind != kind(field) => self.list[*at].kind = Kind::Text,
                Some(_) => {}
            }
        }
    }

    /// What the column of a field is called.
    pub fn name(&self, field: &Field) -> &str {
        &self.list[self.by_name[&field.name.to_lowercase()]].name
    }

    /// Where the values of fields go, once all columns are known.
    pub fn targets(&self, fields: &[Field]) -> Vec<Target> {
        let target = |field: &Field| {
            let column = self.by_name[&field.name.to_lowercase()];
            let push = match &field.kind {
                _ if self.list[column].kind != kind(field) => Push::Read(Reading::Text),
                FieldType::Read(reading) => Push::Read(*reading),
                FieldType::Time(format) => Push::Time(format.clone()),
            };
            Target { column, push }
        };
        fields.iter().map(target).collect()
    }
}
