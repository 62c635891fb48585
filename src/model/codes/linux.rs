//! Errors of system calls and signals. Numbers are those of Linux on x86 and ARM; macOS and others share the names but
//! not all numbers.

use super::number::decimal;
use super::table::{self, Table};
use super::{Meaning, System};

/// The first number of errors of Windows sockets, which some runtimes report as `errno`.
const SOCKETS_MIN: u64 = 10000;

/// Reads `111`, `-111` as the kernel returns it, or `ECONNREFUSED`.
pub fn read_errno(table: &Table, code: &str) -> Option<Meaning> {
    let code = code.strip_prefix('-').unwrap_or(code);
    match decimal(code) {
        Some(SOCKETS_MIN..) => System::Win32.describe(code),
        _ => table::read(table, code),
    }
}

/// Reads `9`, `SIGKILL` or `KILL`.
pub fn read_signal(table: &Table, code: &str) -> Option<Meaning> {
    table::read(table, code).or_else(|| table::read(table, &format!("SIG{code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_has_names_and_numbers() {
        for code in ["111", "-111", "ECONNREFUSED", "econnrefused", "errno 111", "errno: ECONNREFUSED"] {
            let meaning = System::Errno.describe(code);
            assert_eq!(meaning.map(|m| m.to_string()).as_deref(), Some("ECONNREFUSED: Connection refused"), "{code}");
        }
        for (code, name) in [
            ("2", "ENOENT"),
            ("7", "E2BIG"),
            ("11", "EAGAIN"),
            ("28", "ENOSPC"),
            ("110", "ETIMEDOUT"),
            ("113", "EHOSTUNREACH"),
        ] {
            assert_eq!(System::Errno.describe(code).map(|m| m.name), Some(name), "{code}");
        }
        assert_eq!(System::Errno.describe("EWOULDBLOCK").map(|m| m.name), Some("EAGAIN"));
        assert_eq!(System::Errno.describe("10061").map(|m| m.name), Some("WSAECONNREFUSED"));
        assert_eq!(System::Errno.describe("41"), None);
        assert_eq!(System::Errno.describe("500"), None);
    }

    #[test]
    fn signals_have_names_and_numbers() {
        for code in ["9", "SIGKILL", "sigkill", "KILL", "signal 9"] {
            assert_eq!(System::Signal.describe(code).map(|m| m.name), Some("SIGKILL"), "{code}");
        }
        assert_eq!(System::Signal.describe("11").map(|m| m.name), Some("SIGSEGV"));
        assert_eq!(System::Signal.describe("SIGIOT").map(|m| m.name), Some("SIGABRT"));
        for code in ["0", "32", "64", "-70", "strong"] {
            assert_eq!(System::Signal.describe(code), None, "{code}");
        }
    }
}
