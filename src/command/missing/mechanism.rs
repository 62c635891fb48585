//! What is told by where rows are that lack something: since when, and which other columns tell them. What depends on no
//! column may still depend on the value that is not there: that cannot be told from the data. Columns of many values are
//! not asked.

use super::spread::{By, Crossing, Group, Lack, PARTS, Part, Spread};
use crate::model::figure::percent_in_tenths;
use crate::model::statistics;
use crate::model::time;
use crate::model::value::Value;

/// Fewer nulls, or rows, tell nothing.
const NULLS_LEAST: i64 = 5;
const ROWS_LEAST: i64 = 20;

/// What is known of the lack at a place of the spread, of a table of so many rows, as text that goes on behind a
/// finding's detail. `change` is how its share changes in time, where it does.
pub fn told(spread: &Spread, (lack, place): (&Lack, usize), change: Option<String>, rows: i64) -> String {
    if !is_telling(lack, rows) {
        return String::new();
    }
    match (change, dependence(spread, (lack, place), rows)) {
        (None, None) => nowhere(spread, lack),
        told => [told.0, told.1].into_iter().flatten().map(|told| format!("; {told}")).collect(),
    }
}

/// Whether so many rows of so many may tell anything.
pub fn is_telling(lack: &Lack, rows: i64) -> bool {
    lack.rows >= NULLS_LEAST && rows >= ROWS_LEAST && lack.rows < rows
}

/// That nothing which was asked tells where; columns of numbers and of many values were not.
fn nowhere(spread: &Spread, lack: &Lack) -> String {
    let asked = spread.by_value.iter().filter(|crossing| crossing.by.name() != lack.column.name).count();
    let time = if spread.by_time.is_empty() { "" } else { ", nor does the time" };
    match asked {
        0 if spread.by_time.is_empty() => {
            "; there is no time and no other column of few values that could tell where".into()
        }
        0 => "; the time does not tell where, and there is no other column of few values".into(),
        1 => format!("; the other column of few values does not tell where{time}"),
        _ => format!("; none of the {asked} other columns of few values tells where{time}"),
    }
}

/// Whether the lack is clearly more frequent in the last third of the table's time than in the first.
pub fn rises(spread: &Spread, place: usize) -> bool {
    const MORE: f64 = 0.3;
    let share = |is_in: &dyn Fn(i64) -> bool| {
        let (rows, lacking) = sums(spread.by_time.iter().filter(|part| is_in(part.number)), place);
        (rows > 0.0).then_some(lacking / rows)
    };
    let (first, last) = (share(&|part| part < PARTS / 3), share(&|part| part >= PARTS - PARTS / 3));
    first.zip(last).is_some_and(|(first, last)| last - first > MORE)
}

/// Rows, and how many of them have the lack.
fn sums<'a>(parts: impl IntoIterator<Item = &'a Part>, place: usize) -> (f64, f64) {
    let one = |(rows, lacking), part: &Part| (rows + part.of[place] as f64, lacking + part.lacking[place] as f64);
    parts.into_iter().fold((0.0, 0.0), one)
}

/// From which part on the share is another, by the likelihood of two shares instead of one.
pub fn turn(parts: &[Part], place: usize) -> Option<usize> {
    let sums = |parts: &[Part]| sums(parts, place);
    let gain = |at: &usize| gain(sums(&parts[..*at]), sums(&parts[*at..]));
    let best = (1..parts.len()).max_by(|a, b| gain(a).total_cmp(&gain(b)))?;
    let (before, after) = (share(sums(&parts[..best])), share(sums(&parts[best..])));
    (gain(&best) > GAIN_LEAST && before.max(after) >= TIMES_LEAST * before.min(after)).then_some(best)
}

