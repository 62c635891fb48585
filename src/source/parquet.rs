//! Parquet files: recognised here, read by the engine's own reader.

use std::sync::Arc;

use crate::error::Result;
use crate::model::coverage::Coverage;
use crate::source::file::File;
use crate::source::{Content, Reader, Source, Spec};

pub const READER: Reader = Reader { kind: "parquet", claims, open };

fn claims(file: &File) -> bool {
    file.head().starts_with(b"PAR1")
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every reader")]
fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let bytes = spec.files.iter().map(|file| file.bytes).sum();
    coverage.read(bytes);
    Ok(spec.one_table("parquet", "parquet".into(), Vec::new(), Content::Parquet(spec.files.clone())))
}
