//! `catch_all` and `overloaded`: codes under which unlike failures stand. What they are is told by their messages, what
//! separates them by the other columns of their rows.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::{self, Failure};
use super::{Audit, Count, Fault, first_line};
use crate::command::errors::meanings;
use crate::command::templates::like;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::figure::{percent, plural};

/// Fewer rows tell nothing of a code.
const ROWS_LEAST: i64 = 5;
/// With fewer rows messages that are there once tell nothing.
const ROWS_OF_MANY: i64 = 20;
/// A failure is told apart from noise by a fiftieth of its code's rows, and by two of them.
const PART_OF_ALL: i64 = 50;
/// With this many unlike failures a code is a catch-all, if its own share of all errors is no trifle.
const FAILURES_OF_CATCH_ALL: usize = 4;
const SHARE_OF_CATCH_ALL: f64 = 0.01;
/// Failures that are listed one by one.
const LISTED: usize = 8;
/// Columns that are looked at for what separates failures, and values that they may have together with them.
const COLUMNS_LOOKED_AT: usize = 20;
const VALUES_MOST: usize = 20_000;
/// How often the value of a column must tell the failure.
const TOLD_LEAST: f64 = 0.9;
/// Versions and sizes may read as numbers with fractions; what has more values than these is measured.
const FRACTIONS_MOST: usize = 50;

/// What words of a description say that a code is for the rest.
const REST: [&str; 12] = [
    "other",
    "unspecified",
    "unknown",
    "misc",
    "miscellaneous",
    "generic",
    "general",
    "default",
    "unclassified",
    "undefined",
    "uncategorized",
    "catch-all",
];

/// A code with the failures under it, in the table whose messages tell most of them.
struct Mixed<'a> {
    place: usize,
    code: &'a str,
    count: i64,
    failures: Vec<Failure>,
    /// How many of them are no noise.
    distinct: usize,
    counts: Vec<&'a Count>,
}

impl Mixed<'_> {
    /// The failures that are listed one by one.
    fn listed(&self) -> &[Failure] {
        &self.failures[..self.distinct.min(LISTED).min(self.failures.len())]
    }

    fn templates(&self, failure: &Failure) -> Vec<&str> {
        let template = |at: &usize| first_line(self.counts[*at].template.as_deref().unwrap_or_default());
        failure.templates.iter().map(template).collect()
    }

    /// What each of them is called, for people: by what its templates have in common, unless another one is called so.
    fn texts(&self, audit: &Audit) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for failure in self.listed() {
            let templates = self.templates(failure);
            let common = audit.shown(&alike::common(&templates));
            let is_taken = texts.contains(&common);
            texts.push(if is_taken { audit.shown(templates.first().copied().unwrap_or_default()) } else { common });
        }
        texts
    }
}

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) -> Result<()> {
    let mut worst: BTreeMap<&str, Mixed> = BTreeMap::new();
    let mut elsewhere: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for place in 0..audit.question.places.len() {
        for (code, counts) in audit.by_code(place) {
            // What a public code means is not ours to split.
            if meanings::is_public(code) {
                continue;
            }
            let Some(mixed) = mixed(place, code, counts) else { continue };
            let name = &audit.question.places[place].table.name;
            let said = format!("{} in {name}", mixed.count);
            match worst.get(code) {
                Some(other) if other.distinct >= mixed.distinct => elsewhere.entry(code).or_default().push(said),
                Some(other) => {
                    let name = &audit.question.places[other.place].table.name;
                    elsewhere.entry(code).or_default().push(format!("{} in {name}", other.count));
                    worst.insert(code, mixed);
                }
                None => drop(worst.insert(code, mixed)),
            }
        }
    }
    for (code, mixed) in worst {
        faults.extend(fault(audit, &mixed, elsewhere.get(code))?);
    }
    Ok(())
}

