//! Archives of pg_dump: the custom format in one file, directories, and tars. Their table of contents is read whole,
//! data are found by it and read where they lie. Nothing of them is run, and no path of them is followed.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::file::{File, Inside};
use crate::source::{scratch, together};
use payload::Payload;
use toc::{Entry, Toc};

mod custom;
mod payload;
pub mod tar;
pub mod toc;

pub use payload::ended_body;

pub struct Archive {
    pub toc: Toc,
    /// `custom 1.14, gzip`
    pub format: String,
    /// What is broken as a whole.
    pub damage: Vec<String>,
    store: Store,
}

enum Store {
    Custom {
        file: Arc<File>,
        blocks: custom::Blocks,
    },
    Directory {
        folder: PathBuf,
        shown: String,
    },
    /// A directory within a bundle.
    Members {
        files: Vec<Arc<File>>,
        shown: String,
    },
    Tar {
        file: Arc<File>,
        members: tar::Members,
    },
}

/// What a table of contents tells of the files beside it.
pub enum Told {
    /// It cannot be read, or not to its end: those that pg_dump calls so are taken for its own.
    Unknown,
    Known {
        /// Of its entries.
        names: HashSet<Vec<u8>>,
        /// Large objects have files that no entry names.
        has_blobs: bool,
        has_script: bool,
    },
}

impl Told {
    fn of(toc: &Toc) -> Told {
        if toc.damage.is_some() {
            return Told::Unknown;
        }
        Told::Known {
            names: toc.entries.iter().map(|entry| entry.file.clone()).filter(|name| !name.is_empty()).collect(),
            has_blobs: !toc.is_custom && toc.entries.iter().any(|entry| entry.kind.starts_with(b"BLOB")),
            has_script: toc.is_tar,
        }
    }

    /// Whether a file is one of the dump's by its name.
    pub fn has(&self, name: &str) -> bool {
        let Told::Known { names, has_blobs, has_script } = self else { return together::is_of_dump(name) };
        let plain = ENDINGS[1..].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        names.contains(plain.as_bytes())
            || *has_blobs && plain.starts_with("blob") && together::is_of_dump(name)
            || *has_script && plain == "restore.sql"
    }
}

/// What a table of contents tells of the files beside it.
pub fn told(file: &File) -> Told {
    let toc = file.stream(None).ok().and_then(|stream| toc::read(io::BufReader::new(stream)).ok());
    toc.map_or(Told::Unknown, |toc| Told::of(&toc))
}

/// Of the files of a dump, by how they are packed.
const ENDINGS: [&str; 4] = ["", ".gz", ".lz4", ".zst"];

/// An archive's first bytes, or those of a `toc.dat`.
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PGDMP")
}

/// Whether a file is a tar archive of one dump alone.
pub fn is_tar_of_dump(file: &File) -> bool {
    tar::is_tar(&file.head()) && tar::is_of_dump(file)
}

/// # Errors
/// If the table of contents cannot be read.
pub fn open(file: &Arc<File>, scratch_dir: &std::path::Path) -> Result<Archive> {
    let mut damage = Vec::new();
    let unreadable = |cause: &io::Error| {
        let why = match cause.kind() {
            io::ErrorKind::UnexpectedEof => "it ends within its table of contents".to_string(),
            _ => cause.to_string(),
        };
        Error::evidence(format!("cannot read `{}` as an archive of pg_dump", file.shown)).detail(why)
    };
    let read_toc = |from: &File| toc::read(io::BufReader::new(from.stream(None)?)).map_err(|e| unreadable(&e));
    let (kind, toc, store) = if tar::is_tar(&file.head()) {
        let (plain, broken) = scratch::seekable(file, scratch_dir)?;
        damage.extend(broken);
        let members = tar::members(&plain)?;
        let Some(range) = members.by_name.get(&b"toc.dat"[..]) else {
            return Err(unreadable(&io::Error::other("the tar archive has no member `toc.dat`")));
        };
        let toc = read_toc(&plain.part(range.clone(), &format!("{}#toc.dat", file.shown))?)?;
        damage.extend(members.damage.clone());
        damage.extend(members.others(&Told::of(&toc)));
        ("tar", toc, Store::Tar { file: plain, members })
    } else {
        let toc = read_toc(file)?;
        if toc.is_custom {
            let (plain, broken) = scratch::seekable(file, scratch_dir)?;
            damage.extend(broken);
            let blocks = blocks(&plain, &toc)?;
            damage.extend(blocks.damage.clone());
            damage.extend(disagreement(&plain, &toc, &blocks));
            ("custom", toc, Store::Custom { file: plain, blocks })
        } else {
            let folder = file.path.parent().map(PathBuf::from).unwrap_or_default();
            let shown = file.shown.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let store = match file.is_member() {
                true => Store::Members { files: file.beside.clone(), shown },
                false => Store::Directory { folder, shown },
            };
            ("directory", toc, store)
        }
    };
    damage.extend(toc.damage.clone());
    let format = format!("pg_dump {kind} {}.{}, {}", toc.version.0, toc.version.1, toc.compression.name());
    Ok(Archive { toc, format, damage, store })
}

