//! Pseudonyms for what names people, machines and secrets, in everything that leaves: values, texts, SQL shown. Evidence
//! is counted and grouped by its true values; only what is shown is replaced. Begin at [`Redactor::text`].
//!
//! A pseudonym is a kind and 50 bits of HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the value under the case's key, so it is
//! the same in every table and every command of one case, and no list of all addresses gives it back without the key.
//! Of a million different values two have the same pseudonym with a probability of 0.0004.

use std::collections::HashSet;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::document::{Chart, Document, Part, Table};
use super::value::Value;
use crate::error::Error;

mod known;
mod rules;

pub use known::Known;

/// Columns that name places of the evidence, and never a value of a row.
const PLACES: [&str; 8] = ["kind", "what", "source", "table_name", "column_name", "type", "format", "sql"];
/// The column whose value says of which column a row speaks.
const SAID: &str = "column_name";

/// What is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Ip,
    Mac,
    User,
    Secret,
    /// Of a named column.
    Value,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Ip => "ip",
            Kind::Mac => "mac",
            Kind::User => "user",
            Kind::Secret => "secret",
            Kind::Value => "value",
        }
    }
}

pub struct Redactor {
    key: [u8; 32],
    /// The key as it was written, which is never shown.
    spelled: Option<String>,
    /// Named columns, in lower case.
    columns: HashSet<String>,
    known: Known,
}

impl Redactor {
    pub fn new(key: &str, columns: &[String]) -> Redactor {
        Redactor {
            key: Sha256::digest(key.as_bytes()).into(),
            spelled: Some(key.to_string()).filter(|key| !key.is_empty()),
            columns: columns.iter().map(|name| name.to_lowercase()).collect(),
            known: Known::default(),
        }
    }

    /// Takes the values of the named columns, which are then replaced in all texts too.
    ///
    /// # Errors
    /// If they are too many to be looked for.
    pub fn know(&mut self, values: HashSet<String>) -> Result<(), Error> {
        self.known = Known::of(values)?;
        Ok(())
    }

    pub fn is_named(&self, column: &str) -> bool {
        self.columns.contains(&column.to_lowercase())
    }

    /// A text with pseudonyms in place of what it must not say. Words that were cut off (`alice@exam…`) are left out,
    /// since nobody can tell what they were.
    pub fn text(&self, text: &str) -> String {
        let mut text = rules::without_cut_words(text).into_owned();
        if let Some(key) = self.spelled.as_ref().filter(|key| text.contains(*key)) {
            text = text.replace(key, "(key)");
        }
        // Bytes are shown with `\x22` for quotes, which hides where words begin.
        if let Some(plain) = rules::unescaped(&text) {
            let shown = self.replaced(&plain);
            if shown != plain {
                return shown;
            }
        }
        self.replaced(&text)
    }

    fn replaced(&self, text: &str) -> String {
        let named = self.known.replaced(text, |value| self.of_named(value));
        rules::replaced(&named, |kind, value| self.pseudonym(kind, value))
    }

    /// A cell of an answer. `said` is the column that its row speaks of, if it speaks of one.
    pub fn cell(&self, column: &str, said: Option<&str>, value: &Value) -> Value {
        if value.is_null() {
            return Value::Null;
        }
        if self.is_named(column) {
            return Value::Text(self.of_named(&plain(value)));
        }
        let speaks = said.is_some_and(|said| self.is_named(said)) && !PLACES.contains(&column);
        if speaks && self.known.has(&value.shown()) {
            return Value::Text(self.of_named(&value.shown()));
        }
        match value {
            Value::Text(text) => Value::Text(self.text(text)),
            Value::Nested(json) => Value::Nested(self.json(json)),
            Value::Blob(_) => {
                let plain = plain(value);
                let text = self.text(&plain);
                if text == plain { value.clone() } else { Value::Text(text) }
            }
            other => other.clone(),
        }
    }

    /// A row of an answer with these columns.
    pub fn row(&self, columns: &[String], row: &[Value]) -> Vec<Value> {
        let said = columns.iter().position(|name| name == SAID).map(|at| row[at].shown());
        columns.iter().zip(row).map(|(column, value)| self.cell(column, said.as_deref(), value)).collect()
    }

