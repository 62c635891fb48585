//! Tables as events: every row with a time becomes `ts, source, table_name, entity, level, code, message, origin`.
//! A log's message is its text; a table's row becomes a sentence of its columns. Inside, `at_file` and `at_line` go
//! along, so that events of one time and source stand in the order of their lines.

use super::{Session, Table, Window};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::name;

/// Which events are wanted of all there are.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub entities: Vec<Entity>,
    pub window: Window,
    /// Of rows of the tables where it fits them, else of events.
    pub condition: Option<String>,
}

/// What an investigation follows: a value, maybe only in columns of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub column: Option<String>,
    pub value: String,
}

impl Session {
    /// Makes the view `events` over all tables that have a time.
    ///
    /// # Errors
    /// As the engine says.
    pub fn create_events(&self, window: &Window) -> Result<()> {
        let wanted = Wanted { window: *window, ..Wanted::default() };
        let selects: Vec<String> = self.tables.iter().filter_map(|table| self.events_of(table, &wanted)).collect();
        self.engine.execute(&format!(
            "CREATE OR REPLACE VIEW events AS SELECT * EXCLUDE (at_file, at_line) FROM ({}) WHERE ts IS NOT NULL",
            union(&selects)
        ))
    }

    /// The events of several tables in one relation.
    ///
    /// # Errors
    /// If an entity names a column that no table has.
    pub fn events(&self, tables: &[&Table], wanted: &Wanted) -> Result<String> {
        for column in wanted.entities.iter().filter_map(|entity| entity.column.as_ref()) {
            let known = self.settings.entities.contains_key(column)
                || self.tables.iter().any(|table| table.column(column).is_some());
            if !known {
                let names: Vec<&str> =
                    self.tables.iter().flat_map(|table| table.own_columns()).map(|c| c.name.as_str()).collect();
                let near = name::nearest(column, names);
                let error = Error::question(format!("no table has a column `{column}`"));
                return Err(if near.is_empty() {
                    error
                } else {
                    error.hint(format!("did you mean {}", name::listed(&near)))
                });
            }
        }
        let selects: Vec<String> = tables.iter().filter_map(|table| self.events_of(table, wanted)).collect();
        Ok(union(&selects))
    }

    /// A table's events; `None` if it has no time.
    fn events_of(&self, table: &Table, wanted: &Wanted) -> Option<String> {
        table.roles.time.as_ref()?;
        Some(self.rows_of(table, wanted, &[]))
    }

    /// A table's rows in the shape of events, without a time if they have none, with more columns of the table.
    pub fn rows_of(&self, table: &Table, wanted: &Wanted, more: &[(String, String)]) -> String {
        let time = table
            .roles
            .time
            .as_ref()
            .map_or_else(|| "NULL::TIMESTAMP".into(), |time| format!("{}::TIMESTAMP", quote::name(time)));
        let needles: Vec<String> = match table.kind {
            // Values of other kinds may be spelt otherwise in the bytes than in the column, and so may all but plain
            // words in the JSON lines of a log.
            "log" if wanted.entities.iter().all(|entity| is_plain(&entity.value)) => {
                wanted.entities.iter().map(|entity| entity.value.clone()).collect()
            }
            _ => Vec::new(),
        };
        let follows = if wanted.entities.is_empty() {
            "true".to_string()
        } else {
            wanted
                .entities
                .iter()
                .map(|entity| format!("({})", self.follows(table, entity)))
                .collect::<Vec<_>>()
                .join(" OR ")
        };
        let more: String = more.iter().map(|(sql, name)| format!(", {sql} AS {}", quote::name(name))).collect();
        let scan = table.scan(&needles);
        let (within, outside) = match &wanted.condition {
            None => ("true", None),
            Some(condition) if self.fits(&scan, condition) => (condition.as_str(), None),
            Some(condition) => ("true", Some(condition)),
        };
        let code = table.roles.code.as_ref().map(|code| format!("{}::VARCHAR", quote::name(code)));
        let rows = format!(
            "SELECT {time} AS ts, {} AS source, {} AS table_name, {} AS entity, {} AS level, {} AS code, {} AS message, \
             {} AS origin, _file AS at_file, _line AS at_line{more} FROM {scan} WHERE {} AND ({follows}) AND ({within})",
            quote::text(&table.source),
            quote::text(&table.short_name),
            self.entity_sql(table, wanted),
            level_sql(table),
            code.unwrap_or_else(|| "NULL::VARCHAR".into()),
            self.message_sql(table),
            table.origin,
            wanted.window.sql(&time),
        );
        match outside {
            Some(condition) => format!("SELECT * FROM ({rows}) WHERE ({condition})"),
            None => rows,
        }
    }

    /// Whether a condition can be asked of a table's rows, or of them as events.
    pub fn fits_events(&self, table: &Table, condition: &str) -> bool {
        let events = self.rows_of(table, &Wanted::default(), &[]);
        self.fits(&table.sql(), condition) || self.fits(&format!("({events})"), condition)
    }

    /// Whether a condition can be asked of a table's rows.
    pub fn fits(&self, scan: &str, condition: &str) -> bool {
        self.engine.rows(&format!("SELECT 1 FROM {scan} WHERE ({condition}) LIMIT 0")).is_ok()
    }

