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

    /// The usual words, in any case. Compared as numbers of eight bytes, since every line asks.
    #[inline]
    pub fn of(word: &[u8]) -> Option<Level> {
        if word.len() > 8 {
            return word.eq_ignore_ascii_case(b"emergency").then_some(Level::Fatal);
        }
        let mut eight = [0; 8];
        for (to, from) in eight.iter_mut().zip(word) {
            *to = from | 0x20;
        }
        let word = u64::from_le_bytes(eight);
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, level)| *level)
    }

    /// What a message says of its own level at its beginning, where the line has no place for one: `ERROR: x`,
    /// `[WARN] x`, `error: x`; and what the hardware reports. A word further on is what the sentence speaks of.
    pub fn of_message(message: &[u8]) -> Option<Level> {
        let text = message.strip_prefix(b"[").unwrap_or(message);
        let length = text.iter().take(9).take_while(|byte| byte.is_ascii_alphabetic()).count();
        if (3..=8).contains(&length)
            && let Some(level) = Level::of(&text[..length])
        {
            let is_shouted = text[..length].iter().all(u8::is_ascii_uppercase);
            let is_told = match text.get(length) {
                Some(b':') => !matches!(&text[..length], b"log" | b"config" | b"trace" | b"hint" | b"fine" | b"note"),
                Some(b']') => text.len() < message.len(),
                Some(b' ' | b'\t') => {
                    is_shouted && !matches!(&text[..length], b"LOG" | b"CONFIG" | b"FINE" | b"NOTE" | b"HINT")
                }
                _ => false,
            };
            return is_told.then_some(level);
        }
        if let Some(found) = named(message) {
            return Some(found);
        }
        let has = |mark: &[u8]| memchr::memmem::find(&message[..message.len().min(64)], mark).is_some();
        (message.first().is_some_and(|byte| matches!(byte, b'N' | b'm' | b'['))
            && (has(b"NVRM: Xid (") || has(b"[Hardware Error]")))
        .then_some(Level::Error)
    }

    /// What the line after a message that says no level begins with: `SEVERE: x`, as `java.util.logging` writes it.
    pub fn of_next(line: &[u8]) -> Option<Level> {
        let length = line.iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
        let own = Level::of_message(line).filter(|_| length >= 3 && line.get(length) == Some(&b':'));
        let is = |word: &str| line.strip_prefix(word.as_bytes()).is_some_and(|rest| rest.starts_with(b":"));
        own.or_else(|| TRANSLATED.iter().find(|(word, _)| is(word)).map(|(_, level)| *level))
    }

    /// Whether a word is a level and hardly anything else, as the name of a program or a host would be.
    pub fn is_said(word: &[u8]) -> bool {
        let is = |also: &&[u8]| word.eq_ignore_ascii_case(also);
        const ALSO: [&[u8]; 12] = [
            b"log", b"config", b"hint", b"note", b"fine", b"finer", b"finest", b"alert", b"panic", b"notice", b"emerg",
            b"verbose",
        ];
        Level::of(word).is_some() && !ALSO.iter().any(is)
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

    /// Of an HTTP status.
    pub fn of_status(status: u32) -> Level {
        match status {
            500.. => Level::Error,
            400..=499 => Level::Warn,
            _ => Level::Info,
        }
    }
}

/// Levels of `java.util.logging` as its formatter translates them (the JDK's `sun.util.logging.resources.logging`).
const TRANSLATED: &[(&str, Level)] = &[
    ("SCHWERWIEGEND", Level::Error),
    ("WARNUNG", Level::Warn),
    ("INFORMATION", Level::Info),
    ("INFORMATIONEN", Level::Info),
    ("KONFIGURATION", Level::Info),
    ("KONFIG", Level::Info),
    ("FEIN", Level::Debug),
    ("FEINER", Level::Trace),
    ("AM FEINSTEN", Level::Trace),
    ("GRAVE", Level::Error),
    ("AVERTISSEMENT", Level::Warn),
    ("ADVERTENCIA", Level::Warn),
    ("AVVERTENZA", Level::Warn),
    ("INFOS", Level::Info),
    ("致命的", Level::Error),
    ("警告", Level::Warn),
    ("情報", Level::Info),
    ("严重", Level::Error),
    ("信息", Level::Info),
    ("嚴重的", Level::Error),
    ("資訊", Level::Info),
    ("심각", Level::Error),
    ("경고", Level::Warn),
    ("정보", Level::Info),
];

/// What the numbers of a file mean that are levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Of bunyan and pino, 10 to 60; of Monolog, 100 to 600; of log4j, 5,000 to 50,000.
    Large,
    /// Of syslog, 0 to 7.
    Severity,
    /// Of OpenTelemetry, 1 to 24 (its data model, "Severity Fields").
    Telemetry,
}

impl Scale {
    /// By the name of the key and the numbers that sample lines have there.
    pub fn of(path: &str, numbers: Option<(i64, i64)>) -> Scale {
        let name = path.rsplit('.').next().unwrap_or(path).to_lowercase();
        match numbers {
            Some((1.., ..=24)) if matches!(&*name, "severitynumber" | "severity_number") => Scale::Telemetry,
            Some((0.., ..=7)) => Scale::Severity,
            _ => Scale::Large,
        }
    }

