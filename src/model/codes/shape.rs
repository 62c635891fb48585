//! Codes that say by themselves which system they belong to. Never a bare number, nor a house code.

use super::sql::after;
use super::{REGISTRY, System, number};

/// Names of gRPC that are no everyday words, in its two writings.
const GRPC: [&str; 10] = [
    "DEADLINE_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "UNIMPLEMENTED",
    "UNAUTHENTICATED",
    "DeadlineExceeded",
    "ResourceExhausted",
    "FailedPrecondition",
    "Unimplemented",
    "Unauthenticated",
];

/// Systems whose symbolic names no house would give to a code of its own, and the beginnings of those names; the stop
/// codes of Windows, such as `MEMORY_MANAGEMENT`, are not of them.
const NAMED: [(System, &[&str]); 7] = [
    (System::Errno, &["E"]),
    (System::Signal, &["SIG"]),
    (System::Hresult, &[""]),
    (System::Ntstatus, &["STATUS_"]),
    (System::Win32, &["ERROR_", "WSA", "RPC_S_"]),
    (System::Mysql, &["ER_", "CR_"]),
    (System::Curl, &["CURLE_"]),
];

/// Words between a label and its code.
const BETWEEN: [&str; 4] = ["code", "status", "error", "state"];

/// The system of a code.
pub fn system(code: &str) -> Option<System> {
    let code = code.trim();
    if GRPC.contains(&code) {
        return Some(System::Grpc);
    }
    by_hex(code).or_else(|| by_mark(code)).or_else(|| by_name(code)).or_else(|| by_label(code))
}

/// HRESULTs begin with 0x8, NTSTATUS values with 0xC; eight digits, or they may be any number.
fn by_hex(code: &str) -> Option<System> {
    let value = number::hex(code).filter(|_| code.len() == 10)?;
    let is_status = || System::Ntstatus.table().code(&format!("0x{value:08X}")).is_some();
    match value >> 28 {
        0x8 if System::Hresult.table().code(&format!("0x{value:08X}")).is_none() && is_status() => {
            Some(System::Ntstatus)
        }
        0x8 | 0xD => Some(System::Hresult),
        0xC => Some(System::Ntstatus),
        _ => is_status().then_some(System::Ntstatus).filter(|_| value > 0xC000_0000),
    }
}

/// `ORA-00942`, `MY-010116`, `203/EXEC`.
fn by_mark(code: &str) -> Option<System> {
    let numbered = |prefix: &str| after(prefix, code).and_then(number::decimal).is_some();
    if ["ORA-", "TNS-", "PLS-"].into_iter().any(numbered) {
        return Some(System::Oracle);
    }
    if numbered("MY-") {
        return Some(System::Mysql);
    }
    code.contains('/').then(|| System::Systemd.describe(code)).flatten().map(|_| System::Systemd)
}

/// `ECONNREFUSED`, `SIGSEGV`, `E_FAIL`, letter by letter: `Epipe` may be a word of a house.
fn by_name(code: &str) -> Option<System> {
    let is_of = |system: System| system.table().has_name(code) && !is_mild(system, code);
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| code.starts_with(beginning));
    NAMED.iter().find(|(system, beginnings)| begins(beginnings) && is_of(*system)).map(|(system, _)| *system)
}

/// Whether a name is of an NTSTATUS that reports no error: a house may have its own `STATUS_PENDING`.
fn is_mild(system: System, code: &str) -> bool {
    system == System::Ntstatus && super::windows::is_success(system, system.table(), code)
}

/// `HTTP 503`, `signal 11`, `SQLSTATE[42P01]`.
fn by_label(code: &str) -> Option<System> {
    REGISTRY
        .iter()
        .map(|entry| entry.system)
        .find(|system| after_label(system.label(), code).is_some_and(|bare| system.describe(bare).is_some()))
}

