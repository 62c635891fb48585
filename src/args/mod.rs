//! The command line as it is typed. What it means is decided in `settings` and the commands.

use clap::{Parser, Subcommand};

mod common;

pub use common::{Color, Common, Format};

use crate::command::{completions, errors, man, missing, query, schema, sources, timeline};

/// Root cause analysis over scattered evidence.
///
/// Point it at files as they lie there (SQLite databases, Postgres dumps, log directories, CSV, JSON and Parquet
/// exports) and ask what happened, what is missing and what the error codes say.
#[derive(Debug, Parser)]
#[command(name = "rca", version, max_term_width = 110, disable_help_subcommand = true)]
#[command(after_help = "A SOURCE is PATH, GLOB, DIR or NAME=PATH; `-` is standard input. Without one, the rca.toml of\n\
    `--case DIR` or of this directory says which.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Sources(sources::SourcesArgs),
    Schema(schema::SchemaArgs),
    Query(query::QueryArgs),
    Timeline(timeline::TimelineArgs),
    Missing(missing::MissingArgs),
    Errors(errors::ErrorsArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}
