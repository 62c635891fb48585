//! One table of both sides: everything that is counted of it, and what of that changed.

use std::collections::BTreeMap;

use super::Templates;
use super::counts::{self, Column, Counted, Rows};
use super::found::{Finding, Hidden, Hit, What, points, times};
use super::judge::{self, Differs, Judged, Numbers, Usual, Values};
use super::looks::{self, Look};
use super::sides::{Known, Pair, Sides};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::figure::{digits, rounded};
use crate::model::statistics::Blocks;
use crate::session::Session;

/// Templates of a table that are compared one by one.
const TEMPLATES_MOST: usize = 5_000;

/// What was seen of a table.
pub struct Seen {
    pub rows: Rows,
    pub looks: Vec<Look>,
    pub columns: Vec<Column>,
    pub findings: Vec<Finding>,
    /// Of each finding of numbers, where they differ.
    pub differs: BTreeMap<usize, Differs>,
    /// The p-values of all tests that found nothing.
    pub others: Vec<f64>,
    /// Differences that are not told since they vary as much within a window.
    pub hidden: Vec<Hidden>,
    /// Values that one side alone has, in bursts.
    pub bursts: Vec<String>,
    pub notes: Vec<String>,
}

/// Rows of a value that one side has and the other has not, from which on it is worth a word even where it is no more
/// than one burst.
const ONE_SIDED_LEAST: f64 = 10.0;
/// Where more values of a column are so, they come and go by themselves.
const ONE_SIDED_MOST: usize = 3;

impl Seen {
    /// Values that one side alone has, and that are not told: all of their rows may be of one burst, which says nothing
    /// of how often there are such bursts.
    fn one_sided(&mut self, values: &[Counted], told: &[(usize, Judged)], name: impl Fn(&str) -> String) {
        let is_one_sided = |counted: &Counted| {
            let [before, now] = [0, 1].map(|side| counted.blocks.sum(side));
            before.min(now) == 0.0 && before.max(now) >= ONE_SIDED_LEAST
        };
        let found: Vec<&Counted> = values
            .iter()
            .enumerate()
            .filter(|(at, counted)| is_one_sided(counted) && !told.iter().any(|(known, _)| known == at))
            .map(|(_, counted)| counted)
            .collect();
        if found.len() <= ONE_SIDED_MOST {
            self.bursts.extend(found.iter().map(|counted| {
                let [before, now] = [0, 1].map(|side| counted.blocks.sum(side));
                format!("{} ({before} and {now} rows)", name(&counted.value))
            }));
        }
    }
}

/// Looks at a table; `skipped` are columns that others tell of.
///
/// # Errors
/// If the evidence cannot be read.
pub fn look(
    session: &Session,
    sides: &Sides,
    (place, pair): (usize, &mut Pair),
    skipped: &[String],
    templates: &Templates,
) -> Result<Seen> {
    let rows = counts::rows(session, pair)?;
    let mut seen = Seen {
        rows,
        looks: vec![Look::Nulls; pair.columns.len()],
        columns: Vec::new(),
        findings: Vec::new(),
        differs: BTreeMap::new(),
        others: Vec::new(),
        hidden: Vec::new(),
        bursts: Vec::new(),
        notes: Vec::new(),
    };
    structure(&mut seen, (place, &*pair));
    if pair.tables.iter().any(Option::is_none) {
        return Ok(seen);
    }
    volume(&mut seen, sides, (place, &*pair));
    if seen.rows.of(0) == 0 || seen.rows.of(1) == 0 {
        seen.columns = counts::columns(session, pair, &seen.looks)?;
        fill_structure(&mut seen);
        return Ok(seen);
    }
    seen.looks = looks::looks(session, pair, skipped, seen.rows.of(0) + seen.rows.of(1))?;
    let pair: &Pair = pair;
    seen.columns = counts::columns(session, pair, &seen.looks)?;
    fill_structure(&mut seen);
    running(&mut seen, pair);
    let number = templates.has(place).then_some(("t", TEMPLATES_MOST));
    let values = counts::values(session, pair, &seen.looks, number.as_slice())?;
    for at in 0..pair.columns.len() {
        if pair.columns[at].kinds.iter().any(Option::is_none) {
            continue;
        }
        if !pair.columns[at].is_derived {
            nulls(&mut seen, (place, pair), at);
        }
        match &seen.looks[at] {
            Look::Values => match values.get(&at) {
                Some(values) => categories(&mut seen, sides, (place, pair), at, values),
                None if seen.columns[at].values.sum(0) + seen.columns[at].values.sum(1) > 0.0 => {
                    seen.notes.push(format!("{}.{} has too many values to compare", pair.name, pair.columns[at].name));
                }
                None => {}
            },
            Look::Numbers { .. } => numbers(&mut seen, (place, pair), at),
            Look::Nulls => {}
        }
    }
    if let Some(values) = values.get(&pair.columns.len()) {
        of_templates(&mut seen, (session, sides), (place, pair), values, templates)?;
    } else if number.is_some() && !seen.rows.blocks.sides.is_empty() {
        seen.notes.push(format!("{} has more than {TEMPLATES_MOST} templates, which are not compared", pair.name));
    }
    Ok(seen)
}

