//! `thingwarden mitigate`: plans mitigation of an audit's findings, or starts it and follows it to its end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use http::Method;
use serde_json::{Value, json};

use super::Outcome;
use super::remote::{Remote, RemoteArgs, list, text};
use super::sink::write_to;
use super::stored::{TableFormat, second};
use crate::output::text::escape;
use crate::random;

const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

const EXAMPLES: &str = "\
Mitigation actions are made with AWS's API (`aws iot create-mitigation-action`); each has the rights of its role. A plan tries the
actions out in a transaction that is not kept: it shows what would change, what would fail and why, who uses it, and which
access they would lose, as the policy engine finds it.
Exit code: 0, 1 when an action fails or would fail, or 2 when the server cannot be asked or refuses.

Examples:
  thingwarden mitigate --audit 3f2a... --action IOT_POLICY_OVERLY_PERMISSIVE_CHECK=blank --plan --data ./tw
  thingwarden mitigate --finding 3e7e... --action DEVICE_CERTIFICATE_SHARED_CHECK=off,jail --for 2h --data ./tw
  thingwarden undo mitigation-5b0c... --data ./tw";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["audit", "findings"]))]
pub(super) struct MitigateArgs {
    /// The findings of this audit task, of the checks that have actions
    #[arg(long, value_name = "TASK")]
    audit: Option<String>,
    /// This finding; may be given several times
    #[arg(long = "finding", value_name = "ID")]
    findings: Vec<String>,
    /// What is done about findings of a check; may be given several times
    #[arg(long = "action", value_name = "CHECK=ACTION,...", required = true, value_parser = mapped)]
    actions: Vec<(String, Vec<String>)>,
    /// Only findings of a check for these reasons; may be given several times
    #[arg(long = "reason", value_name = "CHECK=CODE,...", requires = "audit", value_parser = mapped)]
    reasons: Vec<(String, Vec<String>)>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    plan: bool,
    /// Undo everything after this time: 90s, 15m, 2h, 7d
    #[arg(long = "for", value_name = "TIME", value_parser = crate::config::seconds, conflicts_with = "plan")]
    duration: Option<u32>,
    /// What the task is called [default: a new name]
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    id: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

fn mapped(text: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || format!("`{text}` is not of the form NAME=VALUE,...");
    let (name, values) = text.split_once('=').ok_or_else(wrong)?;
    let values: Vec<String> = values.split(',').map(str::trim).map(str::to_owned).collect();
    let is_good = !name.trim().is_empty() && values.iter().all(|value| !value.is_empty());
    is_good.then(|| (name.trim().to_owned(), values)).ok_or_else(wrong)
}

pub(super) fn run(args: &MitigateArgs) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let input = args.input()?;
    if args.plan { plan(args, &remote, input) } else { start(args, &remote, input) }
}

impl MitigateArgs {
    /// What plans and tasks have in common.
    fn input(&self) -> anyhow::Result<Value> {
        let (actions, reasons) = (together(&self.actions)?, together(&self.reasons)?);
        let mut target = serde_json::Map::new();
        if let Some(audit) = &self.audit {
            target.insert("auditTaskId".to_owned(), json!(audit));
        }
        if !self.findings.is_empty() {
            target.insert("findingIds".to_owned(), json!(self.findings));
        }
        if !reasons.is_empty() {
            target.insert("auditCheckToReasonCodeFilter".to_owned(), json!(reasons));
        }
        Ok(json!({ "target": target, "auditCheckToActionsMapping": actions }))
    }
}

fn together(given: &[(String, Vec<String>)]) -> anyhow::Result<BTreeMap<&str, &[String]>> {
    let mut all = BTreeMap::new();
    for (check, values) in given {
        ensure!(all.insert(check.as_str(), values.as_slice()).is_none(), "`{check}` is given twice");
    }
    Ok(all)
}

