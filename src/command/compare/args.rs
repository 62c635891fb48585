//! What can be asked of a comparison, and what is said where it cannot.

use clap::Args;

use super::sides::Sides;
use crate::args::Common;
use crate::command::errors;
use crate::error::{Error, Result};
use crate::model::name;
use crate::session::{Named, Session, Table, Window, Windows};

/// What a source to compare with is called, unless it is given a name.
const BASELINE: &str = "baseline";

/// Tell what changed between two windows of time, or between two sources
///
/// A row is something that changed: volume (rows per hour; of two sources, rows), null_share, category (a value's share
/// of the column's values), template (the same of messages), code (errors with it, the figures of errors --baseline),
/// distribution (a quantile; change has the distance of Kolmogorov and Smirnov), latency (a quantile of columns that say
/// how long something took, and of beginnings with an end), column (came, went, or of another type), table (came or
/// went). Worst first, by effect: the distance of Jensen and Shannon between both sides, of volumes 1 - the smaller rate
/// by the larger one. A change that is a consequence of another one is folded into it, and named in its field also.
///
/// Told is what is beyond chance (5 % false discoveries of all that was tested) and large enough: a rate of 1.2 times, a
/// share of 1.5 times or 5 points, a distribution with a distance of 0.1 or twice as many values beyond one of its ends.
/// Rows of one time are not independent: each window is cut into blocks of time, and counts that vary from block to
/// block more than chance has it are worth less. since is the moment of the change, where the windows follow each other.
///
/// Examples:
///   rca compare --baseline 2025-03-01..2025-03-02 --incident 2025-03-02..2025-03-03 logs/ mes.sql
///   rca compare --incident 2025-03-01T05:10..2025-03-01T06:10 -C examples/laptop-anomaly
///   rca compare --baseline auto -C examples/laptop-anomaly
///   rca compare yesterday.dump today.dump
///   rca compare --against yesterday/ today/
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct CompareArgs {
    /// PATH, GLOB, DIR or NAME=PATH; of two without any window the first is the baseline
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// The window to compare with; without it all evidence before the incident. `auto` finds the moment at which rates of
    /// errors changed
    #[arg(long, value_name = "FROM..TO|auto", allow_hyphen_values = true, conflicts_with = "against")]
    pub baseline: Option<String>,
    /// The window that is asked about; with --baseline it may be left out: then it is --from and --to, or all evidence that
    /// is not in the baseline
    #[arg(long, value_name = "FROM..TO", allow_hyphen_values = true, conflicts_with_all = ["against", "from", "to"])]
    pub incident: Option<String>,
    /// Compare with the tables of this source, or of a directory that is laid out like the case
    #[arg(long, value_name = "[NAME=]PATH")]
    pub against: Option<String>,
    /// Compare these tables only; of two sources each with the other side's
    #[arg(long, value_name = "T", value_delimiter = ',')]
    pub table: Vec<String>,
    #[command(flatten)]
    pub common: Common,
}

impl CompareArgs {
    /// Whether a window is asked for.
    fn has_window(&self) -> bool {
        let evidence = &self.common.evidence;
        self.baseline.is_some() || self.incident.is_some() || evidence.from.is_some() || evidence.to.is_some()
    }

    /// The source to compare with, as it was typed, if there is one.
    pub fn other(&self) -> Option<&String> {
        self.against.as_ref().or_else(|| match self.sources.as_slice() {
            [first, _] if !self.has_window() => Some(first),
            _ => None,
        })
    }

    /// The sources asked about.
    pub fn own(&self) -> &[String] {
        if self.against.is_none() && self.other().is_some() { &self.sources[1..] } else { &self.sources }
    }

    pub fn others(&self) -> Option<Named> {
        let named = Named::parse(self.other()?);
        // It may be relative to the current directory, and the case's sources to the case's.
        let path = std::path::absolute(&named.path).map_or(named.path, |path| path.to_string_lossy().into_owned());
        Some(Named { name: Some(named.name.unwrap_or_else(|| BASELINE.into())), path, is_side: true, note: named.note })
    }

    /// What a file to compare with would be called by itself.
    pub fn stem(&self) -> Option<String> {
        let named = Named::parse(self.other()?);
        let file = std::path::Path::new(&named.path).file_name()?.to_string_lossy().into_owned();
        Some(name::identifier(name::stem(&file)))
    }

    /// # Errors
    /// If nothing says what to compare.
    pub fn check(&self) -> Result<()> {
        let evidence = &self.common.evidence;
        if self.other().is_some() && (evidence.from.is_some() || evidence.to.is_some()) {
            return Err(Error::question("two sources are compared as they are, and not by --from and --to")
                .hint("say what shall be compared: --where SQL"));
        }
        if self.other().is_none() && self.baseline.is_none() && self.incident.is_none() {
            return Err(Error::question("nothing says what to compare")
                .hint("two windows: --baseline 2025-03-01..2025-03-02 --incident 2025-03-02..2025-03-03")
                .hint("the time of an incident with all before it: --incident 2025-03-01T05:00..2025-03-01T06:00")
                .hint("the time before and after rates of errors changed: --baseline auto")
                .hint("two sources: rca compare yesterday.dump today.dump"));
        }
        Ok(())
    }

    /// The two sides, and what is to be known of them.
    ///
    /// # Errors
    /// If a window is none, or has no evidence.
    pub fn sides(&self, session: &Session, tables: &[&Table], notes: &mut Vec<String>) -> Result<Sides> {
        if let Some(named) = self.others() {
            return Ok(Sides::Sources(named.name.unwrap_or_default()));
        }
        let evidence = &self.common.evidence;
        let incident = match &self.incident {
            Some(said) => session.span(said, "--incident")?,
            None => session.window(evidence.from.as_deref(), evidence.to.as_deref())?,
        };
        let timed: Vec<&Table> = tables.iter().copied().filter(|table| table.roles.time.is_some()).collect();
        let windows = match self.baseline.as_deref() {
            None => {
                let of_then = with_rows(session, &timed, incident)?;
                Windows::before(session, if of_then.is_empty() { &timed } else { &of_then }, incident)?
            }
            Some("auto") if self.incident.is_some() => {
                return Err(Error::question("--baseline auto finds the incident by itself")
                    .hint("leave out --incident, or --baseline: then it is all evidence before the incident"));
            }
            Some("auto") => {
                let (windows, is_change) = errors::auto_windows(session, &self.common)?;
                if !is_change {
                    notes.push("no moment at which rates of errors changed beyond chance was found: what is compared are the two halves".into());
                }
                windows
            }
            Some(said) => Windows::said(session, &timed, said, incident)?,
        };
        notes.push(windows.shown());
        notes.extend(super::hours::note(&windows));
        Ok(Sides::Windows(windows))
    }
}

/// The tables that have rows in a window: others, such as of parts made days before, do not say when evidence begins.
fn with_rows<'a>(session: &Session, tables: &[&'a Table], window: Window) -> Result<Vec<&'a Table>> {
    let mut found = Vec::new();
    for table in tables {
        let ends = session.ends(&[*table])?;
        let is_in = |(first, last): (i64, i64)| {
            window.from.is_none_or(|from| last >= from) && window.to.is_none_or(|to| first < to)
        };
        if ends.is_some_and(is_in) && !session.is_load_stamp(table)? {
            found.push(*table);
        }
    }
    Ok(found)
}
