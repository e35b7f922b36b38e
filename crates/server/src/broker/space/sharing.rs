//! Messages that were chosen for one member of a shared subscription, and that it does not get: it lost the right to them, or its
//! session ended. They go to another member (MQTT 5, section 4.8.2, leaves that open for QoS 1), so that revoking one worker of
//! many costs no message.

use std::sync::{Arc, PoisonError};

use thingwarden_mqtt::{Filter, Limits, Queued, matches};

use super::{Pushed, Session, Space, Subscribed, Subscriber};

/// A message that a member gives up, with the shared subscriptions that it had come by.
pub(in crate::broker) type GivenUp = (Queued, Vec<Filter>);

/// The shared subscriptions by which a message has come, if it has come by no other.
pub(in crate::broker) fn shares<'a>(
    filters: impl Iterator<Item = &'a Filter>,
    queued: &Queued,
) -> Vec<Filter> {
    let topic = queued.message.topic.as_str();
    let mut shares = vec![];
    for filter in filters.filter(|filter| matches(filter.pattern(), topic)) {
        if filter.share().is_none() {
            return vec![];
        }
        shares.push(filter.clone());
    }
    shares
}

impl Space {
    /// Gives what a member gave up to the next one, until each had it once. Called while no session's state is held, and before
    /// the journal hears that the member has it no more: what happens in between costs a message twice and not a message.
    pub(in crate::broker) fn hand_over(&self, from: &Arc<Session>, given_up: &[GivenUp], limits: &Limits) {
        if given_up.iter().all(|(_, shares)| shares.is_empty()) {
            return;
        }
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        for (number, (queued, shares)) in given_up.iter().enumerate() {
            let handed = queued.handed.saturating_add(1);
            for share in shares {
                // Whoever was asked before them is among the others, or has left.
                let others = Self::others(tree.members(share), from, number);
                if usize::from(handed) > others.len() {
                    continue;
                }
                let has_it = |(Subscriber(member), subscribed): &&(Subscriber, Subscribed)| {
                    let queued = Queued {
                        message: Arc::clone(&queued.message),
                        qos: subscribed.qos().min(queued.message.qos),
                        retain: queued.message.retain && subscribed.options.retain_as_published,
                        subscription_ids: subscribed.id.into_iter().collect(),
                        key: None,
                        handed,
                    };
                    matches!(self.push(member, queued, &mut None, limits), Pushed::Yes(_))
                };
                let _ = others.into_iter().find(has_it);
            }
        }
    }

    /// The others who share a subscription: those that are connected first, from the next one on. Of several messages each
    /// begins with another one.
    fn others<'a>(
        members: &'a [(Subscriber, Subscribed)],
        from: &Arc<Session>,
        number: usize,
    ) -> Vec<&'a (Subscriber, Subscribed)> {
        let place = members.iter().position(|(Subscriber(member), _)| Arc::ptr_eq(member, from));
        let (before, after) = match place {
            Some(place) => (members.get(..place), members.get(place.saturating_add(1)..)),
            None => (None, Some(members)),
        };
        let mut others: Vec<_> = after.into_iter().chain(before).flatten().collect();
        let turn = number.checked_rem(others.len()).unwrap_or(0);
        others.rotate_left(turn);
        others.sort_by_key(|(Subscriber(member), _)| member.state().connection.is_none());
        others
    }
}
