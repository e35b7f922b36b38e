//! Static thing groups and their hierarchy.

use thingwarden_store::records::{PolicyAttachment, ThingGroup, ThingGroupMember};
use thingwarden_store::{Filter, Order, Query, Reader, Record, Writer};
use thingwarden_wire::types::{
    AttributePayload, CreateThingGroupInput, CreateThingGroupOutput, DeleteThingGroupInput,
    DescribeThingGroupInput, DescribeThingGroupOutput, GroupNameAndArn, ListThingGroupsInput,
    ListThingGroupsOutput, ThingGroupMetadata, ThingGroupProperties, UpdateThingGroupInput,
    UpdateThingGroupOutput,
};
use thingwarden_wire::{Code, Empty, Timestamp, WireError};

use super::attributes::{self, Attributes};
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{tags, things};

/// The word for a thing group in messages.
const KIND: &str = "thing group";

/// Attributes of a thing group (AWS IoT Device Management quotas).
const ATTRIBUTES_MAX: usize = 50;

/// [`ThingGroup::ancestors`] of a group without a parent.
const ROOT: &str = "/";

/// Making the same group again succeeds (CreateThingGroup); making another of its name does not.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateThingGroupInput,
) -> Result<CreateThingGroupOutput, ApiError> {
    let name = input.thing_group_name;
    let arn = arn_of(cx, &name);
    let properties = input.thing_group_properties.unwrap_or_default();
    let made = ThingGroup {
        ancestors: ancestors(cx, store, input.parent_group_name.as_deref())?,
        group_id: super::new_uuid()?,
        description: properties.thing_group_description,
        attributes: attributes::given(properties.attribute_payload),
        version: 1,
        created_ms: cx.now_ms,
        name,
    };
    let stored = match store.get::<ThingGroup>(&made.name)? {
        Some(found) if is_same(&found, &made) => found,
        Some(found) => {
            let message = format!(
                "Thing Group {} already exists in current account with different properties",
                found.name
            );
            let told = WireError::new(Code::ResourceAlreadyExistsException, message);
            return Err(told.with_resource(found.group_id, arn).into());
        }
        None => {
            check_attributes(&made.attributes)?;
            store.insert(&made)?;
            tags::set_new(cx, store, &arn, input.tags)?;
            made
        }
    };
    Ok(CreateThingGroupOutput {
        thing_group_arn: Some(arn),
        thing_group_id: Some(stored.group_id),
        thing_group_name: Some(stored.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeThingGroupInput,
) -> Result<DescribeThingGroupOutput, ApiError> {
    let found = require(store, &input.thing_group_name)?;
    let above: Vec<_> = found.ancestor_names().map(|name| name_and_arn(cx, name)).collect();
    Ok(DescribeThingGroupOutput {
        thing_group_arn: Some(arn_of(cx, &found.name)),
        thing_group_metadata: Some(ThingGroupMetadata {
            creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
            parent_group_name: above.last().and_then(|parent| parent.group_name.clone()),
            root_to_parent_thing_groups: Some(above).filter(|above| !above.is_empty()),
        }),
        thing_group_properties: Some(ThingGroupProperties {
            attribute_payload: Some(found.attributes)
                .filter(|attributes| !attributes.is_empty())
                .map(|attributes| AttributePayload { attributes: Some(attributes), merge: None }),
            thing_group_description: found.description,
        }),
        thing_group_id: Some(found.group_id),
        thing_group_name: Some(found.name),
        version: Some(found.version),
        ..DescribeThingGroupOutput::default()
    })
}

/// All groups below a parent, or all groups at all; only the uppermost of them when `recursive` is false.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingGroupsInput,
) -> Result<ListThingGroupsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let above = match input.parent_group.as_deref() {
        None => ROOT.to_owned(),
        Some(parent) => require(store, parent)?.path(),
    };
    let (place, order) = match (input.recursive, &input.parent_group, &input.name_prefix_filter) {
        (Some(false), ..) => (Some(Filter::eq("ancestors", above.as_str())), Order::Inserted),
        (_, Some(_), _) => (Some(Filter::Prefix("ancestors", &above)), Order::By("ancestors")),
        (_, None, Some(_)) => (None, Order::By("id")),
        (_, None, None) => (None, Order::Inserted),
    };
    let named = input.name_prefix_filter.as_deref().map(|prefix| Filter::Prefix("id", prefix));
    let filters: Vec<_> = place.into_iter().chain(named).collect();
    let page = paging::list::<ThingGroup>(cx, store, asked, &Query { order, ..Query::all(&filters) })?;
    let thing_groups = page.items.iter().map(|found| name_and_arn(cx, &found.name)).collect();
    Ok(ListThingGroupsOutput { thing_groups, next_token: page.next_token })
}

/// Changes the properties that are given, and leaves the others.
pub(super) fn update(
    _cx: &Cx,
    store: &Writer<'_>,
    input: UpdateThingGroupInput,
) -> Result<UpdateThingGroupOutput, ApiError> {
    let mut found = require(store, &input.thing_group_name)?;
    check_version(&found, input.expected_version)?;
    let given = input.thing_group_properties;
    found.description = given.thing_group_description.or(found.description);
    found.attributes = attributes::changed(found.attributes, given.attribute_payload);
    check_attributes(&found.attributes)?;
    found.version += 1;
    store.update(&found)?;
    Ok(UpdateThingGroupOutput { version: Some(found.version) })
}

/// Things leave a group that is deleted, and its policies are detached (developer guide, "Delete a thing group"); groups
/// below it must be deleted first. Succeeds also when there is no such group.
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteThingGroupInput) -> Result<Empty, ApiError> {
    let Some(found) = store.get::<ThingGroup>(&input.thing_group_name)? else { return Ok(Empty {}) };
    check_version(&found, input.expected_version)?;
    let (name, path) = (&found.name, found.path());
    let below = [Filter::eq("ancestors", path.as_str())];
    if !store.list::<ThingGroup>(&Query { limit: 1, ..Query::all(&below) })?.items.is_empty() {
        return Err(ApiError::invalid(format!(
            "thing group `{name}` has groups below it: delete them first"
        )));
    }
    for member in store.all::<ThingGroupMember>(&[Filter::eq("path", path.as_str())])? {
        store.delete::<ThingGroupMember>(&member.id())?;
    }
    let arn = arn_of(cx, name);
    for attachment in store.all::<PolicyAttachment>(&[Filter::eq("target", arn.as_str())])? {
        store.delete::<PolicyAttachment>(&attachment.id())?;
    }
    store.delete::<ThingGroup>(name)?;
    tags::forget(store, &arn)?;
    Ok(Empty {})
}

