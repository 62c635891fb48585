//! `key=value key="quoted \"value\"" flag`, as Go's and Heroku's loggers write it.

/// Calls `each` with key and value. `false` if the line is no logfmt: of at least two pairs.
pub fn each(line: &str, mut each: impl FnMut(&str, &str)) -> bool {
    let mut rest = line.trim();
    let mut count = 0;
    let mut unescaped = String::new();
    while !rest.is_empty() {
        let stop = rest.find(['=', ' ', '"']).unwrap_or(rest.len());
        let key = &rest[..stop];
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_.-@/".contains(c));
        if !is_key {
            return false;
        }
        let Some(value) = rest[stop..].strip_prefix('=') else {
            each(key, "true");
            rest = rest[stop..].trim_start();
            continue;
        };
        if let Some(quoted) = value.strip_prefix('"') {
            let Some(length) = unquote(quoted, &mut unescaped) else { return false };
            each(key, &unescaped);
            rest = quoted[length..].trim_start();
        } else {
            let end = value.find(' ').unwrap_or(value.len());
            each(key, &value[..end]);
            rest = value[end..].trim_start();
        }
        count += 1;
    }
    count >= 2
}

/// The text up to the closing quote goes to `unescaped`; returns where the text goes on behind the quote.
fn unquote(quoted: &str, unescaped: &mut String) -> Option<usize> {
    unescaped.clear();
    let mut chars = quoted.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some(at + 1),
            (_, '\\') => unescaped.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                c => c,
            }),
            (_, c) => unescaped.push(c),
        }
    }
}
