//! Log files as records: a line that a format of the file knows begins one, the lines after it belong to it, as a
//! stack trace does. Lines before the first such line are records of their own, without a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use memchr::memchr;

use super::calendar::{Clock, Place};
use super::capture::Capture;
use super::code;
use super::exception;
use super::generic;
use super::heads::{Heads, line, line_end};
use super::level::Level;
use super::plan::{FileFormats, Push};
use super::recogniser::{Recogniser, may_need_stripping, needs_stripping, strip};
use super::stamp::Written;
use super::tagged::Kind;
use super::values;
use crate::model::column::Buffer;
use crate::model::coverage::Fault;
use crate::model::zone;
use crate::source::blocks::{Framing, without_return};
use crate::source::file::File;
use crate::source::infer::Reading;
use crate::source::text::{Format, Outcome, RecordParser, Slot};

/// Column numbers that every log table has.
pub const TS: usize = 0;
pub const LEVEL: usize = 1;
pub const CODE: usize = 2;
pub const MESSAGE: usize = 3;
pub const EXCEPTION: usize = 4;

/// Keys under which programs write a trace beside the message.
const STACKS: [&str; 9] = [
    "exc_info",
    "exc_text",
    "exception",
    "traceback",
    "stack_trace",
    "stackTrace",
    "stack",
    "error.stack_trace",
    "error.stack",
];

pub struct Log {
    pub files: Vec<Arc<FileFormats>>,
    pub evidence: Vec<Arc<File>>,
    pub names: Arc<[String]>,
    pub place: Place,
    /// Of the user's own.
    pub code: Option<regex::bytes::Regex>,
}

impl Format for Log {
    type Parser = Parser;

    fn tells_by_order(&self) -> bool {
        true
    }

    /// The journal's export has fields of bytes.
    fn has_no_nul(&self, file: usize) -> bool {
        self.files[file].kind() != Some(Kind::Journal)
    }

    fn framing(&self, file: usize) -> Arc<dyn Framing> {
        Arc::new(Heads(self.files[file].clone()))
    }

    fn parser(&self, file: usize, slots: &[Slot]) -> Parser {
        let formats = self.files[file].clone();
        let slot_of = |column: usize| slots.iter().find(|slot| slot.column == column).map(|slot| slot.out);
        let fields: Vec<Slot> = slots.iter().copied().filter(|slot| slot.column > EXCEPTION).collect();
        let numbers = formats
            .targets
            .iter()
            .map(|targets| {
                let number = |slot: &Slot| targets.iter().position(|target| target.column == slot.column);
                fields.iter().map(number).collect()
            })
            .collect();
        let exception = slot_of(EXCEPTION);
        let is_thread = |one: &Recogniser| one.fields().iter().position(|field| field.name == "thread");
        let code = slot_of(CODE);
        let threads: Vec<Option<usize>> = match code {
            Some(_) => formats.recognisers.iter().map(|one| is_thread(one).filter(|_| !one.is_json())).collect(),
            None => Vec::new(),
        };
        let leaves_out_fields = fields.is_empty() && exception.is_none() && threads.iter().all(Option::is_none);
        let capture = || Capture { leaves_out_fields, ..Capture::default() };
        let is_stack = |name: &str| STACKS.iter().any(|known| name.eq_ignore_ascii_case(known));
        let stack = |one: &Recogniser| one.fields().iter().position(|field| is_stack(&field.name));
        Parser {
            capture: capture(),
            ahead: capture(),
            ts: slot_of(TS),
            level: slot_of(LEVEL),
            code,
            message: slot_of(MESSAGE),
            exception,
            threads,
            stacks: formats.recognisers.iter().map(stack).collect(),
            fields,
            numbers,
            names: self.names.clone(),
            own_code: self.code.clone(),
            clock: Clock::new(self.place, formats.calendar(&self.evidence[file], self.place)),
            has_zones: formats.has_zones.load(Ordering::Relaxed),
            plain_clock: zone::Clock { zone: self.place.zone, ahead: self.place.skew },
            formats,
            origin: 0,
            strips: None,
            goes_on: None,
            pending: None,
            envelope: VecDeque::new(),
            alike: Vec::new(),
            stamp: Vec::new(),
            inner: Capture::default(),
        }
    }
}

