//! Whether the codes can be trusted: failures without a code, codes that hide several failures, failures under
//! several codes, codes that no codebook knows, failed entities that never got a label.

use super::{FAULTS, Question};
use crate::command::Answer;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::value::Value;
use crate::session::{Table, known_column};

/// One fault of the classification.
struct Fault {
    fault: &'static str,
    code: Option<String>,
    count: i64,
    share: f64,
    templates: Option<i64>,
    detail: String,
    sql: String,
}

/// The worst first: what hides failures, then what hides meaning.
const ORDER: [&str; 7] =
    ["catch_all", "unlabelled", "unclassified", "overloaded", "synonym", "undocumented", "never_seen"];

pub fn run(mut question: Question) -> Result<Answer> {
    let mut faults = Vec::new();
    let (_, tables) = question.failures(&[])?;
    let mut codes_seen = Vec::new();
    let mut all = 0;
    for table in tables {
        let Some(failures) = question.failures_of(table, &[]) else { continue };
        let codes = question
            .session
            .engine
            .rows(&format!("SELECT code, count(*) FROM ({failures}) GROUP BY 1 ORDER BY 1 NULLS LAST"))?
            .rows;
        let total: i64 = codes.iter().map(|row| row[1].int()).sum();
        let coded: i64 = codes.iter().filter(|row| !row[0].is_null()).map(|row| row[1].int()).sum();
        codes_seen
            .extend(codes.iter().filter(|row| !row[0].is_null()).map(|row| (row[0].shown(), row[1].int(), table)));
        all += total;
        unclassified(&question, table, total, total - coded, &mut faults);
        if coded > 0 {
            templates(&question, table, &failures, total, &mut faults)?;
        }
    }
    codebook(&question, &codes_seen, all, &mut faults)?;
    unlabelled(&mut question, &mut faults)?;
    faults.sort_by(|a, b| {
        let place = |fault: &Fault| ORDER.iter().position(|name| *name == fault.fault);
        place(a)
            .cmp(&place(b))
            .then(b.count.cmp(&a.count))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.detail.cmp(&b.detail))
    });
    let rows: Vec<Vec<Value>> = faults
        .into_iter()
        .map(|fault| {
            vec![
                Value::Text(fault.fault.into()),
                fault.code.map_or(Value::Null, Value::Text),
                Value::Int(fault.count.into()),
                Value::Float((fault.share * 10_000.0).round() / 10_000.0),
                fault.templates.map_or(Value::Null, |count| Value::Int(count.into())),
                Value::Text(fault.detail),
                Value::Text(fault.sql),
            ]
        })
        .collect();
    Ok(Answer {
        sql: question.session.engine.keep("faults", &FAULTS, &rows)?,
        notes: question.notes,
        ..Answer::default()
    })
}

fn share(count: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { count as f64 / total as f64 }
}

/// Which rows of a table are errors, for SQL that people paste.
fn is_error(table: &Table) -> String {
    let result = table.roles.result.as_ref().map(|result| format!("rca_failed({})", quote::readable_name(result)));
    let level = table
        .roles
        .level
        .as_ref()
        .map(|level| format!("rca_level({}) IN ('error', 'fatal')", quote::readable_name(level)));
    let parts: Vec<String> = level.into_iter().chain(result).collect();
    if parts.is_empty() { "true".into() } else { format!("({})", parts.join(" OR ")) }
}

fn unclassified(question: &Question, table: &Table, total: i64, count: i64, faults: &mut Vec<Fault>) {
    let Some(code) = question.code_of(table) else { return };
    if count == 0 {
        return;
    }
    faults.push(Fault {
        fault: "unclassified",
        code: None,
        count,
        share: share(count, total),
        templates: None,
        detail: format!(
            "{count} of {total} errors of {} have no code: nobody can count or label them by it",
            table.name
        ),
        sql: quote::one_line(&format!(
            "SELECT * FROM {} WHERE {} AND rca_code({}) IS NULL{}",
            table.sql(),
            is_error(table),
            plain(&code),
            question.asked_of(table),
        )),
    });
}

/// `"error_code"::VARCHAR` as people write it.
fn plain(code: &str) -> String {
    match code.strip_prefix('"').and_then(|rest| rest.strip_suffix("\"::VARCHAR")) {
        Some(name) => quote::readable_name(&name.replace("\"\"", "\"")),
        None => code.to_string(),
    }
}

