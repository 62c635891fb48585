//! The one wiring: arguments become settings, settings a session, a session's answer rows in a format.
//! `ARCHITECTURE.md` is the map.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Parser;

mod args;
mod command;
mod engine;
mod error;
mod model;
mod render;
mod session;
mod settings;
mod source;
pub mod terminal;

#[cfg(fuzzing)]
pub use source::fuzzed;

use args::{Common, Format};
use command::{Answer, Ask, Cli, Command};
use engine::Limits;
use error::{Error, Kind, Result};
use model::coverage::{Coverage, grouped};
use model::scan::Sink;
use model::value::Value;
use render::{Style, Told};
use session::{Named, Opening, Session};
use settings::{Case, Layer};
use terminal::{Progress, Running, Surroundings};

/// Runs one command line and returns its exit code.
pub fn run(arguments: impl Iterator<Item = OsString>, surroundings: &Surroundings, stdin: &mut dyn Read) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // Help and version go to standard output and are no error.
            usage.print().ok();
            return u8::try_from(usage.exit_code()).unwrap_or(2);
        }
    };
    let answered =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatch(cli.command, surroundings, stdin)));
    let outcome = answered.unwrap_or_else(|_| Err(Error::internal("a fault of rca's own stopped the answer")));
    outcome.unwrap_or_else(|error| {
        if error.kind != Kind::ClosedPipe && error.kind != Kind::Interrupted {
            terminal::report(&error);
        }
        error.kind.exit_code()
    })
}

fn dispatch(command: Command, surroundings: &Surroundings, stdin: &mut dyn Read) -> Result<u8> {
    match command {
        Command::Sources(args) => ask(&args, surroundings, stdin),
        Command::Schema(args) => ask(&args, surroundings, stdin),
        Command::Query(args) => ask(&args, surroundings, stdin),
        Command::Timeline(args) => ask(&args, surroundings, stdin),
        Command::Missing(args) => ask(&args, surroundings, stdin),
        Command::Trace(args) => ask(&args, surroundings, stdin),
        Command::Templates(args) => ask(&args, surroundings, stdin),
        Command::Errors(args) => ask(&args, surroundings, stdin),
        Command::Check(args) => ask(&args, surroundings, stdin),
        Command::Explain(args) => ask(&args, surroundings, stdin),
        Command::Report(args) => ask(&args, surroundings, stdin),
        Command::Compare(args) => ask(&args, surroundings, stdin),
        Command::Slices(args) => ask(&args, surroundings, stdin),
        Command::Formats(args) => ask(&args, surroundings, stdin),
        Command::Completions(args) => {
            args.write(&mut terminal::stdout());
            Ok(0)
        }
        Command::Man(args) => args.write(&mut terminal::stdout()).map(|()| 0),
    }
}

/// Opens the evidence, asks, and shows the answer.
fn ask(command: &impl Ask, surroundings: &Surroundings, stdin: &mut dyn Read) -> Result<u8> {
    let common = command.common();
    command.check()?;
    let format = chosen_format(common, command.is_page())?;
    let case = case(common, surroundings, !command.sources().is_empty())?;
    let scratch = tempfile::Builder::new().prefix("rca-").tempdir().map_err(|e| {
        Error::question("cannot make a temporary directory")
            .detail(e.to_string())
            .hint("point TMPDIR at a directory that can be written")
    })?;
    let coverage = Arc::new(Coverage::default());
    let running = Arc::new(Running::default());
    if let Ok(mut path) = running.scratch.lock() {
        *path = Some(scratch.path().to_path_buf());
    }
    stop_with(&running, coverage.clone(), None);
    terminal::on_interrupt(running.clone());
    let shown = surroundings.shows_progress() && !common.quiet && !common.no_progress;
    let mut progress = Progress::start(coverage.clone(), shown);
    let opening = Opening {
        case,
        sources: command.sources().iter().map(|text| Named::parse(text)).collect(),
        reads_evidence: command.reads_evidence(),
        reads_all: common.evidence.strict,
        extra: command.extra_sources(),
        limits: limits(common, scratch.path())?,
        scratch: scratch.path().to_path_buf(),
        stdin,
    };
    let session = Session::open(opening, coverage.clone())?;
    if command.reads_evidence() {
        session.check_set(&common.evidence.set)?;
    }
    if let Some(output) = common.output.as_deref().filter(|output| session.is_evidence(output)) {
        return Err(Error::question(format!("`{}` is evidence and is not written over", output.display()))
            .hint("name another file"));
    }
    stop_with(&running, coverage.clone(), Some(session.engine.interrupt()));
    let answer = command.run(&session)?;
    let (rows, mut notes) = show(&session, &answer, common, format, surroundings, &mut progress)?;
    progress.finish();
    if let Some(summary) = answer.summary.filter(|_| !render::is_document(format)) {
        notes.insert(0, summary);
    }
    let found = answer.found.unwrap_or(rows);
    tell(&coverage, common, command.reads_evidence(), answer.notes.into_iter().chain(notes));
    let lost = coverage.lost();
    if common.evidence.strict && lost > 0 {
        let message = format!("{} rows or values could not be read, and --strict is given", grouped(lost));
        return Err(Error::evidence(message).detail(coverage.losses().join("\n")));
    }
    Ok(u8::from(answer.fails || common.exit_code && found > 0))
}