fn plan(args: &MitigateArgs, remote: &Remote, mut input: Value) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Good;
    loop {
        let mut page = remote.own("PlanMitigation", &input)?;
        let findings = list(&page, "findings");
        let fails =
            |finding: &Value| list(finding, "actions").iter().any(|one| text(one, "outcome") == "FAILS");
        if findings.iter().any(fails) {
            outcome = Outcome::Bad;
        }
        write_to(None, |out| findings.iter().try_for_each(|finding| planned(args.format, finding, out)))?;
        let token = page.get_mut("nextToken").map(Value::take).unwrap_or_default();
        if token.is_null() {
            return Ok(outcome);
        }
        set(&mut input, "nextToken", token);
    }
}

fn set(object: &mut Value, member: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

fn planned(format: TableFormat, finding: &Value, out: &mut dyn Write) -> io::Result<()> {
    if format == TableFormat::Json {
        return writeln!(out, "{finding}");
    }
    let resource = finding.get("resource").unwrap_or(&Value::Null);
    writeln!(out, "{}  {}  {}", text(finding, "findingId"), text(finding, "checkName"), names(resource))?;
    if finding.get("isSuppressed") == Some(&json!(true)) {
        return writeln!(out, "  is suppressed: nothing would be done\n");
    }
    for action in list(finding, "actions") {
        let outcome = match text(action, "outcome") {
            "CHANGES" => "would change",
            "NOTHING_CHANGED" => "would change nothing",
            "FAILS" => "would fail",
            _ => "would not be tried",
        };
        let message = match text(action, "message") {
            "" => String::new(),
            message => format!(": {}", escape(message)),
        };
        writeln!(out, "  {} {outcome}{message}", escape(text(action, "actionName")))?;
        for change in list(action, "changes") {
            changed(change, out)?;
        }
    }
    let used = finding.get("usedBy").unwrap_or(&Value::Null);
    let count = |member: &str| used.get(member).and_then(Value::as_u64).unwrap_or_default();
    let (principals, things) = (count("principals"), count("things"));
    let more = if used.get("more") == Some(&json!(true)) { "more than " } else { "" };
    writeln!(
        out,
        "  used by {more}{principals} principals of {things} things: {}",
        shown(list(used, "thingNames"))
    )?;
    if !list(used, "groupNames").is_empty() {
        writeln!(out, "  and by the groups {}", shown(list(used, "groupNames")))?;
    }
    for access in list(finding, "access") {
        let whose = escape(text(access, "principal"));
        writeln!(out, "  {whose} ({})", shown(list(access, "thingNames")))?;
        for (member, word) in [("loses", "loses"), ("gains", "gains")] {
            for request in list(access, member) {
                let (action, resource) = (text(request, "action"), text(request, "resource"));
                writeln!(out, "    {word} {action}, for example on {}", escape(resource))?;
            }
        }
        for reason in list(access, "unknown") {
            writeln!(out, "    not known: {}", escape(reason.as_str().unwrap_or_default()))?;
        }
    }
    if finding.get("moreAccess") == Some(&json!(true)) {
        writeln!(out, "  further principals were not compared")?;
    }
    writeln!(out)
}

fn changed(change: &Value, out: &mut dyn Write) -> io::Result<()> {
    let id = text(change, "id").replace('\u{1f}', "/");
    let state = |member: &str| {
        let record = change.get(member).filter(|record| !record.is_null())?;
        Some(record.get("status").and_then(Value::as_str).unwrap_or("changed").to_owned())
    };
    let what = match (state("before"), state("after")) {
        (None, _) => "made".to_owned(),
        (_, None) => "removed".to_owned(),
        (Some(before), Some(after)) if before != after => format!("{before} -> {after}"),
        _ => "changed".to_owned(),
    };
    writeln!(out, "    {} {}: {}", escape(text(change, "kind")), escape(&id), escape(&what))?;
    for line in text(change, "documentDiff").lines() {
        writeln!(out, "      {}", escape(line))?;
    }
    Ok(())
}

/// A resource identifier without the names of its members.
fn names(identifier: &Value) -> String {
    match identifier {
        Value::Object(members) => members.values().map(names).collect::<Vec<_>>().join(":"),
        Value::String(text) => escape(text).into_owned(),
        other => other.to_string(),
    }
}

fn shown(names: &[Value]) -> String {
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { escape(&names.join(", ")).into_owned() }
}

fn start(args: &MitigateArgs, remote: &Remote, mut input: Value) -> anyhow::Result<Outcome> {
    let fresh = || random::uuid().context("the system gives no random numbers");
    let id = args.id.clone().map_or_else(|| Ok(format!("mitigation-{}", fresh()?)), anyhow::Ok)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    ensure!(
        (1..=128).contains(&id.len()) && id.bytes().all(is_name),
        "`{id}` is no name of a task: expected 1 to 128 letters, digits, `-` and `_`"
    );
    set(&mut input, "clientRequestToken", json!(fresh()?));
    match args.duration {
        None => {
            let path = format!("/audit/mitigationactions/tasks/{id}");
            remote.iot(Method::POST, &path, Some(&input))?;
        }
        Some(seconds) => {
            set(&mut input, "taskId", json!(id));
            set(&mut input, "undoAfterSeconds", json!(seconds));
            remote.own("StartMitigation", &input)?;
        }
    }
    if args.format == TableFormat::Table {
        write_to(None, |out| writeln!(out, "task {id}"))?;
    }
    follow(args.format, remote, &id)
}

/// Waits for the end of a task, and tells what it did.
fn follow(format: TableFormat, remote: &Remote, id: &str) -> anyhow::Result<Outcome> {
    let mut input = json!({ "taskId": id });
    loop {
        let task = remote.own("DescribeMitigation", &input)?;
        if task.get("isSettled") == Some(&json!(true)) {
            break;
        }
        // There is nothing to wait for but the server.
        std::thread::park_timeout(ASK_AGAIN_AFTER);
    }
    loop {
        let mut page = remote.own("DescribeMitigation", &input)?;
        write_to(None, |out| {
            list(&page, "executions").iter().try_for_each(|one| executed(format, one, out))
        })?;
        let token = page.get_mut("nextToken").map(Value::take).unwrap_or_default();
        if !token.is_null() {
            set(&mut input, "nextToken", token);
            continue;
        }
        if format == TableFormat::Table {
            let until = page.get("undoAtMs").and_then(Value::as_i64);
            let until = until.map(|at_ms| format!(", to be undone at {}", second(at_ms))).unwrap_or_default();
            let status = text(&page, "taskStatus").to_lowercase();
            write_to(None, |out| writeln!(out, "{status}{until}"))?;
        }
        return match text(&page, "taskStatus") {
            "COMPLETED" => Ok(Outcome::Good),
            "FAILED" | "CANCELED" => Ok(Outcome::Bad),
            other => bail!("the task is {other}"),
        };
    }
}

fn executed(format: TableFormat, one: &Value, out: &mut dyn Write) -> io::Result<()> {
    if format == TableFormat::Json {
        return writeln!(out, "{one}");
    }
    let said = match (text(one, "verified"), text(one, "message")) {
        ("", message) => escape(message).into_owned(),
        (verified, "") => verified.to_lowercase().replace('_', " "),
        (verified, message) => format!("{}, {}", verified.to_lowercase().replace('_', " "), escape(message)),
    };
    writeln!(
        out,
        "{:<10} {}  {}  {said}",
        text(one, "status").to_lowercase(),
        escape(text(one, "findingId")),
        escape(text(one, "actionName")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_name_a_check_and_something_for_it() {
        assert_eq!(mapped("A=b, c"), Ok(("A".to_owned(), vec!["b".to_owned(), "c".to_owned()])));
        for text in ["", "A", "A=", "=b", "A=b,,c"] {
            assert!(mapped(text).is_err(), "{text}");
        }
        let twice = [("A".to_owned(), vec![]), ("A".to_owned(), vec![])];
        assert!(together(&twice).is_err());
    }
}
