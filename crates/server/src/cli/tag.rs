//! `thingwarden tag`: names for audits that others are compared with.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Outcome;
use super::remote::RemoteArgs;
use super::stored::second;

const EXAMPLES: &str = "\
A tag stands for an audit wherever a task is named: `thingwarden findings --since TAG`, `thingwarden diff TAG TASK`. Giving a tag again
moves it. Exit code: 0, or 2 when the server cannot be asked or refuses.

Examples:
  thingwarden tag release-7 --data ./tw            the audit that was started last
  thingwarden tag release-6 --task 0f3c... --data ./tw
  thingwarden tag --data ./tw                      list all";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TagArgs {
    /// The tag; without it, all are listed
    #[arg(value_name = "TAG")]
    tag: Option<String>,
    /// The audit task [default: the one that was started last]
    #[arg(long, value_name = "ID", requires = "tag")]
    task: Option<String>,
    /// Remove the tag
    #[arg(long, requires = "tag", conflicts_with = "task")]
    delete: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) fn run(args: &TagArgs) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let mut out = io::stdout().lock();
    match &args.tag {
        None => {
            let answer = remote.own("ListAuditTags", &json!({}))?;
            let tags = answer.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            tags.iter().try_for_each(|tag| line(tag, &mut out))?;
        }
        Some(tag) if args.delete => {
            remote.own("UntagAudit", &json!({ "tag": tag }))?;
        }
        Some(tag) => {
            line(&remote.own("TagAudit", &json!({ "tag": tag, "taskId": args.task }))?, &mut out)?;
        }
    }
    Ok(Outcome::Good)
}

fn line(tag: &Value, out: &mut dyn Write) -> io::Result<()> {
    let text = |member: &str| tag.get(member).and_then(Value::as_str).unwrap_or_default();
    let started = tag.get("taskStartedMs").and_then(Value::as_i64).map(second).unwrap_or_default();
    writeln!(out, "{:<20} {started:<20} {}", text("tag"), text("taskId"))
}