pub struct Parser {
    formats: Arc<FileFormats>,
    clock: Clock,
    plain_clock: zone::Clock,
    /// Times without a zone are counted.
    has_zones: bool,
    ts: Option<usize>,
    level: Option<usize>,
    code: Option<usize>,
    message: Option<usize>,
    exception: Option<usize>,
    /// By recogniser: the field that has what was raised, where the message has not.
    stacks: Vec<Option<usize>>,
    /// By recogniser: the field that has the thread, in whose brackets programs write a code too.
    threads: Vec<Option<usize>>,
    fields: Vec<Slot>,
    /// By recogniser and wanted field: which of its fields that is.
    numbers: Vec<Vec<Option<usize>>>,
    names: Arc<[String]>,
    own_code: Option<regex::bytes::Regex>,
    /// Offset in the file of the block's first byte.
    origin: u64,
    /// Whether the block has colours, zeros or byte order marks at all, once known.
    strips: Option<bool>,
    /// Whether a line of the block may go on with what the one before begins, once known.
    goes_on: Option<bool>,
    /// A line that was looked at already: where it is, and who knows it. What it holds is in `ahead`.
    pending: Option<(usize, Option<usize>)>,
    /// The records of the line at hand that were not given yet.
    envelope: VecDeque<String>,
    /// Lines of the record at hand that begin as records do, by where they stand.
    alike: Vec<(usize, Fault)>,
    /// The time that commands without one have.
    stamp: Vec<u8>,
    capture: Capture,
    ahead: Capture,
    inner: Capture,
}

impl Parser {
    fn look(&mut self, block: &[u8], at: usize) -> Option<usize> {
        let strips = *self.strips.get_or_insert_with(|| may_need_stripping(block, self.formats.has_json));
        let own = line(block, at);
        // Not every way of reading a line tells whether it looks like a record.
        self.ahead.is_like_record = false;
        let timed = self.formats.read_at(own, &mut self.stamp, &mut self.ahead);
        timed.or_else(|| self.formats.read_with(own, self.origin.wrapping_add(at as u64), strips, &mut self.ahead))
    }

    fn goes_on(&mut self, block: &[u8]) -> bool {
        let formats = &self.formats;
        *self.goes_on.get_or_insert_with(|| formats.may_go_on(block))
    }

    /// The end of the record whose first line begins at `at` and ends at `end`; the next line was looked at.
    fn record_end(&mut self, block: &[u8], at: usize, end: usize, has_head: bool) -> usize {
        let mut next = (end + 1).min(block.len());
        let mut head = None;
        while next < block.len() {
            if self.goes_on(block) && self.formats.goes_on(block, next) {
                next = (line_end(block, next) + 1).min(block.len());
                continue;
            }
            let known = self.look(block, next);
            self.pending = Some((next, known));
            let own = line(block, next);
            let mut is_of_another = || {
                let head = head.get_or_insert_with(|| self.formats.origin(line(block, at)));
                head.is_some() && self.formats.origin(own).is_some_and(|own| head.as_ref() != Some(&own))
            };
            if known.is_some() || !has_head || self.formats.stands_alone(own) || is_of_another() {
                return next;
            }
            let is_like = std::mem::take(&mut self.ahead.is_like_record);
            let is_like = is_like || generic::begins_with_time(self.formats.within(own, &mut self.inner).as_ref());
            if is_like && !self.formats.is_open(&block[at..next]) {
                self.alike.push((next, Fault::LikeRecord));
            }
            next = (line_end(block, next) + 1).min(block.len());
        }
        self.pending = None;
        next
    }

