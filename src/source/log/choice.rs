//! Which formats lines are of: those that are found take their lines away, and the next ones are looked for in what is left.

use std::sync::Arc;

use super::capture::Capture;
use super::detect::{Detected, Vote, first_of, schemas};
use super::formats::{BUILT, Format, Formats};
use super::gathered::cleaned;
use super::generic::Generic;
use super::keys::{Keys, Schema, Syntax};
use super::recogniser::{Recogniser, Wrapped, cookie, may_be_record, telling};
use crate::model::statistics::most_frequent;

/// Of a file's sample, the lines that all formats are tried on.
const TRIED: usize = 120;
/// Of fewer lines among many others is no format that a file has.
const OWN_MIN: usize = 3;
/// Formats in one file.
const FORMATS_MAX: usize = 12;

/// The formats of lines, of `forced` only if it is given. `heads` are lines of other places that a record may begin with,
/// and `depth` is within how many other formats they stand.
pub fn choose(sample: &[&[u8]], heads: &[&[u8]], own: &Formats, forced: Option<&str>, depth: usize) -> Detected {
    let mut choice = Choice {
        own,
        forced,
        depth,
        schemas: schemas(own),
        sample,
        all: [sample, heads].concat(),
        rest: sample.to_vec(),
        rare: heads.to_vec(),
        capture: Capture::default(),
        detected: Detected::default(),
    };
    choice.json();
    choice.lines();
    let unknown = [&choice.rest[..], &choice.rare[..]].concat();
    choice.logfmt(&unknown);
    choice.generic(&unknown);
    choice.detected
}

struct Choice<'s> {
    own: &'s Formats,
    forced: Option<&'s str>,
    depth: usize,
    schemas: Vec<Schema>,
    sample: &'s [&'s [u8]],
    /// The sample and heads.
    all: Vec<&'s [u8]>,
    /// Lines that nothing found so far knows: of the sample, and heads.
    rest: Vec<&'s [u8]>,
    rare: Vec<&'s [u8]>,
    capture: Capture,
    detected: Detected,
}

/// How many lines a format knows.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Of those tried: all, and those that no earlier one knows.
    knows: usize,
    first: usize,
    /// Of the sample and of heads, those that no earlier one of the chosen knows.
    all: usize,
    heads: usize,
}