    /// The columns of a table that hold an entity: those of the settings, else those that other tables have too.
    pub fn entity_columns(&self, table: &Table) -> Vec<String> {
        if !self.settings.entities.is_empty() {
            let said = self.settings.entities.values().flatten();
            return said
                .filter_map(|text| text.rsplit_once('.'))
                .filter(|(name, _)| {
                    table.name.eq_ignore_ascii_case(name) || table.short_name.eq_ignore_ascii_case(name)
                })
                .filter_map(|(_, column)| table.column(column).map(|column| column.name.clone()))
                .collect();
        }
        const NAMES: [&str; 14] = [
            "serial",
            "serial_no",
            "serial_number",
            "sn",
            "unit",
            "unit_id",
            "machineid",
            "machine_id",
            "device_id",
            "request_id",
            "trace_id",
            "host",
            "hostname",
            "id",
        ];
        NAMES
            .iter()
            .filter(|name| **name != "id" || table.kind != "log")
            .find_map(|name| table.column(name))
            .map(|column| vec![column.name.clone()])
            .unwrap_or_default()
    }

    fn entity_sql(&self, table: &Table, wanted: &Wanted) -> String {
        let columns: Vec<String> =
            self.entity_columns(table).iter().map(|name| format!("{}::VARCHAR", quote::name(name))).collect();
        let matched: Vec<String> = wanted
            .entities
            .iter()
            .map(|entity| format!("CASE WHEN {} THEN {} END", self.follows(table, entity), quote::text(&entity.value)))
            .collect();
        let parts: Vec<String> = matched.into_iter().chain(columns).collect();
        if parts.is_empty() { "NULL::VARCHAR".into() } else { format!("coalesce({})", parts.join(", ")) }
    }

    /// When a row is about the entity: a column is equal to it, or a log's message has it as a word.
    fn follows(&self, table: &Table, entity: &Entity) -> String {
        let value = quote::text(&entity.value);
        let aliases: Vec<String> = entity
            .column
            .as_ref()
            .and_then(|column| self.settings.entities.get(column))
            .map(|_| self.entity_columns(table))
            .unwrap_or_default();
        let own: Vec<String> = match &entity.column {
            Some(_) if !aliases.is_empty() => aliases,
            Some(column) => table.column(column).map(|column| vec![column.name.clone()]).unwrap_or_default(),
            None => table
                .own_columns()
                .filter(|column| matches!(column.kind, Kind::Text | Kind::Int))
                .map(|column| column.name.clone())
                .collect(),
        };
        let mut parts: Vec<String> = own
            .iter()
            .filter(|name| table.kind != "log" || *name != "message")
            .map(|name| format!("{}::VARCHAR = {value}", quote::name(name)))
            .collect();
        if table.kind == "log" {
            // The fields of a line are cut out of its text: a request, a path.
            let word = quote::text(&format!("(^|[^A-Za-z0-9_]){}($|[^A-Za-z0-9_])", regex::escape(&entity.value)));
            for column in table.own_columns().filter(|column| column.kind == Kind::Text) {
                let name = quote::name(&column.name);
                parts.push(format!("(contains({name}, {value}) AND regexp_matches({name}, {word}))"));
            }
        }
        if parts.is_empty() { "false".into() } else { parts.join(" OR ") }
    }

    /// A log's text, and the fields of lines that name them; of another table the message column, then the other columns by name.
    fn message_sql(&self, table: &Table) -> String {
        let entities = self.entity_columns(table);
        if table.kind == "log" {
            let is_new = |name: &&String| !entities.contains(name);
            let said: Vec<String> = table.telling.iter().filter(is_new).map(|name| said(name)).collect();
            return match said.is_empty() {
                true => "message".into(),
                false => format!("concat_ws(' ', message, {})", said.join(", ")),
            };
        }
        let leaves_out = |name: &str| {
            table.roles.time.as_deref() == Some(name)
                || table.roles.message.as_deref() == Some(name)
                || (table.roles.level.as_deref() == Some(name) && name.eq_ignore_ascii_case("level"))
                || entities.iter().any(|entity| entity == name)
        };
        let mut parts: Vec<String> = table.roles.message.iter().map(|name| quote::name(name)).collect();
        for column in table.own_columns().filter(|column| !leaves_out(&column.name) && column.kind != Kind::Blob) {
            parts.push(said(&column.name));
        }
        if parts.is_empty() { "''".into() } else { format!("concat_ws(' ', {})", parts.join(", ")) }
    }
}

/// `station=ST05`, or NULL.
fn said(column: &str) -> String {
    format!("{} || {}::VARCHAR", quote::text(&format!("{column}=")), quote::name(column))
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

/// A table's level on the common scale; a result that means failure is an error.
fn level_sql(table: &Table) -> String {
    let result = table
        .roles
        .result
        .as_ref()
        .map(|result| format!("CASE WHEN rca_failed({}) THEN 'error' END", quote::name(result)));
    let level = table.roles.level.as_ref().map(|level| {
        if table.kind == "log" { quote::name(level) } else { format!("rca_level({})", quote::name(level)) }
    });
    match (level, result) {
        (Some(level), Some(result)) => format!("coalesce({level}, {result})"),
        (Some(level), None) => level,
        (None, Some(result)) => result,
        (None, None) => "NULL::VARCHAR".into(),
    }
}

fn union(selects: &[String]) -> String {
    if selects.is_empty() {
        return "SELECT NULL::TIMESTAMP AS ts, NULL::VARCHAR AS source, NULL::VARCHAR AS table_name, NULL::VARCHAR AS entity, \
                NULL::VARCHAR AS level, NULL::VARCHAR AS code, NULL::VARCHAR AS message, NULL::VARCHAR AS origin, \
                NULL::VARCHAR AS at_file, NULL::BIGINT AS at_line WHERE false"
            .into();
    }
    selects.join(" UNION ALL ")
}
