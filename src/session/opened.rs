//! Sources as they are opened: their files are found, those of one kind are a group, and each group is attached under a name
//! that no other one has.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use super::twice::Twice;
use super::{Named, Session};
use crate::error::{Error, Kind, Result};
use crate::model::name;
use crate::source::locate::{self, Group, Located};
use crate::source::log::formats::Formats;

/// The groups that are open.
pub struct Groups {
    /// What paths are relative to.
    base: PathBuf,
    formats: Arc<Formats>,
    /// Several sources were named: one that cannot be read is left out.
    several: bool,
    /// The path of each, by its name.
    paths: BTreeMap<String, String>,
    twice: Twice,
}

impl Groups {
    pub fn new(base: PathBuf, formats: Arc<Formats>, several: bool) -> Groups {
        Groups { base, formats, several, paths: BTreeMap::new(), twice: Twice::default() }
    }

    /// Takes a group under its name.
    ///
    /// # Errors
    /// If nothing can be called so, or another one is.
    fn name(&mut self, group: &str, named: &Named) -> Result<()> {
        if name::is_taken(group) {
            return Err(Error::question(format!("no source can be called `{group}`"))
                .detail("the name is taken: `events` is the view over all sources, others are the engine's own")
                .hint(format!("give it another one: my_{group}={}", named.path)));
        }
        let Some(other) = self.paths.insert(group.to_string(), named.path.clone()) else { return Ok(()) };
        let on_disk = |path: &str| self.base.join(path).canonicalize().ok();
        if on_disk(&other).is_some_and(|one| on_disk(&named.path).as_ref() == Some(&one)) {
            return Err(Error::question(format!("`{}` is given twice", named.path)).hint("name it once"));
        }
        Err(Error::question(format!("two sources are called `{group}`"))
            .detail(format!("`{other}` and `{}`", named.path))
            .hint(format!("name one of them: {group}2={}", named.path)))
    }
}

impl Session {
    /// Finds and opens what was named.
    ///
    /// # Errors
    /// If it cannot be read and is the only one, or one of another source has its name.
    pub(super) fn take(&mut self, named: &Named, opened: &mut Groups, stdin: &mut dyn Read) -> Result<()> {
        let mut found = match named.path.as_str() {
            "-" => {
                let (name, of_source) = (named.name.as_deref(), |name: &str| self.said_of(name));
                let logs = locate::Logs { formats: &opened.formats, is_one: name.is_some(), of_source: &of_source };
                locate::standard_input(stdin, name, &self.scratch, &logs)?
            }
            _ => self.located_or_left_out(named, opened)?,
        };
        self.notes.extend(named.note.iter().map(|note| (named.path.clone(), note.clone())));
        for left_out in found.left_out.drain(..) {
            self.coverage.left_out(named.name.as_deref().unwrap_or(&named.path), &left_out);
        }
        self.empty.extend(found.empty.take());
        self.bare.extend(found.groups.iter().filter(|_| found.is_bare).map(|group| group.name.clone()));
        self.told_of(named, &found);
        // One of many that cannot be read is left out and counted; the only one is an error.
        let several = opened.several || found.groups.len() > 1;
        for mut group in found.groups {
            if let Some(side) = named.name.as_ref().filter(|side| named.is_side && **side != group.name) {
                group.name = format!("{side}_{}", group.name);
            }
            opened.name(&group.name, named)?;
            if !named.is_side {
                let notes = opened.twice.see(&group.name, &group.files);
                self.notes.extend(notes.into_iter().map(|note| (group.name.clone(), note)));
            }
            self.take_group(named, group, opened, several)?;
        }
        Ok(())
    }

    fn take_group(&mut self, named: &Named, group: Group, opened: &Groups, several: bool) -> Result<()> {
        self.files.extend(group.files.iter().map(|file| file.path.clone()));
        self.opened_as(named, &opened.base, &group);
        let shown = group.files.first().map_or_else(|| Arc::from(named.path.as_str()), |file| file.shown.clone());
        let spec = self.spec(group.name, group.files, &opened.formats)?;
        let source = (group.reader.open)(&spec, &self.coverage);
        match source.and_then(|source| self.attach(source, &shown)) {
            Err(error) if several && error.kind == Kind::Evidence => {
                self.coverage.left_out(&spec.name, &error.message);
                Ok(())
            }
            attached => attached,
        }
    }

    /// Of several sources typed, as by a shell's `*`, one that is there and of no known kind is left out, and counted.
    fn located_or_left_out(&self, named: &Named, opened: &Groups) -> Result<Located> {
        let (base, of_source) = (&opened.base, |name: &str| self.said_of(name));
        let logs = locate::Logs { formats: &opened.formats, is_one: named.is_one_table(), of_source: &of_source };
        match locate::locate(&named.path, named.name.as_deref(), base, &self.scratch, &logs) {
            // What a shell's `*` finds need be no file: a socket, or a link to nothing.
            Err(error)
                if opened.several
                    && named.name.is_none()
                    && base.join(&named.path).symlink_metadata().is_ok_and(|meta| !meta.is_dir()) =>
            {
                self.coverage.left_out(&named.path, &error.detail.unwrap_or(error.message));
                Ok(Located::default())
            }
            found => found,
        }
    }
}
