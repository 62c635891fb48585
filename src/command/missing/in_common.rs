//! What series have in common that are concerned at the same time, and no others: a station, the gateway behind it, a
//! host. It is looked for in the columns that tell series apart, in others of the table, and in tables that know them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::finding::{Edges, Lost};
use super::regular::Regular;
use super::{Finding, Kind as FindingKind, Search, profile};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::coverage::grouped;
use crate::session::{Linked, Table, written};

/// How many series are concerned at once, and what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Together {
    pub concerned: usize,
    pub all: usize,
    /// Whether they are concerned over the same time, nearly wholly.
    pub is_at_once: bool,
    pub shared: Option<String>,
}

/// Something that is known of each series of a table.
pub struct Attribute {
    /// `gateway`, or `gateway (lines)` if another table says so.
    name: String,
    /// By the label of the series.
    values: HashMap<String, String>,
}

/// Columns of another table that are looked at.
const COLUMNS_MAX: usize = 16;

/// Everything that is known of the series of a table.
///
/// # Errors
/// If the evidence cannot be read.
pub fn attributes(search: &mut Search, regular: &Regular) -> Result<Vec<Attribute>> {
    let mut attributes: Vec<Attribute> = Vec::new();
    for (place, name) in regular.columns.iter().enumerate() {
        let value =
            |(label, values): &(String, Vec<Option<String>>)| Some((label.clone(), values.get(place)?.clone()?));
        attributes.push(Attribute { name: name.clone(), values: regular.series.iter().filter_map(value).collect() });
    }
    attributes.extend(of_own_table(search, regular)?);
    let session = search.session;
    for table in session.tables.iter().filter(|table| !table.is_prose() && table.name != regular.table.name) {
        for (place, column) in regular.columns.iter().enumerate() {
            if let Some((mine, other)) = regular.table.column(column).zip(table.column(column)) {
                let forms = session.forms((&regular.table, &mine.name), (table, &other.name))?;
                attributes.extend(of_other_table(search, regular, table, &Linked { mine, other, forms }, place)?);
            }
        }
        // One that calls it by another name may know it too.
        if !regular.columns.iter().any(|column| table.column(column).is_some())
            && let Some(linked) = session.listed_in(&regular.table, table)?
            && let Some(place) = regular.columns.iter().position(|column| *column == linked.mine.name)
        {
            attributes.extend(of_other_table(search, regular, table, &linked, place)?);
        }
    }
    Ok(attributes)
}

