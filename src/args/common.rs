//! Flags that every command with evidence has.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// Where the evidence is and how it is read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Evidence")]
pub struct Evidence {
    /// The directory of a case, with its rca.toml
    #[arg(short = 'C', long = "case", value_name = "DIR")]
    pub case: Option<PathBuf>,

    /// Set a key of rca.toml, such as sources.gw.timezone=+08:00
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,

    /// Only rows at or after this time: RFC 3339, 'YYYY-MM-DD[ HH:MM[:SS]]', or -2h before the latest
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub from: Option<String>,

    /// Only rows before this time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub to: Option<String>,

    /// The zone of times that carry none, such as Asia/Taipei or +08:00
    #[arg(long, value_name = "TZ", allow_hyphen_values = true)]
    pub timezone: Option<String>,

    /// Only rows for which this SQL condition holds
    #[arg(long = "where", value_name = "SQL")]
    pub condition: Option<String>,

    /// Any row or value that cannot be read is an error
    #[arg(long)]
    pub strict: bool,

    /// How many threads read and compute
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// How much memory the engine may use before it spills, such as 500MB
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,

    /// Stop with exit code 130 if there is no answer after this time, such as 30s or 5m
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
}

/// How the answer is shown.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct Common {
    #[command(flatten)]
    pub evidence: Evidence,

    /// At most this many rows
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit: Option<u64>,

    /// How the table is written
    #[arg(short = 'f', long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Write to this file; its ending chooses the format (.parquet too)
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Show pseudonyms for e-mail, IP and MAC addresses, keys, tokens, user names in paths, and columns such as `password`
    ///
    /// Names of files, sources, tables and columns stay; of a file an address in its name is hidden where its path is shown.
    #[arg(long)]
    pub redact: bool,

    /// Show pseudonyms for the values of these columns too, wherever they stand
    ///
    /// Numbers of less than 5 digits and texts of less than 3 characters would be other things in most texts: they are
    /// replaced in these columns, behind their names (badge=7104), in SQL, and in columns that SQL makes of them.
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub redact_columns: Vec<String>,

    /// Colours: auto is on a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// No notes on what was read, unless something was lost
    #[arg(short, long)]
    pub quiet: bool,

    /// No progress bar
    #[arg(long)]
    pub no_progress: bool,

    /// Exit with 1 if there is any row
    #[arg(long)]
    pub exit_code: bool,
}

impl Common {
    /// The file to write to: `-` is standard output.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Markdown,
    Jira,
    Html,
    Csv,
    Tsv,
    Json,
    Ndjson,
    /// Checks, for build servers
    Junit,
    /// Checks, SARIF 2.1.0
    Sarif,
    /// Suggested checks, as a file of them
    Toml,
    #[value(skip)]
    Parquet,
}