/// Codes with several templates, and templates with several codes.
fn templates(question: &Question, table: &Table, failures: &str, total: i64, faults: &mut Vec<Fault>) -> Result<()> {
    if table.roles.message.is_none() {
        return Ok(());
    }
    let sql = fill(include_str!("templates.sql"), &[("failures", failures)]);
    let rows = question.session.engine.rows(&sql)?.rows;
    let mut at = 0;
    while at < rows.len() {
        let code = rows[at][0].shown();
        let of_code: Vec<&Vec<Value>> = rows[at..].iter().take_while(|row| row[0].shown() == code).collect();
        at += of_code.len();
        let count: i64 = of_code.iter().map(|row| row[2].int()).sum();
        // A template is told apart from noise by a twentieth of its code's rows.
        let main: Vec<&&Vec<Value>> = of_code.iter().filter(|row| row[2].int() * 20 >= count).collect();
        let description =
            question.codebook.as_ref().map(|_| describe(question, &code)).transpose()?.flatten().unwrap_or_default();
        let is_rest = ["other", "unspecified", "unknown", "misc", "generic", "default", "unclassified"]
            .iter()
            .any(|word| description.to_lowercase().contains(word));
        let evenly = main.iter().all(|row| row[2].int() * 10 < count * 9);
        if main.len() < 2 || !evenly || count < 5 {
            continue;
        }
        let is_catch_all = main.len() >= 4 || is_rest;
        let list: Vec<String> =
            main.iter().take(8).map(|row| format!("{} × {}", row[2].int(), row[1].shown())).collect();
        let called = if description.is_empty() { String::new() } else { format!(" ({description})") };
        let code_sql = question.code_of(table).map(|code| plain(&code)).unwrap_or_default();
        let message = table.roles.message.as_ref().map(|message| quote::readable_name(message)).unwrap_or_default();
        faults.push(Fault {
            fault: if is_catch_all { "catch_all" } else { "overloaded" },
            code: Some(code.clone()),
            count,
            share: share(count, total),
            templates: Some(main.len() as i64),
            detail: format!("{} unlike failures of {} under one code{called}: {}", main.len(), table.name, list.join("; ")),
            sql: quote::one_line(&format!("SELECT rca_template({message}) AS template, count(*) AS count FROM {} WHERE {code_sql} = {} AND {}{} GROUP BY 1 ORDER BY 2 DESC, 1", table.sql(), quote::text(&code), is_error(table), question.asked_of(table))),
        });
    }
    synonyms(question, table, &rows, total, faults);
    Ok(())
}

fn describe(question: &Question, code: &str) -> Result<Option<String>> {
    let row = question.session.one_row(&format!(
        "SELECT description FROM ({}) WHERE code = {}",
        question.descriptions(),
        quote::text(code)
    ))?;
    Ok(row.first().filter(|value| !value.is_null()).map(Value::shown))
}

/// A template of at least three words that two or three codes share. One that all codes share says nothing of them.
fn synonyms(question: &Question, table: &Table, rows: &[Vec<Value>], total: i64, faults: &mut Vec<Fault>) {
    let codes: std::collections::BTreeSet<String> = rows.iter().map(|row| row[0].shown()).collect();
    let mut by_template: std::collections::BTreeMap<String, Vec<(String, i64)>> = std::collections::BTreeMap::new();
    for row in rows.iter().filter(|row| row[2].int() >= 3) {
        by_template.entry(row[1].shown()).or_default().push((row[0].shown(), row[2].int()));
    }
    for (template, with) in by_template {
        let words = template.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count();
        if with.len() < 2 || with.len() > 3 || with.len() == codes.len() || words < 2 {
            continue;
        }
        let count = with.iter().map(|(_, count)| count).sum();
        let names: Vec<String> = with.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let message = table.roles.message.as_ref().map(|message| quote::readable_name(message)).unwrap_or_default();
        let code = question.code_of(table).map(|code| plain(&code)).unwrap_or_default();
        faults.push(Fault {
            fault: "synonym",
            code: Some(with.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(", ")),
            count,
            share: share(count, total),
            templates: Some(1),
            detail: format!("one message of {} under several codes ({}): {template}", table.name, names.join(", ")),
            sql: quote::one_line(&format!("SELECT {code} AS code, count(*) AS count FROM {} WHERE rca_template({message}) = {}{} GROUP BY 1 ORDER BY 2 DESC, 1", table.sql(), quote::text(&template), question.asked_of(table))),
        });
    }
}

/// Codes that are in the evidence or in the codebook, but not in both.
fn codebook(question: &Question, seen: &[(String, i64, &Table)], total: i64, faults: &mut Vec<Fault>) -> Result<()> {
    let Some(codebook) = &question.codebook else { return Ok(()) };
    let known: Vec<(String, String)> = question
        .session
        .engine
        .rows(&format!("{} ORDER BY 1", codebook.sql()))?
        .rows
        .iter()
        .map(|row| (row[0].shown(), row[1].shown()))
        .collect();
    let mut unknown: std::collections::BTreeMap<&str, (i64, Vec<String>)> = std::collections::BTreeMap::new();
    for (code, count, table) in seen {
        // Codes of another kind, such as the HTTP statuses of a log, are no business of this codebook.
        let is_kin = known.iter().any(|(known, _)| shape(known) == shape(code));
        if is_kin && !known.iter().any(|(known, _)| known == code) {
            let entry = unknown.entry(code).or_default();
            entry.0 += count;
            entry.1.push(format!("{} {count}", table.name));
        }
    }
    let column = quote::readable_name(&codebook.code);
    for (code, (count, sources)) in unknown {
        faults.push(Fault {
            fault: "undocumented",
            code: Some(code.to_string()),
            count,
            share: share(count, total),
            templates: None,
            detail: format!("in the evidence ({}) and not in {}", sources.join(", "), codebook.table.name),
            sql: format!(
                "SELECT count(*) AS documented FROM {} WHERE {column} = {}",
                codebook.table.sql(),
                quote::text(code)
            ),
        });
    }
    for (code, description) in known.iter().filter(|(code, _)| !seen.iter().any(|(seen, ..)| seen == code)) {
        faults.push(Fault {
            fault: "never_seen",
            code: Some(code.clone()),
            count: 0,
            share: 0.0,
            templates: None,
            detail: format!("in {} and nowhere in the evidence: {description}", codebook.table.name),
            sql: format!("SELECT * FROM {} WHERE {column} = {}", codebook.table.sql(), quote::text(code)),
        });
    }
    Ok(())
}

