//! The rows that are judged: a table's own, each with what other tables say of its entity, under `--where` and the
//! window; and when one of them is bad.

use std::cell::OnceCell;

use super::ExplainArgs;
use super::unjoined;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::name;
use crate::model::value::Value;
use crate::session::written::{self, Form, Written};
use crate::session::{Linked, Session, Table};

/// A table that knows the same entities.
pub struct Joined<'a> {
    pub table: &'a Table,
    /// What its columns stand behind in conditions: `labels` of `mes.labels`.
    pub alias: String,
    /// Whether it is by what rows are about, as serials are, and not by another key.
    pub is_followed: bool,
    /// The entity in the table judged and in this one, as SQL that can be compared.
    pub own_key: String,
    pub key: String,
    /// Their columns.
    own: &'a Column,
    theirs: &'a Column,
    /// In which form the entity's id in the table judged is that in this one.
    forms: (Form, Form),
    /// Whether an entity has several rows.
    is_many: OnceCell<bool>,
}

impl Joined<'_> {
    /// The column of the table judged by which it is joined.
    pub fn own_column(&self) -> &str {
        &self.own.name
    }

    /// The entity in this one as text.
    pub fn key_text(&self) -> String {
        self.forms.1.sql(&written::text_of(self.theirs))
    }

    /// Whether two tables are joined by the same column of the table judged.
    pub fn is_by_same(&self, other: &Joined) -> bool {
        self.own.name == other.own.name
    }

    /// Whether a column is what its rows are found by, which the table judged has too.
    pub fn is_key(&self, column: &str) -> bool {
        column == self.theirs.name
    }

    /// What is to be said of how its entity is written.
    pub fn told(&self, judged: &Table) -> Option<String> {
        let name = |table: &Table, column: &Column| format!("{}.{}", table.name, column.name);
        let (own, theirs) = (name(judged, self.own), name(self.table, self.theirs));
        written::said(&[(&own, &self.forms.0), (&theirs, &self.forms.1)])
    }

    /// The entity in the table judged and in this one, where both are called by other names.
    pub fn keys(&self, judged: &str, other: &str) -> (String, String) {
        let name = |alias: &str, column: &Column| format!("{alias}.{}", quote::readable_name(&column.name));
        comparable((&name(judged, self.own), self.own.kind), (&name(other, self.theirs), self.theirs.kind), &self.forms)
    }
}

pub struct Population<'a> {
    pub session: &'a Session,
    pub table: &'a Table,
    pub joined: Vec<Joined<'a>>,
    /// When a row is bad, and which rows are judged.
    pub bad: String,
    pub condition: String,
}

/// Columns that are values, and not texts for people.
pub fn columns(table: &Table) -> impl Iterator<Item = &Column> {
    table.values().filter(|column| !is_message(table, column) && column.kind != Kind::Blob)
}

/// Whether a column is the text for people.
pub fn is_message(table: &Table, column: &Column) -> bool {
    table.roles.message.as_ref() == Some(&column.name)
}

