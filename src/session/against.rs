//! Evidence to compare a case with, which is laid out like the case itself.

use std::path::PathBuf;

use super::{Named, Session};
use crate::settings::SourceSettings;

impl Session {
    /// Evidence to compare a case with: of a directory that has what the case's sources name, these, read as the settings
    /// say of them.
    pub(super) fn laid_out(&mut self, extra: Vec<Named>, is_typed: bool) -> Vec<Named> {
        let mut all = Vec::new();
        for named in extra {
            let folder = PathBuf::from(&named.path);
            let (true, false, Some(side)) = (named.is_side && folder.is_dir(), is_typed, &named.name) else {
                all.push(named);
                continue;
            };
            let inside: Vec<(String, SourceSettings, String)> = self
                .settings
                .sources
                .iter()
                .filter_map(|(name, said)| {
                    let path = folder.join(said.path.as_ref()?).to_string_lossy().into_owned();
                    let is_there = glob::glob(&path).is_ok_and(|mut found| found.next().is_some());
                    is_there.then(|| (format!("{side}_{name}"), said.clone(), path))
                })
                .collect();
            if inside.is_empty() {
                all.push(named);
                continue;
            }
            for (name, said, path) in inside {
                self.settings.sources.insert(name.clone(), SourceSettings { path: None, ..said });
                all.push(Named { name: Some(name), path, is_side: true, note: None });
            }
        }
        all
    }
}
