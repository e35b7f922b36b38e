//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of AttachPolicy: `PUT /target-policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachPolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `target`: required.
    pub target: String,
}

call!(AttachPolicy, AttachPolicyInput, Empty);

/// Input of AttachPrincipalPolicy: `PUT /principal-policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachPrincipalPolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `principal`: required.
    pub principal: String,
}

call!(AttachPrincipalPolicy, AttachPrincipalPolicyInput, Empty);

/// Input of DetachPolicy: `POST /target-policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DetachPolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `target`: required.
    pub target: String,
}

call!(DetachPolicy, DetachPolicyInput, Empty);

/// Input of DetachPrincipalPolicy: `DELETE /principal-policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DetachPrincipalPolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `principal`: required.
    pub principal: String,
}

call!(DetachPrincipalPolicy, DetachPrincipalPolicyInput, Empty);

/// Input of GetEffectivePolicies: `POST /effective-policies`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetEffectivePoliciesInput {
    /// `cognitoIdentityPoolId`.
    pub cognito_identity_pool_id: Option<String>,
    /// `principal`.
    pub principal: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(GetEffectivePolicies, GetEffectivePoliciesInput, GetEffectivePoliciesOutput);

/// Output of GetEffectivePolicies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetEffectivePoliciesOutput {
    /// `effectivePolicies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_policies: Option<Vec<EffectivePolicy>>,
}

/// Input of ListAttachedPolicies: `POST /attached-policies/{target}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAttachedPoliciesInput {
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `recursive`.
    pub recursive: Option<bool>,
    /// `target`: required.
    pub target: String,
}

call!(ListAttachedPolicies, ListAttachedPoliciesInput, ListAttachedPoliciesOutput);

/// Output of ListAttachedPolicies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAttachedPoliciesOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `policies`.
    pub policies: Vec<Policy>,
}

/// Input of ListPolicyPrincipals: `GET /policy-principals`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPolicyPrincipalsInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
}

call!(ListPolicyPrincipals, ListPolicyPrincipalsInput, ListPolicyPrincipalsOutput);

/// Output of ListPolicyPrincipals.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPolicyPrincipalsOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `principals`.
    pub principals: Vec<String>,
}

/// Input of ListPrincipalPolicies: `GET /principal-policies`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalPoliciesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `principal`: required.
    pub principal: String,
}

call!(ListPrincipalPolicies, ListPrincipalPoliciesInput, ListPrincipalPoliciesOutput);

/// Output of ListPrincipalPolicies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrincipalPoliciesOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `policies`.
    pub policies: Vec<Policy>,
}

/// Input of ListTargetsForPolicy: `POST /policy-targets/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTargetsForPolicyInput {
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
}

call!(ListTargetsForPolicy, ListTargetsForPolicyInput, ListTargetsForPolicyOutput);

/// Output of ListTargetsForPolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTargetsForPolicyOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `targets`.
    pub targets: Vec<String>,
}

/// Input of TestAuthorization: `POST /test-authorization`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestAuthorizationInput {
    /// `authInfos`: required, 1 to 10 elements.
    pub auth_infos: Vec<AuthInfo>,
    /// `clientId`.
    pub client_id: Option<String>,
    /// `cognitoIdentityPoolId`.
    pub cognito_identity_pool_id: Option<String>,
    /// `policyNamesToAdd`.
    pub policy_names_to_add: Option<Vec<String>>,
    /// `policyNamesToSkip`.
    pub policy_names_to_skip: Option<Vec<String>>,
    /// `principal`.
    pub principal: Option<String>,
}

call!(TestAuthorization, TestAuthorizationInput, TestAuthorizationOutput);

/// Output of TestAuthorization.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestAuthorizationOutput {
    /// `authResults`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_results: Option<Vec<AuthResult>>,
}

/// Structure `Allowed` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Allowed {
    /// `policies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Policy>>,
}

/// Structure `AuthInfo` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthInfo {
    /// `actionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_type: Option<ActionType>,
    /// `resources`: required.
    pub resources: Vec<String>,
}

/// Structure `AuthResult` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthResult {
    /// `allowed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// `authDecision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_decision: Option<AuthDecision>,
    /// `authInfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_info: Option<AuthInfo>,
    /// `denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied: Option<Denied>,
    /// `missingContextValues`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_context_values: Option<Vec<String>>,
}

/// Structure `Denied` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denied {
    /// `explicitDeny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit_deny: Option<ExplicitDeny>,
    /// `implicitDeny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit_deny: Option<ImplicitDeny>,
}

/// Structure `EffectivePolicy` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectivePolicy {
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyDocument`: 0 to 404600 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
}

/// Structure `ExplicitDeny` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExplicitDeny {
    /// `policies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Policy>>,
}

/// Structure `ImplicitDeny` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImplicitDeny {
    /// `policies`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Policy>>,
}
