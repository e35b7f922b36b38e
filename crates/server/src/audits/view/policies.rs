//! Policies with something wrong, as their verdicts say: no document is read.

use std::sync::Arc;

use thingwarden_engine::fleet::{PolicyInForce, Presence};
use thingwarden_store::records::{PolicyFlaws, PolicyVerdict};
use thingwarden_store::{Filter, Query};

use super::StoreView;

impl StoreView<'_> {
    /// Policies with one of these flaws in their versions in force.
    pub(super) fn each_flawed_policy(&self, bits: i64, visit: &mut dyn FnMut(&PolicyInForce, &PolicyFlaws)) {
        let flawed = [Filter::NotZero("flaws"), Filter::eq("in_force", true)];
        self.stream(&Query::all(&flawed), &mut |verdict: PolicyVerdict| {
            if verdict.flaws.bits() & bits != 0 {
                let (name, version) = (verdict.policy.into(), Arc::from(verdict.version.to_string()));
                visit(&PolicyInForce { name, version, source: None, statements: [].into() }, &verdict.flaws);
            }
        });
    }

    /// Every policy has a verdict, unless an earlier version of this program could read what this one cannot.
    pub(super) fn presence_of_policies(&self) -> Presence {
        let mut unreadable = vec![];
        self.each_flawed_policy(PolicyFlaws::UNREADABLE, &mut |policy, flaws| {
            let why = flaws.unreadable.as_deref().unwrap_or_default();
            unreadable.push(format!("policy `{}`, version {}: {why}", policy.name, policy.version));
        });
        if unreadable.is_empty() { Presence::Complete } else { Presence::Partial(unreadable) }
    }
}
