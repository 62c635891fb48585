//! One cause once: what other changes of a table are, once it is known which value changed. The rows of a table are
//! counted by which changes concern them, and a change is a consequence of others if among rows that are alike in these
//! it is none.

use std::collections::BTreeMap;

use super::found::{Finding, What, times};
use super::judge::RATE_LEAST;
use super::sides::{Pair, Sides};
use super::table::{Seen, rates};
use crate::engine::quote::fill;
use crate::error::Result;
use crate::model::statistics::share_p;
use crate::session::Session;

/// Changes of one table that are looked at together: a bit each.
const TOGETHER_MOST: usize = 60;
/// A consequence keeps at most so much of its change among rows that are alike in its cause.
const KEPT_MOST: f64 = 0.25;
/// The same of one that could be chance there.
const KEPT_BY_CHANCE_MOST: f64 = 0.6;

/// Causes that explain as much as others to so small a part say the same.
const ALIKE: f64 = 0.1;

/// A change with the bit that marks its rows.
#[derive(Debug, Clone)]
pub struct Marked {
    /// SQL over the relation.
    pub sql: String,
    pub effect: f64,
    pub is_cause: bool,
    pub is_consequence: bool,
    /// How much less its rows are worth, being alike.
    pub spread: f64,
    /// Of causes that say the same, the least is told: a code before a template, that before a value.
    pub rank: u8,
}

/// Rows of both sides by the changes that concern them.
#[derive(Debug, Default)]
pub struct Masks(BTreeMap<u64, [f64; 2]>);

impl Masks {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn count(session: &Session, pair: &Pair, marked: &[Marked]) -> Result<Masks> {
        let bits: Vec<String> = marked
            .iter()
            .enumerate()
            .map(|(bit, one)| format!("CASE WHEN {} THEN {} ELSE 0 END", one.sql, 1_u64 << bit))
            .collect();
        let sql = fill(include_str!("masks.sql"), &[("rows", &pair.relation), ("mask", &bits.join(" + "))]);
        let mut masks = Masks::default();
        for row in session.engine.rows(&sql)?.rows {
            let side = usize::from(row[0].int() == 1);
            masks.0.entry(row[1].int().unsigned_abs()).or_default()[side] += row[2].int() as f64;
        }
        Ok(masks)
    }

    /// How many rows of each side have a bit.
    pub fn with(&self, bit: usize) -> [f64; 2] {
        self.sum(|mask| mask & (1 << bit) != 0)
    }

    fn sum(&self, is: impl Fn(u64) -> bool) -> [f64; 2] {
        let all = self.0.iter().filter(|(mask, _)| is(**mask));
        all.fold([0.0; 2], |sum, (_, n)| [sum[0] + n[0], sum[1] + n[1]])
    }

    /// Whether a change is none among rows that are alike in the causes.
    fn explains(&self, causes: u64, bit: usize, spread: f64) -> bool {
        let all = self.sum(|_| true);
        let with = self.with(bit);
        let change = with[1] / all[1] - with[0] / all[0];
        // Rows, and rows with the bit, of both sides, by what they have of the causes.
        let mut strata: BTreeMap<u64, [f64; 4]> = BTreeMap::new();
        for (mask, [before, now]) in &self.0 {
            let stratum = strata.entry(mask & causes).or_default();
            let has = f64::from(u8::from(mask & (1 << bit) != 0));
            stratum.iter_mut().zip([*before, *now, has * before, has * now]).for_each(|(sum, n)| *sum += n);
        }
        // What is on one side only says nothing of the other.
        let both = strata.values().filter(|[before, now, ..]| *before > 0.0 && *now > 0.0);
        let (mut by_now, mut by_before, mut p) = (0.0, 0.0, 1.0_f64);
        for [before, now, with_before, with_now] in both {
            let apart = with_now / now - with_before / before;
            by_now += apart * now / all[1];
            by_before += apart * before / all[0];
            p = p.min(share_p((*with_now, *now), (*with_before, *before), spread));
        }
        let kept = by_now.abs().max(by_before.abs()) / change.abs().max(f64::MIN_POSITIVE);
        kept <= KEPT_MOST || (p > 0.05 && kept <= KEPT_BY_CHANCE_MOST)
    }

