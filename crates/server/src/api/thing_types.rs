//! Thing types: what things of one kind have in common.

use std::collections::BTreeSet;

use thingwarden_store::records::{self, Thing, ThingType};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    CreateThingTypeInput, CreateThingTypeOutput, DeleteThingTypeInput, DeprecateThingTypeInput,
    DescribeThingTypeInput, DescribeThingTypeOutput, ListThingTypesInput, ListThingTypesOutput,
    Mqtt5Configuration, PropagatingAttribute, ThingTypeDefinition, ThingTypeMetadata, ThingTypeProperties,
    UpdateThingTypeInput,
};
use thingwarden_wire::{Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{tags, things};

/// The word for a thing type in messages.
const KIND: &str = "thing type";

/// Making the same type again succeeds (CreateThingType); making another of its name does not.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateThingTypeInput,
) -> Result<CreateThingTypeOutput, ApiError> {
    let name = input.thing_type_name;
    let arn = arn(cx, &name);
    let properties = changed(cx, records::ThingTypeProperties::default(), input.thing_type_properties)?;
    let stored = match store.get::<ThingType>(&name)? {
        Some(found) if found.properties == properties => found,
        Some(found) => return Err(ApiError::already_exists(KIND, &found.name, &arn)),
        None => {
            let type_id = super::new_uuid()?;
            let made = ThingType { name, type_id, properties, deprecated_ms: None, created_ms: cx.now_ms };
            store.insert(&made)?;
            tags::set_new(cx, store, &arn, input.tags)?;
            made
        }
    };
    Ok(CreateThingTypeOutput {
        thing_type_arn: Some(arn),
        thing_type_id: Some(stored.type_id),
        thing_type_name: Some(stored.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeThingTypeInput,
) -> Result<DescribeThingTypeOutput, ApiError> {
    let found = require(store, &input.thing_type_name)?;
    Ok(DescribeThingTypeOutput {
        thing_type_arn: Some(arn(cx, &found.name)),
        thing_type_id: Some(found.type_id.clone()),
        thing_type_metadata: Some(metadata(&found)),
        thing_type_properties: Some(told(found.properties)),
        thing_type_name: Some(found.name),
    })
}

/// A name finds the types whose names begin with it.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListThingTypesInput,
) -> Result<ListThingTypesOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: things::PAGE };
    let (order, prefix) = match input.thing_type_name.as_deref() {
        None => (Order::Inserted, None),
        Some(prefix) => (Order::By("id"), Some(Filter::Prefix("id", prefix))),
    };
    let query = Query { order, ..Query::all(prefix.as_slice()) };
    let page = paging::list::<ThingType>(cx, store, asked, &query)?;
    let definition = |found: ThingType| ThingTypeDefinition {
        thing_type_arn: Some(arn(cx, &found.name)),
        thing_type_metadata: Some(metadata(&found)),
        thing_type_properties: Some(told(found.properties)),
        thing_type_name: Some(found.name),
    };
    let thing_types = page.items.into_iter().map(definition).collect();
    Ok(ListThingTypesOutput { thing_types, next_token: page.next_token })
}

/// Changes the properties that are given, and leaves the others.
pub(super) fn update(cx: &Cx, store: &Writer<'_>, input: UpdateThingTypeInput) -> Result<Empty, ApiError> {
    let mut found = require(store, &input.thing_type_name)?;
    found.properties = changed(cx, found.properties, input.thing_type_properties)?;
    store.update(&found)?;
    Ok(Empty {})
}

pub(super) fn deprecate(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeprecateThingTypeInput,
) -> Result<Empty, ApiError> {
    let mut found = require(store, &input.thing_type_name)?;
    let undo = input.undo_deprecate == Some(true);
    // Deprecating once more does not begin the waiting time anew.
    found.deprecated_ms = if undo { None } else { found.deprecated_ms.or(Some(cx.now_ms)) };
    store.update(&found)?;
    Ok(Empty {})
}

