//! Devices whose certificates nobody has registered: if somebody has registered their CA for that, they are, and get in when
//! they come again. Nothing is written for a certificate whose signature does not verify, and not often for others.

use std::sync::Arc;

use thingwarden_engine::pki;

use super::Broker;
use super::rights::Peer;
use crate::activity::add;
use crate::clock;
use crate::provisioning::just_in_time::{Met, find, meet};

impl Broker {
    /// Looks at a device that was not let in. Its connection ends whatever comes of it.
    pub(super) async fn meet(self: &Arc<Self>, der: &[u8], peer: &Peer) {
        let now = Self::now();
        let Ok(certificate) = pki::Certificate::parse(der) else { return };
        let newcomer = match find(&self.app, &certificate, der, now) {
            Ok(Some(newcomer)) => newcomer,
            Ok(None) => return,
            Err(error) => {
                return tracing::error!(%error, "a device is not registered: the store failed");
            }
        };
        let (id, scope) = (newcomer.id.clone(), newcomer.scope.clone());
        let account = &scope.account;
        if !self.rates.admits_provisioning(&scope, clock::steady()) {
            add(&self.app.activity.tally(&scope).part().throttled, 1);
            return tracing::warn!(certificate = id, %account, "a device is not registered: too many are");
        }
        match meet(&self.app, newcomer, peer.address.to_string(), now).await {
            Ok(Met::Provisioned) => {
                tracing::info!(certificate = id, %account, "a device was provisioned as it connected");
            }
            Ok(Met::Waits { topic, event }) => {
                tracing::info!(certificate = id, %account, "a certificate was registered as it connected");
                self.say(&scope, &topic, &event);
            }
            Err(error) => {
                let why = error.cause.map_or(error.told.message, |cause| cause.to_string());
                tracing::warn!(certificate = id, %account, why, "a device is not registered");
            }
        }
    }
}
