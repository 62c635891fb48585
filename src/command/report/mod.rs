//! `rca report`: one page of what the other commands find, the answer first.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::error::{Error, Result};
use crate::model::document::{Document, Section};
use crate::session::Session;

mod asking;
mod evidence;
mod explained;
mod failures;
mod gaps;
mod made;
mod sentences;
mod sliced;
mod stages;
mod taken;
mod time;

use asking::Asking;

/// Write one page for a ticket: the answer in three sentences, then the evidence, charts and tables behind it
///
/// It asks what `sources`, `timeline --every`, `missing`, `errors`, `errors --audit`, `trace` and `slices` ask, and what
/// explains the bad rows if --bad says which these are, and has their figures. Each part names the command and the SQL that give
/// it again. The page is one file without scripts that loads nothing: -o FILE.html or FILE.md, else Markdown on
/// standard output. --limit is how many rows a table has (20), the others are counted. With --bad, --where says which
/// rows are judged, and nothing else is narrowed by it. rca.toml can say the same: [report] title, question, bad, table,
/// where.
///
/// Examples:
///   rca report -C examples/laptop-anomaly -o report.html
///   rca report -o report.md station.db gateway-logs/ 'telemetry/*.csv'
///   rca report --bad "result = 'FAIL'" --table station.tests -o report.html station.db mes.sql
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ReportArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// What stands above it
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The question that it answers
    #[arg(long, value_name = "TEXT")]
    pub question: Option<String>,
    /// The SQL condition that makes a row bad, as `rca explain` takes it
    #[arg(long, value_name = "SQL")]
    pub bad: Option<String>,
    /// The table whose rows are bad or not
    #[arg(long, value_name = "T", requires = "bad")]
    pub table: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

/// The parts of a report, in their order.
const SECTIONS: &[fn(&mut Asking) -> Result<Section>] = &[
    evidence::section,
    time::section,
    gaps::section,
    failures::section,
    stages::section,
    explained::section,
    sliced::section,
];

impl Ask for ReportArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn conditions(&self) -> Vec<(&'static str, &str)> {
        let said = [("--bad", &self.bad), ("--where", &self.common.evidence.condition)];
        said.into_iter().filter_map(|(flag, condition)| Some((flag, condition.as_deref()?))).collect()
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn is_page(&self) -> bool {
        true
    }

    fn check(&self) -> Result<()> {
        match self.common.limit {
            Some(0) => Err(Error::question("a report's tables have at least one row").hint("write --limit 20")),
            _ => Ok(()),
        }
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut asking = Asking::new(session, self);
        let mut sections = SECTIONS.iter().map(|section| section(&mut asking)).collect::<Result<Vec<_>>>()?;
        sections.push(made::section(&asking));
        let document = Document {
            title: asking.title(),
            question: asking.question(),
            answer: sentences::of(&asking.told).into(),
            sections,
            foot: made::foot(&asking),
        };
        let found = asking.told.found;
        Ok(Answer { document: Some(document), found: Some(found), notes: asking.notes, ..Answer::default() })
    }
}
