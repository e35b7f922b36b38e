//! `thingwarden findings`: findings over all audits of a server, with their states.

use std::io::{self, Write};

use anyhow::bail;
use clap::ValueEnum;
use serde_json::json;
use thingwarden_store::records::{AuditCheckHistory, FindingSpan, FindingState};
use thingwarden_store::{Filter, Query, Scope, StoreError};

use super::Outcome;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, in_words, moment, moment_of, second};
use crate::output::text::escape;

const EXAMPLES: &str = "\
A finding is the same over all audits while check, resource and reason are. It is new in the audit that first finds it, open while
audits go on finding it, fixed when a complete run of the check does not find it, and regressed when it comes back after that.
With --since, new is what audits after that moment found first, fixed and regressed what became so after it, and open the rest. What
was fixed before is left out.
Exit code: 0, or 2 when the folder cannot be read.

Examples:
  thingwarden findings --data ./tw --state new --state regressed
  thingwarden findings --data ./tw --since 2026-11-01 --state new --state fixed
  thingwarden findings --data ./tw --format json | jq 'select(.severity == \"CRITICAL\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FindingsArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// Only in this state; may be given several times [default: all but fixed]
    #[arg(long = "state", value_enum, value_name = "STATE")]
    states: Vec<State>,
    /// States as they are seen from then: the id of an audit task, a tag, or a time such as 2026-11-01T06:00:00Z
    #[arg(long, value_name = "TASK|TAG|TIME")]
    since: Option<String>,
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
    /// Not fixed, and suppressed
    Suppressed,
}

impl State {
    fn is(self, state: FindingState, suppressed: bool) -> bool {
        match self {
            Self::New => state == FindingState::New,
            Self::Open => state == FindingState::Open,
            Self::Regressed => state == FindingState::Regressed,
            Self::Fixed => state == FindingState::Fixed,
            Self::Suppressed => state != FindingState::Fixed && suppressed,
        }
    }
}

/// The state as it is seen from a moment: what became of the finding after it. None when it was over by then.
fn since(one: &FindingSpan, since_ms: i64) -> Option<FindingState> {
    let is_after = |at_ms: Option<i64>| at_ms.is_some_and(|at_ms| at_ms > since_ms);
    match one.fixed_ms() {
        fixed_ms @ Some(_) => is_after(fixed_ms).then_some(FindingState::Fixed),
        _ if is_after(Some(one.first_seen_ms)) => Some(FindingState::New),
        _ if is_after(one.regressed_ms) => Some(FindingState::Regressed),
        _ => Some(FindingState::Open),
    }
}

pub(super) fn run(args: &FindingsArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let mut scopes = vec![];
    for scope in args.stored.scopes(&store)? {
        let since_ms = match &args.since {
            None => None,
            Some(text) => match store.read(&scope, |reader| moment_of(reader, text))? {
                // A task or tag of another account or region.
                None => continue,
                since_ms => since_ms,
            },
        };
        scopes.push((scope, since_ms));
    }
    if let (Some(text), []) = (&args.since, scopes.as_slice()) {
        bail!("`{text}` is neither an audit task, nor a tag, nor a time such as 2026-11-01T06:00:00Z");
    }
    write_to(None, |out| {
        if args.format == TableFormat::Table {
            writeln!(
                out,
                "{:<9} {:<8} {:<20} {:<20} CHECK  RESOURCE  REASON",
                "STATE", "SEVERITY", "FIRST SEEN", "LAST SEEN"
            )?;
        }
        for (scope, since_ms) in &scopes {
            let mut failed = Ok(());
            let read = store.read(scope, |reader| {
                let histories = reader.all::<AuditCheckHistory>(&[])?;
                let none = AuditCheckHistory::default();
                let check = args.check.iter().map(|check| Filter::eq("check_name", check.as_str()));
                let filters: Vec<Filter<'_>> =
                    [Filter::eq("latest", true)].into_iter().chain(check).collect();
                reader.each(&Query::all(&filters), &mut |one: FindingSpan| {
                    let history =
                        histories.iter().find(|history| history.check == one.check).unwrap_or(&none);
                    let now = one.state(history);
                    let seen = since_ms.map_or(Some(now), |since_ms| since(&one, since_ms));
                    if let Some(state) = seen
                        && args.wants(state, one.content.suppressed)
                    {
                        failed = line(args.format, scope, &one, (state, history), out);
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
    fn wants(&self, state: FindingState, suppressed: bool) -> bool {
        match self.states.as_slice() {
            [] => state != FindingState::Fixed,
            states => states.iter().any(|wanted| wanted.is(state, suppressed)),
        }
    }
}

fn line(
    format: TableFormat,
    scope: &Scope,
    one: &FindingSpan,
    (state, history): (FindingState, &AuditCheckHistory),
    out: &mut dyn Write,
) -> io::Result<()> {
    let content = &one.content;
    let last_ms = one.seen_ms(history).unwrap_or(one.first_seen_ms);
    match format {
        TableFormat::Table => {
            let suppressed = if content.suppressed { " (suppressed)" } else { "" };
            let resource = in_words(&content.resource.identifier);
            writeln!(
                out,
                "{:<9} {:<8} {:<20} {:<20} {}  {}  {}{suppressed}",
                state.as_str(),
                content.severity,
                second(one.first_seen_ms),
                second(last_ms),
                one.check,
                escape(&resource),
                content.reason_code,
            )
        }
        TableFormat::Json => {
            let object = json!({
                "account": &*scope.account,
                "region": &*scope.region,
                "state": state.as_str(),
                "checkName": one.check,
                "severity": content.severity,
                "resourceType": content.resource.resource_type,
                "resourceIdentifier": content.resource.identifier,
                "reasonForNonComplianceCode": content.reason_code,
                "firstSeen": moment(one.first_seen_ms),
                "lastSeen": moment(last_ms),
                "fixed": one.fixed_ms().map(moment),
                "regressed": one.regressed_ms.map(moment),
                "isSuppressed": content.suppressed,
            });
            writeln!(out, "{object}")
        }
    }
}

#[cfg(test)]
mod tests {
    use thingwarden_store::records::RunMark;

    use super::*;
    use crate::audits::findings::samples;

    #[test]
    fn states_are_told_as_they_are_seen_from_a_moment() {
        let check = |first_seen_ms, fixed_ms: Option<i64>, regressed_ms, expected| {
            let one = FindingSpan {
                fixed: fixed_ms.map(|ms| RunMark { run: 2, ms }),
                first_seen_ms,
                regressed_ms,
                ..samples::span("C", "r")
            };
            assert_eq!(since(&one, 100), expected, "{one:?}");
        };
        use FindingState::{Fixed, New, Open, Regressed};
        check(101, None, None, Some(New));
        check(100, None, None, Some(Open));
        check(5, None, Some(101), Some(Regressed));
        check(5, None, Some(100), Some(Open));
        check(5, Some(101), None, Some(Fixed));
        check(5, Some(100), None, None);
    }
}
