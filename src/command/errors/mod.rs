//! `rca errors`: which codes, where, since when, and whether they can be trusted.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::name;
use crate::session::{Named, Session, Table, Wanted, Window, known_column};

mod audit;
mod change;
mod codebook;

use codebook::Codebook;

/// Break errors down by code, compare with a baseline, audit the classification
///
/// A row is an error if it has a code, a result that means failure, or a level of error or above. Codes stand in
/// columns (error_code, errorID) or in log messages. With --audit it is the codes themselves that are examined:
/// catch-alls, failures without a code or a label, codes that no codebook knows.
///
/// Examples:
///   rca errors -C examples/laptop-anomaly
///   rca errors --audit -f markdown -C examples/laptop-anomaly
///   rca errors --by station --code station.tests.error_code -C examples/laptop-anomaly
///   rca errors --baseline 2025-03-01..2025-03-02 --from 2025-03-02 logs/
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ErrorsArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Where the code is: a column (error_code, station.tests.error_code), or a regular expression over messages
    #[arg(long, value_name = "COL|REGEX")]
    pub code: Option<String>,
    /// What the codes mean: a table, or a file
    #[arg(long, value_name = "TABLE|FILE")]
    pub codebook: Option<String>,
    /// Compare with the errors of this window
    #[arg(long, value_name = "FROM..TO", conflicts_with_all = ["by", "audit"])]
    pub baseline: Option<String>,
    /// Rows of this level and above are errors
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub level: String,
    /// Break down by these columns too
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Examine the classification instead
    #[arg(long, conflicts_with = "by")]
    pub audit: bool,
    #[command(flatten)]
    pub common: Common,
}

/// What all forms of the question share.
pub struct Question<'a> {
    pub session: &'a Session,
    pub args: &'a ErrorsArgs,
    /// Tables that may hold errors: not the codebook.
    pub tables: Vec<&'a Table>,
    pub codebook: Option<Codebook<'a>>,
    pub window: Window,
    pub notes: Vec<String>,
    /// Where `--code` says the code is.
    code: Code,
}

#[derive(Debug)]
enum Code {
    Roles,
    /// A column, of the tables that have it.
    Column(Option<String>, String),
    Regex(String),
}

impl<'a> Question<'a> {
    fn new(session: &'a Session, args: &'a ErrorsArgs) -> Result<Question<'a>> {
        let codebook = Codebook::find(session, args.codebook.as_deref())?;
        let code = match &args.code {
            None => Code::Roles,
            Some(text) => match session.table_column(text) {
                Ok((table, column)) => Code::Column(Some(table.name.clone()), column),
                Err(_) if session.tables.iter().any(|table| table.column(text).is_some()) => {
                    Code::Column(None, text.clone())
                }
                Err(error) => match regex::Regex::new(text) {
                    // `station.tests.eror` is a misspelt column and no pattern that somebody would type.
                    Ok(_) if !text.contains(['\\', '[', '(', '+', '*', '|']) => return Err(error),
                    Ok(_) => Code::Regex(text.clone()),
                    Err(cause) => {
                        return Err(Error::question(format!(
                            "`--code {text}` is neither a column nor a regular expression"
                        ))
                        .detail(cause.to_string()));
                    }
                },
            },
        };
        let mut notes = Vec::new();
        let evidence = &args.common.evidence;
        let fitting = super::event_tables_with(session, evidence.condition.as_deref(), &mut notes)?;
        let is_codebook = |table: &Table| codebook.as_ref().is_some_and(|codebook| codebook.table.name == table.name);
        let tables = fitting.into_iter().filter(|table| !is_codebook(table)).collect();
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        Ok(Question { session, args, tables, codebook, window, notes, code })
    }

    /// The code of a table's rows, as SQL over the table; `None` if it cannot have one.
    fn code_of(&self, table: &Table) -> Option<String> {
        match &self.code {
            Code::Roles => table.roles.code.as_ref().map(|code| format!("{}::VARCHAR", quote::name(code))),
            Code::Column(Some(name), _) if *name != table.name => None,
            Code::Column(_, column) => {
                table.column(column).map(|column| format!("{}::VARCHAR", quote::name(&column.name)))
            }
            Code::Regex(pattern) => {
                let message = table.roles.message.as_ref()?;
                let group = usize::from(regex::Regex::new(pattern).is_ok_and(|regex| regex.captures_len() > 1));
                Some(format!(
                    "nullif(regexp_extract({}::VARCHAR, {}, {group}), '')",
                    quote::name(message),
                    quote::text(pattern)
                ))
            }
        }
    }

    /// Rows that are errors, of one table, in the shape of events with `is_failed` and the columns of `--by`.
    fn failures_of(&self, table: &Table, by: &[String]) -> Option<String> {
        let code = self.code_of(table);
        if code.is_none()
            && (!matches!(self.code, Code::Roles) || (table.roles.level.is_none() && table.roles.result.is_none()))
        {
            return None;
        }
        let mut more = vec![(code.clone().unwrap_or_else(|| "NULL::VARCHAR".into()), "found_code".to_string())];
        for column in by {
            let column = table.column(column)?;
            more.push((format!("{}::VARCHAR", quote::name(&column.name)), column.name.clone()));
        }
        let text = table.roles.message.as_ref().map_or_else(|| "NULL::VARCHAR".into(), |message| quote::name(message));
        more.push((text, "text".into()));
        let rows = self.session.rows_of(
            table,
            &Wanted {
                window: self.window,
                condition: self.args.common.evidence.condition.clone(),
                ..Wanted::default()
            },
            &more,
        );
        let level = super::timeline::at_least(&self.args.level).ok()?;
        let list: String = by.iter().map(|column| format!(", {}", quote::name(column))).collect();
        Some(format!(
            "SELECT ts, source, table_name, entity, level, rca_code(found_code) AS code, message, text, origin, at_file, at_line{list} FROM ({rows}) WHERE rca_code(found_code) IS NOT NULL OR ({level})"
        ))
    }

    /// What `--from`, `--to` and `--where` ask of a table's own rows, for SQL that people paste.
    fn asked_of(&self, table: &Table) -> String {
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let window = time.filter(|_| !self.window.is_open()).map(|time| self.window.sql(&time));
        let condition =
            self.args.common.evidence.condition.as_ref().filter(|said| self.session.fits(&table.sql(), said));
        let parts: Vec<String> = window.into_iter().chain(condition.map(|said| format!("({said})"))).collect();
        if parts.is_empty() { String::new() } else { format!(" AND {}", parts.join(" AND ")) }
    }

    /// All errors, as SQL. Also which tables they are of.
    fn failures(&self, by: &[String]) -> Result<(String, Vec<&'a Table>)> {
        super::timeline::at_least(&self.args.level)?;
        let mut selects = Vec::new();
        let mut used = Vec::new();
        for table in &self.tables {
            if let Some(select) = self.failures_of(table, by) {
                selects.push(select);
                used.push(*table);
            }
        }
        if selects.is_empty() {
            let error = Error::question(if by.is_empty() {
                "no table has a code, a level or a result".to_string()
            } else {
                format!("no table with errors has the columns `{}`", by.join("`, `"))
            });
            let names: Vec<&str> =
                self.tables.iter().flat_map(|table| table.own_columns()).map(|column| column.name.as_str()).collect();
            let near: Vec<String> = by.iter().flat_map(|column| name::nearest(column, names.iter().copied())).collect();
            return Err(if near.is_empty() {
                error.hint("say where the code is: --code COLUMN or --code REGEX")
            } else {
                error.hint(format!("did you mean {}", name::listed(&near)))
            });
        }
        Ok((selects.join(" UNION ALL "), used))
    }

    fn descriptions(&self) -> String {
        self.codebook.as_ref().map_or_else(
            || "SELECT NULL::VARCHAR AS code, NULL::VARCHAR AS description WHERE false".into(),
            Codebook::sql,
        )
    }
}

