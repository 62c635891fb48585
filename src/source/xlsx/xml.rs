//! XML as a stream of events in bounded memory: a member of a package, however much it unpacks to. Entities that a
//! document declares are not expanded, and no address in it is followed.

use std::io::{self, BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::source::file::{self, RECORD_BYTES_MAX};

/// No element stands deeper.
const DEPTH_MAX: usize = 256;
/// No member unpacks to more: the largest sheet there can be that people have made is a tenth of it.
const MEMBER_BYTES_MAX: u64 = 16 << 30;

pub struct Xml {
    reader: Reader<Metered>,
    buffer: Vec<u8>,
    depth: usize,
}

/// Counts what is taken, so that neither one token nor the whole goes on for ever.
struct Metered {
    inner: BufReader<Box<dyn Read + Send>>,
    token: usize,
    total: u64,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.token > RECORD_BYTES_MAX {
            return Err(file::EndsEarly::error("one value is longer than 64 MiB"));
        }
        if self.total > MEMBER_BYTES_MAX {
            return Err(file::EndsEarly::error("it unpacks to more than 16 GiB"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.token += amount;
        self.total += amount as u64;
        self.inner.consume(amount);
    }
}

impl Xml {
    pub fn of(stream: Box<dyn Read + Send>) -> Xml {
        let inner = BufReader::with_capacity(256 << 10, stream);
        let mut reader = Reader::from_reader(Metered { inner, token: 0, total: 0 });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Xml { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next event, [`Event::Eof`] at the end.
    ///
    /// # Errors
    /// Why it cannot be read on, as people read it.
    pub fn next(&mut self) -> Result<Event<'_>, String> {
        self.buffer.clear();
        self.reader.get_mut().token = 0;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => {
                match &event {
                    Event::Start(_) => self.depth += 1,
                    Event::End(_) => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                if self.depth > DEPTH_MAX {
                    return Err(format!("its XML is nested deeper than {DEPTH_MAX} elements; what follows is lost"));
                }
                Ok(event)
            }
            Err(quick_xml::Error::Io(cause)) => Err(file::damage(&cause)),
            Err(cause) => Err(format!("its XML is broken ({cause}); what follows is lost")),
        }
    }
}

impl Xml {
    /// Reads what is left, which nobody asks for: only at the end its checksum tells whether all of it is as it was packed.
    ///
    /// # Errors
    /// Why it is not, as people read it.
    pub fn end(&mut self) -> Result<(), String> {
        let left = &mut self.reader.get_mut().inner;
        io::copy(left, &mut io::sink()).map(drop).map_err(|cause| file::damage(&cause))
    }
}

/// What the end of a document means before its last element is closed.
pub fn ends_early() -> String {
    "its XML ends before its data do; what follows is lost".into()
}

/// The attributes of an element as they are written: name without prefix, and value.
pub fn attributes(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let equals = rest.find('=')?;
        let key = rest[..equals].trim();
        let after = rest[equals + 1..].trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let end = after[1..].find(quote)? + 1;
        let value = &after[1..end];
        rest = &after[end + 1..];
        Some((key.rsplit(':').next().unwrap_or(key), value))
    })
}

/// One attribute, its entities resolved.
pub fn attribute(raw: &str, name: &str) -> Option<String> {
    attributes(raw).find(|(key, _)| *key == name).map(|(_, value)| plain(value))
}

/// Text with its entities resolved; what is no known entity stays as it is written.
pub fn plain(raw: &str) -> String {
    quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_string(), std::borrow::Cow::into_owned)
}

/// Adds what an entity stands for.
pub fn push_reference(reference: &BytesRef, out: &mut Vec<u8>) {
    let name: &str = reference;
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    match known {
        Some(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(format!("&{name};").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_told_as_written() {
        let all: Vec<_> = attributes(r#" r="A1" s = '3' r:id="x&amp;y" broken"#).collect();
        assert_eq!(all, [("r", "A1"), ("s", "3"), ("id", "x&amp;y")]);
        assert_eq!(attribute(r#" name="x&amp;y""#, "name").as_deref(), Some("x&y"));
    }

    #[test]
    fn neither_depth_nor_a_token_grows_without_end() {
        let deep = "<a>".repeat(1000);
        let mut xml = Xml::of(Box::new(io::Cursor::new(deep)));
        let why = (0..1000).find_map(|_| xml.next().err()).expect("refused");
        assert!(why.contains("nested deeper"), "{why}");
        let mut xml = Xml::of(Box::new(io::repeat(b'x')));
        assert!(xml.next().expect_err("refused").contains("64 MiB"));
    }
}
