//! `rca check`: what must hold of the evidence, asked again when new evidence has come. A kind of check is a file here
//! and a line in [`KINDS`].

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::error::{self, Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::model::value::Value;
use crate::session::{Session, Table, Wanted};
use crate::settings;

mod against;
mod asking;
mod audit;
mod codes;
mod earlier;
mod fresh;
mod gaps;
mod keys;
mod metric;
mod nulls;
mod rerun;
mod rows;
mod said;
mod sql;
mod suggest;
mod unique;

use asking::Asking;
use said::{Check, Said};

/// Check what must hold: whether the fix held, and what came back
///
/// Checks are [[checks]] tables of rca.toml, or of the file that --file names. Each asks one thing:
///   table + rows = { min = 1, max = 9 }   how many rows a table has
///   table + fresh = "1h"                  its latest time is no older, against now = "T", else --to, else the latest
///                                         time in the evidence
///   table + gaps = 0                      rows missing as `rca missing` finds them; of one series (series =
///                                         "station=ST03 sensor=temp_c"), of some kinds (kinds = ["sequence_gap"])
///   table + column + nulls = { max = 0.01 }   the share of nulls
///   table + unique = ["a", "b"]           no two rows have the same values
///   keys = "A.col=B.col"                  no key of A is absent in B
///   codes = { new = 0 } + baseline = "FROM..TO"   error codes that the baseline has not; or codes = { known = true }
///   audit = { catch_all = 0 }             faults of `rca errors --audit`, of one code with code = "E999"
///   metric = "recall" + table + label + prediction + positive + min or max   also accuracy, precision, f1, fpr, fnr
///   sql = "SELECT …"                      is = "empty" (rows are failures), or min, max, equals of its first value
/// Each has name, severity = "warn" (its failure is `warn` and no exit code), and, but for sql, where, from and to.
/// The status is pass, fail, warn, or error if a check could not be asked. A check that has nothing to look at is an
/// error: an empty table makes none pass but `rows` and `sql`, which count what there is. Exit code 1 if any check is fail or error.
///
/// --from-findings suggests a check for each finding of today's `rca missing` and `rca errors --audit`: it fails now and
/// passes once that is mended. --against compares an earlier answer of `rca missing`, `rca errors --audit` or `rca check`
/// with today's: gone, still, new, with the earlier figure as expected and today's as observed; error if today's
/// evidence cannot tell, for want of the table, the series or rows to look at. A finding is the same if its kind, table,
/// column, value and code are, they share a series and, of gaps, some of their time. One that today's search does not make,
/// as of flags that are not today's, is asked again by its own SQL. Exit code 1 if any is not gone.
/// With --redact, an earlier answer and suggested checks are those of the same key (RCA_REDACT_KEY). SQL shown compares by
/// redact(COLUMN) = 'ip-…'; what it compares otherwise with a pseudonym (<, LIKE) cannot be asked again.
///
/// Examples:
///   rca check -C case/
///   rca check --file checks.toml -f junit -o checks.junit.xml station.db mes.sql
///   rca check --from-findings -o checks.toml -C examples/laptop-anomaly
///   rca check --against monday.json -C case/
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct CheckArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// The checks of this file rather than those of rca.toml
    #[arg(long, value_name = "FILE.toml")]
    pub file: Option<PathBuf>,
    /// Suggest checks from today's findings; `-o FILE.toml` makes a file of them
    #[arg(long, conflicts_with_all = ["file", "against"])]
    pub from_findings: bool,
    /// Compare with an earlier answer, written with -f json or ndjson by missing, errors --audit or check
    #[arg(long, value_name = "OLD.json")]
    pub against: Option<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

/// Whether tables of settings are checks.
///
/// # Errors
/// If one is none.
#[cfg(fuzzing)]
pub fn valid(tables: Vec<toml::Table>) -> Result<()> {
    said::read(tables).map(drop)
}

/// A kind of check.
struct Kind {
    /// The key that makes a check one of this kind.
    key: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    /// Whether its values mean anything, before any evidence is asked.
    valid: fn(&Check) -> Result<()>,
    /// It is an analysis of another command, which keeps what it finds and is done before SQL of the user runs.
    is_analysis: bool,
    ask: fn(&Asking, &Check) -> Result<Verdict>,
    /// What it is called if nobody says.
    name: fn(&Check) -> String,
}

const KINDS: &[Kind] = &[
    rows::KIND,
    fresh::KIND,
    gaps::KIND,
    nulls::KIND,
    unique::KIND,
    keys::KIND,
    codes::KIND,
    audit::KIND,
    metric::KIND,
    sql::KIND,
];

/// What a check came to.
struct Verdict {
    holds: bool,
    expected: String,
    observed: String,
    detail: String,
    sql: String,
}

/// A row of the answer.
struct Row {
    name: String,
    status: &'static str,
    expected: String,
    observed: String,
    detail: String,
    sql: String,
}

const FIELDS: [(&str, ColumnKind); 6] = [
    ("name", ColumnKind::Text),
    ("status", ColumnKind::Text),
    ("expected", ColumnKind::Text),
    ("observed", ColumnKind::Text),
    ("detail", ColumnKind::Text),
    ("sql", ColumnKind::Text),
];

impl Ask for CheckArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn inputs(&self) -> Vec<&Path> {
        self.file.iter().chain(&self.against).map(PathBuf::as_path).collect()
    }

    fn check(&self) -> Result<()> {
        if let Some(file) = &self.file {
            said::read(settings::checks_of(file)?.unwrap_or_default())?;
        }
        let Some(path) = &self.against else { return Ok(()) };
        let earlier = earlier::read(path)?;
        match (earlier.of, self.file.as_ref().filter(|_| !earlier.items.is_empty())) {
            (earlier::Of::Missing | earlier::Of::Audit, Some(file)) => {
                Err(Error::question("--file goes with an earlier answer of rca check alone")
                    .detail(format!(
                        "`{}` is one of findings, which `{}` says nothing of",
                        path.display(),
                        file.display()
                    ))
                    .hint("leave --file out, or ask both one after the other"))
            }
            _ => Ok(()),
        }
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let asking = Asking::new(session, &self.common);
        let rows = match &self.against {
            _ if self.from_findings => suggest::all(&asking)?,
            Some(path) => {
                let mut earlier = earlier::read(path)?;
                if earlier.items.is_empty() && self.file.is_some() {
                    (earlier.of, earlier.note) = (earlier::Of::Check, None);
                }
                asking.notes.borrow_mut().extend(earlier.note.clone());
                against::compared(&asking, &earlier, || self.said(session))?
            }
            None => asked(&asking, &self.said(session)?)?,
        };
        let count = |statuses: &[&str]| rows.iter().filter(|row| statuses.contains(&row.status)).count();
        let wrong = count(&["fail", "error", "still", "new"]);
        let values: Vec<Vec<Value>> = rows.iter().map(Row::values).collect();
        let sql = session.engine.keep("checks", &FIELDS, &values)?;
        Ok(Answer {
            summary: Some(summary(&rows)),
            notes: asking.notes.into_inner(),
            fails: wrong > 0,
            // Of suggestions each is one of a finding.
            found: Some(if self.from_findings { rows.len() } else { wrong } as u64),
            ..Answer::of(sql)
        })
    }
}

