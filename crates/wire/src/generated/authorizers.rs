//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Blob;
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of ClearDefaultAuthorizer: `DELETE /default-authorizer`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ClearDefaultAuthorizerInput {}

call!(ClearDefaultAuthorizer, ClearDefaultAuthorizerInput, Empty);

/// Input of CreateAuthorizer: `POST /authorizer/{authorizerName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAuthorizerInput {
    /// `authorizerFunctionArn`: required, at most 2048 characters, `[\s\S]*`.
    pub authorizer_function_arn: String,
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
    /// `enableCachingForHttp`.
    pub enable_caching_for_http: Option<bool>,
    /// `signingDisabled`.
    pub signing_disabled: Option<bool>,
    /// `status`.
    pub status: Option<AuthorizerStatus>,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `tokenKeyName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub token_key_name: Option<String>,
    /// `tokenSigningPublicKeys`.
    pub token_signing_public_keys: Option<BTreeMap<String, String>>,
}

call!(CreateAuthorizer, CreateAuthorizerInput, CreateAuthorizerOutput);

/// Output of CreateAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAuthorizerOutput {
    /// `authorizerArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_arn: Option<String>,
    /// `authorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_name: Option<String>,
}

/// Input of DeleteAuthorizer: `DELETE /authorizer/{authorizerName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAuthorizerInput {
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
}

call!(DeleteAuthorizer, DeleteAuthorizerInput, Empty);

/// Input of DescribeAuthorizer: `GET /authorizer/{authorizerName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuthorizerInput {
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
}

call!(DescribeAuthorizer, DescribeAuthorizerInput, DescribeAuthorizerOutput);

/// Output of DescribeAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuthorizerOutput {
    /// `authorizerDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_description: Option<AuthorizerDescription>,
}

/// Input of DescribeDefaultAuthorizer: `GET /default-authorizer`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DescribeDefaultAuthorizerInput {}

call!(DescribeDefaultAuthorizer, DescribeDefaultAuthorizerInput, DescribeDefaultAuthorizerOutput);

/// Output of DescribeDefaultAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeDefaultAuthorizerOutput {
    /// `authorizerDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_description: Option<AuthorizerDescription>,
}

/// Input of ListAuthorizers: `GET /authorizers/`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuthorizersInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `status`.
    pub status: Option<AuthorizerStatus>,
}

call!(ListAuthorizers, ListAuthorizersInput, ListAuthorizersOutput);

/// Output of ListAuthorizers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuthorizersOutput {
    /// `authorizers`.
    pub authorizers: Vec<AuthorizerSummary>,
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// Input of SetDefaultAuthorizer: `POST /default-authorizer`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDefaultAuthorizerInput {
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
}

call!(SetDefaultAuthorizer, SetDefaultAuthorizerInput, SetDefaultAuthorizerOutput);

/// Output of SetDefaultAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDefaultAuthorizerOutput {
    /// `authorizerArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_arn: Option<String>,
    /// `authorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_name: Option<String>,
}

/// Input of TestInvokeAuthorizer: `POST /authorizer/{authorizerName}/test`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestInvokeAuthorizerInput {
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
    /// `httpContext`.
    pub http_context: Option<HttpContext>,
    /// `mqttContext`.
    pub mqtt_context: Option<MqttContext>,
    /// `tlsContext`.
    pub tls_context: Option<TlsContext>,
    /// `token`: 1 to 6144 characters, `[\s\S]*`.
    pub token: Option<String>,
    /// `tokenSignature`: 1 to 2560 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub token_signature: Option<String>,
}

call!(TestInvokeAuthorizer, TestInvokeAuthorizerInput, TestInvokeAuthorizerOutput);

/// Output of TestInvokeAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestInvokeAuthorizerOutput {
    /// `disconnectAfterInSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnect_after_in_seconds: Option<i32>,
    /// `isAuthenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_authenticated: Option<bool>,
    /// `policyDocuments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_documents: Option<Vec<String>>,
    /// `principalId`: 1 to 128 characters, `[a-zA-Z0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// `refreshAfterInSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after_in_seconds: Option<i32>,
}

/// Input of UpdateAuthorizer: `PUT /authorizer/{authorizerName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAuthorizerInput {
    /// `authorizerFunctionArn`: at most 2048 characters, `[\s\S]*`.
    pub authorizer_function_arn: Option<String>,
    /// `authorizerName`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub authorizer_name: String,
    /// `enableCachingForHttp`.
    pub enable_caching_for_http: Option<bool>,
    /// `status`.
    pub status: Option<AuthorizerStatus>,
    /// `tokenKeyName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub token_key_name: Option<String>,
    /// `tokenSigningPublicKeys`.
    pub token_signing_public_keys: Option<BTreeMap<String, String>>,
}

call!(UpdateAuthorizer, UpdateAuthorizerInput, UpdateAuthorizerOutput);

/// Output of UpdateAuthorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAuthorizerOutput {
    /// `authorizerArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_arn: Option<String>,
    /// `authorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_name: Option<String>,
}

/// Structure `AuthorizerDescription` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerDescription {
    /// `authorizerArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_arn: Option<String>,
    /// `authorizerFunctionArn`: at most 2048 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_function_arn: Option<String>,
    /// `authorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_name: Option<String>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `enableCachingForHttp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_caching_for_http: Option<bool>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `signingDisabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_disabled: Option<bool>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AuthorizerStatus>,
    /// `tokenKeyName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_key_name: Option<String>,
    /// `tokenSigningPublicKeys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_signing_public_keys: Option<BTreeMap<String, String>>,
}

/// Structure `AuthorizerSummary` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerSummary {
    /// `authorizerArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_arn: Option<String>,
    /// `authorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_name: Option<String>,
}

/// Structure `HttpContext` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpContext {
    /// `headers`.
    pub headers: Option<BTreeMap<String, String>>,
    /// `queryString`: 1 to 4096 characters, `[\s\S]*`.
    pub query_string: Option<String>,
}

/// Structure `MqttContext` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MqttContext {
    /// `clientId`: 1 to 65535 characters, `[\s\S]*`.
    pub client_id: Option<String>,
    /// `password`: 1 to 65535 bytes.
    pub password: Option<Blob>,
    /// `username`: 1 to 65535 characters, `[\s\S]*`.
    pub username: Option<String>,
}

/// Structure `TlsContext` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsContext {
    /// `serverName`: 1 to 253 characters, `[\s\S]*`.
    pub server_name: Option<String>,
}
