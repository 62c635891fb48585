//! Which table has the rows of a model, and which columns are label, prediction and score: as told, or by their names.

use super::SlicesArgs;
use crate::args::Common;
use crate::command::explain::ExplainArgs;
use crate::command::explain::population::{Joined, Population};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::{meaning, name};
use crate::session::{Session, Table};

/// A column of the rows judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `predicted`, `labels.label`
    pub sql: String,
    /// Its table among those joined, if it is not of the rows' own.
    pub joined: Option<usize>,
    /// The column's own name.
    pub column: String,
    pub kind: Kind,
}

pub struct Roles<'a> {
    pub population: Population<'a>,
    pub label: Place,
    pub prediction: Option<Place>,
    pub score: Option<Place>,
    /// Other columns that are called like scores or predictions: they are no slices.
    pub others: Vec<String>,
}

struct Role {
    name: &'static str,
    flag: &'static str,
    /// Names, the most telling first.
    names: &'static [&'static str],
    /// Words that such a name has.
    words: &'static [&'static str],
}

const LABEL: Role = Role {
    name: "label",
    flag: "--label",
    names: &[
        "label",
        "true_label",
        "y_true",
        "ground_truth",
        "groundtruth",
        "target",
        "actual",
        "gold",
        "truth",
        "labels",
        "y",
    ],
    words: &["label", "truth", "target", "actual"],
};
const PREDICTION: Role = Role {
    name: "prediction",
    flag: "--prediction",
    names: &["prediction", "predicted", "y_pred", "pred", "yhat", "y_hat", "predicted_label", "predicted_class"],
    words: &["prediction", "predicted", "pred"],
};
const SCORE: Role = Role {
    name: "score",
    flag: "--score",
    names: &["score", "prob", "probability", "proba", "y_score", "y_prob", "confidence"],
    words: &["score", "prob", "probability", "proba", "confidence"],
};

impl Role {
    fn is(&self, column: &Column) -> bool {
        let has_word = || meaning::words(&column.name).iter().any(|word| self.words.contains(&word.as_str()));
        self.names.contains(&column.name.to_lowercase().as_str()) || has_word()
    }

    /// The columns that are called so: the one whose name tells it best, or all whose names have a word of it.
    fn named<'c>(&self, columns: impl Iterator<Item = &'c Column>) -> Vec<&'c Column> {
        let columns: Vec<&Column> = columns.collect();
        let exact = self.names.iter().find_map(|name| columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)));
        match exact {
            Some(column) => vec![*column],
            None => columns.into_iter().filter(|column| self.is(column)).collect(),
        }
    }
}

/// Whether a column is called like what a model says.
pub fn is_of_a_model(column: &Column) -> bool {
    PREDICTION.is(column) || SCORE.is(column)
}

pub const fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float | Kind::Decimal { .. })
}

/// Predictions and scores of a table by their names. A number with a score's word is a score, also a predicted one.
fn predictions(table: &Table) -> Vec<&Column> {
    let columns = table.own_columns().filter(|column| !(SCORE.is(column) && is_number(column.kind)));
    PREDICTION.named(columns.filter(|column| !LABEL.names.contains(&column.name.to_lowercase().as_str())))
}

fn scores(table: &Table) -> Vec<&Column> {
    SCORE.named(table.own_columns().filter(|column| is_number(column.kind)))
}

fn labels(table: &Table) -> Vec<&Column> {
    LABEL.named(table.own_columns().filter(|column| !PREDICTION.is(column) && !SCORE.is(column)))
}

