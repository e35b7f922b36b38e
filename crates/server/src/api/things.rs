//! Things: entries of the registry.

use std::collections::BTreeMap;

use thingwarden_store::records::{BillingGroup, Thing, ThingAttribute, ThingGroupMember, ThingPrincipal};
use thingwarden_store::{Filter, Order, Query, Reader, StoreError, Writer};
use thingwarden_wire::types::{
    CreateThingInput, CreateThingOutput, DeleteThingInput, DescribeThingInput, DescribeThingOutput,
    ListThingsInput, ListThingsOutput, UpdateThingInput,
};
use thingwarden_wire::{Empty, types};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked, Listing};
use super::{attributes, tags, thing_types};
use crate::quarantine;

/// The word for a thing in messages.
pub(super) const KIND: &str = "thing";

/// Results on a page of a listing of the registry when nobody says how many.
pub(super) const PAGE: usize = 50;

/// Making the same thing again succeeds (CreateThing); making another of its name does not.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateThingInput,
) -> Result<CreateThingOutput, ApiError> {
    let thing = Thing {
        thing_id: super::new_uuid()?,
        attributes: attributes::given(input.attribute_payload),
        type_name: input.thing_type_name,
        billing_group: input.billing_group_name,
        version: 1,
        created_ms: cx.now_ms,
        name: input.thing_name,
    };
    let arn = arn(cx, &thing.name);
    let stored = match store.get::<Thing>(&thing.name)? {
        None => {
            if let Some(type_name) = &thing.type_name {
                thing_types::require_usable(store, type_name)?;
            }
            if let Some(group) = &thing.billing_group {
                store.require::<BillingGroup>(group)?;
            }
            check_attributes(cx, &thing)?;
            store.insert(&thing)?;
            index(store, None, Some(&thing))?;
            let (rule, none) = (&cx.app.quarantine, BTreeMap::new());
            quarantine::noticed(rule, store, &thing.name, &none, &thing.attributes)?;
            thing
        }
        Some(found) if is_same(&found, &thing) => found,
        Some(found) => return Err(ApiError::already_exists(KIND, &found.name, &arn)),
    };
    Ok(CreateThingOutput {
        thing_arn: Some(arn),
        thing_id: Some(stored.thing_id),
        thing_name: Some(stored.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeThingInput,
) -> Result<DescribeThingOutput, ApiError> {
    let thing = require(store, &input.thing_name)?;
    Ok(DescribeThingOutput {
        attributes: Some(thing.attributes),
        billing_group_name: thing.billing_group,
        default_client_id: Some(thing.name.clone()),
        thing_arn: Some(arn(cx, &thing.name)),
        thing_id: Some(thing.thing_id),
        thing_name: Some(thing.name),
        thing_type_name: thing.type_name,
        version: Some(thing.version),
    })
}

pub(super) fn update(cx: &Cx, store: &Writer<'_>, input: UpdateThingInput) -> Result<Empty, ApiError> {
    let found = require(store, &input.thing_name)?;
    check_version(&found, input.expected_version)?;
    let mut thing = found.clone();
    match (input.thing_type_name, input.remove_thing_type == Some(true)) {
        (Some(_), true) => {
            return Err(ApiError::invalid("give `thingTypeName` or `removeThingType`, not both"));
        }
        (None, true) => thing.type_name = None,
        (Some(type_name), false) => thing.type_name = Some(type_name),
        (None, false) => {}
    }
    if thing.type_name != found.type_name
        && let Some(type_name) = &thing.type_name
    {
        thing_types::require_usable(store, type_name)?;
    }
    thing.attributes = attributes::changed(thing.attributes, input.attribute_payload);
    check_attributes(cx, &thing)?;
    thing.version += 1;
    store.update(&thing)?;
    index(store, Some(&found), Some(&thing))?;
    let rule = &cx.app.quarantine;
    quarantine::noticed(rule, store, &thing.name, &found.attributes, &thing.attributes)?;
    Ok(Empty {})
}

/// Succeeds also when there is no such thing (DeleteThing).
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteThingInput) -> Result<Empty, ApiError> {
    let Some(thing) = store.get::<Thing>(&input.thing_name)? else { return Ok(Empty {}) };
    check_version(&thing, input.expected_version)?;
    let by_thing = [Filter::eq("thing", thing.name.as_str())];
    if store.count::<ThingPrincipal>(&by_thing)? > 0 {
        let name = &thing.name;
        let message = format!("Cannot delete. Thing {name} is still attached to one or more principals");
        return Err(ApiError::invalid(message));
    }
    for member in store.all::<ThingGroupMember>(&by_thing)? {
        store.delete::<ThingGroupMember>(&ThingGroupMember::id_of(&member.group, &member.thing))?;
    }
    index(store, Some(&thing), None)?;
    tags::forget(store, &arn(cx, &thing.name))?;
    store.delete::<Thing>(&thing.name)?;
    Ok(Empty {})
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingsInput,
) -> Result<ListThingsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let with_type = input.thing_type_name.map(|name| Filter::eq("type_name", name));
    let page = match input.attribute_name {
        None if input.attribute_value.is_some() => {
            return Err(ApiError::invalid("`attributeValue` needs `attributeName`"));
        }
        None => {
            let filters: Vec<_> = with_type.into_iter().collect();
            paging::list::<Thing>(cx, store, asked, &Query::all(&filters))?
        }
        Some(name) => {
            // An attribute without a value is one with any value.
            let is_prefix = input.use_prefix_attribute_value == Some(true) || input.attribute_value.is_none();
            let value = input.attribute_value.unwrap_or_default();
            let (by_value, order) = match is_prefix {
                true => (Filter::Prefix("value", &value), Order::By("value")),
                false => (Filter::eq("value", value.as_str()), Order::Inserted),
            };
            let filters: Vec<_> = [Filter::eq("name", name), by_value].into_iter().chain(with_type).collect();
            let query = Query { order, ..Query::all(&filters) };
            let page = paging::list::<ThingAttribute>(cx, store, asked, &query)?;
            let things = page.items.iter().map(|attribute| store.require::<Thing>(&attribute.thing));
            Listing { items: things.collect::<Result<_, _>>()?, next_token: page.next_token }
        }
    };
    let things = page.items.into_iter().map(|thing| listed(cx, thing)).collect();
    Ok(ListThingsOutput { things, next_token: page.next_token })
}

fn listed(cx: &Cx, thing: Thing) -> types::ThingAttribute {
    types::ThingAttribute {
        attributes: Some(thing.attributes),
        thing_arn: Some(arn(cx, &thing.name)),
        thing_name: Some(thing.name),
        thing_type_name: thing.type_name,
        version: Some(thing.version),
    }
}

pub(super) fn arn(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("thing/{name}"))
}

