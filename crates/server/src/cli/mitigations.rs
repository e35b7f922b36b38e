//! `thingwarden mitigations`: tasks that mitigated findings, and what each execution of a task came to.

use std::io::{self, Write};
use std::ops::ControlFlow;

use anyhow::bail;
use serde_json::{Value, json};
use thingwarden_store::records::{MitigationExecution, MitigationProgress, MitigationStage, MitigationTask};
use thingwarden_store::{Filter, Order, Query, Reader, Scope, StoreError};

use super::Outcome;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, in_words, moment, second};
use crate::audits::findings::{self, RunFinding};
use crate::output::text::escape;

const EXAMPLES: &str = "\
Without a task, all tasks are listed, newest first; with one, its executions: what was done about each finding, why not, and whether
the check still finds it (FIXED, NOT_FIXED, or NO_DATA when the check had not enough to judge by).
Exit code: 0, or 2 when the folder cannot be read or there is no such task.

Examples:
  thingwarden mitigations --data ./tw
  thingwarden mitigations my-task --data ./tw --format json | jq 'select(.status == \"FAILED\") | .message'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MitigationsArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// The executions of this task
    #[arg(value_name = "TASK")]
    task: Option<String>,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(args: &MitigationsArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let mut found = args.task.is_none();
    let scopes = args.stored.scopes(&store)?;
    write_to(None, |out| {
        for scope in &scopes {
            let shown = store.read(scope, |reader| match &args.task {
                None => tasks(reader, scope, args.format, out),
                Some(task) => match reader.get::<MitigationTask>(task)? {
                    None => Ok(()),
                    Some(task) => {
                        found = true;
                        executions(reader, scope, &task, args.format, out)
                    }
                },
            });
            shown.map_err(|failed| match failed {
                Failed::Store(error) => io::Error::other(error),
                Failed::Io(error) => error,
            })?;
        }
        Ok(())
    })?;
    if let (Some(task), false) = (&args.task, found) {
        bail!("there is no mitigation task `{}`", escape(task));
    }
    Ok(Outcome::Good)
}

/// The store cannot be read, or nothing can be written.
enum Failed {
    Store(StoreError),
    Io(io::Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn tasks(store: &Reader<'_>, scope: &Scope, format: TableFormat, out: &mut dyn Write) -> Result<(), Failed> {
    let newest = Query { order: Order::By("started_ms"), descending: true, ..Query::default() };
    store.each(&newest, &mut |task: MitigationTask| {
        let progress = store.get::<MitigationProgress>(&task.id)?.unwrap_or_default();
        match format {
            TableFormat::Json => writeln!(out, "{}", task_object(scope, &task, &progress))?,
            TableFormat::Table => {
                let sum = |of: fn(&thingwarden_store::records::MitigationCounts) -> u64| -> u64 {
                    progress.counts.values().map(of).sum()
                };
                writeln!(
                    out,
                    "{}  {:<11}  {}  {} findings: {} succeeded, {} failed, {} skipped",
                    second(task.started_ms),
                    task.status,
                    task.id,
                    sum(|counts| counts.total),
                    sum(|counts| counts.succeeded),
                    sum(|counts| counts.failed),
                    sum(|counts| counts.skipped),
                )?;
            }
        }
        Ok::<_, Failed>(ControlFlow::Continue(()))
    })
}

fn executions(
    store: &Reader<'_>,
    scope: &Scope,
    task: &MitigationTask,
    format: TableFormat,
    out: &mut dyn Write,
) -> Result<(), Failed> {
    let of_task = [Filter::eq("task", task.id.as_str())];
    store.each(&Query::all(&of_task), &mut |execution: MitigationExecution| {
        let finding = findings::get(store, &execution.finding)?;
        match format {
            TableFormat::Json => {
                writeln!(out, "{}", execution_object(scope, task, &execution, finding.as_ref()))?;
            }
            TableFormat::Table => {
                let resource = finding.map_or_else(
                    || execution.finding.clone(),
                    |finding| in_words(&finding.resource.identifier),
                );
                let verdict = execution.verified.map_or("-", |verdict| verdict.as_str());
                let undone = if execution.undone_ms.is_some() { " (undone)" } else { "" };
                let reason = match (&execution.error_code, &execution.message) {
                    (Some(code), Some(message)) => format!("  {code}: {message}"),
                    (None, Some(message)) => format!("  {message}"),
                    _ => String::new(),
                };
                writeln!(
                    out,
                    "{:<9}  {:<9}  {}  {}  {}{undone}{}",
                    execution.status_in(task),
                    verdict,
                    execution.check,
                    escape(&resource),
                    execution.action,
                    escape(&reason),
                )?;
            }
        }
        Ok::<_, Failed>(ControlFlow::Continue(()))
    })
}

fn task_object(scope: &Scope, task: &MitigationTask, progress: &MitigationProgress) -> Value {
    json!({
        "account": &*scope.account,
        "region": &*scope.region,
        "taskId": task.id,
        "taskStatus": task.status,
        "startTime": moment(task.started_ms),
        "endTime": task.ended_ms.map(moment),
        "target": task.target,
        "auditCheckToActionsMapping": task.mapping,
        "findings": progress.counts,
        "verified": progress.stage == MitigationStage::Done,
    })
}

fn execution_object(
    scope: &Scope,
    task: &MitigationTask,
    execution: &MitigationExecution,
    finding: Option<&RunFinding>,
) -> Value {
    json!({
        "account": &*scope.account,
        "region": &*scope.region,
        "taskId": execution.task,
        "findingId": execution.finding,
        "checkName": execution.check,
        "resourceIdentifier": finding.map(|finding| &finding.resource.identifier),
        "actionName": execution.action,
        "status": execution.status_in(task),
        "startTime": execution.started_ms.map(moment),
        "endTime": execution.ended_ms.map(moment),
        "errorCode": execution.error_code,
        "message": execution.message,
        "verified": execution.verified.map(|verdict| verdict.as_str()),
        "undone": execution.undone_ms.map(moment),
        "changes": execution.changes,
    })
}