impl<'a> Roles<'a> {
    /// # Errors
    /// If a column is not there, or it is unclear which is meant.
    pub fn find(session: &'a Session, args: &SlicesArgs) -> Result<Roles<'a>> {
        if args.threshold.is_some() && args.prediction.is_some() {
            return Err(Error::question("a prediction needs no threshold")
                .hint("ask for --prediction alone, or for --score with --threshold"));
        }
        let table = table(session, args)?;
        let population = Population::find(session, &asked(args, &table.name))?;
        let prediction = match (&args.prediction, &args.score) {
            (Some(wanted), _) => Some(wanted_place(&population, wanted, &PREDICTION)?),
            (None, _) if args.threshold.is_some() => None,
            (None, Some(_)) if predictions(table).is_empty() => None,
            (None, _) => only(&PREDICTION, table, predictions(table))?.map(|column| own(&column)),
        };
        let score = match &args.score {
            Some(wanted) => Some(wanted_place(&population, wanted, &SCORE)?),
            None => match scores(table).as_slice() {
                [column] => Some(own(column)),
                [] => None,
                // A prediction is enough; which of several scores is meant is not asked for.
                _ if prediction.is_some() => None,
                several => only(&SCORE, table, several.to_vec())?.map(|column| own(&column)),
            },
        };
        if prediction.is_none() && score.is_none() {
            return Err(Error::question(format!(
                "no column of `{}` is called like a prediction or a score",
                table.name
            ))
            .hint(format!("say which it is: --prediction COLUMN or --score COLUMN; there are {}", listed(table))));
        }
        let label = match &args.label {
            Some(wanted) => wanted_place(&population, wanted, &LABEL)?,
            None => label(&population)?,
        };
        for (role, place) in [(&PREDICTION, &prediction), (&SCORE, &score)] {
            if place.as_ref() == Some(&label) {
                return Err(Error::question(format!("`{}` is both label and {}", label.sql, role.name))
                    .hint("say which column has what came: --label COLUMN"));
            }
        }
        if let Some(score) = score.as_ref().filter(|score| !is_number(score.kind)) {
            return Err(Error::question(format!("`{}` is no number, so it is no score", score.sql))
                .hint("say which column is: --score COLUMN"));
        }
        let others = table.own_columns().filter(|column| PREDICTION.is(column) || SCORE.is(column));
        let others = others.map(|column| quote::readable_name(&column.name)).collect();
        Ok(Roles { population, label, prediction, score, others })
    }
}

impl Roles<'_> {
    /// The other table that has the label.
    pub fn label_joined(&self) -> Option<&Joined<'_>> {
        Some(&self.population.joined[self.label.joined?])
    }

    pub fn label_table(&self) -> Option<String> {
        self.label_joined().map(|joined| joined.table.name.clone())
    }

    /// The columns that are label, prediction and score.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        [Some(&self.label), self.prediction.as_ref(), self.score.as_ref()].into_iter().flatten()
    }

    /// `labels.label` of a column of another table, as rows of both are told of.
    pub fn long_name(&self, place: &Place) -> Option<String> {
        let joined = &self.population.joined[place.joined?];
        Some(format!("{}.{}", joined.table.name, place.column))
    }
}

/// The question as `explain` has it, which finds the rows and what is known of them.
pub fn asked(args: &SlicesArgs, table: &str) -> ExplainArgs {
    ExplainArgs {
        before: None,
        sources: Vec::new(),
        bad: "true".into(),
        table: Some(table.to_string()),
        by: args.by.clone(),
        min_support: args.min_support,
        min_ratio: 1.0,
        order: args.order,
        common: Common { evidence: args.common.evidence.clone(), ..Common::default() },
    }
}

fn listed(table: &Table) -> String {
    let names: Vec<String> = table.own_columns().map(|column| column.name.clone()).collect();
    name::listed(&names)
}

fn own(column: &Column) -> Place {
    let sql = quote::readable_name(&column.name);
    Place { sql, joined: None, column: column.name.clone(), kind: column.kind }
}

/// The one column that is meant.
fn only(role: &Role, table: &Table, found: Vec<&Column>) -> Result<Option<Column>> {
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => {
            let names: Vec<String> = several.iter().map(|column| column.name.clone()).collect();
            Err(Error::question(format!("several columns of `{}` may be the {}", table.name, role.name))
                .detail(format!("they are {}", name::listed(&names)))
                .hint(format!("say which: {} {}", role.flag, names[0])))
        }
    }
}

