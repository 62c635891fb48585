//! One file of evidence: how it is packed and encoded, told by its first bytes, and its bytes as UTF-8 text.
//! Opens read-only and never writes. Plain UTF-8 files can be read at any position, all others only as a stream.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::transcode::{Encoding, Transcoder};

/// Files are divided into pieces of this size, each read by one thread at a time. Tests have small ones, so that a
/// few lines are divided everywhere.
pub const SPLIT_BYTES: u64 = if cfg!(test) { 64 } else { 4 << 20 };
/// No record may be longer; what is longer is cut and counted.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    /// As the user would type it; origins show it.
    pub shown: Arc<str>,
    pub bytes: u64,
    /// UTC microseconds of its last change.
    pub modified: i64,
    pub packing: Packing,
    pub encoding: Encoding,
    /// The first bytes, unpacked and as UTF-8, up to 64 KiB.
    pub head: Vec<u8>,
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
        let mut magic = [0; 4];
        let raw = fs::File::open(path).map_err(|e| failed(&e))?;
        let length = read_full(&mut (&raw), &mut magic).map_err(|e| failed(&e))?;
        let packing = match &magic[..length] {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
            _ => Packing::Plain,
        };
        let mut file = File {
            path: path.to_path_buf(),
            shown: shown.into(),
            bytes: meta.len(),
            modified: modified.map_or(0, |at| i64::try_from(at.as_micros()).unwrap_or(0)),
            packing,
            encoding: Encoding::Utf8,
            head: Vec::new(),
            damage: None,
            lines_before: OnceLock::new(),
        };
        let mut raw_head = Vec::new();
        file.sample(&mut raw_head)?;
        file.encoding = Encoding::of(&raw_head);
        if file.encoding.is_utf8() {
            file.head = raw_head;
        } else {
            let mut head = Vec::new();
            file.sample(&mut head)?;
            file.head = head;
        }
        Ok(file)
    }

    fn sample(&mut self, head: &mut Vec<u8>) -> Result<()> {
        let stream = self.stream(None)?;
        if let Err(cause) = stream.take(64 << 10).read_to_end(head) {
            self.damage = Some(damage(&cause));
        }
        Ok(())
    }

    /// Whether any part can be read by its position.
    pub fn is_seekable(&self) -> bool {
        self.packing == Packing::Plain && self.encoding.is_utf8()
    }

    /// The whole text from its beginning, unpacked, as UTF-8, without a byte-order mark. Bytes read from disk
    /// are added to `coverage` for progress.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn stream(&self, coverage: Option<Arc<Coverage>>) -> Result<Box<dyn Read + Send>> {
        let raw = fs::File::open(&self.path).map_err(|e| Error::file(&self.shown, &e))?;
        let counted = Counted { inner: io::BufReader::with_capacity(256 << 10, raw), coverage: coverage.clone() };
        let unpacked: Box<dyn Read + Send> = match self.packing {
            Packing::Plain => Box::new(counted),
            Packing::Gzip => {
                Box::new(flate2::bufread::MultiGzDecoder::new(io::BufReader::with_capacity(256 << 10, counted)))
            }
            Packing::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::new(counted).map_err(|e| Error::file(&self.shown, &e))?;
                decoder.window_log_max(31).map_err(|e| Error::file(&self.shown, &e))?;
                Box::new(decoder)
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
    pub fn positioned(&self) -> Result<fs::File> {
        fs::File::open(&self.path).map_err(|e| Error::file(&self.shown, &e))
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
        let mut buffer = vec![0; 256 << 10];
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

    fn count_lines(&self, handle: &fs::File) -> Result<Vec<u64>> {
        let mut counts = vec![0];
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

/// Reads until the buffer is full or the file ends.
///
/// # Errors
/// What the system says.
pub fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(filled)
}

/// Reads at a position until the buffer is full or the file ends.
///
/// # Errors
/// What the system says.
pub fn read_full_at(file: &fs::File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
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

/// What a decoder's failure means for the evidence.
pub fn damage(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed file ends before its data do; what follows is lost".into(),
        _ => format!("the compressed data are damaged ({cause}); what follows is lost"),
    }
}
