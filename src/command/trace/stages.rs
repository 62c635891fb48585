//! The stages that entities pass through: as declared, or as tables share their keys and times follow each other.

use super::held::{self, Held};
use super::within::Counted;
use super::{left, order, same, together, within};
use crate::command::missing::proposals;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::coverage::grouped;
use crate::model::value::Value;
use crate::model::{name, shell};
use crate::session::written::{Form, Written};
use crate::session::{Entity, Session, Table, known_column};

/// A table that entities should pass through, or several of which each entity should pass through one.
#[derive(Clone)]
pub struct Stage {
    pub name: String,
    pub table: Table,
    /// The column that is its key, or several that are together.
    pub keys: Vec<String>,
    /// In which form ids are those of the other stages.
    pub form: Form,
    /// The other tables of the stage.
    pub others: Vec<Stage>,
}

impl Stage {
    pub fn of(table: &Table, key: &str) -> Stage {
        Stage::named(table.name.clone(), table, vec![key.to_string()])
    }

    fn named(name: String, table: &Table, keys: Vec<String>) -> Stage {
        Stage { name, table: table.clone(), keys, form: Form::AsWritten, others: Vec::new() }
    }

    /// Each table of the stage, as a stage of one.
    pub fn branches(&self) -> impl Iterator<Item = &Stage> {
        std::iter::once(self).chain(&self.others)
    }

