//! `rca timeline`: what happened, in order, across everything.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::figure::plural;
use crate::model::{codes, duration, level, name};
use crate::session::{Entity, Session, Table, Wanted, Window, is_long_number};
use crate::settings;

mod clocks;
mod course;
mod density;
mod ids;
mod links;
mod names;
mod nearest;
mod order;
mod otherwise;
mod related;
mod rhythm;
mod unfollowed;
mod view;
mod zones;

pub use crate::model::level::LEVELS;
use view::View;

/// Show what happened, in order, across all sources
///
/// Every row with a time is an event: log records, rows of databases, CSV and JSON. With --entity only those about one
/// serial, host or request: a column has its value, or a text has it as a word. Order is by time, then source, file and
/// line. What people read (tables, Markdown, HTML) also says between the rows where rows are left out, and where an
/// entity is silent for longer than usual; data (CSV, JSON) has the rows alone. -f html draws the events, too.
///
/// Examples:
///   rca timeline --entity SN240233 --related -C examples/laptop-anomaly
///   rca timeline --around '2025-03-01 13:20' --window 2m --level warn gateway-logs/
///   rca timeline --every 10m station.db gateway-logs/
///   rca timeline --check-clocks -C examples/laptop-anomaly
#[derive(Debug, Clone, Default, Args)]
#[command(verbatim_doc_comment)]
pub struct TimelineArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Only events of this entity: a column has the value (of this name or one that means the same; a bare number only
    /// in columns that identify), or a text has it as a word
    #[arg(long, value_name = "[COL=]VALUE", allow_hyphen_values = true)]
    pub entity: Vec<String>,
    /// Follow ids that occur together with the entity, one hop: a test id of that serial, a request id in its log lines
    #[arg(long, requires = "entity")]
    pub related: bool,
    /// Only events around this time, and what was running then
    #[arg(long, value_name = "T", conflicts_with_all = ["from", "to"], allow_hyphen_values = true)]
    pub around: Option<String>,
    /// How far before and after --around
    #[arg(long, value_name = "LENGTH", default_value = "5m", requires = "around")]
    pub window: String,
    /// Only this level and those above it: trace, debug, info, warn, error, fatal
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,
    /// Only this source, or this table of it
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<String>,
    /// Only events whose message fits this regular expression
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Count events per stretch of this length, by source and level
    #[arg(long, value_name = "LENGTH", conflicts_with = "collapse")]
    pub every: Option<String>,
    /// Show equal neighbours (same source, level, code and message but for its numbers) as one row
    #[arg(long)]
    pub collapse: bool,
    /// Add a column with the times as clocks of this zone showed them, such as Asia/Taipei
    #[arg(long, value_name = "TZ", allow_hyphen_values = true)]
    pub show_zone: Option<String>,
    /// Compare the clocks of the sources, by ids that occur in several of them
    #[arg(long, conflicts_with_all = ["entity", "related", "every", "collapse", "level", "grep", "show_zone"])]
    pub check_clocks: bool,
    #[command(flatten)]
    pub common: Common,
}

fn length(text: &str, flag: &str) -> Result<i64> {
    duration::parse(text).filter(|length| *length > 0).ok_or_else(|| {
        Error::question(format!("`{flag} {text}` is no length of time")).hint(format!("write {flag} 30s, 5m or 2h"))
    })
}

impl TimelineArgs {
    fn stretch(&self, session: &Session) -> Result<Window> {
        match &self.around {
            Some(around) => {
                let (at, half) = (session.instant(around, "--around")?, length(&self.window, "--window")?);
                // Both ends are around it.
                Ok(Window { from: Some(at - half), to: Some(at + half + 1) })
            }
            None => session.window(self.common.evidence.from.as_deref(), self.common.evidence.to.as_deref()),
        }
    }

    fn tables<'a>(&self, session: &'a Session, notes: &mut Vec<String>) -> Result<Vec<&'a Table>> {
        let is_meant = |table: &Table, wanted: &String| {
            table.source.eq_ignore_ascii_case(wanted) || table.name.eq_ignore_ascii_case(wanted)
        };
        for wanted in &self.source {
            if !session.tables.iter().any(|table| is_meant(table, wanted)) {
                let mut names: Vec<String> = session.tables.iter().map(|table| table.source.clone()).collect();
                names.dedup();
                let near = name::nearest(wanted, names.iter().map(String::as_str));
                let hint = match near.is_empty() {
                    true => format!("sources are {}", name::listed(&names)),
                    false => format!("did you mean {}", name::listed(&near)),
                };
                return Err(Error::question(format!("there is no source `{wanted}`")).hint(hint));
            }
        }
        Ok(super::event_tables_with(session, self.common.evidence.condition.as_deref(), notes)?
            .into_iter()
            .filter(|table| self.source.is_empty() || self.source.iter().any(|wanted| is_meant(table, wanted)))
            .collect())
    }

    /// What is said where no event is found.
    fn nothing(&self, tables: &[&Table]) -> String {
        let known = match self.entity.as_slice() {
            [] => "no event is in this window".to_string(),
            entities => format!("no event is of {}: letters count as they are typed", entities.join(" or ")),
        };
        let is_number = |text: &String| text.parse::<f64>().is_ok() && !is_long_number(text);
        let is_database = tables.iter().any(|table| table.kind != "log");
        if self.entity.iter().any(is_number) && is_database {
            format!(
                "{known}, and a bare number is looked for in columns that identify only: name another one, --entity COL=1"
            )
        } else {
            known
        }
    }

    /// What is said where a code is looked for in messages as `rca errors` shows it, and stands bare in events.
    fn shown_otherwise(&self, session: &Session, events: &str) -> Result<Option<String>> {
        let Some((grep, bare)) = self.grep.as_deref().and_then(|grep| Some((grep, codes::bare(grep)?))) else {
            return Ok(None);
        };
        let counted = session.engine.counted(&format!(
            "SELECT count(*) FILTER (regexp_matches(message, {})), count(*) FILTER (code = {}) FROM ({events})",
            quote::text(grep),
            quote::text(bare)
        ))?;
        let is_code = counted[0].int() == 0 && counted[1].int() > 0;
        Ok(is_code.then(|| {
            let events = plural(counted[1].int().unsigned_abs(), "event");
            format!("no message has `{grep}`, and {events} the code {bare}, which rca errors shows so: --where \"code = '{bare}'\"")
        }))
    }

    fn conditions(&self) -> Result<String> {
        let mut conditions = Vec::new();
        if let Some(level) = &self.level {
            conditions.push(super::is_any("level", level::at_least(level)?));
        }
        if let Some(grep) = &self.grep {
            regex::Regex::new(grep).map_err(|e| {
                Error::question(format!("`--grep {grep}` is no regular expression")).detail(e.to_string())
            })?;
            conditions.push(format!("regexp_matches(message, {})", quote::text(grep)));
        }
        Ok(if conditions.is_empty() { "true".into() } else { conditions.join(" AND ") })
    }
}

