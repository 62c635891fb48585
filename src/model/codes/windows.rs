//! Codes of Windows, of which some carry others: an HRESULT 0x8007xxxx carries a Win32 code, 0xDxxxxxxx an NTSTATUS
//! ([MS-ERREF], 2.1 and 2.3).

use super::number::bits;
use super::table::Table;
use super::{Meaning, System};

/// Above these 16 bits stand severity and facility of HRESULTs and of NTSTATUS values that carry a Win32 code.
const WIN32_CARRIERS: [u32; 2] = [0x8007, 0xC007];

/// The bit by which an HRESULT says that it carries an NTSTATUS.
const CARRIES_NTSTATUS: u32 = 0x1000_0000;

/// The bit of stop codes of which a small dump was made.
const SMALL_DUMP: u32 = 0x1000_0000;

/// The bit of severity that HRESULTs and NTSTATUS values have unless they say success or inform.
const SEVERE: u32 = 0x8000_0000;

/// Win32 codes that say success: plainly, or with a restart begun or required.
const SUCCESSES: [u32; 4] = [0, 1641, 3010, 3011];

/// Reads an HRESULT in hexadecimal, as a signed or unsigned decimal, or by name.
pub fn read_hresult(table: &Table, code: &str) -> Option<Meaning> {
    let Some(value) = bits(code) else {
        return table.named(code).map(|row| table.meaning(row));
    };
    if let Some(row) = table.code(&key(value)) {
        return Some(table.meaning(row));
    }
    // Exceptions travel as HRESULTs too.
    let status = |value: u32| (value >= SEVERE).then(|| System::Ntstatus.describe(&key(value))).flatten();
    carried(value).or_else(|| status(value)).or_else(|| {
        let is_carrier = value & (SEVERE | CARRIES_NTSTATUS) == SEVERE | CARRIES_NTSTATUS;
        status(value & !CARRIES_NTSTATUS).filter(|_| is_carrier)
    })
}

/// Reads an NTSTATUS in the same writings.
pub fn read_ntstatus(table: &Table, code: &str) -> Option<Meaning> {
    match bits(code) {
        Some(value) => table.code(&key(value)).map(|row| table.meaning(row)).or_else(|| carried(value)),
        None => table.named(code).map(|row| table.meaning(row)),
    }
}

/// Reads a stop code, alone or before its parameters.
pub fn read_bugcheck(table: &Table, code: &str) -> Option<Meaning> {
    match bits(code.split([' ', '(']).next()?) {
        Some(value) => {
            table.code(&key(value)).or_else(|| table.code(&key(value & !SMALL_DUMP))).map(|row| table.meaning(row))
        }
        None => table.named(code).map(|row| table.meaning(row)),
    }
}

/// Reads a Win32 code, in decimal or hexadecimal, or by name.
pub fn read_win32(table: &Table, code: &str) -> Option<Meaning> {
    match bits(code) {
        Some(value) => table.code(&value.to_string()).map(|row| table.meaning(row)).or_else(|| carried(value)),
        None => table.named(code).map(|row| table.meaning(row)),
    }
}

/// Whether a code says success.
pub fn is_success(system: System, table: &Table, code: &str) -> bool {
    let Some(value) = bits(code).or_else(|| bits(table.named(code)?.code)) else {
        return false;
    };
    if system == System::Win32 { SUCCESSES.contains(&value) } else { value & SEVERE == 0 }
}

/// What the Win32 code within a value means.
fn carried(value: u32) -> Option<Meaning> {
    let is_carrier = WIN32_CARRIERS.contains(&(value >> 16));
    is_carrier.then(|| System::Win32.describe(&(value & 0xFFFF).to_string())).flatten()
}

/// A value as it stands in the tables.
fn key(value: u32) -> String {
    format!("0x{value:08X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(system: System, code: &str) -> String {
        system.describe(code).map(|meaning| meaning.to_string()).unwrap_or_default()
    }

    #[test]
    fn hresults_are_read_in_every_writing() {
        for code in ["0x80070005", "0X80070005", "-2147024891", "2147942405", "E_ACCESSDENIED", "e_accessdenied"] {
            assert_eq!(said(System::Hresult, code), "E_ACCESSDENIED: Access denied", "{code}");
        }
        assert_eq!(said(System::Hresult, "0x80004005"), "E_FAIL: Unspecified failure");
        assert_eq!(said(System::Hresult, "0x800706BA"), "RPC_S_SERVER_UNAVAILABLE: RPC server unavailable");
        assert_eq!(said(System::Hresult, "0x80240022"), "WU_E_ALL_UPDATES_FAILED: All updates failed");
        assert_eq!(
            said(System::Hresult, "0x800F081F"),
            "CBS_E_SOURCE_MISSING: Source files of a Windows component not found"
        );
    }

    #[test]
    fn hresults_carry_other_codes() {
        let win32 = System::Hresult.describe("0x80070002");
        assert_eq!(win32.map(|m| (m.name, m.system)), Some(("ERROR_FILE_NOT_FOUND", System::Win32)));
        assert_eq!(said(System::Hresult, "0x80073712"), "ERROR_SXS_COMPONENT_STORE_CORRUPT: Component store corrupt");
        let status = System::Hresult.describe("0xD0000022");
        assert_eq!(status.map(|m| (m.name, m.system)), Some(("STATUS_ACCESS_DENIED", System::Ntstatus)));
        for code in ["0x8007FFFF", "0x80001234", "0x10000022", "5"] {
            assert_eq!(said(System::Hresult, code), "", "{code}");
        }
    }

    #[test]
    fn statuses_are_read_in_every_writing() {
        for code in ["0xC0000005", "0xc0000005", "-1073741819", "3221225477", "STATUS_ACCESS_VIOLATION"] {
            assert_eq!(
                said(System::Ntstatus, code),
                "STATUS_ACCESS_VIOLATION: Access violation: invalid memory reference",
                "{code}"
            );
        }
        assert_eq!(said(System::Ntstatus, "0xC000006D"), "STATUS_LOGON_FAILURE: Wrong user name or password");
    }

    #[test]
    fn stop_codes_are_read_with_their_parameters() {
        for code in ["0x0000009F", "0x9f", "159", "0x0000009f (0x0000000000000003, 0x1)", "bug check 0x9F"] {
            assert_eq!(
                said(System::Bugcheck, code),
                "DRIVER_POWER_STATE_FAILURE: Driver in a wrong or stuck power state",
                "{code}"
            );
        }
        let small = System::Bugcheck.describe("0x1000007e").map(|m| m.name);
        assert_eq!(small, Some("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"));
    }

    #[test]
    fn win32_codes_are_read() {
        for code in ["5", "0x5", "ERROR_ACCESS_DENIED", "Win32 5"] {
            assert_eq!(said(System::Win32, code), "ERROR_ACCESS_DENIED: Access denied", "{code}");
        }
        assert_eq!(said(System::Win32, "10061"), "WSAECONNREFUSED: Connection refused");
        assert_eq!(said(System::Win32, "1053"), "ERROR_SERVICE_REQUEST_TIMEOUT: Service did not answer in time");
    }
}
