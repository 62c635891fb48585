//! `undocumented` and `never_seen`: codes that are in the evidence or in the codebook, but not in both.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, Count, Fault, first_line, share};
use crate::command::errors::codebook::Codebook;
use crate::command::errors::meanings;
use crate::command::errors::places::Place;
use crate::command::errors::question::Question;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::coverage::grouped;
use crate::model::name;

/// What a codebook says, and which codes the errors have.
struct Lists<'a> {
    book: &'a Codebook<'a>,
    /// Descriptions by code.
    known: BTreeMap<String, String>,
    seen: BTreeSet<&'a str>,
    /// How often each code is in each place.
    counts: Vec<BTreeMap<&'a str, i64>>,
    /// Places that tell of the same failures as another.
    echoes: Vec<bool>,
}

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) -> Result<()> {
    let Some(book) = &audit.question.codebook else { return Ok(()) };
    let rows = audit.question.session.engine.rows(&format!("{} ORDER BY 1", book.sql()))?.rows;
    let known = rows.iter().map(|row| (row[0].shown(), row[1].shown())).collect();
    let seen = audit.counts.iter().filter_map(|count| count.code.as_deref()).collect();
    let places = 0..audit.question.places.len();
    let sum = |counts: Vec<&Count>| -> i64 { counts.iter().map(|count| count.count).sum() };
    let counts: Vec<BTreeMap<&str, i64>> = places
        .clone()
        .map(|place| audit.by_code(place).into_iter().map(|(code, counts)| (code, sum(counts))).collect())
        .collect();
    let lists = Lists { book, known, seen, counts, echoes: places.map(|place| audit.is_echo(place)).collect() };
    faults.extend(lists.never_seen(audit.question)?);
    faults.extend(lists.undocumented(audit));
    Ok(())
}

