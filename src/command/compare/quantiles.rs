//! The quantiles by which a distribution that changed is told, exact, of all rows: where a quantile lies is known from
//! the counts between the cuts, so that only the numbers of one such part are sorted.

use super::found::{Finding, What, times};
use super::judge::Differs;
use super::looks::{self, Look};
use super::sides::{Known, Pair};
use super::table::Seen;
use crate::error::Result;
use crate::model::figure::rounded;
use crate::model::value::Value;
use crate::session::Session;

const LEVELS: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const MIDDLE: usize = 3;

/// The quantiles of both sides at all levels.
type Quantiles = [[f64; 2]; LEVELS.len()];

/// Tells the findings of numbers at these places by the quantile that changed most.
///
/// # Errors
/// If the evidence cannot be read.
pub fn tell(session: &Session, pair: &Pair, seen: &mut Seen, places: &[usize]) -> Result<()> {
    let of = |place: &usize| {
        let at = seen.findings[*place].column?;
        let Look::Numbers { cuts, .. } = &seen.looks[at] else { return None };
        Some((*place, at, asked(&pair.columns[at], cuts, seen, at)))
    };
    let asked: Vec<(usize, usize, String)> = places.iter().filter_map(of).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let list: Vec<&str> = asked.iter().map(|(.., sql)| sql.as_str()).collect();
    let row = session.engine.counted(&format!("SELECT {} FROM {}", list.join(", "), pair.relation))?;
    for (turn, (place, at, _)) in asked.iter().enumerate() {
        let mut quantiles: Quantiles = [[0.0; 2]; LEVELS.len()];
        for (level, both) in quantiles.iter_mut().enumerate() {
            for (side, quantile) in both.iter_mut().enumerate() {
                *quantile = number(&row[turn * 2 * LEVELS.len() + 2 * level + side]);
            }
        }
        let differs = seen.differs[place];
        told(&mut seen.findings[*place], pair, &pair.columns[*at], differs, &quantiles);
    }
    Ok(())
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        other => other.shown().parse().unwrap_or(0.0),
    }
}

/// Each quantile of each side as an aggregate over the one part between cuts in which it lies.
fn asked(known: &Known, cuts: &[f64], seen: &Seen, at: usize) -> String {
    let value = looks::finite(known);
    let literal = |cut: f64| looks::list(&[cut]).trim_matches(['[', ']']).to_string();
    let mut all = Vec::new();
    for level in LEVELS {
        for side in 0..2 {
            let counts: Vec<u64> = seen.columns[at].bins.iter().map(|bin| bin.sum(side) as u64).collect();
            let whole: u64 = counts.iter().sum();
            // As the engine's own `quantile_disc` counts.
            let place = ((level * whole as f64).ceil() as u64).max(1) - 1;
            let (mut before, mut part) = (0, 0);
            while part + 1 < counts.len() && before + counts[part] <= place {
                before += counts[part];
                part += 1;
            }
            let within = ((place - before) as f64 + 0.5) / counts[part] as f64;
            let above = part.checked_sub(1).map(|lower| format!(" AND {value} > {}", literal(cuts[lower])));
            let below = cuts.get(part).map(|upper| format!(" AND {value} <= {}", literal(*upper)));
            all.push(format!(
                "quantile_disc({value}, {within:.17}) FILTER (WHERE side = {side}{}{})",
                above.unwrap_or_default(),
                below.unwrap_or_default()
            ));
        }
    }
    all.join(", ")
}

fn told(found: &mut Finding, pair: &Pair, known: &Known, differs: Differs, quantiles: &Quantiles) {
    let place = match (found.what, differs.end) {
        (What::Latency, _) => most_times(quantiles),
        (_, Some(level)) => LEVELS.iter().position(|known| *known == level).unwrap_or(MIDDLE),
        _ => most_moved(quantiles),
    };
    let [before, now] = quantiles[place];
    found.value = Some(format!("p{}", rounded(100.0 * LEVELS[place], 0)));
    (found.baseline, found.incident) = (Some(before), Some(now));
    found.change = match found.what {
        What::Latency if before > 0.0 && now > 0.0 => times(before, now),
        _ if differs.end.is_some() => format!("{:+.1} points beyond", 100.0 * differs.distance),
        _ => format!("KS {:.2}", differs.distance),
    };
    let finite = match known.kind {
        crate::model::column::Kind::Float => format!(" FILTER (WHERE isfinite({}))", known.sql),
        _ => String::new(),
    };
    found.sql = pair.shown(&format!("quantile_disc({}, {}){finite}", known.sql, LEVELS[place]));
}

/// Of a half, 95 and 99 % the one that is most times what it was.
fn most_times(quantiles: &Quantiles) -> usize {
    let times = |place: usize| {
        let [before, now] = quantiles[place];
        if before > 0.0 && now > 0.0 { (now / before).ln().abs() } else { 0.0 }
    };
    [MIDDLE, 5, 6]
        .into_iter()
        .reduce(|most, one| if times(one) > times(most) + 1e-9 { one } else { most })
        .unwrap_or(MIDDLE)
}

/// Of those between 5 and 95 % the one that moved most; the middle if it moved a third as much.
fn most_moved(quantiles: &Quantiles) -> usize {
    let moved = |place: usize| (quantiles[place][1] - quantiles[place][0]).abs();
    let most = (1..=5).reduce(|most, one| if moved(one) > moved(most) { one } else { most }).unwrap_or(MIDDLE);
    if 3.0 * moved(MIDDLE) >= moved(most) { MIDDLE } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_that_tells_most_is_told() {
        let steady = [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0], [5.0, 5.0], [6.0, 24.0], [9.0, 27.0]];
        assert_eq!((most_times(&steady), most_moved(&steady)), (5, 5));
        let moved = [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0], [4.0, 7.0], [5.0, 8.0], [6.0, 9.0], [9.0, 12.5]];
        assert_eq!(most_moved(&moved), MIDDLE);
    }
}
