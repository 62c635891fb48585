//! `unlabelled`: failed entities that got no label, by the codes that they failed with.

use std::collections::BTreeMap;
use std::slice::from_ref;

use super::{Audit, Fault, share};
use crate::command::errors::places::Place;
use crate::command::errors::question::Question;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::session::written::{self, Form, Written};
use crate::session::{Table, known_column};

/// Names of a column that holds labels.
const LABELS: [&str; 7] = ["label", "labels", "ground_truth", "true_label", "y_true", "annotation", "label_name"];
/// What is written where there is none.
const NONE: &str = "'', 'unknown', 'unlabelled', 'unlabeled', 'none', 'n/a', 'na', 'null', '?', '-'";

/// Entities that failed with a code, and those of them without a label.
#[derive(Debug, Clone, Copy)]
pub struct Units {
    pub failed: i64,
    pub unlabelled: i64,
    /// How often they failed, and those without a label.
    failures: i64,
    unlabelled_failures: i64,
}

/// The table of labels, and the one whose failures should have them.
pub struct Labels<'a> {
    table: &'a Table,
    /// Entities that have a label, as SQL.
    labelled: String,
    /// Where entities fail.
    place: usize,
    place_name: String,
    entity: String,
    /// In which form these are those that are labelled.
    form: Form,
    by_code: BTreeMap<Option<String>, Units>,
    pub failed: i64,
    pub unlabelled: i64,
}

