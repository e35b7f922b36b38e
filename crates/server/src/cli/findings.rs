//! `thingwarden findings`: findings over all audits of a server, with their states.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::json;
use thingwarden_store::records::{AuditCheckHistory, FindingState, TrackedFinding};
use thingwarden_store::{Filter, Query, Scope, StoreError};

use super::Outcome;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, moment, second};
use crate::output::text::escape;

const EXAMPLES: &str = "\
A finding is the same over all audits while check, resource and reason are. It is new in the audit that first finds it, open while
audits go on finding it, fixed when a complete run of the check does not find it, and regressed when it comes back after that.
Exit code: 0, or 2 when the folder cannot be read.

Examples:
  thingwarden findings --data ./tw --state new --state regressed
  thingwarden findings --data ./tw --format json | jq 'select(.severity == \"CRITICAL\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FindingsArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// Only in this state; may be given several times [default: all but fixed]
    #[arg(long = "state", value_enum, value_name = "STATE")]
    states: Vec<State>,
    /// Only of this check
    #[arg(long, value_name = "NAME")]
    check: Option<String>,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    New,
    Open,
    Regressed,
    Fixed,
}

impl State {
    const fn stored(self) -> FindingState {
        match self {
            Self::New => FindingState::New,
            Self::Open => FindingState::Open,
            Self::Regressed => FindingState::Regressed,
            Self::Fixed => FindingState::Fixed,
        }
    }
}

pub(super) fn run(args: &FindingsArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let scopes = args.stored.scopes(&store)?;
    write_to(None, |out| {
        if args.format == TableFormat::Table {
            writeln!(
                out,
                "{:<9} {:<8} {:<20} {:<20} CHECK  RESOURCE  REASON",
                "STATE", "SEVERITY", "FIRST SEEN", "LAST SEEN"
            )?;
        }
        for scope in &scopes {
            let mut failed = Ok(());
            let read = store.read(scope, |reader| {
                let histories = reader.all::<AuditCheckHistory>(&[])?;
                let filters: Vec<Filter<'_>> =
                    args.check.iter().map(|check| Filter::eq("check_name", check.as_str())).collect();
                reader.each(&Query::all(&filters), &mut |one: TrackedFinding| {
                    if args.wants(&one) {
                        let last_ms = last_seen_ms(&one, &histories);
                        failed = line(args.format, scope, &one, last_ms, out);
                    }
                    let go_on = failed.is_ok();
                    Ok::<_, StoreError>(if go_on {
                        std::ops::ControlFlow::Continue(())
                    } else {
                        std::ops::ControlFlow::Break(())
                    })
                })
            });
            failed?;
            read.map_err(io::Error::other)?;
        }
        Ok(())
    })?;
    Ok(Outcome::Good)
}

impl FindingsArgs {
    fn wants(&self, one: &TrackedFinding) -> bool {
        match self.states.as_slice() {
            [] => one.state != FindingState::Fixed,
            states => states.iter().any(|state| state.stored() == one.state),
        }
    }
}

/// One that is not fixed was found by the last complete run of its check too, which does not write it again.
fn last_seen_ms(one: &TrackedFinding, histories: &[AuditCheckHistory]) -> i64 {
    if one.state == FindingState::Fixed {
        return one.last_seen_ms;
    }
    let history = histories.iter().find(|history| history.check == one.check);
    history.map_or(one.last_seen_ms, |history| history.complete_ms.max(one.last_seen_ms))
}

fn line(
    format: TableFormat,
    scope: &Scope,
    one: &TrackedFinding,
    last_ms: i64,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TableFormat::Table => {
            let suppressed = if one.suppressed { " (suppressed)" } else { "" };
            let resource = in_words(&one.identifier);
            writeln!(
                out,
                "{:<9} {:<8} {:<20} {:<20} {}  {}  {}{suppressed}",
                one.state.as_str(),
                one.severity,
                second(one.first_seen_ms),
                second(last_ms),
                one.check,
                escape(&resource),
                one.reason_code,
            )
        }
        TableFormat::Json => {
            let object = json!({
                "account": &*scope.account,
                "region": &*scope.region,
                "state": one.state.as_str(),
                "checkName": one.check,
                "severity": one.severity,
                "resourceType": one.resource_type,
                "resourceIdentifier": one.identifier,
                "reasonForNonComplianceCode": one.reason_code,
                "firstSeen": moment(one.first_seen_ms),
                "lastSeen": moment(last_ms),
                "fixed": one.fixed_ms.map(moment),
                "isSuppressed": one.suppressed,
            });
            writeln!(out, "{object}")
        }
    }
}

/// A resource identifier without the names of its members: `open:1` of a policy version.
fn in_words(identifier: &serde_json::Value) -> String {
    match identifier {
        serde_json::Value::Object(members) => members.values().map(in_words).collect::<Vec<_>>().join(":"),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
