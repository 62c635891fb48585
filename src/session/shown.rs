//! What of the evidence is shown under another name: commands that cut texts, or compare them with what an earlier answer
//! had, ask here. Where rows, notes and pages leave, `redaction.rs` sees to it.

use std::sync::Arc;

use super::Session;
use crate::engine::words;
use crate::error::{Error, Result};
use crate::model::redact::{Redactor, WITHIN, Way};
use crate::model::value::Value;

const EVENTS: &str = "events";
/// Columns of events that are made of others.
const TELLING: [&str; 3] = ["message", "entity", "code"];

impl Session {
    /// Takes what makes pseudonyms.
    pub fn shows_with(&mut self, redactor: Option<Arc<Redactor>>) {
        self.redactor = redactor;
    }

    /// A text as it is shown, for what is cut afterwards: half an address would stay.
    pub fn shown(&self, text: &str) -> String {
        self.redactor.as_ref().map_or_else(|| text.to_string(), |redactor| redactor.text(text))
    }

    /// A fault as it is shown, for what is told as a part of an answer.
    pub fn shown_error(&self, error: Error) -> Error {
        match &self.redactor {
            Some(redactor) => redactor.error(error),
            None => error,
        }
    }

    /// Rows of SQL as they are shown.
    pub fn shown_row(&self, columns: &[String], row: &[Value]) -> Vec<Value> {
        self.redactor.as_ref().map_or_else(|| row.to_vec(), |redactor| redactor.row(columns, row))
    }

    /// Whether a text of the evidence is what a file or an earlier answer says, maybe by pseudonyms under the same key.
    pub fn is_said(&self, own: &str, said: &str) -> bool {
        own == said || self.redactor.as_ref().is_some_and(|redactor| redactor.text(own) == said)
    }

    /// Names of columns of SQL's rows as they are shown.
    pub fn shown_columns(&self, columns: &[String]) -> Vec<String> {
        let shown =
            |name: &String| self.redactor.as_ref().map_or_else(|| name.clone(), |redactor| redactor.column(name));
        columns.iter().map(shown).collect()
    }

    /// Follows which columns of a query are made of named ones.
    pub fn follow(&self, sql: &str) {
        if let Some(redactor) = &self.redactor {
            let said: Vec<String> = self.names().chain(words(sql)).collect();
            let columns = self.tables.iter().flat_map(|table| &table.columns);
            let mut made = self.engine.made_of(sql, columns.map(|column| column.name.to_lowercase()).collect());
            // Events of rows say what is in their columns.
            let is_of_events = words(sql).any(|word| word.eq_ignore_ascii_case(EVENTS));
            if let Some(made) = made.as_mut().filter(|_| is_of_events && self.has_told_columns(redactor)) {
                made.extend(TELLING.map(|name| (name.to_string(), vec![(WITHIN.to_string(), Way::Whole)])));
            }
            redactor.follow(made.as_deref(), &said);
        }
    }

    /// Whether a row that is an event has a column that is named.
    fn has_told_columns(&self, redactor: &Redactor) -> bool {
        let timed = self.tables.iter().filter(|table| table.roles.time.is_some());
        timed.flat_map(|table| &table.columns).any(|column| redactor.is_named(&column.name))
    }

    /// Takes what conditions of the user say: what goes wrong with them is told with values of rows.
    pub fn take_conditions<'a>(&self, conditions: impl Iterator<Item = &'a str>) {
        if let Some(redactor) = &self.redactor {
            let said: Vec<String> = conditions.flat_map(words).collect();
            redactor.take_words(&self.names().chain(said).collect::<Vec<_>>());
        }
    }

    /// What things are called, which hides nothing.
    fn names(&self) -> impl Iterator<Item = String> {
        let columns = self.tables.iter().flat_map(|table| &table.columns).map(|column| column.name.clone());
        let tables = self.tables.iter().flat_map(|table| [&table.name, &table.short_name, &table.source]).cloned();
        columns.chain(tables)
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
