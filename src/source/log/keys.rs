//! Log lines that name their fields: JSON objects and logfmt. Which keys are the time, level, message and code is
//! told by the sample lines, or by a format that knows.

use std::collections::HashMap;

use serde::Deserialize;

use super::called::{LEVEL, SURE, TIME};
use super::capture::{Capture, Span};
use super::level::{Level, Scale};
use super::orders;
use super::paths::{Leveled, Paths};
use super::pattern::{Field, FieldType, LEVEL_RAW, field_index};
use super::pieces::Pieces;
use super::roles::{Role, Roles};
use super::stamp::StampFormat;
use super::values::{Value, elements, listed_bytes, pairs, plain_pairs, within, written};
use crate::source::infer::Reading;

/// Columns of more keys than these serve nobody; the rarer ones are counted as keys of no column.
const FIELDS_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    Json,
    Logfmt,
}

/// What a format knows of the keys of its lines. `a.b` is a key within an object, or one with a dot in its name.
#[derive(Debug, Clone)]
pub struct Schema {
    pub name: String,
    pub syntax: Syntax,
    /// Keys that together tell this format from others.
    pub requires: Vec<String>,
    pub time: Option<String>,
    pub received: Option<String>,
    pub level: Option<String>,
    pub message: Option<String>,
    pub code: Option<String>,
    pub levels: Vec<(String, Level)>,
    /// Of a line that says none.
    pub default_level: Option<Level>,
    /// Where a line holds several records: the path of their array.
    pub each: Vec<String>,
    pub wraps: bool,
    pub pieces: Option<Pieces>,
}

/// A role that a key's value has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    role: Role,
    /// Among the keys of that role: where a line has several, the lowest counts.
    rank: u8,
    /// Of a time: in which order its date has its numbers, where they could be taken for each other.
    order: Option<usize>,
    /// Of a level: what its numbers mean.
    scale: Scale,
}

/// What was found of a line so far.
struct Found {
    has_message: bool,
    /// A key of its time or message is there, whatever it holds.
    is_named: bool,
    /// Which of the known keys comes next, if lines are alike.
    next: usize,
    /// By role: the rank of the key that it was taken from.
    ranks: [u8; 5],
}

impl Default for Found {
    fn default() -> Self {
        Found { has_message: false, is_named: false, next: 0, ranks: [u8::MAX; 5] }
    }
}

/// What becomes of the value of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Use {
    part: Option<Part>,
    field: Option<usize>,
    /// Roles within it, if it is an object: their paths from here on.
    within: Vec<(Vec<String>, Part)>,
}

/// The keys of a file's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub name: String,
    pub syntax: Syntax,
    pub fields: Vec<Field>,
    pub each: Vec<String>,
    pub wraps: bool,
    pub pieces: Option<Pieces>,
    needs_time: bool,
    /// Only while they are learned.
    uses: HashMap<String, Use>,
    /// In order of appearance.
    order: Vec<(String, Use)>,
    places: HashMap<String, usize>,
    levels: Vec<(String, Level)>,
    default_level: Option<Level>,
    level_raw: Option<usize>,
    received: Option<usize>,
    /// A status of HTTP is a code only if it is one of an error.
    code_is_status: bool,
    pub has_level: bool,
    pub has_message: bool,
    /// Its message has a name that only logs give.
    pub is_surely_log: bool,
}

impl Keys {
    /// What the sample lines say; `None` if they are not of this syntax or have no time.
    pub fn learn(syntax: Syntax, lines: &[&[u8]], schemas: &[Schema]) -> Option<Keys> {
        Keys::learn_with(syntax, lines, schemas, true)
    }

    /// The same of lines that may have their time from elsewhere, but then a level.
    pub fn learn_within(syntax: Syntax, lines: &[&[u8]], schemas: &[Schema]) -> Option<Keys> {
        Keys::learn(syntax, lines, schemas)
            .or_else(|| Keys::learn_with(syntax, lines, schemas, false).filter(|keys| keys.has_level))
    }

