//! Whether an answer may say what it says: pseudonyms are made here, where rows, notes, errors and pages leave, so that
//! no command and no format can forget them. `model/redact` knows what is replaced by what.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::args::Common;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::model::redact::{self, Kind, Redactor};
use crate::model::scan::Sink;
use crate::model::value::Value;
use crate::session::{Session, Table};
use crate::settings::Settings;
use crate::terminal::{self, Surroundings};

mod earlier;

/// Shorter keys can be found by trying.
const KEY_LENGTH_LEAST: usize = 16;
const KEY: &str = "RCA_REDACT_KEY";

/// What is replaced in all that leaves, if anything is.
#[derive(Default)]
pub struct Redaction {
    redactor: Option<Arc<Redactor>>,
    columns: Vec<String>,
    has_own_key: bool,
    /// Some values of columns that are secrets by their names were too many to be looked for in texts.
    has_more: bool,
}

impl Redaction {
    /// As the flags say before any setting is read: what goes wrong there is told with pseudonyms too.
    ///
    /// # Errors
    /// If no random key can be made.
    pub fn of_flags(common: &Common) -> Result<Redaction> {
        if !common.redact && common.redact_columns.is_empty() {
            return Ok(Redaction::default());
        }
        Ok(Redaction { redactor: Some(Arc::new(Redactor::new(&random_key()?, &[]))), ..Redaction::default() })
    }

    /// # Errors
    /// If the key is too short, or no random one can be made.
    pub fn of(common: &Common, settings: &Settings, surroundings: &Surroundings) -> Result<Redaction> {
        let said = settings.redact.clone();
        let is_flag = common.redact || !common.redact_columns.is_empty();
        if !is_flag && !said.as_ref().is_some_and(|said| said.on.unwrap_or(true)) {
            return Ok(Redaction::default());
        }
        let said = said.unwrap_or_default();
        let key = surroundings.variable(KEY).map(str::to_string).or(said.key);
        if key.as_ref().is_some_and(|key| key.chars().count() < KEY_LENGTH_LEAST) {
            return Err(Error::question("the key of `redact` is too short, and could be found by trying")
                .detail(format!("it takes {KEY_LENGTH_LEAST} characters or more"))
                .hint("make one: openssl rand -hex 16"));
        }
        let has_own_key = key.is_some();
        let key = match key {
            Some(key) => key,
            None => random_key()?,
        };
        let mut columns = said.columns;
        columns.extend(common.redact_columns.iter().cloned());
        terminal::keep_faults_short();
        let names: Vec<String> = columns.iter().map(|name| own_name(name).to_string()).collect();
        Ok(Redaction { redactor: Some(Arc::new(Redactor::new(&key, &names))), columns, has_own_key, has_more: false })
    }

