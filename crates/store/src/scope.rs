//! Accounts and regions: what belongs to one is invisible to the others.

use std::sync::Arc;

/// Where a record belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Twelve digits.
    pub account: Arc<str>,
    /// For example `us-east-1`; empty for what an account has once, as its users.
    pub region: Arc<str>,
}

impl Scope {
    /// An account's part in a region.
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The part of an account that is the same in all regions.
    #[must_use]
    pub fn global(&self) -> Self {
        Self { account: Arc::clone(&self.account), region: "".into() }
    }
}
