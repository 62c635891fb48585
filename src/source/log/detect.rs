//! Which formats a file's lines are of, told by samples: the most telling first, several in one file, and one line
//! within another.

use std::sync::Arc;

use super::capture::Capture;
use super::directives::Directives;
use super::formats::{BUILT, Format, Formats};
use super::generic::Generic;
use super::keys::{Keys, Schema, Syntax};
use super::recogniser::{Recogniser, Wrapped, needs_stripping, strip};
use super::stamp::Lack;
use super::tagged::{Kind, Tagged};
use crate::source::blocks::without_return;
use crate::source::file::File;
use crate::source::sample;

/// Lines looked at to tell a file's formats.
const LINES: usize = 2_000;
/// Of those, the lines that all formats are tried on.
const TRIED: usize = 120;
/// Formats in one file.
const FORMATS_MAX: usize = 12;

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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    pub format: String,
    pub knows: usize,
    pub first: usize,
}

/// Lines from all over a file.
pub fn sampled(file: &File) -> Vec<Vec<u8>> {
    let pieces = sample::pieces(file);
    let per_piece = LINES / pieces.len().max(1) + 1;
    pieces.iter().flat_map(|piece| lines(piece).take(per_piece)).map(cleaned).collect()
}

/// The formats of one file, of `forced` only if it is given.
pub fn detect(file: &File, own: &Formats, forced: Option<&str>) -> Detected {
    let sample = sampled(file);
    let sample: Vec<&[u8]> = sample.iter().map(Vec::as_slice).collect();
    if let Some(directives) = Directives::of(file).filter(|d| forced.is_none_or(|name| name == d.name())) {
        let recognisers = vec![Recogniser::Directives(Arc::new(directives))];
        return Detected { recognisers, ..Detected::default() };
    }
    if let Some(kind) = Kind::of(&file.head()).filter(|kind| forced.is_none_or(|name| name == kind.name())) {
        let text: Vec<u8> = sample::all_or_pieces(file).0.concat();
        let recognisers = vec![Recogniser::Tagged(Arc::new(Tagged::learn(kind, &text)))];
        return Detected { recognisers, ..Detected::default() };
    }
    let mut detected = choose(&sample, own, forced, 0);
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

fn cleaned(line: &[u8]) -> Vec<u8> {
    if needs_stripping(line) { strip(line) } else { line.to_vec() }
}

fn keys_of_all(file: &File, keys: &Keys, own: &Formats) -> Option<Keys> {
    let (pieces, _) = sample::all_or_pieces(file);
    let all: Vec<&[u8]> = pieces.iter().flat_map(|piece| lines(piece)).collect();
    Keys::learn(keys.syntax, &all, &schemas(own)).filter(|all| all.name == keys.name)
}

fn schemas(own: &Formats) -> Vec<Schema> {
    own.schemas.iter().chain(&BUILT.schemas).cloned().collect()
}

/// The format that knows a line first.
fn first_of<'a>(formats: &'a [Arc<Format>], line: &[u8], capture: &mut Capture) -> Option<&'a Arc<Format>> {
    formats.iter().find(|format| format.may_begin(line) && format.read(line, capture))
}

/// Whether a line is a record of a format that no sample of its file showed. Only lines that could not be the text of a
/// trace are looked at, and only times that need no others.
pub fn stray(line: &[u8], capture: &mut Capture) -> bool {
    let may_be = line.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'[' | b'<' | b'('));
    // A date and a time have signs and digits enough: rows of numbers must not be tried by every format.
    let start = &line[..line.len().min(64)];
    may_be
        && memchr::memchr(b':', start).is_some()
        && start.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8
        && first_of(&BUILT.lines, line, capture).is_some()
        && capture.written.is_some_and(|written| written.lacks() == Lack::Nothing)
}