    pub fn table_names(&self) -> String {
        self.branches().map(|branch| branch.table.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The key as settings take it: `serial`, `device+msg_no`.
    pub fn key(&self) -> String {
        self.keys.join("+")
    }

    /// The key as text, the same for a number in whatever column; NULL for an empty text.
    pub fn key_sql(&self) -> String {
        Written::of(&self.table, &self.keys).key(&self.form)
    }

    /// The first passage of each entity, of rows of its tables for which their conditions hold.
    pub fn firsts<'a>(&'a self, number: usize, condition: impl Fn(&'a Stage) -> &'a str) -> String {
        let of = |branch: &'a Stage| {
            let (key, condition) = (branch.key_sql(), condition(branch));
            format!(
                "SELECT {number} AS stage, {key} AS key, min({}) AS ts, count(*) AS times FROM {} WHERE {key} IS NOT NULL AND ({condition}) GROUP BY ALL",
                branch.time_sql(),
                branch.table.sql(),
            )
        };
        let each: Vec<String> = self.branches().map(of).collect();
        match each.as_slice() {
            [only] => only.clone(),
            all => format!(
                "SELECT stage, key, min(ts) AS ts, sum(times)::BIGINT AS times FROM ({}) GROUP BY ALL",
                all.join(" UNION ALL ")
            ),
        }
    }

    pub fn time_sql(&self) -> String {
        match &self.table.roles.time {
            Some(time) => format!("{}::TIMESTAMP", quote::name(time)),
            None => "NULL::TIMESTAMP".into(),
        }
    }
}

/// The stages that an entity was seen in are bits of a number.
const STAGES_MAX: usize = 62;

/// All stages in order, at least two.
#[derive(Clone, Default)]
pub struct Way {
    pub stages: Vec<Stage>,
    /// Those of them that have but a few of all, from all over the time: what others have was not lost there.
    pub few: Vec<String>,
    /// The first passages of all entities, as a relation, where they are known already.
    pub firsts: Option<String>,
    pub notes: Vec<String>,
}

/// `followed` is the entity whose way alone is asked for.
///
/// # Errors
/// If none are declared and none can be told, or a declared one is not there.
pub fn of(session: &Session, followed: Option<&Entity>) -> Result<Way> {
    let way = match followed {
        None => session.once(|| found(session, None))?.as_ref().clone(),
        Some(_) => found(session, followed)?,
    };
    if way.stages.len() < 2 {
        return Err(no_stages(session, &way.notes)?);
    }
    if way.stages.len() > STAGES_MAX {
        return Err(Error::question(format!(
            "{} stages are more than the {STAGES_MAX} that can be followed",
            way.stages.len()
        ))
        .hint("name fewer sources, or declare in rca.toml which are stages: [[stages]] table = \"station.tests\""));
    }
    Ok(way)
}

fn found(session: &Session, followed: Option<&Entity>) -> Result<Way> {
    if session.settings.stages.is_empty() {
        return inferred(session, followed);
    }
    let mut stages = declared(session, followed)?;
    if stages.len() > STAGES_MAX {
        return Ok(Way { stages, ..Way::default() });
    }
    keep(session, &stages)?;
    let thing = stages.first().map(Stage::key).unwrap_or_default();
    let notes = same::settle(session, &mut stages, &thing, (FIRSTS, &|stages| keep(session, stages)))?.notes;
    let tables = stages.len();
    let stages = called_alike(stages);
    if stages.len() < tables {
        keep(session, &stages)?;
    }
    Ok(Way { stages, few: Vec::new(), firsts: Some(format!("SELECT stage, key, ts, times FROM {FIRSTS}")), notes })
}

/// That there are no stages, why, and which tables have no time.
fn no_stages(session: &Session, notes: &[String]) -> Result<Error> {
    const SHOWN: usize = 3;
    let untimed: Vec<&Table> =
        session.tables.iter().filter(|table| table.roles.time.is_none() && !table.is_prose()).collect();
    let names: Vec<String> = untimed.iter().map(|table| format!("{}: {}", table.name, left::timeless(table))).collect();
    let what = match notes {
        [] => "stages are tables with a time and a column that holds the same kind of entity".to_string(),
        notes => notes.join("\n"),
    };
    let error = Error::question("there are no two stages that entities pass through");
    let error = error.detail(std::iter::once(what).chain(names).collect::<Vec<_>>().join("; "));
    let proposed = proposals(session, &untimed)?.into_iter().take(SHOWN);
    let error = proposed.fold(error, |error, proposed| error.hint(proposed));
    Ok(error.hint("declare them in rca.toml: [[stages]] table = \"station.tests\" key = \"serial\""))
}

fn declared(session: &Session, followed: Option<&Entity>) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    for (number, stage) in session.settings.stages.iter().enumerate() {
        let said_by = format!("stages[{}]", number + 1);
        if stage.table.is_empty() {
            return Err(Error::question(format!("{said_by} names no table")).hint("write table = \"station.tests\""));
        }
        let table = session.table(&stage.table)?;
        let known = |key: &str| known_column(&table.name, &table.columns, key, &said_by);
        let keys = match &stage.key {
            Some(key) if key.contains('+') && table.column(key).is_none() => {
                key.split('+').map(|key| known(key.trim())).collect::<Result<_>>()?
            }
            Some(key) => vec![known(key)?],
            None => vec![session.entity_columns(table).into_iter().next().ok_or_else(|| {
                Error::question(format!("{said_by} names no key, and none can be told of {}", table.name))
                    .hint("write key = \"serial\"")
            })?],
        };
        let name = stage.name.clone().unwrap_or_else(|| table.name.clone());
        stages.push(Stage::named(name, table, keys));
    }
    if let Some(column) = followed.and_then(|entity| entity.column.as_ref())
        && !stages.iter().any(|stage| session.columns_meant(&stage.table, column).contains(&stage.key()))
    {
        let mut keys: Vec<String> = stages.into_iter().map(|stage| stage.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        return Err(Error::question(format!("`{column}` is the key of no stage"))
            .detail(format!("rca.toml says key = {}", name::listed(&keys))));
    }
    Ok(stages)
}

/// Makes one stage of tables that are declared under one name.
fn called_alike(declared: Vec<Stage>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for stage in declared {
        let is_of = |known: &&mut Stage| known.name == stage.name && known.table.name != stage.table.name;
        match stages.iter_mut().find(is_of) {
            Some(known) => known.others.push(stage),
            None => stages.push(stage),
        }
    }
    stages
}

/// The table of first passages from which the order is told.
const FIRSTS: &str = "rca_firsts";

/// The tables that hold the thing which most tables hold, in the order in which entities were in them.
fn inferred(session: &Session, followed: Option<&Entity>) -> Result<Way> {
    let mut held = held::all(session)?;
    // Of `device+msg_no` the last is what is counted within the others.
    let last = |column: &String| column.rsplit('+').next().unwrap_or_default().trim().to_string();
    let asked = followed.map(|entity| Entity { column: entity.column.as_ref().map(last), ..entity.clone() });
    if let Some(entity) = &asked {
        session.check_entities(std::slice::from_ref(entity))?;
    }
    let column = asked.as_ref().and_then(|entity| entity.column.as_ref());
    let taken = match column {
        Some(column) => held::keyed_by(session, &held, column)?,
        None if held.is_empty() => return Ok(Way::default()),
        None => held::finest(session, &held)?,
    };
    let mut taken = match followed.filter(|_| column.is_none()) {
        Some(entity) => held::having(session, &held, taken, &entity.value)?,
        None => taken,
    };
    // What a thing's tables share no id of says nothing: then the next one may.
    let mut reasons = Vec::new();
    while let Some(Held { thing, mut stages, loaded }) = (taken < held.len()).then(|| held.remove(taken)) {
        let mut notes = told_together(session, &mut stages, &thing, followed)?;
        if stages.len() > 1 {
            notes.splice(0..0, reasons);
            return ordered(session, (&thing, stages, &loaded), &held, followed, notes);
        }
        reasons.extend(notes);
        taken = 0;
        if followed.is_some() {
            break;
        }
    }
    Ok(Way { notes: reasons, ..Way::default() })
}

/// Keeps the first passages through stages of a thing, in the form in which their ids are the same; those that share none
/// are left out, and said.
fn told_together(
    session: &Session,
    stages: &mut Vec<Stage>,
    thing: &str,
    followed: Option<&Entity>,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    keep(session, stages)?;
    if stages.len() > STAGES_MAX {
        return Ok(notes);
    }
    match within::find(session, stages, thing, FIRSTS)? {
        Some(Counted::Within { holder, stages: both }) => {
            let (number, key) = (&both[0].keys[1], both[0].key());
            notes.push(format!("{number} is counted within each {holder}: stages are by both, {key}"));
            *stages = both;
            keep(session, stages)?;
            if let Some(entity) = followed {
                is_whole(session, stages, &holder, entity)?;
            }
        }
        Some(Counted::Anew { column, rows }) if followed.is_none() => {
            notes.push(format!(
                "{column} is no entity: it is counted anew, and the same number stands in {} rows from all over the time",
                grouped(rows.unsigned_abs())
            ));
            stages.clear();
            return Ok(notes);
        }
        _ => {}
    }
    notes.extend(same::settle(session, stages, thing, (FIRSTS, &|stages| keep(session, stages)))?.notes);
    Ok(notes)
}

/// # Errors
/// If an entity is but the number of what is counted within something, which several have.
fn is_whole(session: &Session, stages: &[Stage], holder: &str, entity: &Entity) -> Result<()> {
    let (value, key) = (quote::text(&entity.value), stages[0].key());
    let ends = format!("key = {value} OR key LIKE '%, ' || {value}");
    let row = session.engine.counted_by(&format!(
        "SELECT key, key = {value} FROM {FIRSTS} WHERE {ends} GROUP BY key ORDER BY 2 DESC, 1 LIMIT 2"
    ))?;
    let several = format!("SELECT count(DISTINCT key) FROM {FIRSTS} WHERE {ends}");
    let Some(first) = row.first().filter(|first| first[1] != Value::Bool(true)) else { return Ok(()) };
    let count = session.engine.counted(&several)?[0].int();
    let of = match count {
        1 => format!("a {holder} has it"),
        _ => format!("{} of them have {}", grouped(count.unsigned_abs()), entity.value),
    };
    Err(Error::question(format!("{} is counted within each {holder}: {of}", stages[0].keys[1]))
        .hint(format!("write both: --entity {}", shell::quoted(&format!("{key}={}", first[0].shown())))))
}

fn keep(session: &Session, stages: &[Stage]) -> Result<()> {
    session.engine.keep_found(FIRSTS, &firsts(stages))
}

/// The stages of a thing in their order, without those of a few.
fn ordered(
    session: &Session,
    (thing, mut stages, loaded): (&str, Vec<Stage>, &[String]),
    held: &[Held],
    followed: Option<&Entity>,
    mut notes: Vec<String>,
) -> Result<Way> {
    let told = together::join(session, &mut stages, thing)?;
    if !told.is_empty() {
        keep(session, &stages)?;
    }
    notes.extend(told);
    let value = followed.map(|entity| typed(&stages, &entity.value));
    let (few, told) = left::few(session, &mut stages, thing, FIRSTS, value.as_deref())?;
    if few.is_empty() && !told.is_empty() {
        keep(session, &stages)?;
    }
    notes.extend(told);
    notes.extend(left::out(session, &stages, thing, loaded, FIRSTS)?);
    let (order, doubts) = order::of(session, &stages, thing, FIRSTS)?;
    let numbers: String =
        (0..).zip(&order).map(|(number, place): (usize, _)| format!(" WHEN {place} THEN {number}")).collect();
    let stages: Vec<Stage> = order.iter().map(|place| stages[*place].clone()).collect();
    let is_stamp = |name: &String| {
        format!(
            "{name} is no stage: its time tells when rows were loaded; to make it one, declare all stages in rca.toml: \
             [[stages]] table = \"{name}\""
        )
    };
    notes.extend(loaded.iter().map(is_stamp));
    let names: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
    notes.push(format!(
        "stages by {thing}, in the order of their times: {}; declare others in rca.toml",
        names.join(", ")
    ));
    notes.extend(doubts);
    notes.extend(held::others(held, followed.is_some()));
    let firsts = format!("SELECT CASE stage{numbers} END AS stage, key, ts, times FROM {FIRSTS}");
    Ok(Way { stages, few, firsts: Some(firsts), notes })
}

/// An entity as it was typed, as SQL of a key of these stages.
pub fn typed(stages: &[Stage], value: &str) -> String {
    let parts: Vec<&str> = value.split(", ").collect();
    if let Some(stage) = stages.iter().find(|stage| stage.keys.len() > 1 && stage.keys.len() == parts.len()) {
        let part = |part: &&str| format!("rca_part({})", stage.form.sql(&quote::text(part)));
        return parts.iter().map(part).collect::<Vec<_>>().join(" || ', ' || ");
    }
    let mut forms: Vec<&Form> = Vec::new();
    for stage in branches(stages).filter(|stage| stage.keys.len() == 1) {
        if !forms.contains(&&stage.form) {
            forms.push(&stage.form);
        }
    }
    forms.into_iter().fold(quote::text(value), |sql, form| form.sql(&sql))
}

/// All tables of all stages, each as a stage of one.
pub fn branches(stages: &[Stage]) -> impl Iterator<Item = &Stage> {
    stages.iter().flat_map(Stage::branches)
}

/// The first passages of all rows: `stage`, `key`, `ts` and how many `times`.
pub fn firsts(stages: &[Stage]) -> String {
    let one = |(number, stage): (usize, &Stage)| stage.firsts(number, |_| "true");
    stages.iter().enumerate().map(one).collect::<Vec<_>>().join(" UNION ALL ")
}
