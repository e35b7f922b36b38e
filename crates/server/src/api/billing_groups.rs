//! Billing groups, by which costs are told apart. A thing is in one at most.

use thingwarden_store::records::{BillingGroup, Thing};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    AddThingToBillingGroupInput, BillingGroupMetadata, BillingGroupProperties, CreateBillingGroupInput,
    CreateBillingGroupOutput, DeleteBillingGroupInput, DescribeBillingGroupInput, DescribeBillingGroupOutput,
    GroupNameAndArn, ListBillingGroupsInput, ListBillingGroupsOutput, ListThingsInBillingGroupInput,
    ListThingsInBillingGroupOutput, RemoveThingFromBillingGroupInput, UpdateBillingGroupInput,
    UpdateBillingGroupOutput,
};
use thingwarden_wire::{Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{arn, tags, things};

/// The word for a billing group in messages.
const KIND: &str = "billing group";

/// Making the same group again succeeds (CreateBillingGroup); making another of its name does not.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateBillingGroupInput,
) -> Result<CreateBillingGroupOutput, ApiError> {
    let name = input.billing_group_name;
    let arn = arn_of(cx, &name);
    let description = input.billing_group_properties.and_then(|given| given.billing_group_description);
    let stored = match store.get::<BillingGroup>(&name)? {
        Some(found) if found.description == description => found,
        Some(found) => return Err(ApiError::already_exists(KIND, &found.name, &arn)),
        None => {
            let group_id = super::new_uuid()?;
            let made = BillingGroup { name, group_id, description, version: 1, created_ms: cx.now_ms };
            store.insert(&made)?;
            tags::set_new(cx, store, &arn, input.tags)?;
            made
        }
    };
    Ok(CreateBillingGroupOutput {
        billing_group_arn: Some(arn),
        billing_group_id: Some(stored.group_id),
        billing_group_name: Some(stored.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeBillingGroupInput,
) -> Result<DescribeBillingGroupOutput, ApiError> {
    let found = require(store, &input.billing_group_name)?;
    Ok(DescribeBillingGroupOutput {
        billing_group_arn: Some(arn_of(cx, &found.name)),
        billing_group_id: Some(found.group_id),
        billing_group_metadata: Some(BillingGroupMetadata {
            creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        }),
        billing_group_name: Some(found.name),
        billing_group_properties: Some(BillingGroupProperties {
            billing_group_description: found.description,
        }),
        version: Some(found.version),
    })
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListBillingGroupsInput,
) -> Result<ListBillingGroupsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let (order, prefix) = match input.name_prefix_filter.as_deref() {
        None => (Order::Inserted, None),
        Some(prefix) => (Order::By("id"), Some(Filter::Prefix("id", prefix))),
    };
    let query = Query { order, ..Query::all(prefix.as_slice()) };
    let page = paging::list::<BillingGroup>(cx, store, asked, &query)?;
    let named = |found: BillingGroup| GroupNameAndArn {
        group_arn: Some(arn_of(cx, &found.name)),
        group_name: Some(found.name),
    };
    let billing_groups = page.items.into_iter().map(named).collect();
    Ok(ListBillingGroupsOutput { billing_groups, next_token: page.next_token })
}

/// Replaces the properties.
pub(super) fn update(
    _cx: &Cx,
    store: &Writer<'_>,
    input: UpdateBillingGroupInput,
) -> Result<UpdateBillingGroupOutput, ApiError> {
    let mut found = require(store, &input.billing_group_name)?;
    check_version(&found, input.expected_version)?;
    found.description = input.billing_group_properties.billing_group_description;
    found.version += 1;
    store.update(&found)?;
    Ok(UpdateBillingGroupOutput { version: Some(found.version) })
}

/// A group with things in it stays: no thing may point at a group that is gone.
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteBillingGroupInput) -> Result<Empty, ApiError> {
    let found = require(store, &input.billing_group_name)?;
    check_version(&found, input.expected_version)?;
    let name = &found.name;
    let members = [Filter::eq("billing_group", name.as_str())];
    if !store.list::<Thing>(&Query { limit: 1, ..Query::all(&members) })?.items.is_empty() {
        return Err(ApiError::invalid(format!("billing group `{name}` still has things: remove them first")));
    }
    store.delete::<BillingGroup>(name)?;
    tags::forget(store, &arn_of(cx, name))?;
    Ok(Empty {})
}

/// Adding once more succeeds; a thing in another group has to leave that first.
pub(super) fn add_thing(
    cx: &Cx,
    store: &Writer<'_>,
    input: AddThingToBillingGroupInput,
) -> Result<Empty, ApiError> {
    let group = arn::given(cx, "billinggroup", input.billing_group_name, input.billing_group_arn)?;
    let thing = arn::given(cx, "thing", input.thing_name, input.thing_arn)?;
    let group = require(store, &group)?;
    let thing = things::require(store, &thing)?;
    match &thing.billing_group {
        None => store.update(&Thing { billing_group: Some(group.name), ..thing })?,
        Some(current) if *current == group.name => {}
        Some(current) => {
            let name = &thing.name;
            let message =
                format!("thing `{name}` is in billing group `{current}`: remove it from there first");
            return Err(ApiError::invalid(message));
        }
    }
    Ok(Empty {})
}

/// Removing a thing that is not in the group succeeds.
pub(super) fn remove_thing(
    cx: &Cx,
    store: &Writer<'_>,
    input: RemoveThingFromBillingGroupInput,
) -> Result<Empty, ApiError> {
    let group = arn::given(cx, "billinggroup", input.billing_group_name, input.billing_group_arn)?;
    let thing = arn::given(cx, "thing", input.thing_name, input.thing_arn)?;
    let group = require(store, &group)?;
    let thing = things::require(store, &thing)?;
    if thing.billing_group == Some(group.name) {
        store.update(&Thing { billing_group: None, ..thing })?;
    }
    Ok(Empty {})
}

pub(super) fn list_things(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingsInBillingGroupInput,
) -> Result<ListThingsInBillingGroupOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let group = require(store, &input.billing_group_name)?;
    let members = [Filter::eq("billing_group", group.name)];
    let page = paging::list::<Thing>(cx, store, asked, &Query::all(&members))?;
    let things = page.items.into_iter().map(|thing| thing.name).collect();
    Ok(ListThingsInBillingGroupOutput { things, next_token: page.next_token })
}

fn arn_of(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("billinggroup/{name}"))
}

/// The group, or the error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<BillingGroup, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn check_version(group: &BillingGroup, expected: Option<i64>) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != group.version => {
            Err(ApiError::version_conflict(KIND, &group.name, expected, group.version))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
