//! The rows of a model with all that is known of them, kept once: as they are (`rca_sliced_rows`), judged (`rca_sliced`),
//! and as codes of the values that are looked at (`rca_sliced_codes`).

use std::collections::BTreeMap;

use super::SlicesArgs;
use super::judge::{Judged, Judgement};
use super::metric::{Metric, Way};
use super::roles::{Place, Roles, asked, is_number};
use super::values::{self, Item};
use crate::command::explain::attributes::{self, Attribute, COLUMNS_MAX};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::slices::{BAD, POSITIVE, RIGHT, SAID};
use crate::model::value::Value;

/// Whole numbers of more values are cut by quantiles besides, as `explain` does.
const NUMBERS_MAX: i64 = 20;
/// Codes of lanes in one whole number: a byte each.
pub const LANES_A_PACK: usize = 7;

pub struct Rows<'a> {
    pub engine: &'a Engine,
    pub roles: Roles<'a>,
    pub judged: Judged,
    pub attributes: Vec<Attribute>,
    /// Attributes that are left out.
    is_copy: Vec<bool>,
}

/// Values that enough rows have, and of each attribute how many such values there are.
#[derive(Default)]
pub struct Looked {
    pub items: Vec<Item>,
    pub tests: Vec<(bool, usize)>,
}

impl<'a> Rows<'a> {
    /// # Errors
    /// If it is unclear what is asked, no row is judged, or the evidence cannot be read.
    pub fn keep(mut roles: Roles<'a>, args: &SlicesArgs, notes: &mut Vec<String>) -> Result<Rows<'a>> {
        let engine = &roles.population.session.engine;
        let mut said = own_columns(&roles);
        let is_asked = |other: &&String| !args.by.iter().any(|by| by.eq_ignore_ascii_case(other.trim_matches('"')));
        said.extend(roles.others.iter().filter(is_asked).cloned());
        roles.population.bad = said.join(", ");
        let mut told = Vec::new();
        let asked = asked(args, &roles.population.table.name);
        let attributes = attributes::find(&roles.population, &asked, &mut told)?;
        let own = |note: String| note.replace("--bad speaks of them", "they are label, prediction or score");
        notes.extend(told.into_iter().map(own));
        keep(&roles, &attributes, notes)?;
        let judged = Judged::find(engine, &roles, args)?;
        let place = |place: &Option<_>, name| place.as_ref().map(|_| name);
        let sql = judged.sql("label", place(&roles.prediction, "prediction"), place(&roles.score, "score"));
        let or = |sql: Option<String>, none: &str| sql.unwrap_or_else(|| none.to_string());
        engine.execute(&format!(
            "CREATE OR REPLACE TEMP VIEW rca_sliced AS SELECT * EXCLUDE (label, prediction, score), \
             {} AS is_labelled, {} AS is_judged, ({}) IS TRUE AS is_right, ({}) IS TRUE AS is_positive, \
             ({}) IS TRUE AS is_said, ({})::DOUBLE AS model_error, ({})::DOUBLE AS model_score FROM rca_sliced_rows",
            sql.is_labelled,
            sql.is_judged,
            or(sql.is_right, "false"),
            or(sql.is_positive, "false"),
            or(sql.is_said, "false"),
            or(sql.error, "NULL"),
            or(sql.score, "NULL"),
        ))?;
        let is_copy = vec![false; attributes.len()];
        Ok(Rows { engine, roles, judged, attributes, is_copy })
    }

    /// The judgement over the evidence.
    pub fn judgement(&self) -> Judgement {
        let sql = |place: &'_ Option<Place>| place.as_ref().map(|place| place.sql.clone());
        let (prediction, score) = (sql(&self.roles.prediction), sql(&self.roles.score));
        self.judged.sql(&self.roles.label.sql, prediction.as_deref(), score.as_deref())
    }

    /// Which columns are which.
    pub fn told(&self) -> String {
        let part = |place: &Option<Place>, what: &str| {
            place.as_ref().map_or(String::new(), |place| format!(", {what} is {}", place.sql))
        };
        format!(
            "rows are of {}: label is {}{}{}",
            self.roles.population.table.name,
            self.roles.label.sql,
            part(&self.roles.prediction, "prediction"),
            part(&self.roles.score, "score")
        )
    }

    /// The values of all attributes that at least `least` of the rows have for which `condition` holds; of these rows
    /// `bad` are counted.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn values(
        &self,
        (condition, bad): (&str, &str),
        (rows, least): (u64, u64),
        notes: &mut Vec<String>,
    ) -> Result<Looked> {
        self.engine.execute(&format!(
            "CREATE OR REPLACE TEMP VIEW rca_explained AS SELECT *, {bad} AS is_bad FROM rca_sliced WHERE {condition}"
        ))?;
        let mut looked = Looked::default();
        let mut left_out: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        let mut used = 0;
        for (at, attribute) in self.attributes.iter().enumerate().filter(|(at, _)| !self.is_copy[*at]) {
            let values = values::values(&self.roles.population, attribute, at, (rows, least))?;
            let is_too_many = used == COLUMNS_MAX && !values.items.is_empty();
            let many = "behind the first 40 columns (--by says which to look at)";
            if let Some(why) = values.left_out.or(is_too_many.then_some(many)) {
                left_out.entry(why).or_default().push(attribute.name.clone());
                continue;
            }
            used += usize::from(!values.items.is_empty());
            looked.tests.push((attribute.is_finding, values.tests));
            looked.items.extend(values.items);
        }
        notes.extend(left_out.iter().map(|(why, names)| format!("left out, {why}: {}", names.join(", "))));
        Ok(looked)
    }

