//! Custom authorizers: functions of an account that say who a client without certificate and access key is, and what it may
//! do ([custom authentication](https://docs.aws.amazon.com/iot/latest/developerguide/custom-authentication.html)).
//!
//! `presented.rs` is what a client shows, `signing_key.rs` proves that a token came from whom the account trusts, `event.rs`
//! is what the function is asked, `verdict.rs` what it may answer.
//!
//! Invariants: a token is verified before the function hears of it; what is not a good answer in time is a no; tokens,
//! passwords and what functions say are in no log.

mod event;
mod presented;
mod signing_key;
mod verdict;

pub(crate) use presented::{Certified, Http, Mqtt, Presented, host_of, without_parameter};
pub(crate) use signing_key::check as check_signing_key;
#[cfg(fuzzing)]
pub use verdict::fuzz;
pub(crate) use verdict::{Known, Verdict};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use thingwarden_store::Scope;
use thingwarden_store::records::Authorizer;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::api::App;
use crate::config::Limits;
use crate::egress::lambda::{self, Invocation, InvocationKind};
use crate::random;

/// Why a client gets no verdict. The texts are fit for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no token under the name `{0}`, or no signature of it")]
    NoToken(String),
    #[error("the signature of the token is not right")]
    Signature,
    #[error("the authorizer's function gave no answer: {0}")]
    NoAnswer(String),
    #[error("the answer of the authorizer's function is not good: {0}")]
    BadAnswer(#[from] verdict::BadAnswer),
}

/// A token and its signature, where they are not in what the client has shown.
#[derive(Clone, Default)]
pub(crate) struct Token {
    pub(crate) value: Option<String>,
    pub(crate) signature: Option<String>,
}

/// Asks functions.
#[derive(Debug)]
pub(crate) struct Authorizers {
    /// For a whole call, with waiting in line.
    time_max: Duration,
    calls_max: usize,
    /// The least span of time that a function may name.
    seconds_min: u32,
    /// Of authorizers that were asked lately, so that a slow one takes nothing from the others.
    lanes: Mutex<HashMap<(Scope, String), Arc<Semaphore>>>,
}

impl Authorizers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            time_max: Duration::from_secs(limits.authorizer_timeout_seconds),
            calls_max: limits.authorizer_calls,
            seconds_min: limits.authorizer_seconds_min,
            lanes: Mutex::default(),
        }
    }

    /// How long asking takes at most.
    pub(crate) fn time_max(&self) -> Duration {
        self.time_max
    }

    /// Asks an authorizer about a client.
    ///
    /// # Errors
    /// When the client has no good token, or the function no good answer.
    pub(crate) async fn ask(
        &self,
        app: &App,
        scope: &Scope,
        authorizer: &Authorizer,
        presented: &Presented,
        token: Token,
    ) -> Result<Verdict, AskError> {
        let key_name = authorizer.token_key_name.as_deref();
        let value = token.value.or_else(|| presented.value(key_name?));
        if !authorizer.is_signing_disabled {
            let missing = || AskError::NoToken(key_name.unwrap_or_default().to_owned());
            let signature = token.signature.or_else(|| presented.signature());
            let (value, signature) = value.as_deref().zip(signature).ok_or_else(missing)?;
            if !signing_key::have_signed(&authorizer.signing_keys, value, &signature) {
                return Err(AskError::Signature);
            }
        }
        let id = random::uuid().ok_or_else(|| AskError::NoAnswer("no random numbers".to_owned()))?;
        let event = event::event(presented, value.as_deref(), !authorizer.is_signing_disabled, &id);
        let lane = self.lane(scope, &authorizer.name);
        // The map has one of these, and each call another.
        if Arc::strong_count(&lane) > 2 * self.calls_max + 1 {
            return Err(AskError::NoAnswer("as many calls wait for it as it may have at a time".to_owned()));
        }
        let arn = &*authorizer.function_arn;
        let answered = timeout(self.time_max, async {
            // A semaphore that nobody closes.
            let _turn = lane.acquire().await;
            let invocation = Invocation {
                arn,
                url: app.notifications.functions.get(arn).map(|url| url.as_str()),
                event: Bytes::from(event.to_string()),
                kind: InvocationKind::RequestResponse,
                timeout: self.time_max,
            };
            lambda::invoke(&app.egress, &app.aws, invocation).await
        })
        .await;
        let answered = answered.map_err(|_| format!("none within {:?}", self.time_max));
        let response = answered.and_then(|answered| answered.map_err(|error| error.to_string()));
        let response = response.map_err(AskError::NoAnswer)?;
        if !response.status.is_success() {
            return Err(AskError::NoAnswer(format!("HTTP status {}", response.status.as_u16())));
        }
        if lambda::has_failed(&response) {
            return Err(AskError::NoAnswer("the function failed".to_owned()));
        }
        if !response.is_whole {
            return Err(AskError::NoAnswer("the answer is too long, or broke off".to_owned()));
        }
        Ok(Verdict::parse(&response.body, self.seconds_min)?)
    }

    fn lane(&self, scope: &Scope, name: &str) -> Arc<Semaphore> {
        let key = (scope.clone(), name.to_owned());
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if !lanes.contains_key(&key) {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        Arc::clone(lanes.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.calls_max))))
    }
}
