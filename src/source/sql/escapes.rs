//! How strings spell characters that they cannot hold as they are.

/// A text with each occurrence of a part replaced, as SQLite's function of that name does.
pub fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    if from.is_empty() {
        return text.to_vec();
    }
    let mut whole = Vec::with_capacity(text.len());
    let mut at = 0;
    for found in memchr::memmem::find_iter(text, from) {
        whole.extend_from_slice(&text[at..found]);
        whole.extend_from_slice(to);
        at = found + from.len();
    }
    whole.extend_from_slice(&text[at..]);
    whole
}

/// The escape behind a backslash (PostgreSQL manual, 4.1.2.2). Returns its length.
pub fn escape(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let digits = |from: usize, most: usize, base: u32| {
        let length = rest[from..].iter().take(most).take_while(|byte| char::from(**byte).is_digit(base)).count();
        let value = rest[from..from + length]
            .iter()
            .try_fold(0_u32, |value, byte| value.checked_mul(base)?.checked_add(char::from(*byte).to_digit(base)?));
        (length, value.unwrap_or(0))
    };
    let mut character = |value: u32, length: usize| {
        let mut bytes = [0; 4];
        out.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut bytes).as_bytes());
        Some(length)
    };
    match *rest.first()? {
        b'b' => out.push(8),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'0'..=b'7' => {
            let (length, value) = digits(0, 3, 8);
            out.push(value as u8);
            return Some(length);
        }
        b'x' if digits(1, 2, 16).0 > 0 => {
            let (length, value) = digits(1, 2, 16);
            out.push(value as u8);
            return Some(1 + length);
        }
        b'u' if digits(1, 4, 16).0 == 4 => return character(digits(1, 4, 16).1, 5),
        b'U' if digits(1, 8, 16).0 == 8 => return character(digits(1, 8, 16).1, 9),
        other => out.push(other),
    }
    Some(1)
}

/// `\0041`, `\+000041` of Postgres' `U&'..'` and `\u0041`, `\U00000041` of SQLite's `unistr`; `\\` is a backslash.
pub fn unicode(text: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(text.len());
    let mut at = 0;
    let mut high = None;
    while at < text.len() {
        if text[at] != b'\\' {
            whole.push(text[at]);
            at += 1;
            continue;
        }
        let (skip, digits) = match text.get(at + 1)? {
            b'\\' => {
                whole.push(b'\\');
                at += 2;
                continue;
            }
            b'u' => (2, 4),
            b'U' => (2, 8),
            b'+' => (2, 6),
            _ => (1, 4),
        };
        let code = std::str::from_utf8(text.get(at + skip..at + skip + digits)?).ok()?;
        let code = u32::from_str_radix(code, 16).ok()?;
        at += skip + digits;
        let code = match (high.take(), code) {
            (None, 0xd800..=0xdbff) => {
                high = Some(code);
                continue;
            }
            (Some(high), 0xdc00..=0xdfff) => 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00),
            (_, code) => code,
        };
        let mut bytes = [0; 4];
        whole.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut bytes).as_bytes());
    }
    Some(whole)
}
