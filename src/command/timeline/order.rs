//! The order of events, and which of them are shown. What is sorted and weighed is where each stands, not what it says:
//! only those chosen are read as a whole.

use std::sync::Arc;

use super::names::{NUMBER_OF_NAME, Names, RANK_OF_NAME, RANK_OF_NUMBER};
use crate::engine::quote;
use crate::error::Result;
use crate::session::Session;

/// How much a row matters: an error, or a code where no level says otherwise; a warning.
const WEIGHT: &str = "CASE WHEN level IN ('error', 'fatal') OR (level IS NULL AND rca_code(code) IS NOT NULL) THEN 2 \
                      WHEN level = 'warn' THEN 1 ELSE 0 END";
/// What kind of error or warning a row is. Two kinds with one hash would be taken for the same; that only changes which
/// rows are shown first.
const KIND: &str = "CASE WHEN weight > 0 THEN hash(source, table_name, level, code, rca_template(message)) END";
/// What neighbours that become one row have in common, and what may differ.
const ALIKE: &str = "hash(source, table_name, entity, level, code, rca_numberless(message))";
const TEXT: &str = "hash(message)";

/// Events in order: each, or neighbours that are alike as one.
pub struct Order<'a> {
    session: &'a Session,
    /// The relation of the events.
    events: &'a str,
    names: Arc<Names>,
    is_collapsed: bool,
    pub rows: i64,
    pub errors: i64,
    pub warnings: i64,
}

impl<'a> Order<'a> {
    /// Reads where events stand. With `silence`, SQL of microseconds or NULL, neighbours that are alike are one row.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(session: &'a Session, events: &'a str, silence: Option<&str>) -> Result<Order<'a>> {
        let engine = &session.engine;
        let names = Names::make_known(engine)?;
        let is_collapsed = silence.is_some();
        let mut order = Order { session, events, names, is_collapsed, rows: 0, errors: 0, warnings: 0 };
        let alike = if is_collapsed { format!(", {ALIKE} AS alike, {TEXT} AS text") } else { String::new() };
        engine.keep_found("rca_places", &order.fill(include_str!("places.sql"), &[("alike", &alike)]))?;
        let alike = if is_collapsed { ", alike, text" } else { "" };
        engine.keep_in_order("rca_order", &order.fill(include_str!("order.sql"), &[("alike", alike)]))?;
        engine.execute("DROP TABLE rca_places")?;
        if let Some(silence) = silence {
            engine.keep_in_order("rca_runs", &order.fill(include_str!("runs.sql"), &[("silence", silence)]))?;
        }
        let counts = format!(
            "SELECT count(*), count(CASE WHEN weight = 2 THEN 1 END), count(CASE WHEN weight = 1 THEN 1 END) FROM ({})",
            order.places()
        );
        let counts = engine.counted(&counts)?;
        [order.rows, order.errors, order.warnings] = [0, 1, 2].map(|at| counts[at].int());
        Ok(order)
    }

    /// Sources and tables that have events.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn tables(&self) -> Result<Vec<[String; 2]>> {
        let rows = self.session.engine.rows("SELECT DISTINCT source, table_name FROM rca_order ORDER BY ALL")?.rows;
        let name = |rank: &crate::model::value::Value| self.names.name(rank.int()).to_string();
        Ok(rows.iter().map(|row| [name(&row[0]), name(&row[1])]).collect())
    }

    /// Chooses the rows nearest to one of the `worst` there are, 2 for errors and 1 for warnings; with neither the first
    /// rows. Returns how many of the worst are among them.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn choose_nearest(&self, worst: i64, limit: i64) -> Result<i64> {
        let engine = &self.session.engine;
        let places = self.places();
        let chosen = if worst == 0 {
            format!("SELECT * FROM ({places}) ORDER BY place LIMIT {limit}")
        } else {
            let values = [("places", places), ("worst", &worst.to_string()), ("limit", &limit.to_string())];
            quote::fill(include_str!("nearest.sql"), &values)
        };
        engine.keep_in_order("rca_chosen", &chosen)?;
        Ok(engine.counted(&format!("SELECT count(*) FROM rca_chosen WHERE weight = {worst}"))?[0].int())
    }

    /// Chooses all rows.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn choose_all(&self) -> Result<()> {
        self.session.engine.keep_in_order("rca_chosen", self.places())
    }

    /// Keeps the rows chosen as `rca_shown`, and returns the SQL that reads them, each with its `place`.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn read(&self) -> Result<String> {
        let values = if self.is_collapsed {
            [
                ("alike", ", alike".to_string()),
                ("alike_made", format!(", {ALIKE} AS alike")),
                ("alike_joined", " AND found.alike = chosen.alike".to_string()),
            ]
        } else {
            ["alike", "alike_made", "alike_joined"].map(|name| (name, String::new()))
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.session.engine.keep_found("rca_shown", &self.fill(include_str!("chosen.sql"), &values))?;
        let rows = "SELECT * FROM rca_shown";
        Ok(if self.is_collapsed { self.fill(include_str!("collapsed.sql"), &[("rows", rows)]) } else { rows.into() })
    }

    /// The relation of where each row stands, in order.
    fn places(&self) -> &'static str {
        if self.is_collapsed {
            "SELECT *, row_number() OVER () AS place FROM rca_runs"
        } else {
            "SELECT *, ts AS until, 1 AS repeats, false AS differs, row_number() OVER () AS place FROM rca_order"
        }
    }

    fn fill(&self, file: &str, values: &[(&str, &str)]) -> String {
        let shared = [
            ("events", self.events),
            ("weight", WEIGHT),
            ("kind", KIND),
            ("number_of_name", NUMBER_OF_NAME),
            ("rank_of_number", RANK_OF_NUMBER),
            ("rank_of_name", RANK_OF_NAME),
        ];
        quote::fill(file, &[values, &shared].concat())
    }
}