/// `E999` as `A9`.
fn shape(code: &str) -> String {
    let mut shape: Vec<char> = code
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else if c.is_alphabetic() {
                'A'
            } else {
                c
            }
        })
        .collect();
    shape.dedup();
    shape.into_iter().collect()
}

/// Failed entities without a label, by the code they failed with last.
fn unlabelled(question: &mut Question, faults: &mut Vec<Fault>) -> Result<()> {
    let session = question.session;
    let settings = session.settings.labels.clone();
    let found = || session.tables.iter().find(|table| table.short_name.to_lowercase().contains("label"));
    let labels = match &settings {
        Some(settings) => session.table(&settings.table)?,
        None => match found() {
            Some(table) => table,
            None => {
                question.notes.push("no table of labels is known, so unlabelled failures are not looked for; name one: --set labels.table=TABLE".into());
                return Ok(());
            }
        },
    };
    let said = settings.as_ref();
    let key = match said.and_then(|labels| labels.key.as_deref()) {
        Some(key) => known_column(&labels.name, &labels.columns, key, "labels.key")?,
        None => session.entity_columns(labels).into_iter().next().ok_or_else(|| {
            Error::question(format!("table `{}` of labels has no known key", labels.name))
                .hint("say which column it is: --set labels.table=TABLE --set labels.key=COLUMN")
        })?,
    };
    let label = match said.and_then(|labels| labels.label.as_deref()) {
        Some(label) => known_column(&labels.name, &labels.columns, label, "labels.label")?,
        None => labels.column("label").map_or_else(|| key.clone(), |column| column.name.clone()),
    };
    let (key, label) = (quote::readable_name(&key), quote::readable_name(&label));
    let has = format!("SELECT {key}::VARCHAR FROM {} WHERE {label} IS NOT NULL AND {key} IS NOT NULL", labels.sql());
    // The table where units fail: one with an outcome, a code and the entity. Logs repeat what it says.
    let tested: Vec<&Table> = question
        .tables
        .iter()
        .copied()
        .filter(|table| {
            table.name != labels.name
                && table.roles.result.is_some()
                && table.kind != "log"
                && !session.entity_columns(table).is_empty()
        })
        .collect();
    let is_record = |table: &&&Table| question.code_of(table).is_some() && table.kind != "json";
    let Some(table) = tested.iter().find(is_record).or(tested.first()) else { return Ok(()) };
    let entity = quote::readable_name(&session.entity_columns(table)[0]);
    let code = question.code_of(table).map_or_else(|| "NULL::VARCHAR".into(), |code| plain(&code));
    let condition = format!("{}{}", is_error(table), question.asked_of(table));
    let sql = format!(
        "SELECT {code} AS code, count(DISTINCT {entity}) AS units, count(*) AS failures, (SELECT count(DISTINCT {entity}) FROM {0} WHERE {condition}) AS failed \
         FROM {0} WHERE {condition} AND {entity}::VARCHAR NOT IN ({has}) GROUP BY 1 ORDER BY 2 DESC, 1",
        table.sql(),
    );
    for row in session.engine.rows(&sql)?.rows {
        let (units, failures, failed) = (row[1].int(), row[2].int(), row[3].int());
        let is_code = if row[0].is_null() {
            format!("{code} IS NULL")
        } else {
            format!("{code} = {}", quote::text(&row[0].shown()))
        };
        faults.push(Fault {
            fault: "unlabelled",
            code: Some(row[0].shown()).filter(|code| !code.is_empty()),
            count: units,
            share: share(units, failed),
            templates: None,
            detail: format!("{units} of {failed} failed {entity} values ({failures} failures in {}) have no row in {}: a model learns and is judged without them", table.name, labels.name),
            sql: quote::one_line(&format!("SELECT DISTINCT {entity} FROM {} WHERE {condition} AND {is_code} AND {entity}::VARCHAR NOT IN ({has}) ORDER BY 1", table.sql())),
        });
    }
    Ok(())
}
