//! Text that is not UTF-8, made UTF-8 while it is read: UTF-16, Latin-1 (as windows-1252), and the lone carriage
//! returns that old Macs ended lines with.

use std::io::{self, Read};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// UTF-8 with a byte-order mark of three bytes.
    Utf8Mark,
    Utf16Le,
    Utf16Be,
    Latin1,
    /// UTF-8 whose lines end in a carriage return alone.
    CarriageReturns,
}

impl Encoding {
    /// Told by a byte-order mark, by the zero bytes of UTF-16, by what is not UTF-8.
    pub fn of(head: &[u8]) -> Encoding {
        match head {
            [0xef, 0xbb, 0xbf, ..] => return Encoding::Utf8Mark,
            [0xff, 0xfe, ..] => return Encoding::Utf16Le,
            [0xfe, 0xff, ..] => return Encoding::Utf16Be,
            _ => {}
        }
        // What has a signature of its own is no text.
        let has_magic = |magic: &[u8]| head.starts_with(magic);
        if [&b"SQLite format 3\0"[..], b"PGDMP", b"PAR1", b"PK\x03\x04"].into_iter().any(has_magic)
            // A tar whose first member is UTF-16 would look like that.
            || head.get(257..262) == Some(b"ustar")
        {
            return Encoding::Utf8;
        }
        let sample = &head[..head.len().min(4096)];
        let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let half = sample.len() / 2;
        if half >= 4 && zeros(1) * 10 > half * 7 && zeros(0) * 10 < half {
            return Encoding::Utf16Le;
        }
        if half >= 4 && zeros(0) * 10 > half * 7 && zeros(1) * 10 < half {
            return Encoding::Utf16Be;
        }
        if memchr::memchr(0, sample).is_none() && is_latin1(head) {
            return Encoding::Latin1;
        }
        let is_binary = memchr::memchr(0, head).is_some();
        if !is_binary && memchr::memchr(b'\r', head).is_some() && memchr::memchr(b'\n', head).is_none() {
            return Encoding::CarriageReturns;
        }
        Encoding::Utf8
    }

    /// Whether the file's own bytes are the text.
    pub fn is_utf8(self) -> bool {
        self == Encoding::Utf8
    }

    /// What to say of it, if it was not certain.
    pub fn assumption(self) -> Option<&'static str> {
        match self {
            Encoding::Latin1 => Some("not UTF-8, read as Latin-1 (windows-1252)"),
            _ => None,
        }
    }
}

/// Not UTF-8, and with no valid sequence of two or more bytes either: a log with a few broken bytes has some.
fn is_latin1(head: &[u8]) -> bool {
    let mut rest = head;
    let mut broken = 0;
    let mut multibyte = 0;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                multibyte += text.bytes().filter(|byte| *byte >= 0xc0).count();
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                multibyte += good.iter().filter(|byte| **byte >= 0xc0).count();
                let Some(length) = error.error_len() else { break };
                broken += 1;
                rest = &bad[length..];
            }
        }
    }
    broken > multibyte
}

/// Decodes a stream, a buffer at a time.
pub struct Transcoder<R> {
    inner: R,
    encoding: Encoding,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
    /// Called for bytes that the encoding does not have.
    on_broken: Box<dyn Fn() + Send>,
}

impl<R: Read> Transcoder<R> {
    pub fn new(inner: R, encoding: Encoding, on_broken: Box<dyn Fn() + Send>) -> Self {
        let charset = match encoding {
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Latin1 => encoding_rs::WINDOWS_1252,
            Encoding::Utf8 | Encoding::Utf8Mark | Encoding::CarriageReturns => encoding_rs::UTF_8,
        };
        Self {
            inner,
            encoding,
            decoder: charset.new_decoder_with_bom_removal(),
            raw: vec![0; 128 << 10],
            ready: Vec::new(),
            at: 0,
            ended: false,
            on_broken,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        let got = self.inner.read(&mut self.raw)?;
        self.ended = got == 0;
        let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(got).unwrap_or(got * 3 + 16));
        // The text has room for all of it, so nothing is left undecoded.
        let (_, _, is_broken) = self.decoder.decode_to_string(&self.raw[..got], &mut text, self.ended);
        if is_broken {
            (self.on_broken)();
        }
        self.ready = text.into_bytes();
        if self.encoding == Encoding::CarriageReturns {
            self.ready.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.refill()?;
        }
        let length = buffer.len().min(self.ready.len() - self.at);
        buffer[..length].copy_from_slice(&self.ready[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Encoding, String) {
        let encoding = Encoding::of(bytes);
        let mut text = String::new();
        Transcoder::new(bytes, encoding, Box::new(|| {})).read_to_string(&mut text).expect("decodes");
        (encoding, text)
    }

    #[test]
    fn encodings_are_told_and_read() {
        assert_eq!(read(b"\xff\xfea\0b\0\n\0"), (Encoding::Utf16Le, "ab\n".into()));
        assert_eq!(read(b"\0a\0b\0c\0d\0\n"), (Encoding::Utf16Be, "abcd\n".into()));
        assert_eq!(read(b"caf\xe9,1\n"), (Encoding::Latin1, "caf\u{e9},1\n".into()));
        assert_eq!(read(b"\xef\xbb\xbfx\n"), (Encoding::Utf8Mark, "x\n".into()));
        assert_eq!(read(b"a,b\r1,2\r"), (Encoding::CarriageReturns, "a,b\n1,2\n".into()));
        assert_eq!(Encoding::of(b"na\xc3\xafve \xc3\xbcber \xff"), Encoding::Utf8);
    }
}
