//! What is set: flag > environment > rca.toml > user file > default. Layers are TOML tables laid over one another,
//! so that every key can be given in every place; each value knows where it came from.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::error::{Error, Kind, Result};
use crate::model::zone::Zone;
use crate::model::{duration, name};

mod known;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub timezone: Option<String>,
    pub sources: BTreeMap<String, SourceSettings>,
    /// Log formats of the user's own, as their files have them.
    pub formats: Vec<Table>,
    pub entities: BTreeMap<String, Vec<String>>,
    pub codebook: Option<Codebook>,
    pub labels: Option<Labels>,
    pub stages: Vec<Stage>,
    /// What `rca check` asks; each is of a kind that its keys tell.
    pub checks: Vec<Table>,
    pub report: Report,
    pub redact: Option<Redact>,
}

/// What answers must not say. That it is there turns it on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Redact {
    pub on: Option<bool>,
    /// What pseudonyms are made with.
    #[serde(deserialize_with = "unsaid")]
    pub key: Option<String>,
    /// Columns whose values are replaced whatever they look like.
    pub columns: Vec<String>,
}

/// A text that no error may say.
fn unsaid<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(Some(text)),
        other => {
            Err(serde::de::Error::custom(format!("it is of type {}, and takes a text in quotes", other.type_str())))
        }
    }
}

/// What `rca report` says and asks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    pub title: Option<String>,
    pub question: Option<String>,
    /// The condition that makes a row bad, of which table, and which of its rows are judged.
    pub bad: Option<String>,
    pub table: Option<String>,
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

/// What is said of one source.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SourceSettings {
    pub path: Option<String>,
    pub timezone: Option<String>,
    pub skew: Option<String>,
    pub format: Option<String>,
    /// A regular expression that finds the code in a log's messages.
    pub code: Option<String>,
    pub delimiter: Option<String>,
    /// Whether the first line of a CSV file names its columns.
    pub header: Option<bool>,
    /// Columns to be read as text.
    pub text: Vec<String>,
    pub time: Option<String>,
    pub series: Vec<String>,
    pub sequence: Option<String>,
    pub every: Option<String>,
    /// What must be there.
    pub expect: Vec<Expect>,
}

impl SourceSettings {
    /// Whether more than its path is said.
    pub fn says(&self) -> bool {
        let texts = [&self.timezone, &self.skew, &self.format, &self.code, &self.delimiter, &self.time, &self.sequence];
        texts.into_iter().chain([&self.every]).any(Option::is_some)
            || self.header.is_some()
            || ![&self.text, &self.series].into_iter().all(Vec::is_empty)
            || !self.expect.is_empty()
    }
}

/// A series that must be there, or how much of it; of the whole source, if it names no series.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Expected")]
pub struct Expect {
    /// Values in the order of `series`.
    pub series: Vec<String>,
    /// The least number of rows, within the window if there is one.
    pub rows: Option<u64>,
    /// The time that rows must cover, as `--from` and `--to` take it.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// As it is written: the values of a series alone, or with more.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "write the values of a series, [\"ST01\", \"temp_c\"], or a table, { series = [\"ST01\"], rows = 100 }"
)]
enum Expected {
    Series(Vec<String>),
    More {
        #[serde(default)]
        series: Vec<String>,
        rows: Option<u64>,
        from: Option<String>,
        to: Option<String>,
    },
}

impl From<Expected> for Expect {
    fn from(expected: Expected) -> Expect {
        match expected {
            Expected::Series(series) => Expect { series, ..Expect::default() },
            Expected::More { series, rows, from, to } => Expect { series, rows, from, to },
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Codebook {
    pub table: String,
    pub code: Option<String>,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Labels {
    pub table: String,
    pub key: Option<String>,
    pub label: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Stage {
    pub name: Option<String>,
    pub table: String,
    pub key: Option<String>,
}

impl SourceSettings {
    /// # Errors
    /// If the zone is none.
    pub fn zone(&self, source: &str) -> Result<Option<Zone>> {
        self.timezone.as_deref().map(|text| zone(text, &format!("sources.{source}.timezone"))).transpose()
    }

    /// Microseconds that the clock of this source runs ahead. `-1.5s` in the file means that it ran 1.5 s ahead:
    /// what is to be added to its times.
    ///
    /// # Errors
    /// If it is no duration.
    pub fn skew(&self, source: &str) -> Result<i64> {
        Ok(-length(self.skew.as_deref(), &format!("sources.{source}.skew"))?.unwrap_or(0))
    }

    /// What is said of how it is read, as `--set` takes it: keys and values.
    pub fn of_reading(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("timezone", &self.timezone),
            ("skew", &self.skew),
            ("format", &self.format),
            ("code", &self.code),
            ("delimiter", &self.delimiter),
            ("time", &self.time),
        ];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, Value::String(text.clone()?).to_string())));
        let header = self.header.map(|header| ("header", header.to_string()));
        let text = (!self.text.is_empty())
            .then(|| ("text", Value::Array(self.text.iter().cloned().map(Value::String).collect()).to_string()));
        texts.chain(header).chain(text).collect()
    }

    /// The cadence in microseconds.
    ///
    /// # Errors
    /// If it is no duration.
    pub fn every(&self, source: &str) -> Result<Option<i64>> {
        let key = format!("sources.{source}.every");
        match length(self.every.as_deref(), &key)? {
            Some(every) if every <= 0 => Err(Error::question(format!(
                "`{}` is no length of time above zero",
                self.every.as_deref().unwrap_or_default()
            ))
            .detail(format!("{key} takes one such as 30s or 5m"))),
            every => Ok(every),
        }
    }
}

/// # Errors
/// If there is no such zone.
pub fn zone(text: &str, key: &str) -> Result<Zone> {
    Zone::parse(text).ok_or_else(|| {
        let near = name::nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|tz| tz.name()));
        let error = Error::question(format!("`{text}` is no time zone"))
            .detail(format!("{key} takes a name such as Asia/Taipei or an offset such as +08:00"));
        error.near(&near)
    })
}

