//! Suggested checks as a file that `rca check --file` takes: what each is today, and its own words.

use std::io::Write;

use super::checks::{Checks, Outcome};
use super::{Renderer, Style, written};
use crate::error::{Error, Result};
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn make(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(Toml { output, checks: Checks::of("toml") })
}

struct Toml {
    output: Box<dyn Write>,
    checks: Checks,
}

impl Sink for Toml {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.checks.begin(columns)
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.checks.row(row)?;
        match self.checks.all.last().filter(|check| check.outcome() != Some(Outcome::Skipped)) {
            None => Ok(()),
            Some(check) => Err(Error::question("`toml` writes suggested checks, and the rows of this answer are none")
                .detail(format!("`{}` is `{}`", check.name, check.status))
                .hint("let findings suggest some: rca check --from-findings -o checks.toml")),
        }
    }
}

impl Renderer for Toml {
    fn finish(&mut self) -> Result<Vec<String>> {
        let mut text = String::from("# What must hold, by what was found; `rca check --file` asks it.\n");
        if self.checks.all.is_empty() {
            text.push_str("\n# today: nothing was found\nchecks = []\n");
        }
        for check in &self.checks.all {
            let today = check.more.iter().find(|(name, _)| name == "observed").map_or("", |(_, value)| value);
            // A comment ends with its line.
            let today = today.replace(|c: char| c.is_control(), " ");
            text.push_str(&format!("\n# today: {today}\n{}\n", check.detail));
        }
        written(self.output.write_all(text.as_bytes()))?;
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}
