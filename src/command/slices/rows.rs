//! The rows of a model with all that is known of them: which are judged, what holds of them, and their score or error.

use super::SlicesArgs;
use super::judge::{Judged, Judgement};
use super::metric::{Metric, Way};
use super::roles::{Place, Roles, asked};
use super::said::Said;
use crate::command::explain::attributes::{self, Attribute, NoReasons, is_called};
use crate::command::judged::{self, Classes, Looked, Split, is_answer, look};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::slices::{JUDGED, LABELLED, POSITIVE, RIGHT, SAID, SCORED};

pub struct Rows<'a> {
    pub engine: &'a Engine,
    pub roles: Roles<'a>,
    pub said: Said<'a>,
    pub judged: Judged,
    pub attributes: Vec<Attribute>,
    /// By classes that are the marks of rows.
    pub kept: judged::Rows,
    /// Attributes that are left out.
    is_copy: Vec<bool>,
}

/// The rows with all of these marks.
pub fn marked(marks: u16) -> Classes {
    Classes::of(|class| class & marks == marks)
}

impl<'a> Rows<'a> {
    /// # Errors
    /// If it is unclear what is asked, no row is judged, or the evidence cannot be read.
    pub fn keep(mut roles: Roles<'a>, args: &SlicesArgs, notes: &mut Vec<String>) -> Result<Rows<'a>> {
        let engine = &roles.population.session.engine;
        let mut own = own_columns(&roles);
        let is_asked = |other: &&String| !args.by.iter().any(|by| by.eq_ignore_ascii_case(other.trim_matches('"')));
        own.extend(roles.others.iter().filter(is_asked).cloned());
        roles.population.bad = own.join(", ");
        roles.population.knows_joined(&[&roles.population.bad])?;
        let mut told = Vec::new();
        let asked = asked(args, &roles.population.table.name);
        let mut attributes = attributes::find(&roles.population, &asked, NoReasons::default(), &mut told)?;
        if args.by.is_empty() {
            // Nor is what any of an entity's labels is.
            let own: Vec<String> = roles.places().filter_map(|place| roles.long_name(place)).collect();
            attributes.retain(|one| !own.iter().any(|name| is_called(&one.name, name)));
        }
        let own = |note: String| note.replace("--bad speaks of them", "they are label, prediction or score");
        notes.extend(told.into_iter().map(own));
        let said = Said::find(&roles)?;
        if said.rows == 0 {
            return Err(Error::question(format!("table `{}` has no row to be judged", roles.population.table.name))
                .hint("ask for more with --where, --from and --to"));
        }
        tell_of_many(&roles, &attributes, notes)?;
        let judged = Judged::find(&said, &roles, args)?;
        let sql = judgement(&roles, &judged);
        let mark = |mark: u16, of: &Option<String>| {
            of.as_ref().map_or(String::new(), |sql| format!(" + CASE WHEN {sql} THEN {mark} ELSE 0 END"))
        };
        let class = format!(
            "CASE WHEN {} THEN {}{}{}{}{} WHEN {} THEN {LABELLED} ELSE 0 END",
            sql.is_judged,
            LABELLED | JUDGED,
            mark(RIGHT, &sql.is_right),
            mark(POSITIVE, &sql.is_positive),
            mark(SAID, &sql.is_said),
            mark(SCORED, &sql.score.as_ref().map(|score| format!("({score}) IS NOT NULL"))),
            sql.is_labelled,
        );
        let kept = judged::Rows::keep(judged::Asked {
            population: &roles.population,
            attributes: &attributes,
            class: &class,
            number: sql.error.as_deref().or(sql.score.as_deref()),
        })?;
        let is_copy = vec![false; attributes.len()];
        Ok(Rows { engine, roles, said, judged, attributes, kept, is_copy })
    }

    /// The judgement over the evidence.
    pub fn judgement(&self) -> Judgement {
        judgement(&self.roles, &self.judged)
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

    /// The values of all attributes that at least `least` of the bad rows have.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn values(&self, split: Split, least: u64, notes: &mut Vec<String>) -> Result<Looked> {
        let attributes = self.attributes.iter().enumerate().filter(|(at, _)| !self.is_copy[*at]);
        look(&self.kept, attributes, (split, least), notes)
    }

    /// Leaves out attributes that tell right from wrong by themselves, such as a column that says which rows are wrong,
    /// unless --by names them.
    pub fn leave_out_copies(&mut self, metric: Metric, is_by: bool, notes: &mut Vec<String>) {
        if metric.way() != Way::Share || is_by {
            return;
        }
        let is_copy = |one: (usize, &Attribute)| is_answer(&self.kept, one, metric.split());
        self.is_copy = self.attributes.iter().enumerate().map(is_copy).collect();
        let copies = self.attributes.iter().zip(&self.is_copy).filter(|(_, is_copy)| **is_copy);
        let names: Vec<&str> = copies.map(|(attribute, _)| attribute.name.as_str()).collect();
        if !names.is_empty() {
            notes.push(format!("left out, since they tell right from wrong by themselves: {}", names.join(", ")));
        }
    }
}

fn judgement(roles: &Roles, judged: &Judged) -> Judgement {
    let sql = |place: &'_ Option<Place>| place.as_ref().map(|place| place.sql.clone());
    judged.sql(&roles.label.sql, sql(&roles.prediction).as_deref(), sql(&roles.score).as_deref())
}

pub fn own_columns(roles: &Roles) -> Vec<String> {
    roles.places().map(|place| place.sql.clone()).collect()
}

/// Says of which tables an entity has several rows.
fn tell_of_many(roles: &Roles, attributes: &[Attribute], notes: &mut Vec<String>) -> Result<()> {
    let population = &roles.population;
    let own = own_columns(roles);
    let mut said: Vec<&str> = attributes.iter().map(|attribute| attribute.sql.as_str()).collect();
    said.extend(own.iter().map(String::as_str));
    said.push(&population.condition);
    for at in population.needed(&said) {
        if population.is_many(at)? {
            let name = &population.joined[at].table.name;
            notes.push(format!("{name} has several rows for one entity: of a column those with one value count"));
        }
    }
    Ok(())
}
