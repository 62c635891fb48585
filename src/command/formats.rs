//! `rca formats`: the log formats that are known, why a file's was chosen, and tests of one's own.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::figure;
use crate::model::value::Value;
use crate::session::Session;

/// List the log formats, say why a file's was chosen, or test one of your own
///
/// A format of your own is a TOML file: `name`, `pattern` (or `patterns`, or `regex`), maybe `levels`, and `[[samples]]`,
/// each a line and what is to be found in it. In rca.toml the same stands under `[[formats]]`.
/// A pattern is written as the line looks: {ts:%Y-%m-%d %H:%M:%S,%3f} {level} [{thread}] {logger:word} - {message}
///
/// Examples:
///   rca formats
///   rca formats --explain gateway.log
///   rca formats --test station.toml --exit-code
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct FormatsArgs {
    /// Say which formats the lines of this file (or of a directory or archive) are of, and which lines none knows
    #[arg(long, value_name = "FILE", conflicts_with = "test")]
    pub explain: Option<String>,
    /// Read the sample lines of a format file, or of an rca.toml, with it
    #[arg(long, value_name = "FILE.toml")]
    pub test: Option<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

impl Ask for FormatsArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &[]
    }

    fn reads_evidence(&self) -> bool {
        false
    }

    fn check(&self) -> Result<()> {
        let evidence = &self.common.evidence;
        let flags = [("--from", &evidence.from), ("--to", &evidence.to), ("--where", &evidence.condition)];
        match flags.into_iter().find(|(_, said)| said.is_some()) {
            Some((flag, _)) => {
                Err(crate::error::Error::question(format!("{flag} chooses rows, and formats are told by all lines")))
            }
            None => Ok(()),
        }
    }

    fn inputs(&self) -> Vec<&std::path::Path> {
        self.test.iter().map(PathBuf::as_path).chain(self.explain.iter().map(std::path::Path::new)).collect()
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        match (&self.explain, &self.test) {
            (Some(path), _) => explained(session, path),
            (None, Some(path)) => tested(session, path),
            (None, None) => listed(session),
        }
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn listed(session: &Session) -> Result<Answer> {
    const FIELDS: [(&str, Kind); 5] = [
        ("format", Kind::Text),
        ("title", Kind::Text),
        ("syntax", Kind::Text),
        ("fields", Kind::Text),
        ("source", Kind::Text),
    ];
    let rows: Vec<Vec<Value>> = session
        .formats()
        .into_iter()
        .map(|known| {
            vec![text(known.name), text(known.title), text(known.syntax), text(known.fields), text(known.source)]
        })
        .collect();
    Ok(Answer::of(session.engine.keep("formats", &FIELDS, &rows)?))
}

fn explained(session: &Session, path: &str) -> Result<Answer> {
    const FIELDS: [(&str, Kind); 7] = [
        ("file", Kind::Text),
        ("format", Kind::Text),
        ("lines", Kind::Int),
        ("share", Kind::Float),
        ("first_line", Kind::Int),
        ("example", Kind::Text),
        ("note", Kind::Text),
    ];
    // What is replaced is seen in a whole line only.
    const SHOWN: usize = 160;
    let cut = |line: &str| session.shown(line).chars().take(SHOWN).collect::<String>();
    let explained = session.explain(path)?;
    let row = |(file, finding): &(String, crate::session::Finding)| {
        let own = explained.findings.iter().filter(|(other, _)| other == file);
        let all: u64 = own.map(|(_, finding)| finding.lines).sum();
        let first = finding.first.as_ref();
        let share = figure::share(finding.lines as f64 / all.max(1) as f64);
        vec![
            text(file),
            text(&finding.format),
            Value::Int(finding.lines.into()),
            if all == 0 { Value::Null } else { Value::Float(share) },
            first.map_or(Value::Null, |(number, _)| Value::Int((*number).into())),
            first.map_or(Value::Null, |(_, line)| text(cut(line))),
            text(&finding.note),
        ]
    };
    let rows: Vec<Vec<Value>> = explained.findings.iter().map(row).collect();
    let notes = explained.notes;
    Ok(Answer { sql: session.engine.keep("formats", &FIELDS, &rows)?, notes, ..Answer::default() })
}

/// A row is a sample line; with `--exit-code`, only the wrong ones are rows that were found.
fn tested(session: &Session, path: &std::path::Path) -> Result<Answer> {
    const FIELDS: [(&str, Kind); 4] =
        [("format", Kind::Text), ("status", Kind::Text), ("line", Kind::Text), ("differences", Kind::Text)];
    let tested = session.test_formats(path)?;
    let total = tested.len();
    let wrong = tested.iter().filter(|(_, tried)| !tried.differences.is_empty()).count();
    let row = |(name, tried): &(String, crate::session::Tried)| {
        let status = if tried.differences.is_empty() { "ok" } else { "wrong" };
        vec![text(name), text(status), text(&tried.line), text(tried.differences.join("; "))]
    };
    let rows: Vec<Vec<Value>> = tested.iter().map(row).collect();
    let note = match (total, wrong) {
        (0, _) => "there are no samples, so nothing is tested".to_string(),
        (_, 0) => format!("all {total} samples are read as expected"),
        _ => format!("{wrong} of {total} samples are not read as expected"),
    };
    let sql = session.engine.keep("formats", &FIELDS, &rows)?;
    Ok(Answer { sql, notes: vec![note], found: Some(wrong as u64), ..Answer::default() })
}
