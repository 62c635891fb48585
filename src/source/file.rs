//! One file of evidence: how it is packed and encoded, told by its first bytes, and its bytes as UTF-8 text.
//! Opens read-only and never writes. Plain UTF-8 files can be read at any position, all others only as a stream.
//! A part of a file, such as a member of an archive, is a file too.

use std::fmt::Debug;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::model::printable::one_line;
use crate::source::packing::{Packing, gzip_time};
use crate::source::transcode::{Encoding, Transcoder};

/// Files are divided into pieces of this size, each read by one thread at a time. Tests have small ones, so that a
/// few lines are divided everywhere.
pub const SPLIT_BYTES: u64 = if cfg!(any(test, fuzzing)) { 64 } else { 4 << 20 };
/// What a file is told by.
const HEAD_BYTES: u64 = 64 << 10;
/// Of no more files are their first bytes kept: those of 100,000 would be 6 GiB.
const HEADS_KEPT: usize = 512;
pub use crate::model::scan::RECORD_BYTES_MAX;

/// Text that lies inside of other evidence in a way of its own, such as the chunks of an archive.
pub trait Inside: Send + Sync + Debug {
    /// The whole of it, from its beginning.
    ///
    /// # Errors
    /// If the evidence cannot be opened; what breaks later is an error of the stream.
    fn stream(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// One file, whatever its names are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Device and inode.
    OnDisk(u64, u64),
    /// Of an archive, by its name there: where it is unpacked to is another place each time.
    Member(Arc<str>),
}

#[derive(Debug, Clone)]
pub struct File {
    pub path: PathBuf,
    /// Where it lies in the file on disk, if it is a part of one.
    extent: Option<Range<u64>>,
    inside: Option<Arc<dyn Inside>>,
    /// Of a member of an archive: others that are read with it.
    pub beside: Vec<Arc<File>>,
    /// As the user would type it, on one line; origins show it.
    pub shown: Arc<str>,
    pub bytes: u64,
    /// UTC microseconds of its last change.
    pub modified: i64,
    pub packing: Packing,
    pub encoding: Encoding,
    head: Option<Arc<[u8]>>,
    /// Why the head ended early, if the file is broken there.
    pub damage: Option<String>,
    lines_before: OnceLock<Vec<u64>>,
}

impl File {
    /// # Errors
    /// If the file cannot be opened or is no regular file.
    pub fn open(path: &Path, shown: &str) -> Result<File> {
        let failed = |cause: &io::Error| Error::file(shown, cause);
        let meta = fs::metadata(path).map_err(|e| failed(&e))?;
        if !meta.is_file() {
            return Err(Error::evidence(format!("cannot read `{shown}`")).detail("not a regular file"));
        }
        let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let mut file = File {
            path: path.to_path_buf(),
            extent: None,
            inside: None,
            beside: Vec::new(),
            shown: one_line(shown).into(),
            bytes: meta.len(),
            modified: modified.map_or(0, |at| i64::try_from(at.as_micros()).unwrap_or(0)),
            packing: Packing::Plain,
            encoding: Encoding::Utf8,
            head: None,
            damage: None,
            lines_before: OnceLock::new(),
        };
        let magic = file.magic().map_err(|e| failed(&e))?;
        file.packing = Packing::of(&magic);
        if let Some(packed) = gzip_time(&magic) {
            file.modified = file.modified.min(packed);
        }
        file.sampled()
    }

    /// With its first bytes looked at.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn sampled(mut self) -> Result<File> {
        let mut raw_head = Vec::new();
        self.sample(&mut raw_head)?;
        if self.inside.is_none() && self.packing != Packing::Plain && Packing::of(&raw_head) != Packing::Plain {
            return Err(Error::evidence(format!("`{}` is packed twice", self.shown)).hint("unpack it once"));
        }
        if self.inside.is_some() && Packing::of(&raw_head) != Packing::Plain {
            // A packed file in a packed archive.
            self.packing = Packing::of(&raw_head);
            raw_head.clear();
            self.sample(&mut raw_head)?;
        }
        self.encoding = Encoding::of(&raw_head);
        if !self.encoding.is_utf8() {
            raw_head.clear();
            self.sample(&mut raw_head)?;
        }
        self.head = Some(raw_head.into());
        Ok(self)
    }

    /// The first bytes, unpacked and as UTF-8, up to 64 KiB. Of one among very many files they are not kept, but read
    /// again; what is broken in them was said when the file was opened.
    pub fn head(&self) -> Arc<[u8]> {
        if let Some(head) = &self.head {
            return head.clone();
        }
        let mut head = Vec::new();
        if let Ok(stream) = self.stream(None) {
            stream.take(HEAD_BYTES).read_to_end(&mut head).ok();
        }
        head.into()
    }

