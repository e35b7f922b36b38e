//! Documentation that is generated from the code, so that it cannot disagree with it.

use anyhow::{Context, Result, bail};

use crate::run;

/// Each generated file with the arguments of `cargo run` that print it.
const FILES: [(&str, &[&str]); 3] = [
    ("docs/limits.md", &["--package", "thingwarden-engine", "--example", "docs", "--", "limits"]),
    ("docs/checks.md", &["--package", "thingwarden-engine", "--example", "docs", "--", "checks"]),
    ("docs/settings.md", &["--package", "thingwarden", "--", "config", "print", "--format", "markdown"]),
];

/// Writes the generated files.
pub fn generate() -> Result<()> {
    for (path, what) in FILES {
        std::fs::write(run::root().join(path), print(what)?).with_context(|| path.to_owned())?;
    }
    Ok(())
}

/// Fails if generating would change anything.
pub fn compare() -> Result<()> {
    for (path, what) in FILES {
        if std::fs::read_to_string(run::root().join(path)).unwrap_or_default() != print(what)? {
            bail!("`{path}` is out of date: run `cargo xtask gen`");
        }
    }
    Ok(())
}

fn print(what: &[&str]) -> Result<String> {
    run::cargo_output(&[&["run", "--quiet", "--locked"], what].concat())
}
