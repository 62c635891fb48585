//! `rca completions`: scripts that complete commands and flags in a shell.

use clap::{Args, CommandFactory};

/// Print a completion script for a shell
///
/// Examples:
///   rca completions bash > ~/.local/share/bash-completion/completions/rca
///   rca completions zsh > ~/.zfunc/_rca
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    /// Which shell
    pub shell: clap_complete::Shell,
}

impl CompletionsArgs {
    pub fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "rca", &mut script);
        script
    }
}
