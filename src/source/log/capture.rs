//! What a line holds, found by one of a format's patterns and reused from line to line.

use super::level::Level;
use super::stamp::Written;

/// A part of the line, or of the capture's own text where a value had to be unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub is_own: bool,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end, is_own: false }
    }
}

/// A time that was read: which stamp, where, and what it is, with its length.
pub type Memo = (u64, usize, Option<(Written, usize)>);

/// What a line holds. Spans are parts of the line that was read; [`Capture::text`] resolves them.
#[derive(Debug, Default, Clone)]
pub struct Capture {
    pub written: Option<Written>,
    /// Its time is none that a clock or calendar has.
    pub is_misdated: bool,
    pub level: Option<Level>,
    pub message: Span,
    pub code: Option<Span>,
    /// By field of what read the line.
    pub fields: Vec<Option<Span>>,
    /// Unescaped values.
    pub own: Vec<u8>,
    /// A second time that is not in the line as a field is: the field it belongs to.
    pub received: Option<(usize, Written)>,
    /// The line without colours, if it had any: what spans are parts of.
    pub stripped: Option<Vec<u8>>,
    /// Keys that no sample had.
    pub unknown: Vec<String>,
    /// Whether only what every record has is asked for, so that fields need not be kept.
    pub leaves_out_fields: bool,
    /// It is no record, and has a time as if it were one.
    pub is_like_record: bool,
    /// Quotes may stand within quotes: only lines that nothing knows are read so.
    pub is_loose: bool,
    /// How far into the line a pattern of the format came.
    pub reached: usize,
    /// How many more ends of fields may be tried on this line: a hostile one must not take forever.
    pub tries: u32,
    /// The time that a pattern read last: others of the same format mostly begin with the same.
    pub memo: Option<Memo>,
    /// What the line inside of this one holds, kept for its buffers.
    pub inner: Option<Box<Capture>>,
    /// Where the groups of a regular expression were found, kept for its buffers.
    pub groups: Option<(usize, regex::bytes::CaptureLocations)>,
}

/// Ends tried on one line before it is said to be of no format.
const TRIES_MAX: u32 = 2_000;

impl Capture {
    pub fn clear(&mut self, fields: usize) {
        self.written = None;
        self.is_misdated = false;
        self.level = None;
        self.message = Span::default();
        self.code = None;
        if self.fields.len() == fields {
            self.fields.fill(None);
        } else {
            self.fields.clear();
            self.fields.resize(fields, None);
        }
        self.own.clear();
        self.received = None;
        self.unknown.clear();
        self.tries = TRIES_MAX;
    }

    pub fn text<'a>(&'a self, span: Span, line: &'a [u8]) -> &'a [u8] {
        if span.is_own {
            return &self.own[span.start..span.end];
        }
        &self.stripped.as_deref().unwrap_or(line)[span.start..span.end]
    }

    /// Keeps a text of its own.
    pub fn keep(&mut self, text: &[u8]) -> Span {
        let start = self.own.len();
        self.own.extend_from_slice(text);
        Span { start, end: self.own.len(), is_own: true }
    }
}
