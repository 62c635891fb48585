//! A case being asked: sources are located and opened once, their tables made known to the engine under the names
//! that SQL uses. Commands ask here for tables by role, and never see a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{Engine, Limits, quote};
use crate::error::{Error, Result};
use crate::model::column::Column;
use crate::model::coverage::Coverage;
use crate::model::role::Roles;
use crate::model::zone::Zone;
use crate::model::{name, value::Value};
use crate::settings::{Case, Settings, SourceSettings};
use crate::source::log::formats::{FormatFile, Formats};
pub use crate::source::rotation::order;
use crate::source::{Spec, abreast};

mod against;
mod asked;
mod attach;
pub mod branches;
mod days;
mod empty;
mod entities;
mod events;
pub mod few;
mod formats;
mod known;
mod linked;
mod named;
mod opened;
mod parquet;
mod reopened;
mod said;
mod sentence;
mod shared;
mod shown;
mod told;
mod twice;
mod untimed;
mod window;
mod windows;
pub mod written;

pub use asked::known_column;
pub use entities::{Entity, Id, is_long_number};
pub use events::Wanted;
pub use formats::{Finding, Tried};
pub use linked::Linked;
pub use named::Named;
pub use shared::Shared;
pub use window::Window;
pub use windows::{Span, Windows};

/// About what is kept of a file as long as the program runs: 100,000 take 200 MB.
const FILE_BYTES: u64 = 1_800;

/// What a session is opened with.
pub struct Opening<'a> {
    pub case: Case,
    /// As typed; relative to the current directory.
    pub sources: Vec<Named>,
    /// Whether there must be any.
    pub reads_evidence: bool,
    /// Whether records may not be passed over unread: each that cannot be read is an error.
    pub reads_all: bool,
    /// Besides those typed or set.
    pub extra: Vec<Named>,
    /// SQL may read and write files besides.
    pub allows_files: bool,
    pub limits: Limits,
    pub scratch: PathBuf,
    pub stdin: &'a mut dyn Read,
}

fn code(source: &str, text: &str) -> Result<regex::bytes::Regex> {
    regex::bytes::Regex::new(text).map_err(|e| {
        Error::question(format!("`{text}` is no regular expression"))
            .detail(format!("sources.{source}.code: {}", e.to_string().trim()))
    })
}

/// A table as commands know it.
#[derive(Debug, Clone)]
pub struct Table {
    pub source: String,
    pub kind: &'static str,
    /// `telemetry`, `station.tests`: as people read it and SQL takes it.
    pub name: String,
    /// The part behind the source's name; the same for a file source.
    pub short_name: String,
    /// Its name with its schema, of a database that has schemas: `public.tests`.
    long_name: Option<String>,
    pub columns: Vec<Column>,
    pub roles: Roles,
    pub bytes: u64,
    pub format: String,
    pub notes: Vec<String>,
    /// Columns of a log that say what its messages do not.
    telling: Vec<String>,
    /// How SQL reads it with all columns, the hidden ones too.
    scan: String,
    /// Its view, by its whole name.
    view: String,
    /// The text of a row's origin, over the columns of `scan`.
    pub origin: String,
}

impl Table {
    /// Its name in SQL, quoted where it must be.
    pub fn sql(&self) -> String {
        self.name.splitn(2, '.').map(quote::readable_name).collect::<Vec<_>>().join(".")
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether it is a log of sentences: its fields are parts of them, and not values of their own.
    pub fn is_prose(&self) -> bool {
        self.kind == "log" && self.telling.is_empty()
    }

    /// Columns that hold values of the evidence rather than texts of a log.
    pub fn values(&self) -> impl Iterator<Item = &Column> {
        let is_text = |name: &str| matches!(name, "level_raw" | "message" | "exception");
        self.own_columns().filter(move |column| self.kind != "log" || !is_text(&column.name))
    }

    /// Columns of the evidence: not `_file` and `_line`.
    pub fn own_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !matches!(column.name.as_str(), "_file" | "_line"))
    }

    /// How SQL reads it, maybe only records that hold one of the needles, which a filter must ask for again.
    pub fn scan(&self, needles: &[String]) -> String {
        if needles.is_empty() || !self.scan.starts_with("rca_scan") {
            self.scan.clone()
        } else {
            crate::engine::with_needles(&self.scan, needles)
        }
    }
}