impl<'a> Population<'a> {
    /// # Errors
    /// If no table has the columns of the condition, or several have.
    pub fn find(session: &'a Session, args: &ExplainArgs) -> Result<Population<'a>> {
        if let Some(wanted) = &args.table {
            return Population::of(session, session.table(wanted)?, args);
        }
        let own: Vec<&Table> = session.tables.iter().filter(|table| session.fits(&table.sql(), &args.bad)).collect();
        match own.as_slice() {
            [table] => return Population::of(session, table, args),
            [] => {}
            several => {
                let names: Vec<String> = several.iter().map(|table| table.name.clone()).collect();
                return Err(Error::question("several tables have rows of which `--bad` can be asked")
                    .detail(format!("they are {}", name::listed(&names)))
                    .hint(format!("say which: --table {}", names[0])));
            }
        }
        let mut found: Vec<Population> =
            session.tables.iter().filter_map(|table| Population::of(session, table, args).ok()).collect();
        // What rows are about goes before any other key that they have.
        if found.iter().filter(|one| one.is_of_followed()).count() == 1 {
            found.retain(Population::is_of_followed);
        }
        match found.len() {
            1 => found.into_iter().next().ok_or_else(|| Error::internal("a table was lost")),
            0 => {
                let why = session.tables.first().map(|table| Population::of(session, table, args));
                let error = Error::question("no table has rows of which `--bad` can be asked");
                let error = match why {
                    Some(Err(why)) => why.hints.into_iter().fold(error.detail(why.message), Error::hint),
                    _ => error,
                };
                Err(error.hint("`rca schema` lists all columns; --table says whose rows are meant"))
            }
            _ => {
                let names: Vec<String> = found.iter().map(|one| one.table.name.clone()).collect();
                Err(Error::question("several tables have rows of which `--bad` can be asked")
                    .detail(format!("they are {}", name::listed(&names)))
                    .hint(format!("say which: --table {}", names[0])))
            }
        }
    }

    fn of(session: &'a Session, table: &'a Table, args: &ExplainArgs) -> Result<Population<'a>> {
        let evidence = &args.common.evidence;
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let joined = joined(session, table)?;
        let mut population = Population { session, table, joined, bad: String::new(), condition: String::new() };
        population.bad = population.bound(&args.bad)?;
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let mut parts: Vec<String> = Vec::new();
        if !window.is_open() {
            let time = time.ok_or_else(|| {
                Error::question(format!("table `{}` has no time, so --from and --to cannot be asked of it", table.name))
            })?;
            parts.push(window.sql(&time));
        }
        if let Some(said) = &evidence.condition {
            parts.push(format!("({})", population.bound(said)?));
        }
        population.condition = if parts.is_empty() { "true".into() } else { parts.join(" AND ") };
        population.knows_joined(&[&population.bad, &population.condition])?;
        Ok(population)
    }

    /// A condition that can be asked of the rows: as it is, or with tables called by their short names.
    fn bound(&self, said: &str) -> Result<String> {
        let all: Vec<usize> = (0..self.joined.len()).collect();
        let relation = self.relation(&all, None);
        let ask = |condition: &str| {
            self.session.engine.rows(&format!("SELECT 1 FROM {relation} WHERE ({condition}) LIMIT 0")).map(drop)
        };
        let Err(error) = ask(said) else { return Ok(said.to_string()) };
        let mut short = said.to_string();
        for joined in &self.joined {
            short =
                short.replace(&format!("{}.", joined.table.name), &format!("{}.", quote::readable_name(&joined.alias)));
        }
        short = short.replace(&format!("{}.", self.table.name), &format!("{}.", self.alias()));
        if short != said && ask(&short).is_ok() {
            return Ok(short);
        }
        Err(unjoined::error(self, said)?.unwrap_or(error))
    }

    /// Whether all other tables that --bad speaks of know what the rows are about.
    fn is_of_followed(&self) -> bool {
        self.needed(&[&self.bad]).into_iter().all(|at| self.joined[at].is_followed)
    }

    /// What the rows judged are called.
    pub fn alias(&self) -> String {
        quote::readable_name(&self.table.short_name)
    }

    /// The rows with the structs of these tables, as a relation under the table's short name; with those of their columns
    /// that the conditions speak of, or all.
    pub fn relation(&self, with: &[usize], said: Option<&[&str]>) -> String {
        if with.is_empty() {
            return format!("{} AS {}", self.table.sql(), self.alias());
        }
        let (mut structs, mut joins) = (String::new(), String::new());
        for at in with {
            let joined = &self.joined[*at];
            let name = quote::readable_name(&joined.alias);
            let is_said = |column: &&Column| {
                said.is_none_or(|said| said.iter().any(|text| speaks_of(text, &joined.alias, &column.name)))
            };
            let value = |column: &Column| {
                let name = quote::readable_name(&column.name);
                match self.asks_for_any(&joined.alias, &column.name) {
                    true => format!(", {name}: min({name})"),
                    false => format!(", {name}: CASE WHEN min({name}) = max({name}) THEN min({name}) END"),
                }
            };
            let values: String = columns(joined.table).filter(is_said).map(value).collect();
            let mut rows = "rca_rows".to_string();
            while joined.table.column(&rows).is_some() {
                rows.push('_');
            }
            let sql = fill(
                include_str!("joined.sql"),
                &[
                    ("key", &joined.key),
                    ("table", &joined.table.sql()),
                    ("name", &name),
                    ("rows", &rows),
                    ("values", &values),
                ],
            );
            structs.push_str(&format!(", j{at}.{name}"));
            joins.push_str(&format!(
                " LEFT JOIN ({}) j{at} ON j{at}.rca_key = {}",
                quote::one_line(&sql),
                joined.own_key
            ));
        }
        format!("(SELECT t.*{structs} FROM {} t{joins}) AS {}", self.table.sql(), self.alias())
    }

