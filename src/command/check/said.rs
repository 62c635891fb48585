//! Checks as they are written: which kind each is, and whether its keys go together.

use serde::Deserialize;
use toml::{Table, Value};

use super::{KINDS, Kind};
use crate::engine::guard;
use crate::error::{Error, Result};
use crate::model::name;

/// All keys that a check may have; which of them, its kind says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Check {
    pub name: Option<String>,
    pub severity: Severity,
    pub table: Option<String>,
    pub series: Option<String>,
    pub column: Option<String>,
    #[serde(rename = "where")]
    pub condition: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub rows: Bounds,
    pub fresh: Option<String>,
    pub now: Option<String>,
    pub gaps: i64,
    pub kinds: Vec<String>,
    pub nulls: Most,
    pub unique: Vec<String>,
    pub keys: String,
    pub codes: Codes,
    pub baseline: Option<String>,
    pub audit: toml::map::Map<String, Value>,
    pub code: Option<String>,
    pub metric: String,
    pub label: String,
    pub prediction: String,
    pub positive: Option<Value>,
    pub sql: Option<String>,
    pub is: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub equals: Option<Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    #[default]
    Error,
    Warn,
}

/// What a number may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, expecting = "{ min = 1, max = 9 } or one of them")]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Bounds {
    pub fn hold(self, number: f64) -> bool {
        // NaN is within no bounds.
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }

    pub fn shown(self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => format!("{min}"),
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => String::new(),
        }
    }

    /// # Errors
    /// If there are none, or nothing is within them.
    pub fn valid(self, key: &str) -> Result<()> {
        match (self.min, self.max) {
            (None, None) => Err(Error::question(format!("{key} says neither `min` nor `max`"))),
            (Some(min), Some(max)) if min > max => {
                Err(Error::question(format!("{key} has a `min` above its `max`: {min}, {max}")))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, expecting = "{ max = 0.01 }")]
pub struct Most {
    pub max: f64,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, expecting = "{ new = 0 } or { known = true }")]
pub struct Codes {
    pub new: Option<i64>,
    pub known: Option<bool>,
}

/// A check that can be asked.
pub struct Said {
    pub name: String,
    pub kind: &'static Kind,
    pub is_warning: bool,
    pub check: Check,
}

/// # Errors
/// If a check asks nothing or several things, has keys that do not go together, or values that mean nothing.
pub fn read(tables: Vec<Table>) -> Result<Vec<Said>> {
    let mut checks: Vec<Said> = Vec::new();
    for (at, table) in tables.into_iter().enumerate() {
        let mut said = one(at + 1, table)?;
        let is_taken = |name: &str| checks.iter().any(|check| check.name == name);
        if is_taken(&said.name) && said.check.name.is_some() {
            return Err(Error::question(format!("two checks are called `{}`", said.name))
                .hint("a name is what an earlier answer is compared by; give one of them another"));
        }
        let plain = said.name.clone();
        for number in 2.. {
            if !is_taken(&said.name) {
                break;
            }
            said.name = format!("{plain} ({number})");
        }
        checks.push(said);
    }
    Ok(checks)
}

fn one(number: usize, table: Table) -> Result<Said> {
    const ALL: [&str; 2] = ["name", "severity"];
    let called = match table.get("name").and_then(Value::as_str) {
        Some(name) => format!("check `{name}`"),
        None => format!("check {number}"),
    };
    let listed = |keys: Vec<&str>| name::listed(&keys.into_iter().map(String::from).collect::<Vec<_>>());
    let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| table.contains_key(kind.key)).collect();
    let kind = match kinds.as_slice() {
        [kind] => *kind,
        [] => {
            return Err(Error::question(format!("{called} asks nothing"))
                .detail(format!("it has {}", listed(table.keys().map(String::as_str).collect())))
                .hint(format!("add one of {}", listed(KINDS.iter().map(|kind| kind.key).collect()))));
        }
        several => {
            let keys = several.iter().map(|kind| kind.key).collect::<Vec<_>>().join("` and `");
            return Err(Error::question(format!("{called} asks several things: `{keys}`")).hint("make a check of each"));
        }
    };
    if let Some(key) = kind.needs.iter().find(|key| !table.contains_key(**key)) {
        return Err(Error::question(format!("{called} has no `{key}`")).detail(format!(
            "`{}` goes with {}",
            kind.key,
            listed(kind.needs.to_vec())
        )));
    }
    let goes_with = [&ALL[..], &[kind.key], kind.needs, kind.takes].concat();
    if let Some(key) = table.keys().find(|key| !goes_with.contains(&key.as_str())) {
        return Err(Error::question(format!("{called}: `{key}` does not go with `{}`", kind.key)).detail(format!(
            "`{}` goes with {}",
            kind.key,
            listed(goes_with[3..].to_vec())
        )));
    }
    let check: Check = Value::Table(table).try_into().map_err(|e: toml::de::Error| {
        Error::question(format!("{called}: a value does not fit its key"))
            .detail(e.to_string().trim().replace('\n', " "))
    })?;
    if let Some(condition) = &check.condition {
        guard::condition(&format!("where of {called}"), condition)?;
    }
    (kind.valid)(&check).map_err(|e| Error { message: format!("{called}: {}", e.message), ..e })?;
    let name = check.name.clone().unwrap_or_else(|| (kind.name)(&check));
    Ok(Said { name, kind, is_warning: check.severity == Severity::Warn, check })
}
