//! The log formats, each a data file with sample lines and what is to be found in them, which are its tests.
//! Adding one is a file in `formats/` and a line in [`BUILT_IN`].

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::level::Level;
use super::pattern::{Capture, FieldName, Pattern};

/// Tried in this order where two read the same number of sample lines: the more telling first.
const BUILT_IN: &[(&str, &str)] = &[
    ("log4j", include_str!("formats/log4j.toml")),
    ("syslog_rfc5424", include_str!("formats/syslog_rfc5424.toml")),
    ("access", include_str!("formats/access.toml")),
    ("httpd_error", include_str!("formats/httpd_error.toml")),
    ("logcat", include_str!("formats/logcat.toml")),
    ("klog", include_str!("formats/klog.toml")),
    ("openstack", include_str!("formats/openstack.toml")),
    ("python", include_str!("formats/python.toml")),
    ("syslog", include_str!("formats/syslog.toml")),
];

/// The built-in formats, compiled once.
pub static FORMATS: LazyLock<Vec<Arc<Format>>> = LazyLock::new(|| {
    let compile = |(name, text): &(&str, &str)| {
        let file: FormatFile = toml::from_str(text).unwrap_or_else(|e| panic!("built-in format `{name}`: {e}"));
        Arc::new(Format::compile(name, &file).unwrap_or_else(|e| panic!("built-in format `{name}`: {e}")))
    };
    BUILT_IN.iter().map(compile).collect()
});

/// A format as it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatFile {
    #[serde(default, rename = "title")]
    _title: Option<String>,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    pub patterns: Vec<String>,
    #[serde(default)]
    pub levels: std::collections::BTreeMap<String, String>,
    /// The level that each pattern means, where a line says it by its shape.
    #[serde(default)]
    pub pattern_levels: Vec<String>,
    /// The field that is the message, where no `{message}` is.
    pub message: Option<String>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests of the built-in formats"))]
    pub samples: Vec<SampleLine>,
}

/// A line, and what must be found in it. Times without a zone are UTC; the file's time is the end of 2025-03-01.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the tests of the built-in formats"))]
pub struct SampleLine {
    pub line: String,
    pub ts: String,
    pub level: Option<String>,
    pub code: Option<String>,
    pub message: String,
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
}

/// A compiled format.
#[derive(Debug, Clone)]
pub struct Format {
    pub name: String,
    pub fields: Vec<FieldName>,
    patterns: Vec<(Pattern, Option<Level>)>,
    message: Option<usize>,
}

impl FormatFile {
    /// A format of the user's own, as settings give it.
    pub fn of_patterns(
        patterns: Vec<String>,
        levels: std::collections::BTreeMap<String, String>,
        message: Option<String>,
    ) -> FormatFile {
        FormatFile {
            _title: None,
            _source: None,
            patterns,
            levels,
            pattern_levels: Vec::new(),
            message,
            samples: Vec::new(),
        }
    }
}

impl Format {
    /// # Errors
    /// Says what is not understood.
    pub fn compile(name: &str, file: &FormatFile) -> Result<Format, String> {
        let level = |text: &String| Level::of(text.as_bytes()).ok_or_else(|| format!("`{text}` is no level"));
        let levels =
            file.levels.iter().map(|(from, to)| Ok((from.clone(), level(to)?))).collect::<Result<Vec<_>, String>>()?;
        let mut fields = Vec::new();
        let mut patterns = Vec::new();
        for (index, text) in file.patterns.iter().enumerate() {
            let own = file.pattern_levels.get(index).map(level).transpose()?;
            patterns.push((Pattern::compile(text, &mut fields, &levels)?, own));
        }
        let message = match &file.message {
            Some(name) => Some(
                fields
                    .iter()
                    .position(|field| field.name == *name)
                    .ok_or_else(|| format!("no field is called `{name}`"))?,
            ),
            None => None,
        };
        Ok(Format { name: name.to_string(), fields, patterns, message })
    }

    pub fn is_yearless(&self) -> bool {
        self.patterns.iter().any(|(pattern, _)| pattern.is_yearless())
    }

    /// Whether `line` begins a record; what it holds goes to `capture`.
    #[inline]
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        for (pattern, level) in &self.patterns {
            capture.clear(self.fields.len());
            if pattern.read(line, capture) {
                capture.level = capture.level.or(*level);
                if let Some(span) = self.message.and_then(|field| capture.fields[field]) {
                    capture.message = span;
                }
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{time, zone::Zone};
    use crate::source::log::stamp::Clock;

    #[test]
    fn every_sample_line_is_read_as_its_file_says() {
        let modified = time::iso_whole(b"2025-03-01T23:59:59Z").expect("a time").wall;
        for (name, text) in BUILT_IN {
            let file: FormatFile = toml::from_str(text).expect(name);
            let format = Format::compile(name, &file).expect(name);
            assert!(!file.samples.is_empty(), "{name} has no sample");
            for sample in &file.samples {
                let mut capture = Capture::default();
                assert!(format.read(sample.line.as_bytes(), &mut capture), "{name} does not read {:?}", sample.line);
                let line = sample.line.as_bytes();
                let text = |span| String::from_utf8_lossy(capture.text(span, line)).into_owned();
                let ts = capture.written.map(|written| time::rfc3339(Clock::new(Zone::UTC, 0, modified).utc(written)));
                assert_eq!(ts.as_deref(), Some(&*sample.ts), "{name}: {}", sample.line);
                assert_eq!(capture.level.map(Level::name), sample.level.as_deref(), "{name}: {}", sample.line);
                assert_eq!(capture.code.map(text), sample.code, "{name}: {}", sample.line);
                assert_eq!(text(capture.message), sample.message, "{name}");
                for (field, expected) in &sample.fields {
                    let index = format.fields.iter().position(|known| known.name == *field).expect(field);
                    assert_eq!(capture.fields[index].map(text).as_ref(), Some(expected), "{name}: {field}");
                }
            }
        }
    }

    #[test]
    fn a_sample_of_one_format_is_not_taken_by_one_tried_before_it() {
        for (at, (name, text)) in BUILT_IN.iter().enumerate() {
            let file: FormatFile = toml::from_str(text).expect(name);
            for sample in &file.samples {
                let first =
                    FORMATS.iter().position(|format| format.read(sample.line.as_bytes(), &mut Capture::default()));
                assert_eq!(first, Some(at), "{name}: {}", sample.line);
            }
        }
    }
}
