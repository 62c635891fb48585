//! Words of a command line, as a shell takes them.

use super::printable::steers;

/// A word, in quotes where a shell needs them, and on one line: line ends and what steers a terminal are spelled
/// (`$'a\nb'`).
pub fn quoted(word: &str) -> String {
    if word.contains(steers) {
        let spelled = |c: char| match c {
            '\n' => "\\n".to_string(),
            '\t' => "\\t".to_string(),
            '\r' => "\\r".to_string(),
            '\'' | '\\' => format!("\\{c}"),
            // Of a word in braces Jira would make something.
            '{' => "\\x7b".to_string(),
            c if c.is_ascii() && steers(c) => format!("\\x{:02x}", c as u32),
            c if steers(c) => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        };
        return format!("$'{}'", word.chars().map(spelled).collect::<String>());
    }
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
        assert_eq!(quoted("a\n\n# b'\\\u{1b}{n}\u{202e}é"), r"$'a\n\n# b\'\\\x1b\x7bn}\u202eé'");
        assert_eq!((quoted("a/b.csv").as_str(), quoted("").as_str()), ("a/b.csv", "''"));
    }
}
