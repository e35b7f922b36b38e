//! Devices that provision themselves by message. Each request is a task of its own, since keys take long to make and functions
//! to answer; how many there are at a time and in a second is bounded. Answers go to the session that has asked and to no
//! other, since there are private keys in them, and wait nowhere but in memory.

use std::sync::Arc;

use bytes::Bytes;
use thingwarden_mqtt::{Message, Qos, Topic};
use tokio::sync::Semaphore;

use super::Broker;
use super::admission::Proof;
use super::changes::Wake;
use super::session::{Owner, Session};
use super::shadows::Finished;
use crate::activity::add;
use crate::clock;
use crate::provisioning::{Asked, Claimant, Rejected, carry_out};

/// Requests that are carried out at the same time: ours, some for each processor and many for functions that are waited for.
pub(super) const AT_A_TIME: usize = 64;

/// A request that has to be answered, whatever happens.
struct Asking {
    finished: Arc<Finished>,
    wake: Arc<Wake>,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.finished.end(&self.wake);
    }
}

impl Broker {
    /// Takes the request of a device. `wake` hears when it is done.
    pub(super) fn ask_provisioning(
        self: &Arc<Self>,
        (session, owner): (&Arc<Session>, &Owner),
        asked: Asked,
        payload: Bytes,
        wake: &Arc<Wake>,
    ) -> Arc<Finished> {
        let finished = Arc::new(Finished::default());
        let asking = Asking { finished: Arc::clone(&finished), wake: Arc::clone(wake) };
        let session = Arc::clone(session);
        let principal = &owner.principal;
        let has_room = self.rates.admits_provisioning(&principal.scope, clock::steady());
        if !has_room {
            add(&self.app.activity.tally(&principal.scope).part().throttled, 1);
        }
        let place = Arc::clone(&self.provisioning).try_acquire_owned().ok().filter(|_| has_room);
        let Some(place) = place else {
            self.answer_provisioning(&session, &asked, Err(Rejected::too_many()));
            return finished;
        };
        let claimant = Claimant {
            scope: principal.scope.clone(),
            principal: Arc::clone(&principal.id),
            has_certificate: matches!(principal.proof, Proof::Certificate { .. }),
            client_id: Arc::clone(&session.client_id),
            source_ip: owner.peer.address.to_string(),
        };
        let broker = Arc::clone(self);
        tokio::spawn(async move {
            let (_asking, _place) = (asking, place);
            let answer = carry_out(&broker.app, &asked, &claimant, payload).await;
            broker.answer_provisioning(&session, &asked, answer);
        });
        finished
    }

    fn answer_provisioning(
        &self,
        session: &Session,
        asked: &Asked,
        answer: Result<serde_json::Value, Rejected>,
    ) {
        let (below, value) = match answer {
            Ok(value) => ("accepted", value),
            Err(rejected) => ("rejected", rejected.to_json()),
        };
        let Ok(topic) = Topic::parse(&format!("{}/{below}", asked.topic()), &self.limits) else { return };
        let message = Message {
            topic,
            payload: asked.format.write(&value),
            qos: Qos::AtLeastOnce,
            retain: false,
            expires_ms: None,
            properties: None,
        };
        session.give(message, &self.limits);
    }
}

pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_A_TIME))
}