    /// Whether the conditions ask of a column of a joined table only whether there is any value: then one of several
    /// is as good as another.
    pub fn asks_for_any(&self, alias: &str, column: &str) -> bool {
        let said = format!("{} {}", self.bad, self.condition).to_lowercase().replace('"', "");
        let wanted = format!("{alias}.{column}").to_lowercase().replace('"', "");
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut found = said.match_indices(&wanted).map(|(at, _)| &said[at + wanted.len()..]).peekable();
        found.peek().is_some()
            && found.filter(|rest| !rest.starts_with(is_part)).all(|rest| {
                let mut words = rest.split_whitespace().take(3);
                let rest = (words.next(), words.next(), words.next());
                let is_null = |word: Option<&str>| word.is_some_and(|word| word.trim_end_matches([')', ';']) == "null");
                rest.0 == Some("is") && (is_null(rest.1) || rest.1 == Some("not") && is_null(rest.2))
            })
    }

    /// Whether --bad speaks of another table, by its columns or in a question within.
    pub fn names(&self, table: &Table) -> bool {
        let alias = self.joined.iter().find(|joined| joined.table.name == table.name).map(|joined| &joined.alias);
        if alias.is_some_and(|alias| speaks_of(&self.bad, alias, "")) {
            return true;
        }
        let said = self.bad.to_lowercase().replace('"', "");
        let words: Vec<&str> = said.split(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let is_named = |name: &str| {
            let name = name.to_lowercase();
            words.windows(2).any(|pair| matches!(pair[0], "from" | "join") && pair[1] == name)
        };
        table.name != self.table.name && (is_named(&table.name) || is_named(&table.short_name))
    }

    /// The joined tables that conditions speak of.
    pub fn needed(&self, conditions: &[&str]) -> Vec<usize> {
        let speaks = |at: &usize| conditions.iter().any(|text| speaks_of(text, &self.joined[*at].alias, ""));
        (0..self.joined.len()).filter(speaks).collect()
    }

    /// # Errors
    /// If a condition speaks of a table that has none of the entities: that nothing is known of them there says nothing.
    pub fn knows_joined(&self, conditions: &[&str]) -> Result<()> {
        const SOME: usize = 1_000;
        for at in self.needed(conditions) {
            let Joined { table, own_key, key, own, theirs, .. } = &self.joined[at];
            let some = format!(
                "SELECT count(*) FROM (SELECT {own_key} AS key FROM {} WHERE {own_key} IS NOT NULL LIMIT {SOME}) \
                 WHERE key IN (SELECT {key} FROM {})",
                self.table.sql(),
                table.sql()
            );
            if self.session.engine.counted(&some)?.first().is_none_or(|count| count.int() > 0) {
                continue;
            }
            let mine = [own.name.clone()];
            let its = [theirs.name.clone()];
            let written = (Written::of(self.table, &mine), Written::of(table, &its));
            if self.session.agreed(&written.0, &written.1)?.is_of_none() {
                let none = self.session.share_none((self.table, &mine), (table, &its))?;
                return Err(Error::question(format!("{none}, so nothing of {} can be asked", table.name)));
            }
        }
        Ok(())
    }

    /// SQL that counts the bad and the good rows of which the conditions hold, to be pasted.
    pub fn counted(&self, conditions: &[&str]) -> String {
        let mut parts: Vec<&str> = vec![&self.condition];
        parts.retain(|part| *part != "true");
        parts.extend(conditions);
        let said = [&parts[..], &[&self.bad]].concat();
        let with = self.needed(&said);
        let bad = format!("({}) IS TRUE", self.bad);
        format!(
            "SELECT count(*) FILTER (WHERE {bad}) AS bad, count(*) FILTER (WHERE NOT ({bad})) AS good FROM {} WHERE {}",
            self.relation(&with, Some(&said)),
            parts.join(" AND ")
        )
    }

    /// The columns of a joined table that number its rows: each whole number of what is called an identity is there once.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn numbering(&self, at: usize) -> Result<Vec<String>> {
        let Joined { table, .. } = &self.joined[at];
        let is_number = |column: &&Column| column.kind == Kind::Int && !self.joined[at].is_key(&column.name);
        let names: Vec<&String> = columns(table)
            .filter(is_number)
            .map(|column| &column.name)
            .filter(|name| self.session.thing(table, name).is_some())
            .collect();
        let asked: Vec<String> = names.iter().map(|name| quote::readable_name(name)).collect();
        let asked: Vec<String> = asked.iter().map(|of| format!("count({of}) = count(DISTINCT {of})")).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let row = self.session.one_row(&format!("SELECT {} FROM {}", asked.join(", "), table.sql()))?;
        let is_once = |at: &usize| row[*at] == Value::Bool(true);
        Ok((0..names.len()).filter(is_once).map(|at| names[at].clone()).collect())
    }

