//! Records of several lines that are read whole: the journal's export format, Windows events as XML, PostgreSQL's CSV
//! and MySQL's slow queries. systemd, "Journal Export Formats"; Windows Event Log, "Event Schema".

use std::borrow::Cow;
use std::collections::HashMap;

use super::capture::{Capture, Span};
use super::level::Level;
use super::pattern::{Field, FieldType, LEVEL_RAW, field_index};
use super::stamp::{StampFormat, Written};
use super::{csvlog, heads, jul, slow};
use crate::model::name;
use crate::model::time::{self, Stamp};
use crate::source::infer::{Guess, Reading};
use crate::source::scalar;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Journal,
    EventXml,
    PostgresCsv,
    MysqlSlow,
    JavaXml,
}

#[derive(Debug, Clone)]
pub struct Tagged {
    pub kind: Kind,
    pub fields: Vec<Field>,
    by_name: HashMap<String, usize>,
    level_raw: usize,
    /// The data of an event, which its rendered message may not repeat.
    data: Option<usize>,
}

/// A field of a record: its name, and its value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// Between the values of a field that a record has several times: parameters of a message, processes of an entry.
const AND: &[u8] = b", ";

impl Kind {
    /// Told by the beginning of a text.
    pub fn of(head: &[u8]) -> Option<Kind> {
        let head = &head[..head.len().min(16 << 10)];
        let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
        if head.starts_with(b"__CURSOR=") && has(b"\n__REALTIME_TIMESTAMP=") {
            return Some(Kind::Journal);
        }
        if csvlog::is_head(&head[..memchr::memchr(b'\n', head).unwrap_or(head.len())]) {
            return Some(Kind::PostgresCsv);
        }
        if slow::is_one(head) {
            return Some(Kind::MysqlSlow);
        }
        if jul::is_one(head) {
            return Some(Kind::JavaXml);
        }
        (head.trim_ascii_start().starts_with(b"<") && has(b"<Event ") && has(b"<System>")).then_some(Kind::EventXml)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Journal => "journal_export",
            Kind::EventXml => "windows_event_xml",
            Kind::PostgresCsv => "postgres_csv",
            Kind::MysqlSlow => "mysql_slow",
            Kind::JavaXml => "java_xml",
        }
    }

    /// Whether a line begins a record.
    pub fn is_head(self, line: &[u8]) -> bool {
        match self {
            Kind::Journal => line.starts_with(b"__CURSOR="),
            Kind::EventXml => {
                let text = line.trim_ascii_start();
                text.starts_with(b"<Event ") || text.starts_with(b"<Event>")
            }
            Kind::PostgresCsv => csvlog::is_head(line),
            Kind::MysqlSlow => slow::is_head(line),
            Kind::JavaXml => jul::is_head(line),
        }
    }

    /// Whether a line that may begin a record goes on with the one before it.
    pub fn goes_on(self, before: &[u8], line: &[u8]) -> bool {
        self == Kind::MysqlSlow && slow::goes_on(before, line)
    }

    /// Whether what comes next is of a record too, of which there is so much: whatever it looks like, a value goes on.
    pub fn is_open(self, record: &[u8]) -> bool {
        match self {
            Kind::PostgresCsv => memchr::memchr_iter(b'"', record).count() % 2 == 1,
            Kind::Journal | Kind::EventXml | Kind::MysqlSlow | Kind::JavaXml => true,
        }
    }

    /// Whether a line frames the records and is in none of them.
    pub fn is_frame(self, line: &[u8]) -> bool {
        let text = line.trim_ascii();
        let starts = |mark: &[u8]| text.starts_with(mark);
        let has_event = || memchr::memmem::find(text, b"<Event ").is_some();
        self == Kind::MysqlSlow && !text.is_empty() && slow::is_frame(text)
            || self == Kind::JavaXml && jul::is_frame(text)
            || self == Kind::EventXml
                && (starts(b"</Events") || (starts(b"<?xml") || starts(b"<Events") || starts(b"<!--")) && !has_event())
    }

    /// The records in a line that holds several, or one behind something else.
    pub fn records(self, line: &[u8]) -> Vec<String> {
        if self != Kind::EventXml {
            return Vec::new();
        }
        let starts: Vec<usize> = memchr::memmem::find_iter(line, b"<Event ").collect();
        if starts.first().is_none_or(|first| *first == 0) && starts.len() < 2 {
            return Vec::new();
        }
        let ends = starts[1..].iter().copied().chain([line.len()]);
        starts.iter().zip(ends).map(|(start, end)| String::from_utf8_lossy(&line[*start..end]).into_owned()).collect()
    }
}

