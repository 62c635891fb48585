//! `rca trace`: through which stages entities passed, and where they were lost.

use clap::Args;

use super::{Answer, Ask, timeline};
use crate::args::Common;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::{self, plural};
use crate::model::time;
use crate::model::value::Value;
use crate::session::written::{self, Form};
use crate::session::{Entity, Session, Window};

mod held;
mod left;
mod order;
mod passage;
mod same;
mod stages;
mod together;
mod within;

use stages::{Stage, Way};

/// Follow entities through their stages: how many entered each, passed and were lost
///
/// Stages are tables that all entities should pass through, in order: as rca.toml declares them ([[stages]]), else
/// the tables that have the entity's column, in the order in which entities were in them. Tables of which each entity
/// is in one (three warehouses) are one stage, as are those declared under one name. An entity is lost at the first
/// stage that it does not reach; one that is there again later has skipped the stage, which is said. With --entity it
/// is one entity's way: its states are passed, failed (as its row says), late, out_of_order, duplicated, skipped, lost
/// and not_reached. --from and --to choose entities by when they were seen first.
///
/// Examples:
///   rca trace -C examples/laptop-anomaly
///   rca trace --by station -C examples/laptop-anomaly
///   rca trace --entity SN240767 -C examples/laptop-anomaly
#[derive(Debug, Clone, Default, Args)]
#[command(verbatim_doc_comment)]
pub struct TraceArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Divide by the values of these columns, of the first stage that has them
    #[arg(long, value_name = "COL", value_delimiter = ',', conflicts_with = "entity")]
    pub by: Vec<String>,
    /// The way of this entity alone, maybe of the one that a column holds
    #[arg(long, value_name = "[COL=]VALUE", allow_hyphen_values = true)]
    pub entity: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

/// What is said of the passages through one stage besides their number.
struct Told {
    skipped: i64,
    new: i64,
    late: i64,
    early: i64,
    repeated: i64,
    underway: i64,
    usual: i64,
    most: i64,
    longest: i64,
    /// Of the lost: there in another way of writing.
    otherwise: i64,
    /// When the last was in it, and in the stages before it.
    last: Option<(i64, i64)>,
}

impl Ask for TraceArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let evidence = &self.common.evidence;
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let followed = self.entity.as_deref().map(followed);
        let mut way = stages::of(session, followed.as_ref())?;
        let mut notes = std::mem::take(&mut way.notes);
        if !window.is_open() {
            let told =
                "--from and --to choose entities by when they were seen first; how they went on counts at any time";
            notes.push(told.into());
        }
        self.keep_passages(session, &way, &window, &mut notes)?;
        let stages = way.stages;
        self.tell_of_keyless(session, &stages, &window, &mut notes)?;
        if let Some(entity) = &followed {
            return passage::of(session, &stages, &entity.value, notes);
        }
        let part = self.parts(session, &stages, &mut notes)?;
        let selects: Vec<String> = (0..stages.len())
            .map(|index| fill(include_str!("stage.sql"), &[("stage", &index.to_string()), ("part", &part)]))
            .collect();
        let found = session.engine.rows(&format!("{} ORDER BY stage, lost DESC, part", selects.join(" UNION ALL ")))?;
        let rows: Vec<Vec<Value>> = found.rows.iter().map(|row| shown(row, &stages)).collect();
        let lost: i64 = found.rows.iter().map(|row| row[4].int()).sum();
        let lost_at = |stage: usize| -> i64 {
            found.rows.iter().filter(|row| row[0].int() == stage as i64).map(|row| row[4].int()).sum()
        };
        for (index, stage) in stages.iter().enumerate() {
            let delays = delays(index);
            let alike = Form::Alike.sql("key");
            let values = [("stage", index.to_string()), ("delays", delays), ("alike", alike)];
            let sql = fill(include_str!("told.sql"), &values.each_ref().map(|(name, value)| (*name, value.as_str())));
            let row = session.engine.counted(&sql)?;
            let number = |at: usize| row.get(at).map_or(0, Value::int);
            let told = Told {
                skipped: number(0),
                new: number(1),
                late: number(2),
                early: number(3),
                repeated: number(4),
                underway: number(5),
                usual: number(6),
                most: number(7),
                longest: number(8),
                otherwise: number(9),
                last: row
                    .get(10)
                    .zip(row.get(11))
                    .filter(|(own, before)| !own.is_null() && !before.is_null())
                    .map(|(own, before)| (own.int(), before.int())),
            };
            notes.extend(said(&told, stage, (index, lost_at(index))));
        }
        let columns = [
            ("stage", Kind::Text),
            ("table_name", Kind::Text),
            ("part", Kind::Text),
            ("entered", Kind::Int),
            ("passed", Kind::Int),
            ("lost", Kind::Int),
            ("share", Kind::Float),
        ];
        let sql = session.engine.keep("trace", &columns, &rows)?;
        Ok(Answer { notes, found: Some(u64::try_from(lost).unwrap_or(0)), ..Answer::of(sql) })
    }
}

