//! Rows without a time, which no window has and which are no events: readers of logs count theirs as they come by them,
//! those of other tables are counted here.

use std::sync::Arc;

use super::Session;
use crate::engine::{quote, words};
use crate::error::Result;
use crate::model::value::Value;

impl Session {
    /// Counts the rows without a time of the tables that were asked, for what is said of them.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn count_untimed(&self) -> Result<()> {
        const PLACES: usize = 3;
        for table in self.tables.iter().filter(|table| table.kind != "log" && self.coverage.is_asked(&table.name)) {
            let Some(time) = &table.roles.time else { continue };
            let untimed = format!("FROM {} WHERE {} IS NULL", table.scan, quote::name(time));
            let count = self.engine.counted(&format!("SELECT count(*) {untimed}"))?[0].int();
            if count == 0 {
                continue;
            }
            let places = self.engine.rows(&format!("SELECT _file, _line {untimed} ORDER BY ALL LIMIT {PLACES}"))?.rows;
            let place = |row: Vec<Value>| (Arc::from(row[0].shown()), u64::try_from(row[1].int()).unwrap_or(0));
            self.coverage.untimed(&table.name, count.unsigned_abs(), places.into_iter().map(place));
        }
        Ok(())
    }

    /// Whether SQL may ask of events.
    pub fn speaks_of_events(&self, sql: &str) -> bool {
        words(sql).any(|word| word.eq_ignore_ascii_case("events"))
    }
}
