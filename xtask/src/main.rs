//! `cargo xtask`: everything that developers and CI run, in one tool.

mod docs;
mod gen_fleet;
mod new_check;
mod run;
mod wire;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  test [ARGS]        all tests: Rust, then the black-box tests in Python (ARGS go to pytest);
                     installs the Python packages they need below target/, and Debian's mosquitto-clients
                     and openssl when they are not there (as root)
  check              formatting, clippy, generated files, project rules
  ci                 check, then test
  gen                writes generated files (docs/limits.md, docs/checks.md, docs/settings.md, crates/wire/src/generated/)
  bench [ARGS]       benchmarks (ARGS go to cargo bench)
  gen-fleet OPTIONS  writes the snapshot of a fleet of any size:
                     --devices N --policies P --out DIR [--seed S] [--rsa-keys K] [--retired R]
  new-check NAME     makes the two files of a new audit check and adds it to the list
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match arguments.first().map(String::as_str) {
        Some("test") => test(&rest),
        Some("check") => check(),
        Some("ci") => {
            check()?;
            test(&[])
        }
        Some("gen") => {
            wire::generate()?;
            docs::generate()
        }
        Some("bench") => run::cargo(&[&["bench", "--workspace"], rest.as_slice()].concat()),
        Some("gen-fleet") => gen_fleet::run(&rest),
        Some("new-check") => new_check::make(rest.first().copied().context("which name?")?),
        Some("help" | "--help" | "-h") | None => {
            run::say(USAGE);
            Ok(())
        }
        Some(other) => bail!("unknown command `{other}`\n{USAGE}"),
    }
}

fn check() -> Result<()> {
    run::cargo(&["fmt", "--all", "--check"])?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    wire::compare()?;
    docs::compare()
}

fn test(pytest: &[&str]) -> Result<()> {
    run::cargo(&["test", "--workspace", "--locked"])?;
    run::cargo(&["build", "--locked", "--package", "thingwarden"])?;
    run::python_packages()?;
    run::programs()?;
    run::pytest(pytest)
}
