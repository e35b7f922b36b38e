//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scalar::Secret;
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Structure `AttributePayload` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AttributePayload {
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, String>>,
    /// `merge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<bool>,
}

/// Structure `CertificateValidity` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateValidity {
    /// `notAfter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// `notBefore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// Structure `GroupNameAndArn` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupNameAndArn {
    /// `groupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_arn: Option<String>,
    /// `groupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
}

/// Structure `IssuerCertificateIdentifier` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuerCertificateIdentifier {
    /// `issuerCertificateSerialNumber`: at most 20 characters, `[a-fA-F0-9:]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_certificate_serial_number: Option<String>,
    /// `issuerCertificateSubject`: at most 1000 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_certificate_subject: Option<String>,
    /// `issuerId`: at most 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_id: Option<String>,
}

/// Structure `KeyPair` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KeyPair {
    /// `PrivateKey`: at least 1 characters.
    #[serde(rename = "PrivateKey", skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Secret>,
    /// `PublicKey`: at least 1 characters.
    #[serde(rename = "PublicKey", skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

/// Structure `Policy` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
}

/// Structure `PolicyVersionIdentifier` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVersionIdentifier {
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// `policyVersionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_id: Option<String>,
}

/// Structure `ResourceIdentifier` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceIdentifier {
    /// `account`: exactly 12 characters, `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `caCertificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate_id: Option<String>,
    /// `clientId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `cognitoIdentityPoolId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cognito_identity_pool_id: Option<String>,
    /// `deviceCertificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_certificate_arn: Option<String>,
    /// `deviceCertificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_certificate_id: Option<String>,
    /// `iamRoleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_role_arn: Option<String>,
    /// `issuerCertificateIdentifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_certificate_identifier: Option<IssuerCertificateIdentifier>,
    /// `policyVersionIdentifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_identifier: Option<PolicyVersionIdentifier>,
    /// `roleAliasArn`: 1 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias_arn: Option<String>,
}

/// Structure `Tag` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Tag {
    /// `Key`: required, 1 to 128 characters, `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`.
    #[serde(rename = "Key")]
    pub key: String,
    /// `Value`: 0 to 256 characters.
    #[serde(rename = "Value", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
