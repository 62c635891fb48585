//! Events as marks on lanes, a lane for each source, for a page: every event by itself while there are few, counts per
//! stretch of time once there are many. Memory is bounded in both.

use std::collections::BTreeMap;

use crate::model::duration;
use crate::model::time::{self, DAY, MINUTE, SECOND};

/// More events are counted rather than drawn one by one.
pub const MARKS_MAX: usize = 5_000;
const BINS_MAX: i64 = 240;
/// At most so many silences are drawn short: those that are so many times longer than the next longest.
const BREAKS_MAX: usize = 12;
const BREAK_RATIO: f64 = 20.0;

/// Levels as the page colours them, the mildest first; the first is for events without one.
const LEVELS: [&str; 7] = ["none", "trace", "debug", "info", "warn", "error", "fatal"];

struct Mark {
    at: i64,
    lane: usize,
    level: usize,
    /// Of the table's row.
    row: usize,
    title: String,
}

/// Counts per lane, stretch and level.
type Bins = BTreeMap<(usize, i64, usize), u64>;

enum Drawn {
    Marks(Vec<Mark>),
    Bins { bins: Bins, from: i64, width: i64 },
}

pub struct Lanes {
    names: Vec<String>,
    drawn: Drawn,
    ends: Option<(i64, i64)>,
    rows: u64,
    count: u64,
}

pub fn level(text: &str) -> usize {
    LEVELS.iter().position(|known| *known == text).unwrap_or(0)
}

pub fn level_name(level: usize) -> &'static str {
    LEVELS[level]
}

impl Lanes {
    pub fn new() -> Lanes {
        Lanes { names: Vec::new(), drawn: Drawn::Marks(Vec::new()), ends: None, rows: 0, count: 0 }
    }