fn choose(sample: &[&[u8]], own: &Formats, forced: Option<&str>, depth: usize) -> Detected {
    let mut capture = Capture::default();
    let all: Vec<Arc<Format>> = own.lines.iter().chain(&BUILT.lines).cloned().collect();
    let is_asked = |name: &str| forced.is_none_or(|forced| forced == name);
    let formats: Vec<Arc<Format>> = all.into_iter().filter(|format| is_asked(&format.name)).collect();
    let schemas = schemas(own);
    let mut detected = Detected::default();
    let mut rest: Vec<&[u8]> = sample.to_vec();
    let learn = if depth > 0 { Keys::learn_within } else { Keys::learn };
    let json = learn(Syntax::Json, sample, &schemas).filter(|keys| is_asked(&keys.name) || is_asked("json"));
    if let Some(keys) = json {
        let before = rest.len();
        rest.retain(|line| !keys.read(line, &mut capture) && keys.records(line).is_empty());
        if rest.len() < before {
            detected.votes.push(Vote {
                format: keys.name.clone(),
                knows: before - rest.len(),
                first: before - rest.len(),
            });
            detected.recognisers.push(wrapped(Recogniser::Keys(Arc::new(keys)), sample, own, depth));
        }
    }
    // All formats are tried on some lines, the others only on what those few that were found do not know.
    let step = (rest.len() / TRIED).max(1);
    let tried: Vec<&[u8]> = rest.iter().step_by(step).copied().collect();
    let mut votes: Vec<(usize, usize)> = vec![(0, 0); formats.len()];
    for line in &tried {
        let mut is_known = false;
        for (index, format) in formats.iter().enumerate() {
            if format.may_begin(line) && format.read(line, &mut capture) {
                votes[index].0 += 1;
                votes[index].1 += usize::from(!is_known && !format.is_timeless);
                is_known |= !format.is_timeless;
            }
        }
    }
    detected.tried = tried.len();
    let mut chosen: Vec<usize> = (0..formats.len()).filter(|index| votes[*index].1 > 0).collect();
    let mut unknown = 0;
    for line in &rest {
        if unknown > 4 * TRIED || chosen.iter().any(|index| formats[*index].read(line, &mut capture)) {
            continue;
        }
        unknown += 1;
        if let Some(format) = first_of(&formats, line, &mut capture).filter(|format| !format.is_timeless)
            && let Some(index) = formats.iter().position(|other| Arc::ptr_eq(other, format))
        {
            votes[index].0 += 1;
            votes[index].1 += 1;
            chosen.push(index);
        }
    }
    // A few lines among many are none of a format's own, unless they are all there is.
    chosen.sort_unstable();
    let is_enough = |index: &usize| votes[*index].1 >= 3 || votes[*index].1 * 50 >= tried.len() || forced.is_some();
    chosen.retain(is_enough);
    if chosen.len() > FORMATS_MAX {
        let mut counts: Vec<usize> = chosen.iter().map(|index| votes[*index].1).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let least = counts[FORMATS_MAX - 1];
        chosen.retain(|index| votes[*index].1 >= least);
        chosen.truncate(FORMATS_MAX);
    }
    let knows_times = || {
        let generic = Generic::learn(&tried, false);
        let mut capture = Capture::default();
        let known = generic.map_or(0, |generic| tried.iter().filter(|line| generic.read(line, &mut capture)).count());
        known * 2 > tried.len()
    };
    if chosen.is_empty() && (forced.is_some() || !knows_times()) {
        // Lines without times, if nearly all are of one format.
        let timeless =
            |index: &usize| formats[*index].is_timeless && (votes[*index].0 * 2 > tried.len() || forced.is_some());
        chosen.extend((0..formats.len()).filter(timeless).max_by_key(|index| votes[*index].0));
    }
    for (index, format) in formats.iter().enumerate() {
        let (knows, first) = votes[index];
        if knows > 0 {
            detected.votes.push(Vote { format: format.name.clone(), knows, first });
        }
    }
    order_by_frequency(&mut chosen, &formats, &votes, &tried);
    for index in &chosen {
        let recogniser = Recogniser::Lines(formats[*index].tuned_to(&tried));
        detected.recognisers.push(wrapped(recogniser, sample, own, depth));
    }
    rest.retain(|line| !chosen.iter().any(|index| formats[*index].read(line, &mut capture)));
    let logfmt = learn(Syntax::Logfmt, &rest, &schemas).filter(|keys| is_asked(&keys.name) || is_asked("logfmt"));
    if let Some(keys) = logfmt {
        let before = rest.len();
        rest.retain(|line| !keys.read(line, &mut capture));
        let known = before - rest.len();
        if known * 20 >= sample.len() {
            detected.votes.push(Vote { format: keys.name.clone(), knows: known, first: known });
            detected.recognisers.push(Recogniser::Keys(Arc::new(keys)));
        }
    }
    if is_asked("generic")
        && let Some(generic) = Generic::learn(&rest, !detected.recognisers.is_empty())
    {
        let known = rest.iter().filter(|line| generic.read(line, &mut capture)).count();
        // A line of a trace that looks like a stamp is no second format.
        if known > 0 && (detected.recognisers.is_empty() || known * 20 >= sample.len()) {
            detected.votes.push(Vote { format: "generic".into(), knows: known, first: known });
            detected.recognisers.push(Recogniser::Generic(Arc::new(generic)));
        }
    }
    detected
}