    fn learn_with(syntax: Syntax, lines: &[&[u8]], schemas: &[Schema], needs_time: bool) -> Option<Keys> {
        if let Some(envelope) = schemas.iter().find(|schema| {
            schema.syntax == syntax
                && !schema.each.is_empty()
                && lines.iter().any(|line| !elements(line, &schema.each).is_empty())
        }) {
            let paths = Paths::of(syntax, &envelope.each, lines);
            return Keys::of(syntax, &paths, Some(envelope), needs_time);
        }
        let paths = Paths::of(syntax, &[], lines);
        if paths.lines == 0 {
            return None;
        }
        let fits = |schema: &&Schema| {
            schema.syntax == syntax
                && schema.each.is_empty()
                && schema.requires.iter().all(|path| paths.is_usual(path))
                && schema.time.as_ref().is_none_or(|path| paths.is_timed(path))
        };
        let schema = schemas.iter().filter(fits).max_by_key(|schema| schema.requires.len());
        Keys::of(syntax, &paths, schema, needs_time)
    }

    fn of(syntax: Syntax, paths: &Paths, schema: Option<&Schema>, needs_time: bool) -> Option<Keys> {
        let roles = Roles::of(paths, schema);
        if needs_time && roles.time.is_none() {
            return None;
        }
        let Roles { level, message, code, .. } = &roles;
        let mut keys = Keys {
            name: schema.map_or_else(|| syntax.name().to_string(), |schema| schema.name.clone()),
            syntax,
            fields: Vec::new(),
            each: schema.map(|schema| schema.each.clone()).unwrap_or_default(),
            wraps: schema.is_some_and(|schema| schema.wraps),
            pieces: schema.and_then(|schema| schema.pieces.clone()),
            needs_time,
            uses: HashMap::new(),
            order: Vec::new(),
            places: HashMap::new(),
            levels: schema.map(|schema| schema.levels.clone()).unwrap_or_default(),
            default_level: schema.and_then(|schema| schema.default_level),
            level_raw: None,
            received: None,
            code_is_status: code.as_ref().is_some_and(|path| path.to_lowercase().contains("status")),
            has_level: level.is_some(),
            has_message: message.is_some(),
            is_surely_log: message.as_ref().is_some_and(|path| {
                let last = path.rsplit('.').next().unwrap_or(path).to_lowercase();
                SURE.contains(&&*last)
            }),
        };
        if roles.level.is_some() {
            keys.level_raw = Some(field_index(&mut keys.fields, LEVEL_RAW, FieldType::Read(Reading::Text)));
        }
        if roles.received.is_some() {
            let iso = StampFormat::compile("iso").ok()?;
            keys.received = Some(field_index(&mut keys.fields, "received", FieldType::Time(iso)));
        }
        for (path, role) in roles.all() {
            keys.plan(path, (role, 0), paths);
        }
        keys.plan_others(&roles, paths);
        keys.plan_fields(paths);
        keys.put_in_order(paths);
        Some(keys)
    }

    /// Lines of other shapes in the same file say the same by other names, or by the same in other capitals.
    fn plan_others(&mut self, roles: &Roles, paths: &Paths) {
        for (names, role) in [(TIME, Role::Time), (LEVEL, Role::Level), (SURE, Role::Message)] {
            let is_other = |path: &&String| {
                let is_known = roles.all().any(|(known, _)| known == *path);
                let is_such = match role {
                    Role::Time => paths.is_own_time(path),
                    Role::Level => paths.leveled(path) != Leveled::Not,
                    _ => !paths.is_object(path),
                };
                !is_known && is_such
            };
            let called = names.iter().flat_map(|name| {
                let is = move |path: &&String| path.eq_ignore_ascii_case(name);
                paths.list.iter().filter(is)
            });
            for (rank, path) in called.filter(is_other).enumerate() {
                self.plan(path, (role, u8::try_from(rank + 1).unwrap_or(u8::MAX)), paths);
            }
        }
    }

    /// The other keys are columns.
    fn plan_fields(&mut self, paths: &Paths) {
        for path in paths.most_frequent(FIELDS_MAX) {
            if self.uses.get(path).is_some_and(|known| known.part.is_some_and(|part| part.rank == 0)) {
                continue;
            }
            let kind = FieldType::Read(match paths.seen[path].guess.reading(path) {
                reading @ (Reading::Int | Reading::Float | Reading::Bool) => reading,
                reading @ (Reading::Time | Reading::Epoch | Reading::Compact) => reading,
                _ => Reading::Text,
            });
            let index = field_index(&mut self.fields, path, kind);
            self.uses.entry(path.to_string()).or_default().field = Some(index);
        }
    }

