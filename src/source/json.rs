//! JSON: one object a line (NDJSON), or one document with an array of objects, or objects one after the other.
//! Objects are rows, their keys columns; what is nested stays JSON text. Keys and types come from samples; a key
//! that no sample had is counted each time it occurs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::model::column::{Buffer, Column, Kind};
use crate::model::coverage::{Coverage, Fault};
use crate::model::zone::Zone;
use crate::source::blocks::{Framing, Lines};
use crate::source::file::File;
use crate::source::infer::{self, Guess, Reading};
use crate::source::text::{Format, Outcome, RecordParser, Slot, TextTable};
use crate::source::{Content, Offer, Reader, Source, Spec, sample};

pub const READER: Reader = Reader { kind: "json", claims, open };

/// Every line an object, or a document that begins as one.
fn claims(file: &File) -> bool {
    is_ndjson(&file.head) || document_start(&file.head).is_some()
}

/// Whether the first line is a whole JSON object.
fn is_ndjson(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.next().is_some_and(|line| line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok())
}

/// Where the first object of a document begins: after `[`, or at once.
fn document_start(head: &[u8]) -> Option<usize> {
    let at = head.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let object = match head[at] {
        b'[' => at + 1 + head[at + 1..].iter().position(|byte| !byte.is_ascii_whitespace())?,
        _ => at,
    };
    let rest = head[object..].strip_prefix(b"{")?.trim_ascii_start();
    matches!(rest.first(), None | Some(b'"' | b'}')).then_some(object)
}

/// How a key's values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Bool,
    Int,
    Float,
    /// A string, read as this.
    Text(Reading),
    /// A number of seconds to nanoseconds since 1970.
    Epoch,
    /// Objects, arrays, or different kinds: as JSON text.
    Raw,
}

impl Shape {
    fn kind(self) -> Kind {
        match self {
            Shape::Bool => Kind::Bool,
            Shape::Int => Kind::Int,
            Shape::Float => Kind::Float,
            Shape::Text(reading) => reading.kind(),
            Shape::Epoch => Kind::Time,
            Shape::Raw => Kind::Text,
        }
    }
}

/// What samples say of one key.
#[derive(Default)]
struct Seen {
    bools: u64,
    ints: u64,
    floats: u64,
    texts: u64,
    nested: u64,
    text: Guess,
    number: Guess,
}

impl Seen {
    fn see(&mut self, value: &str) {
        match value.as_bytes().first() {
            Some(b't' | b'f') => self.bools += 1,
            Some(b'"') => {
                self.texts += 1;
                if let Ok(text) = serde_json::from_str::<std::borrow::Cow<str>>(value) {
                    self.text.see(text.as_bytes());
                }
            }
            Some(b'{' | b'[') => self.nested += 1,
            Some(b'n') | None => {}
            Some(_) => {
                self.number.see(value.as_bytes());
                if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                    && infer::int(value.as_bytes()).is_none()
                {
                    // Past 64 bits only its text keeps all digits.
                    self.nested += 1;
                } else if infer::int(value.as_bytes()).is_some() {
                    self.ints += 1
                } else {
                    self.floats += 1
                }
            }
        }
    }

    fn shape(&self, name: &str, as_text: bool) -> Shape {
        let kinds =
            [self.bools, self.ints + self.floats, self.texts, self.nested].iter().filter(|count| **count > 0).count();
        match kinds {
            _ if as_text || kinds > 1 || self.nested > 0 => Shape::Raw,
            0 => Shape::Text(Reading::Text),
            _ if self.bools > 0 => Shape::Bool,
            _ if self.texts > 0 => match self.text.reading(name) {
                // Text stays text where the writer put quotes, unless it is a time.
                reading @ (Reading::Time | Reading::Date) => Shape::Text(reading),
                _ => Shape::Text(Reading::Text),
            },
            _ if self.number.reading(name) == Reading::Epoch => Shape::Epoch,
            _ if self.floats > 0 => Shape::Float,
            _ => Shape::Int,
        }
    }
}

fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let mut keys: Vec<(String, Seen)> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut layouts = Vec::new();
    for file in &spec.files {
        let documents = !is_ndjson(&file.head);
        let start = if documents { document_start(&file.head).unwrap_or(0) } else { 0 };
        layouts.push(Layout { documents, start });
        for (index, piece) in sample::all_or_pieces(file).iter().enumerate() {
            let start = if index == 0 { start } else { 0 };
            if documents && index > 0 {
                break;
            }
            let mut at = start;
            while at < piece.len() {
                let next = record_end(piece, at, documents);
                learn(&piece[at..next], &mut keys, &mut by_key);
                at = next;
            }
        }
    }
    if keys.is_empty() {
        let shown: Vec<&str> = spec.files.iter().map(|file| &*file.shown).collect();
        return Err(Error::evidence(format!("`{}` holds no JSON object", shown.join("`, `")))
            .detail("rows are objects: one a line, or an array of them"));
    }
    let shapes: Vec<Shape> = keys
        .iter()
        .map(|(name, seen)| seen.shape(name, spec.as_text.iter().any(|text| text.eq_ignore_ascii_case(name))))
        .collect();
    let mut notes = Vec::new();
    let zoneless = keys
        .iter()
        .zip(&shapes)
        .any(|((_, seen), shape)| matches!(shape, Shape::Text(Reading::Time)) && seen.text.is_zoneless());
    if zoneless && !spec.zone_said {
        notes.push("times carry no zone and are taken as UTC; say otherwise with --timezone".to_string());
    }
    if keys.iter().any(|(_, seen)| seen.text.is_finer()) {
        notes.push("times are finer than a microsecond and cut there".to_string());
    }
    notes.extend(spec.files.iter().filter_map(|file| Some(format!("{}: {}", file.shown, file.encoding.assumption()?))));
    notes.iter().for_each(|note| coverage.note(&spec.name, note.clone()));
    let names = unique(&keys);
    let columns = names.iter().zip(&shapes).map(|(name, shape)| Column::new(name, shape.kind())).collect();
    let lines = layouts.iter().all(|layout| !layout.documents);
    let format = Json { layouts, shapes: shapes.into(), by_key: Arc::new(by_key), zone: spec.zone, skew: spec.skew };
    Ok(Source {
        name: spec.name.clone(),
        kind: "json",
        is_database: false,
        notes: Vec::new(),
        tables: vec![Offer {
            name: spec.name.clone(),
            schema: None,
            bytes: spec.files.iter().map(|file| file.bytes).sum(),
            format: if lines { "one object a line".into() } else { "document".into() },
            notes,
            content: Content::Scanned(Arc::new(TextTable::new(spec.files.clone(), format, columns))),
        }],
    })
}

/// Keys that differ in case alone get a number, since SQL would take them for one column.
fn unique(keys: &[(String, Seen)]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::from([("_file".into(), 1), ("_line".into(), 1)]);
    keys.iter()
        .enumerate()
        .map(|(index, (name, _))| {
            let name = if name.trim().is_empty() { format!("column{}", index + 1) } else { name.replace('\0', "") };
            let count = seen.entry(name.to_lowercase()).or_insert(0);
            *count += 1;
            if *count == 1 { name } else { format!("{name}_{count}") }
        })
        .collect()
}

fn learn(record: &[u8], keys: &mut Vec<(String, Seen)>, by_key: &mut HashMap<String, usize>) {
    // In a document a comma stands before all objects but the first.
    let start = memchr::memchr(b'{', record).unwrap_or(0);
    let Some(text) = object_text(&record[start..]) else { return };
    each_pair(text, |key, value| {
        let index = *by_key.entry(key.to_string()).or_insert_with(|| {
            keys.push((key.to_string(), Seen::default()));
            keys.len() - 1
        });
        keys[index].1.see(value.get());
    })
    .ok();
}

