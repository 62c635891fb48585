//! Checks as rows: where their columns stand, and what a status means to those who read results. For formats that can
//! show nothing else.

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::value::Value;

/// A check as it was answered.
#[derive(Debug, Clone, Default)]
pub struct Check {
    pub name: String,
    pub status: String,
    pub detail: String,
    /// What else is said of it, by the names of its columns.
    pub more: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    Warn,
    /// It could not be asked.
    Error,
    /// It was not asked.
    Skipped,
}

/// Takes rows for checks.
#[derive(Default)]
pub struct Checks {
    format: &'static str,
    columns: Vec<String>,
    pub all: Vec<Check>,
}

impl Checks {
    pub fn of(format: &'static str) -> Checks {
        Checks { format, ..Checks::default() }
    }

    /// # Errors
    /// If the rows are no checks.
    pub fn begin(&mut self, columns: &[String]) -> Result<()> {
        let missing: Vec<String> = ["name", "status", "detail"]
            .iter()
            .filter(|wanted| !columns.iter().any(|name| name == *wanted))
            .map(|name| (*name).to_string())
            .collect();
        if !missing.is_empty() {
            return Err(Error::question(format!(
                "`{}` shows checks, and the rows of this answer are none",
                self.format
            ))
            .detail(format!("they have no {}", name::listed(&missing)))
            .hint("ask `rca check`, or take another format, such as -f json"));
        }
        self.columns = columns.to_vec();
        Ok(())
    }

    /// # Errors
    /// If its status is none.
    pub fn row(&mut self, row: &[Value]) -> Result<()> {
        let mut check = Check::default();
        for (name, value) in self.columns.iter().zip(row) {
            match name.as_str() {
                "name" => check.name = value.shown(),
                "status" => check.status = value.shown(),
                "detail" => check.detail = value.shown(),
                _ if value.is_null() => {}
                _ => check.more.push((name.clone(), value.shown())),
            }
        }
        if check.outcome().is_none() {
            return Err(Error::question(format!("`{}` knows no status `{}`", self.format, check.status))
                .detail(format!("of `{}`", check.name))
                .hint("a status is pass, fail, warn, error, gone, still, new or suggested"));
        }
        self.all.push(check);
        Ok(())
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        self.all.iter().filter(|check| check.outcome() == Some(outcome)).count()
    }
}

impl Check {
    pub fn outcome(&self) -> Option<Outcome> {
        Some(match self.status.as_str() {
            "pass" | "gone" => Outcome::Pass,
            "fail" | "still" | "new" => Outcome::Fail,
            "warn" => Outcome::Warn,
            "error" => Outcome::Error,
            "suggested" => Outcome::Skipped,
            _ => return None,
        })
    }

    /// What it says, never empty.
    pub fn said(&self) -> &str {
        if self.detail.is_empty() { &self.name } else { &self.detail }
    }

    /// All that is said besides, a line each.
    pub fn lines(&self) -> String {
        self.more.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
    }
}
