//! On which link of the way something was lost, as far as the tables tell that have it, and those that lack it too.

use super::clocks;
use super::finding::Edges;
use super::testimony::Testimony;
use super::{Finding, Kind};
use crate::model::coverage::grouped;
use crate::model::duration;
use crate::model::figure::plural;

/// What the tables tell together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// In place of what is said where no other table tells.
    pub cause: Option<String>,
    pub reasons: Vec<String>,
    /// Whether the cause is proven by them.
    pub is_sure: bool,
    /// By keys of rows: whatever clocks and numbers say.
    pub is_by_key: bool,
}

/// What they tell of a finding.
pub fn of(finding: &Finding, told: &[Testimony]) -> Link {
    let mut told: Vec<&Testimony> = told.iter().collect();
    told.sort_by(|a, b| (a.offset.unwrap_or(0), &a.other).cmp(&(b.offset.unwrap_or(0), &b.other)));
    let (have, lack): (Vec<&Testimony>, Vec<&Testimony>) = told.into_iter().partition(|one| one.there > 0);
    if have.is_empty() && lack.is_empty() {
        return Link::default();
    }
    let is_numbers = finding.kind == Kind::SequenceGap;
    let mut reasons: Vec<String> = have.iter().map(|one| has(one, finding)).collect();
    reasons.extend(lacks(&lack, is_numbers));
    let cause = match (have.is_empty(), is_numbers) {
        (false, _) => Some(lost_between(&have, &lack, finding)),
        (true, true) => Some(format!("lost before {}, or never sent", first_lacking(&lack, finding))),
        (true, false) => None,
    };
    let is_by_key = have.iter().any(|one| one.is_by_key);
    Link { cause, reasons, is_sure: !have.is_empty() || !is_numbers, is_by_key }
}

fn has(one: &Testimony, finding: &Finding) -> String {
    let other = match one.apart.abs() {
        clocks::APART_LEAST.. => {
            format!("{} (by a clock that is {} apart)", one.other, duration::shown(one.apart.abs()))
        }
        _ => one.other.clone(),
    };
    let (there, asked) = (grouped(one.there.unsigned_abs()), grouped(one.asked.unsigned_abs()));
    match finding.kind {
        Kind::SequenceGap if one.there < one.asked => format!("{other} has {there} of the {asked}"),
        Kind::SequenceGap if one.asked < finding.missing => {
            format!("{other} has all {there} of those between rows of its own")
        }
        Kind::SequenceGap if one.asked == 1 => format!("{other} has it"),
        Kind::SequenceGap => format!("{other} has all {there} of them"),
        _ if one.is_by_key => {
            let rows = plural(one.rows.unsigned_abs(), "row");
            format!("{other} has {rows} {} whose keys are not here", in_place(one, finding))
        }
        _ => format!("{other} has {} {}", plural(one.rows.unsigned_abs(), "row"), in_time(one, finding)),
    }
}

/// Between which rows around gaps it has them.
fn in_place(one: &Testimony, finding: &Finding) -> String {
    match finding.gaps(Edges::Rows).len() {
        ..=1 => "between those around it".into(),
        all if one.gaps == all => format!("between those around these {all} gaps"),
        all => format!("between those around {} of these {all} gaps", one.gaps),
    }
}

/// In which of the gaps that are one finding it has them.
fn in_time(one: &Testimony, finding: &Finding) -> String {
    match finding.gaps(Edges::Rows).len() {
        ..=1 => "in that time".into(),
        all if one.gaps == all => format!("in these {all} gaps"),
        all => format!("in {} of these {all} gaps", one.gaps),
    }
}

fn lacks(lack: &[&Testimony], are_numbers: bool) -> Option<String> {
    let names: Vec<&str> = lack.iter().map(|one| one.other.as_str()).collect();
    let (last, others) = names.split_last()?;
    let (names, verbs) = match others {
        [] => ((*last).to_string(), ("lacks", "has")),
        _ => (format!("{} and {last}", others.join(", ")), ("lack", "have")),
    };
    // The row at an end of a gap lies in it by another clock; of more it is to be said.
    let has_more = lack.iter().any(|one| one.rows > one.gaps as i64);
    let when = if has_more { "in the middle of that time" } else { "in that time" };
    Some(match are_numbers {
        true => format!("{names} {} them too", verbs.0),
        false => format!("{names} {} no row {when} either", verbs.1),
    })
}

