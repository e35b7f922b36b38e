//! Whatever runs come after each other, each shows what it found, as if every run had written all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::sync_channel;

use proptest::prelude::*;
use thingwarden_engine::audit::Finding;
use thingwarden_engine::audit::Resource;
use thingwarden_engine::audit::checks::find;
use thingwarden_engine::audit::report::CheckRunStatus;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::AuditCheckRun;

use super::super::findings::{self, Wanted, When};
use super::super::keeper::Keeper;
use super::super::runner::Ended;
use super::*;
use crate::api::testing::Api;

const CHECK: &str = "DEVICE_CERTIFICATE_EXPIRING_CHECK";
const DAY_MS: i64 = 86_400_000;
/// What the configuration says when nobody says anything.
const RETENTION_MS: i64 = 90 * DAY_MS;

/// A finding as the model knows it: which resource, which of the check's reasons, in which form, and whether suppressed.
type One = (u8, u8, u8, bool);

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A run that comes to its end.
    Run { found: Vec<One>, kind: Kind },
    /// A run that has written so many of its changes when the server is killed, or the task canceled.
    Broken { found: Vec<One>, kind: Kind, written: usize },
    /// So much time goes by, and what is too old goes.
    Days(u8),
}

/// What a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Everything that had happened so many minutes before.
    Complete { lag: u8 },
    /// Everything, without all that it needs.
    Incomplete,
    /// Only what it found.
    Live,
}

impl Kind {
    /// Up to when what it does not find is not there.
    fn judged_until_ms(self, at_ms: i64) -> Option<i64> {
        match self {
            Self::Complete { lag } => Some(at_ms - i64::from(lag) * 60_000),
            Self::Incomplete | Self::Live => None,
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (0..3u8).prop_map(|lag| Kind::Complete { lag }),
        2 => Just(Kind::Incomplete),
        3 => Just(Kind::Live),
    ]
}

fn found() -> impl Strategy<Value = Vec<One>> {
    // Each resource with each reason once: what a check finds twice is once there.
    let one = (0..4u8, 0..2u8, 0..2u8, any::<bool>());
    proptest::collection::vec(one, 0..7).prop_map(|found| {
        let by_identity: BTreeMap<(u8, u8), One> =
            found.into_iter().map(|one| ((one.0, one.1), one)).collect();
        by_identity.into_values().collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (found(), kind()).prop_map(|(found, kind)| Step::Run { found, kind }),
        2 => (found(), kind(), 0..8usize)
            .prop_map(|(found, kind, written)| Step::Broken { found, kind, written }),
        1 => (1..60u8).prop_map(Step::Days),
    ]
}

/// What is known of a finding over all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    first_seen_ms: i64,
    last_seen_ms: i64,
    fixed_ms: Option<i64>,
    regressed_ms: Option<i64>,
}

/// A store that keeps everything.
#[derive(Default)]
struct Naive {
    /// Tasks with when they were started and what they found.
    runs: Vec<(String, i64, Vec<One>)>,
    lives: BTreeMap<(u8, u8), Life>,
}

impl Naive {
    fn run(&mut self, task: &str, at_ms: i64, found: &[One], kind: Kind) {
        self.runs.push((task.to_owned(), at_ms, found.to_vec()));
        let seen: BTreeSet<(u8, u8)> = found.iter().map(|one| (one.0, one.1)).collect();
        for identity in &seen {
            let new = Life { first_seen_ms: at_ms, last_seen_ms: at_ms, fixed_ms: None, regressed_ms: None };
            let life = self.lives.entry(*identity).or_insert(new);
            life.last_seen_ms = at_ms;
            if life.fixed_ms.take().is_some() {
                life.regressed_ms = Some(at_ms);
            }
        }
        let Some(until_ms) = kind.judged_until_ms(at_ms) else { return };
        for (identity, life) in &mut self.lives {
            if !seen.contains(identity) && life.last_seen_ms <= until_ms && life.fixed_ms.is_none() {
                life.fixed_ms = Some(at_ms);
            }
        }
    }