impl CheckArgs {
    fn said(&self, session: &Session) -> Result<Vec<Said>> {
        let (tables, is_none_said) = match &self.file {
            Some(file) => {
                let tables = settings::checks_of(file)?;
                (tables.clone().unwrap_or_default(), tables.is_some())
            }
            None => (session.settings.checks.clone(), false),
        };
        // `checks = []` says that there are none, as a file does that was suggested where nothing was found.
        if tables.is_empty() && !is_none_said {
            let place = self.file.as_deref().unwrap_or(Path::new("rca.toml")).display();
            return Err(Error::question("there is no check to make")
                .detail(format!("{place} has no [[checks]]"))
                .hint("let today's findings suggest some: rca check --from-findings -o checks.toml"));
        }
        said::read(tables)
    }
}

/// Asks all checks: first those that are analyses, then, when SQL can reach nothing but the evidence, the others.
fn asked(asking: &Asking, checks: &[Said]) -> Result<Vec<Row>> {
    // A wrong window is a fault of the file, and no failed check.
    for said in checks {
        asking.window(&said.check).map_err(|e| e.detail(format!("of check `{}`", said.name)))?;
    }
    let own = checks.iter().filter(|said| said.check.from.is_some() || said.check.to.is_some()).count();
    if own > 0 && asking.has_window() {
        let note = format!(
            "--from and --to do not reach {} with `from` or `to` of their own",
            asking::plural(own as i64, "check")
        );
        asking.notes.borrow_mut().push(note);
    }
    let mut rows: Vec<Option<Row>> = checks.iter().map(|_| None).collect();
    for is_analysis in [true, false] {
        if !is_analysis {
            prepare(asking, checks)?;
        }
        for (row, said) in rows.iter_mut().zip(checks).filter(|(_, said)| said.kind.is_analysis == is_analysis) {
            asking.session.take_conditions(said.check.condition.as_deref().into_iter());
            let verdict = (said.kind.ask)(asking, &said.check).map_err(|error| asking.session.shown_error(error));
            *row = Some(said.row(verdict)?);
        }
    }
    Ok(rows.into_iter().flatten().collect())
}

