//! Things: entries of the registry.

use std::collections::BTreeMap;

use thingwarden_store::records::Thing;
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::types::{CreateThingInput, CreateThingOutput, DescribeThingInput, DescribeThingOutput};

use super::cx::Cx;
use super::error::ApiError;

/// The word for a thing in messages.
const KIND: &str = "thing";

/// Making the same thing again succeeds (CreateThing); making another of its name does not.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateThingInput,
) -> Result<CreateThingOutput, ApiError> {
    let thing = Thing {
        thing_id: super::new_uuid()?,
        attributes: given_attributes(input.attribute_payload.and_then(|payload| payload.attributes)),
        type_name: input.thing_type_name,
        billing_group: input.billing_group_name,
        version: 1,
        created_ms: cx.now_ms,
        name: input.thing_name,
    };
    let arn = cx.arn(&format!("thing/{}", thing.name));
    let stored = match store.get::<Thing>(&thing.name)? {
        None => {
            store.insert(&thing)?;
            thing
        }
        Some(found) if is_same(&found, &thing) => found,
        Some(found) => return Err(ApiError::already_exists(KIND, &found.thing_id, &arn)),
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
        thing_arn: Some(cx.arn(&format!("thing/{}", thing.name))),
        thing_id: Some(thing.thing_id),
        thing_name: Some(thing.name),
        thing_type_name: thing.type_name,
        version: Some(thing.version),
    })
}

/// The thing, or the error that says that there is none.
pub(super) fn require(store: &Reader<'_>, name: &str) -> Result<Thing, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn is_same(found: &Thing, asked: &Thing) -> bool {
    found.attributes == asked.attributes
        && found.type_name == asked.type_name
        && found.billing_group == asked.billing_group
}

/// An attribute without a value is none.
fn given_attributes(attributes: Option<BTreeMap<String, String>>) -> BTreeMap<String, String> {
    attributes.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingwarden_wire::Code;

    use crate::api::testing::Api;

    #[test]
    fn the_same_thing_can_be_made_again_but_not_another_of_its_name() {
        let api = Api::new();
        let first = api
            .call("CreateThing", json!({"thingName": "t", "attributePayload": {"attributes": {"a": "1"}}}));
        assert_eq!(first["thingArn"], "arn:aws:iot:us-east-1:123456789012:thing/t");
        let again = api
            .call("CreateThing", json!({"thingName": "t", "attributePayload": {"attributes": {"a": "1"}}}));
        assert_eq!(again, first);
        let code = api.error("CreateThing", json!({"thingName": "t"}));
        assert_eq!(code, Code::ResourceAlreadyExistsException);
        let described = api.call("DescribeThing", json!({"thingName": "t"}));
        assert_eq!(described["attributes"], json!({"a": "1"}));
        assert_eq!(described["version"], 1);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let api = Api::new();
        assert_eq!(api.error("DescribeThing", json!({"thingName": "t"})), Code::ResourceNotFoundException);
    }
}
