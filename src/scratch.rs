//! The temporary directory of one run: held by a lock while the process lives, removed when it ends. What a killed
//! process left behind is removed by the next run, which can tell by the lock that nobody is there any more.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::error::{Error, Result};

const PREFIX: &str = "rca-";
const LOCK: &str = "lock";
/// An empty directory without a lock may be one that is just being made, but not for so long.
const BEING_MADE: Duration = Duration::from_secs(3600);

pub struct Scratch {
    // Dropped in this order: the directory goes while it is still held.
    folder: tempfile::TempDir,
    _lock: Option<File>,
}

impl Scratch {
    /// Makes the directory, and removes those of processes that are gone.
    ///
    /// # Errors
    /// If the system's temporary directory cannot be written.
    pub fn make() -> Result<Scratch> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(|e| {
            Error::question("cannot make a temporary directory")
                .detail(e.to_string())
                .hint("point TMPDIR at a directory that can be written")
        })?;
        let lock = held(folder.path());
        if let Some(parent) = folder.path().parent() {
            sweep(parent, folder.path());
        }
        Ok(Scratch { folder, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Locks a directory. The lock is taken under another name, so that nobody ever sees it free. On a file system without
/// locks there is none, and nobody removes the directory but its own process.
fn held(folder: &Path) -> Option<File> {
    let unseen = folder.join("lock.new");
    let file = File::create_new(&unseen).ok()?;
    if is_taken(&file) && fs::rename(&unseen, folder.join(LOCK)).is_ok() { Some(file) } else { None }
}

/// Whether the lock of a file could be taken, which lasts until the file is closed.
pub fn is_taken(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Removes directories of ours whose processes are gone.
fn sweep(parent: &Path, own: &Path) {
    let Ok(own_metadata) = fs::symlink_metadata(own) else { return };
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.filter_map(|entry| entry.ok()) {
        let path = entry.path();
        if path == own || !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // A link is not followed, and what is another user's is left alone.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if !metadata.is_dir() || metadata.uid() != own_metadata.uid() {
            continue;
        }
        let lock = path.join(LOCK);
        let is_plain = fs::symlink_metadata(&lock).is_ok_and(|lock| lock.is_file());
        match File::open(&lock) {
            Ok(file) if is_plain && is_taken(&file) => {
                fs::remove_dir_all(&path).ok();
            }
            Ok(_) => {}
            Err(_) => {
                let age = own_metadata.modified().ok().zip(metadata.modified().ok());
                if age.is_some_and(|(now, then)| now.duration_since(then).is_ok_and(|age| age > BEING_MADE)) {
                    // Does nothing unless it is empty.
                    fs::remove_dir(&path).ok();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_or_no_ones_stays_and_what_was_left_goes() {
        let parent = tempfile::tempdir().expect("a directory");
        let make = |name: &str| {
            let path = parent.path().join(name);
            fs::create_dir(&path).expect("made");
            path
        };
        let (own, held_one, left, foreign) = (make("rca-own"), make("rca-held"), make("rca-left"), make("rca-foreign"));
        let _held = held(&held_one).expect("locked");
        drop(held(&left).expect("locked"));
        fs::write(left.join("spill"), "x").expect("written");
        fs::write(foreign.join("notes"), "x").expect("written");
        std::os::unix::fs::symlink(&foreign, parent.path().join("rca-link")).expect("linked");
        sweep(parent.path(), &own);
        let mut names: Vec<String> = fs::read_dir(parent.path())
            .expect("read")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["rca-foreign", "rca-held", "rca-link", "rca-own"]);
    }
}
