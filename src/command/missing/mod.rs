//! `rca missing`: what is not there that should be.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use clap::{Args, ValueEnum};

use super::{Answer, Ask, Reading};
use crate::args::{Common, share};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::model::duration;
use crate::model::value::Value;
use crate::session::{Session, Table};

mod apart;
mod before;
mod beginning;
mod by_key;
mod cadence;
mod cause;
mod daylight;
mod divide;
mod duplicates;
mod ended;
mod expect;
mod few;
mod flatline;
mod fold;
mod gaps;
mod keys;
mod known_of;
mod late;
mod link;
mod lows;
mod mechanism;
mod nulls;
mod pairs;
mod pauses;
mod profile;
mod renamed;
mod sentinels;
mod sequence_gaps;
mod series;
mod shared;
mod shown;
mod sieve;
mod spread;
mod strayed;
mod summary;
mod testimony;
mod time_gaps;
mod timeless;
mod told;
mod trial;
mod untimed;
mod volume;
mod walk;

pub(super) use few::of as few;
pub use shown::stamp;
pub(super) use timeless::proposals;
pub use told::{Told, told};

/// Find data that is missing: gaps in time and in sequence numbers, absent keys, nulls
///
/// Tables with a time column are divided into series (a sensor of a station), whose cadence and counter are taken
/// from rca.toml or from the data. Each finding says what was expected and what is there, and has the SQL that
/// shows it.
///
/// Examples:
///   rca missing -C examples/laptop-anomaly
///   rca missing --kind time_gap --every 30s --series station,sensor 'telemetry/*.csv'
///   rca missing --keys station.units.serial=mes.materials.serial station.db mes.sql
///   rca missing --keys failures.ts+machine+part=repairs.ts+machine+part failures.csv repairs.csv
#[derive(Debug, Clone, Default, Args)]
#[command(verbatim_doc_comment)]
pub struct MissingArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Only findings of this kind
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<Kind>,
    /// The columns that tell one series from another
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub series: Vec<String>,
    /// How often a row of a series is expected
    #[arg(long, value_name = "LENGTH")]
    pub every: Option<String>,
    /// Keys that should be in both tables, of several columns as A.COL+COL=B.COL+COL
    #[arg(long, value_name = "A.COL=B.COL")]
    pub keys: Vec<String>,
    /// Only findings where at least this share is missing, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub min_share: Option<f64>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// A series is silent longer than its cadence allows
    TimeGap,
    /// Sequence numbers that never arrived
    SequenceGap,
    /// Rows that came twice
    Duplicate,
    /// Rows out of order by more than the cadence
    Late,
    /// A column's nulls, or sentinels such as -200 or 'N/A'
    NullRate,
    /// A sensor repeats one value
    Flatline,
    /// Far fewer rows than usual
    VolumeDrop,
    /// Keys of one table that another lacks
    AbsentKey,
    /// A series stops before the others do
    Ended,
    /// What `expect` names and there is no row of
    NeverSeen,
}

impl Kind {
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }
}

/// One thing that is missing. Counts are of rows, but for absent keys: distinct keys.
#[derive(Debug, Clone)]
pub struct Finding {
    pub kind: Kind,
    pub source: String,
    pub table_name: String,
    pub series: Option<String>,
    pub column_name: Option<String>,
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub expected: i64,
    pub observed: i64,
    pub missing: i64,
    /// What was seen.
    pub detail: String,
    pub cause: Option<cause::Cause>,
    pub sql: String,
    pub counter: cause::Counter,
    /// Of absent keys: both keys, as `--keys` takes them, the one whose values are absent first.
    pub keys: Option<String>,
    /// What it was told from, of gaps in time and in sequence.
    pub track: Option<Rc<Track>>,
}

/// The gaps or holes of one series that are one finding.
#[derive(Debug)]
pub struct Track {
    /// Nothing is peculiar about the counter: no rows without a number, no roll-over, no new beginning.
    pub is_plain: bool,
    pub gaps: Vec<gaps::Gap>,
    pub holes: Vec<walk::counter::Hole>,
}

