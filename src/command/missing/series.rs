//! A table as a set of series: their labels, and the SQL over them, for searching and for people to paste.

use super::cause::Counter;
use super::{Finding, Kind};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::time;
use crate::model::value::Value;
use crate::session::{Session, Table};

/// A table as a set of series.
#[derive(Clone)]
pub struct Series<'a> {
    pub table: &'a Table,
    pub time: String,
    /// Columns that tell the series apart.
    pub columns: Vec<String>,
    pub sequence: Option<String>,
    /// Microseconds, where somebody said so.
    pub every: Option<i64>,
    pub condition: String,
    /// What must hold of a step that is too long, by its `since` and `until`, for it to be a gap.
    pub is_gap: String,
    /// How the columns came about.
    pub found: String,
}

impl Series<'_> {
    /// The label of a row's series, as SQL: `station=ST03 sensor=temp_c`.
    pub fn label(&self) -> String {
        label(self.columns.iter().map(|name| (name.as_str(), name.as_str())))
    }

    pub fn time_sql(&self) -> String {
        format!("{}::TIMESTAMP", quote::readable_name(&self.time))
    }

    pub fn sql(&self, file: &str) -> String {
        self.sql_over(&self.table.sql(), file)
    }

    pub fn sql_over(&self, table: &str, file: &str) -> String {
        let sequence = self.sequence.as_ref().map_or_else(|| "NULL::BIGINT".into(), |name| quote::readable_name(name));
        let every = self.every.map_or_else(|| "NULL::DOUBLE".into(), |every| format!("{every}::DOUBLE"));
        let steps = fill(
            include_str!("steps.sql"),
            &[
                ("table", table),
                ("time", &format!("{}::TIMESTAMP", quote::readable_name(&self.time))),
                ("series", &self.label()),
                ("sequence", &sequence),
                ("condition", &self.condition),
            ],
        );
        let lives = fill(include_str!("lives.sql"), &[("steps", &steps)]);
        fill(file, &[("steps", &steps), ("every", &every), ("lives", lives.trim_end()), ("is_gap", &self.is_gap)])
    }

    /// The share of numbers that follow the one before in their series.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn contiguity(&self, session: &Session) -> Result<f64> {
        let sql =
            self.sql("SELECT (count(*) FILTER (WHERE q = q0 + 1) / greatest(count(q0), 1))::DOUBLE FROM ({steps})");
        Ok(match session.engine.counted(&sql)?.first() {
            Some(Value::Float(share)) => *share,
            _ => 0.0,
        })
    }

    /// All series, each with its label and the values of its columns.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn all(&self, session: &Session) -> Result<Vec<(String, Vec<String>)>> {
        let columns: Vec<String> = self.columns.iter().map(|name| format!("{}::VARCHAR", quote::name(name))).collect();
        let list = std::iter::once(self.label()).chain(columns).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT DISTINCT {list} FROM {} WHERE ({}) ORDER BY ALL", self.table.sql(), self.condition);
        let shown = |row: Vec<Value>| (row[0].shown(), row[1..].iter().map(Value::shown).collect());
        Ok(session.engine.rows(&sql)?.rows.into_iter().map(shown).collect())
    }

    /// A finding of this table.
    pub fn finding(&self, kind: Kind, series: &Value) -> Finding {
        Finding {
            kind,
            source: self.table.source.clone(),
            table_name: self.table.short_name.clone(),
            series: Some(series.shown()).filter(|text| !text.is_empty()),
            column_name: None,
            since: None,
            until: None,
            expected: 0,
            observed: 0,
            missing: 0,
            detail: String::new(),
            sql: String::new(),
            counter: Counter::None,
        }
    }

    /// What tells the rows of one series, as people write it.
    pub fn is_series(&self, series: &Value) -> String {
        if self.columns.is_empty() {
            return self.condition.clone();
        }
        let label = format!("{} = {}", self.label(), quote::text(&series.shown()));
        // The label is taken apart where that is safe: its values hold no blank.
        let parts: Vec<String> = series
            .shown()
            .split(' ')
            .zip(&self.columns)
            .filter_map(|(part, column)| {
                let value = part.strip_prefix(column)?.strip_prefix('=')?;
                let is_text = self.table.column(column).is_some_and(|column| column.kind == ColumnKind::Text);
                let readable = quote::readable_name(column);
                Some(if is_text {
                    format!("{readable} = {}", quote::text(value))
                } else {
                    format!("{readable}::VARCHAR = {}", quote::text(value))
                })
            })
            .collect();
        let simple = parts.len() == self.columns.len()
            && series.shown().split(' ').count() == self.columns.len()
            && !series.shown().contains("=NULL");
        let told = if simple { parts.join(" AND ") } else { label };
        if self.condition == "true" { told } else { format!("{told} AND ({})", self.condition) }
    }

    /// The gaps in time behind a finding: pasted into `rca query`, their `missing` adds up to the finding's.
    pub fn time_gaps_shown(&self, series: &Value, since: i64, until: i64, cadence: i64) -> String {
        let time = format!("{}::TIMESTAMP", quote::readable_name(&self.time));
        let (order, hole) = match &self.sequence {
            Some(sequence) => {
                let sequence = quote::readable_name(sequence);
                (
                    format!("{time}, {sequence}"),
                    format!("coalesce(greatest({sequence} - lag({sequence}) OVER line - 1, 0), 0)"),
                )
            }
            None => (time.clone(), "0".into()),
        };
        let is_gap = if self.is_gap == "true" { String::new() } else { format!(" AND {}", self.is_gap) };
        format!(
            "SELECT since, until, due - hole AS missing FROM (SELECT since, until, hole, round((epoch_us(until) - epoch_us(since)) / {cadence}) - 1 AS due FROM \
             (SELECT lag({time}) OVER line AS since, {time} AS until, {hole} AS hole FROM {} WHERE {} WINDOW line AS (ORDER BY {order}))) \
             WHERE due > 0 AND due - hole > 0.1 * due AND since >= TIMESTAMP '{}' AND until <= TIMESTAMP '{}'{is_gap}",
            self.table.sql(),
            self.is_series(series),
            stamp(since),
            stamp(until),
        )
    }

    /// The holes in the sequence behind a finding, if its counter never began anew.
    pub fn sequence_gaps_shown(&self, series: &Value, since: i64, until: i64) -> String {
        let time = format!("{}::TIMESTAMP", quote::readable_name(&self.time));
        let sequence = self.sequence.as_ref().map(|name| quote::readable_name(name)).unwrap_or_default();
        format!(
            "SELECT since, until, missing FROM (SELECT lag({time}) OVER line AS since, {time} AS until, {sequence} - lag({sequence}) OVER line - 1 AS missing \
             FROM {} WHERE {} WINDOW line AS (ORDER BY {sequence}, {time})) WHERE missing > 0 AND since >= TIMESTAMP '{}' AND until <= TIMESTAMP '{}'",
            self.table.sql(),
            self.is_series(series),
            stamp(since),
            stamp(until),
        )
    }

    /// The same by the whole search, for counters that began anew.
    pub fn shown(&self, file: &str, series: &Value, since: i64, until: i64) -> String {
        quote::one_line(&format!(
            "SELECT * FROM ({}) WHERE series = {} AND since >= TIMESTAMP '{}' AND until <= TIMESTAMP '{}'",
            self.sql(file),
            quote::text(&series.shown()),
            stamp(since),
            stamp(until),
        ))
    }
}

/// The label of a row's series, as SQL, of columns by their names in labels and in the table.
pub fn label<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let part = |(shown, column): (&str, &str)| {
        format!("{} || coalesce({}::VARCHAR, 'NULL')", quote::text(&format!("{shown}=")), quote::readable_name(column))
    };
    let parts: Vec<String> = columns.map(part).collect();
    if parts.is_empty() { "''".into() } else { format!("concat_ws(' ', {})", parts.join(", ")) }
}

fn stamp(micros: i64) -> String {
    time::rfc3339(micros).trim_end_matches('Z').replace('T', " ")
}
