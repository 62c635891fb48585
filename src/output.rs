//! Where an answer goes: standard output, a device, or a file that appears whole or not at all. What is unfinished lies
//! beside the wanted file under a name of its own, held by a lock; what a killed process left of it is removed by the
//! next run that writes into the same directory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::error::{Error, Result};
use crate::{scratch, terminal};

const UNFINISHED: &str = ".rca-unfinished-";

/// An answer being written; nothing to be placed for a stream.
pub struct Output(Option<Placing>);

/// A file that will stand in another place once it is whole.
struct Placing {
    file: TempPath,
    handle: File,
    path: PathBuf,
}

impl Output {
    /// # Errors
    /// If the file cannot be written.
    pub fn open(path: Option<&Path>, running: &terminal::Running) -> Result<(Box<dyn Write>, Output)> {
        Ok(match path {
            None => (terminal::stdout(), Output(None)),
            // A device or a pipe is written to, not replaced.
            Some(path) if path.exists() && !path.is_file() => {
                let device = std::fs::OpenOptions::new().write(true).open(path).map_err(|e| unwritable(path, &e))?;
                (Box::new(BufWriter::new(device)), Output(None))
            }
            Some(path) => {
                let (file, handle) = beside(path)?;
                running.remove_at_end(&file);
                let writer = handle.try_clone().map_err(|e| unwritable(path, &e))?;
                let placing = Placing { file, handle, path: path.to_path_buf() };
                (Box::new(BufWriter::new(writer)), Output(Some(placing)))
            }
        })
    }

    /// What was written whole takes its place.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn place(self) -> Result<()> {
        let Some(Placing { file, handle, path }) = self.0 else { return Ok(()) };
        handle.sync_all().map_err(|e| unwritable(&path, &e))?;
        file.persist(&path).map_err(|e| unwritable(&path, &e.error))
    }
}

/// An unfinished file in the directory of the wanted one.
fn beside(path: &Path) -> Result<(TempPath, File)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let readable = std::fs::Permissions::from_mode(0o666);
    // What takes a file's place is read by nobody who could not read that.
    let replaced = path.metadata().ok().map(|there| std::fs::Permissions::from_mode(there.mode() & 0o777));
    let make = || {
        let file = tempfile::Builder::new().prefix(UNFINISHED).permissions(readable.clone()).tempfile_in(folder);
        let (handle, file) = file.map_err(|e| unwritable(path, &e))?.into_parts();
        if let Some(replaced) = &replaced {
            handle.set_permissions(replaced.clone()).map_err(|e| unwritable(path, &e))?;
        }
        // Where there are no locks nobody removes it but this process.
        scratch::is_taken(&handle);
        Ok((file, handle))
    };
    let mut made = make()?;
    // Another run may have seen it in the moment before it was locked, and removed it.
    if !made.0.exists() {
        made = make()?;
    }
    sweep(folder, &made.1);
    Ok(made)
}

/// Removes what killed processes left unfinished.
fn sweep(folder: &Path, own: &File) {
    let Ok(own) = own.metadata() else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(|entry| entry.ok()) {
        if !scratch::is_made_name(&entry.file_name().to_string_lossy(), UNFINISHED) {
            continue;
        }
        let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { continue };
        if !metadata.is_file() || metadata.uid() != own.uid() || metadata.ino() == own.ino() {
            continue;
        }
        if File::open(entry.path()).is_ok_and(|file| scratch::is_taken(&file)) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
}

pub fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    let reason = match cause.kind() {
        std::io::ErrorKind::NotFound => "no such directory".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        std::io::ErrorKind::StorageFull => "the disk is full".to_string(),
        _ => cause.to_string(),
    };
    Error::question(format!("cannot write `{}`", path.display())).detail(reason)
}