    /// The same file, with its first bytes at hand for all who ask for them.
    pub fn with_head(&self) -> File {
        File { head: Some(self.head()), ..self.clone() }
    }

    /// The file as one of so many: of the first few hundred their first bytes are kept.
    pub fn among(self, others: usize) -> File {
        if others < HEADS_KEPT { self } else { File { head: None, ..self } }
    }

    /// The same bytes, whatever encoding they seem to be in.
    pub fn undecoded(&self) -> File {
        File { encoding: Encoding::Utf8, lines_before: OnceLock::new(), ..self.clone() }
    }

    /// A part of a whole file, which may be packed itself: a member of an archive.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn part(&self, range: Range<u64>, shown: &str) -> Result<File> {
        // Of a part of a file, a part of the whole.
        let before = self.extent.as_ref().map_or(0, |extent| extent.start);
        let mut part = File {
            bytes: range.end - range.start,
            extent: Some(before + range.start..before + range.end),
            shown: one_line(shown).into(),
            head: None,
            damage: None,
            beside: Vec::new(),
            ..self.undecoded()
        };
        part.packing = Packing::of(&part.magic().map_err(|e| Error::file(shown, &e))?);
        Ok(part)
    }

    /// Text that lies inside of this file, `bytes` of it on disk.
    pub fn inside(&self, inside: Arc<dyn Inside>, bytes: u64, shown: &str) -> File {
        File {
            inside: Some(inside),
            bytes,
            packing: Packing::Plain,
            shown: one_line(shown).into(),
            head: None,
            damage: None,
            beside: Vec::new(),
            ..self.undecoded()
        }
    }

    /// The first ten bytes.
    fn magic(&self) -> io::Result<Vec<u8>> {
        let mut magic = vec![0; 10];
        let handle = Handle { file: fs::File::open(&self.path)?, extent: self.extent.clone() };
        let length = read_full_at(&handle, &mut magic, 0)?;
        magic.truncate(length);
        Ok(magic)
    }

    fn sample(&mut self, head: &mut Vec<u8>) -> Result<()> {
        let stream = self.stream(None)?;
        if let Err(cause) = stream.take(HEAD_BYTES).read_to_end(head) {
            self.damage = Some(damage(&cause));
        }
        Ok(())
    }

    /// Whether any part can be read by its position.
    pub fn is_seekable(&self) -> bool {
        self.packing == Packing::Plain && self.encoding.is_utf8() && self.inside.is_none()
    }

    /// Whether it is a part of a file on disk: what is beside that is not beside it.
    pub fn is_member(&self) -> bool {
        self.extent.is_some() || self.inside.is_some()
    }

    /// What tells it from all others; `None` if it is gone.
    pub fn identity(&self) -> Option<Identity> {
        if self.is_member() {
            return Some(Identity::Member(self.shown.clone()));
        }
        fs::metadata(&self.path).ok().map(|meta| Identity::OnDisk(meta.dev(), meta.ino()))
    }

    /// Whether its own bytes are those that its path leads to.
    pub fn is_on_disk(&self) -> bool {
        self.packing == Packing::Plain && !self.is_member()
    }

    /// The whole text from its beginning, unpacked, as UTF-8, without a byte-order mark. Bytes read from disk
    /// are added to `coverage` for progress.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn stream(&self, coverage: Option<Arc<Coverage>>) -> Result<Box<dyn Read + Send>> {
        let failed = |e: io::Error| Error::file(&self.shown, &e);
        let unpacked: Box<dyn Read + Send> = match &self.inside {
            Some(inside) if self.packing == Packing::Plain => inside.stream().map_err(failed)?,
            Some(inside) => self.packing.unpacked(inside.stream().map_err(failed)?).map_err(failed)?,
            None => {
                let inner = Span { handle: self.positioned()?, at: 0 };
                self.packing.unpacked(Counted { inner, coverage: coverage.clone() }).map_err(failed)?
            }
        };
        if self.encoding.is_utf8() {
            return Ok(unpacked);
        }
        let shown = self.shown.clone();
        let on_broken = move || coverage.iter().for_each(|coverage| coverage.replaced(&shown));
        Ok(Box::new(Transcoder::new(unpacked, self.encoding, Box::new(on_broken))))
    }

    /// Positioned reads of a plain file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn positioned(&self) -> Result<Handle> {
        let file = fs::File::open(&self.path).map_err(|e| Error::file(&self.shown, &e))?;
        Ok(Handle { file, extent: self.extent.clone() })
    }

    /// How many line ends a plain file has before `offset`. Counted once for the whole file, in steps.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn lines_before(&self, offset: u64) -> Result<u64> {
        let handle = self.positioned()?;
        let counts = match self.lines_before.get() {
            Some(counts) => counts,
            None => {
                let counts = self.count_lines(&handle)?;
                self.lines_before.get_or_init(|| counts)
            }
        };
        let step = (offset / SPLIT_BYTES).min(counts.len() as u64 - 1);
        let mut count = counts[step as usize];
        let mut at = step * SPLIT_BYTES;
        let mut buffer = vec![0; (offset - at).min(256 << 10) as usize];
        while at < offset {
            let wanted = buffer.len().min((offset - at) as usize);
            let got = handle.read_at(&mut buffer[..wanted], at).map_err(|e| Error::file(&self.shown, &e))?;
            if got == 0 {
                break;
            }
            count += memchr::memchr_iter(b'\n', &buffer[..got]).count() as u64;
            at += got as u64;
        }
        Ok(count)
    }

    fn count_lines(&self, handle: &Handle) -> Result<Vec<u64>> {
        let mut counts = vec![0];
        // The last, unfinished step is not counted; of most files it is the only one.
        if self.bytes < SPLIT_BYTES {
            return Ok(counts);
        }
        let mut buffer = vec![0; SPLIT_BYTES as usize];
        let mut total = 0;
        let mut at = 0;
        loop {
            let got = read_full_at(handle, &mut buffer, at).map_err(|e| Error::file(&self.shown, &e))?;
            if got < buffer.len() {
                return Ok(counts);
            }
            total += memchr::memchr_iter(b'\n', &buffer).count() as u64;
            counts.push(total);
            at += got as u64;
        }
    }
}

