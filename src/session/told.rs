//! What the user says of a source's files as a whole, and what is to be said of them.

use super::{Named, Session};
use crate::source::locate;

impl Named {
    /// Whether its files are asked for as one table.
    pub(super) fn is_one_table(&self) -> bool {
        !self.is_side && self.name.is_some() || self.path.contains(['*', '?', '['])
    }
}

impl Session {
    /// What the settings say of a source's files.
    pub(super) fn said_of(&self, source: &str) -> locate::OfSource {
        let Some(said) = self.settings.sources.get(source) else { return locate::OfSource::default() };
        let (is_forced, is_divided) = (said.format.is_some(), said.delimiter.is_some());
        locate::OfSource { is_forced, is_divided, header: said.header }
    }

    /// Keeps what is to be said of the files of a source together, at its first table.
    pub(super) fn told_of(&mut self, named: &Named, found: &locate::Located) {
        let Some(first) = found.groups.first() else { return };
        let mut notes = found.notes.clone();
        let said = named.name.as_ref().filter(|name| self.settings.sources.get(*name).is_some_and(|said| said.says()));
        if let Some(said) = said.filter(|_| !named.is_side) {
            let others: Vec<&str> =
                found.groups.iter().map(|group| group.name.as_str()).filter(|name| name != said).collect();
            if !others.is_empty() {
                notes.push(format!("what is set of sources.{said} is not of {}", locate::some(&others)));
            }
        }
        self.notes.extend(notes.into_iter().map(|note| (first.name.clone(), note)));
    }
}
