//! The slow query log of MySQL and MariaDB: several queries may stand under one time, and the server writes a header
//! whenever it starts. MySQL, "The Slow Query Log".

use std::borrow::Cow;

pub const TIME: &str = "Time";
/// When a query began, which it says itself.
pub const BEGUN: &str = "timestamp";
pub const MESSAGE: &str = "query";

const AT: &[u8] = b"# Time: ";
const BY: &[u8] = b"# User@Host: ";
/// What is no statement, such as the end of a connection.
const COMMAND: &[u8] = b"# administrator command: ";

/// Whether a text is such a log, by its beginning.
pub fn is_one(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').skip_while(|line| is_frame(line));
    lines.next().is_some_and(is_head) && memchr::memmem::find(head, b"\n# Query_time: ").is_some()
}

pub fn is_head(line: &[u8]) -> bool {
    is_time(line) || is_user(line)
}

/// Whether a line goes on with the record that the line before it begins.
pub fn goes_on(before: &[u8], line: &[u8]) -> bool {
    is_user(line) && is_time(before)
}

/// `# Time: 2025-03-01T10:00:00.123456Z`, `# Time: 250301  9:00:00`: texts of a statement may begin so too.
fn is_time(line: &[u8]) -> bool {
    line.strip_prefix(AT)
        .is_some_and(|at| at.trim_ascii_start().iter().take(6).filter(|b| b.is_ascii_digit()).count() > 3)
}

/// `# User@Host: root[root] @ localhost []  Id:     8`
fn is_user(line: &[u8]) -> bool {
    line.starts_with(BY) && memchr::memmem::find(line, b"] @ ").is_some()
}

/// Whether a line is of a server's header.
pub fn is_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.is_empty()
        || memchr::memmem::find(line, b", Version: ").is_some() && line.ends_with(b"started with:")
        || is_port(line, b"Tcp port: ", b"  Unix socket: ")
        || is_port(line, b"TCP Port: ", b", Named Pipe: ")
        || is_columns(line)
}

/// `Time                 Id Command    Argument`; MariaDB has tabs between them.
fn is_columns(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.eq([&b"Time"[..], b"Id", b"Command", b"Argument"])
}

/// `Tcp port: 3306  Unix socket: /run/mysqld.sock`
fn is_port(line: &[u8], before: &[u8], behind: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(before) else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].starts_with(behind)
}

/// What a record says: its lines of figures by their names, and the statement.
pub fn pairs(record: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, [u8]>)> {
    let mut pairs: Vec<(Cow<str>, Cow<[u8]>)> = Vec::new();
    let mut statement: Vec<&[u8]> = Vec::new();
    for line in record.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(at) = line.strip_prefix(AT).filter(|_| statement.is_empty() && is_time(line)) {
            pairs.push((TIME.into(), at.trim_ascii().into()));
        } else if let Some(rest) = line.strip_prefix(BY).filter(|_| statement.is_empty()) {
            let user = rest.split(|byte| *byte == b'[').next().unwrap_or(rest).trim_ascii();
            pairs.push(("user".into(), user.into()));
            if let Some(at) = memchr::memmem::find(rest, b" @ ") {
                let host = &rest[at + 3..];
                let end = memchr::memmem::find(host, b"  Id:").unwrap_or(host.len());
                // Its name, its address, or both.
                let mut own = host[..end].splitn(2, |byte| *byte == b'[');
                let name = own.next().unwrap_or_default();
                let address = own.next().and_then(|rest| rest.split(|byte| *byte == b']').next()).unwrap_or_default();
                for (key, value) in [("host", name), ("ip", address)] {
                    let value = value.trim_ascii();
                    if !value.is_empty() {
                        pairs.push((key.into(), value.into()));
                    }
                }
                figures(&host[end..], &mut pairs);
            }
        } else if let Some(rest) =
            line.strip_prefix(b"# ").filter(|_| statement.is_empty() && !line.starts_with(COMMAND))
        {
            figures(rest, &mut pairs);
        } else if let Some(rest) = line.strip_prefix(b"SET timestamp=").filter(|_| statement.len() < 2) {
            pairs.push((BEGUN.into(), rest.strip_suffix(b";").unwrap_or(rest).into()));
        } else {
            statement.push(line);
        }
    }
    let statement = statement.join(&b'\n').trim_ascii().to_vec();
    pairs.push((MESSAGE.into(), statement.into()));
    pairs
}

/// `Query_time: 5.5  Lock_time: 0.0`
fn figures<'a>(text: &'a [u8], pairs: &mut Vec<(Cow<'a, str>, Cow<'a, [u8]>)>) {
    let mut words = text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let Some(name) = word.strip_suffix(b":").filter(|name| !name.is_empty()) else { continue };
        // One without a value has the next name behind it.
        if let Some(value) = words.next_if(|value| !value.ends_with(b":")) {
            pairs.push((String::from_utf8_lossy(name), value.into()));
        }
    }
}
