//! Does what was asked, as soon as it is committed.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::{
    Certificate, PolicyAttachment, Quarantine, QuarantineState, ThingGroup, ThingGroupMember, ThingPrincipal,
};
use thingwarden_store::{Actor, Filter, Scope, StoreError, Writer};

use super::hold::{self, Escaped, Place};
use super::moving::{self, Failure};
use super::proof;
use crate::api::App;
use crate::http::Stop;
use crate::mitigation::undo;
use crate::workers::Workers;

/// What the trail calls it.
const PRINCIPAL: &str = "thingwarden:quarantine";
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Begins.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let app = Arc::clone(app);
    workers.thread("quarantine", move |stop, runtime| run_until_stopped(&app, stop, &runtime))
}

fn run_until_stopped(app: &App, stop: Stop, runtime: &tokio::runtime::Handle) {
    let store = &app.store;
    let mut changes = [
        store.changes::<Quarantine>(),
        store.changes::<ThingPrincipal>(),
        store.changes::<ThingGroupMember>(),
        store.changes::<Certificate>(),
        store.changes::<PolicyAttachment>(),
        store.changes::<ThingGroup>(),
    ];
    let mut place = Place::default();
    while !stop.is_stopping() {
        changes.iter_mut().for_each(|changes| drop(changes.borrow_and_update()));
        let now_ms = || crate::clock::now_precise().millis();
        let worked = work(app, now_ms).and_then(|()| keep(app, &mut place, now_ms));
        if let Err(error) = &worked {
            tracing::error!(%error, "quarantine cannot go on: the store failed");
        }
        let [a, b, c, d, e, f] = &mut changes;
        runtime.block_on(async {
            tokio::select! {
                _ = a.changed() => {}
                _ = b.changed() => {}
                _ = c.changed() => {}
                _ = d.changed() => {}
                _ = e.changed() => {}
                _ = f.changed() => {}
                () = stop.clone().wait() => {}
                () = tokio::time::sleep(PAUSE_AFTER_FAILURE), if worked.is_err() => {}
            }
        });
    }
}

/// Puts back what has come out of its quarantine since the last call.
///
/// # Errors
/// When the store fails.
pub(super) fn keep(app: &App, place: &mut Place, now_ms: impl Fn() -> i64) -> Result<(), StoreError> {
    for Escaped { scope, quarantine } in hold::escaped(app, place)? {
        let held = write(app, &scope, &quarantine, now_ms(), {
            let (rule, thing) = (app.quarantine.clone(), quarantine.thing.clone());
            move |store| put_back_in(store, &rule, &thing)
        });
        match held {
            Ok(()) => note_proof(app, &scope, &quarantine, now_ms())?,
            Err(Failure::Store(error)) => return Err(error),
            Err(failure) => {
                tracing::error!(thing = quarantine.thing, %failure, "a thing cannot be kept in quarantine");
            }
        }
    }
    Ok(())
}

/// Puts a thing back that shall be in quarantine.
fn put_back_in(store: &Writer<'_>, rule: &super::Rule, thing: &str) -> Result<(), Failure> {
    let Some(mut quarantine) = store.get::<Quarantine>(thing)? else { return Ok(()) };
    if quarantine.state == QuarantineState::InForce {
        tracing::warn!(thing, "a thing had come out of quarantine and is put back");
        quarantine.changes = moving::merge(quarantine.changes, moving::put_in(store, rule, thing)?);
        quarantine.done_ms = Some(store.actor().at_ms);
        store.update(&quarantine)?;
    }
    Ok(())
}

