//! Prints the documentation that is generated from the engine: `limits` or `checks`.

use std::io::{self, Write};

use thingwarden_engine::audit::checks;
use thingwarden_engine::limits;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    match std::env::args().nth(1).as_deref() {
        Some("limits") => print_limits(&mut out),
        Some("checks") => print_checks(&mut out),
        _ => Err(io::Error::other("limits or checks?")),
    }
}

fn print_limits(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Limits\n")?;
    writeln!(out, "Generated from `crates/engine/src/limits.rs` by `cargo xtask gen`.\n")?;
    writeln!(out, "| limit | value | unit | where the number comes from |\n| --- | ---: | --- | --- |")?;
    for limit in limits::ALL {
        writeln!(out, "| `{}` | {} | {} | {} |", limit.name, limit.value, limit.unit, limit.source)?;
    }
    Ok(())
}

fn print_checks(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Checks\n")?;
    writeln!(
        out,
        "Generated from the checks' pages by `cargo xtask gen`. `thingwarden checks NAME` prints a page.\n"
    )?;
    writeln!(out, "| check | severity | on by default | what it finds |\n| --- | --- | --- | --- |")?;
    for check in checks::ALL {
        let file = check.name.to_lowercase().replace("_check", "");
        let on = if check.enabled_by_default { "yes" } else { "no" };
        let page = page_of(check.name, &file);
        writeln!(out, "| [`{}`]({page}) | {} | {on} | {} |", check.name, check.severity, check.summary())?;
    }
    Ok(())
}

/// Files are named after their check; one name is too long for that.
fn page_of(name: &str, file: &str) -> String {
    let file = match name {
        "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK" => "intermediate_ca_revoked",
        _ => file,
    };
    format!("../crates/engine/src/audit/checks/{file}.md")
}
