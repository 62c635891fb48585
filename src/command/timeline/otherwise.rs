//! Ids that two sources write differently, as anchors: whole values of columns whose ids are the same in another form.

use std::collections::BTreeMap;

use crate::engine::quote;
use crate::error::Result;
use crate::model::value::Value;
use crate::session::written::{self, Form, Written};
use crate::session::{Session, Table};

/// The columns of which that is so, by their tables.
#[derive(Default)]
pub struct Otherwise {
    columns: BTreeMap<(String, String), (String, Form)>,
    pub notes: Vec<String>,
}

impl Otherwise {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn find(session: &Session, tables: &[&Table]) -> Result<Otherwise> {
        let mut found = Otherwise::default();
        let timed: Vec<&&Table> =
            tables.iter().filter(|table| table.roles.time.is_some() && !table.is_prose()).collect();
        for (at, mine) in timed.iter().enumerate() {
            for other in timed[at + 1..].iter().filter(|other| other.source != mine.source) {
                for shared in session.all_shared(mine, other) {
                    let (own, theirs) = (&shared.mine.name, &shared.other.name);
                    let Some(thing) = session.thing(mine, own) else { continue };
                    let forms = session.forms((mine, own), (other, theirs))?;
                    let names = (format!("{}.{own}", mine.name), format!("{}.{theirs}", other.name));
                    let Some(note) = written::said(&[(&names.0, &forms.0), (&names.1, &forms.1)]) else { continue };
                    found.notes.push(note);
                    for (table, column, form) in [(mine, own, forms.0), (other, theirs, forms.1)] {
                        let place = (table.name.clone(), column.clone());
                        found.columns.entry(place).or_insert_with(|| (thing.clone(), form));
                    }
                }
            }
        }
        Ok(found)
    }

    /// What a column holds beside its words, as a list: the id of its thing.
    pub fn id(&self, table: &Table, column: &str) -> Option<String> {
        let (thing, form) = self.columns.get(&(table.name.clone(), column.to_string()))?;
        let key = Written::of(table, &[column.to_string()]).key(form);
        let head = quote::text(&format!("{thing}="));
        Some(format!("CASE WHEN {key} IS NOT NULL THEN [{head} || {key}] ELSE [] END"))
    }

    /// An id as a source writes it.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn shown(&self, session: &Session, source: &str, id: String) -> Result<String> {
        let Some((of, key)) = id.split_once('=') else { return Ok(id) };
        for ((table, column), (_, form)) in self.columns.iter().filter(|(_, (thing, _))| thing == of) {
            let table = session.table(table)?;
            if table.source == source {
                let written = Written::of(table, std::slice::from_ref(column));
                let row = session.engine.counted(&format!(
                    "SELECT min({}) FROM {} WHERE {} = {}",
                    written.key(&Form::AsWritten),
                    table.sql(),
                    written.key(form),
                    quote::text(key)
                ))?;
                if let Some(found) = row.first().filter(|value| !value.is_null()) {
                    return Ok(Value::shown(found));
                }
            }
        }
        Ok(key.to_string())
    }
}
