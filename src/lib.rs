//! The one wiring: arguments become settings, settings a session, a session's answer rows in a format.
//! `ARCHITECTURE.md` is the map.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;

mod args;
mod command;
mod engine;
mod error;
#[cfg(fuzzing)]
pub mod fuzzed;
mod model;
mod output;
mod redaction;
mod render;
mod scratch;
mod session;
mod settings;
mod source;
pub mod terminal;

use args::{Common, Format};
use command::{Answer, Ask, Cli, Command};
use engine::Limits;
use error::{Error, Kind, Result};
use model::coverage::{Coverage, grouped};
use model::scan::Sink;
use model::value::Value;
use output::Output;
use redaction::Redaction;
use render::{Style, Told};
use scratch::Scratch;
use session::{Named, Opening, Session};
use settings::{Case, Layer};
use terminal::{Progress, Running, Surroundings};

/// Runs one command line and returns its exit code.
pub fn run(arguments: impl Iterator<Item = OsString>, surroundings: &Surroundings, stdin: &mut dyn Read) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) if usage.kind() == clap::error::ErrorKind::InvalidUtf8 => {
            terminal::report(
                &Error::question("an argument is not UTF-8")
                    .hint("name a file of such a name by its directory, or by a pattern: 'logs/*.csv'"),
            );
            return 2;
        }
        Err(usage) => {
            // Help and version go to standard output and are no error, unless they cannot be written.
            let printed = usage.print().map_err(|cause| cause.kind());
            if !usage.use_stderr() && printed.is_err_and(|kind| kind != std::io::ErrorKind::BrokenPipe) {
                terminal::report(&Error::question("cannot write to standard output"));
                return 2;
            }
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
        Command::Completions(args) => printed(&args.script()),
        Command::Man(args) => printed(&args.page()?),
    }
}

/// Writes what is no answer: a manual page, completions.
fn printed(text: &[u8]) -> Result<u8> {
    let mut output = terminal::stdout();
    match output.write_all(text).and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::question("cannot write to standard output").detail(cause.to_string()))
        }
        _ => Ok(0),
    }
}

/// Opens the evidence, asks, and shows the answer; what goes wrong is told as the answer would be.
fn ask(command: &impl Ask, surroundings: &Surroundings, stdin: &mut dyn Read) -> Result<u8> {
    let mut redaction = Redaction::of_flags(command.common())?;
    ask_with(command, surroundings, stdin, &mut redaction).map_err(|error| redaction.error(error))
}

fn ask_with(
    command: &impl Ask,
    surroundings: &Surroundings,
    stdin: &mut dyn Read,
    redaction: &mut Redaction,
) -> Result<u8> {
    let common = command.common();
    command.check()?;
    let format = chosen_format(common, command.is_page())?;
    let case = case(common, surroundings, !command.sources().is_empty())?;
    let files: Vec<&Path> = case.files.iter().map(PathBuf::as_path).collect();
    keeps_inputs(common, &[command.inputs(), files].concat())?;
    *redaction = Redaction::of(common, &case.settings, surroundings)?;
    for (flag, condition) in command.conditions() {
        engine::guard::condition(flag, condition)?;
    }
    let patience = patience(common)?;
    let coverage = Arc::new(Coverage::default());
    let running = Arc::new(Running::default());
    // Before anything is made that is to be removed.
    stop_with(&running, coverage.clone(), None);
    terminal::on_interrupt(running.clone());
    let scratch = Scratch::make(|made| running.remove_at_end(made))?;
    let timed_out = || Error::timed_out(common.evidence.timeout.as_deref().unwrap_or_default());
    if let Some(patience) = patience {
        terminal::on_timeout(running.clone(), patience, timed_out().to_string());
    }
    let asking = Asking { coverage, running: &running, scratch: &scratch, case, format, surroundings };
    match answered(command, asking, redaction, stdin) {
        Err(error) if error.kind == Kind::Interrupted && running.is_timed_out() => Err(timed_out()),
        answered => answered,
    }
}

