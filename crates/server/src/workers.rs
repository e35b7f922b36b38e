//! What the server does by itself beside answering requests: one list, begun together and stopped together.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::runtime;

use crate::api::App;
use crate::http::{Stop, StopTrigger};
use crate::mitigation::{self, time_box};
use crate::{approvals, audits, clock, delivery, provisioning, quarantine, sinks};

/// How long a server that stops waits for all of them.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// Begins everything. Call it in a runtime.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn start_all(app: &Arc<App>) -> std::io::Result<Workers> {
    let mut workers = Workers::new();
    audits::start(app, &mut workers)?;
    mitigation::start(app, &mut workers)?;
    sinks::start(app, &mut workers);
    approvals::start(app, &mut workers)?;
    quarantine::start(app, &mut workers)?;
    provisioning::start(app, &mut workers)?;
    time_box::start(app, &mut workers)?;
    delivery::start(app, &mut workers);
    Ok(workers)
}

/// Whoever works until it is time to stop.
#[derive(Debug)]
pub(crate) struct Workers {
    trigger: StopTrigger,
    stop: Stop,
    /// Names, and what is closed when the worker has ended.
    ended: Vec<(&'static str, mpsc::Receiver<()>)>,
}

impl Workers {
    pub(crate) fn new() -> Self {
        let (trigger, stop) = Stop::new();
        Self { trigger, stop, ended: vec![] }
    }

    /// Begins on a thread of its own: for what computes or waits for the store. What it has done is to be durable at any
    /// time, since it is abandoned when it does not end in time.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn thread(
        &mut self,
        name: &'static str,
        work: impl FnOnce(Stop, runtime::Handle) + Send + 'static,
    ) -> std::io::Result<()> {
        let (stop, ending) = self.add(name);
        let runtime = runtime::Handle::current();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            work(stop, runtime);
            drop(ending);
        })?;
        Ok(())
    }

    /// Begins as a task of the runtime: for what waits for the network. As [`Workers::thread`] otherwise.
    pub(crate) fn task<F>(&mut self, name: &'static str, work: impl FnOnce(Stop) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, ending) = self.add(name);
        let work = work(stop);
        tokio::spawn(async move {
            work.await;
            drop(ending);
        });
    }

    fn add(&mut self, name: &'static str) -> (Stop, mpsc::Sender<()>) {
        let (ending, ended) = mpsc::channel();
        self.ended.push((name, ended));
        (self.stop.clone(), ending)
    }

    /// Ends all of them.
    pub(crate) fn stop(self) {
        self.trigger.stop();
        let since = clock::stopwatch();
        for (name, ended) in self.ended {
            let left = STOP_TIME_MAX.saturating_sub(since.elapsed());
            if ended.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
                tracing::warn!(worker = name, "does not stop in time");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_to_stop_and_waited_for() {
        let runtime = runtime::Builder::new_multi_thread().build().unwrap();
        let _in_runtime = runtime.enter();
        let (done, dones) = mpsc::channel();
        let mut workers = Workers::new();
        let of_thread = done.clone();
        let on_thread = move |stop: Stop, runtime: runtime::Handle| {
            runtime.block_on(stop.wait());
            of_thread.send("thread").unwrap();
        };
        workers.thread("a", on_thread).unwrap();
        workers.task("b", |stop| async move {
            stop.wait().await;
            done.send("task").unwrap();
        });
        assert!(dones.try_recv().is_err());
        workers.stop();
        let mut done: Vec<&str> = dones.try_iter().collect();
        done.sort_unstable();
        assert_eq!(done, ["task", "thread"]);
    }
}