impl Tagged {
    /// The fields that a text's records have.
    pub fn learn(kind: Kind, text: &[u8]) -> Tagged {
        let mut tagged = Tagged { kind, fields: Vec::new(), by_name: HashMap::new(), level_raw: 0, data: None };
        tagged.level_raw = field_index(&mut tagged.fields, LEVEL_RAW, FieldType::Read(Reading::Text));
        let mut guesses: Vec<Guess> = vec![Guess::default()];
        if kind == Kind::EventXml {
            tagged.data = Some(field_index(&mut tagged.fields, "data", FieldType::Read(Reading::Text)));
            guesses.push(Guess::default());
        }
        for record in split(kind, text) {
            for (name, value) in joined(pairs(kind, record)) {
                if role(kind, &name).is_some() {
                    continue;
                }
                let index = match tagged.by_name.get(&*name) {
                    Some(index) => *index,
                    None => {
                        let column = column(kind, &name);
                        let index = field_index(&mut tagged.fields, &column, FieldType::Read(Reading::Text));
                        guesses.resize(tagged.fields.len(), Guess::default());
                        tagged.by_name.insert(name.to_string(), index);
                        index
                    }
                };
                guesses[index].see(&value);
            }
        }
        for (field, guess) in tagged.fields.iter_mut().zip(guesses) {
            let reading = guess.reading(&field.name);
            if reading == Reading::Int || reading == Reading::Float && kind == Kind::MysqlSlow {
                field.kind = FieldType::Read(reading);
            }
        }
        tagged
    }

    /// Reads a whole record.
    pub fn read(&self, record: &[u8], capture: &mut Capture) {
        capture.clear(self.fields.len());
        let mut data: Vec<u8> = Vec::new();
        let mut message: Option<Span> = None;
        let mut event_id: Option<Span> = None;
        for (name, value) in pairs(self.kind, record) {
            match role(self.kind, &name) {
                Some(Role::Time) => capture.written = capture.written.or_else(|| written(self.kind, &value)),
                Some(Role::Level) => {
                    capture.level = level(self.kind, &value);
                    capture.fields[self.level_raw] = Some(capture.keep(&value));
                }
                Some(Role::Message) => {
                    message = Some(match message {
                        Some(before) => capture.keep(&[capture.text(before, b""), b"\n", &value].concat()),
                        None => capture.keep(&value),
                    });
                }
                Some(Role::Data) => {
                    let sign: &[u8] = if data.is_empty() { b"" } else { b" " };
                    data = [&data, sign, &value].concat();
                }
                None => match self.by_name.get(&*name) {
                    Some(index) => {
                        let span = match capture.fields[*index] {
                            Some(before) => capture.keep(&[capture.text(before, b""), AND, &value].concat()),
                            None => capture.keep(&value),
                        };
                        capture.fields[*index] = Some(span);
                        event_id = event_id.or(is_code(&name).then_some(span));
                    }
                    None => capture.unknown.push(name.into_owned()),
                },
            }
        }
        let data = (!data.is_empty()).then(|| capture.keep(&data));
        if let Some(field) = self.data {
            capture.fields[field] = data;
        }
        capture.message = message.or(data).unwrap_or_default();
        // The number of an event that only informs is no code of an error.
        if capture.level.is_some_and(|level| level >= Level::Warn) {
            capture.code = event_id;
        }
    }
}

