//! Evidence read whole, for properties and for fuzzing: every value as text, every fault counted.

use std::path::Path;
use std::sync::Arc;

use super::Spec;
use super::file::File;
use crate::error::Result;
use crate::model::column::{Batch, Buffer, Kind};
use crate::model::coverage::{Coverage, Report};
use crate::model::scan::{RECORD_BYTES_MAX, Request, Table};
use crate::model::zone::Zone;

pub type Rows = Vec<Vec<Option<String>>>;

/// A source of one file, about which nothing is said. What must be unpacked is unpacked beside it.
pub fn spec(path: &Path, as_text: &[&str]) -> Spec {
    Spec {
        name: "t".into(),
        files: vec![Arc::new(File::open(path, "t").expect("opens"))],
        zone: Zone::UTC,
        zone_said: true,
        skew: 0,
        format: None,
        code: None,
        delimiter: Some(b','),
        header: None,
        time: None,
        as_text: as_text.iter().map(|name| (*name).to_string()).collect(),
        formats: Arc::default(),
        scratch: path.parent().expect("a file in a directory").to_path_buf(),
    }
}

pub fn shown(buffer: &Buffer, kind: Kind, row: usize) -> Option<String> {
    buffer.valid[row].then(|| match kind {
        Kind::Text => String::from_utf8(buffer.text(row).to_vec()).expect("UTF-8"),
        Kind::Blob => format!("{:?}", buffer.text(row)),
        Kind::Float => buffer.floats[row].to_string(),
        Kind::Decimal { .. } | Kind::Uuid => buffer.decimals[row].to_string(),
        Kind::Interval => format!("{:?}", buffer.intervals[row]),
        Kind::List(item) => {
            let items = buffer.items.as_ref().expect("items of a list");
            format!("{:?}", buffer.span(row).map(|at| shown(items, *item, at)).collect::<Vec<_>>())
        }
        _ => buffer.ints[row].to_string(),
    })
}

/// All rows of a table, read by so many cursors at once, a batch each in turn, the last split first; the rows of each
/// split in their order.
///
/// # Errors
/// If it cannot be read.
pub fn read(table: &Arc<dyn Table>, threads: usize) -> Result<(Rows, Report)> {
    let coverage = Arc::new(Coverage::default());
    let columns = table.columns();
    let request = Request {
        projection: (0..columns.len()).collect(),
        needles: Vec::new(),
        coverage: coverage.clone(),
        table: "t".into(),
        threads,
        ahead: threads == 1,
        record_bytes: RECORD_BYTES_MAX,
    };
    let scan = table.clone().scan(request)?;
    let mut splits = vec![Rows::new(); scan.splits()];
    let mut open = Vec::new();
    for index in (0..scan.splits()).rev() {
        open.push((index, scan.cursor(index)?));
    }
    while !open.is_empty() {
        let mut rest = Vec::new();
        for (index, mut cursor) in open {
            let mut batch = Batch::new(columns.iter().map(|column| column.kind));
            let more = cursor.fill(&mut batch)?;
            assert!(batch.columns.iter().all(|column| column.valid.len() == batch.rows), "columns of one length");
            let row = |row| {
                let cells = columns.iter().zip(&batch.columns);
                cells.map(|(column, buffer)| shown(buffer, column.kind, row)).collect()
            };
            splits[index].extend((0..batch.rows).map(row));
            if more {
                rest.push((index, cursor));
            }
        }
        open = rest;
    }
    Ok((splits.concat(), coverage.of("t")))
}
