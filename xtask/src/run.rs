//! Running other programs in the repository's folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The repository's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// One line for the person who runs this.
#[allow(clippy::print_stderr, reason = "a command line tool speaks to people")]
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// Runs `cargo` and fails with it.
pub fn cargo(arguments: &[&str]) -> Result<()> {
    finish(Command::new("cargo").args(arguments))
}

/// Runs `cargo` and gives what it prints.
pub fn cargo_output(arguments: &[&str]) -> Result<String> {
    let output = Command::new("cargo").args(arguments).current_dir(root()).output().context("cargo")?;
    if !output.status.success() {
        bail!(
            "cargo {}: {}\n{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("cargo's output is not UTF-8")
}

/// Installs what the black-box tests import, below `target/`: nothing outside the repository changes.
pub fn python_packages() -> Result<()> {
    let requirements = root().join("tests/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).context("tests/requirements.txt")?;
    let (target, stamp) = (python_path(), root().join("target/python.installed"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if target.exists() {
        std::fs::remove_dir_all(&target).context("target/python")?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"];
    finish(Command::new("python3").args(pip).arg(&target).arg("--requirement").arg(&requirements)).context(
        "pip could not install the packages of tests/requirements.txt (Debian: apt-get install python3-pip)",
    )?;
    std::fs::write(stamp, wanted).context("target/python.installed")
}

/// Installs the programs that the black-box tests run beside ours, if they are not there: Debian's packages, as root.
pub fn programs() -> Result<()> {
    let is_there = |program: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
    };
    for (program, package) in
        [("mosquitto_pub", "mosquitto-clients"), ("openssl", "openssl"), ("faketime", "faketime")]
    {
        if !is_there(program) {
            finish(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", package])).with_context(
                || format!("the tests need `{program}` and apt-get could not install it; install Debian's package `{package}` as root"),
            )?;
        }
    }
    Ok(())
}

/// Runs the black-box tests against the binary in `target/debug`.
pub fn pytest(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]).args(arguments);
    finish(command.env("PYTHONPATH", python_path()).env("PYTHONDONTWRITEBYTECODE", "1"))
}

fn python_path() -> PathBuf {
    root().join("target/python")
}

fn finish(command: &mut Command) -> Result<()> {
    let status = command.current_dir(root()).status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