/// What is typed as `COL=VALUE`, `COL+COL=VALUE, VALUE` or a value alone.
fn followed(text: &str) -> Entity {
    match text.split_once('=') {
        Some((columns, value)) if columns.contains('+') && columns.split('+').all(timeline::is_name) => {
            Entity { column: Some(columns.to_string()), value: value.to_string() }
        }
        _ => timeline::entity(text),
    }
}

/// The stages that have but a few of all entities, from all over the time.
///
/// # Errors
/// If there are no two stages, or the evidence cannot be read.
pub(super) fn few(session: &Session) -> Result<Vec<String>> {
    Ok(stages::of(session, None)?.few)
}

impl TraceArgs {
    /// The same counts by the number of the stage, as SQL for people who paste it.
    ///
    /// # Errors
    /// As the command itself.
    pub(super) fn shown(&self, session: &Session) -> Result<String> {
        let evidence = &self.common.evidence;
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let stages = stages::of(session, None)?.stages;
        let line = |sql: &str| quote::one_line(&fill(sql, &[]));
        let passages = format!("({})", self.passages(session, &stages, &mut Vec::new())?);
        let entered = window.sql("first_ts");
        let entities = fill(&line(include_str!("entities.sql")), &[("entered", &entered), ("passages", &passages)]);
        let one = |stage: usize| {
            fill(&line(include_str!("stage.sql")), &[("stage", &stage.to_string()), ("part", "entities")])
        };
        let each: Vec<String> = (0..stages.len()).map(one).collect();
        Ok(format!(
            "WITH entities AS (SELECT *, NULL AS part FROM ({entities})) {} ORDER BY stage",
            each.join(" UNION ALL ")
        ))
    }

    /// Keeps the first passage of each entity through each stage, and each entity with the stages it was seen in.
    fn keep_passages(&self, session: &Session, way: &Way, window: &Window, notes: &mut Vec<String>) -> Result<()> {
        let known = way.firsts.clone().filter(|_| self.common.evidence.condition.is_none());
        let passages = known.map_or_else(|| self.passages(session, &way.stages, notes), Ok)?;
        session.engine.keep_found("rca_passages", &passages)?;
        // An entity is in the window if it was when it was seen first.
        let entered = window.sql("first_ts");
        let values = [("entered", entered.as_str()), ("passages", "rca_passages")];
        session.engine.keep_found("rca_entities", &fill(include_str!("entities.sql"), &values))
    }

    /// Says of which stages rows have no key, and so are nobody's passage.
    fn tell_of_keyless(
        &self,
        session: &Session,
        stages: &[Stage],
        window: &Window,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        let condition = self.common.evidence.condition.as_deref();
        let named = |stage: &Stage, branch: &Stage| match stage.others.as_slice() {
            [] => stage.name.clone(),
            _ => branch.table.name.clone(),
        };
        let branches =
            stages.iter().flat_map(|stage| stage.branches().map(move |branch| (named(stage, branch), branch)));
        for (name, stage) in branches {
            let (scan, key) = (stage.table.sql(), stage.key_sql());
            let said = condition.filter(|condition| session.fits(&scan, condition)).unwrap_or("true");
            let entered = window.sql(&stage.time_sql());
            let sql = format!("SELECT count(*), count({key}) FROM {scan} WHERE ({said}) AND ({entered})");
            let row = session.engine.counted(&sql)?;
            let (all, keyed) = (row[0].int(), row[1].int());
            if keyed < all {
                let without = (all - keyed).unsigned_abs();
                let (have, are) = if without == 1 { ("has", "is") } else { ("have", "are") };
                notes.push(format!(
                    "{name}: {} of {} {have} no {} and {are} in no passage",
                    grouped(without),
                    plural(all.unsigned_abs(), "row"),
                    stage.key()
                ));
            }
        }
        Ok(())
    }

    /// The first passages as SQL: `stage`, `key`, `ts` and how many `times`.
    fn passages(&self, session: &Session, stages: &[Stage], notes: &mut Vec<String>) -> Result<String> {
        let condition = self.common.evidence.condition.as_deref();
        let fits = |stage: &Stage| condition.filter(|condition| session.fits(&stage.table.sql(), condition));
        let tables = || stages::branches(stages);
        if let Some(condition) = condition {
            let whole: Vec<&Stage> = tables().filter(|stage| fits(stage).is_none()).collect();
            let said = |stage: &&Stage| format!("{} is taken whole: --where does not fit it", stage.table.name);
            notes.extend(whole.iter().map(said));
            if whole.len() == tables().count() {
                // Says by the first what is wrong.
                session.engine.rows(&format!("SELECT 1 FROM {} WHERE ({condition}) LIMIT 0", stages[0].table.sql()))?;
            }
        }
        let firsts = |(index, stage): (usize, &Stage)| stage.firsts(index, |branch| fits(branch).unwrap_or("true"));
        Ok(stages.iter().enumerate().map(firsts).collect::<Vec<_>>().join(" UNION ALL "))
    }

