//! An earlier answer of `missing`, `errors --audit` or `check`, read back from JSON, and findings as they are compared.

use std::path::Path;

use serde_json::{Map, Value};

use super::gaps;
use crate::command::errors::Fault;
use crate::command::missing::Finding;
use crate::engine::guard;
use crate::error::{Error, Kind, Result};
use crate::model::time;
use crate::model::zone::Zone;
use crate::session::Session;

/// Which command an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Missing,
    Audit,
    Check,
}

pub struct Earlier {
    pub of: Of,
    pub items: Vec<Item>,
    /// What is to be said of it.
    pub note: Option<String>,
}

/// A finding, a fault or a check, by what tells it from others.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// The kind of finding or fault; of a check its status.
    pub kind: String,
    /// As people read it: `telemetry`, `station.tests`; of a check its name.
    pub table: String,
    pub series: Option<String>,
    pub column: Option<String>,
    pub code: Option<String>,
    /// In microseconds.
    pub time: Option<(i64, i64)>,
    pub figure: String,
    /// Of findings: how many rows, or keys, are expected.
    pub expected: i64,
    pub detail: String,
    pub sql: String,
    /// What else tells it from others of one kind, table and column, by its SQL: the value that is lacking, or the table
    /// that is asked about.
    pub what: Option<String>,
    /// The columns of its label, each with what stands behind it.
    parts: Vec<(String, String)>,
    /// Whether its label is that of one series, as far as today's evidence tells.
    is_one: bool,
}

/// # Errors
/// If the file cannot be read, or is no such answer.
pub fn read(path: &Path) -> Result<Earlier> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Error { kind: Kind::Question, ..Error::file(&shown, &e) })?;
    let refused = |why: String| {
        Error::question(format!("`{shown}` is no earlier answer"))
            .detail(why)
            .hint("make one: rca missing -f json -o OLD.json, or of rca errors --audit or rca check")
    };
    let rows: Vec<Map<String, Value>> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(&text).map_err(|e| refused(e.to_string()))?,
        false => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).map_err(|e| refused(e.to_string())))
            .collect::<Result<_>>()?,
    };
    let Some(first) = rows.first() else {
        let note = format!(
            "`{shown}` has no row, so that nothing says of which command it is: it is taken for an answer of rca missing that found nothing"
        );
        return Ok(Earlier { of: Of::Missing, items: Vec::new(), note: Some(note) });
    };
    let has = |keys: &[&str]| keys.iter().all(|key| first.contains_key(*key));
    let of = match () {
        () if has(&["kind", "source", "table_name", "missing", "sql"]) => Of::Missing,
        () if has(&["fault", "code", "count", "sql"]) => Of::Audit,
        () if has(&["name", "status", "observed", "sql"]) => Of::Check,
        () => {
            let keys: Vec<String> = first.keys().cloned().collect();
            return Err(refused(format!("its rows have {}", crate::model::name::listed(&keys))));
        }
    };
    Ok(Earlier { of, items: rows.iter().map(|row| Item::of_row(of, row)).collect(), note: None })
}

