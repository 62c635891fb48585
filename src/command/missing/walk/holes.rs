//! The holes of a counter, by the life that they are in and by their numbers: rows that were kept back and come in the end
//! fill one after another of very many.

use std::collections::BTreeMap;

use super::counter::Hole;

/// Within a life no two of them share a number.
#[derive(Debug, Clone, Default)]
pub struct Holes(BTreeMap<(u32, i64), Hole>);

impl Holes {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By lives, the lowest numbers of each first.
    pub fn iter(&self) -> impl Iterator<Item = &Hole> {
        self.0.values()
    }

    pub fn list(&self) -> Vec<Hole> {
        self.0.values().copied().collect()
    }

    /// Keeps one, if any number is missing in it.
    pub fn add(&mut self, hole: Hole) {
        if hole.missing() > 0 {
            self.0.insert((hole.life, hole.after), hole);
        }
    }

    /// Takes out the one that a number of a life lies in.
    pub fn take(&mut self, life: u32, number: i64) -> Option<Hole> {
        let (place, hole) = self.0.range((life, i64::MIN)..(life, number)).next_back()?;
        let place = *place;
        if hole.before > number { self.0.remove(&place) } else { None }
    }

    /// Those of a life that end above a number.
    pub fn above(&self, life: u32, number: i64) -> impl Iterator<Item = &Hole> {
        let below =
            self.0.range((life, i64::MIN)..=(life, number)).next_back().filter(|(_, hole)| hole.before > number);
        let begin = below.map_or((life, number), |(place, _)| *place);
        self.0.range(begin..=(life, i64::MAX)).map(|(_, hole)| hole).filter(move |hole| hole.before > number)
    }

    pub fn retain(&mut self, mut is: impl FnMut(&Hole) -> bool) {
        self.0.retain(|_, hole| is(hole));
    }
}
