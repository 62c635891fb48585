//! `synonym` by message: what several codes of one table say in the same words, and what the codebook describes alike.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, Fault, first_line, share};
use crate::command::errors::meanings;
use crate::command::templates::like;
use crate::engine::quote;
use crate::error::Result;

/// A code is under a template if this many of its rows say it, and this part of them.
const ROWS_LEAST: i64 = 3;
const PART_LEAST: f64 = 0.2;
/// What more codes share is a sentence that says nothing of them.
const CODES_MOST: usize = 3;

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) -> Result<()> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for place in 0..audit.question.places.len() {
        let codes = audit.by_code(place);
        let mut by_template: BTreeMap<&str, Vec<(&str, i64)>> = BTreeMap::new();
        for (code, counts) in codes.iter().filter(|(code, _)| !meanings::is_public(code)) {
            let all: i64 = counts.iter().map(|count| count.count).sum();
            for count in
                counts.iter().filter(|count| count.count >= ROWS_LEAST && count.count as f64 >= PART_LEAST * all as f64)
            {
                if let Some(template) = &count.template {
                    by_template.entry(template).or_default().push((code, count.count));
                }
            }
        }
        for (template, with) in by_template {
            let is_shared = (2..=CODES_MOST).contains(&with.len()) && with.len() < codes.len().max(3);
            let names = with.iter().map(|(code, _)| *code).collect::<Vec<_>>().join(", ");
            // The same of several tables, and in several sentences, is one fault.
            if !is_shared || words(template) < 2 || !seen.insert(names.clone()) {
                continue;
            }
            faults.push(fault(audit, place, template, &with, names));
        }
    }
    described_alike(audit, &mut seen, faults)
}

fn words(template: &str) -> usize {
    template.split_whitespace().filter(|word| word.chars().all(|c| c.is_alphabetic() || ",.:'".contains(c))).count()
}

fn fault(audit: &Audit, place: usize, template: &str, with: &[(&str, i64)], names: String) -> Fault {
    let question = audit.question;
    let place_of = &question.places[place];
    let table = place_of.table;
    let count: i64 = with.iter().map(|(_, count)| count).sum();
    let counted: Vec<String> = with.iter().map(|(code, count)| format!("{code} {count}")).collect();
    let message = place_of.message.as_ref().map(|message| quote::readable_name(message)).unwrap_or_default();
    let codes: Vec<&str> = with.iter().map(|(code, _)| *code).collect();
    let condition = question.are_of(place_of, Some(&codes));
    let code = question.code_of(place_of);
    let sql = |text: &str| {
        format!(
            "SELECT {code} AS code, count(*) AS count FROM {} WHERE {text} LIKE {} AND {condition} GROUP BY 1 ORDER BY 2 DESC, 1",
            table.sql(),
            like(first_line(template)),
        )
    };
    let shows = |sql: &String| {
        let rows = question.session.engine.rows(sql).map(|kept| kept.rows).unwrap_or_default();
        rows.iter().map(|row| row[1].int()).sum::<i64>() == count
    };
    let forms = [sql(&message), sql(&format!("split_part({message}, chr(10), 1)"))];
    let sql = forms.iter().find(|sql| shows(sql)).cloned().unwrap_or_else(|| {
        format!(
            "SELECT {code} AS code, split_part({message}, chr(10), 1) AS message, count(*) AS count FROM {} WHERE {condition} GROUP BY ALL ORDER BY 3 DESC, 1, 2",
            table.sql(),
        )
    });
    Fault {
        fault: "synonym",
        code: Some(names),
        count,
        share: audit.share(place, count),
        templates: Some(1),
        detail: format!(
            "one failure of {} under several codes ({}): {}; proposal: keep one of them, or say what tells them apart",
            table.name,
            counted.join(", "),
            audit.shown(first_line(template))
        ),
        sql: quote::one_line(&sql),
    }
}

/// Codes of the codebook that have one description, and both occur.
fn described_alike(audit: &Audit, seen: &mut BTreeSet<String>, faults: &mut Vec<Fault>) -> Result<()> {
    let Some(book) = &audit.question.codebook else { return Ok(()) };
    let rows = audit.question.session.engine.rows(&format!("{} ORDER BY 1", book.sql()))?.rows;
    let mut by_description: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[1].is_null()) {
        let description: Vec<String> = row[1].shown().split_whitespace().map(str::to_lowercase).collect();
        by_description.entry(description.join(" ")).or_default().push(row[0].shown());
    }
    let total: i64 = audit.totals.iter().sum();
    let seen_codes: BTreeSet<&String> = audit.counts.iter().filter_map(|count| count.code.as_ref()).collect();
    for (description, codes) in by_description {
        let is_of = |code: &&String| book.known_as(code).is_some_and(|known| codes.iter().any(|code| code == known));
        let used: Vec<(&String, i64)> =
            seen_codes.iter().copied().filter(is_of).map(|code| (code, audit.count_of(code))).collect();
        let names = used.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(", ");
        let written: BTreeSet<&str> = used.iter().filter_map(|(code, _)| book.known_as(code)).collect();
        if written.len() < 2 || description.is_empty() || !seen.insert(names.clone()) {
            continue;
        }
        let count = used.iter().map(|(_, count)| count).sum();
        let counted: Vec<String> = used.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let question = audit.question;
        let names_of: Vec<&str> = used.iter().map(|(code, _)| code.as_str()).collect();
        let selects: Vec<String> = question
            .places
            .iter()
            .map(|place| {
                format!(
                    "SELECT {} AS table_name, {} AS code, count(*) AS count FROM {} WHERE {} GROUP BY ALL",
                    quote::text(&place.table.name),
                    question.code_of(place),
                    place.table.sql(),
                    question.are_of(place, Some(&names_of))
                )
            })
            .collect();
        faults.push(Fault {
            fault: "synonym",
            code: Some(names),
            count,
            share: share(count, total),
            templates: None,
            detail: format!(
                "{} describes several codes alike ({}): {description}; proposal: keep one of them, or say what tells them apart",
                book.table.name,
                counted.join(", ")
            ),
            sql: quote::one_line(&format!("{} ORDER BY 3 DESC, 1, 2", selects.join(" UNION ALL "))),
        });
    }
    Ok(())
}
