//! What an investigation follows, and which rows are about it: a column has the value, or a text has it as a word.

use std::collections::BTreeMap;

use super::{Session, Table, Wanted, written};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::{meaning, name};

/// A value to be followed, maybe only in columns of one name or meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub column: Option<String>,
    pub value: String,
}

/// A plain number of so many digits is an id of something, and no count.
const DIGITS_LEAST: usize = 9;

/// An id that occurs together with an entity, and through which more rows are about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// What it is the id of, as [`Session::thing`] calls it.
    pub thing: String,
    pub value: String,
}

impl Id {
    /// Whether it cannot well be anything else, so that it is looked for in texts as a word of its own.
    pub fn is_distinctive(&self) -> bool {
        let has = |wanted: fn(&u8) -> bool| self.value.bytes().any(|byte| wanted(&byte));
        self.value.len() >= 6
            && has(u8::is_ascii_digit)
            && (has(u8::is_ascii_alphabetic) || self.value.len() >= DIGITS_LEAST)
    }
}

/// Which rows of a table are wanted, in SQL.
pub(super) struct Following {
    pub condition: String,
    /// The entity that a row is about.
    pub entity: String,
    /// Bytes that every wanted record has one of; empty if that cannot be told.
    pub needles: Vec<String>,
}

impl Session {
    /// # Errors
    /// If an entity names a column that no table has.
    pub fn check_entities(&self, entities: &[Entity]) -> Result<()> {
        if entities.iter().any(|entity| entity.value.trim().is_empty()) {
            return Err(Error::question("an entity without a value is everything")
                .hint("write --entity SN123 or --entity serial=SN123"));
        }
        for wanted in entities.iter().filter_map(|entity| entity.column.as_ref()) {
            if self.tables.iter().any(|table| !self.columns_meant(table, wanted).is_empty()) {
                continue;
            }
            let names = self.tables.iter().flat_map(|table| table.own_columns()).map(|column| column.name.as_str());
            let near = name::nearest(wanted, names);
            return Err(Error::question(format!("no table has a column `{wanted}`"))
                .near(&near)
                .hint("to look for the value in all columns and texts, write it without a column: --entity =VALUE"));
        }
        Ok(())
    }

    pub(super) fn following(&self, table: &Table, wanted: &Wanted) -> Following {
        if !wanted.ids.is_empty() {
            return self.related(table, &wanted.ids);
        }
        let follows: Vec<String> = wanted.entities.iter().map(|entity| self.follows(table, entity)).collect();
        let matched = follows
            .iter()
            .zip(&wanted.entities)
            .map(|(follows, entity)| format!("CASE WHEN {follows} THEN {} END", quote::text(&entity.value)));
        let columns = self.entity_columns(table);
        let parts: Vec<String> =
            matched.chain(columns.iter().filter_map(|name| table.column(name)).map(written::text_of)).collect();
        let any: Vec<String> = follows.iter().map(|follows| format!("({follows})")).collect();
        Following {
            condition: if any.is_empty() { "true".into() } else { any.join(" OR ") },
            entity: if parts.is_empty() { "NULL::VARCHAR".into() } else { format!("coalesce({})", parts.join(", ")) },
            needles: self.needles(table, wanted.entities.iter().map(|entity| entity.value.as_str())),
        }
    }

