//! A record of the broker's numbers. AWS names the type of event and shows no record of it, so the members are ours.

use serde_json::Value;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

use super::entry::{self, Level};

/// What all clients of an account and region do and did.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeMetrics {
    pub(crate) at: Timestamp,
    pub(crate) scope: Scope,
    /// The time, in milliseconds, that the numbers which are no states are of.
    pub(crate) period_ms: i64,
    pub(crate) members: Vec<(&'static str, u64)>,
}

impl RuntimeMetrics {
    /// As `eventConfigurations` of SetV2LoggingOptions name it.
    pub(crate) const EVENT: &str = "RuntimeMetrics";
    pub(crate) const LEVEL: Level = Level::Info;

    /// As [`entry::Entry::line`].
    pub(super) fn line(&self) -> String {
        let common = entry::Common {
            at: self.at,
            level: Self::LEVEL,
            account: &self.scope.account,
            is_failure: false,
            event: Self::EVENT,
        };
        // Nobody asks for less than a second, and timers are late by milliseconds.
        let seconds = self.period_ms.saturating_add(500).div_euclid(1000);
        let period = std::iter::once(("periodSeconds", Value::from(seconds)));
        common.line(period.chain(self.members.iter().map(|(name, count)| (*name, (*count).into()))))
    }
}
