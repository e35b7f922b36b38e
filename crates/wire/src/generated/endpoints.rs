//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of DescribeEndpoint: `GET /endpoint`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeEndpointInput {
    /// `endpointType`: at most 128 characters, `[\s\S]*`.
    pub endpoint_type: Option<String>,
}

call!(DescribeEndpoint, DescribeEndpointInput, DescribeEndpointOutput);

/// Output of DescribeEndpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeEndpointOutput {
    /// `endpointAddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_address: Option<String>,
}