/// Only a type that was deprecated some time ago and that no thing has can be deleted (DeleteThingType).
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteThingTypeInput) -> Result<Empty, ApiError> {
    let found = require(store, &input.thing_type_name)?;
    let name = &found.name;
    if !store.list::<Thing>(&Query { limit: 1, ..Query::all(&[of_type(name)]) })?.items.is_empty() {
        let message = format!("thing type `{name}` still has things: give them another type, or none");
        return Err(ApiError::invalid(message));
    }
    let Some(deprecated_ms) = found.deprecated_ms else {
        let message = format!("thing type `{name}` is not deprecated: deprecate it first");
        return Err(ApiError::invalid(message));
    };
    let delay = cx.app.quotas.thing_type_deletion_delay_seconds;
    let wait_ms = delay.saturating_mul(1000).saturating_sub(cx.now_ms.saturating_sub(deprecated_ms));
    if wait_ms > 0 {
        let seconds = wait_ms.saturating_add(999) / 1000;
        let message = format!(
            "thing type `{name}` was deprecated less than {delay} seconds ago: try again in {seconds} seconds"
        );
        return Err(ApiError::invalid(message));
    }
    store.delete::<ThingType>(name)?;
    tags::forget(store, &arn(cx, name))?;
    Ok(Empty {})
}

/// That a type exists and can be given to things.
pub(super) fn require_usable(store: &Reader<'_>, name: &str) -> Result<(), ApiError> {
    match require(store, name)?.deprecated_ms {
        None => Ok(()),
        Some(_) => {
            Err(ApiError::invalid(format!("thing type `{name}` is deprecated: no thing can be given it")))
        }
    }
}

fn require(store: &Reader<'_>, name: &str) -> Result<ThingType, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn of_type(name: &str) -> Filter<'static> {
    Filter::eq("type_name", name)
}

fn arn(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("thingtype/{name}"))
}

fn metadata(found: &ThingType) -> ThingTypeMetadata {
    ThingTypeMetadata {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        deprecated: Some(found.deprecated_ms.is_some()),
        deprecation_date: found.deprecated_ms.map(Timestamp::from_epoch_ms),
    }
}

fn told(properties: records::ThingTypeProperties) -> ThingTypeProperties {
    let attribute = |attribute: records::PropagatingAttribute| PropagatingAttribute {
        user_property_key: Some(attribute.user_property_key),
        thing_attribute: attribute.thing_attribute,
        connection_attribute: attribute.connection_attribute,
    };
    let mqtt5 = |attributes: Vec<_>| Mqtt5Configuration {
        propagating_attributes: Some(attributes.into_iter().map(attribute).collect()),
    };
    ThingTypeProperties {
        thing_type_description: properties.description,
        searchable_attributes: Some(properties.searchable_attributes).filter(|names| !names.is_empty()),
        mqtt5_configuration: properties.propagating_attributes.map(mqtt5),
    }
}

/// The properties with those of a request, which are checked.
fn changed(
    cx: &Cx,
    current: records::ThingTypeProperties,
    given: Option<ThingTypeProperties>,
) -> Result<records::ThingTypeProperties, ApiError> {
    let mut changed = current;
    let Some(given) = given else { return Ok(changed) };
    if let Some(description) = given.thing_type_description {
        changed.description = Some(description);
    }
    if let Some(names) = given.searchable_attributes {
        let limit = cx.app.quotas.searchable_attributes;
        if names.len() > limit {
            let message = format!("a thing type has at most {limit} searchable attributes");
            return Err(ApiError::invalid(message));
        }
        require_unique(names.iter().map(String::as_str), "searchable attribute")?;
        changed.searchable_attributes = names;
    }
    if let Some(mqtt5) = given.mqtt5_configuration {
        let attributes = mqtt5.propagating_attributes.unwrap_or_default();
        let attributes = attributes.into_iter().map(propagating).collect::<Result<Vec<_>, _>>()?;
        require_unique(attributes.iter().map(|entry| entry.user_property_key.as_str()), "user property key")?;
        changed.propagating_attributes = Some(attributes);
    }
    Ok(changed)
}

fn propagating(given: PropagatingAttribute) -> Result<records::PropagatingAttribute, ApiError> {
    let Some(user_property_key) = given.user_property_key else {
        return Err(ApiError::invalid("a propagating attribute needs a `userPropertyKey`"));
    };
    if given.thing_attribute.is_some() == given.connection_attribute.is_some() {
        let message = format!(
            "propagating attribute `{user_property_key}` needs either a `thingAttribute` or a `connectionAttribute`"
        );
        return Err(ApiError::invalid(message));
    }
    Ok(records::PropagatingAttribute {
        user_property_key,
        thing_attribute: given.thing_attribute,
        connection_attribute: given.connection_attribute,
    })
}

fn require_unique<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ApiError::invalid(format!("{what} `{name}` is given more than once")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