impl Lists<'_> {
    fn is_known(&self, code: &str) -> bool {
        self.book.known_as(code).is_some()
    }

    fn undocumented(&self, audit: &Audit) -> Vec<Fault> {
        let shapes: BTreeSet<String> = self.known.keys().map(|code| shape(code)).collect();
        let has_known = |counts: &BTreeMap<&str, i64>| counts.keys().any(|code| self.is_known(code));
        let has_known: Vec<bool> = self.counts.iter().map(has_known).collect();
        let unknown = self.seen.iter().copied().filter(|code| !self.is_known(code));
        let places = |code: &str| -> Vec<usize> {
            // Codes of another kind, such as the HTTP statuses of a log, are no business of this codebook, unless they
            // stand among its own.
            let is_of_kind = shapes.contains(&shape(code));
            let is_own = |place: &usize| is_of_kind || has_known[*place] && meanings::public(code).is_none();
            (0..self.counts.len()).filter(|place| self.counts[*place].contains_key(code) && is_own(place)).collect()
        };
        let told = unknown.map(|code| (code, places(code))).filter(|(_, places)| !places.is_empty());
        told.map(|(code, places)| self.undocumented_code(audit, code, &places)).collect()
    }

    /// A code that is in these places and not in the codebook.
    fn undocumented_code(&self, audit: &Audit, code: &str, places: &[usize]) -> Fault {
        let question = audit.question;
        // Tables that tell of the same failures are counted once.
        let counted: Vec<usize> = places.iter().copied().filter(|place| !self.echoes[*place]).collect();
        let counted = if counted.is_empty() { places.to_vec() } else { counted };
        let count_in = |place: &usize| self.counts[*place][code];
        let count: i64 = counted.iter().map(count_in).sum();
        let total: i64 = counted.iter().map(|place| audit.totals[*place]).sum();
        let sources: Vec<String> =
            places.iter().map(|place| format!("{} {}", question.places[*place].table.name, count_in(place))).collect();
        let near = self.known.keys().find(|known| plain(known) == plain(code));
        let near = near.map_or_else(String::new, |near| format!("; there it may be written `{near}`"));
        let selects: Vec<String> = counted
            .iter()
            .map(|place| {
                let condition = audit.where_code(*place, code);
                let table = question.places[*place].table;
                format!(
                    "SELECT {} AS table_name, count(*) AS count FROM {} WHERE {condition}",
                    quote::text(&table.name),
                    table.sql()
                )
            })
            .collect();
        Fault {
            fault: "undocumented",
            code: Some(code.to_string()),
            count,
            share: share(count, total),
            templates: None,
            detail: format!(
                "in the evidence ({}) and not in {}: nobody can say what failed{near}{}",
                sources.join(", "),
                self.book.table.name,
                audit.cost(Some(code)),
            ),
            sql: quote::one_line(&format!("{} ORDER BY 2 DESC, 1", selects.join(" UNION ALL "))),
        }
    }

    fn never_seen(&self, question: &Question) -> Result<Vec<Fault>> {
        let is_whole = question.window.is_open() && question.args.common.evidence.condition.is_none();
        let window = if is_whole { "" } else { " that is asked for" };
        let anywhere = self.anywhere(question)?;
        let column = self.book.code_sql(&quote::readable_name(&self.book.code));
        let table = self.book.table;
        let unseen = self.known.iter().filter(|(code, _)| !anywhere.contains(*code));
        let fault = |(code, description): (&String, &String)| {
            let is_near = |seen: &&&str| plain(seen) == plain(code) && !self.is_known(seen);
            let near: Vec<String> = self.seen.iter().filter(is_near).map(ToString::to_string).collect();
            let near = match near.is_empty() {
                true => String::new(),
                false => format!("; in the evidence stands {}", name::listed(&near)),
            };
            Fault {
                fault: "never_seen",
                code: Some(code.clone()),
                count: 0,
                share: 0.0,
                templates: None,
                detail: format!(
                    "in {} and nowhere in the evidence{window}: {}{near}",
                    table.name,
                    first_line(description)
                ),
                sql: quote::one_line(&format!(
                    "SELECT *, {} AS count FROM {} WHERE {column} = {}",
                    counts(question, code),
                    table.sql(),
                    quote::text(code)
                )),
            }
        };
        Ok(unseen.map(fault).collect())
    }

    /// The codes of all rows, also as the codebook writes them: one that rows have which are no errors was seen all the
    /// same.
    fn anywhere(&self, question: &Question) -> Result<BTreeSet<String>> {
        let rows = question.session.engine.rows(&format!(
            "SELECT DISTINCT code FROM ({}) WHERE code IS NOT NULL ORDER BY 1 LIMIT {}",
            question.candidates(question.window),
            CODES_MOST + 1
        ))?;
        if rows.rows.len() > CODES_MOST {
            let most = grouped(CODES_MOST as u64);
            return Err(Error::question(format!("there are more than {most} different codes"))
                .hint("say where the code is: --code COLUMN, or ask of fewer rows: --where SQL"));
        }
        let written = |code: String| {
            let known = self.book.known_as(&code).map(String::from);
            known.into_iter().chain([code])
        };
        Ok(rows.rows.iter().flat_map(|row| written(row[0].shown())).collect())
    }
}

/// More distinct codes than this are none.
const CODES_MOST: usize = 100_000;

/// How often a code stands in all tables, as SQL.
fn counts(question: &Question, code: &str) -> String {
    let one = |place: &Place| {
        let asked = question.asked_of(place.table);
        let code_of = question.code_of(place);
        format!("(SELECT count(*) FROM {} WHERE {code_of} = {}{asked})", place.table.sql(), quote::text(code))
    };
    let all: Vec<String> = question.places.iter().filter(|place| place.raw.is_some()).map(one).collect();
    if all.is_empty() { "0".into() } else { all.join(" + ") }
}

/// `E999` as `A9`.
fn shape(code: &str) -> String {
    let mut shape: Vec<char> = code
        .chars()
        .map(|c| match c {
            _ if c.is_ascii_digit() => '9',
            _ if c.is_alphabetic() => 'A',
            _ => c,
        })
        .collect();
    shape.dedup();
    shape.into_iter().collect()
}

/// `e-0101` as `e101`.
fn plain(code: &str) -> String {
    let letters: String = code.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    format!("{letters}{}", digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_of_one_shape_or_differ_in_their_writing_alone() {
        assert_eq!(shape("E999"), shape("F12"));
        assert_ne!(shape("E-9"), shape("E9"));
        assert_eq!(plain("e-0101"), plain("E101"));
        assert_ne!(plain("E101"), plain("F101"));
    }
}
