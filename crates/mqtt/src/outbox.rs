//! What waits for one client: messages on their way to it, and those behind them. Survives connections.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::connection::after;
use crate::limits::Limits;
use crate::message::{Message, PacketId, Qos};

/// A message for one client.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    /// What is sent. Shared with everybody else who gets it.
    pub message: Arc<Message>,
    /// With which quality: the lesser one of message and subscription.
    pub qos: Qos,
    /// Whether it is sent as a retained message.
    pub retain: bool,
    /// The identifiers of the subscriptions that it comes by.
    pub subscription_ids: Box<[u32]>,
    /// Where the owner keeps a durable copy, if it keeps one.
    pub key: Option<i64>,
    /// How many members of a shared subscription have given it up before.
    pub handed: u16,
}

/// A message that is sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Sending {
    /// Which.
    pub queued: Queued,
    /// Of QoS 1.
    pub packet_id: Option<PacketId>,
    /// Whether it may have been sent before.
    pub dup: bool,
}

/// No more messages may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no more messages may wait for this client")]
pub struct Full;

/// The queue of one client.
#[derive(Debug)]
pub struct Outbox {
    waiting: VecDeque<Queued>,
    /// Sent and not acknowledged, in the order of sending.
    inflight: VecDeque<(PacketId, Queued)>,
    /// How many of `inflight`, from the front, were sent on this connection.
    sent_again: usize,
    next_id: PacketId,
    /// Weight of everything that is kept.
    bytes: usize,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            inflight: VecDeque::new(),
            sent_again: 0,
            next_id: PacketId::MIN,
            bytes: 0,
        }
    }
}

impl Outbox {
    /// How many messages are kept.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.inflight.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets a message wait.
    ///
    /// # Errors
    /// When the limits allow no more.
    pub fn push(&mut self, queued: Queued, limits: &Limits) -> Result<(), Full> {
        let weight = queued.message.weight();
        // One message always fits, however large.
        let is_heavy = !self.is_empty() && self.bytes.saturating_add(weight) > limits.queued_bytes;
        if is_heavy || self.len() >= limits.queued_messages {
            return Err(Full);
        }
        self.bytes += weight;
        self.waiting.push_back(queued);
        Ok(())
    }

    /// Gives up the message that would be sent next for the first time, if nobody wants it any more.
    pub fn take_expired(&mut self, now_ms: i64) -> Option<Queued> {
        let is_expired = self.waiting.front().is_some_and(|queued| queued.message.is_expired(now_ms));
        if is_expired { self.drop_waiting() } else { None }
    }

    /// The message that is sent next; none when none waits or as many as `window` are on their way. Unacknowledged ones
    /// of an earlier connection come first (MQTT-4.6.0-1). Take those away first that are [expired](Outbox::take_expired).
    pub fn peek(&mut self, window: u16) -> Option<&Queued> {
        if self.sent_again >= self.inflight.len() {
            let next = self.waiting.front()?;
            let fits = next.qos == Qos::AtMostOnce || self.inflight.len() < window.into();
            return self.waiting.front().filter(|_| fits);
        }
        self.inflight.get(self.sent_again).map(|(_, queued)| queued)
    }

    /// Takes what [`Outbox::peek`] showed, to send it.
    pub fn send(&mut self) -> Option<Sending> {
        if let Some((id, queued)) = self.inflight.get(self.sent_again) {
            self.sent_again += 1;
            return Some(Sending { queued: queued.clone(), packet_id: Some(*id), dup: true });
        }
        let queued = self.waiting.pop_front()?;
        if queued.qos == Qos::AtMostOnce {
            self.bytes = self.bytes.saturating_sub(queued.message.weight());
            return Some(Sending { queued, packet_id: None, dup: false });
        }
        let id = self.free_id();
        self.inflight.push_back((id, queued.clone()));
        self.sent_again = self.inflight.len();
        Some(Sending { queued, packet_id: Some(id), dup: false })
    }

    /// Gives up what [`Outbox::peek`] showed.
    pub fn skip(&mut self) -> Option<Queued> {
        if self.sent_again < self.inflight.len() {
            let (_, queued) = self.inflight.remove(self.sent_again)?;
            self.bytes = self.bytes.saturating_sub(queued.message.weight());
            return Some(queued);
        }
        self.drop_waiting()
    }

