//! What sample lines that name their fields hold, by path: `level`, and `log.level` within an object.

use std::collections::HashMap;

use super::generic;
use super::keys::Syntax;
use super::level::{Level, Scale};
use super::orders;
use super::stamp::{Lack, Written};
use super::values::{Value, elements, pairs, written};
use crate::model::statistics::most_frequent;
use crate::source::infer::{self, Guess};
use crate::source::json::each_pair;

/// Times that are kept of a path to tell in which order their dates have their numbers: the one whose day is above the
/// twelfth, which tells it, may come late.
const DATES_KEPT: usize = 4_000;
/// Values by which the type of a path's column is guessed: more of them hardly say otherwise.
const GUESSED: u64 = 2_000;
/// Objects within each other that are looked into.
const DEPTH_MAX: usize = 2;
const SCALES: [Scale; 3] = [Scale::Large, Scale::Severity, Scale::Telemetry];

/// What sample lines hold, by path.
#[derive(Default)]
pub struct Paths {
    /// In order of appearance; those within objects too.
    pub list: Vec<String>,
    pub seen: HashMap<String, PathStats>,
    pub lines: u64,
}

#[derive(Default)]
pub struct PathStats {
    pub lines: u64,
    timed: u64,
    /// Of those: with their year, and with their zone too.
    dated: u64,
    zoned: u64,
    /// Times the numbers of whose dates could be taken for each other, and in which order all of them have these.
    dates: Vec<String>,
    pub order: Option<usize>,
    /// The least and the largest whole number, how many there are, and how many of these are levels by each scale.
    numbers: Option<(i64, i64)>,
    whole: u64,
    scaled: [u64; SCALES.len()],
    /// Words that are levels, and objects.
    words: u64,
    objects: u64,
    pub guess: Guess,
    /// Whether any line has it at the top, within an object, and within an object in one: one line may write `log.level`
    /// as a key, another as an object with a key.
    depths: [bool; DEPTH_MAX + 1],
    /// How long the keys at the top are by which it is reached: it as a whole, or its beginning.
    pub keys: Vec<usize>,
}

/// How well the values of a path are levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leveled {
    /// Most are words for one.
    Words,
    /// Nearly all are numbers of one scale.
    Numbers,
    /// They are texts, of which only who wrote them knows what they mean.
    Texts,
    /// They are numbers of something else, as the level that a player has, or objects.
    Not,
}

/// A value of one line.
struct Entry {
    path: String,
    text: String,
    is_object: bool,
    depth: usize,
    key: usize,
}

impl Entry {
    /// Takes a value, and what is within it.
    fn take(path: String, value: Value, (depth, key): (usize, usize), found: &mut Vec<Entry>) {
        let object = value.raw().filter(|raw| raw.starts_with('{'));
        let is_object = object.is_some();
        found.push(Entry { path: path.clone(), text: value.text().into_owned(), is_object, depth, key });
        if let Some(object) = object.filter(|_| depth < DEPTH_MAX) {
            // What is none is a text.
            each_pair(object, |inner, raw| {
                Entry::take(format!("{path}.{inner}"), Value::Raw(raw.get()), (depth + 1, key), found);
            })
            .ok();
        }
    }
}

impl PathStats {
    pub fn is_at_top(&self) -> bool {
        self.depths[0]
    }

    /// Not deeper: for that only a format that knows of it asks.
    fn is_within_object(&self) -> bool {
        self.depths[1]
    }

    fn leveled(&self, path: &str) -> Leveled {
        let of_scale = SCALES.iter().position(|scale| *scale == Scale::of(path, self.numbers));
        let scaled = of_scale.map_or(0, |scale| self.scaled[scale]);
        match self.lines {
            lines if 2 * self.words >= lines => Leveled::Words,
            lines if 2 * self.objects > lines => Leveled::Not,
            lines if 2 * self.whole <= lines => Leveled::Texts,
            _ if 10 * scaled >= 9 * self.whole => Leveled::Numbers,
            _ => Leveled::Not,
        }
    }

    fn count(&mut self, written: Written) {
        let is_dated = written.lacks() == Lack::Nothing;
        self.timed += 1;
        self.dated += u64::from(is_dated);
        self.zoned += u64::from(is_dated && written.offset().is_some());
    }

    /// What its dates tell together, and which of them are times by that.
    fn settle(&mut self) {
        let dates = std::mem::take(&mut self.dates);
        let dates: Vec<&[u8]> = dates.iter().map(String::as_bytes).collect();
        self.order = orders::of_times(&dates);
        let Some(order) = self.order else { return };
        for date in dates.into_iter().filter(|date| generic::whole(date).is_none()) {
            if let Some(written) = orders::read(date, order) {
                self.count(written);
            }
        }
    }
}

