//! Quarantine: a thing that is tagged so loses its access within a second, and gets it back when the tag goes.
//!
//! Whoever tags a thing, or asks by an operation, writes a [`Quarantine`] record in the transaction of the request. The worker
//! hears of it after the commit, does what was asked in one transaction together with a journal of it, and then asks the
//! policy engine what the thing can still do. What leads out of a quarantine in force is put back. Releasing restores what the
//! journal has.

mod hold;
mod moving;
mod proof;
mod rule;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;

use thingwarden_store::records::{Quarantine, QuarantineState, Tags, Thing};
use thingwarden_store::{StoreError, Writer};

use crate::api::iot_arn;

pub(crate) use rule::Rule;
pub(crate) use worker::start;

/// Told after each change of the tags or attributes of a thing; asks for what the rule says.
///
/// # Errors
/// When the store fails.
pub(crate) fn noticed(
    rule: &Rule,
    store: &Writer<'_>,
    thing: &str,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    match (rule.wants(before), rule.wants(after)) {
        (false, true) => ask(store, thing).map(drop),
        (true, false) => {
            let arn = iot_arn(store.scope(), &format!("thing/{thing}"));
            let tags = store.get::<Tags>(&arn)?.map(|tags| tags.tags).unwrap_or_default();
            let attributes = store.get::<Thing>(thing)?.map(|thing| thing.attributes).unwrap_or_default();
            // The tag may say so still, or the attribute.
            let wanted = rule.wants(&tags) || rule.wants(&attributes);
            if wanted { Ok(()) } else { ask_release(store, thing).map(drop) }
        }
        _ => Ok(()),
    }
}

/// Asks for a thing's quarantine, in the name of whoever writes. One that is in force stays as it is.
///
/// # Errors
/// When the store fails.
pub(crate) fn ask(store: &Writer<'_>, thing: &str) -> Result<Quarantine, StoreError> {
    let found = store.get::<Quarantine>(thing)?;
    let state = found.as_ref().map(|found| found.state);
    if state == Some(QuarantineState::InForce) {
        return store.require(thing);
    }
    // Its end was asked for and has not come: it goes on.
    let is_on = state == Some(QuarantineState::ReleaseAsked);
    let state = if is_on { QuarantineState::InForce } else { QuarantineState::Asked };
    put(store, thing, state, found)
}

/// Asks for the end of a thing's quarantine; none when it is not in quarantine.
///
/// # Errors
/// When the store fails.
pub(crate) fn ask_release(store: &Writer<'_>, thing: &str) -> Result<Option<Quarantine>, StoreError> {
    let Some(found) = store.get::<Quarantine>(thing)? else { return Ok(None) };
    match found.state {
        QuarantineState::InForce | QuarantineState::ReleaseAsked => {
            put(store, thing, QuarantineState::ReleaseAsked, Some(found)).map(Some)
        }
        // It has not begun.
        QuarantineState::Asked | QuarantineState::Failed => {
            put(store, thing, QuarantineState::Released, Some(found)).map(Some)
        }
        QuarantineState::Released => Ok(None),
    }
}

fn put(
    store: &Writer<'_>,
    thing: &str,
    state: QuarantineState,
    found: Option<Quarantine>,
) -> Result<Quarantine, StoreError> {
    let changes = found.map(|found| found.changes).unwrap_or_default();
    let quarantine = Quarantine {
        thing: thing.to_owned(),
        state,
        by: store.actor().principal.clone(),
        asked_ms: store.actor().at_ms,
        done_ms: None,
        changes,
        error: None,
        proof: None,
    };
    store.put(&quarantine)?;
    Ok(quarantine)
}
