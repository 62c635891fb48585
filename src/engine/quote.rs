//! The one place where names and values of users and evidence become SQL text.

use super::tokens::Tokens;
use crate::model::name;
use crate::model::value::Value;

/// A name as an SQL identifier, always quoted.
pub fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A name without quotes where SQL needs none, for text that people will read and paste.
pub fn readable_name(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !name::is_reserved(text) { text.to_string() } else { self::name(text) }
}

/// A value as an SQL string.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''").replace('\0', ""))
}

/// An instant as an SQL timestamp.
pub fn time(micros: i64) -> String {
    if micros == i64::MAX || micros <= -i64::MAX {
        return format!("TIMESTAMP '{}infinity'", if micros < 0 { "-" } else { "" });
    }
    format!("make_timestamp({micros})")
}

/// A value as SQL.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Bool(_) | Value::Int(_) | Value::Decimal(_) => value.shown(),
        Value::Float(number) if number.is_finite() => format!("{number:e}::DOUBLE"),
        Value::Float(_) => format!("{}::DOUBLE", text(&value.shown())),
        Value::Time(micros) => time(*micros),
        Value::Text(value) if value.contains('\0') => {
            format!("({})", value.split('\0').map(text).collect::<Vec<_>>().join(" || chr(0) || "))
        }
        Value::Text(_) | Value::Date(_) | Value::Blob(_) | Value::Nested(_) => text(&value.shown()),
    }
}

/// The text on one line, as it is pasted into a shell: without comments, with one blank where others were. Names and
/// texts in quotes stay as they are.
pub fn one_line(sql: &str) -> String {
    let mut line = String::with_capacity(sql.len());
    let mut tokens = Tokens::of(sql);
    let mut end = 0;
    while tokens.next().is_some() {
        let text = &sql[tokens.begin..tokens.at];
        if tokens.begin > end && end > 0 && !line.ends_with('(') && text != ")" {
            line.push(' ');
        }
        line.push_str(text);
        end = tokens.at;
    }
    line
}

/// Fills `{name}` in a SQL file's text, and leaves out its comment lines, which are for the file's reader.
pub fn fill(sql: &str, values: &[(&str, &str)]) -> String {
    let code = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    let mut filled = String::with_capacity(code.len());
    let mut rest = code.as_str();
    while let Some(open) = rest.find('{') {
        let inside = &rest[open + 1..];
        let found = inside.find('}').and_then(|close| {
            let name = &inside[..close];
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (close, value))
        });
        filled.push_str(&rest[..open]);
        match found {
            Some((close, value)) => {
                filled.push_str(value);
                rest = &inside[close + 1..];
            }
            None => {
                filled.push('{');
                rest = inside;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_quotes() {
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(literal(&Value::Text("a\0b".into())), "('a' || chr(0) || 'b')");
        assert_eq!(
            one_line("SELECT ( \"a  (\n b )\" )\n  FROM t WHERE x = ' ( it''s  ) '"),
            "SELECT (\"a  (\n b )\") FROM t WHERE x = ' ( it''s  ) '"
        );
        assert_eq!(readable_name("order"), "\"order\"");
        assert_eq!(readable_name("order_id"), "order_id");
        assert_eq!(fill("a {x} {'y': 1} {x}", &[("x", "{z}")]), "a {z} {'y': 1} {z}");
    }
}
