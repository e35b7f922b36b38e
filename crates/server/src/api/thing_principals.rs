//! Which principals are attached to which things.

use thingwarden_store::records::{Thing, ThingPrincipal};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    AttachThingPrincipalInput, DetachThingPrincipalInput, ListPrincipalThingsInput,
    ListPrincipalThingsOutput, ListPrincipalThingsV2Input, ListPrincipalThingsV2Output,
    ListThingPrincipalsInput, ListThingPrincipalsOutput, ListThingPrincipalsV2Input,
    ListThingPrincipalsV2Output, PrincipalThingObject, ThingPrincipalObject, ThingPrincipalType,
};
use thingwarden_wire::{Code, Empty};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked, Listing};
use super::{principals, things};

/// Attaching again in the same way succeeds. An exclusive principal has one thing, whatever came first.
pub(super) fn attach(
    cx: &Cx,
    store: &Writer<'_>,
    input: AttachThingPrincipalInput,
) -> Result<Empty, ApiError> {
    let thing = things::require(store, &input.thing_name)?;
    principals::require_attachable(cx, store, &input.principal)?;
    let exclusive = input.thing_principal_type == Some(ThingPrincipalType::ExclusiveThing);
    let asked = ThingPrincipal { thing: thing.name, principal: input.principal, exclusive };
    // Two attachments tell all: an exclusive one is alone.
    let by_principal = [Filter::eq("principal", asked.principal.as_str())];
    let present = store.list::<ThingPrincipal>(&Query { limit: 2, ..Query::all(&by_principal) })?.items;
    let same = store.get::<ThingPrincipal>(&ThingPrincipal::id_of(&asked.thing, &asked.principal))?;
    match same {
        Some(found) if found.exclusive == exclusive => return Ok(Empty {}),
        Some(_) => {
            let message = "the principal is attached to this thing with the other type: detach it first";
            return Err(ApiError::invalid(message));
        }
        None => {}
    }
    if let Some(other) = present.iter().find(|other| exclusive || other.exclusive) {
        let message = format!(
            "the principal is attached to thing `{}`, and one of the two would be exclusive",
            other.thing
        );
        return Err(ApiError::invalid(message));
    }
    store.insert(&asked)?;
    Ok(Empty {})
}

pub(super) fn detach(
    cx: &Cx,
    store: &Writer<'_>,
    input: DetachThingPrincipalInput,
) -> Result<Empty, ApiError> {
    principals::parse(cx, &input.principal)?;
    let thing = things::require(store, &input.thing_name)?;
    if !store.delete::<ThingPrincipal>(&ThingPrincipal::id_of(&thing.name, &input.principal))? {
        let message = format!("the principal is not attached to thing `{}`", thing.name);
        return Err(ApiError::new(Code::ResourceNotFoundException, message));
    }
    Ok(Empty {})
}

pub(super) fn list_things(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListPrincipalThingsInput,
) -> Result<ListPrincipalThingsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let page = things_of(cx, store, asked, &input.principal, None)?;
    let things = page.items.into_iter().map(|attached| attached.thing).collect();
    Ok(ListPrincipalThingsOutput { things, next_token: page.next_token })
}

pub(super) fn list_things_v2(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListPrincipalThingsV2Input,
) -> Result<ListPrincipalThingsV2Output, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let page = things_of(cx, store, asked, &input.principal, input.thing_principal_type)?;
    let object = |attached: ThingPrincipal| PrincipalThingObject {
        thing_principal_type: Some(type_of(&attached)),
        thing_name: attached.thing,
    };
    let principal_thing_objects = page.items.into_iter().map(object).collect();
    Ok(ListPrincipalThingsV2Output { principal_thing_objects, next_token: page.next_token })
}

pub(super) fn list_principals(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingPrincipalsInput,
) -> Result<ListThingPrincipalsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let page = principals_of(cx, store, asked, &input.thing_name, None)?;
    let principals = page.items.into_iter().map(|attached| attached.principal).collect();
    Ok(ListThingPrincipalsOutput { principals, next_token: page.next_token })
}

pub(super) fn list_principals_v2(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingPrincipalsV2Input,
) -> Result<ListThingPrincipalsV2Output, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let page = principals_of(cx, store, asked, &input.thing_name, input.thing_principal_type)?;
    let object = |attached: ThingPrincipal| ThingPrincipalObject {
        thing_principal_type: Some(type_of(&attached)),
        principal: attached.principal,
    };
    let thing_principal_objects = page.items.into_iter().map(object).collect();
    Ok(ListThingPrincipalsV2Output { thing_principal_objects, next_token: page.next_token })
}

fn things_of(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    principal: &str,
    only: Option<ThingPrincipalType>,
) -> Result<Listing<ThingPrincipal>, ApiError> {
    principals::parse(cx, principal)?;
    attachments(cx, store, asked, Filter::eq("principal", principal), only)
}

fn principals_of(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    thing: &str,
    only: Option<ThingPrincipalType>,
) -> Result<Listing<ThingPrincipal>, ApiError> {
    if !store.exists::<Thing>(thing)? {
        let message = format!(
            "Failed to list principals for thing {thing} because the thing does not exist in your account"
        );
        return Err(ApiError::new(Code::ResourceNotFoundException, message));
    }
    attachments(cx, store, asked, Filter::eq("thing", thing), only)
}

fn attachments(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    whose: Filter<'_>,
    only: Option<ThingPrincipalType>,
) -> Result<Listing<ThingPrincipal>, ApiError> {
    let only = only.map(|kind| Filter::eq("exclusive", kind == ThingPrincipalType::ExclusiveThing));
    let filters: Vec<Filter<'_>> = std::iter::once(whose).chain(only).collect();
    paging::list(cx, store, asked, &Query::all(&filters))
}

fn type_of(attached: &ThingPrincipal) -> ThingPrincipalType {
    match attached.exclusive {
        true => ThingPrincipalType::ExclusiveThing,
        false => ThingPrincipalType::NonExclusiveThing,
    }
}

#[cfg(test)]
mod tests;