/// The thing, or the error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<Thing, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn check_version(thing: &Thing, expected: Option<i64>) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != thing.version => {
            Err(ApiError::version_conflict(KIND, &thing.name, expected, thing.version))
        }
        _ => Ok(()),
    }
}

fn check_attributes(cx: &Cx, thing: &Thing) -> Result<(), ApiError> {
    let (limit, which) = match thing.type_name {
        Some(_) => (cx.app.quotas.attributes_with_type, "with a thing type"),
        None => (cx.app.quotas.attributes_without_type, "without a thing type"),
    };
    let count = thing.attributes.len();
    if count > limit {
        let message =
            format!("a thing {which} has at most {limit} attributes, and this one would have {count}");
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

fn is_same(found: &Thing, asked: &Thing) -> bool {
    found.attributes == asked.attributes
        && found.type_name == asked.type_name
        && found.billing_group == asked.billing_group
}

/// Brings the attributes by which things are found from what a thing was to what it is.
pub(crate) fn index(
    store: &Writer<'_>,
    before: Option<&Thing>,
    after: Option<&Thing>,
) -> Result<(), StoreError> {
    let rows = |thing: Option<&Thing>| -> Vec<ThingAttribute> {
        let row = |thing: &Thing, (name, value): (&String, &String)| ThingAttribute {
            thing: thing.name.clone(),
            name: name.clone(),
            value: value.clone(),
            type_name: thing.type_name.clone(),
        };
        thing
            .map(|thing| thing.attributes.iter().map(|entry| row(thing, entry)).collect())
            .unwrap_or_default()
    };
    let (before, after) = (rows(before), rows(after));
    for gone in before.iter().filter(|row| after.iter().all(|kept| kept.name != row.name)) {
        store.delete::<ThingAttribute>(&ThingAttribute::id_of(&gone.thing, &gone.name))?;
    }
    for row in after.iter().filter(|row| !before.contains(row)) {
        store.put(row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
