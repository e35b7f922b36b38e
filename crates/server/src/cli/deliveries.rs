//! `thingwarden deliveries`: what is still to be delivered to whom, and what was given up; bringing that back or throwing it away.

use std::io::{self, Write};

use clap::Subcommand;
use serde_json::{Value, json};
use thingwarden_store::records::{Delivery, DeliveryState, Message};
use thingwarden_store::{Cursor, Scope, StoreError};

use super::Outcome;
use super::remote::RemoteArgs;
use super::sink::write_to;
use super::stored::{StoredArgs, TableFormat, moment, second};
use crate::approvals;
use crate::delivery::{self, Queue};
use crate::output::text::escape;
use crate::sinks;

const EXAMPLES: &str = "\
A delivery is a message on its way to one target: the endpoint of a subscription, its dead-letter queue (`dlq:`), or a topic of SNS itself (`sns:`).
Of a sink (`sink:`), audits are counted that it does not know completely yet, and those that were given up.
Those to one target are made in order. One that is given up is kept for `notifications.dead_letter_retention_days`.
Exit code: 0, or 2 when the folder cannot be read or the server does not do it.

Examples:
  thingwarden deliveries --data ./tw
  thingwarden deliveries redrive --data ./tw --target arn:aws:sns:...
  thingwarden deliveries purge --data ./tw
  thingwarden deliveries --data ./tw --dead --format json | jq -r .lastError";

/// Deliveries that are read at a time.
const PAGE: usize = 200;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct DeliveriesArgs {
    #[command(subcommand)]
    command: Option<DeliveriesCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum DeliveriesCommand {
    /// Try again what was given up, from the beginning and in its order
    Redrive(TargetArgs),
    /// Throw away what was given up
    Purge {
        #[command(flatten)]
        target: TargetArgs,
        /// What waits, instead
        #[arg(long)]
        waiting: bool,
    },
}

#[derive(Debug, clap::Args)]
struct TargetArgs {
    /// Only what goes to this target, as the list names it
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    stored: StoredArgs,
    /// Each delivery that was given up, instead of the queues
    #[arg(long)]
    dead: bool,
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
}

pub(super) fn run(args: &DeliveriesArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        None => list(&args.list),
        Some(DeliveriesCommand::Redrive(target)) => {
            let input = json!({ "target": target.target });
            change(target, "RedriveDeliveries", &input, "redriven", "wait again")
        }
        Some(DeliveriesCommand::Purge { target, waiting }) => {
            let state = if *waiting { DeliveryState::Waiting } else { DeliveryState::Dead };
            let input = json!({ "target": target.target, "state": state });
            change(target, "PurgeDeliveries", &input, "purged", "are gone")
        }
    }
}

/// Calls the operation until there is nothing left to do, and says how many deliveries that were.
fn change(
    args: &TargetArgs,
    operation: &str,
    input: &Value,
    counted: &str,
    done: &str,
) -> anyhow::Result<Outcome> {
    let remote = args.remote.open()?;
    let mut count = 0;
    loop {
        let answer = remote.own(operation, input)?;
        count += answer.get(counted).and_then(Value::as_u64).unwrap_or_default();
        if answer.get("more") != Some(&Value::Bool(true)) {
            write_to(None, |out| writeln!(out, "{count} deliveries {done}"))?;
            return Ok(Outcome::Good);
        }
    }
}

fn list(args: &ListArgs) -> anyhow::Result<Outcome> {
    let store = args.stored.open()?;
    let scopes = args.stored.scopes(&store)?;
    let is_table = args.format == TableFormat::Table;
    write_to(None, |out| {
        if is_table && args.dead {
            writeln!(out, "{:<20} {:>8}  TARGET  MESSAGE  LAST ERROR", "PUBLISHED", "ATTEMPTS")?;
        } else if is_table {
            writeln!(
                out,
                "{:>8} {:>8} {:>8} {:<20}  TARGET  ENDPOINT  LAST ERROR",
                "WAITING", "DEAD", "ATTEMPTS", "NEXT ATTEMPT"
            )?;
        }
        for scope in &scopes {
            if !args.dead {
                let queues = store.read(scope, |store| {
                    let published = delivery::queues(store, None, usize::MAX)?;
                    Ok([published, sinks::queues(store)?, approvals::queues(store)?].concat())
                });
                for queue in queues.map_err(|error: StoreError| io::Error::other(error))? {
                    queue_line(args.format, scope, &queue, out)?;
                }
                continue;
            }
            let mut after: Option<Cursor> = None;
            loop {
                let page = store.read(scope, |store| delivery::dead(store, None, after.take(), PAGE));
                let page = page.map_err(io::Error::other)?;
                for (delivery, message) in &page.items {
                    dead_line(args.format, scope, delivery, message.as_ref(), out)?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    })?;
    Ok(Outcome::Good)
}

fn queue_line(format: TableFormat, scope: &Scope, queue: &Queue, out: &mut dyn Write) -> io::Result<()> {
    let (protocol, endpoint) = queue.endpoint.clone().unzip();
    match format {
        TableFormat::Table => writeln!(
            out,
            "{:>8} {:>8} {:>8} {:<20}  {}  {}  {}",
            queue.waiting,
            queue.dead,
            queue.attempts,
            queue.next_ms.map(second).unwrap_or_default(),
            escape(&queue.target),
            escape(endpoint.as_deref().unwrap_or("-")),
            escape(queue.last_error.as_deref().unwrap_or("-")),
        ),
        TableFormat::Json => {
            let object = json!({
                "account": &*scope.account,
                "region": &*scope.region,
                "target": queue.target,
                "protocol": protocol,
                "endpoint": endpoint,
                "waiting": queue.waiting,
                "dead": queue.dead,
                "attempts": queue.attempts,
                "lastError": queue.last_error,
                "nextAttempt": queue.next_ms.map(moment),
                "oldest": queue.oldest_ms.map(moment),
            });
            writeln!(out, "{object}")
        }
    }
}

fn dead_line(
    format: TableFormat,
    scope: &Scope,
    delivery: &Delivery,
    message: Option<&Message>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TableFormat::Table => writeln!(
            out,
            "{:<20} {:>8}  {}  {}  {}",
            second(delivery.created_ms),
            delivery.retries.attempts,
            escape(&delivery.target),
            delivery.message_id,
            escape(delivery.retries.last_error.as_deref().unwrap_or("-")),
        ),
        TableFormat::Json => {
            let object = json!({
                "account": &*scope.account,
                "region": &*scope.region,
                "id": delivery.id,
                "target": delivery.target,
                "messageId": delivery.message_id,
                "topicArn": message.map(|message| &message.topic_arn),
                "subject": message.and_then(|message| message.subject.as_ref()),
                "published": moment(delivery.created_ms),
                "attempts": delivery.retries.attempts,
                "lastError": delivery.retries.last_error,
            });
            writeln!(out, "{object}")
        }
    }
}
