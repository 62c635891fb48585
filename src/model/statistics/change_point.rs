//! When rates changed: the stretch of time in which counts are least like those of the time around it.

/// Parts of time, `from <= part < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from: usize,
    pub to: usize,
}

/// What is counted in equal parts of time, and how much each part expects of the whole.
#[derive(Debug, Clone)]
pub struct Series {
    pub counts: Vec<u64>,
    pub exposure: Vec<f64>,
}

/// How much better two rates say the counts than one, in natural logarithms (Poisson): `inside` of `all` events in
/// `length` of `parts` parts.
fn gain(inside: f64, length: f64, all: f64, parts: f64) -> f64 {
    let term = |count: f64, length: f64| if count > 0.0 { count * (count / length).ln() } else { 0.0 };
    term(inside, length) + term(all - inside, parts - length) - term(all, parts)
}

/// How much more than Poisson's counts vary from part to part, whatever changes slowly: half the mean square of the
/// differences of neighbours by the mean, at least 1.
fn roughness(counts: &[u64]) -> f64 {
    let sum: u64 = counts.iter().sum();
    if counts.len() < 3 || sum == 0 {
        return 1.0;
    }
    let squares: f64 = counts.windows(2).map(|two| (two[0] as f64 - two[1] as f64).powi(2)).sum();
    (squares / (2.0 * (counts.len() - 1) as f64) / (sum as f64 / counts.len() as f64)).max(1.0)
}

/// A gain that chance has once in twenty times.
const MARGIN: f64 = 3.0;

struct Sums {
    /// Events before each part.
    before: Vec<f64>,
    /// How much is expected before each part.
    exposed: Vec<f64>,
    roughness: f64,
}

/// Sums of what lies before each part, and of all.
fn summed(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let ends = values.map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(ends).collect()
}

/// The one stretch in which the rates of these series, each of counts in the same parts of time, are least like those
/// outside of it (a scan statistic, Kulldorff 1997, over all that change together): one that lasts to the end, unless
/// one that ends before is clearly better. None if that may be chance: every series that counts must gain more than
/// twice the logarithm of the number of parts, for the choice of two ends, that of the number of series, and a margin.
pub fn stretch(series: &[Series]) -> Option<Stretch> {
    let parts = series.first().map_or(0, |one| one.counts.len());
    if parts < 4 {
        return None;
    }
    let penalty = 2.0 * (parts as f64).ln() + (series.len() as f64).ln() + MARGIN;
    let sums: Vec<Sums> = series
        .iter()
        .map(|one| Sums {
            before: summed(one.counts.iter().map(|count| *count as f64)),
            exposed: summed(one.exposure.iter().copied()),
            roughness: roughness(&one.counts),
        })
        .collect();
    let score = |from: usize, to: usize| -> f64 {
        let of_one = |one: &Sums| {
            let inside = one.before[to] - one.before[from];
            let exposed = one.exposed[to] - one.exposed[from];
            let found = gain(inside, exposed, one.before[parts], one.exposed[parts]) / one.roughness;
            (found - penalty).max(0.0)
        };
        sums.iter().map(of_one).sum()
    };
    let best_of = |stretches: &mut dyn Iterator<Item = (usize, usize)>| {
        stretches.fold((0.0, Stretch { from: 0, to: parts }), |best, (from, to)| {
            let found = score(from, to);
            if found > best.0 { (found, Stretch { from, to }) } else { best }
        })
    };
    let to_the_end = best_of(&mut (1..parts).map(|from| (from, parts)));
    let within = best_of(&mut (1..parts).flat_map(|from| (from + 1..parts).map(move |to| (from, to))));
    let best = if within.0 > to_the_end.0 + penalty { within } else { to_the_end };
    (best.0 > 0.0).then_some(best.1)
}

/// The part from which on a series' rate is least like before. Parts may be of different lengths.
pub fn shift(counts: &[u64], lengths: &[f64]) -> usize {
    let (all, whole) = (counts.iter().sum::<u64>() as f64, lengths.iter().sum::<f64>());
    let (mut before, mut length) = (0.0, 0.0);
    let mut best = (0.0, 0);
    for (part, (count, part_length)) in counts.iter().zip(lengths).enumerate().take(counts.len().saturating_sub(1)) {
        before += *count as f64;
        length += part_length;
        let found = gain(before, length, all, whole);
        if found > best.0 {
            best = (found, part + 1);
        }
    }
    best.1
}

/// The part from which on the share of hits among rows is least like before; none where nothing says so.
pub fn share_shift(hits: &[u32], rows: &[u32]) -> Option<usize> {
    let sum = |counts: &[u32]| counts.iter().map(|count| f64::from(*count)).sum::<f64>();
    let (all_hits, all) = (sum(hits), sum(rows));
    // The logarithm of how likely so many hits of so many rows are, by their own share.
    let likely = |hits: f64, rows: f64| {
        let term = |count: f64| if count > 0.0 { count * (count / rows).ln() } else { 0.0 };
        term(hits) + term(rows - hits)
    };
    let (mut before, mut rows_before) = (0.0, 0.0);
    // Less than this is how the logarithms are rounded.
    let mut best = (1e-6, None);
    for (part, (hit, n)) in hits.iter().zip(rows).enumerate().take(hits.len().saturating_sub(1)) {
        before += f64::from(*hit);
        rows_before += f64::from(*n);
        let found = likely(before, rows_before) + likely(all_hits - before, all - rows_before) - likely(all_hits, all);
        if rows_before > 0.0 && rows_before < all && found > best.0 {
            best = (found, Some(part + 1));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_of_a_changed_rate_is_found() {
        let stretch = |series: &[&Vec<u64>]| {
            let of = |counts: &&Vec<u64>| Series { counts: counts.to_vec(), exposure: vec![1.0; counts.len()] };
            stretch(&series.iter().map(of).collect::<Vec<_>>())
        };
        let steady: Vec<u64> = (0..60).map(|part| 4 + part % 3).collect();
        let late: Vec<u64> = (0..60).map(|part| if part < 45 { 1 } else { 9 }).collect();
        assert_eq!(stretch(&[&steady, &late]), Some(Stretch { from: 45, to: 60 }));
        let between: Vec<u64> = (0..60).map(|part| if (20..30).contains(&part) { 12 } else { 1 }).collect();
        assert_eq!(stretch(&[&steady, &between]), Some(Stretch { from: 20, to: 30 }));
        assert_eq!(stretch(&[&steady]), None);
        assert_eq!(shift(&late, &[1.0; 60]), 45);
    }

    #[test]
    fn the_part_from_which_a_share_is_another_is_found() {
        let hits: Vec<u32> = (0..40).map(|part| if part < 30 { 1 } else { 7 }).collect();
        assert_eq!(share_shift(&hits, &[10; 40]), Some(30));
        assert_eq!(share_shift(&[2; 40], &[10; 40]), None);
    }

    #[test]
    fn single_bursts_are_no_change() {
        let bursts: Vec<u64> = (0..100).map(|part| if part % 17 == 3 { 25 } else { 0 }).collect();
        assert_eq!(stretch(&[Series { counts: bursts, exposure: vec![1.0; 100] }]), None);
    }
}