/// Of two formats that never know the same line, the more frequent is tried first: it is faster.
fn order_by_frequency(chosen: &mut [usize], formats: &[Arc<Format>], votes: &[(usize, usize)], tried: &[&[u8]]) {
    let mut capture = Capture::default();
    let mut know: Vec<Vec<bool>> = Vec::new();
    for index in chosen.iter() {
        know.push(tried.iter().map(|line| formats[*index].read(line, &mut capture)).collect());
    }
    let is_apart = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !(*a && *b));
    let all_apart = (0..know.len()).all(|a| (0..a).all(|b| is_apart(&know[a], &know[b])));
    if all_apart {
        chosen.sort_by_key(|index| (std::cmp::Reverse(votes[*index].1), *index));
    }
}

/// A format that wraps lines of others, with those.
fn wrapped(outer: Recogniser, sample: &[&[u8]], own: &Formats, depth: usize) -> Recogniser {
    const DEPTH_MAX: usize = 2;
    if !outer.wraps() || depth == DEPTH_MAX {
        return outer;
    }
    let mut capture = Capture::default();
    let messages: Vec<Vec<u8>> = sample
        .iter()
        .filter_map(|line| {
            let is_read = outer.read(line, 0, &mut capture);
            is_read.then(|| cleaned(capture.text(capture.message, line)))
        })
        .collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).filter(|line| !line.is_empty()).collect();
    let inner = choose(&messages, own, None, depth + 1).recognisers;
    if inner.is_empty() { outer } else { Recogniser::Wrapped(Arc::new(Wrapped::learn(outer, inner, sample))) }
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

/// Whether these are bytes of a text: hardly any control characters but those of terminals.
pub fn is_text(text: &[u8]) -> bool {
    let is_odd = |byte: &&u8| matches!(byte, 1..=6 | 14..=26 | 28..=31 | 127);
    !text.is_empty() && text.iter().filter(is_odd).count() * 50 <= text.len()
}

