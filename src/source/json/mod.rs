//! JSON: one object a line (NDJSON), or one document with an array of objects, or objects one after the other.
//! Objects are rows, their keys columns; what is nested stays JSON text. Keys and types come from samples; a key
//! that no sample had is counted each time it occurs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::column::Column;
use crate::model::coverage::Coverage;
use crate::model::name;
use crate::source::file::File;
use crate::source::text::TextTable;
use crate::source::{Content, Reader, Source, Spec, sample};

mod object;
mod record;
mod shape;
mod spelled;
mod wrapped;

pub use object::{each_pair, each_pair_of_python};
use object::{is_object, object_text, record_end};
use record::{Json, Layout};
use shape::{Seen, Shape};
pub use spelled::text;

/// Stands before each object of a text sequence.
pub const SEQUENCE: u8 = 0x1e;

/// How many lines tell whether each is an object.
const LINES: usize = 32;

pub const READER: Reader = Reader { kind: "json", claims, open };

/// Every line an object, or a document that begins as one.
fn claims(file: &File) -> bool {
    is_ndjson(&file.head()) || document_start(&file.head()).is_some()
}

/// Whether a text is JSON whatever its name: no header and no row of a table begins so.
pub fn is_unlike_csv(head: &[u8]) -> bool {
    is_ndjson(head) || head.trim_ascii_start().starts_with(b"[") && document_start(head).is_some()
}

/// Whether a text is a document whose rows are lists: `[[1, "a"], [2, "b"]]`.
pub fn is_rows_of_lists(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    let Some(rest) = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start).filter(|rest| rest.starts_with(b"[")) else {
        return false;
    };
    let mut rows = serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
    let is_row = matches!(rows.next(), Some(Ok(_)));
    is_row && matches!(rest[rows.byte_offset()..].trim_ascii_start().first(), Some(b',' | b']'))
}

/// A line without what stands before its object: the sign of a text sequence (RFC 7464), `data:` of a stream of events.
pub fn line_text(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let line = line.strip_prefix(&[SEQUENCE]).unwrap_or(line);
    line.strip_prefix(b"data:").map(<[u8]>::trim_ascii_start).filter(|rest| rest.starts_with(b"{")).unwrap_or(line)
}

/// Whether the first line is a whole JSON object, and those behind it are no parts of objects: `{}` may stand before
/// others that span lines.
fn is_ndjson(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').map(line_text).filter(|line| !line.is_empty());
    if !lines.next().is_some_and(is_object) {
        return false;
    }
    let (mut whole, mut parts) = (1, 0);
    for line in lines.take(LINES) {
        if is_object(line.strip_suffix(b",").unwrap_or(line)) {
            whole += 1;
        } else if matches!(line[0], b'{' | b'"' | b'}' | b'[' | b']') {
            parts += 1;
        }
    }
    // One line may be cut off by the end of what is looked at, or by damage.
    parts <= 1 || parts <= whole
}

