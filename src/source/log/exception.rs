//! The exception that a record of several lines is about, as the languages write it: Java, Python, Go, .NET, Rust,
//! Node and PHP.

use std::ops::Range;

/// The name of the exception in a record: `java.lang.IllegalStateException`, `KeyError`, `panic`. A cause further down
/// does not count, the outermost does: it is what the program saw.
pub fn find(record: &[u8]) -> Option<Range<usize>> {
    let has_more = memchr::memchr(b'\n', record).is_some();
    // Of a chain the last one is what was raised.
    if let Some(at) = memchr::memmem::rfind(record, b"Traceback (most recent call last)") {
        return python(record, at);
    }
    if let Some(at) = memchr::memmem::find(record, b"panicked at ") {
        // Rust: `thread 'main' panicked at src/main.rs:3:5:`.
        return Some(at..at + b"panic".len());
    }
    if has_more && memchr::memmem::find(record, b"goroutine ").is_some() {
        return memchr::memmem::find(record, b"panic: ").map(|at| at..at + b"panic".len());
    }
    if !has_more
        && memchr::memmem::find(record, b"Exception").is_none()
        && memchr::memmem::find(record, b"Error").is_none()
    {
        return None;
    }
    let mut at = 0;
    while at < record.len() {
        let end = memchr::memchr(b'\n', &record[at..]).map_or(record.len(), |newline| at + newline);
        if let Some(found) = named(&record[at..end], has_more) {
            return Some(at + found.start..at + found.end);
        }
        at = end + 1;
    }
    None
}

/// The last line of a traceback, which stands at its beginning: `KeyError: 'serial'`.
fn python(record: &[u8], traceback: usize) -> Option<Range<usize>> {
    let mut at = traceback + memchr::memchr(b'\n', &record[traceback..])? + 1;
    while at < record.len() {
        let end = memchr::memchr(b'\n', &record[at..]).map_or(record.len(), |newline| at + newline);
        let line = &record[at..end];
        if line.first().is_some_and(u8::is_ascii_alphabetic) {
            let length = name(line);
            return (length > 0).then_some(at..at + length);
        }
        at = end + 1;
    }
    None
}

/// A word that is the name of an exception: it ends so, and stands at the line's beginning, behind a sign, or with a
/// package in its name.
fn named(line: &[u8], has_more: bool) -> Option<Range<usize>> {
    let mut at = 0;
    while at < line.len() {
        let length = name(&line[at..]);
        let word = &line[at..at + length];
        let simple = word.rsplit(|byte| matches!(byte, b'.' | b'\\')).next().unwrap_or(word);
        let ends = |end: &[u8]| simple.ends_with(end) && simple.first().is_some_and(u8::is_ascii_uppercase);
        let follows = line.get(at + length);
        // `Error` and `Exception` are names themselves where a package or a colon says so.
        let is_whole = word.len() > simple.len() || has_more && at == 0 && follows == Some(&b':');
        let is_name = ends(b"Exception") && (simple.len() > 9 || is_whole)
            || ends(b"Throwable")
            || ends(b"ExceptionGroup")
            || ends(b"Error") && (simple.len() > 5 || is_whole) && simple.iter().skip(1).any(u8::is_ascii_lowercase);
        let ends_well =
            follows.is_none_or(|byte| matches!(byte, b':' | b' ' | b'\r' | b'(' | b'"' | b'\'' | b',' | b')'));
        // In the middle of a sentence only one that a colon or a message follows.
        let is_bracketed = at > 0 && line[at - 1] == b'(' && follows == Some(&b')');
        let stands_out =
            word.len() > simple.len() || follows == Some(&b':') || line.len() == at + length || is_bracketed;
        if is_name && ends_well && stands_out {
            return Some(at..at + length);
        }
        at += length.max(1);
    }
    None
}

/// Whether a line goes on with what the line before it began: it is indented, or of a trace.
pub fn continues(line: &[u8]) -> bool {
    const STARTS: [&[u8]; 8] = [
        b"Caused by:",
        b"Traceback (most",
        b"Suppressed:",
        b"... ",
        b"goroutine ",
        b"During handling",
        b"The above exception",
        b"--- End of",
    ];
    match line.first() {
        None | Some(b' ' | b'\t') => true,
        _ => {
            STARTS.iter().any(|start| line.starts_with(start))
                || named(line, true).is_some_and(|found| found.start == 0)
        }
    }
}

fn name(text: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'\\');
    let length = text.iter().take_while(|byte| is_part(byte)).count();
    length - text[..length].iter().rev().take_while(|byte| matches!(byte, b'.' | b'\\')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(record: &str) -> Option<&str> {
        find(record.as_bytes()).map(|range| &record[range])
    }

    #[test]
    fn exceptions_of_many_languages_are_named() {
        let java = "write failed\njava.io.IOException: disk full\n\tat a.B.c(B.java:1)\nCaused by: x.YException: z";
        assert_eq!(found(java), Some("java.io.IOException"));
        let python =
            "failed\nTraceback (most recent call last):\n  File \"a.py\", line 3, in f\n    x[1]\nKeyError: 'serial'";
        assert_eq!(found(python), Some("KeyError"));
        assert_eq!(found("panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()"), Some("panic"));
        assert_eq!(found("thread 'main' panicked at src/main.rs:3:5:\nboom"), Some("panic"));
        assert_eq!(found("bad\njava.lang.Error: bad\n\tat a.b(C.java:1)"), Some("java.lang.Error"));
        assert_eq!(found("Error: boom\n    at f (a.js:1:2)"), Some("Error"));
        assert_eq!(found("a.rb:3:in `f': undefined method (NoMethodError)\n\tfrom a.rb:9"), Some("NoMethodError"));
        let dotnet = "Unhandled exception. System.InvalidOperationException: no unit\n   at A.B()";
        assert_eq!(found(dotnet), Some("System.InvalidOperationException"));
        assert_eq!(found("TypeError: x is not a function\n    at foo (a.js:1:2)"), Some("TypeError"));
        assert_eq!(found("the Error was not found, an Exception to the rule"), None);
        assert_eq!(found("unit failed"), None);
        assert_eq!(found("Error: 0 found"), None);
    }
}
