//! Completions, manual and help are those of this build.

use crate::rca::{root, run};

#[test]
fn the_completions_kept_are_the_completions_made() {
    for (shell, file) in
        [("bash", "rca.bash"), ("zsh", "_rca"), ("fish", "rca.fish"), ("powershell", "_rca.ps1"), ("elvish", "rca.elv")]
    {
        let made = run(&["completions", shell]);
        let kept = std::fs::read(root().join("completions").join(file)).expect("kept");
        assert!(made.stdout == kept, "completions/{file} is old; make it anew with `make completions`");
    }
}

#[test]
fn every_command_has_help_with_examples_and_a_manual_page() {
    for command in [
        "sources",
        "schema",
        "query",
        "timeline",
        "missing",
        "trace",
        "errors",
        "check",
        "explain",
        "report",
        "compare",
        "slices",
        "completions",
        "man",
    ] {
        let help = String::from_utf8(run(&[command, "--help"]).stdout).expect("UTF-8");
        assert!(help.contains("Examples:"), "{command} has no example");
        let page = run(&["man", command]);
        assert!(page.status.success() && page.stdout.starts_with(b".ie"), "{command}");
    }
}
