//! Logs that describe themselves in lines that begin with `#`: W3C extended (IIS, CloudFront) and Zeek. The columns
//! are those that the last `#Fields` line above names, and a file may change them.
//! W3C Working Draft WD-logfile-960323; Zeek manual, "Log Formats".

use std::io::Read;

use super::capture::{Capture, Span};
use super::generic;
use super::level::Level;
use super::pattern::{Field, FieldType, field_index};
use super::stamp::{Lack, Written};
use crate::model::name;
use crate::model::time::{self, DAY, Stamp};
use crate::source::blocks::without_return;
use crate::source::file::File;
use crate::source::infer::{Guess, Reading};
use crate::source::scalar;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    W3c,
    Zeek,
}

/// What one column of a layout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Date,
    Time,
    /// Seconds since 1970.
    Epoch,
    Field(usize),
}

/// The columns that hold from an offset on.
#[derive(Debug, Clone, Default)]
struct Layout {
    offset: u64,
    columns: Vec<Column>,
    status: Option<usize>,
    method: Option<usize>,
    path: Option<usize>,
    has_date: bool,
}

#[derive(Debug, Clone)]
pub struct Directives {
    pub kind: Kind,
    pub fields: Vec<Field>,
    layouts: Vec<Layout>,
    /// Days that `#Date` lines state, by offset, and the offset from UTC that holds.
    days: Vec<(u64, i64)>,
    /// `#GMT-Offset`; without one the times are UTC, as the draft says.
    offset: i32,
}

impl Directives {
    /// Of a file whose head has a line that names fields.
    pub fn of(file: &File) -> Option<Directives> {
        let head = &file.head();
        let has = |text: &[u8]| head.starts_with(text) || memchr::memmem::find(head, &[b"\n", text].concat()).is_some();
        let kind = if has(b"#Fields:") {
            Kind::W3c
        } else if has(b"#fields\t") {
            Kind::Zeek
        } else {
            return None;
        };
        let mut directives = Directives { kind, fields: Vec::new(), layouts: Vec::new(), days: Vec::new(), offset: 0 };
        for (offset, line) in lines(file) {
            directives.see(offset, &line);
        }
        directives.learn_kinds(head);
        Some(directives)
    }

