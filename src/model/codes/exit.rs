//! Exit codes of processes, and what systemd says of them.

use super::number::{bits, decimal};
use super::table::{self, Table};
use super::{Meaning, System};

/// What shells add to the number of the signal that ended a process.
const SIGNAL_BASE: u64 = 128;

/// Exit codes that only systemd gives, when it cannot start a process.
const SYSTEMD: std::ops::RangeInclusive<u64> = 200..=245;

/// The least number that a negated signal is taken for, since programs end with -1 to -3 by themselves.
const NEGATED_MIN: u64 = 4;

/// Reads an exit code. Beyond its table it may tell a signal (130), an exit of systemd (203), a signal as Python gives
/// it (-9), or the exception of a Windows process (-1073741819).
pub fn read_exit(table: &Table, code: &str) -> Option<Meaning> {
    if code.contains('/') {
        return System::Systemd.describe(code);
    }
    if let Some(row) = table.find(code) {
        return Some(table.meaning(row));
    }
    if let Some(code) = decimal(code).filter(|code| *code < 256) {
        let systemd = SYSTEMD.contains(&code).then(|| System::Systemd.describe(&code.to_string())).flatten();
        return systemd.or_else(|| ended(code.checked_sub(SIGNAL_BASE)?));
    }
    let negated = code.strip_prefix('-').and_then(decimal).filter(|signal| *signal >= NEGATED_MIN);
    let exception = || bits(code).filter(|bits| *bits >= 0x8000_0000).and_then(|_| System::Ntstatus.describe(code));
    negated.and_then(ended).or_else(exception)
}

/// What an end by a signal means.
fn ended(signal: u64) -> Option<Meaning> {
    let table = System::Signal.table();
    let row = table.code(&signal.to_string())?;
    let text = format!("Ended by signal {signal}: {}", lower(row.text));
    Some(Meaning { name: row.name(), text: text.into(), system: System::Exit })
}

/// A phrase as it goes on in a sentence.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Reads `203/EXEC`, `9/KILL`, `203`, `EXEC`, `EXIT_EXEC` or the result of a service such as `oom-kill`.
pub fn read_systemd(table: &Table, code: &str) -> Option<Meaning> {
    if let Some((number, name)) = code.split_once('/') {
        let number = decimal(number)?.to_string();
        let row = table.code(&number).filter(|row| row.name().eq_ignore_ascii_case(name));
        let signals = System::Signal.table();
        let signal = || {
            let row = signals.code(&number).filter(|row| row.name() == format!("SIG{name}"))?;
            Some(signals.meaning(row))
        };
        return row.map(|row| table.meaning(row)).or_else(signal);
    }
    let result = || table.code(&code.to_ascii_lowercase()).map(|row| table.meaning(row));
    let name = code.strip_prefix("EXIT_").unwrap_or(code);
    result().or_else(|| table::read(table, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(system: System, code: &str) -> String {
        system.describe(code).map(|meaning| meaning.to_string()).unwrap_or_default()
    }

    #[test]
    fn exit_codes_tell_signals() {
        assert_eq!(said(System::Exit, "137"), "SIGKILL: Killed by signal 9, often for lack of memory");
        assert_eq!(said(System::Exit, "143"), "SIGTERM: Ended by signal 15, a request to stop");
        assert_eq!(
            said(System::Exit, "139"),
            "SIGSEGV: Ended by signal 11: segmentation fault: invalid memory reference"
        );
        assert_eq!(said(System::Exit, "exit code 130"), "SIGINT: Ended by signal 2: interrupted from the keyboard");
        assert_eq!(said(System::Exit, "134"), "SIGABRT: Ended by signal 6: aborted by abort()");
        assert_eq!(said(System::Exit, "-9"), "SIGKILL: Ended by signal 9: killed");
        assert_eq!(said(System::Exit, "-1"), "");
    }

    #[test]
    fn exit_codes_have_the_meanings_of_shells_and_of_sysexits() {
        assert_eq!(said(System::Exit, "0"), "EX_OK: Success");
        assert_eq!(said(System::Exit, "127"), "Command not found");
        assert_eq!(said(System::Exit, "78"), "EX_CONFIG: Configuration error");
        for code in ["3", "42", "128", "160", "199", "234", "254", "256"] {
            assert_eq!(said(System::Exit, code), "", "{code}");
        }
    }

    #[test]
    fn exit_codes_of_windows_are_exceptions() {
        for code in ["-1073741819", "3221225477", "0xC0000005"] {
            let meaning = System::Exit.describe(code).map(|m| (m.name, m.system));
            assert_eq!(meaning, Some(("STATUS_ACCESS_VIOLATION", System::Ntstatus)), "{code}");
        }
    }

    #[test]
    fn systemd_names_its_exits() {
        let exec = "EXEC: Cannot execute the program: missing or not executable";
        for code in ["203/EXEC", "203", "EXEC", "EXIT_EXEC", "exec"] {
            assert_eq!(said(System::Systemd, code), exec, "{code}");
        }
        assert_eq!(said(System::Exit, "203"), exec);
        assert_eq!(said(System::Exit, "203/EXEC"), exec);
        assert_eq!(said(System::Systemd, "1/FAILURE"), "FAILURE: General failure");
        assert_eq!(said(System::Systemd, "9/KILL"), "SIGKILL: Killed");
        assert_eq!(said(System::Systemd, "oom-kill"), "Process was ended by the out-of-memory killer");
        assert_eq!(said(System::Systemd, "203/KILLED"), "");
        assert_eq!(said(System::Systemd, "1/2"), "");
    }
}
