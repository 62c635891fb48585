//! Patterns of log lines as a person would write them, compiled to steps over bytes:
//! `{ts:%Y-%m-%d %H:%M:%S,%3f} {level} [{thread}] {logger} - {message}`.
//!
//! A blank stands for one or more. A field ends where what follows it in the pattern begins; `{message}` at the end
//! takes the rest. `{name:int}` is digits, `{name:word}` has no blank, `{name:priority}` is a syslog priority,
//! `{name:status}` an HTTP status.

use super::level::Level;
use super::stamp::{StampFormat, Written};
use crate::source::near;

/// A part of the line, or of the capture's own text where a value had to be unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub is_own: bool,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        Span { start, end, is_own: false }
    }
}

/// What a line holds, found by one of a format's patterns. Reused from line to line.
#[derive(Debug, Default, Clone)]
pub struct Capture {
    pub written: Option<Written>,
    pub level: Option<Level>,
    pub message: Span,
    pub code: Option<Span>,
    /// By field of the format.
    pub fields: Vec<Option<Span>>,
    /// Unescaped values.
    pub own: Vec<u8>,
    /// Keys that no sample had.
    pub unknown: Vec<String>,
}

impl Capture {
    pub fn clear(&mut self, fields: usize) {
        self.written = None;
        self.level = None;
        self.message = Span::default();
        self.code = None;
        self.fields.clear();
        self.fields.resize(fields, None);
        self.own.clear();
        self.unknown.clear();
    }

    pub fn text<'a>(&'a self, span: Span, line: &'a [u8]) -> &'a [u8] {
        if span.is_own { &self.own[span.start..span.end] } else { &line[span.start..span.end] }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Literal(Vec<u8>),
    Blanks,
    Time(StampFormat),
    Level,
    Message,
    Field { index: usize, kind: FieldKind },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    Word,
    Int,
    Priority,
    Status,
    Code,
}

/// A field of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    pub name: String,
    /// Digits wherever it occurs.
    pub is_number: bool,
}

/// A compiled pattern. Its fields are numbered by the names that the whole format has.
#[derive(Debug, Clone)]
pub struct Pattern {
    steps: Vec<Step>,
    levels: Vec<(String, Level)>,
}