/// The parts in which the share is higher than before and after, if that is likelier by far than that it changed once.
pub fn spell(parts: &[Part], place: usize) -> Option<(usize, usize)> {
    let mut ends = vec![(0.0, 0.0)];
    for part in parts {
        let (rows, lacking) = ends[ends.len() - 1];
        ends.push((rows + part.of[place] as f64, lacking + part.lacking[place] as f64));
    }
    let all = ends[parts.len()];
    let within = |(a, b): (usize, usize)| (ends[b].0 - ends[a].0, ends[b].1 - ends[a].1);
    let without = |own: (f64, f64)| (all.0 - own.0, all.1 - own.1);
    let gain = |at: (usize, usize)| gain(within(at), without(within(at)));
    let once = (1..parts.len()).map(|at| gain((0, at))).fold(0.0, f64::max);
    let spells = (1..parts.len()).flat_map(|a| (a + 1..parts.len()).map(move |b| (a, b)));
    let higher = spells.filter(|at| share(within(*at)) >= TIMES_LEAST * share(without(within(*at))));
    let best = higher.map(|at| (gain(at), at)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > once + GAIN_LEAST).then_some(best.1)
}

/// Of a chi-squared of one degree, far beyond any of the places by chance.
const GAIN_LEAST: f64 = 25.0;
const TIMES_LEAST: f64 = 3.0;

/// How many of the rows lack something.
fn share((rows, lacking): (f64, f64)) -> f64 {
    lacking / rows.max(1.0)
}

/// How much likelier two shares are than one, of rows and how many of them lack something, as a chi-squared.
fn gain(one: (f64, f64), other: (f64, f64)) -> f64 {
    let likelihood = |(n, k): (f64, f64)| {
        let term = |count: f64| if count > 0.0 { count * (count / n).ln() } else { 0.0 };
        term(k) + term(n - k)
    };
    2.0 * (likelihood(one) + likelihood(other) - likelihood((one.0 + other.0, one.1 + other.1)))
}

/// The moments between which the share is higher, or the one from which on it is another.
pub fn change(parts: &[Part], place: usize) -> Option<String> {
    let of = |parts: &[Part]| percent_in_tenths(share(sums(parts, place)));
    if let Some((since, until)) = spell(parts, place) {
        return Some(format!(
            "from about {} to about {} in {} of the rows, before in {}, after in {}",
            time::rfc3339(parts[since].first),
            time::rfc3339(parts[until].first),
            of(&parts[since..until]),
            of(&parts[..since]),
            of(&parts[until..])
        ));
    }
    let best = turn(parts, place)?;
    Some(format!(
        "from about {} on in {} of the rows, before in {}",
        time::rfc3339(parts[best].first),
        of(&parts[best..]),
        of(&parts[..best])
    ))
}

/// The column and its one value in whose rows all of the lack is.
pub fn whose<'s>(spread: &'s Spread, lack: &(&Lack, usize), rows: i64) -> Option<(&'s By<'s>, &'s Value)> {
    let best = best(spread, *lack, rows)?;
    let [only] = best.groups.as_slice() else { return None };
    (best.lacking == lack.0.rows).then_some((&best.crossing.by, &only.value))
}

/// The column and its one value that tell best where the lack is.
pub fn likeliest<'s>(spread: &'s Spread, lack: &(&Lack, usize), rows: i64) -> Option<(&'s By<'s>, &'s Group)> {
    let best = best(spread, *lack, rows)?;
    let [only] = best.groups.as_slice() else { return None };
    (!only.value.is_null()).then_some((&best.crossing.by, *only))
}

/// Values of a column with which nulls may go.
struct Candidate<'s> {
    crossing: &'s Crossing<'s>,
    groups: Vec<&'s Group>,
    rows: i64,
    lacking: i64,
    ratio: statistics::Ratio,
    /// How likely it is by chance, of all choices of as many values.
    p: f64,
    /// How much it tells, less what as many values tell by chance.
    told: f64,
}

