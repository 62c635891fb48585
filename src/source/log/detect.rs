//! Which formats a file's lines are of, told by samples: the most telling first, several in one file, and one line
//! within another. What a few lines have that are not among the samples is told by the heads that were gathered.

use std::borrow::Cow;
use std::sync::Arc;

use super::capture::Capture;
use super::choice::choose;
use super::directives::Directives;
use super::formats::{BUILT, Format, Formats};
use super::gathered::{self, Gathered, cleaned};
use super::general;
use super::generic::Generic;
use super::keys::{Keys, Schema, Syntax};
use super::recogniser::Recogniser;
use super::slow;
use super::stamp::Lack;
use super::strays::Around;
use super::tagged::{Kind, Tagged};
use crate::model::retain::retain_at;
use crate::source::blocks::without_return;
use crate::source::file::File;
use crate::source::sample;

/// First lines looked at to tell a log from others.
const LINES: usize = 2_000;

/// The lines of a piece of text that are not blank, without their ends.
pub fn lines(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    piece.split(|byte| *byte == b'\n').map(without_return).filter(|line| !line.trim_ascii().is_empty())
}

/// What was found of a file's formats.
#[derive(Debug, Default)]
pub struct Detected {
    /// In the order they are tried.
    pub recognisers: Vec<Recogniser>,
    /// Formats that know lines of the sample, and how many: all of them, and those that no earlier one knows.
    pub votes: Vec<Vote>,
    /// Lines of the sample that all formats were tried on.
    pub tried: usize,
    /// The times of the sample.
    pub around: Around,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    pub format: String,
    pub knows: usize,
    pub first: usize,
}

/// The formats of one file, of `forced` only if it is given, told by so many of its bytes.
pub fn detect(file: &File, own: &Formats, forced: Option<&str>, bytes: u64) -> Detected {
    if let Some(directives) = Directives::of(file).filter(|d| forced.is_none_or(|name| name == d.name())) {
        let recognisers = vec![Recogniser::Directives(Arc::new(directives))];
        return Detected { recognisers, ..Detected::default() };
    }
    if let Some(kind) = Kind::of(&file.head()).filter(|kind| forced.is_none_or(|name| name == kind.name())) {
        let text: Vec<u8> = sample::all_or_pieces(file).0.concat();
        let recognisers = vec![Recogniser::Tagged(Arc::new(Tagged::learn(kind, &text)))];
        return Detected { recognisers, ..Detected::default() };
    }
    let gathered = Gathered::of(file, bytes);
    let lines: Vec<&[u8]> = gathered.lines.iter().map(Vec::as_slice).collect();
    let heads: Vec<&[u8]> = gathered.heads.iter().map(Vec::as_slice).collect();
    let formed: Vec<Cow<[u8]>> = lines.iter().map(|line| formed(line)).collect();
    let mut detected = choose(&formed.iter().map(AsRef::as_ref).collect::<Vec<_>>(), &heads, own, forced, 0);
    detected.around = around(&detected.recognisers, &lines);
    if forced.is_none() {
        without_far(&mut detected, &lines, &heads);
    }
    // A key of a rare line is a column too.
    for recogniser in &mut detected.recognisers {
        if let Recogniser::Keys(keys) = recogniser
            && let Some(all) = keys_of_all(file, keys, own)
        {
            *recogniser = Recogniser::Keys(Arc::new(all));
        }
    }
    detected
}

/// A line as its format knows it: a command that has the time of another one is one all the same.
fn formed(line: &[u8]) -> Cow<'_, [u8]> {
    general::formed(line).map_or(line.into(), Cow::Owned)
}

/// The times of lines of the format that most lines are of.
pub fn around(recognisers: &[Recogniser], lines: &[&[u8]]) -> Around {
    let mut capture = Capture::default();
    let mut seen: Vec<(usize, Around)> = vec![(0, Around::default()); recognisers.len()];
    for line in lines {
        if let Some(index) = recognisers.iter().position(|one| one.read(line, 0, &mut capture)) {
            seen[index].0 += 1;
            seen[index].1.see(capture.written);
        }
    }
    seen.into_iter().max_by_key(|(count, _)| *count).map(|(_, around)| around).unwrap_or_default()
}