/// Columns of the table itself that have one value for each series.
fn of_own_table(search: &mut Search, regular: &Regular) -> Result<Vec<Attribute>> {
    let categories = profile::categories(search, &regular.table)?;
    let names: Vec<&String> = categories.iter().filter(|name| !regular.columns.contains(name)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let series = regular.as_series();
    let rows = values_of(search, &series.label(), &series.table.sql(), &series.is_any(), &names)?;
    Ok(names.iter().enumerate().filter_map(|(place, name)| attribute((*name).clone(), &rows, place)).collect())
}

/// Columns of another table that have one value for each value of a column that tells series apart.
fn of_other_table(
    search: &Search,
    regular: &Regular,
    table: &Table,
    linked: &Linked,
    place: usize,
) -> Result<Vec<Attribute>> {
    let is_text = |column: &&crate::model::column::Column| {
        column.kind == Kind::Text
            && !regular.columns.iter().any(|own| own.eq_ignore_ascii_case(&column.name))
            && table.roles.message.as_ref() != Some(&column.name)
    };
    let names: Vec<&String> =
        table.own_columns().filter(is_text).take(COLUMNS_MAX).map(|column| &column.name).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (own, theirs) = &linked.forms;
    let rows = values_of(search, &theirs.sql(&written::text_of(linked.other)), &table.sql(), "true", &names)?;
    let of_key = names.iter().enumerate().filter_map(|(place, name)| attribute((*name).clone(), &rows, place));
    let by_series = |of_key: Attribute| {
        let value = |(label, values): &(String, Vec<Option<String>>)| {
            let key = own.of(values.get(place)?.as_deref()?)?;
            Some((label.clone(), of_key.values.get(&key)?.clone()))
        };
        let values = regular.series.iter().filter_map(value).collect();
        Attribute { name: format!("{} ({})", of_key.name, table.name), values }
    };
    Ok(of_key.map(by_series).collect())
}

/// Of each key: the value of each column, and whether it has only one.
type ValuesOfKeys = Vec<(String, Vec<Option<String>>)>;

fn values_of(search: &Search, key: &str, from: &str, condition: &str, names: &[&String]) -> Result<ValuesOfKeys> {
    let only = |name: &&String| {
        let name = quote::name(name);
        format!("CASE WHEN min({name}) = max({name}) THEN min({name})::VARCHAR END")
    };
    let list: Vec<String> = names.iter().map(only).collect();
    let sql = format!("SELECT {key} AS key, {} FROM {from} WHERE {condition} GROUP BY 1 ORDER BY 1", list.join(", "));
    let text = |value: &crate::model::value::Value| (!value.is_null()).then(|| value.shown());
    let rows = search.session.engine.rows(&sql)?.rows;
    Ok(rows.iter().map(|row| (row[0].shown(), row[1..].iter().map(text).collect())).collect())
}

/// A column as an attribute, if all keys have one value of it, some of them the same.
fn attribute(name: String, rows: &ValuesOfKeys, place: usize) -> Option<Attribute> {
    let values: HashMap<String, String> =
        rows.iter().filter_map(|(key, values)| Some((key.clone(), values[place].clone()?))).collect();
    let different: BTreeSet<&String> = values.values().collect();
    (values.len() == rows.len() && different.len() > 1 && different.len() < values.len())
        .then_some(Attribute { name, values })
}

/// Of each of these findings of about one time: what its series has in common with others that are concerned over the same
/// time. Rows that are lost here and there over one stretch are so too where they are those of a whole group, and no other.
pub fn together(attributes: &[Attribute], regular: &Regular, findings: &[&Finding]) -> Vec<Together> {
    let of = |is_one: &[bool]| -> BTreeSet<&str> {
        findings.iter().zip(is_one).filter(|one| *one.1).filter_map(|one| one.0.series.as_deref()).collect()
    };
    let all = regular.series.len();
    let (at_once, alike) = (at_once(findings, regular.limit), over_one_stretch(findings));
    let every = of(&vec![true; findings.len()]).len().max(1);
    let apart = Together { concerned: every, all, is_at_once: every < 2, shared: None };
    let (strict, loose) = (of(&at_once), of(&alike));
    let shared = match strict.len() {
        0 | 1 => None,
        concerned if concerned == all => Some(format!("all {} series of {}", grouped(all as u64), regular.table.name)),
        _ => one_value(attributes, &strict, all, false).or_else(|| some_values(attributes, &strict)),
    };
    let whole = if shared.is_none() { one_value(attributes, &loose, all, true) } else { None };
    let (members, labels, shared) = if whole.is_some() { (alike, loose, whole) } else { (at_once, strict, shared) };
    let one = |is_one: &bool| match *is_one && labels.len() > 1 {
        true => Together { concerned: labels.len(), all, is_at_once: true, shared: shared.clone() },
        false => apart.clone(),
    };
    members.iter().map(one).collect()
}

/// The value of an attribute that most series have which are concerned, and far fewer of the others; `is_whole` asks for
/// one that all have, and no other.
fn one_value(attributes: &[Attribute], labels: &BTreeSet<&str>, all: usize, is_whole: bool) -> Option<String> {
    const TIMES_LEAST: f64 = 5.0;
    let mut best: Option<(f64, String)> = None;
    for attribute in attributes {
        let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (label, value) in &attribute.values {
            let group = groups.entry(value).or_default();
            *group = (group.0 + usize::from(labels.contains(label.as_str())), group.1 + 1);
        }
        for (value, (concerned, size)) in groups {
            let (others, rest) = (labels.len() - concerned, all - size);
            if concerned < 2 || rest == 0 || is_whole && (concerned < size || others > 0) {
                continue;
            }
            let (inside, outside) = (concerned as f64 / size as f64, others as f64 / rest as f64);
            if inside < 0.5
                || inside < TIMES_LEAST * outside
                || best.as_ref().is_some_and(|best| best.0 >= inside - outside)
            {
                continue;
            }
            let name = &attribute.name;
            let text = match (concerned == size, others) {
                (true, 0) => format!("all {size} series of {name} {value}, and no other"),
                (false, 0) => format!("{concerned} of {size} series of {name} {value}, and no other"),
                _ => format!("{concerned} of {size} series of {name} {value} and {others} of {rest} others"),
            };
            best = Some((inside - outside, text));
        }
    }
    best.map(|(_, text)| text)
}

/// Values of a column, of which all series are concerned and none of the others. Values that are of one series each are
/// no more than names for these.
fn some_values(attributes: &[Attribute], labels: &BTreeSet<&str>) -> Option<String> {
    const VALUES_MAX: usize = 12;
    attributes.iter().find_map(|attribute| {
        let of = |concerned: bool| -> BTreeSet<&str> {
            let series = attribute.values.iter().filter(|(label, _)| labels.contains(label.as_str()) == concerned);
            series.map(|(_, value)| value.as_str()).collect()
        };
        let (inside, outside) = (of(true), of(false));
        let list = Vec::from_iter(inside.iter().copied()).join(", ");
        let are_groups = 2 * inside.len() <= labels.len();
        (!inside.is_empty() && are_groups && inside.len() <= VALUES_MAX && inside.is_disjoint(&outside))
            .then(|| format!("all {} series of {} {list}", labels.len(), attribute.name))
    })
}

/// Which of these findings are of one time with the one that most is missing of: what is missing of each is nearly all
/// missing while it is of that one, and the other way round. `limit` is the longest step that is no gap, in microseconds.
fn at_once(findings: &[&Finding], limit: i64) -> Vec<bool> {
    // Of ten that are missing, so many.
    const SAME: i64 = 8;
    let Some(most) = findings.iter().max_by_key(|one| (one.missing, &one.series)) else { return Vec::new() };
    let reference = stretches(most);
    let is_same = |one: &[Lost], other: &[Lost]| {
        let all: i64 = one.iter().map(|stretch| stretch.missing).sum();
        let within = |stretch: &&Lost| other.iter().any(|other| overlaps(stretch, other, limit));
        10 * one.iter().filter(within).map(|stretch| stretch.missing).sum::<i64>() >= SAME * all
    };
    let is_of_one = |one: &&Finding| {
        if one.kind == FindingKind::Ended {
            // Until the end of the table they all go on.
            return one.since.zip(most.since).is_some_and(|(one, other)| (one - other).abs() <= 2 * limit);
        }
        let own = stretches(one);
        is_same(&own, &reference) && is_same(&reference, &own)
    };
    findings.iter().map(is_of_one).collect()
}

/// More of one finding are not compared.
const STRETCHES_MAX: usize = 500;

/// Which of these findings have at least half of their time in common with that of the one that most is missing of.
fn over_one_stretch(findings: &[&Finding]) -> Vec<bool> {
    let Some(most) = findings.iter().max_by_key(|one| (one.missing, &one.series)) else { return Vec::new() };
    let is_of_one = |one: &&Finding| {
        let (Some((since, until)), Some((from, to))) = (one.since.zip(one.until), most.since.zip(most.until)) else {
            return false;
        };
        one.kind != FindingKind::Ended && 2 * (until.min(to) - since.max(from)) >= until.max(to) - since.min(from)
    };
    findings.iter().map(is_of_one).collect()
}

/// Whether the time of both is nearly the same: they begin and end no further apart than a step that is no gap, or a tenth
/// of their length.
fn overlaps(one: &Lost, other: &Lost, limit: i64) -> bool {
    let slack = limit.max((one.until - one.since).max(other.until - other.since) / 10);
    (one.since - other.since).abs() <= slack && (one.until - other.until).abs() <= slack
}

/// The first gaps or holes that a finding is made of.
fn stretches(finding: &Finding) -> Vec<Lost> {
    let mut all = finding.gaps_or_whole(Edges::Rows);
    all.truncate(STRETCHES_MAX);
    all
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::finding;
    use super::*;
    use crate::model::time::MINUTE;

    fn attribute(name: &str, values: &[(&str, &str)]) -> Attribute {
        let values = values.iter().map(|(label, value)| ((*label).to_string(), (*value).to_string())).collect();
        Attribute { name: name.into(), values }
    }

    #[test]
    fn names_of_the_series_are_no_group_of_them() {
        let of = |attribute: Attribute| some_values(&[attribute], &BTreeSet::from(["a", "b", "c", "d"]));
        let own = ["a", "b", "c", "d", "e"].map(|label| (label, label));
        assert_eq!(of(attribute("sensor", &own)), None);
        let line = [("a", "L1"), ("b", "L1"), ("c", "L2"), ("d", "L2"), ("e", "L3")];
        assert_eq!(of(attribute("line", &line)).as_deref(), Some("all 4 series of line L1, L2"));
    }

    #[test]
    fn findings_are_at_once_if_nearly_all_of_them_is() {
        let one = |kind, since: i64, until: i64| Finding {
            since: Some(since * MINUTE),
            until: Some(until * MINUTE),
            missing: until - since,
            ..finding(kind)
        };
        let of = |kind, times: &[(i64, i64)]| {
            let findings: Vec<Finding> = times.iter().map(|(since, until)| one(kind, *since, *until)).collect();
            at_once(&findings.iter().collect::<Vec<_>>(), MINUTE)
        };
        assert_eq!(of(FindingKind::TimeGap, &[(0, 60), (1, 60), (2, 58), (0, 9)]), [true, true, true, false]);
        assert_eq!(of(FindingKind::Ended, &[(0, 6_000), (1, 6_000)]), [true, true]);
        assert_eq!(of(FindingKind::Ended, &[(0, 6_000), (900, 6_000)]).iter().filter(|one| **one).count(), 1);
    }
}