/// The first of the tables that lack it, as far as their times tell.
fn first_lacking(lack: &[&Testimony], finding: &Finding) -> String {
    let earliest = lack.iter().filter(|one| one.offset.is_some()).min_by_key(|one| one.offset);
    match earliest.and_then(|one| Some((one, one.offset?))) {
        Some((one, ..=0)) => one.other.clone(),
        Some(_) => finding.table(),
        None => lack.iter().map(|one| one.other.clone()).min().unwrap_or_default(),
    }
}

/// Behind the last table that has it, and before the first one that does not. Where times do not tell which comes first,
/// the table that has most, and the one that the finding is of: what is said then holds too, but tells less.
fn lost_between(have: &[&Testimony], lack: &[&Testimony], finding: &Finding) -> String {
    let before = |one: &&&Testimony| one.offset.is_some_and(|offset| offset < 0);
    let way: Vec<&Testimony> = have.iter().filter(before).copied().collect();
    let last = way.last().and_then(|one| one.offset);
    let is_next = |one: &&&Testimony| last.is_none_or(|last| one.offset > Some(last));
    let to = lack.iter().filter(before).find(is_next).map_or_else(|| finding.table(), |one| one.other.clone());
    if way.is_empty() {
        let from = have.iter().max_by(|a, b| (a.there, &b.other).cmp(&(b.there, &a.other)));
        return format!("lost between {} and {to}", from.map_or("", |one| one.other.as_str()));
    }
    // Each table that has less than the one before it is the end of a link.
    let ends = way.iter().skip(1).map(|one| (one.other.as_str(), one.there)).chain([(to.as_str(), 0)]);
    let links: Vec<String> = way
        .iter()
        .zip(ends)
        .filter(|(from, (_, there))| there < &from.there)
        .map(|(from, (end, _))| format!("between {} and {end}", from.other))
        .collect();
    format!("lost {}", links.join(", and "))
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::finding;
    use super::*;

    fn one(other: &str, there: i64, offset: Option<i64>) -> Testimony {
        Testimony { other: other.into(), asked: 10, there, rows: there, gaps: 1, offset, apart: 0, is_by_key: false }
    }

    #[test]
    fn the_link_is_between_the_last_that_has_it_and_the_first_that_does_not() {
        let finding = finding(Kind::SequenceGap);
        let cause = |told: &[Testimony]| of(&finding, told).cause.expect("a cause");
        let (agent, gate, late) = (one("agent", 10, Some(-80)), one("gate", 0, Some(-40)), one("store", 0, Some(30)));
        assert_eq!(cause(std::slice::from_ref(&agent)), "lost between agent and telemetry");
        assert_eq!(cause(&[late.clone(), gate.clone(), agent.clone()]), "lost between agent and gate");
        assert_eq!(cause(&[late.clone(), agent.clone()]), "lost between agent and telemetry");
        assert_eq!(cause(&[gate.clone(), late.clone()]), "lost before gate, or never sent");
        assert_eq!(cause(std::slice::from_ref(&late)), "lost before telemetry, or never sent");
        let half = one("gate", 5, Some(-40));
        assert_eq!(cause(&[half, agent]), "lost between agent and gate, and between gate and telemetry");
        assert_eq!(of(&finding, &[gate, late]).reasons, ["gate and store lack them too"]);
    }

    #[test]
    fn what_times_do_not_tell_is_not_said() {
        let finding = finding(Kind::TimeGap);
        let link = of(&finding, &[one("gate", 0, None), one("agent", 10, None)]);
        assert_eq!(link.cause.as_deref(), Some("lost between agent and telemetry"));
        assert_eq!(link.reasons, ["agent has 10 rows in that time", "gate has no row in that time either"]);
        let link = of(&finding, &[one("gate", 0, Some(-40))]);
        assert_eq!((link.cause, link.is_sure), (None, true));
    }
}