    /// Gives up what is not on its way on this connection and fits `is_unwanted`, and returns it.
    pub fn withdraw(&mut self, is_unwanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        let mut withdrawn = vec![];
        let mut place = 0;
        self.inflight.retain(|(_, queued)| {
            let is_sent = place < self.sent_again;
            place += 1;
            let stays = is_sent || !is_unwanted(queued);
            if !stays {
                withdrawn.push(queued.clone());
            }
            stays
        });
        self.waiting.retain(|queued| {
            let stays = !is_unwanted(queued);
            if !stays {
                withdrawn.push(queued.clone());
            }
            stays
        });
        let weight: usize = withdrawn.iter().map(|queued| queued.message.weight()).sum();
        self.bytes = self.bytes.saturating_sub(weight);
        withdrawn
    }

    /// The client has a message. None when it never got one with this id, which clients may say (a message may have
    /// been given up meanwhile).
    pub fn acknowledge(&mut self, id: PacketId) -> Option<Queued> {
        let index = self.inflight.iter().position(|(sent, _)| *sent == id)?;
        let (_, queued) = self.inflight.remove(index)?;
        if index < self.sent_again {
            self.sent_again -= 1;
        }
        self.bytes = self.bytes.saturating_sub(queued.message.weight());
        Some(queued)
    }

    /// A new connection: everything unacknowledged is sent again, and what was for the old connection only is gone.
    pub fn reconnect(&mut self) {
        self.sent_again = 0;
        self.forget_at_most_once();
    }

    /// Gives up what is only for clients that are there: QoS 0.
    pub fn forget_at_most_once(&mut self) {
        self.waiting.retain(|queued| queued.qos == Qos::AtLeastOnce);
        self.bytes = self.iter().map(|queued| queued.message.weight()).sum();
    }

    /// What an outbox had before a restart, in the order in which it is sent: messages with the ids under which they were
    /// sent come first. What the limits would not allow today is kept all the same.
    pub fn restore(kept: impl IntoIterator<Item = (Queued, Option<PacketId>)>) -> Self {
        let mut outbox = Self::default();
        for (queued, id) in kept {
            outbox.bytes = outbox.bytes.saturating_add(queued.message.weight());
            match id.filter(|id| outbox.inflight.iter().all(|(used, _)| used != id)) {
                Some(id) => {
                    outbox.next_id = after(id);
                    outbox.inflight.push_back((id, queued));
                }
                None => outbox.waiting.push_back(queued),
            }
        }
        outbox
    }