/// The code behind the label of a system: `11` of `signal 11`, `137` of `exit code 137`, `503` of `HTTP/1.1 503`.
pub fn after_label<'a>(label: &str, code: &'a str) -> Option<&'a str> {
    let rest = after(label, code).filter(|rest| !label.is_empty() && !rest.starts_with(char::is_alphanumeric))?;
    let mut words = rest
        .split(|c: char| c.is_whitespace() || "[]():=#".contains(c))
        .filter(|word| !word.is_empty() && !word.starts_with('/') && !BETWEEN.contains(word));
    let bare = words.next()?;
    // Behind a stop code stand its parameters.
    (words.next().is_none() || label == System::Bugcheck.label()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_they_are() {
        for (code, system) in [
            ("ECONNREFUSED", System::Errno),
            ("E2BIG", System::Errno),
            ("EPERM", System::Errno),
            ("EWOULDBLOCK", System::Errno),
            ("errno 111", System::Errno),
            ("SIGSEGV", System::Signal),
            ("signal 11", System::Signal),
            ("0x80070005", System::Hresult),
            ("0X800F0805", System::Hresult),
            ("E_FAIL", System::Hresult),
            ("E_ACCESSDENIED", System::Hresult),
            ("0xC0000005", System::Ntstatus),
            ("0x80000003", System::Ntstatus),
            ("0xE0434352", System::Ntstatus),
            ("STATUS_ACCESS_VIOLATION", System::Ntstatus),
            ("ERROR_ACCESS_DENIED", System::Win32),
            ("WSAECONNRESET", System::Win32),
            ("ORA-00942", System::Oracle),
            ("TNS-12541", System::Oracle),
            ("MY-010116", System::Mysql),
            ("ER_DUP_ENTRY", System::Mysql),
            ("1/FAILURE", System::Systemd),
            ("203/EXEC", System::Systemd),
            ("9/KILL", System::Systemd),
            ("DEADLINE_EXCEEDED", System::Grpc),
            ("DeadlineExceeded", System::Grpc),
            ("gRPC 14", System::Grpc),
            ("CURLE_COULDNT_CONNECT", System::Curl),
            ("HTTP 503", System::Http),
            ("HTTP/1.1 503", System::Http),
            ("SQLSTATE 57014", System::Sqlstate),
            ("SQLSTATE[42P01]", System::Sqlstate),
            ("exit code 137", System::Exit),
            ("Xid 79", System::Xid),
        ] {
            assert_eq!(super::system(code), Some(system), "{code}");
        }
    }

    #[test]
    fn bare_numbers_and_house_codes_do_not() {
        for code in [
            "E101",
            "E999",
            "E11",
            "E1",
            "EC404",
            "ERR404",
            "W3",
            "503",
            "57014",
            "42P01",
            "0x5",
            "0x0000007E",
            "137",
            "AUTH_FAILED",
            "UNKNOWN",
            "INTERNAL",
            "OK",
            "NOT_FOUND",
            "EXEC",
            "Epipe",
            "epipe",
            "EVERYTHING",
            "SIGNAL",
            "signal strong",
            "MEMORY_MANAGEMENT",
            "WAIT_TIMEOUT",
            "STATUS_PENDING",
            "HTTP",
            "HTTP 99",
            "1/2",
            "24/7",
            "exit",
            "exiting 1",
            "MY-APP",
            "ORA-",
            "a/b",
            "é/é",
            "",
        ] {
            assert_eq!(super::system(code), None, "{code}");
        }
    }

    #[test]
    fn a_label_is_a_word_of_its_own() {
        assert_eq!(after_label("exit", "exit code 137"), Some("137"));
        assert_eq!(after_label("HTTP", "HTTP/2 503"), Some("503"));
        assert_eq!(after_label("HTTP", "HTTPS 503"), None);
        assert_eq!(after_label("signal", "signal 11 in thread 3"), None);
        assert_eq!(after_label("", "503"), None);
    }
}
