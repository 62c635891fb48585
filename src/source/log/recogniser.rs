//! What may read a line: a format of patterns, keys, directives, a line within a line, or the fallback.

use std::sync::{Arc, Mutex, PoisonError};

use super::capture::{Capture, Span};
use super::directives::Directives;
use super::exception;
use super::formats::Format;
use super::generic::{self, Generic};
use super::keys::{Keys, Syntax};
use super::pattern::{Field, FieldType, field_index};
use super::pieces::Pieces;
use super::stamp::{Lack, StampFormat, Written};
use super::tagged::{Kind, Tagged};
use crate::source::json::SEQUENCE;

#[derive(Debug, Clone)]
pub enum Recogniser {
    Lines(Arc<Format>),
    Keys(Arc<Keys>),
    Directives(Arc<Directives>),
    Generic(Arc<Generic>),
    Wrapped(Arc<Wrapped>),
    /// Records of several lines, read whole.
    Tagged(Arc<Tagged>),
}

/// A format whose message is a line of others: of a container's runtime, of a collector.
#[derive(Debug)]
pub struct Wrapped {
    outer: Recogniser,
    inner: Vec<Recogniser>,
    fields: Vec<Field>,
    /// By inner recogniser: its fields among all.
    numbers: Vec<Vec<usize>>,
    /// The field that keeps the outer time where the inner line has one of its own.
    received: usize,
    /// The zone of inner times is told by the outer ones, which are written at once.
    tells_zone: bool,
    /// Each line is a record, though it looks as if it went on with another.
    keeps_lines: bool,
}

impl Wrapped {
    /// Learns from sample lines whether the outer times tell the zone of the inner ones.
    pub fn learn(outer: Recogniser, inner: Vec<Recogniser>, sample: &[&[u8]]) -> Wrapped {
        let mut fields = outer.fields().to_vec();
        let numbers = inner
            .iter()
            .map(|one| {
                one.fields().iter().map(|field| field_index(&mut fields, &field.name, field.kind.clone())).collect()
            })
            .collect();
        let stamp =
            StampFormat::compile("iso").map_or(FieldType::Read(crate::source::infer::Reading::Text), FieldType::Time);
        let received = field_index(&mut fields, "received", stamp);
        let keeps_lines = !outer.wraps();
        let mut wrapped = Wrapped { outer, inner, fields, numbers, received, tells_zone: false, keeps_lines };
        let mut capture = Capture::default();
        let (mut apart, mut told) = (0, 0);
        for line in sample {
            if wrapped.read(line, 0, &mut capture)
                && let (Some(Written::Whole(event)), Some((_, Written::Whole(received)))) =
                    (capture.written, capture.received)
                && event.offset.is_none()
            {
                apart += 1;
                told += usize::from(event.is_at_once(received));
            }
        }
        wrapped.tells_zone = told > 0 && told * 10 >= apart * 9;
        wrapped
    }

    /// Whether times within its lines have no zone but what the times around them tell.
    pub fn tells_zone(&self) -> bool {
        self.tells_zone
    }

    /// Where lines come from that are no parts of one another's records: of an output, a container.
    pub fn origin(&self, line: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.outer.origin(line, &mut Capture::default())
    }

    /// Reads a line that goes on with a record as one of its own.
    pub fn read_outer(&self, line: &[u8], offset: u64, capture: &mut Capture) -> bool {
        let is_read = self.outer.read(line, offset, capture);
        capture.fields.resize(self.fields.len(), None);
        is_read
    }

    fn read(&self, line: &[u8], offset: u64, capture: &mut Capture) -> bool {
        if !self.outer.read(line, offset, capture) {
            return false;
        }
        capture.fields.resize(self.fields.len(), None);
        let mut outer = capture.message;
        let mut inner = capture.inner.take().unwrap_or_default();
        // The text of its own is taken out while it is read, since what is found goes to the same place.
        let own = std::mem::take(&mut capture.own);
        let text = if outer.is_own { &own[outer.start..outer.end] } else { &line[outer.start..outer.end] };
        let text = text.trim_ascii_end();
        let cookie = cookie(text);
        outer.start += cookie;
        let text = &text[cookie..];
        let stripped = needs_stripping(text, true).then(|| strip(text));
        let text = stripped.as_deref().unwrap_or(text);
        let found = self.inner.iter().position(|one| one.read(text, offset, &mut inner));
        if found.is_none() && !self.keeps_lines && exception::continues(text) {
            capture.own = own;
            capture.inner = Some(inner);
            return false;
        }
        let text = found.map(|_| text.to_vec()).filter(|_| outer.is_own || stripped.is_some());
        capture.own = own;
        if let Some(index) = found {
            self.join(index, outer, text.as_deref(), &inner, capture);
        }
        capture.inner = Some(inner);
        true
    }