/// The tables, with those marked whose only time is a load stamp.
fn told_apart(session: &Session, tables: Vec<&Table>) -> Result<Vec<Table>> {
    /// Of more tables, only the names of their columns are asked.
    const LOOKED_INTO: usize = 200;
    let is_many = tables.len() > LOOKED_INTO;
    let mut told = Vec::with_capacity(tables.len());
    for table in tables {
        let mut table = table.clone();
        table.roles.is_load_stamp = if is_many { table.roles.is_load_stamp } else { session.is_load_stamp(&table)? };
        told.push(table);
    }
    Ok(told)
}

/// What is to be said of tables whose rows say when they were loaded; of those that have events, where that is known.
fn loaded(tables: &[&Table], having_events: Option<&[[String; 2]]>) -> Vec<String> {
    let has = |table: &Table| {
        having_events
            .is_none_or(|rows| rows.iter().any(|[source, name]| *source == table.source && *name == table.short_name))
    };
    let marked = tables.iter().filter(|table| table.roles.is_load_stamp && has(table));
    marked
        .filter_map(|table| {
            let time = table.roles.time.as_ref()?;
            Some(format!("{}: `{time}` tells when rows were loaded, not when anything happened", table.name))
        })
        .collect()
}

/// Whether what stands before `=` may be the name of a column.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

pub(super) fn entity(text: &str) -> Entity {
    match text.split_once('=') {
        Some((column, value)) if is_name(column) => {
            Entity { column: Some(column.to_string()), value: value.to_string() }
        }
        Some(("", value)) => Entity { column: None, value: value.to_string() },
        _ => Entity { column: None, value: text.to_string() },
    }
}

impl Ask for TimelineArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut notes = Vec::new();
        let tables = told_apart(session, self.tables(session, &mut notes)?)?;
        let tables: Vec<&Table> = tables.iter().collect();
        let entities: Vec<Entity> = self.entity.iter().map(|text| entity(text)).collect();
        let condition = self.common.evidence.condition.clone();
        let wanted = Wanted {
            entities,
            window: self.stretch(session)?,
            running: self.around.is_some(),
            condition,
            ..Wanted::default()
        };
        if self.check_clocks {
            return clocks::check(session, &tables, &wanted);
        }
        session.check_entities(&wanted.entities)?;
        let events = if self.related {
            let (events, said) = related::events(session, &tables, &wanted)?;
            notes.extend(said);
            events
        } else {
            session.events(&tables, &wanted)
        };
        let timeless: Vec<String> =
            tables.iter().filter(|table| table.roles.time.is_none()).map(|table| table.name.clone()).collect();
        if !timeless.is_empty() {
            notes.push(format!("no events from tables without a time: {}", timeless.join(", ")));
        }
        let levelless: Vec<String> = tables
            .iter()
            .filter(|table| table.roles.level.is_none() && table.roles.result.is_none())
            .map(|table| table.name.clone())
            .collect();
        if self.level.is_some() && !levelless.is_empty() {
            notes.push(format!("no events from tables without a level: {}", levelless.join(", ")));
        }
        let view = View {
            events,
            condition: self.conditions()?,
            collapse: self.collapse,
            limit: self.common.limit,
            is_followed: !self.entity.is_empty(),
            zone: self.show_zone.as_deref().map(|text| settings::zone(text, "--show-zone")).transpose()?,
        };
        let every = self.every.as_ref().map(|text| length(text, "--every")).transpose()?;
        let (mut answer, having) = match every {
            Some(every) => (view.histogram(every), None),
            None if view.is_kept() => view.kept(session).map(|(answer, having)| (answer, Some(having)))?,
            None => (view.streamed(), None),
        };
        notes.extend(self.shown_otherwise(session, &view.events)?);
        if answer.found == Some(0) {
            notes.push(self.nothing(&tables));
        }
        if let Some(having) = having.as_ref().filter(|_| view.is_followed) {
            notes.extend(unfollowed::told(session, &tables, &wanted.entities, having)?);
        }
        notes.extend(loaded(&tables, having.as_deref()));
        notes.append(&mut answer.notes);
        Ok(Answer { notes, ..answer })
    }
}
