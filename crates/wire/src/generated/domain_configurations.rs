//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateDomainConfiguration: `POST /domainConfigurations/{domainConfigurationName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDomainConfigurationInput {
    /// `applicationProtocol`.
    pub application_protocol: Option<ApplicationProtocol>,
    /// `authenticationType`.
    pub authentication_type: Option<AuthenticationType>,
    /// `authorizerConfig`.
    pub authorizer_config: Option<AuthorizerConfig>,
    /// `clientCertificateConfig`.
    pub client_certificate_config: Option<ClientCertificateConfig>,
    /// `domainConfigurationName`: required, 1 to 128 characters, `[\w.-]+`.
    pub domain_configuration_name: String,
    /// `domainName`: 1 to 253 characters, `[\s\S]*`.
    pub domain_name: Option<String>,
    /// `serverCertificateArns`: 0 to 1 elements.
    pub server_certificate_arns: Option<Vec<String>>,
    /// `serverCertificateConfig`.
    pub server_certificate_config: Option<ServerCertificateConfig>,
    /// `serviceType`.
    pub service_type: Option<ServiceType>,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `tlsConfig`.
    pub tls_config: Option<TlsConfig>,
    /// `validationCertificateArn`: 1 to 2048 characters, `arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-\d{1}:\d{12}:certificate/[a-zA-Z0-9/-]+`.
    pub validation_certificate_arn: Option<String>,
}

call!(CreateDomainConfiguration, CreateDomainConfigurationInput, CreateDomainConfigurationOutput);

/// Output of CreateDomainConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDomainConfigurationOutput {
    /// `domainConfigurationArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_arn: Option<String>,
    /// `domainConfigurationName`: 1 to 128 characters, `[\w.-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_name: Option<String>,
}

/// Input of DeleteDomainConfiguration: `DELETE /domainConfigurations/{domainConfigurationName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteDomainConfigurationInput {
    /// `domainConfigurationName`: required, 1 to 128 characters, `[\w.-]+`.
    pub domain_configuration_name: String,
}

call!(DeleteDomainConfiguration, DeleteDomainConfigurationInput, Empty);

/// Input of DescribeDomainConfiguration: `GET /domainConfigurations/{domainConfigurationName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeDomainConfigurationInput {
    /// `domainConfigurationName`: required, 1 to 128 characters, `[\w.:-]+`.
    pub domain_configuration_name: String,
}

call!(DescribeDomainConfiguration, DescribeDomainConfigurationInput, DescribeDomainConfigurationOutput);

/// Output of DescribeDomainConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeDomainConfigurationOutput {
    /// `applicationProtocol`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_protocol: Option<ApplicationProtocol>,
    /// `authenticationType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_type: Option<AuthenticationType>,
    /// `authorizerConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_config: Option<AuthorizerConfig>,
    /// `clientCertificateConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_config: Option<ClientCertificateConfig>,
    /// `domainConfigurationArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_arn: Option<String>,
    /// `domainConfigurationName`: 1 to 128 characters, `[\w.:-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_name: Option<String>,
    /// `domainConfigurationStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_status: Option<DomainConfigurationStatus>,
    /// `domainName`: 1 to 253 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_name: Option<String>,
    /// `domainType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_type: Option<DomainType>,
    /// `lastStatusChangeDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status_change_date: Option<Timestamp>,
    /// `serverCertificateConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificate_config: Option<ServerCertificateConfig>,
    /// `serverCertificates`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificates: Option<Vec<ServerCertificateSummary>>,
    /// `serviceType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<ServiceType>,
    /// `tlsConfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
}

/// Input of ListDomainConfigurations: `GET /domainConfigurations`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDomainConfigurationsInput {
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
    /// `serviceType`.
    pub service_type: Option<ServiceType>,
}

call!(ListDomainConfigurations, ListDomainConfigurationsInput, ListDomainConfigurationsOutput);

/// Output of ListDomainConfigurations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDomainConfigurationsOutput {
    /// `domainConfigurations`.
    pub domain_configurations: Vec<DomainConfigurationSummary>,
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// Input of UpdateDomainConfiguration: `PUT /domainConfigurations/{domainConfigurationName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDomainConfigurationInput {
    /// `applicationProtocol`.
    pub application_protocol: Option<ApplicationProtocol>,
    /// `authenticationType`.
    pub authentication_type: Option<AuthenticationType>,
    /// `authorizerConfig`.
    pub authorizer_config: Option<AuthorizerConfig>,
    /// `clientCertificateConfig`.
    pub client_certificate_config: Option<ClientCertificateConfig>,
    /// `domainConfigurationName`: required, 1 to 128 characters, `[\w.:-]+`.
    pub domain_configuration_name: String,
    /// `domainConfigurationStatus`.
    pub domain_configuration_status: Option<DomainConfigurationStatus>,
    /// `removeAuthorizerConfig`.
    pub remove_authorizer_config: Option<bool>,
    /// `serverCertificateConfig`.
    pub server_certificate_config: Option<ServerCertificateConfig>,
    /// `tlsConfig`.
    pub tls_config: Option<TlsConfig>,
}

call!(UpdateDomainConfiguration, UpdateDomainConfigurationInput, UpdateDomainConfigurationOutput);

/// Output of UpdateDomainConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDomainConfigurationOutput {
    /// `domainConfigurationArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_arn: Option<String>,
    /// `domainConfigurationName`: 1 to 128 characters, `[\w.:-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_name: Option<String>,
}

/// Structure `AuthorizerConfig` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerConfig {
    /// `allowAuthorizerOverride`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_authorizer_override: Option<bool>,
    /// `defaultAuthorizerName`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_authorizer_name: Option<String>,
}

/// Structure `ClientCertificateConfig` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificateConfig {
    /// `clientCertificateCallbackArn`: at most 2048 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_callback_arn: Option<String>,
}

/// Structure `DomainConfigurationSummary` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainConfigurationSummary {
    /// `domainConfigurationArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_arn: Option<String>,
    /// `domainConfigurationName`: 1 to 128 characters, `[\w.:-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_configuration_name: Option<String>,
    /// `serviceType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<ServiceType>,
}

/// Structure `ServerCertificateConfig` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerCertificateConfig {
    /// `enableOCSPCheck`.
    #[serde(rename = "enableOCSPCheck", skip_serializing_if = "Option::is_none")]
    pub enable_ocsp_check: Option<bool>,
    /// `ocspAuthorizedResponderArn`: 1 to 2048 characters, `arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-\d{1}:\d{12}:certificate/[a-zA-Z0-9/-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsp_authorized_responder_arn: Option<String>,
    /// `ocspLambdaArn`: at most 140 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocsp_lambda_arn: Option<String>,
}

/// Structure `ServerCertificateSummary` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerCertificateSummary {
    /// `serverCertificateArn`: 1 to 2048 characters, `arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-\d{1}:\d{12}:certificate/[a-zA-Z0-9/-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificate_arn: Option<String>,
    /// `serverCertificateStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificate_status: Option<ServerCertificateStatus>,
    /// `serverCertificateStatusDetail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificate_status_detail: Option<String>,
}

/// Structure `TlsConfig` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsConfig {
    /// `securityPolicy`: at most 128 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_policy: Option<String>,
}