/// Tables and columns that one side has and the other has not, and types that changed: two sources only.
fn structure(seen: &mut Seen, (place, pair): (usize, &Pair)) {
    if pair.tables.iter().any(Option::is_none) {
        let mut found = Finding::new(What::Table, place, &pair.name);
        let rows = [0, 1].map(|side| seen.rows.of(side) as f64);
        found.change = if pair.tables[0].is_none() { "new".into() } else { "gone".into() };
        (found.baseline, found.incident) = (pair.tables[0].map(|_| rows[0]), pair.tables[1].map(|_| rows[1]));
        found.sql = pair.shown("count(*)");
        seen.findings.push(found);
        return;
    }
    for (at, known) in pair.columns.iter().enumerate() {
        let change = match known.kinds {
            [Some(one), Some(other)] if one == other => continue,
            [Some(one), Some(other)] => format!("{} to {}", one.name(), other.name()),
            [None, _] => "new".into(),
            [_, None] => "gone".into(),
        };
        let mut found = Finding::new(What::Column, place, &pair.name);
        (found.column, found.column_name) = (Some(at), Some(known.name.clone()));
        // Types that changed are less than a column that is not there at all.
        found.effect = if known.kinds.iter().all(Option::is_some) { 0.5 } else { 1.0 };
        found.change = change;
        let of = |side: usize| match (pair.tables[side], known.kinds[side]) {
            (Some(table), Some(_)) => format!("(SELECT count({}) FROM {})", known.sql, table.sql()),
            _ => "NULL".into(),
        };
        found.sql = format!("SELECT {} AS baseline, {} AS incident", of(0), of(1));
        seen.findings.push(found);
    }
}

/// How many values the columns have that one side has not, or of which the types differ.
fn fill_structure(seen: &mut Seen) {
    for found in seen.findings.iter_mut().filter(|found| found.what == What::Column) {
        let Some(values) = found.column.map(|at| &seen.columns[at].values) else { continue };
        let is_there = |side: usize| match (found.change.as_str(), side) {
            ("new", 0) | ("gone", 1) => None,
            _ => Some(values.sum(side)),
        };
        (found.baseline, found.incident) = (is_there(0), is_there(1));
    }
}

fn volume(seen: &mut Seen, sides: &Sides, (place, pair): (usize, &Pair)) {
    if seen.rows.of(0) + seen.rows.of(1) == 0 {
        return;
    }
    let judged = judge::rate(&seen.rows.blocks, &pair.cut.lengths);
    let rates = rates(&seen.rows.blocks, sides, pair);
    let unit = if matches!(sides, Sides::Windows(_)) { "rows per hour" } else { "rows" };
    let hidden = judged.is_hidden.then(|| {
        let within = judge::varying(&seen.rows.blocks, &pair.cut.lengths);
        Hidden::of(judged.effect, format!("{} {} -> {} {unit}", pair.name, rates[0], rates[1]), within)
    });
    if !judged.is_told() {
        seen.others.push(judged.p);
        seen.hidden.extend(hidden);
        return;
    }
    let mut found = Finding::new(What::Volume, place, &pair.name);
    found.hidden = hidden;
    (found.baseline, found.incident) = (Some(rates[0]), Some(rates[1]));
    found.change = times(rates[0], rates[1]);
    found.sql = pair.shown_rates("count(*)", sides);
    keep(seen, found, judged);
}

