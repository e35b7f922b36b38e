//! Where findings of audits go by themselves: Security Hub, receivers of OCSF, webhooks, Slack.
//!
//! The end of an audit leaves one [`SinkRun`] for each sink, in the same transaction. One task for each sink carries its runs out in their order:
//! it reads a page of findings, sends it, notes the place, and so on. So memory is bounded by a page, a kill costs at most the page that was
//! under way (which goes out again, under the same ids), and a sink that is down or slow delays nobody else.

pub(crate) mod asff;
pub(crate) mod finding;
mod numbers;
pub(crate) mod ocsf;
mod open;
mod overview;
mod pages;
mod post;
mod security_hub;
pub(crate) mod signature;
pub(crate) mod slack;
mod summary;
pub(crate) mod webhook;
mod worker;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use thingwarden_engine::audit::Severity;
use thingwarden_store::records::{AuditCheckRun, AuditTask, SinkRun};
use thingwarden_store::{StoreError, Writer};

use self::asff::Mapping;
use self::finding::{About, SinkFinding};
pub(crate) use self::numbers::register;
pub(crate) use self::open::open;
pub(crate) use self::overview::queues;
use self::summary::Summary;
use crate::api::App;
use crate::workers::Workers;

/// A sink with its place in the configuration.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) name: String,
    /// Findings that are less severe are left out.
    min_severity: Severity,
    sink: Box<dyn Sink>,
    counters: Counters,
}

/// What a sink took and refused since the process began.
#[derive(Clone, Debug, Default)]
struct Counters {
    sent: Counter,
    refused: Counter,
    /// Parts that were not taken and are sent again.
    failures: Counter,
}

impl Configured {
    fn new(name: &str, min_severity: Severity, sink: Box<dyn Sink>) -> Self {
        Self { name: name.to_owned(), min_severity, sink, counters: Counters::default() }
    }
}

/// Begins the work of all sinks.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) {
    for sink in &app.sinks {
        let (app, sink) = (Arc::clone(app), Arc::clone(sink));
        workers.task("sinks", |stop| worker::work(app, sink, stop));
    }
}

/// Something that findings go to.
pub(crate) trait Sink: fmt::Debug + Send + Sync {
    /// Whether it wants findings one by one; else only the end.
    fn takes_findings(&self) -> bool {
        true
    }

    /// Whether it remembers findings, and so has to hear also of those that were fixed before it had its place in this configuration.
    fn catches_up(&self) -> bool {
        false
    }

    /// What gives several findings one id, if something does.
    fn joins(&self) -> Option<&Mapping> {
        None
    }

    /// Sends a part. What was taken counts as sent; on an error the part is sent again later.
    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a>;
}

/// The answer of a sink, when it comes.
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Taken, Trouble>> + Send + 'a>>;

/// What is sent at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) about: &'a About,
    /// The same when the part is sent again, and of no other part.
    pub(crate) id: &'a str,
    pub(crate) what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    /// Some findings; never none.
    Findings(&'a [SinkFinding]),
    /// That it was all, and what it came to.
    End { summary: &'a Summary, runs: &'a [AuditCheckRun] },
}

/// What became of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) sent: u64,
    /// What will never be taken.
    pub(crate) refused: u64,
    /// Why.
    pub(crate) error: Option<String>,
}

/// Why a part has to be sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Trouble {
    pub(crate) message: String,
    /// How long the sink asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry_after: None }
    }
}

/// Notes in the transaction that ends an audit what the sinks have to be told.
///
/// # Errors
/// When the store fails.
pub(crate) fn audit_ended(
    app: &App,
    store: &Writer<'_>,
    task: &AuditTask,
    runs: &[AuditCheckRun],
) -> Result<(), StoreError> {
    numbers::keep(store, task, runs)?;
    // As AWS has it; what an audit that broke off has found, the next one finds again.
    if task.status == "COMPLETED" {
        let ended_ms = task.ended_ms.unwrap_or(task.started_ms);
        for sink in &app.sinks {
            store.put(&SinkRun::waiting(&sink.name, &task.id, ended_ms))?;
        }
    }
    Ok(())
}
