//! What devices did, as log records with the fields of AWS IoT's entries in CloudWatch, in files of JSON Lines.
//!
//! `levels.rs` says what is to be logged of whom, as SetV2LoggingOptions and SetV2LoggingLevel have it; `entry.rs` is one record,
//! `writer.rs` a thread that writes them, `segments.rs` reads what it wrote. Nobody waits for a record: what finds the
//! channel full is dropped and counted.

mod entry;
mod levels;
mod runtime_metrics;
mod segments;
mod writer;

pub(crate) use entry::{Entry, Level, Who};
pub(crate) use levels::Levels;
pub(crate) use runtime_metrics::RuntimeMetrics;
pub(crate) use segments::{Line, Segment};

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use anyhow::Context;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{LoggingLevel, LoggingOptionsV2};
use thingwarden_store::{Scope, Store};
use tokio::sync::watch;

use self::writer::Message;
use crate::config::DeviceLogs as Settings;

/// The log group that AWS IoT writes to.
pub(crate) const GROUP: &str = "AWSIotLogsV2";
/// In the server's folder.
const FOLDER: &str = "device-logs";
/// Records that wait to be written.
const WAITING_MAX: usize = 8192;
/// How long whoever reads waits for what was recorded before.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(1);

/// Where records go, and are.
#[derive(Debug)]
pub(crate) struct DeviceLogs {
    folder: PathBuf,
    sender: SyncSender<Message>,
    dropped: Counter,
    /// How often levels have changed.
    changes: [watch::Receiver<u64>; 2],
}

/// Something that is written as one line.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Event(Entry),
    Metrics(RuntimeMetrics),
}

impl From<Entry> for Record {
    fn from(entry: Entry) -> Self {
        Self::Event(entry)
    }
}

impl From<RuntimeMetrics> for Record {
    fn from(metrics: RuntimeMetrics) -> Self {
        Self::Metrics(metrics)
    }
}

impl Record {
    fn scope(&self) -> &Scope {
        match self {
            Self::Event(entry) => &entry.who.scope,
            Self::Metrics(metrics) => &metrics.scope,
        }
    }

    fn at(&self) -> Timestamp {
        match self {
            Self::Event(entry) => entry.at,
            Self::Metrics(metrics) => metrics.at,
        }
    }

    /// Made by the thread that writes it.
    fn line(&self) -> String {
        match self {
            Self::Event(entry) => entry.line(),
            Self::Metrics(metrics) => metrics.line(),
        }
    }
}

/// How much is kept of one account and region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) file_bytes: u64,
    pub(crate) files: usize,
}

impl DeviceLogs {
    /// Begins the thread that writes, below the server's folder.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn open(folder: &Path, settings: &Settings, store: &Store) -> anyhow::Result<Self> {
        let folder = folder.join(FOLDER);
        let (sender, messages) = sync_channel(WAITING_MAX);
        let room = Room { file_bytes: settings.file_bytes, files: settings.files };
        let writing = folder.clone();
        std::thread::Builder::new()
            .name("device-logs".to_owned())
            .spawn(move || writer::run(&writing, room, &messages))
            .context("cannot start the thread of device logs")?;
        let changes = [store.changes::<LoggingOptionsV2>(), store.changes::<LoggingLevel>()];
        Ok(Self { folder, sender, dropped: Counter::default(), changes })
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let about = "Records about devices that are missing in the log, since too many came at once";
        registry.register("thingwarden_device_logs_dropped", about, self.dropped.clone());
    }

    /// Writes a record soon.
    pub(crate) fn record(&self, record: impl Into<Record>) {
        if self.sender.try_send(Message::Record(Box::new(record.into()))).is_err() {
            self.dropped.inc();
        }
    }

    /// Grows when the levels of anybody change.
    pub(crate) fn generation(&self) -> u64 {
        self.changes.iter().map(|count| *count.borrow()).sum()
    }

    /// Waits until what was recorded before is written, for a while. Blocks.
    pub(crate) fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.sender.send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_TIME_MAX);
        }
    }

    /// The files of an account and region, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn segments(&self, scope: &Scope) -> std::io::Result<Vec<Segment>> {
        segments::list(&segments::folder_of(&self.folder, scope))
    }
}

#[cfg(test)]
mod tests;