/// Rows per hour of each side; of two sources, rows.
pub fn rates(blocks: &Blocks<u32>, sides: &Sides, pair: &Pair) -> [f64; 2] {
    [0, 1].map(|side| match sides {
        Sides::Windows(_) => rounded(blocks.sum(side) / pair.cut.lengths.sum(side), 3),
        Sides::Sources(_) => blocks.sum(side),
    })
}

impl Pair<'_> {
    /// SQL to be pasted that shows a count per hour; of two sources the count.
    pub fn shown_rates(&self, count: &str, sides: &Sides) -> String {
        match sides {
            Sides::Sources(_) => self.shown(count),
            Sides::Windows(_) => {
                let of = |side: usize| {
                    let table = self.tables[side].map(|table| table.sql()).unwrap_or_default();
                    let hours = self.cut.lengths.sum(side);
                    format!("(SELECT round({count} / {hours:e}, 3) FROM {table} WHERE {})", self.holds[side])
                };
                quote::one_line(&format!("SELECT {} AS baseline, {} AS incident", of(0), of(1)))
            }
        }
    }
}

fn keep(seen: &mut Seen, mut found: Finding, judged: Judged) {
    found.p = Some(judged.p);
    found.spread = judged.spread;
    found.effect = judged.effect;
    seen.findings.push(found);
}

fn of_column(what: What, (place, pair): (usize, &Pair), at: usize) -> Finding {
    let mut found = Finding::new(what, place, &pair.name);
    (found.column, found.column_name) = (Some(at), Some(pair.columns[at].name.clone()));
    found
}

fn nulls(seen: &mut Seen, (place, pair): (usize, &Pair), at: usize) {
    let (rows, values) = (&seen.rows.blocks, &seen.columns[at].values);
    let less = |side: usize| rows.sides[side].iter().zip(&values.sides[side]).map(|(rows, n)| rows - n).collect();
    let blocks = Blocks { sides: [less(0), less(1)] };
    let Some(judged) = judge::nulls(&blocks, rows) else {
        // Nothing to test where there is no null at all.
        seen.others.extend((blocks.sum(0) + blocks.sum(1) > 0.0).then_some(1.0));
        return;
    };
    let known = &pair.columns[at];
    let hidden =
        judged.is_hidden.then(|| hidden(&format!("nulls of {}.{}", pair.name, known.name), judged, &blocks, rows));
    if !judged.is_told() {
        seen.others.push(judged.p);
        seen.hidden.extend(hidden);
        return;
    }
    let [before, now] = [0, 1].map(|side| blocks.sum(side) / rows.sum(side));
    // A column without any value on one side has come or gone.
    let is_whole = before == 1.0 || now == 1.0;
    let mut found = of_column(if is_whole { What::Column } else { What::NullShare }, (place, pair), at);
    found.hidden = hidden;
    let sql = &known.sql;
    if is_whole {
        (found.baseline, found.incident) = (Some(rounded(1.0 - before, 6)), Some(rounded(1.0 - now, 6)));
        found.change = if before == 1.0 { "new".into() } else { "gone".into() };
        found.sql = pair.shown(&format!("round(count({sql}) / count(*), 6)"));
    } else {
        (found.baseline, found.incident) = (Some(rounded(before, 6)), Some(rounded(now, 6)));
        found.change = points(before, now);
        found.sql = pair.shown(&format!("round(count(*) FILTER (WHERE {sql} IS NULL) / count(*), 6)"));
    }
    let sql = format!("{} IS NULL", known.at);
    found.hit = Some(Hit { sql, of: "true".into(), is_cause: true, blocks, rows: rows.clone() });
    keep(seen, found, judged);
}

/// A share that is not told.
fn hidden(what: &str, judged: Judged, blocks: &Blocks<u32>, rows: &Blocks<u32>) -> Hidden {
    let [before, now] = [0, 1].map(|side| digits(blocks.sum(side) / rows.sum(side), 3));
    Hidden::of(judged.effect, format!("{what} {before} -> {now}"), judge::varying(blocks, rows))
}

