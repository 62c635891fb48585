//! `rca errors`: which codes, where, since when, and whether they can be trusted.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::error::{Kind, Result};
use crate::session::{Named, Session};

mod audit;
mod breakdown;
mod by;
mod change;
mod codebook;
mod meanings;
mod places;
mod question;
mod texts;
mod told;
mod words;

pub(super) use audit::{Audited, Fault};
pub(super) use change::{Changes, CodeChange, auto_windows, changes};
use question::Question;
pub(super) use question::said_by;
pub use told::{Suspect, told};

/// Break errors down by code, compare with a baseline, audit the classification
///
/// A row is an error if its level is error or above, if its result means failure, or if it has a code and is neither
/// a pass nor below a warning. Codes stand in columns (error_code, errorID, http_status, or any column whose values a
/// codebook has) or in log messages; those of public systems are described without a codebook: HTTP, errno, signals,
/// exit codes, SQLSTATE, HRESULT, NTSTATUS, Xid, gRPC, systemd and others. Errors without a code are told apart by what
/// their messages say. With --audit it is the codes themselves that are examined: catch-alls, codes that mean the same,
/// failures without a code or a label, codes that no codebook knows. What a code hides is told apart by its messages
/// (`templates` is how many failures that are); what is there once, or is less than a fiftieth of it, stands among others.
///
/// Examples:
///   rca errors -C examples/laptop-anomaly
///   rca errors --audit -f markdown -C examples/laptop-anomaly
///   rca errors --by mes.materials.lot --code station.tests.error_code -C examples/laptop-anomaly
///   rca errors --baseline 2025-03-01..2025-03-02 --from 2025-03-02 logs/
///   rca errors --baseline auto logs/
#[derive(Debug, Clone, Default, Args)]
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
    /// Compare with the errors of this window; `auto` finds the moment at which their rates changed
    #[arg(long, value_name = "FROM..TO|auto", conflicts_with_all = ["by", "audit"], allow_hyphen_values = true)]
    pub baseline: Option<String>,
    /// Rows of this level and above are errors; without it those of level error, and warnings that have a code
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Break down by these columns too; also by those of a table that knows the same entities: mes.materials.lot
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Examine the classification instead
    #[arg(long, conflicts_with = "by")]
    pub audit: bool,
    #[command(flatten)]
    pub common: Common,
}

/// The table that says what codes mean, by the settings or by its shape, if it is there.
///
/// # Errors
/// If the evidence cannot be read.
pub(super) fn codebook(session: &Session) -> Result<Option<String>> {
    match codebook::Codebook::find(session, None, None) {
        Err(error) if error.kind == Kind::Question => Ok(None),
        found => Ok(found?.map(|book| book.table.name.clone())),
    }
}

impl ErrorsArgs {
    /// The errors of all tables as they are asked of.
    ///
    /// # Errors
    /// If there are none that have a code, a level or a result, or the evidence cannot be read.
    pub(super) fn question<'a>(&'a self, session: &'a Session) -> Result<Question<'a>> {
        Question::new(session, self)
    }

    /// The answer where no evidence came: no code, and no error.
    fn of_nothing(&self, session: &Session) -> Result<Answer> {
        use crate::model::column::Kind as Column;
        let all: Vec<&str> = match (self.audit, self.by.as_slice()) {
            (true, _) => vec!["fault", "code", "count", "share", "templates", "detail", "sql"],
            (false, []) => {
                let more = ["baseline_count", "rate_ratio", "change"];
                let more = if self.baseline.is_some() { &more[..] } else { &[] };
                let all = ["code", "description", "count", "share", "entities", "first", "last", "level"];
                [&all[..], &["sources", "trend", "example"], more].concat()
            }
            (false, by) => {
                let by = by.iter().map(String::as_str);
                ["code"].into_iter().chain(by).chain(["count", "share", "first", "last"]).collect()
            }
        };
        let typed = |name: &&'_ str| match *name {
            "count" | "entities" | "templates" | "baseline_count" => Column::Int,
            "share" | "rate_ratio" => Column::Float,
            "first" | "last" => Column::Time,
            _ => Column::Text,
        };
        let fields: Vec<(&str, Column)> = all.iter().map(|name| (*name, typed(name))).collect();
        Ok(Answer::of(session.engine.keep("errors", &fields, &[])?))
    }

    /// What is wrong with the classification.
    ///
    /// # Errors
    /// As [`ErrorsArgs::question`].
    pub(super) fn audited(&self, session: &Session) -> Result<Audited> {
        audit::audited(Question::new(session, self)?)
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
        file.map(|path| Named { name: Some(codebook::FILE.into()), path: absolute(path), ..Named::default() })
            .into_iter()
            .collect()
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        if session.is_empty_stream && session.tables.is_empty() {
            return self.of_nothing(session);
        }
        let mut question = Question::new(session, self)?;
        if !question.window.is_open() && self.baseline.is_none() {
            let untimed = question.untimed()?;
            question.notes.extend(untimed);
        }
        match &self.baseline {
            _ if self.audit => audit::run(question),
            Some(baseline) => change::run(question, baseline),
            None if !self.by.is_empty() => by::run(question, &self.by),
            None => breakdown::run(question),
        }
    }
}
