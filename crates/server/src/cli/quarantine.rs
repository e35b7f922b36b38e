//! `thingwarden quarantine`: puts things into quarantine, releases them, tells which are in it and what they can still do.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;
use serde_json::{Value, json};

use super::Outcome;
use super::remote::{Remote, RemoteArgs, list, text};
use super::sink::write_to;
use super::stored::TableFormat;
use crate::clock;
use crate::output::text::escape;

/// How long the server is waited for: it takes milliseconds, unless an audit's proof takes long.
const TIME_MAX: Duration = Duration::from_secs(60);
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// Put a thing into quarantine, and prove that it can do nothing
    ///
    /// Exit code: 0 when that is proved, 1 when it is not or the thing can still do something, 2 when the server does not do it.
    Put(ThingArgs),
    /// Give a thing back what it had
    ///
    /// Exit code: 0, 1 when somebody changed since what would be given back, 2 when the server does not do it.
    Release(ThingArgs),
    /// List the things in quarantine
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ThingArgs {
    /// The thing's name
    #[arg(value_name = "THING")]
    thing: String,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Also those that were released, and those that failed
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(command: &QuarantineCommand) -> anyhow::Result<Outcome> {
    match command {
        QuarantineCommand::Put(args) => {
            let remote = args.remote.open()?;
            let found = settled(&remote, "Quarantine", &args.thing)?;
            let proved = found.pointer("/proof/result").and_then(Value::as_str) == Some("PROVED");
            show(args.format, &[found])?;
            Ok(if proved { Outcome::Good } else { Outcome::Bad })
        }
        QuarantineCommand::Release(args) => {
            let remote = args.remote.open()?;
            let found = settled(&remote, "ReleaseQuarantine", &args.thing)?;
            let released = text(&found, "state") == "RELEASED";
            show(args.format, &[found])?;
            Ok(if released { Outcome::Good } else { Outcome::Bad })
        }
        QuarantineCommand::List(args) => {
            let remote = args.remote.open()?;
            let mut token = Value::Null;
            loop {
                let state = if args.all { Value::Null } else { json!("IN_FORCE") };
                let mut page =
                    remote.own("ListQuarantines", &json!({ "state": state, "nextToken": token }))?;
                show(args.format, list(&page, "quarantines"))?;
                token = page.get_mut("nextToken").map(Value::take).unwrap_or_default();
                if token.is_null() {
                    return Ok(Outcome::Good);
                }
            }
        }
    }
}

/// Asks, and waits until it is done: a quarantine in force has its proof, or will have none.
fn settled(remote: &Remote, operation: &str, thing: &str) -> anyhow::Result<Value> {
    let input = json!({ "thingName": thing });
    let mut found = remote.own(operation, &input)?;
    let since = clock::stopwatch();
    loop {
        let state = text(&found, "state");
        let waits_for_proof = operation == "Quarantine"
            && state == "IN_FORCE"
            && found.get("proof").is_none()
            && found.get("error").is_none();
        if !matches!(state, "ASKED" | "RELEASE_ASKED") && !waits_for_proof {
            break;
        }
        if since.elapsed() > TIME_MAX {
            bail!("the server has not answered what came of it: `thingwarden quarantine list` will tell");
        }
        // There is nothing to wait for but the server.
        std::thread::park_timeout(ASK_AGAIN_AFTER);
        found = remote.own("DescribeQuarantine", &input)?;
    }
    if text(&found, "state") == "FAILED" {
        bail!("{}", text(&found, "error"));
    }
    Ok(found)
}

fn show(format: TableFormat, quarantines: &[Value]) -> anyhow::Result<()> {
    write_to(None, |out| quarantines.iter().try_for_each(|one| line(format, one, out)))?;
    Ok(())
}

fn line(format: TableFormat, one: &Value, out: &mut dyn Write) -> io::Result<()> {
    if format == TableFormat::Json {
        return writeln!(out, "{one}");
    }
    let proof = one.get("proof");
    let said = match proof.map(|proof| text(proof, "result")) {
        Some("PROVED") => "proved: it can do nothing",
        Some("REACHES") => "it can still do something",
        Some(_) => "whether it can still do something is not known",
        None => "",
    };
    let state = text(one, "state").to_lowercase().replace('_', " ");
    writeln!(
        out,
        "{:<13} {}  {}  {said}",
        state,
        escape(text(one, "thingName")),
        escape(text(one, "askedBy"))
    )?;
    if let Some(error) = one.get("error").and_then(Value::as_str) {
        writeln!(out, "  {}", escape(error))?;
    }
    for reach in proof.map(|proof| list(proof, "reaches")).unwrap_or_default() {
        let client = reach.get("clientId").and_then(Value::as_str);
        let client = client.map(|id| format!(" as client `{}`", escape(id))).unwrap_or_default();
        let policies: Vec<&str> = list(reach, "allowedBy").iter().filter_map(Value::as_str).collect();
        writeln!(
            out,
            "  {} may {} on {}{client}, by {}",
            escape(text(reach, "principal")),
            escape(text(reach, "action")),
            escape(text(reach, "resource")),
            escape(&policies.join(", ")),
        )?;
    }
    for reason in proof.map(|proof| list(proof, "reasons")).unwrap_or_default() {
        writeln!(out, "  {}", escape(reason.as_str().unwrap_or_default()))?;
    }
    Ok(())
}