const FIELDS: [(&str, ColumnKind); 14] = [
    ("kind", ColumnKind::Text),
    ("source", ColumnKind::Text),
    ("table_name", ColumnKind::Text),
    ("series", ColumnKind::Text),
    ("column_name", ColumnKind::Text),
    ("since", ColumnKind::Time),
    ("until", ColumnKind::Time),
    ("duration_s", ColumnKind::Float),
    ("expected", ColumnKind::Int),
    ("observed", ColumnKind::Int),
    ("missing", ColumnKind::Int),
    ("share", ColumnKind::Float),
    ("detail", ColumnKind::Text),
    ("sql", ColumnKind::Text),
];

impl Finding {
    /// Its table as people read it: `telemetry`, `station.tests`.
    pub(super) fn table(&self) -> String {
        if self.source == self.table_name {
            self.source.clone()
        } else {
            format!("{}.{}", self.source, self.table_name)
        }
    }

    /// What is the likely cause, and how surely: `lost between agent and telemetry`, `very likely`.
    pub(super) fn likely(&self) -> Option<(&str, &str)> {
        self.cause.as_ref().map(|cause| (cause.what.as_str(), cause.sure.name()))
    }

    /// All that is said of it: what was seen, and the cause.
    pub(super) fn said(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{}; {cause}", self.detail),
            None => self.detail.clone(),
        }
    }

    pub(super) fn share(&self) -> f64 {
        // Four digits are what a person compares, and what two ways of counting agree in.
        if self.expected == 0 {
            0.0
        } else {
            (self.missing as f64 / self.expected as f64 * 10_000.0).round() / 10_000.0
        }
    }

    fn row(&self) -> Vec<Value> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let time = |at: Option<i64>| at.map_or(Value::Null, Value::Time);
        let length =
            self.since.zip(self.until).map_or(Value::Null, |(since, until)| Value::Float((until - since) as f64 / 1e6));
        vec![
            Value::Text(self.kind.name()),
            Value::Text(self.source.clone()),
            Value::Text(self.table_name.clone()),
            text(&self.series),
            text(&self.column_name),
            time(self.since),
            time(self.until),
            length,
            Value::Int(self.expected.into()),
            Value::Int(self.observed.into()),
            Value::Int(self.missing.into()),
            Value::Float(self.share()),
            Value::Text(self.said()),
            Value::Text(self.sql.clone()),
        ]
    }
}

/// What all kinds of searches share.
pub struct Search<'a> {
    pub session: &'a Session,
    pub args: &'a MissingArgs,
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
    /// By table: what one look at all of its rows told.
    pub profiles: HashMap<String, Rc<profile::Profile>>,
    /// By table: what the walk has counted of its columns.
    pub counted: HashMap<String, HashMap<String, profile::Counts>>,
    /// By table: columns of few values.
    pub categories: HashMap<String, Rc<Vec<String>>>,
    /// Tables with a cadence.
    pub known: Vec<cause::Known>,
    /// Tables without a cadence, each with the columns that may divide it.
    pub irregular: Vec<(String, Vec<String>)>,
    pub walked: Vec<Walked>,
    /// Tables with numbers that only rows without a time have.
    pub filled: HashSet<String>,
    /// How many keys were compared with others.
    pub compared: usize,
    /// Keys of which a table lacks some that another one has: the one that has them first.
    pub absent: Vec<(keys::Key<'a>, keys::Key<'a>)>,
    /// Tables whose series other tables may have too.
    pub witnesses: Vec<Rc<testimony::Witness>>,
    /// `--every` in microseconds.
    pub every: Option<i64>,
    pub window: crate::session::Window,
}

