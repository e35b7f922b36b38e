//! The verdicts on policies, kept with their versions: each writer of policies keeps them so.

use std::collections::HashMap;

use thingwarden_engine::prove;
use thingwarden_store::records::{PolicyFlaws, PolicyVerdict, PolicyVersion};
use thingwarden_store::{Filter, StoreError, Writer};

/// Documents that a [`Judge`] remembers; 2 MB of text at AWS's limit for one.
const JUDGED_MAX: usize = 1000;

/// Works out flaws of many documents of one place. Fleets have many policies with one text, which is judged once.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    judged: HashMap<String, PolicyFlaws>,
}

impl Judge {
    /// What is wrong with a document.
    pub(crate) fn flaws(&mut self, document: &str, place: &prove::Scope) -> PolicyFlaws {
        if let Some(known) = self.judged.get(document) {
            return known.clone();
        }
        let flaws = PolicyFlaws::of_text(document, place);
        if self.judged.len() >= JUDGED_MAX {
            self.judged.clear();
        }
        self.judged.insert(document.to_owned(), flaws.clone());
        flaws
    }
}

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
