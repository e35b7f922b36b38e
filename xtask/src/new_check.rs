//! The two files of a new audit check, to be filled in.

use anyhow::{Context, Result, bail};

use crate::run;

const CODE: &str = r#"#![doc = include_str!("FILE.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "NAME",
    severity: Severity::Medium,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[Fact::DeviceCertificates],
    thresholds: &[],
    reasons: &[REASON],
    manual: include_str!("FILE.md"),
    run,
};

const REASON: Reason = Reason { code: "", text: "" };

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_certificate_in_force(fleet, found, |_certificate, _facts, _found| {});
}
"#;

const PAGE: &str = "# NAME
Finds ...

**Looks at.** ...

**Why it matters.** ...

**How to fix.** ...

**Decisions.** ...

**Source.** ...

## A case that is found
```fleet
now = 2026-03-01T00:00:00Z
certificate = [{ id = \"a1\" }]
```
```findings
MEDIUM a1 CODE
```
## A near miss
```fleet
now = 2026-03-01T00:00:00Z
certificate = [{ id = \"a1\" }]
```
```findings
```
";

/// `name` is the check's, such as `THINGWARDEN_SOMETHING_CHECK`.
pub fn make(name: &str) -> Result<()> {
    let valid = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let Some(stem) = name.strip_suffix("_CHECK").filter(|_| valid) else {
        bail!("`{name}`: a check's name is in upper case and ends in _CHECK");
    };
    let file = stem.to_lowercase();
    let folder = run::root().join("crates/engine/src/audit/checks");
    let list = folder.join("mod.rs");
    let code = folder.join(format!("{file}.rs"));
    if code.exists() {
        bail!("`{}` exists", code.display());
    }
    std::fs::write(&code, CODE.replace("FILE", &file).replace("NAME", name)).context("the check's file")?;
    std::fs::write(folder.join(format!("{file}.md")), PAGE.replace("NAME", name))
        .context("the check's page")?;
    let text = std::fs::read_to_string(&list).context("the list of checks")?;
    let Some((before, after)) = text.rsplit_once("}\n\n/// The check with this name.") else {
        bail!("`{}` has no list to add to", list.display());
    };
    let text = format!("{before}    {file}\n}}\n\n/// The check with this name.{after}");
    std::fs::write(&list, text).context("the list of checks")?;
    run::say(&format!("made {file}.rs and {file}.md; the list is in audit/checks/mod.rs"));
    Ok(())
}
