//! `--from` and `--to`: a half-open stretch of time, its ends absolute or counted back from the latest time in the
//! evidence.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Session, Table};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::model::zone::Zone;
use crate::model::{duration, time};

/// The earliest and the latest time of tables that were asked, by the SQL that asks.
#[derive(Default)]
struct Ends(RefCell<HashMap<String, Option<(i64, i64)>>>);

/// Times `from <= ts < to`, in UTC microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

impl Window {
    /// What must hold of a time column; `true` where nothing is asked.
    pub fn sql(&self, column: &str) -> String {
        let from = self.from.map(|at| format!("{column} >= {}", quote::time(at)));
        let to = self.to.map(|at| format!("{column} < {}", quote::time(at)));
        let parts: Vec<String> = from.into_iter().chain(to).collect();
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }

    /// What must hold of a beginning and an end for any of the time between to be inside.
    pub fn touches(&self, begin: &str, end: &str) -> String {
        let from = self.from.map(|at| format!("coalesce({end}, {begin}) >= {}", quote::time(at)));
        let to = self.to.map(|at| format!("{begin} < {}", quote::time(at)));
        let parts: Vec<String> = from.into_iter().chain(to).collect();
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }

    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

impl Session {
    /// # Errors
    /// If one of them is no time.
    pub fn window(&self, from: Option<&str>, to: Option<&str>) -> Result<Window> {
        let window = Window {
            from: from.map(|text| self.instant(text, "--from")).transpose()?,
            to: to.map(|text| self.instant(text, "--to")).transpose()?,
        };
        if let (Some(from), Some(to)) = (window.from, window.to)
            && from >= to
        {
            return Err(Error::question("the window is empty: --from is not before --to").detail(format!(
                "from {} to {}",
                time::rfc3339(from),
                time::rfc3339(to)
            )));
        }
        Ok(window)
    }

    /// `FROM..TO`, each as [`Session::instant`] takes it.
    ///
    /// # Errors
    /// If it is no window.
    pub fn span(&self, text: &str, flag: &str) -> Result<Window> {
        let Some((from, to)) = text.split_once("..") else {
            return Err(Error::question(format!("`{flag} {text}` is no window"))
                .hint(format!("write {flag} FROM..TO, such as {flag} 2025-03-01..2025-03-02")));
        };
        let instant = |text: &str| match text.trim() {
            "" => Ok(None),
            text => self.instant(text, flag).map(Some),
        };
        let window = Window { from: instant(from)?, to: instant(to)? };
        if let (Some(from), Some(to)) = (window.from, window.to)
            && from >= to
        {
            return Err(Error::question(format!("the window of {flag} is empty: its beginning is not before its end"))
                .detail(format!("from {} to {}", time::rfc3339(from), time::rfc3339(to))));
        }
        Ok(window)
    }

    /// RFC 3339, `YYYY-MM-DD[ HH:MM[:SS]]` in the case's zone, or `-2h` before the latest time in the evidence.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn instant(&self, text: &str, flag: &str) -> Result<i64> {
        if let Some(back) = text.strip_prefix('-').and_then(duration::parse) {
            return match self.latest()? {
                Some(latest) => Ok(latest - back),
                None => Err(Error::question(format!(
                    "`{flag} {text}` counts back from the latest time, and no table has one"
                ))),
            };
        }
        let zone = match &self.settings.timezone {
            Some(text) => crate::settings::zone(text, "timezone")?,
            None => Zone::UTC,
        };
        time::iso_whole(text.as_bytes()).map(|stamp| zone.resolve(stamp)).ok_or_else(|| {
            Error::question(format!("`{flag} {text}` is no time"))
                .hint("write 2025-03-01T08:00:00Z, '2025-03-01 08:00', 2025-03-01, or -2h for two hours before the latest time")
        })
    }

    /// The latest time in any table.
    fn latest(&self) -> Result<Option<i64>> {
        Ok(self.ends(&self.tables.iter().collect::<Vec<_>>())?.map(|(_, last)| last))
    }

    /// The earliest and the latest time in these tables.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn ends(&self, tables: &[&Table]) -> Result<Option<(i64, i64)>> {
        let asked = self.once(|| Ok(Ends::default()))?;
        let mut ends: Option<(i64, i64)> = None;
        for table in tables {
            let Some(column) = &table.roles.time else { continue };
            let column = quote::name(column);
            let sql = format!(
                "SELECT min({column}::TIMESTAMP), max({column}::TIMESTAMP) FROM {} WHERE isfinite({column}::TIMESTAMP)",
                table.sql()
            );
            let known = asked.0.borrow().get(&sql).copied();
            let found = match known {
                Some(known) => known,
                None => match self.engine.counted(&sql)?.as_slice() {
                    [Value::Time(first), Value::Time(last)] => Some((*first, *last)),
                    _ => None,
                },
            };
            asked.0.borrow_mut().insert(sql, found);
            if let Some((first, last)) = found {
                ends = Some(ends.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
            }
        }
        Ok(ends)
    }
}
