//! Which of several clocks is wrong: each two that can be compared agree, are steadily apart, or tell nothing, and the
//! one that most agree with is right.

use std::collections::BTreeMap;

use super::course::Course;
use crate::model::time::{MINUTE, SECOND};

/// An offset below may be what passing on takes, whatever its spread.
const OFFSET_LEAST: i64 = SECOND;
/// An offset is a clock's if it is so many times as large as its spread, and the spread no more than this.
const STEADY: i64 = 15;
/// Of fewer anchors the spread is not known well, and must be smaller by half.
const ANCHORS_MANY: i64 = 30;
const SPREAD_MOST: i64 = MINUTE;
/// Clocks agree if events that follow each other are no further apart, and their distance varies no more.
const AGREE_WITHIN: i64 = 10 * SECOND;
const AGREE_SPREAD: i64 = 5 * SECOND;

/// Two sources, the first of which is `later` microseconds later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    pub source: String,
    pub against: String,
    pub anchors: i64,
    pub later: i64,
    /// The median deviation from it.
    pub spread: i64,
    pub kind: String,
    pub kind_against: String,
    pub example: String,
    /// What all anchors say, and how that runs with time.
    pub course: Course,
    /// What other events say that fit as steadily.
    pub rival: Option<i64>,
}

impl Link {
    pub fn agrees(&self) -> bool {
        self.rival.is_none()
            && self.course.is_one()
            && !self.is_off()
            && self.later.abs() <= AGREE_WITHIN
            && self.spread <= AGREE_SPREAD
    }

    fn is_off(&self) -> bool {
        self.rival.is_none() && self.course.is_one() && is_off(self.later, self.spread, self.anchors)
    }

    /// The second against the first.
    pub fn turned(&self) -> Link {
        Link {
            source: self.against.clone(),
            against: self.source.clone(),
            later: -self.later,
            kind: self.kind_against.clone(),
            kind_against: self.kind.clone(),
            course: self.course.turned(),
            rival: self.rival.map(|rival| -rival),
            ..self.clone()
        }
    }
}

fn is_off(later: i64, spread: i64, anchors: i64) -> bool {
    let steady = if anchors < ANCHORS_MANY { 2 * STEADY } else { STEADY };
    later.abs() >= OFFSET_LEAST && later.abs() >= steady * spread && spread <= SPREAD_MOST
}

/// A source against another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub link: Link,
    /// The source that all count from that steadily follow each other; none if this one tells nothing.
    pub reference: Option<String>,
    /// How far its clock is ahead of the reference, if that is more than passing on takes.
    pub correction: Option<i64>,
}

