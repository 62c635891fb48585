//! A SOURCE as it is typed: `PATH`, `GLOB`, `DIR`, `NAME=PATH` or `-`. Of what could be both, a path that is there goes
//! before a name: directories of other programs are called `date=2025-03-01`.

use std::path::Path;

/// A SOURCE argument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub name: Option<String>,
    pub path: String,
    /// It is evidence to compare with: what is in it under other names gets this one before them, and of a directory
    /// that is laid out like the case it is the case's sources.
    pub is_side: bool,
    /// What is to be said of how it was read.
    pub note: Option<String>,
}

impl Named {
    pub fn parse(text: &str) -> Named {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let plain = Named { path: text.to_string(), ..Named::default() };
        let Some((name, path)) = text.split_once('=').filter(|(name, _)| is_name(name)) else { return plain };
        if !is_there_as_typed(text) {
            return Named { name: Some(name.to_string()), path: path.to_string(), ..Named::default() };
        }
        let note = is_there(path).then(|| {
            format!("`{text}` is a path and read as one; `{path}` under the name `{name}` would be {name}=./{path}")
        });
        Named { note, ..plain }
    }
}

fn is_there(path: &str) -> bool {
    !path.is_empty() && (Path::new(path).exists() || glob::glob(path).is_ok_and(|mut found| found.next().is_some()))
}

/// Whether the whole is a path, or at least the first part of one that has the `=` in it: what is missing further on is
/// missing there.
fn is_there_as_typed(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or(text);
    is_there(text) || (first.contains('=') && !first.contains(['*', '?', '[']) && Path::new(first).exists())
}
