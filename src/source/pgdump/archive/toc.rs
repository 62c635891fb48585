//! The table of contents of an archive: the same bytes at the beginning of a custom archive, in `toc.dat` of a
//! directory and in the member `toc.dat` of a tar (PostgreSQL source, `pg_backup_archiver.c`). No length is believed
//! before its bytes are there.

use std::io::{self, Read};

/// What a text of the table of contents may have at most.
const TEXT_BYTES_MAX: u64 = 256 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Lz4,
    Zstd,
}

impl Compression {
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "not compressed",
            Compression::Gzip => "gzip",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }
}

#[derive(Debug)]
pub struct Toc {
    /// 1.12 is of PostgreSQL 9.0 to 10, 1.16 of 17 and 18.
    pub version: (u8, u8),
    /// The custom format; else a directory or a tar, which say the same.
    pub is_custom: bool,
    /// Of a tar archive, which has a script too.
    pub is_tar: bool,
    pub compression: Compression,
    pub integers: Integers,
    pub database: String,
    pub server: String,
    pub program: String,
    pub entries: Vec<Entry>,
    /// Where data blocks begin in a custom archive.
    pub end: u64,
    /// Why it ends early, if it does.
    pub damage: Option<String>,
}

#[derive(Debug, Default)]
pub struct Entry {
    pub id: i64,
    /// Of the client's encoding, as all texts.
    pub tag: Vec<u8>,
    pub kind: Vec<u8>,
    pub definition: Vec<u8>,
    /// `None` where data are INSERT statements.
    pub copy: Option<Vec<u8>>,
    pub schema: Vec<u8>,
    /// It has data of its own.
    pub has_data: bool,
    /// Of its block in a custom archive, where it is known.
    pub offset: Option<u64>,
    /// Of its data in a directory or tar.
    pub file: Vec<u8>,
}

/// How integers are written: a sign, then this many bytes, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integers {
    pub bytes: u8,
}

impl Integers {
    /// # Errors
    /// If the text ends first.
    pub fn read(self, from: &mut impl Read) -> io::Result<i64> {
        let mut bytes = [0; 33];
        let bytes = &mut bytes[..usize::from(self.bytes) + 1];
        from.read_exact(bytes)?;
        let size = bytes[1..].iter().rev().fold(0_i64, |value, byte| value.wrapping_shl(8) | i64::from(*byte));
        Ok(if bytes[0] == 0 { size } else { size.wrapping_neg() })
    }
}

/// Counts what it hands on.
struct Counting<R> {
    inner: R,
    at: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.at += got as u64;
        Ok(got)
    }
}

struct Reader<R> {
    from: Counting<R>,
    integers: Integers,
    offset_bytes: u8,
}

impl<R: Read> Reader<R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.from.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn int(&mut self) -> io::Result<i64> {
        self.integers.read(&mut self.from)
    }

    fn text(&mut self) -> io::Result<Option<Vec<u8>>> {
        let length = self.int()?;
        let Ok(length) = u64::try_from(length) else { return Ok(None) };
        if length > TEXT_BYTES_MAX {
            return Err(invalid(format!("a text of {length} bytes")));
        }
        let mut text = Vec::new();
        // Grows with what is there, not with what is said.
        if (&mut self.from).take(length).read_to_end(&mut text)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(text))
    }

    fn some_text(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.text()?.unwrap_or_default())
    }

    fn shown_text(&mut self) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&self.some_text()?).into_owned())
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Reads the table of contents. One that breaks off within its entries has those before.
///
/// # Errors
/// If there is none, or of a version that is not read.
pub fn read(from: impl Read) -> io::Result<Toc> {
    let from = Counting { inner: from, at: 0 };
    let mut reader = Reader { from, integers: Integers { bytes: 4 }, offset_bytes: 8 };
    let mut magic = [0; 11];
    reader.from.read_exact(&mut magic)?;
    let [b'P', b'G', b'D', b'M', b'P', major, minor, _, integer_bytes, offset_bytes, format] = magic else {
        return Err(invalid("no archive of pg_dump".into()));
    };
    if major != 1 || !(12..=31).contains(&minor) {
        return Err(invalid(format!(
            "an archive of version {major}.{minor}; read are 1.12 (PostgreSQL 9.0) and later"
        )));
    }
    if !(1..=32).contains(&integer_bytes) || !(1..=32).contains(&offset_bytes) || !matches!(format, 1 | 3 | 5) {
        return Err(invalid("an archive whose header makes no sense".into()));
    }
    reader.integers.bytes = integer_bytes;
    reader.offset_bytes = offset_bytes;
    let compression = if minor >= 15 {
        match reader.byte()? {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Lz4,
            3 => Compression::Zstd,
            other => return Err(invalid(format!("data compressed in a way that is not known (number {other})"))),
        }
    } else if reader.int()? == 0 {
        Compression::None
    } else {
        Compression::Gzip
    };
    for _ in 0..7 {
        // When the dump was made, in local time of a zone that is not said.
        reader.int()?;
    }
    let mut toc = Toc {
        version: (major, minor),
        is_custom: format == 1,
        is_tar: format == 3,
        compression,
        integers: reader.integers,
        database: reader.shown_text()?,
        server: reader.shown_text()?,
        program: reader.shown_text()?,
        entries: Vec::new(),
        end: 0,
        damage: None,
    };
    let count = reader.int()?;
    for number in 0..count {
        match entry(&mut reader, minor, toc.is_custom) {
            Ok(entry) => toc.entries.push(entry),
            Err(cause) => {
                let what =
                    if cause.kind() == io::ErrorKind::UnexpectedEof { "it ends".into() } else { cause.to_string() };
                toc.damage = Some(format!(
                    "damaged at byte {}: the table of contents breaks off in entry {} of {count} ({what}); what follows is lost",
                    reader.from.at,
                    number + 1,
                ));
                break;
            }
        }
    }
    toc.end = reader.from.at;
    Ok(toc)
}

fn entry<R: Read>(reader: &mut Reader<R>, minor: u8, is_custom: bool) -> io::Result<Entry> {
    let mut entry = Entry { id: reader.int()?, has_data: reader.int()? != 0, ..Entry::default() };
    // The object's numbers in the system catalogues.
    reader.text()?;
    reader.text()?;
    entry.tag = reader.some_text()?;
    entry.kind = reader.some_text()?;
    // The section.
    reader.int()?;
    entry.definition = reader.some_text()?;
    // How to drop it.
    reader.text()?;
    entry.copy = reader.text()?.filter(|text| !text.is_empty());
    entry.schema = reader.some_text()?;
    // The tablespace, and later the access method and the kind of relation.
    reader.text()?;
    if minor >= 14 {
        reader.text()?;
    }
    if minor >= 16 {
        reader.int()?;
    }
    // The owner, and whether rows have oids.
    reader.text()?;
    reader.text()?;
    while reader.text()?.is_some() {}
    if is_custom {
        const KNOWN: u8 = 2;
        const NO_DATA: u8 = 3;
        let flag = reader.byte()?;
        let mut bytes = [0; 32];
        let bytes = &mut bytes[..usize::from(reader.offset_bytes)];
        reader.from.read_exact(bytes)?;
        let offset = bytes.iter().rev().fold(0_u64, |value, byte| value.wrapping_shl(8) | u64::from(*byte));
        entry.offset = (flag == KNOWN).then_some(offset);
        entry.has_data &= flag != NO_DATA;
    } else {
        entry.file = reader.some_text()?;
        entry.has_data &= !entry.file.is_empty();
    }
    Ok(entry)
}