pub struct Session {
    pub engine: Engine,
    pub settings: Settings,
    pub coverage: Arc<Coverage>,
    pub tables: Vec<Table>,
    /// Tables whose rows are in others too, such as partitions: asked for by name only.
    parts: Vec<Table>,
    /// No record may be passed over unread, whatever is looked for.
    pub reads_all: bool,
    /// Of sources as a whole: what was found and left out.
    pub notes: Vec<(String, String)>,
    parquet: Vec<PathBuf>,
    /// All files of evidence.
    pub files: Vec<PathBuf>,
    /// Standard input or a pipe had nothing in it.
    pub is_empty_stream: bool,
    /// Their names.
    empty: Vec<String>,
    /// Names of those in which only the names of columns came.
    bare: Vec<String>,
    /// What was named, and what it was opened as.
    opened: Vec<reopened::Opened>,
    /// Where compressed evidence is unpacked to.
    scratch: PathBuf,
    /// Where the engine may write an answer as Parquet.
    pub parquet_output: PathBuf,
    /// What was found out once for all who ask.
    known: known::Known,
    /// What shows pseudonyms, if anything does.
    redactor: Option<Arc<crate::model::redact::Redactor>>,
}

impl Session {
    /// Locates and opens all sources.
    ///
    /// # Errors
    /// If there are none, one cannot be read, or two have one name.
    pub fn open(opening: Opening<'_>, coverage: Arc<Coverage>) -> Result<Session> {
        let Opening { case, sources, reads_evidence, reads_all, extra, allows_files, limits, scratch, stdin } = opening;
        abreast::allow(limits.threads);
        let engine = Engine::open(&limits, coverage.clone())?;
        let mut session = Session {
            engine,
            settings: case.settings,
            coverage,
            tables: Vec::new(),
            parts: Vec::new(),
            reads_all,
            notes: Vec::new(),
            parquet: Vec::new(),
            files: Vec::new(),
            is_empty_stream: false,
            empty: Vec::new(),
            bare: Vec::new(),
            opened: Vec::new(),
            parquet_output: scratch.join("answer.parquet"),
            scratch,
            known: known::Known::default(),
            redactor: None,
        };
        let formats = Arc::new(session.own_formats()?);
        if !reads_evidence {
            session.shut()?;
            return Ok(session);
        }
        let is_typed = !sources.is_empty();
        let wanted = session.wanted(sources)?;
        let several = wanted.len() > 1;
        let extra = session.laid_out(extra, is_typed);
        let wanted: Vec<Named> = wanted.into_iter().chain(extra).collect();
        if wanted.iter().filter(|named| named.path == "-").count() > 1 {
            return Err(Error::question("standard input, `-`, is named twice").detail("it can be read only once"));
        }
        let base = if is_typed { PathBuf::new() } else { case.folder };
        let mut opened = opened::Groups::new(base, formats, several);
        for named in wanted {
            session.take(&named, &mut opened, stdin)?;
        }
        session.make_empty()?;
        if session.tables.is_empty() && !session.is_empty_stream {
            return Err(Error::evidence("none of the sources can be read").detail(session.coverage.losses().join("\n")));
        }
        for (source, note) in &session.notes {
            session.coverage.note_of_source(source, note.clone());
        }
        session.check_said(is_typed)?;
        session.engine.take_memory(session.files.len() as u64 * FILE_BYTES)?;
        if !allows_files {
            session.shut()?;
        }
        Ok(session)
    }

    /// The sources typed, or those of the settings.
    fn wanted(&self, typed: Vec<Named>) -> Result<Vec<Named>> {
        if !typed.is_empty() {
            return Ok(typed);
        }
        let of_settings: Vec<Named> = self
            .settings
            .sources
            .iter()
            .filter_map(|(name, source)| {
                Some(Named { name: Some(name.clone()), path: source.path.clone()?, ..Named::default() })
            })
            .collect();
        if of_settings.is_empty() && !self.settings.sources.is_empty() {
            let names: Vec<String> = self.settings.sources.keys().cloned().collect();
            return Err(Error::question("the settings name no source with a path")
                .detail(format!("without a `path`: {}", name::listed(&names)))
                .hint(format!("say where it is: --set sources.{}.path=FILE, or `path` in rca.toml", names[0])));
        }
        if of_settings.is_empty() {
            return Err(Error::question("no source is named, and there is no rca.toml that names one")
                .hint("name files, globs or directories: rca sources station.db gateway-logs/ 'telemetry/*.csv'")
                .hint("or point at a directory with an rca.toml: rca sources -C case/"));
        }
        Ok(of_settings)
    }