/// The object of a record, without blanks and a comma after it.
fn object_text(record: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(record).ok()?.trim();
    Some(text.strip_suffix(',').unwrap_or(text).trim_end())
}

/// Calls `each` for the pairs of an object, in order.
fn each_pair(text: &str, each: impl FnMut(&str, &RawValue)) -> Result<(), serde_json::Error> {
    struct Pairs<F>(F);
    impl<'de, F: FnMut(&str, &RawValue)> Visitor<'de> for Pairs<F> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
            while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                (self.0)(&key, map.next_value::<&'de RawValue>()?);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Pairs(each))?;
    deserializer.end()
}

#[derive(Debug, Clone)]
struct Layout {
    /// Objects may span lines.
    documents: bool,
    start: usize,
}

struct Json {
    layouts: Vec<Layout>,
    shapes: Arc<[Shape]>,
    by_key: Arc<HashMap<String, usize>>,
    zone: Zone,
    skew: i64,
}

fn framing(documents: bool) -> Arc<dyn Framing> {
    if documents { Arc::new(Objects) } else { Arc::new(Lines) }
}

impl Format for Json {
    type Parser = Parser;

    fn framing(&self, file: usize) -> Arc<dyn Framing> {
        framing(self.layouts[file].documents)
    }

    fn bodies(&self, file: usize, bytes: u64) -> Vec<Range<u64>> {
        let start = self.layouts[file].start as u64;
        vec![start..bytes.max(start)]
    }

    fn parser(&self, file: usize, slots: &[Slot]) -> Parser {
        let mut out = vec![None; self.shapes.len()];
        for slot in slots {
            out[slot.column] = Some(slot.out);
        }
        Parser {
            documents: self.layouts[file].documents,
            slots: slots.to_vec(),
            out,
            shapes: self.shapes.clone(),
            by_key: self.by_key.clone(),
            zone: self.zone,
            skew: self.skew,
            filled: vec![false; self.shapes.len()],
        }
    }
}

/// Objects of a document, which may span lines.
struct Objects;

impl Framing for Objects {
    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize> {
        Lines.next_start(buffer, from, is_file_end)
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        let mut last = None;
        let mut at = 0;
        while let Some(end) = object_end(buffer, at) {
            last = Some(end);
            at = end;
        }
        last
    }

    fn is_local(&self) -> bool {
        false
    }
}

/// The byte after the object that begins at or after `at`, or `None` if it does not end here.
fn object_end(buffer: &[u8], at: usize) -> Option<usize> {
    let mut at = at + memchr::memchr(b'{', &buffer[at..])?;
    let mut depth = 0_usize;
    loop {
        match buffer.get(at)? {
            b'"' => at = string_end(buffer, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The closing quote of a string whose content begins at `at`.
fn string_end(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', buffer.get(at..)?)?;
        if buffer[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn record_end(buffer: &[u8], at: usize, documents: bool) -> usize {
    if documents {
        object_end(buffer, at).unwrap_or(buffer.len())
    } else {
        memchr::memchr(b'\n', &buffer[at..]).map_or(buffer.len(), |found| at + found + 1)
    }
}

struct Parser {
    documents: bool,
    slots: Vec<Slot>,
    /// By column: where its value goes.
    out: Vec<Option<usize>>,
    shapes: Arc<[Shape]>,
    by_key: Arc<HashMap<String, usize>>,
    zone: Zone,
    skew: i64,
    /// By column: whether this record had it.
    filled: Vec<bool>,
}

impl Parser {
    fn object(&mut self, text: &str, out: &mut [Buffer], faults: &mut Vec<Fault>) -> bool {
        self.filled.fill(false);
        let (zone, skew) = (self.zone, self.skew);
        let (slots, shapes, by_key, filled) = (&self.out, &self.shapes, &self.by_key, &mut self.filled);
        let rows: Vec<usize> = self.slots.iter().map(|slot| out[slot.out].valid.len()).collect();
        let read = each_pair(text, |key, value| {
            let Some(&column) = by_key.get(key) else {
                faults.push(Fault::UnknownKey(key.to_string()));
                return;
            };
            let Some(slot) = slots[column] else { return };
            // Of a key that comes twice the first value counts, as the others have no column.
            if filled[column] {
                faults.push(Fault::UnknownKey(key.to_string()));
                return;
            }
            filled[column] = true;
            if !push(shapes[column], value.get(), zone, skew, &mut out[slot]) {
                faults.push(Fault::Value { column: key.to_string(), kind: shapes[column].kind().name() });
            }
        });
        if read.is_err() {
            for (slot, rows) in self.slots.iter().zip(rows) {
                out[slot.out].truncate(rows);
            }
            return false;
        }
        for slot in self.slots.iter().filter(|slot| !self.filled[slot.column]) {
            out[slot.out].push_null();
        }
        true
    }
}

/// `false` if the value does not fit: then it is NULL.
fn push(shape: Shape, value: &str, zone: Zone, skew: i64, out: &mut Buffer) -> bool {
    if value == "null" {
        out.push_null();
        return true;
    }
    let fits = match (shape, value.as_bytes().first()) {
        (Shape::Bool, Some(b't' | b'f')) => {
            out.push_int(i64::from(value == "true"));
            true
        }
        (Shape::Raw, first) => {
            // Text among other kinds is shown without its quotes.
            match first {
                Some(b'"') => out.push_text(&serde_json::from_str::<String>(value).unwrap_or_default()),
                _ => out.push_text(value),
            }
            true
        }
        (Shape::Text(reading), Some(b'"')) => {
            let Ok(text) = serde_json::from_str::<std::borrow::Cow<str>>(value) else {
                out.push_null();
                return false;
            };
            return reading.push(text.as_bytes(), zone, out) && {
                if skew != 0
                    && reading.kind() == Kind::Time
                    && let Some(last) = out.ints.last_mut()
                {
                    *last -= skew;
                }
                true
            };
        }
        (Shape::Int, _) => return Reading::Int.push(value.as_bytes(), zone, out),
        (Shape::Float, _) => return Reading::Float.push(value.as_bytes(), zone, out),
        (Shape::Epoch, _) => return Reading::Epoch.push(value.as_bytes(), zone, out),
        _ => false,
    };
    if !fits {
        out.push_null();
    }
    fits
}

impl RecordParser for Parser {
    fn begins(&self, block: &[u8], at: usize) -> usize {
        if !self.documents {
            return at;
        }
        at + memchr::memchr(b'{', &block[at..]).unwrap_or(0)
    }

    fn record(&mut self, block: &[u8], at: usize, out: &mut [Buffer], faults: &mut Vec<Fault>) -> (usize, Outcome) {
        let next = record_end(block, at, self.documents).max(at + 1);
        let record = &block[at..next];
        let start = if self.documents { memchr::memchr(b'{', record).unwrap_or(record.len()) } else { 0 };
        let body = record[start..].trim_ascii();
        if body.is_empty() {
            // Between and after the objects of a document stand commas and a bracket.
            if !self.documents {
                faults.push(Fault::Blank);
            }
            return (next, Outcome::NoRow);
        }
        let lossy;
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(_) => {
                faults.push(Fault::Replaced);
                lossy = String::from_utf8_lossy(body).into_owned();
                &lossy
            }
        };
        let text = if self.documents { text } else { text.strip_suffix(',').unwrap_or(text) };
        if self.object(text, out, faults) {
            (next, Outcome::Row)
        } else {
            faults.clear();
            faults.push(Fault::Unread);
            (next, Outcome::NoRow)
        }
    }
}
