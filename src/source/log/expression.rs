//! A regular expression as a format of log lines, for what no pattern can say: its named groups are the fields.

use std::sync::atomic::{AtomicUsize, Ordering};

use regex::bytes::{Regex, RegexBuilder};

use super::capture::{Capture, Span};
use super::level::Level;
use super::pattern::{Field, FieldType, LEVEL_RAW, field_index};
use super::stamp::StampFormat;
use crate::source::infer::Reading;

#[derive(Debug, Clone, Copy)]
enum Role {
    Time,
    Level(usize),
    Message,
    Code,
    Field(usize),
}

#[derive(Debug, Clone)]
pub struct Expression {
    regex: Regex,
    pub stamp: StampFormat,
    /// By group that has a name.
    roles: Vec<(usize, Role)>,
    levels: Vec<(String, Level)>,
    /// Tells the expressions of one process apart.
    id: usize,
}

impl Expression {
    /// # Errors
    /// Says what is not understood.
    pub fn compile(
        text: &str,
        stamp: &str,
        fields: &mut Vec<Field>,
        levels: &[(String, Level)],
    ) -> Result<Expression, String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Lines are bytes: `\w` and `.` are meant so, compile and run faster, and an expression that needs more says it.
        let of_bytes = RegexBuilder::new(text).unicode(false).build();
        let regex = of_bytes.or_else(|_| Regex::new(text)).map_err(|e| e.to_string())?;
        let stamp = StampFormat::compile(stamp)?;
        let text = || FieldType::Read(Reading::Text);
        let mut roles = Vec::new();
        for (group, name) in regex.capture_names().enumerate() {
            let Some(name) = name else { continue };
            roles.push((
                group,
                match name {
                    "ts" => Role::Time,
                    "level" => Role::Level(field_index(fields, LEVEL_RAW, text())),
                    "message" => Role::Message,
                    "code" => Role::Code,
                    _ => Role::Field(field_index(fields, name, text())),
                },
            ));
        }
        if !roles.iter().any(|(_, role)| matches!(role, Role::Time)) {
            return Err(format!("no group `(?<ts>…)` in `{regex}`"));
        }
        Ok(Expression { regex, stamp, roles, levels: levels.to_vec(), id: NEXT.fetch_add(1, Ordering::Relaxed) })
    }

    /// Whether it fits the line, and its time is one.
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        let mut groups = match capture.groups.take() {
            Some((id, groups)) if id == self.id => groups,
            _ => self.regex.capture_locations(),
        };
        let fits = self.regex.captures_read(&mut groups, line).is_some() && self.take(line, &groups, capture);
        capture.groups = Some((self.id, groups));
        fits
    }

    fn take(&self, line: &[u8], groups: &regex::bytes::CaptureLocations, capture: &mut Capture) -> bool {
        let mut has_message = false;
        for (group, role) in &self.roles {
            let Some((start, end)) = groups.get(*group) else { continue };
            let span = Span::new(start, end);
            match role {
                Role::Time => {
                    let read = self.stamp.read(&line[start..end]).filter(|(_, length)| *length == end - start);
                    let Some((written, _)) = read else { return false };
                    capture.written = Some(written);
                }
                Role::Level(field) => {
                    let word = &line[start..end];
                    let own = self.levels.iter().find(|(name, _)| name.as_bytes() == word).map(|(_, level)| *level);
                    capture.level = own.or_else(|| Level::of(word));
                    capture.fields[*field] = Some(span);
                }
                Role::Message => {
                    capture.message = span;
                    has_message = true;
                }
                Role::Code => capture.code = Some(span),
                Role::Field(field) => capture.fields[*field] = Some(span),
            }
        }
        if !has_message {
            capture.message = Span::new(0, line.len());
        }
        capture.written.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_groups_are_fields() {
        let mut fields = Vec::new();
        let regex = r"^(?<unit>\w+)@(?<ts>\S+) (?<level>\w+) (?<message>.*)$";
        let expression = Expression::compile(regex, "iso", &mut fields, &[]).expect("compiles");
        let mut capture = Capture::default();
        let line = b"SN1@2025-03-01T13:10:04Z ERROR fan 2 stalled";
        capture.clear(fields.len());
        assert!(expression.read(line, &mut capture));
        let text = |span: Span| String::from_utf8_lossy(capture.text(span, line)).into_owned();
        assert_eq!(capture.fields[0].map(text).as_deref(), Some("SN1"));
        assert_eq!((capture.level, text(capture.message).as_str()), (Some(Level::Error), "fan 2 stalled"));
        capture.clear(fields.len());
        assert!(!expression.read(b"SN1@yesterday ERROR fan 2 stalled", &mut capture));
        assert!(Expression::compile("(?<a>.)", "iso", &mut fields, &[]).is_err());
    }
}