/// The table whose rows are judged: the one told, or the only one with predictions or scores whose rows have labels.
fn table<'a>(session: &'a Session, args: &SlicesArgs) -> Result<&'a Table> {
    if let Some(wanted) = &args.table {
        return session.table(wanted);
    }
    let told = args.prediction.as_ref().or(args.score.as_ref());
    if let Some((Ok(table), _)) = told.and_then(|told| told.rsplit_once('.')).map(|(t, c)| (session.table(t), c)) {
        return Ok(table);
    }
    let has = |table: &Table, wanted: &Option<String>| wanted.as_ref().is_none_or(|w| table.column(w).is_some());
    let judges = |table: &Table| match told {
        Some(_) => has(table, &args.prediction) && has(table, &args.score),
        None => !predictions(table).is_empty() || !scores(table).is_empty(),
    };
    let found: Vec<&Table> = session.tables.iter().filter(|table| judges(table)).collect();
    let labelled = |table: &Table, by_any: bool| {
        let own = |table: &Table| match &args.label {
            Some(wanted) => table.column(wanted).is_some(),
            None => !labels(table).is_empty(),
        };
        own(table)
            || Population::find(session, &asked(args, &table.name)).is_ok_and(|population| {
                let mut joined = population.joined.iter().filter(|joined| by_any || joined.is_followed);
                joined.any(|joined| args.label.is_some() || own(joined.table))
            })
    };
    let of = |by_any: bool| found.iter().copied().filter(|table| labelled(table, by_any)).collect::<Vec<&Table>>();
    let followed = of(false);
    let of_labels = if followed.is_empty() { of(true) } else { followed };
    match (of_labels.as_slice(), found.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one),
        ([], []) => {
            let what =
                told.map_or("a column called like a prediction or a score".into(), |told| format!("a column `{told}`"));
            Err(Error::question(format!("no table has {what}")).hint(
                "say which has: --table TABLE --prediction COLUMN --label COLUMN; `rca schema` lists all columns",
            ))
        }
        (several, all) => {
            let several = if several.is_empty() { all } else { several };
            let names: Vec<String> = several.iter().map(|table| table.name.clone()).collect();
            Err(Error::question("several tables may have the rows of a model")
                .detail(format!("they are {}", name::listed(&names)))
                .hint(format!("say which: --table {}", names[0])))
        }
    }
}

/// All columns that a row has, its own first: the table, its place among those joined, the column.
fn places<'a>(population: &'a Population) -> impl Iterator<Item = (&'a Table, Option<usize>, &'a Column)> {
    let own = population.table.own_columns().map(|column| (population.table, None, column));
    let joined = population
        .joined
        .iter()
        .enumerate()
        .flat_map(|(at, joined)| joined.table.own_columns().map(move |column| (joined.table, Some(at), column)));
    own.chain(joined)
}

fn place(population: &Population, joined: Option<usize>, column: &Column) -> Place {
    let own = own(column);
    let Some(at) = joined else { return own };
    let alias = quote::readable_name(&population.joined[at].alias);
    Place { sql: format!("{alias}.{}", own.sql), joined, ..own }
}

