//! How a line is read by the steps of a pattern, from its first byte to its last.

use super::capture::{Capture, Span};
use super::level::Level;
use super::pattern::{FieldKind, Pattern, Step, is_word};
use crate::source::near;

impl Pattern {
    /// Whether `line` begins a record of this pattern; what it holds goes to `capture`, which has been cleared.
    #[inline]
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        if self.needs.as_ref().is_some_and(|needs| needs.find(line).is_none()) {
            return false;
        }
        self.walk(0, line, 0, capture)
    }

    fn walk(&self, first: usize, line: &[u8], mut at: usize, capture: &mut Capture) -> bool {
        let mut index = first;
        while let Some(step) = self.steps.get(index) {
            capture.reached = capture.reached.max(at);
            match step {
                Step::Literal(bytes) => {
                    // One byte is compared at once; a call for it costs more than it does.
                    if line.get(at) != bytes.first() || bytes.len() > 1 && !line[at..].starts_with(bytes) {
                        return false;
                    }
                    at += bytes.len();
                }
                Step::Blanks => {
                    let length = blanks(&line[at..]);
                    // A line may end where the pattern has a blank and an empty message.
                    if length == 0 && !(at == line.len() && index + 2 == self.steps.len()) {
                        return false;
                    }
                    at += length;
                }
                Step::Time { is_optional: true, .. } if line[at..].starts_with(b"- ") => at += 1,
                Step::Time { format, field, id, .. } => {
                    // Patterns of one format mostly begin with the same time.
                    let read = match capture.memo {
                        Some((known, place, read)) if known == *id && place == at => read,
                        _ => {
                            let read = format.read(&line[at..]);
                            capture.memo = Some((*id, at, read));
                            read
                        }
                    };
                    let Some((written, length)) = read else { return false };
                    match field {
                        None => capture.written = Some(written),
                        Some(field) => set(capture, Some(*field), Span::new(at, at + length)),
                    }
                    at += length;
                }
                Step::Level { field, is_upper } => {
                    let Some((level, length)) = self.level(&line[at..], index + 1) else { return false };
                    if *is_upper && line[at..at + length].iter().any(u8::is_ascii_lowercase) {
                        return false;
                    }
                    capture.level = Some(level);
                    capture.fields[*field] = Some(Span::new(at, at + length));
                    at += length;
                }
                Step::Message => return self.open(index, line, at, line.len(), capture),
                Step::Field { kind: FieldKind::Text, .. } => {
                    return self.open(index, line, at, line.len(), capture);
                }
                Step::Field { kind: FieldKind::Word | FieldKind::Name | FieldKind::Code, .. } => {
                    let limit = memchr::memchr2(b' ', b'\t', &line[at..]).map_or(line.len(), |blank| at + blank);
                    return limit > at && self.open(index, line, at, limit, capture);
                }
                Step::Field { field, kind: FieldKind::Quoted } if capture.is_loose => {
                    return self.loosely_quoted(index, *field, line, at, capture);
                }
                Step::Field { field, kind } => {
                    let Some((span, end)) = closed(*kind, line, at, capture) else { return false };
                    if let Some(span) = span {
                        set(capture, *field, span);
                    }
                    at = end;
                }
                Step::OneOf { field, words } => {
                    let fits = |word: &&Vec<u8>| line[at..].starts_with(word);
                    let Some(word) = words.iter().find(fits) else { return false };
                    set(capture, *field, Span::new(at, at + word.len()));
                    at += word.len();
                }
                Step::Optional { skip } => {
                    let before = (capture.written, capture.level, capture.code, capture.message);
                    let known = self.known(index + 1..*skip, capture);
                    if self.walk(index + 1, line, at, capture) {
                        return true;
                    }
                    (capture.written, capture.level, capture.code, capture.message) = before;
                    self.forget(index + 1..*skip, &known, capture);
                    index = *skip;
                    continue;
                }
            }
            index += 1;
        }
        at == line.len()
    }

    /// The fields that steps set.
    fn fields(&self, steps: std::ops::Range<usize>) -> impl Iterator<Item = usize> {
        self.steps[steps].iter().filter_map(|step| match step {
            Step::Time { field, .. } | Step::OneOf { field, .. } | Step::Field { field, .. } => *field,
            Step::Level { field, .. } => Some(*field),
            _ => None,
        })
    }

    /// What fields of these steps have already: a pattern may have a field in several places.
    fn known(&self, steps: std::ops::Range<usize>, capture: &Capture) -> Vec<(usize, Span)> {
        self.fields(steps).filter_map(|field| Some((field, (*capture.fields.get(field)?)?))).collect()
    }

    /// Unsets the fields of steps that turned out not to be there.
    fn forget(&self, steps: std::ops::Range<usize>, known: &[(usize, Span)], capture: &mut Capture) {
        for field in self.fields(steps) {
            if let Some(value) = capture.fields.get_mut(field) {
                *value = known.iter().find(|(known, _)| *known == field).map(|(_, span)| *span);
            }
        }
    }

    /// A field of open length that ends at `limit` at the latest: tried with each end that what follows allows, the
    /// nearest first.
    fn open(&self, index: usize, line: &[u8], at: usize, limit: usize, capture: &mut Capture) -> bool {
        let next = index + 1;
        let is_any = !matches!(self.steps[index], Step::Field { kind: FieldKind::Name, .. });
        let mut from = at + usize::from(is_word(&self.steps[index]));
        while let Some(end) = self.next_end(next, line, from, limit) {
            capture.tries = capture.tries.saturating_sub(1);
            if capture.tries == 0 {
                return false;
            }
            let before = (capture.written, capture.level, capture.code, capture.message);
            if is_any || is_name(&line[at..end]) {
                self.end(index, at, end, capture);
                if self.walk(next, line, end, capture) {
                    return true;
                }
            }
            // What was read behind an end that was none is not there.
            (capture.written, capture.level, capture.code, capture.message) = before;
            from = end + blanks(line.get(end..).unwrap_or_default()).max(1);
        }
        false
    }

    /// A quoted field that may have quotes within: tried with each one as its last.
    fn loosely_quoted(
        &self,
        index: usize,
        field: Option<usize>,
        line: &[u8],
        at: usize,
        capture: &mut Capture,
    ) -> bool {
        let Some(inner) = line[at..].strip_prefix(b"\"") else { return false };
        for end in memchr::memchr_iter(b'"', inner).map(|found| at + 1 + found) {
            capture.tries = capture.tries.saturating_sub(1);
            if capture.tries == 0 {
                return false;
            }
            let before = (capture.written, capture.level, capture.code, capture.message);
            set(capture, field, Span::new(at + 1, end));
            if self.walk(index + 1, line, end + 1, capture) {
                return true;
            }
            (capture.written, capture.level, capture.code, capture.message) = before;
        }
        false
    }

    /// The nearest place from `from` on, and up to `limit`, where the steps from `next` on may begin.
    fn next_end(&self, next: usize, line: &[u8], from: usize, limit: usize) -> Option<usize> {
        // What follows a field that must end soon is not looked for in all of the line.
        let reach = match self.steps.get(next) {
            Some(Step::Literal(bytes)) => (limit + bytes.len()).min(line.len()),
            _ => line.len(),
        };
        let rest = line.get(from..reach)?;
        let found = match self.steps.get(next) {
            None => return (limit == line.len() && from <= limit).then_some(limit),
            Some(Step::Literal(bytes)) => find(rest, bytes)?,
            Some(Step::Optional { skip }) => {
                let with = self.next_end(next + 1, line, from, limit);
                let without = self.next_end(*skip, line, from, limit);
                return with.into_iter().chain(without).min();
            }
            // The line may end where the pattern has a blank and an empty message.
            Some(Step::Blanks) => match memchr::memchr2(b' ', b'\t', rest) {
                None if next + 2 == self.steps.len() => rest.len(),
                found => found?,
            },
            Some(_) => return None,
        };
        Some(from + found).filter(|end| *end <= limit)
    }

    fn end(&self, index: usize, at: usize, end: usize, capture: &mut Capture) {
        match &self.steps[index] {
            Step::Field { kind: FieldKind::Code, .. } => capture.code = Some(Span::new(at, end)),
            Step::Field { field, .. } => set(capture, *field, Span::new(at, end)),
            _ => capture.message = Span::new(at, end),
        }
    }

    /// The level at the start of `text`, and how long its word is.
    #[inline]
    fn level(&self, text: &[u8], next: usize) -> Option<(Level, usize)> {
        let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let word = &text[..length];
        if self.levels.is_empty() {
            return Level::of(word).map(|level| (level, length));
        }
        if let Some((_, level)) = self.levels.iter().find(|(name, _)| name.as_bytes() == word) {
            return Some((*level, length));
        }
        if let Some(level) = Level::of(word) {
            return Some((level, length));
        }
        // A level of signs, or one that a time or a number follows at once.
        let is_glued = matches!(self.steps.get(next), Some(Step::Time { .. } | Step::Field { .. }));
        let fits = |name: &&(String, Level)| {
            let name = name.0.as_bytes();
            text.starts_with(name) && (is_glued || !name.iter().all(u8::is_ascii_alphanumeric))
        };
        let longest = self.levels.iter().filter(fits).max_by_key(|(name, _)| name.len());
        longest.map(|(name, level)| (*level, name.len()))
    }
}