impl Search<'_> {
    pub fn wants(&self, kinds: &[Kind]) -> bool {
        self.args.kind.is_empty() || kinds.iter().any(|kind| self.args.kind.contains(kind))
    }

    /// What must hold besides of the rows of a table that are looked at by their times.
    pub fn timed(&self, table: &crate::session::Table) -> String {
        let condition = self.condition(table);
        match self.profiles.get(&table.name).and_then(|profile| profile.is_time.as_ref()) {
            Some(is_time) if condition == "true" => is_time.clone(),
            Some(is_time) => format!("{condition} AND {is_time}"),
            None => condition,
        }
    }

    /// What must hold of the rows of any table and time: `--where`.
    pub fn said(&self) -> String {
        let said = self.args.common.evidence.condition.as_ref();
        said.map_or_else(|| "true".into(), |condition| format!("({condition})"))
    }

    /// What holds of the rows of a table that have no time, or a sentinel in its place.
    pub fn untimed(&self, table: &crate::session::Table) -> String {
        let is_time = self.profiles.get(&table.name).and_then(|profile| profile.is_time.as_ref());
        let is_untimed = match (is_time, &table.roles.time) {
            (Some(is_time), _) => format!("NOT coalesce({is_time}, false)"),
            (None, Some(time)) => format!("{} IS NULL", quote::readable_name(time)),
            (None, None) => "true".into(),
        };
        match self.said().as_str() {
            "true" => is_untimed,
            said => format!("{said} AND {is_untimed}"),
        }
    }

    /// What must hold of the rows of a table: the window and `--where`.
    pub fn condition(&self, table: &crate::session::Table) -> String {
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let within = time.filter(|_| !self.window.is_open()).map(|time| self.window.sql(&time));
        let said = Some(self.said()).filter(|said| said != "true");
        let parts: Vec<String> = within.into_iter().chain(said).collect();
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }
}

impl Ask for MissingArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        self.search(session)?.answer(session)
    }
}

/// A table that was walked through by its times.
#[derive(Debug, Clone)]
pub struct Walked {
    pub table: String,
    /// Of its series.
    pub labels: Vec<String>,
    /// Whether it has a counter.
    pub is_numbered: bool,
}

/// What a search came to.
pub struct Searched {
    /// As they are shown, those of many series that are alike as one.
    pub findings: Vec<Finding>,
    /// Each of one series.
    pub single: Vec<Finding>,
    pub notes: Vec<String>,
    /// Tables with a cadence.
    pub known: Vec<cause::Known>,
    pub walked: Vec<Walked>,
    /// All tables that were looked at.
    pub tables: Vec<String>,
    /// How many keys were compared with others.
    pub compared: usize,
}

impl Searched {
    /// # Errors
    /// If the engine refuses to keep the findings.
    pub(super) fn answer(&self, session: &Session) -> Result<Answer> {
        let looked_at = self.known.iter().map(summary::looked_at);
        let notes = looked_at.chain(self.notes.iter().cloned()).collect();
        let strips = summary::strips(&self.findings);
        let rows: Vec<Vec<Value>> = self.findings.iter().map(Finding::row).collect();
        let sql = session.engine.keep("findings", &FIELDS, &rows)?;
        let reading = (!strips.is_empty()).then(|| Reading { sql: sql.clone(), notes: strips });
        Ok(Answer { sql, reading, notes, ..Answer::default() })
    }
}

impl MissingArgs {
    fn begin<'a>(&'a self, session: &'a Session) -> Result<Search<'a>> {
        let evidence = &self.common.evidence;
        let every = match &self.every {
            Some(text) => Some(duration::parse(text).filter(|every| *every > 0).ok_or_else(|| {
                Error::question(format!("`--every {text}` is no length of time")).hint("write --every 30s, 5m or 2h")
            })?),
            None => None,
        };
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        Ok(Search {
            session,
            args: self,
            findings: Vec::new(),
            notes: Vec::new(),
            profiles: HashMap::new(),
            counted: HashMap::new(),
            categories: HashMap::new(),
            known: Vec::new(),
            irregular: Vec::new(),
            walked: Vec::new(),
            filled: HashSet::new(),
            compared: 0,
            absent: Vec::new(),
            witnesses: Vec::new(),
            every,
            window,
        })
    }

