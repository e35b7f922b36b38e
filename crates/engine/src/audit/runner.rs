//! Runs checks: missing facts, suppressions, panics, order, ids.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ring::digest::{Context, SHA256};

use super::check::Check;
use super::finding::{Finding, Findings, Gap};
use super::report::{AuditReport, CheckOutcome, CheckRunStatus, ReportedFinding};
use super::resource::Resource;
use super::settings::Settings;
use super::suppression::Suppression;
use crate::fleet::{FleetView, Presence};
use crate::ids::encode_hex;
use crate::time::Timestamp;

/// What one check produced, before ids are known.
#[derive(Debug)]
pub struct CheckRun {
    check: &'static Check,
    examined: u64,
    found: Vec<Finding>,
    gaps: std::collections::BTreeMap<String, Gap>,
    status: Option<&'static str>,
    judged_until: Timestamp,
}

/// Runs one check. Independent of all others, so that callers may run them on as many threads as they like.
pub fn run_check(check: &'static Check, fleet: &dyn FleetView, settings: &Settings) -> CheckRun {
    let absent = check.reads.iter().filter(|fact| matches!(fleet.presence(**fact), Presence::Absent));
    let missing: Vec<&str> = absent.map(|fact| fact.what()).collect();
    if !missing.is_empty() {
        let gap = Gap { count: 0, example: None };
        let why = format!("no data: {}", missing.join("; "));
        return CheckRun {
            check,
            examined: 0,
            found: vec![],
            gaps: [(why, gap)].into(),
            status: Some("NO_DATA"),
            judged_until: fleet.now(),
        };
    }
    let mut findings = Findings::default();
    for fact in check.reads {
        if let Presence::Partial(unread) = fleet.presence(*fact) {
            for why in unread {
                findings.gap(why, None);
            }
        }
    }
    let finished = catch_unwind(AssertUnwindSafe(|| (check.run)(fleet, settings, &mut findings)));
    let (examined, mut found, gaps, judged_until) = findings.into_parts();
    found.sort_by(|a, b| (&a.resource, a.reason.code).cmp(&(&b.resource, b.reason.code)));
    let status = match finished {
        Ok(()) => None,
        Err(_) => Some("INTERNAL_FAILURE"),
    };
    let judged_until = judged_until.unwrap_or_else(|| fleet.now());
    CheckRun { check, examined, found, gaps, status, judged_until }
}

/// Puts the runs together: suppressions, counts, verdicts, ids. `runs` are reported in the order given.
pub fn report(fleet: &dyn FleetView, runs: Vec<CheckRun>, suppressions: &[Suppression]) -> AuditReport {
    let task_id = task_id(fleet, &runs);
    let outcomes = runs.into_iter().map(|run| {
        let check = run.check.name;
        let relevant: Vec<&Suppression> = suppressions.iter().filter(|one| one.check == check).collect();
        let is_suppressed =
            |resource: &Resource| relevant.iter().any(|one| one.covers(check, resource, fleet.now()));
        conclude(run, &task_id, &is_suppressed)
    });
    let outcomes = outcomes.collect();
    AuditReport {
        task_id,
        account: fleet.account().to_owned(),
        region: fleet.region().to_owned(),
        started: fleet.now(),
        outcomes,
    }
}

/// What a check's run comes to in a task: the verdict, counts, ids of findings.
pub fn conclude(run: CheckRun, task_id: &str, is_suppressed: &dyn Fn(&Resource) -> bool) -> CheckOutcome {
    let CheckRun { check, examined, found, gaps, status, judged_until } = run;
    let ids = finding_ids(task_id, check.name);
    let findings: Vec<ReportedFinding> = found
        .into_iter()
        .zip(0u64..)
        .map(|(finding, place)| ReportedFinding {
            id: format!("{ids}{place:012x}"),
            suppressed: is_suppressed(&finding.resource),
            finding,
        })
        .collect();
    let count = |suppressed: bool| -> u64 {
        let matching = findings.iter().filter(|found| found.suppressed == suppressed);
        matching.map(|found| &found.finding.resource).collect::<BTreeSet<&Resource>>().len() as u64
    };
    let (non_compliant, suppressed) = (count(false), count(true));
    let (verdict, error_code) = match status {
        Some(code) => (CheckRunStatus::Failed, Some(code)),
        None if non_compliant > 0 => (CheckRunStatus::CompletedNonCompliant, None),
        None if !gaps.is_empty() && examined == 0 => (CheckRunStatus::Failed, Some("NO_DATA")),
        None if !gaps.is_empty() => (CheckRunStatus::Failed, Some("PARTIAL_DATA")),
        None => (CheckRunStatus::CompletedCompliant, None),
    };
    let message = message(status, &gaps);
    CheckOutcome {
        check,
        status: verdict,
        examined,
        non_compliant,
        suppressed,
        error_code,
        message,
        gaps,
        judged_until,
        findings,
    }
}

/// At most 2,048 characters, which is what AWS's `AuditCheckDetails.message` holds.
fn message(status: Option<&str>, gaps: &std::collections::BTreeMap<String, Gap>) -> Option<String> {
    let mut parts = Vec::new();
    if status == Some("INTERNAL_FAILURE") {
        parts.push("the check itself failed; please report this".to_owned());
    }
    for (why, gap) in gaps {
        let mut part = why.clone();
        // Writing to a String cannot fail.
        let _ = match (&gap.example, gap.count) {
            (Some(example), 1) => write!(part, " ({example})"),
            (Some(example), count) => write!(part, " ({count} resources, such as {example})"),
            (None, 0 | 1) => Ok(()),
            (None, count) => write!(part, " ({count} times)"),
        };
        parts.push(part);
    }
    (!parts.is_empty()).then(|| parts.join("; ").chars().take(2048).collect())
}

fn task_id(fleet: &dyn FleetView, runs: &[CheckRun]) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(fleet.account().as_bytes());
    hash.update(&fleet.now().millis().to_be_bytes());
    for run in runs {
        hash.update(run.check.name.as_bytes());
        hash.update(&run.examined.to_be_bytes());
        for finding in &run.found {
            hash.update(finding.resource.to_string().as_bytes());
            hash.update(finding.reason.code.as_bytes());
        }
    }
    let digest = hash.finish();
    encode_hex(digest.as_ref().get(..16).unwrap_or_default())
}

/// The beginning of the ids of a run's findings, which are UUIDs (version 8, RFC 9562: custom content) that end with the finding's
/// place in the run: a database takes ids best that follow one another.
fn finding_ids(task_id: &str, check: &str) -> String {
    let mut hash = Context::new(&SHA256);
    for part in [task_id, check] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    let hex = encode_hex(hash.finish().as_ref());
    let digits = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-a{}-", digits(0, 8), digits(8, 12), digits(12, 15), digits(15, 18))
}