    /// Lays what the inner line holds over what the outer one does.
    fn join(&self, index: usize, outer: Span, text: Option<&[u8]>, inner: &Capture, capture: &mut Capture) {
        // Of an inner line that is no part of the line itself, a copy is kept.
        let base = match text {
            Some(text) => capture.keep(text),
            None => Span { is_own: false, ..outer },
        };
        let own = capture.keep(&inner.own);
        let moved = |span: Span| match span.is_own {
            true => Span { start: own.start + span.start, end: own.start + span.end, is_own: true },
            false => Span { start: base.start + span.start, end: base.start + span.end, is_own: base.is_own },
        };
        for (field, span) in self.numbers[index].iter().zip(&inner.fields) {
            if let Some(span) = span {
                capture.fields[*field] = Some(moved(*span));
            }
        }
        if let Some(event) = inner.written {
            capture.received = capture.written.map(|written| (self.received, written));
            let mut event = capture.written.map_or(event, |received| event.near(received));
            if let (Written::Whole(stamp), Some(Written::Whole(received)), true) =
                (&mut event, capture.written, self.tells_zone)
            {
                stamp.offset = stamp.offset.or_else(|| stamp.offset_by(received));
            }
            capture.written = Some(event);
        }
        capture.level = inner.level.or(capture.level);
        capture.code = inner.code.map(moved).or(capture.code);
        capture.message = moved(inner.message);
        capture.unknown.extend(inner.unknown.iter().cloned());
    }
}

/// How long the sign is that tells that the message of a syslog line is JSON (Lumberjack, CEE).
pub fn cookie(text: &[u8]) -> usize {
    const COOKIE: &[u8] = b"@cee:";
    match text.strip_prefix(COOKIE) {
        Some(rest) => COOKIE.len() + rest.iter().take_while(|byte| **byte == b' ').count(),
        None => 0,
    }
}

/// Of what was found to read the messages of lines that are records themselves: what says a level that they do not.
pub fn telling(found: Vec<Recogniser>, messages: &[&[u8]]) -> Vec<Recogniser> {
    let mut capture = Capture::default();
    let mut tells = |one: &Recogniser| {
        let levels: Vec<bool> = messages
            .iter()
            .filter_map(|message| one.read(message, 0, &mut capture).then_some(capture.level.is_some()))
            .collect();
        levels.iter().filter(|has_level| **has_level).count() * 2 > levels.len()
    };
    let is_open = |one: &Recogniser| matches!(one, Recogniser::Lines(_) | Recogniser::Keys(_));
    found.into_iter().filter(|one| is_open(one) && tells(one)).collect()
}

/// Whether the message of a line that is a record itself may be one of its own: an object, or behind a time.
pub fn may_be_record(message: &[u8]) -> bool {
    match message.get(cookie(message)) {
        Some(b'{') => true,
        // `I0301 13:10:04.619632`
        Some(b'I' | b'W' | b'E' | b'F') => message.get(1..5).is_some_and(|date| date.iter().all(u8::is_ascii_digit)),
        Some(_) => generic::begins_with_time(message),
        None => false,
    }
}

/// Recognisers that several files have in common, each kept once: of 100,000 files most have the same few.
#[derive(Default)]
pub struct Common(Mutex<Vec<Recogniser>>);

impl Common {
    /// The latest so many are looked through.
    const LOOKED_AT: usize = 64;

    /// Puts the one that another file has in place of one that reads all lines as it does.
    pub fn share(&self, own: &mut Recogniser) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.iter().rev().take(Self::LOOKED_AT).find(|other| other.is_same(own)) {
            Some(other) => *own = other.clone(),
            None => known.push(own.clone()),
        }
    }
}