/// Whether a text's first lines are of a known format: many of them, or a few that nothing else could be.
pub fn is_known(text: &[u8], file: &File) -> bool {
    const LOOKED_AT: usize = 200;
    if Kind::of(text).is_some() {
        return true;
    }
    let sample: Vec<Vec<u8>> = lines(text).take(LOOKED_AT).map(cleaned).collect();
    let mut capture = Capture::default();
    let (mut known, mut timeless) = (0, 0);
    for (index, line) in sample.iter().enumerate() {
        if let Some(format) = first_of(&BUILT.lines, line, &mut capture) {
            if index == 0 && !format.is_timeless {
                return true;
            }
            known += usize::from(!format.is_timeless);
            timeless += usize::from(format.is_timeless);
        }
    }
    if timeless > 2 && timeless * 10 >= sample.len() * 8 {
        return true;
    }
    // A trace may have many lines, a header some; a table of values has no level and no words around its times, and
    // a line of a log in a document makes no log of it.
    if known >= 3 && known * 50 >= sample.len() || known > 0 && known * 4 >= sample.len() {
        return true;
    }
    let sample: Vec<&[u8]> = sample.iter().map(Vec::as_slice).collect();
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
    let sample: Vec<&[u8]> = sample.iter().map(Vec::as_slice).collect();
    let Some(generic) = Generic::learn(&sample, false) else { return false };
    let mut capture = Capture::default();
    let timed: Vec<bool> = sample.iter().map(|line| generic.read(line, &mut capture)).collect();
    let count = timed.iter().filter(|timed| **timed).count();
    // Rows of a drawn table are none of a log.
    let is_drawn = sample.first().is_some_and(|line| matches!(line.first(), Some(b'|' | b'+')));
    !is_drawn && count > 0 && (timed[0] || count * 5 >= sample.len() || count >= 20 && count * 50 >= sample.len())
}

/// Whether the lines are rows of a table: a header without a time, then lines with as many fields.
pub fn is_table(text: &[u8], delimiter: u8) -> bool {
    let mut lines = lines(text);
    let Some(header) = lines.next() else { return false };
    let rows: Vec<&[u8]> = lines.take(50).collect();
    let fields = |line: &[u8]| line.iter().filter(|byte| **byte == delimiter).count();
    let names = fields(header);
    // A banner has signs too: only a header names the column of times.
    let names_a_time = header.split(|byte| *byte == delimiter).any(|name| {
        let name = String::from_utf8_lossy(name).trim().trim_matches('"').to_lowercase();
        !name.contains(' ')
            && (crate::source::infer::names_a_time(&name) || name.contains("time") || name.contains("date"))
    });
    !rows.is_empty()
        && names > 0
        && names_a_time
        && !super::generic::is_head(header)
        && rows.iter().all(|row| fields(row) == names)
        && rows.iter().filter(|row| super::generic::is_head(row)).count() * 2 > rows.len()
}

/// Whether nearly all lines begin with a time that goes on in words, or has the delimiter within itself: a sentence
/// with a comma is no CSV.
pub fn has_sentences(head: &[u8], delimiter: u8) -> bool {
    let mut capture = Capture::default();
    let mut total = 0;
    let mut told = 0;
    for line in lines(head).take(200) {
        total += 1;
        let first = line.split(|byte| *byte == delimiter).next().unwrap_or(line);
        let is_word = |word: &&[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic);
        let is_text = |word: &&[u8]| is_word(word) && word.len() > 3 && word.iter().any(u8::is_ascii_lowercase);
        let mut words = first.split(|byte| *byte == b' ');
        let has_words = words.clone().filter(is_word).count() >= 2 || words.any(|word| is_text(&word));
        let mut has_time = || Generic::learn(&[first], false).is_some_and(|generic| generic.read(first, &mut capture));
        let is_within = delimiter != b'\t' && first.len() < line.len() && super::generic::spans(line, first.len());
        // A bracket around a time, or one that is opened and not closed, is no part of a value:
        // `[ST05|2025-03-01 13:10:04|E] fan stalled`.
        let is_opened = |open: u8, close: u8| first.contains(&open) && !first.contains(&close);
        let is_bracketed = super::generic::is_head(line)
            && (is_opened(b'{', b'}')
                || matches!(line.first(), Some(b'[' | b'<' | b'('))
                || super::generic::has_level_or_day_before(line, first.len()));
        told += usize::from(is_within || is_bracketed || has_words && has_time());
    }
    total > 0 && told * 10 >= total * 9
}
