//! The process: arguments and surroundings are handed to [`rca::run`], whose answer is the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rca::run(
        std::env::args_os(),
        &rca::terminal::Surroundings::of_process(),
        &mut std::io::stdin().lock(),
    ))
}
