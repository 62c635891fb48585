//! Patterns of logs against a slow reading of them: any pattern and any line.

use super::capture::{Capture, Span};
use super::level::Level;
use super::pattern::{FieldKind, Pattern, Step};
use super::stamp::Written;

/// What a slow reader finds: each field's place, the message, the code, the level, and the time.
#[derive(Debug, Default, Clone, PartialEq)]
struct Found {
    fields: Vec<Option<(usize, usize)>>,
    message: (usize, usize),
    code: Option<(usize, usize)>,
    level: Option<Level>,
    written: Option<Written>,
}

/// Compiles `text` and reads `line` by it, as the walk does and as a reader does that tries every end of every field.
/// `None` if the pattern is refused.
pub fn pattern(text: &str, line: &[u8], levels: &[(String, String)]) -> Option<bool> {
    let levels: Vec<(String, Level)> =
        levels.iter().filter_map(|(name, level)| Some((name.clone(), Level::of(level.as_bytes())?))).collect();
    let mut fields = Vec::new();
    let pattern = match Pattern::compile(text, &mut fields, &levels, true) {
        Ok(pattern) => pattern,
        Err(why) => {
            assert!(!why.is_empty());
            return None;
        }
    };
    let mut capture = Capture::default();
    capture.clear(fields.len());
    let reads = pattern.read(line, &mut capture);
    if capture.tries == 0 {
        return Some(false);
    }
    let mut tries = 200_000;
    let slow = slowly(&pattern, 0, line, 0, Found { fields: vec![None; fields.len()], ..Found::default() }, &mut tries);
    if tries == 0 {
        return Some(reads);
    }
    assert_eq!(reads, slow.is_some(), "{text:?} of {:?}", String::from_utf8_lossy(line));
    if let Some(slow) = slow {
        let pair = |span: Span| (span.start, span.end);
        let fast = Found {
            fields: capture.fields.iter().map(|span| span.map(pair)).collect(),
            message: pair(capture.message),
            code: capture.code.map(pair),
            level: capture.level,
            written: capture.written,
        };
        assert_eq!(fast, slow, "{text:?} of {:?}", String::from_utf8_lossy(line));
        assert!(line.is_empty() || pattern.may_begin(line[0]), "{text:?} of {:?}", String::from_utf8_lossy(line));
    }
    Some(reads)
}

/// Of two patterns that are said to exclude each other, no line is of both.
pub fn patterns_exclude(one: &str, other: &str, line: &[u8]) {
    let mut fields = Vec::new();
    let compiled = |text: &str, fields: &mut Vec<_>| Pattern::compile(text, fields, &[], true).ok();
    let (Some(a), Some(b)) = (compiled(one, &mut fields), compiled(other, &mut fields)) else { return };
    if a.excludes(&b) || b.excludes(&a) {
        let reads = |pattern: &Pattern| {
            let mut capture = Capture::default();
            capture.clear(fields.len());
            pattern.read(line, &mut capture)
        };
        assert!(!(reads(&a) && reads(&b)), "{one:?} and {other:?} both read {:?}", String::from_utf8_lossy(line));
    }
}

/// The rest of a pattern on the rest of a line: every end of a field is tried, the nearest first, and every optional
/// part with it and without it.
fn slowly(pattern: &Pattern, index: usize, line: &[u8], at: usize, found: Found, tries: &mut u32) -> Option<Found> {
    *tries = tries.saturating_sub(1);
    if *tries == 0 {
        return None;
    }
    let Some(step) = pattern.steps.get(index) else { return (at == line.len()).then_some(found) };
    let rest = &line[at..];
    let mut on = |found: Found, to: usize| slowly(pattern, index + 1, line, to, found, tries);
    match step {
        Step::Literal(bytes) => rest.starts_with(bytes).then(|| on(found, at + bytes.len())).flatten(),
        Step::Blanks => {
            let length = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let may_lack = at == line.len() && index + 2 == pattern.steps.len();
            (length > 0 || may_lack).then(|| on(found, at + length)).flatten()
        }
        Step::Message | Step::Field { kind: FieldKind::Text | FieldKind::Word | FieldKind::Code, .. } => {
            let is_word = matches!(step, Step::Field { kind: FieldKind::Word | FieldKind::Code, .. });
            let blank = rest.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
            let longest = if is_word { at + blank } else { line.len() };
            for end in at + usize::from(is_word)..=longest {
                let mut next = found.clone();
                match step {
                    Step::Field { kind: FieldKind::Code, .. } => next.code = Some((at, end)),
                    Step::Field { field, .. } => set(&mut next, *field, (at, end)),
                    _ => next.message = (at, end),
                }
                // A field ends where what follows begins: a run of blanks is not divided.
                let is_divided = matches!(pattern.steps.get(index + 1), Some(Step::Blanks))
                    && end > at
                    && matches!(line[end - 1], b' ' | b'\t')
                    && line.get(end).is_some_and(|byte| matches!(byte, b' ' | b'\t'));
                if !is_divided && let Some(done) = on(next, end) {
                    return Some(done);
                }
            }
            None
        }
        Step::Optional { skip } => on(found.clone(), at).or_else(|| slowly(pattern, *skip, line, at, found, tries)),
        // What tells its own end has one reading: the walk's own, of this step alone.
        closed => {
            // A level of signs is told by what follows it, so that is kept; the rest is one more field.
            let last = found.fields.len();
            let is_glued = matches!(pattern.steps.get(index + 1), Some(Step::Time { .. } | Step::Field { .. }));
            let then = if is_glued { Step::Field { field: Some(last), kind: FieldKind::Text } } else { Step::Message };
            let (steps, levels) = (vec![closed.clone(), then], pattern.levels.clone());
            let single = Pattern { steps, levels, has_fields_only: false, needs: None };
            let mut capture = Capture::default();
            capture.clear(last + 1);
            if !single.read(rest, &mut capture) {
                return None;
            }
            let end = at + capture.fields[last].map_or(capture.message.start, |span| span.start);
            let place = |span: Span| (at + span.start, at + span.end);
            let mut next = found;
            for (known, new) in next.fields.iter_mut().zip(&capture.fields) {
                *known = new.map(place).or(*known);
            }
            next.code = capture.code.map(place).or(next.code);
            next.level = capture.level.or(next.level);
            next.written = capture.written.or(next.written);
            on(next, end)
        }
    }
}

fn set(found: &mut Found, field: Option<usize>, place: (usize, usize)) {
    if let Some(value) = field.and_then(|field| found.fields.get_mut(field)) {
        *value = Some(place);
    }
}
