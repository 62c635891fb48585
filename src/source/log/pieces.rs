//! Messages that the runtime of a container cuts into pieces, a line each: which line goes on with the one before it,
//! and the line that they were.

use memchr::{memchr_iter, memmem, memrchr};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::capture::Capture;
use super::heads::{line, line_end};
use super::recogniser::Recogniser;

/// How a format tells a line whose message goes on in the next one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Pieces {
    /// A field says so.
    Tagged { field: String, value: String },
    /// A JSON message of at least so many bytes does not end its line.
    Cut { message: String, bytes: usize },
}

/// The line before another is looked at if it begins within so many bytes: a piece of 16 KiB, each byte of it escaped.
pub const LOOKED_BACK: usize = 128 << 10;

impl Pieces {
    /// Whether the line is a piece that another one follows.
    fn is_piece(&self, outer: &Recogniser, line: &[u8], capture: &mut Capture) -> bool {
        match self {
            Pieces::Tagged { field, value } => {
                const FIELDS_END: usize = 256;
                let fields = &line[..line.len().min(FIELDS_END)];
                let number = || outer.fields().iter().position(|known| known.name == *field);
                has_word(fields, value.as_bytes())
                    && outer.read(line, 0, capture)
                    && number()
                        .and_then(|number| capture.fields[number])
                        .is_some_and(|span| capture.text(span, line) == value.as_bytes())
            }
            Pieces::Cut { message, bytes } => {
                line.len() >= *bytes
                    && outer.read(line, 0, capture)
                    && object(line)
                        .and_then(|object| Some(object.get(message)?.as_str()?.to_string()))
                        .is_some_and(|message| message.len() >= *bytes && !message.ends_with('\n'))
            }
        }
    }

    /// Whether bytes of a block may hold a piece.
    pub fn may_be_in(&self, block: &[u8]) -> bool {
        match self {
            Pieces::Tagged { value, .. } => has_word(block, value.as_bytes()),
            Pieces::Cut { bytes, .. } => {
                let mut start = 0;
                let is_long = |end: usize| {
                    let length = end - start;
                    start = end + 1;
                    length >= *bytes
                };
                memchr_iter(b'\n', block).chain([block.len()]).any(is_long)
            }
        }
    }

    /// Whether `own` goes on with the message of the line `before` it.
    pub fn goes_on(&self, outer: &Recogniser, before: &[u8], own: &[u8]) -> bool {
        let mut capture = Capture::default();
        if !self.is_piece(outer, before, &mut capture) {
            return false;
        }
        let origin = outer.origin(own, &mut capture);
        origin.is_some() && origin == outer.origin(before, &mut capture)
    }

    /// The lines of a record with those made one that are pieces of one, and whether the last one's rest is not there.
    /// `None` if there are no pieces.
    pub fn joined(&self, outer: &Recogniser, record: &[u8]) -> Option<(Vec<u8>, bool)> {
        if !self.may_be_in(record) {
            return None;
        }
        let lines: Vec<&[u8]> = lines(record).collect();
        let mut capture = Capture::default();
        let mut whole: Vec<Vec<u8>> = Vec::new();
        let mut at = 0;
        let mut is_torn = false;
        let mut has_pieces = false;
        while at < lines.len() {
            let first = at;
            while self.is_piece(outer, lines[at], &mut capture) {
                has_pieces = true;
                if !lines.get(at + 1).is_some_and(|next| self.goes_on(outer, lines[at], next)) {
                    is_torn = true;
                    break;
                }
                at += 1;
            }
            at += 1;
            whole.push(self.one_of(outer, &lines[first..at], &mut capture));
        }
        has_pieces.then(|| (whole.join(&b'\n'), is_torn))
    }

    /// The line that these pieces were.
    fn one_of(&self, outer: &Recogniser, pieces: &[&[u8]], capture: &mut Capture) -> Vec<u8> {
        let Some((first, rest)) = pieces.split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return pieces.concat();
        };
        match self {
            Pieces::Tagged { .. } => {
                let mut whole = first.to_vec();
                for piece in rest {
                    if outer.read(piece, 0, capture) {
                        whole.extend_from_slice(capture.text(capture.message, piece));
                    }
                }
                whole
            }
            Pieces::Cut { message, .. } => {
                let text = |piece: &&[u8]| Some(object(piece)?.get(message)?.as_str()?.to_string());
                let whole: String = pieces.iter().filter_map(text).collect();
                let Some(mut object) = object(first) else { return pieces.concat() };
                object.insert(message.clone(), Value::String(whole));
                serde_json::to_vec(&object).unwrap_or_else(|_| pieces.concat())
            }
        }
    }
}

fn has_word(text: &[u8], word: &[u8]) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    memmem::find_iter(text, word).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !is_part(before) && !is_part(text.get(at + word.len()))
    })
}

fn object(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

fn lines(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let own = (at < record.len()).then(|| line(record, at))?;
        at = line_end(record, at) + 1;
        Some(own)
    })
}

/// The line before the one that begins at `at`, if it begins near enough to be looked at from wherever a block begins.
pub fn line_before(buffer: &[u8], at: usize) -> Option<&[u8]> {
    let end = at.checked_sub(1)?;
    let low = at.saturating_sub(LOOKED_BACK);
    let start = match memrchr(b'\n', &buffer[low..end]) {
        Some(newline) => low + newline + 1,
        // A buffer with less than that before `at` begins with a line.
        None if at < LOOKED_BACK => 0,
        None => return None,
    };
    Some(line(buffer, start))
}