    /// Adds an event. `false` once they are too many to be drawn one by one.
    /// `repeats` is how many events the row stands for.
    pub fn add(&mut self, at: i64, source: &str, level: usize, row: usize, title: &str, repeats: u64) -> bool {
        let lane = self.names.iter().position(|name| name == source).unwrap_or_else(|| {
            self.names.push(source.to_string());
            self.names.len() - 1
        });
        self.rows += 1;
        self.count += repeats;
        self.ends = Some(self.ends.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        match &mut self.drawn {
            Drawn::Marks(marks) => {
                let title: String = title.lines().next().unwrap_or_default().chars().take(160).collect();
                marks.push(Mark { at, lane, level, row, title });
                if marks.len() > MARKS_MAX {
                    self.count_them();
                }
            }
            Drawn::Bins { .. } => self.put(at, lane, level),
        }
        matches!(self.drawn, Drawn::Marks(_))
    }

    fn count_them(&mut self) {
        let Some((from, _)) = self.ends else { return };
        let empty = Drawn::Bins { bins: BTreeMap::new(), from, width: SECOND };
        if let Drawn::Marks(marks) = std::mem::replace(&mut self.drawn, empty) {
            marks.iter().for_each(|mark| self.put(mark.at, mark.lane, mark.level));
        }
    }

    fn put(&mut self, at: i64, lane: usize, level: usize) {
        let Drawn::Bins { bins, from, width } = &mut self.drawn else { return };
        while at.saturating_sub(*from) / *width >= BINS_MAX {
            *width *= 2;
            let mut wider = Bins::new();
            for ((lane, bin, level), count) in std::mem::take(bins) {
                *wider.entry((lane, bin.div_euclid(2), level)).or_default() += count;
            }
            *bins = wider;
        }
        *bins.entry((lane, at.saturating_sub(*from).div_euclid(*width), level)).or_default() += 1;
    }

    fn has(&self, level: usize) -> bool {
        match &self.drawn {
            Drawn::Marks(marks) => marks.iter().any(|mark| mark.level == level),
            Drawn::Bins { bins, .. } => bins.keys().any(|(.., known)| *known == level),
        }
    }

    /// The figure; nothing if there is no event with a time.
    pub fn html(&self, escaped: impl Fn(&str) -> String) -> String {
        let Some((from, to)) = self.ends else { return String::new() };
        let scale = match &self.drawn {
            Drawn::Marks(marks) => Scale::of(marks.iter().map(|mark| mark.at)),
            Drawn::Bins { from, width, .. } => Scale::even(*from, (*from).saturating_add(*width * BINS_MAX).min(to)),
        };
        let mut page = String::new();
        let grouped = crate::model::coverage::grouped;
        let events = if self.count == 1 { "event" } else { "events" };
        let rows = if self.rows == self.count { String::new() } else { format!(" in {} rows", grouped(self.rows)) };
        page.push_str(&format!("<figure class=\"lanes\" aria-label=\"Events over time, a lane for each source\">\n<figcaption>{} {events}{rows} shown, {} to {}",
            grouped(self.count),
            time::rfc3339(from),
            time::rfc3339(to),
        ));
        if scale.is_broken() {
            page.push_str("; a dashed line is a long time without an event, drawn short");
        }
        if matches!(self.drawn, Drawn::Bins { .. }) {
            page.push_str("; the height of a bar is the square root of its share of the highest of its lane");
        }
        page.push_str("</figcaption>\n");
        for (lane, name) in self.names.iter().enumerate() {
            page.push_str(&format!("<div class=\"lane\"><span>{}</span><div>", escaped(name)));
            for at in &scale.breaks {
                page.push_str(&format!("<i class=\"gap\" style=\"left:{:.2}%\"></i>", scale.place(*at)));
            }
            match &self.drawn {
                Drawn::Marks(marks) => {
                    for mark in marks.iter().filter(|mark| mark.lane == lane) {
                        let title = format!("{} {}", time::rfc3339(mark.at), mark.title);
                        page.push_str(&format!(
                            "<a class=\"{}\" style=\"left:{:.2}%\" href=\"#r{}\" title=\"{}\"></a>",
                            LEVELS[mark.level],
                            scale.place(mark.at),
                            mark.row,
                            escaped(&title)
                        ));
                    }
                }
                Drawn::Bins { bins, from, width } => {
                    let mut stretches: BTreeMap<i64, Vec<(&str, u64)>> = BTreeMap::new();
                    let mut has_levels = false;
                    for ((_, bin, level), count) in bins.range((lane, i64::MIN, 0)..(lane + 1, i64::MIN, 0)) {
                        let bars = stretches.entry(*bin).or_insert_with(|| vec![("all", 0)]);
                        bars[0].1 += count;
                        has_levels |= *level > 0;
                        if level_name(*level) == "warn" || *level >= self::level("error") {
                            bars.push((level_name(*level), *count));
                        }
                    }
                    let most = stretches.values().map(|bars| bars[0].1).max().unwrap_or(1);
                    for (bin, bars) in stretches {
                        let at = from + bin * width;
                        let end = at.saturating_add(*width).min(to);
                        let (left, right) = (scale.place(at), scale.place(end));
                        for (class, count) in bars {
                            // So that few errors among many events are seen.
                            let height = (100.0 * (count as f64 / most as f64).sqrt()).max(8.0);
                            let (class, what) = match class {
                                "all" if has_levels => ("all info", "events"),
                                "all" => ("all none", "events"),
                                level => (level, level),
                            };
                            page.push_str(&format!("<b class=\"{class}\" style=\"left:{left:.2}%;width:{:.2}%;height:{height:.0}%\" title=\"{} {count} {what}\"></b>",
                                (right - left).max(0.1),
                                time::rfc3339(at),
                            ));
                        }
                    }
                }
            }
            page.push_str("</div></div>\n");
        }
        page.push_str("<div class=\"lane axis\"><span></span><div>");
        for at in scale.ticks() {
            let label = tick(at, to.saturating_sub(from));
            page.push_str(&format!("<time style=\"left:{:.2}%\">{label}</time>", scale.place(at)));
        }
        page.push_str("</div></div>\n<p class=\"key\">");
        for name in LEVELS.iter().enumerate().filter(|(level, _)| self.has(*level)).map(|(_, name)| name) {
            page.push_str(&format!(
                "<span><i class=\"{name}\"></i>{}</span> ",
                if *name == "none" { "no level" } else { name }
            ));
        }
        page.push_str("</p>\n</figure>\n");
        page
    }
}

/// A tick's label: the time of day as fine as it is, and of the day what the whole time asks for.
pub fn tick(at: i64, span: i64) -> String {
    let text = time::rfc3339(at);
    let (day, clock) = text.split_once('T').unwrap_or((&text, ""));
    let clock = clock.trim_end_matches('Z');
    let clock = match at {
        _ if at % DAY == 0 && span > 8 * DAY => "",
        _ if at % MINUTE == 0 => clock.get(..5).unwrap_or(clock),
        _ if span < MINUTE => clock,
        _ => clock.get(..8).unwrap_or(clock),
    };
    match span {
        ..DAY => clock.to_string(),
        _ if span > 300 * DAY => format!("{day} {clock}"),
        _ => format!("{} {clock}", day.get(5..).unwrap_or(day)),
    }
}

/// Where times are on the lanes, from 0 to 100: evenly between places, of which the ends of long silences are moved
/// together.
pub struct Scale {
    /// Times and their places, in order.
    knots: Vec<(i64, f64)>,
    /// Where silences are shortened.
    breaks: Vec<i64>,
}

impl Scale {
    pub fn even(from: i64, to: i64) -> Scale {
        Scale { knots: vec![(from, 0.0), (to.max(from.saturating_add(1)), 100.0)], breaks: Vec::new() }
    }