fn stop_with(running: &Running, coverage: Arc<Coverage>, engine: Option<engine::Interrupt>) {
    if let Ok(mut stop) = running.stop.lock() {
        *stop = Some(Box::new(move || {
            coverage.interrupted.store(true, Ordering::Relaxed);
            if let Some(engine) = &engine {
                engine.now();
            }
        }));
    }
}

fn limits(common: &Common, scratch: &Path) -> Result<Limits> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let memory = match &common.evidence.memory {
        None => None,
        Some(size) => Some(model::size::parse(size).ok_or_else(|| {
            Error::question(format!("`--memory {size}` is no size")).hint("write --memory 500MB or 2GB")
        })?),
    };
    let threads = common.evidence.threads.map_or(cores, usize::from);
    Ok(Limits { threads, memory, spill: scratch.join("spill") })
}

fn chosen_format(common: &Common, is_page: bool) -> Result<Format> {
    let format = match (common.format, &common.output) {
        (_, Some(path)) if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) => {
            Ok(Format::Parquet)
        }
        (Some(format), _) => Ok(format),
        (None, Some(path)) => render::of_ending(path),
        (None, None) if is_page => Ok(Format::Markdown),
        (None, None) => Ok(Format::Table),
    }?;
    match format {
        Format::Html | Format::Markdown => Ok(format),
        _ if is_page => Err(Error::question("a report is a page, HTML or Markdown")
            .hint("write -o report.html or -o report.md, or ask for the rows of one command")),
        _ => Ok(format),
    }
}

/// The settings of all layers: flag > environment > rca.toml > user file.
fn case(common: &Common, surroundings: &Surroundings, has_sources: bool) -> Result<Case> {
    let evidence = &common.evidence;
    let folder = evidence.case.clone().unwrap_or_default();
    let mut layers = Vec::new();
    if let Some(path) = surroundings.user_file() {
        layers.extend(Layer::of_file(&path)?);
    }
    // The file of the current directory speaks for itself only where no source is typed.
    if evidence.case.is_some() || !has_sources {
        let path = folder.join("rca.toml");
        let file = Layer::of_file(&path)?;
        if file.is_none() && evidence.case.is_some() {
            let reason = if folder.is_dir() { "the directory has no rca.toml" } else { "no such directory" };
            return Err(Error::question(format!("`{}` is no case", folder.display()))
                .detail(reason)
                .hint(format!("name its sources: rca sources {}/*", folder.display())));
        }
        layers.extend(file);
    }
    if let Some(zone) = surroundings.variable("RCA_TIMEZONE") {
        layers.push(Layer { origin: "RCA_TIMEZONE".into(), ..Layer::of_assignment(&format!("timezone=\"{zone}\""))? });
    }
    for assignment in &evidence.set {
        layers.push(Layer::of_assignment(assignment)?);
    }
    if let Some(zone) = &evidence.timezone {
        settings::zone(zone, "--timezone")?;
        layers.push(Layer { origin: "--timezone".into(), ..Layer::of_assignment(&format!("timezone=\"{zone}\""))? });
    }
    Ok(Case { folder, settings: settings::merge(layers)? })
}

/// Writes the rows of an answer. Returns how many there are and what to say of them.
fn show(
    session: &Session,
    answer: &Answer,
    common: &Common,
    format: Format,
    surroundings: &Surroundings,
    progress: &mut Progress,
) -> Result<(u64, Vec<String>)> {
    if format == Format::Parquet {
        return parquet(session, answer, common);
    }
    let (writer, file) = opened(common)?;
    if let Some(document) = &answer.document {
        progress.finish();
        render::write(document, format, writer)?;
        return placed(file).map(|()| (0, Vec::new()));
    }
    let style = Style {
        events: answer.are_events,
        told: answer.summary.clone().map(|summary| Told { summary, command: surroundings.command.clone() }),
        ..surroundings.style(common.color, common.output.is_some())
    };
    let limit = common.limit.filter(|_| !answer.is_limited);
    let mut limited = Limited { renderer: render::make(format, writer, style), limit, rows: 0, progress };
    let reading = answer.reading.as_ref().filter(|_| render::is_read(format));
    let asked = reading.map_or(&answer.sql, |reading| &reading.sql);
    let sql = match limit.filter(|_| answer.stops_at_limit) {
        Some(limit) => format!("SELECT * FROM ({asked}\n) LIMIT {limit}"),
        None => asked.clone(),
    };
    session.engine.query(&sql, &answer.params, &mut limited)?;
    let mut notes = reading.map(|reading| reading.notes.clone()).unwrap_or_default();
    notes.extend(limited.renderer.finish()?);
    let rows = limited.rows;
    drop(limited);
    if let Some(limit) = limit.filter(|limit| rows > *limit) {
        notes.push(format!("{} of {} rows are shown (--limit)", grouped(limit), grouped(rows)));
    }
    placed(file)?;
    Ok((rows, notes))
}

