//! How one file of a log is read: what may read its lines, where their fields go, and what the file says of their times.

use std::borrow::Cow;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};

use super::calendar::{Calendar, Place};
use super::capture::Capture;
use super::directives::Directives;
use super::general;
use super::heads::line;
use super::misdated;
use super::pieces::{self, Pieces};
use super::recogniser::{Recogniser, needs_stripping, strip};
use super::slow;
use super::stamp::{Lack, StampFormat};
use super::strays::{self, Around, Stray};
use super::tagged::Kind;
use crate::source::file::File;
use crate::source::infer::Reading;

/// Where the value of a recogniser's field goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub column: usize,
    pub push: Push,
}

/// How it gets there.
#[derive(Debug, Clone)]
pub enum Push {
    Read(Reading),
    Time(StampFormat),
}

/// What a file itself says of the time of its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnTime {
    /// When it was changed last, in UTC microseconds: no line is later than this and a day.
    pub modified: i64,
    /// The day in its name, its folder's or a line before its records.
    pub named: Option<i64>,
    /// The day in the name of the file before it, if one log is in both.
    pub nearby: Option<i64>,
    /// Whether somebody said the zone of its lines.
    pub is_zone_sure: bool,
}

/// How one file is read.
#[derive(Debug, Default)]
pub struct FileFormats {
    /// Tried in this order for each line.
    pub recognisers: Vec<Recogniser>,
    /// By recogniser: its fields as columns of the table.
    pub targets: Vec<Vec<Target>>,
    pub own_time: OwnTime,
    /// What reads lines that hold several records.
    pub envelope: Option<usize>,
    /// A line that begins as an object does, and is none that is known, is part of no record.
    pub has_json: bool,
    /// Whether lines of formats that no sample showed are records too.
    reads_strays: bool,
    /// What its times are about.
    pub around: Around,
    /// Its first times have a zone, and nobody said one: those without are counted.
    pub has_zones: AtomicBool,
    /// Its lines may be pieces of a message: which recogniser says so.
    pieces: Option<usize>,
    /// What reads commands that have the time of one before them.
    general: Option<usize>,
    /// What was written before it, if it goes on with that.
    pub before: Option<(Arc<File>, Weak<FileFormats>)>,
    calendar: OnceLock<Arc<Calendar>>,
}

impl FileFormats {
    pub fn new(
        recognisers: Vec<Recogniser>,
        targets: Vec<Vec<Target>>,
        own_time: OwnTime,
        is_forced: bool,
    ) -> FileFormats {
        let envelope = recognisers.iter().position(Recogniser::is_envelope);
        let pieces = recognisers.iter().position(|one| one.pieces().is_some());
        let is_general = |one: &Recogniser| matches!(one, Recogniser::Lines(format) if format.name == general::FORMAT);
        let general = recognisers.iter().position(is_general);
        let has_json = recognisers.iter().any(Recogniser::is_json);
        let is_open =
            |one: &Recogniser| matches!(one, Recogniser::Lines(_) | Recogniser::Keys(_) | Recogniser::Generic(_));
        let reads_strays = !is_forced && !recognisers.is_empty() && recognisers.iter().all(is_open);
        FileFormats {
            recognisers,
            targets,
            own_time,
            envelope,
            has_json,
            reads_strays,
            around: Around::default(),
            has_zones: AtomicBool::new(false),
            pieces,
            general,
            before: None,
            calendar: OnceLock::new(),
        }
    }

    /// Which recogniser knows the line at `offset`.
    #[inline]
    pub fn read(&self, line: &[u8], offset: u64, capture: &mut Capture) -> Option<usize> {
        self.read_with(line, offset, needs_stripping(line, self.has_json), capture)
    }

    #[inline]
    pub fn read_with(&self, line: &[u8], offset: u64, strips: bool, capture: &mut Capture) -> Option<usize> {
        if line.first().is_none_or(|byte| matches!(byte, b'\t' | b'\r')) {
            return None;
        }
        if strips && needs_stripping(line, self.has_json) {
            let stripped = strip(line);
            let known = self.recognisers.iter().position(|recogniser| recogniser.read(&stripped, offset, capture));
            capture.stripped = Some(stripped);
            return known;
        }
        capture.stripped = None;
        let known = self.recognisers.iter().position(|recogniser| recogniser.read(line, offset, capture));
        known
            .or_else(|| self.loosely(line, offset, capture))
            .or_else(|| self.stray(line, capture))
            .or_else(|| self.misdated(line, offset, capture))
    }

    /// Reads a command that has the time of one before it, or keeps the time of one that has its own in `stamp`.
    pub fn read_at(&self, line: &[u8], stamp: &mut Vec<u8>, capture: &mut Capture) -> Option<usize> {
        let general = self.general?;
        if let Some(own) = general::stamp(line) {
            stamp.clear();
            stamp.extend_from_slice(own);
            return None;
        }
        let timed = general::timed(line, stamp).filter(|_| !stamp.is_empty())?;
        let is_read = self.recognisers[general].read(&timed, 0, capture);
        capture.stripped = is_read.then_some(timed);
        is_read.then_some(general)
    }

    /// Which format knows the line if quotes may stand within quotes: `"GET /?q="a b" HTTP/1.1"`.
    fn loosely(&self, line: &[u8], offset: u64, capture: &mut Capture) -> Option<usize> {
        if memchr::memchr_iter(b'"', line).take(3).count() < 3 {
            return None;
        }
        capture.is_loose = true;
        let reads = |one: &Recogniser| matches!(one, Recogniser::Lines(_)) && one.read(line, offset, capture);
        let known = self.recognisers.iter().position(reads);
        capture.is_loose = false;
        known
    }