impl Choice<'_> {
    fn is_asked(&self, name: &str) -> bool {
        self.forced.is_none_or(|forced| forced == name)
    }

    fn learn(&self, syntax: Syntax, lines: &[&[u8]], name: &str) -> Option<Keys> {
        let learn = if self.depth > 0 { Keys::learn_within } else { Keys::learn };
        learn(syntax, lines, &self.schemas).filter(|keys| self.is_asked(&keys.name) || self.is_asked(name))
    }

    /// Takes away the lines that are known; how many of the sample, and of heads.
    fn take(&mut self, mut knows: impl FnMut(&[u8], &mut Capture) -> bool) -> (usize, usize) {
        let before = (self.rest.len(), self.rare.len());
        let capture = &mut self.capture;
        self.rest.retain(|line| !knows(line, capture));
        self.rare.retain(|line| !knows(line, capture));
        (before.0 - self.rest.len(), before.1 - self.rare.len())
    }

    fn found(&mut self, format: &str, known: usize, recogniser: Recogniser) {
        self.detected.votes.push(Vote { format: format.to_string(), knows: known, first: known });
        self.detected.recognisers.push(recogniser);
    }

    fn json(&mut self) {
        let Some(keys) = self.learn(Syntax::Json, &self.all, "json") else { return };
        let (known, rare) = self.take(|line, capture| keys.read(line, capture) || !keys.records(line).is_empty());
        // A few objects late in a file are a format of it, one is a line of another.
        if known > 0 || rare >= OWN_MIN {
            let name = keys.name.clone();
            let recogniser = wrapped(Recogniser::Keys(Arc::new(keys)), &self.all, self.own, self.depth);
            self.found(&name, known, recogniser);
        }
    }

    /// Formats of lines that patterns tell.
    fn lines(&mut self) {
        let formats = self.formats();
        // All formats are tried on some lines, the others only on what those few that were found do not know.
        let step = (self.rest.len() / TRIED).max(1);
        let tried: Vec<&[u8]> = self.rest.iter().step_by(step).copied().collect();
        self.detected.tried = tried.len();
        let mut counts = self.counted(&formats, &tried);
        let mut chosen: Vec<usize> = (0..formats.len()).filter(|index| counts[*index].first > 0).collect();
        self.count_all(&formats, &mut counts, &mut chosen);
        // A few lines among many are none of a format's own, unless they are all there is.
        chosen.sort_unstable();
        let is_enough = |index: &usize| {
            let Count { first, all, heads, .. } = counts[*index];
            let is_part = first * 50 >= tried.len() || all * 50 >= self.rest.len();
            first.max(heads) >= OWN_MIN || is_part || self.forced.is_some()
        };
        chosen.retain(is_enough);
        chosen = most_frequent(chosen, FORMATS_MAX, |index| counts[*index].first);
        if chosen.is_empty() && (self.forced.is_some() || !knows_times(&tried)) {
            // Lines without times, if nearly all are of one format.
            let is_most = |index: &usize| counts[*index].knows * 2 > tried.len() || self.forced.is_some();
            let timeless = (0..formats.len()).filter(|index| formats[*index].is_timeless).filter(is_most);
            chosen.extend(timeless.max_by_key(|index| counts[*index].knows));
        }
        for (format, Count { knows, first, .. }) in formats.iter().zip(counts.iter().copied()) {
            if knows > 0 {
                self.detected.votes.push(Vote { format: format.name.clone(), knows, first });
            }
        }
        order_by_frequency(&mut chosen, &formats, &counts, &tried);
        for index in &chosen {
            let recogniser = Recogniser::Lines(formats[*index].tuned_to(&tried));
            self.detected.recognisers.push(wrapped(recogniser, &self.all, self.own, self.depth));
        }
        self.take(|line, capture| chosen.iter().any(|index| formats[*index].read(line, capture)));
    }

    /// Those that may be asked of these lines.
    fn formats(&self) -> Vec<Arc<Format>> {
        // A format of one's own is what says the order of its dates.
        let is_own = |format: &Arc<Format>| self.own.lines.iter().any(|one| Arc::ptr_eq(one, format));
        let is_told = |format: &Arc<Format>| self.forced.is_some() || is_own(format) || format.is_told_by(self.sample);
        let all = self.own.lines.iter().chain(&BUILT.lines);
        all.filter(|format| self.is_asked(&format.name) && is_told(format)).cloned().collect()
    }

    /// How many of the lines tried each format knows.
    fn counted(&mut self, formats: &[Arc<Format>], tried: &[&[u8]]) -> Vec<Count> {
        let mut counts = vec![Count::default(); formats.len()];
        for line in tried {
            let mut is_known = false;
            for (format, count) in formats.iter().zip(&mut counts) {
                if format.may_begin(line) && format.read(line, &mut self.capture) {
                    count.knows += 1;
                    count.first += usize::from(!is_known && !format.is_timeless);
                    is_known |= !format.is_timeless;
                }
            }
        }
        counts
    }

    /// Counts those chosen in all lines, since those tried may be the others of records that are equally long, and chooses
    /// the formats of what they do not know.
    fn count_all(&mut self, formats: &[Arc<Format>], counts: &mut [Count], chosen: &mut Vec<usize>) {
        let (mut unknown, mut late) = (0, 0);
        let capture = &mut self.capture;
        let heads = self.rare.iter().map(|line| (line, true));
        for (line, is_late) in heads.chain(self.rest.iter().map(|line| (line, false))) {
            let tries = if is_late { &mut late } else { &mut unknown };
            if *tries > 4 * TRIED {
                continue;
            }
            if let Some(index) = chosen.iter().find(|index| formats[**index].read(line, capture)) {
                counts[*index].heads += usize::from(is_late);
                counts[*index].all += usize::from(!is_late);
                continue;
            }
            *tries += 1;
            if let Some(format) = first_of(formats, line, capture).filter(|format| !format.is_timeless)
                && let Some(index) = formats.iter().position(|other| Arc::ptr_eq(other, format))
            {
                counts[index].knows += 1;
                counts[index].first += 1;
                counts[index].heads += usize::from(is_late);
                chosen.push(index);
            }
        }
    }

    fn logfmt(&mut self, unknown: &[&[u8]]) {
        let Some(keys) = self.learn(Syntax::Logfmt, unknown, "logfmt") else { return };
        let (known, rare) = self.take(|line, capture| keys.read(line, capture));
        if known * 20 >= self.sample.len() || keys.has_level && rare >= OWN_MIN {
            self.found(&keys.name.clone(), known, Recogniser::Keys(Arc::new(keys)));
        }
    }

    /// Lines of no format that begin with a time.
    fn generic(&mut self, unknown: &[&[u8]]) {
        if !self.is_asked("generic") {
            return;
        }
        let Some(generic) = Generic::learn(unknown, !self.detected.recognisers.is_empty()) else { return };
        let (known, late) = self.take(|line, capture| generic.read(line, capture));
        // A line of a trace that looks like a stamp is no second format.
        let is_part = self.detected.recognisers.is_empty() || known * 20 >= self.sample.len();
        if known > 0 && is_part || late >= OWN_MIN {
            self.found("generic", known, Recogniser::Generic(Arc::new(generic)));
        }
    }
}

