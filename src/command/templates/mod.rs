//! `rca templates`: what messages say, whatever their parameters.

use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::templates::{Mined, Rules, Tally};
use crate::model::value::Value;
use crate::session::{Session, Table, Wanted};

/// List the templates of messages: their constant parts, with <*> for what varies
///
/// Numbers, addresses, identifiers, paths, quoted text and times are taken for parameters first; then words at places
/// where many different ones stand. All messages of all sources are mined at once, and the templates depend neither on
/// their order nor on how they are divided into files. A message of several lines has the template of its first.
///
/// Examples:
///   rca templates logs/
///   rca templates --where "level = 'error'" logs/ -f markdown
///   rca templates --rows logs/ -f ndjson | rca query "select template, count(*) from stdin group by 1" -
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct TemplatesArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// A row for each message: its origin and its template
    #[arg(long)]
    pub rows: bool,
    #[command(flatten)]
    pub common: Common,
}

impl Ask for TemplatesArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut notes = Vec::new();
        let condition = self.common.evidence.condition.as_deref();
        let tables = super::event_tables_with(session, condition, &mut notes)?;
        let tables: Vec<&Table> = tables.into_iter().filter(|table| table.roles.message.is_some()).collect();
        if tables.is_empty() {
            return Err(Error::question("no table has a column of messages")
                .detail("columns called message, msg, text and the like are messages; so are those of every log"));
        }
        let rows = self.messages(session, &tables)?;
        mine(session, &rows)?;
        let sql = if self.rows {
            format!(
                "SELECT origin, template_id, template FROM (SELECT origin, at_file, at_line, ts, rca_template_of(text) AS number FROM ({rows})) \
                 JOIN rca_templates USING (number) ORDER BY ts NULLS LAST, origin"
            )
        } else {
            let messages = format!("SELECT name, ts, level, text, rca_template_of(text) AS number FROM ({rows})");
            fill(include_str!("templates.sql"), &[("messages", &messages)])
        };
        Ok(Answer { notes, ..Answer::of(sql) })
    }
}

impl TemplatesArgs {
    /// All messages, in the shape of events with `text` and the `name` of the table.
    fn messages(&self, session: &Session, tables: &[&Table]) -> Result<String> {
        let evidence = &self.common.evidence;
        let wanted = Wanted {
            window: session.window(evidence.from.as_deref(), evidence.to.as_deref())?,
            condition: evidence.condition.clone(),
            ..Wanted::default()
        };
        let of = |table: &&Table| {
            let message = table.roles.message.as_deref().unwrap_or_default();
            let more = [(format!("{}::VARCHAR", quote::name(message)), "text".to_string())];
            let rows = session.rows_of(table, &wanted, &more);
            format!("SELECT *, {} AS name FROM ({rows}) WHERE text IS NOT NULL", quote::text(&table.name))
        };
        Ok(tables.iter().map(of).collect::<Vec<_>>().join(" UNION ALL "))
    }
}

/// Mines the templates of all `text`s of a relation. From then on SQL knows `rca_template_of(text)`, the number of a
/// text's template, and the table `rca_templates` of `number, template_id, template`.
///
/// # Errors
/// If the evidence cannot be read.
pub(super) fn mine(session: &Session, rows: &str) -> Result<Arc<Mined>> {
    let mined = Arc::new(mined(session, rows)?);
    keep(session, &mined)?;
    let of = mined.clone();
    session.engine.add_text_function("rca_template_of", move |texts, numbers| {
        let mut room = Vec::new();
        for (text, number) in texts.iter().zip(numbers) {
            let known = text.and_then(|text| of.template_of(text, &mut room));
            *number = known.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1);
        }
    })?;
    Ok(mined)
}

/// Mines the templates of all messages: each of the engine's threads counts in a tally of its own.
fn mined(session: &Session, rows: &str) -> Result<Mined> {
    let tallies: Arc<Mutex<Vec<Tally>>> = Arc::default();
    let spare = tallies.clone();
    session.engine.add_counting_function("rca_tally", move |texts, numbers| {
        let taken = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tally = taken.unwrap_or_else(|| Tally::new(Rules::default()));
        for (text, number) in texts.iter().zip(numbers) {
            text.iter().for_each(|text| tally.add(text));
            *number = 1;
        }
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(tally);
    })?;
    session.engine.counted(&format!("SELECT sum(rca_tally(text)) FROM ({rows})"))?;
    let tallies = std::mem::take(&mut *tallies.lock().unwrap_or_else(PoisonError::into_inner));
    let sum = tallies.into_iter().reduce(|mut sum, tally| {
        sum.merge(tally);
        sum
    });
    Ok(Mined::new(sum.unwrap_or_else(|| Tally::new(Rules::default()))))
}

/// Keeps the templates by number as a table.
fn keep(session: &Session, mined: &Mined) -> Result<()> {
    let columns = [("number", Kind::Int), ("template_id", Kind::Text), ("template", Kind::Text)];
    let row = |(number, template): (usize, &crate::model::templates::Template)| {
        vec![Value::Int(number as i128), Value::Text(template.id().to_string()), Value::Text(template.text.clone())]
    };
    let rows: Vec<Vec<Value>> = mined.templates().iter().enumerate().map(row).collect();
    let kept = session.engine.keep("mined", &columns, &rows)?;
    session.engine.keep_found("rca_templates", &kept)
}
