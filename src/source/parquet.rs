//! Parquet files: recognised here, read by the engine's own reader, which opens them by their paths.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::file::File;
use crate::source::{Content, Reader, Source, Spec, scratch};

pub const READER: Reader = Reader { kind: "parquet", claims, open };

fn claims(file: &File) -> bool {
    file.head().starts_with(b"PAR1")
}

fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let bytes = spec.files.iter().map(|file| file.bytes).sum();
    let mut files = Vec::with_capacity(spec.files.len());
    for file in &spec.files {
        let (plain, damage) = scratch::on_disk(file, &[], &spec.scratch)?;
        // What tells of its columns stands at the end.
        if let Some(why) = damage {
            return Err(Error::evidence(format!("cannot read `{}`", file.shown)).detail(why));
        }
        files.push(plain);
    }
    coverage.read(bytes);
    Ok(spec.one_table("parquet", "parquet".into(), Vec::new(), Content::Parquet(files)))
}
