//! HTTP status codes and their classes (RFC 9110, section 15).

use super::Meaning;
use super::number::decimal;
use super::table::Table;

/// What the first digit says.
const CLASSES: [&str; 5] = ["Informational", "Success", "Redirection", "Client error", "Server error"];

/// Reads a status code, alone or before its reason phrase.
pub fn read(table: &Table, code: &str) -> Option<Meaning> {
    let class = class(code)?;
    let status = decimal(code.split(' ').next()?)?.to_string();
    match table.code(&status) {
        Some(row) => Some(table.meaning(row)),
        None => Some(table.class(CLASSES.get(class - 1)?, &format!("{class}xx"))),
    }
}

/// The first digit of a status code, 1 to 5.
pub fn class(code: &str) -> Option<usize> {
    let status: usize = decimal(code.split(' ').next()?)?.try_into().ok()?;
    (100..600).contains(&status).then_some(status / 100)
}

#[cfg(test)]
mod tests {
    use super::super::System;

    fn said(code: &str) -> Option<String> {
        System::Http.describe(code).map(|meaning| meaning.to_string())
    }

    #[test]
    fn codes_are_read_as_logs_have_them() {
        for code in ["503", " 503", "503.0", "HTTP 503", "http/1.1 503", "503 Service Unavailable"] {
            assert_eq!(said(code).as_deref(), Some("Service Unavailable"), "{code}");
        }
        assert_eq!(said("200").as_deref(), Some("OK"));
        assert_eq!(said("429").as_deref(), Some("Too Many Requests"));
        assert_eq!(said("499").as_deref(), Some("Client closed the request (nginx)"));
    }

    #[test]
    fn unknown_codes_have_the_meaning_of_their_class() {
        assert_eq!(said("599").as_deref(), Some("Server error (class 5xx)"));
        assert_eq!(said("418").as_deref(), Some("Client error (class 4xx)"));
    }

    #[test]
    fn other_numbers_are_none() {
        for code in ["0", "99", "600", "1205", "57014", "50x", "-503", "0x1F7"] {
            assert_eq!(said(code), None, "{code}");
        }
    }
}