/// `EventRecordID` is `event_record_id`, `_PID` is `pid`.
fn column(kind: Kind, name: &str) -> String {
    let mut column = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if kind == Kind::EventXml && c.is_uppercase() && was_small {
            column.push('_');
        }
        was_small = c.is_lowercase();
        column.push(c);
    }
    name::identifier(&column)
}

fn is_code(name: &str) -> bool {
    name == "EventID" || name == csvlog::CODE
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Time,
    Level,
    Message,
    /// Part of the message where there is no other.
    Data,
}

fn role(kind: Kind, name: &str) -> Option<Role> {
    Some(match (kind, name) {
        (Kind::Journal, "__REALTIME_TIMESTAMP") | (Kind::EventXml, "TimeCreated") => Role::Time,
        (Kind::Journal, "PRIORITY") | (Kind::EventXml, "Level") => Role::Level,
        (Kind::Journal, "MESSAGE") | (Kind::EventXml, "Message") => Role::Message,
        (Kind::EventXml, "Data") => Role::Data,
        (Kind::PostgresCsv, csvlog::TIME) | (Kind::MysqlSlow, slow::TIME | slow::BEGUN) => Role::Time,
        (Kind::JavaXml, jul::TIME | jul::MILLIS) => Role::Time,
        (Kind::PostgresCsv, csvlog::LEVEL) | (Kind::JavaXml, jul::LEVEL) => Role::Level,
        (Kind::PostgresCsv, csvlog::MESSAGE) | (Kind::MysqlSlow, slow::MESSAGE) | (Kind::JavaXml, jul::MESSAGE) => {
            Role::Message
        }
        _ => return None,
    })
}

fn level(kind: Kind, value: &[u8]) -> Option<Level> {
    match kind {
        Kind::PostgresCsv => csvlog::level(value),
        Kind::MysqlSlow => None,
        Kind::JavaXml => Level::of(value),
        Kind::Journal => u32::try_from(scalar::int(value)?).ok().filter(|number| *number < 8).map(Level::of_severity),
        Kind::EventXml => Some(match scalar::int(value)? {
            1 => Level::Fatal,
            2 => Level::Error,
            3 => Level::Warn,
            0 | 4 => Level::Info,
            5 => Level::Debug,
            _ => return None,
        }),
    }
}

fn written(kind: Kind, value: &[u8]) -> Option<Written> {
    let format = match kind {
        Kind::PostgresCsv => Some("%Y-%m-%d %H:%M:%S%.f %Z"),
        Kind::MysqlSlow if memchr::memchr(b'-', value).is_none() => Some("%y%m%d %H:%M:%S"),
        _ => None,
    };
    if let Some(format) = format
        && let Some((written, _)) = StampFormat::compile(format).ok().and_then(|format| format.read(value))
    {
        return Some(written);
    }
    match time::iso_whole(value) {
        Some(stamp) if kind == Kind::JavaXml && stamp.offset.is_none() => None,
        Some(stamp) => Some(Written::Whole(stamp)),
        None => scalar::epoch(value).map(|wall| Written::Whole(Stamp { wall, offset: Some(0) })),
    }
}

fn split(kind: Kind, text: &[u8]) -> Vec<&[u8]> {
    let mark: &[u8] = if kind == Kind::Journal { b"__CURSOR=" } else { b"<Event " };
    let starts: Vec<usize> = match kind {
        Kind::Journal | Kind::EventXml => memchr::memmem::find_iter(text, mark).collect(),
        Kind::PostgresCsv | Kind::MysqlSlow | Kind::JavaXml => {
            let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1));
            lines.filter(|at| kind.is_head(heads::line(text, *at))).collect()
        }
    };
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