impl Candidate<'_> {
    /// `station=ST02`, `monitor=M1, M2`
    fn shown(&self) -> String {
        const LISTED: usize = 8;
        let mut names: Vec<String> = self.groups.iter().map(|group| group.value.shown()).collect();
        names.sort_unstable();
        let more = names.len().saturating_sub(LISTED);
        names.truncate(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}={}{more}", self.crossing.by.name(), names.join(", "))
    }
}

/// The value of another column that tells best where the nulls are, or those values together, if that is more than
/// chance: by the risk ratio, with the false-discovery rate kept over all that was looked at. What another table says in
/// one value goes before many values of the column itself.
fn best<'s>(spread: &'s Spread, (lack, place): (&Lack, usize), rows: i64) -> Option<Candidate<'s>> {
    const RATIO_LEAST: f64 = 2.0;
    const FALSE_DISCOVERY: f64 = 0.01;
    let others = spread.by_value.iter().filter(|crossing| crossing.by.name() != lack.column.name);
    let looked_at: Vec<Candidate> =
        others.flat_map(|crossing| candidates(crossing, (lack.rows, rows), place)).collect();
    let adjusted = statistics::adjusted(&looked_at.iter().map(|one| one.p).collect::<Vec<_>>());
    looked_at
        .into_iter()
        .zip(adjusted)
        .filter(|(one, q)| *q <= FALSE_DISCOVERY && one.ratio.ratio >= RATIO_LEAST && one.lacking >= NULLS_LEAST)
        .map(|(one, _)| one)
        .rev()
        .max_by(|a, b| a.told.total_cmp(&b.told).then(b.groups.len().cmp(&a.groups.len())))
}

fn dependence(spread: &Spread, (lack, place): (&Lack, usize), rows: i64) -> Option<String> {
    best(spread, (lack, place), rows).map(|one| {
        format!(
            "depends on {}: {} there, {} elsewhere (risk ratio {:.1}, 95 % interval {:.1} to {:.1})",
            one.shown(),
            percent_in_tenths(one.lacking as f64 / one.rows as f64),
            percent_in_tenths((lack.rows - one.lacking) as f64 / (rows - one.rows).max(1) as f64),
            one.ratio.ratio,
            one.ratio.low,
            one.ratio.high
        )
    })
}

/// The value of a column that tells most, and those together that lack most often, of which that holds.
fn candidates<'s>(crossing: &'s Crossing<'s>, (nulls, rows): (i64, i64), place: usize) -> Vec<Candidate<'s>> {
    let share = |group: &Group| group.lacking[place] as f64 / group.of[place].max(1) as f64;
    let known = || crossing.groups.iter().filter(|group| !group.value.is_null());
    let usual = nulls as f64 / rows.max(1) as f64;
    let mut groups: Vec<(f64, &Group)> =
        known().map(|group| (share(group), group)).filter(|(share, _)| *share > usual).collect();
    groups.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.value.shown().cmp(&b.1.value.shown())));
    let gain_of =
        |with: i64, both: i64| gain((with as f64, both as f64), ((rows - with) as f64, (nulls - both) as f64));
    // The last of equal ones would be taken.
    let single = groups.iter().rev().max_by(|a, b| {
        let of = |one: &(f64, &Group)| gain_of(one.1.of[place], one.1.lacking[place]);
        of(a).total_cmp(&of(b))
    });
    let mut sums = (0, 0);
    let mut together: Option<(f64, usize)> = None;
    for (at, (_, group)) in groups.iter().enumerate() {
        sums = (sums.0 + group.of[place], sums.1 + group.lacking[place]);
        let told = gain_of(sums.0, sums.1);
        if at > 0 && together.is_none_or(|(most, _)| told > most) {
            together = Some((told, at + 1));
        }
    }
    let all = known().count();
    let of = |some: Vec<&'s Group>| {
        let (with, both) =
            some.iter().fold((0, 0), |sum, group| (sum.0 + group.of[place], sum.1 + group.lacking[place]));
        let ratio = statistics::risk_ratio(both as f64, with as f64, (nulls - both) as f64, (rows - with) as f64);
        let choices = log_choices(all, some.len());
        Candidate {
            crossing,
            rows: with,
            lacking: both,
            p: (ratio.p.ln() + choices).exp().min(1.0),
            ratio,
            told: gain_of(with, both) - 2.0 * choices,
            groups: some,
        }
    };
    let single = single.map(|(_, group)| of(vec![*group]));
    let together = together.map(|(_, count)| of(groups[..count].iter().map(|(_, group)| *group).collect()));
    single.into_iter().chain(together).collect()
}