impl<'a> Labels<'a> {
    /// The labels that the settings say, or those of a table that is called after them or has a column of them.
    ///
    /// # Errors
    /// If the settings name what is not there, or the evidence cannot be read.
    pub fn find(question: &Question<'a>, notes: &mut Vec<String>) -> Result<Vec<Labels<'a>>> {
        let session = question.session;
        let settings = session.settings.labels.as_ref();
        let table = match settings {
            Some(settings) => session.table(&settings.table)?,
            None => match found(question) {
                Some(table) => table,
                None => {
                    notes.push("no table of labels is known, so unlabelled failures are not looked for; name one: --set labels.table=TABLE".into());
                    return Ok(Vec::new());
                }
            },
        };
        let key = match settings.and_then(|labels| labels.key.as_deref()) {
            Some(key) => known_column(&table.name, &table.columns, key, "labels.key")?,
            None => shared(question, table)?.or_else(|| session.entity_columns(table).into_iter().next()).ok_or_else(
                || {
                    Error::question(format!("table `{}` of labels has no known key", table.name))
                        .hint("say which column it is: --set labels.table=TABLE --set labels.key=COLUMN")
                },
            )?,
        };
        let label = match settings.and_then(|labels| labels.label.as_deref()) {
            Some(label) => known_column(&table.name, &table.columns, label, "labels.label")?,
            None => label_column(table).unwrap_or_else(|| key.clone()),
        };
        crate::command::is_used(table, notes);
        let failing = failing(question, table, &key);
        if failing.is_empty() {
            notes.push(format!(
                "no table with errors has the entities of {}, so unlabelled failures are not looked for",
                table.name
            ));
        }
        let is_text = table.column(&label).is_some_and(|column| column.kind == Kind::Text);
        let has_words = is_text && {
            let row = session.one_row(&format!(
                "SELECT count(*) FROM {} WHERE lower(trim({}::VARCHAR)) IN ({NONE})",
                table.sql(),
                quote::name(&label)
            ))?;
            row[0].int() > 0
        };
        let label = quote::readable_name(&label);
        let has_label =
            if has_words { format!(" AND lower(trim({label}::VARCHAR)) NOT IN ({NONE})") } else { String::new() };
        let Some(key) = table.column(&key) else { return Ok(Vec::new()) };
        let labelled = |form: &Form| {
            let text = form.sql(&written::text_of(key));
            format!("SELECT {text} FROM {} WHERE {text} IS NOT NULL AND {label} IS NOT NULL{has_label}", table.sql())
        };
        let mut found = Vec::new();
        for (place, entity) in failing {
            let mine = question.places[place].table;
            let names = (format!("{}.{entity}", mine.name), format!("{}.{}", table.name, key.name));
            let forms = session.forms((mine, &entity), (table, &key.name))?;
            let mut labels = Labels {
                table,
                labelled: labelled(&forms.1),
                place,
                place_name: mine.name.clone(),
                entity,
                form: forms.0.clone(),
                by_code: BTreeMap::new(),
                failed: 0,
                unlabelled: 0,
            };
            labels.count(question)?;
            if labels.failed > 0 && labels.failed == labels.unlabelled && !labels.are_of(question, key)? {
                let none = session.share_none((mine, from_ref(&labels.entity)), (table, from_ref(&key.name)))?;
                notes.push(format!("{none}, so unlabelled failures are not looked for"));
                continue;
            }
            notes.extend(written::said(&[(&names.0, &forms.0), (&names.1, &forms.1)]));
            if forms == (Form::AsWritten, Form::AsWritten) && labels.unlabelled > 0 {
                notes.extend(labels.said_of_otherwise(question, &labelled(&Form::Alike))?);
            }
            found.push(labels);
        }
        Ok(found)
    }

    /// Whether labels are of any of the entities at all, or there are none.
    fn are_of(&self, question: &Question, key: &Column) -> Result<bool> {
        let written = |table: &Table, column: &str| Written::of(table, &[column.to_string()]);
        let mine = written(question.places[self.place].table, &self.entity);
        Ok(!question.session.agreed(&mine, &written(self.table, &key.name))?.is_of_none())
    }

    /// What failed, as SQL: the code and the entity, and whether it has no label.
    fn failures(&self, question: &Question) -> String {
        let place = &question.places[self.place];
        let unit = (self.form.sql(&written::text(place.table, &self.entity)), "unit".to_string());
        format!(
            "SELECT code, unit, unit NOT IN ({}) AS is_unlabelled FROM ({}) WHERE unit IS NOT NULL AND is_error",
            self.labelled,
            question.judged(place, &question.rows_of(place, question.window, &[unit])),
        )
    }

    /// How many of those without a label have one under an id that is written otherwise.
    fn said_of_otherwise(&self, question: &Question, alike: &str) -> Result<Option<String>> {
        let row = question.session.engine.counted(&format!(
            "SELECT count(DISTINCT unit) FROM ({}) WHERE is_unlabelled AND {} IN ({alike})",
            self.failures(question),
            Form::Alike.sql("unit"),
        ))?;
        let count = row[0].int();
        Ok((count > 0).then(|| {
            let of =
                format!("the {} failed {} without a label", grouped(self.unlabelled.unsigned_abs()), self.things());
            written::said_otherwise(count, &of, &format!("in {}", self.table.name))
        }))
    }

    fn count(&mut self, question: &Question) -> Result<()> {
        let relation = self.failures(question);
        let rows = question.session.engine.rows(&format!(
            "SELECT code, count(DISTINCT unit), count(DISTINCT unit) FILTER (is_unlabelled), count(*), count(*) FILTER (is_unlabelled), grouping(code) \
             FROM ({relation}) GROUP BY GROUPING SETS ((code), ()) ORDER BY 6, 1 NULLS LAST"
        ))?;
        for row in &rows.rows {
            let units = Units {
                failed: row[1].int(),
                unlabelled: row[2].int(),
                failures: row[3].int(),
                unlabelled_failures: row[4].int(),
            };
            if row[5].int() == 1 {
                (self.failed, self.unlabelled) = (units.failed, units.unlabelled);
            } else {
                self.by_code.insert((!row[0].is_null()).then(|| row[0].shown()), units);
            }
        }
        Ok(())
    }

    /// Entities that failed with a code, in the table whose failures should be labelled.
    pub fn of(&self, code: Option<&str>) -> Option<Units> {
        self.by_code.get(&code.map(String::from)).copied()
    }

    /// Of which kind the column of the entities is that fail.
    pub fn kind(&self, question: &Question) -> Kind {
        question.places[self.place].table.column(&self.entity).map_or(Kind::Text, |column| column.kind)
    }

    /// The table of labels.
    pub fn name(&self) -> &str {
        &self.table.name
    }

    /// Whether that is this table.
    pub fn is_of(&self, table: &str) -> bool {
        self.place_name == table
    }

    /// Which of the question's places that is.
    pub fn place(&self) -> usize {
        self.place
    }

    /// What is labelled, as people call it: `serial values`.
    pub fn things(&self) -> String {
        format!("{} values", self.entity)
    }
}

/// A table that is called after labels, else one with a column of labels and an entity, and without a model's word.
fn found<'a>(question: &Question<'a>) -> Option<&'a Table> {
    let session = question.session;
    let all = || session.tables.iter().filter(|table| table.kind != "log" && !session.entity_columns(table).is_empty());
    let is_predicted = |table: &&Table| {
        table.own_columns().any(|column| {
            let name = column.name.to_lowercase();
            name.contains("predict") || name.contains("score") || name.contains("prob")
        })
    };
    // What is called after labels is of anything that failures are of, too.
    let is_of_failures = |table: &&Table| {
        let others = || question.places.iter().filter(|place| place.table.name != table.name);
        table.kind != "log" && others().any(|place| session.is_shared(place.table, table))
    };
    let is_called = |table: &&Table| table.short_name.to_lowercase().contains("label");
    all()
        .find(is_called)
        .or_else(|| session.tables.iter().filter(is_called).find(is_of_failures))
        .or_else(|| all().filter(|table| !is_predicted(table)).find(|table| label_column(table).is_some()))
}