    /// A record of no format of the file: it has a number behind those of the recognisers, the higher one if it has no
    /// fields.
    fn stray(&self, line: &[u8], capture: &mut Capture) -> Option<usize> {
        let stray = if self.reads_strays { strays::read(line, self.around, capture)? } else { return None };
        Some(self.recognisers.len() + usize::from(stray == Stray::Plain))
    }

    /// Which recogniser would know the line if its time were possible.
    fn misdated(&self, line: &[u8], offset: u64, capture: &mut Capture) -> Option<usize> {
        let mended = misdated::mended(line)?;
        let known = self.recognisers.iter().position(|recogniser| recogniser.read(&mended, offset, capture))?;
        (capture.written, capture.is_misdated) = (None, true);
        Some(known)
    }

    fn directives(&self) -> Option<&Directives> {
        self.recognisers.iter().find_map(|recogniser| match recogniser {
            Recogniser::Directives(directives) => Some(&**directives),
            _ => None,
        })
    }

    pub fn stated_day(&self, offset: u64) -> Option<(u64, i64)> {
        self.directives()?.stated_day(offset)
    }

    pub fn lacks(&self) -> Vec<Lack> {
        self.recognisers.iter().flat_map(Recogniser::lacks).collect()
    }

    /// Whether a line is no record and belongs to none: the log's own description of its columns.
    pub fn is_description(&self, line: &[u8]) -> bool {
        let is_mysql = |one: &Recogniser| matches!(one, Recogniser::Lines(format) if format.name.starts_with("mysql"));
        Directives::is_directive(line) && self.directives().is_some()
            || !line.is_empty() && slow::is_frame(line) && self.recognisers.iter().any(is_mysql)
            || self
                .recognisers
                .iter()
                .any(|one| matches!(one, Recogniser::Tagged(tagged) if tagged.kind.is_frame(line)))
    }

    /// Whether what comes behind so much of a record belongs to it, whatever it looks like.
    pub fn is_open(&self, record: &[u8]) -> bool {
        self.kind().is_some_and(|kind| kind.is_open(record))
    }

    /// Whether a line belongs to no record before it, whatever it holds.
    pub fn stands_alone(&self, line: &[u8]) -> bool {
        self.is_description(line) || self.has_json && line.first() == Some(&b'{')
    }

    /// Where a line within another comes from.
    pub fn origin(&self, line: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.recognisers.iter().filter_map(Recogniser::as_wrapped).find_map(|wrapped| wrapped.origin(line))
    }

    /// Which recogniser knows what is around a line that goes on with a record.
    pub fn read_outer(&self, line: &[u8], offset: u64, capture: &mut Capture) -> Option<usize> {
        let stripped = needs_stripping(line, self.has_json).then(|| strip(line));
        let text = stripped.as_deref().unwrap_or(line);
        let reads = |one: &Recogniser| one.as_wrapped().is_some_and(|one| one.read_outer(text, offset, capture));
        let known = self.recognisers.iter().position(reads);
        capture.stripped = stripped;
        known
    }

    /// What is within a line, where the lines of the file are wrapped; else the line.
    pub fn within<'a>(&self, line: &'a [u8], capture: &mut Capture) -> Cow<'a, [u8]> {
        match self.recognisers.iter().find(|one| one.as_wrapped().is_some()) {
            Some(reader) if needs_stripping(line, self.has_json) => Cow::Owned(reader.unwrapped(&strip(line), capture)),
            Some(reader) => Cow::Owned(reader.unwrapped(line, capture)),
            None => Cow::Borrowed(line),
        }
    }

    /// How lines of the file tell that they are pieces of a message, and what reads them.
    pub fn pieces(&self) -> Option<(&Pieces, &Recogniser)> {
        let recogniser = &self.recognisers[self.pieces?];
        Some((recogniser.pieces()?, recogniser.outer()))
    }

    pub fn kind(&self) -> Option<Kind> {
        self.recognisers
            .iter()
            .find_map(|one| if let Recogniser::Tagged(tagged) = one { Some(tagged.kind) } else { None })
    }

    /// Whether the line before one tells whether that begins a record.
    pub fn looks_back(&self) -> bool {
        self.pieces().is_some() || self.kind() == Some(Kind::MysqlSlow)
    }

    /// Whether any line of a block may be the rest of a message: cheaper than to ask of each.
    pub fn may_go_on(&self, block: &[u8]) -> bool {
        self.kind().is_some() || self.pieces().is_some_and(|(pieces, _)| pieces.may_be_in(block))
    }

    /// Whether the line at `at` is the rest of a message that the line before it begins.
    pub fn goes_on(&self, buffer: &[u8], at: usize) -> bool {
        if let Some(kind) = self.kind() {
            return pieces::line_before(buffer, at).is_some_and(|before| kind.goes_on(before, line(buffer, at)));
        }
        self.pieces().is_some_and(|(pieces, outer)| {
            pieces::line_before(buffer, at).is_some_and(|before| pieces.goes_on(outer, before, line(buffer, at)))
        })
    }

    /// Whether the line at `at` begins a record, or belongs to none.
    pub fn is_head(&self, buffer: &[u8], at: usize, capture: &mut Capture) -> bool {
        let own = line(buffer, at);
        (self.stands_alone(own) || self.read(own, u64::MAX, capture).is_some()) && !self.goes_on(buffer, at)
    }

    pub fn calendar(self: &Arc<Self>, file: &Arc<File>, place: Place) -> Arc<Calendar> {
        self.calendar.get_or_init(|| Arc::new(Calendar::of(file.clone(), self, place))).clone()
    }
}
