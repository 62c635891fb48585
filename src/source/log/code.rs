//! Error codes in the text of a message, found by their shape or by the name before them. Never a number that is none.

use std::ops::Range;

/// The code in a message: what stands behind `code`, `SQLSTATE` or the like, else the first word that is shaped as
/// one: `E101`, `ORA-00942`, `ECONNREFUSED`, `SIGSEGV`, `0x80070005`.
pub fn find(message: &[u8]) -> Option<Range<usize>> {
    let mut shaped = None;
    let mut at = 0;
    while at < message.len() {
        let length = word(&message[at..]);
        if length == 0 {
            at += 1;
            continue;
        }
        let text = &message[at..at + length];
        if let Some(found) = named(message, at, length) {
            return Some(found);
        }
        // `id=E500` names a thing.
        let is_named = at > 0 && message[at - 1] == b'=' && text[0] == b'E' && !is_errno(text);
        // A number in hexadecimal may be any; what else is shaped as a code is one before it.
        let is_better =
            shaped.as_ref().is_none_or(|range: &Range<usize>| message[range.start] == b'0' && text[0] != b'0');
        if is_better && !is_named && (is_code(text) || is_headline(message, at, length)) {
            shaped = Some(at..at + length);
        }
        at += length;
    }
    shaped
}

fn word(text: &[u8]) -> usize {
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    length - text[..length].iter().rev().take_while(|byte| **byte == b'-').count()
}

/// What stands behind the word at `at`, if that says that a code follows.
fn named(message: &[u8], at: usize, length: usize) -> Option<Range<usize>> {
    let name = &message[at..at + length];
    let ends = |end: &[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    let rest = &message[at + length..];
    let value = |signs: &[u8], most: usize| {
        let count = rest.iter().take_while(|byte| signs.contains(byte)).count();
        let start = at + length + count;
        let length = word(&message[start..]);
        let text = &message[start..start + length];
        ((1..=most).contains(&count) && (1..=24).contains(&length)).then_some((start..start + length, text))
    };
    // Most words end in none of these letters.
    match name.last()? | 0x20 {
        b'e' if ends(b"code") && !precedes(message, at, &OTHER_CODES) => {
            // `decode` and `barcode` are other words; `errcode`, `error_code` and `exitCode` are names of codes.
            let before = &name[..name.len() - 4];
            let is_name = before.is_empty()
                || name[before.len()] == b'C'
                || matches!(before.last(), Some(b'_' | b'-'))
                || [&b"err"[..], b"error", b"exit", b"status", b"return"]
                    .iter()
                    .any(|word| before.eq_ignore_ascii_case(word));
            value(b" =:\"'(#", 4)
                .filter(|(_, text)| is_name && is_value(name, message, at, text))
                .map(|(range, _)| range)
        }
        b'e' if ends(b"sqlstate") => {
            let is_state =
                |text: &[u8]| text.len() == 5 && text.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            value(b" =:\"'([", 3).filter(|(_, text)| is_state(text)).map(|(range, _)| range)
        }
        b'o' if ends(b"errno") => value(b" =:(-", 4)
            .filter(|(_, text)| (text.iter().all(u8::is_ascii_digit) && !is_zero(text)) || is_errno(text))
            .map(|(range, _)| range),
        b's' if ends(b"status") && precedes(message, at, &[b"exit", b"exited with"]) => {
            value(b" =:", 2).filter(|(_, text)| is_number(text, 3) && !is_zero(text)).map(|(range, _)| range)
        }
        b's' if name.eq_ignore_ascii_case(b"status") => value(b" =:\"", 4)
            .filter(|(_, text)| is_http_error(text))
            .map(|(range, _)| range)
            .or_else(|| unit_status(message, at + length)),
        b'p' if name == b"HTTP" => http(message, at + length),
        b't' | b's' if ends(b"hresult") || ends(b"ntstatus") => {
            value(b" =:(", 3).filter(|(_, text)| text.starts_with(b"0x")).map(|(range, _)| range)
        }
        b'l' if name.eq_ignore_ascii_case(b"signal") => {
            value(b" :=", 2).filter(|(_, text)| is_number(text, 2)).map(|(range, _)| at..range.end)
        }
        b'd' if name == b"Xid" => xid(message, at + length),
        _ => None,
    }
}

/// Whether what stands behind `code` is one of an error.
fn is_value(name: &[u8], message: &[u8], at: usize, text: &[u8]) -> bool {
    let has_digit = text.iter().any(u8::is_ascii_digit);
    // HTTP's below 400 are none of errors.
    let is_status = name.len() > 4 && name[..6.min(name.len())].eq_ignore_ascii_case(b"status")
        || precedes(message, at, &[b"status", b"response", b"http"]);
    if is_status && text.len() == 3 && matches!(text[0], b'1'..=b'3') {
        return false;
    }
    if has_digit {
        return !is_zero(text);
    }
    // Names of errors: `AUTH_FAILED`, `AccessDenied`, gRPC's `Unavailable`.
    let is_of_error =
        name.len() > 4 && name[..3].eq_ignore_ascii_case(b"err") || precedes(message, at, &[b"rpc error:", b"ERR!"]);
    let is_shouted =
        text.len() > 4 && text.contains(&b'_') && text.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    is_shouted && (name.len() == 4 || is_of_error)
        || is_of_error && text.len() > 3 && text.first().is_some_and(u8::is_ascii_uppercase)
}

/// Zero is how success is spelt.
fn is_zero(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte == b'0')
}

