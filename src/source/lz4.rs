//! LZ4 frames, one after the other. A frame that is cut off between two of its blocks is told, which its decoder takes
//! for the end.

use std::io::{self, BufRead, Read};

use lz4_flex::frame::FrameDecoder;

/// What frames are read from; each has a decoder of its own: one that goes on keeps buffers that may be too small.
pub struct Frames<R: BufRead>(Option<FrameDecoder<Watched<R>>>);

impl<R: BufRead> Frames<R> {
    pub fn of(packed: R) -> Frames<R> {
        Frames(Some(FrameDecoder::new(Watched::of(packed))))
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.0 {
            let got = frame.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            let watched = frame.get_mut();
            if watched.is_cut() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an lz4 frame without its end"));
            }
            let is_end = watched.packed.fill_buf()?.is_empty();
            let frame = self.0.take().filter(|_| !is_end);
            self.0 = frame.map(|frame| FrameDecoder::new(Watched::of(frame.into_inner().packed)));
        }
        Ok(0)
    }
}

/// Remembers whether its decoder asked for more than there is.
struct Watched<R> {
    packed: R,
    /// The first bytes, up to four.
    magic: Vec<u8>,
    /// How many bytes were asked for where there was none.
    in_vain: Option<usize>,
}

/// The length of a block, before it; an end is told by one of zero.
const LENGTH: usize = 4;

impl<R> Watched<R> {
    fn of(packed: R) -> Watched<R> {
        Watched { packed, magic: Vec::with_capacity(LENGTH), in_vain: None }
    }

    /// Whether a frame has begun, and has not the end that it should have. Those of `lz4 -l` have none: they end where a
    /// block would begin.
    fn is_cut(&self) -> bool {
        let is_of_old = self.magic == [0x02, 0x21, 0x4c, 0x18];
        !self.magic.is_empty() && self.in_vain.is_some_and(|length| !is_of_old || length < LENGTH)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.packed.read(buffer)?;
        if got == 0 && !buffer.is_empty() {
            self.in_vain = Some(buffer.len());
        }
        let more = LENGTH - self.magic.len();
        self.magic.extend_from_slice(&buffer[..got.min(more)]);
        Ok(got)
    }
}