impl Item {
    fn of_row(of: Of, row: &Map<String, Value>) -> Item {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_string);
        let number = |key: &str| row.get(key).and_then(Value::as_i64).unwrap_or(0);
        let instant = |key: &str| {
            let text = text(key)?;
            time::iso_whole(text.as_bytes()).map(|stamp| Zone::UTC.resolve(stamp))
        };
        let (kind, table, figure) = match of {
            Of::Missing => {
                let (source, table) = (text("source").unwrap_or_default(), text("table_name").unwrap_or_default());
                let table = if source == table { source } else { format!("{source}.{table}") };
                let figure = gaps::figure_of(number("expected"), number("observed"), number("missing"));
                (text("kind"), table, figure.to_string())
            }
            Of::Audit => (text("fault"), String::new(), number("count").to_string()),
            Of::Check => (text("status"), text("name").unwrap_or_default(), text("observed").unwrap_or_default()),
        };
        let item = Item {
            kind: kind.unwrap_or_default(),
            table,
            series: text("series"),
            column: text("column_name"),
            code: text("code"),
            time: instant("since").zip(instant("until")),
            figure,
            expected: number("expected"),
            detail: text("detail").unwrap_or_default(),
            sql: text("sql").unwrap_or_default(),
            ..Item::default()
        };
        item.told()
    }

    pub fn of_finding(finding: &Finding) -> Item {
        let item = Item {
            kind: finding.kind.name(),
            table: finding.table(),
            series: finding.series.clone(),
            column: finding.column_name.clone(),
            code: None,
            time: finding.since.zip(finding.until),
            figure: gaps::figure(finding).to_string(),
            expected: finding.expected,
            detail: finding.said(),
            sql: finding.sql.clone(),
            ..Item::default()
        };
        item.told()
    }

    pub fn of_fault(fault: &Fault) -> Item {
        let item = Item {
            kind: fault.fault.to_string(),
            code: fault.code.clone(),
            figure: fault.count.to_string(),
            detail: fault.detail.clone(),
            sql: fault.sql.clone(),
            ..Item::default()
        };
        item.told()
    }

    /// With what its SQL tells.
    fn told(mut self) -> Item {
        self.what = match self.kind.as_str() {
            // `c IS NULL` of nulls, `trim(c::VARCHAR) = 'N/A'` of what stands for them; what follows says where.
            "null_rate" => {
                self.sql.split_once(" WHERE ").map(|(_, holds)| holds.split(" AND ").next().unwrap_or(holds).into())
            }
            "absent_key" => self.sql.split_once(" WHERE ").map(|(keys, _)| keys.to_string()),
            "unclassified" | "unlabelled" | "catch_all" | "overloaded" => guard::first_table(&self.sql),
            _ => None,
        };
        if self.kind == "unclassified" {
            self.table = self.what.clone().unwrap_or_default();
        }
        self
    }

    /// `time_gap telemetry station=ST03 sensor=temp_c`
    pub fn name(&self) -> String {
        let sentinel = self.what.as_ref().filter(|_| self.kind == "null_rate");
        let sentinel = sentinel.and_then(|what| what.split_once(" = ")).map(|(_, value)| value.to_string());
        let parts = [
            Some(&self.kind),
            Some(&self.table),
            self.series.as_ref(),
            self.column.as_ref(),
            sentinel.as_ref(),
            self.code.as_ref(),
        ];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }

    /// The tables that it is told from: its own, and the first that its SQL asks.
    pub fn asks(&self) -> impl Iterator<Item = String> {
        [Some(self.table.clone()), guard::first_table(&self.sql)].into_iter().flatten()
    }

    /// As it is shown, so that it can be compared with what an earlier answer has.
    pub fn shown(&self, session: &Session) -> Item {
        let shown = |text: &Option<String>| text.as_ref().map(|text| session.shown(text));
        let columns = ["sql".to_string()];
        let sql = session.shown_row(&columns, &[crate::model::value::Value::Text(self.sql.clone())]);
        let sql = sql.first().map(crate::model::value::Value::shown).unwrap_or_default();
        Item { series: shown(&self.series), code: shown(&self.code), sql, ..self.clone() }.told()
    }

    /// How near it is to another one that it may be: whether it is of the very series, shown by the same SQL, and how much
    /// time both share.
    pub fn nearness(&self, other: &Item) -> (bool, bool, i64) {
        let shared = |((since, until), (from, to)): ((i64, i64), (i64, i64))| until.min(to) - since.max(from);
        let shared = self.time.zip(other.time).map_or(0, shared);
        (self.series == other.series, self.sql == other.sql, shared)
    }

    /// Whether its figure is of the same measure: rows due every 10 s are others than rows due every 30 s.
    pub fn counts_like(&self, other: &Item) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= a.max(b) / 10.0;
        self.cadence().zip(other.cadence()).is_none_or(|(own, other)| near(own, other))
    }

    /// The cadence that it counts by, as its SQL has it, in microseconds.
    fn cadence(&self) -> Option<f64> {
        let before = match self.kind.as_str() {
            "time_gap" => ")) / ",
            "ended" => ") // ",
            _ => return None,
        };
        let (_, rest) = self.sql.split_once(before)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    }

    /// With its label taken apart: by the columns that series are told apart by, and by the labels of those that there are.
    pub fn divided(self, columns: &[String], is_series: impl Fn(&str) -> bool) -> Item {
        let Some(label) = self.series.as_deref() else { return self };
        Item { parts: parts(label, columns), is_one: is_series(label), ..self }
    }

    /// Whether both are the same finding.
    pub fn is(&self, other: &Item) -> bool {
        // Of very many findings of one kind most are told apart by their times.
        self.is_at_a_time_of(other)
            && self.kind == other.kind
            && self.table == other.table
            && self.column == other.column
            && self.code == other.code
            && self.what.as_ref().zip(other.what.as_ref()).is_none_or(|(own, what)| own == what)
            && self.shares_a_series(other)
    }

    fn is_at_a_time_of(&self, other: &Item) -> bool {
        match (self.time, other.time) {
            (Some((since, until)), Some((from, to))) => since <= to && from <= until,
            // Both, or neither: what has no time is told by all else.
            _ => true,
        }
    }

    /// Whether both labels name one series at least: those of several are `station=ST04,ST05 sensor=temp_c`.
    fn shares_a_series(&self, other: &Item) -> bool {
        let share = |((name, ours), (other_name, theirs)): (&(String, String), &(String, String))| {
            let is_among = (!other.is_one && has(theirs, ours)) || (!self.is_one && has(ours, theirs));
            let share_any = || !self.is_one && !other.is_one && ours.split(',').any(|value| has(theirs, value));
            name == other_name && (ours == theirs || is_among || share_any())
        };
        // A series of nulls says only where they are: it is told once they all were in one.
        let is_no_series = self.kind == "null_rate" && (self.series.is_none() || other.series.is_none());
        is_no_series
            || self.series == other.series
            || !self.parts.is_empty()
                && self.parts.len() == other.parts.len()
                && self.parts.iter().zip(&other.parts).all(share)
    }
}

