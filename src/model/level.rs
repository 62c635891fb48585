//! Levels of events, and which of them are at least as grave as another.

use crate::error::{Error, Result};
use crate::model::name;

/// The mildest first.
pub const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

/// A level by any of its names, and those above it.
///
/// # Errors
/// If there is no such level.
pub fn at_least(level: &str) -> Result<&'static [&'static str]> {
    let level = match level.to_lowercase().as_str() {
        "warning" => "warn".to_string(),
        "err" => "error".to_string(),
        "critical" | "crit" | "alert" | "emerg" | "panic" => "fatal".to_string(),
        "notice" => "info".to_string(),
        other => other.to_string(),
    };
    let at = LEVELS.iter().position(|known| *known == level).ok_or_else(|| {
        Error::question(format!("there is no level `{level}`"))
            .hint(format!("levels are {}", name::listed(&LEVELS.map(String::from))))
    })?;
    Ok(&LEVELS[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_by_any_name_has_those_above_it() {
        assert_eq!(at_least("Warning").expect("a level"), ["warn", "error", "fatal"]);
        assert_eq!(at_least("crit").expect("a level"), ["fatal"]);
        assert!(at_least("loud").is_err());
    }
}
