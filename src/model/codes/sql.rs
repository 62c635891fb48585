//! Errors of `MySQL` and Oracle with their prefixes.

use super::Meaning;
use super::number::decimal;
use super::table::{self, Table};

/// Reads `1213`, `MY-001213` or `ER_LOCK_DEADLOCK`.
pub fn read_mysql(table: &Table, code: &str) -> Option<Meaning> {
    table::read(table, after("MY-", code).unwrap_or(code))
}

/// Reads `ORA-00942`, the bare number, its negative as `SQLCODE` has it, or `TNS-12541`, which is ORA-12541.
pub fn read_oracle(table: &Table, code: &str) -> Option<Meaning> {
    let (facility, number) = match (after("PLS-", code), after("ORA-", code).or_else(|| after("TNS-", code))) {
        (Some(number), _) => ("PLS", number),
        (None, Some(number)) => ("ORA", number),
        (None, None) => ("ORA", code.strip_prefix('-').unwrap_or(code)),
    };
    let number = decimal(number)?;
    table.code(&format!("{facility}-{number:05}")).map(|row| table.meaning(row))
}

/// What stands behind a prefix in either case.
pub fn after<'a>(prefix: &str, code: &'a str) -> Option<&'a str> {
    let (head, rest) = code.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::System;

    fn said(system: System, code: &str) -> String {
        system.describe(code).map(|meaning| meaning.to_string()).unwrap_or_default()
    }

    #[test]
    fn mysql_errors_have_two_writings_and_names() {
        for code in ["1213", "MY-001213", "my-001213", "ER_LOCK_DEADLOCK", "MySQL 1213"] {
            assert_eq!(
                said(System::Mysql, code),
                "ER_LOCK_DEADLOCK: Deadlock found, transaction rolled back",
                "{code}"
            );
        }
        assert_eq!(said(System::Mysql, "1205"), "ER_LOCK_WAIT_TIMEOUT: Lock wait timed out");
        assert_eq!(said(System::Mysql, "MY-010116"), "Server is starting");
        assert_eq!(said(System::Mysql, "MY-"), "");
        assert_eq!(said(System::Mysql, "999"), "");
    }

    #[test]
    fn oracle_errors_are_known_by_facility() {
        for code in ["ORA-00942", "ora-942", "942", "-942"] {
            assert_eq!(said(System::Oracle, code), "Table or view does not exist", "{code}");
        }
        assert_eq!(said(System::Oracle, "TNS-12541"), "No listener");
        assert_eq!(said(System::Oracle, "PLS-00201"), "Identifier must be declared");
        assert_eq!(said(System::Oracle, "ORA-00201"), "");
        assert_eq!(said(System::Oracle, "ORA-"), "");
    }
}