    /// The columns of a table that hold an entity: those of the settings, else the one whose name tells it best.
    pub fn entity_columns(&self, table: &Table) -> Vec<String> {
        if !self.settings.entities.is_empty() {
            return self.settings.entities.values().flat_map(|columns| said(table, columns)).collect();
        }
        let ranked = table
            .own_columns()
            .filter_map(|column| Some((meaning::rank(&self.thing(table, &column.name)?)?, column.name.clone())))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, name)| name);
        let id = || table.column("id").filter(|_| table.kind != "log").map(|column| column.name.clone());
        ranked.or_else(id).into_iter().collect()
    }

    /// What a column holds the identity of, if anything: as the settings say, else as its name does.
    pub fn thing(&self, table: &Table, column: &str) -> Option<String> {
        let said = self.settings.entities.iter().find(|(_, columns)| said(table, columns).iter().any(|c| c == column));
        match said {
            Some((thing, _)) => Some(thing.clone()),
            None => meaning::of(if table.kind == "log" { "" } else { &table.short_name }, column),
        }
    }

    /// The same, where a bare name is enough, since its values are looked at: `req`, `test`.
    pub fn thing_of_values(&self, table: &Table, column: &str) -> Option<String> {
        self.thing(table, column).or_else(|| meaning::of_label(column))
    }

    /// The columns of a table that are meant by a name: as the settings say, else of this name, else of one that
    /// means the same.
    pub fn columns_meant(&self, table: &Table, wanted: &str) -> Vec<String> {
        let said = self.settings.entities.get(wanted).map(|columns| said(table, columns)).unwrap_or_default();
        if !said.is_empty() {
            return said;
        }
        if let Some(column) = table.column(wanted) {
            return vec![column.name.clone()];
        }
        let Some(thing) = meaning::of("", wanted) else { return Vec::new() };
        let meant = table.own_columns().filter(|column| self.thing(table, &column.name).as_deref() == Some(&thing));
        meant.map(|column| column.name.clone()).collect()
    }

    /// When a row is about the entity.
    fn follows(&self, table: &Table, entity: &Entity) -> String {
        let columns = match &entity.column {
            Some(column) => self.columns_meant(table, column),
            None => self.searched(table, &entity.value),
        };
        let mut parts: Vec<String> = columns
            .iter()
            .filter_map(|name| table.column(name))
            .filter(|column| !self.is_text(table, column))
            .filter_map(|column| is(column, &entity.value))
            .collect();
        let id = Id { thing: entity.column.clone().unwrap_or_default(), value: entity.value.clone() };
        // A short number is anything, unless it stands behind the name that was asked for.
        let pattern = match &entity.column {
            Some(column) if is_short_number(&entity.value) => named_pattern(&self.spelled(column), &[&id]),
            _ => word(&entity.value),
        };
        let (value, pattern) = (quote::text(&entity.value), quote::text(&pattern));
        for column in table.own_columns().filter(|column| self.is_text(table, column)) {
            let name = quote::name(&column.name);
            parts.push(format!("(contains({name}, {value}) AND regexp_matches({name}, {pattern}))"));
        }
        if parts.is_empty() { "false".into() } else { parts.join(" OR ") }
    }

    /// How a name asked for may be written in texts.
    fn spelled(&self, column: &str) -> Vec<String> {
        let mut names = vec![column.to_string()];
        names.extend(meaning::of("", column).map(|thing| meaning::spellings(&thing)).unwrap_or_default());
        names
    }

    /// Whether a value of a column stands among other words: the message of a table, and of a log all texts, since its
    /// fields are cut out of lines. Fields that lines name themselves are values.
    pub fn is_text(&self, table: &Table, column: &Column) -> bool {
        if column.kind != Kind::Text {
            return false;
        }
        match table.kind {
            "log" if table.is_prose() => true,
            "log" => self.thing_of_values(table, &column.name).is_none(),
            _ => table.roles.message.as_deref() == Some(column.name.as_str()),
        }
    }

    /// The columns in which a bare value is looked for: of tables, a plain number only in those that hold identities,
    /// since it may be a count or a measurement in any other, unless it is too long for one.
    pub fn searched(&self, table: &Table, value: &str) -> Vec<String> {
        let is_number = value.parse::<f64>().is_ok();
        let fits = |column: &&Column| match column.kind {
            Kind::Text | Kind::Uuid => true,
            Kind::Int | Kind::Float | Kind::Decimal { .. } => is_number,
            _ => false,
        };
        let is_searched = |column: &&Column| {
            !is_number || is_long_number(value) || table.kind == "log" || self.thing(table, &column.name).is_some()
        };
        table.own_columns().filter(fits).filter(is_searched).map(|column| column.name.clone()).collect()
    }

    /// Bytes that every record with one of these values has, for readers of text to look for. None if a record may
    /// have the value in other bytes, or if every record must be looked at.
    fn needles<'a>(&self, table: &Table, values: impl Iterator<Item = &'a str>) -> Vec<String> {
        let is_exact = |column: &Column| match column.kind {
            Kind::Uuid => table.kind == "postgres",
            Kind::Float | Kind::Decimal { .. } => false,
            _ => true,
        };
        if self.reads_all || !["log", "csv", "json", "postgres"].contains(&table.kind) {
            return Vec::new();
        }
        let has_inexact = |value: &str| {
            let number = value.parse::<f64>().is_ok() || value.len() == 36;
            number && !table.own_columns().all(is_exact)
        };
        let mut needles = Vec::new();
        for value in values {
            match longest_plain(value) {
                Some(run) if !has_inexact(value) => needles.push(run.to_string()),
                _ => return Vec::new(),
            }
        }
        needles
    }

    /// Rows that have one of these ids. Short ones are looked for in texts behind the name of their thing only.
    fn related(&self, table: &Table, ids: &[Id]) -> Following {
        let mut conditions = Vec::new();
        let mut labels = Vec::new();
        for column in table.own_columns().filter(|column| !self.is_text(table, column)) {
            let Some(thing) = self.thing_of_values(table, &column.name) else { continue };
            let name = match column.kind {
                Kind::Uuid => format!("{}::VARCHAR", quote::name(&column.name)),
                _ => quote::name(&column.name),
            };
            // What can be nothing else is the same thing under whatever name.
            let mut labels_of: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for id in ids.iter().filter(|id| id.thing == thing || id.is_distinctive()) {
                labels_of.entry(&id.thing).or_default().extend(literal(column, &id.value));
            }
            for (thing, values) in labels_of.into_iter().filter(|(_, values)| !values.is_empty()) {
                let condition = format!("{name} IN ({})", values.join(", "));
                let label = quote::text(&format!("{thing}="));
                labels.push(format!("CASE WHEN {condition} THEN {label} || {name}::VARCHAR END"));
                conditions.push(condition);
            }
        }
        let patterns = patterns(ids);
        for column in table.own_columns().filter(|column| self.is_text(table, column)) {
            let name = quote::name(&column.name);
            for (pattern, label) in &patterns {
                let pattern = quote::text(pattern);
                conditions.push(format!("regexp_matches({name}, {pattern})"));
                labels.push(format!(
                    "CASE WHEN regexp_matches({name}, {pattern}) THEN {} || regexp_extract({name}, {pattern}, 2) END",
                    quote::text(label)
                ));
            }
        }
        Following {
            condition: if conditions.is_empty() { "false".into() } else { conditions.join(" OR ") },
            entity: match labels.is_empty() {
                true => "NULL::VARCHAR".into(),
                false => format!("coalesce({})", labels.join(", ")),
            },
            needles: self.needles(table, ids.iter().map(|id| id.value.as_str())),
        }
    }
}

