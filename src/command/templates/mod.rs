//! `rca templates`: what messages say, whatever their parameters. One look at all of them mines the templates and sees
//! what the list tells of each; only with `--rows`, or where that would take too much memory, there is a second one.

use std::sync::Arc;

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::Engine;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::level::LEVELS;
use crate::model::templates::{Mined, Rules, Template};
use crate::model::value::Value;
use crate::session::{Session, Table, Wanted};

mod mining;

/// List the templates of messages: their constant parts, with <*> for what varies
///
/// Numbers, addresses, identifiers, paths, quoted text and times are taken for parameters first; then words at places
/// where many different ones stand. All messages of all sources are mined at once, and the templates depend neither on
/// their order nor on how they are divided into files. A message of several lines has the template of its first. The
/// level is the highest that any message of a template has, and so need not be that of most. What a codebook says of its
/// codes is no message.
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
        let mut tables: Vec<&Table> = tables.into_iter().filter(|table| table.roles.message.is_some()).collect();
        if tables.iter().any(|table| table.kind != "log")
            && let Some(book) = super::errors::codebook(session)?
            && tables.iter().any(|table| table.name == book)
            && tables.len() > 1
        {
            tables.retain(|table| table.name != book);
            notes.push(format!("{book} is left out: it is a codebook, whose descriptions are no messages"));
        }
        if tables.is_empty() {
            return Err(Error::question("no table has a column of messages")
                .detail("columns called message, msg, text and the like are messages; so are those of every log"));
        }
        let rows = self.messages(session, &tables)?;
        let sql = if self.rows {
            mine(session, &rows)?;
            fill(include_str!("rows.sql"), &[("rows", &rows)])
        } else {
            let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            list(&session.engine, &rows, &names, &Rules::default(), &|text| session.shown(text))?
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
        let of = |(place, table): (usize, &&Table)| {
            let message = table.roles.message.as_deref().unwrap_or_default();
            let more = [(super::errors::said_by(table, message), "text".to_string())];
            let rows = session.rows_of(table, &wanted, &more);
            let name = quote::text(&table.name);
            format!("SELECT *, {name} AS name, {place} AS place FROM ({rows}) WHERE text IS NOT NULL")
        };
        Ok(tables.iter().enumerate().map(of).collect::<Vec<_>>().join(" UNION ALL "))
    }
}

/// Mines the templates of the texts of `rows`, a relation with a column `text`. From then on SQL knows the function
/// `rca_template_of(text)`, which gives the number of a message's template, and the table `rca_templates` of `number`,
/// `template_id` and `template`.
///
/// # Errors
/// If the evidence cannot be read.
pub(super) fn mine(session: &Session, rows: &str) -> Result<Arc<Mined>> {
    let texts = format!("SELECT text, NULL::TIMESTAMP AS ts, NULL::VARCHAR AS level, 0 AS place FROM ({rows})");
    let mined = mining::seen(&session.engine, &texts, &Rules::default())?;
    mining::make_known(&session.engine, &mined)?;
    Ok(mined)
}

/// A template as a pattern of SQL's LIKE.
pub(super) fn like(template: &str) -> String {
    let escaped = template.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").replace("<*>", "%");
    let escape = if escaped.contains('\\') { " ESCAPE '\\'" } else { "" };
    format!("{}{escape}", quote::text(&escaped))
}

/// The SQL of the list of templates.
fn list(engine: &Engine, rows: &str, tables: &[&str], rules: &Rules, shown: Shown) -> Result<String> {
    let mined = mining::seen(engine, rows, rules)?;
    let templates = if mined.has_details() {
        keep(engine, &mined, tables, shown)?
    } else {
        mining::make_known(engine, &mined)?;
        engine.keep_found("rca_again", &fill(include_str!("again.sql"), &[("rows", rows)]))?;
        fill(include_str!("together.sql"), &[])
    };
    Ok(fill(include_str!("templates.sql"), &[("templates", &templates)]))
}

/// A text as it is shown.
type Shown<'a> = &'a dyn Fn(&str) -> String;
/// So many characters of a message are an example: cut when what names somebody is replaced, since half of it would stay.
const EXAMPLE_CHARS: usize = 500;

/// Keeps the templates with what is seen of each; the SQL that reads them.
fn keep(engine: &Engine, mined: &Mined, tables: &[&str], shown: Shown) -> Result<String> {
    let columns = [
        ("template_id", Kind::Text),
        ("template", Kind::Text),
        ("count", Kind::Int),
        ("level", Kind::Text),
        ("first", Kind::Time),
        ("last", Kind::Time),
        ("sources", Kind::Text),
        ("example", Kind::Text),
    ];
    let row = |template: &Template| {
        let text = |text: &str| Value::Text(text.to_string());
        let seen = &template.seen;
        let level = usize::from(seen.severity).checked_sub(1).and_then(|at| LEVELS.get(at));
        vec![
            text(&template.id().to_string()),
            text(&template.text),
            Value::Int(seen.count.into()),
            level.map_or(Value::Null, |level| text(level)),
            seen.first.map_or(Value::Null, Value::Time),
            seen.last.map_or(Value::Null, Value::Time),
            text(&sources(&seen.tables, tables)),
            seen.example.as_deref().map_or(Value::Null, |example| {
                let whole = shown(&String::from_utf8_lossy(example));
                Value::Text(whole.chars().take(EXAMPLE_CHARS).collect())
            }),
        ]
    };
    let rows: Vec<Vec<Value>> = mined.templates().iter().map(row).collect();
    engine.keep("seen", &columns, &rows)
}

/// The tables' names with how many messages are in each, the most first.
fn sources(counts: &[(u32, u64)], tables: &[&str]) -> String {
    let name = |table: u32| tables.get(table as usize).copied().unwrap_or_default();
    let mut counts: Vec<(u64, &str)> = counts.iter().map(|&(table, count)| (count, name(table))).collect();
    counts.sort_by_key(|&(count, name)| (std::cmp::Reverse(count), name));
    counts.iter().map(|(count, name)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Limits;
    use crate::model::coverage::Coverage;

    /// Messages of two tables with equal times, without one, of all levels and with none.
    const ROWS: &str = "
        SELECT
            CASE WHEN n % 5 > 0 THEN make_timestamp(1740787200000000 + n // 40 * 1000000) END AS ts,
            ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'other', NULL][1 + n % 8] AS level,
            ['user u' || n || ' is in', 'link ' || n || ' is down: ' || repeat('\u{e4}', n), 'na\u{ef}ve'][1 + n % 3] AS text,
            (n % 7 // 4)::INTEGER AS place,
            ['b', 'a'][1 + place] AS name
        FROM range(900) AS numbers(n)";

    #[test]
    fn one_look_says_what_two_say() {
        let limits = Limits { threads: 2, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::new(Coverage::default())).expect("opens");
        let answer = |details: usize| {
            let sql = list(&engine, ROWS, &["b", "a"], &Rules { details, ..Rules::default() }, &str::to_string)
                .expect("listed");
            assert_eq!(sql.contains("rca_again"), details == 0);
            engine.rows(&sql).expect("answered").rows
        };
        let once = answer(1 << 20);
        assert_eq!((once.len(), &once), (3, &answer(0)));
        assert_eq!(once, answer(1 << 20));
    }
}
