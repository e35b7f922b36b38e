//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of DeleteCACertificate: `DELETE /cacertificate/{caCertificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCACertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
}

call!(DeleteCACertificate, DeleteCACertificateInput, Empty);

/// Input of DeleteRegistrationCode: `DELETE /registrationcode`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DeleteRegistrationCodeInput {}

call!(DeleteRegistrationCode, DeleteRegistrationCodeInput, Empty);

/// Input of DescribeCACertificate: `GET /cacertificate/{caCertificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeCACertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
}

call!(DescribeCACertificate, DescribeCACertificateInput, DescribeCACertificateOutput);

/// Output of DescribeCACertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeCACertificateOutput {
    /// `certificateDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_description: Option<CACertificateDescription>,
    /// `registrationConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_config: Option<RegistrationConfig>,
}

/// Input of GetRegistrationCode: `GET /registrationcode`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct GetRegistrationCodeInput {}

call!(GetRegistrationCode, GetRegistrationCodeInput, GetRegistrationCodeOutput);

/// Output of GetRegistrationCode.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetRegistrationCodeOutput {
    /// `registrationCode`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_code: Option<String>,
}

/// Input of ListCACertificates: `GET /cacertificates`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCACertificatesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: Option<String>,
}

call!(ListCACertificates, ListCACertificatesInput, ListCACertificatesOutput);

/// Output of ListCACertificates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCACertificatesOutput {
    /// `certificates`.
    pub certificates: Vec<CACertificate>,
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// Input of RegisterCACertificate: `POST /cacertificate`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCACertificateInput {
    /// `allowAutoRegistration`.
    pub allow_auto_registration: Option<bool>,
    /// `caCertificate`: required, 1 to 65536 characters, `[\s\S]*`.
    pub ca_certificate: String,
    /// `certificateMode`.
    pub certificate_mode: Option<CertificateMode>,
    /// `registrationConfig`.
    pub registration_config: Option<RegistrationConfig>,
    /// `setAsActive`.
    pub set_as_active: Option<bool>,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `verificationCertificate`: 1 to 65536 characters, `[\s\S]*`.
    pub verification_certificate: Option<String>,
}

call!(RegisterCACertificate, RegisterCACertificateInput, RegisterCACertificateOutput);

/// Output of RegisterCACertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCACertificateOutput {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
}

/// Input of UpdateCACertificate: `PUT /cacertificate/{caCertificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCACertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `newAutoRegistrationStatus`.
    pub new_auto_registration_status: Option<AutoRegistrationStatus>,
    /// `newStatus`.
    pub new_status: Option<CACertificateStatus>,
    /// `registrationConfig`.
    pub registration_config: Option<RegistrationConfig>,
    /// `removeAutoRegistration`.
    pub remove_auto_registration: Option<bool>,
}

call!(UpdateCACertificate, UpdateCACertificateInput, Empty);

/// Structure `CACertificate` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CACertificate {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CACertificateStatus>,
}

/// Structure `CACertificateDescription` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CACertificateDescription {
    /// `autoRegistrationStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_registration_status: Option<AutoRegistrationStatus>,
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `certificateMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_mode: Option<CertificateMode>,
    /// `certificatePem`: 1 to 65536 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_pem: Option<String>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `customerVersion`: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_version: Option<i32>,
    /// `generationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<String>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `ownedBy`: exactly 12 characters, `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CACertificateStatus>,
    /// `validity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<CertificateValidity>,
}

/// Structure `RegistrationConfig` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationConfig {
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// `templateBody`: 0 to 10240 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_body: Option<String>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
}
