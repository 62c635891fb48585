//! The log formats, each a data file with sample lines and what is to be found in them, which are its tests.
//! Adding one is a file in `formats/` and its name in [`BUILT_IN`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde::Deserialize;

use super::capture::{Capture, Span};
use super::expression::Expression;
use super::keys::{Schema, Syntax};
use super::level::Level;
use super::orders;
use super::pattern::{Field, Pattern};
use super::pieces::Pieces;
use super::stamp::Lack;

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("formats/", $name, ".toml")))),*]
    };
}

/// By name: its file. Lines are tried in this order where several know one, the more telling first: a format stands
/// before those that know its samples too. Of those that name their fields, the one that requires most keys counts.
#[rustfmt::skip]
const BUILT_IN: &[(&str, &str)] = texts![
    "simple_rs",
    // Of lines within lines.
    "compose", "cri", "fluentd_file", "pm2", "kube_pod_prefix", "recv_with_pod", "kubectl_timestamps", "timed_json",
    "activemq", "airflow", "ansible", "apt_term", "asterisk", "auditd", "aws_alb", "aws_elb", "aws_lambda", "aws_s3",
    "aws_vpc_flow", "bash_history", "bgl", "bind_query", "block_ruled", "boost_log",
    "caddy_console", "candlepin", "cassandra", "cef", "celery", "chef", "choose_repo", "chromium", "cisco_ios",
    "clickhouse", "cloud_init", "cloudvm_ram", "cockroach", "corosync", "couchdb", "cups_access", "cups_error",
    "cups_page", "django", "dotnet_console", "dpkg", "elasticsearch", "elixir", "engine", "envoy", "erlang",
    "fail2ban", "foreman", "freeswitch", "fsck_hfs", "gerrit", "gitea", "github_actions", "glassfish", "glog",
    "go_log", "gtest", "gunicorn", "haproxy", "hclog", "hdfs", "healthapp", "homeassistant", "hpc", "httpd_error",
    "dmesg", "i2p_router", "hadoop", "idea", "jboss", "jenkins", "jmeter", "jvm", "jvm_uptime", "kafka", "katello",
    "leef", "libvirt", "lnav_debug", "log4js", "logrus", "nagios", "logcat", "ceph", "logstash_text", "loguru",
    "macos_install", "macos_unified", "minecraft", "mongodb_text", "mosquitto", "mssql", "mysql_error",
    "mysql_general", "mysql_slow", "nats", "neo4j", "nestjs", "nextflow", "nexus", "nginx_error", "nlog", "openam",
    "openamdb", "openvpn", "oracle_alert", "block", "oracle_listener", "otel_collector", "otlp_python", "pacemaker",
    "pacman", "papertrail", "pgbouncer", "pino_pretty", "openstack", "php_error", "postgres_verbose", "postgres", "postgres_epoch", "procstate",
    "proxifier", "python_detail", "qemu", "rabbitmq", "rails", "redis", "robot_framework", "ros",
    "rsnapshot", "rust_tracing_text", "salt", "samba", "selenium", "serilog", "env_logger",
    "slurm", "snaplogic", "solr", "sonarqube", "spark", "spdlog", "squid", "squid_cache",
    "sssd", "strace", "symfony", "laravel", "syncthing", "syslog_rfc5424", "tap", "tcf", "tcsh_history", "teamcity",
    "thunderbird", "tomcat", "tornado", "traefik", "access", "unifi_iptables", "unreal", "uwsgi", "vdsm", "pytest",
    "vmk", "esx_syslog", "vmw", "vmw_py", "vmw_vc_svc", "vpostgres", "weblogic",
    "websphere", "windows_cbs", "windows_setupapi", "bitbucket_access", "java_wrapper", "vmware_java", "xmlrpc", "yum", "zap_console", "zellij", "zookeeper",
    "zsh_history", "unifi", "syslog", "java", "python", "dmesg_uptime",
    // Of lines that name their fields.
    "bunyan", "caddy", "cloudflare", "cloudtrail", "docker_json", "dotnet_json", "ecs", "gelf", "github_events",
    "gitlab_json", "go_test", "influxdb", "journald_json", "k8s_audit", "logstash", "loguru_json", "macos_unified_json",
    "minio_audit", "mongodb", "mysql_json", "nextcloud", "otlp", "papertrail_json", "pcap", "pino", "postgres_json", "rust_tracing",
    "serilog_compact", "serilog_rendered", "slog", "slog_text", "suricata", "web_robot", "zap", "zeek", "zerolog",
];

/// All formats of one kind or the other, compiled.
#[derive(Debug, Default)]
pub struct Formats {
    /// Of lines that a pattern tells.
    pub lines: Vec<Arc<Format>>,
    /// Of lines that name their fields.
    pub schemas: Vec<Schema>,
}