/// Leaves out formats of a few lines whose times are all years off the others: these are told in records, as rows of a
/// table or an object that a program writes down.
fn without_far(detected: &mut Detected, lines: &[&[u8]], heads: &[&[u8]]) {
    let mut capture = Capture::default();
    let recognisers = &detected.recognisers;
    // Of each: how many lines it knows, and whether any is among the others, or years off.
    let mut seen = vec![(0, false, false); recognisers.len()];
    for line in heads.iter().chain(lines) {
        if let Some(index) = recognisers.iter().position(|one| one.read(line, 0, &mut capture)) {
            let is_far = capture.written.is_some_and(|written| detected.around.is_far(written));
            let is_dated = capture.written.is_some_and(|written| written.lacks() < Lack::Day);
            seen[index].0 += 1;
            seen[index].1 |= is_dated && !is_far;
            seen[index].2 |= is_far;
        }
    }
    let most = seen.iter().map(|(known, ..)| *known).max().unwrap_or(0);
    let is_own = |(known, is_near, is_far): (usize, bool, bool)| is_near || !is_far || known == most;
    retain_at(&mut detected.recognisers, |place| is_own(seen[place]));
}

fn keys_of_all(file: &File, keys: &Keys, own: &Formats) -> Option<Keys> {
    let (pieces, _) = sample::all_or_pieces(file);
    let all: Vec<&[u8]> = pieces.iter().flat_map(|piece| lines(piece)).collect();
    Keys::learn(keys.syntax, &all, &schemas(own)).filter(|all| all.name == keys.name)
}

/// The keys of JSON and logfmt that formats tell.
pub fn schemas(own: &Formats) -> Vec<Schema> {
    own.schemas.iter().chain(&BUILT.schemas).cloned().collect()
}

/// The format that knows a line first.
pub fn first_of<'a>(formats: &'a [Arc<Format>], line: &[u8], capture: &mut Capture) -> Option<&'a Arc<Format>> {
    formats.iter().find(|format| format.may_begin(line) && format.read(line, capture))
}

/// The first text of a file: not the zeros or blank lines that a copy while it was written leaves before it.
pub fn first_text(file: &File) -> Vec<u8> {
    let is_empty = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let head = file.head();
    if !head.contains(&0) && !head.iter().take(64).all(is_empty) {
        return head.to_vec();
    }
    let all = if head.iter().all(is_empty) { sample::pieces(file).concat() } else { head.to_vec() };
    let zeros = all.iter().take_while(|byte| **byte == 0).count();
    let rest = &all[zeros..];
    // Zeros everywhere are no holes: UTF-32, or no text at all.
    if memchr::memchr_iter(0, rest).count() * 4 > rest.len()
        && rest.windows(2).filter(|two| two[0] != 0 && two[1] == 0).count() * 8 > rest.len()
    {
        return Vec::new();
    }
    rest.iter().copied().filter(|byte| *byte != 0).collect()
}

/// Whether these are bytes of a text: hardly any control characters but those of terminals and
/// the sign of a text sequence.
pub fn is_text(text: &[u8]) -> bool {
    let is_odd = |byte: &&u8| matches!(byte, 1..=6 | 14..=26 | 28 | 29 | 31 | 127);
    !text.is_empty() && text.iter().filter(is_odd).count() * 50 <= text.len()
}

/// Whether a text's first lines are of a known format: many of them, or a few that nothing else could be.
pub fn is_known(text: &[u8], file: &File) -> bool {
    const LOOKED_AT: usize = 200;
    if Kind::of(text).is_some() {
        return true;
    }
    // What a server writes when it starts stands before its first line.
    let sample = lines(text).skip_while(|line| slow::is_frame(line)).take(LOOKED_AT);
    let sample: Vec<Vec<u8>> = sample.map(|line| cleaned(&formed(line))).collect();
    let sample: Vec<&[u8]> = sample.iter().map(Vec::as_slice).collect();
    let mut capture = Capture::default();
    let (mut known, mut timeless) = (0, 0);
    for (index, line) in sample.iter().enumerate() {
        if let Some(format) = first_of(&BUILT.lines, line, &mut capture).filter(|format| format.is_told_by(&sample)) {
            if index == 0 && !format.is_timeless {
                return true;
            }
            known += usize::from(!format.is_timeless);
            timeless += usize::from(format.is_timeless);
        }
    }
    if timeless > 2 && timeless * 10 >= sample.len() * 8 || timeless == 2 && sample.len() == 2 {
        return true;
    }
    // A trace may have many lines, a header some; a table of values has no level and no words around its times, and
    // a line of a log in a document makes no log of it.
    if known >= 3 && known * 50 >= sample.len() || known > 0 && known * 4 >= sample.len() {
        return true;
    }
    if file.head().starts_with(b"#") && Directives::of(file).is_some() {
        return true;
    }
    names_its_fields(&sample)
}

