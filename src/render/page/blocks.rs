//! Charts as letters, where there are no pictures.

use crate::model::coverage::grouped;
use crate::model::document::Chart;
use crate::model::figure::percent;
use crate::model::time;

const WIDE: usize = 40;

fn height(share: f64) -> char {
    const HEIGHTS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if share <= 0.0 { HEIGHTS[0] } else { HEIGHTS[((share * 8.0).ceil() as usize).clamp(1, 8)] }
}

fn bar(count: u64, most: u64) -> String {
    let long = (WIDE as f64 * count as f64 / most.max(1) as f64).round() as usize;
    "█".repeat(if count > 0 { long.max(1) } else { 0 })
}

/// Lines of the same width, named at their beginning.
pub fn lines(chart: &Chart) -> Vec<String> {
    let rows: Vec<(String, String)> = match chart {
        Chart::Lanes(lanes) => lanes.lanes.iter().flat_map(lane).collect(),
        Chart::Strips(strips) => strips
            .strips
            .iter()
            .map(|(name, shares)| (name.clone(), shares.iter().map(|one| height(*one)).collect()))
            .collect(),
        Chart::Pareto(pareto) => {
            let most = pareto.bars.first().map_or(1, |(_, count)| *count);
            let mut sum = 0;
            let row = |(name, count): &(String, u64)| {
                sum += count;
                let share = percent(sum as f64 / pareto.total.max(1) as f64);
                (name.clone(), format!("{:<WIDE$} {} ({share} together)", bar(*count, most), grouped(*count)))
            };
            pareto.bars.iter().map(row).collect()
        }
        Chart::Funnel(stages) => {
            let most = stages.iter().map(|stage| stage.entered.max(stage.passed)).max().unwrap_or(1);
            let row = |stage: &crate::model::document::Stage| {
                let told = format!("{} passed, {} lost", grouped(stage.passed), grouped(stage.lost));
                (stage.name.clone(), format!("{:<WIDE$} {told}", bar(stage.passed, most)))
            };
            stages.iter().map(row).collect()
        }
    };
    let ends = match chart {
        Chart::Strips(strips) => Some((strips.from, strips.to)),
        Chart::Lanes(lanes) => lanes.buckets.first().copied().zip(lanes.buckets.last().copied()),
        _ => None,
    };
    let names = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines: Vec<String> = rows
        .into_iter()
        .map(|(name, line)| {
            let name = super::visible(&name).replace(['\n', '\t'], " ");
            format!("{name}{} {line}", " ".repeat(names.saturating_sub(name.chars().count()))).trim_end().to_string()
        })
        .collect();
    lines.extend(
        ends.map(|(from, to)| format!("{} {} … {}", " ".repeat(names), time::rfc3339(from), time::rfc3339(to))),
    );
    lines
}

/// All events of a source, and below them its errors and warnings, if it has any.
fn lane(lane: &crate::model::document::Lane) -> Vec<(String, String)> {
    let strip = |of: fn(&crate::model::document::Counts) -> u64| -> Option<String> {
        let most = lane.counts.iter().map(of).max().filter(|most| *most > 0)?;
        Some(lane.counts.iter().map(|counts| height((of(counts) as f64 / most as f64).sqrt())).collect())
    };
    let named = |what: &str, line: Option<String>| line.map(|line| (format!("{}{what}", lane.name), line));
    let rows = [
        named("", strip(|counts| counts.all)),
        named(" errors", strip(|counts| counts.errors)),
        named(" warnings", strip(|counts| counts.warnings)),
    ];
    rows.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::{Pareto, Strips};

    #[test]
    fn bars_and_strips_are_read_from_the_left() {
        let pareto = Pareto { bars: vec![("E1".into(), 30), ("long".into(), 10)], total: 50 };
        let strips = Strips { from: 0, to: 1_000_000, strips: vec![("a".into(), vec![0.0, 0.01, 1.0])] };
        let all = [lines(&Chart::Pareto(pareto)), lines(&Chart::Strips(strips))].concat();
        insta::assert_debug_snapshot!(all, @r#"
        [
            "E1   ████████████████████████████████████████ 30 (60 % together)",
            "long █████████████                            10 (80 % together)",
            "a ·▁█",
            "  1970-01-01T00:00:00Z … 1970-01-01T00:00:01Z",
        ]
        "#);
    }
}
