//! The temporary directory of one run: held by a lock while the process lives, removed when it ends. What a killed
//! process left behind is removed by the next run, which can tell by the lock that nobody is there any more.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::error::{Error, Result};

const PREFIX: &str = "rca-";
const LOCK: &str = "lock";
/// What a lock says: a directory of another's with a file of that name is none of ours.
const SIGNATURE: &str = "the temporary directory of a run of rca\n";
/// It holds evidence, which only its reader may read.
const OWN: u32 = 0o700;

pub struct Scratch {
    // Dropped in this order: the directory goes while it is still held.
    folder: tempfile::TempDir,
    _lock: Option<File>,
}

impl Scratch {
    /// Makes the directory, tells of it at once, and removes those of processes that are gone.
    ///
    /// # Errors
    /// If the system's temporary directory cannot be written.
    pub fn make(made: impl Fn(&Path)) -> Result<Scratch> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).permissions(fs::Permissions::from_mode(OWN));
        let (folder, lock) = loop {
            let folder = builder.tempdir().map_err(|e| {
                Error::question("cannot make a temporary directory")
                    .detail(e.to_string())
                    .hint("point TMPDIR at a directory that can be written")
            })?;
            made(folder.path());
            let lock = held(folder.path());
            // Another run may have taken it for one that was left, since nothing was in it yet.
            if lock.is_some() || folder.path().is_dir() {
                break (folder, lock);
            }
        };
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
    let mut file = File::create_new(&unseen).ok()?;
    // On a full disk it says nothing, and then nobody removes the directory but its own process either.
    file.write_all(SIGNATURE.as_bytes()).ok();
    if is_taken(&file) && fs::rename(&unseen, folder.join(LOCK)).is_ok() { Some(file) } else { None }
}

/// Whether the lock of a file could be taken, which lasts until the file is closed.
pub fn is_taken(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Whether a name is one that is made with this beginning.
pub fn is_made_name(name: &str, prefix: &str) -> bool {
    const RANDOM: usize = 6;
    name.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == RANDOM && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A lock that a run has signed.
fn signed(lock: &Path) -> Option<File> {
    // A pipe of that name is not waited for.
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).ok()?;
    let file = File::options().read(true).custom_flags(flags).open(lock).ok()?;
    let mut said = String::new();
    let is_plain = file.metadata().is_ok_and(|lock| lock.is_file() && lock.len() == SIGNATURE.len() as u64);
    (is_plain && (&file).read_to_string(&mut said).is_ok() && said == SIGNATURE).then_some(file)
}

/// Removes directories of ours whose processes are gone.
fn sweep(parent: &Path, own: &Path) {
    let Ok(own_metadata) = fs::symlink_metadata(own) else { return };
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.filter_map(|entry| entry.ok()) {
        let path = entry.path();
        if path == own || !is_made_name(&entry.file_name().to_string_lossy(), PREFIX) {
            continue;
        }
        // A link is not followed, and what is another user's, or may be read by others, is left alone.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let is_ours = metadata.is_dir() && metadata.uid() == own_metadata.uid() && metadata.mode() & 0o777 == OWN;
        if !is_ours {
            continue;
        }
        let lock = path.join(LOCK);
        if fs::symlink_metadata(&lock).is_ok() {
            if signed(&lock).is_some_and(|file| is_taken(&file)) {
                fs::remove_dir_all(&path).ok();
            }
            continue;
        }
        // Does nothing unless it is empty: of a run that was killed before it had a lock, or of one that makes another.
        fs::remove_dir(&path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_or_no_ones_stays_and_what_was_left_goes() {
        let parent = tempfile::tempdir().expect("a directory");
        let make = |name: &str, mode: u32| {
            let path = parent.path().join(name);
            fs::create_dir(&path).expect("made");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            path
        };
        let (own, held_one, left) = (make("rca-own000", OWN), make("rca-held00", OWN), make("rca-left00", OWN));
        let _held = held(&held_one).expect("locked");
        drop(held(&left).expect("locked"));
        make("rca-empty0", OWN);
        fs::write(left.join("spill"), "x").expect("written");
        // Directories of others that look like one: by their names, by a lock, by a lock that nothing is read from.
        let foreign = make("rca-other0", OWN);
        fs::write(foreign.join("notes"), "x").expect("written");
        fs::write(make("rca-lock00", OWN).join(LOCK), "").expect("written");
        drop(held(&make("rca-case", OWN)).expect("locked"));
        drop(held(&make("rca-shown0", 0o755)).expect("locked"));
        let pipe = make("rca-pipe00", OWN).join(LOCK);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
        std::os::unix::fs::symlink(&foreign, parent.path().join("rca-link00")).expect("linked");
        sweep(parent.path(), &own);
        let mut names: Vec<String> = fs::read_dir(parent.path())
            .expect("read")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let stay = ["case", "held00", "link00", "lock00", "other0", "own000", "pipe00", "shown0"];
        assert_eq!(names, stay.map(|name| format!("rca-{name}")));
    }
}