/// What has a code that is none of an error.
const OTHER_CODES: [&[u8]; 12] = [
    b"zip",
    b"postal",
    b"area",
    b"promo",
    b"country",
    b"bar",
    b"qr",
    b"source",
    b"discount",
    b"voucher",
    b"currency",
    b"dial",
];

fn is_number(text: &[u8], most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

fn precedes(message: &[u8], at: usize, words: &[&[u8]]) -> bool {
    let before = message[..at].trim_ascii_end();
    words
        .iter()
        .any(|word| before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word))
}

fn is_http_error(text: &[u8]) -> bool {
    text.len() == 3 && matches!(text[0], b'4' | b'5') && text.iter().all(u8::is_ascii_digit)
}

/// Behind `HTTP`: ` 503`, `/1.1 404`, `/1.1" 503`.
fn http(message: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &message[at..];
    let version = if rest.first() == Some(&b'/') {
        1 + rest[1..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count()
    } else {
        0
    };
    let signs = rest[version..].iter().take_while(|byte| matches!(byte, b'"' | b' ')).count();
    let start = version + signs;
    let text = rest.get(start..start + 3).filter(|text| is_http_error(text))?;
    let is_whole = !rest.get(start + 3).is_some_and(u8::is_ascii_alphanumeric);
    (signs > 0 && is_whole).then_some(at + start..at + start + text.len())
}

/// systemd's `status=1/FAILURE`, `status=9/KILL`.
fn unit_status(message: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = message[at..].strip_prefix(b"=")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let name = rest.get(digits..)?.strip_prefix(b"/")?.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    ((1..=3).contains(&digits) && name > 1 && !is_zero(&rest[..digits])).then_some(at + 1..at + 2 + digits + name)
}

/// `Xid (PCI:0000:01:00): 79, pid=…`
fn xid(message: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = message[at..].strip_prefix(b" (")?;
    let close = memchr::memchr(b')', rest)?;
    let start = at + 2 + close + message[at + 2 + close..].iter().take_while(|byte| b"): ".contains(byte)).count();
    let length = message[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&length).then_some(start..start + length)
}

fn is_code(text: &[u8]) -> bool {
    let Some(first) = text.first() else { return false };
    if *first == b'0' {
        return is_result(text);
    }
    if !first.is_ascii_uppercase() || text.len() < 4 {
        return false;
    }
    if is_errno(text) || SIGNALS.contains(&text) {
        return true;
    }
    let capitals = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let rest = &text[capitals..];
    let (dash, digits) = match rest.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, rest),
    };
    let is_number = (3..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    // `E101`, `ERR404`, `ORA-00942`; serials such as `SN240001` and ids such as `JIRA-1234` are no codes.
    let plain = [&b"E"[..], b"ERR", b"ERROR", b"EC", b"F", b"W", b"AH"];
    let dashed = [&b"ORA"[..], b"MY", b"TNS", b"PLS", b"ERR", b"ERROR", b"E", b"SQL", b"HY"];
    is_number && if dash { dashed.contains(&&text[..capitals]) } else { plain.contains(&&text[..capitals]) }
}