    fn of(times: impl Iterator<Item = i64>) -> Scale {
        let mut times: Vec<i64> = times.collect();
        times.sort_unstable();
        times.dedup();
        let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else {
            return Scale::even(0, 1);
        };
        let span = last.saturating_sub(first) as f64;
        let gaps: Vec<(i64, i64)> = times.windows(2).map(|pair| (pair[0], pair[1].saturating_sub(pair[0]))).collect();
        let mut lengths: Vec<f64> = gaps.iter().map(|(_, gap)| *gap as f64).collect();
        lengths.sort_unstable_by(|a, b| b.total_cmp(a));
        // Where the lengths drop most: the gaps above are silences, those below are what happens.
        let drops = lengths.windows(2).take(BREAKS_MAX).map(|pair| (pair[0] / pair[1], pair[0]));
        let most = drops.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(ratio, _)| *ratio >= BREAK_RATIO);
        let Some((_, shortest)) = most else { return Scale::even(first, last) };
        let breaks: Vec<(i64, i64)> = gaps.into_iter().filter(|(_, gap)| *gap as f64 >= shortest).collect();
        let cut: f64 = breaks.iter().map(|(_, gap)| *gap as f64).sum();
        let break_width = (40.0 / breaks.len() as f64).min(6.0);
        let rest = 100.0 - break_width * breaks.len() as f64;
        let per = if span > cut { rest / (span - cut) } else { 0.0 };
        let mut knots = vec![(first, 0.0)];
        let (mut at, mut place) = (first, 0.0);
        for (start, gap) in &breaks {
            place += (start - at) as f64 * per;
            knots.push((*start, place));
            place += if per > 0.0 { break_width } else { 100.0 / breaks.len() as f64 };
            at = start + gap;
            knots.push((at, place));
        }
        knots.push((last, 100.0));
        Scale { knots, breaks: breaks.iter().map(|(start, gap)| start + gap / 2).collect() }
    }

    fn is_broken(&self) -> bool {
        !self.breaks.is_empty()
    }

    pub fn place(&self, at: i64) -> f64 {
        let next = self.knots.partition_point(|(known, _)| *known < at).clamp(1, self.knots.len() - 1);
        let ((from, low), (to, high)) = (self.knots[next - 1], self.knots[next]);
        let share = if to > from { at.saturating_sub(from) as f64 / to.saturating_sub(from) as f64 } else { 0.0 };
        (low + share.clamp(0.0, 1.0) * (high - low)).clamp(0.0, 100.0)
    }

    /// Times to be named, not too near each other.
    pub fn ticks(&self) -> Vec<i64> {
        const APART: f64 = 12.0;
        let mut candidates: Vec<i64> = Vec::new();
        let is_silence = |pair: &&[(i64, f64)]| self.breaks.iter().any(|at| (pair[0].0..pair[1].0).contains(at));
        for pair in self.knots.windows(2).filter(|pair| !is_silence(pair)) {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            // Where something begins, and round times on the way.
            candidates.push(from);
            let span = to.saturating_sub(from);
            let parts = ((high - low) / APART).floor() as i64;
            let Some(step) = duration::ROUND.iter().copied().find(|step| parts > 0 && span / step <= parts) else {
                continue;
            };
            let mut at = from.div_euclid(step) * step + step;
            while at < to {
                candidates.push(at);
                at = at.saturating_add(step);
            }
        }
        let mut ticks: Vec<i64> = Vec::new();
        for at in candidates {
            let place = self.place(at);
            let is_near = ticks.last().is_some_and(|last| place - self.place(*last) < 0.95 * APART);
            if !is_near && place <= 92.0 {
                ticks.push(at);
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_silences_are_drawn_short() {
        let scale = Scale::of([0, 1, 2, 3, 1000, 1001, 1002].map(|n| n * SECOND).into_iter());
        assert!(scale.is_broken());
        assert_eq!((scale.place(0), scale.place(1002 * SECOND)), (0.0, 100.0));
        assert!(scale.place(1000 * SECOND) - scale.place(3 * SECOND) <= 6.0);
        assert!(scale.place(3 * SECOND) > 50.0);
    }

    #[test]
    fn regular_times_lie_evenly() {
        let scale = Scale::of((0..=100).map(|n| n * SECOND));
        assert!(!scale.is_broken());
        assert_eq!(scale.place(25 * SECOND), 25.0);
    }

    #[test]
    fn one_event_and_far_ones_have_places() {
        assert_eq!(Scale::of([5].into_iter()).place(5), 0.0);
        let far = Scale::of([i64::MIN, 0, i64::MAX].into_iter());
        assert!(far.place(0).is_finite());
    }

    #[test]
    fn many_events_are_counted_and_none_is_lost() {
        let mut lanes = Lanes::new();
        for n in 0..20_000 {
            lanes.add(n * 7 * SECOND, if n % 3 == 0 { "a" } else { "b" }, level("info"), 0, "", 1);
        }
        let Drawn::Bins { bins, .. } = &lanes.drawn else { panic!("counted") };
        assert_eq!(bins.values().sum::<u64>(), 20_000);
        assert!(bins.len() <= 2 * BINS_MAX as usize);
    }
}
