//! `thingwarden diff`: what changed between two audits.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};

use anyhow::{bail, ensure};
use clap::ValueEnum;
use ring::digest::{SHA256, digest};
use serde_json::json;
use thingwarden_store::records::{AuditCheckRun, AuditTask};
use thingwarden_store::{ReadOnly, Reader, Scope, StoreError, link_id};

use super::Outcome;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, in_words, moment, task_of};
use crate::audits::check_runs;
use crate::audits::findings::{self, RunFinding};
use crate::output::text::escape;

const EXAMPLES: &str = "\
Compared are the checks that came to an end in both audits. Without --state, the table leaves out what is still open.
Exit code: 0 when nothing is new, 1 when something is, 2 when the audits cannot be compared.

Examples:
  thingwarden diff --data ./tw 0f3c... 9b1d...
  thingwarden diff --data ./tw 0f3c... 9b1d... --format json | jq 'select(.state == \"NEW\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// The earlier audit task, by its id or a tag
    #[arg(value_name = "TASK1")]
    before: String,
    /// The later audit task, by its id or a tag
    #[arg(value_name = "TASK2")]
    after: String,
    #[command(flatten)]
    stored: StoredArgs,
    /// Only what is so; may be given several times
    #[arg(long = "state", value_enum, value_name = "STATE")]
    states: Vec<State>,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum State {
    /// Only the later audit found it
    New,
    /// Only the earlier audit found it
    Fixed,
    /// Both found it
    Open,
    /// The later audit found it, and it is suppressed
    Suppressed,
}

impl State {
    const ALL: [Self; 4] = [Self::New, Self::Fixed, Self::Open, Self::Suppressed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Fixed => "FIXED",
            Self::Open => "OPEN",
            Self::Suppressed => "SUPPRESSED",
        }
    }
}

pub(super) fn run(args: &DiffArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let (scope, tasks) = args.tasks(&store)?;
    let mut counts: BTreeMap<State, u64> = BTreeMap::new();
    write_to(None, |out| {
        let compared = store.read(&scope, |reader| compare(reader, args, &tasks, &mut counts, out));
        compared.map_err(|error| match error {
            Failure::Store(error) => io::Error::other(error),
            Failure::Output(error) => error,
        })
    })?;
    let is_worse = counts.get(&State::New).is_some_and(|count| *count > 0);
    Ok(if is_worse { Outcome::Bad } else { Outcome::Good })
}

impl DiffArgs {
    /// The account and region that both tasks are of, and the tasks.
    fn tasks(&self, store: &ReadOnly) -> anyhow::Result<(Scope, [AuditTask; 2])> {
        let (mut has_before, mut has_after) = (false, false);
        for scope in self.stored.scopes(store)? {
            let find = |text: &str| store.read(&scope, |reader| task_of(reader, text));
            let found = (find(&self.before)?, find(&self.after)?);
            has_before |= found.0.is_some();
            has_after |= found.1.is_some();
            if let (Some(before), Some(after)) = found {
                for task in [&before, &after] {
                    ensure!(!task.in_progress(), "audit task `{}` has not ended", task.id);
                }
                return Ok((scope, [before, after]));
            }
        }
        for (name, is_known) in [(&self.before, has_before), (&self.after, has_after)] {
            ensure!(is_known, "there is no audit task or tag `{name}`");
        }
        bail!("the audit tasks are of different accounts or regions")
    }

    fn wants(&self, state: State) -> bool {
        match (self.states.as_slice(), self.format) {
            ([], TableFormat::Table) => state != State::Open,
            ([], TableFormat::Json) => true,
            (states, _) => states.contains(&state),
        }
    }
}