    /// Leaves out attributes that tell right from wrong by themselves, such as a column that says which rows are wrong,
    /// unless --by names them.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn leave_out_copies(&mut self, metric: Metric, is_by: bool, notes: &mut Vec<String>) -> Result<()> {
        if metric.way() != Way::Share || self.attributes.is_empty() || is_by {
            return Ok(());
        }
        let bad = metric.bad();
        let of = format!("FROM rca_sliced WHERE is_judged AND {}", metric.defined());
        let is_apart = |at: usize| {
            format!(
                "coalesce(count(a{at}) = count(*) AND count(*) FILTER ({bad}) > 1 AND count(*) FILTER (NOT ({bad})) > 1 \
                 AND (min(a{at}) FILTER ({bad}) > max(a{at}) FILTER (NOT ({bad})) \
                 OR max(a{at}) FILTER ({bad}) < min(a{at}) FILTER (NOT ({bad}))), false)"
            )
        };
        let parts: Vec<String> = (0..self.attributes.len()).map(is_apart).collect();
        let apart = self.engine.counted(&format!("SELECT {} {of}", parts.join(", ")))?;
        for (at, attribute) in self.attributes.iter().enumerate().filter(|(_, attribute)| !attribute.is_finding) {
            if apart.get(at) == Some(&Value::Bool(true)) {
                let row = self.engine.counted(&format!("SELECT count(DISTINCT a{at}) {of}"))?;
                let distinct = row.first().map_or(0, Value::int);
                let is_number = is_number(attribute.kind) && !attribute.name.starts_with("hour(");
                self.is_copy[at] = distinct == 2 || (is_number && distinct > NUMBERS_MAX);
            }
        }
        let copies = self.attributes.iter().zip(&self.is_copy).filter(|(_, is_copy)| **is_copy);
        let names: Vec<&str> = copies.map(|(attribute, _)| attribute.name.as_str()).collect();
        if !names.is_empty() {
            notes.push(format!("left out, since they tell right from wrong by themselves: {}", names.join(", ")));
        }
        Ok(())
    }

    /// Keeps the codes of the items of each row, and what a metric asks of it.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn keep_codes(&self, metric: Metric, items: &[Item]) -> Result<Vec<Vec<u16>>> {
        let lanes = lanes(items);
        let code = |lane: &Vec<u16>| {
            let cases: Vec<String> = lane
                .iter()
                .enumerate()
                .map(|(code, item)| format!("WHEN {} THEN {}", items[usize::from(*item)].kept, code + 1))
                .collect();
            format!("(CASE {} ELSE 0 END)::BIGINT", cases.join(" "))
        };
        let pack = |(pack, lanes): (usize, &[Vec<u16>])| {
            let parts: Vec<String> =
                lanes.iter().enumerate().map(|(at, lane)| format!("{} * {}", code(lane), 1_u64 << (8 * at))).collect();
            format!(", {} AS p{pack}", parts.join(" + "))
        };
        let packs: String = lanes.chunks(LANES_A_PACK).enumerate().map(pack).collect();
        let mark = |sql: &str, mark: usize| format!("(({sql}) IS TRUE)::BIGINT * {}", 1 << mark);
        let marks =
            [mark("is_right", RIGHT), mark("is_positive", POSITIVE), mark("is_said", SAID), mark(metric.bad(), BAD)];
        self.engine.keep_found(
            "rca_sliced_codes",
            &format!(
                "SELECT {} AS marks, ({}) IS TRUE AS is_defined, is_positive, model_score, model_error{packs} \
                 FROM rca_sliced WHERE is_judged",
                marks.join(" + "),
                metric.defined()
            ),
        )?;
        Ok(lanes)
    }
}