impl Paths {
    pub fn of(syntax: Syntax, each: &[String], lines: &[&[u8]]) -> Paths {
        let mut paths = Paths::default();
        for line in lines {
            let records = if each.is_empty() { vec![] } else { elements(line, each) };
            for record in &records {
                paths.see(syntax, record.as_bytes());
            }
            if each.is_empty() {
                paths.see(syntax, line);
            }
        }
        paths.seen.values_mut().for_each(PathStats::settle);
        paths
    }

    fn see(&mut self, syntax: Syntax, line: &[u8]) {
        let mut found: Vec<Entry> = Vec::new();
        let whole = pairs(syntax, line, |key, value| Entry::take(key.to_string(), value, (0, key.len()), &mut found));
        if !whole {
            return;
        }
        self.lines += 1;
        for Entry { path, text, is_object, depth, key } in found {
            if !self.seen.contains_key(&path) {
                self.list.push(path.clone());
            }
            let seen = self.seen.entry(path).or_default();
            seen.lines += 1;
            seen.depths[depth] = true;
            if !seen.keys.contains(&key) {
                seen.keys.push(key);
            }
            if let Some(written) = written(&text) {
                seen.count(written);
            }
            if seen.dates.len() < DATES_KEPT && orders::is_ordered(text.as_bytes()) {
                seen.dates.push(text.clone());
            }
            if let Ok(number) = text.parse::<i64>() {
                let (least, largest) = seen.numbers.unwrap_or((number, number));
                seen.numbers = Some((least.min(number), largest.max(number)));
                seen.whole += 1;
                for (count, scale) in seen.scaled.iter_mut().zip(SCALES) {
                    *count += u64::from(scale.level(number).is_some());
                }
            }
            seen.objects += u64::from(is_object);
            seen.words += u64::from(Level::of(text.as_bytes()).is_some());
            if seen.lines <= GUESSED {
                seen.guess.see(text.as_bytes());
            }
        }
    }

    /// Keys at the top, in order of appearance: of very many the most frequent.
    pub fn most_frequent(&self, most: usize) -> Vec<&str> {
        let top = self.list.iter().filter(|path| self.seen[*path].is_at_top()).map(String::as_str);
        most_frequent(top.collect(), most, |path| self.seen[*path].lines)
    }

    /// The least and the largest whole number that the path holds.
    pub fn numbers(&self, path: &str) -> Option<(i64, i64)> {
        self.seen.get(path)?.numbers
    }

    /// How well its values are levels.
    pub fn leveled(&self, path: &str) -> Leveled {
        self.seen.get(path).map_or(Leveled::Not, |seen| seen.leveled(path))
    }

    /// Whether the path holds an object in most of the lines that have it.
    pub fn is_object(&self, path: &str) -> bool {
        self.seen.get(path).is_some_and(|seen| 2 * seen.objects > seen.lines)
    }

    /// Whether most lines have the path.
    pub fn is_in_most(&self, path: &str) -> bool {
        self.seen.get(path).is_some_and(|seen| 2 * seen.lines >= self.lines)
    }

    /// Whether the path is in nearly all lines.
    pub fn is_usual(&self, path: &str) -> bool {
        self.seen.get(path).is_some_and(|seen| seen.lines * 10 >= self.lines * 9)
    }

    /// Whether the path holds times in the lines that have it, and enough of them do.
    pub fn is_timed(&self, path: &str) -> bool {
        self.is_own_time(path) && self.seen.get(path).is_some_and(|seen| seen.lines * 5 >= self.lines)
    }

    /// Whether the path holds times in the lines that have it.
    pub fn is_own_time(&self, path: &str) -> bool {
        self.seen.get(path).is_some_and(|seen| seen.timed * 2 > seen.lines)
    }

    /// The same time in a key that says more of it, where this one's values have no year: a `DATE` beside an `ISODATE`.
    pub fn fuller(&self, path: &str) -> Option<&String> {
        let lacks = self.seen.get(path).is_some_and(|seen| seen.dated * 2 <= seen.timed);
        let is_whole = |other: &&String| {
            let seen = &self.seen[*other];
            seen.is_at_top() && self.is_usual(other) && seen.zoned * 10 >= self.lines * 9
        };
        let is_time = |other: &&String| other.to_lowercase().ends_with("date") || infer::names_a_time(other);
        let whole = || self.list.iter().filter(is_whole);
        whole().find(is_time).or_else(|| whole().next()).filter(|_| lacks)
    }

    /// The first of these names, at the top before one within an object.
    pub fn named(&self, names: &[&str], fits: impl Fn(&str) -> bool) -> Option<String> {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        let is = |path: &String, name: &str, is_within: bool| {
            let (is_there, own) = match is_within {
                true => (self.seen[path].is_within_object(), last(path)),
                false => (self.seen[path].is_at_top(), path.clone()),
            };
            is_there && own.eq_ignore_ascii_case(name) && fits(path)
        };
        [false, true].iter().find_map(|is_within| {
            names.iter().find_map(|name| self.list.iter().find(|path| is(path, name, *is_within)).cloned())
        })
    }
}
