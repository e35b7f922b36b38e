//! The broker's numbers as log records: one for each account and region in use, time after time, where somebody wants INFO.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use thingwarden_store::Scope;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Broker;
use crate::activity::Totals;
use crate::clock::{self, Clocks, Steady};
use crate::device_logs::{Levels, RuntimeMetrics};

/// Up to when it was told.
#[derive(Debug)]
pub(super) struct Told {
    at: Steady,
    totals: HashMap<Scope, Totals>,
}

impl Told {
    pub(super) fn nothing(at: Steady) -> Self {
        Self { at, totals: HashMap::new() }
    }
}

impl Broker {
    /// Writes records for ever, so often; never without a time.
    pub(super) async fn tell_runtime_metrics(&self, every: Option<Duration>) {
        let Some(every) = every else { return std::future::pending().await };
        let mut told = Told::nothing(clock::steady());
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.record_runtime_metrics(&mut told, clock::both());
        }
    }

    /// Writes a record for each account and region in use, with what was done since the last time, whether somebody wanted to
    /// know it then or not.
    pub(super) fn record_runtime_metrics(&self, told: &mut Told, clocks: Clocks) {
        let period_ms = clocks.steady.millis().saturating_sub(told.at.millis());
        told.at = clocks.steady;
        let mut spaces: HashMap<Scope, _> =
            self.all_spaces().into_iter().map(|space| (space.scope().clone(), space)).collect();
        let mut tallies = self.app.activity.tallies();
        let scopes: BTreeSet<Scope> = spaces.keys().chain(tallies.keys()).cloned().collect();
        for scope in scopes {
            let totals = tallies.remove(&scope).unwrap_or_default();
            let before = told.totals.insert(scope.clone(), totals).unwrap_or_default();
            if !self.wants_runtime_metrics(&scope) {
                continue;
            }
            let census = spaces.remove(&scope).map(|space| space.census()).unwrap_or_default();
            let members = census.members().chain(totals.since(before).members()).collect();
            self.app.device_logs.record(RuntimeMetrics { at: clocks.now, scope, period_ms, members });
        }
    }

    /// They are about nobody in particular, so the levels of targets do not count.
    fn wants_runtime_metrics(&self, scope: &Scope) -> bool {
        match self.app.store.read(scope, Levels::of_account) {
            Ok(levels) => levels.want(RuntimeMetrics::LEVEL, RuntimeMetrics::EVENT),
            Err(error) => {
                tracing::error!(%error, "numbers of the broker are not logged: the store failed");
                false
            }
        }
    }
}