/// What a question is asked with.
struct Asking<'a> {
    coverage: Arc<Coverage>,
    running: &'a Running,
    scratch: &'a Scratch,
    case: Case,
    format: Format,
    surroundings: &'a Surroundings,
}

fn answered(command: &impl Ask, asking: Asking<'_>, redaction: &mut Redaction, stdin: &mut dyn Read) -> Result<u8> {
    let common = command.common();
    let Asking { coverage, running, scratch, case, format, surroundings } = asking;
    for (key, condition) in
        [("report.bad", &case.settings.report.bad), ("report.where", &case.settings.report.condition)]
    {
        condition.as_deref().map_or(Ok(()), |condition| engine::guard::condition(key, condition))?;
    }
    let shown = surroundings.shows_progress() && !common.quiet && !common.no_progress;
    let mut progress = Progress::start(coverage.clone(), shown);
    let opening = Opening {
        case,
        sources: command.sources().iter().map(|text| Named::parse(text)).collect(),
        reads_evidence: command.reads_evidence(),
        reads_all: common.evidence.strict,
        extra: command.extra_sources(),
        allows_files: command.allows_files(),
        limits: limits(common, scratch.path())?,
        scratch: scratch.path().to_path_buf(),
        stdin,
    };
    let mut session = Session::open(opening, coverage.clone())?;
    if command.reads_evidence() {
        session.check_set(&common.evidence.set)?;
    }
    if let Some(output) = common.file().filter(|output| session.is_evidence(output)) {
        return Err(not_written_over(output, "evidence"));
    }
    stop_with(running, coverage.clone(), Some(session.engine.interrupt()));
    // A signal that came before the engine could hear of it.
    if coverage.is_interrupted() {
        return Err(Error::interrupted());
    }
    redaction.learn(&session, &surroundings.command, &command.inputs())?;
    session.shows_with(redaction.shared());
    session.take_conditions(command.conditions().into_iter().map(|(_, condition)| condition));
    if command.is_any_sql() {
        terminal::limit_memory(session.engine.memory());
    }
    let answer = command.run(&session)?;
    if command.is_any_sql() {
        session.follow(&answer.sql);
    }
    let (rows, mut notes) =
        show(&session, &answer, common, Showing { format, surroundings, running, redaction }, &mut progress)?;
    let has_window = common.evidence.from.is_some() || common.evidence.to.is_some();
    if command.reads_evidence() && !common.quiet && (has_window || answer.leaves_out_untimed) {
        session.count_untimed()?;
    }
    progress.finish();
    if let Some(summary) = answer.summary.filter(|_| !render::is_document(format)) {
        notes.insert(0, summary);
    }
    let found = answer.found.unwrap_or(rows);
    tell(
        &coverage,
        common,
        command.reads_evidence(),
        answer.notes.into_iter().chain(notes).chain(redaction.notes()),
        redaction,
    );
    let lost = coverage.lost();
    if common.evidence.strict && lost > 0 {
        let message = format!("{} rows or values could not be read, and --strict is given", grouped(lost));
        return Err(Error::evidence(message).detail(coverage.losses().join("\n")));
    }
    Ok(u8::from(answer.fails || common.exit_code && found > 0))
}

/// That an answer does not take the place of a file that says what was asked.
fn keeps_inputs(common: &Common, inputs: &[&Path]) -> Result<()> {
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    match common.file().filter(|output| inputs.iter().any(|input| same(output, input))) {
        Some(output) => Err(not_written_over(output, "read by this question")),
        None => Ok(()),
    }
}

