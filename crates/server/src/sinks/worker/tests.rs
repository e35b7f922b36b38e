//! The way of a run to its end.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use thingwarden_engine::audit::Severity;
use thingwarden_store::records::{AuditCheckRun, CheckNumbers};

use super::super::{Sending, Sink, audit_ended};
use super::*;
use crate::api::testing::app_with_sinks;
use crate::audits::findings::samples;

/// Takes what it is told to take, and remembers it.
#[derive(Debug, Default)]
struct Fake {
    /// How many of the next parts fail.
    failures: AtomicI64,
    parts: Mutex<Vec<String>>,
}

impl Sink for Arc<Fake> {
    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a> {
        Box::pin(async move {
            if self.failures.fetch_sub(1, Ordering::SeqCst) > 0 {
                return Err(Trouble::new("down"));
            }
            let (text, sent) = match part.what {
                What::Findings(findings) => (format!("{} findings", findings.len()), findings.len()),
                What::End { summary, runs } => (format!("end new={} checks={}", summary.new, runs.len()), 0),
            };
            self.parts.lock().unwrap().push(format!("{}: {text}", part.about.task));
            Ok(Taken { sent: sent as u64, ..Taken::default() })
        })
    }
}

struct Fixture {
    _folder: tempfile::TempDir,
    worker: Worker<Box<dyn Fn() -> i64 + Send + Sync>>,
    fake: Arc<Fake>,
    scope: Scope,
}

/// A store with audits of 150 findings each that have just ended, and a clock that goes on by an hour each time it is looked at.
async fn fixture(tasks: &[&str]) -> Fixture {
    let fake = Arc::new(Fake::default());
    let sink = Configured::new("s", Severity::Low, Box::new(Arc::clone(&fake)));
    let sink = Arc::new(sink);
    let (folder, app) = app_with_sinks(vec![Arc::clone(&sink)]);
    let app = Arc::new(app);
    let scope = Scope::new("123456789012", "us-east-1");
    let clock = AtomicI64::new(1_000_000_000);
    let now_ms: Box<dyn Fn() -> i64 + Send + Sync> =
        Box::new(move || clock.fetch_add(3_600_000, Ordering::SeqCst));
    let worker = Worker { app, sink, now_ms };
    for (number, id) in tasks.iter().enumerate() {
        let (app, id) = (Arc::clone(&worker.app), (*id).to_owned());
        worker.write(&scope, move |store| add_task(&app, store, &id, number)).await.unwrap();
    }
    Fixture { _folder: folder, worker, fake, scope }
}

fn add_task(app: &App, store: &Writer<'_>, id: &str, number: usize) -> Result<(), StoreError> {
    let started_ms = 1_000 + i64::try_from(number).unwrap();
    let task = AuditTask {
        id: id.to_owned(),
        status: "COMPLETED".to_owned(),
        task_type: "ON_DEMAND_AUDIT_TASK".to_owned(),
        schedule: None,
        started_ms,
        ended_ms: Some(started_ms),
        checks: [("A".to_owned(), BTreeMap::new())].into(),
        is_live: false,
    };
    store.put(&task)?;
    let mut run = AuditCheckRun::waiting(id, "A");
    (run.status, run.examined, run.non_compliant) = ("COMPLETED_NON_COMPLIANT".to_owned(), 200, 150);
    store.put(&run)?;
    for number in 0..150 {
        samples::put(store, &samples::finding(id, started_ms, "A", &format!("{number:03}")))?;
    }
    audit_ended(app, store, &task, &[run])
}

impl Fixture {
    fn runs(&self) -> Vec<SinkRun> {
        self.worker.store().read(&self.scope, |store| store.all::<SinkRun>(&[])).unwrap()
    }

    fn parts(&self) -> Vec<String> {
        self.fake.parts.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn audits_are_told_one_after_another_page_by_page() {
    let fixture = fixture(&["t1", "t2"]).await;
    while let Some((scope, run)) = fixture.worker.next_run().unwrap() {
        fixture.worker.carry_out(&scope, run).await.unwrap();
    }
    let expected = [
        "t1: 100 findings",
        "t1: 50 findings",
        "t1: end new=150 checks=1",
        "t2: 100 findings",
        "t2: 50 findings",
        "t2: end new=150 checks=1",
    ];
    assert_eq!(fixture.parts(), expected);
    let ends: Vec<_> = fixture.runs().iter().map(|run| (run.state, run.sent)).collect();
    assert_eq!(ends, [(SinkRunState::Done, 150), (SinkRunState::Done, 150)]);
    let position = fixture.worker.store().read(&fixture.scope, |store| store.get::<SinkPosition>("s"));
    assert_eq!(position.unwrap().unwrap().through_ms, 1_001);
    let numbers =
        fixture.worker.store().read(&fixture.scope, |store| store.all::<CheckNumbers>(&[])).unwrap();
    assert_eq!((numbers.len(), numbers[0].examined, numbers[0].non_compliant), (1, 200, 150));
    assert_eq!(numbers[0].schedule, "OnDemand");
}

#[tokio::test]
async fn a_sink_that_is_down_for_a_while_loses_nothing() {
    let fixture = fixture(&["t"]).await;
    fixture.fake.failures.store(3, Ordering::SeqCst);
    let (scope, run) = fixture.worker.next_run().unwrap().unwrap();
    fixture.worker.carry_out(&scope, run).await.unwrap();
    assert_eq!(fixture.parts(), ["t: 100 findings", "t: 50 findings", "t: end new=150 checks=1"]);
    assert_eq!(fixture.runs()[0].retries.last_error, None);
    assert_eq!(fixture.worker.sink.counters.failures.get(), 3);
}

#[tokio::test]
async fn a_sink_that_is_down_for_a_day_loses_its_turn() {
    let fixture = fixture(&["t1", "t2"]).await;
    fixture.fake.failures.store(i64::MAX, Ordering::SeqCst);
    let (scope, run) = fixture.worker.next_run().unwrap().unwrap();
    fixture.worker.carry_out(&scope, run).await.unwrap();
    let runs = fixture.runs();
    assert_eq!((runs[0].state, runs[0].retries.last_error.as_deref()), (SinkRunState::Failed, Some("down")));
    assert_eq!(runs[1].state, SinkRunState::Waiting);
    let position = fixture.worker.store().read(&fixture.scope, |store| store.get::<SinkPosition>("s"));
    assert_eq!(position.unwrap(), None, "what was fixed meanwhile is told later");
}

#[tokio::test]
async fn a_run_goes_on_where_it_was() {
    let fixture = fixture(&["t"]).await;
    let (scope, mut run) = fixture.worker.next_run().unwrap().unwrap();
    let first = fixture.worker.store().read(&scope, |store| {
        let task = store.require::<AuditTask>("t")?;
        let about = About::new(&scope, &task);
        let wanted =
            Wanted { task: &task, about: &about, min_severity: Severity::Low, joins: None, fixed_from_ms: 0 };
        wanted.page(store, &SinkPlace::Start)
    });
    run.place = first.unwrap().next;
    fixture.worker.carry_out(&scope, run).await.unwrap();
    assert_eq!(fixture.parts(), ["t: 50 findings", "t: end new=50 checks=1"]);
}

#[test]
fn pauses_grow_to_five_minutes_and_never_end() {
    let pause = |attempts| SINKS.delay_ms(attempts, 0.0).unwrap();
    assert_eq!(
        [1, 2, 3, 9, 10, 40, u32::MAX].map(pause),
        [1000, 2000, 4000, 256_000, 300_000, 300_000, 300_000]
    );
}
