//! Records of `java.util.logging` as its `XMLFormatter` writes them, an element a line: `<record>`, then what it says.
//! Java, `java.util.logging.XMLFormatter` and its `logger.dtd`.

use std::borrow::Cow;

use super::tagged::unescaped;

pub const TIME: &str = "date";
/// The same in milliseconds since 1970: older ones write their date without a zone.
pub const MILLIS: &str = "millis";
pub const LEVEL: &str = "level";
pub const MESSAGE: &str = "message";

/// Whether a text is such a log, by its beginning.
pub fn is_one(head: &[u8]) -> bool {
    let has = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    head.trim_ascii_start().starts_with(b"<") && has(b"<log>") && has(b"<record>") && has(b"<millis>")
}

pub fn is_head(line: &[u8]) -> bool {
    line.trim_ascii() == b"<record>"
}

/// Whether a line frames the records.
pub fn is_frame(line: &[u8]) -> bool {
    let frames = [&b"<?xml"[..], b"<!DOCTYPE", b"<log>", b"</log>"];
    frames.iter().any(|frame| line.starts_with(frame))
}

/// What a record says, by the names of its elements; an exception stands behind the message, as Java prints it.
pub fn pairs(record: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, [u8]>)> {
    let mut pairs: Vec<(Cow<str>, Cow<[u8]>)> = Vec::new();
    let (mut message, mut thrown) = (Vec::new(), Vec::new());
    let mut within = false;
    let mut rest = record;
    while let Some((name, text, behind)) = element(rest) {
        rest = behind;
        match (name, within) {
            (b"exception", _) => within = true,
            (b"frame" | b"record", _) => {}
            (b"message", true) => thrown.extend([b"\n", &text[..]].concat()),
            (b"class", true) => thrown.extend([b"\n\tat ", &text[..]].concat()),
            (b"method", true) => thrown.extend([b".", &text[..]].concat()),
            (b"line", true) => thrown.extend([b"(:", &text[..], b")"].concat()),
            (b"message", false) => message = text.into_owned(),
            (_, true) => {}
            (name, false) => pairs.push((String::from_utf8_lossy(name), text)),
        }
    }
    message.extend(thrown);
    pairs.push((MESSAGE.into(), message.into()));
    pairs
}

/// The name of an element, the text up to the next one, and all from there on.
type Element<'a> = (&'a [u8], Cow<'static, [u8]>, &'a [u8]);

/// The next element that begins in a text.
fn element(text: &[u8]) -> Option<Element<'_>> {
    let mut at = 0;
    loop {
        let open = at + memchr::memchr(b'<', text.get(at..)?)?;
        let close = open + memchr::memchr(b'>', &text[open..])?;
        let name = &text[open + 1..close];
        let end = memchr::memchr(b'<', &text[close..]).map_or(text.len(), |found| close + found);
        if name.first().is_some_and(u8::is_ascii_alphabetic) {
            return Some((name, unescaped(&text[close + 1..end]), &text[end..]));
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_behind_the_message() {
        let record = "<record>\n  <date>2025-03-01T13:10:04.118Z</date>\n  <millis>1740834604118</millis>\n  <level>SEVERE</level>\n  \
                      <message>disk &lt;a&gt;\nfull</message>\n  <exception>\n    <message>java.io.IOException: E7</message>\n    \
                      <frame>\n      <class>a.B</class>\n      <method>c</method>\n      <line>12</line>\n    </frame>\n  \
                      </exception>\n</record>\n";
        let found = pairs(record.as_bytes());
        let of = |name: &str| {
            let found = found.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        assert_eq!(of(LEVEL).as_deref(), Some("SEVERE"));
        assert_eq!(of(MESSAGE).as_deref(), Some("disk <a>\nfull\njava.io.IOException: E7\n\tat a.B.c(:12)"));
    }
}
