//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of ListTagsForResource: `GET /tags`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceInput {
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `resourceArn`: required.
    pub resource_arn: String,
}

call!(ListTagsForResource, ListTagsForResourceInput, ListTagsForResourceOutput);

/// Output of ListTagsForResource.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `tags`.
    pub tags: Vec<Tag>,
}

/// Input of TagResource: `POST /tags`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagResourceInput {
    /// `resourceArn`: required.
    pub resource_arn: String,
    /// `tags`: required.
    pub tags: Vec<Tag>,
}

call!(TagResource, TagResourceInput, Empty);

/// Input of UntagResource: `POST /untag`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UntagResourceInput {
    /// `resourceArn`: required.
    pub resource_arn: String,
    /// `tagKeys`: required.
    pub tag_keys: Vec<String>,
}

call!(UntagResource, UntagResourceInput, Empty);