    /// A record whose first line is `first` and whose other lines are `more`, at `offset` of the file.
    fn push(
        &mut self,
        first: &[u8],
        more: &[u8],
        offset: u64,
        recogniser: Option<usize>,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
    ) {
        if let Some(slot) = self.ts {
            match self.capture.written.filter(|_| recogniser.is_some()) {
                Some(written) => out[slot].push_time(self.clock.utc(written, offset)),
                None => out[slot].push_null(),
            }
        }
        if let Some(slot) = self.level {
            let message = || self.capture.text(self.capture.message, first);
            let next = || Level::of_next(line(more.trim_ascii_start(), 0));
            let said = || Level::of_message(or_next(message(), more)).or_else(next);
            match self.capture.level.or_else(|| recogniser.and_then(|_| said())) {
                Some(level) => out[slot].push_text(Level::name(level)),
                None => out[slot].push_null(),
            }
        }
        // Of a format that no sample showed there are no columns: its line is its message.
        let is_stray = recogniser == Some(self.formats.recognisers.len());
        if is_stray {
            faults.push(Fault::Stray);
        }
        let has_message = recogniser.is_some() && !is_stray;
        let message = if has_message { self.capture.text(self.capture.message, first) } else { first };
        let message = if self.is_said_next(message, more, recogniser) { b"" } else { message };
        if let Some(slot) = self.code {
            let own = || {
                let groups = self.own_code.as_ref()?.captures(message)?;
                groups.get(1).or_else(|| groups.get(0)).map(|found| found.as_bytes())
            };
            let found = own().or_else(|| match self.capture.code {
                Some(span) => Some(self.capture.text(span, first)),
                None => code::find(or_next(message, more)).map(|range| &or_next(message, more)[range]),
            });
            let in_brackets = || {
                let field = (*self.threads.get(recogniser?)?)?;
                let text = self.capture.text((*self.capture.fields.get(field)?)?, first);
                code::is_no_thread(text).then_some(text)
            };
            let found = found.or_else(in_brackets);
            match found {
                Some(code) => drop(out[slot].push_lossy(code)),
                None => out[slot].push_null(),
            }
        }
        if self.message.is_some() || self.exception.is_some() {
            let joined;
            let whole: &[u8] = if more.is_empty() {
                message
            } else {
                let mut more = if needs_stripping(more, self.formats.has_json) { strip(more) } else { more.to_vec() };
                if memchr(b'\r', &more).is_some() {
                    more = more.split(|byte| *byte == b'\n').map(without_return).collect::<Vec<_>>().join(&b'\n');
                }
                // A record may have its message on the lines after its time.
                joined = if message.is_empty() { more.trim_ascii_start().to_vec() } else { [message, &more].concat() };
                &joined
            };
            if let Some(slot) = self.exception {
                let stack = || {
                    let field = (*self.stacks.get(recogniser?)?)?;
                    let text = self.capture.text((*self.capture.fields.get(field)?)?, first);
                    exception::find(text).map(|range| &text[range])
                };
                match exception::find(whole).map(|range| &whole[range]).or_else(stack) {
                    Some(name) => drop(out[slot].push_lossy(name)),
                    None => out[slot].push_null(),
                }
            }
            if let Some(slot) = self.message {
                if whole.is_empty() {
                    out[slot].push_null();
                } else if out[slot].push_lossy(whole) {
                    faults.push(Fault::Replaced);
                }
            }
        }
        self.push_fields(first, offset, recogniser, out, faults);
        faults.extend(self.capture.unknown.drain(..).map(Fault::UnknownKey));
        if self.capture.is_misdated {
            faults.push(Fault::Value { column: self.names[TS].clone(), kind: "time".into() });
        } else if recogniser.is_none() || self.capture.written.is_none() {
            faults.push(Fault::NoTime);
        } else if self.has_zones && self.capture.written.is_some_and(|written| written.offset().is_none()) {
            faults.push(Fault::NoZone);
        }
    }

    /// Whether a record has its level and message on its second line, as `java.util.logging` writes it, and what stands
    /// on the first one is in its fields.
    fn is_said_next(&self, message: &[u8], more: &[u8], recogniser: Option<usize>) -> bool {
        let reader = recogniser.and_then(|known| self.formats.recognisers.get(known));
        let start = self.capture.message.start;
        matches!(reader, Some(Recogniser::Lines(_)))
            && !message.is_empty()
            && self.capture.fields.iter().flatten().any(|span| span.start == start && span.end > start)
            && self.capture.level.is_none()
            && Level::of_message(message).is_none()
            && Level::of_next(line(more.trim_ascii_start(), 0)).is_some()
    }

    fn push_fields(
        &mut self,
        first: &[u8],
        offset: u64,
        recogniser: Option<usize>,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
    ) {
        // What a further time of a line does not say, the event's own does.
        let event = self.capture.written;
        let near = |written: Written| event.map_or(written, |event| written.near(event));
        for (index, slot) in self.fields.iter().enumerate() {
            let buffer = &mut out[slot.out];
            let field = recogniser.and_then(|known| Some((known, (*self.numbers.get(known)?.get(index)?)?)));
            let Some((known, field)) = field else {
                buffer.push_null();
                continue;
            };
            let push = &self.formats.targets[known][field].push;
            if let (Push::Time(_), Some((number, written))) = (push, self.capture.received)
                && number == field
            {
                buffer.push_time(self.clock.utc(near(written), offset));
                continue;
            }
            let Some(span) = self.capture.fields.get(field).copied().flatten() else {
                buffer.push_null();
                continue;
            };
            let text = self.capture.text(span, first);
            let (fits, kind) = match push {
                // A dash is how lines with fixed places say that there is nothing.
                _ if text == b"-" && !self.formats.recognisers[known].is_json() => {
                    buffer.push_null();
                    (true, "")
                }
                Push::Read(Reading::Text) => {
                    if buffer.push_lossy(text) {
                        faults.push(Fault::Replaced);
                    }
                    (true, "")
                }
                // In lines with fixed places numbers may be filled up with zeros.
                Push::Read(Reading::Int) if text.first() == Some(&b'0') && text.len() > 1 => {
                    let zeros = text[..text.len() - 1].iter().take_while(|byte| **byte == b'0').count();
                    (Reading::Int.push(&text[zeros..], self.plain_clock, buffer), Reading::Int.name())
                }
                Push::Read(reading) => (reading.push(text, self.plain_clock, buffer), reading.name()),
                Push::Time(format) => {
                    let whole = format.read(text).map(|(written, _)| written);
                    let written = whole.or_else(|| values::written(std::str::from_utf8(text).ok()?));
                    match written {
                        Some(written) => buffer.push_time(self.clock.utc(near(written), offset)),
                        None => buffer.push_null(),
                    }
                    (written.is_some(), "time")
                }
            };
            if !fits {
                faults.push(Fault::Value { column: self.names[slot.column].clone(), kind: kind.into() });
            }
        }
    }

