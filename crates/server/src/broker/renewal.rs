//! Rights are brought up to date. A change of a policy, or of what is attached to a group, may concern thousands of connections
//! at once; what has not changed for them (certificate, thing, groups) is not read again.

use thingwarden_store::records::Policy;

use super::Broker;
use super::admission::Proof;
use super::changes::{Key, Outdated};
use super::rights::Rights;
use super::session::Owner;
use crate::api::{ApiError, effective};
use crate::clock;

impl Broker {
    /// Reads again what policies say, and which are attached, if that is all that is old; else, or when the credentials may not
    /// be used any more, false. Whoever asks registers the rights' [keys](Rights::keys_of) again.
    ///
    /// # Errors
    /// When the store fails, or a policy cannot be read.
    pub(super) fn renew_policies(
        &self,
        owner: &Owner,
        rights: &mut Rights,
        outdated: Outdated,
    ) -> Result<bool, ApiError> {
        let principal = &owner.principal;
        let is_over = principal.time_left(clock::both()).is_some_and(|left| left.is_zero());
        if outdated == Outdated::Everything
            || is_over
            || !matches!(principal.proof, Proof::Certificate { .. })
        {
            return Ok(false);
        }
        // Before the store is opened, so that what is read is at least as new.
        let generation = self.app.store.generation::<Policy>();
        let scope = &principal.scope;
        if outdated == Outdated::Attachments {
            let targets = rights.ids_of(Key::TARGET);
            let names = self.app.store.read(scope, |store| effective::names(store, &targets))?;
            let policies = names.iter().map(|name| Key::new(scope, Key::POLICY, name));
            let others = rights.made_of.drain(..).filter(|key| key.id_of(Key::POLICY).is_none());
            rights.made_of = others.chain(policies).collect();
        }
        let names = rights.ids_of(Key::POLICY);
        let policies = match self.policies.known(scope, &names, generation) {
            Some(known) => known,
            None => self.app.store.read(scope, |store| self.policies.get(store, &names, generation))?,
        };
        rights.replace_policies(policies);
        Ok(true)
    }
}
