//! SARIF 2.1.0 (OASIS): a check is a rule, what it came to is a result. A level is given to failures alone, as 3.27.10 of
//! the standard wants it.

use std::io::Write;

use serde_json::{Map, Value as Json, json};

use super::checks::{Check, Checks, Outcome};
use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn make(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Sarif { output, checks: Checks::of("sarif") })
}

struct Sarif {
    output: Box<dyn Write>,
    checks: Checks,
}

/// A result's `kind` and `level`.
fn graded(check: &Check) -> (&'static str, &'static str) {
    match check.outcome() {
        Some(Outcome::Fail | Outcome::Error) => ("fail", "error"),
        Some(Outcome::Warn) => ("fail", "warning"),
        Some(Outcome::Skipped) => ("informational", "none"),
        _ => ("pass", "none"),
    }
}

impl Sink for Sarif {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.checks.begin(columns)
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.checks.row(row)
    }
}

impl Renderer for Sarif {
    fn finish(&mut self) -> Result<Vec<String>> {
        let mut rules: Vec<&str> = Vec::new();
        for check in &self.checks.all {
            if !rules.contains(&check.name.as_str()) {
                rules.push(&check.name);
            }
        }
        let result = |check: &Check| {
            let (kind, level) = graded(check);
            let mut properties = Map::from_iter([("status".to_string(), Json::from(check.status.as_str()))]);
            properties.extend(check.more.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))));
            json!({
                "ruleId": check.name,
                "ruleIndex": rules.iter().position(|rule| *rule == check.name),
                "kind": kind,
                "level": level,
                "message": { "text": check.said() },
                "properties": properties,
            })
        };
        let results: Vec<Json> = self.checks.all.iter().map(result).collect();
        let rules: Vec<Json> = rules.iter().map(|rule| json!({ "id": rule })).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": { "name": "rca", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
                "results": results,
            }],
        });
        written(writeln!(self.output, "{log:#}"))?;
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}
