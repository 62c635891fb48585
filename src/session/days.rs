//! Days in one column and times of day in another: what is to be said of such a table, whose rows stand at the beginning
//! of their day.

use super::Session;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::meaning;
use crate::model::value::Value;

/// Words of a name that tells of times of day.
const CLOCKS: &[&str] = &["time", "clock", "hour", "uhrzeit", "zeit", "heure", "hora", "ora", "時間", "时间", "時刻"];

impl Session {
    /// A note, if `time` is of whole days and a column beside it tells the time of day. Asks of a few rows, and only of
    /// tables that have columns of such names or kinds.
    pub(super) fn has_days_alone(&self, columns: &[Column], time: &str, scan: &str) -> Result<Option<String>> {
        let kind = |name: &str| columns.iter().find(|column| column.name == name).map(|column| column.kind);
        if !matches!(kind(time), Some(Kind::Date | Kind::Time)) {
            return Ok(None);
        }
        let is_called = |name: &str| meaning::words(name).last().is_some_and(|last| CLOCKS.contains(&last.as_str()));
        let clock = columns
            .iter()
            .filter(|column| column.name != time && !column.name.starts_with('_'))
            .find(|column| column.kind == Kind::TimeOfDay || column.kind == Kind::Text && is_called(&column.name));
        let Some(clock) = clock else { return Ok(None) };
        let (day, of_day) = (quote::name(time), quote::name(&clock.name));
        let asked = format!(
            "SELECT coalesce(bool_and(day = date_trunc('day', day) AND regexp_full_match(of_day, '\\d{{1,2}}:\\d\\d(:\\d\\d([.,]\\d+)?)?( ?[AaPp][Mm])?')), false) \
             FROM (SELECT {day}::TIMESTAMP AS day, {of_day}::VARCHAR AS of_day FROM {scan} \
             WHERE {day} IS NOT NULL AND {of_day} IS NOT NULL LIMIT 100)"
        );
        let found = self.coverage.peek(|| self.engine.rows(&asked))?;
        let is_so = matches!(found.rows.first().map(Vec::as_slice), Some([Value::Bool(true)]));
        Ok(is_so.then(|| {
            format!("`{time}` has days and `{}` times of day: rows stand at the beginning of their day", clock.name)
        }))
    }
}