impl Recogniser {
    fn is_same(&self, other: &Recogniser) -> bool {
        match (self, other) {
            (Recogniser::Lines(one), Recogniser::Lines(other)) => Arc::ptr_eq(one, other),
            (Recogniser::Keys(one), Recogniser::Keys(other)) => one == other,
            (Recogniser::Generic(one), Recogniser::Generic(other)) => one == other,
            (Recogniser::Wrapped(one), Recogniser::Wrapped(other)) => {
                let are_same = |one: &[Recogniser], other: &[Recogniser]| {
                    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_same(other))
                };
                let are_alike = one.tells_zone == other.tells_zone && are_same(&one.inner, &other.inner);
                are_alike && one.outer.is_same(&other.outer)
            }
            // What a file says of itself holds for no other.
            _ => false,
        }
    }

    #[inline]
    pub fn read(&self, line: &[u8], offset: u64, capture: &mut Capture) -> bool {
        match self {
            Recogniser::Lines(format) => format.read(line, capture),
            Recogniser::Keys(keys) => keys.read(line, capture),
            Recogniser::Directives(directives) => directives.read(line, offset, capture),
            Recogniser::Generic(generic) => generic.read(line, capture),
            Recogniser::Wrapped(wrapped) => wrapped.read(line, offset, capture),
            Recogniser::Tagged(tagged) => {
                capture.clear(tagged.fields.len());
                tagged.kind.is_head(line)
            }
        }
    }

    pub fn fields(&self) -> &[Field] {
        match self {
            Recogniser::Lines(format) => &format.fields,
            Recogniser::Keys(keys) => &keys.fields,
            Recogniser::Directives(directives) => &directives.fields,
            Recogniser::Generic(generic) => &generic.fields,
            Recogniser::Wrapped(wrapped) => &wrapped.fields,
            Recogniser::Tagged(tagged) => &tagged.fields,
        }
    }

    /// What the times of its lines do not say.
    pub fn lacks(&self) -> Vec<Lack> {
        match self {
            Recogniser::Lines(format) => format.lacks().collect(),
            Recogniser::Keys(_) | Recogniser::Tagged(_) => vec![Lack::Nothing],
            Recogniser::Directives(directives) => vec![directives.lacks()],
            Recogniser::Generic(generic) => generic.lacks().collect(),
            Recogniser::Wrapped(wrapped) => {
                wrapped.inner.iter().flat_map(Recogniser::lacks).chain(wrapped.outer.lacks()).collect()
            }
        }
    }

    /// As `sources` shows it: `cri > log4j` is one within the other.
    pub fn name(&self) -> String {
        match self {
            Recogniser::Lines(format) => format.name.clone(),
            Recogniser::Keys(keys) => keys.name.clone(),
            Recogniser::Directives(directives) => directives.name().to_string(),
            Recogniser::Generic(_) => "generic".to_string(),
            Recogniser::Tagged(tagged) => tagged.kind.name().to_string(),
            Recogniser::Wrapped(wrapped) => {
                let inner: Vec<String> = wrapped.inner.iter().map(Recogniser::name).collect();
                format!("{} > {}", wrapped.outer.name(), inner.join(" + "))
            }
        }
    }

    /// What reads a line from its beginning on.
    pub fn outer(&self) -> &Recogniser {
        match self {
            Recogniser::Wrapped(wrapped) => &wrapped.outer,
            own => own,
        }
    }

    /// How its lines tell that a message goes on in the next one.
    pub fn pieces(&self) -> Option<&Pieces> {
        match self.outer() {
            Recogniser::Lines(format) => format.pieces.as_ref(),
            Recogniser::Keys(keys) => keys.pieces.as_ref(),
            _ => None,
        }
    }

    /// What a line says of where it is from: an output, a container.
    pub fn origin(&self, line: &[u8], capture: &mut Capture) -> Option<Vec<Vec<u8>>> {
        const TELLING: [&str; 7] = ["stream", "container", "pod", "service", "process", "host", "program"];
        self.read(line, 0, capture).then(|| {
            let telling =
                self.fields().iter().zip(&capture.fields).filter(|(field, _)| TELLING.contains(&&*field.name));
            telling.map(|(_, span)| span.map_or_else(Vec::new, |span| capture.text(span, line).to_vec())).collect()
        })
    }

    pub fn wraps(&self) -> bool {
        match self {
            Recogniser::Lines(format) => format.wraps,
            Recogniser::Keys(keys) => keys.wraps,
            _ => false,
        }
    }

    /// Whether its messages may be records of their own, which say their level.
    pub fn may_wrap(&self) -> bool {
        matches!(self, Recogniser::Lines(format) if format.may_wrap)
    }

    /// The records of a line that holds several; none for one that is a record itself.
    pub fn records(&self, line: &[u8]) -> Vec<String> {
        match self {
            Recogniser::Keys(keys) if !keys.each.is_empty() => keys.records(line),
            Recogniser::Tagged(tagged) => tagged.kind.records(line),
            _ => Vec::new(),
        }
    }

    /// Whether a line says in fields what its message does not.
    pub fn names_its_fields(&self) -> bool {
        matches!(self, Recogniser::Keys(keys) if keys.has_message)
    }

    pub fn as_wrapped(&self) -> Option<&Wrapped> {
        match self {
            Recogniser::Wrapped(wrapped) => Some(wrapped),
            _ => None,
        }
    }

    /// A further line of a record, without what wraps it.
    pub fn unwrapped(&self, line: &[u8], capture: &mut Capture) -> Vec<u8> {
        if let Recogniser::Wrapped(wrapped) = self
            && wrapped.outer.read(line, 0, capture)
        {
            return capture.text(capture.message, line).to_vec();
        }
        line.to_vec()
    }

    pub fn is_json(&self) -> bool {
        matches!(self, Recogniser::Keys(keys) if keys.syntax == Syntax::Json)
    }

    /// Reads a record of all its lines, if that is how its records are read.
    pub fn read_whole(&self, record: &[u8], capture: &mut Capture) -> bool {
        let Recogniser::Tagged(tagged) = self else { return false };
        tagged.read(record, capture);
        true
    }

    /// Whether its lines may hold several records.
    pub fn is_envelope(&self) -> bool {
        match self {
            Recogniser::Keys(keys) => keys.syntax == Syntax::Json && !keys.each.is_empty(),
            Recogniser::Tagged(tagged) => tagged.kind == Kind::EventXml,
            _ => false,
        }
    }
}

