//! The one thread that writes. Jobs that wait together share a commit, and so the flush to disk.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::error::StoreError;
use crate::sql::{Sql, WriteConnection};

/// Jobs that may wait. More are refused at once, so that a flood costs no memory.
const QUEUE_MAX: usize = 4096;
/// Jobs in one commit. Bounds how long the first of them waits.
const BATCH_MAX: usize = 256;

/// What a job leaves behind.
pub enum After {
    /// Keep its changes to these tables; call this when they are durable, or when they are not.
    Keep(BTreeSet<&'static str>, Box<dyn FnOnce(Result<(), StoreError>) + Send>),
    /// Undo its changes. It has answered by itself.
    Undo,
}

/// Part of a transaction.
pub type Job = Box<dyn FnOnce(&dyn Sql) -> After + Send>;

/// How often each table was changed.
pub type Generations = HashMap<&'static str, watch::Sender<u64>>;

/// The way to the thread.
#[derive(Debug)]
pub struct WriterThread {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    /// Starts it.
    pub fn start(
        connection: Box<dyn WriteConnection>,
        generations: Arc<Generations>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(connection.as_ref(), &jobs, &generations))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands over a job, or says that too many are waiting.
    pub fn submit(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })
    }

    /// Hands over a job, and waits while too many are waiting.
    pub fn submit_waiting(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.send(job).map_err(|_| StoreError::Stopped)
    }
}

impl Drop for WriterThread {
    /// Waits until all that was handed over is done.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &dyn WriteConnection, jobs: &Receiver<Job>, generations: &Generations) {
    while let Ok(first) = jobs.recv() {
        let more = jobs.try_iter().take(BATCH_MAX - 1);
        commit_together(connection, std::iter::once(first).chain(more), generations);
    }
}

fn commit_together(
    connection: &dyn WriteConnection,
    jobs: impl Iterator<Item = Job>,
    generations: &Generations,
) {
    let mut kept = vec![];
    let mut touched = BTreeSet::new();
    let begun = connection.begin();
    for job in jobs {
        if begun.is_err() {
            // The job is dropped, and with it the channel of its answer.
            continue;
        }
        if let Some((tables, answer)) = run_part(connection, job) {
            touched.extend(tables);
            kept.push(answer);
        }
    }
    let committed = begun.and_then(|()| connection.commit());
    if let Err(error) = &committed {
        tracing::error!(%error, "a commit failed");
        let _ = connection.rollback();
    } else {
        for table in touched {
            if let Some(generation) = generations.get(table) {
                generation.send_modify(|count| *count += 1);
            }
        }
    }
    for answer in kept {
        answer(committed.clone());
    }
}

type Kept = (BTreeSet<&'static str>, Box<dyn FnOnce(Result<(), StoreError>) + Send>);

fn run_part(connection: &dyn WriteConnection, job: Job) -> Option<Kept> {
    if let Err(error) = connection.begin_part() {
        tracing::error!(%error, "a part of a transaction could not begin");
        return None;
    }
    let after = catch_unwind(AssertUnwindSafe(|| job(connection.as_sql())));
    match after {
        Ok(After::Keep(tables, answer)) => match connection.keep_part() {
            Ok(()) => Some((tables, answer)),
            Err(error) => {
                answer(Err(error));
                None
            }
        },
        Ok(After::Undo) | Err(_) => {
            if let Err(error) = connection.undo_part() {
                tracing::error!(%error, "a part of a transaction could not be undone");
            }
            None
        }
    }
}
