//! One scale of levels for all formats. What the line said stays in the message or the format's own field.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }

    /// The usual words, in any case.
    #[inline]
    pub fn of(word: &[u8]) -> Option<Level> {
        if word.len() > 9 {
            return None;
        }
        let mut lower = [0; 9];
        for (to, from) in lower.iter_mut().zip(word) {
            *to = from.to_ascii_lowercase();
        }
        Some(match &lower[..word.len()] {
            b"info" | b"notice" | b"note" | b"log" | b"config" | b"hint" => Level::Info,
            b"warn" | b"warning" => Level::Warn,
            b"error" | b"err" | b"severe" => Level::Error,
            b"debug" | b"dbg" | b"fine" => Level::Debug,
            b"trace" | b"verbose" | b"finer" | b"finest" => Level::Trace,
            b"fatal" | b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency" | b"panic" => Level::Fatal,
            _ => return None,
        })
    }

    /// Of a syslog severity, 0 to 7 (RFC 5424, 6.2.1).
    pub fn of_severity(severity: u32) -> Level {
        match severity {
            0..=2 => Level::Fatal,
            3 => Level::Error,
            4 => Level::Warn,
            5 | 6 => Level::Info,
            _ => Level::Debug,
        }
    }

    /// Of bunyan's and pino's numbers, 10 to 60.
    pub fn of_number(number: i64) -> Option<Level> {
        Some(match number {
            10 => Level::Trace,
            20 => Level::Debug,
            30 => Level::Info,
            40 => Level::Warn,
            50 => Level::Error,
            60 => Level::Fatal,
            _ => return None,
        })
    }

    /// Of an HTTP status.
    pub fn of_status(status: u32) -> Level {
        match status {
            500.. => Level::Error,
            400..=499 => Level::Warn,
            _ => Level::Info,
        }
    }
}
