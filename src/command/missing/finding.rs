//! What is missing: a finding, and the row that it is shown as.

use std::cmp::{Ordering, Reverse};
use std::rc::Rc;

use clap::ValueEnum;

use super::cause::Cause;
use super::gaps::{Between, Gap};
use super::walk::counter::Hole;
use crate::model::column::Kind as ColumnKind;
use crate::model::figure;
use crate::model::value::Value;
use crate::session::Table;

/// One thing that is missing. Counts are of rows, but for absent keys: distinct keys.
#[derive(Debug, Clone)]
pub struct Finding {
    pub kind: Kind,
    pub source: String,
    pub table_name: String,
    pub series: Option<String>,
    pub column_name: Option<String>,
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub expected: i64,
    pub observed: i64,
    pub missing: i64,
    /// What was seen.
    pub detail: String,
    pub cause: Option<Cause>,
    pub sql: String,
    pub counter: Counter,
    /// Of absent keys: both keys, as `--keys` takes them, the one whose values are absent first.
    pub keys: Option<String>,
    /// What it was told from, of gaps in time and in sequence.
    pub track: Option<Rc<Track>>,
}

/// The gaps or holes of one series that are one finding.
#[derive(Debug)]
pub struct Track {
    /// Nothing is peculiar about the counter: no rows without a number, no roll-over, no new beginning.
    pub is_plain: bool,
    pub gaps: Vec<Gap>,
    pub holes: Vec<Hole>,
}

/// A stretch of time in which rows or numbers are missing, in UTC microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    pub since: i64,
    pub until: i64,
    pub missing: i64,
}

/// Where a gap begins and ends.
#[derive(Clone, Copy)]
pub enum Edges {
    /// At the rows around it.
    Rows,
    /// Where rows are due and do not come: a pause beside it is no part of it.
    Due,
}

impl Finding {
    /// The single gaps or holes that it is made of; none of what was told otherwise.
    pub fn gaps(&self, edges: Edges) -> Vec<Lost> {
        let Some(track) = &self.track else { return Vec::new() };
        let of_gap = |gap: &Gap| {
            let (since, until) = match edges {
                Edges::Rows => (gap.step.since, gap.step.until),
                Edges::Due => (gap.since(), gap.until()),
            };
            Lost { since, until, missing: gap.missing }
        };
        let of_hole = |hole: &Hole| Lost { since: hole.since, until: hole.until, missing: hole.missing() };
        track.gaps.iter().map(of_gap).chain(track.holes.iter().map(of_hole)).collect()
    }

    /// The same; of what was told otherwise its whole time as one.
    pub fn gaps_or_whole(&self, edges: Edges) -> Vec<Lost> {
        let gaps = self.gaps(edges);
        match (self.since, self.until) {
            (Some(since), Some(until)) if gaps.is_empty() => vec![Lost { since, until, missing: self.missing }],
            _ => gaps,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// A series is silent longer than its cadence allows
    TimeGap,
    /// Sequence numbers that never arrived
    SequenceGap,
    /// Rows that came twice
    Duplicate,
    /// Rows out of order by more than the cadence
    Late,
    /// A column's nulls, or sentinels such as -200 or 'N/A'
    NullRate,
    /// A sensor repeats one value
    Flatline,
    /// Far fewer rows than usual
    VolumeDrop,
    /// Keys of one table that another lacks
    AbsentKey,
    /// A series stops before the others do
    Ended,
    /// What `expect` names and there is no row of
    NeverSeen,
}

impl Kind {
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }
}

/// What the sequence numbers do over a gap in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Counter {
    /// There are none.
    #[default]
    None,
    GoesOn,
    Holes,
    /// The numbers of these rows are missing too.
    Lost,
    BeginsAnew,
}

