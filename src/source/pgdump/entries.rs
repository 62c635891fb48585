//! From an archive's entries to what they declare and where their rows lie.

use std::sync::Arc;

use super::archive::toc::Entry;
use super::archive::{self, Archive, ended_body};
use super::charset::Charset;
use super::copy::Style;
use super::plain;
use super::rows::{Form, Segment};
use super::{Absence, Data, Dump};
use crate::error::Result;
use crate::source::file::File;
use crate::source::sql::ddl::Name;
use crate::source::sql::lexer::{Lexer, Mark};
use crate::source::sql::{Dialect, Spelling};

pub fn read(archive: &Archive, file: &File) -> Result<Dump> {
    let absence = if archive.toc.damage.is_none() { Absence::NotDumped } else { Absence::Untold };
    let (format, lost) = (archive.format.clone(), archive.damage.clone());
    let mut dump = Dump { format, lost, absence, ..Dump::default() };
    dump.notes.push(archive.described());
    let mut spelling = Spelling::of(Dialect::Postgres);
    for entry in &archive.toc.entries {
        let said = quoted(&entry.definition);
        match entry.kind.as_slice() {
            b"ENCODING" => dump.charset = Charset::of(&said, &file.shown)?,
            b"STDSTRINGS" => spelling.backslashes = said == "off",
            _ => {}
        }
    }
    spelling.wide = dump.charset.is_wide();
    let charset = dump.charset;
    let mut large_objects = 0_u64;
    for entry in &archive.toc.entries {
        let schema = charset.text(&entry.schema);
        let tag = charset.text(&entry.tag);
        match entry.kind.as_slice() {
            b"BLOB" | b"BLOB METADATA" => large_objects += 1,
            kind if declares(kind) => {
                // Before 1.13 names carry no schema.
                dump.catalog.search(&schema);
                for statement in statements(&entry.definition, spelling) {
                    dump.catalog.statement(&charset.text(statement));
                }
                dump.catalog.search("");
            }
            _ => {}
        }
        if archive::is_rows(entry) && entry.has_data {
            let schema = if schema.is_empty() { "public".to_string() } else { schema };
            let shown = format!("{}#{schema}.{tag}", file.shown);
            let table = (schema, tag);
            dump.data.push(match data(archive, entry, &table, &shown, charset, spelling) {
                Ok(data) => data,
                Err(why) => {
                    Data { target: table.clone(), table, segment: None, damage: Some(format!("damaged: {why}")) }
                }
            });
        }
    }
    if large_objects > 0 {
        dump.notes.push("large objects are not data".into());
    }
    Ok(dump)
}

fn declares(kind: &[u8]) -> bool {
    matches!(kind, b"TABLE" | b"FOREIGN TABLE" | b"TABLE ATTACH" | b"TYPE" | b"DOMAIN" | b"VIEW" | b"MATERIALIZED VIEW")
}

fn data(
    archive: &Archive,
    entry: &Entry,
    table: &Name,
    shown: &str,
    charset: Charset,
    spelling: Spelling,
) -> Result<Data, String> {
    let file: Arc<File> = archive.data(entry, shown)?;
    let mut damage = None;
    let mut bodies = Vec::new();
    let (form, target, fields) = match &entry.copy {
        Some(statement) => {
            let target = plain::copy_target(&charset.text(statement));
            let Some(target) = target else { return Err("its COPY statement is not understood".into()) };
            if file.is_seekable() {
                let (body, is_ended) = ended_body(&file).map_err(|e| e.message)?;
                damage = (!is_ended).then(|| {
                    format!("damaged at byte {}: its data end without the line `\\.`; what follows is lost", file.bytes)
                });
                bodies.push(body);
            }
            (Form::Copy(target.style.unwrap_or_else(Style::default)), target.table, target.columns)
        }
        None => {
            if file.is_seekable() {
                bodies.push(0..file.bytes);
            }
            // Each statement names its columns, or means all; the first one tells for all.
            match plain::first_header(&file, charset, spelling) {
                Some(header) => (Form::Insert(spelling), header.table, header.columns),
                None => (Form::Insert(spelling), table.clone(), Vec::new()),
            }
        }
    };
    // Before 1.13 statements name no schema.
    let target = if target.0.is_empty() { (table.0.clone(), target.1) } else { target };
    let segment = Segment { file, bodies, fields, form, charset };
    Ok(Data { table: table.clone(), target, segment: Some(segment), damage })
}

/// What stands between the first two quotes.
fn quoted(definition: &[u8]) -> String {
    let mut parts = definition.split(|byte| *byte == b'\'');
    String::from_utf8_lossy(parts.nth(1).unwrap_or_default()).into_owned()
}

/// The statements of a definition.
fn statements(definition: &[u8], spelling: Spelling) -> Vec<&[u8]> {
    let mut lexer = Lexer::new(spelling);
    let (mut at, mut start, mut found) = (0, 0, Vec::new());
    loop {
        let (next, mark) = lexer.next(definition, at);
        at = next;
        match mark {
            Some(Mark::Start) => start = at,
            Some(Mark::End) => found.push(&definition[start..at - 1]),
            Some(Mark::Command) => at += 1,
            Some(_) => {}
            None => {
                if lexer.is_inside() {
                    found.push(&definition[start..]);
                }
                return found;
            }
        }
    }
}
