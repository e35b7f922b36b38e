//! `thingwarden approvals`: what waits for somebody's decision, deciding, and what came of it.

use std::io::{self, Write};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Outcome;
use super::remote::{Remote, RemoteArgs, list, text};
use super::sink::write_to;
use super::stored::{TableFormat, second};
use crate::output::text::{counted, escape};

const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

#[derive(Debug, Subcommand)]
pub(super) enum ApprovalsCommand {
    /// List approvals that wait for a decision, newest first
    List(ListArgs),
    /// Show one with its plan, its decision and what its task came to
    Show(ShowArgs),
    /// Approve: the server begins the mitigation task, which has the approval's id
    ///
    /// Exit code: 0; with --wait 1 when something of the task failed; 2 when nobody can decide any more.
    Approve(DecideArgs),
    /// Deny: nobody is asked about these findings again, until they are fixed and come back
    Deny(DecideArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    Pending,
    Approved,
    Denied,
    Expired,
    Done,
    Failed,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// All of them
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// Those in this state
    #[arg(long, value_enum, value_name = "STATE", default_value = "pending")]
    state: State,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// The approval's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct DecideArgs {
    /// The approval's id
    #[arg(value_name = "ID")]
    id: String,
    /// Why; everybody who was asked sees it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Wait for the end of what was approved
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(command: &ApprovalsCommand) -> anyhow::Result<Outcome> {
    match command {
        ApprovalsCommand::List(args) => all(args),
        ApprovalsCommand::Show(args) => {
            let found = args.remote.open()?.own("DescribeApproval", &json!({ "approvalId": args.id }))?;
            show(args.format, &found)?;
            Ok(Outcome::Good)
        }
        ApprovalsCommand::Approve(args) => decide(args, "ApproveMitigation"),
        ApprovalsCommand::Deny(args) => decide(args, "DenyMitigation"),
    }
}

fn all(args: &ListArgs) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let name = args.state.to_possible_value().map(|value| value.get_name().to_uppercase());
    let state = name.filter(|_| !args.all);
    let mut token = Value::Null;
    loop {
        let mut page = remote.own("ListApprovals", &json!({ "state": state, "nextToken": token }))?;
        let found = list(&page, "approvals");
        write_to(None, |out| found.iter().try_for_each(|one| line(args.format, one, out)))?;
        token = page.get_mut("nextToken").map(Value::take).unwrap_or_default();
        if token.is_null() {
            return Ok(Outcome::Good);
        }
    }
}

fn decide(args: &DecideArgs, operation: &str) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let mut found = remote.own(operation, &json!({ "approvalId": args.id, "reason": args.reason }))?;
    if args.wait {
        found = settled(&remote, &args.id)?;
    }
    show(args.format, &found)?;
    let status = found.pointer("/outcome/taskStatus").and_then(Value::as_str);
    let failed = text(&found, "state") == "FAILED" || status.is_some_and(|status| status != "COMPLETED");
    Ok(if failed { Outcome::Bad } else { Outcome::Good })
}

fn settled(remote: &Remote, id: &str) -> anyhow::Result<Value> {
    loop {
        let found = remote.own("DescribeApproval", &json!({ "approvalId": id }))?;
        if text(&found, "state") != "APPROVED" {
            return Ok(found);
        }
        // There is nothing to wait for but the server.
        std::thread::park_timeout(ASK_AGAIN_AFTER);
    }
}

fn line(format: TableFormat, one: &Value, out: &mut dyn Write) -> io::Result<()> {
    if format == TableFormat::Json {
        return writeln!(out, "{one}");
    }
    let actions: Vec<&str> = list(one, "actionNames").iter().filter_map(Value::as_str).collect();
    let findings = counted(number(one, "findingsCount").unsigned_abs(), "finding");
    let state = text(one, "state").to_lowercase();
    let until = match state.as_str() {
        "pending" => format!(", until {}", second(number(one, "expiresMs"))),
        _ => String::new(),
    };
    writeln!(
        out,
        "{}  {state:<8}  {}  {}  {findings}: {}{until}",
        text(one, "approvalId"),
        text(one, "severity"),
        text(one, "checkName"),
        escape(&actions.join(", ")),
    )
}

fn number(object: &Value, member: &str) -> i64 {
    object.get(member).and_then(Value::as_i64).unwrap_or_default()
}

fn show(format: TableFormat, one: &Value) -> anyhow::Result<()> {
    write_to(None, |out| {
        line(format, one, out)?;
        if format == TableFormat::Json { Ok(()) } else { details(one, out) }
    })?;
    Ok(())
}

fn details(one: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  audit {}", text(one, "auditTaskId"))?;
    let resources = list(one, "resources");
    for resource in resources {
        writeln!(out, "  {}  {}", text(resource, "findingId"), escape(text(resource, "name")))?;
        for planned in list(resource, "planned").iter().filter_map(Value::as_str) {
            writeln!(out, "    {}", escape(planned))?;
        }
    }
    let more = number(one, "findingsCount").unsigned_abs().saturating_sub(resources.len() as u64);
    if more > 0 {
        writeln!(out, "  and {} more", counted(more, "finding"))?;
    }
    if let Some(decision) = one.get("decision") {
        let name = match text(decision, "name") {
            "" => String::new(),
            name => format!(", known as {}", escape(name)),
        };
        let reason = match text(decision, "reason") {
            "" => String::new(),
            reason => format!(": {}", escape(reason)),
        };
        let (by, at) = (escape(text(decision, "by")), second(number(decision, "atMs")));
        writeln!(out, "  decided by {by}{name} at {at}{reason}")?;
    }
    for message in list(one, "messages") {
        let told = match (text(message, "told"), text(message, "lastError")) {
            (told, "") => told.to_lowercase(),
            (told, error) => format!(
                "{}, then {} failed attempts: {}",
                told.to_lowercase(),
                number(message, "attempts"),
                escape(error)
            ),
        };
        writeln!(out, "  approver {}: told {told}", text(message, "approver"))?;
    }
    if let Some(outcome) = one.get("outcome") {
        let count = |member: &str| number(outcome, member);
        writeln!(
            out,
            "  task {}: {} succeeded, {} failed, {} skipped; looked at again: {} fixed, {} not fixed",
            text(outcome, "taskStatus").to_lowercase(),
            count("succeeded"),
            count("failed"),
            count("skipped"),
            count("fixed"),
            count("notFixed"),
        )?;
    }
    match text(one, "error") {
        "" => Ok(()),
        error => writeln!(out, "  {}", escape(error)),
    }
}