    /// Of `--set sources.NAME.key=value`: whether there is such a source.
    ///
    /// # Errors
    /// If there is none, with those that there are.
    pub fn check_set(&self, assignments: &[String]) -> Result<()> {
        for assignment in assignments {
            let key = assignment.split('=').next().unwrap_or_default();
            let Some(name) = key.strip_prefix("sources.").and_then(|rest| rest.split('.').next()) else { continue };
            let name = name.trim_matches('"');
            if !self.tables.iter().any(|table| table.source == name) {
                let mut known: Vec<String> = self.tables.iter().map(|table| table.source.clone()).collect();
                known.dedup();
                return Err(Error::question(format!("`--set {assignment}`: no source is called `{name}`"))
                    .hint(format!("there are {}", name::listed(&known))));
            }
        }
        Ok(())
    }

    fn own_formats(&self) -> Result<Formats> {
        let mut formats = Formats::default();
        for table in &self.settings.formats {
            let refused = |what: &str| Error::question(format!("{what} in `[[formats]]` does not compile"));
            let file: FormatFile =
                table.clone().try_into().map_err(|e| refused("a format").detail(format!("{e}").trim().to_string()))?;
            let Some(name) = file.name.clone() else { return Err(refused("a format").detail("it has no `name`")) };
            formats.add(&name, &file.with_letters()).map_err(|why| refused(&format!("format `{name}`")).detail(why))?;
        }
        Ok(formats)
    }

    fn spec(&self, name: String, files: Vec<Arc<crate::source::file::File>>, formats: &Arc<Formats>) -> Result<Spec> {
        let default = SourceSettings::default();
        let said = self.settings.sources.get(&name).unwrap_or(&default);
        let (zone, zone_said) = self.zone_of(&name)?;
        let delimiter = match said.delimiter.as_deref() {
            None => None,
            Some("\\t" | "tab") => Some(b'\t'),
            // What ends a line or begins a quoted value divides no fields.
            Some(text) if text.len() == 1 && !matches!(text, "\"" | "\n" | "\r" | "\0") => Some(text.as_bytes()[0]),
            Some(text) => {
                return Err(Error::question(format!("`{}` is no delimiter", text.escape_debug())).detail(format!(
                    "sources.{name}.delimiter takes one ASCII character, but no quote and no line end, or `tab`"
                )));
            }
        };
        Ok(Spec {
            files,
            zone,
            zone_said,
            skew: said.skew(&name)?,
            format: said.format.clone(),
            code: said.code.as_deref().map(|text| code(&name, text)).transpose()?,
            delimiter,
            header: said.header,
            time: said.time.clone(),
            as_text: said.text.clone(),
            formats: formats.clone(),
            scratch: self.scratch.clone(),
            name,
        })
    }

    /// The zone of a source's times that carry none, and whether somebody said so.
    pub(crate) fn zone_of(&self, source: &str) -> Result<(Zone, bool)> {
        let own = self.settings.sources.get(source).map(|said| said.zone(source)).transpose()?.flatten();
        let zone = match own {
            Some(zone) => Some(zone),
            None => {
                self.settings.timezone.as_deref().map(|text| crate::settings::zone(text, "timezone")).transpose()?
            }
        };
        Ok((zone.unwrap_or(Zone::UTC), zone.is_some()))
    }

    /// Once all is opened: conditions of the user are in every command's SQL, and no other file can be reached from it.
    fn shut(&self) -> Result<()> {
        let mut files = self.parquet.clone();
        files.push(self.parquet_output.clone());
        self.engine.shut(&files)
    }

    /// Whether a file is one of the evidence's own.
    pub fn is_evidence(&self, path: &Path) -> bool {
        path.canonicalize()
            .is_ok_and(|path| self.files.iter().any(|file| file.canonicalize().is_ok_and(|file| file == path)))
    }

    /// Whether a path is a file of the evidence, or a directory with one in it.
    pub fn holds_evidence(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|path| {
            self.files.iter().any(|file| file.canonicalize().is_ok_and(|file| file.starts_with(&path)))
        })
    }

    /// Single values of a one-row query.
    ///
    /// # Errors
    /// As the engine says.
    pub fn one_row(&self, sql: &str) -> Result<Vec<Value>> {
        Ok(self.engine.rows(sql)?.rows.into_iter().next().unwrap_or_default())
    }
}
