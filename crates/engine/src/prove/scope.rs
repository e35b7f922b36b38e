//! Where policies hold, read off what they spell.

use crate::policy::PolicySet;
use crate::policy::analysis::arn_scopes;

use super::answer::Scope;

impl Scope {
    /// Every partition, region and account that resources of these policies spell together; fields that none spells are those of
    /// `default`. At least one.
    pub fn spelled(sets: &[&PolicySet], default: &Self) -> Vec<Self> {
        let documents: Vec<_> = sets.iter().flat_map(|set| set.sources()).map(|s| &*s.document).collect();
        let mut scopes: Vec<Self> = Vec::new();
        for [partition, region, account] in arn_scopes(&documents) {
            let scope = Self {
                partition: partition.unwrap_or_else(|| default.partition.clone()),
                region: region.unwrap_or_else(|| default.region.clone()),
                account: account.unwrap_or_else(|| default.account.clone()),
            };
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        // What others spell is more telling than the default, unless nobody spells anything.
        if scopes.len() > 1 {
            scopes.retain(|scope| scope != default);
        }
        if scopes.is_empty() {
            scopes.push(default.clone());
        }
        scopes
    }
}