    fn see(&mut self, offset: u64, line: &str) {
        let after = |name: &str| {
            line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).map(|_| &line[name.len()..])
        };
        if let Some(names) = after("#Fields:") {
            self.lay_out(offset, names.split_whitespace());
        } else if let Some(names) = after("#fields\t") {
            self.lay_out(offset, names.split('\t'));
        } else if let Some(text) = after("#Date:") {
            let text = text.trim().as_bytes();
            let wall = time::iso(text).map(|(stamp, _)| stamp.wall).or_else(|| match generic::whole(text)? {
                Written::Whole(stamp) => Some(stamp.wall),
                _ => None,
            });
            self.days.extend(wall.map(|wall| (offset, wall.div_euclid(DAY))));
        } else if let Some((seconds, _)) = after("#GMT-Offset:").and_then(|text| time::offset(text.trim().as_bytes())) {
            self.offset = seconds;
        }
    }

    fn lay_out<'a>(&mut self, offset: u64, names: impl Iterator<Item = &'a str>) {
        let mut layout = Layout { offset, ..Layout::default() };
        for (index, original) in names.enumerate() {
            let column = match (self.kind, original.to_ascii_lowercase().as_str()) {
                (Kind::W3c, "date") => Column::Date,
                (Kind::W3c, "time") => Column::Time,
                (Kind::Zeek, "ts") => Column::Epoch,
                (_, lower) => {
                    layout.status = layout.status.or((lower == "sc-status" || lower == "status_code").then_some(index));
                    layout.method = layout.method.or((lower == "cs-method" || lower == "method").then_some(index));
                    layout.path = layout.path.or((lower == "cs-uri-stem" || lower == "uri").then_some(index));
                    let name = name::identifier(lower.trim_end_matches(')'));
                    Column::Field(field_index(&mut self.fields, &name, FieldType::Read(Reading::Text)))
                }
            };
            layout.has_date |= column == Column::Date;
            layout.columns.push(column);
        }
        self.layouts.push(layout);
    }

    /// Numbers are told from the first lines.
    fn learn_kinds(&mut self, head: &[u8]) {
        let mut guesses = vec![Guess::default(); self.fields.len()];
        let mut capture = Capture::default();
        let mut offset = 0;
        for line in head.split(|byte| *byte == b'\n') {
            let text = without_return(line);
            if self.read(text, offset, &mut capture) {
                for (guess, span) in guesses.iter_mut().zip(&capture.fields) {
                    if let Some(span) = span {
                        guess.see(capture.text(*span, text));
                    }
                }
            }
            offset += line.len() as u64 + 1;
        }
        for (field, guess) in self.fields.iter_mut().zip(guesses) {
            if let reading @ (Reading::Int | Reading::Float) = guess.reading(&field.name) {
                field.kind = FieldType::Read(reading);
            }
        }
    }

    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::W3c => "w3c",
            Kind::Zeek => "zeek",
        }
    }

    pub fn lacks(&self) -> Lack {
        if self.kind == Kind::Zeek || self.layouts.iter().all(|layout| layout.has_date) {
            Lack::Nothing
        } else {
            Lack::Day
        }
    }

    /// The day that the last `#Date` above states, and where.
    pub fn stated_day(&self, offset: u64) -> Option<(u64, i64)> {
        let index = self.days.partition_point(|(at, _)| *at <= offset).checked_sub(1)?;
        self.days.get(index).copied()
    }

    /// Whether a line is one of the log's own description.
    pub fn is_directive(line: &[u8]) -> bool {
        line.first() == Some(&b'#')
    }

    /// Whether the line at `offset` is a record.
    pub fn read(&self, line: &[u8], offset: u64, capture: &mut Capture) -> bool {
        capture.clear(self.fields.len());
        // Comments of other kinds, as some writers have, are no records.
        if line.is_empty() || Self::is_directive(line) || line.starts_with(b"//") {
            return false;
        }
        let index = self.layouts.partition_point(|layout| layout.offset <= offset);
        let Some(layout) = self.layouts.get(index.saturating_sub(1)) else { return false };
        let mut at = 0;
        let mut date = None;
        let mut clock = None;
        let mut spans: [Option<Span>; 3] = [None; 3];
        for (index, column) in layout.columns.iter().enumerate() {
            let Some((span, next)) = self.value(line, at) else { break };
            at = next;
            let text = &line[span.start..span.end];
            let is_none = text == b"-" || self.kind == Kind::Zeek && text == b"(empty)";
            if is_none {
                continue;
            }
            for (role, wanted) in [layout.status, layout.method, layout.path].iter().enumerate() {
                if *wanted == Some(index) {
                    spans[role] = Some(span);
                }
            }
            match column {
                Column::Date => date = time::iso(text).map(|(stamp, _)| stamp.wall),
                Column::Time => clock = time::time_of_day(text).map(|(of_day, _)| of_day),
                Column::Epoch => {
                    capture.written = scalar::epoch(text).map(|wall| Written::Whole(Stamp { wall, offset: Some(0) }));
                }
                Column::Field(field) => capture.fields[*field] = Some(span),
            }
        }
        if let Some(of_day) = clock {
            let offset = Some(self.offset);
            capture.written = Some(match date {
                Some(day) => Written::Whole(Stamp { wall: day + of_day, offset }),
                None => Written::Dateless { of_day, offset },
            });
        }
        let [status, method, path] = spans;
        if let Some(status) = status
            && let Some(number) = scalar::int(&line[status.start..status.end])
            && (100..600).contains(&number)
        {
            capture.level = Some(Level::of_status(number as u32));
            capture.code = (number >= 400).then_some(status);
        }
        capture.message = match (method, path) {
            (Some(method), Some(path)) => {
                let text = [&line[method.start..method.end], b" ", &line[path.start..path.end]].concat();
                capture.keep(&text)
            }
            _ => Span::new(0, line.len()),
        };
        capture.written.is_some()
    }

    /// The value that begins at `at` or behind blanks there, and where the next may begin.
    fn value(&self, line: &[u8], at: usize) -> Option<(Span, usize)> {
        if at > line.len() {
            return None;
        }
        if self.kind == Kind::Zeek {
            let end = memchr::memchr(b'\t', &line[at..]).map_or(line.len(), |tab| at + tab);
            return Some((Span::new(at, end), end + 1));
        }
        let at = at + line[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if line.get(at) == Some(&b'"') {
            let end = memchr::memchr(b'"', &line[at + 1..]).map_or(line.len(), |quote| at + 1 + quote);
            return Some((Span::new(at + 1, end), end + 1));
        }
        let end = memchr::memchr2(b' ', b'\t', &line[at..]).map_or(line.len(), |blank| at + blank);
        (end > at).then_some((Span::new(at, end), end))
    }
}

