//! The order of events, and which of them are shown. What is sorted and weighed is where each stands, not what it says:
//! only those chosen are read as a whole.

use super::names::{self, NUMBER_OF_NAME, RANK_OF_NAME, RANK_OF_NUMBER};
use crate::engine::{Engine, quote};
use crate::error::{Error, Result};
use crate::session::Session;

/// How much a row matters: an error, or a code where no level says otherwise; a warning.
pub const WEIGHT: &str = "CASE WHEN level IN ('error', 'fatal') OR (level IS NULL AND rca_code(code) IS NOT NULL) THEN 2 \
                      WHEN level = 'warn' THEN 1 ELSE 0 END";
/// What kind of error or warning a row is. Two kinds with one hash would be taken for the same; that only changes which
/// rows are shown first.
pub const KIND: &str = "CASE WHEN weight > 0 THEN hash(source, table_name, level, code, rca_template(message)) END";
/// What neighbours that become one row have in common, and what may differ.
const ALIKE: &str = "hash(source, table_name, entity, level, code, rca_numberless(message))";
const TEXT: &str = "hash(message)";

/// The worst rows there are.
#[derive(Clone, Copy)]
pub struct Worst {
    /// 2 for errors; without any of them 1 for warnings; with neither 0.
    pub weight: i64,
    pub count: i64,
}

impl Worst {
    /// Of a relation with the `weight` of each row, or of those that have one.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn of(engine: &Engine, relation: &str) -> Result<Worst> {
        let found = engine.counted(&format!(
            "SELECT coalesce(max(weight), 0), count(CASE WHEN weight = 1 THEN 1 END), count(CASE WHEN weight = 2 THEN 1 END) FROM {relation}"
        ))?;
        let weight = found[0].int();
        Ok(Worst { weight, count: if weight > 0 { found[weight as usize].int() } else { 0 } })
    }
}

/// Which rows are chosen.
pub struct Chosen {
    /// Of so many.
    pub rows: u64,
    /// Unless these are all of them, the worst, and how many of these are chosen.
    pub nearest_to: Option<(Worst, i64)>,
}

/// Events in order: each, or neighbours that are alike as one.
pub struct Order<'a> {
    session: &'a Session,
    /// SQL of the events.
    events: String,
    is_collapsed: bool,
}

impl<'a> Order<'a> {
    /// Reads where events stand. With `silence`, SQL of microseconds or NULL, neighbours that are alike are one row.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(session: &'a Session, events: String, silence: Option<&str>) -> Result<Order<'a>> {
        let engine = &session.engine;
        names::make_known(engine)?;
        let is_collapsed = silence.is_some();
        let order = Order { session, events, is_collapsed };
        let alike = if is_collapsed { format!(", {ALIKE} AS alike, {TEXT} AS text") } else { String::new() };
        engine.keep_found("rca_places", &order.fill(include_str!("places.sql"), &[("alike", &alike)]))?;
        let alike = if is_collapsed { ", alike, text" } else { "" };
        engine.keep_in_order("rca_order", &order.fill(include_str!("order.sql"), &[("alike", alike)]))?;
        engine.execute("DROP TABLE rca_places")?;
        if let Some(silence) = silence {
            engine.keep_in_order("rca_runs", &order.fill(include_str!("runs.sql"), &[("silence", silence)]))?;
        }
        Ok(order)
    }

    /// Chooses the rows nearest to the worst there are, or the first ones where there are none; without a limit, or if it
    /// is not reached, all.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn choose(&self, limit: Option<u64>) -> Result<Chosen> {
        let engine = &self.session.engine;
        let places = format!("({})", self.places());
        let rows = engine.counted(&format!("SELECT count(*) FROM {places}"))?[0].int().unsigned_abs();
        let Some(limit) = limit.filter(|limit| *limit < rows) else {
            engine.keep_in_order("rca_chosen", self.places())?;
            return Ok(Chosen { rows, nearest_to: None });
        };
        let worst = Worst::of(engine, &places)?;
        let values = [("rows", places.as_str()), ("worst", &worst.weight.to_string())];
        let nearest_to = self.choose_nearest(&quote::fill(include_str!("further.sql"), &values), limit, worst)?;
        Ok(Chosen { rows, nearest_to })
    }

    /// Chooses rows of a relation of places, in which centers have a number `further`.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn choose_nearest(&self, rows: &str, limit: u64, worst: Worst) -> Result<Option<(Worst, i64)>> {
        let engine = &self.session.engine;
        let values = [("rows", rows), ("limit", &limit.to_string())];
        engine.keep_in_order("rca_chosen", &quote::fill(include_str!("nearest.sql"), &values))?;
        let chosen = engine.counted(&format!("SELECT count(*) FROM rca_chosen WHERE weight = {}", worst.weight))?;
        Ok(Some((worst, chosen[0].int())))
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
                ("alike_joined", " AND found.alike = rca_chosen_rows.alike".to_string()),
            ]
        } else {
            ["alike", "alike_made", "alike_joined"].map(|name| (name, String::new()))
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let engine = &self.session.engine;
        engine.keep_found("rca_shown", &self.fill(include_str!("chosen.sql"), &values))?;
        let counted = engine.counted("SELECT (SELECT count(*) FROM rca_chosen), (SELECT count(*) FROM rca_shown)")?;
        if counted[0] != counted[1] {
            return Err(Error::evidence("the evidence was another one when it was read again"));
        }
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
            ("events", self.events.as_str()),
            ("weight", WEIGHT),
            ("kind", KIND),
            ("number_of_name", NUMBER_OF_NAME),
            ("rank_of_number", RANK_OF_NUMBER),
            ("rank_of_name", RANK_OF_NAME),
        ];
        quote::fill(file, &[values, &shared].concat())
    }
}