impl Pattern {
    /// Compiles a pattern; names not yet in `fields` are added.
    ///
    /// # Errors
    /// Says what in the pattern is not understood.
    pub fn compile(text: &str, fields: &mut Vec<FieldName>, levels: &[(String, Level)]) -> Result<Pattern, String> {
        let mut steps: Vec<Step> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(inside) = rest.strip_prefix('{') {
                let close = inside.find('}').ok_or_else(|| format!("`{{` without `}}` in `{text}`"))?;
                steps.push(field(&inside[..close], fields)?);
                rest = &inside[close + 1..];
            } else if c == ' ' {
                if steps.last() != Some(&Step::Blanks) {
                    steps.push(Step::Blanks);
                }
                rest = &rest[1..];
            } else {
                match steps.last_mut() {
                    Some(Step::Literal(bytes)) => bytes.extend(c.to_string().bytes()),
                    _ => steps.push(Step::Literal(c.to_string().into_bytes())),
                }
                rest = &rest[c.len_utf8()..];
            }
        }
        if !steps.iter().any(|step| matches!(step, Step::Time(_))) {
            return Err(format!("no `{{ts:…}}` in `{text}`"));
        }
        let open =
            |step: &Step| matches!(step, Step::Message | Step::Field { kind: FieldKind::Text | FieldKind::Word, .. });
        if steps.windows(2).any(|pair| open(&pair[0]) && open(&pair[1])) {
            return Err(format!("nothing tells where one field ends and the next begins in `{text}`"));
        }
        Ok(Pattern { steps, levels: levels.to_vec() })
    }

    pub fn is_yearless(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Time(format) if format.is_yearless()))
    }

    /// Whether `line` begins a record of this pattern; what it holds goes to `capture`, which has been cleared.
    #[inline]
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        self.walk(0, line, 0, capture)
    }

    fn walk(&self, first: usize, line: &[u8], mut at: usize, capture: &mut Capture) -> bool {
        let mut index = first;
        while let Some(step) = self.steps.get(index) {
            match step {
                Step::Literal(bytes) => {
                    // One byte is compared at once; a call for it costs more than it does.
                    if line.get(at) != bytes.first() || bytes.len() > 1 && !line[at..].starts_with(bytes) {
                        return false;
                    }
                    at += bytes.len();
                }
                Step::Blanks => {
                    let length = blanks(&line[at..]);
                    // A line may end where the pattern has a blank and an empty message.
                    if length == 0 && !(at == line.len() && index + 2 == self.steps.len()) {
                        return false;
                    }
                    at += length;
                }
                Step::Time(format) => {
                    let Some((written, length)) = format.read(&line[at..]) else { return false };
                    capture.written = Some(written);
                    at += length;
                }
                Step::Level => {
                    let length = line[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                    let Some(level) = self.level(&line[at..at + length]) else { return false };
                    capture.level = Some(level);
                    at += length;
                }
                Step::Message | Step::Field { kind: FieldKind::Text, .. } => {
                    return self.open_field(index, line, at, capture);
                }
                Step::Field { index: field, kind } => {
                    let Some(end) = closed_field(*kind, line, at, self.steps.get(index + 1), capture) else {
                        return false;
                    };
                    capture.fields[*field] = Some(Span::new(at, end));
                    at = end;
                }
            }
            index += 1;
        }
        at == line.len()
    }

    /// A field that may hold anything: tried with each end that what follows allows, the nearest first.
    fn open_field(&self, index: usize, line: &[u8], at: usize, capture: &mut Capture) -> bool {
        let set = |end: usize, capture: &mut Capture| match &self.steps[index] {
            Step::Field { index: field, .. } => capture.fields[*field] = Some(Span::new(at, end)),
            _ => capture.message = Span::new(at, end),
        };
        match self.steps.get(index + 1) {
            None => {
                set(line.len(), capture);
                true
            }
            Some(Step::Literal(bytes)) => {
                let mut from = at;
                while let Some(found) = find(&line[from..], bytes) {
                    let end = from + found;
                    set(end, capture);
                    if self.walk(index + 1, line, end, capture) {
                        return true;
                    }
                    from = end + 1;
                }
                false
            }
            Some(_) => {
                let mut from = at;
                while let Some(found) = memchr::memchr2(b' ', b'\t', &line[from..]) {
                    let end = from + found;
                    set(end, capture);
                    if self.walk(index + 1, line, end, capture) {
                        return true;
                    }
                    from = end + blanks(&line[end..]);
                    // Words only, unless a literal further on can be waited for.
                    if !matches!(self.steps.get(index + 2), Some(Step::Literal(_))) {
                        return false;
                    }
                }
                false
            }
        }
    }

    fn level(&self, word: &[u8]) -> Option<Level> {
        let own = self.levels.iter().find(|(name, _)| name.as_bytes() == word).map(|(_, level)| *level);
        own.or_else(|| Level::of(word))
    }
}

fn find(line: &[u8], bytes: &[u8]) -> Option<usize> {
    match bytes {
        [byte] => near::find(*byte, line),
        _ => memchr::memmem::find(line, bytes),
    }
}

