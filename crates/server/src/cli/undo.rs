//! `thingwarden undo`: what a mitigation task changed becomes what it was.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Outcome;
use super::remote::{RemoteArgs, list, text};
use super::sink::write_to;
use super::stored::TableFormat;
use crate::output::text::escape;

const EXAMPLES: &str = "\
Every record that the task's actions changed gets back what it was before, to the byte, the last action first. A record that
somebody has changed since is left alone, with everything else that the same action did, and the difference is shown. Undoing
once more does nothing.
Exit code: 0, 1 when something was left alone, or 2 when the server cannot be asked or refuses.

Examples:
  thingwarden undo fix-policies --data ./tw
  thingwarden undo fix-policies --finding 3e7e2d9c-1a5f-4f0e-9a53-0d7c4b0a9d11 --endpoint https://iot.example.com";

/// Longest value of a difference that is shown in full, in characters; JSON has all of it.
const SHOWN_CHARS_MAX: usize = 60;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct UndoArgs {
    /// The mitigation task
    #[arg(value_name = "TASK")]
    task: String,
    /// Only what was done about this finding
    #[arg(long, value_name = "ID")]
    finding: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(args: &UndoArgs) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let mut outcome = Outcome::Good;
    let mut token = Value::Null;
    loop {
        let input = json!({ "taskId": args.task, "findingId": args.finding, "nextToken": token });
        let mut answer = remote.own("UndoMitigation", &input)?;
        let executions = answer.get_mut("executions").map(Value::take).unwrap_or_default();
        let executions = executions.as_array().map(Vec::as_slice).unwrap_or_default();
        if executions.iter().any(|execution| text(execution, "outcome") == "MOVED_ON") {
            outcome = Outcome::Bad;
        }
        write_to(None, |out| executions.iter().try_for_each(|execution| line(args.format, execution, out)))?;
        token = answer.get_mut("nextToken").map(Value::take).unwrap_or_default();
        if token.is_null() {
            return Ok(outcome);
        }
    }
}

fn line(format: TableFormat, execution: &Value, out: &mut dyn Write) -> io::Result<()> {
    if format == TableFormat::Json {
        return writeln!(out, "{execution}");
    }
    let records: Vec<String> = list(execution, "records").iter().map(record).collect();
    writeln!(
        out,
        "{:<15} {}  {}  {}",
        text(execution, "outcome").to_lowercase().replace('_', " "),
        escape(text(execution, "findingId")),
        escape(text(execution, "actionName")),
        records.join(", "),
    )?;
    for difference in list(execution, "differences") {
        let (expected, found) = (shown(difference.get("expected")), shown(difference.get("found")));
        let what = record(difference);
        match text(difference, "member") {
            "" => writeln!(out, "  {what}: the mitigation left {expected}, now it is {found}")?,
            member => writeln!(
                out,
                "  {what}: the mitigation left `{}` as {expected}, now it is {found}",
                escape(member)
            )?,
        }
    }
    Ok(())
}

/// Parts of a composite id are kept apart by a character that nobody types.
fn record(named: &Value) -> String {
    escape(&format!("{} {}", text(named, "kind"), text(named, "id").replace('\u{1f}', "/"))).into_owned()
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "nothing".to_owned(),
        Some(value) => value.to_string(),
    };
    let cut = text.chars().count() > SHOWN_CHARS_MAX;
    let mut text: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if cut {
        text.push_str("...");
    }
    escape(&text).into_owned()
}
