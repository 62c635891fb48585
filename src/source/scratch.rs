//! Evidence that must be read at any place but lies compressed or transcoded: unpacked once into the temporary
//! directory, under the name the user knows it by. Nothing is ever written beside the evidence.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::file::{self, File};

/// The file itself if it can be read at any place, else an unpacked copy. Also why the copy ends early, if it does.
///
/// # Errors
/// If the file cannot be read or the temporary directory not be written.
pub fn seekable(file: &Arc<File>, scratch: &Path) -> Result<(Arc<File>, Option<String>)> {
    if file.is_seekable() { Ok((file.clone(), None)) } else { unpacked(file, scratch) }
}

/// The file itself if its path leads to its bytes, else an unpacked copy with the side files that lie beside it in an
/// archive: for those who open it by its path. Also why the copy ends early, if it does.
///
/// # Errors
/// If the file cannot be read or the temporary directory not be written.
pub fn on_disk(file: &Arc<File>, side_files: &[&str], scratch: &Path) -> Result<(Arc<File>, Option<String>)> {
    if file.is_on_disk() {
        return Ok((file.clone(), None));
    }
    let (copy, mut damage) = unpacked(file, scratch)?;
    for side in &file.beside {
        let end = side.shown.strip_prefix(&*file.shown).filter(|end| side_files.contains(end));
        let Some(end) = end else { continue };
        let (own, broken) = unpacked(side, scratch)?;
        let failed = |cause: io::Error| unwritable(scratch, &cause);
        fs::rename(&own.path, with_end(&copy.path, end)).map_err(failed)?;
        damage = damage.or(broken.map(|why| format!("{}: {why}", side.shown)));
    }
    Ok((copy, damage))
}

fn unpacked(file: &Arc<File>, scratch: &Path) -> Result<(Arc<File>, Option<String>)> {
    let mut copy =
        tempfile::Builder::new().prefix("unpacked-").tempfile_in(scratch).map_err(|e| unwritable(scratch, &e))?;
    let mut damage = None;
    if let Err(cause) = io::copy(&mut file.stream(None)?, &mut copy) {
        match cause.kind() {
            io::ErrorKind::StorageFull => return Err(unwritable(scratch, &cause)),
            _ => damage = Some(file::damage(&cause)),
        }
    }
    let (_, path) = copy.keep().map_err(|e| unwritable(scratch, &e.error))?;
    Ok((Arc::new(File::open(&path, &file.shown)?), damage))
}

/// Copies a file with the side files that belong to it.
///
/// # Errors
/// If one cannot be read or the temporary directory not be written.
pub fn copy_with(path: &Path, side_files: &[&str], scratch: &Path) -> Result<PathBuf> {
    let folder =
        tempfile::Builder::new().prefix("copy-").tempdir_in(scratch).map_err(|e| unwritable(scratch, &e))?.keep();
    let target = folder.join("evidence");
    for end in std::iter::once(&"").chain(side_files) {
        let from = with_end(path, end);
        if from.exists() {
            fs::copy(&from, with_end(&target, end)).map_err(|e| Error::file(from.display(), &e))?;
        }
    }
    Ok(target)
}

/// The file beside another one that has its name and something behind it.
pub fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn unwritable(scratch: &Path, cause: &io::Error) -> Error {
    Error::evidence(format!("cannot write to the temporary directory `{}`", scratch.display()))
        .detail(cause.to_string())
        .hint("point TMPDIR at a directory with room")
}
