//! Events as rows to be shown: counted, collapsed, the nearest to what went wrong, with what is between them.

use super::order::{Chosen, Order};
use super::{LEVELS, nearest, rhythm};
use crate::command::{Answer, Reading};
use crate::engine::quote;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::time::WEEK;
use crate::model::zone::Zone;
use crate::session::Session;

/// What is asked of the events.
pub struct View {
    /// The relation of the events, and what must hold of them.
    pub events: String,
    pub condition: String,
    pub collapse: bool,
    pub limit: Option<u64>,
    /// Whether silences are told.
    pub is_followed: bool,
    pub zone: Option<Zone>,
}

impl View {
    /// All events in order, as they come.
    pub fn streamed(&self) -> Answer {
        Answer { are_events: true, ..Answer::of(self.fill(include_str!("streamed.sql"), "ts", &[])) }
    }

    /// Events per stretch of this many microseconds.
    pub fn histogram(&self, every: i64) -> Answer {
        // The first Monday.
        let origin = if every % WEEK == 0 { "'1970-01-05'" } else { "'1970-01-01'" };
        let levels: Vec<String> = LEVELS.iter().map(|level| quote::text(level)).collect();
        let (every, levels) = (every.to_string(), format!("[{}]", levels.join(", ")));
        let values = [("every", every.as_str()), ("origin", origin), ("levels", &levels)];
        let counted = [("events", self.events.as_str()), ("condition", &self.condition), ("local", "")];
        let counted = quote::fill(include_str!("histogram.sql"), &[&values[..], &counted].concat());
        let values = [&values[..], &[("histogram", counted.as_str())]].concat();
        let sql = self.fill(include_str!("histogram_read.sql"), "bucket", &values);
        Answer {
            reading: Some(Reading { sql, notes: Vec::new() }),
            ..Answer::of(self.fill(include_str!("histogram.sql"), "bucket", &values))
        }
    }

    /// Whether all events must be there before the first row can be shown.
    pub fn is_kept(&self) -> bool {
        self.collapse || self.limit.is_some() || self.is_followed
    }

    /// What is made of the events, and the sources and tables of those shown.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn kept(&self, session: &Session) -> Result<(Answer, Vec<[String; 2]>)> {
        let mut events = format!("SELECT * FROM ({}) WHERE {}", self.events, self.condition);
        let mut silence = None;
        if self.is_followed {
            session.engine.keep_found("rca_events", &events)?;
            events = "SELECT * FROM rca_events".into();
            silence = rhythm::silence(session, "rca_events")?;
        }
        let longer_than = silence.as_ref().map_or_else(|| "NULL".into(), |silence| silence.longer_than.to_string());
        let limit = self.limit.filter(|limit| i64::try_from(*limit).is_ok());
        let nearest = match limit.filter(|_| !self.collapse) {
            Some(limit) => nearest::choose(session, &events, limit)?,
            None => None,
        };
        let (order, chosen) = match nearest {
            Some(nearest) => nearest,
            None => {
                let order = Order::of(session, events, self.collapse.then_some(longer_than.as_str()))?;
                let chosen = order.choose(limit)?;
                (order, chosen)
            }
        };
        let rows = order.read()?;
        let silent = silence.iter().filter(|silence| silence.count > 0).map(rhythm::Silence::note).collect();
        let count = chosen.rows.to_string();
        let values = [("rows", rows.as_str()), ("silence", &longer_than), ("count", &count)];
        let answer = Answer {
            reading: Some(Reading { sql: self.fill(include_str!("read.sql"), "ts", &values), notes: silent }),
            notes: left_out(&chosen, limit).into_iter().collect(),
            is_limited: true,
            are_events: true,
            found: Some(chosen.rows),
            ..Answer::of(self.fill(include_str!("shown.sql"), "ts", &[("rows", &rows)]))
        };
        let tables = session.engine.rows("SELECT DISTINCT source, table_name FROM rca_shown ORDER BY ALL")?.rows;
        Ok((answer, tables.iter().map(|row| [row[0].shown(), row[1].shown()]).collect()))
    }

    fn fill(&self, file: &str, time: &str, values: &[(&str, &str)]) -> String {
        let local = self.local(time);
        let all = [("events", self.events.as_str()), ("condition", &self.condition), ("local", &local)];
        quote::fill(file, &[&all, values].concat())
    }

    /// A column with a time as clocks showed it, where one is asked for.
    fn local(&self, time: &str) -> String {
        let Some(zone) = self.zone else { return String::new() };
        let offsets = zone.offsets();
        let until = |(index, (_, offset)): (usize, &(i64, i32))| match offsets.get(index + 1) {
            Some((until, _)) => format!(" WHEN {time} < {} THEN {offset}", quote::time(*until)),
            None => format!(" ELSE {offset}"),
        };
        let seconds = match offsets.as_slice() {
            [(_, only)] => only.to_string(),
            all => format!("CASE{} END", all.iter().enumerate().map(until).collect::<String>()),
        };
        format!("rca_local({time}, {seconds}) AS local_time, ")
    }
}

/// What is to be said of rows that are not shown.
fn left_out(chosen: &Chosen, limit: Option<u64>) -> Option<String> {
    let (limit, (worst, shown)) = (limit?, chosen.nearest_to?);
    let (which, what) = match worst.weight {
        2 => ("those nearest to errors, the first of each kind before others", "error"),
        1 => ("those nearest to warnings, there are no errors", "warning"),
        _ => ("the first ones, there are neither errors nor warnings", "row"),
    };
    let hidden = match worst.count.saturating_sub(shown) {
        ..=0 => String::new(),
        _ if worst.weight == 0 => String::new(),
        hidden => {
            let all = plural(worst.count.unsigned_abs(), what);
            format!("; {} of {all} {} left out", grouped(hidden.unsigned_abs()), if hidden == 1 { "is" } else { "are" })
        }
    };
    Some(format!("{} of {} rows are shown (--limit): {which}{hidden}", grouped(limit), grouped(chosen.rows)))
}