/// Everything that there is to do.
///
/// # Errors
/// When the store fails.
pub(super) fn work(app: &App, now_ms: impl Fn() -> i64) -> Result<(), StoreError> {
    for scope in app.store.read(&Scope::new("", ""), |store| store.scopes())? {
        let waiting =
            app.store.read(&scope, |store| store.all::<Quarantine>(&[Filter::NotZero("waiting")]))?;
        for asked in waiting {
            let settled = write(app, &scope, &asked, now_ms(), {
                let (rule, thing) = (app.quarantine.clone(), asked.thing.clone());
                move |store| settle(store, &rule, &thing)
            });
            match settled {
                Ok(()) => note_proof(app, &scope, &asked, now_ms())?,
                Err(Failure::Store(error)) => return Err(error),
                Err(failure) => {
                    tracing::error!(thing = asked.thing, %failure, "a thing cannot be put into quarantine");
                    let (thing, error) = (asked.thing.clone(), failure.to_string());
                    write(app, &scope, &asked, now_ms(), move |store| note_failure(store, &thing, error))?;
                }
            }
        }
    }
    Ok(())
}

fn write<E: From<StoreError> + Send + 'static>(
    app: &App,
    scope: &Scope,
    asked: &Quarantine,
    at_ms: i64,
    work: impl FnOnce(&Writer<'_>) -> Result<(), E> + Send + 'static,
) -> Result<(), E> {
    let operation = match asked.state {
        QuarantineState::ReleaseAsked => "quarantine:Release",
        QuarantineState::InForce => "quarantine:Keep",
        _ => "quarantine:PutIn",
    };
    let actor = Actor {
        principal: PRINCIPAL.to_owned(),
        operation: operation.to_owned(),
        request_id: asked.thing.clone(),
        source_ip: None,
        at_ms,
    };
    app.store.write_waiting(scope, actor, work)
}

/// Does what the record asks for, whatever that is by now.
fn settle(store: &Writer<'_>, rule: &super::Rule, thing: &str) -> Result<(), Failure> {
    let Some(mut quarantine) = store.get::<Quarantine>(thing)? else { return Ok(()) };
    match quarantine.state {
        QuarantineState::Asked => {
            quarantine.changes = moving::put_in(store, rule, thing)?;
            quarantine.state = QuarantineState::InForce;
            tracing::warn!(thing, by = quarantine.by, "a thing is in quarantine");
        }
        QuarantineState::ReleaseAsked => {
            let differences = undo::put_back(store, &quarantine.changes)?;
            if differences.is_empty() {
                quarantine.changes = vec![];
                quarantine.state = QuarantineState::Released;
                tracing::warn!(thing, by = quarantine.by, "a thing is out of quarantine");
            } else {
                quarantine.error = Some(undo::in_words(&differences));
                quarantine.state = QuarantineState::InForce;
            }
        }
        QuarantineState::InForce | QuarantineState::Released | QuarantineState::Failed => return Ok(()),
    }
    quarantine.done_ms = Some(store.actor().at_ms);
    store.update(&quarantine)?;
    Ok(())
}

/// What the policy engine says about a quarantine that has come into force. Computed beside the thread that writes.
fn note_proof(app: &App, scope: &Scope, asked: &Quarantine, at_ms: i64) -> Result<(), StoreError> {
    let thing = asked.thing.clone();
    let proved = app.store.read(scope, |store| {
        let quarantine = store.get::<Quarantine>(&thing)?;
        let in_force = quarantine.filter(|one| one.state == QuarantineState::InForce);
        in_force.map(|_| proof::of_thing(store, &thing)).transpose()
    });
    let proof = match proved {
        Ok(Some(proof)) => proof,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::error!(thing, error = %error.told, "whether the quarantine holds cannot be proved");
            return Ok(());
        }
    };
    if proof.result != proof::Result::Proved {
        tracing::warn!(thing, ?proof, "a thing in quarantine may still reach something");
    }
    let proof = serde_json::to_value(&proof).ok();
    write(app, scope, asked, at_ms, move |store| match store.get::<Quarantine>(&thing)? {
        Some(one) if one.state == QuarantineState::InForce => store.update(&Quarantine { proof, ..one }),
        _ => Ok(()),
    })
}

fn note_failure(store: &Writer<'_>, thing: &str, error: String) -> Result<(), StoreError> {
    let Some(quarantine) = store.get::<Quarantine>(thing)? else { return Ok(()) };
    let done_ms = Some(store.actor().at_ms);
    store.update(&Quarantine { state: QuarantineState::Failed, done_ms, error: Some(error), ..quarantine })
}