    fn json(&self, json: &Json) -> Json {
        let field = |(key, value): (&String, &Json)| {
            let is_value = self.is_named(key) && !matches!(value, Json::Null | Json::Object(_) | Json::Array(_));
            let spelled = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            (self.text(key), if is_value { Json::String(self.of_named(&spelled)) } else { self.json(value) })
        };
        match json {
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Json::Object(fields) => Json::Object(fields.iter().map(field).collect()),
            other => other.clone(),
        }
    }

    pub fn error(&self, error: Error) -> Error {
        Error {
            kind: error.kind,
            message: self.text(&error.message),
            detail: error.detail.map(|detail| self.text(&detail)),
            hints: error.hints.iter().map(|hint| self.text(hint)).collect(),
        }
    }

    /// A page.
    pub fn document(&self, document: &Document) -> Document {
        let texts = |texts: &[String]| texts.iter().map(|text| self.text(text)).collect::<Vec<_>>();
        let mut page = document.clone();
        page.title = self.text(&page.title);
        page.question = self.text(&page.question);
        page.answer = texts(&page.answer);
        page.foot = self.text(&page.foot);
        for part in page.sections.iter_mut().flat_map(|section| &mut section.parts) {
            match part {
                Part::Heading(_) => {}
                Part::Text(text) => *text = self.text(text),
                Part::Notes(notes) => *notes = texts(notes),
                Part::Figure(figure) => {
                    figure.title = self.text(&figure.title);
                    figure.told = self.text(&figure.told);
                    for name in names(&mut figure.chart) {
                        *name = self.text(name);
                    }
                }
                Part::Table(table) => self.table(table),
                Part::Behind(behind) => {
                    behind.command = self.text(&behind.command);
                    behind.sql = behind.sql.as_ref().map(|sql| self.text(sql));
                }
            }
        }
        page
    }

    fn table(&self, table: &mut Table) {
        table.caption = self.text(&table.caption);
        table.rows = table.rows.iter().map(|row| self.row(&table.columns, row)).collect();
        table.columns = table.columns.iter().map(|name| self.text(name)).collect();
        table.sql = table.sql.iter().map(|sql| sql.as_ref().map(|sql| self.text(sql))).collect();
        if let Some((_, command)) = &mut table.more {
            *command = self.text(command);
        }
    }

    /// A value of a named column. One that is an address as a whole has the pseudonym that it has in texts.
    fn of_named(&self, value: &str) -> String {
        let value = value.trim();
        if value.is_empty() || rules::is_pseudonym(value) {
            return value.to_string();
        }
        let by_rule = rules::replaced(value, |kind, value| self.pseudonym(kind, value));
        if rules::is_pseudonym(&by_rule) { by_rule } else { self.pseudonym(Kind::Value, &value.to_lowercase()) }
    }

    /// `ip-7k2m9q4hd0`: the kind, and ten digits of base 32 (Crockford's) of the keyed hash.
    fn pseudonym(&self, kind: Kind, value: &str) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let hash = hmac(&self.key, value.as_bytes());
        let number = hash[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let digits: String = (0..10).map(|at| char::from(DIGITS[(number >> (59 - 5 * at)) as usize & 31])).collect();
        format!("{}-{digits}", kind.name())
    }
}

/// What a person reads of it; of bytes the text that they are.
fn plain(value: &Value) -> String {
    match value {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.shown(),
    }
}

fn names(chart: &mut Chart) -> Vec<&mut String> {
    match chart {
        Chart::Lanes(lanes) => lanes.lanes.iter_mut().map(|lane| &mut lane.name).collect(),
        Chart::Strips(strips) => strips.strips.iter_mut().map(|(name, _)| name).collect(),
        Chart::Pareto(pareto) => pareto.bars.iter_mut().map(|(name, _)| name).collect(),
        Chart::Funnel(stages) => stages.iter_mut().map(|stage| &mut stage.name).collect(),
    }
}

/// RFC 2104 with a key of 32 bytes.
fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests;