    /// Whether an entity has several rows in a joined table.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn is_many(&self, at: usize) -> Result<bool> {
        let joined = &self.joined[at];
        if let Some(known) = joined.is_many.get() {
            return Ok(*known);
        }
        let row = self.session.one_row(&format!(
            "SELECT count({key}) > count(DISTINCT {key}) FROM {}",
            joined.table.sql(),
            key = joined.key
        ))?;
        let is_many = row[0] == Value::Bool(true);
        Ok(*joined.is_many.get_or_init(|| is_many))
    }
}

/// Whether a condition may speak of a column of a joined table, or of any.
fn speaks_of(condition: &str, alias: &str, column: &str) -> bool {
    let condition = condition.to_lowercase().replace('"', "");
    condition.contains(&format!("{alias}.{column}").to_lowercase().replace('"', ""))
}

/// Other tables that have a column of an entity that the table has too, or another key of what its rows are about.
fn joined<'a>(session: &'a Session, table: &'a Table) -> Result<Vec<Joined<'a>>> {
    let mine: Vec<(String, String)> = session
        .entity_columns(table)
        .into_iter()
        .filter_map(|column| Some((session.thing(table, &column)?, column)))
        .collect();
    let mut found: Vec<Joined> = Vec::new();
    for other in session.tables.iter().filter(|other| other.name != table.name) {
        let followed = other.own_columns().find_map(|column| {
            let thing = session.thing(other, &column.name)?;
            let (_, own) = mine.iter().find(|(known, _)| *known == thing)?;
            Some((table.column(own)?, column))
        });
        let pair = match followed {
            None => session.linked(table, other)?,
            Some((mine, theirs)) => {
                let forms = session.forms((table, &mine.name), (other, &theirs.name))?;
                Some(Linked { mine, other: theirs, forms })
            }
        };
        let Some(Linked { mine: own, other: theirs, forms }) = pair else { continue };
        let is_taken = |name: &str| {
            table.column(name).is_some()
                || table.short_name.eq_ignore_ascii_case(name)
                || found.iter().any(|joined| joined.alias.eq_ignore_ascii_case(name))
        };
        let long = format!("{}_{}", other.source, other.short_name);
        let Some(alias) = [other.short_name.clone(), long].into_iter().find(|name| !is_taken(name)) else { continue };
        let name = |column: &Column| quote::readable_name(&column.name);
        let (own_key, key) = comparable((&name(own), own.kind), (&name(theirs), theirs.kind), &forms);
        found.push(Joined {
            table: other,
            alias,
            is_followed: followed.is_some(),
            own_key,
            key,
            own,
            theirs,
            forms,
            is_many: OnceCell::new(),
        });
    }
    Ok(found)
}

/// Two columns as SQL that can be compared: as they are where they are of one kind and written alike. A row without an
/// id is of no entity, so that a blank text is not equal to another one.
fn comparable(own: (&str, Kind), theirs: (&str, Kind), forms: &(Form, Form)) -> (String, String) {
    let text = |(sql, kind): (&str, Kind)| written::text_of_kind(sql, kind);
    match &forms.0 {
        Form::AsWritten if own.1 == theirs.1 && own.1 == Kind::Text => (own.0.to_string(), text(theirs)),
        Form::AsWritten if own.1 == theirs.1 => (own.0.to_string(), theirs.0.to_string()),
        _ => (forms.0.sql(&text(own)), forms.1.sql(&text(theirs))),
    }
}
