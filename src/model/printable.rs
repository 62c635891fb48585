//! Text of the evidence on a terminal: what would move its cursor, colour it or turn its words around is spelled out.

/// Whether a character shows other text otherwise than it stands: Unicode's marks of direction (UAX #9, 2.1 to 2.6).
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a terminal is steered by it, or text around it shown otherwise than it stands.
pub fn steers(c: char) -> bool {
    c.is_control() || turns(c)
}

/// A name on one line: what ends a line is spelled too.
pub fn one_line(name: &str) -> String {
    if !name.contains(steers) {
        return name.to_string();
    }
    let spelled =
        |c: char| if c.is_control() { c.escape_debug().to_string() } else { format!("\\u{{{:x}}}", c as u32) };
    name.chars().map(|c| if steers(c) { spelled(c) } else { c.to_string() }).collect()
}

/// The same text with `\x1b` and `\u{202e}` in place of such characters. Lines stay lines, a tab is four blanks.
pub fn printable(text: &str) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\n' || turns(c)) {
        return text.to_string();
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\t' => shown.push_str("    "),
            '\n' => shown.push(c),
            // Of a line's end it is a part, anywhere else it would write over the line.
            '\r' if rest.peek() == Some(&'\n') => {}
            c if c.is_control() => shown.push_str(&format!("\\x{:02x}", c as u32)),
            c if turns(c) => shown.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_turns_words_around() {
        assert_eq!(printable("a\tb\r\nc"), "a    b\nc");
        assert_eq!(printable("a\rb\x1b[2J\u{9b}"), "a\\x0db\\x1b[2J\\x9b");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(printable("é 漢 😀"), "é 漢 😀");
        assert_eq!(one_line("a\nb\x1b\u{9b}\u{202e}é.csv"), "a\\nb\\u{1b}\\u{9b}\\u{202e}é.csv");
    }
}