fn mixed<'a>(place: usize, code: &'a str, counts: Vec<&'a Count>) -> Option<Mixed<'a>> {
    let all: i64 = counts.iter().map(|count| count.count).sum();
    let told: Vec<&Count> = counts.into_iter().filter(|count| count.template.is_some()).collect();
    let templates: Vec<(&str, i64)> =
        told.iter().map(|count| (count.template.as_deref().unwrap_or_default(), count.count)).collect();
    let failures = alike::failures(&templates);
    let count: i64 = failures.iter().map(|failure| failure.count).sum();
    let is_main = |failure: &&Failure| failure.count >= 2 && failure.count * PART_OF_ALL >= count;
    let mut distinct = failures.iter().filter(is_main).count();
    // Many that are rare each are as many as their shares make.
    let are_many = count >= ROWS_OF_MANY;
    if are_many && alike::effective(failures.iter().map(|failure| failure.count)) >= FAILURES_OF_CATCH_ALL as f64 {
        distinct = distinct.max(FAILURES_OF_CATCH_ALL);
        if failures.iter().filter(is_main).count() < FAILURES_OF_CATCH_ALL {
            distinct = failures.len();
        }
    }
    let is_evenly = failures.first().is_some_and(|most| most.count * 10 < count * 9);
    (count >= ROWS_LEAST && distinct >= 2 && is_evenly).then_some(Mixed {
        place,
        code,
        count: all,
        failures,
        distinct,
        counts: told,
    })
}

fn fault(audit: &Audit, mixed: &Mixed, elsewhere: Option<&Vec<String>>) -> Result<Option<Fault>> {
    let place = &audit.question.places[mixed.place];
    let name = &place.table.name;
    let share = audit.share(mixed.place, mixed.count);
    let description = audit.description(mixed.code)?.unwrap_or_default();
    let is_many = mixed.distinct >= FAILURES_OF_CATCH_ALL && share >= SHARE_OF_CATCH_ALL;
    let is_catch_all = is_many || is_rest(&description) || is_rest(mixed.code);
    let texts = mixed.texts(audit);
    let listed: Vec<String> =
        mixed.listed().iter().zip(&texts).map(|(failure, text)| format!("{} × {text}", failure.count)).collect();
    let more = rest(mixed, listed.len());
    let mut detail = format!(
        "{} of {} of {name} ({}) stand under {}{}, which hides {} unlike failures: {}{more}",
        mixed.count,
        plural(audit.totals[mixed.place].unsigned_abs(), "error"),
        percent(share),
        mixed.code,
        audit.called(mixed.code)?,
        mixed.distinct,
        listed.join("; "),
    );
    let told_by = separating(audit, mixed)?;
    if !told_by.is_empty() {
        detail.push_str(&format!("; told apart by {}", told_by.join(", ")));
    }
    let proposed: Vec<String> =
        texts.iter().enumerate().map(|(at, text)| format!("{}-{} {}", mixed.code, at + 1, title(text))).collect();
    detail.push_str(&format!("; proposal: split it into {}", proposed.join("; ")));
    detail.push_str(&audit.cost(Some(mixed.code)));
    if let Some(others) = elsewhere {
        detail.push_str(&format!("; the same code also mixes {}", others.join(", ")));
    }
    Ok(Some(Fault {
        fault: if is_catch_all { "catch_all" } else { "overloaded" },
        code: Some(mixed.code.to_string()),
        count: mixed.count,
        share,
        templates: Some(mixed.distinct as i64),
        detail,
        sql: sql(audit, mixed, &texts)?,
    }))
}

/// What of a code's errors is not listed: further failures, and rows that are rare or say nothing.
fn rest(mixed: &Mixed, listed: usize) -> String {
    let count = |failures: &[Failure]| failures.iter().map(|failure| failure.count).sum::<i64>();
    let distinct = mixed.distinct.min(mixed.failures.len());
    let more = match distinct - listed {
        0 => String::new(),
        more => format!("; and {more} more, {} × in all", count(&mixed.failures[listed..distinct])),
    };
    match mixed.count - count(&mixed.failures[..distinct]) {
        0 => more,
        1 => format!("{more}; 1 other"),
        others => format!("{more}; {others} others"),
    }
}

fn is_rest(text: &str) -> bool {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| REST.contains(&word))
}

/// The first words of a failure, by which a code of its own could be called.
fn title(text: &str) -> String {
    let words: Vec<&str> =
        text.split_whitespace().filter(|word| !word.contains('…') && alike::is_telling(word)).take(3).collect();
    if words.is_empty() { text.to_string() } else { words.join(" ") }
}

