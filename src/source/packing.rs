//! How files are packed, told by their first bytes, and what unpacks them.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
    Lz4,
    Bzip2,
    Xz,
}

impl Packing {
    /// Told by the first ten bytes, whatever follows them.
    pub fn of(magic: &[u8]) -> Packing {
        match magic {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            // A frame to be skipped, as pzstd writes before others: those behind it may be of either.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
            // The second is that of `lz4 -l`.
            [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => Packing::Lz4,
            // A text may begin with `BZh`; the digits of pi that begin a block behind it, or those of its square root
            // that end an empty stream, are no text.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Packing::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            _ => Packing::Plain,
        }
    }

    /// # Errors
    /// If there is no decoder for it.
    pub fn unpacked(self, packed: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        const BUFFERED: usize = 256 << 10;
        let mut packed = packed;
        let mut begin = Vec::new();
        if self == Packing::Zstd {
            begin = past_skipped(&mut packed)?;
        }
        let packing = if begin.is_empty() { self } else { Packing::of(&begin) };
        let buffered = || io::BufReader::with_capacity(BUFFERED, io::Cursor::new(begin).chain(packed));
        Ok(match packing {
            Packing::Plain => Box::new(buffered()),
            Packing::Gzip => Steady::of(flate2::bufread::MultiGzDecoder::new(buffered())),
            Packing::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered())?;
                decoder.window_log_max(31)?;
                Steady::of(decoder)
            }
            Packing::Lz4 => Steady::of(Frames(Some(FrameDecoder::new(buffered())))),
            Packing::Bzip2 => Steady::of(bzip2::bufread::MultiBzDecoder::new(buffered())),
            Packing::Xz => Steady::of(lzma_rust2::XzReader::new(buffered(), true)),
        })
    }
}

/// Reads over frames that are to be skipped (RFC 8878, 3.1.2). Returns the first bytes of the one behind them.
fn past_skipped(packed: &mut impl Read) -> io::Result<Vec<u8>> {
    loop {
        let mut head = Vec::new();
        packed.by_ref().take(8).read_to_end(&mut head)?;
        let [0x50..=0x5f, 0x2a, 0x4d, 0x18, length @ ..] = head.as_slice() else { return Ok(head) };
        let Ok(length) = <[u8; 4]>::try_from(length) else { return Ok(head) };
        io::copy(&mut packed.by_ref().take(u32::from_le_bytes(length).into()), &mut io::sink())?;
    }
}

/// A decoder that is read in steps of one size, whoever reads it. What it has decoded in the step that breaks is lost,
/// so that the size of a step must not depend on the reader: the rows before a break are the same. A small step loses
/// less, and makes decoders of gzip slow: 16 KiB by half, 256 KiB by nothing.
pub struct Steady<R> {
    decoder: R,
    step: Box<[u8]>,
    at: usize,
    end: usize,
}

impl<R: Read + Send + 'static> Steady<R> {
    const STEP: usize = if cfg!(any(test, fuzzing)) { 4 << 10 } else { 256 << 10 };

    pub fn of(decoder: R) -> Box<dyn Read + Send> {
        Box::new(Steady { decoder, step: vec![0; Self::STEP].into(), at: 0, end: 0 })
    }
}

impl<R: Read> Read for Steady<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            self.end = self.decoder.read(&mut self.step)?;
        }
        let length = buffer.len().min(self.end - self.at);
        buffer[..length].copy_from_slice(&self.step[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// LZ4 frames, one after the other, each with a decoder of its own: one that goes on keeps buffers that may be too small.
struct Frames<R: BufRead>(Option<FrameDecoder<R>>);

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.0 {
            let got = frame.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            let is_end = frame.get_mut().fill_buf()?.is_empty();
            self.0 = self.0.take().filter(|_| !is_end).map(|frame| FrameDecoder::new(frame.into_inner()));
        }
        Ok(0)
    }
}

/// In seconds since 1970.
const YEAR_2000: u32 = 946_684_800;

/// When the file that gzip packed was written last, UTC microseconds (RFC 1952, MTIME): a copy of the packed file has a
/// time of its own.
pub fn gzip_time(magic: &[u8]) -> Option<i64> {
    match magic {
        [0x1f, 0x8b, 8, _, time @ .., _, _] => {
            let seconds = u32::from_le_bytes(time.try_into().ok()?);
            // Builds that shall be the same every time write a small number.
            (seconds > YEAR_2000).then_some(i64::from(seconds) * 1_000_000)
        }
        _ => None,
    }
}