#[inline]
fn blanks(text: &[u8]) -> usize {
    if let [b' ', next, ..] = text
        && !matches!(next, b' ' | b'\t')
    {
        return 1;
    }
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The end of a field whose own bytes tell it.
fn closed_field(kind: FieldKind, line: &[u8], at: usize, next: Option<&Step>, capture: &mut Capture) -> Option<usize> {
    let digits = || line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = |length: usize| std::str::from_utf8(&line[at..at + length]).ok()?.parse::<u32>().ok();
    match kind {
        FieldKind::Int => Some(at + digits()).filter(|end| *end > at),
        FieldKind::Priority => {
            let length = digits();
            let priority = number(length).filter(|priority| *priority < 192)?;
            capture.level = Some(Level::of_severity(priority % 8));
            Some(at + length)
        }
        FieldKind::Status => {
            let status = number(3).filter(|status| (100..600).contains(status)).filter(|_| digits() == 3)?;
            capture.level = Some(Level::of_status(status));
            if status >= 400 {
                capture.code = Some(Span::new(at, at + 3));
            }
            Some(at + 3)
        }
        FieldKind::Word | FieldKind::Code => {
            let text = &line[at..];
            let found = match next {
                Some(Step::Literal(bytes)) => memchr::memchr3(bytes[0], b' ', b'\t', text),
                _ => memchr::memchr2(b' ', b'\t', text),
            };
            let length = found.unwrap_or(text.len());
            if kind == FieldKind::Code && length > 0 {
                capture.code = Some(Span::new(at, at + length));
            }
            (length > 0).then_some(at + length)
        }
        FieldKind::Text => None,
    }
}

fn field(text: &str, fields: &mut Vec<FieldName>) -> Result<Step, String> {
    let (name, kind) = text.split_once(':').map_or((text, ""), |(name, kind)| (name, kind));
    let kind = match (name, kind) {
        ("ts", format) => return StampFormat::compile(if format.is_empty() { "iso" } else { format }).map(Step::Time),
        ("level", "") => return Ok(Step::Level),
        ("message", "") => return Ok(Step::Message),
        ("code", _) => FieldKind::Code,
        (_, "") => FieldKind::Text,
        (_, "word") => FieldKind::Word,
        (_, "int") => FieldKind::Int,
        (_, "priority") => FieldKind::Priority,
        (_, "status") => FieldKind::Status,
        _ => return Err(format!("`{{{text}}}` is no known field; kinds are word, int, priority and status")),
    };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{{{text}}}` has no name of letters, digits and `_`"));
    }
    let is_number = matches!(kind, FieldKind::Int | FieldKind::Priority | FieldKind::Status);
    let index = fields.iter().position(|known| known.name == name).unwrap_or_else(|| {
        fields.push(FieldName { name: name.to_string(), is_number });
        fields.len() - 1
    });
    fields[index].is_number &= is_number;
    Ok(Step::Field { index, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, line: &str) -> Option<(Vec<String>, String)> {
        let mut fields = Vec::new();
        let pattern = Pattern::compile(pattern, &mut fields, &[]).expect("compiles");
        let mut capture = Capture::default();
        capture.clear(fields.len());
        let text = |span: Span| line[span.start..span.end].to_string();
        pattern.read(line.as_bytes(), &mut capture).then(|| {
            (capture.fields.iter().map(|span| span.map(text).unwrap_or_default()).collect(), text(capture.message))
        })
    }

    #[test]
    fn fields_end_where_the_pattern_goes_on() {
        let log4j = "{ts:%Y-%m-%d %H:%M:%S,%3f} {level} [{thread}] {logger} - {message}";
        let line = "2025-03-01 13:10:04,118 WARN  [ingest-3] c.f.Forwarder - queue full - 212 waiting";
        assert_eq!(
            read(log4j, line),
            Some((vec!["ingest-3".into(), "c.f.Forwarder".into()], "queue full - 212 waiting".into()))
        );
        let nested = "{ts:%Y-%m-%d %H:%M:%S,%3f} - {level} [{thread}] - {message}";
        let line = "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:2181:Fast@774] - Notification: 3200";
        assert_eq!(
            read(nested, line).map(|(fields, _)| fields),
            Some(vec!["QuorumPeer[myid=1]/0:0:2181:Fast@774".into()])
        );
        assert_eq!(read(log4j, "\tat java.base/java.lang.Thread.run(Thread.java:840)"), None);
    }

    #[test]
    fn a_pattern_that_cannot_work_says_why() {
        let compile = |text| Pattern::compile(text, &mut Vec::new(), &[]).expect_err("refused");
        assert_eq!(compile("{level} {message}"), "no `{ts:…}` in `{level} {message}`");
        assert_eq!(
            compile("{ts}{a}{message}"),
            "nothing tells where one field ends and the next begins in `{ts}{a}{message}`"
        );
    }
}
