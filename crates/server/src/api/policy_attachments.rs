//! Which policies are attached to which targets.

use thingwarden_store::records::PolicyAttachment;
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    AttachPolicyInput, AttachPrincipalPolicyInput, DetachPolicyInput, DetachPrincipalPolicyInput,
    ListAttachedPoliciesInput, ListAttachedPoliciesOutput, ListPolicyPrincipalsInput,
    ListPolicyPrincipalsOutput, ListPrincipalPoliciesInput, ListPrincipalPoliciesOutput,
    ListTargetsForPolicyInput, ListTargetsForPolicyOutput,
};
use thingwarden_wire::{Code, Empty};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked, Listing};
use super::targets::{self, Target};
use super::{effective, policies, principals};

pub(super) fn attach(cx: &Cx, store: &Writer<'_>, input: AttachPolicyInput) -> Result<Empty, ApiError> {
    attach_to(cx, store, input.policy_name, input.target)
}

pub(super) fn attach_to_principal(
    cx: &Cx,
    store: &Writer<'_>,
    input: AttachPrincipalPolicyInput,
) -> Result<Empty, ApiError> {
    principals::parse(cx, &input.principal)?;
    attach_to(cx, store, input.policy_name, input.principal)
}

pub(super) fn detach(cx: &Cx, store: &Writer<'_>, input: DetachPolicyInput) -> Result<Empty, ApiError> {
    targets::parse(cx, &input.target)?;
    detach_from(store, &input.policy_name, &input.target)
}

pub(super) fn detach_from_principal(
    cx: &Cx,
    store: &Writer<'_>,
    input: DetachPrincipalPolicyInput,
) -> Result<Empty, ApiError> {
    principals::parse(cx, &input.principal)?;
    detach_from(store, &input.policy_name, &input.principal)
}

/// With `recursive`, the policies of a thing group are those of the groups above it too.
pub(super) fn list_attached(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAttachedPoliciesInput,
) -> Result<ListAttachedPoliciesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: policies::PAGE };
    let page = match targets::require(cx, store, &input.target)? {
        Target::ThingGroup(name) if input.recursive == Some(true) => {
            let mut names = effective::names(store, &effective::group_targets(store, name)?)?;
            names.sort();
            paging::slice(cx, asked, &input.target, names)?
        }
        _ => attached_to(cx, store, asked, &input.target, false)?,
    };
    let policies = page.items.iter().map(|name| policies::named(cx, name)).collect();
    Ok(ListAttachedPoliciesOutput { next_marker: page.next_token, policies })
}

pub(super) fn list_of_principal(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListPrincipalPoliciesInput,
) -> Result<ListPrincipalPoliciesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: policies::PAGE };
    principals::parse(cx, &input.principal)?;
    targets::require(cx, store, &input.principal)?;
    let descending = !input.ascending_order.unwrap_or(false);
    let page = attached_to(cx, store, asked, &input.principal, descending)?;
    let policies = page.items.iter().map(|name| policies::named(cx, name)).collect();
    Ok(ListPrincipalPoliciesOutput { next_marker: page.next_token, policies })
}

pub(super) fn list_targets(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListTargetsForPolicyInput,
) -> Result<ListTargetsForPolicyOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: policies::PAGE };
    policies::require(store, &input.policy_name)?;
    let filters = [Filter::eq("policy", input.policy_name)];
    let page = paging::list::<PolicyAttachment>(cx, store, asked, &Query::all(&filters))?;
    let targets = page.items.into_iter().map(|attached| attached.target).collect();
    Ok(ListTargetsForPolicyOutput { next_marker: page.next_token, targets })
}

/// A thing group is no principal, so it is not in the answer.
pub(super) fn list_principals(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListPolicyPrincipalsInput,
) -> Result<ListPolicyPrincipalsOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: policies::PAGE };
    policies::require(store, &input.policy_name)?;
    let filters = [Filter::eq("policy", input.policy_name), Filter::eq("to_principal", true)];
    let descending = !input.ascending_order.unwrap_or(false);
    let query = Query { descending, ..Query::all(&filters) };
    let page = paging::list::<PolicyAttachment>(cx, store, asked, &query)?;
    let principals = page.items.into_iter().map(|attached| attached.target).collect();
    Ok(ListPolicyPrincipalsOutput { next_marker: page.next_token, principals })
}

/// Attaching again changes nothing.
fn attach_to(cx: &Cx, store: &Writer<'_>, policy: String, target: String) -> Result<Empty, ApiError> {
    policies::require(store, &policy)?;
    let (limit, what) = match targets::require(cx, store, &target)? {
        Target::ThingGroup(_) => (cx.app.quotas.policies_per_thing_group, "thing group"),
        Target::Principal(_) => {
            principals::require_attachable(cx, store, &target)?;
            (cx.app.quotas.policies_per_principal, "principal")
        }
    };
    let attachment = PolicyAttachment { policy, target };
    let id = PolicyAttachment::id_of(&attachment.policy, &attachment.target);
    if store.exists::<PolicyAttachment>(&id)? {
        return Ok(Empty {});
    }
    let attached = store.count::<PolicyAttachment>(&[Filter::eq("target", attachment.target.as_str())])?;
    if attached >= limit {
        let message = format!("a {what} has at most {limit} policies: detach one first");
        return Err(ApiError::limit(message));
    }
    store.insert(&attachment)?;
    Ok(Empty {})
}

fn detach_from(store: &Writer<'_>, policy: &str, target: &str) -> Result<Empty, ApiError> {
    if store.delete::<PolicyAttachment>(&PolicyAttachment::id_of(policy, target))? {
        return Ok(Empty {});
    }
    let message = format!("policy `{policy}` is not attached to `{}`", super::shown(target));
    Err(ApiError::new(Code::ResourceNotFoundException, message))
}

/// The names of policies, in the order in which they were attached.
fn attached_to(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    target: &str,
    descending: bool,
) -> Result<Listing<String>, ApiError> {
    let filters = [Filter::eq("target", target)];
    let query = Query { descending, ..Query::all(&filters) };
    let page = paging::list::<PolicyAttachment>(cx, store, asked, &query)?;
    let items = page.items.into_iter().map(|attached| attached.policy).collect();
    Ok(Listing { items, next_token: page.next_token })
}

#[cfg(test)]
pub(super) mod tests;
