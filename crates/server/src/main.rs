//! `thingwarden`: audits an IoT fleet from files. The command line is in `cli/`, what it prints in `output/`, what it reads in
//! `snapshot/`; all judgment is the engine's.

mod cli;
mod clock;
mod config;
mod online;
mod output;
mod snapshot;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
