//! `rca man`: the manual page, or that of one command.

use clap::{Args, CommandFactory};

use crate::error::{Error, Result};
use crate::model::name;

/// Print the manual page, in roff
///
/// Examples:
///   rca man | man -l -
///   rca man missing | man -l -
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ManArgs {
    /// The page of this command alone
    pub command: Option<String>,
}

impl ManArgs {
    /// # Errors
    /// If there is no such command.
    pub fn page(&self) -> Result<Vec<u8>> {
        let mut cli = super::Cli::command();
        cli.build();
        let page = match &self.command {
            None => cli,
            Some(wanted) => cli.find_subcommand(wanted).cloned().ok_or_else(|| {
                let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
                let near = name::nearest(wanted, known.iter().copied());
                Error::question(format!("there is no command `{wanted}`")).near(&near)
            })?,
        };
        let mut roff = Vec::new();
        clap_mangen::Man::new(page)
            .render(&mut roff)
            .map_err(|e| Error::internal("cannot make the manual page").detail(e.to_string()))?;
        Ok(roff)
    }
}
