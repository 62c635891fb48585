//! SQLite database files, read by SQLite itself: read-only, without ever making a side file. A database with a
//! write-ahead log or a hot journal is copied first, since opening it would have to write.

use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::model::name;
use crate::source::file::File;
use crate::source::scratch::with_end;
use crate::source::{Content, Offer, Reader, Source, Spec, scratch};

mod affinity;
mod cursor;
mod script;
mod stored;
mod table;
mod wal;

pub use script::READER as SCRIPT;

pub const READER: Reader = Reader { kind: "sqlite", claims, open };

pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// What newer or older rows of a database stand in, beside it.
const LOGS: &[&str] = &["-wal", "-journal"];

fn claims(file: &File) -> bool {
    file.head().starts_with(MAGIC)
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
    /// What of it is missing as a whole.
    lost: Vec<String>,
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
        let (plain, broken) = scratch::on_disk(file, LOGS, scratch_dir)?;
        let is_unpacked = !Arc::ptr_eq(&plain, file);
        let file = plain;
        // The files beside it are beside what a link leads to.
        let real = std::fs::canonicalize(&file.path).map_err(|e| Error::file(&file.shown, &e))?;
        let side = |end: &str| std::fs::metadata(with_end(&real, end)).is_ok_and(|meta| meta.len() > 0);
        // Bytes 18 and 19 are 2 in write-ahead-log mode (SQLite file format, 1.3.3).
        let is_wal = file.head().get(18) == Some(&2) && side("-wal");
        let lacks = lacking(&file);
        let is_copy = is_wal || side("-journal") || lacks.is_some();
        let original = Look::at(&real);
        let is_copied = is_copy && !is_unpacked;
        let path = if is_copied { scratch::copy_with(&real, LOGS, scratch_dir)? } else { real.clone() };
        if let Some((pages, _)) = lacks.filter(|_| !is_wal) {
            // SQLite reads nothing of a database that has fewer pages than it says; so the copy says how many.
            let mut patched =
                std::fs::OpenOptions::new().write(true).open(&path).map_err(|e| Error::file(&file.shown, &e))?;
            let patch = patched.seek(SeekFrom::Start(28)).and_then(|_| patched.write_all(&pages.to_be_bytes()));
            patch.map_err(|e| Error::file(&file.shown, &e))?;
        }
        let cut = lacks.map(|(pages, said)| {
            format!(
                "damaged at byte {}: the file ends after {pages} of {said} pages; what was in the others is lost",
                file.bytes
            )
        });
        let gone = || Error::evidence(format!("cannot read `{}`", file.shown)).detail("it is there no more");
        let was = original.ok_or_else(gone)?;
        let log = is_wal.then(|| wal::damage(&with_end(&path, "-wal"))).flatten();
        let lost = broken.into_iter().chain(cut).chain(log).collect();
        let database = Database { path, is_copy, shown: file.shown.clone(), idle: Mutex::default(), was, lost };
        if is_copied && Look::at(&real).as_ref() != Some(&database.was) {
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
        let connection = self.open()?;
        // A table whose declaration or root page is broken hides no other; nothing is written by it.
        connection.execute_batch("PRAGMA writable_schema = ON")?;
        Ok(connection)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
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
        error.hint(
            "copy it, with its -wal and -journal if there are any, and see what the copy holds: sqlite3 COPY .recover",
        )
    }
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one SQLite database", spec.name))
            .hint("name each one: a=first.db b=second.db"));
    };
    let database = Arc::new(Database::new(file, &spec.scratch)?);
    let (listed, broken) = database.with(listed)?;
    let mut source = Source {
        name: spec.name.clone(),
        kind: "sqlite",
        is_database: true,
        tables: Vec::new(),
        notes: Vec::new(),
        lost: database.lost.iter().cloned().chain(broken).collect(),
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
            // One table that cannot be opened hides no other.
            let (table, notes) = match table::SqliteTable::open(database.clone(), &name, spec) {
                Ok(opened) => opened,
                Err(error) => {
                    let why = error.detail.unwrap_or(error.message);
                    source.lost.push(format!("damaged: table `{name}` cannot be read ({why})"));
                    continue;
                }
            };
            source.tables.push(Offer {
                notes,
                shares_bytes: true,
                ..Offer::new(name, file.bytes, "sqlite".into(), Content::Scanned(Arc::new(table)))
            });
        }
    }
    source.notes.extend(not_data(views, virtual_tables));
    if source.tables.is_empty() && source.lost.is_empty() {
        return Err(Error::evidence(format!("`{}` is a SQLite database without tables", file.shown)));
    }
    Ok(source)
}

/// A table or view: which of both, its name, and its declaration.
type Declared = (String, String, String);

/// What the schema lists, as far as it can be read, and why no further.
fn listed(connection: &Connection) -> rusqlite::Result<(Vec<Declared>, Option<String>)> {
    let mut statement = connection.prepare(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view') \
         AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid",
    )?;
    let mut rows = statement.query([])?;
    let mut listed = Vec::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => listed.push((row.get(0)?, row.get(1)?, row.get(2)?)),
            Ok(None) => return Ok((listed, None)),
            Err(cause) if listed.is_empty() => return Err(cause),
            Err(cause) => {
                return Ok((
                    listed,
                    Some(format!("damaged: its list of tables breaks off ({cause}); others are lost")),
                ));
            }
        }
    }
}

/// How many whole pages a file has, and how many it says, if these are more (SQLite file format, 1.3).
fn lacking(file: &File) -> Option<(u32, u32)> {
    let number = |at: usize, length: usize| {
        file.head()
            .get(at..at + length)
            .map(|bytes| bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)))
    };
    let size = match number(16, 2)? {
        1 => 65_536,
        size => size,
    };
    let said = number(28, 4)?;
    let pages = u32::try_from(file.bytes / u64::from(size.max(512))).unwrap_or(u32::MAX);
    // The count is that of this version only where the change counter was written with it.
    (pages < said && pages > 0 && number(24, 4) == number(92, 4)).then_some((pages, said))
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