/// The built-in formats, compiled once.
pub static BUILT: LazyLock<Formats> = LazyLock::new(|| {
    let mut formats = Formats::default();
    for (name, text) in BUILT_IN {
        let fault = |why: &dyn std::fmt::Display| -> ! { panic!("built-in format `{name}`: {why}") };
        let file: FormatFile = toml::from_str(text).unwrap_or_else(|e| fault(&e));
        formats.add(name, &file).unwrap_or_else(|e| fault(&e));
    }
    formats
});

/// What is known of the built-in formats without compiling them: name and text, in the order they are tried.
pub fn built_in() -> impl Iterator<Item = (&'static str, FormatFile)> {
    BUILT_IN.iter().filter_map(|(name, text)| Some((*name, toml::from_str(text).ok()?)))
}

/// A format as it is written down.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormatFile {
    /// In a file of its own the format is called as the file is.
    pub name: Option<String>,
    pub title: Option<String>,
    pub source: Option<String>,
    pub pattern: Option<String>,
    pub patterns: Vec<String>,
    /// For what no pattern can say: groups `ts`, `level`, `message`, `code`, and fields.
    #[serde(deserialize_with = "one_or_many")]
    pub regex: Vec<String>,
    /// The stamp format of the group `ts`; the path of the time of JSON.
    pub time: Option<String>,
    pub levels: BTreeMap<String, String>,
    /// The level of a record of JSON or logfmt that says none.
    pub default_level: Option<String>,
    /// The level that each pattern means, where a line says it by its shape.
    pub pattern_levels: Vec<String>,
    /// The field that is the message, where no `{message}` is; the path of the message of JSON.
    pub message: Option<String>,
    /// The message is itself a line of another format.
    pub wraps: bool,
    /// The message may be one that says its own level; each line is a record all the same.
    pub may_wrap: bool,
    /// How a line tells that its message goes on in the next one.
    pub pieces: Option<Pieces>,
    /// Its lines have no time.
    pub timeless: bool,
    pub syntax: Option<Syntax>,
    pub requires: Vec<String>,
    pub received: Option<String>,
    pub level: Option<String>,
    pub code: Option<String>,
    pub each: Option<String>,
    pub samples: Vec<SampleLine>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(list) => list,
    })
}

impl FormatFile {
    /// Single letters for levels, as one's own formats have them where nothing else is said.
    pub fn with_letters(mut self) -> FormatFile {
        const LETTERS: [(&str, &str); 7] = [
            ("T", "trace"),
            ("V", "trace"),
            ("D", "debug"),
            ("I", "info"),
            ("W", "warn"),
            ("E", "error"),
            ("F", "fatal"),
        ];
        if self.syntax.is_none() {
            for (letter, level) in LETTERS {
                self.levels.entry(letter.to_string()).or_insert_with(|| level.to_string());
            }
        }
        self
    }
}

/// A line, and what must be found in it. Times without a zone are UTC; the file's time is the end of 2025-03-01.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleLine {
    pub line: String,
    pub ts: Option<String>,
    pub level: Option<String>,
    pub code: Option<String>,
    /// Not looked at where it is not said.
    pub message: Option<String>,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
enum Matcher {
    Pattern(Box<Pattern>),
    Expression(Box<Expression>),
}

impl Matcher {
    #[inline]
    fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        match self {
            Matcher::Pattern(pattern) => pattern.read(line, capture),
            Matcher::Expression(expression) => expression.read(line, capture),
        }
    }

    /// Whether nothing of a line is its message, so that the whole of it is. A line of nothing but a time begins a
    /// record whose message is on the lines after it.
    fn has_no_message(&self) -> bool {
        match self {
            Matcher::Pattern(pattern) => pattern.has_fields_only,
            Matcher::Expression(_) => false,
        }
    }
}

/// A compiled format of lines.
#[derive(Debug)]
pub struct Format {
    pub name: String,
    pub fields: Vec<Field>,
    matchers: Vec<(Matcher, Option<Level>)>,
    message: Option<usize>,
    pub wraps: bool,
    pub may_wrap: bool,
    pub pieces: Option<Pieces>,
    pub is_timeless: bool,
    /// The order of its dates, where a line does not tell it from others.
    pub order: Option<usize>,
    /// By byte: whether a line may begin with it.
    starts: Box<[bool]>,
    /// The same with its patterns in another order, by that order: files have them in common.
    tuned: Tuned,
}

type Tuned = Mutex<HashMap<Vec<usize>, Arc<Format>>>;