    fn clean(&mut self, before_ms: i64) {
        self.runs.retain(|(_, started_ms, _)| *started_ms > before_ms);
        self.lives.retain(|_, life| life.fixed_ms.is_none_or(|fixed_ms| fixed_ms > before_ms));
    }
}

fn outcome(task: &AuditTask, found: &[One], kind: Kind) -> CheckOutcome {
    let check = find(CHECK).unwrap();
    let complete = kind != Kind::Incomplete;
    let judged_until_ms = kind.judged_until_ms(task.started_ms).unwrap_or(task.started_ms);
    let findings = found.iter().map(|(resource, reason, form, suppressed)| ReportedFinding {
        finding: Finding {
            resource: Resource::ClientId(format!("c{resource}")),
            reason: check.reasons[usize::from(*reason)],
            text: Some(format!("form {form}")),
            additional: vec![],
            related: vec![],
            source: None,
        },
        id: task.id.clone(),
        suppressed: *suppressed,
    });
    CheckOutcome {
        check,
        status: if complete { CheckRunStatus::CompletedNonCompliant } else { CheckRunStatus::Failed },
        examined: 9,
        non_compliant: 0,
        suppressed: 0,
        error_code: (!complete).then_some("PARTIAL_DATA"),
        judged_until: Timestamp::from_millis(judged_until_ms),
        message: None,
        gaps: BTreeMap::new(),
        findings: findings.collect(),
    }
}

fn one_of(finding: &findings::RunFinding) -> One {
    let reasons = find(CHECK).unwrap().reasons;
    let digit = |text: &str| text.chars().last().and_then(|last| last.to_digit(10)).unwrap() as u8;
    let reason = reasons.iter().position(|reason| reason.code == finding.reason_code).unwrap() as u8;
    (digit(&finding.resource_key), reason, digit(&finding.reason), finding.suppressed)
}

fn add(api: &Api, number: usize, kind: Kind) -> AuditTask {
    let task = AuditTask {
        id: format!("{number:08x}{:024}", 0),
        status: "IN_PROGRESS".to_owned(),
        task_type: "ON_DEMAND_AUDIT_TASK".to_owned(),
        schedule: None,
        started_ms: api.now_ms(),
        ended_ms: None,
        checks: [(CHECK.to_owned(), [].into())].into(),
        is_live: kind == Kind::Live,
    };
    let written = task.clone();
    api.write(move |store| super::super::add_task(store, &written));
    task
}

fn end(api: &Api, task: &AuditTask) {
    let ended = AuditTask { status: "COMPLETED".to_owned(), ended_ms: Some(api.now_ms()), ..task.clone() };
    api.write(move |store| store.update(&ended));
}

fn carry_out(api: &mut Api, naive: &mut Naive, number: usize, step: &Step) {
    api.advance_seconds(60);
    let (scope, auditor) = (api.scope(), api.auditor());
    match step {
        Step::Run { found, kind } => {
            let task = add(api, number, *kind);
            let before = spans_of_others(api, found);
            let (to, from) = sync_channel(1);
            to.send(Ended::Judged(outcome(&task, found, *kind))).unwrap();
            drop(to);
            let kept = Keeper::new(&auditor, &scope, &task, api.now_ms()).keep_all(&from);
            assert!(kept.is_ok());
            if let Some(before) = before.filter(|_| *kind == Kind::Live) {
                assert_eq!(spans_of_others(api, found), Some(before), "a live run leaves others alone");
            }
            end(api, &task);
            naive.run(&task.id, task.started_ms, found, *kind);
        }
        Step::Broken { found, kind, written } => {
            let task = add(api, number, *kind);
            let tracked = auditor.track(&scope, &task, &outcome(&task, found, *kind), api.now_ms());
            let some: Vec<FindingSpan> = tracked.unwrap().spans.into_iter().take(*written).collect();
            api.write(move |store| some.iter().try_for_each(|span| store.put(span)));
            // Of every second one the next run has to find out by itself.
            if written % 2 == 0 {
                auditor.forget_run(&scope, &task.id, CHECK, api.now_ms()).unwrap();
            }
            end(api, &task);
            naive.runs.push((task.id, task.started_ms, vec![]));
        }
        Step::Days(days) => {
            api.advance_seconds(i64::from(*days) * DAY_MS / 1000);
            auditor.clean(api.now_ms()).unwrap();
            naive.clean(api.now_ms() - RETENTION_MS);
        }
    }
}

/// What is kept of resources that are not among these; none when something is left of a run that broke off, which the next
/// one takes back.
fn spans_of_others(api: &Api, found: &[One]) -> Option<Vec<FindingSpan>> {
    if api.read(|store| has_left_overs(store, CHECK)) {
        return None;
    }
    let is_other = |span: &FindingSpan| {
        !found.iter().any(|one| span.content.resource_key == key(&Resource::ClientId(format!("c{}", one.0))))
    };
    Some(api.read(|store| store.all::<FindingSpan>(&[])).into_iter().filter(is_other).collect())
}

/// All pages of a listing, `limit` findings each.
fn pages(api: &Api, wanted: &Wanted<'_>, limit: usize) -> Vec<findings::RunFinding> {
    let (mut all, mut after) = (vec![], None);
    loop {
        let page = api.read(|store| findings::list(store, wanted, after.as_ref(), limit));
        assert!(page.items.len() <= limit);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

fn compare(api: &Api, naive: &Naive) {
    let in_order =
        |found: &[One]| found.iter().copied().collect::<BTreeSet<One>>().into_iter().collect::<Vec<_>>();
    let mut ids = BTreeSet::new();
    let mut by_time = vec![];
    for (task, started_ms, found) in &naive.runs {
        let all = Wanted { when: When::Task(task), check: None, resource: None, suppressed: None };
        let listed = pages(api, &all, 2);
        assert_eq!(in_order(&listed.iter().map(one_of).collect::<Vec<_>>()), in_order(found), "{task}");
        assert_eq!(listed.len(), found.len());
        let mut read = vec![];
        api.read(|store| {
            findings::each::<StoreError>(store, task, CHECK, &mut |one| {
                read.push(one);
                Ok(())
            })
        });
        assert_eq!(read, listed);
        let suppressed = pages(api, &Wanted { suppressed: Some(true), ..all }, 3);
        assert_eq!(suppressed, listed.iter().filter(|one| one.suppressed).cloned().collect::<Vec<_>>());
        for one in &listed {
            assert_eq!((one.task.as_str(), one.task_started_ms), (task.as_str(), *started_ms));
            assert_eq!(api.read(|store| findings::get(store, &one.id)).as_ref(), Some(one));
            assert!(ids.insert(one.id.clone()), "two findings have one id");
        }
        by_time.extend(listed);
    }
    let always = When::Time { from_ms: 0, to_ms: i64::MAX };
    let all = Wanted { when: always, check: Some(CHECK), resource: None, suppressed: None };
    assert_eq!(pages(api, &all, 3), by_time);
    for number in 0..4u8 {
        let key = crate::audits::resources::key(&Resource::ClientId(format!("c{number}")));
        let resource = crate::audits::resources::Meant {
            resource_type: thingwarden_engine::audit::ResourceType::ClientId,
            key: key.clone(),
            complete: true,
        };
        let of_resource: Vec<_> = by_time.iter().filter(|one| one.resource_key == key).cloned().collect();
        assert_eq!(pages(api, &Wanted { resource: Some(&resource), ..all }, 2), of_resource);
    }
}

/// Lives are compared where every broken run was taken back.
fn compare_lives(api: &Api, naive: &Naive) {
    let latest = api.read(|store| store.all::<FindingSpan>(&[Filter::eq("latest", true)]));
    let history = api.read(|store| history(store, CHECK));
    let lives: BTreeMap<(u8, u8), Life> = latest
        .iter()
        .map(|span| {
            let reasons = find(CHECK).unwrap().reasons;
            let resource = span.content.resource_key.bytes().last().unwrap() - b'0';
            let reason = reasons.iter().position(|one| one.code == span.content.reason_code).unwrap() as u8;
            let FindingSpan { first_seen_ms, regressed_ms, .. } = *span;
            let last_seen_ms = span.seen_ms(&history).unwrap();
            let life = Life { first_seen_ms, last_seen_ms, fixed_ms: span.fixed_ms(), regressed_ms };
            ((resource, reason), life)
        })
        .collect();
    assert_eq!(lives, naive.lives);
    assert_eq!(lives.len(), latest.len(), "a finding has two last words");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_run_that_is_kept_shows_what_it_found(steps in proptest::collection::vec(step(), 1..14)) {
        let (mut api, mut naive) = (Api::new(), Naive::default());
        for (number, step) in (1..).zip(&steps) {
            carry_out(&mut api, &mut naive, number, step);
            compare(&api, &naive);
            let has_left_overs = api.read(|store| has_left_overs(store, CHECK));
            if !has_left_overs {
                compare_lives(&api, &naive);
            }
        }
    }
}

#[test]
fn a_run_that_finds_the_same_writes_no_finding() {
    let (mut api, mut naive) = (Api::new(), Naive::default());
    let found = vec![(0, 0, 0, false), (1, 0, 0, true), (2, 1, 1, false)];
    let kind = Kind::Complete { lag: 0 };
    let run = Step::Run { found: found.clone(), kind };
    carry_out(&mut api, &mut naive, 1, &run);
    let spans = |api: &Api| api.read(|store| store.all::<FindingSpan>(&[]));
    let before = spans(&api);
    for number in 2..5 {
        carry_out(&mut api, &mut naive, number, &run);
        assert_eq!(spans(&api), before);
        compare(&api, &naive);
    }
    let runs = api.read(|store| store.all::<AuditCheckRun>(&[]));
    assert_eq!(runs.iter().map(|run| run.number).collect::<Vec<_>>(), [1, 2, 3, 4].map(Some));
    let changed = vec![(0, 0, 1, false), (1, 0, 0, true), (2, 1, 1, false)];
    carry_out(&mut api, &mut naive, 5, &Step::Run { found: changed, kind });
    assert_eq!(spans(&api).len(), before.len() + 1);
    compare(&api, &naive);
}

#[test]
fn a_live_run_between_complete_runs_costs_what_it_found() {
    let (mut api, mut naive) = (Api::new(), Naive::default());
    let stands = vec![(0, 0, 0, false), (1, 0, 0, false)];
    let mut with_new = stands.clone();
    with_new.push((2, 0, 0, false));
    let lag = Kind::Complete { lag: 2 };
    let steps = [
        (stands.clone(), lag, 2),
        (vec![(2, 0, 0, false)], Kind::Live, 3),
        // It does not see so far, and says so of no other.
        (stands.clone(), lag, 3),
        (vec![(3, 0, 0, false)], Kind::Live, 4),
        (with_new, lag, 5),
    ];
    for (number, (found, kind, spans)) in (1..).zip(steps) {
        carry_out(&mut api, &mut naive, number, &Step::Run { found, kind });
        compare(&api, &naive);
        compare_lives(&api, &naive);
        assert_eq!(api.read(|store| store.count::<FindingSpan>(&[])), spans, "step {number}");
        let unchanged = [Filter::eq("first_run", 1), Filter::eq("changed_run", 1)];
        assert_eq!(api.read(|store| store.count::<FindingSpan>(&unchanged)), 2, "step {number}");
    }
}
