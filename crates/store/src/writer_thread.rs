//! The one thread that writes. Jobs that wait together share a commit, and so the flush to disk.
//!
//! There are two queues. Somebody waits for a request; what may wait (messages on their way to the disk, the history of
//! connections, audits, the server's own work) comes behind: at most one such job is done between two looks for requests, and
//! whoever hands over a lot cuts it into jobs. So a request waits for one of them, not for all that has gathered.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::error::StoreError;
use crate::sql::{Sql, WriteConnection};

/// Jobs that may wait in each queue. More are refused at once, so that a flood costs no memory.
const QUEUE_MAX: usize = 4096;
/// Requests in one commit. Bounds how long the first of them waits.
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

/// How often tables were changed.
#[derive(Debug)]
pub struct Generations {
    by_table: HashMap<&'static str, watch::Sender<u64>>,
    tallies: Mutex<Vec<Tally>>,
}

/// How often any of some tables was changed.
#[derive(Debug)]
struct Tally {
    tables: BTreeSet<&'static str>,
    count: Arc<AtomicU64>,
}

impl Generations {
    pub fn of(tables: impl Iterator<Item = &'static str>) -> Self {
        let by_table = tables.map(|table| (table, watch::Sender::new(0))).collect();
        Self { by_table, tallies: Mutex::default() }
    }

    pub fn get(&self, table: &str) -> Option<&watch::Sender<u64>> {
        self.by_table.get(table)
    }

    /// Counts from now on how many commits change any of these tables.
    pub fn tally(&self, tables: BTreeSet<&'static str>) -> Arc<AtomicU64> {
        let count = Arc::default();
        self.tallies().push(Tally { tables, count: Arc::clone(&count) });
        count
    }

    fn tallies(&self) -> MutexGuard<'_, Vec<Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tallies are right before anybody is told.
    fn changed(&self, tables: &BTreeSet<&'static str>) {
        for tally in self.tallies().iter().filter(|tally| !tally.tables.is_disjoint(tables)) {
            tally.count.fetch_add(1, Ordering::AcqRel);
        }
        for generation in tables.iter().filter_map(|table| self.by_table.get(table)) {
            generation.send_modify(|count| *count += 1);
        }
    }
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Somebody waits for the answer to a request.
    Request,
    /// After requests, one at a time.
    Behind,
}

/// What waits.
#[derive(Debug)]
struct Queues<J> {
    requests: VecDeque<J>,
    behind: VecDeque<J>,
    /// Whether the last commit was of requests alone, while others waited.
    owes_behind: bool,
    is_closed: bool,
}

impl<J> Default for Queues<J> {
    fn default() -> Self {
        let (requests, behind) = (VecDeque::new(), VecDeque::new());
        Self { requests, behind, owes_behind: false, is_closed: false }
    }
}

impl<J> Queues<J> {
    fn of(&mut self, turn: Turn) -> &mut VecDeque<J> {
        match turn {
            Turn::Request => &mut self.requests,
            Turn::Behind => &mut self.behind,
        }
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.behind.is_empty()
    }

    /// The job that may wait and yet comes with the next commit: every second one has its turn, however many requests there
    /// are. It is done first, so that requests which come meanwhile share its flush.
    fn begin(&mut self) -> Option<J> {
        let is_due = self.requests.is_empty() || self.owes_behind;
        self.owes_behind = !is_due && !self.behind.is_empty();
        if is_due { self.behind.pop_front() } else { None }
    }
}

/// The queues, and who waits at them.
#[derive(Default)]
struct Shared {
    queues: Mutex<Queues<Job>>,
    /// Something has come, or nothing will any more.
    came: Condvar,
    /// There may be room again.
    left: Condvar,
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues<Job>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// The way to the thread.
#[derive(Debug)]
pub struct WriterThread {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    /// Starts it.
    pub fn start(
        connection: Box<dyn WriteConnection>,
        generations: Arc<Generations>,
    ) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(connection.as_ref(), &of_thread, &generations))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands over a job, or says that too many are waiting.
    pub fn submit(&self, turn: Turn, job: Job) -> Result<(), StoreError> {
        let mut queues = self.shared.queues();
        if queues.is_closed {
            return Err(StoreError::Stopped);
        }
        if queues.of(turn).len() >= QUEUE_MAX {
            return Err(StoreError::Overloaded);
        }
        queues.of(turn).push_back(job);
        drop(queues);
        self.shared.came.notify_one();
        Ok(())
    }

