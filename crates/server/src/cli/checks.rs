//! `thingwarden checks`: all checks as a table, or one check's page.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;
use thingwarden_engine::audit::Check;
use thingwarden_engine::audit::checks::ALL;

use super::Outcome;
use super::select::SelectError;
use super::sink::write_to;
use crate::names::{glob, near};
use crate::output::page;
use crate::output::style::Paint;
use crate::output::text::wrap;

#[derive(Debug, clap::Args)]
pub(super) struct ChecksArgs {
    /// Show this check's page; may have `*` and `?` when it is still one check
    name: Option<String>,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = ListFormat::Table, conflicts_with = "name")]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Table,
    Json,
}

/// A check as the JSON list has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: &'static str,
    severity: &'static str,
    enabled_by_default: bool,
    resource_type: &'static str,
    summary: String,
    thresholds: Vec<ListedThreshold>,
    reason_codes: Vec<&'static str>,
}

#[derive(Serialize)]
struct ListedThreshold {
    key: &'static str,
    minimum: i64,
    maximum: i64,
    default: i64,
}

pub(super) fn run(args: &ChecksArgs, color: bool) -> anyhow::Result<Outcome> {
    match (&args.name, args.format) {
        (Some(name), _) => {
            let check = one(name, ALL)?;
            write_to(None, |out| out.write_all(page::manual(check.manual).as_bytes()))?;
        }
        (None, ListFormat::Table) => write_to(None, |out| table(ALL, Paint { on: color }, out))?,
        (None, ListFormat::Json) => {
            let list: Vec<Listed> = ALL.iter().map(|check| Listed::of(check)).collect();
            write_to(None, |out| {
                serde_json::to_writer_pretty(&mut *out, &list)?;
                out.write_all(b"\n")
            })?;
        }
    }
    Ok(Outcome::Good)
}

fn one(name: &str, all: &[&'static Check]) -> Result<&'static Check, SelectError> {
    let mut matching = all.iter().copied().filter(|check| glob(name, check.name));
    match (matching.next(), matching.next()) {
        (Some(check), None) => Ok(check),
        (Some(first), Some(second)) => {
            let near = [first, second].into_iter().chain(matching).map(|check| check.name).collect();
            Err(SelectError::NoMatch { pattern: name.to_owned(), near })
        }
        _ => Err(SelectError::NoMatch { pattern: name.to_owned(), near: near(name, all) }),
    }
}

fn table(all: &[&'static Check], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    for check in all {
        let severity = paint.severity(check.severity, &format!("{:<8}", check.severity.as_str()));
        let default = if check.enabled_by_default { "on " } else { "off" };
        writeln!(out, "{severity}  {default}  {}", paint.bold(check.name))?;
        let summary = page::plain(&check.summary());
        for line in wrap(&summary, 85) {
            writeln!(out, "               {}", paint.dim(&line))?;
        }
    }
    let on = all.iter().filter(|check| check.enabled_by_default).count();
    writeln!(out, "\n{} checks, {on} of them on by default", all.len())?;
    writeln!(
        out,
        "`thingwarden checks NAME` shows what a check judges by, why it matters and how to fix what it finds"
    )
}

impl Listed {
    fn of(check: &'static Check) -> Self {
        Self {
            name: check.name,
            severity: check.severity.as_str(),
            enabled_by_default: check.enabled_by_default,
            resource_type: check.resource_type.as_str(),
            summary: page::plain(&check.summary()),
            thresholds: check
                .thresholds
                .iter()
                .map(|one| ListedThreshold {
                    key: one.key,
                    minimum: *one.range.start(),
                    maximum: *one.range.end(),
                    default: one.default,
                })
                .collect(),
            reason_codes: check.reasons.iter().map(|reason| reason.code).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{CHECKS, LOGGING};

    #[test]
    fn one_check_is_found_by_name_or_glob() {
        assert_eq!(one("logging_disabled_check", &CHECKS).unwrap().name, LOGGING.name);
        assert_eq!(one("LOG*", &CHECKS).unwrap().name, LOGGING.name);
        let several = one("C*", &CHECKS).unwrap_err().to_string();
        assert_eq!(
            several,
            "no check is called `C*`; did you mean CONFLICTING_CLIENT_IDS_CHECK or CA_CERTIFICATE_KEY_QUALITY_CHECK?"
        );
    }

    #[test]
    fn the_table_has_severity_default_name_and_summary() {
        let mut out = Vec::new();
        table(&CHECKS, Paint { on: false }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains(
                "LOW       off  LOGGING_DISABLED_CHECK\n               Finds accounts without logs.\n"
            ),
            "{text}"
        );
        assert!(text.contains("5 checks, 4 of them on by default"), "{text}");
    }
}
