//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of AcceptCertificateTransfer: `PATCH /accept-certificate-transfer/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptCertificateTransferInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `setAsActive`.
    pub set_as_active: Option<bool>,
}

call!(AcceptCertificateTransfer, AcceptCertificateTransferInput, Empty);

/// Input of CancelCertificateTransfer: `PATCH /cancel-certificate-transfer/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelCertificateTransferInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
}

call!(CancelCertificateTransfer, CancelCertificateTransferInput, Empty);

/// Input of CreateCertificateFromCsr: `POST /certificates`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCertificateFromCsrInput {
    /// `certificateSigningRequest`: required, 1 to 4096 characters, `[\s\S]*`.
    pub certificate_signing_request: String,
    /// `setAsActive`.
    pub set_as_active: Option<bool>,
}

call!(CreateCertificateFromCsr, CreateCertificateFromCsrInput, CreateCertificateFromCsrOutput);

/// Output of CreateCertificateFromCsr.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCertificateFromCsrOutput {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `certificatePem`: 1 to 65536 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_pem: Option<String>,
}

/// Input of CreateKeysAndCertificate: `POST /keys-and-certificate`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateKeysAndCertificateInput {
    /// `setAsActive`.
    pub set_as_active: Option<bool>,
}

call!(CreateKeysAndCertificate, CreateKeysAndCertificateInput, CreateKeysAndCertificateOutput);

/// Output of CreateKeysAndCertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateKeysAndCertificateOutput {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `certificatePem`: 1 to 65536 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_pem: Option<String>,
    /// `keyPair`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_pair: Option<KeyPair>,
}

/// Input of DeleteCertificate: `DELETE /certificates/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `forceDelete`.
    pub force_delete: Option<bool>,
}

call!(DeleteCertificate, DeleteCertificateInput, Empty);

/// Input of DescribeCertificate: `GET /certificates/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeCertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
}

call!(DescribeCertificate, DescribeCertificateInput, DescribeCertificateOutput);

/// Output of DescribeCertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeCertificateOutput {
    /// `certificateDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_description: Option<CertificateDescription>,
}

/// Input of ListCertificates: `GET /certificates`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
}

call!(ListCertificates, ListCertificatesInput, ListCertificatesOutput);

/// Output of ListCertificates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesOutput {
    /// `certificates`.
    pub certificates: Vec<Certificate>,
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// Input of ListCertificatesByCA: `GET /certificates-by-ca/{caCertificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesByCAInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `caCertificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub ca_certificate_id: String,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
}

call!(ListCertificatesByCA, ListCertificatesByCAInput, ListCertificatesByCAOutput);

/// Output of ListCertificatesByCA.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCertificatesByCAOutput {
    /// `certificates`.
    pub certificates: Vec<Certificate>,
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// Input of ListOutgoingCertificates: `GET /certificates-out-going`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOutgoingCertificatesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
}

call!(ListOutgoingCertificates, ListOutgoingCertificatesInput, ListOutgoingCertificatesOutput);

/// Output of ListOutgoingCertificates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOutgoingCertificatesOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `outgoingCertificates`.
    pub outgoing_certificates: Vec<OutgoingCertificate>,
}

/// Input of RegisterCertificate: `POST /certificate/register`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCertificateInput {
    /// `caCertificatePem`: 1 to 65536 characters, `[\s\S]*`.
    pub ca_certificate_pem: Option<String>,
    /// `certificatePem`: required, 1 to 65536 characters, `[\s\S]*`.
    pub certificate_pem: String,
    /// `setAsActive`.
    pub set_as_active: Option<bool>,
    /// `status`.
    pub status: Option<CertificateStatus>,
}

call!(RegisterCertificate, RegisterCertificateInput, RegisterCertificateOutput);

/// Output of RegisterCertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCertificateOutput {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
}

/// Input of RegisterCertificateWithoutCA: `POST /certificate/register-no-ca`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCertificateWithoutCAInput {
    /// `certificatePem`: required, 1 to 65536 characters, `[\s\S]*`.
    pub certificate_pem: String,
    /// `status`.
    pub status: Option<CertificateStatus>,
}

call!(RegisterCertificateWithoutCA, RegisterCertificateWithoutCAInput, RegisterCertificateWithoutCAOutput);

/// Output of RegisterCertificateWithoutCA.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCertificateWithoutCAOutput {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
}

/// Input of RejectCertificateTransfer: `PATCH /reject-certificate-transfer/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectCertificateTransferInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `rejectReason`: at most 128 characters, `[\s\S]*`.
    pub reject_reason: Option<String>,
}

call!(RejectCertificateTransfer, RejectCertificateTransferInput, Empty);

/// Input of TransferCertificate: `PATCH /transfer-certificate/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferCertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `targetAwsAccount`: required, exactly 12 characters, `[0-9]+`.
    pub target_aws_account: String,
    /// `transferMessage`: at most 128 characters, `[\s\S]*`.
    pub transfer_message: Option<String>,
}

call!(TransferCertificate, TransferCertificateInput, TransferCertificateOutput);

/// Output of TransferCertificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferCertificateOutput {
    /// `transferredCertificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred_certificate_arn: Option<String>,
}

/// Input of UpdateCertificate: `PUT /certificates/{certificateId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCertificateInput {
    /// `certificateId`: required, exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    pub certificate_id: String,
    /// `newStatus`: required.
    pub new_status: CertificateStatus,
}

call!(UpdateCertificate, UpdateCertificateInput, Empty);

/// Structure `Certificate` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `certificateMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_mode: Option<CertificateMode>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CertificateStatus>,
}

/// Structure `CertificateDescription` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateDescription {
    /// `caCertificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate_id: Option<String>,
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
    /// `previousOwnedBy`: exactly 12 characters, `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_owned_by: Option<String>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<CertificateStatus>,
    /// `transferData`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_data: Option<TransferData>,
    /// `validity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<CertificateValidity>,
}

/// Structure `OutgoingCertificate` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutgoingCertificate {
    /// `certificateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `transferDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_date: Option<Timestamp>,
    /// `transferMessage`: at most 128 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_message: Option<String>,
    /// `transferredTo`: exactly 12 characters, `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transferred_to: Option<String>,
}

/// Structure `TransferData` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferData {
    /// `acceptDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_date: Option<Timestamp>,
    /// `rejectDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_date: Option<Timestamp>,
    /// `rejectReason`: at most 128 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_reason: Option<String>,
    /// `transferDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_date: Option<Timestamp>,
    /// `transferMessage`: at most 128 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_message: Option<String>,
}