impl Formats {
    /// Compiles a format and adds it.
    ///
    /// # Errors
    /// Says what is not understood.
    pub fn add(&mut self, name: &str, file: &FormatFile) -> Result<(), String> {
        match file.syntax {
            Some(syntax) => self.schemas.push(schema(name, syntax, file)?),
            None => self.lines.push(Arc::new(Format::compile(name, file)?)),
        }
        Ok(())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|format| format.name.as_str()).chain(self.schemas.iter().map(|s| s.name.as_str()))
    }
}

fn levels(file: &FormatFile) -> Result<Vec<(String, Level)>, String> {
    file.levels.iter().map(|(from, to)| Ok((from.clone(), level(to)?))).collect()
}

fn level(text: &str) -> Result<Level, String> {
    Level::of(text.as_bytes()).ok_or_else(|| format!("`{text}` is no level"))
}

fn schema(name: &str, syntax: Syntax, file: &FormatFile) -> Result<Schema, String> {
    if file.requires.is_empty() {
        return Err("`requires` names no key, so nothing tells this format from others".into());
    }
    Ok(Schema {
        name: name.to_string(),
        syntax,
        requires: file.requires.clone(),
        time: file.time.clone(),
        received: file.received.clone(),
        level: file.level.clone(),
        message: file.message.clone(),
        code: file.code.clone(),
        levels: levels(file)?,
        default_level: file.default_level.as_deref().map(level).transpose()?,
        each: file.each.iter().flat_map(|path| path.split('.')).map(str::to_string).collect(),
        wraps: file.wraps,
        pieces: file.pieces.clone(),
    })
}

impl Format {
    /// # Errors
    /// Says what is not understood.
    pub fn compile(name: &str, file: &FormatFile) -> Result<Format, String> {
        let levels = levels(file)?;
        let mut fields = Vec::new();
        let mut matchers = Vec::new();
        for text in file.pattern.iter().chain(&file.patterns) {
            matchers.push(Matcher::Pattern(Box::new(Pattern::compile(
                text,
                &mut fields,
                &levels,
                file.timeless || file.wraps,
            )?)));
        }
        for text in &file.regex {
            let stamp = file.time.as_deref().unwrap_or("iso");
            matchers.push(Matcher::Expression(Box::new(Expression::compile(text, stamp, &mut fields, &levels)?)));
        }
        if matchers.is_empty() {
            return Err("there is neither a pattern nor a regex".into());
        }
        let own = |index: usize| file.pattern_levels.get(index).map(|text| level(text)).transpose();
        let matchers: Vec<_> =
            matchers.into_iter().enumerate().map(|(index, m)| Ok((m, own(index)?))).collect::<Result<_, String>>()?;
        let message = match &file.message {
            Some(name) => Some(
                fields
                    .iter()
                    .position(|field: &Field| field.name == *name)
                    .ok_or_else(|| format!("no field is called `{name}`"))?,
            ),
            None => None,
        };
        let (wraps, is_timeless) = (file.wraps, file.timeless);
        let starts = (0..=255)
            .map(|byte| {
                matchers.iter().any(|(matcher, _)| match matcher {
                    Matcher::Pattern(pattern) => pattern.may_begin(byte),
                    Matcher::Expression(_) => true,
                })
            })
            .collect();
        Ok(Format {
            name: name.to_string(),
            fields,
            matchers,
            message,
            wraps,
            may_wrap: file.may_wrap,
            pieces: file.pieces.clone(),
            is_timeless,
            order: orders::of_patterns(&file.patterns),
            starts,
            tuned: Tuned::default(),
        })
    }

    fn with(&self, matchers: Vec<(Matcher, Option<Level>)>) -> Format {
        let (name, fields, starts) = (self.name.clone(), self.fields.clone(), self.starts.clone());
        let (message, wraps, may_wrap) = (self.message, self.wraps, self.may_wrap);
        let (pieces, is_timeless, order) = (self.pieces.clone(), self.is_timeless, self.order);
        let tuned = Tuned::default();
        Format { name, fields, matchers, message, wraps, may_wrap, pieces, is_timeless, order, starts, tuned }
    }

    /// Whether nothing speaks against the order of its dates in these lines.
    pub fn is_told_by(&self, lines: &[&[u8]]) -> bool {
        self.order.is_none_or(|order| orders::is_of(lines, order))
    }

    /// Whether a line could be of this format, by its first byte.
    #[inline]
    pub fn may_begin(&self, line: &[u8]) -> bool {
        line.first().is_some_and(|byte| self.starts[usize::from(*byte)])
    }