/// Makes ready for SQL of the user.
fn prepare(asking: &Asking, checks: &[Said]) -> Result<()> {
    if checks.iter().any(|said| said.check.sql.is_some()) {
        let all: Vec<&Table> = asking.session.tables.iter().collect();
        asking.session.create_events(&all, &Wanted::default())?;
        if asking.has_flags() {
            asking.notes.borrow_mut().push("--from, --to and --where do not reach checks by `sql`".into());
        }
    }
    asking.session.engine.lock()
}

impl Said {
    /// What the answer says of a check; evidence that cannot be read is an error of the whole.
    fn row(&self, verdict: Result<Verdict>) -> Result<Row> {
        let verdict = match verdict {
            Err(error) if error.kind == error::Kind::Question => {
                let parts = [Some(error.message), error.detail, error.hints.into_iter().next()];
                let detail = parts.into_iter().flatten().collect::<Vec<_>>().join("; ").replace('\n', " ");
                let sql = self.check.sql.clone().unwrap_or_default();
                let (expected, observed) = (String::new(), String::new());
                return Ok(Row { name: self.name.clone(), status: "error", expected, observed, detail, sql });
            }
            verdict => verdict?,
        };
        let status = match (verdict.holds, self.is_warning) {
            (true, _) => "pass",
            (false, true) => "warn",
            (false, false) => "fail",
        };
        let Verdict { expected, observed, detail, sql, .. } = verdict;
        Ok(Row { name: self.name.clone(), status, expected, observed, detail, sql })
    }
}

impl Row {
    fn values(&self) -> Vec<Value> {
        let text = |text: &str| if text.is_empty() { Value::Null } else { Value::Text(text.into()) };
        vec![
            text(&self.name),
            text(self.status),
            text(&self.expected),
            text(&self.observed),
            text(&self.detail),
            text(&self.sql),
        ]
    }
}

/// `7 of 9 pass; fail: telemetry gaps; error: labels nulls.`
fn summary(rows: &[Row]) -> String {
    const ORDER: [(&str, &str); 8] = [
        ("fail", "fail"),
        ("warn", "warn"),
        ("error", "could not be asked"),
        ("still", "still there"),
        ("new", "new"),
        ("gone", "gone"),
        ("pass", "pass"),
        ("suggested", "suggested"),
    ];
    const NAMED: [&str; 5] = ["fail", "warn", "error", "still", "new"];
    const NAMES: usize = 5;
    let part = |(status, word): (&str, &str)| {
        let names: Vec<&str> = rows.iter().filter(|row| row.status == status).map(|row| row.name.as_str()).collect();
        let more = if names.len() > NAMES { ", …" } else { "" };
        match names.len() {
            0 => None,
            n if NAMED.contains(&status) => Some(format!("{n} {word} ({}{more})", names[..n.min(NAMES)].join(", "))),
            n => Some(format!("{n} {word}")),
        }
    };
    let parts: Vec<String> = ORDER.into_iter().filter_map(part).collect();
    if parts.is_empty() { "Nothing was found.".into() } else { format!("{}.", parts.join("; ")) }
}
