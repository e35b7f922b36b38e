//! Shadows as the broker serves them: one task takes requests in their order, carries out together what came together, and
//! tells whoever listens when that is durable. So the answers to a shadow come in the order of its versions, whichever door
//! a request came through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};
use thingwarden_mqtt::{Message, Qos, Topic};
use thingwarden_store::{Actor, Scope, StoreError, Writer};
use tokio::sync::{mpsc, oneshot};

use super::Broker;
use super::changes::Wake;
use super::data_plane::exception;
use super::witness::{Called, Witness};
use crate::clock;
use crate::shadows::{Asked, Done, Failed, Refused, Shadow, Verb, carry_out};

/// Requests that wait. More are told to come again.
pub(super) const WAITING_MAX: usize = 4096;
/// Requests in one transaction.
const BATCH: usize = 128;

/// A request that may be made.
#[derive(Debug)]
pub(super) struct Request {
    scope: Scope,
    shadow: Shadow,
    verb: Verb,
    payload: Bytes,
    door: Door,
    witness: Arc<Witness>,
}

#[derive(Debug)]
enum Door {
    /// Answers are messages; the packet is acknowledged when the request is done.
    Packet(Arc<Finished>, Arc<Wake>),
    Call(oneshot::Sender<Result<Value, Refused>>),
}

/// Whether a request is done.
#[derive(Debug, Default)]
pub(super) struct Finished(AtomicBool);

impl Finished {
    pub(super) fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// It is, and who waits for it hears so.
    pub(super) fn end(&self, wake: &Wake) {
        self.0.store(true, Ordering::Release);
        wake.wake();
    }
}

/// Requests of one connection that are not done yet.
#[derive(Debug, Default)]
pub(super) struct InFlight(Vec<(Box<str>, Arc<Finished>)>);

impl InFlight {
    /// Whether there are fewer than `max` to the shadows of a thing.
    fn has_room(&mut self, thing: &str, max: usize) -> bool {
        self.0.retain(|(_, finished)| !finished.is_so());
        self.0.iter().filter(|(other, _)| **other == *thing).count() < max
    }
}

type Outcome = Result<Done, (Refused, Asked)>;

impl Broker {
    /// Takes the request of a device. `wake` hears when it is done.
    pub(super) fn ask_shadow(
        &self,
        scope: &Scope,
        (shadow, verb, payload): (Shadow, Verb, Bytes),
        (wake, witness): (&Arc<Wake>, &Arc<Witness>),
        in_flight: &mut InFlight,
    ) -> Arc<Finished> {
        let finished = Arc::new(Finished::default());
        let door = Door::Packet(Arc::clone(&finished), Arc::clone(wake));
        let witness = Arc::clone(witness);
        let has_room = in_flight.has_room(&shadow.thing, self.shadows_in_flight);
        let thing = shadow.thing.as_str().into();
        let request = Request { scope: scope.clone(), shadow, verb, payload, door, witness };
        if has_room {
            in_flight.0.push((thing, Arc::clone(&finished)));
            self.take_request(request);
        } else {
            self.refuse_request(request);
        }
        finished
    }

    fn take_request(&self, request: Request) {
        let space = self.space(&request.scope);
        if !self.rates.admits_shadow(&space, &request.shadow.thing, clock::steady()) {
            request.witness.is_throttled();
            return self.refuse_request(request);
        }
        if let Err(refused) = self.shadows.try_send(request) {
            let (mpsc::error::TrySendError::Full(request) | mpsc::error::TrySendError::Closed(request)) =
                refused;
            self.refuse_request(request);
        }
    }

    /// There are too many (guide, "Device Shadow error messages"). Who asked gets its token back, if it can be read.
    fn refuse_request(&self, request: Request) {
        let asked = Asked::parse(&request.payload).map(|(asked, _)| asked).unwrap_or_default();
        self.answer_shadow(request, Err((Refused::new(429, "Too many requests"), asked)));
    }

    /// Carries out the request of somebody who waits for the answer.
    ///
    /// # Errors
    /// When it is refused.
    pub(super) async fn call_shadow(
        &self,
        scope: &Scope,
        shadow: Shadow,
        verb: Verb,
        payload: Bytes,
        witness: &Arc<Witness>,
    ) -> Result<Value, Refused> {
        let (answer, answered) = oneshot::channel();
        let (door, witness) = (Door::Call(answer), Arc::clone(witness));
        self.take_request(Request { scope: scope.clone(), shadow, verb, payload, door, witness });
        answered.await.unwrap_or_else(|_| Err(Refused::failed()))
    }

