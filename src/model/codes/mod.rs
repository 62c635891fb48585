//! What public error codes mean, and which system of codes a code belongs to: HTTP 503, SQLSTATE 57014 and errno 111
//! are kept apart, and a house code such as `E999` belongs to none.
//!
//! Each system is a table beside this file: a head of `# ` lines that names its source, then code, names and
//! description, separated by tabs and sorted by length and code. To add a system, add its table, a variant of
//! [`System`], a line of `REGISTRY` and one of the columns in `column.rs`; a file of its own only if its codes need
//! more than a look into the table. Nothing here reads logs or judges how grave an error is.

mod column;
mod exit;
mod http;
mod linux;
mod number;
mod shape;
mod sql;
mod sqlstate;
mod table;
mod windows;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use table::Table;

/// A public system of error codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum System {
    /// Status codes of HTTP responses.
    Http,
    /// Errors of system calls, as Linux numbers them.
    Errno,
    /// Signals, as Linux numbers them on x86 and ARM.
    Signal,
    /// Exit codes of processes.
    Exit,
    /// Five characters that SQL databases report.
    Sqlstate,
    /// Results of COM and most newer interfaces of Windows.
    Hresult,
    /// Results of the Windows kernel, and exceptions of its processes.
    Ntstatus,
    /// Stop codes of Windows.
    Bugcheck,
    /// Errors of NVIDIA drivers.
    Xid,
    /// Status codes of gRPC calls.
    Grpc,
    /// Exit statuses as systemd names them, and results of its services.
    Systemd,
    /// Errors of the `MySQL` server and its clients.
    Mysql,
    /// Errors of Oracle Database.
    Oracle,
    /// Exit codes of curl.
    Curl,
    /// Error codes of the Windows API.
    Win32,
}

/// What a code means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meaning {
    /// Its symbolic name, or empty if it has none.
    pub name: &'static str,
    /// A phrase in sentence case, without a full stop.
    pub text: Cow<'static, str>,
    /// The system that says so: for 0x80070002 Win32, since the HRESULT wraps its code 2.
    pub system: System,
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            "" => write!(f, "{}", self.text),
            name => write!(f, "{name}: {}", self.text),
        }
    }
}

/// What is known of a system.
struct Entry {
    system: System,
    label: &'static str,
    table: LazyLock<Table>,
    /// What a code without its label means.
    read: fn(&Table, &str) -> Option<Meaning>,
}

macro_rules! entry {
    ($system:ident, $label:literal, $tsv:literal, $read:expr) => {
        Entry {
            system: System::$system,
            label: $label,
            table: LazyLock::new(|| Table::parse(System::$system, include_str!($tsv))),
            read: $read,
        }
    };
}

/// All systems, in the order of [`System`].
static REGISTRY: [Entry; 15] = [
    entry!(Http, "HTTP", "http.tsv", http::read),
    entry!(Errno, "errno", "errno.tsv", linux::read_errno),
    entry!(Signal, "signal", "signal.tsv", linux::read_signal),
    entry!(Exit, "exit", "exit.tsv", exit::read_exit),
    entry!(Sqlstate, "SQLSTATE", "sqlstate.tsv", sqlstate::read),
    entry!(Hresult, "", "hresult.tsv", windows::read_hresult),
    entry!(Ntstatus, "", "ntstatus.tsv", windows::read_ntstatus),
    entry!(Bugcheck, "bug check", "bugcheck.tsv", windows::read_bugcheck),
    entry!(Xid, "Xid", "xid.tsv", table::read),
    entry!(Grpc, "gRPC", "grpc.tsv", table::read),
    entry!(Systemd, "systemd", "systemd.tsv", exit::read_systemd),
    entry!(Mysql, "MySQL", "mysql.tsv", sql::read_mysql),
    entry!(Oracle, "", "oracle.tsv", sql::read_oracle),
    entry!(Curl, "curl", "curl.tsv", table::read),
    entry!(Win32, "Win32", "win32.tsv", windows::read_win32),
];

impl System {
    /// All systems.
    pub fn all() -> impl Iterator<Item = System> {
        REGISTRY.iter().map(|entry| entry.system)
    }