    /// The part of each entity, as a relation of `key` and `part`.
    fn parts(&self, session: &Session, stages: &[Stage], notes: &mut Vec<String>) -> Result<String> {
        let mut joined = String::from("rca_entities");
        for (number, column) in self.by.iter().enumerate() {
            let has = |stage: &&Stage| stage.branches().any(|branch| branch.table.column(column).is_some());
            let Some(stage) = stages.iter().find(has) else {
                let names = stages::branches(stages)
                    .flat_map(|stage| stage.table.own_columns())
                    .map(|column| column.name.as_str());
                let near = crate::model::name::nearest(column, names);
                let error = Error::question(format!("no stage has a column `{column}`"));
                return Err(if near.is_empty() {
                    error
                } else {
                    error.hint(format!("did you mean {}", crate::model::name::listed(&near)))
                });
            };
            let of = |branch: &Stage| {
                let own = branch.table.column(column)?;
                let (key, value) = (branch.key_sql(), quote::name(&own.name));
                let table = branch.table.sql();
                Some(format!("SELECT {key} AS key, {value}::VARCHAR AS value FROM {table} WHERE {key} IS NOT NULL"))
            };
            let each: Vec<String> = stage.branches().filter_map(of).collect();
            let values = format!(
                "SELECT key, min(value) AS value, min(value) <> max(value) AS has_several FROM ({}) GROUP BY ALL",
                each.join(" UNION ALL ")
            );
            let table = format!("rca_part_{number}");
            session.engine.keep_found(&table, &values)?;
            let several = format!("SELECT count(*) FROM {table} SEMI JOIN rca_entities USING (key) WHERE has_several");
            match session.engine.counted(&several)?[0].int() {
                0 => {}
                count => notes.push(format!(
                    "{} of {} {} several values of {column}: what counts is the alphabetically first",
                    plural(count.unsigned_abs(), &stage.key()),
                    stage.table_names(),
                    if count == 1 { "has" } else { "have" }
                )),
            }
            joined = format!("{joined} LEFT JOIN (SELECT key, value AS v{number} FROM {table}) USING (key)");
        }
        let values: Vec<String> = (0..self.by.len()).map(|number| format!("v{number}")).collect();
        let part = match values.as_slice() {
            [] => "NULL::VARCHAR".into(),
            [only] => format!("nullif({only}, '')"),
            // No two of several values each have the same text.
            all => {
                let texts: Vec<String> = all.iter().map(|value| format!("coalesce(rca_part({value}), '')")).collect();
                let any = all.iter().map(|value| format!("nullif({value}, '')")).collect::<Vec<_>>().join(", ");
                format!("CASE WHEN coalesce({any}) IS NOT NULL THEN concat({}) END", texts.join(", ', ', "))
            }
        };
        Ok(format!("(SELECT key, seen, {part} AS part FROM {joined})"))
    }
}

fn delays(stage: usize) -> String {
    fill(include_str!("delays.sql"), &[("stage", &stage.to_string())])
}

fn shown(row: &[Value], stages: &[Stage]) -> Vec<Value> {
    let stage = &stages[usize::try_from(row[0].int()).unwrap_or(0).min(stages.len() - 1)];
    let (entered, lost) = (row[2].int(), row[4].int());
    let share = if entered == 0 { 0.0 } else { figure::share(lost as f64 / entered as f64) };
    vec![
        Value::Text(stage.name.clone()),
        Value::Text(stage.table_names()),
        row[1].clone(),
        row[2].clone(),
        row[3].clone(),
        row[4].clone(),
        Value::Float(share),
    ]
}

fn said(told: &Told, stage: &Stage, (index, lost): (usize, i64)) -> Option<String> {
    let number = |count: i64| grouped(count.unsigned_abs());
    let mut parts = Vec::new();
    if told.skipped > 0 {
        parts.push(format!("{} of the lost skipped it and are in a later stage", number(told.skipped)));
    }
    if told.otherwise > 0 {
        parts.push(written::said_otherwise(told.otherwise, "the lost", "there"));
    }
    if told.underway > 0 {
        parts.push(format!(
            "{} of the lost may still be on their way, it usually takes {} and {} at most",
            number(told.underway),
            duration::shown(told.usual),
            duration::shown(told.longest)
        ));
    }
    if let Some((own, before)) =
        told.last.filter(|(own, before)| lost > 0 && before - own > told.most.max(told.longest))
    {
        parts.push(format!(
            "none came after {}, and to the stages before it they did for {}",
            time::rfc3339(own),
            duration::shown(before - own)
        ));
    }
    if index > 0 && told.new > 0 {
        parts.push(format!("{} in no stage before", number(told.new)));
    }
    if told.late > 0 {
        parts.push(format!(
            "{} late, after more than {} where {} is usual",
            number(told.late),
            duration::shown(told.most),
            duration::shown(told.usual)
        ));
    }
    if told.early > 0 {
        parts.push(format!("{} out of order, before the stage that should come first", number(told.early)));
    }
    if told.repeated > 0 {
        parts.push(format!("{} more than once", number(told.repeated)));
    }
    (!parts.is_empty()).then(|| format!("{}: {}", stage.name, parts.join("; ")))
}