pub(super) fn arn_of(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("thinggroup/{name}"))
}

pub(super) fn name_and_arn(cx: &Cx, name: &str) -> GroupNameAndArn {
    GroupNameAndArn { group_arn: Some(arn_of(cx, name)), group_name: Some(name.to_owned()) }
}

/// The group, or the error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<ThingGroup, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

/// Where a group with this parent is. CreateThingGroup lists no error for a parent that does not exist.
fn ancestors(cx: &Cx, store: &Reader<'_>, parent: Option<&str>) -> Result<String, ApiError> {
    let Some(parent) = parent else { return Ok(ROOT.to_owned()) };
    let Some(parent) = store.get::<ThingGroup>(parent)? else {
        return Err(ApiError::invalid(format!("the parent, thing group `{parent}`, does not exist")));
    };
    let limit = cx.app.quotas.group_depth;
    if parent.ancestor_names().count().saturating_add(2) > limit {
        return Err(ApiError::invalid(format!("a hierarchy of thing groups has at most {limit} levels")));
    }
    Ok(parent.path())
}

fn is_same(found: &ThingGroup, asked: &ThingGroup) -> bool {
    found.ancestors == asked.ancestors
        && found.description == asked.description
        && found.attributes == asked.attributes
}

fn check_version(group: &ThingGroup, expected: Option<i64>) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != group.version => {
            Err(ApiError::version_conflict(KIND, &group.name, expected, group.version))
        }
        _ => Ok(()),
    }
}

fn check_attributes(attributes: &Attributes) -> Result<(), ApiError> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(ApiError::invalid(format!("a thing group has at most {ATTRIBUTES_MAX} attributes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