    /// Hands over a job that may wait, and waits while too many are waiting.
    pub fn submit_waiting(&self, job: Job) -> Result<(), StoreError> {
        let is_full = |queues: &mut Queues<Job>| queues.behind.len() >= QUEUE_MAX && !queues.is_closed;
        let queues = self.shared.left.wait_while(self.shared.queues(), is_full);
        let mut queues = queues.unwrap_or_else(PoisonError::into_inner);
        if queues.is_closed {
            return Err(StoreError::Stopped);
        }
        queues.behind.push_back(job);
        drop(queues);
        self.shared.came.notify_one();
        Ok(())
    }
}

impl Drop for WriterThread {
    /// Waits until all that was handed over is done.
    fn drop(&mut self) {
        self.shared.queues().is_closed = true;
        self.shared.came.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whatever ends the thread, nobody waits for it any more.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // With the jobs go the channels of their answers.
        *self.0.queues() = Queues { is_closed: true, ..Queues::default() };
        self.0.left.notify_all();
    }
}

fn run(connection: &dyn WriteConnection, shared: &Shared, generations: &Generations) {
    let _ending = Ending(shared);
    loop {
        let nothing_to_do = |queues: &mut Queues<Job>| queues.is_empty() && !queues.is_closed;
        let queues = shared.came.wait_while(shared.queues(), nothing_to_do);
        let mut queues = queues.unwrap_or_else(PoisonError::into_inner);
        if queues.is_empty() {
            return;
        }
        let behind = queues.begin();
        drop(queues);
        shared.left.notify_one();
        let requests = std::iter::from_fn(|| shared.queues().requests.pop_front());
        commit_together(connection, behind.into_iter().chain(requests.take(BATCH_MAX)), generations);
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
        generations.changed(&touched);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::sql::Backend;
    use crate::sqlite::Sqlite;

    /// What the commits that follow begin with, and the requests that are in them.
    fn commits(queues: &mut Queues<u32>) -> Vec<Vec<u32>> {
        let mut commits = vec![];
        while !queues.is_empty() {
            let behind = queues.begin();
            commits.push(behind.into_iter().chain(queues.requests.drain(..)).collect());
        }
        commits
    }

    #[test]
    fn requests_wait_for_one_of_those_that_may_wait() {
        let mut queues = Queues::default();
        queues.behind.extend([1, 2, 3]);
        queues.requests.extend([10, 11]);
        assert_eq!(queues.begin(), None, "requests first");
        assert_eq!(queues.requests.drain(..).collect::<Vec<_>>(), [10, 11]);
        queues.requests.push_back(12);
        assert_eq!(commits(&mut queues), [vec![1, 12], vec![2], vec![3]]);
        assert!(!queues.owes_behind, "nobody waits");
    }

    #[test]
    fn a_flood_of_requests_leaves_every_second_turn() {
        let mut queues = Queues::default();
        queues.behind.extend([1, 2]);
        let mut begun = vec![];
        for request in 10..15 {
            queues.requests.push_back(request);
            begun.push(queues.begin());
            queues.requests.clear();
        }
        assert_eq!(begun, [None, Some(1), None, Some(2), None]);
    }
    #[test]
    fn a_request_overtakes_what_has_gathered() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Sqlite::new(&folder.path().join("db")).writer().unwrap();
        let thread = WriterThread::start(connection, Arc::new(Generations::of([].into_iter()))).unwrap();
        let done = Arc::new(Mutex::new(vec![]));
        let job = |name: &'static str| -> Job {
            let done = Arc::clone(&done);
            Box::new(move |_| {
                done.lock().unwrap().push(name);
                After::Undo
            })
        };
        let ((begun, begins), (go, waits)) = (channel(), channel());
        let first = job("first");
        let waiting: Job = Box::new(move |sql| {
            begun.send(()).unwrap();
            waits.recv().unwrap();
            first(sql)
        });
        thread.submit(Turn::Behind, waiting).unwrap();
        begins.recv().unwrap();
        for name in ["messages", "history"] {
            thread.submit(Turn::Behind, job(name)).unwrap();
        }
        thread.submit_waiting(job("audit")).unwrap();
        thread.submit(Turn::Request, job("request")).unwrap();
        go.send(()).unwrap();
        drop(thread);
        assert_eq!(*done.lock().unwrap(), ["first", "request", "messages", "history", "audit"]);
    }
}