/// Where the first object of a document begins: after `[`, or at once.
fn document_start(head: &[u8]) -> Option<usize> {
    let at = head.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != SEQUENCE)?;
    let object = match head[at] {
        b'[' => at + 1 + head[at + 1..].iter().position(|byte| !byte.is_ascii_whitespace())?,
        _ => at,
    };
    let rest = head[object..].strip_prefix(b"{")?.trim_ascii_start();
    matches!(rest.first(), None | Some(b'"' | b'}')).then_some(object)
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    let mut keys: Vec<(String, Seen)> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut layouts = Vec::new();
    let mut objects = 0_usize;
    let mut notes = Vec::new();
    for file in &spec.files {
        let (pieces, are_all) = sample::all_or_pieces(file);
        let wrapped = if are_all { wrapped::of(&pieces[0]) } else { None };
        let documents = wrapped.is_some() || !is_ndjson(&file.head());
        let start = match &wrapped {
            Some(wrapped) => wrapped.start,
            None if documents => document_start(&file.head()).unwrap_or(0),
            None => 0,
        };
        let is_array = wrapped.is_some() || documents && file.head().trim_ascii_start().starts_with(b"[");
        layouts.push(Layout { documents, start, is_array, is_wrapped: wrapped.is_some() });
        if let Some(wrapped) = wrapped {
            let note = format!("its rows are the objects of `{}`, which is all that its document has", wrapped.key);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        for (index, piece) in pieces.iter().enumerate() {
            let start = if index == 0 { start } else { 0 };
            if documents && index > 0 {
                break;
            }
            let mut at = start;
            while at < piece.len() {
                let next = record_end(piece, at, documents);
                objects += usize::from(learn(&piece[at..next], &mut keys, &mut by_key));
                at = next;
            }
        }
    }
    if keys.is_empty() {
        let shown: Vec<&str> = spec.files.iter().map(|file| &*file.shown).collect();
        return Err(Error::evidence(format!("`{}` holds no JSON object", shown.join("`, `")))
            .detail("rows are objects: one a line, or an array of them"));
    }
    let shapes: Vec<Shape> = keys.iter().map(|(name, seen)| seen.shape(spec.meant(name), spec.is_text(name))).collect();
    let given = given(&keys);
    let mut seen = name::taken_by_places();
    let names: Vec<String> = given.iter().map(|name| name::once(name, &mut seen)).collect();
    notes.extend(name::renamed(given.iter().map(String::as_str)));
    if objects == 1 {
        // What web platforms export: the rows are in the one object.
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let is_plain = name::identifier(&spec.name) == spec.name;
        let table = if is_plain { spec.name.clone() } else { quoted(&spec.name) };
        let lists = keys.iter().zip(&names).filter_map(|((_, seen), name)| Some((name, seen.structure()?)));
        notes.extend(lists.map(|(name, structure)| {
            let rows =
                format!("unnest(from_json({}, '{}'), recursive := true)", quoted(name), structure.replace('\'', "''"));
            format!("`{name}` is a list of objects in the only row; its rows: select {rows} from {table}")
        }));
    }
    let zoneless = keys.iter().zip(&shapes).any(|((_, seen), shape)| match shape {
        Shape::Text(reading) => seen.text.lacks_zone(*reading),
        other => *other == Shape::Compact,
    });
    if zoneless && !spec.zone_said {
        notes.push(crate::model::zone::ASSUMED.into());
    }
    let columns = keys.iter().zip(&names).zip(&shapes);
    notes.extend(columns.filter_map(|(((_, seen), name), shape)| seen.undecided(*shape, name)));
    if keys.iter().zip(&shapes).any(|((_, seen), shape)| seen.is_finer(*shape)) {
        notes.push("times are finer than a microsecond and cut there".to_string());
    }
    notes.extend(spec.files.iter().filter_map(|file| Some(format!("{}: {}", file.shown, file.encoding.assumption()?))));
    let columns = names.iter().zip(&shapes).map(|(name, shape)| Column::new(name, shape.kind())).collect();
    let lines = layouts.iter().all(|layout| !layout.documents);
    let format = Json { layouts, shapes: shapes.into(), by_key: Arc::new(by_key), clock: spec.clock() };
    let table = TextTable::new(spec.files.clone(), format, columns);
    let format = if lines { "one object a line" } else { "document" };
    Ok(spec.one_table("json", format.into(), notes, Content::Scanned(Arc::new(table))))
}

/// Keys as columns can be called.
fn given(keys: &[(String, Seen)]) -> Vec<String> {
    let named = |(index, (name, _)): (usize, &(String, Seen))| {
        if name.trim().is_empty() { format!("column{}", index + 1) } else { name.replace('\0', "") }
    };
    keys.iter().enumerate().map(named).collect()
}

/// Sees the pairs of a record. `false` if it holds no object.
fn learn(record: &[u8], keys: &mut Vec<(String, Seen)>, by_key: &mut HashMap<String, usize>) -> bool {
    // In a document a comma stands before all objects but the first.
    let start = memchr::memchr(b'{', record).unwrap_or(0);
    let Some(text) = object_text(&record[start..]) else { return false };
    let mut see = |key: &str, value: &str| {
        let index = *by_key.entry(key.to_string()).or_insert_with(|| {
            keys.push((key.to_string(), Seen::default()));
            keys.len() - 1
        });
        keys[index].1.see(value);
    };
    each_pair(text, |key, value| see(key, value.get())).is_ok() || each_pair_of_python(text, see).is_some()
}
