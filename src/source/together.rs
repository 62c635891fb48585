//! Files that are read with another one: the data of a dump in directory format with its table of contents, the logs of
//! a SQLite database with it. In a directory they lie beside it; of members of an archive they are gathered here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::source::file::File;

/// What the table of contents of a dump is called.
pub const CONTENTS: [&str; 4] = ["toc.dat", "toc.dat.gz", "toc.dat.lz4", "toc.dat.zst"];
/// What stands behind the name of a SQLite database.
pub const SIDES: [&str; 3] = ["-wal", "-journal", "-shm"];

/// Whether a file is a table of contents by its content.
pub fn is_contents(file: &File) -> bool {
    file.head().starts_with(b"PGDMP")
}

/// Whether pg_dump calls the files of a directory or tar so (pg_backup_directory.c, pg_backup_tar.c).
pub fn is_of_dump(name: &str) -> bool {
    let plain = [".gz", ".lz4", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match plain.rsplit_once('.') {
        Some(("toc", "dat") | ("blobs", "toc") | ("restore", "sql")) => true,
        Some((stem, "dat")) => is_number(stem.strip_prefix("blob_").unwrap_or(stem)),
        Some((stem, "toc")) => stem.strip_prefix("blobs_").is_some_and(is_number),
        _ => false,
    }
}

/// A member's folder, and its name in it.
fn parted(shown: &str) -> (&str, &str) {
    shown.rsplit_once('/').unwrap_or(("", shown))
}

/// The members of an archive, those that are read with another one beside that.
pub fn gathered(members: Vec<File>) -> Vec<File> {
    let is_contents = |file: &&File| CONTENTS.contains(&parted(&file.shown).1) && is_contents(file);
    let contents: HashMap<&str, &str> =
        members.iter().filter(is_contents).map(|file| (parted(&file.shown).0, &*file.shown)).collect();
    let names: HashSet<&str> = members.iter().map(|file| &*file.shown).collect();
    let owner = |file: &File| {
        let (folder, name) = parted(&file.shown);
        let of_dump = contents.get(folder).filter(|contents| **contents != &*file.shown && is_of_dump(name));
        let base = || SIDES.iter().find_map(|end| file.shown.strip_suffix(end)).filter(|base| names.contains(base));
        of_dump.copied().or_else(base).map(Arc::<str>::from)
    };
    let owners: Vec<Option<Arc<str>>> = members.iter().map(owner).collect();
    if owners.iter().all(Option::is_none) {
        return members;
    }
    let mut beside: HashMap<Arc<str>, Vec<Arc<File>>> = HashMap::new();
    let mut owners = owners.into_iter();
    let mut kept = Vec::new();
    for member in members {
        match owners.next().flatten() {
            Some(owner) => beside.entry(owner).or_default().push(Arc::new(member)),
            None => kept.push(member),
        }
    }
    for member in &mut kept {
        member.beside = beside.remove(&member.shown).unwrap_or_default();
    }
    kept
}
