//! What was published goes out: to each target in the order in which it came, at least once, whatever happens to the process.
//!
//! The outbox is the store: whoever publishes writes a [`Delivery`](thingwarden_store::records::Delivery) for each target
//! in its own transaction. [`worker`] looks for targets with waiting deliveries and gives each a [`lane`], which takes the
//! first of them, tries it ([`attempt`]), and records what came of it ([`outbox`]) before it takes the next. So a process
//! that is killed sends at most one message to each target a second time. Only the heads of queues are in memory, and
//! a target that is slow or dead holds up nobody else.

mod attempt;
mod aws;
mod email;
mod http;
mod lambda;
mod lane;
mod metrics;
mod outbox;
mod overview;
mod retries;
mod sns;
mod sqs;
mod target;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use aws::json_code;
pub(crate) use email::Mailer;
pub(crate) use metrics::Metrics;
pub(crate) use outbox::{MANY, purge, redrive};
pub(crate) use overview::{Queue, dead, queues};
pub(crate) use retries::SINKS;
pub(crate) use sqs::QueueUrls;
pub(crate) use worker::start;
