//! `rca query`: SQL over everything.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::guard;
use crate::error::{Error, Result};
use crate::model::name;
use crate::session::{Session, Table, Wanted, Window};

/// Ask in SQL: any SELECT that DuckDB runs, over all tables and `events`
///
/// Tables are called by their source (telemetry), those of databases by source and table (station.tests). The view
/// events holds every row that has a time: ts, source, table_name, entity, level, code, message, origin.
///
/// Examples:
///   rca query "select level, count(*) from gateway_logs group by all" gateway-logs/
///   rca query "select * from stdin where share > 0.1" - < findings.ndjson
///   rca query --file why.sql --param unit=SN240233 -C examples/laptop-anomaly
///
/// --from, --to and --where choose rows of the tables before the SQL asks, and rows of events; tables that have not the
/// columns of --where stay whole.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct QueryArgs {
    /// The SQL, then PATH, GLOB, DIR or NAME=PATH; `-` is standard input. With --file, sources only
    #[arg(value_name = "SQL] [SOURCE")]
    pub words: Vec<String>,
    /// Read the SQL from this file
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The value of a parameter $K of the SQL, as text
    #[arg(long, value_name = "K=V")]
    pub param: Vec<String>,
    /// Let the SQL read other files and write some (COPY … TO); evidence is never written over
    #[arg(long)]
    pub allow_files: bool,
    #[command(flatten)]
    pub common: Common,
}

impl QueryArgs {
    fn sql(&self) -> Result<String> {
        match (&self.file, self.words.first()) {
            (Some(path), _) => std::fs::read_to_string(path)
                .map_err(|e| Error::file(path.display(), &e))
                .map_err(|e| Error { kind: crate::error::Kind::Question, ..e }),
            (None, Some(sql)) => Ok(sql.clone()),
            (None, None) => Err(Error::question("there is no SQL to run")
                .hint("write it first: rca query \"select * from events limit 10\" SOURCE")),
        }
    }

    /// Puts `--from`, `--to` and `--where` on the tables and on `events`. Returns what is to be said of tables that have not
    /// what they ask.
    fn restrict(&self, session: &Session, window: &Window) -> Result<Vec<String>> {
        let condition = self.common.evidence.condition.as_deref().filter(|_| !session.tables.is_empty());
        let mut notes = Vec::new();
        let mut of_events: Vec<&Table> = session.tables.iter().collect();
        if let Some(condition) = condition {
            // Says what is wrong with a condition that fits none.
            of_events = super::event_tables_with(session, Some(condition), &mut Vec::new())?;
        }
        let wanted = Wanted { window: *window, condition: condition.map(str::to_string), ..Wanted::default() };
        let whole: Vec<String> =
            session.restrict(window, condition)?.into_iter().map(|table| table.name.clone()).collect();
        session.create_events(&of_events, &wanted)?;
        if !whole.is_empty() {
            notes.push(format!("--where does not fit the rows of {}, which stay whole", name::listed(&whole)));
        }
        Ok(notes)
    }

    fn params(&self) -> Result<Vec<(String, String)>> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_string(), value.to_string())),
            None => Err(Error::question(format!("`--param {text}` has no `=`")).hint("write --param NAME=VALUE")),
        };
        self.param.iter().map(pair).collect()
    }
}

impl Ask for QueryArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        let first = usize::from(self.file.is_none());
        self.words.get(first..).unwrap_or_default()
    }

    fn check(&self) -> Result<()> {
        let sql = self.sql()?;
        let sql = sql.trim();
        if sql.trim_matches(|c: char| c == ';' || c.is_whitespace()).is_empty() {
            return Err(Error::question("there is no SQL to run")
                .hint("write it first: rca query \"select * from events limit 10\" SOURCE"));
        }
        if self.file.is_none() && self.words.len() == 1 && looks_like_a_source(sql) {
            return Err(Error::question("there is no SQL to run")
                .hint(format!("write it first: rca query \"select * from events limit 10\" {sql}")));
        }
        guard::question(sql, self.allow_files)?;
        self.params().map(drop)
    }

    fn inputs(&self) -> Vec<&Path> {
        self.file.iter().map(PathBuf::as_path).collect()
    }

    fn is_any_sql(&self) -> bool {
        true
    }

    fn allows_files(&self) -> bool {
        self.allow_files
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let evidence = &self.common.evidence;
        let sql = self.sql()?;
        let sql = sql.trim().trim_end_matches(';').to_string();
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let mut notes = self.restrict(session, &window)?;
        session.untype_bare()?;
        if session.is_empty_stream {
            let mut columns = session.columns_of_empty(&sql)?;
            columns.sort_unstable();
            notes.push(match columns.as_slice() {
                [] => "the input is empty".to_string(),
                // What a column was called in the command before is not known here.
                columns => format!("the input is empty; taken for its columns: {}", columns.join(", ")),
            });
        }
        session.engine.settle(&sql)?;
        session.engine.lock()?;
        if self.allow_files {
            if let Some(file) = guard::written(&sql)?
                && session.holds_evidence(Path::new(&file))
            {
                return Err(
                    Error::question(format!("`{file}` is evidence and is not written over")).hint("name another file")
                );
            }
            notes.push("the SQL may read and write files besides the evidence (--allow-files)".to_string());
        }
        let stops_at_limit = !guard::statements(&sql).iter().any(|word| word == "copy");
        let leaves_out_untimed = session.speaks_of_events(&sql);
        Ok(Answer { sql, params: self.params()?, notes, stops_at_limit, leaves_out_untimed, ..Answer::default() })
    }
}

fn looks_like_a_source(text: &str) -> bool {
    !text.contains(char::is_whitespace) && std::path::Path::new(text).exists()
}
