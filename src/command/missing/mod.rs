//! `rca missing`: what is not there that should be.

use clap::Args;

use super::{Answer, Ask, Reading};
use crate::args::{Common, share};
use crate::error::Result;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::{Session, Table};

mod alarms;
mod arrived;
mod before;
mod beginning;
mod best;
mod branches;
mod by_key;
mod cadence;
mod candidates;
mod cause;
mod clocks;
mod clusters;
mod composite;
mod daylight;
mod divide;
mod duplicates;
mod ended;
mod expect;
mod finding;
mod flatline;
mod fold;
mod formats;
mod gaps;
mod in_common;
mod keys;
mod known_of;
mod late;
mod look_alikes;
mod lost_between;
mod lows;
mod mechanism;
mod nulls;
mod numbering;
mod pairs;
mod pauses;
mod profile;
mod regular;
mod renamed;
mod sample;
mod search;
mod sentinels;
mod sequence_gaps;
mod series;
mod shown;
mod sieve;
mod spell;
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

use finding::{FIELDS, Track};
pub use finding::{Finding, Kind};
use regular::Regular;
use search::{Search, Walked};
pub use shown::stamp;
pub(super) use timeless::proposals;
pub use told::{Absence, told};

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

/// What a search came to.
pub struct Searched {
    /// As they are shown, those of many series that are alike as one.
    pub findings: Vec<Finding>,
    /// Each of one series.
    pub single: Vec<Finding>,
    pub notes: Vec<String>,
    /// Tables with a cadence.
    pub regular: Vec<Regular>,
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
        let looked_at = self.regular.iter().map(summary::looked_at);
        let notes = looked_at.chain(self.notes.iter().cloned()).collect();
        let strips = summary::strips(&self.findings);
        let rows: Vec<Vec<Value>> = self.findings.iter().map(Finding::row).collect();
        let sql = session.engine.keep("findings", &FIELDS, &rows)?;
        let reading = (!strips.is_empty()).then(|| Reading { sql: sql.clone(), notes: strips });
        Ok(Answer { sql, reading, notes, ..Answer::default() })
    }
}

impl MissingArgs {
    /// The keys of the first of a pair that the second lacks, a finding even if there are none; and what is to be said of
    /// rows without a key.
    ///
    /// # Errors
    /// If there are no such keys, or the evidence cannot be read.
    pub(super) fn absent(&self, session: &Session, pair: &str) -> Result<(Finding, Option<String>)> {
        keys::absent(&Search::begin(self, session)?, pair)
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
        notes.extend(daylight::leave_out(&mut search));
        arrived::search(&mut search)?;
        clusters::explain(&mut search)?;
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
        let mut findings = fold::fold(search.findings, &search.regular);
        findings.retain(wanted);
        findings.sort_by(Finding::order);
        let tables = tables.iter().map(|table| table.name.clone()).collect();
        Ok(Searched {
            findings,
            single,
            notes,
            regular: search.regular,
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
        let (mut search, mut empty) = (Search::begin(self, session)?, Vec::<String>::new());
        let tables = super::tables_with(session, self.common.evidence.condition.as_deref(), notes)?;
        for table in &tables {
            if !self.is_divided_alike(table) {
                continue;
            }
            if let Some(note) = nothing_left(&mut search, table)? {
                notes.push(note);
                empty.push(table.name.clone());
            }
            if table.roles.time.is_none() {
                expect::untimed(&mut search, table)?;
            }
            let is_due = cadence::search(&mut search, table)?;
            if !is_due {
                let known = search.findings.len();
                volume::search(&mut search, table)?;
                without_gaps(&mut search.findings, known);
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

/// Leaves out the drops from a place on of which a gap in time before it tells half: a silence is told once.
fn without_gaps(findings: &mut Vec<Finding>, place: usize) {
    let drops = findings.split_off(place);
    let is_gap = |gap: &Finding, drop: &Finding| {
        let ends = gap.since.zip(gap.until).zip(drop.since.zip(drop.until));
        let is_half =
            |((since, until), (from, to)): ((i64, i64), (i64, i64))| 2 * (until.min(to) - since.max(from)) >= to - from;
        gap.kind == Kind::TimeGap && gap.table() == drop.table() && ends.is_some_and(is_half)
    };
    let told: Vec<Finding> = drops.into_iter().filter(|drop| !findings.iter().any(|gap| is_gap(gap, drop))).collect();
    findings.extend(told);
}

/// What is to be said of a table that has rows, but none that was to be looked at.
fn nothing_left(search: &mut Search, table: &Table) -> Result<Option<String>> {
    let looked_at = profile::of(search, table)?.rows;
    if looked_at > 0 || search.condition(table) == "true" {
        return Ok(None);
    }
    let whole = search.session.one_row(&format!("SELECT count(*) FROM {}", table.sql()))?[0].int();
    Ok((whole > 0).then(|| {
        format!(
            "nothing was looked at in {}: none of its {} is in what --from, --to and --where leave",
            table.name,
            plural(whole.unsigned_abs(), "row")
        )
    }))
}