/// A file, or a part of one, opened for reading at any place.
#[derive(Debug)]
pub struct Handle {
    file: fs::File,
    extent: Option<Range<u64>>,
}

impl Handle {
    /// # Errors
    /// What the system says.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(extent) = &self.extent else { return self.file.read_at(buffer, offset) };
        let at = extent.start.saturating_add(offset);
        let left = usize::try_from(extent.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        self.file.read_at(&mut buffer[..length], at)
    }
}

/// A handle read from its beginning to its end.
struct Span {
    handle: Handle,
    at: u64,
}

impl Read for Span {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.handle.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

struct Counted<R> {
    inner: R,
    coverage: Option<Arc<Coverage>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        if let Some(coverage) = &self.coverage {
            coverage.read(got as u64);
        }
        Ok(got)
    }
}

/// Reads until the buffer is full, the text ends or breaks: how much was read, and why it broke.
pub fn read_until_broken(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return (filled, Some(cause)),
        }
    }
    (filled, None)
}

/// Reads until the buffer is full or the text ends.
///
/// # Errors
/// What the system says.
pub fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    match read_until_broken(reader, buffer) {
        (got, None) => Ok(got),
        (_, Some(cause)) => Err(cause),
    }
}

/// Reads at a position until the buffer is full or the file ends.
///
/// # Errors
/// What the system says.
pub fn read_full_at(file: &Handle, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(filled)
}

/// Text that is whole by its own bytes and yet lacks its end.
#[derive(Debug)]
pub struct EndsEarly(&'static str);

impl EndsEarly {
    pub fn error(why: &'static str) -> io::Error {
        io::Error::other(EndsEarly(why))
    }
}

impl std::fmt::Display for EndsEarly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for EndsEarly {}

/// What was unpacked whole and is not what was packed.
#[derive(Debug)]
pub struct OtherSum;

impl OtherSum {
    pub fn error() -> io::Error {
        io::Error::other(OtherSum)
    }
}

impl std::fmt::Display for OtherSum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("its checksum is another than the archive says: any value of it may be wrong")
    }
}

impl std::error::Error for OtherSum {}

/// What a decoder's failure means for the evidence.
pub fn damage(cause: &io::Error) -> String {
    if let Some(other) = cause.get_ref().and_then(|inner| inner.downcast_ref::<OtherSum>()) {
        return other.to_string();
    }
    if let Some(early) = cause.get_ref().and_then(|inner| inner.downcast_ref::<EndsEarly>()) {
        return format!("{early}; what follows is lost");
    }
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed file ends before its data do; what follows is lost".into(),
        _ => format!("the compressed data are damaged ({cause}); what follows is lost"),
    }
}
