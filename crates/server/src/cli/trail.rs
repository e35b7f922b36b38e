//! `thingwarden trail`: who changed what, when, by which request, from what to what.

use std::io::{self, Write};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Scope, TrailEntry, TrailQuery};

use super::Outcome;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, moment};
use crate::output::text::escape;

const EXAMPLES: &str = "\
Newest first. The table shows who did what to which record; JSON has the record before and after, too.
Exit code: 0, or 2 when the folder cannot be read.

Examples:
  thingwarden trail --data ./tw --kind policy --id Sensors
  thingwarden trail --data ./tw --principal arn:aws:iam::000000000000:user/alice --from 2026-11-01 --format json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TrailArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// Only of this kind of record, for example thing, certificate, policy, policy_version
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only of the record with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only by this principal
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
    /// Only of this request
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// Not before this moment
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    from: Option<Timestamp>,
    /// Before this moment
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    to: Option<Timestamp>,
    /// At most so many entries
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(args: &TrailArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let mut entries: Vec<(Scope, TrailEntry)> = vec![];
    for scope in args.stored.scopes(&store)? {
        let query = TrailQuery {
            kind: args.kind.as_deref(),
            id: args.id.as_deref(),
            principal: args.principal.as_deref(),
            request_id: args.request_id.as_deref(),
            from_ms: args.from.map(Timestamp::millis),
            to_ms: args.to.map(Timestamp::millis),
            before_seq: None,
            limit: args.limit,
        };
        let found = store.read(&scope, |store| store.trail(&query))?;
        entries.extend(found.into_iter().map(|entry| (scope.clone(), entry)));
    }
    entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.seq));
    entries.truncate(args.limit);
    write_to(None, |out| {
        if args.format == TableFormat::Table {
            writeln!(out, "{:<24} {:<8} {:<44} OPERATION  PRINCIPAL  REQUEST", "TIME", "CHANGE", "WHAT")?;
        }
        entries.iter().try_for_each(|(scope, entry)| line(args.format, scope, entry, out))
    })?;
    Ok(Outcome::Good)
}

fn line(format: TableFormat, scope: &Scope, entry: &TrailEntry, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TableFormat::Table => {
            let change = match (&entry.before, &entry.after) {
                (None, _) => "made",
                (_, None) => "removed",
                _ => "changed",
            };
            // Parts of a composite id are kept apart by a character that nobody types.
            let what = format!("{} {}", entry.kind, escape(&entry.id.replace('\u{1f}', "/")));
            writeln!(
                out,
                "{:<24} {change:<8} {what:<44} {}  {}  {}",
                moment(entry.at_ms),
                escape(&entry.operation),
                escape(&entry.principal),
                escape(&entry.request_id),
            )
        }
        TableFormat::Json => {
            let mut object = serde_json::to_value(entry)?;
            if let Some(members) = object.as_object_mut() {
                members.insert("account".to_owned(), (*scope.account).into());
                members.insert("region".to_owned(), (*scope.region).into());
                members.insert("at".to_owned(), moment(entry.at_ms).into());
            }
            writeln!(out, "{object}")
        }
    }
}
