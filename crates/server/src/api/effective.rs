//! What binds a device that connects: the policies in force for it, and the condition keys that its requests bring.

use std::sync::Arc;

use thingwarden_engine::pki;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::policy::{self, Context, Dialect, PolicySet, PolicySource};
use thingwarden_store::records::{
    Certificate, PolicyAttachment, Thing, ThingGroup, ThingGroupMember, ThingPrincipal,
};
use thingwarden_store::{Filter, Reader, StoreError};
use thingwarden_wire::types::{EffectivePolicy, GetEffectivePoliciesInput, GetEffectivePoliciesOutput};

use super::cx::Cx;
use super::error::ApiError;
use super::principals::Principal;
use super::targets::{self, Target};
use super::{policies, things};

/// The policies of the principal and of the thing's groups with all groups above them, by name. Without `thingName`, the
/// thing is the one that the principal belongs to exclusively, if there is one.
pub(super) fn get(
    cx: &Cx,
    store: &Reader<'_>,
    input: GetEffectivePoliciesInput,
) -> Result<GetEffectivePoliciesOutput, ApiError> {
    if input.principal.is_none() && input.thing_name.is_none() && input.cognito_identity_pool_id.is_none() {
        return Err(ApiError::invalid("one of principal, thingName and cognitoIdentityPoolId is needed"));
    }
    let thing = match &input.thing_name {
        Some(name) => Some(things::require(store, name)?.name),
        None => exclusive_thing(store, input.principal.as_deref())?,
    };
    let mut found = names(store, &targets_of(cx, store, input.principal.as_deref(), thing.as_deref())?)?;
    found.sort();
    let mut effective = Vec::with_capacity(found.len());
    for name in found {
        let policy = policies::require(store, &name)?;
        effective.push(EffectivePolicy {
            policy_arn: Some(policies::arn(cx, &name)),
            policy_document: Some(policies::default_version(store, &policy)?.document),
            policy_name: Some(name),
        });
    }
    Ok(GetEffectivePoliciesOutput { effective_policies: Some(effective) })
}

/// Everything whose policies hold for a principal, which must exist, that connects as a thing.
pub(super) fn targets_of(
    cx: &Cx,
    store: &Reader<'_>,
    principal: Option<&str>,
    thing: Option<&str>,
) -> Result<Vec<String>, ApiError> {
    let mut found = match principal {
        None => vec![],
        Some(text) => match targets::require(cx, store, text)? {
            Target::ThingGroup(name) => group_targets(store, name)?,
            Target::Principal(_) => vec![text.to_owned()],
        },
    };
    if let Some(thing) = thing {
        found.extend(groups_of(store, thing)?);
    }
    Ok(found)
}

/// The ARNs of the groups that a thing is in, and of all groups above them.
pub(crate) fn groups_of(store: &Reader<'_>, thing: &str) -> Result<Vec<String>, ApiError> {
    let mut found = vec![];
    for member in store.all::<ThingGroupMember>(&[Filter::eq("thing", thing)])? {
        // The path has the names of the groups above, and the group's own.
        let names = member.path.split('/').filter(|name| !name.is_empty());
        found.extend(names.map(|name| group_arn(store, name)));
    }
    Ok(found)
}

/// A thing group and all groups above it.
pub(super) fn group_targets(store: &Reader<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    let group: ThingGroup = store.require(name)?;
    let names = group.ancestor_names().chain([name]);
    Ok(names.map(|name| group_arn(store, name)).collect())
}

/// The policies that are attached to any of the targets, each once.
pub(crate) fn names(store: &Reader<'_>, targets: &[String]) -> Result<Vec<String>, ApiError> {
    let mut found: Vec<String> = vec![];
    for target in targets {
        for attached in store.all::<PolicyAttachment>(&[Filter::eq("target", target.as_str())])? {
            if !found.contains(&attached.policy) {
                found.push(attached.policy);
            }
        }
    }
    Ok(found)
}

/// Whose policies hold for a principal that connects as a thing, and which those are.
#[derive(Debug)]
pub(crate) struct InForce {
    /// ARNs: the principal first, then the thing's groups with all groups above.
    pub(crate) targets: Vec<String>,
    /// Names, each once.
    pub(crate) policies: Vec<String>,
}

/// What holds for a principal; with a thing, for who connects as that thing. A principal that does not exist has nothing.
pub(crate) fn in_force(
    store: &Reader<'_>,
    principal: &str,
    thing: Option<&str>,
) -> Result<InForce, ApiError> {
    let mut targets = vec![principal.to_owned()];
    if let Some(thing) = thing {
        targets.extend(groups_of(store, thing)?);
    }
    let policies = names(store, &targets)?;
    Ok(InForce { targets, policies })
}