    /// Everything that is kept, in the order in which it is sent.
    pub fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.inflight.iter().map(|(_, queued)| queued).chain(&self.waiting)
    }

    fn drop_waiting(&mut self) -> Option<Queued> {
        let queued = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(queued.message.weight());
        Some(queued)
    }

    /// An id that no unacknowledged message has. There are far fewer of those than ids.
    fn free_id(&mut self) -> PacketId {
        let mut id = self.next_id;
        while self.inflight.iter().any(|(used, _)| *used == id) {
            id = after(id);
        }
        self.next_id = after(id);
        id
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::topic::Topic;

    fn queued(text: &str, qos: Qos) -> Queued {
        let message = Message {
            topic: Topic::parse("t", &Limits::default()).unwrap(),
            payload: Bytes::copy_from_slice(text.as_bytes()),
            qos,
            retain: false,
            expires_ms: None,
            properties: None,
        };
        Queued {
            message: Arc::new(message),
            qos,
            retain: false,
            subscription_ids: [].into(),
            key: None,
            handed: 0,
        }
    }

    fn send(outbox: &mut Outbox, window: u16) -> Option<(String, Option<u16>, bool)> {
        outbox.peek(window)?;
        let Sending { queued, packet_id, dup } = outbox.send()?;
        let text = String::from_utf8(queued.message.payload.to_vec()).unwrap();
        Some((text, packet_id.map(PacketId::get), dup))
    }

    #[test]
    fn unacknowledged_messages_are_sent_again_first_and_with_their_ids() {
        let limits = Limits::default();
        let mut outbox = Outbox::default();
        for text in ["a", "b", "c"] {
            outbox.push(queued(text, Qos::AtLeastOnce), &limits).unwrap();
        }
        assert_eq!(send(&mut outbox, 2), Some(("a".into(), Some(1), false)));
        assert_eq!(send(&mut outbox, 2), Some(("b".into(), Some(2), false)));
        assert_eq!(send(&mut outbox, 2), None, "the window is full");
        assert!(outbox.acknowledge(PacketId::new(1).unwrap()).is_some());
        assert!(outbox.acknowledge(PacketId::new(1).unwrap()).is_none());
        outbox.reconnect();
        assert_eq!(send(&mut outbox, 2), Some(("b".into(), Some(2), true)));
        assert_eq!(send(&mut outbox, 2), Some(("c".into(), Some(3), false)));
        assert_eq!(send(&mut outbox, 9), None);
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn what_is_acknowledged_before_it_is_sent_again_is_not_sent_again() {
        let limits = Limits::default();
        let mut outbox = Outbox::default();
        for text in ["a", "b", "c"] {
            outbox.push(queued(text, Qos::AtLeastOnce), &limits).unwrap();
            send(&mut outbox, 9);
        }
        outbox.reconnect();
        send(&mut outbox, 9);
        outbox.acknowledge(PacketId::new(1).unwrap()).unwrap();
        outbox.acknowledge(PacketId::new(2).unwrap()).unwrap();
        assert_eq!(send(&mut outbox, 9), Some(("c".into(), Some(3), true)));
        assert_eq!(send(&mut outbox, 9), None);
    }

    #[test]
    fn after_a_restart_what_was_sent_is_sent_again_with_its_id() {
        let kept = [("a", Some(7)), ("b", None), ("c", Some(9)), ("d", Some(7))];
        let kept = kept.map(|(text, id)| (queued(text, Qos::AtLeastOnce), id.and_then(PacketId::new)));
        let mut outbox = Outbox::restore(kept);
        outbox.reconnect();
        assert_eq!(send(&mut outbox, 9), Some(("a".into(), Some(7), true)));
        assert_eq!(send(&mut outbox, 9), Some(("c".into(), Some(9), true)));
        assert_eq!(send(&mut outbox, 9), Some(("b".into(), Some(10), false)));
        assert_eq!(send(&mut outbox, 9), Some(("d".into(), Some(11), false)), "an id is never used twice");
        outbox.acknowledge(PacketId::new(9).unwrap()).unwrap();
        assert_eq!(outbox.len(), 3);
    }

    #[test]
    fn qos_0_ends_with_the_connection_and_passes_no_window() {
        let limits = Limits::default();
        let mut outbox = Outbox::default();
        outbox.push(queued("a", Qos::AtMostOnce), &limits).unwrap();
        outbox.push(queued("b", Qos::AtMostOnce), &limits).unwrap();
        assert_eq!(send(&mut outbox, 0), Some(("a".into(), None, false)));
        outbox.reconnect();
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_is_withdrawn_is_not_sent_unless_it_was_sent_on_this_connection() {
        let limits = Limits::default();
        let mut outbox = Outbox::default();
        for text in ["a", "x", "b", "x"] {
            outbox.push(queued(text, Qos::AtLeastOnce), &limits).unwrap();
        }
        send(&mut outbox, 9);
        send(&mut outbox, 9);
        let is_x = |queued: &Queued| &queued.message.payload[..] == b"x";
        assert_eq!(outbox.withdraw(is_x).len(), 1);
        outbox.reconnect();
        assert_eq!(outbox.withdraw(is_x).len(), 1);
        assert_eq!(send(&mut outbox, 9), Some(("a".into(), Some(1), true)));
        assert_eq!(send(&mut outbox, 9), Some(("b".into(), Some(3), false)));
        assert_eq!(send(&mut outbox, 9), None);
        let weight: usize = outbox.iter().map(|queued| queued.message.weight()).sum();
        assert_eq!(outbox.bytes, weight);
    }

    #[test]
    fn queues_are_bounded() {
        let limits = Limits { queued_messages: 2, queued_bytes: 100, ..Limits::default() };
        let mut outbox = Outbox::default();
        outbox.push(queued(&"x".repeat(1000), Qos::AtLeastOnce), &limits).unwrap();
        assert_eq!(outbox.push(queued("y", Qos::AtLeastOnce), &limits), Err(Full));
        outbox.peek(1).unwrap();
        outbox.skip().unwrap();
        outbox.push(queued("y", Qos::AtLeastOnce), &limits).unwrap();
        outbox.push(queued("y", Qos::AtLeastOnce), &limits).unwrap();
        assert_eq!(outbox.push(queued("y", Qos::AtLeastOnce), &limits), Err(Full));
    }

    #[test]
    fn expired_messages_are_not_sent() {
        let limits = Limits::default();
        let mut outbox = Outbox::default();
        let mut late = queued("late", Qos::AtLeastOnce);
        Arc::make_mut(&mut late.message).expires_ms = Some(10);
        outbox.push(late, &limits).unwrap();
        outbox.push(queued("next", Qos::AtLeastOnce), &limits).unwrap();
        assert_eq!(outbox.take_expired(9), None);
        assert_eq!(&outbox.take_expired(10).unwrap().message.payload[..], b"late");
        assert_eq!(outbox.take_expired(10), None);
        assert_eq!(&outbox.peek(1).unwrap().message.payload[..], b"next");
    }
}
