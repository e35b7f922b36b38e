//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of AttachThingPrincipal: `PUT /things/{thingName}/principals`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachThingPrincipalInput {
    /// `principal`: required.
    pub principal: String,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
    /// `thingPrincipalType`.
    pub thing_principal_type: Option<ThingPrincipalType>,
}

call!(AttachThingPrincipal, AttachThingPrincipalInput, Empty);

/// Input of CreateThing: `POST /things/{thingName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingInput {
    /// `attributePayload`.
    pub attribute_payload: Option<AttributePayload>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: Option<String>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: Option<String>,
}

call!(CreateThing, CreateThingInput, CreateThingOutput);

/// Output of CreateThing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingOutput {
    /// `thingArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_arn: Option<String>,
    /// `thingId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_id: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_name: Option<String>,
}

/// Input of DeleteThing: `DELETE /things/{thingName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteThingInput {
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
}

call!(DeleteThing, DeleteThingInput, Empty);

/// Input of DescribeThing: `GET /things/{thingName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingInput {
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
}

call!(DescribeThing, DescribeThingInput, DescribeThingOutput);

/// Output of DescribeThing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingOutput {
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, String>>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_name: Option<String>,
    /// `defaultClientId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_client_id: Option<String>,
    /// `thingArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_arn: Option<String>,
    /// `thingId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_id: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_name: Option<String>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_name: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Input of DetachThingPrincipal: `DELETE /things/{thingName}/principals`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DetachThingPrincipalInput {
    /// `principal`: required.
    pub principal: String,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
}

call!(DetachThingPrincipal, DetachThingPrincipalInput, Empty);

/// Input of ListPrincipalThings: `GET /principals/things`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalThingsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `principal`: required.
    pub principal: String,
}

call!(ListPrincipalThings, ListPrincipalThingsInput, ListPrincipalThingsOutput);

/// Output of ListPrincipalThings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalThingsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `things`.
    pub things: Vec<String>,
}

/// Input of ListPrincipalThingsV2: `GET /principals/things-v2`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalThingsV2Input {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `principal`: required.
    pub principal: String,
    /// `thingPrincipalType`.
    pub thing_principal_type: Option<ThingPrincipalType>,
}

call!(ListPrincipalThingsV2, ListPrincipalThingsV2Input, ListPrincipalThingsV2Output);

/// Output of ListPrincipalThingsV2.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalThingsV2Output {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `principalThingObjects`.
    pub principal_thing_objects: Vec<PrincipalThingObject>,
}

/// Input of ListThingPrincipals: `GET /things/{thingName}/principals`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingPrincipalsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
}

call!(ListThingPrincipals, ListThingPrincipalsInput, ListThingPrincipalsOutput);

/// Output of ListThingPrincipals.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingPrincipalsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `principals`.
    pub principals: Vec<String>,
}

/// Input of ListThingPrincipalsV2: `GET /things/{thingName}/principals-v2`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingPrincipalsV2Input {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
    /// `thingPrincipalType`.
    pub thing_principal_type: Option<ThingPrincipalType>,
}

call!(ListThingPrincipalsV2, ListThingPrincipalsV2Input, ListThingPrincipalsV2Output);

/// Output of ListThingPrincipalsV2.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingPrincipalsV2Output {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `thingPrincipalObjects`.
    pub thing_principal_objects: Vec<ThingPrincipalObject>,
}

/// Input of ListThings: `GET /things`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsInput {
    /// `attributeName`: at most 128 characters, `[a-zA-Z0-9_.,@/:#-]+`.
    pub attribute_name: Option<String>,
    /// `attributeValue`: at most 800 characters, `[a-zA-Z0-9_.,@/:#=\[\]-]*`.
    pub attribute_value: Option<String>,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: Option<String>,
    /// `usePrefixAttributeValue`.
    pub use_prefix_attribute_value: Option<bool>,
}

call!(ListThings, ListThingsInput, ListThingsOutput);

/// Output of ListThings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `things`.
    pub things: Vec<ThingAttribute>,
}

/// Input of UpdateThing: `PATCH /things/{thingName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateThingInput {
    /// `attributePayload`.
    pub attribute_payload: Option<AttributePayload>,
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
    /// `removeThingType`.
    pub remove_thing_type: Option<bool>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: Option<String>,
}

call!(UpdateThing, UpdateThingInput, Empty);

/// Structure `PrincipalThingObject` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalThingObject {
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
    /// `thingPrincipalType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_principal_type: Option<ThingPrincipalType>,
}

/// Structure `ThingAttribute` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingAttribute {
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, String>>,
    /// `thingArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_arn: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_name: Option<String>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_name: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Structure `ThingPrincipalObject` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingPrincipalObject {
    /// `principal`.
    pub principal: String,
    /// `thingPrincipalType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_principal_type: Option<ThingPrincipalType>,
}