impl Ask for ErrorsArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn extra_sources(&self) -> Vec<Named> {
        let file = self.codebook.as_ref().filter(|text| std::path::Path::new(text).is_file());
        let absolute = |path: &String| {
            std::path::absolute(path).map_or_else(|_| path.clone(), |path| path.to_string_lossy().into_owned())
        };
        file.map(|path| Named { name: Some(codebook::FILE.into()), path: absolute(path) }).into_iter().collect()
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut question = Question::new(session, self)?;
        if self.audit {
            return audit::run(question);
        }
        if let Some(baseline) = &self.baseline {
            return change::run(&question, baseline);
        }
        let by = self.by.clone();
        let (failures, used) = question.failures(&by)?;
        if !by.is_empty() {
            let by: Vec<String> = by
                .iter()
                .map(|column| known_column(&used[0].name, &used[0].columns, column, "--by"))
                .collect::<Result<_>>()?;
            let list: String = by.iter().map(|column| format!("{}, ", quote::name(column))).collect();
            let left: Vec<String> = question
                .tables
                .iter()
                .filter(|table| !used.iter().any(|used| used.name == table.name) && table.roles.code.is_some())
                .map(|table| table.name.clone())
                .collect();
            if !left.is_empty() {
                question.notes.push(format!("left out, without the columns of --by: {}", left.join(", ")));
            }
            let sql = fill(
                include_str!("by.sql"),
                &[("failures", &failures), ("by", &list), ("order", list.trim_end_matches(", "))],
            );
            return Ok(Answer { sql, notes: question.notes, ..Answer::default() });
        }
        let sql = breakdown(&failures, &question.descriptions());
        Ok(Answer { sql, notes: question.notes, ..Answer::default() })
    }
}

/// How many parts the trend has.
const TREND: usize = 12;

fn breakdown(failures: &str, descriptions: &str) -> String {
    let counts: Vec<String> = (0..TREND).map(|part| format!("count(*) FILTER (WHERE part = {part})")).collect();
    fill(
        include_str!("errors.sql"),
        &[
            ("failures", failures),
            ("descriptions", descriptions),
            ("parts", &TREND.to_string()),
            ("trend", &format!("rca_strip([{}])", counts.join(", "))),
        ],
    )
}

/// Columns of a finding of the audit.
const FAULTS: [(&str, Kind); 7] = [
    ("fault", Kind::Text),
    ("code", Kind::Text),
    ("count", Kind::Int),
    ("share", Kind::Float),
    ("templates", Kind::Int),
    ("detail", Kind::Text),
    ("sql", Kind::Text),
];