/// What is shown of a finding.
pub const FIELDS: [(&str, ColumnKind); 14] = [
    ("kind", ColumnKind::Text),
    ("source", ColumnKind::Text),
    ("table_name", ColumnKind::Text),
    ("series", ColumnKind::Text),
    ("column_name", ColumnKind::Text),
    ("since", ColumnKind::Time),
    ("until", ColumnKind::Time),
    ("duration_s", ColumnKind::Float),
    ("expected", ColumnKind::Int),
    ("observed", ColumnKind::Int),
    ("missing", ColumnKind::Int),
    ("share", ColumnKind::Float),
    ("detail", ColumnKind::Text),
    ("sql", ColumnKind::Text),
];

impl Finding {
    /// Of a table, with nothing said of it yet.
    pub fn of(kind: Kind, table: &Table) -> Finding {
        Finding {
            kind,
            source: table.source.clone(),
            table_name: table.short_name.clone(),
            series: None,
            column_name: None,
            since: None,
            until: None,
            expected: 0,
            observed: 0,
            missing: 0,
            detail: String::new(),
            cause: None,
            sql: String::new(),
            counter: Counter::None,
            keys: None,
            track: None,
        }
    }

    /// Its table as people read it: `telemetry`, `station.tests`.
    pub fn table(&self) -> String {
        if self.source == self.table_name {
            self.source.clone()
        } else {
            format!("{}.{}", self.source, self.table_name)
        }
    }

    /// What is the likely cause, and how surely: `lost between agent and telemetry`, `very likely`.
    pub fn likely(&self) -> Option<(&str, &str)> {
        self.cause.as_ref().map(|cause| (cause.what.as_str(), cause.sure.name()))
    }

    /// All that is said of it: what was seen, and the cause.
    pub fn said(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}; {cause}", self.detail),
            None => self.detail.clone(),
        }
    }

    /// Whether it is of rows of this table.
    pub fn is_of(&self, table: &Table) -> bool {
        self.source == table.source && self.table_name == table.short_name
    }

    /// Which of two is shown first: the one of which more is missing.
    pub fn order(&self, other: &Finding) -> Ordering {
        let weight = |finding: &Finding| {
            (
                // Nulls are often meant; what should be there and is not comes first.
                finding.kind == Kind::NullRate,
                Reverse(finding.missing),
                finding.kind,
                finding.source.clone(),
                finding.table_name.clone(),
            )
        };
        weight(self)
            .cmp(&weight(other))
            .then_with(|| self.series.cmp(&other.series))
            .then_with(|| self.column_name.cmp(&other.column_name))
            .then_with(|| self.since.cmp(&other.since))
            .then_with(|| self.sql.cmp(&other.sql))
    }

    pub fn share(&self) -> f64 {
        // Four digits are what a person compares, and what two ways of counting agree in.
        if self.expected == 0 { 0.0 } else { figure::share(self.missing as f64 / self.expected as f64) }
    }

    /// Its fields, in the order of [`FIELDS`].
    pub fn row(&self) -> Vec<Value> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let time = |at: Option<i64>| at.map_or(Value::Null, Value::Time);
        let length =
            self.since.zip(self.until).map_or(Value::Null, |(since, until)| Value::Float((until - since) as f64 / 1e6));
        vec![
            Value::Text(self.kind.name()),
            Value::Text(self.source.clone()),
            Value::Text(self.table_name.clone()),
            text(&self.series),
            text(&self.column_name),
            time(self.since),
            time(self.until),
            length,
            Value::Int(self.expected.into()),
            Value::Int(self.observed.into()),
            Value::Int(self.missing.into()),
            Value::Float(self.share()),
            Value::Text(self.said()),
            Value::Text(self.sql.clone()),
        ]
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::time::MINUTE;

    /// Of a table `telemetry` that lacks ten rows.
    pub fn finding(kind: Kind) -> Finding {
        Finding {
            kind,
            source: "telemetry".into(),
            table_name: "telemetry".into(),
            series: None,
            column_name: None,
            since: Some(0),
            until: Some(MINUTE),
            expected: 10,
            observed: 0,
            missing: 10,
            detail: String::new(),
            sql: String::new(),
            cause: None,
            counter: Counter::None,
            keys: None,
            track: None,
        }
    }
}
