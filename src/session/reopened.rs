//! How the sources of a session are named so that another command opens them under the same names.

use std::path::Path;

use super::{Named, Session};
use crate::source::locate::Group;

/// What was named, and one source that it was opened as.
pub(super) struct Opened {
    named: Named,
    /// Its path from where the program runs.
    path: String,
    source: String,
    files: Vec<String>,
}

impl Session {
    pub(super) fn opened_as(&mut self, named: &Named, base: &Path, group: &Group) {
        self.opened.push(Opened {
            named: named.clone(),
            path: base.join(&named.path).to_string_lossy().into_owned(),
            source: group.name.clone(),
            files: group.files.iter().map(|file| file.shown.to_string()).collect(),
        });
    }

    /// Whether a source is evidence to compare with.
    pub(super) fn is_side(&self, source: &str) -> bool {
        self.opened.iter().any(|opened| opened.named.is_side && opened.source == source)
    }

    /// SOURCE arguments that open all of them again, those to compare with first, and sources that none opens by its name.
    pub fn reopened(&self) -> (Vec<String>, Vec<String>) {
        let (mut sides, mut own, mut none) = (Vec::new(), Vec::new(), Vec::new());
        for opened in &self.opened {
            let Opened { named, path, source, files } = opened;
            let whole = named.name.as_ref().map_or_else(|| path.clone(), |name| format!("{name}={path}"));
            if !named.is_side {
                if !own.contains(&whole) {
                    own.push(whole);
                }
                continue;
            }
            let is_one = self.opened.iter().filter(|other| other.named == *named).count() == 1;
            match files.as_slice() {
                _ if is_one && named.name.as_ref() == Some(source) => sides.push(whole),
                [file] => sides.push(format!("{source}={file}")),
                files => match pattern(files) {
                    Some(pattern) => sides.push(format!("{source}={pattern}")),
                    None => none.push(source.clone()),
                },
            }
        }
        (sides.into_iter().chain(own).collect(), none)
    }

    /// `--set` flags that say of the sources to compare with what the case says of its own.
    pub fn said_of_sides(&self) -> Vec<String> {
        let sides = self.settings.sources.iter().filter(|(source, _)| self.is_side(source));
        sides
            .flat_map(|(source, said)| {
                said.of_reading().into_iter().map(move |(key, value)| format!("sources.{source}.{key}={value}"))
            })
            .collect()
    }
}

/// A pattern that fits these files and no others.
fn pattern(files: &[String]) -> Option<String> {
    let first = files.first()?;
    let shared = |along: fn(&str, &str) -> usize| files.iter().map(|file| along(first, file)).min().unwrap_or(0);
    let begin = shared(|a, b| a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum());
    let shortest = files.iter().map(String::len).min()? - begin;
    let end = shared(|a, b| {
        a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
    });
    let end = if end > shortest { 0 } else { end };
    let pattern =
        format!("{}*{}", glob::Pattern::escape(&first[..begin]), glob::Pattern::escape(&first[first.len() - end..]));
    let mut found: Vec<String> =
        glob::glob(&pattern).ok()?.filter_map(|path| Some(path.ok()?.to_string_lossy().into_owned())).collect();
    let mut wanted = files.to_vec();
    found.sort();
    wanted.sort();
    (found == wanted).then_some(pattern)
}