/// Whether a value is one of several. `…` stands for more than are listed.
fn has(values: &str, value: &str) -> bool {
    let is_between = |at: usize| {
        let (before, behind) = (&values[..at], &values[at + value.len()..]);
        (before.is_empty() || before.ends_with(',')) && (behind.is_empty() || behind.starts_with(','))
    };
    values.split(',').any(|value| value.starts_with('…')) || values.match_indices(value).any(|(at, _)| is_between(at))
}

/// `station=Line 2,Line 3 sensor=temp_c`: a value may have blanks, commas and `=` in it, so only a column begins a part.
fn parts(label: &str, columns: &[String]) -> Vec<(String, String)> {
    let column_at = |text: &str| {
        let is_one = |column: &&String| text.strip_prefix(column.as_str()).is_some_and(|rest| rest.starts_with('='));
        columns.iter().filter(is_one).max_by_key(|column| column.len()).cloned()
    };
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut rest = label;
    while let Some(column) = column_at(rest) {
        let values = &rest[column.len() + 1..];
        let next = values.match_indices(' ').find(|(at, _)| column_at(&values[at + 1..]).is_some());
        let end = next.map_or(values.len(), |(at, _)| at);
        parts.push((column, values[..end].to_string()));
        rest = values.get(end + 1..).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_that_are_told_together_are_found_alone() {
        let columns = ["station", "sensor", "a"].map(String::from);
        let known = ["station=Line,2 sensor=t", "station=Line,3 sensor=t", "station=Line sensor=t"];
        let is = |a: Option<&str>, b: Option<&str>| {
            let of = |label: Option<&str>| {
                let item = Item { series: label.map(str::to_string), ..Item::default() };
                item.divided(&columns, |label| known.contains(&label))
            };
            assert_eq!(of(a).is(&of(b)), of(b).is(&of(a)), "{a:?} {b:?}");
            of(a).is(&of(b))
        };
        let both = |a: &str, b: &str| is(Some(a), Some(b));
        assert!(both("station=ST04,ST05 sensor=temp_c", "station=ST05 sensor=temp_c"));
        assert!(both("station=A,B,… (9) sensor=t", "station=Z sensor=t"));
        assert!(!both("station=ST04 sensor=temp_c", "station=ST05 sensor=temp_c"));
        assert!(!both("station=ST04 sensor=temp_c", "station=ST04 sensor=current_a"));
        assert!(both("station=Line 2,Line 3 sensor=t", "station=Line 3 sensor=t"));
        assert!(both("station=Line 2,Line 3 sensor=t", "station=Line 3,Line 4 sensor=t"));
        assert!(!both("station=Line 2,Line 3 sensor=t", "station=Line sensor=t"));
        assert!(!both("station=Line 2 sensor=t", "station=Line 22 sensor=t"));
        assert!(both("station=a = b sensor=x=1,y", "station=a = b sensor=x=1"));
        // Values with a comma are one, where there are such series.
        assert!(both("station=Line,2,Line,3 sensor=t", "station=Line,2 sensor=t"));
        assert!(!both("station=Line,2 sensor=t", "station=Line,3 sensor=t"));
        assert!(!both("station=Line,2 sensor=t", "station=Line sensor=t"));
        assert!(both("a b", "a b") && !both("a b", "a c") && !is(Some("a=1"), None));
    }
}
