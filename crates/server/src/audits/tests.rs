//! Audits of a store: the same as offline, on time, and to the end whatever happens.

mod ended;
mod example;
mod life;
mod live;

use std::collections::BTreeMap;

use thingwarden_engine::audit::checks::ALL;
use thingwarden_engine::audit::report::{AuditReport, CheckOutcome};
use thingwarden_engine::audit::runner::report;
use thingwarden_engine::audit::{Check, Settings, run_check};
use thingwarden_engine::fleet::{Fact, FleetView, Wanted, WantedDate};
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::Certificate;
use thingwarden_store::{Actor, Filter, Query, Scope, Store, StoreError, Writer};

use super::view::{StoreView, Surroundings};
use crate::snapshot::tests::Silent;
use crate::snapshot::{LoadOptions, Loaded, load};

/// When the example fleet is as it was made to be.
const NOW: &str = "2026-11-25T12:00:00Z";

fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

pub(super) fn write(
    store: &Store,
    scope: &Scope,
    work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static,
) {
    let actor = Actor {
        principal: "test".to_owned(),
        operation: "test".to_owned(),
        request_id: "test".to_owned(),
        source_ip: None,
        at_ms: 0,
    };
    store.write_waiting(scope, actor, work).unwrap();
}

fn example() -> Loaded {
    let options = LoadOptions {
        now: now(),
        jobs: 1,
        keep_moduli: true,
        keep_groups: true,
        key_checker: KeyChecker::builtin(),
        account: None,
        region: None,
        parameters: Default::default(),
        online: None,
    };
    load(&[example::folder()], &options, &Silent).unwrap()
}

/// The example fleet in a store.
fn stored(loaded: Loaded) -> (tempfile::TempDir, Store, Scope) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&thingwarden_store::Options { folder: folder.path().to_owned() }).unwrap();
    let scope = Scope::new("123456789012", "us-east-1");
    write(&store, &scope, move |store| example::write(store, &loaded.fleet));
    (folder, store, scope)
}

fn around(key_checker: &KeyChecker) -> Surroundings<'_> {
    let stop = &|| false;
    Surroundings {
        now: now(),
        key_checker,
        own_ca: None,
        fetched: &[],
        not_fetched: &[],
        is_live: false,
        stop,
    }
}

fn audit(fleet: &dyn FleetView) -> AuditReport {
    let runs = ALL.iter().map(|check| run_check(check, fleet, &Settings::default())).collect();
    report(fleet, runs, &[])
}

/// What a check said, without where in the input it was.
fn said(outcome: &CheckOutcome) -> String {
    let mut lines = vec![format!(
        "{} {} examined={} bad={} {:?} {:?}",
        outcome.check.name,
        outcome.status.as_str(),
        outcome.examined,
        outcome.non_compliant,
        outcome.error_code,
        outcome.gaps.iter().map(|(why, gap)| (why, gap.count)).collect::<BTreeMap<_, _>>(),
    )];
    for found in &outcome.findings {
        let finding = &found.finding;
        lines.push(format!(
            "  {} {} | {} | {:?} | {:?}",
            finding.resource,
            finding.reason.code,
            finding.sentence(),
            finding.additional,
            finding.related
        ));
    }
    lines.join("\n")
}

/// A list of published keys comes with an offline audit only, and the store is written from a picture that does not tell its groups.
fn same_facts(check: &Check) -> bool {
    !check.reads.contains(&Fact::KnownKeys) && !check.reads.contains(&Fact::ThingGroups)
}

#[test]
fn a_store_gives_the_findings_of_a_snapshot() {
    let loaded = example();
    let offline = audit(&loaded.fleet);
    let (_folder, store, scope) = stored(loaded);
    let checker = KeyChecker::builtin();
    store
        .read(&scope, |reader| {
            let view = StoreView::new(reader, around(&checker));
            let online = audit(&view);
            assert!(view.take_trouble().is_none());
            assert!(offline.findings().count() > 10, "the example has something of everything");
            for (ours, theirs) in online.outcomes.iter().zip(&offline.outcomes) {
                if same_facts(ours.check) {
                    assert_eq!(said(ours), said(theirs));
                }
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn many_certificates_of_one_issuer_are_asked_for_once() {
    let (_folder, store, scope) = stored(example());
    let checker = KeyChecker::builtin();
    store
        .read(&scope, |reader| {
            let view = StoreView::new(reader, around(&checker));
            let (mut shown, mut stood_for) = (0, 0);
            view.each_alike(&mut |_, count| {
                shown += 1;
                stood_for += count;
            });
            let in_force = reader.count::<Certificate>(&[Filter::eq("in_force", true)])?;
            assert_eq!(stood_for, in_force);
            assert!(shown < in_force, "{shown} of {in_force}");
            assert!(reader.list::<Certificate>(&Query::default())?.items.len() as u64 >= in_force);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn keys_out_of_force_are_compared_and_not_judged() {
    let (_folder, store, scope) = stored(example());
    let is_rsa = Filter::NotZero("rsa_bits");
    let rsa: Vec<Certificate> = store.read(&scope, |reader| reader.all(&[is_rsa])).unwrap();
    let in_force = rsa.iter().filter(|one| one.in_force()).count();
    let revoked = rsa.iter().find(|one| one.in_force()).cloned().unwrap();
    let id = revoked.id.clone();
    write(&store, &scope, move |store| {
        store.update(&Certificate { status: "REVOKED".to_owned(), ..revoked })
    });
    let checker = KeyChecker::builtin();
    store
        .read(&scope, |reader| {
            let view = StoreView::new(reader, around(&checker));
            let mut shown = vec![];
            view.each_in_force(Wanted::RsaKey, &mut |one| shown.push(one.id.to_string()));
            assert_eq!(shown.len(), in_force - 1);
            assert!(!shown.contains(&id));
            assert_eq!(view.count_in_force(Wanted::RsaKey), shown.len() as u64);
            let moduli = view.rsa_moduli().unwrap();
            assert!(moduli.iter().any(|(one, ..)| one.to_string() == id));
            assert_eq!(moduli.iter().filter(|(_, is_ca, _)| !is_ca).count(), rsa.len());
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_view_that_is_to_stop_says_so() {
    let (_folder, store, scope) = stored(example());
    let checker = KeyChecker::builtin();
    write(&store, &scope, |store| {
        let template = store.list::<Certificate>(&Query { limit: 1, ..Query::default() })?.items.remove(0);
        for number in 0..3000 {
            let id = format!("{number:064x}");
            store.insert(&Certificate { id, status: "ACTIVE".to_owned(), ..template.clone() })?;
        }
        Ok(())
    });
    let stop = &|| true;
    let around = Surroundings { stop, ..around(&checker) };
    store
        .read(&scope, |reader| {
            let view = StoreView::new(reader, around);
            let all = WantedDate::ExpiresBy(Timestamp::from_millis(i64::MAX));
            view.each_dated(all, &mut |_| {});
            assert!(matches!(view.take_trouble(), Some(super::view::Trouble::Stopped)));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}