    /// What stands before a bare code, as in `HTTP 503`; empty for systems whose codes say themselves what they are, as
    /// ORA-00942 and 0x80070005 do.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.entry().label
    }

    /// Title and address of the public source.
    #[must_use]
    pub fn source(self) -> &'static str {
        self.entry().table.source()
    }

    /// The system of a column by its name, such as `http_status` or `sqlstate`, where the name alone says it; `None`
    /// for `code`, `error_code` and `status`.
    #[must_use]
    pub fn of_column(name: &str) -> Option<System> {
        column::system(name)
    }

    /// The system of a code that says by itself what it is: `ECONNREFUSED`, `signal 11`, `0x80070005`, `ORA-00942`,
    /// `1/FAILURE`; `None` for bare numbers and house codes such as `E101`.
    #[must_use]
    pub fn of_code(code: &str) -> Option<System> {
        shape::system(code)
    }

    /// What a code means in this system, if need be by its class: SQLSTATE 57Z01 is an operator intervention. Cases,
    /// blanks around it and its label before it do not matter, and a symbolic name is as good as a number.
    #[must_use]
    pub fn describe(self, code: &str) -> Option<Meaning> {
        let code = code.trim();
        let entry = self.entry();
        (entry.read)(&entry.table, shape::after_label(entry.label, code).unwrap_or(code))
    }

    fn entry(self) -> &'static Entry {
        &REGISTRY[self as usize]
    }

    fn table(self) -> &'static Table {
        &self.entry().table
    }
}

/// The code alone that stands behind the name of its public system: `404` of `HTTP 404`.
#[must_use]
pub fn bare(code: &str) -> Option<&str> {
    System::all().filter(|system| !system.label().is_empty()).find_map(|system| {
        let rest = code.strip_prefix(system.label())?.strip_prefix(' ')?;
        (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_name_of_a_system_is_its_code() {
        let bare = ["HTTP 404", "bug check 124", "SQLSTATE 57P01", "404", "HTTP ", "HTTP 4\\d+", "E101"].map(bare);
        assert_eq!(bare, [Some("404"), Some("124"), Some("57P01"), None, None, None, None]);
    }

    fn said(system: System, code: &str) -> String {
        system.describe(code).map(|meaning| meaning.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_registry_is_in_the_order_of_the_systems() {
        for (at, entry) in REGISTRY.iter().enumerate() {
            assert_eq!(entry.system as usize, at, "{:?}", entry.system);
        }
    }

    #[test]
    fn one_number_means_what_its_system_says() {
        assert_eq!(said(System::Http, "503"), "Service Unavailable");
        assert_eq!(said(System::Xid, "79"), "GPU has fallen off the bus");
        assert_eq!(said(System::Xid, "Xid 48"), "Double-bit ECC error");
        assert_eq!(said(System::Grpc, "14"), "UNAVAILABLE: Service unavailable at present, worth another try");
        assert_eq!(said(System::Curl, "28"), "CURLE_OPERATION_TIMEDOUT: Timed out");
        assert_eq!(said(System::Exit, "1"), "General failure");
        assert_eq!(said(System::Errno, "1"), "EPERM: Operation not permitted");
        assert_eq!(said(System::Signal, "1"), "SIGHUP: Terminal hung up or its process died");
    }

    #[test]
    fn grpc_names_are_known_in_both_writings() {
        for code in ["4", "DEADLINE_EXCEEDED", "DeadlineExceeded", "deadline_exceeded", "gRPC 4"] {
            assert_eq!(System::Grpc.describe(code).map(|m| m.name), Some("DEADLINE_EXCEEDED"), "{code}");
        }
        assert_eq!(System::Grpc.describe("Unavailable").map(|m| m.name), Some("UNAVAILABLE"));
        assert_eq!(System::Grpc.describe("Canceled").map(|m| m.name), Some("CANCELLED"));
        assert_eq!(System::Grpc.describe("17"), None);
    }

    #[test]
    fn no_system_knows_a_house_code() {
        for code in ["E101", "E999", "ERR404", "F12", "AUTH_FAILED", "", " ", "-", "é", "99999999999999999999"] {
            for system in System::all() {
                assert_eq!(system.describe(code), None, "{code} in {system:?}");
            }
            assert_eq!(System::of_code(code), None, "{code}");
        }
    }
}
