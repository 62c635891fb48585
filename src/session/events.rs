//! Tables as events: every row with a time becomes `ts, source, table_name, entity, level, code, message, origin`.
//! A log's message is its text; a table's row becomes a sentence of its columns. Inside, `at_file` and `at_line` go
//! along, so that events of one time and source stand in the order of their lines.

use super::entities::Following;
use super::{Entity, Id, Session, Table, Window};
use crate::engine::quote;
use crate::error::Result;

/// Which events are wanted of all there are.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub entities: Vec<Entity>,
    /// In place of entities.
    pub ids: Vec<Id>,
    pub window: Window,
    /// Rows that began before the window and ended in it or behind are wanted too.
    pub running: bool,
    /// Of rows of the tables where it fits them, else of events.
    pub condition: Option<String>,
}

impl Session {
    /// Makes the view `events` over those of the tables that have a time.
    ///
    /// # Errors
    /// As the engine says.
    pub fn create_events(&self, tables: &[&Table], wanted: &Wanted) -> Result<()> {
        let selects: Vec<String> = tables.iter().filter_map(|table| self.events_of(table, wanted)).collect();
        self.engine.execute(&format!(
            "CREATE OR REPLACE VIEW events AS SELECT * EXCLUDE (at_file, at_line) FROM ({}) WHERE ts IS NOT NULL",
            union(&selects)
        ))
    }

    /// The events of several tables in one relation.
    pub fn events(&self, tables: &[&Table], wanted: &Wanted) -> String {
        let selects: Vec<String> = tables.iter().filter_map(|table| self.events_of(table, wanted)).collect();
        union(&selects)
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
        let more: String = more.iter().map(|(sql, name)| format!(", {sql} AS {}", quote::name(name))).collect();
        let Following { condition: follows, entity, needles } = self.following(table, wanted);
        let scan = table.scan(&needles);
        let (within, outside) = match &wanted.condition {
            None => ("true", None),
            Some(condition) if self.fits(&scan, condition) => (condition.as_str(), None),
            Some(condition) => ("true", Some(condition)),
        };
        let within_window = self.within(table, wanted);
        // Blanks around a code are none of it.
        let code = table.roles.code.as_ref().map(|code| match table.kind {
            "log" => format!("{}::VARCHAR", quote::name(code)),
            _ => format!("nullif(rca_trimmed({}), '')", quote::name(code)),
        });
        let rows = format!(
            "SELECT {time} AS ts, {} AS source, {} AS table_name, {} AS entity, {} AS level, {} AS code, {} AS message, \
             {} AS origin, _file AS at_file, _line AS at_line{more} FROM {scan} WHERE {} AND ({follows}) AND ({within})",
            quote::text(&table.source),
            quote::text(&table.short_name),
            entity,
            level_sql(table),
            code.unwrap_or_else(|| "NULL::VARCHAR".into()),
            self.message_sql(table),
            table.origin,
            within_window,
        );
        match outside {
            Some(condition) => format!("SELECT * FROM ({rows}) WHERE ({condition})"),
            None => rows,
        }
    }

    /// Whether the one time of a table tells when its rows were loaded: its name says so, or the first rows all have
    /// the same one.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn is_load_stamp(&self, table: &Table) -> Result<bool> {
        const ROWS: usize = 2048;
        const ROWS_LEAST: usize = 20;
        let (roles, Some(time)) = (&table.roles, &table.roles.time) else { return Ok(false) };
        let is_said = self.settings.sources.get(&table.source).is_some_and(|said| said.time.is_some());
        if roles.is_load_stamp || table.kind == "log" || is_said {
            return Ok(roles.is_load_stamp);
        }
        let peeked = format!("SELECT {}::TIMESTAMP FROM {} LIMIT {ROWS}", quote::name(time), table.scan);
        let rows = self.coverage.peek(|| self.engine.rows(&peeked))?.rows;
        let first = rows.first().map(|row| &row[0]).filter(|first| !first.is_null());
        Ok(rows.len() >= ROWS_LEAST && first.is_some_and(|first| rows.iter().all(|row| row[0] == *first)))
    }

    /// Whether a row is in the window.
    pub fn within(&self, table: &Table, wanted: &Wanted) -> String {
        let Some(time) = &table.roles.time else { return "true".into() };
        let time = format!("{}::TIMESTAMP", quote::name(time));
        match table.roles.end.as_ref().filter(|_| wanted.running) {
            Some(end) => wanted.window.touches(&time, &format!("{}::TIMESTAMP", quote::name(end))),
            None => wanted.window.sql(&time),
        }
    }

    /// Whether a condition can be asked of a table's rows, or of them as events.
    pub fn fits_events(&self, table: &Table, condition: &str) -> bool {
        let events = self.rows_of(table, &Wanted::default(), &[]);
        self.fits(&table.sql(), condition) || self.fits(&format!("({events})"), condition)
    }

    /// Whether a condition can be asked of a table's rows.
    pub fn fits(&self, scan: &str, condition: &str) -> bool {
        self.engine.understands(&format!("SELECT 1 FROM {scan} WHERE ({condition})"))
    }
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