/// The same for formats of the user's own, which are meant wherever they fit.
pub fn is_known_to(file: &File, own: &Formats) -> bool {
    if own.lines.is_empty() && own.schemas.is_empty() {
        return false;
    }
    let sample: Vec<Vec<u8>> = lines(&file.head()).take(LINES).map(cleaned).collect();
    let sample: Vec<&[u8]> = sample.iter().map(Vec::as_slice).collect();
    let mut capture = Capture::default();
    let is_line = sample.iter().any(|line| first_of(&own.lines, line, &mut capture).is_some());
    let is_own = |keys: Keys| own.schemas.iter().any(|schema| schema.name == keys.name);
    is_line || [Syntax::Json, Syntax::Logfmt].iter().any(|s| Keys::learn(*s, &sample, &own.schemas).is_some_and(is_own))
}

/// Lines that name their fields are a log if a format knows their keys, or if each has a time, and a level or a
/// message. Objects without a level are rather rows of a table.
fn names_its_fields(sample: &[&[u8]]) -> bool {
    let mut capture = Capture::default();
    let mut rest = sample.to_vec();
    let logfmt = Keys::learn(Syntax::Logfmt, sample, &BUILT.schemas);
    if let Some(keys) = &logfmt {
        rest.retain(|line| !keys.read(line, &mut capture));
    }
    if (sample.len() - rest.len()) * 2 > sample.len() {
        return true;
    }
    let Some(keys) = Keys::learn(Syntax::Json, sample, &BUILT.schemas) else { return false };
    // The answers of rca's own commands are tables.
    let has = |name: &str| keys.fields.iter().any(|field| field.name == name);
    let is_answer = has("origin") && has("table_name");
    let is_log = keys.name != Syntax::Json.name() || keys.is_surely_log || keys.has_level && keys.has_message;
    rest.retain(|line| !keys.read(line, &mut capture) && keys.records(line).is_empty());
    // The last line of a log that is written to may be half there.
    let is_half = sample.len() > rest.len() && rest.last().is_some_and(|line| sample.last() == Some(line));
    !is_answer && is_log && (rest.len() - usize::from(is_half)) * 10 <= sample.len()
}

/// Whether the lines of a text begin with times: the first one, or a good part of them.
pub fn has_times(text: &[u8]) -> bool {
    let sample: Vec<Vec<u8>> = lines(text).take(LINES).map(cleaned).collect();
    are_timed(&sample.iter().map(Vec::as_slice).collect::<Vec<_>>(), &[])
}

/// The same of a file, where its first lines do not tell how their times are meant.
pub fn has_times_at_all(file: &File) -> bool {
    let gathered = Gathered::of(file, gathered::share(1));
    let lines: Vec<&[u8]> = gathered.lines.iter().map(Vec::as_slice).collect();
    let heads: Vec<&[u8]> = gathered.heads.iter().map(Vec::as_slice).collect();
    are_timed(&lines, &heads)
}

fn are_timed(sample: &[&[u8]], heads: &[&[u8]]) -> bool {
    let Some(generic) = Generic::learn(&[sample, heads].concat(), false) else { return false };
    let mut capture = Capture::default();
    let timed: Vec<bool> = sample.iter().map(|line| generic.read(line, &mut capture)).collect();
    let count = timed.iter().filter(|timed| **timed).count();
    // Rows of a drawn table are none of a log.
    let is_drawn = sample.first().is_some_and(|line| matches!(line.first(), Some(b'|' | b'+')));
    !is_drawn && count > 0 && (timed[0] || count * 5 >= sample.len() || count >= 20 && count * 50 >= sample.len())
}
