//! Evidence that must be read at any place but lies compressed or transcoded: unpacked once into the temporary
//! directory, under the name the user knows it by. Nothing is ever written beside the evidence.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::file::{self, File};

/// The file itself if it can be read at any place, else an unpacked copy. Also why the copy ends early, if it does.
///
/// # Errors
/// If the file cannot be read or the temporary directory not be written.
pub fn seekable(file: &Arc<File>, scratch: &Path) -> Result<(Arc<File>, Option<String>)> {
    if file.is_seekable() {
        return Ok((file.clone(), None));
    }
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
pub fn copy_with(path: &Path, side_files: &[&str], scratch: &Path) -> Result<std::path::PathBuf> {
    let folder =
        tempfile::Builder::new().prefix("copy-").tempdir_in(scratch).map_err(|e| unwritable(scratch, &e))?.keep();
    let target = folder.join("evidence");
    for end in std::iter::once(&"").chain(side_files) {
        let side = |base: &Path| {
            let mut name = base.as_os_str().to_owned();
            name.push(end);
            std::path::PathBuf::from(name)
        };
        let from = side(path);
        if from.exists() {
            fs::copy(&from, side(&target)).map_err(|e| Error::file(from.display(), &e))?;
        }
    }
    Ok(target)
}

fn unwritable(scratch: &Path, cause: &io::Error) -> Error {
    Error::evidence(format!("cannot write to the temporary directory `{}`", scratch.display()))
        .detail(cause.to_string())
        .hint("point TMPDIR at a directory with room")
}
