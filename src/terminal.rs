//! The process's surroundings: streams, colours, width, progress, signals, environment. Everything that is printed
//! goes through here.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Color;
use crate::error::Error;
use crate::model::coverage::{Coverage, bytes_shown};
use crate::model::printable::printable;
use crate::model::shell;
use crate::render::Style;

/// What the process was started with.
pub struct Surroundings {
    environment: HashMap<String, String>,
    /// The command line, as a shell takes it.
    pub command: String,
}

impl Surroundings {
    pub fn of_process() -> Surroundings {
        Surroundings {
            environment: std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            command: std::iter::once("rca".to_string())
                .chain(std::env::args_os().skip(1).map(|word| shell::quoted(&word.to_string_lossy())))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    /// A variable that is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The user's own settings file.
    pub fn user_file(&self) -> Option<PathBuf> {
        let folder = self
            .variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| self.variable("HOME").map(|home| PathBuf::from(home).join(".config")))?;
        Some(folder.join("rca/config.toml"))
    }

    fn is_plain(&self) -> bool {
        self.variable("NO_COLOR").is_some() || self.variable("TERM") == Some("dumb")
    }

    /// How standard output is to look.
    pub fn style(&self, colour: Color, to_file: bool) -> Style {
        let is_terminal = !to_file && io::stdout().is_terminal();
        let colour = match colour {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !self.is_plain(),
        };
        let width = if is_terminal {
            Some(self.variable("COLUMNS").and_then(|text| text.parse().ok()).unwrap_or_else(terminal_width))
        } else {
            None
        };
        Style { colour, width, ..Style::default() }
    }

    pub fn shows_progress(&self) -> bool {
        io::stderr().is_terminal() && !self.is_plain()
    }
}

fn terminal_width() -> u16 {
    comfy_table::Table::new().width().unwrap_or(100)
}

/// Standard output, buffered.
pub fn stdout() -> Box<dyn Write> {
    Box::new(io::BufWriter::with_capacity(64 << 10, io::stdout()))
}

/// A fault of rca's own is told without the values that it happened with.
pub fn keep_faults_short() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        say(&format!("a fault of rca's own{place}"));
    }));
}

/// Bytes that nobody can guess, as hexadecimal digits.
pub fn random_key() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A line on standard error. Names of files, members and columns are of the evidence, and must not steer a terminal.
pub fn say(text: &str) {
    // If standard error is gone there is nobody to tell.
    writeln!(io::stderr(), "{}", printable(text)).ok();
}

pub fn report(error: &Error) {
    say(&error.to_string());
}

/// Bytes read, shown on a terminal once half a second has passed.
pub struct Progress {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    pub fn start(coverage: Arc<Coverage>, is_shown: bool) -> Progress {
        const PATIENCE: Duration = Duration::from_millis(500);
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let thread = is_shown.then(|| {
            std::thread::spawn(move || {
                let started = Instant::now();
                let mut bar: Option<ProgressBar> = None;
                while !seen.load(Ordering::Relaxed) {
                    if started.elapsed() > PATIENCE {
                        let bar = bar.get_or_insert_with(|| {
                            let bar = ProgressBar::new_spinner();
                            bar.set_style(
                                ProgressStyle::with_template("{spinner} {msg} read, {elapsed}")
                                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                            );
                            bar
                        });
                        bar.set_message(bytes_shown(coverage.bytes_read.load(Ordering::Relaxed)));
                        bar.tick();
                    }
                    std::thread::park_timeout(Duration::from_millis(100));
                }
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                }
            })
        });
        Progress { stop, thread }
    }

    pub fn finish(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().ok();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Limits what this process may use of memory from here on, on systems that count it: the engine's own limit does not
/// count long texts that are being put together. Without a number it is what the machine has.
pub fn limit_memory(bytes: Option<u64>) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// Stacks, and what readers hold.
    const BESIDE: u64 = 256 << 20;
    let kilobytes = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let Some(used) = kilobytes("/proc/self/status", "VmData:") else { return };
    let whole = || kilobytes("/proc/meminfo", "MemTotal:").map(|total| total << 10);
    let Some(bytes) = bytes.or_else(whole) else { return };
    let mut limit = getrlimit(Resource::Data);
    let wanted = (used << 10).saturating_add(bytes).saturating_add(BESIDE);
    limit.current = Some(limit.current.map_or(wanted, |current| current.min(wanted)));
    // Where it cannot be set, the engine's limit stands alone.
    if setrlimit(Resource::Data, limit).is_ok() {
        // What the system does not give ends the process where nothing can be told any more: in order, as other limits do.
        let is_over = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_shutdown(rustix::process::Signal::ABORT.as_raw(), 2, is_over).ok();
    }
}

/// What is to be stopped when the user interrupts or the time is up, and what is to be removed if it does not stop.
#[derive(Default)]
pub struct Running {
    pub stop: Mutex<Option<Box<dyn Fn() + Send>>>,
    removed: Mutex<Vec<PathBuf>>,
    is_timed_out: AtomicBool,
}

impl Running {
    pub fn remove_at_end(&self, path: &Path) {
        if let Ok(mut removed) = self.removed.lock() {
            removed.push(path.to_path_buf());
        }
    }

    /// Whether the work was asked to stop since its time is up.
    pub fn is_timed_out(&self) -> bool {
        self.is_timed_out.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        if let Ok(stop) = self.stop.lock()
            && let Some(stop) = &*stop
        {
            stop();
        }
    }

    /// Ends the process if the work has not stopped within a second.
    fn end(&self, said: Option<&str>) {
        std::thread::sleep(Duration::from_secs(1));
        for path in self.removed.lock().map(|removed| removed.clone()).unwrap_or_default() {
            if path.is_dir() {
                std::fs::remove_dir_all(path).ok()
            } else {
                std::fs::remove_file(path).ok()
            };
        }
        if let Some(said) = said {
            say(said);
        }
        std::process::exit(130);
    }
}

/// On Ctrl-C, SIGTERM, SIGHUP and SIGXCPU the work is asked to stop; if it has not within a second, the process ends all
/// the same, with its temporary directory and its unfinished output removed. A file that would grow past the limit for
/// files (`ulimit -f`) is an error of the write, and not the end of the process.
pub fn on_interrupt(running: Arc<Running>) {
    use rustix::process::Signal;
    // `nohup` has it ignored; a shell that runs a script has Ctrl-C ignored for what runs beside it, and yet means it.
    let hangup = Some(Signal::HUP).filter(|_| !is_ignored(Signal::HUP));
    let ends = [Some(Signal::INT), Some(Signal::TERM), Some(Signal::XCPU), hangup];
    signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::default()).ok();
    // Without a handler the system's own one ends the process.
    let Ok(mut signals) = signal_hook::iterator::Signals::new(ends.iter().flatten().map(|end| end.as_raw())) else {
        return;
    };
    std::thread::spawn(move || {
        for _ in signals.forever() {
            running.stop();
            let running = running.clone();
            std::thread::spawn(move || running.end(None));
        }
    });
}

/// Whether the process was started with a signal ignored, on systems that tell.
fn is_ignored(signal: rustix::process::Signal) -> bool {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal.as_raw() - 1) & 1 == 1
}

/// After this time it is as if the user interrupted, and `said` is said if the work does not stop by itself.
pub fn on_timeout(running: Arc<Running>, after: Duration, said: String) {
    std::thread::spawn(move || {
        std::thread::sleep(after);
        running.is_timed_out.store(true, Ordering::Relaxed);
        running.stop();
        running.end(Some(&said));
    });
}
