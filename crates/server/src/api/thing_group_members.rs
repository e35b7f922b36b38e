//! Which things are in which thing groups.

use thingwarden_store::records::{Thing, ThingGroup, ThingGroupMember};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::Empty;
use thingwarden_wire::types::{
    AddThingToThingGroupInput, ListThingGroupsForThingInput, ListThingGroupsForThingOutput,
    ListThingsInThingGroupInput, ListThingsInThingGroupOutput, RemoveThingFromThingGroupInput,
    UpdateThingGroupsForThingInput,
};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{arn, thing_groups, things};

/// Adding once more succeeds. All groups are static, so `overrideDynamicGroups` finds nothing to override.
pub(super) fn add(cx: &Cx, store: &Writer<'_>, input: AddThingToThingGroupInput) -> Result<Empty, ApiError> {
    let group = arn::given(cx, "thinggroup", input.thing_group_name, input.thing_group_arn)?;
    let thing = arn::given(cx, "thing", input.thing_name, input.thing_arn)?;
    let group = thing_groups::require(store, &group)?;
    join(cx, store, &things::require(store, &thing)?, group)?;
    Ok(Empty {})
}

/// Removing a thing that is not in the group succeeds.
pub(super) fn remove(
    cx: &Cx,
    store: &Writer<'_>,
    input: RemoveThingFromThingGroupInput,
) -> Result<Empty, ApiError> {
    let group = arn::given(cx, "thinggroup", input.thing_group_name, input.thing_group_arn)?;
    let thing = arn::given(cx, "thing", input.thing_name, input.thing_arn)?;
    let group = thing_groups::require(store, &group)?;
    let thing = things::require(store, &thing)?;
    store.delete::<ThingGroupMember>(&ThingGroupMember::id_of(&group.name, &thing.name))?;
    Ok(Empty {})
}

/// The thing leaves before it joins, so that it can change places within a hierarchy.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateThingGroupsForThingInput,
) -> Result<Empty, ApiError> {
    let Some(name) = input.thing_name else { return Err(ApiError::invalid("`thingName` is missing")) };
    let (leave, enter) = (input.thing_groups_to_remove, input.thing_groups_to_add);
    let (leave, enter) = (leave.unwrap_or_default(), enter.unwrap_or_default());
    let limit = cx.app.quotas.groups_per_thing;
    if [&leave, &enter].iter().any(|names| count(names.len()) > limit) {
        return Err(ApiError::invalid(format!("a thing is in {limit} thing groups at most: give no more")));
    }
    let thing = things::require(store, &name)?;
    for name in leave {
        let group = thing_groups::require(store, &name)?;
        store.delete::<ThingGroupMember>(&ThingGroupMember::id_of(&group.name, &thing.name))?;
    }
    for name in enter {
        join(cx, store, &thing, thing_groups::require(store, &name)?)?;
    }
    Ok(Empty {})
}

pub(super) fn list_groups(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingGroupsForThingInput,
) -> Result<ListThingGroupsForThingOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let thing = things::require(store, &input.thing_name)?;
    let of_thing = [Filter::eq("thing", thing.name)];
    let page = paging::list::<ThingGroupMember>(cx, store, asked, &Query::all(&of_thing))?;
    let thing_groups =
        page.items.iter().map(|member| thing_groups::name_and_arn(cx, &member.group)).collect();
    Ok(ListThingGroupsForThingOutput { thing_groups, next_token: page.next_token })
}

/// The things in a group; with `recursive`, also those in the groups below it.
pub(super) fn list_things(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingsInThingGroupInput,
) -> Result<ListThingsInThingGroupOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let path = thing_groups::require(store, &input.thing_group_name)?.path();
    let (place, order) = match input.recursive {
        Some(true) => (Filter::Prefix("path", &path), Order::By("path")),
        _ => (Filter::eq("path", path.as_str()), Order::Inserted),
    };
    let query = Query { order, ..Query::all(std::slice::from_ref(&place)) };
    let page = paging::list::<ThingGroupMember>(cx, store, asked, &query)?;
    let things = page.items.into_iter().map(|member| member.thing).collect();
    Ok(ListThingsInThingGroupOutput { things, next_token: page.next_token })
}

/// Puts a thing into a group. A thing is in one group of a hierarchy at most, and in a limited number of hierarchies
/// (developer guide, "Add a thing to a static thing group").
fn join(cx: &Cx, store: &Writer<'_>, thing: &Thing, group: ThingGroup) -> Result<(), ApiError> {
    let path = group.path();
    let present = store.all::<ThingGroupMember>(&[Filter::eq("thing", thing.name.as_str())])?;
    if present.iter().any(|member| member.group == group.name) {
        return Ok(());
    }
    let name = &thing.name;
    if let Some(member) = present.iter().find(|member| root(&member.path) == root(&path)) {
        let message = format!(
            "thing `{name}` is in thing group `{}`, which is in the same hierarchy as `{}`",
            member.group, group.name
        );
        return Err(ApiError::invalid(message));
    }
    let limit = cx.app.quotas.groups_per_thing;
    if count(present.len()) >= limit {
        return Err(ApiError::invalid(format!(
            "thing `{name}` is in {limit} thing groups, which is the limit"
        )));
    }
    store.insert(&ThingGroupMember { group: group.name, thing: name.clone(), path })?;
    Ok(())
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The name of the uppermost group on a path.
fn root(path: &str) -> Option<&str> {
    path.split('/').find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
