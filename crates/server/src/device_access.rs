//! The policies that are in force for a principal, in each way in which it can connect: what the policy engine is asked about.

use std::sync::Arc;

use thingwarden_engine::policy::{Context, PolicySet};
use thingwarden_engine::prove::{self, Case, Device, Identity, Ways};
use thingwarden_store::records::{Certificate, Thing, ThingPrincipal};
use thingwarden_store::{Filter, Query, Reader};

use crate::api::{ApiError, arn_name, compile_policies, parsed_certificate, policies_in_force};

/// Things of one principal that are looked at.
pub(crate) const THINGS_MAX: usize = 100;

/// What a principal may do, as it stands.
#[derive(Debug)]
pub(crate) struct DeviceAccess {
    pub(crate) principal: String,
    /// The names of the things that it is attached to, at most [`THINGS_MAX`].
    pub(crate) things: Vec<String>,
    /// It is attached to more.
    pub(crate) more_things: bool,
    /// Device and policies for each way to connect; none when it is a certificate that lets nobody in.
    pub(crate) ways: Vec<(Device, Arc<PolicySet>)>,
}

/// How the policies with these names are compiled.
type Compile<'a> = &'a mut dyn FnMut(&[String]) -> Result<Arc<PolicySet>, ApiError>;

impl DeviceAccess {
    /// # Errors
    /// When the store fails or a policy in it cannot be read.
    pub(crate) fn of(store: &Reader<'_>, principal: &str) -> Result<Self, ApiError> {
        Self::with(store, principal, &mut |names| Ok(Arc::new(compile_policies(store, names)?)))
    }

    /// As [`DeviceAccess::of`], for whoever asks about many that have policies in common.
    ///
    /// # Errors
    /// When the store fails or a policy in it cannot be read.
    pub(crate) fn with(store: &Reader<'_>, principal: &str, compile: Compile<'_>) -> Result<Self, ApiError> {
        let filters = [Filter::eq("principal", principal)];
        let page = store.list::<ThingPrincipal>(&Query { limit: THINGS_MAX, ..Query::all(&filters) })?;
        let mut access = Self {
            principal: principal.to_owned(),
            things: page.items.iter().map(|attached| attached.thing.clone()).collect(),
            more_things: page.next.is_some(),
            ways: vec![],
        };
        let Some(certificate) = keys(store, principal)? else { return Ok(access) };
        let mut things = vec![];
        for attached in page.items {
            let Some(thing) = store.get::<Thing>(&attached.thing)? else { continue };
            let set = compile(&policies_in_force(store, principal, Some(&thing.name))?.policies)?;
            let thing = prove::Thing {
                name: thing.name,
                type_name: thing.type_name,
                attributes: thing.attributes,
                exclusive: attached.exclusive,
            };
            // Policies of a thing's groups hold for who connects as that thing, and for nobody else.
            access.ways.push((device(principal, &certificate, vec![thing.clone()], Ways::AsThing), set));
            things.push(thing);
        }
        let alone = compile(&policies_in_force(store, principal, None)?.policies)?;
        access.ways.push((device(principal, &certificate, things, Ways::WithoutThing), alone));
        Ok(access)
    }

    /// As questions take it.
    pub(crate) fn cases(&self) -> Vec<Case<'_>> {
        self.ways.iter().map(|(device, set)| Case { set, device: device.clone() }).collect()
    }
}

fn device(principal: &str, certificate: &Context, things: Vec<prove::Thing>, ways: Ways) -> Device {
    let identity = Identity::of(principal);
    Device { certificate: Some(certificate.clone()), identity, things, ways, ..Device::default() }
}

/// The condition keys of a certificate that is active; none when the principal is one that is not.
fn keys(store: &Reader<'_>, principal: &str) -> Result<Option<Context>, ApiError> {
    let mut keys = Context::new();
    let Some(id) = arn_name(store.scope(), "cert", principal) else { return Ok(Some(keys)) };
    match store.get::<Certificate>(id)? {
        // Only an active certificate is let in.
        Some(certificate) if certificate.status == "ACTIVE" => {
            keys.insert_certificate(&parsed_certificate(store, id)?);
            Ok(Some(keys))
        }
        _ => Ok(None),
    }
}
