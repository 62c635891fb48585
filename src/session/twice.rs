//! Files that are in two sources: what is in them is counted with each.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::source::file::{File, Identity};
use crate::source::locate;

/// The source that each file was found in first.
#[derive(Default)]
pub struct Twice(HashMap<Identity, Arc<str>>);

impl Twice {
    /// What is to be said of the files of a source.
    pub fn see(&mut self, source: &str, files: &[Arc<File>]) -> Vec<String> {
        let own: Arc<str> = source.into();
        let mut shared: BTreeMap<Arc<str>, Vec<&Arc<str>>> = BTreeMap::new();
        for file in files {
            let Some(identity) = file.identity() else { continue };
            let first = self.0.entry(identity).or_insert_with(|| own.clone());
            if *first != own {
                shared.entry(first.clone()).or_default().push(&file.shown);
            }
        }
        let told = shared.into_iter().map(|(other, names)| {
            let (is, rows) = if names.len() == 1 { ("is", "its") } else { ("are", "their") };
            format!("{} {is} in the source `{other}` too: {rows} rows are counted twice", locate::some(&names))
        });
        told.collect()
    }
}