fn label_column(table: &Table) -> Option<String> {
    LABELS.iter().find_map(|name| table.column(name)).map(|column| column.name.clone())
}

/// The tables whose failures should have labels: those with an outcome and a code rather than without, and no logs,
/// which repeat what other tables say. Each with its column of the entities that labels are of.
fn failing(question: &Question, labels: &Table, key: &str) -> Vec<(usize, String)> {
    let session = question.session;
    let entity = |place: &Place| {
        let shared = session.all_shared(place.table, labels);
        let same = shared.iter().find(|shared| shared.other.name == key).map(|shared| shared.mine.name.clone());
        same.or_else(|| place.table.column(key).map(|column| column.name.clone()))
    };
    let may_be = |place: &Place| place.table.name != labels.name || place.table.roles.result.is_some();
    let all: Vec<(usize, &Place, String)> = question
        .places
        .iter()
        .enumerate()
        .filter(|(_, place)| may_be(place))
        .filter_map(|(at, place)| Some((at, place, entity(place)?)))
        .collect();
    let best = all.iter().map(|(_, place, _)| rank(place)).min();
    all.into_iter().filter(|(_, place, _)| Some(rank(place)) == best).map(|(at, _, entity)| (at, entity)).collect()
}

/// How little a place's failures are those that should have labels.
fn rank(place: &Place) -> (bool, bool, bool, bool) {
    let roles = &place.table.roles;
    (place.table.kind == "log", roles.result.is_none(), place.raw.is_none(), place.table.kind == "json")
}

/// The column by which labels are of what fails: of several the finest.
fn shared(question: &Question, labels: &Table) -> Result<Option<String>> {
    let session = question.session;
    let others = question.places.iter().filter(|place| place.table.name != labels.name);
    let Some(place) = others.filter(|place| session.is_shared(place.table, labels)).min_by_key(|place| rank(place))
    else {
        return Ok(None);
    };
    Ok(session.finest(place.table, labels)?.map(|shared| shared.other.name.clone()))
}

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) -> Result<()> {
    audit.labels.iter().try_for_each(|labels| of_place(audit, labels, faults))
}

fn of_place(audit: &Audit, labels: &Labels, faults: &mut Vec<Fault>) -> Result<()> {
    let question = audit.question;
    let place = &question.places[labels.place];
    let entity = quote::readable_name(&labels.entity);
    let text = labels.form.sql(&written::text(place.table, &labels.entity));
    for (code, units) in labels.by_code.iter().filter(|(_, units)| units.unlabelled > 0) {
        let is_code = match code {
            Some(code) => audit.where_code(labels.place, code),
            None => question.are_of(place, None),
        };
        let with = match code {
            Some(code) => format!("with {code}{}", audit.called(code)?),
            None => "without a code".into(),
        };
        let share = share(units.unlabelled, labels.failed);
        let lack = match units.unlabelled == units.failed {
            true => ("none".to_string(), "has a label"),
            false if units.unlabelled == 1 => ("1".to_string(), "has no label"),
            false => (units.unlabelled.to_string(), "have no label"),
        };
        faults.push(Fault {
            fault: "unlabelled",
            code: code.clone(),
            count: units.unlabelled,
            share,
            templates: None,
            detail: format!(
                "{} of the {} {} that failed {with} in {} {} in {} ({} of {}): a model learns and is judged without them; {} of all {} failed ones {} none",
                lack.0,
                units.failed,
                labels.things(),
                place.table.name,
                lack.1,
                labels.table.name,
                units.unlabelled_failures,
                plural(units.failures.unsigned_abs(), "failure"),
                labels.unlabelled,
                labels.failed,
                if labels.unlabelled == 1 { "has" } else { "have" },
            ),
            sql: quote::one_line(&format!(
                "SELECT DISTINCT {entity} FROM {} WHERE {is_code} AND {text} NOT IN ({}) ORDER BY 1",
                place.table.sql(),
                labels.labelled
            )),
        });
    }
    Ok(())
}