/// The default versions of policies as the engine decides by them.
pub(crate) fn compile(store: &Reader<'_>, names: &[String]) -> Result<PolicySet, ApiError> {
    let sources: Result<Vec<_>, _> = names.iter().map(|name| source(store, name)).collect();
    Ok(PolicySet::compile(sources?))
}

/// The default version of a policy, ready to be compiled.
fn source(store: &Reader<'_>, name: &str) -> Result<PolicySource, ApiError> {
    let policy = policies::require(store, name)?;
    let version = policies::default_version(store, &policy)?;
    // It was checked when it was made. To go on without it could lose a `Deny`.
    let document = policy::parse(&version.document, Dialect::Iot).map_err(|error| damaged(name, error))?;
    Ok(PolicySource { name: name.into(), version: version.version.to_string(), document: Arc::new(document) })
}

/// The thing that somebody connects as.
#[derive(Debug)]
pub(crate) struct ConnectedThing {
    pub(crate) name: String,
    /// Whether the principal is this thing's alone.
    pub(crate) is_exclusive: bool,
}

/// The thing that a principal connects as: the one that it belongs to exclusively, whatever the client id; else the one
/// that the client id names, if the principal is attached to it.
pub(crate) fn connected_thing(
    store: &Reader<'_>,
    principal: Option<&str>,
    client_id: Option<&str>,
) -> Result<Option<ConnectedThing>, ApiError> {
    if let Some(name) = exclusive_thing(store, principal)? {
        return Ok(Some(ConnectedThing { name, is_exclusive: true }));
    }
    let (Some(principal), Some(client_id)) = (principal, client_id) else { return Ok(None) };
    let attached = store.exists::<ThingPrincipal>(&ThingPrincipal::id_of(client_id, principal))?;
    Ok(attached.then(|| ConnectedThing { name: client_id.to_owned(), is_exclusive: false }))
}

/// The condition keys that follow from who connects. `thing` is what [`connected_thing`] says.
pub(super) fn context(
    cx: &Cx,
    store: &Reader<'_>,
    principal: Option<&str>,
    client_id: Option<&str>,
    thing: Option<&str>,
) -> Result<Context, ApiError> {
    let certificate = match principal.map(|principal| targets::parse(cx, principal)).transpose()? {
        Some(Target::Principal(Principal::Certificate(id))) => Some(certificate(store, id)?),
        _ => None,
    };
    context_of(store, certificate.as_ref(), client_id, thing)
}

/// As [`context`], of a certificate that is at hand.
pub(crate) fn context_of(
    store: &Reader<'_>,
    certificate: Option<&pki::Certificate>,
    client_id: Option<&str>,
    thing: Option<&str>,
) -> Result<Context, ApiError> {
    let mut context = Context::new();
    if let Some(client_id) = client_id {
        context.insert("iot:ClientId", [client_id]);
        context.insert("iot:Connection.Thing.IsAttached", [thing.is_some().to_string()]);
    }
    if let Some(certificate) = certificate {
        context.insert_certificate(certificate);
    }
    if let Some(thing) = thing {
        let thing: Thing = store.require(thing)?;
        context.insert("iot:Connection.Thing.IsAttached", ["true"]);
        context.insert("iot:Connection.Thing.ThingName", [thing.name]);
        context.insert("iot:Connection.Thing.ThingTypeName", thing.type_name);
        for (name, value) in thing.attributes {
            context.insert(&format!("iot:Connection.Thing.Attributes[{name}]"), [value]);
        }
    }
    Ok(context)
}

/// A certificate as the engine reads it.
pub(crate) fn certificate(store: &Reader<'_>, id: &str) -> Result<pki::Certificate, ApiError> {
    let stored: Certificate = store.require(id)?;
    let block = PemBlocks::new(stored.pem.as_bytes()).next();
    let block = block.ok_or_else(|| damaged(id, "no PEM"))?.map_err(|error| damaged(id, error))?;
    pki::Certificate::parse(&block.der).map_err(|error| damaged(id, error))
}

fn exclusive_thing(store: &Reader<'_>, principal: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(principal) = principal else { return Ok(None) };
    let filters = [Filter::eq("principal", principal), Filter::eq("exclusive", true)];
    Ok(store.all::<ThingPrincipal>(&filters)?.pop().map(|attached| attached.thing))
}

fn group_arn(store: &Reader<'_>, name: &str) -> String {
    super::arn::iot(store.scope(), &format!("thinggroup/{name}"))
}

fn damaged(what: &str, why: impl ToString) -> ApiError {
    StoreError::Corrupt { what: what.to_owned(), why: why.to_string() }.into()
}
