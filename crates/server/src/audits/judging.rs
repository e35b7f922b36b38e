//! Verdicts on policies of another revision: after an update of this program, or with other limits for names.
//!
//! Whoever writes a policy writes the verdict; this is for those that were written before. It comes before the first audit,
//! in parts: what is interrupted goes on at the next start.

use thingwarden_store::records::{PolicyFlaws, PolicyVerdict, PolicyVersion, place_of, revision};
use thingwarden_store::{Filter, Query, Reader, Record, Scope, StoreError};

use super::Auditor;
use crate::api::policy_verdicts::Judge;

/// Verdicts in one part.
const PART: usize = 500;

impl Auditor {
    /// Brings all verdicts of an account and region up to date, unless the server stops.
    pub(super) fn judge_policies(&self, scope: &Scope, now_ms: i64) -> Result<(), StoreError> {
        let (mut judged, mut judge) = (0, Judge::default());
        let place = self.app.store.read(scope, place_of)?;
        let revision = revision(place.lengths);
        while !self.is_stopping() {
            let old = self.app.store.read(scope, |store| outdated(store, revision))?;
            if old.is_empty() {
                break;
            }
            judged += old.len();
            // Outside the transaction, which must be quick.
            let new: Vec<(String, PolicyFlaws)> =
                old.into_iter().map(|(id, document)| (id, judge.flaws(&document, &place))).collect();
            self.write(scope, "JudgePolicies", "judging", now_ms, move |store| {
                for (id, flaws) in new {
                    // Deleted meanwhile, or judged by whoever wrote it.
                    let old = store.get::<PolicyVerdict>(&id)?;
                    if let Some(old) = old.filter(|old| old.flaws.revision != revision) {
                        store.update(&PolicyVerdict { flaws, ..old })?;
                    }
                }
                Ok(())
            })?;
        }
        if judged > 0 {
            tracing::info!(judged, "verdicts on policies were brought up to date");
        }
        Ok(())
    }
}

/// Some ids of verdicts that are not of this revision, with the documents to judge.
fn outdated(store: &Reader<'_>, revision: u32) -> Result<Vec<(String, String)>, StoreError> {
    let revision = i64::from(revision);
    let older = [Filter::at_most("revision", revision.saturating_sub(1))];
    let newer = [Filter::at_least("revision", revision.saturating_add(1))];
    let mut found = vec![];
    for filters in [older, newer] {
        let limit = PART.saturating_sub(found.len());
        for verdict in store.list::<PolicyVerdict>(&Query { limit, ..Query::all(&filters) })?.items {
            let id = verdict.id().into_owned();
            let document = store.require::<PolicyVersion>(&id)?.document;
            found.push((id, document));
        }
    }
    Ok(found)
}