fn not_written_over(output: &Path, what: &str) -> Error {
    Error::question(format!("`{}` is {what} and is not written over", output.display())).hint("name another file")
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

/// How long the answer may take.
fn patience(common: &Common) -> Result<Option<Duration>> {
    let Some(text) = &common.evidence.timeout else { return Ok(None) };
    let micros =
        model::duration::parse(text).and_then(|micros| u64::try_from(micros).ok()).filter(|micros| *micros > 0);
    micros.map(|micros| Some(Duration::from_micros(micros))).ok_or_else(|| {
        Error::question(format!("`--timeout {text}` is no length of time")).hint("write --timeout 30s or --timeout 5m")
    })
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
    // Each thread holds a record.
    let least = (threads * model::scan::RECORD_BYTES_LEAST) as u64;
    if let (Some(size), Some(_)) = (&common.evidence.memory, memory.filter(|memory| *memory < least)) {
        return Err(Error::question(format!("`--memory {size}` is too little for {threads} threads"))
            .detail(format!("each holds at least one record of up to {} MiB", model::scan::RECORD_BYTES_LEAST >> 20))
            .hint(format!("write --memory {}MB, or fewer --threads", (least / 1_000_000 + 1).max(200))));
    }
    Ok(Limits { threads, memory, spill: scratch.join("spill") })
}

fn chosen_format(common: &Common, is_page: bool) -> Result<Format> {
    let format = match (common.format, common.file()) {
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
    let (mut layers, mut files) = (Vec::new(), Vec::new());
    if let Some(path) = surroundings.user_file() {
        layers.extend(Layer::of_file(&path)?);
        files.push(path);
    }
    // The file of the current directory speaks for itself only where no source is typed.
    if evidence.case.is_some() || !has_sources {
        let path = folder.join("rca.toml");
        let file = Layer::of_file(&path)?;
        if file.is_none() && evidence.case.is_some() {
            let shown = folder.display();
            let error = Error::question(format!("`{shown}` is no case"));
            return Err(match (folder.is_dir(), folder.exists()) {
                (true, _) => {
                    let all = model::shell::quoted(&folder.to_string_lossy());
                    error.detail("the directory has no rca.toml").hint(format!("name its sources: rca sources {all}/*"))
                }
                (false, true) => {
                    let file = model::shell::quoted(&folder.to_string_lossy());
                    error.detail("it is a file").hint(format!("name it as a source: rca sources {file}"))
                }
                (false, false) => error.detail("no such directory"),
            });
        }
        layers.extend(file);
        files.push(path);
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
    Ok(Case { folder, settings: settings::merge(layers)?, files })
}

/// How an answer is shown.
#[derive(Clone, Copy)]
struct Showing<'a> {
    format: Format,
    surroundings: &'a Surroundings,
    running: &'a Running,
    redaction: &'a Redaction,
}

/// Writes the rows of an answer. Returns how many there are and what to say of them.
fn show(
    session: &Session,
    answer: &Answer,
    common: &Common,
    showing: Showing<'_>,
    progress: &mut Progress,
) -> Result<(u64, Vec<String>)> {
    let Showing { format, surroundings, running, redaction } = showing;
    if format == Format::Parquet {
        return parquet(session, answer, common, showing);
    }
    let (writer, output) = Output::open(common.file(), running)?;
    if let Some(document) = &answer.document {
        progress.finish();
        match redaction.redactor() {
            Some(redactor) => render::write(&redactor.document(document), format, writer)?,
            None => render::write(document, format, writer)?,
        }
        return output.place().map(|()| (0, Vec::new()));
    }
    let style = Style {
        events: answer.are_events,
        told: answer.summary.clone().map(|summary| Told {
            summary: redaction.text(summary),
            command: redaction.text(surroundings.command.clone()),
        }),
        ..surroundings.style(common.color, common.file().is_some())
    };
    let limit = common.limit.filter(|_| !answer.is_limited);
    let mut limited = Limited {
        renderer: render::make(format, writer, style),
        limit,
        rows: 0,
        progress,
        redaction,
        columns: Vec::new(),
    };
    let reading = answer.reading.as_ref().filter(|_| render::is_read(format));
    let asked = reading.map_or(&answer.sql, |reading| &reading.sql);
    let sql = match limit.filter(|_| answer.stops_at_limit) {
        // One more tells whether there are more.
        Some(limit) => format!("SELECT * FROM ({asked}\n) LIMIT {}", limit.min(i64::MAX.unsigned_abs() - 1) + 1),
        None => asked.clone(),
    };
    session.engine.query(&sql, &answer.params, &mut limited)?;
    let mut notes = reading.map(|reading| reading.notes.clone()).unwrap_or_default();
    notes.extend(limited.renderer.finish()?);
    let rows = limited.rows;
    drop(limited);
    if let Some(limit) = limit.filter(|limit| rows > *limit) {
        notes.push(match answer.stops_at_limit {
            true => format!("the first {} rows are shown, and there are more (--limit)", grouped(limit)),
            false => format!("{} of {} rows are shown (--limit)", grouped(limit), grouped(rows)),
        });
    }
    output.place()?;
    Ok((rows, notes))
}

/// Lets the first rows through and counts the rest.
struct Limited<'a> {
    renderer: Box<dyn render::Renderer>,
    limit: Option<u64>,
    rows: u64,
    progress: &'a mut Progress,
    redaction: &'a Redaction,
    columns: Vec<String>,
}

impl Sink for Limited<'_> {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        let Some(redactor) = self.redaction.redactor() else { return self.renderer.begin(columns) };
        self.columns = columns.to_vec();
        let shown: Vec<String> = columns.iter().map(|name| redactor.column(name)).collect();
        self.renderer.begin(&shown)
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        // A bar and a table must not share the screen.
        self.progress.finish();
        self.rows += 1;
        if self.limit.is_some_and(|limit| self.rows > limit) {
            return Ok(());
        }
        match self.redaction.redactor() {
            Some(redactor) => self.renderer.row(&redactor.row(&self.columns, row)),
            None => self.renderer.row(row),
        }
    }
}

