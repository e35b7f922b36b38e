//! Writes `crates/wire/src/generated/` from the service model in `model/`.
//!
//! What the generator takes for granted about the model is checked while it runs: a new version of the model that
//! breaks it stops here, and not in a handler.

mod model;
mod names;
mod patterns;
mod tables;
mod types;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run;
use model::Model;

const FOLDER: &str = "crates/wire/src/generated";
const MODEL: &str = "model/iot.json";
const ADDITIONS: &str = "model/additions.json";
const SERVED: &str = "model/operations.txt";
const NOT_SERVED: &str = "model/not-served.txt";

/// Writes the generated files and removes those that are not generated any more.
pub fn generate() -> Result<()> {
    let folder = run::root().join(FOLDER);
    std::fs::create_dir_all(&folder).context(FOLDER)?;
    let files = files()?;
    for name in present()? {
        if !files.contains_key(&name) {
            std::fs::remove_file(folder.join(&name)).with_context(|| name.clone())?;
        }
    }
    for (name, text) in files {
        std::fs::write(folder.join(&name), text).with_context(|| name.clone())?;
    }
    Ok(())
}

/// Fails if generating would change anything.
pub fn compare() -> Result<()> {
    let folder = run::root().join(FOLDER);
    let files = files()?;
    for name in present()? {
        if !files.contains_key(&name) {
            bail!("`{FOLDER}/{name}` is not generated any more: run `cargo xtask gen`");
        }
    }
    for (name, text) in files {
        if std::fs::read_to_string(folder.join(&name)).unwrap_or_default() != text {
            bail!("`{FOLDER}/{name}` is out of date: run `cargo xtask gen`");
        }
    }
    Ok(())
}

fn present() -> Result<Vec<String>> {
    let folder = run::root().join(FOLDER);
    let entries = std::fs::read_dir(&folder).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    entries.into_iter().map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The generated files by name, formatted.
fn files() -> Result<BTreeMap<String, String>> {
    let read = |path: &str| std::fs::read_to_string(run::root().join(path)).context(path.to_owned());
    let model = Model::load(&read(MODEL)?, &read(ADDITIONS)?, &read(SERVED)?, &read(NOT_SERVED)?)?;
    let mut files = BTreeMap::new();
    let parts = [
        ("enums", "enumerations", types::enums(&model)?),
        ("errors", "exceptions", tables::errors(&model)?),
        ("not_served", "operations that answer 501", tables::not_served(&model)),
        ("operations", "operations that are served", tables::operations(&model)?),
        ("patterns", "patterns", patterns::patterns(&model)?),
        ("shapes", "constraints and places of all members of inputs", tables::shapes(&model)?),
    ];
    for (name, what, body) in parts {
        files.insert(format!("{name}.rs"), format!("{}{body}", header(what, &model)));
    }
    let mut modules = vec!["enums", "errors", "not_served", "operations", "patterns", "shapes"];
    let by_family = types::by_family(&model)?;
    let mut all = header("all types in one place", &model);
    for (family, body) in &by_family {
        files.insert(format!("{family}.rs"), format!("{}{body}", header("inputs and outputs", &model)));
        modules.push(family);
        all.push_str(&format!("pub use super::{family}::*;\n"));
    }
    files.insert("types.rs".to_owned(), all);
    modules.push("types");
    modules.sort_unstable();
    let modules = modules.iter().map(|name| format!("pub(crate) mod {name};\n")).collect::<String>();
    files.insert("mod.rs".to_owned(), format!("{}{modules}", header("the list of its files", &model)));
    files.into_iter().map(|(name, text)| Ok((name, format(&text)?))).collect()
}

fn header(what: &str, model: &Model) -> String {
    format!("//! Written by `cargo xtask gen` from `{MODEL}` ({}): {what}. Do not edit.\n\n", model.source)
}

/// Formats as `cargo fmt` does.
fn format(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(run::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt")?;
    // The input is small enough not to block: rustfmt reads all of it before it writes.
    child.stdin.take().context("rustfmt's input")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refuses the generated text:\n{text}");
    }
    Ok(String::from_utf8(output.stdout)?)
}