/// The logarithm of how many choices there are of some out of all.
fn log_choices(all: usize, some: usize) -> f64 {
    (0..some.min(all - some)).map(|at| ((all - at) as f64 / (at + 1) as f64).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column::{Column, Kind};

    fn crossing<'a>(by: By<'a>, groups: &[(&str, i64, i64)]) -> Crossing<'a> {
        let group = |(value, rows, lacking): &(&str, i64, i64)| Group {
            value: Value::Text((*value).into()),
            rows: *rows,
            of: vec![*rows],
            lacking: vec![*lacking],
        };
        Crossing { by, groups: groups.iter().map(group).collect() }
    }

    #[test]
    fn one_of_several_equal_values_is_not_named_alone() {
        let column = Column::new("heart_rate", Kind::Float);
        let lack =
            Lack { column: &column, holds: String::new(), rows: 1320, sentinel: None, codes: None, within: None };
        let own = || {
            let groups = [
                ("M1", 1400, 440),
                ("M2", 1400, 440),
                ("M3", 1400, 440),
                ("M4", 1400, 0),
                ("M5", 1400, 0),
                ("M6", 1400, 0),
            ];
            crossing(By::Linked("monitor".into()), &groups)
        };
        let told = |by_value| {
            let spread = Spread { by_value, by_time: Vec::new() };
            dependence(&spread, (&lack, 0), 8400).unwrap_or_default()
        };
        let text = told(vec![own()]);
        assert!(text.starts_with("depends on monitor=M1, M2, M3: 31.4 % there, 0.0 % elsewhere"), "{text}");
        let ward = crossing(By::Linked("monitors.ward".into()), &[("ICU", 4200, 1320), ("WARD", 4200, 0)]);
        let text = told(vec![own(), ward]);
        assert!(text.starts_with("depends on monitors.ward=ICU: 31.4 % there"), "{text}");
    }

    #[test]
    fn what_came_and_went_has_two_ends() {
        let parts = |lacking: &dyn Fn(i64) -> i64| -> Vec<Part> {
            (0..60).map(|n| Part { number: n, first: n, of: vec![100], lacking: vec![lacking(n)] }).collect()
        };
        let spell = |lacking: &dyn Fn(i64) -> i64| spell(&parts(lacking), 0);
        assert_eq!(spell(&|n| if (20..25).contains(&n) { 80 } else { 0 }), Some((20, 25)));
        assert_eq!(spell(&|n| if (20..21).contains(&n) { 80 } else { 1 }), Some((20, 21)));
        // Up to the end, from the beginning, but for a time, here and there.
        assert_eq!(spell(&|n| if n >= 20 { 80 } else { 0 }), None);
        assert_eq!(spell(&|n| if n < 20 { 80 } else { 0 }), None);
        assert_eq!(spell(&|n| if (20..25).contains(&n) { 0 } else { 80 }), None);
        assert_eq!(spell(&|n| n * 7919 % 9), None);
    }

    #[test]
    fn choices_are_counted() {
        let near = |all, some, choices: f64| (log_choices(all, some).exp() - choices).abs() < 1e-6;
        assert!(near(16, 8, 12_870.0) && near(5, 1, 5.0) && near(4, 4, 1.0));
    }
}