    /// Answers requests, until nobody can ask any more.
    pub(super) async fn serve_shadows(self: Arc<Self>, mut requests: mpsc::Receiver<Request>) {
        let mut batch = vec![];
        while requests.recv_many(&mut batch, BATCH).await > 0 {
            let work = batch.iter().map(|request: &Request| {
                (request.scope.clone(), request.shadow.clone(), request.verb, request.payload.clone())
            });
            let outcomes = self.carry_out(work.collect()).await;
            let count = batch.len();
            let outcomes = outcomes.unwrap_or_else(|error| {
                tracing::error!(%error, count, "requests to shadows are not carried out: the store failed");
                (0..count).map(|_| Err((Refused::failed(), Asked::default()))).collect()
            });
            for (request, outcome) in batch.drain(..).zip(outcomes) {
                self.answer_shadow(request, outcome);
            }
        }
    }

    async fn carry_out(&self, work: Vec<(Scope, Shadow, Verb, Bytes)>) -> Result<Vec<Outcome>, StoreError> {
        let Some((first, ..)) = work.first() else { return Ok(vec![]) };
        let now = Self::now();
        let actor = Actor {
            principal: "thingwarden:broker".to_owned(),
            operation: "broker:Shadows".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: now.millis(),
        };
        let now_s = now.millis().div_euclid(1000);
        let scope = first.clone();
        let work = move |store: &Writer<'_>| {
            let one = |(scope, shadow, verb, payload): &(Scope, Shadow, Verb, Bytes)| match carry_out(
                &store.write_in_scope(scope)?,
                shadow,
                *verb,
                payload,
                now_s,
            ) {
                Ok(done) => Ok(Ok(done)),
                Err(Failed::Refused(refused, asked)) => Ok(Err((refused, asked))),
                Err(Failed::Store(error)) => Err(error),
            };
            work.iter().map(one).collect::<Result<Vec<Outcome>, StoreError>>()
        };
        self.app.store.write(&scope, actor, work).await
    }

    fn answer_shadow(&self, request: Request, outcome: Outcome) {
        let Request { scope, shadow, verb, door, witness, .. } = request;
        let topic = shadow.topic(verb);
        let failure = outcome.as_ref().err().map(|(refused, _)| refused);
        let failure = failure.map(|refused| (exception(refused.code), refused.message.clone()));
        witness.called(Called::shadow(&shadow, verb), failure);
        let say = |below: &str, document: &Value| self.say(&scope, &format!("{topic}/{below}"), document);
        if let Ok(done) = &outcome {
            say("accepted", &done.accepted);
            if let Some(delta) = &done.delta {
                say("delta", delta);
            }
            if let Some(documents) = &done.documents {
                say("documents", documents);
            }
        }
        match door {
            Door::Call(answer) => {
                drop(answer.send(outcome.map(|done| done.accepted).map_err(|(refused, _)| refused)));
            }
            Door::Packet(finished, wake) => {
                // Errors are told to who asked by message, and to nobody else (guide, "Device Shadow error messages").
                if let Err((refused, asked)) = outcome {
                    let mut error = json!({
                        "code": refused.code, "message": refused.message,
                        "timestamp": Self::now().millis().div_euclid(1000),
                    });
                    if let (Some(token), Value::Object(members)) = (asked.client_token, &mut error) {
                        members.insert("clientToken".to_owned(), token.into());
                    }
                    say("rejected", &error);
                }
                finished.end(&wake);
            }
        }
    }

    /// Publishes what the server itself has to say.
    pub(super) fn say(&self, scope: &Scope, topic: &str, document: &Value) {
        let Ok(topic) = Topic::parse(topic, &self.limits) else { return };
        let message = Message {
            topic,
            payload: Bytes::from(document.to_string()),
            qos: Qos::AtLeastOnce,
            retain: false,
            expires_ms: None,
            properties: None,
        };
        // Not retained, so nothing can be full.
        let _ = self.publish(&self.space(scope), message, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_room_of_its_own_on_a_connection_until_requests_are_done() {
        let mut in_flight = InFlight::default();
        let mut ask = |thing: &str| {
            let has_room = in_flight.has_room(thing, 2);
            let finished = Arc::new(Finished::default());
            if has_room {
                in_flight.0.push((thing.into(), Arc::clone(&finished)));
            }
            (has_room, finished)
        };
        let (first, finished) = ask("lamp");
        assert!(first && ask("lamp").0 && !ask("lamp").0 && ask("door").0);
        finished.end(&Wake::default());
        assert!(ask("lamp").0 && !ask("lamp").0);
        assert_eq!(in_flight.0.len(), 3);
    }
}