    /// What the stamps of its lines do not say.
    pub fn lacks(&self) -> impl Iterator<Item = Lack> {
        self.matchers.iter().flat_map(|(matcher, _)| match matcher {
            Matcher::Pattern(pattern) => pattern.stamps().map(|stamp| stamp.lacks()).collect::<Vec<_>>(),
            Matcher::Expression(expression) => vec![expression.stamp.lacks()],
        })
    }

    /// The same format, its patterns tried in the order that is fastest for these lines: a pattern moves before others
    /// only if no line can be of both, so that each line is read by the same pattern as before.
    pub fn tuned_to(self: &Arc<Self>, sample: &[&[u8]]) -> Arc<Format> {
        let mut capture = Capture::default();
        let mut counts = vec![0_usize; self.matchers.len()];
        for line in sample {
            let reads = |index: &usize| {
                capture.clear(self.fields.len());
                capture.memo = None;
                self.matchers[*index].0.read(line, &mut capture)
            };
            if let Some(first) = (0..self.matchers.len()).find(reads) {
                counts[first] += 1;
            }
        }
        let mut by_count: Vec<usize> = (0..self.matchers.len()).collect();
        by_count.sort_by_key(|index| (std::cmp::Reverse(counts[*index]), *index));
        let mut order = Vec::with_capacity(by_count.len());
        for index in by_count {
            self.place(index, &mut order);
        }
        if order.is_sorted() {
            return self.clone();
        }
        let mut tuned = self.tuned.lock().unwrap_or_else(PoisonError::into_inner);
        let in_order = || order.iter().map(|index| self.matchers[*index].clone()).collect();
        tuned.entry(order.clone()).or_insert_with(|| Arc::new(self.with(in_order()))).clone()
    }

    /// Adds a pattern to an order, those that must come before it first.
    fn place(&self, index: usize, order: &mut Vec<usize>) {
        if order.contains(&index) {
            return;
        }
        for before in (0..index).filter(|before| !self.excludes(*before, index)) {
            self.place(before, order);
        }
        order.push(index);
    }

    fn excludes(&self, one: usize, other: usize) -> bool {
        match (&self.matchers[one].0, &self.matchers[other].0) {
            (Matcher::Pattern(one), Matcher::Pattern(other)) => one.excludes(other),
            _ => false,
        }
    }

    /// Whether `line` begins a record; what it holds goes to `capture`.
    #[inline]
    pub fn read(&self, line: &[u8], capture: &mut Capture) -> bool {
        capture.memo = None;
        capture.reached = 0;
        for (matcher, level) in &self.matchers {
            capture.clear(self.fields.len());
            if matcher.read(line, capture) {
                capture.level = capture.level.or(*level);
                match self.message.and_then(|field| capture.fields[field]) {
                    Some(span) => capture.message = span,
                    None if self.wraps => capture.message.start = first_blank(line, capture.message.start),
                    None if matcher.has_no_message() => capture.message = Span::new(0, line.len()),
                    None => {}
                }
                return true;
            }
        }
        false
    }
}

/// The blanks before a wrapped line are its own, but for the first.
fn first_blank(line: &[u8], start: usize) -> usize {
    let blanks = line[..start].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if blanks > 1 && line[start - blanks] == b' ' { start - blanks + 1 } else { start }
}

#[cfg(test)]
mod tests {
    use super::super::samples::try_samples;
    use super::*;

    #[test]
    fn every_sample_line_is_read_as_its_file_says() {
        let mut wrong = Vec::new();
        for (name, text) in BUILT_IN {
            let file: FormatFile = toml::from_str(text).expect(name);
            assert!(file.title.is_some() && file.source.is_some(), "{name} has no title or source");
            assert!(!file.samples.is_empty(), "{name} has no sample");
            for tried in try_samples(name, &file).expect(name) {
                if !tried.differences.is_empty() {
                    wrong.push(format!("{name}: {}\n    {}", tried.line, tried.differences.join("\n    ")));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_sample_of_one_format_is_not_taken_by_one_tried_before_it() {
        let mut wrong = Vec::new();
        for (name, text) in BUILT_IN {
            let file: FormatFile = toml::from_str(text).expect(name);
            for sample in file.samples.iter().filter(|_| file.syntax.is_none()) {
                let reads = |format: &&Arc<Format>| format.read(sample.line.as_bytes(), &mut Capture::default());
                let first = BUILT.lines.iter().find(reads).map(|format| format.name.as_str());
                if first != Some(name) {
                    wrong.push(format!("{first:?} takes a line of {name}: {}", sample.line));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/source/log/formats");
        let files = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
        for file in files {
            let name = file.file_name().to_string_lossy().trim_end_matches(".toml").to_string();
            assert!(BUILT_IN.iter().any(|(known, _)| *known == name), "{name} is not in the list");
        }
    }
}