    /// The causes in the order in which they are found, each with its consequences. `volume` is how many times as many rows
    /// per time there are, of a table whose volume changed; it is the consequence behind all others.
    fn causes(&self, marked: &[Marked]) -> Vec<(usize, Vec<usize>)> {
        let mut known = 0_u64;
        let mut open: Vec<usize> = (0..marked.len()).collect();
        let mut found = Vec::new();
        loop {
            let of = |cause: usize| -> (f64, Vec<usize>) {
                let is_explained = |other: &&usize| {
                    **other != cause
                        && marked[**other].is_consequence
                        && self.explains(known | (1 << cause), **other, marked[**other].spread)
                };
                let explained: Vec<usize> = open.iter().filter(is_explained).copied().collect();
                (explained.iter().map(|at| marked[*at].effect).sum(), explained)
            };
            let causes = open.iter().filter(|at| marked[**at].is_cause).map(|at| (*at, of(*at)));
            let told = |one: &(usize, (f64, Vec<usize>))| marked[one.0].effect + one.1.0;
            let best = causes.filter(|(_, (gain, _))| *gain > 0.0).reduce(|most, one| {
                let (by, rank) = (told(&one) / told(&most), marked[one.0].rank.cmp(&marked[most.0].rank));
                let is_alike = (1.0 - ALIKE..=1.0 / (1.0 - ALIKE)).contains(&by);
                let is_more = if is_alike && rank.is_ne() { rank.is_lt() } else { by > 1.0 + 1e-9 };
                if is_more { one } else { most }
            });
            let Some((cause, (_, explained))) = best else { return found };
            known |= 1 << cause;
            open.retain(|at| *at != cause && !explained.contains(at));
            found.push((cause, explained));
        }
    }
}

/// A table's changes that are looked at together, the greatest first: their places among the findings.
pub fn together(seen: &Seen, significant: &[usize]) -> Vec<usize> {
    let mut places: Vec<usize> = significant.iter().copied().filter(|at| seen.findings[*at].hit.is_some()).collect();
    places.sort_by(|a, b| seen.findings[*b].effect.total_cmp(&seen.findings[*a].effect));
    places.truncate(TOGETHER_MOST);
    places
}

/// A table's changes, by their places among the findings.
pub struct Changes<'a> {
    /// Those that have a bit.
    pub places: &'a [usize],
    /// Those of codes, whose bits are behind these.
    pub codes: &'a [Marked],
    /// All that are sure.
    pub sure: &'a [usize],
}

/// Folds what is a consequence. Returns the consequences, and of which cause each is: both as bits.
pub fn fold(
    session: &Session,
    sides: &Sides,
    pair: &Pair,
    seen: &mut Seen,
    changes: &Changes,
) -> Result<Vec<(usize, usize)>> {
    let Changes { places, codes, sure } = *changes;
    let of = |at: &usize| {
        let found = &seen.findings[*at];
        found.hit.as_ref().map(|hit| Marked {
            sql: hit.sql.clone(),
            effect: found.effect,
            is_cause: hit.is_cause,
            is_consequence: true,
            spread: found.spread.effect,
            rank: if found.what == What::Template { 1 } else { 2 },
        })
    };
    let marked: Vec<Marked> =
        places.iter().filter_map(of).chain(codes.iter().cloned()).take(TOGETHER_MOST + 2).collect();
    if marked.is_empty() {
        return Ok(Vec::new());
    }
    let masks = Masks::count(session, pair, &marked)?;
    let folded: Vec<(usize, usize)> = masks
        .causes(&marked)
        .into_iter()
        .flat_map(|(cause, explained)| explained.into_iter().map(move |other| (other, cause)))
        .collect();
    let left: Vec<usize> =
        (0..places.len()).filter(|bit| !folded.iter().any(|(consequence, _)| consequence == bit)).collect();
    let volume = sure.iter().copied().find(|at| seen.findings[*at].what == What::Volume);
    if let Some(volume) = volume {
        explain_volume(sides, pair, seen, (volume, &masks), &left, places);
    }
    Ok(folded)
}