fn pairs(kind: Kind, record: &[u8]) -> Vec<Pair<'_>> {
    match kind {
        Kind::Journal => journal(record),
        Kind::EventXml => event(record),
        Kind::PostgresCsv => csvlog::pairs(record),
        Kind::MysqlSlow => slow::pairs(record),
        Kind::JavaXml => jul::pairs(record),
    }
}

/// With all values of a field as one.
fn joined(pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    let mut joined: Vec<Pair> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => *values = [values, AND, &value].concat().into(),
            None => joined.push((name, value)),
        }
    }
    joined
}

/// `NAME=value` lines; a name alone is followed by eight bytes of length and that many of value.
fn journal(record: &[u8]) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let mut at = 0;
    while at < record.len() {
        let end = memchr::memchr(b'\n', &record[at..]).map_or(record.len(), |newline| at + newline);
        let line = &record[at..end];
        at = end + 1;
        match memchr::memchr(b'=', line) {
            Some(sign) => pairs.push((String::from_utf8_lossy(&line[..sign]), Cow::Borrowed(&line[sign + 1..]))),
            None if line.is_empty() => {}
            None => {
                let Some(bytes) = record.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()) else { break };
                let length = usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX);
                let value = record.get(at + 8..(at + 8).saturating_add(length)).unwrap_or_default();
                pairs.push((String::from_utf8_lossy(line), Cow::Borrowed(value)));
                at = (at + 8).saturating_add(length).saturating_add(1);
            }
        }
    }
    pairs
}

/// Attributes of an event that matter: of which element, and what the field is called.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("TimeCreated", "SystemTime", "TimeCreated"),
    ("Provider", "Name", "Provider"),
    ("Execution", "ProcessID", "ProcessID"),
    ("Execution", "ThreadID", "ThreadID"),
    ("Security", "UserID", "UserID"),
];
/// Elements whose text matters.
const TEXTS: &[&str] = &["EventID", "Level", "Task", "EventRecordID", "Channel", "Computer", "Message"];

/// The elements of an event that matter, with their texts; attributes where the value is one.
fn event(record: &[u8]) -> Vec<Pair<'_>> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'<', record.get(at..).unwrap_or_default()).map(|found| at + found) {
        let Some(close) = memchr::memchr(b'>', &record[open..]).map(|found| open + found) else { break };
        let tag = &record[open + 1..close];
        at = close + 1;
        let length = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = &tag[..length];
        let text = || {
            let end = memchr::memchr(b'<', &record[close + 1..]).map_or(record.len(), |found| close + 1 + found);
            unescaped(record[close + 1..end].trim_ascii())
        };
        for (element, key, field) in ATTRIBUTES {
            if *name == *element.as_bytes() {
                pairs.extend(attribute(tag, key).map(|value| ((*field).into(), value)));
            }
        }
        // What an event is rendered to repeats some names in words.
        if let Some(field) = TEXTS.iter().find(|field| *name == *field.as_bytes())
            && !pairs.iter().any(|(known, _)| known == field)
        {
            pairs.push(((*field).into(), text()));
        }
        if name == b"Data" && !tag.ends_with(b"/") {
            let value = match attribute(tag, "Name") {
                Some(name) => [&name, &b"="[..], &text()].concat().into(),
                None => text(),
            };
            pairs.push(("Data".into(), value));
        }
    }
    pairs
}

/// `Name='x'` or `Name="x"` in a tag.
fn attribute(tag: &[u8], key: &str) -> Option<Cow<'static, [u8]>> {
    let at = memchr::memmem::find(tag, format!(" {key}=").as_bytes())? + key.len() + 2;
    let quote = *tag.get(at)?;
    let end = memchr::memchr(quote, &tag[at + 1..])?;
    Some(unescaped(&tag[at + 1..at + 1 + end]))
}

