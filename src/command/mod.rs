//! One question a file: its arguments, whose comments are its help, and `run`, which turns them into one relation.
//! A command never knows how its answer is shown.

use clap::{Parser, Subcommand};

use crate::engine::quote;
use crate::error::Result;
use crate::model::document::Document;
use crate::session::{Session, Table};

pub mod check;
pub mod compare;
pub mod completions;
pub mod errors;
pub mod explain;
pub mod formats;
mod judged;
pub mod man;
pub mod missing;
pub mod query;
pub mod report;
pub mod schema;
pub mod slices;
pub mod sources;
pub mod templates;
pub mod timeline;
pub mod trace;

/// Root cause analysis over scattered evidence.
///
/// Point it at files as they lie there (SQLite databases, Postgres dumps, log directories, workbooks, CSV, JSON and
/// Parquet exports) and ask what happened, what is missing and what the error codes say.
#[derive(Debug, Parser)]
#[command(name = "rca", version, max_term_width = 110, disable_help_subcommand = true)]
#[command(
    after_help = "A SOURCE is PATH, GLOB, DIR or NAME=PATH; `-` is standard input. Without one, the rca.toml of\n\
    `--case DIR` or of this directory says which."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Sources(sources::SourcesArgs),
    Schema(schema::SchemaArgs),
    Query(query::QueryArgs),
    Timeline(timeline::TimelineArgs),
    Missing(missing::MissingArgs),
    Trace(trace::TraceArgs),
    Errors(errors::ErrorsArgs),
    Explain(explain::ExplainArgs),
    Compare(compare::CompareArgs),
    Slices(slices::SlicesArgs),
    Templates(templates::TemplatesArgs),
    Check(check::CheckArgs),
    Report(report::ReportArgs),
    Formats(formats::FormatsArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The answer as SQL over what the session has, sorted as it shall be shown.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub sql: String,
    /// The same for people to read, who want to see what stands between the rows; data has the rows alone.
    pub reading: Option<Reading>,
    pub params: Vec<(String, String)>,
    /// The answer in a sentence.
    pub summary: Option<String>,
    /// What the reader should know besides the rows.
    pub notes: Vec<String>,
    /// Rows past the limit are not even read.
    pub stops_at_limit: bool,
    /// The rows are events, which a page also draws.
    pub are_events: bool,
    /// The command has chosen the rows of `--limit` by itself.
    pub is_limited: bool,
    /// Rows without a time are in none of its rows, even where no window is asked for.
    pub leaves_out_untimed: bool,
    /// How many findings there are for `--exit-code`, if not every row is one.
    pub found: Option<u64>,
    /// A page in place of rows.
    pub document: Option<Document>,
    /// The answer is that something is wrong: exit code 1, whether `--exit-code` is given or not.
    pub fails: bool,
}

impl Answer {
    pub fn of(sql: impl Into<String>) -> Answer {
        Answer { sql: sql.into(), ..Answer::default() }
    }
}

/// An answer for people.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub sql: String,
    /// What is to be known of it besides.
    pub notes: Vec<String>,
}

/// A command that reads evidence.
pub trait Ask {
    fn common(&self) -> &crate::args::Common;
    fn sources(&self) -> &[String];
    /// Whether it asks anything of sources.
    fn reads_evidence(&self) -> bool {
        true
    }
    /// Whether its answer is a page to be read, and not rows.
    fn is_page(&self) -> bool {
        false
    }
    /// Whether the question can be asked at all, before any evidence is opened.
    ///
    /// # Errors
    /// If something in the flags is wrong.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// Conditions in SQL, each with the flag that says it.
    fn conditions(&self) -> Vec<(&'static str, &str)> {
        self.common().evidence.condition.iter().map(|condition| ("--where", condition.as_str())).collect()
    }
    /// Whether SQL may read and write files besides the evidence.
    fn allows_files(&self) -> bool {
        false
    }
    /// Whether any SQL may be in it, whose memory the system limits besides the engine.
    fn is_any_sql(&self) -> bool {
        false
    }
    /// Files besides evidence and settings that say what is asked.
    fn inputs(&self) -> Vec<&std::path::Path> {
        Vec::new()
    }
    /// Sources besides those typed or set, such as a codebook given as a file.
    fn extra_sources(&self) -> Vec<crate::session::Named> {
        Vec::new()
    }
    /// # Errors
    /// If the question cannot be asked of this evidence, or the evidence not be read.
    fn run(&self, session: &Session) -> Result<Answer>;
}

/// That a column is one of a few texts, as SQL.
fn is_any(column: &str, texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quote::text(text)).collect();
    format!("{column} IN ({})", texts.join(", "))
}

/// The tables on whose rows `--where` can be asked. Where none is, the condition itself is at fault.
fn tables_with<'a>(session: &'a Session, condition: Option<&str>, notes: &mut Vec<String>) -> Result<Vec<&'a Table>> {
    let Some(condition) = condition else { return Ok(session.tables.iter().collect()) };
    let mut fitting = Vec::new();
    let mut last = None;
    for table in &session.tables {
        match session.engine.rows(&format!("SELECT 1 FROM {} WHERE ({condition}) LIMIT 0", table.sql())) {
            Ok(_) => fitting.push(table),
            Err(error) => {
                notes.push(left_out(table));
                last = Some(error);
            }
        }
    }
    match last {
        Some(error) if fitting.is_empty() => Err(error),
        _ => Ok(fitting),
    }
}

/// The tables whose rows, or whose events, `--where` can be asked of.
fn event_tables_with<'a>(
    session: &'a Session,
    condition: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<&'a Table>> {
    let Some(condition) = condition else { return Ok(session.tables.iter().collect()) };
    let (fitting, others): (Vec<&Table>, Vec<&Table>) =
        session.tables.iter().partition(|table| session.fits_events(table, condition));
    if fitting.is_empty() {
        // Says by one of them what is wrong.
        return tables_with(session, Some(condition), notes);
    }
    notes.extend(others.iter().copied().map(left_out));
    Ok(fitting)
}

/// What is said of a table whose rows `--where` cannot be asked of.
fn left_out(table: &Table) -> String {
    format!("{} is left out: --where does not fit it", table.name)
}

/// What is said of a table that is used for what it says of other rows, all of it: that it is not left out.
fn is_used(table: &Table, notes: &mut Vec<String>) {
    let said = left_out(table);
    notes.retain(|note| *note != said);
}