/// Items that exclude each other: values of an attribute, or its ranges.
fn lanes(items: &[Item]) -> Vec<Vec<u16>> {
    let mut lanes: Vec<((usize, bool), Vec<u16>)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let key = (item.attribute, item.is_range);
        match lanes.iter_mut().find(|(known, _)| *known == key) {
            Some((_, lane)) => lane.push(at as u16),
            None => lanes.push((key, vec![at as u16])),
        }
    }
    lanes.into_iter().map(|(_, lane)| lane).collect()
}

fn own_columns(roles: &Roles) -> Vec<String> {
    let places = [Some(&roles.label), roles.prediction.as_ref(), roles.score.as_ref()];
    places.into_iter().flatten().map(|place| place.sql.clone()).collect()
}

fn keep(roles: &Roles, attributes: &[Attribute], notes: &mut Vec<String>) -> Result<()> {
    let population = &roles.population;
    let own = own_columns(roles);
    let mut said: Vec<&str> = attributes.iter().map(|attribute| attribute.sql.as_str()).collect();
    said.extend(own.iter().map(String::as_str));
    said.push(&population.condition);
    let with = population.needed(&said);
    let list: String = attributes.iter().enumerate().map(|(at, one)| format!(", {} AS a{at}", one.sql)).collect();
    let or_null =
        |place: &Option<Place>| place.as_ref().map_or_else(|| "NULL::DOUBLE".to_string(), |place| place.sql.clone());
    population.session.engine.keep_found(
        "rca_sliced_rows",
        &format!(
            "SELECT {} AS label, {} AS prediction, ({})::DOUBLE AS score{list} FROM {} WHERE {}",
            roles.label.sql,
            or_null(&roles.prediction),
            or_null(&roles.score),
            population.relation(&with, Some(&said)),
            population.condition
        ),
    )?;
    if population.session.one_row("SELECT count(*) FROM rca_sliced_rows")?[0].int() == 0 {
        return Err(Error::question(format!("table `{}` has no row to be judged", population.table.name))
            .hint("ask for more with --where, --from and --to"));
    }
    for at in with {
        if population.is_many(at)? {
            let name = &population.joined[at].table.name;
            notes.push(format!("{name} has several rows for one entity: of a column those with one value count"));
        }
    }
    Ok(())
}
