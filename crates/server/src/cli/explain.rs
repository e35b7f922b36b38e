//! `thingwarden explain`: why a device may not do what it tried, and what it may do now.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Outcome;
use super::remote::{Remote, RemoteArgs, list, text};
use super::sink::write_to;
use super::stored::TableFormat;
use crate::output::text::escape;

/// Exit code: 0 when nothing was denied to the client and it was let in, 1 when something was or it was not, 2 when the server does
/// not say.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The client id that the device connects with
    #[arg(value_name = "CLIENT_ID")]
    client_id: String,
    #[command(flatten)]
    remote: RemoteArgs,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let remote: Remote = args.remote.open()?;
    let found = remote.own("ExplainClient", &json!({ "clientId": args.client_id }))?;
    write_to(None, |out| match args.format {
        TableFormat::Json => writeln!(out, "{found}"),
        TableFormat::Table => table(&found, out),
    })?;
    let is_good = list(&found, "denials").is_empty() && list(&found, "refusals").is_empty();
    Ok(if is_good { Outcome::Good } else { Outcome::Bad })
}

fn table(found: &Value, out: &mut dyn Write) -> io::Result<()> {
    let is = |name: &str| found.get(name).and_then(Value::as_bool);
    let mut line = |name: &str, value: &str| writeln!(out, "{name:<14} {}", escape(value));
    line("client", text(found, "clientId"))?;
    line("connected", if is("connected") == Some(true) { "yes" } else { "no" })?;
    let principal = [text(found, "principalId"), text(found, "certificateStatus")].join(" ");
    line("principal", if principal.trim().is_empty() { "-" } else { principal.trim() })?;
    line("thing", found.get("thingName").and_then(Value::as_str).unwrap_or("-"))?;
    line("policies", &words(found, "policies"))?;
    if let Some(may) = is("mayConnect") {
        line("may connect", if may { "yes" } else { "no" })?;
    }
    line("addresses", &words(found, "sourceIps"))?;
    if let Some(counters) = found.get("counters").and_then(Value::as_object) {
        let counters: Vec<String> = counters.iter().map(|(name, count)| format!("{name} {count}")).collect();
        line("counted", &counters.join(", "))?;
    }
    for denial in list(found, "denials") {
        let now = match denial.get("allowedNow").and_then(Value::as_bool) {
            Some(true) => ", allowed by now",
            Some(false) => ", still denied",
            None => "",
        };
        let (at, action, resource) = (text(denial, "at"), text(denial, "action"), text(denial, "resource"));
        writeln!(out, "\n{}  {} on {}{now}", escape(at), escape(action), escape(resource))?;
        writeln!(out, "    {}", escape(text(denial, "why")))?;
        let why_now = text(denial, "whyNow");
        if !why_now.is_empty() && why_now != text(denial, "why") {
            writeln!(out, "    now: {}", escape(why_now))?;
        }
    }
    for refusal in list(found, "refusals") {
        let of = |name: &str| escape(text(refusal, name));
        let times = match refusal.get("count").and_then(Value::as_u64) {
            Some(2..) => {
                format!(", {} times since {}", refusal.get("count").unwrap_or(&Value::Null), of("firstAt"))
            }
            _ => String::new(),
        };
        writeln!(out, "\n{}  not let in, from {}{times}", of("at"), of("sourceIp"))?;
        writeln!(out, "    {}", of("why"))?;
    }
    Ok(())
}

fn words(found: &Value, name: &str) -> String {
    let words: Vec<&str> = list(found, name).iter().filter_map(Value::as_str).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}
