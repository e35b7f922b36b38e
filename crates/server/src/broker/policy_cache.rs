//! Sets of policies that connections have in common: compiled once for all of them, and again when a policy was changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use thingwarden_engine::policy::PolicySet;
use thingwarden_store::{Reader, Scope};

use crate::api::{ApiError, compile_policies};

/// From how many sets on those that nobody has any more are looked for.
const SETS_MIN: usize = 1024;

/// The sets that somebody has.
#[derive(Debug, Default)]
pub(super) struct PolicyCache(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// How often policies had been changed, at least, when the sets were read.
    generation: u64,
    sets: HashMap<(Scope, Box<[String]>), Weak<PolicySet>>,
    /// How many sets there were when the last look for unused ones was over.
    left: usize,
}

impl PolicyCache {
    /// The policies with these names. `generation` is how often policies had been changed before `store` was opened: a set
    /// that was read after that change, and before the next one is known, is as good as what `store` has.
    ///
    /// # Errors
    /// When the store fails, or a policy in it cannot be read.
    pub(super) fn get(
        &self,
        store: &Reader<'_>,
        names: &[String],
        generation: u64,
    ) -> Result<Arc<PolicySet>, ApiError> {
        let key = (store.scope().clone(), names.into());
        let mut cached = self.cached();
        if generation > cached.generation {
            *cached = Cached { generation, ..Cached::default() };
        }
        let known = cached.sets.get(&key).and_then(Weak::upgrade);
        if let Some(set) = known.filter(|_| cached.generation == generation) {
            return Ok(set);
        }
        drop(cached);
        let set = Arc::new(compile_policies(store, names)?);
        let mut cached = self.cached();
        if cached.generation == generation {
            if cached.sets.len() >= SETS_MIN.max(2 * cached.left) {
                cached.sets.retain(|_, set| set.strong_count() > 0);
                cached.left = cached.sets.len();
            }
            cached.sets.insert(key, Arc::downgrade(&set));
        }
        Ok(set)
    }

    /// The policies with these names, if they are known as they are after `generation` changes.
    pub(super) fn known(&self, scope: &Scope, names: &[String], generation: u64) -> Option<Arc<PolicySet>> {
        let key = (scope.clone(), names.into());
        let cached = self.cached();
        cached.sets.get(&key).filter(|_| cached.generation == generation).and_then(Weak::upgrade)
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingwarden_store::records::Policy;

    use super::*;
    use crate::api::testing::Api;

    #[test]
    fn a_set_is_shared_until_a_policy_changes() {
        let api = Api::new();
        let document = |action: &str| {
            json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}).to_string()
        };
        for name in ["a", "b"] {
            api.call("CreatePolicy", json!({"policyName": name, "policyDocument": document("iot:Connect")}));
        }
        let cache = PolicyCache::default();
        let store = api.app().store.clone();
        let get = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let generation = store.generation::<Policy>();
            store.read(&api.scope(), |store| cache.get(store, &names, generation)).unwrap()
        };
        let (one, other) = (get(&["a"]), get(&["a", "b"]));
        assert!(Arc::ptr_eq(&one, &get(&["a"])) && !Arc::ptr_eq(&one, &other));
        let changed =
            json!({"policyName": "b", "policyDocument": document("iot:Publish"), "setAsDefault": true});
        api.call("CreatePolicyVersion", changed);
        assert!(!Arc::ptr_eq(&other, &get(&["a", "b"])));
        // Whoever began to read before the change gets what it can see, and leaves nothing behind for others.
        let new = get(&["a"]);
        let names = ["a".to_owned()];
        let late = store.read(&api.scope(), |store| cache.get(store, &names, 0)).unwrap();
        assert!(!Arc::ptr_eq(&late, &new) && Arc::ptr_eq(&new, &get(&["a"])));
    }
}
