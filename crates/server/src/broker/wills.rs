//! What happens when nobody comes back: last wills are published, sessions end.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_mqtt::Will;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Broker;
use super::session::{LastWill, Owner};
use super::space::Space;
use crate::clock::{self, Clocks};

/// How late wills and ends of sessions may be.
const TICK: Duration = Duration::from_secs(1);
/// How many ticks pass between looks for what is kept of clients that are gone.
const TICKS_PER_CLEANING: u32 = 60;
/// By how much the machine's clock has to be set to be noticed. What only corrects it is slower: half a millisecond a second.
const CLOCK_SET_MS_MIN: i64 = 1000;

/// Looks for what is over, for ever.
pub(super) async fn run(broker: Arc<Broker>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count: u32 = 0;
    let mut set_by_ms = clock::both().set_by_ms();
    loop {
        ticks.tick().await;
        count = count.wrapping_add(1);
        broker.notice_clock(clock::both(), &mut set_by_ms);
        let spaces = broker.all_spaces();
        spaces.iter().for_each(|space| broker.end_what_is_over(space, Instant::now()));
        if count.is_multiple_of(TICKS_PER_CLEANING) {
            for space in &spaces {
                space.forget_versions(Instant::now());
                space.forget_expired(clock::steady());
            }
            broker.changes.forget_unused();
        }
    }
}

impl Broker {
    /// Lets all connections look at their dates again when the machine's clock was set; whether it was.
    pub(super) fn notice_clock(&self, clocks: Clocks, set_by_ms: &mut i64) -> bool {
        let by_ms = clocks.set_by_ms().saturating_sub(*set_by_ms);
        if by_ms.abs() < CLOCK_SET_MS_MIN {
            return false;
        }
        *set_by_ms = clocks.set_by_ms();
        tracing::warn!(
            seconds = by_ms / 1000,
            "the machine's clock was set: all devices' dates are looked at again"
        );
        self.changes.touch_all();
        true
    }

    pub(super) fn end_what_is_over(&self, space: &Arc<Space>, now: Instant) {
        let is_over = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        // At the first look, also what ended with the process before.
        let mut wills = space.take_left_wills();
        space.with_sessions(|sessions| {
            sessions.retain(|_, session| {
                let mut state = session.state();
                if is_over(state.will_at) {
                    state.will_at = None;
                    if let (Some(last), Some(owner)) = (state.will.take(), &state.owner) {
                        wills.push((Arc::clone(&session.client_id), owner.clone(), last));
                    }
                }
                let stays = !is_over(state.expires_at);
                drop(state);
                if !stays {
                    space.end(session);
                }
                stays
            });
        });
        for (client_id, owner, last) in wills {
            self.publish_will(space, &owner, &client_id, last);
        }
    }

    /// Publishes a last will, if whoever left it may publish it now. A certificate that was deactivated says nothing more.
    pub(super) fn publish_will(&self, space: &Space, owner: &Owner, client_id: &str, last: LastWill) {
        let LastWill { will, id } = last;
        self.publish_if_allowed(space, owner, client_id, will);
        // Afterwards, so that it comes twice rather than never when the process ends in between.
        space.journal().0.forget_will(space.scope(), &id);
    }

    fn publish_if_allowed(&self, space: &Space, owner: &Owner, client_id: &str, will: Will) {
        let message = will.at(clock::steady().millis(), &self.limits);
        let rights = match self.rights(owner, Some(client_id)) {
            Ok(Some(rights)) => rights,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(?error, client_id, "a last will is not published: the store failed");
                return;
            }
        };
        if let Err((action, why)) = rights.may_publish(&message) {
            self.metrics.denied(action.name());
            tracing::info!(
                client_id,
                topic = message.topic.as_str(),
                why,
                "a last will is not published: no permission"
            );
        } else if let Err(error) = self.publish(space, message, None) {
            tracing::warn!(client_id, "a last will is not published: {error}");
        }
    }
}
