//! How files are packed, told by their first bytes, and what unpacks them.

use std::io::{self, Read};

use super::lz4::Frames;

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
            Packing::Lz4 => Steady::of(Frames::of(buffered())),
            Packing::Bzip2 => Steady::of(bzip2::bufread::MultiBzDecoder::new(buffered())),
            // Its decoder gives nothing of a chunk that breaks, and is slow in any steps.
            Packing::Xz => Steady::in_steps(lzma_rust2::XzReader::new(buffered(), true), 4 << 10),
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
        Steady::in_steps(decoder, Self::STEP)
    }

    fn in_steps(decoder: R, step: usize) -> Box<dyn Read + Send> {
        Box::new(Steady { decoder, step: vec![0; step].into(), at: 0, end: 0 })
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(packing: Packing, text: &[u8]) -> Vec<u8> {
        use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};
        match packing {
            Packing::Plain => text.to_vec(),
            Packing::Gzip => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(text).expect("written");
                gzip.finish().expect("finished")
            }
            Packing::Zstd => zstd::encode_all(text, 1).expect("packed"),
            Packing::Lz4 => {
                let mut frame =
                    FrameEncoder::with_frame_info(FrameInfo::new().block_size(BlockSize::Max64KB), Vec::new());
                frame.write_all(text).expect("written");
                frame.finish().expect("finished")
            }
            Packing::Bzip2 => {
                let mut stream = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                stream.write_all(text).expect("written");
                stream.finish().expect("finished")
            }
            Packing::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(0);
                let mut stream = lzma_rust2::XzWriter::new(Vec::new(), options).expect("a packer");
                stream.write_all(text).expect("written");
                stream.finish().expect("finished")
            }
        }
    }

    #[test]
    fn what_is_cut_off_anywhere_is_told() {
        // Several blocks, each of a few bytes.
        let text = b"a,b\n".repeat(50_000);
        for packing in [Packing::Gzip, Packing::Zstd, Packing::Lz4, Packing::Bzip2, Packing::Xz] {
            let whole = packed(packing, &text);
            assert_eq!(Packing::of(&whole), packing);
            for cut in 10..=whole.len() {
                let mut read: Vec<u8> = Vec::new();
                let stream = packing.unpacked(io::Cursor::new(whole[..cut].to_vec()));
                let ended = stream.and_then(|mut stream| stream.read_to_end(&mut read));
                assert!(text.starts_with(&read), "{packing:?} cut at {cut}");
                assert!(ended.is_err() || cut == whole.len(), "{packing:?} cut at {cut} of {}", whole.len());
            }
        }
    }

    #[test]
    fn frames_of_the_old_lz4_end_with_the_file() {
        let block = lz4_flex::block::compress(b"a line\n");
        let length = u32::try_from(block.len()).expect("short").to_le_bytes();
        let two = [&[0x02, 0x21, 0x4c, 0x18][..], &length, &block, &length, &block].concat();
        for (cut, is_whole) in [(0, true), (1, false), (block.len() + 4, true), (block.len() + 2, false)] {
            let mut read = String::new();
            let stream = Packing::Lz4.unpacked(io::Cursor::new(two[..two.len() - cut].to_vec()));
            let ended = stream.and_then(|mut stream| stream.read_to_string(&mut read));
            assert_eq!(ended.is_ok(), is_whole, "without the last {cut} bytes: {ended:?}");
        }
    }
}