    pub fn level(self, number: i64) -> Option<Level> {
        Some(match (self, number) {
            (Scale::Severity, 0..=7) => Level::of_severity(u32::try_from(number).ok()?),
            (Scale::Telemetry, 1..=4) | (Scale::Large, 10 | 5_000) => Level::Trace,
            (Scale::Telemetry, 5..=8) | (Scale::Large, 20 | 100 | 10_000) => Level::Debug,
            (Scale::Telemetry, 9..=12) | (Scale::Large, 30 | 200 | 250 | 20_000) => Level::Info,
            (Scale::Telemetry, 13..=16) | (Scale::Large, 40 | 300 | 30_000) => Level::Warn,
            (Scale::Telemetry, 17..=20) | (Scale::Large, 50 | 400 | 40_000) => Level::Error,
            (Scale::Telemetry, 21..=24) | (Scale::Large, 60 | 500 | 550 | 600 | 50_000) => Level::Fatal,
            _ => return None,
        })
    }
}

/// `level=error`, `lvl=warn` among the first words of a message, or Db2's `LEVEL: Error`.
fn named(message: &[u8]) -> Option<Level> {
    const OF_DB2: &[u8] = b" LEVEL: ";
    let start = &message[..message.len().min(160)];
    if let Some(at) = memchr::memmem::find(start, OF_DB2) {
        let value = &message[at + OF_DB2.len()..];
        return Level::of(&value[..value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()]);
    }
    let sign = memchr::memchr_iter(b'=', start).find(|at| {
        let word = start[..*at].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let is_whole = *at == word || matches!(start[at - word - 1], b' ' | b'\t' | b'[' | b'{' | b',');
        is_whole && [&b"level"[..], b"lvl", b"loglevel", b"severity"].contains(&&start[at - word..*at])
    })?;
    let value = message[sign + 1..].strip_prefix(b"\"").unwrap_or(&message[sign + 1..]);
    let length = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    Level::of(&value[..length])
}

/// A word in small letters as a number; shorter ones are filled up with zeros.
const fn number(word: &[u8]) -> u64 {
    let mut eight = [0; 8];
    let mut at = 0;
    while at < word.len() {
        eight[at] = word[at];
        at += 1;
    }
    u64::from_le_bytes(eight)
}

/// The most frequent first.
const WORDS: [(u64, Level); 36] = [
    (number(b"info"), Level::Info),
    (number(b"warn"), Level::Warn),
    (number(b"error"), Level::Error),
    (number(b"debug"), Level::Debug),
    (number(b"warning"), Level::Warn),
    (number(b"notice"), Level::Info),
    (number(b"trace"), Level::Trace),
    (number(b"fatal"), Level::Fatal),
    (number(b"err"), Level::Error),
    (number(b"severe"), Level::Error),
    (number(b"note"), Level::Info),
    (number(b"log"), Level::Info),
    (number(b"config"), Level::Info),
    (number(b"hint"), Level::Info),
    (number(b"dbg"), Level::Debug),
    (number(b"fine"), Level::Debug),
    (number(b"finer"), Level::Trace),
    (number(b"finest"), Level::Trace),
    (number(b"verbose"), Level::Trace),
    (number(b"critical"), Level::Fatal),
    (number(b"crit"), Level::Fatal),
    (number(b"alert"), Level::Fatal),
    (number(b"emerg"), Level::Fatal),
    (number(b"panic"), Level::Fatal),
    (number(b"wrn"), Level::Warn),
    (number(b"inf"), Level::Info),
    (number(b"ftl"), Level::Fatal),
    (number(b"trc"), Level::Trace),
    (number(b"vrb"), Level::Trace),
    // Cut to four letters: logrus, log15.
    (number(b"erro"), Level::Error),
    (number(b"eror"), Level::Error),
    (number(b"fata"), Level::Fatal),
    (number(b"pani"), Level::Fatal),
    (number(b"debu"), Level::Debug),
    (number(b"dbug"), Level::Debug),
    (number(b"trac"), Level::Trace),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_may_begin_with_its_level() {
        let level = |text: &str| Level::of_message(text.as_bytes());
        assert_eq!(level("ERROR fan 2 stalled"), Some(Level::Error));
        assert_eq!(level("error: no route"), Some(Level::Error));
        assert_eq!(level("[WARN] slow"), Some(Level::Warn));
        assert_eq!(level("NVRM: Xid (PCI:0000:01:00): 79, pid=1"), Some(Level::Error));
        assert_eq!(level("time=x level=error msg=\"boom\""), Some(Level::Error));
        for text in [
            "error 12 was cleared",
            "water level=high",
            "Errors: 0",
            "info",
            "no error here",
            "trace: x",
            "ERRORS",
            "[error",
        ] {
            assert_eq!(level(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_mean_what_the_others_of_their_file_do() {
        let of = |path: &str, numbers: &[i64]| {
            let scale = Scale::of(path, numbers.iter().min().copied().zip(numbers.iter().max().copied()));
            numbers.iter().map(|number| scale.level(*number).map_or("", Level::name)).collect::<Vec<_>>()
        };
        assert_eq!(of("level", &[3, 6]), ["error", "info"]);
        assert_eq!(of("level", &[30, 50]), ["info", "error"]);
        assert_eq!(of("log.severityNumber", &[17, 9]), ["error", "info"]);
        assert_eq!(of("level", &[400, 3]), ["error", ""]);
    }

    #[test]
    fn words_of_any_case_are_levels_and_others_are_not() {
        assert_eq!(Level::of(b"WARNING"), Some(Level::Warn));
        assert_eq!(Level::of(b"Critical"), Some(Level::Fatal));
        assert_eq!(Level::of(b"EMERGENCY"), Some(Level::Fatal));
        assert_eq!((Level::of(b"ERRO"), Level::of(b"dbug")), (Some(Level::Error), Some(Level::Debug)));
        for word in [&b"warn1ng"[..], b"", b"informational", b"errr", b"E", b"\x09nfo"] {
            assert_eq!(Level::of(word), None, "{word:?}");
        }
    }
}
