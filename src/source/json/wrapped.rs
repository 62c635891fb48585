//! A document whose one object has one key, and under it an array of objects: `{"rows": [{..}, {..}]}`, as programs that
//! serve tables write them. Its rows are the objects of the array.

use super::object::object_end;

/// What stands around the rows of such a document.
pub struct Wrapped {
    pub key: String,
    /// Where the first of them begins.
    pub start: usize,
}

/// `None` of any other document, and of one whose objects have no key: they would be a table without columns. `text` is
/// all of it; one that is cut off within its array is one all the same.
pub fn of(text: &[u8]) -> Option<Wrapped> {
    let rest = text.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let end = 1 + string_end(rest.strip_prefix(b"\"")?)?;
    let key = serde_json::from_slice(&rest[..=end]).ok()?;
    let rest = rest[end + 1..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rows = rest.strip_prefix(b"[")?.trim_ascii_start();
    if !rows.starts_with(b"{") {
        return None;
    }
    let (mut at, mut has_keys) = (0, false);
    while let Some(next) = rows[at..].starts_with(b"{").then(|| object_end(rows, at)).flatten() {
        has_keys |= rows[at + 1..].trim_ascii_start().starts_with(b"\"");
        let rest = rows[next..].trim_ascii_start();
        match rest.first() {
            None => break,
            Some(b',') => at = rows.len() - rest[1..].trim_ascii_start().len(),
            Some(b']') => {
                let is_all = has_keys && rest[1..].trim_ascii() == b"}";
                return is_all.then(|| Wrapped { key, start: text.len() - rows.len() });
            }
            Some(_) => return None,
        }
    }
    // The end is missing: the last object, or what follows it.
    let is_cut = rows[at..].is_empty() || rows[at..].starts_with(b"{");
    (is_cut && has_keys).then(|| Wrapped { key, start: text.len() - rows.len() })
}

/// Behind the last object: what closes the array, without what closes the object around it.
pub fn without_end(between: &[u8]) -> &[u8] {
    match between.trim_ascii_end().strip_suffix(b"}") {
        Some(rest) if rest.trim_ascii_end().ends_with(b"]") => rest,
        _ => between,
    }
}

fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_document_of_one_array_is_one() {
        let told = |text: &str| of(text.as_bytes()).map(|wrapped| (wrapped.key, text[wrapped.start..].to_string()));
        let rows = |text: &str| Some(("r".to_string(), text.to_string()));
        assert_eq!(told(r#"{"r":[{"a":1},{"a":"]}"}]}"#), rows(r#"{"a":1},{"a":"]}"}]}"#));
        assert_eq!(told(" {\n\"r\" : [ {\"a\":{}} ,\n{} ]\n}\n"), rows("{\"a\":{}} ,\n{} ]\n}\n"));
        assert_eq!(told(r#"{"r":[{"a":1},{"a":"#), rows(r#"{"a":1},{"a":"#));
        for other in [
            r#"{"r":[{"a":1}],"n":1}"#,
            r#"{"n":1,"r":[{"a":1}]}"#,
            r#"{"r":[]}"#,
            r#"{"r":[{},{ }]}"#,
            r#"{"r":[1,{"a":1}]}"#,
            r#"{"r":[{"a":1},2]}"#,
            "{\"r\":[{\"a\":1}]}\n{\"r\":[{\"a\":2}]}\n",
            r#"{"r":[{"a":1"#,
            r#"[{"a":1}]"#,
        ] {
            assert_eq!(told(other), None, "{other}");
        }
        assert_eq!(without_end(b" ]\n}\n"), b" ]\n");
        assert_eq!(without_end(b", 5 }"), b", 5 }");
    }
}
