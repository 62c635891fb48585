//! SQLite database files, read by SQLite itself: read-only, without ever making a side file. A database with a
//! write-ahead log or a hot journal is copied first, since opening it would have to write.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::model::name;
use crate::source::file::File;
use crate::source::{Content, Offer, Reader, Source, Spec, scratch};

mod affinity;
mod script;
mod stored;
mod table;

pub use script::READER as SCRIPT;

pub const READER: Reader = Reader { kind: "sqlite", claims, open };

const MAGIC: &[u8] = b"SQLite format 3\0";

fn claims(file: &File) -> bool {
    file.head.starts_with(MAGIC)
}

/// A database file and the connections to it that are not in use.
pub struct Database {
    path: PathBuf,
    /// Our own copy, which may be opened the usual way.
    is_copy: bool,
    pub shown: Arc<str>,
    idle: Mutex<Vec<Connection>>,
    /// How the file looked when it was opened.
    was: Look,
}

/// What tells that a file is another one now, or was written to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    bytes: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Look {
    fn at(path: &Path) -> Option<Look> {
        let meta = std::fs::metadata(path).ok()?;
        Some(Look { bytes: meta.len(), inode: meta.ino(), changed: (meta.mtime(), meta.mtime_nsec()) })
    }
}

impl Database {
    fn new(file: &Arc<File>, scratch_dir: &Path) -> Result<Database> {
        let (file, _) = scratch::seekable(file, scratch_dir)?;
        let side = |end: &str| {
            let mut name = file.path.as_os_str().to_owned();
            name.push(end);
            std::fs::metadata(PathBuf::from(name)).is_ok_and(|meta| meta.len() > 0)
        };
        // Bytes 18 and 19 are 2 in write-ahead-log mode (SQLite file format, 1.3.3).
        let is_wal = file.head.get(18) == Some(&2) && side("-wal");
        let is_copy = is_wal || side("-journal");
        let original = Look::at(&file.path);
        let path = if is_copy {
            scratch::copy_with(&file.path, &["-wal", "-journal"], scratch_dir)?
        } else {
            file.path.clone()
        };
        let gone = || Error::evidence(format!("cannot read `{}`", file.shown)).detail("it is there no more");
        let was = original.ok_or_else(gone)?;
        let database = Database { path, is_copy, shown: file.shown.clone(), idle: Mutex::default(), was };
        if is_copy && Look::at(&file.path).as_ref() != Some(&database.was) {
            return Err(database.changed());
        }
        Ok(database)
    }

    pub fn bytes(&self) -> u64 {
        self.was.bytes
    }

    /// # Errors
    /// If the file is not what it was when it was opened: what has been read of it may be of two states.
    pub fn unchanged(&self) -> Result<()> {
        if self.is_copy || Look::at(&self.path).as_ref() == Some(&self.was) {
            return Ok(());
        }
        Err(self.changed())
    }

    fn changed(&self) -> Error {
        Error::evidence(format!("`{}` was changed or removed while it was read", self.shown))
            .hint("copy the database to a place where nothing writes to it, and ask the copy")
    }

    /// The database says that newer transactions stand in a write-ahead log, and there is none.
    fn lacks_log(&self) -> bool {
        let mut head = [0; 20];
        let read = std::fs::File::open(&self.path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
        read.is_ok() && head[18] == 2 && !self.is_copy
    }

    /// Runs `work` with a connection of the pool.
    pub fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().map_err(|e| self.failed(&e))?,
        };
        let result = work(&connection).map_err(|e| self.unchanged().err().unwrap_or_else(|| self.failed(&e)));
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
        result
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        if self.is_copy {
            return Connection::open(&self.path);
        }
        let encoded: String = self.path.to_string_lossy().bytes().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02x}"));
            }
            text
        });
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(format!("file:{encoded}?immutable=1&mode=ro"), flags)
    }

    fn failed(&self, cause: &rusqlite::Error) -> Error {
        let error = Error::evidence(format!("cannot read `{}` as a SQLite database", self.shown));
        let is_corrupt = cause.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt);
        let error = error.detail(cause.to_string());
        if !is_corrupt {
            return error;
        }
        error.hint(format!("see what it still holds: sqlite3 {} .recover > recovered.sql", self.shown))
    }
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one SQLite database", spec.name))
            .hint("name each one: a=first.db b=second.db"));
    };
    let database = Arc::new(Database::new(file, &spec.scratch)?);
    let listed: Vec<(String, String, String)> = database.with(|connection| {
        let mut statement = connection.prepare(
            "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view') \
             AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid",
        )?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
    })?;
    let mut source = Source {
        name: spec.name.clone(),
        kind: "sqlite",
        is_database: true,
        tables: Vec::new(),
        notes: Vec::new(),
        lost: Vec::new(),
    };
    if database.lacks_log() {
        source
            .notes
            .push("it is in write-ahead mode and no -wal file is beside it: its newest rows may be missing".into());
    }
    let (mut views, mut virtual_tables) = (Vec::new(), Vec::new());
    for (kind, name, sql) in listed {
        if kind == "view" {
            views.push(name);
        } else if sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("CREATE VIRTUAL")) {
            virtual_tables.push(name);
        } else {
            let (table, notes) = table::SqliteTable::open(database.clone(), &name, spec)?;
            source.tables.push(Offer {
                notes,
                ..Offer::new(name, file.bytes, "sqlite".into(), Content::Scanned(Arc::new(table)))
            });
        }
    }
    source.notes.extend(not_data(views, virtual_tables));
    Ok(source)
}

/// What a database has besides its tables.
fn not_data(views: Vec<String>, virtual_tables: Vec<String>) -> Option<String> {
    let parts = [name::counted("view", views), name::counted("virtual table", virtual_tables)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("not data: {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_written_to_or_replaced_while_it_is_read_is_refused() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("a.db");
        Connection::open(&path).and_then(|made| made.execute_batch("CREATE TABLE t(x)")).expect("made");
        let file = Arc::new(File::open(&path, "a.db").expect("opens"));
        let database = Database::new(&file, place.path()).expect("opens");
        assert!(database.unchanged().is_ok());
        std::fs::write(place.path().join("b.db"), "other").expect("written");
        std::fs::rename(place.path().join("b.db"), &path).expect("replaced");
        let error = database.unchanged().expect_err("another file");
        assert!(error.message.contains("changed or removed"), "{}", error.message);
        std::fs::remove_file(&path).expect("removed");
        assert!(database.with(|connection| connection.execute_batch("SELECT 1")).is_err());
    }
}
