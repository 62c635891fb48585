//! What commands ask of log formats: those that are known, those of a file, and those of a file of formats.

use std::path::Path;

use super::Session;
use crate::error::{Error, Result};
use crate::source::file::File;
use crate::source::locate;
use crate::source::log::formats::{self, FormatFile, Formats};
use crate::source::log::{self, explain, samples};

pub use explain::Finding;
pub use samples::Tried;

/// A format as `rca formats` lists it.
pub struct Known {
    pub name: String,
    pub title: String,
    /// `lines`, `json`, `logfmt`, `regex`.
    pub syntax: &'static str,
    pub fields: String,
    pub source: String,
}

/// Why files are read as they are.
pub struct Explained {
    /// With the file they are of.
    pub findings: Vec<(String, Finding)>,
    pub notes: Vec<String>,
}

impl Explained {
    fn add(&mut self, file: &File, own: &Formats) -> Result<()> {
        let shown = file.shown.to_string();
        self.findings.extend(explain::explain(file, own)?.into_iter().map(|finding| (shown.clone(), finding)));
        Ok(())
    }
}

impl Known {
    fn of(name: &str, file: &FormatFile) -> Known {
        let mut formats = Formats::default();
        formats.add(name, file).ok();
        let mut fields: Vec<String> = formats
            .lines
            .iter()
            .flat_map(|format| &format.fields)
            .map(|field| field.name.clone())
            .filter(|field| field != "level_raw")
            .collect();
        fields.extend(file.requires.iter().cloned());
        let syntax = match (file.syntax, file.regex.is_empty()) {
            (Some(syntax), _) => syntax.name(),
            (None, true) => "lines",
            (None, false) => "regex",
        };
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let (title, source) = (or_empty(&file.title), or_empty(&file.source));
        Known { name: name.to_string(), title, syntax, fields: fields.join(", "), source }
    }
}

impl Session {
    /// The formats of the settings, then the built-in ones, in the order they are tried.
    pub fn formats(&self) -> Vec<Known> {
        let own = self.settings.formats.iter().filter_map(|table| table.clone().try_into::<FormatFile>().ok());
        let own = own.filter_map(|file| Some((file.name.clone()?, file)));
        let mut all: Vec<Known> = own.map(|(name, file)| Known::of(&name, &file)).collect();
        all.extend(formats::built_in().map(|(name, file)| Known::of(name, &file)));
        all.extend(log::BY_CODE.iter().map(|(name, title, source)| Known {
            name: (*name).to_string(),
            title: (*title).to_string(),
            syntax: "built in",
            fields: String::new(),
            source: (*source).to_string(),
        }));
        all
    }

    /// Why the files of a path (a file, a directory, a bundle or a member of one) are read as they are.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn explain(&self, typed: &str) -> Result<Explained> {
        let own = self.own_formats()?;
        let nothing = |_: &str| locate::OfSource::default();
        let logs = locate::Logs { formats: &own, is_one: false, of_source: &nothing };
        let mut explained = Explained { findings: Vec::new(), notes: Vec::new() };
        let located = match locate::locate(typed, None, Path::new(""), &self.scratch, &logs) {
            Ok(located) => located,
            // What is no evidence at all can be explained too, if it is there.
            Err(_) if Path::new(typed).is_file() => {
                let file = File::open(Path::new(typed), typed)?;
                explained.notes.push(format!("{typed} is of no kind that is read: no line has a time"));
                explained.add(&file, &own)?;
                return Ok(explained);
            }
            Err(error) => return Err(error),
        };
        for group in located.groups {
            for file in &group.files {
                if group.reader.kind != "log" {
                    explained.notes.push(format!("{} is read as {}, not as a log", file.shown, group.reader.kind));
                }
                explained.add(file, &own)?;
            }
        }
        explained.notes.extend(located.left_out.into_iter().map(|left_out| format!("left out, {left_out}")));
        Ok(explained)
    }

    /// Reads the samples of all formats of a file: of one format, or of settings.
    ///
    /// # Errors
    /// If the file is no format, or a pattern does not compile.
    pub fn test_formats(&self, path: &Path) -> Result<Vec<(String, Tried)>> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|e| Error::file(shown.to_string(), &e))?;
        let refused = |detail: String| Error::question(format!("`{shown}` is no log format")).detail(detail);
        let table: toml::Table =
            text.parse().map_err(|e: toml::de::Error| refused(e.to_string().trim().to_string()))?;
        let files: Vec<FormatFile> = match table.get("formats") {
            Some(list) => list.clone().try_into().map_err(|e| refused(e.to_string().trim().to_string()))?,
            None => vec![table.try_into().map_err(|e| refused(e.to_string().trim().to_string()))?],
        };
        let mut tested = Vec::new();
        for file in files {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let name = file.name.clone().unwrap_or(stem);
            let tried =
                samples::try_samples(&name, &file.with_letters()).map_err(|why| refused(format!("`{name}`: {why}")))?;
            tested.extend(tried.into_iter().map(|tried| (name.clone(), tried)));
        }
        Ok(tested)
    }
}
