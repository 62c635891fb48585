//! The one error: what kind (it decides the exit code), one line about the user's own object, the detail, hints.
//! Worded as PostgreSQL does: lower case, no full stop, the object in backticks, one action to paste per hint.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The question could not be asked: flags, SQL, configuration, output. Exit 2.
    Question,
    /// Evidence could not be read. Exit 3.
    Evidence,
    /// A fault of rca's own. Exit 70.
    Internal,
    /// Ctrl-C or SIGTERM. Exit 130.
    Interrupted,
    /// There was no answer within `--timeout`: stopped as by Ctrl-C, but said. Exit 130.
    TimedOut,
    /// The reader of our output went away: no error at all. Exit 0.
    ClosedPipe,
}

impl Kind {
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::ClosedPipe => 0,
            Kind::Question => 2,
            Kind::Evidence => 3,
            Kind::Internal => 70,
            Kind::Interrupted | Kind::TimedOut => 130,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    pub detail: Option<String>,
    pub hints: Vec<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A message is one line, whatever the things that it names are called.
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        let message = if message.contains('\n') { message.replace('\n', "\\n") } else { message };
        Self { kind, message, detail: None, hints: Vec::new() }
    }

    pub fn question(message: impl Into<String>) -> Self {
        Self::new(Kind::Question, message)
    }

    pub fn evidence(message: impl Into<String>) -> Self {
        Self::new(Kind::Evidence, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "interrupted")
    }

    /// `after` is as it was typed.
    pub fn timed_out(after: &str) -> Self {
        Self::new(Kind::TimedOut, format!("there was no answer after {after}"))
            .detail("--timeout ended the work; what was printed so far is not all")
            .hint("allow more time, or ask for less: --from and --to, --where, fewer sources")
    }

    /// What the system said about a file.
    pub fn file(path: impl fmt::Display, cause: &std::io::Error) -> Self {
        let reason = match cause.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_string(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
            _ => cause.to_string(),
        };
        // A name with a line's end begins no line here.
        let spelled = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
        let path: String = path.to_string().chars().map(spelled).collect();
        Self::evidence(format!("cannot read `{path}`")).detail(reason)
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(detail) = &self.detail {
            for line in detail.lines() {
                write!(f, "\n  {line}")?;
            }
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