pub(super) fn unescaped(text: &[u8]) -> Cow<'static, [u8]> {
    const NAMED: [(&[u8], u8); 5] = [(b"lt", b'<'), (b"gt", b'>'), (b"amp", b'&'), (b"quot", b'"'), (b"apos", b'\'')];
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.iter().take(12).position(|byte| *byte == b';').map(|end| &rest[1..end]);
        let character = entity.and_then(|entity| {
            let number = std::str::from_utf8(entity.strip_prefix(b"#")?).ok()?;
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        });
        let named = entity.and_then(|entity| NAMED.iter().find(|(name, _)| *name == entity));
        match (entity, named, character) {
            (Some(entity), Some((_, byte)), _) => {
                out.push(*byte);
                rest = &rest[entity.len() + 2..];
            }
            (Some(entity), _, Some(character)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[entity.len() + 2..];
            }
            _ => {
                out.push(b'&');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, record: &str) -> (String, Option<Level>, String, Vec<String>) {
        let tagged = Tagged::learn(kind, record.as_bytes());
        let mut capture = Capture::default();
        tagged.read(record.as_bytes(), &mut capture);
        let text = |span: Span| String::from_utf8_lossy(capture.text(span, b"")).into_owned();
        let fields = tagged.fields.iter().zip(&capture.fields);
        let ts = match capture.written {
            Some(Written::Whole(stamp)) => time::rfc3339(stamp.wall),
            _ => String::new(),
        };
        let fields = fields.filter_map(|(field, span)| Some(format!("{}={}", field.name, text((*span)?)))).collect();
        (ts, capture.level, text(capture.message), fields)
    }

    #[test]
    fn entries_of_the_journal_are_read() {
        let mut record =
            "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1740834604118123\nPRIORITY=3\n_PID=42\nMESSAGE\n".to_string();
        record.push_str("\u{7}\0\0\0\0\0\0\0two\nlin\n_HOSTNAME=gw01\n");
        let (ts, level, message, fields) = read(Kind::Journal, &record);
        assert_eq!(
            (ts.as_str(), level, message.as_str()),
            ("2025-03-01T13:10:04.118123Z", Some(Level::Error), "two\nlin")
        );
        assert_eq!(fields, ["level_raw=3", "cursor=s=1", "pid=42", "hostname=gw01"]);
        record.push_str("MESSAGE=more\nCODE_FILE=a.c\nCODE_FILE=b.c\n_PID=43\n");
        let (_, _, message, fields) = read(Kind::Journal, &record);
        assert_eq!(message, "two\nlin\nmore");
        assert_eq!(fields[2..], ["pid=42, 43", "hostname=gw01", "code_file=a.c, b.c"]);
    }

    #[test]
    fn events_of_windows_are_read() {
        let record = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Disk'/>\
            <EventID Qualifiers='49156'>7</EventID><Level>2</Level><TimeCreated SystemTime='2025-03-01T13:10:04.1181230Z'/>\
            <EventRecordID>99</EventRecordID><Execution ProcessID='4' ThreadID='8'/><Channel>System</Channel>\
            <Computer>st05</Computer></System><EventData><Data Name='Device'>\\Device\\0 &lt;C:&gt;</Data><Data>x</Data>\
            </EventData></Event>";
        let (ts, level, message, fields) = read(Kind::EventXml, record);
        assert_eq!((ts.as_str(), level), ("2025-03-01T13:10:04.118123Z", Some(Level::Error)));
        assert_eq!(message, "Device=\\Device\\0 <C:> x");
        assert_eq!(
            fields,
            [
                "level_raw=2",
                "data=Device=\\Device\\0 <C:> x",
                "provider=Disk",
                "event_id=7",
                "event_record_id=99",
                "process_id=4",
                "thread_id=8",
                "channel=System",
                "computer=st05"
            ]
        );
        let several = format!("<?xml version='1.0'?><Events>{record}{record}</Events>");
        assert_eq!(Kind::EventXml.records(several.as_bytes()).len(), 2);
        assert!(Kind::EventXml.records(record.as_bytes()).is_empty());
    }
}