/// Whether what stands where others have the name of a thread is a code: `[E101]`. Workers are called `W101` too.
pub fn is_no_thread(text: &[u8]) -> bool {
    is_code(text) && text[0] != b'W'
}

/// `WLS-001234: message` and `[DCS-42] message`: capitals, a dash and digits that a message begins with. Elsewhere
/// such words are ids, or `UTF-8` and `SHA-256`.
fn is_headline(message: &[u8], at: usize, length: usize) -> bool {
    let text = &message[at..at + length];
    let capitals = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let is_shaped = capitals >= 2
        && text.get(capitals) == Some(&b'-')
        && (2..=8).contains(&(length - capitals - 1))
        && text[capitals + 1..].iter().all(u8::is_ascii_digit);
    let ends = message.get(at + length);
    is_shaped && (at == 0 && ends == Some(&b':') || at == 1 && message[0] == b'[' && ends == Some(&b']'))
}

/// A failed HRESULT or NTSTATUS: eight hex digits whose first tell the severity ([MS-ERREF], 2.1 and 2.3).
fn is_result(text: &[u8]) -> bool {
    text.len() == 10
        && (text.starts_with(b"0x80") || text.starts_with(b"0xC0") || text.starts_with(b"0xc0"))
        && text[2..].iter().all(u8::is_ascii_hexdigit)
}

fn is_errno(text: &[u8]) -> bool {
    text.first() == Some(&b'E') && ERRNOS.binary_search(&text).is_ok()
}

/// Signals that end a program by a fault or by force.
const SIGNALS: [&[u8]; 12] = [
    b"SIGABRT", b"SIGALRM", b"SIGBUS", b"SIGFPE", b"SIGHUP", b"SIGILL", b"SIGKILL", b"SIGPIPE", b"SIGQUIT", b"SIGSEGV",
    b"SIGSYS", b"SIGXCPU",
];