/// The engine writes Parquet itself, into the temporary directory.
fn parquet(session: &Session, answer: &Answer, common: &Common, showing: Showing<'_>) -> Result<(u64, Vec<String>)> {
    let path = common.file().unwrap_or(Path::new("answer.parquet"));
    let (mut writer, output) = Output::open(Some(path), showing.running)?;
    if !answer.params.is_empty() {
        return Err(Error::question("--param does not go with a Parquet output").hint("write the values into the SQL"));
    }
    let sql = match common.limit.filter(|_| !answer.is_limited) {
        Some(limit) => format!("SELECT * FROM ({}\n) LIMIT {}", answer.sql, limit.min(i64::MAX.unsigned_abs())),
        None => answer.sql.clone(),
    };
    let sql = showing.redaction.sql(session, &sql)?;
    session.engine.write_parquet(&sql, &session.parquet_output)?;
    let made = engine::quote::text(&session.parquet_output.to_string_lossy());
    let rows = session.one_row(&format!("SELECT count(*) FROM read_parquet({made})"))?;
    let copied = std::fs::File::open(&session.parquet_output)
        .and_then(|mut made| std::io::copy(&mut made, &mut writer))
        .and_then(|_| writer.flush());
    copied.map_err(|e| output::unwritable(path, &e))?;
    output.place()?;
    Ok((u64::try_from(rows[0].int()).unwrap_or(0), Vec::new()))
}

/// Notes and coverage, after the answer.
fn tell(
    coverage: &Coverage,
    common: &Common,
    has_read: bool,
    notes: impl Iterator<Item = String>,
    redaction: &Redaction,
) {
    if common.quiet && coverage.lost() == 0 {
        return;
    }
    for note in notes {
        terminal::say(&redaction.text(format!("note: {note}")));
    }
    for line in coverage.lines().iter().filter(|_| has_read) {
        terminal::say(&redaction.text(format!("coverage: {line}")));
    }
}
