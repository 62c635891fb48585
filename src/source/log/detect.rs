//! Which formats a file's lines are of, told by samples: the most telling first, several in one file, and one line
//! within another. What a few lines have that are not among the samples is told by the heads that were gathered.

use std::borrow::Cow;
use std::sync::Arc;

use super::capture::Capture;
use super::directives::Directives;
use super::formats::{BUILT, Format, Formats};
use super::gathered::{self, Gathered, cleaned};
use super::general;
use super::generic::Generic;
use super::keys::{Keys, Schema, Syntax};
use super::recogniser::{Recogniser, Wrapped, cookie, may_be_record, telling};
use super::slow;
use super::stamp::Lack;
use super::strays::Around;
use super::tagged::{Kind, Tagged};
use crate::model::statistics::most_frequent;
use crate::source::blocks::without_return;
use crate::source::file::File;
use crate::source::sample;

/// First lines looked at to tell a log from others.
const LINES: usize = 2_000;
/// Of a file's sample, the lines that all formats are tried on.
const TRIED: usize = 120;
/// Of fewer lines among many others is no format that a file has.
const OWN_MIN: usize = 3;
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
    let mut of_each = seen.into_iter();
    let is_own = |(known, is_near, is_far): (usize, bool, bool)| is_near || !is_far || known == most;
    detected.recognisers.retain(|_| of_each.next().is_none_or(is_own));
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
pub fn first_of<'a>(formats: &'a [Arc<Format>], line: &[u8], capture: &mut Capture) -> Option<&'a Arc<Format>> {
    formats.iter().find(|format| format.may_begin(line) && format.read(line, capture))
}

/// `heads` are lines of other places that a record may begin with.
fn choose(sample: &[&[u8]], heads: &[&[u8]], own: &Formats, forced: Option<&str>, depth: usize) -> Detected {
    let mut capture = Capture::default();
    let all: Vec<Arc<Format>> = own.lines.iter().chain(&BUILT.lines).cloned().collect();
    let is_asked = |name: &str| forced.is_none_or(|forced| forced == name);
    // A format of one's own is what says the order of its dates.
    let is_own = |format: &Arc<Format>| own.lines.iter().any(|one| Arc::ptr_eq(one, format));
    let is_told = |format: &Arc<Format>| forced.is_some() || is_own(format) || format.is_told_by(sample);
    let formats: Vec<Arc<Format>> =
        all.into_iter().filter(|format| is_asked(&format.name) && is_told(format)).collect();
    let schemas = schemas(own);
    let mut detected = Detected::default();
    let (mut rest, mut rare) = (sample.to_vec(), heads.to_vec());
    let all = [sample, heads].concat();
    let learn = if depth > 0 { Keys::learn_within } else { Keys::learn };
    let json = learn(Syntax::Json, &all, &schemas).filter(|keys| is_asked(&keys.name) || is_asked("json"));
    if let Some(keys) = json {
        let mut is_other = |line: &&[u8]| !keys.read(line, &mut capture) && keys.records(line).is_empty();
        let before = (rest.len(), rare.len());
        rest.retain(&mut is_other);
        rare.retain(&mut is_other);
        let known = before.0 - rest.len();
        // A few objects late in a file are a format of it, one is a line of another.
        if known > 0 || before.1 - rare.len() >= OWN_MIN {
            detected.votes.push(Vote { format: keys.name.clone(), knows: known, first: known });
            detected.recognisers.push(wrapped(Recogniser::Keys(Arc::new(keys)), &all, own, depth));
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
    let (mut unknown, mut late) = (0, 0);
    // Of all lines: those tried may be the others of records that are equally long.
    let (mut heads_known, mut all_known) = (vec![0; formats.len()], vec![0; formats.len()]);
    let heads = rare.iter().map(|line| (line, true));
    for (line, is_late) in heads.chain(rest.iter().map(|line| (line, false))) {
        let tries = if is_late { &mut late } else { &mut unknown };
        if *tries > 4 * TRIED {
            continue;
        }
        if let Some(index) = chosen.iter().find(|index| formats[**index].read(line, &mut capture)) {
            heads_known[*index] += usize::from(is_late);
            all_known[*index] += usize::from(!is_late);
            continue;
        }
        *tries += 1;
        if let Some(format) = first_of(&formats, line, &mut capture).filter(|format| !format.is_timeless)
            && let Some(index) = formats.iter().position(|other| Arc::ptr_eq(other, format))
        {
            votes[index].0 += 1;
            votes[index].1 += 1;
            heads_known[index] += usize::from(is_late);
            chosen.push(index);
        }
    }
    // A few lines among many are none of a format's own, unless they are all there is.
    chosen.sort_unstable();
    let is_enough = |index: &usize| {
        let votes = votes[*index].1;
        let is_part = votes * 50 >= tried.len() || all_known[*index] * 50 >= rest.len();
        votes.max(heads_known[*index]) >= OWN_MIN || is_part || forced.is_some()
    };
    chosen.retain(is_enough);
    chosen = most_frequent(chosen, FORMATS_MAX, |index| votes[*index].1);
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
        detected.recognisers.push(wrapped(recogniser, &all, own, depth));
    }
    let mut is_other = |line: &&[u8]| !chosen.iter().any(|index| formats[*index].read(line, &mut capture));
    rest.retain(&mut is_other);
    rare.retain(&mut is_other);
    let both = [&rest[..], &rare[..]].concat();
    let logfmt = learn(Syntax::Logfmt, &both, &schemas).filter(|keys| is_asked(&keys.name) || is_asked("logfmt"));
    if let Some(keys) = logfmt {
        let before = (rest.len(), rare.len());
        rest.retain(|line| !keys.read(line, &mut capture));
        rare.retain(|line| !keys.read(line, &mut capture));
        let known = before.0 - rest.len();
        let is_rare = keys.has_level && before.1 - rare.len() >= OWN_MIN;
        if known * 20 >= sample.len() || is_rare {
            detected.votes.push(Vote { format: keys.name.clone(), knows: known, first: known });
            detected.recognisers.push(Recogniser::Keys(Arc::new(keys)));
        }
    }
    if is_asked("generic")
        && let Some(generic) = Generic::learn(&both, !detected.recognisers.is_empty())
    {
        let mut count = |lines: &[&[u8]]| lines.iter().filter(|line| generic.read(line, &mut capture)).count();
        let (known, late) = (count(&rest), count(&rare));
        // A line of a trace that looks like a stamp is no second format.
        if known > 0 && (detected.recognisers.is_empty() || known * 20 >= sample.len()) || late >= OWN_MIN {
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