/// That a column has a value, as SQL over `of`.
fn is_value(known: &Known, of: &str, value: &str) -> String {
    match known.kind {
        Kind::Text => format!("{of} = {}", quote::literal(&crate::model::value::Value::Text(value.into()))),
        Kind::Int | Kind::Bool => format!("{of} = {value}"),
        _ => format!("{of}::VARCHAR = {}", quote::text(value)),
    }
}

fn shares_of(found: &mut Finding, blocks: &Blocks<u32>, rows: &Blocks<u32>) {
    let [before, now] = [0, 1].map(|side| blocks.sum(side) / rows.sum(side));
    (found.baseline, found.incident) = (Some(rounded(before, 6)), Some(rounded(now, 6)));
    let is_many_times = before.max(now) >= 1.5 * before.min(now);
    found.change = if is_many_times { times(before, now) } else { points(before, now) };
}

/// Since when a value is new, or until when one that is gone was there.
fn came_or_went(counted: &Counted) -> Option<i64> {
    match [0, 1].map(|side| counted.blocks.sum(side) > 0.0) {
        [false, true] => counted.first[1],
        [true, false] => counted.last[0],
        _ => None,
    }
}

fn categories(seen: &mut Seen, sides: &Sides, (place, pair): (usize, &Pair), at: usize, values: &[Counted]) {
    let rows = &seen.columns[at].values;
    let Values { told, others, hidden: unsure } = match (sides, pair.table().is_some_and(|table| table.kind == "log")) {
        (Sides::Windows(_), true) => judge::said(values, rows, &pair.cut.lengths),
        _ => judge::values(values, rows, &Usual::of(values, rows)),
    };
    seen.others.extend(others);
    let known = &pair.columns[at];
    let name = |value: &str| format!("{}.{} = {value}", pair.name, known.name);
    let of = |which: usize, judged| hidden(&name(&values[which].value), judged, &values[which].blocks, rows);
    seen.hidden.extend(unsure.into_iter().map(|(which, judged)| of(which, judged)));
    let kept: Vec<Option<Hidden>> =
        told.iter().map(|(which, judged)| judged.is_hidden.then(|| of(*which, *judged))).collect();
    seen.one_sided(values, &told, name);
    for ((which, judged), hidden) in told.into_iter().zip(kept) {
        let counted = &values[which];
        let mut found = of_column(What::Category, (place, pair), at);
        found.hidden = hidden;
        found.value = Some(counted.value.clone());
        let rows = seen.columns[at].values.clone();
        shares_of(&mut found, &counted.blocks, &rows);
        found.since = came_or_went(counted);
        let holds = is_value(known, &known.sql, &counted.value);
        found.sql = pair.shown(&format!("round(count(*) FILTER (WHERE {holds}) / count({}), 6)", known.sql));
        found.holds = Some(holds);
        let sql = is_value(known, &known.at, &counted.value);
        let of = format!("{} IS NOT NULL", known.at);
        found.hit = Some(Hit { sql, of, is_cause: true, blocks: counted.blocks.clone(), rows });
        keep(seen, found, judged);
    }
}

