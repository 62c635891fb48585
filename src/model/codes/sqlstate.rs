//! SQLSTATE: two characters of class, three of subclass (ISO/IEC 9075-2, section 24).

use super::Meaning;
use super::table::Table;

/// Reads a state or a condition name; a state that the table lacks has the meaning of its class.
pub fn read(table: &Table, code: &str) -> Option<Meaning> {
    let Some(state) = state(code) else {
        return table.named(code).map(|row| table.meaning(row));
    };
    if let Some(row) = table.code(&state) {
        return Some(table.meaning(row));
    }
    let class = state.get(..2)?;
    table.code(class).map(|row| table.class(row.text, class))
}

/// Five capitals or digits; where a table of numbers has lost the zeros in front, they are given back.
fn state(code: &str) -> Option<String> {
    let state = match code.len() {
        5 => code.to_ascii_uppercase(),
        4 if code.bytes().all(|byte| byte.is_ascii_digit()) => format!("0{code}"),
        1 if code == "0" => "00000".to_string(),
        _ => return None,
    };
    state.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).then_some(state)
}

#[cfg(test)]
mod tests {
    use super::super::System;

    fn said(code: &str) -> String {
        System::Sqlstate.describe(code).map(|meaning| meaning.to_string()).unwrap_or_default()
    }

    #[test]
    fn states_are_known_by_code_and_by_name() {
        for code in ["57014", "SQLSTATE 57014", "SQLSTATE[57014]", "query_canceled", "QUERY_CANCELED"] {
            assert_eq!(said(code), "query_canceled: Statement cancelled on request or by a timeout", "{code}");
        }
        for code in ["08006", "8006", " 08006 "] {
            assert_eq!(said(code), "connection_failure: Connection failed", "{code}");
        }
        assert_eq!(said("42p01"), "undefined_table: Table does not exist");
        assert_eq!(said("40P01"), "deadlock_detected: Deadlock detected");
        assert_eq!(said("HY000"), "General error");
    }

    #[test]
    fn unknown_states_have_the_meaning_of_their_class() {
        assert_eq!(said("57Z01"), "Operator intervention (class 57)");
        assert_eq!(said("2200Z"), "Data exception (class 22)");
    }

    #[test]
    fn other_words_are_no_states() {
        for code in ["E1011", "ABORT", "99999", "570", "57", "570145", "5701é", "57 14"] {
            assert_eq!(said(code), "", "{code}");
        }
    }
}
