//! A named pipe as evidence: what a program writes into it, such as `<(zcat x.gz)` of a shell.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// `O_NONBLOCK`: opening does not wait for a writer, so that one that never comes is told.
const NONBLOCKING: i32 = if cfg!(target_os = "linux") { 0o4000 } else { 0x4 };
/// How long a pipe may have no writer.
const WAIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(2);

/// A pipe that gives its bytes as they come.
struct Pipe(File);

/// Waits for a writer, for at most a few seconds: one that never comes must not hang the answer. A pipe of a shell has
/// no name and had its writer before.
///
/// # Errors
/// What the system says, or that nothing writes into it.
pub fn opened(path: &Path) -> io::Result<impl Read> {
    let is_named = path.canonicalize().is_ok_and(|real| !real.starts_with("/proc") && !real.starts_with("/dev"));
    let mut file = File::options().read(true).custom_flags(NONBLOCKING).open(path)?;
    let (opened, mut first) = (Instant::now(), vec![0; 64 << 10]);
    let length = loop {
        match file.read(&mut first) {
            Ok(0) if is_named && opened.elapsed() < WAIT => sleep(STEP),
            Ok(0) if is_named => {
                return Err(io::Error::other(format!("nothing writes into this pipe, waited {} s", WAIT.as_secs())));
            }
            Ok(length) => break length,
            // There is a writer, that takes its time.
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => break 0,
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    };
    first.truncate(length);
    Ok(io::Cursor::new(first).chain(Pipe(file)))
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => sleep(STEP),
                read => return read,
            }
        }
    }
}
