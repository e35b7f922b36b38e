//! What an audit of the server found, for people: grouped as the report of `thingwarden audit` is.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use thingwarden_engine::audit::checks::ALL;
use thingwarden_engine::audit::{Check, Severity};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    AuditCheckRun, AuditTask, CaCertificate, Certificate, Policy, Thing, ThingPrincipal,
};
use thingwarden_store::{Filter, Reader, StoreError};
use thingwarden_wire::types::AuditCheckRunStatus;

use crate::api::iot_arn;
use crate::audits::check_runs;
use crate::audits::findings::{self, RunFinding};
use crate::output::page;
use crate::output::style::Paint;
use crate::output::text::{counted, escape, wrap};

const WIDTH: usize = 100;
/// Resources shown of one check.
const RESOURCES_SHOWN: usize = 5;

/// What one check of the task came to.
struct Outcome {
    check: &'static Check,
    run: AuditCheckRun,
    /// By resource, as they were found.
    found: Vec<(String, Vec<RunFinding>)>,
}

pub(super) fn write(
    store: &Reader<'_>,
    task: &AuditTask,
    paint: Paint,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let outcomes = outcomes(store, task)?;
    header(store, task, paint, out)?;
    for severity in Severity::ALL {
        let of_severity: Vec<&Outcome> = outcomes
            .iter()
            .filter(|outcome| outcome.check.severity == severity && !outcome.found.is_empty())
            .collect();
        if of_severity.is_empty() {
            continue;
        }
        let resources: u64 = of_severity.iter().map(|outcome| outcome.run.non_compliant).sum();
        let title =
            format!(" {} in {} ", counted(resources, "resource"), counted(of_severity.len() as u64, "check"));
        writeln!(out, "\n{}{title}", paint.severity(severity, &format!(" {severity} ")))?;
        for outcome in of_severity {
            findings(store, outcome, paint, out)?;
        }
    }
    verdict(&outcomes, paint, out)?;
    Ok(())
}

fn outcomes(store: &Reader<'_>, task: &AuditTask) -> anyhow::Result<Vec<Outcome>> {
    let mut runs: BTreeMap<String, AuditCheckRun> =
        check_runs(store, &task.id)?.into_iter().map(|run| (run.check.clone(), run)).collect();
    let mut outcomes = vec![];
    for check in ALL {
        let Some(run) = runs.remove(check.name) else { continue };
        let mut found: Vec<(String, Vec<RunFinding>)> = vec![];
        findings::each::<StoreError>(store, &task.id, check.name, &mut |finding| {
            match found.last_mut().filter(|(key, _)| *key == finding.resource_key) {
                _ if finding.suppressed => {}
                Some((_, findings)) => findings.push(finding),
                None => found.push((finding.resource_key.clone(), vec![finding])),
            }
            Ok(())
        })?;
        outcomes.push(Outcome { check, run, found });
    }
    Ok(outcomes)
}

fn header(store: &Reader<'_>, task: &AuditTask, paint: Paint, out: &mut dyn Write) -> anyhow::Result<()> {
    let started = Timestamp::from_seconds(task.started_ms.div_euclid(1000));
    let title = format!("Thingwarden {}: the server's audit of {started}", env!("CARGO_PKG_VERSION"));
    writeln!(out, "{}", paint.bold(&title))?;
    let scope = store.scope();
    let place = format!("Account {}, region {}, task {}", scope.account, scope.region, task.id);
    writeln!(out, "{}", paint.dim(&place))?;
    let sizes = [
        counted(store.count::<Certificate>(&[])?, "device certificate"),
        counted(store.count::<CaCertificate>(&[])?, "CA certificate"),
        counted(store.count::<Policy>(&[])?, "IoT policy").replace("policys", "policies"),
        counted(store.count::<Thing>(&[])?, "thing"),
    ];
    writeln!(out, "{}", sizes.join(", "))?;
    Ok(())
}

fn findings(store: &Reader<'_>, outcome: &Outcome, paint: Paint, out: &mut dyn Write) -> anyhow::Result<()> {
    let count = counted(outcome.run.non_compliant, "resource");
    writeln!(out, "\n{}: {count}", paint.bold(outcome.check.name))?;
    wrapped("  ", &page::plain(&outcome.check.summary()), out)?;
    for (_, findings) in outcome.found.iter().take(RESOURCES_SHOWN) {
        let Some(first) = findings.first() else { continue };
        let name = name(store, first)?;
        writeln!(out, "  • {}", paint.bold(&escape(&name)))?;
        for finding in findings {
            wrapped("    ", &escape(&finding.reason), out)?;
        }
    }
    match outcome.found.len().saturating_sub(RESOURCES_SHOWN) {
        0 => {}
        more => writeln!(out, "{}", paint.dim(&format!("  ... and {more} more")))?,
    }
    Ok(())
}

/// The identifier for people: certificate ids shortened, with the things that have the certificate.
fn name(store: &Reader<'_>, finding: &RunFinding) -> anyhow::Result<String> {
    let Some((member, value)) = finding.resource.identifier.as_object().and_then(|one| one.iter().next())
    else {
        return Ok(finding.resource.resource_type.clone());
    };
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(parts) => {
            let parts: Vec<&str> = parts.values().filter_map(Value::as_str).collect();
            parts.join(", ")
        }
        other => other.to_string(),
    };
    let is_id = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = if is_id { format!("{}…", text.get(..16).unwrap_or_default()) } else { text.clone() };
    if member != "deviceCertificateId" {
        return Ok(short);
    }
    let principal = iot_arn(store.scope(), &format!("cert/{text}"));
    let things = store.all::<ThingPrincipal>(&[Filter::eq("principal", principal)])?;
    let things: Vec<&str> = things.iter().map(|attached| attached.thing.as_str()).collect();
    Ok(if things.is_empty() { short } else { format!("{short}  {}", things.join(", ")) })
}

/// How many checks found nothing, which could not be judged, and the sum.
fn verdict(outcomes: &[Outcome], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let is = |status: AuditCheckRunStatus| move |outcome: &&Outcome| outcome.run.status == status.as_str();
    let compliant = outcomes.iter().filter(is(AuditCheckRunStatus::CompletedCompliant)).count();
    let failed: Vec<&Outcome> = outcomes.iter().filter(is(AuditCheckRunStatus::Failed)).collect();
    if !failed.is_empty() {
        writeln!(out, "\n{}", paint.warning("Could not be judged:"))?;
        for outcome in &failed {
            let message = outcome.run.message.as_deref().unwrap_or_default();
            writeln!(out, "  {}: {}", outcome.check.name, escape(message))?;
        }
    }
    let resources: u64 = outcomes.iter().map(|outcome| outcome.run.non_compliant).sum();
    let with = outcomes.iter().filter(|outcome| !outcome.found.is_empty()).count();
    let line = format!(
        "{} found something on {}, {compliant} found nothing, {} could not be judged",
        counted(with as u64, "check"),
        counted(resources, "resource"),
        failed.len()
    );
    writeln!(out, "\n{}", paint.bold(&line))
}

fn wrapped(indent: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    for line in wrap(text, WIDTH - indent.len()) {
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}