fn of_templates(
    seen: &mut Seen,
    (session, sides): (&Session, &Sides),
    (place, pair): (usize, &Pair),
    values: &[Counted],
    templates: &Templates,
) -> Result<()> {
    let mut rows = pair.cut.zero();
    for counted in values {
        for (sum, more) in rows.sides.iter_mut().zip(&counted.blocks.sides) {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
    let Values { told, others, hidden: unsure } = match sides {
        Sides::Windows(_) => judge::said(values, &rows, &pair.cut.lengths),
        Sides::Sources(_) => judge::values(values, &rows, &Usual::default()),
    };
    seen.others.extend(others);
    let name = |value: &str| format!("`{}` of {}", templates.text(value), pair.name);
    let of = |which: usize, judged| hidden(&name(&values[which].value), judged, &values[which].blocks, &rows);
    seen.hidden.extend(unsure.into_iter().map(|(which, judged)| of(which, judged)));
    seen.one_sided(values, &told, name);
    for (which, judged) in told {
        let counted = &values[which];
        let text = templates.text(&counted.value);
        let mut found = Finding::new(What::Template, place, &pair.name);
        found.hidden = judged.is_hidden.then(|| of(which, judged));
        found.column_name = pair.table().and_then(|table| table.roles.message.clone());
        shares_of(&mut found, &counted.blocks, &rows);
        found.since = came_or_went(counted);
        found.holds = templates.holds(session, pair, &text, &counted.blocks)?;
        if let (Some(holds), Some(message)) = (&found.holds, &found.column_name) {
            let message = quote::readable_name(message);
            found.sql = pair.shown(&format!("round(count(*) FILTER (WHERE {holds}) / count({message}), 6)"));
        }
        found.value = Some(text);
        let sql = format!("t = {}", counted.value);
        let (blocks, of) = (counted.blocks.clone(), "t IS NOT NULL".to_string());
        found.hit = Some(Hit { sql, of, is_cause: true, blocks, rows: rows.clone() });
        keep(seen, found, judged);
    }
    Ok(())
}

/// Numbers that go up (or down) with time on both sides are counters: they differ by what they are.
fn running(seen: &mut Seen, pair: &Pair) {
    let mut names = Vec::new();
    for at in 0..pair.columns.len() {
        let is_number = matches!(seen.looks[at], Look::Numbers { .. });
        if is_number && [0, 1].iter().all(|side| runs(&seen.columns[at].bins, *side) == Some(true)) {
            seen.looks[at] = Look::Nulls;
            names.push(pair.columns[at].name.clone());
        }
    }
    if !names.is_empty() {
        seen.notes.push(format!("{}: left out, since they go with time: {}", pair.name, names.join(", ")));
    }
}

/// Whether the middle of a side's numbers goes with time; `None` of too few blocks to tell.
fn runs(bins: &[Blocks<u32>], side: usize) -> Option<bool> {
    const BLOCKS_LEAST: usize = 5;
    const ALIKE_LEAST: f64 = 0.97;
    let blocks = bins.first()?.sides[side].len();
    let middle = |block: usize| {
        let counts: Vec<f64> = bins.iter().map(|bin| f64::from(bin.sides[side][block])).collect();
        let all: f64 = counts.iter().sum();
        let mean = counts.iter().enumerate().map(|(at, n)| at as f64 * n).sum::<f64>() / all;
        (all > 0.0).then_some((block as f64, mean))
    };
    let pairs: Vec<(f64, f64)> = (0..blocks).filter_map(middle).collect();
    if pairs.len() < BLOCKS_LEAST {
        return None;
    }
    Some(crate::model::statistics::correlation(&pairs).abs() >= ALIKE_LEAST)
}

fn numbers(seen: &mut Seen, (place, pair): (usize, &Pair), at: usize) {
    let Look::Numbers { cuts, is_latency } = &seen.looks[at] else { return };
    let (cuts, is_latency) = (cuts.clone(), *is_latency);
    let Some(Numbers { told, others, hidden }) = judge::numbers(&seen.columns[at].bins, is_latency) else { return };
    seen.others.extend(others);
    let known = &pair.columns[at];
    let Some(differs) = told.or(hidden) else { return };
    let what = if is_latency { What::Latency } else { What::Distribution };
    let mut finding = of_column(what, (place, pair), at);
    let sum = |bins: &[Blocks<u32>]| {
        let mut all = pair.cut.zero();
        for (side, more) in bins.iter().flat_map(|bin| bin.sides.iter().enumerate()) {
            all.sides[side].iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        all
    };
    let bins = &seen.columns[at].bins;
    let (rows, blocks) = (sum(bins), sum(&bins[..=differs.cut]));
    finding.hidden = hidden.map(|whole| {
        let text = format!("the distribution of {}.{} (KS {:.2})", pair.name, known.name, whole.distance);
        Hidden::of(whole.judged.effect, text, judge::varying(&sum(&bins[..=whole.cut]), &rows))
    });
    if told.is_none() {
        seen.hidden.extend(finding.hidden);
        return;
    }
    let cut = looks::list(&[cuts[differs.cut]]);
    let sql = format!("({}) <= {}", looks::finite(known), cut.trim_matches(['[', ']']));
    let of = format!("({}) IS NOT NULL", looks::finite(known));
    finding.hit = Some(Hit { sql, of, is_cause: false, blocks, rows });
    seen.differs.insert(seen.findings.len(), differs);
    keep(seen, finding, differs.judged);
}