/// What of a custom archive's data the table of contents does not know.
fn disagreement(file: &File, toc: &Toc, blocks: &custom::Blocks) -> Option<String> {
    if toc.damage.is_some() {
        return None;
    }
    let has_blobs = toc.entries.iter().any(|entry| entry.kind == b"BLOBS");
    let first = toc.entries.iter().filter_map(|entry| entry.offset).filter(|offset| *offset > 0).min();
    if first.is_some_and(|first| first != toc.end)
        || (first.is_none() && blocks.data.is_empty() && !has_blobs && toc.end < file.bytes)
    {
        return Some(format!("damaged at byte {}: the table of contents does not end where the data begin", toc.end));
    }
    let owned = |id: &&i64| toc.entries.iter().any(|entry| entry.id == **id);
    let strange = blocks.data.keys().filter(|id| !owned(id)).count();
    (strange > 0).then(|| format!("damaged: {strange} blocks of data belong to no entry of the table of contents"))
}

/// Where the blocks are: as the table of contents says, or found by walking where it does not know or is wrong.
fn blocks(file: &File, toc: &Toc) -> Result<custom::Blocks> {
    let entries: Vec<&Entry> = toc.entries.iter().filter(|entry| entry.has_data && is_rows(entry)).collect();
    let mut offsets: Vec<u64> = toc.entries.iter().filter_map(|entry| entry.offset).collect();
    offsets.sort_unstable();
    let handle = file.positioned()?;
    let mut blocks = custom::Blocks::default();
    for entry in entries {
        let Some(offset) = entry.offset.filter(|offset| custom::begins(&handle, *offset, entry.id, toc.integers))
        else {
            return custom::walk(file, toc.end, toc.integers);
        };
        let next = offsets.get(offsets.partition_point(|other| *other <= offset)).copied().unwrap_or(file.bytes);
        blocks.data.insert(entry.id, custom::Block { offset, bytes: next.saturating_sub(offset) });
    }
    Ok(blocks)
}

/// Whether an entry's data are rows of a table.
pub fn is_rows(entry: &Entry) -> bool {
    entry.kind == b"TABLE DATA"
}

impl Archive {
    /// The text of an entry's data; `shown` is what origins call it.
    ///
    /// # Errors
    /// Why it cannot be read: rows are missing then.
    pub fn data(&self, entry: &Entry, shown: &str) -> std::result::Result<Arc<File>, String> {
        let is_copy = entry.copy.is_some();
        match &self.store {
            Store::Custom { file, blocks } => {
                let Some(block) = blocks.data.get(&entry.id).copied() else {
                    return Err("its data are not in the archive".into());
                };
                let data = custom::Data {
                    archive: file.clone(),
                    block,
                    integers: self.toc.integers,
                    compression: self.toc.compression,
                };
                let data: Arc<dyn Inside> = Arc::new(data);
                let inside: Arc<dyn Inside> = if is_copy { Arc::new(Payload::Inside(data)) } else { data };
                Ok(Arc::new(file.inside(inside, block.bytes, shown)))
            }
            Store::Directory { folder, shown: base } => {
                let Some(name) = plain_name(&entry.file) else { return Err("its file's name leads elsewhere".into()) };
                let Some(name) =
                    ENDINGS.iter().map(|end| format!("{name}{end}")).find(|name| is_own(&folder.join(name)))
                else {
                    return Err(format!("its file `{base}{name}` is missing"));
                };
                let file = File::open(&folder.join(&name), &format!("{base}{name}"))
                    .map_err(|e| e.detail.map_or(e.message.clone(), |detail| format!("{}: {detail}", e.message)))?;
                Ok(payload(Arc::new(file.undecoded()), is_copy))
            }
            Store::Members { files, shown: base } => {
                let Some(name) = plain_name(&entry.file) else { return Err("its file's name leads elsewhere".into()) };
                let names = ENDINGS.map(|end| format!("{base}{name}{end}"));
                let Some(file) = names.iter().find_map(|name| files.iter().find(|file| *file.shown == **name)) else {
                    return Err(format!("its file `{base}{name}` is missing"));
                };
                Ok(payload(Arc::new(file.undecoded()), is_copy))
            }
            Store::Tar { file, members } => {
                let Some(name) = plain_name(&entry.file) else {
                    return Err("its member's name leads elsewhere".into());
                };
                let range = ENDINGS.iter().find_map(|end| members.by_name.get(format!("{name}{end}").as_bytes()));
                let Some(range) = range else { return Err(format!("its member `{name}` is missing")) };
                let part = file.part(range.clone(), shown).map_err(|e| e.message)?;
                Ok(payload(Arc::new(part), is_copy))
            }
        }
    }

    /// What made it, and of what.
    pub fn described(&self) -> String {
        let Toc { database, server, program, .. } = &self.toc;
        format!("database `{database}` of PostgreSQL {server}, by pg_dump {program}")
    }
}

/// Compressed data as a stream that ends with its rows; plain data as they are.
fn payload(file: Arc<File>, is_copy: bool) -> Arc<File> {
    if file.is_seekable() || !is_copy {
        return file;
    }
    let (bytes, shown) = (file.bytes, file.shown.clone());
    Arc::new(file.inside(Arc::new(Payload::File(file.clone())), bytes, &shown))
}

/// A file, and no link to one that may lie elsewhere.
fn is_own(path: &std::path::Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}

/// A name that stays in its folder.
fn plain_name(name: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    let is_plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && !name.starts_with('.');
    is_plain.then_some(name)
}
