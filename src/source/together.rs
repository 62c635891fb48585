//! Files that are read with another one: the data of a dump in directory format with its table of contents, the logs of
//! a SQLite database with it. In a directory they lie beside it; of members of an archive they are gathered here.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::source::file::File;
use crate::source::pgdump::{self, Told};
use crate::source::sqlite;

/// What the table of contents of a dump is called.
pub const CONTENTS: [&str; 4] = ["toc.dat", "toc.dat.gz", "toc.dat.lz4", "toc.dat.zst"];
/// What stands behind the name of a SQLite database.
pub const SIDES: [&str; 3] = ["-wal", "-journal", "-shm"];

/// What a file tells of those beside it, if it is a table of contents by its name and its content.
pub fn contents(name: &str, file: &File) -> Option<Told> {
    (CONTENTS.contains(&name) && file.head().starts_with(b"PGDMP")).then(|| pgdump::told(file))
}

/// Whether a file is read with the SQLite database that lies beside it.
pub fn is_beside_database(path: &Path) -> bool {
    let is_database = |base: &Path| {
        let mut magic = Vec::new();
        let read = fs::File::open(base).and_then(|file| file.take(sqlite::MAGIC.len() as u64).read_to_end(&mut magic));
        read.is_ok() && magic == sqlite::MAGIC
    };
    let whole = path.as_os_str().as_bytes();
    let base =
        SIDES.iter().find_map(|end| whole.strip_suffix(end.as_bytes())).map(|base| Path::new(OsStr::from_bytes(base)));
    // What is itself read with another one has none beside it.
    base.is_some_and(|base| is_database(base) && !is_beside_database(base))
}

/// The SQLite database that a member of an archive is read with.
fn database_of<'a>(shown: &'a str, members: &HashMap<&str, &File>) -> Option<&'a str> {
    let base = SIDES.iter().find_map(|end| shown.strip_suffix(end))?;
    let is_database = members.get(base).is_some_and(|file| file.head().starts_with(sqlite::MAGIC));
    (is_database && database_of(base, members).is_none()).then_some(base)
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
    let told = |file: &File| contents(parted(&file.shown).1, file);
    let dumps: HashMap<&str, (&str, Told)> =
        members.iter().filter_map(|file| Some((parted(&file.shown).0, (&*file.shown, told(file)?)))).collect();
    let by_name: HashMap<&str, &File> = members.iter().map(|file| (&*file.shown, file)).collect();
    let owner = |file: &File| {
        let (folder, name) = parted(&file.shown);
        let of_dump = dumps.get(folder).filter(|(contents, told)| *contents != &*file.shown && told.has(name));
        let base = || database_of(&file.shown, &by_name);
        of_dump.map(|(contents, _)| *contents).or_else(base).map(Arc::<str>::from)
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
