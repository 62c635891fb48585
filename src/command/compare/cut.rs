//! Two windows cut into blocks of about the same length, so that all tests can ask how much counts vary over time.

use crate::model::statistics::Blocks;
use crate::session::{Span, Windows};

/// Blocks of the shorter window, and of both together.
const SHORTER: i64 = 24;
const BOTH_MOST: i64 = 128;

/// How the time of both sides is divided.
#[derive(Debug, Clone)]
pub struct Cut {
    /// `None` where a side has no times: it is one block.
    pub spans: Option<[Span; 2]>,
    /// How long a block of each side is, in microseconds; the last one may be shorter.
    units: [i64; 2],
    /// How many hours of the side are in each block; of a side without times, or of sides that are whole sources, its part
    /// of the whole.
    pub lengths: Blocks<f64>,
}

const HOUR: f64 = 3_600_000_000.0;

impl Cut {
    /// Of windows: what the incident shares with the baseline is no part of it.
    pub fn of_windows(windows: &Windows) -> Cut {
        let spans = [windows.baseline, windows.incident];
        let mut cut = Cut::new(spans);
        for block in 0..cut.blocks(1) {
            let shared = cut.span(1, block).shared(windows.baseline);
            cut.lengths.sides[1][block] -= shared as f64 / HOUR;
        }
        cut
    }

    /// Of whole sources: each side is one, however long it lasts.
    pub fn of_sources(spans: Option<[Span; 2]>) -> Cut {
        let Some([baseline, incident]) = spans else {
            return Cut { spans: None, units: [1, 1], lengths: Blocks { sides: [vec![1.0], vec![1.0]] } };
        };
        // Each is divided for itself: what is compared are two dumps, and not two stretches of time.
        let mut cut = Cut::new([baseline, incident]);
        cut.units = [baseline, incident].map(|span| (span.length() / SHORTER).max(1) + 1);
        for side in 0..2 {
            let span = [baseline, incident][side];
            let blocks = usize::try_from((span.length() - 1) / cut.units[side] + 1).unwrap_or(1);
            cut.lengths.sides[side] = vec![1.0 / blocks as f64; blocks];
        }
        cut
    }

    fn new(spans: [Span; 2]) -> Cut {
        let [one, other] = spans.map(|span| span.length().max(1));
        let wanted = (one.min(other) / SHORTER).max(one.max(other) / (BOTH_MOST - SHORTER)).max(1);
        let units = [one, other].map(|length| {
            let blocks = ((length + wanted / 2) / wanted).max(1);
            (length - 1) / blocks + 1
        });
        let of = |side: usize| -> Vec<f64> {
            let (span, unit) = (spans[side], units[side]);
            let blocks = (span.length().max(1) - 1) / unit + 1;
            let length = |block: i64| unit.min(span.length() - block * unit) as f64 / HOUR;
            (0..blocks).map(length).collect()
        };
        Cut { spans: Some(spans), units, lengths: Blocks { sides: [of(0), of(1)] } }
    }

    pub fn blocks(&self, side: usize) -> usize {
        self.lengths.sides[side].len()
    }

    /// The time of a block.
    fn span(&self, side: usize, block: usize) -> Span {
        let from = self.begin(side, block);
        let to = self.spans.map_or(0, |spans| spans[side].to);
        Span { from, to: (from + self.units[side]).min(to) }
    }

    /// Where a block begins, in UTC microseconds; 0 of sides without times.
    pub fn begin(&self, side: usize, block: usize) -> i64 {
        self.spans.map_or(0, |spans| spans[side].from + block as i64 * self.units[side])
    }

    /// The block of a row of a side, over its `ts`.
    pub fn sql(&self, side: usize) -> String {
        match self.spans {
            None => "0".into(),
            Some(spans) => format!(
                "greatest(least((epoch_us(ts) - {}) // {}, {}), 0)",
                spans[side].from,
                self.units[side],
                self.blocks(side) - 1
            ),
        }
    }

    /// Nothing in each block.
    pub fn zero(&self) -> Blocks<u32> {
        Blocks { sides: [vec![0; self.blocks(0)], vec![0; self.blocks(1)]] }
    }

    /// Whether the incident follows the baseline, at once or after a while.
    pub fn follows(&self) -> Option<i64> {
        self.spans.map(|[baseline, incident]| incident.from - baseline.to).filter(|gap| *gap >= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(baseline: (i64, i64), incident: (i64, i64)) -> Cut {
        let span = |(from, to): (i64, i64)| Span { from: from * 3_600_000_000, to: to * 3_600_000_000 };
        Cut::of_windows(&Windows { baseline: span(baseline), incident: span(incident), asked: None })
    }

    #[test]
    fn windows_are_cut_into_blocks_of_one_length() {
        let cut = cut((0, 96), (96, 120));
        assert_eq!((cut.blocks(0), cut.blocks(1)), (96, 24));
        assert!((cut.lengths.sum(0) - 96.0).abs() < 1e-9 && (cut.lengths.sum(1) - 24.0).abs() < 1e-9);
        assert_eq!(cut.begin(1, 3), 99 * 3_600_000_000);
    }

    #[test]
    fn a_long_baseline_has_no_more_blocks_than_both_may_have() {
        let cut = cut((0, 10_000), (10_000, 10_010));
        assert!(cut.blocks(0) <= 105 && cut.blocks(1) == 1, "{} {}", cut.blocks(0), cut.blocks(1));
    }

    #[test]
    fn a_baseline_within_the_incident_is_no_part_of_it() {
        let cut = cut((10, 20), (0, 40));
        assert!((cut.lengths.sum(1) - 30.0).abs() < 1e-9);
    }
}
