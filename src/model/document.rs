//! A page that is read from top to bottom: the answer in sentences, then sections of text, tables and charts. What it
//! looks like is not known here.

use super::value::Value;

#[derive(Debug, Clone, Default)]
pub struct Document {
    pub title: String,
    pub question: String,
    /// A sentence each.
    pub answer: Vec<String>,
    pub sections: Vec<Section>,
    /// What it was made with, in a sentence.
    pub foot: String,
}

#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Names it within the page: lower-case letters.
    pub id: &'static str,
    pub title: &'static str,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub enum Part {
    Heading(&'static str),
    Text(String),
    /// What is to be known besides.
    Notes(Vec<String>),
    Figure(Figure),
    Table(Table),
    Behind(Behind),
}

/// What gives the figures of a part again.
#[derive(Debug, Clone)]
pub struct Behind {
    /// As a shell takes it.
    pub command: String,
    /// For `rca query` over the same sources, where the rows have none of their own.
    pub sql: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Table {
    pub caption: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// The SQL that shows each row; none where rows have none.
    pub sql: Vec<Option<String>>,
    /// Rows that are left out here, and the command that has them.
    pub more: Option<(u64, String)>,
    /// It has the figures of the chart before it, and is opened by who wants them.
    pub is_folded: bool,
}

/// A chart, with what it shows in words for who cannot see it.
#[derive(Debug, Clone)]
pub struct Figure {
    pub title: String,
    pub told: String,
    pub chart: Chart,
}

#[derive(Debug, Clone)]
pub enum Chart {
    Lanes(Lanes),
    Strips(Strips),
    Pareto(Pareto),
    Funnel(Vec<Stage>),
}

/// Events over time: stretches that have any, side by side, with a lane for each source.
#[derive(Debug, Clone, Default)]
pub struct Lanes {
    /// Length of a stretch in microseconds.
    pub every: i64,
    /// When stretches begin, in order, in UTC microseconds; those without an event are left out.
    pub buckets: Vec<i64>,
    pub lanes: Vec<Lane>,
}

#[derive(Debug, Clone, Default)]
pub struct Lane {
    pub name: String,
    /// By stretch.
    pub counts: Vec<Counts>,
}

/// Events of a stretch. Errors and warnings are among all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: u64,
    pub warnings: u64,
    pub errors: u64,
}

/// How much was missing of each series over time.
#[derive(Debug, Clone, Default)]
pub struct Strips {
    /// UTC microseconds.
    pub from: i64,
    pub to: i64,
    /// A series, and of each of equally long stretches the share that is missing, 0 to 1.
    pub strips: Vec<(String, Vec<f64>)>,
}

/// Counts, the largest first, and what they come to together.
#[derive(Debug, Clone, Default)]
pub struct Pareto {
    pub bars: Vec<(String, u64)>,
    /// Of all, those without a bar too.
    pub total: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Stage {
    pub name: String,
    pub entered: u64,
    pub passed: u64,
    pub lost: u64,
}