/// Whether most lines have a time that no format tells.
fn knows_times(lines: &[&[u8]]) -> bool {
    let mut capture = Capture::default();
    let generic = Generic::learn(lines, false);
    let known = generic.map_or(0, |generic| lines.iter().filter(|line| generic.read(line, &mut capture)).count());
    known * 2 > lines.len()
}

/// Of two formats that never know the same line, the more frequent is tried first: it is faster.
fn order_by_frequency(chosen: &mut [usize], formats: &[Arc<Format>], counts: &[Count], tried: &[&[u8]]) {
    let mut capture = Capture::default();
    let mut know: Vec<Vec<bool>> = Vec::new();
    for index in chosen.iter() {
        know.push(tried.iter().map(|line| formats[*index].read(line, &mut capture)).collect());
    }
    let is_apart = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !(*a && *b));
    let all_apart = (0..know.len()).all(|a| (0..a).all(|b| is_apart(&know[a], &know[b])));
    if all_apart {
        chosen.sort_by_key(|index| (std::cmp::Reverse(counts[*index].first), *index));
    }
}

/// A format that wraps lines of others, with those.
fn wrapped(outer: Recogniser, sample: &[&[u8]], own: &Formats, depth: usize) -> Recogniser {
    const DEPTH_MAX: usize = 2;
    let is_whole = outer.wraps();
    if !(is_whole || outer.may_wrap()) || depth == DEPTH_MAX {
        return outer;
    }
    let mut capture = Capture::default();
    let messages: Vec<Vec<u8>> = sample
        .iter()
        .filter_map(|line| {
            let is_read = outer.read(line, 0, &mut capture);
            is_read.then(|| cleaned(capture.text(capture.message, line)))
        })
        .filter(|message| is_whole && !message.is_empty() || may_be_record(message))
        .collect();
    let messages: Vec<&[u8]> =
        messages.iter().map(|message| &message[cookie(message)..]).filter(|line| !line.is_empty()).collect();
    if messages.is_empty() {
        return outer;
    }
    let inner = choose(&messages, &[], own, None, depth + 1).recognisers;
    let inner = if is_whole { inner } else { telling(inner, &messages) };
    if inner.is_empty() { outer } else { Recogniser::Wrapped(Arc::new(Wrapped::learn(outer, inner, sample))) }
}