/// Names of `errno` (Linux, errno(3)), sorted.
#[rustfmt::skip]
const ERRNOS: [&[u8]; 98] = [
    b"E2BIG", b"EACCES", b"EADDRINUSE", b"EADDRNOTAVAIL", b"EAFNOSUPPORT", b"EAGAIN", b"EALREADY", b"EBADF", b"EBADFD",
    b"EBADMSG", b"EBUSY", b"ECANCELED", b"ECHILD", b"ECOMM", b"ECONNABORTED", b"ECONNREFUSED", b"ECONNRESET",
    b"EDEADLK", b"EDESTADDRREQ", b"EDOM", b"EDQUOT", b"EEXIST", b"EFAULT", b"EFBIG", b"EHOSTDOWN", b"EHOSTUNREACH",
    b"EIDRM", b"EILSEQ", b"EINPROGRESS", b"EINTR", b"EINVAL", b"EIO", b"EISCONN", b"EISDIR", b"EKEYEXPIRED",
    b"ELIBACC", b"ELNRNG", b"ELOOP", b"EMEDIUMTYPE", b"EMFILE", b"EMLINK", b"EMSGSIZE", b"EMULTIHOP", b"ENAMETOOLONG",
    b"ENETDOWN", b"ENETRESET", b"ENETUNREACH", b"ENFILE", b"ENOANO", b"ENOBUFS", b"ENODATA", b"ENODEV", b"ENOENT",
    b"ENOEXEC", b"ENOKEY", b"ENOLCK", b"ENOLINK", b"ENOMEDIUM", b"ENOMEM", b"ENOMSG", b"ENONET", b"ENOPROTOOPT",
    b"ENOSPC", b"ENOSR", b"ENOSTR", b"ENOSYS", b"ENOTBLK", b"ENOTCONN", b"ENOTDIR", b"ENOTEMPTY", b"ENOTFOUND",
    b"ENOTRECOVERABLE", b"ENOTSOCK", b"ENOTSUP", b"ENOTTY", b"ENOTUNIQ", b"ENXIO", b"EOPNOTSUPP", b"EOVERFLOW",
    b"EOWNERDEAD", b"EPERM", b"EPFNOSUPPORT", b"EPIPE", b"EPROTO", b"EPROTONOSUPPORT", b"EPROTOTYPE", b"ERANGE",
    b"EREMOTEIO", b"ERESTART", b"EROFS", b"ESHUTDOWN", b"ESOCKTNOSUPPORT", b"ESPIPE", b"ESRCH", b"ESTALE", b"ETIME",
    b"ETIMEDOUT", b"EXDEV",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Option<&str> {
        find(message.as_bytes()).map(|range| &message[range])
    }

    #[test]
    fn codes_are_found_by_name_and_by_shape() {
        for (message, code) in [
            ("unit SN240233 result FAIL code E101 forwarded", "E101"),
            ("errcode=57014 canceling", "57014"),
            ("ORA-00942: table or view does not exist", "ORA-00942"),
            ("exit code: 137", "137"),
            ("process exited with status 3", "3"),
            ("worker 7 killed by signal 11 (core dumped)", "signal 11"),
            ("ERROR: SQLSTATE[42P01]: undefined table", "42P01"),
            ("connect ECONNREFUSED 192.0.2.7:5432", "ECONNREFUSED"),
            ("java died of SIGSEGV at 0x00007f", "SIGSEGV"),
            ("Failed to open. HRESULT = 0x800f0805", "0x800f0805"),
            ("faulting status 0xC0000005 in x.dll", "0xC0000005"),
            ("NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off", "79"),
            ("AH00098: pid file overwritten", "AH00098"),
            ("WLS-001234: server is in standby", "WLS-001234"),
            ("[DCS-42] no answer", "DCS-42"),
            ("HTTP 503 from upstream", "503"),
            ("got HTTP/1.1 404 Not Found", "404"),
            ("\"GET /x HTTP/1.1\" 503 12", "503"),
            ("response status: 429", "429"),
            ("errorCode=AUTH_FAILED", "AUTH_FAILED"),
            ("rpc error: code = Unavailable desc = x", "Unavailable"),
            ("Main process exited, code=killed, status=9/KILL", "9/KILL"),
            ("{\"errorCode\": \"X17\"}", "X17"),
            ("weights 0x8015569b differ, E103", "E103"),
        ] {
            assert_eq!(found(message), Some(code), "{message}");
        }
    }

    #[test]
    fn numbers_and_ids_are_no_codes() {
        for message in [
            "decode 17 frames of SN240233 in 300 ms",
            "unit SN1 result FAIL code - forwarded",
            "barcode 4711 scanned, see JIRA-1234",
            "UTF-8 and SHA-256 and ISO-8601",
            "status 200 after 503 ms, EOF at 0x00007f3a",
            "EVERYTHING is fine, EXAMPLE of 12",
            "address 0xdeadbeef",
            "done, exit code 0",
            "zip code 90210, status code 201, id=E500",
            "HTTP/1.1 200 OK in 503 ms",
        ] {
            assert_eq!(found(message), None, "{message}");
        }
    }

    #[test]
    fn threads_are_no_codes() {
        let is_code = |text: &str| is_no_thread(text.as_bytes());
        assert!(["E101", "ERR-404", "ORA-00942", "ECONNREFUSED"].into_iter().all(is_code));
        assert!(!["main", "W101", "T-101", "POOL-12", "exec-1", "E1", "E101 x", ""].into_iter().any(is_code));
    }

    #[test]
    fn the_names_are_sorted() {
        assert!(ERRNOS.is_sorted());
    }
}