    fn put_in_order(&mut self, paths: &Paths) {
        let mut uses = std::mem::take(&mut self.uses);
        let known = paths.list.iter().filter_map(|path| uses.remove_entry(path)).collect::<Vec<_>>();
        self.order = known;
        let mut others: Vec<(String, Use)> = uses.into_iter().collect();
        others.sort_by(|a, b| a.0.cmp(&b.0));
        self.order.append(&mut others);
        self.places = self.order.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
    }

    /// Says what a path is for, wherever lines have it: as a key as it stands, and as one within an object.
    fn plan(&mut self, path: &str, (role, rank): (Role, u8), paths: &Paths) {
        let seen = paths.seen.get(path);
        let order = seen.and_then(|seen| seen.order).filter(|_| role == Role::Time);
        let part = Part { role, rank, order, scale: Scale::of(path, paths.numbers(path)) };
        let first = [path.find('.').unwrap_or(path.len())];
        for key in seen.map_or(&first[..], |seen| &seen.keys) {
            let (key, rest) = path.split_at(*key);
            let used = self.uses.entry(key.to_string()).or_default();
            match rest.strip_prefix('.') {
                Some(rest) => used.within.push((rest.split('.').map(str::to_string).collect(), part)),
                None => used.part = Some(part),
            }
        }
    }

    /// Whether the line is a record; its values go to `capture`.
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        capture.clear(self.fields.len());
        let line = line.trim_ascii_end();
        let mut found = Found::default();
        // Most lines are spelled plainly; a parser looks at the others.
        let plain = (self.syntax == Syntax::Json).then(|| std::str::from_utf8(line).ok()).flatten();
        let mut whole =
            plain.is_some_and(|line| plain_pairs(line, |key, value| self.see(key, value, &mut found, capture)));
        if !whole {
            found = Found::default();
            capture.clear(self.fields.len());
            whole = pairs(self.syntax, line, |key, value| self.see(key, value, &mut found, capture));
        }
        let has_message = found.has_message;
        // A record of fields alone says all in them.
        if !has_message && !self.has_message {
            capture.message = Span::new(0, line.len());
        }
        capture.level = capture.level.or(self.default_level.filter(|_| found.ranks[Role::Level as usize] == u8::MAX));
        // An object with keys that the others have is a record, though its time was forgotten, or is none with its
        // message.
        let is_alike = capture.unknown.is_empty() || found.ranks[Role::Level as usize] < u8::MAX;
        let is_untimed = self.syntax == Syntax::Json && found.is_named && is_alike;
        whole && (capture.written.is_some() || !self.needs_time || is_untimed)
    }

    /// One pair of a line.
    fn see(&self, key: &str, value: Value, found: &mut Found, capture: &mut Capture) {
        // Lines of one program have their keys in one order.
        let used = match self.order.get(found.next) {
            Some((known, used)) if known == key => used,
            _ => match self.places.get(key) {
                Some(place) => {
                    found.next = *place;
                    &self.order[*place].1
                }
                None => {
                    capture.unknown.push(key.to_string());
                    return;
                }
            },
        };
        found.next += 1;
        let mut best = |part: Part| {
            // Of the same key twice the last counts, as parsers of JSON have it.
            let known = &mut found.ranks[part.role as usize];
            let is_better = part.rank <= *known;
            *known = part.rank.min(*known);
            is_better
        };
        found.is_named |= used.part.is_some_and(|part| matches!(part.role, Role::Time | Role::Message));
        if let Some(part) = used.part
            && !value.is_null()
            && best(part)
        {
            found.has_message |= self.take(part, value, capture);
        }
        if let Some(field) = used.field
            && !capture.leaves_out_fields
            && !value.is_null()
        {
            capture.fields[field] = Some(value.keep(capture));
        }
        for (path, part) in &used.within {
            if let Some(raw) = value.raw().and_then(|raw| within(raw, path)) {
                found.is_named |= matches!(part.role, Role::Time | Role::Message);
                if best(*part) {
                    found.has_message |= self.take(*part, Value::Raw(raw), capture);
                }
            }
        }
    }

    /// Puts a value where its role belongs. Returns whether it is the message.
    fn take(&self, part: Part, value: Value, capture: &mut Capture) -> bool {
        if value.is_null() {
            return false;
        }
        match part.role {
            Role::Time => {
                let text = value.text();
                capture.written = written(&text).or_else(|| orders::read(text.as_bytes(), part.order?));
            }
            Role::Received => {
                if let Some(index) = self.received {
                    capture.fields[index] = Some(value.keep(capture));
                }
            }
            Role::Level => {
                let text = value.text();
                let own = self.levels.iter().find(|(name, _)| *name == *text).map(|(_, level)| *level);
                capture.level =
                    own.or_else(|| Level::of(text.as_bytes())).or_else(|| part.scale.level(text.parse().ok()?));
                if let Some(index) = self.level_raw {
                    capture.fields[index] = Some(capture.keep(text.as_bytes()));
                }
            }
            Role::Message => {
                // A container's runtime keeps the end of the line.
                let text = match value.raw().and_then(listed_bytes) {
                    Some(bytes) => bytes.into(),
                    None => value.bytes(),
                };
                let ends = text.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                let end = if self.wraps { text.len() - ends } else { text.len() };
                capture.message = capture.keep(&text[..end]);
                return true;
            }
            Role::Code => {
                let text = value.text();
                let status =
                    text.parse::<u32>().ok().filter(|number| self.code_is_status && (100..600).contains(number));
                let is_fine = self.code_is_status && status.is_none_or(|status| status < 400);
                capture.level = capture.level.or(status.filter(|_| !self.has_level).map(Level::of_status));
                if !text.is_empty() && !is_fine {
                    capture.code = Some(capture.keep(text.as_bytes()));
                }
            }
        }
        false
    }

    /// The records of a line that is an envelope of several.
    pub fn records(&self, line: &[u8]) -> Vec<String> {
        elements(line, &self.each)
    }
}