    /// Learns the values of the named columns, and of those whose names tell that they are secrets, and makes `redact(x)` known to SQL.
    /// `command` and the files `inputs` say what is asked, by pseudonyms or by values that the evidence has no more.
    ///
    /// # Errors
    /// If no table has a column that is named, it has too many values, or cannot be read.
    pub fn learn(&mut self, session: &Session, command: &str, inputs: &[&Path]) -> Result<()> {
        let Some(redactor) = self.redactor.as_mut() else { return Ok(()) };
        let mut values = Taken { most: usize::MAX, ..Taken::default() };
        let mut also = Vec::new();
        for named in &self.columns {
            for (table, column) in places(session, named)? {
                also.extend(session.thing(table, &column));
                values.take(session, table, &column)?;
            }
        }
        let mut secrets = Vec::new();
        for (table, column, kind) in telling(session) {
            secrets.extend((kind == Kind::Secret).then(|| column.to_string()));
            // Whoever named nothing is not told that there is too much of it.
            (values.kind, values.most) = (kind, redact::VALUES_MAX.max(values.values.len()));
            values.take(session, table, column)?;
        }
        self.has_more = values.has_more;
        if let Some(redactor) = Arc::get_mut(redactor) {
            redactor.name(&secrets, &also);
            let columns = session.tables.iter().flat_map(|table| &table.columns);
            redactor.spell(columns.map(|column| (column.name.as_str(), column.kind == ColumnKind::Text)));
            redactor.take_said(command);
            for text in inputs.iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
                redactor.take_said(&text);
                let names: HashSet<&str> = session.tables.iter().flat_map(earlier::names).collect();
                let is_name = |text: &str| names.contains(text);
                for value in earlier::values(&text, |column| redactor.is_named(column), is_name) {
                    values.values.entry(value).or_insert(Kind::Value);
                }
            }
            redactor.take_alike(values.alike);
            redactor.take_said(&values.answers.join(" "));
            redactor.know(values.values)?;
        }
        let known = redactor.clone();
        session.engine.add_cell_function("rca_redacted", move |column, said, value| {
            match column.is_empty() && said.is_empty() {
                true => known.whole(value),
                false => known.cell(column, Some(said), &Value::Text(value.to_string())).shown(),
            }
        })?;
        // A text is redacted before it is cut: half of a value would stay.
        session.engine.execute(
            "CREATE OR REPLACE MACRO rca_cut(text) AS CASE WHEN length(text) > 500 \
             THEN left(rca_redacted('message', '', text), 500) || '…' ELSE text END",
        )?;
        session.engine.execute("CREATE OR REPLACE MACRO redact(x) AS rca_redacted('', '', x::VARCHAR)")
    }

    pub fn is_on(&self) -> bool {
        self.redactor.is_some()
    }

    pub fn text(&self, text: String) -> String {
        self.redactor.as_ref().map_or_else(|| text.clone(), |redactor| redactor.text(&text))
    }

    pub fn error(&self, error: Error) -> Error {
        match &self.redactor {
            Some(redactor) => redactor.error(error),
            None => error,
        }
    }

    pub fn redactor(&self) -> Option<&Redactor> {
        self.redactor.as_deref()
    }

    /// The same, for those who cut texts or compare them with what was shown.
    pub fn shared(&self) -> Option<Arc<Redactor>> {
        self.redactor.clone()
    }

    /// What is to be said of it.
    pub fn notes(&self) -> Vec<String> {
        if !self.is_on() {
            return Vec::new();
        }
        let columns = match self.columns.is_empty() {
            true => String::new(),
            false => format!(", and values of {}", self.columns.join(", ")),
        };
        let mut notes = vec![format!(
            "pseudonyms stand for e-mail, IP and MAC addresses, keys, tokens and user names in paths{columns}; in SQL \
             shown too, where redact(x) = '…' asks for one; names of sources, tables and columns stay"
        )];
        if self.has_more {
            notes.push(
                "a column of secrets or JSON has more values than are looked for in texts: they are replaced in it alone"
                    .into(),
            );
        }
        if !self.has_own_key {
            notes.push(format!(
                "they are of this answer alone, since no key is set: for the same ones in all, set {KEY} or redact.key of \
                 rca.toml to {KEY_LENGTH_LEAST} characters or more that nobody can guess"
            ));
        }
        notes
    }

    /// SQL whose answer is that of `sql` with pseudonyms, for what the engine writes by itself.
    ///
    /// # Errors
    /// As the engine says of it.
    pub fn sql(&self, session: &Session, sql: &str) -> Result<String> {
        let Some(redactor) = self.redactor() else { return Ok(sql.to_string()) };
        let described = session.engine.rows(&format!("DESCRIBE {sql}"))?;
        let columns: Vec<(String, String)> =
            described.rows.iter().map(|row| (row[0].shown(), row[1].shown())).collect();
        let said = columns.iter().any(|(name, _)| name == "column_name");
        let said = if said { "coalesce(column_name::VARCHAR, '')" } else { "''" };
        let names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        let from = format!("({sql}\n) AS answer({})", names.join(", "));
        let is_plain = |kind: &str| {
            let is = |plain: &&str| kind.contains(*plain) && !kind.contains(['[', '(']) || kind.starts_with("DECIMAL(");
            ["INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOL", "TIME", "DATE", "INTERVAL"].iter().any(is)
        };
        // A column of numbers or times is one of texts where values of named columns are in it.
        let mut has_hidden = vec![false; columns.len()];
        // What is true or false stays.
        let may = |at: &usize| columns[*at].1 != "BOOLEAN" && redactor.may_hide(&columns[*at].0);
        let plain: Vec<usize> = (0..columns.len()).filter(|at| is_plain(&columns[*at].1)).filter(may).collect();
        let one = |at: &usize| {
            let name = quote::text(&columns[*at].0);
            format!("coalesce(bool_or(rca_redacted({name}, '', c{at}::VARCHAR) <> c{at}::VARCHAR), false)")
        };
        if !plain.is_empty() {
            let list: Vec<String> = plain.iter().map(one).collect();
            let row = session.one_row(&format!("SELECT {} FROM {from}", list.join(", ")))?;
            plain.iter().zip(&row).for_each(|(at, hidden)| has_hidden[*at] = *hidden == Value::Bool(true));
        }
        // Two columns of one name are told apart by their places.
        let list: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, (name, kind))| {
                let own = format!("c{at}");
                let shown = quote::name(&redactor.column(name));
                match is_plain(kind) && !has_hidden[at] && !redactor.is_named(name) {
                    true => format!("{own} AS {shown}"),
                    false => {
                        let said = said.replace("column_name", &place_of(&columns, "column_name"));
                        format!("rca_redacted({}, {said}, {own}::VARCHAR) AS {shown}", quote::text(name))
                    }
                }
            })
            .collect();
        Ok(format!("SELECT {} FROM {from}", list.join(", ")))
    }
}

/// Pseudonyms under a key that everybody knows could be found by trying.
fn random_key() -> Result<String> {
    terminal::random_key().map_err(|e| Error::question("cannot make a random key for pseudonyms").detail(e.to_string()))
}

fn place_of(columns: &[(String, String)], wanted: &str) -> String {
    columns.iter().position(|(name, _)| name == wanted).map_or_else(String::new, |at| format!("c{at}"))
}

/// `serial` of `station.tests.serial`.
fn own_name(column: &str) -> &str {
    column.rsplit('.').next().unwrap_or(column)
}

