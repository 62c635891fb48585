//! Words of a command line, as a shell takes them.

/// A word, in quotes where a shell needs them.
pub fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c));
    if is_plain { word.to_string() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("gateway-logs/*.log"), "'gateway-logs/*.log'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!((quoted("a/b.csv").as_str(), quoted("").as_str()), ("a/b.csv", "''"));
    }
}