enum Failure {
    Store(StoreError),
    Output(io::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn compare(
    store: &Reader<'_>,
    args: &DiffArgs,
    tasks: &[AuditTask; 2],
    counts: &mut BTreeMap<State, u64>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if args.format == TableFormat::Table {
        writeln!(out, "{:<10} {:<8} CHECK  RESOURCE  REASON", "STATE", "SEVERITY")?;
    }
    let [earlier, later] = tasks;
    let [before, after] = [ended(store, &earlier.id)?, ended(store, &later.id)?];
    for check in before.intersection(&after) {
        let mut tell = |state: State, finding: &RunFinding| {
            *counts.entry(state).or_default() += 1;
            if args.wants(state) {
                line(args, store.scope(), state, finding, out)?;
            }
            Ok::<_, Failure>(())
        };
        // A digest for each finding of one check of one audit is all that is kept: a million of them are 50 MB.
        let mut left = HashSet::new();
        findings::each(store, &earlier.id, check, &mut |finding| {
            left.insert(identity(&finding));
            Ok::<_, Failure>(())
        })?;
        findings::each(store, &later.id, check, &mut |finding| {
            let was_there = left.remove(&identity(&finding));
            let state = match (finding.suppressed, was_there) {
                (true, _) => State::Suppressed,
                (false, true) => State::Open,
                (false, false) => State::New,
            };
            tell(state, &finding)
        })?;
        if !left.is_empty() {
            findings::each(store, &earlier.id, check, &mut |finding| {
                if left.contains(&identity(&finding)) { tell(State::Fixed, &finding) } else { Ok(()) }
            })?;
        }
    }
    if args.format == TableFormat::Table {
        let numbers = State::ALL.map(|state| {
            format!("{} {}", counts.get(&state).copied().unwrap_or(0), state.as_str().to_lowercase())
        });
        writeln!(out, "{}", numbers.join(", "))?;
        let checks: BTreeSet<&String> = tasks.iter().flat_map(|task| task.checks.keys()).collect();
        let is_apart = |check: &&String| !(before.contains(*check) && after.contains(*check));
        let apart: Vec<&str> = checks.into_iter().filter(is_apart).map(String::as_str).collect();
        if !apart.is_empty() {
            writeln!(
                out,
                "not compared, because not both audits came to a verdict about everything: {}",
                apart.join(", ")
            )?;
        }
    }
    Ok(())
}

/// The checks of a task that looked at everything and came to a verdict about it.
fn ended(store: &Reader<'_>, task: &str) -> Result<BTreeSet<String>, StoreError> {
    let is_complete = |run: &AuditCheckRun| {
        run.status.starts_with("COMPLETED") && run.error_code.is_none() && !run.is_live()
    };
    Ok(check_runs(store, task)?.into_iter().filter(is_complete).map(|run| run.check).collect())
}

/// The same for a finding in both audits.
fn identity(finding: &RunFinding) -> [u8; 16] {
    let text = link_id(&[&finding.resource_key, &finding.reason_code]);
    let mut short = [0; 16];
    short.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    short
}

fn line(
    args: &DiffArgs,
    scope: &Scope,
    state: State,
    finding: &RunFinding,
    out: &mut dyn Write,
) -> io::Result<()> {
    match args.format {
        TableFormat::Table => writeln!(
            out,
            "{:<10} {:<8} {}  {}  {}",
            state.as_str(),
            finding.severity,
            finding.check,
            escape(&in_words(&finding.resource.identifier)),
            finding.reason_code,
        ),
        TableFormat::Json => {
            let object = json!({
                "account": &*scope.account,
                "region": &*scope.region,
                "state": state.as_str(),
                "checkName": finding.check,
                "severity": finding.severity,
                "resourceType": finding.resource.resource_type,
                "resourceIdentifier": finding.resource.identifier,
                "reasonForNonComplianceCode": finding.reason_code,
                "reasonForNonCompliance": finding.reason,
                "findingId": finding.id,
                "taskId": finding.task,
                "found": moment(finding.found_ms),
                "isSuppressed": finding.suppressed,
            });
            writeln!(out, "{object}")
        }
    }
}