/// Columns whose value tells which of the failures a row is, and how many rows of all it tells rightly.
fn separating(audit: &Audit, mixed: &Mixed) -> Result<Vec<String>> {
    let question = audit.question;
    let place = &question.places[mixed.place];
    let table = place.table;
    let roles = &table.roles;
    let entities = question.session.entity_columns(table);
    let is_taken = |name: &str| {
        let of_role = [&roles.time, &roles.end, &roles.level, &place.message, &roles.result];
        of_role.into_iter().flatten().any(|role| role == name)
            || place.raw.as_ref().and_then(|raw| raw.column()) == Some(name)
            || entities.iter().any(|entity| entity == name)
            || matches!(name, "level_raw" | "exception")
    };
    let columns: Vec<&Column> = table
        .own_columns()
        .filter(|column| matches!(column.kind, Kind::Text | Kind::Int | Kind::Bool) || is_fraction(column))
        .filter(|column| !is_taken(&column.name))
        .take(COLUMNS_LOOKED_AT)
        .collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let more: Vec<(String, String)> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| (format!("{}::VARCHAR", quote::name(&column.name)), format!("column_{at}")))
        .collect();
    let rows = question.rows_of(place, question.window, &more);
    let failure_of: BTreeMap<i64, usize> = mixed
        .failures
        .iter()
        .enumerate()
        .flat_map(|(at, failure)| {
            failure.templates.iter().filter_map(move |template| Some((mixed.counts[*template].number?, at)))
        })
        .collect();
    let mut found = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let counted = question.session.engine.rows(&format!(
            "SELECT column_{at}, rca_template_of({}) AS number, count(*) FROM ({rows}) WHERE {} = {} AND text IS NOT NULL GROUP BY ALL ORDER BY ALL LIMIT {VALUES_MOST}",
            super::without_code(),
            place.code_sql("raw_code", "text"),
            quote::text(mixed.code),
        ))?;
        if counted.rows.len() == VALUES_MOST {
            continue;
        }
        let mut by_value: BTreeMap<String, BTreeMap<usize, i64>> = BTreeMap::new();
        for row in &counted.rows {
            let Some(failure) = failure_of.get(&row[1].int()) else { continue };
            *by_value.entry(row[0].shown()).or_default().entry(*failure).or_default() += row[2].int();
        }
        if is_fraction(column) && by_value.len() > FRACTIONS_MOST {
            continue;
        }
        let all: i64 = by_value.values().flat_map(BTreeMap::values).sum();
        // Its failure is the most frequent one of each value; a value that is there once tells nothing.
        let told: i64 = by_value.values().filter_map(|of| of.values().max()).filter(|count| **count > 1).sum();
        let tells: BTreeSet<&usize> =
            by_value.values().filter_map(|of| of.iter().max_by_key(|(_, count)| **count).map(|(at, _)| at)).collect();
        if all > 0 && told as f64 >= TOLD_LEAST * all as f64 && tells.len() >= 2 {
            found.push(format!("{} ({told} of {all})", column.name));
        }
    }
    Ok(found)
}

fn is_fraction(column: &Column) -> bool {
    matches!(column.kind, Kind::Float | Kind::Decimal { .. })
}

/// The SQL that shows the failures: by their patterns, if these count as many as there are, else by the messages.
fn sql(audit: &Audit, mixed: &Mixed, texts: &[String]) -> Result<String> {
    let question = audit.question;
    let place = &question.places[mixed.place];
    let table = place.table;
    let condition = audit.where_code(mixed.place, mixed.code);
    let message = place.message.as_ref().map(|name| quote::readable_name(name)).unwrap_or_default();
    let listed = mixed.listed();
    for text in [message.clone(), format!("split_part({message}, chr(10), 1)")] {
        let cases: Vec<String> = listed
            .iter()
            .zip(texts)
            .map(|(failure, said)| {
                let templates = mixed.templates(failure);
                let any: Vec<String> =
                    templates.iter().map(|template| format!("{text} LIKE {}", like(template))).collect();
                format!("WHEN {} THEN {}", any.join(" OR "), quote::text(said))
            })
            .collect();
        let sql = format!(
            "SELECT CASE {} ELSE 'other' END AS failure, count(*) AS count FROM {} WHERE {condition} GROUP BY 1 ORDER BY 2 DESC, 1",
            cases.join(" "),
            table.sql()
        );
        let seen = question.session.engine.rows(&sql)?.rows;
        let mut counts: Vec<i64> =
            seen.iter().filter(|row| row[0].shown() != "other").map(|row| row[1].int()).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        if counts == listed.iter().map(|failure| failure.count).collect::<Vec<_>>() {
            return Ok(quote::one_line(&sql));
        }
    }
    Ok(quote::one_line(&format!(
        "SELECT split_part({message}, chr(10), 1) AS message, count(*) AS count FROM {} WHERE {condition} GROUP BY 1 ORDER BY 2 DESC, 1",
        table.sql()
    )))
}