impl Syntax {
    pub fn name(self) -> &'static str {
        match self {
            Syntax::Json => "json",
            Syntax::Logfmt => "logfmt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Option<Level>, String, Vec<(String, String)>);

    fn read(syntax: Syntax, line: &str) -> Option<Read> {
        let keys = Keys::learn(syntax, &[line.as_bytes()], &[])?;
        let mut capture = Capture::default();
        keys.read(line.as_bytes(), &mut capture).then(|| {
            let text = |span| String::from_utf8_lossy(capture.text(span, line.as_bytes())).into_owned();
            let fields = keys.fields.iter().zip(&capture.fields).filter(|(field, _)| field.name != LEVEL_RAW);
            (
                capture.level,
                text(capture.message),
                fields.filter_map(|(field, span)| Some((field.name.clone(), text((*span)?)))).collect(),
            )
        })
    }

    #[test]
    fn lines_that_name_their_fields_are_read_by_their_names() {
        let json = r#"{"ts":"2025-03-01T00:00:00Z","level":"error","msg":"a \"b\"","serial":"SN1","n":3,"x":null}"#;
        let fields = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect::<Vec<_>>()
        };
        assert_eq!(
            read(Syntax::Json, json),
            Some((Some(Level::Error), "a \"b\"".into(), fields(&[("serial", "SN1"), ("n", "3")])))
        );
        let nested = r#"{"@fields":{"ts":"2025-03-01T00:00:00Z","level":"WARN","message":"m"},"id":7}"#;
        let (level, message, _) = read(Syntax::Json, nested).expect("a record");
        assert_eq!((level, message.as_str()), (Some(Level::Warn), "m"));
        let logfmt = r#"t=2025-03-01T00:00:00.123456789Z lvl=warn msg="it \"went\" wrong" unit=7"#;
        assert_eq!(
            read(Syntax::Logfmt, logfmt),
            Some((Some(Level::Warn), "it \"went\" wrong".into(), fields(&[("unit", "7")])))
        );
        let game = r#"{"ts":"2025-03-01T00:00:00Z","level":50,"severity":"info","event":{"text":"m","seq":3}}"#;
        let (level, message, _) = read(Syntax::Json, game).expect("a record");
        assert_eq!((level, message.as_str()), (Some(Level::Info), "m"));
        let tank = r#"{"ts":"2025-03-01T00:00:00Z","level":47,"msg":"m"}"#;
        assert_eq!(read(Syntax::Json, tank).expect("a record").0, None);
        assert_eq!(read(Syntax::Logfmt, "just some words here"), None);
        assert_eq!(read(Syntax::Json, r#"{"a":1}"#), None);
    }
}
