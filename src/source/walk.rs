//! Files as they lie on disk: all below a directory, or those that a pattern fits. Symbolic links to directories are not
//! followed, so that no walk goes in circles, nor those that lead out of the directory; a file that has several names is
//! found once.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::printable::one_line;
use crate::source::file::File;
use crate::source::pgdump::Told;
use crate::source::together;

/// Directories deeper than this are not looked into.
const DEPTH_MAX: usize = 32;

/// The files that a pattern fits. `**` goes down without following links, so that it ends.
///
/// # Errors
/// If it is no pattern, or nothing fits it.
pub fn globbed(typed: &str, base: &Path) -> Result<Walk> {
    let is_pattern =
        |e: glob::PatternError| Error::question(format!("`{typed}` is no pattern of file names")).detail(e.to_string());
    let mut found = Walk::default();
    if typed.contains("**") {
        // Names are shown without the directory where one is.
        let mut typed = typed;
        while let Some(rest) = typed.strip_prefix("./") {
            typed = rest.trim_start_matches('/');
        }
        let pattern = glob::Pattern::new(typed).map_err(is_pattern)?;
        let literal = &typed[..typed.find(['*', '?', '[']).unwrap_or(typed.len())];
        let folder = literal.rsplit_once('/').map_or("", |(folder, _)| folder);
        let shown = if folder.is_empty() { "." } else { folder };
        let from = if literal.starts_with('/') && folder.is_empty() { Path::new("/") } else { Path::new(folder) };
        if base.join(from).is_dir() || from.as_os_str().is_empty() {
            let here = if base.as_os_str().is_empty() && folder.is_empty() { Path::new(".") } else { &base.join(from) };
            found = Walk::of(here, shown)?;
        }
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        let ends = |shown: &str| shown.match_indices('/').map(|(at, _)| at).chain([shown.len()]).collect::<Vec<_>>();
        let fits = |shown: &str| ends(shown).iter().any(|end| pattern.matches_with(&shown[..*end], options));
        found.files.retain(|(_, shown)| fits(shown));
    } else {
        // Each part by itself: names need not be UTF-8.
        let parts: Vec<glob::Pattern> =
            typed.split('/').map(glob::Pattern::new).collect::<std::result::Result<_, _>>().map_err(is_pattern)?;
        let is_absolute = typed.starts_with('/');
        let from = if is_absolute { Path::new("/") } else { base };
        let mut folders = Vec::new();
        found.expand(from, if is_absolute { "/" } else { "" }, &parts[usize::from(is_absolute)..], &mut folders);
        found.walk_each(folders);
    }
    if found.files.is_empty() && found.left_out.is_empty() {
        return Err(Error::evidence(format!("no file is called like `{typed}`")));
    }
    found.files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}

/// The table of contents of a dump in directory format, and what it tells of the files beside it.
fn dump_directory(folder: &Path) -> Option<(&'static str, Told)> {
    together::CONTENTS.into_iter().find_map(|name| {
        let file = File::open(&folder.join(name), name).ok()?;
        Some((name, together::contents(name, &file)?))
    })
}

/// Files found in directories, each once, and what was found besides.
#[derive(Default)]
pub struct Walk {
    pub files: Vec<(PathBuf, String)>,
    pub left_out: Vec<String>,
    /// Device and inode.
    seen: HashSet<(u64, u64)>,
}