/// Lets the first rows through and counts the rest.
struct Limited<'a> {
    renderer: Box<dyn render::Renderer>,
    limit: Option<u64>,
    rows: u64,
    progress: &'a mut Progress,
}

impl Sink for Limited<'_> {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.renderer.begin(columns)
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        // A bar and a table must not share the screen.
        self.progress.finish();
        self.rows += 1;
        if self.limit.is_none_or(|limit| self.rows <= limit) { self.renderer.row(row) } else { Ok(()) }
    }
}

/// Where an answer is written, and of a file that is to be replaced the one beside it.
type Opened<'a> = (Box<dyn Write>, Option<(tempfile::TempPath, &'a Path)>);

fn opened(common: &Common) -> Result<Opened<'_>> {
    Ok(match common.output.as_deref() {
        None => (terminal::stdout(), None),
        // A device or a pipe is written to, not replaced.
        Some(path) if path.exists() && !path.is_file() => {
            let device = std::fs::OpenOptions::new().write(true).open(path).map_err(|e| unwritable(path, &e))?;
            (Box::new(std::io::BufWriter::new(device)), None)
        }
        Some(path) => {
            let (file, handle) = beside(path)?;
            (Box::new(std::io::BufWriter::new(handle)), Some((file, path)))
        }
    })
}

/// What was written whole takes its place.
fn placed(file: Option<(tempfile::TempPath, &Path)>) -> Result<()> {
    match file {
        None => Ok(()),
        Some((file, path)) => file.persist(path).map_err(|e| unwritable(path, &e.error)),
    }
}

/// A file beside the wanted one, which takes its place only when it is whole.
fn beside(path: &Path) -> Result<(tempfile::TempPath, std::fs::File)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let readable = std::fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new()
        .prefix(".rca-")
        .permissions(readable)
        .tempfile_in(folder)
        .map_err(|e| unwritable(path, &e))?;
    let (handle, file) = file.into_parts();
    Ok((file, handle))
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    let reason = match cause.kind() {
        std::io::ErrorKind::NotFound => "no such directory".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => cause.to_string(),
    };
    Error::question(format!("cannot write `{}`", path.display())).detail(reason)
}

/// The engine writes Parquet itself, into the temporary directory.
fn parquet(session: &Session, answer: &Answer, common: &Common) -> Result<(u64, Vec<String>)> {
    let path = common.output.as_deref().unwrap_or(Path::new("answer.parquet"));
    let (file, mut handle) = beside(path)?;
    let limit = common.limit.filter(|_| !answer.is_limited).map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    let source = session.parquet_output.to_string_lossy().into_owned();
    if !answer.params.is_empty() {
        return Err(Error::question("--param does not go with a Parquet output").hint("write the values into the SQL"));
    }
    session.engine.execute(&format!(
        "COPY (SELECT * FROM ({}\n){limit}) TO {} (FORMAT parquet, COMPRESSION zstd)",
        answer.sql,
        engine::quote::text(&source)
    ))?;
    let rows = session.one_row(&format!("SELECT count(*) FROM read_parquet({})", engine::quote::text(&source)))?;
    let copied =
        std::fs::File::open(&session.parquet_output).and_then(|mut made| std::io::copy(&mut made, &mut handle));
    copied.map_err(|e| unwritable(path, &e))?;
    file.persist(path).map_err(|e| unwritable(path, &e.error))?;
    Ok((u64::try_from(rows[0].int()).unwrap_or(0), Vec::new()))
}

/// Notes and coverage, after the answer.
fn tell(coverage: &Coverage, common: &Common, has_read: bool, notes: impl Iterator<Item = String>) {
    if common.quiet && coverage.lost() == 0 {
        return;
    }
    for note in notes {
        terminal::say(&format!("note: {note}"));
    }
    for line in coverage.lines().iter().filter(|_| has_read) {
        terminal::say(&format!("coverage: {line}"));
    }
}