/// Each source but the references against one that it can be compared with, by name. `trust` is smaller for sources
/// that are rather right.
pub fn placed(links: &[Link], trust: &dyn Fn(&str) -> (bool, bool)) -> Vec<Placed> {
    let both: Vec<Link> = links.iter().flat_map(|link| [link.clone(), link.turned()]).collect();
    let telling: Vec<&Link> = both.iter().filter(|link| link.agrees() || link.is_off()).collect();
    let mut sources: Vec<&str> = both.iter().map(|link| link.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    // The more agree with a source and the fewer do not, the rather it is right.
    sources.sort_by_key(|source| {
        let of = |fits: fn(&Link) -> bool| telling.iter().filter(|link| link.source == *source && fits(link)).count();
        let anchors: i64 = telling.iter().filter(|link| link.source == *source).map(|link| link.anchors).sum();
        (std::cmp::Reverse(of(Link::agrees)), of(Link::is_off), trust(source), std::cmp::Reverse(anchors), *source)
    });
    // Of each source that is reached: how far ahead of its reference, with which spread.
    let mut reached: BTreeMap<&str, (&str, i64, i64)> = BTreeMap::new();
    let mut placed = Vec::new();
    for reference in &sources {
        if reached.contains_key(reference) || !telling.iter().any(|link| link.against == *reference) {
            continue;
        }
        reached.insert(reference, (reference, 0, 0));
        // Straight to the reference where that can be, else over what is steadiest.
        while let Some(link) = telling
            .iter()
            .filter(|link| {
                let to = reached.get(link.against.as_str()).is_some_and(|(root, ..)| root == reference);
                to && !reached.contains_key(link.source.as_str())
            })
            .min_by_key(|link| (link.against != *reference, link.spread, -link.anchors, &link.source, &link.against))
        {
            let (_, off, spread) = reached[link.against.as_str()];
            let (off, spread) = (off + link.later, spread + link.spread);
            reached.insert(&link.source, (reference, off, spread));
            placed.push(Placed {
                link: (*link).clone(),
                reference: Some((*reference).to_string()),
                correction: is_off(off, spread, link.anchors).then_some(off),
            });
        }
    }
    for source in sources.iter().filter(|source| !reached.contains_key(*source)) {
        let best = both.iter().filter(|link| link.source == **source);
        // Two that tell nothing of each other are told once.
        let is_told = |link: &Link| {
            placed.iter().map(|one: &Placed| (&one.link.source, &one.link.against)).any(|(one, other)| {
                (one, other) == (&link.source, &link.against) || (one, other) == (&link.against, &link.source)
            })
        };
        if let Some(link) =
            best.min_by_key(|link| (link.spread, -link.anchors, &link.against)).filter(|link| !is_told(link))
        {
            // Of a clock that was stepped it is told whose zone is not sure.
            let is_turned = link.course.is_stepped() && trust(&link.source) < trust(&link.against);
            let link = if is_turned { link.turned() } else { link.clone() };
            placed.push(Placed { link, reference: None, correction: None });
        }
    }
    placed.sort_by(|a, b| a.link.source.cmp(&b.link.source));
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * SECOND;

    fn link(source: &str, against: &str, later: i64, spread: i64) -> Link {
        Link { source: source.into(), against: against.into(), anchors: 100, later, spread, ..Link::default() }
    }

    fn corrections(links: &[Link]) -> Vec<(String, i64)> {
        let placed = placed(links, &|_| (false, false));
        placed.into_iter().filter_map(|one| Some((one.link.source, one.correction?))).collect()
    }

    #[test]
    fn the_one_that_others_disagree_with_is_off() {
        let links = [
            link("a", "b", 600 * SECOND, 20_000),
            link("a", "c", 599 * SECOND, 300_000),
            link("b", "c", -SECOND / 10, 50_000),
        ];
        assert_eq!(corrections(&links), [("a".into(), 600 * SECOND)]);
    }

    #[test]
    fn what_is_unsteady_tells_nothing_and_leads_nowhere() {
        let links = [
            link("a", "b", 600 * SECOND, 20_000),
            link("a", "c", 599 * SECOND, 300_000),
            link("b", "c", -SECOND / 10, 50_000),
            link("a", "labels", -3 * HOUR, HOUR),
            link("b", "labels", -3 * HOUR, HOUR),
            link("c", "labels", -3 * HOUR, HOUR),
            link("day_after", "labels", 20 * HOUR, 1_600 * SECOND),
        ];
        assert_eq!(corrections(&links), [("a".into(), 600 * SECOND)]);
        let placed = placed(&links, &|_| (false, false));
        assert!(placed.iter().all(|one| one.link.source != "labels" || one.reference.is_none()));
    }

    #[test]
    fn what_passing_on_takes_adds_up_to_no_correction() {
        let links =
            [link("a", "b", 400_000, 20_000), link("b", "c", 700_000, 250_000), link("c", "d", 90 * SECOND, 9_000)];
        assert_eq!(corrections(&links), [("d".into(), -90 * SECOND - 700_000)]);
        assert!(corrections(&[link("a", "b", 3 * SECOND, SECOND / 2)]).is_empty());
    }

    #[test]
    fn drift_and_rivals_are_no_offsets() {
        let course = Course { drift: Some(1.0 / 3600.0), ..Course::default() };
        let drift = Link { course, ..link("a", "b", 5 * SECOND, SECOND) };
        let rival = Link { rival: Some(20 * SECOND), ..link("a", "b", 10 * SECOND, 30_000) };
        assert!(corrections(std::slice::from_ref(&drift)).is_empty() && !drift.agrees());
        assert!(corrections(&[rival]).is_empty());
    }

    #[test]
    fn of_two_the_one_whose_zone_is_sure_is_right() {
        let links = [link("log", "station", -8 * HOUR, 300_000)];
        let placed = placed(&links, &|source| (source == "log", source == "log"));
        assert_eq!((placed[0].link.source.as_str(), placed[0].correction), ("log", Some(-8 * HOUR)));
    }
}