    /// The keys of the first of a pair that the second lacks, a finding even if there are none; and what is to be said of
    /// rows without a key.
    ///
    /// # Errors
    /// If there are no such keys, or the evidence cannot be read.
    pub(super) fn absent(&self, session: &Session, pair: &str) -> Result<(Finding, Option<String>)> {
        keys::absent(&self.begin(session)?, pair)
    }

    /// Everything that is missing.
    ///
    /// # Errors
    /// If the question cannot be asked of this evidence, or the evidence not be read.
    pub(super) fn search(&self, session: &Session) -> Result<Searched> {
        let mut notes = Vec::new();
        let (mut search, tables) = self.look(session, &mut notes)?;
        before::search(&mut search)?;
        summary::judge(&mut search);
        if search.wants(&cadence::KINDS) {
            let divided: Vec<&Table> = tables.iter().copied().filter(|table| self.is_divided_alike(table)).collect();
            notes.extend(timeless::said(session, &divided)?);
        }
        keys::search(&mut search, &tables)?;
        cause::explain(&mut search)?;
        notes.append(&mut search.notes);
        notes.extend(daylight::notes(&search));
        if !search.irregular.is_empty() {
            notes.push(summary::unlooked(&search.irregular));
        }
        let wanted = |finding: &Finding| {
            (self.kind.is_empty() || self.kind.contains(&finding.kind))
                && self.min_share.is_none_or(|least| finding.share() >= least)
        };
        let mut single = search.findings.clone();
        single.retain(wanted);
        let mut findings = fold::fold(search.findings, &search.known);
        findings.retain(wanted);
        findings.sort_by(|a, b| {
            // Nulls are often meant; what should be there and is not comes first.
            let weight = |finding: &Finding| {
                (
                    finding.kind == Kind::NullRate,
                    std::cmp::Reverse(finding.missing),
                    finding.kind,
                    finding.source.clone(),
                    finding.table_name.clone(),
                )
            };
            weight(a)
                .cmp(&weight(b))
                .then_with(|| a.series.cmp(&b.series))
                .then_with(|| a.column_name.cmp(&b.column_name))
                .then_with(|| a.since.cmp(&b.since))
                .then_with(|| a.sql.cmp(&b.sql))
        });
        let tables = tables.iter().map(|table| table.name.clone()).collect();
        Ok(Searched {
            findings,
            single,
            notes,
            known: search.known,
            walked: search.walked,
            tables,
            compared: search.compared,
        })
    }

    /// Whether a table has the columns of `--series`.
    fn is_divided_alike(&self, table: &Table) -> bool {
        self.series.iter().all(|column| table.column(column).is_some())
    }

    /// Everything that single tables tell.
    fn look<'a>(&'a self, session: &'a Session, notes: &mut Vec<String>) -> Result<(Search<'a>, Vec<&'a Table>)> {
        let (mut search, mut empty) = (self.begin(session)?, Vec::<String>::new());
        let tables = super::tables_with(session, self.common.evidence.condition.as_deref(), notes)?;
        for table in &tables {
            if !self.is_divided_alike(table) {
                continue;
            }
            let looked_at = profile::of(&mut search, table)?;
            let condition = search.condition(table);
            if looked_at.rows == 0 && condition != "true" {
                let whole = search.session.one_row(&format!("SELECT count(*) FROM {}", table.sql()))?[0].int();
                if whole > 0 {
                    notes.push(format!(
                        "nothing was looked at in {}: none of its {} is in what --from, --to and --where leave",
                        table.name,
                        crate::model::figure::plural(whole.unsigned_abs(), "row")
                    ));
                    empty.push(table.name.clone());
                }
            }
            if table.roles.time.is_none() {
                expect::untimed(&mut search, table)?;
            }
            let is_regular = cadence::search(&mut search, table)?;
            if !is_regular {
                volume::search(&mut search, table)?;
            }
            nulls::search(&mut search, table)?;
        }
        if !self.series.is_empty() && !tables.iter().any(|table| self.is_divided_alike(table)) {
            return Err(series::undivided(&self.series, &tables));
        }
        // What has no row has no cadence either.
        search.irregular.retain(|(table, _)| !empty.contains(table));
        Ok((search, tables))
    }
}