/// A column by its name, or by those of its table and its own.
fn wanted_place(population: &Population, wanted: &str, role: &Role) -> Result<Place> {
    let called = |table: &Table, joined: Option<usize>, column: &Column| {
        let is = |prefix: &str| wanted.eq_ignore_ascii_case(&format!("{prefix}.{}", column.name));
        is(&table.name) || is(&table.short_name) || joined.is_some_and(|at| is(&population.joined[at].alias))
    };
    let mut found: Vec<(String, Place)> = Vec::new();
    for (table, joined, column) in places(population) {
        let is_bare = column.name.eq_ignore_ascii_case(wanted);
        if is_bare || called(table, joined, column) {
            found.push((format!("{}.{}", table.name, column.name), place(population, joined, column)));
        }
    }
    if let Some((_, own)) = found.iter().find(|(_, place)| place.joined.is_none()) {
        return Ok(own.clone());
    }
    match found.as_slice() {
        [(_, place)] => Ok(place.clone()),
        [] => {
            let names: Vec<String> = places(population)
                .map(|(table, joined, column)| match joined {
                    None => column.name.clone(),
                    Some(_) => format!("{}.{}", table.name, column.name),
                })
                .collect();
            let near = name::nearest(wanted, names.iter().map(String::as_str));
            let error = Error::question(format!("rows of `{}` have no column `{wanted}`", population.table.name))
                .detail(format!("asked for by {}", role.flag));
            Err(error.near_or(&near, format!("there are {}", name::listed(&names))))
        }
        several => {
            let names: Vec<String> = several.iter().map(|(name, _)| name.clone()).collect();
            Err(Error::question(format!("several tables have a column `{wanted}`"))
                .detail(format!("they are {}", name::listed(&names)))
                .hint(format!("say which: {} {}", role.flag, names[0])))
        }
    }
}

/// The label by its name: that of the settings, one of the table's own columns, one of a table that knows the entity.
fn label(population: &Population) -> Result<Place> {
    if let Some(said) = &population.session.settings.labels {
        let table = population.session.table(&said.table)?;
        let column = said.label.as_deref().and_then(|label| table.column(label));
        let joined = population.joined.iter().position(|joined| joined.table.name == table.name);
        if let (Some(column), Some(_)) = (column, joined) {
            return Ok(place(population, joined, column));
        }
    }
    if let Some(column) = only(&LABEL, population.table, labels(population.table))? {
        return Ok(own(&column));
    }
    let of = |is_followed: bool| -> Vec<(String, Place)> {
        let joined = population.joined.iter().enumerate().filter(|(_, joined)| joined.is_followed == is_followed);
        let all = joined.flat_map(|(at, joined)| labels(joined.table).into_iter().map(move |column| (at, column)));
        all.map(|(at, column)| {
            let name = format!("{}.{}", population.joined[at].table.name, column.name);
            (name, place(population, Some(at), column))
        })
        .collect()
    };
    // What rows are about goes before any other key that they have.
    let followed = of(true);
    let found = if followed.is_empty() { of(false) } else { followed };
    match found.as_slice() {
        [(_, place)] => Ok(place.clone()),
        [] => Err(Error::question(format!(
            "no column that rows of `{}` have is called like a label",
            population.table.name
        ))
        .hint(format!("say which it is: --label COLUMN; there are {}", listed(population.table)))),
        several => {
            let names: Vec<String> = several.iter().map(|(name, _)| name.clone()).collect();
            Err(Error::question("several columns may be the label")
                .detail(format!("they are {}", name::listed(&names)))
                .hint(format!("say which: --label {}", names[0])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        names.iter().map(|name| Column::new(*name, Kind::Int)).collect()
    }

    #[test]
    fn names_tell_the_roles() {
        let told = |role: &Role, names: &[&str]| {
            let columns = columns(names);
            role.named(columns.iter()).iter().map(|column| column.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(told(&LABEL, &["id", "Label", "label_source"]), ["Label"]);
        assert_eq!(told(&LABEL, &["id", "fault_label", "label_source"]), ["fault_label", "label_source"]);
        assert_eq!(told(&PREDICTION, &["unit", "y_pred", "station"]), ["y_pred"]);
        assert_eq!(told(&PREDICTION, &["unit", "PredictedFault"]), ["PredictedFault"]);
        assert_eq!(told(&SCORE, &["scoreboard", "faultProb"]), ["faultProb"]);
        assert!(told(&LABEL, &["id", "yield", "x"]).is_empty());
    }
}
