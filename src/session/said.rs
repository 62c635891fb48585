//! What settings say of columns: that the evidence has them. A name that is mistyped would say nothing, in silence.

use super::{Session, Table};
use crate::error::{Error, Result};
use crate::model::name;

impl Session {
    /// # Errors
    /// If settings name a column that no table of the source has. Fields of a log are those of its lines of today, so that
    /// one which it has not is only told.
    pub(super) fn check_said(&mut self, is_typed: bool) -> Result<()> {
        let mut notes = Vec::new();
        for (source, said) in &self.settings.sources {
            let tables: Vec<&Table> =
                self.tables.iter().chain(&self.parts).filter(|table| table.source == *source).collect();
            if tables.is_empty() || self.is_side(source) {
                continue;
            }
            let of = |key: &str, columns: &[String]| {
                let key = format!("sources.{source}.{key}");
                columns.iter().map(|column| (key.clone(), column.clone())).collect::<Vec<_>>()
            };
            let sequence: Vec<String> = said.sequence.iter().cloned().collect();
            for (key, column) in
                [of("series", &said.series), of("sequence", &sequence), of("text", &said.text)].concat()
            {
                if tables.iter().any(|table| table.column(&column).is_some()) {
                    continue;
                }
                let text = format!("`{key}` names `{column}`, and no table of `{source}` has such a column");
                if tables.iter().any(|table| table.kind == "log") {
                    notes.push((source.clone(), text));
                    continue;
                }
                let own = tables.iter().flat_map(|table| table.own_columns());
                let names: Vec<String> = own.map(|column| column.name.clone()).collect();
                let near = name::nearest(&column, names.iter().map(String::as_str));
                return Err(Error::question(text).near_or(&near, format!("there are {}", name::listed(&names))));
            }
        }
        for (source, note) in notes {
            self.coverage.note_of_source(&source, note);
        }
        self.check_entities_said(is_typed)
    }

    /// Of sources that are typed the tables of others are not there.
    fn check_entities_said(&self, is_typed: bool) -> Result<()> {
        for (thing, columns) in &self.settings.entities {
            for text in columns {
                let table = text.rsplit_once('.').map_or("", |(table, _)| table);
                let source = text.split('.').next().unwrap_or_default();
                let is_left_out = self.settings.sources.contains_key(source)
                    && !self.tables.iter().chain(&self.parts).any(|table| table.source == source);
                if self.table(table).is_err() && (is_typed || is_left_out || self.is_empty_stream) {
                    continue;
                }
                self.table_column(text).map_err(|error| match error.detail {
                    None => error.detail(format!("asked for by entities.{thing}")),
                    Some(_) => Error { detail: Some(format!("asked for by entities.{thing}: {text}")), ..error },
                })?;
            }
        }
        Ok(())
    }
}