/// All lines of a file that begin with `#`, with their offsets.
fn lines(file: &File) -> Vec<(u64, String)> {
    const LINES_MAX: usize = 100_000;
    const LINE_BYTES_MAX: usize = 64 << 10;
    let mut found = Vec::new();
    let Ok(mut stream) = file.stream(None) else { return found };
    let mut buffer = vec![0; 1 << 20];
    // The end of the last block that may be the beginning of a line with `#`.
    let (mut kept, mut offset) = (0, 0_u64);
    let mut is_start = true;
    while let Ok(got) = stream.read(&mut buffer[kept..]) {
        let filled = kept + got;
        let mut at = if is_start && buffer.first() == Some(&b'#') { Some(0) } else { None };
        let mut from = 0;
        kept = 0;
        loop {
            let start = match at.take() {
                Some(start) => start,
                None => match memchr::memmem::find(&buffer[from..filled], b"\n#") {
                    Some(newline) => from + newline + 1,
                    None => break,
                },
            };
            let Some(length) = memchr::memchr(b'\n', &buffer[start..filled]) else {
                if got == 0 || filled - start > LINE_BYTES_MAX {
                    found.push((offset + start as u64, String::from_utf8_lossy(&buffer[start..filled]).into_owned()));
                } else {
                    // With the line end before it, to be found again.
                    kept = filled - start.saturating_sub(1);
                    is_start = start == 0;
                }
                break;
            };
            found.push((
                offset + start as u64,
                String::from_utf8_lossy(&buffer[start..start + length]).trim_end().to_string(),
            ));
            from = start + length;
        }
        if got == 0 || found.len() > LINES_MAX {
            break;
        }
        if kept == 0 && filled > 0 {
            // A line end at the block's end may be followed by `#`.
            kept = 1;
            is_start = false;
        }
        offset += (filled - kept) as u64;
        buffer.copy_within(filled - kept..filled, 0);
        if kept == buffer.len() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(text: &str) -> (tempfile::NamedTempFile, Directives) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let directives = Directives::of(&File::open(file.path(), "x").expect("opened")).expect("directives");
        (file, directives)
    }

    #[test]
    fn the_fields_line_above_says_what_the_columns_are() {
        let text = "#Version: 1.0\n#Fields: date time cs-method cs-uri-stem sc-status cs(User-Agent)\n\
            2025-03-01 13:10:04 GET /units 503 \"curl 8\"\n#Fields: date time sc-status\n2025-03-01 13:10:05 200\n";
        let (_file, directives) = opened(text);
        let mut capture = Capture::default();
        let at = |line: &str| (text.find(line).expect("there") as u64, line.to_string());
        let (offset, line) = at("2025-03-01 13:10:04 GET /units 503 \"curl 8\"");
        assert!(directives.read(line.as_bytes(), offset, &mut capture));
        let shown =
            |span: Span, capture: &Capture| String::from_utf8_lossy(capture.text(span, line.as_bytes())).into_owned();
        assert_eq!(shown(capture.message, &capture), "GET /units");
        assert_eq!(capture.code.map(|span| shown(span, &capture)).as_deref(), Some("503"));
        let names: Vec<&str> = directives.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["cs_method", "cs_uri_stem", "sc_status", "cs_user_agent"]);
        assert_eq!(directives.fields[2].kind, FieldType::Read(Reading::Int));
        let (offset, line) = at("2025-03-01 13:10:05 200");
        assert!(directives.read(line.as_bytes(), offset, &mut capture));
        assert_eq!(capture.fields[0], None);
        assert_eq!(directives.lacks(), Lack::Nothing);
    }

    #[test]
    fn directives_are_found_wherever_blocks_end() {
        let filler = "13:10:04 x\n".repeat(200_000);
        let text = format!("#Fields: time a\n{filler}#Date: 2025-03-02 00:00:00\n{filler}#Date: 2025-03-03 00:00:00");
        let (_file, directives) = opened(&text);
        let first = text.find("#Date: 2025-03-02").expect("there") as u64;
        assert_eq!(directives.stated_day(first + 1).map(|(at, _)| at), Some(first));
        assert_eq!(directives.days.len(), 2);
        assert_eq!(directives.lacks(), Lack::Day);
    }
}
