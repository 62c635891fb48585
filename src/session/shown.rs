//! What of the evidence is shown under another name: commands that cut texts, or compare them with what an earlier answer
//! had, ask here. Where rows, notes and pages leave, `redaction.rs` sees to it.

use std::sync::Arc;

use super::Session;
use crate::engine::words;
use crate::error::Result;
use crate::model::redact::Redactor;
use crate::model::value::Value;

impl Session {
    /// Takes what makes pseudonyms.
    pub fn shows_with(&mut self, redactor: Option<Arc<Redactor>>) {
        self.redactor = redactor;
    }

    /// A text as it is shown, for what is cut afterwards: half an address would stay.
    pub fn shown(&self, text: &str) -> String {
        self.redactor.as_ref().map_or_else(|| text.to_string(), |redactor| redactor.text(text))
    }

    /// Rows of SQL as they are shown.
    pub fn shown_row(&self, columns: &[String], row: &[Value]) -> Vec<Value> {
        self.redactor.as_ref().map_or_else(|| row.to_vec(), |redactor| redactor.row(columns, row))
    }

    /// Whether a text of the evidence is what a file or an earlier answer says, maybe by pseudonyms under the same key.
    pub fn is_said(&self, own: &str, said: &str) -> bool {
        own == said || self.redactor.as_ref().is_some_and(|redactor| redactor.text(own) == said)
    }

    /// Follows which columns of a query are made of named ones.
    pub fn follow(&self, sql: &str) {
        if let Some(redactor) = &self.redactor {
            let columns = self.tables.iter().flat_map(|table| &table.columns).map(|column| column.name.clone());
            let tables = self.tables.iter().flat_map(|table| [&table.name, &table.short_name, &table.source]).cloned();
            let said: Vec<String> = columns.chain(tables).chain(words(sql)).collect();
            redactor.follow(self.engine.made_of(sql).as_deref(), &said);
        }
    }

    /// Asks SQL of the user within a question: what goes wrong is told as its rows are shown.
    ///
    /// # Errors
    /// As what is asked.
    pub fn asked_of<T>(&self, sql: &str, ask: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(redactor) = &self.redactor else { return ask() };
        self.follow(sql);
        let answer = ask().map_err(|error| redactor.error(error));
        redactor.follow(Some(&[]), &[]);
        answer
    }
}
