//! `rca sources`: what there is, and what of it can be read.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote;
use crate::error::{self, Result};
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::session::{Session, Table};

/// List the tables found, with rows, times and what could not be read
///
/// Every row is read, so that the counts hold: `unread` is what is not in the answers of other commands.
///
/// Examples:
///   rca sources station.db gateway-logs/ 'telemetry/*.csv'
///   rca sources -C examples/laptop-anomaly
#[derive(Debug, Clone, Default, Args)]
#[command(verbatim_doc_comment)]
pub struct SourcesArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    #[command(flatten)]
    pub common: Common,
}

impl Ask for SourcesArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let evidence = &self.common.evidence;
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let mut notes = Vec::new();
        let tables = super::tables_with(session, evidence.condition.as_deref(), &mut notes)?;
        let condition = evidence.condition.as_deref().unwrap_or("true");
        let mut rows =
            tables.into_iter().map(|table| row(session, table, &window, condition)).collect::<Result<Vec<_>>>()?;
        rows.sort_by_key(|row| (row[0].shown(), row[2].shown()));
        Ok(Answer { sql: session.engine.keep("sources", &FIELDS, &rows)?, notes, ..Answer::default() })
    }
}

const FIELDS: [(&str, Kind); 11] = [
    ("source", Kind::Text),
    ("kind", Kind::Text),
    ("table_name", Kind::Text),
    ("rows", Kind::Int),
    ("bytes", Kind::Int),
    ("first", Kind::Time),
    ("last", Kind::Time),
    ("time_column", Kind::Text),
    ("format", Kind::Text),
    ("unread", Kind::Int),
    ("note", Kind::Text),
];

/// Looks at every value of a column, so that each that does not fit is counted. Counts of Parquet stand in its footer, while
/// its pages may be damaged.
fn looked_at(table: &Table, column: &Column) -> String {
    let name = quote::name(&column.name);
    if table.kind == "parquet" { format!("bit_xor(hash({name}))") } else { format!("count({name})") }
}

/// What was asked of a table; nothing if it is Parquet and damaged, which is told.
fn unless_damaged(session: &Session, table: &Table, asked: Result<Vec<Value>>) -> Result<Option<Vec<Value>>> {
    match asked {
        Err(error) if error.kind == error::Kind::Evidence && table.kind == "parquet" => {
            let why = error.detail.unwrap_or(error.message);
            let why = format!("damaged: not all of it can be read: {why}");
            session.coverage.damaged(&table.source, &table.source, &why);
            Ok(None)
        }
        asked => asked.map(Some),
    }
}

/// The row of one table: its figures are counted here, since what was lost is known only afterwards.
fn row(session: &Session, table: &Table, window: &crate::session::Window, condition: &str) -> Result<Vec<Value>> {
    let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::name(time)));
    let times = time
        .as_ref()
        .map_or_else(|| "NULL::TIMESTAMP, NULL::TIMESTAMP".to_string(), |time| format!("min({time}), max({time})"));
    let within = time.as_ref().map_or_else(|| "true".to_string(), |time| window.sql(time));
    let all: Vec<String> = table.columns.iter().map(|column| looked_at(table, column)).collect();
    let condition = format!("{within} AND ({condition})");
    let sql = format!("SELECT count(*), {times}, [{}]::VARCHAR FROM {} WHERE {condition}", all.join(", "), table.sql());
    let counted = match unless_damaged(session, table, session.engine.counted(&sql))? {
        Some(counted) => counted,
        // As the footer says.
        None => {
            let rows = format!("SELECT count(*) FROM {} WHERE {condition}", table.sql());
            session.engine.counted(&rows).unwrap_or_default()
        }
    };
    let at = |index: usize| match counted.get(index) {
        Some(Value::Time(micros)) => Value::Time(*micros),
        _ => Value::Null,
    };
    let mut report = session.coverage.of(&table.name);
    let mut notes: Vec<String> = table.notes.clone();
    // What is said of a source as a whole is said at its first table.
    let is_first =
        session.tables.iter().find(|other| other.source == table.source).is_some_and(|first| first.name == table.name);
    if is_first && table.source != table.name {
        report.join(&session.coverage.of(&table.source));
    }
    notes.extend(
        session
            .notes
            .iter()
            .filter(|_| is_first)
            .filter(|(source, _)| *source == table.source)
            .map(|(_, note)| note.clone()),
    );
    notes.extend(report.said().into_iter().map(|(described, _)| described));
    notes.dedup();
    let text = |text: &str| Value::Text(text.to_string());
    Ok(vec![
        text(&table.source),
        text(table.kind),
        text(&table.short_name),
        counted.first().cloned().unwrap_or(Value::Int(0)),
        Value::Int(table.bytes.into()),
        at(1),
        at(2),
        table.roles.time.as_ref().map_or(Value::Null, |time| text(time)),
        text(&table.format),
        Value::Int(report.lost().into()),
        text(&notes.join("; ")),
    ])
}
