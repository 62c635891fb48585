//! Error codes in the text of a message, found by their shape. Never a number that is none.

use std::ops::Range;

/// The code in a message: what stands behind `code`, `error_code` or `errcode`, else the first word such as `E101`,
/// `ORA-00942` or `MY-010055`.
pub fn find(message: &[u8]) -> Option<Range<usize>> {
    behind_its_name(message).or_else(|| by_shape(message))
}

fn behind_its_name(message: &[u8]) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&message[from..], b"code").map(|at| from + at) {
        from = found + 4;
        let before = message[..found].last();
        let names = before.is_none_or(|byte| !byte.is_ascii_alphanumeric() || message[..found].ends_with(b"err"));
        if !names {
            continue;
        }
        let signs = message[from..].iter().take_while(|byte| matches!(byte, b' ' | b'=' | b':' | b'"')).count();
        let start = from + signs;
        let length = word(&message[start..]);
        if (1..=3).contains(&signs) && message[start..start + length].iter().any(u8::is_ascii_digit) && length <= 24 {
            return Some(start..start + length);
        }
    }
    None
}

/// Capitals, maybe a dash, and digits: `E101`, `ORA-00942`, `CVE` and the like excepted.
fn by_shape(message: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    while at < message.len() {
        let length = word(&message[at..]);
        let text = &message[at..at + length];
        if is_code(text) {
            return Some(at..at + length);
        }
        at += length.max(1);
    }
    None
}

fn word(text: &[u8]) -> usize {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    length - text[..length].iter().rev().take_while(|byte| **byte == b'-').count()
}

fn is_code(text: &[u8]) -> bool {
    let capitals = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let rest = &text[capitals..];
    let (dash, digits) = match rest.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, rest),
    };
    let is_number = (3..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    // `E101`, `ERR404`, `ORA-00942`; serials such as `SN240001` and ids such as `JIRA-1234` are no codes.
    let plain = [&b"E"[..], b"ERR", b"ERROR", b"EC", b"F", b"W"];
    let dashed = [&b"ORA"[..], b"MY", b"TNS", b"PLS", b"ERR", b"ERROR", b"E", b"SQL", b"HY"];
    is_number && if dash { dashed.contains(&&text[..capitals]) } else { plain.contains(&&text[..capitals]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Option<&str> {
        find(message.as_bytes()).map(|range| &message[range])
    }

    #[test]
    fn codes_are_found_and_numbers_are_not() {
        assert_eq!(found("unit SN240233 result FAIL code E101 forwarded"), Some("E101"));
        assert_eq!(found("errcode=57014 canceling"), Some("57014"));
        assert_eq!(found("ORA-00942: table or view does not exist"), Some("ORA-00942"));
        assert_eq!(found("decode 17 frames of SN240233 in 300 ms"), None);
        assert_eq!(found("unit SN1 result FAIL code - forwarded"), None);
        assert_eq!(found("exit code: 137"), Some("137"));
    }
}