impl Walk {
    /// All files below a directory.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(folder: &Path, shown: &str) -> Result<Walk> {
        let (mut found, shown) = (Walk::default(), &one_line(shown));
        found.walk_all(folder, shown).map_err(|e| Error::file(shown, &e))?;
        found.files.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(found)
    }

    fn walk_all(&mut self, folder: &Path, shown: &str) -> io::Result<()> {
        let mut links = Vec::new();
        self.walk(folder, shown, 0, &mut links)?;
        let root = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        self.follow(links, &[root]);
        Ok(())
    }

    /// All files below directories that a pattern fits, as if a shell had named them.
    fn walk_each(&mut self, folders: Vec<(PathBuf, String)>) {
        let (links, folders): (Vec<_>, Vec<_>) = folders.into_iter().partition(|(path, _)| path.is_symlink());
        for (path, shown) in &folders {
            if let Err(cause) = self.walk_all(path, shown) {
                self.leave_out(shown, &cause);
            }
        }
        let roots: Vec<PathBuf> = folders.iter().filter_map(|(path, _)| path.canonicalize().ok()).collect();
        self.follow(links, &roots);
    }

    /// Links to files of the directories walked, and a word on those that lead out of them.
    fn follow(&mut self, links: Vec<(PathBuf, String)>, roots: &[PathBuf]) {
        let is_walked = |target: &Path| roots.iter().any(|root| target.starts_with(root));
        for (path, shown) in links {
            match path.canonicalize() {
                // What it leads to is found under its own name.
                Ok(target) if target.is_dir() && is_walked(&target) => {}
                Ok(target) if target.is_dir() => {
                    self.left_out.push(format!("a link to a directory, which is not followed: {shown}"));
                }
                // Whoever packed the directory does not say what else is read.
                Ok(target) if !is_walked(&target) => {
                    self.left_out.push(format!("a link out of the directory, which is not followed: {shown}"));
                }
                _ => self.add(path, shown),
            }
        }
    }

    /// Links are put aside: a file that is here under its own name too is called so.
    fn walk(&mut self, folder: &Path, shown: &str, depth: usize, links: &mut Vec<(PathBuf, String)>) -> io::Result<()> {
        let toc = dump_directory(folder);
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(cause) => self.leave_out(shown, &cause),
            }
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            // The files of a dump are told by its table of contents.
            let is_told = toc.as_ref().is_some_and(|(toc, told)| *toc != file_name && told.has(&file_name));
            if file_name.starts_with('.') || is_told {
                continue;
            }
            let path = entry.path();
            let own = one_line(&file_name);
            let shown = if shown == "." { own } else { format!("{shown}/{own}") };
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(cause) => {
                    self.leave_out(&shown, &cause);
                    continue;
                }
            };
            if kind.is_symlink() {
                links.push((path, shown));
            } else if !kind.is_dir() {
                self.add(path, shown);
            } else if depth >= DEPTH_MAX {
                self.left_out.push(format!("more than {DEPTH_MAX} directories deep: {shown}"));
            } else if let Err(cause) = self.walk(&path, &shown, depth + 1, links) {
                self.leave_out(&shown, &cause);
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, shown: &str, cause: &io::Error) {
        let why = Error::file(shown, cause);
        self.left_out.push(format!("{}: {shown}", why.detail.unwrap_or(why.message)));
    }

    /// What a pattern fits in a directory, a part of it for each directory on the way: files, and directories, which are
    /// put aside.
    fn expand(&mut self, folder: &Path, shown: &str, parts: &[glob::Pattern], folders: &mut Vec<(PathBuf, String)>) {
        let Some((part, rest)) = parts.split_first() else { return };
        let join = |name: &str| format!("{shown}{}", one_line(name));
        let mut go_on = |path: PathBuf, shown: String| match (rest.is_empty(), path.is_dir()) {
            (true, true) => folders.push((path, shown.trim_end_matches('/').to_string())),
            (true, false) => self.add(path, shown),
            (false, true) => self.expand(&path, &format!("{shown}/"), rest, folders),
            (false, false) => {}
        };
        if !part.as_str().contains(['*', '?', '[']) {
            let path = folder.join(part.as_str());
            if path.symlink_metadata().is_ok() {
                go_on(path, join(part.as_str()));
            }
            return;
        }
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = match fs::read_dir(here) {
            Ok(entries) => entries,
            Err(cause) => {
                self.leave_out(shown.trim_end_matches('/'), &cause);
                return;
            }
        };
        let (mut names, mut unread) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                Err(cause) => unread.push(cause),
            }
        }
        names.sort();
        // What is hidden is only found by a pattern that says so.
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        for name in names.iter().filter(|name| part.matches_with(&name.to_string_lossy(), options)) {
            go_on(folder.join(name), join(&name.to_string_lossy()));
        }
        unread.iter().for_each(|cause| self.leave_out(shown.trim_end_matches('/'), cause));
    }

    /// A file that was found, unless it was under another name before.
    fn add(&mut self, path: PathBuf, shown: String) {
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => {
                if self.seen.insert((meta.dev(), meta.ino())) {
                    self.files.push((path, shown));
                }
            }
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => self.left_out.push(format!("not a regular file: {shown}")),
            Err(cause) => self.leave_out(&shown, &cause),
        }
    }
}
