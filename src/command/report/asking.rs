//! What the parts of a report have in common: the evidence, the flags of the commands that are asked, and what was told
//! so far, of which the answer is made.

use std::path::Path;

use super::ReportArgs;
use super::sentences::Told;
use super::taken::line;
use crate::args::Common;
use crate::error::{Error, Kind, Result};
use crate::model::document::{Behind, Part};
use crate::model::shell;
use crate::session::{Session, Window};

/// Rows of a table where nobody says how many.
const ROWS: u64 = 20;

/// Bytes that the SQL behind a part takes on a page; longer SQL is left to the command.
pub const SQL_MAX: usize = 9_000;

pub struct Asking<'a> {
    pub session: &'a Session,
    args: &'a ReportArgs,
    /// Of the commands that are asked.
    pub common: Common,
    /// The most rows of a table.
    pub limit: u64,
    pub told: Told,
    pub notes: Vec<String>,
}

/// Which rows are bad.
pub struct Bad {
    pub condition: String,
    pub table: Option<String>,
    /// Which rows are judged.
    pub judged: Option<String>,
}

impl<'a> Asking<'a> {
    pub fn new(session: &'a Session, args: &'a ReportArgs) -> Asking<'a> {
        let mut common = args.common.clone();
        common.limit = None;
        let mut notes = Vec::new();
        if (args.bad.is_some() || session.settings.report.bad.is_some()) && common.evidence.condition.take().is_some() {
            notes.push("--where says which rows are judged by --bad; all else is of the whole evidence".to_string());
        }
        let limit = args.common.limit.unwrap_or(ROWS);
        Asking { session, args, common, limit, told: Told::default(), notes }
    }

    /// Which rows are bad, if anybody said so.
    pub fn bad(&self) -> Option<Bad> {
        let (said, flags) = (&self.session.settings.report, self.args);
        let condition = flags.bad.clone().or_else(|| said.bad.clone())?;
        // Of another condition than that of the settings these are not the table and the rows.
        let is_said = flags.bad.is_none();
        let or_said =
            |flag: &Option<String>, said: &Option<String>| flag.clone().or_else(|| said.clone().filter(|_| is_said));
        Some(Bad {
            condition,
            table: or_said(&flags.table, &said.table),
            judged: or_said(&flags.common.evidence.condition, &said.condition),
        })
    }

    pub fn title(&self) -> String {
        let said = self.args.title.as_ref().or(self.session.settings.report.title.as_ref());
        let title = said.cloned().unwrap_or_else(|| {
            let case = self.common.evidence.case.as_deref().and_then(Path::file_name);
            let of = match case {
                Some(case) => case.to_string_lossy().into_owned(),
                None => {
                    let mut names: Vec<&str> = self.session.tables.iter().map(|table| table.source.as_str()).collect();
                    names.dedup();
                    names.join(", ")
                }
            };
            if of.is_empty() { "Root causes".into() } else { format!("Root causes: {of}") }
        });
        super::taken::cut(&title, 200)
    }

    pub fn question(&self) -> String {
        let said = self.args.question.as_ref().or(self.session.settings.report.question.as_ref());
        let question = said.cloned().unwrap_or_else(|| match self.bad() {
            Some(bad) => format!(
                "What data is missing, can the error codes be trusted, and what explains the rows for which {} holds?",
                bad.condition
            ),
            None => "What data is missing, what do the error codes say, and can they be trusted?".into(),
        });
        line(&question)
    }

    /// `--from` and `--to`.
    ///
    /// # Errors
    /// If one of them is no time.
    pub fn window(&self) -> Result<Window> {
        self.session.window(self.common.evidence.from.as_deref(), self.common.evidence.to.as_deref())
    }

    /// The command line of another command over the same evidence: with flags of its own, and `--where`.
    pub fn command(&self, name: &str, own: &[&str], condition: Option<&str>) -> String {
        let evidence = &self.common.evidence;
        let mut words = vec!["rca".to_string(), name.to_string()];
        let mut add = |flag: &str, value: Option<&str>| {
            words.extend(value.map(|value| format!("{flag} {}", shell::quoted(value))));
        };
        let case = evidence.case.as_ref().map(|case| case.to_string_lossy().into_owned());
        add("-C", case.as_deref());
        evidence.set.iter().for_each(|set| add("--set", Some(set)));
        add("--from", evidence.from.as_deref());
        add("--to", evidence.to.as_deref());
        add("--timezone", evidence.timezone.as_deref());
        add("--where", condition.or(evidence.condition.as_deref()));
        words.extend(own.iter().map(|word| shell::quoted(word)));
        words.extend(self.args.sources.iter().map(|source| shell::quoted(source)));
        line(&words.join(" "))
    }

    /// The command line of this report, without what changes nothing in it.
    pub fn own_command(&self) -> String {
        let args = self.args;
        let mut own = Vec::new();
        let flags = [("--title", &args.title), ("--question", &args.question), ("--bad", &args.bad)];
        for (flag, value) in flags.into_iter().chain([("--table", &args.table)]) {
            own.extend(value.iter().flat_map(|value| [flag, value.as_str()]));
        }
        let limit = self.args.common.limit.map(|limit| limit.to_string());
        own.extend(limit.iter().flat_map(|limit| ["--limit", limit.as_str()]));
        self.command("report", &own, self.args.common.evidence.condition.as_deref())
    }

    /// What stands behind a table: the command that gives it, and SQL.
    pub fn behind(command: &str, sql: Option<String>) -> Part {
        let sql = sql.filter(|sql| super::taken::weight(sql) <= SQL_MAX);
        Part::Behind(Behind { command: command.to_string(), sql })
    }
}

/// An answer, or in a line why the question cannot be asked of this evidence, which is no fault of the report.
///
/// # Errors
/// All others.
pub fn or_why<T>(answer: Result<T>, what: &str) -> Result<std::result::Result<T, Part>> {
    match answer {
        Err(Error { kind: Kind::Question, message, detail, .. }) => {
            let detail = detail.map_or_else(String::new, |detail| format!(" ({})", detail.replace('\n', "; ")));
            Ok(Err(Part::Text(line(&format!("{what}: {message}{detail}.")))))
        }
        other => other.map(Ok),
    }
}