/// Whether a word can be the name of a host or a program.
fn is_name(word: &[u8]) -> bool {
    !Level::is_said(word)
        && !is_of_sentences(word)
        && !word.iter().all(u8::is_ascii_digit)
        && !matches!(word, [b'%', ..] | [.., b':'])
}

/// Whether a word stands in sentences and names nothing: `No ERROR found`.
pub fn is_of_sentences(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 20] = [
        b"no", b"not", b"an", b"the", b"any", b"with", b"without", b"of", b"in", b"for", b"found", b"got", b"this",
        b"that", b"is", b"was", b"has", b"last", b"after", b"on",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[inline]
fn set(capture: &mut Capture, field: Option<usize>, span: Span) {
    if let Some(value) = field.and_then(|field| capture.fields.get_mut(field)) {
        *value = Some(span);
    }
}

fn find(line: &[u8], bytes: &[u8]) -> Option<usize> {
    match bytes {
        [byte] => near::find(*byte, line),
        _ => memchr::memmem::find(line, bytes),
    }
}

#[inline]
fn blanks(text: &[u8]) -> usize {
    if let [b' ', next, ..] = text
        && !matches!(next, b' ' | b'\t')
    {
        return 1;
    }
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// A field whose own bytes tell its end: what it holds, `None` for a dash that stands for nothing, and where it ends.
fn closed(kind: FieldKind, line: &[u8], at: usize, capture: &mut Capture) -> Option<(Option<Span>, usize)> {
    let text = &line[at..];
    let digits = |from: usize| text[from.min(text.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = |length: usize| std::str::from_utf8(&text[..length]).ok()?.parse::<u32>().ok();
    let sign = usize::from(text.first() == Some(&b'-'));
    let whole = |length: usize| (length > 0).then(|| (Some(Span::new(at, at + length)), at + length));
    match kind {
        FieldKind::Int { is_optional } => match digits(sign) {
            0 if is_optional && sign == 1 => Some((None, at + 1)),
            0 => None,
            length => whole(sign + length),
        },
        FieldKind::Real { is_optional } => {
            let length = digits(sign);
            if length == 0 {
                return (is_optional && sign == 1).then_some((None, at + 1));
            }
            let mut end = sign + length;
            if text.get(end) == Some(&b'.') && digits(end + 1) > 0 {
                end += 1 + digits(end + 1);
            }
            whole(end)
        }
        FieldKind::Hex => {
            let prefix = if text.starts_with(b"0x") || text.starts_with(b"0X") { 2 } else { 0 };
            let length = text[prefix..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            if length == 0 { None } else { whole(prefix + length) }
        }
        FieldKind::Id => {
            let is_part = |byte: &&u8| byte.is_ascii_hexdigit() || **byte == b'-';
            let length = text.iter().take_while(is_part).count();
            if is_id(&text[..length]) { whole(length) } else { None }
        }
        FieldKind::Addresses => {
            let length = memchr::memchr(b'"', text).unwrap_or(text.len());
            are_addresses(&text[..length]).then(|| (Some(Span::new(at, at + length)), at + length))
        }
        FieldKind::Slug => {
            let is_part = |byte: &&u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(byte);
            let length = text.iter().take_while(is_part).count();
            if text.first().is_some_and(u8::is_ascii_lowercase) { whole(length) } else { None }
        }
        FieldKind::Dotted => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.$-".contains(byte);
            let length = text.iter().take_while(is_part).count();
            let is_dot =
                |part: &[u8]| part[0].is_ascii_alphanumeric() && part[1] == b'.' && part[2].is_ascii_alphanumeric();
            let begins = text.first().is_some_and(u8::is_ascii_alphabetic);
            if begins && text[..length].windows(3).any(is_dot) { whole(length) } else { None }
        }
        FieldKind::Quoted => {
            let length = quoted(text)?;
            Some((Some(Span::new(at + 1, at + length - 1)), at + length))
        }
        FieldKind::Priority => {
            let length = digits(0);
            let priority = number(length).filter(|priority| *priority < 192)?;
            capture.level = Some(Level::of_severity(priority % 8));
            whole(length)
        }
        FieldKind::Status => {
            // Of a request that was given up there is none.
            if text.starts_with(b"- ") {
                return Some((None, at + 1));
            }
            if digits(0) != 3 {
                return None;
            }
            if text.starts_with(b"000") {
                return whole(3);
            }
            let status = number(3).filter(|status| (100..600).contains(status))?;
            capture.level = Some(Level::of_status(status));
            if status >= 400 {
                capture.code = Some(Span::new(at, at + 3));
            }
            whole(3)
        }
        FieldKind::Text | FieldKind::Word | FieldKind::Name | FieldKind::Code => None,
    }
}

/// Whether it is the identity that programs give a request: `5f0c7b1e-9a00-4c1e-8f2c-00aa00bb00cc`, or the same or half of
/// it without the dashes.
fn is_id(text: &[u8]) -> bool {
    let groups: Vec<usize> = text.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    matches!(groups[..], [16 | 32] | [8, 4, 4, 4, 12])
}

/// Whether it names where a request came from: nothing, a dash, or an address that others may follow.
fn are_addresses(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b',').next().unwrap_or_default();
    let first = std::str::from_utf8(first).unwrap_or("?").trim();
    let is_address = || first.parse::<std::net::IpAddr>().is_ok() || first.parse::<std::net::SocketAddr>().is_ok();
    matches!(first, "" | "-" | "unknown") || is_address()
}

/// How long the quoted string at the start of `text` is, with its quotes.
fn quoted(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'\\' || text.get(at + 1) == Some(&b'"') {
            at += 2;
            continue;
        }
        return Some(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, line: &str) -> Option<(Vec<String>, String)> {
        let mut fields = Vec::new();
        let pattern = Pattern::compile(pattern, &mut fields, &[], false).expect("compiles");
        let mut capture = Capture::default();
        capture.clear(fields.len());
        let text = |span: Span| line[span.start..span.end].to_string();
        pattern.read(line.as_bytes(), &mut capture).then(|| {
            let named =
                fields.iter().zip(&capture.fields).filter(|(field, _)| field.name != super::super::pattern::LEVEL_RAW);
            (named.map(|(_, span)| span.map(text).unwrap_or_default()).collect(), text(capture.message))
        })
    }

    #[test]
    fn fields_end_where_the_pattern_goes_on() {
        let log4j = "{ts:%Y-%m-%d %H:%M:%S,%3f} {level} [{thread}] {logger} - {message}";
        let line = "2025-03-01 13:10:04,118 WARN  [ingest-3] c.f.Forwarder - queue full - 212 waiting";
        assert_eq!(
            read(log4j, line),
            Some((vec!["ingest-3".into(), "c.f.Forwarder".into()], "queue full - 212 waiting".into()))
        );
        let nested = "{ts:%Y-%m-%d %H:%M:%S,%3f} - {level} [{thread}] - {message}";
        let line = "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:2181:Fast@774] - Notification: 3200";
        assert_eq!(
            read(nested, line).map(|(fields, _)| fields),
            Some(vec!["QuorumPeer[myid=1]/0:0:2181:Fast@774".into()])
        );
        assert_eq!(read(log4j, "\tat java.base/java.lang.Thread.run(Thread.java:840)"), None);
    }

    #[test]
    fn optional_parts_may_be_there_or_not() {
        let syslog = "{ts:%b %e %H:%M:%S} {host:word} {program:word}{?[{pid:int}]}: {message}";
        let of = |line: &str| read(syslog, line).map(|(fields, message)| (fields.join("|"), message));
        assert_eq!(of("Mar  1 13:10:04 gw su: ok"), Some(("gw|su|".into(), "ok".into())));
        assert_eq!(of("Mar  1 13:10:04 gw sshd(pam)[42]: a: b"), Some(("gw|sshd(pam)|42".into(), "a: b".into())));
        assert_eq!(of("Mar  1 13:10:04 gw a:b[42]: c"), Some(("gw|a:b|42".into(), "c".into())));
        let either = "{ts:%H:%M:%S} {program:word}{?[{pid:int}]}{? <{pid:int}>}: {message}";
        for line in ["13:10:04 su[7]: ok", "13:10:04 su <7>: ok"] {
            assert_eq!(read(either, line), Some((vec!["su".into(), "7".into()], "ok".into())), "{line}");
        }
        let trailing = "{ts:iso} {request:quoted} {bytes:int?}{? {seconds:real}}{? tag={tag}}";
        let of = |line: &str| read(trailing, line).map(|(fields, _)| fields.join("|"));
        assert_eq!(of(r#"2025-03-01 13:10:04 "a \" b" -"#), Some(r#"a \" b|||"#.into()));
        assert_eq!(of(r#"2025-03-01 13:10:04 "a" 12 0.5"#), Some("a|12|0.5|".into()));
        assert_eq!(of(r#"2025-03-01 13:10:04 "a" 12 tag=x y"#), Some("a|12||x y".into()));
        assert_eq!(of(r#"2025-03-01 13:10:04 "a" 12 more"#), None);
    }

    #[test]
    fn what_was_read_on_a_way_that_led_nowhere_is_not_kept() {
        let (mut fields, mut capture) = (Vec::new(), Capture::default());
        let pattern = Pattern::compile("{a} {s:status} {b:int}", &mut fields, &[], true).expect("compiles");
        capture.clear(fields.len());
        assert!(pattern.read(b"x 404 y 200 5", &mut capture));
        assert_eq!((capture.code, capture.level), (None, Some(Level::of_status(200))));
    }

    #[test]
    fn a_hostile_line_is_given_up() {
        let line = format!("2025-03-01 13:10:04 {}", "a - ".repeat(100_000));
        assert_eq!(read("{ts:iso} {a} - {b} - {c} - {d} - {e} # {message}", &line), None);
    }

    #[test]
    fn a_pattern_that_cannot_work_says_why() {
        let compile = |text| Pattern::compile(text, &mut Vec::new(), &[], false).expect_err("refused");
        assert_eq!(compile("{level} {message}"), "no `{ts:…}` in `{level} {message}`");
        assert_eq!(
            compile("{ts}{a}{message}"),
            "nothing tells where one field ends and the next begins in `{ts}{a}{message}`"
        );
        assert_eq!(
            compile("{ts} {a:on|} {message}"),
            "`{a:on|}` has an empty word; what may be left out stands in `{? … }`"
        );
        assert_eq!(compile("{ts} {? {message}"), "`{?` without `}` in `{ts} {? {message}`");
    }
}
