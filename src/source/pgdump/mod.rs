//! Plain scripts of `pg_dump`: tables with their declared types, and their COPY blocks read in parallel. No SQL of
//! a dump is ever run: statements are split and, where they declare a table, looked at.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::column::Column;
use crate::model::coverage::{Coverage, Fault, Report};
use crate::model::name;
use crate::source::file::File;
use crate::source::text::TextTable;
use crate::source::{Content, Offer, Reader, Source, Spec, scratch};

mod copy;
mod ddl;
mod kind;
mod script;

use copy::{Block, Copy};
use kind::PgKind;

/// A table's name, its columns with their declared types, and its data.
type Found = ((String, String), Vec<(String, String)>, Vec<Block>);

pub const READER: Reader = Reader { kind: "postgres", claims, open };

fn claims(file: &File) -> bool {
    if file.head.starts_with(b"PGDMP") {
        return true;
    }
    let head = &file.head[..file.head.len().min(16 << 10)];
    let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    has("PostgreSQL database dump") || has("PostgreSQL database cluster dump") || (has("COPY ") && has(" FROM stdin;"))
}

fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one Postgres dump", spec.name))
            .hint("name each one: a=first.sql b=second.sql"));
    };
    if file.head.starts_with(b"PGDMP") {
        return Err(Error::evidence(format!("`{}` is a pg_dump archive, which is not read", file.shown))
            .detail("plain scripts are read; this is the custom format (`pg_dump -Fc`)")
            .hint(format!("make a script of it: pg_restore -f dump.sql {}", file.shown)));
    }
    let (plain, damage) = scratch::seekable(file, &spec.scratch)?;
    let script = script::read(&plain, coverage)?;
    let mut source = Source {
        name: spec.name.clone(),
        kind: "postgres",
        is_database: true,
        tables: Vec::new(),
        notes: script.notes,
    };
    if script.inserts > 0 {
        let left_out =
            format!("{} INSERT statements, which are not read; dump with COPY (without --inserts)", script.inserts);
        coverage.left_out(&spec.name, &left_out);
    }
    source.notes.extend(damage.clone());
    source.notes.extend(file.encoding.assumption().map(str::to_string));
    let mut by_name: HashMap<(String, String), usize> = HashMap::new();
    let mut found: Vec<Found> = Vec::new();
    for table in script.tables {
        by_name.insert(table.name.clone(), found.len());
        found.push((table.name, table.columns, Vec::new()));
    }
    for block in script.copies {
        let index = *by_name.entry(block.table.clone()).or_insert_with(|| {
            // Data of a table that the dump does not declare: all text.
            found.push((
                block.table.clone(),
                block.columns.iter().map(|name| (name.clone(), "text".into())).collect(),
                Vec::new(),
            ));
            found.len() - 1
        });
        if !block.ended {
            let label = label(&spec.name, &block.table.1);
            let mut report = Report::default();
            let place = (file.shown.clone(), 0);
            report
                .fault(Fault::Damaged("the file ends within this table's data; what follows is lost".into()), || place);
            coverage.finish(&label, usize::MAX, &report);
        }
        // Columns of a parent table or a type are in the COPY and not in the table's own declaration.
        for name in &block.columns {
            if !found[index].1.iter().any(|(known, _)| known == name) {
                let kind = inherited(&found, name);
                found[index].1.push((name.clone(), kind));
            }
        }
        found[index].2.push(Block { bytes: block.bytes, columns: block.columns });
    }
    for (name, declared, blocks) in found {
        source.tables.push(offer(spec, coverage, &plain, name, &declared, blocks));
    }
    if source.tables.is_empty() {
        return Err(Error::evidence(format!("`{}` declares no table", file.shown)));
    }
    Ok(source)
}

/// The type that another table of the dump declares for a column of this name; text if they disagree.
fn inherited(found: &[Found], name: &str) -> String {
    let mut types: Vec<&String> = found
        .iter()
        .flat_map(|(_, columns, _)| columns)
        .filter(|(known, _)| known == name)
        .map(|(_, kind)| kind)
        .collect();
    types.dedup();
    if let [only] = types[..] { only.clone() } else { "text".into() }
}

fn label(source: &str, table: &str) -> String {
    format!("{source}.{table}")
}

fn offer(
    spec: &Spec,
    coverage: &Arc<Coverage>,
    file: &Arc<File>,
    (schema, name): (String, String),
    declared: &[(String, String)],
    blocks: Vec<Block>,
) -> Offer {
    let label = label(&spec.name, &name);
    let samples = copy::samples(file, &blocks);
    let kinds: Vec<PgKind> = declared
        .iter()
        .map(|(column, declared)| {
            if spec.as_text.iter().any(|text| text.eq_ignore_ascii_case(column)) {
                return PgKind::Text;
            }
            PgKind::of(declared).confirmed_by(samples.get(column).map_or(&[], Vec::as_slice))
        })
        .collect();
    let mut notes = Vec::new();
    if kinds.contains(&PgKind::Timestamp) && !spec.zone_said {
        notes.push("times carry no zone and are taken as UTC; say otherwise with --timezone".to_string());
    }
    notes.iter().for_each(|note| coverage.note(&label, note.clone()));
    let mut seen = HashMap::new();
    let columns = declared
        .iter()
        .zip(&kinds)
        .map(|((name, _), kind)| Column::new(name::once(name, &mut seen), kind.kind()))
        .collect();
    let bytes = blocks.iter().map(|block| block.bytes.end - block.bytes.start).sum();
    let names: Vec<String> = declared.iter().map(|(name, _)| name.clone()).collect();
    let table = TextTable::new(vec![file.clone()], Copy::new(blocks, names, kinds, spec.clock()), columns);
    Offer {
        name,
        schema: Some(schema),
        bytes,
        format: "pg_dump".into(),
        notes,
        content: Content::Scanned(Arc::new(table)),
    }
}