/// The tables that have a column, which may be named with its table.
fn places<'a>(session: &'a Session, named: &str) -> Result<Vec<(&'a Table, String)>> {
    if named.contains('.') {
        return Ok(vec![session.table_column(named)?]);
    }
    let of = |table: &'a Table| Some((table, table.column(named)?.name.clone()));
    let found: Vec<_> = session.tables.iter().filter_map(of).collect();
    if found.is_empty() && !session.is_empty_stream {
        let all = session.tables.iter().flat_map(|table| table.columns.iter().map(|column| column.name.as_str()));
        let near = crate::model::name::nearest(named, all);
        return Err(Error::question(format!("no table has a column `{named}` to redact"))
            .near_or(&near, "`rca schema` lists all columns"));
    }
    Ok(found)
}

/// The columns whose names tell that they hold secrets or MAC addresses.
fn telling(session: &Session) -> Vec<(&Table, &str, Kind)> {
    let of = |column: &str| match (redact::is_secret_name(column), redact::is_mac_name(column)) {
        (true, _) => Some(Kind::Secret),
        (_, true) => Some(Kind::Mac),
        _ => None,
    };
    let columns = session.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let columns = columns.filter(|(_, column)| !matches!(column.kind, ColumnKind::Bool | ColumnKind::Blob));
    columns.filter_map(|(table, column)| Some((table, column.name.as_str(), of(&column.name)?))).collect()
}

/// Values that are learned: of a first column, as answers show them, and of a second, as SQL does. A third has a date as the
/// time that it is where SQL has it beside times.
#[derive(Default)]
struct Taken {
    values: HashMap<String, Kind>,
    most: usize,
    kind: Kind,
    has_more: bool,
    /// Of columns that have other values too: those that look like pseudonyms.
    alike: Vec<String>,
    /// Pseudonyms of an earlier answer, which is evidence now.
    answers: Vec<String>,
}

impl Taken {
    fn take(&mut self, session: &Session, table: &Table, column: &str) -> Result<()> {
        let is_date = table.column(column).is_some_and(|column| column.kind == ColumnKind::Date);
        let (table, column) = (table.sql(), quote::name(column));
        let time = if is_date { format!(", try_cast({column} AS TIMESTAMP) AS m") } else { String::new() };
        let sql = format!(
            "SELECT DISTINCT {column} AS v, {column}::VARCHAR AS t{time} FROM {table} WHERE {column} IS NOT NULL LIMIT {}",
            redact::VALUES_MAX + 1
        );
        let mut own = Looked { taken: self, alike: Vec::new(), has_others: false };
        session.engine.query(&sql, &[], &mut own)?;
        let Looked { alike, has_others, .. } = own;
        // A column of an earlier answer has nothing else, and hardly all without a letter that no number has.
        let is_answer = !has_others && alike.iter().any(|value| redact::is_pseudonym(value));
        if is_answer { &mut self.answers } else { &mut self.alike }.extend(alike);
        Ok(())
    }
}

/// One column being looked at.
struct Looked<'a> {
    taken: &'a mut Taken,
    alike: Vec<String>,
    has_others: bool,
}

impl Sink for Looked<'_> {
    fn begin(&mut self, _: &[String]) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        match row.first() {
            Some(Value::Text(text)) if redact::has_form(text) => self.alike.push(text.clone()),
            Some(value) => self.has_others |= !value.is_null() && !redact::is_none(value.shown().trim()),
            None => {}
        }
        self.taken.learn_row(row)
    }
}

impl Taken {
    fn learn_row(&mut self, row: &[Value]) -> Result<()> {
        for value in row.iter().filter(|value| !value.is_null()) {
            self.learn(value.shown());
        }
        // Fields of JSON are values too: SQL takes them out, and texts say them alone.
        match row.first() {
            Some(Value::Nested(json)) => self.fields(json, true),
            Some(Value::Text(text)) if text.starts_with(['{', '[']) => {
                if let Ok(json) = serde_json::from_str(text) {
                    self.fields(&json, false);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn learn(&mut self, value: String) {
        let is_meant = match self.kind {
            Kind::Secret => !redact::is_none(value.trim()),
            Kind::Mac => redact::bare_mac(&value).is_some(),
            _ => true,
        };
        if !is_meant {
            return;
        }
        match self.values.len() < self.most || self.values.contains_key(&value) {
            // What is named and a secret has the pseudonym that it has where nobody names it.
            true => drop(self.values.insert(value, self.kind)),
            false => self.has_more = true,
        }
    }

    /// Of a text that is JSON only what is looked for in texts: whatever SQL makes of it is hidden as a whole.
    fn fields(&mut self, json: &Json, are_all: bool) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| self.fields(item, are_all)),
            Json::Object(fields) => fields.values().for_each(|field| self.fields(field, are_all)),
            Json::String(_) | Json::Number(_) => {
                let value = json.as_str().map_or_else(|| json.to_string(), str::to_string);
                match self.values.len() < redact::VALUES_MAX {
                    true if are_all || redact::is_long(value.trim()) => self.learn(value),
                    true => {}
                    false => self.has_more = true,
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }
}
