//! What a new version of a policy adds to the version in force and takes away from it, for the audit trail.

use std::sync::Arc;

use thingwarden_engine::policy::{Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::prove::{self, Answer, Change, Device, diff};
use thingwarden_store::records::{Policy, PolicyComparison, PolicyVersion, place_of};
use thingwarden_store::{Reader, StoreError};

use super::cx::Cx;

/// Requests that are told of each side, one for each action.
const TOLD_MAX: usize = 20;

/// Compares a document with the version of the policy that is in force, if both can be read. May take a while, so it comes before
/// the transaction that writes.
///
/// # Errors
/// When the store fails.
pub(super) fn with_version_in_force(
    cx: &Cx,
    policy: &str,
    document: &str,
) -> Result<Option<PolicyComparison>, StoreError> {
    let found = cx.app.store.read(&cx.scope, |store: &Reader<'_>| -> Result<_, StoreError> {
        let Some(policy) = store.get::<Policy>(policy)? else { return Ok(None) };
        let id = PolicyVersion::id_of(&policy.name, policy.default_version);
        Ok(store.get::<PolicyVersion>(&id)?.zip(Some(place_of(store)?)))
    })?;
    Ok(found.and_then(|(in_force, place)| compare(&in_force, document, &place)))
}

fn compare(old: &PolicyVersion, document: &str, fleet: &prove::Scope) -> Option<PolicyComparison> {
    let (before, after) = (set(&old.document)?, set(document)?);
    let devices = Device::generic(&[&before, &after]);
    let found = diff(&before, &after, &devices, fleet);
    let told = |changes: &[Change]| {
        let told = changes.iter().take(TOLD_MAX).map(|change| match &change.answer {
            Answer::Witness(witness) => witness.to_string(),
            Answer::Proof | Answer::OutOfBounds(_) => format!("{}: not known", change.action),
        });
        told.collect()
    };
    Some(PolicyComparison {
        with_version: old.version,
        relation: found.relation().as_str().to_owned(),
        adds: told(&found.added),
        takes_away: told(&found.removed),
    })
}

fn set(text: &str) -> Option<PolicySet> {
    let document = Arc::new(parse(text, Dialect::Iot).ok()?);
    Some(PolicySet::compile([PolicySource { name: "policy".into(), version: String::new(), document }]))
}