    /// A record of all its lines, whose first was read.
    fn push_lines(
        &mut self,
        whole: &[u8],
        offset: u64,
        recogniser: Option<usize>,
        out: &mut [Buffer],
        faults: &mut Vec<Fault>,
    ) {
        let reader = recogniser.and_then(|known| self.formats.recognisers.get(known));
        if reader.is_some_and(|reader| reader.read_whole(whole, &mut self.capture)) {
            self.push(whole, &[], offset, recogniser, out, faults);
            return;
        }
        let end = line_end(whole, 0);
        let more = whole[end..].trim_ascii_end();
        let unwrapped;
        let more = match reader {
            Some(reader) if !more.is_empty() && reader.as_wrapped().is_some() => {
                let mut capture = Capture::default();
                let lines = more.split(|byte| *byte == b'\n').map(without_return);
                unwrapped = lines.map(|line| reader.unwrapped(line, &mut capture)).collect::<Vec<_>>().join(&b'\n');
                &unwrapped[..]
            }
            _ => more,
        };
        self.push(without_return(&whole[..end]), more, offset, recogniser, out, faults);
    }

    /// The next record of an envelope.
    fn unpack(&mut self, recogniser: usize, offset: u64, out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some(record) = self.envelope.pop_front() else { return };
        let reader = &self.formats.recognisers[recogniser];
        let known = reader.read_whole(record.as_bytes(), &mut self.capture)
            || reader.read(record.as_bytes(), offset, &mut self.capture);
        self.push(record.as_bytes(), &[], offset, known.then_some(recogniser), out, faults);
    }
}

/// A line of nothing but what is around a message has it on the next one.
fn or_next<'a>(message: &'a [u8], more: &'a [u8]) -> &'a [u8] {
    if message.is_empty() { line(more.trim_ascii_start(), 0) } else { message }
}

impl RecordParser for Parser {
    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let offset = self.origin.wrapping_add(at as u64);
        let end = line_end(block, at);
        let first = without_return(&block[at..end]);
        if let Some(envelope) = self.formats.envelope {
            if self.envelope.is_empty() {
                self.envelope = self.formats.recognisers[envelope].records(first).into();
            }
            if !self.envelope.is_empty() {
                self.unpack(envelope, offset, out, faults);
                // The same place again, until all its records are given.
                let next = if self.envelope.is_empty() { (end + 1).min(block.len()) } else { at };
                return (next, Outcome::Row);
            }
        }
        let known = match self.pending.take() {
            Some((place, known)) if place == at => known,
            _ => self.look(block, at),
        };
        std::mem::swap(&mut self.capture, &mut self.ahead);
        // What goes on with a record that is not before it is one of its own.
        let recogniser = known.or_else(|| self.formats.read_outer(first, offset, &mut self.capture));
        if recogniser.is_none() {
            self.capture.clear(0);
        }
        if recogniser.is_none() {
            if first.trim_ascii().is_empty() {
                faults.push(Fault::Blank);
                return ((end + 1).min(block.len()), Outcome::NoRow);
            }
            if self.formats.is_description(first) {
                return ((end + 1).min(block.len()), Outcome::NoRow);
            }
        }
        let next = self.record_end(block, at, end, recogniser.is_some());
        let pieces = self.goes_on(block).then(|| self.formats.pieces()).flatten();
        let joined = pieces.and_then(|(pieces, outer)| pieces.joined(outer, &block[at..next]));
        match joined {
            Some((whole, is_torn)) => {
                faults.extend(is_torn.then_some(Fault::Torn));
                let first = line(&whole, 0);
                let known = self.formats.read(first, offset, &mut self.capture);
                let known = known.or_else(|| self.formats.read_outer(first, offset, &mut self.capture));
                self.push_lines(&whole, offset, known, out, faults);
            }
            None => self.push_lines(&block[at..next], offset, recogniser, out, faults),
        }
        (next, Outcome::Row)
    }

    fn told_of_lines(&mut self) -> Vec<(usize, Fault)> {
        std::mem::take(&mut self.alike)
    }

    fn restart(&mut self, offset: u64) {
        self.origin = offset;
        (self.strips, self.goes_on) = (None, None);
        self.pending = None;
        self.stamp.clear();
        self.envelope.clear();
    }

    fn may_hide(&self, block: &[u8]) -> bool {
        self.formats.may_go_on(block)
    }
}
