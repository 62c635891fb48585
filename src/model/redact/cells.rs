//! Cells of answers: what is shown of a value, by the column that it stands in and by what that is made of.

use serde_json::Value as Json;

use super::addresses::bare_mac;
use super::named::Holds;
use super::{Kind, Redactor, is_none, one_spelling};
use crate::model::value::Value;

/// Columns that name places of the evidence, and never a value of a row.
const PLACES: [&str; 8] = ["kind", "what", "source", "table_name", "column_name", "type", "format", "sql"];
/// The column whose value says of which column a row speaks.
const SAID: &str = "column_name";
/// Columns of answers that have values of evidence, whatever column they are of.
const VALUES: [&str; 4] = ["entity", "value", "key", "code"];
/// What a row says of a column by values of it, as `SUMMARIZE` does too.
const OF_COLUMN: [&str; 6] = ["min", "max", "example", "q25", "q50", "q75"];

impl Redactor {
    /// A cell of an answer. `said` is the column that its row speaks of, if it speaks of one.
    pub fn cell(&self, column: &str, said: Option<&str>, value: &Value) -> Value {
        if value.is_null() {
            return Value::Null;
        }
        let replaced = |name: &str| match (plain(value), self.of_column(name, &plain(value))) {
            (plain, shown) if plain == shown => value.clone(),
            (_, shown) => Value::Text(shown),
        };
        if self.is_named(column) {
            return replaced(column);
        }
        let is_of_column = OF_COLUMN.contains(&column);
        let speaks = said.filter(|said| self.is_named(said) && !PLACES.contains(&column));
        if let Some(said) = speaks
            && (is_of_column || matches!(value, Value::Text(text) if self.known.has(text)))
        {
            return replaced(said);
        }
        let is_mac = |name: &str| self.told(name).is_mac;
        if (is_mac(column) || is_of_column && said.is_some_and(is_mac))
            && let Some(mac) = bare_mac(&value.shown())
        {
            return Value::Text(self.pseudonym(Kind::Mac, &mac));
        }
        let of_said = said.filter(|_| is_of_column).map_or(Holds::Nothing, |said| self.told(said).holds);
        let holds = self.told(column).holds.max(of_said);
        if holds.is_all() {
            return self.hidden(value, holds);
        }
        let is_made = holds.is_values();
        match value {
            Value::Text(text) if is_made => Value::Text(self.of_derived(text)),
            Value::Text(text) if VALUES.contains(&column) => Value::Text(self.whole(text)),
            Value::Text(text) => Value::Text(self.text(text)),
            Value::Nested(json) => Value::Nested(self.json(json, holds)),
            Value::Blob(_) => {
                let plain = plain(value);
                let text = if is_made { self.of_derived(&plain) } else { self.text(&plain) };
                if text == plain { value.clone() } else { Value::Text(text) }
            }
            other if self.known.is_empty() => other.clone(),
            other => match other.shown() {
                shown if self.known.has_long(&shown) => Value::Text(self.of_named(&shown)),
                shown => {
                    let spelled = || Some(one_spelling(&shown)).filter(|spelled| self.known.has_long(spelled));
                    let meant = if is_made { self.known_value(&shown) } else { spelled() };
                    meant.map_or_else(|| other.clone(), |meant| Value::Text(self.of_named(&meant)))
                }
            },
        }
    }

    /// What is made of values of named columns: whatever it is, nobody can tell what of them it has. What is true or false
    /// is told.
    fn hidden(&self, value: &Value, holds: Holds) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Nested(json) => Value::Nested(self.json(json, holds)),
            other => Value::Text(self.of_all(&plain(other), holds)),
        }
    }

    /// A text of which nothing is told. Of a secret the pseudonym is the one that it has behind its name.
    fn of_all(&self, text: &str, holds: Holds) -> String {
        match holds {
            Holds::Secrets if is_none(text.trim()) => text.to_string(),
            Holds::Secrets => self.of_kind(Kind::Secret, text),
            _ => self.of_named(text),
        }
    }

    /// The value that is known of one in another spelling: `-7`, `7.0`, `1980-05-17 00:00:00` of a date, and of a number
    /// of 32 bits the one of 64.
    fn known_value(&self, value: &str) -> Option<String> {
        if self.known.is_empty() {
            return None;
        }
        let plain = value.trim_start_matches('-');
        let spelled = [value.to_string(), one_spelling(value), plain.to_string(), one_spelling(plain)];
        let known = spelled.into_iter().find(|one| self.known.has(one));
        known.or_else(|| self.known.near(value).map(str::to_string))
    }

    /// A value of a column that is made of named ones.
    pub(super) fn of_derived(&self, text: &str) -> String {
        match self.known_value(text) {
            Some(value) => self.of_named(&value),
            None => self.text_of(text, true),
        }
    }

    /// A text that stands alone, such as what `redact` of SQL is given: one that is a value as a whole is replaced
    /// however short it is.
    pub fn whole(&self, text: &str) -> String {
        if self.known.has(text) { self.of_named(text) } else { self.text(text) }
    }

    /// A row of an answer with these columns.
    pub fn row(&self, columns: &[String], row: &[Value]) -> Vec<Value> {
        let said = columns.iter().position(|name| name == SAID).map(|at| row[at].shown());
        columns.iter().zip(row).map(|(column, value)| self.cell(column, said.as_deref(), value)).collect()
    }

    /// `holds`: what it has of named columns.
    fn json(&self, json: &Json, holds: Holds) -> Json {
        let text = |text: &str| match holds {
            Holds::Nothing | Holds::Within => self.text(text),
            Holds::Texts | Holds::Values => self.of_derived(text),
            Holds::Secrets | Holds::Derived => self.of_all(text, holds),
        };
        let field = |(key, value): (&String, &Json)| {
            let is_value = self.is_named(key) && !matches!(value, Json::Null | Json::Object(_) | Json::Array(_));
            let spelled = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let shown = match is_value {
                true => Json::String(self.of_column(key, &spelled)),
                false => self.json(value, if self.is_named(key) { holds.max(Holds::Values) } else { holds }),
            };
            // What was asked names fields too, and a secret's fields have names of their own.
            let is_said = holds == Holds::Secrets || holds == Holds::Derived && self.named.is_said(key);
            (if is_said { self.of_derived(key) } else { text(key) }, shown)
        };
        match json {
            Json::String(own) => Json::String(text(own)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.json(item, holds)).collect()),
            Json::Object(fields) => Json::Object(fields.iter().map(field).collect()),
            Json::Number(number) => {
                let text = number.to_string();
                let meant = if holds.is_values() { self.known_value(&text) } else { None };
                match meant {
                    Some(meant) => Json::String(self.of_named(&meant)),
                    None if holds.is_all() => Json::String(self.of_all(&text, holds)),
                    None if self.known.has_long(&text) => Json::String(self.of_named(&text)),
                    None => json.clone(),
                }
            }
            other => other.clone(),
        }
    }
}

/// What a person reads of it; of bytes the text that they are.
fn plain(value: &Value) -> String {
    match value {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.shown(),
    }
}