/// The columns of a table among `TABLE.COLUMN`s of the settings.
fn said(table: &Table, columns: &[String]) -> Vec<String> {
    let of_table = |name: &str| {
        let long = table.long_name.as_ref().map(|long| format!("{}.{long}", table.source));
        [&table.name, &table.short_name].into_iter().chain(&long).any(|known| known.eq_ignore_ascii_case(name))
    };
    columns
        .iter()
        .filter_map(|text| text.rsplit_once('.'))
        .filter(|(name, _)| of_table(name))
        .filter_map(|(_, column)| table.column(column).map(|column| column.name.clone()))
        .collect()
}

/// A value as a column's own kind has it in SQL; `None` if it cannot have it.
fn literal(column: &Column, value: &str) -> Option<String> {
    match column.kind {
        Kind::Int => value.parse::<i64>().ok().map(|number| number.to_string()).filter(|number| number == value),
        Kind::Float | Kind::Decimal { .. } => {
            value.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| format!("{number:?}"))
        }
        Kind::Uuid => Some(quote::text(&value.to_lowercase())),
        Kind::Text => Some(quote::text(value)),
        _ => None,
    }
}

fn is(column: &Column, value: &str) -> Option<String> {
    let name = quote::name(&column.name);
    match column.kind {
        // A text that is no UUID cannot be compared with one.
        Kind::Uuid => Some(format!("{name}::VARCHAR = {}", literal(column, value)?)),
        Kind::Int | Kind::Float | Kind::Decimal { .. } | Kind::Text => {
            Some(format!("{name} = {}", literal(column, value)?))
        }
        _ => Some(format!("{name}::VARCHAR = {}", quote::text(value))),
    }
}

