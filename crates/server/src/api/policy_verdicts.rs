//! The verdicts on policies, kept with their versions: each writer of policies keeps them so.

use thingwarden_store::records::{PolicyFlaws, PolicyVerdict, PolicyVersion};
use thingwarden_store::{Filter, StoreError, Writer};

/// Adds the verdict on a version that was written, or that got another document. It is not in force until
/// [`put_in_force`] says so.
pub(crate) fn put(store: &Writer<'_>, version: &PolicyVersion, flaws: PolicyFlaws) -> Result<(), StoreError> {
    let (policy, version) = (version.policy.clone(), version.version);
    store.put(&PolicyVerdict { policy, version, in_force: false, flaws })
}

/// Notes which version of a policy is in force.
pub(crate) fn put_in_force(store: &Writer<'_>, policy: &str, version: i64) -> Result<(), StoreError> {
    for verdict in store.all::<PolicyVerdict>(&[Filter::eq("policy", policy)])? {
        let in_force = verdict.version == version;
        if verdict.in_force != in_force {
            store.update(&PolicyVerdict { in_force, ..verdict })?;
        }
    }
    Ok(())
}

/// Forgets the verdict on a version that is deleted.
pub(crate) fn forget(store: &Writer<'_>, policy: &str, version: i64) -> Result<(), StoreError> {
    store.delete::<PolicyVerdict>(&PolicyVersion::id_of(policy, version)).map(drop)
}

#[cfg(test)]
pub(crate) mod tests;