/// Where the rows of one column's changed values are all that a table has more or less, it is these whose volume changed.
fn explain_volume(
    sides: &Sides,
    pair: &Pair,
    seen: &mut Seen,
    (volume, masks): (usize, &Masks),
    left: &[usize],
    places: &[usize],
) {
    let lengths = [0, 1].map(|side| pair.cut.lengths.sum(side));
    let is_value = |at: usize| matches!(seen.findings[at].what, What::Category | What::Template);
    let mut columns: Vec<Option<usize>> =
        left.iter().filter(|bit| is_value(places[**bit])).map(|bit| seen.findings[places[*bit]].column).collect();
    columns.dedup();
    let all = masks.sum(|_| true);
    let whole = (all[1] / lengths[1] / (all[0] / lengths[0])).ln();
    let explains = |bits: &[usize]| {
        let any: u64 = bits.iter().map(|bit| 1 << bit).sum();
        let rest = masks.sum(|mask| mask & any == 0);
        let kept = (rest[1] / lengths[1] / (rest[0] / lengths[0])).ln();
        kept.abs() <= RATE_LEAST.ln() && kept.abs() <= KEPT_MOST * whole.abs()
    };
    for column in columns {
        let bits: Vec<usize> = left
            .iter()
            .copied()
            .filter(|bit| is_value(places[*bit]) && seen.findings[places[*bit]].column == column)
            .collect();
        if !explains(&bits) {
            continue;
        }
        let also = seen.findings[volume].shown();
        for bit in &bits {
            to_volume(sides, pair, &mut seen.findings[places[*bit]]);
        }
        seen.findings[places[bits[0]]].also.push(also);
        seen.findings[volume].is_folded = true;
        return;
    }
}

/// Tells a value by its rows per time in place of its share.
fn to_volume(sides: &Sides, pair: &Pair, found: &mut Finding) {
    let Some(hit) = &found.hit else { return };
    let rates = rates(&hit.blocks, sides, pair);
    (found.baseline, found.incident) = (Some(rates[0]), Some(rates[1]));
    found.change = times(rates[0], rates[1]);
    found.what = What::Volume;
    found.sql = match &found.holds {
        Some(holds) => pair.shown_rates(&format!("count(*) FILTER (WHERE {holds})"), sides),
        None => String::new(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(effect: f64, is_cause: bool) -> Marked {
        Marked { sql: String::new(), effect, is_cause, is_consequence: true, spread: 1.0, rank: 2 }
    }

    fn masks(rows: &[(u64, f64, f64)]) -> Masks {
        Masks(rows.iter().map(|(mask, before, now)| (*mask, [*before, *now])).collect())
    }

    #[test]
    fn a_station_that_stopped_explains_its_gateway_and_not_the_other_way_round() {
        // Bit 0: the station is gone; bit 1: the gateway that two others use besides.
        let rows = masks(&[(0b11, 1_000.0, 0.0), (0b10, 2_000.0, 2_000.0), (0, 3_000.0, 3_000.0)]);
        assert_eq!(rows.causes(&[marked(0.3, true), marked(0.1, true)]), [(0, vec![1])]);
    }

    #[test]
    fn a_gateway_that_stopped_explains_all_of_its_stations() {
        let rows = masks(&[(0b1001, 900.0, 0.0), (0b1010, 900.0, 0.0), (0b1100, 900.0, 0.0), (0, 3_000.0, 3_000.0)]);
        let all = [marked(0.2, true), marked(0.2, true), marked(0.2, true), marked(0.5, true)];
        assert_eq!(rows.causes(&all), [(3, vec![0, 1, 2])]);
    }

    #[test]
    fn one_code_that_rose_explains_the_failures_and_two_do_together() {
        // Bit 0 and 1: codes; bit 2: failed.
        let one = masks(&[(0b101, 50.0, 400.0), (0b100, 100.0, 95.0), (0, 2_000.0, 1_900.0)]);
        assert_eq!(one.causes(&[marked(0.3, true), marked(0.0, false), marked(0.25, true)])[0].0, 0);
        assert!(one.explains(0b001, 2, 1.0) && !one.explains(0b100, 0, 1.0));
        let two = masks(&[(0b101, 50.0, 400.0), (0b110, 50.0, 300.0), (0b100, 100.0, 95.0), (0, 2_000.0, 1_900.0)]);
        let found = two.causes(&[marked(0.3, true), marked(0.2, true), marked(0.25, true)]);
        assert!(!found.iter().any(|(cause, _)| *cause == 2), "{found:?}");
    }

    #[test]
    fn changes_that_have_nothing_to_do_with_each_other_stay() {
        let rows = masks(&[(0b01, 100.0, 400.0), (0b10, 300.0, 90.0), (0b11, 10.0, 12.0), (0, 1_590.0, 1_498.0)]);
        assert_eq!(rows.causes(&[marked(0.3, true), marked(0.2, true)]), []);
    }
}