/// What is no part of a word; scripts that write without spaces are not asked for.
const NO_PART: &str = r"[^\p{Latin}\p{Greek}\p{Cyrillic}\p{N}_]";

/// Whether a number is too long for a count, so that it is looked for in all columns.
pub fn is_long_number(value: &str) -> bool {
    value.len() >= DIGITS_LEAST && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_short_number(value: &str) -> bool {
    value.len() < 6 && value.parse::<f64>().is_ok()
}

/// A regular expression for a value as a whole word.
fn word(value: &str) -> String {
    format!("(^|{NO_PART}){}($|{NO_PART})", regex::escape(value))
}

/// A regular expression whose second group is one of the ids, behind one of the names of their thing: `test_id=256`.
fn named_pattern(names: &[String], ids: &[&Id]) -> String {
    let names: Vec<String> = names.iter().map(|name| regex::escape(name).replace('_', "[ _-]?")).collect();
    let values: Vec<String> = ids.iter().map(|id| regex::escape(&id.value)).collect();
    format!(
        r#"(?i)(^|[^A-Za-z0-9])(?:{})(?:[ _-]?(?:id|no|nr|number|key))?["']?\s*[=:# ]\s*["']?({})($|{NO_PART})"#,
        names.join("|"),
        values.join("|")
    )
}

/// Regular expressions whose second group is one of the ids, each with what stands before the id in a label: for
/// distinctive ones as a word, for others behind the name of their thing.
fn patterns(ids: &[Id]) -> Vec<(String, String)> {
    let mut patterns = Vec::new();
    let mut things: Vec<&str> = ids.iter().map(|id| id.thing.as_str()).collect();
    things.sort_unstable();
    things.dedup();
    for thing in things {
        let (distinctive, others): (Vec<&Id>, Vec<&Id>) =
            ids.iter().filter(|id| id.thing == thing).partition(|id| id.is_distinctive());
        let label = format!("{thing}=");
        if !distinctive.is_empty() {
            let values: Vec<String> = distinctive.iter().map(|id| regex::escape(&id.value)).collect();
            patterns.push((format!("(^|{NO_PART})({})($|{NO_PART})", values.join("|")), label.clone()));
        }
        if !others.is_empty() {
            patterns.push((named_pattern(&meaning::spellings(thing), &others), label));
        }
    }
    patterns
}

/// The longest part of a value that is written in the same bytes everywhere: JSON and SQL escape nothing of it.
fn longest_plain(value: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    value.split(|c| !is_plain(c)).filter(|run| !run.is_empty()).max_by_key(|run| run.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_or_stand_behind_their_name() {
        let id = |thing: &str, value: &str| Id { thing: thing.into(), value: value.into() };
        let patterns = patterns(&[id("test", "256"), id("request", "7f3a91")]);
        let fits = |text: &str| patterns.iter().any(|(p, _)| regex::Regex::new(p).expect("compiles").is_match(text));
        for text in ["test_id=256", "test 256 done", r#"{"testId": "256"}"#, "took 7f3a91", "[7f3a91]", "TEST#256,"] {
            assert!(fits(text), "{text}");
        }
        for text in ["256", "test_id=2567", "latest 256", "x7f3a91", "test 12 256"] {
            assert!(!fits(text), "{text}");
        }
    }

    #[test]
    fn the_longest_plain_part_is_looked_for() {
        assert_eq!(longest_plain("blk_-160"), Some("blk_-160"));
        assert_eq!(longest_plain("O'Hara 5"), Some("Hara"));
        assert_eq!(longest_plain("表"), None);
    }
}