/// The byte order mark of UTF-8, where files were put together.
pub const BOM: &[u8] = "\u{feff}".as_bytes();

/// What stands before an object in a stream of events (HTML, "Server-sent events").
const DATA: &[u8] = b"data: {";

/// Whether any line of a block may need stripping: cheaper than to ask of each. Signs before objects stand where there are
/// objects.
pub fn may_need_stripping(block: &[u8], has_json: bool) -> bool {
    let has_signs = || memchr::memchr(SEQUENCE, block).is_some() || memchr::memmem::find(block, DATA).is_some();
    memchr::memchr3(0x1b, 0, BOM[0], block).is_some() || has_json && has_signs()
}

/// Whether a line has bytes that terminals, holes in files and joined files leave: colours, and at its beginning zeros or
/// a byte order mark; or a sign before an object, where there may be objects.
#[inline]
pub fn needs_stripping(line: &[u8], may_be_json: bool) -> bool {
    line.first() == Some(&0)
        || line.starts_with(BOM)
        || may_be_json && (line.first() == Some(&SEQUENCE) || line.starts_with(DATA))
        || memchr::memchr(0x1b, line).is_some()
}

/// The line without colours and other sequences for terminals (ECMA-48, 5.4), and without zeros, byte order marks and
/// the signs before objects at its beginning.
pub fn strip(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = &line[line.iter().take_while(|byte| matches!(**byte, 0 | SEQUENCE)).count()..];
    while let Some(behind) = rest.strip_prefix(BOM) {
        rest = behind;
    }
    if rest.starts_with(DATA) {
        rest = &rest[DATA.len() - 1..];
    }
    while let Some(at) = memchr::memchr(0x1b, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'[') => {
                let parameters = rest[1..].iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
                rest = &rest[(parameters + 2).min(rest.len())..];
            }
            // An operating system command ends with BEL or `ESC \`.
            Some(b']') => {
                let end = rest.iter().position(|byte| matches!(byte, 7 | 0x1b)).unwrap_or(rest.len());
                rest = &rest[end..];
                rest = rest.strip_prefix(b"\x07").or_else(|| rest.strip_prefix(b"\x1b\\")).unwrap_or(rest);
            }
            Some(_) => rest = &rest[1..],
            None => {}
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_holes_are_stripped() {
        assert_eq!(strip(b"\0\0\x1b[1;31mred\x1b[0m \x1b]0;title\x07on\x1b(B"), b"red onB");
        assert_eq!(strip(b"\x1e{}"), b"{}");
        assert_eq!(strip(b"data: {}"), b"{}");
        assert!(!needs_stripping(b"data: lost", true));
        assert_eq!(strip(b"\x1b["), b"");
        assert_eq!(strip("\u{feff}2025 \u{feff}".as_bytes()), "2025 \u{feff}".as_bytes());
        assert!(!needs_stripping(b"plain", true));
        // What a block does not need, none of its lines does: else what a line means would depend on the others.
        for sign in [&b"data: {}"[..], b"\x1e{}"] {
            assert!(needs_stripping(sign, true) && may_need_stripping(sign, true));
            assert!(!needs_stripping(sign, false));
        }
        for left in [&b"a \x1b[m"[..], b"\0a", BOM] {
            assert!(needs_stripping(left, false) && may_need_stripping(left, false));
        }
    }
}
