//! `--from` and `--to`: a half-open stretch of time, its ends absolute or counted back from the latest time in the
//! evidence.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Session, Table};
use crate::engine::{guard, quote};
use crate::error::{Error, Result};
use crate::model::duration;
use crate::model::time::{self, HOUR, SECOND};
use crate::model::value::Value;
use crate::model::zone::{Doubt, Zone};

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

    /// Puts a window and a condition on the tables that SQL sees: the one by their time, the other where they have what it
    /// asks. Tables that have not stay whole; returns those whose rows the condition cannot be asked of.
    ///
    /// # Errors
    /// As the engine says.
    pub fn restrict(&self, window: &Window, condition: Option<&str>) -> Result<Vec<&Table>> {
        if let Some(condition) = condition.filter(|condition| guard::has_query(condition)) {
            // It would ask of tables that it restricts itself.
            return Err(Error::question("a condition on all tables has no SELECT in it")
                .detail(format!("--where \"{condition}\""))
                .hint("write what it says into the SQL that asks"));
        }
        let mut unfitting = Vec::new();
        let mut views = Vec::new();
        for table in self.tables.iter().chain(&self.parts) {
            let time = table.roles.time.as_ref().filter(|_| !window.is_open());
            let within = time.map(|time| window.sql(&format!("{}::TIMESTAMP", quote::name(time))));
            let condition = condition.map(|condition| format!("({condition})"));
            let fits = condition.as_ref().is_none_or(|condition| self.fits(&table.sql(), condition));
            if !fits {
                unfitting.push(table);
            }
            let holds: Vec<String> = within.into_iter().chain(condition.filter(|_| fits)).collect();
            if holds.is_empty() {
                continue;
            }
            let list = table.columns.iter().map(|column| quote::name(&column.name)).collect::<Vec<_>>().join(", ");
            let list = if list.is_empty() { "NULL AS no_columns".into() } else { list };
            let (view, scan, holds) = (&table.view, &table.scan, holds.join(" AND "));
            views.push(format!("CREATE OR REPLACE VIEW {view} AS SELECT {list} FROM {scan} WHERE {holds}"));
        }
        views.iter().try_for_each(|view| self.engine.execute(view))?;
        Ok(unfitting)
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
        let stamp = time::iso_whole(text.as_bytes()).ok_or_else(|| {
            Error::question(format!("`{flag} {text}` is no time"))
                .hint("write 2025-03-01T08:00:00Z, '2025-03-01 08:00', 2025-03-01, or -2h for two hours before the latest time")
        })?;
        if stamp.offset.is_none()
            && let Some(said) = doubted(text, stamp.wall, zone)
        {
            self.coverage.note_of_source(flag, said);
        }
        Ok(zone.resolve(stamp))
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

/// What is to be said of a time that a clock showed twice or never: which one is meant, and how to say another one.
fn doubted(text: &str, wall: i64, zone: Zone) -> Option<String> {
    let (first, second, doubt) = zone.judged(wall);
    Some(match doubt? {
        Doubt::Twice => {
            let day = if text.contains(':') { "" } else { " 00:00" };
            let other = format!("{text}{day}{}", offset(wall - second));
            format!(
                "`{text}` was on the clock of {zone} twice, as it was set back: the first one is taken, {}; the second one is '{other}'",
                time::rfc3339(first)
            )
        }
        Doubt::Never => {
            // What the clock shows some hours later is what it was set to.
            const LATER: i64 = 3 * HOUR;
            let ahead = wall + LATER - zone.utc(wall + LATER);
            let shown = time::rfc3339(first + ahead);
            format!(
                "`{text}` was never on the clock of {zone}, as it was set forward: taken as if it had not been, which the clock showed as {}{}; write an offset to say another one",
                shown.trim_end_matches('Z'),
                offset(ahead)
            )
        }
    })
}

/// Microseconds east of UTC as a time has them behind it.
fn offset(ahead: i64) -> String {
    match i32::try_from(ahead / SECOND) {
        Ok(0) | Err(_) => "Z".into(),
        Ok(seconds) => Zone::Fixed(seconds).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_a_clock_showed_twice_or_never_are_said() {
        let said = |zone: &str, text: &str| {
            let stamp = time::iso_whole(text.as_bytes()).expect("a time");
            doubted(text, stamp.wall, Zone::parse(zone).expect("a zone")).unwrap_or_default()
        };
        let twice = said("Europe/Berlin", "2025-10-26 02:30");
        assert!(
            twice.contains("taken, 2025-10-26T00:30:00Z") && twice.ends_with("'2025-10-26 02:30+01:00'"),
            "{twice}"
        );
        assert!(said("Europe/London", "2025-10-26 01:30").ends_with("'2025-10-26 01:30Z'"));
        assert!(said("America/Havana", "2025-11-02").ends_with("'2025-11-02 00:00-05:00'"));
        let never = said("Europe/Berlin", "2025-03-30 02:30");
        assert!(never.contains("as 2025-03-30T03:30:00+02:00;"), "{never}");
        assert_eq!(said("Europe/Berlin", "2025-10-26 03:00") + &said("+02:00", "2025-10-26 02:30"), "");
        for text in ["2025-10-26 02:30+01:00", "2025-10-26 01:30Z", "2025-11-02 00:00-05:00"] {
            assert!(time::iso_whole(text.as_bytes()).is_some_and(|stamp| stamp.offset.is_some()), "{text}");
        }
    }
}