fn length(text: Option<&str>, key: &str) -> Result<Option<i64>> {
    text.map(|text| {
        duration::parse(text).ok_or_else(|| {
            Error::question(format!("`{text}` is no length of time"))
                .detail(format!("{key} takes one such as 30s, 5m or -1.5s"))
        })
    })
    .transpose()
}

/// One place that settings come from.
pub struct Layer {
    /// `rca.toml`, `--set`, as errors name it.
    pub origin: String,
    pub table: Table,
}

impl Layer {
    /// A file of settings; none if it is not there.
    ///
    /// # Errors
    /// If it cannot be read or is no TOML.
    pub fn of_file(path: &Path) -> Result<Option<Layer>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            // A home of `/dev/null` has no file either.
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(cause) => return Err(Error::file(path.display(), &cause)),
        };
        let table = text
            .parse::<Table>()
            .map_err(|e| Error::question(format!("`{}` is no TOML", path.display())).detail(fault(&e)))?;
        Ok(Some(Layer { origin: path.display().to_string(), table }))
    }

    /// `sources.gw.timezone=+08:00`, the value as TOML or else as text.
    ///
    /// # Errors
    /// If there is no `=`.
    pub fn of_assignment(text: &str) -> Result<Layer> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Error::question(format!("`--set {text}` has no `=`"))
                .hint("write --set KEY=VALUE, such as --set sources.gw.timezone=+08:00"));
        };
        let parsed = format!("x = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("x"));
        let plain = !matches!(parsed, Some(Value::Datetime(_)));
        let mut inner = parsed.filter(|_| plain).unwrap_or_else(|| Value::String(value.to_string()));
        for part in key.trim().rsplit('.') {
            inner = Value::Table(Table::from_iter([(part.to_string(), inner)]));
        }
        let Value::Table(table) = inner else { return Err(Error::internal("a setting without a key")) };
        Ok(Layer { origin: format!("--set {key}"), table })
    }
}

/// The layers laid over one another, the last on top.
///
/// # Errors
/// If a key is not known or a value does not fit it.
pub fn merge(layers: Vec<Layer>) -> Result<Settings> {
    let mut merged = Table::new();
    for layer in layers {
        known::check(&layer)?;
        lay_over(&mut merged, layer.table);
    }
    Value::Table(merged)
        .try_into()
        .map_err(|e: toml::de::Error| Error::question("a setting does not fit its key").detail(fault(&e)))
}

/// What is wrong with TOML, without the line where that may be the key of pseudonyms.
fn fault(error: &toml::de::Error) -> String {
    let said = error.to_string();
    let is_key = |line: &str| {
        line.split_once('|').is_some_and(|(_, text)| text.trim_start().starts_with("key") || text.contains("redact"))
    };
    match said.lines().any(is_key) {
        true => said.lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join("\n"),
        false => said,
    }
}

/// The checks of a file of their own, which has nothing else; `None` if it does not even say that there are none.
///
/// # Errors
/// If it cannot be read, or has what is no check.
pub fn checks_of(path: &Path) -> Result<Option<Vec<Table>>> {
    let missing = || Error::question(format!("cannot read `{}`", path.display())).detail("no such file or directory");
    let layer = Layer::of_file(path).map_err(|e| Error { kind: Kind::Question, ..e })?.ok_or_else(missing)?;
    known::check(&layer)?;
    if let Some(key) = layer.table.keys().find(|key| *key != "checks") {
        return Err(Error::question(format!("`{key}` has no place in a file of checks"))
            .detail(format!("in {}", layer.origin))
            .hint("write it into rca.toml; a file of checks has [[checks]] alone"));
    }
    let says = layer.table.contains_key("checks");
    Ok(Some(merge(vec![layer])?.checks).filter(|_| says))
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// A case: a directory, and what its `rca.toml` says.
#[derive(Debug, Clone)]
pub struct Case {
    /// Where relative paths of the sources begin.
    pub folder: PathBuf,
    pub settings: Settings,
    /// The files that say so, if they are there.
    pub files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(text: &str) -> Layer {
        Layer { origin: "rca.toml".into(), table: text.parse().expect("TOML") }
    }

    #[test]
    fn a_flag_lies_over_the_file() {
        let file = layer("timezone = 'Asia/Taipei'\n[sources.gw]\npath = 'gw/'\nskew = '-1.5s'");
        let settings =
            merge(vec![file, Layer::of_assignment("sources.gw.timezone=+08:00").expect("a setting")]).expect("merges");
        let gateway = &settings.sources["gw"];
        assert_eq!(gateway.zone("gw").expect("a zone"), Some(Zone::Fixed(8 * 3600)));
        assert_eq!(gateway.skew("gw").expect("a skew"), 1_500_000);
        assert_eq!(gateway.path.as_deref(), Some("gw/"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = merge(vec![layer("[sources.gw]\ntimezon = 'UTC'")]).expect_err("refused");
        assert_eq!(error.message, "unknown key `sources.gw.timezon`");
        assert_eq!(error.hints, ["did you mean `timezone` or `time`"]);
    }
}
