//! Domain configurations: how devices reach the service under which domain.

use thingwarden_store::records::DomainConfiguration;
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    ApplicationProtocol, AuthenticationType, CreateDomainConfigurationInput, CreateDomainConfigurationOutput,
    DeleteDomainConfigurationInput, DescribeDomainConfigurationInput, DescribeDomainConfigurationOutput,
    DomainConfigurationStatus, DomainConfigurationSummary, DomainType, ListDomainConfigurationsInput,
    ListDomainConfigurationsOutput, ServerCertificateSummary, ServiceType, TlsConfig,
    UpdateDomainConfigurationInput, UpdateDomainConfigurationOutput,
};
use thingwarden_wire::{Code, Empty, Timestamp, WireError};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::tags;

/// The word for a domain configuration in messages.
const KIND: &str = "domain configuration";

/// Results on a page if nobody says.
const PAGE: usize = 25;

/// Letters and digits at the end of the ARN.
const SUFFIX_CHARS: usize = 5;

/// Sets of TLS versions and ciphers (developer guide, "Security policies"); the first is that of new configurations.
const SECURITY_POLICIES: &[&str] = &[
    "IoTSecurityPolicy_TLS13_1_2_2022_10",
    "IoTSecurityPolicy_TLS13_1_3_2022_10",
    "IoTSecurityPolicy_TLS12_1_2_2022_10",
    "IoTSecurityPolicy_TLS12_1_0_2016_01",
    "IoTSecurityPolicy_TLS12_1_0_2015_01",
];

/// Configurations of the service's own endpoints, which can be described and nothing else.
const RESERVED: &[(&str, ServiceType)] = &[
    ("iot:Data-ATS", ServiceType::Data),
    ("iot:Data", ServiceType::Data),
    ("iot:CredentialProvider", ServiceType::CredentialProvider),
    ("iot:Jobs", ServiceType::Jobs),
];

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateDomainConfigurationInput,
) -> Result<CreateDomainConfigurationOutput, ApiError> {
    let name = input.domain_configuration_name;
    if let Some(found) = store.get::<DomainConfiguration>(&name)? {
        let told = WireError::new(
            Code::ResourceAlreadyExistsException,
            "Domain configuration with given name already exists.",
        );
        return Err(told.with_resource(name, arn_of(cx, &found)).into());
    }
    let limit = cx.app.quotas.domain_configurations;
    if store.count::<DomainConfiguration>(&[])? >= limit {
        let message = format!("there are {limit} domain configurations already, which is the limit");
        return Err(ApiError::limit(message));
    }
    let mut made = DomainConfiguration {
        name,
        suffix: super::new_uuid()?.chars().take(SUFFIX_CHARS).collect(),
        domain_name: input.domain_name.map(|name| name.to_ascii_lowercase()),
        server_certificate_arns: input.server_certificate_arns.unwrap_or_default(),
        validation_certificate_arn: input.validation_certificate_arn,
        service_type: input.service_type.unwrap_or(ServiceType::Data).as_str().to_owned(),
        enabled: true,
        status_changed_ms: cx.now_ms,
        security_policy: String::new(),
        authentication_type: AuthenticationType::Default.as_str().to_owned(),
        application_protocol: ApplicationProtocol::Default.as_str().to_owned(),
        authorizer: None,
        server_certificate: None,
        client_certificate: None,
    };
    check_domain(cx, store, &made)?;
    made.security_policy = security_policy(input.tls_config)?.unwrap_or_else(default_security_policy);
    set(&mut made.authorizer, input.authorizer_config)?;
    set(&mut made.server_certificate, input.server_certificate_config)?;
    set(&mut made.client_certificate, input.client_certificate_config)?;
    if let Some(kind) = input.authentication_type {
        made.authentication_type = kind.as_str().to_owned();
    }
    if let Some(protocol) = input.application_protocol {
        made.application_protocol = protocol.as_str().to_owned();
    }
    let arn = arn_of(cx, &made);
    store.insert(&made)?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateDomainConfigurationOutput {
        domain_configuration_arn: Some(arn),
        domain_configuration_name: Some(made.name),
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeDomainConfigurationInput,
) -> Result<DescribeDomainConfigurationOutput, ApiError> {
    if let Some((name, service_type)) = reserved(&input.domain_configuration_name) {
        return Ok(DescribeDomainConfigurationOutput {
            domain_configuration_arn: Some(cx.arn(&format!("domainconfiguration/{name}"))),
            domain_configuration_name: Some((*name).to_owned()),
            domain_configuration_status: Some(DomainConfigurationStatus::Enabled),
            domain_name: Some(cx.app.endpoint.clone()),
            domain_type: Some(DomainType::Endpoint),
            server_certificates: Some(vec![]),
            service_type: Some(*service_type),
            ..DescribeDomainConfigurationOutput::default()
        });
    }
    let found = require(store, &input.domain_configuration_name)?;
    let certificate = |arn| ServerCertificateSummary {
        server_certificate_arn: Some(arn),
        // Certificates of ACM are not at hand: whether one is valid is not said.
        server_certificate_status: None,
        server_certificate_status_detail: None,
    };
    Ok(DescribeDomainConfigurationOutput {
        application_protocol: ApplicationProtocol::parse(&found.application_protocol),
        authentication_type: AuthenticationType::parse(&found.authentication_type),
        domain_configuration_arn: Some(arn_of(cx, &found)),
        domain_configuration_status: Some(match found.enabled {
            true => DomainConfigurationStatus::Enabled,
            false => DomainConfigurationStatus::Disabled,
        }),
        domain_type: Some(match found.domain_name {
            Some(_) => DomainType::CustomerManaged,
            None => DomainType::AwsManaged,
        }),
        last_status_change_date: Some(Timestamp::from_epoch_ms(found.status_changed_ms)),
        service_type: ServiceType::parse(&found.service_type),
        tls_config: Some(TlsConfig { security_policy: Some(found.security_policy) }),
        authorizer_config: found.authorizer.map(super::stored).transpose()?,
        server_certificate_config: found.server_certificate.map(super::stored).transpose()?,
        client_certificate_config: found.client_certificate.map(super::stored).transpose()?,
        server_certificates: Some(found.server_certificate_arns.into_iter().map(certificate).collect()),
        domain_name: Some(found.domain_name.unwrap_or_else(|| cx.app.endpoint.clone())),
        domain_configuration_name: Some(found.name),
    })
}

/// By name (ListDomainConfigurations).
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListDomainConfigurationsInput,
) -> Result<ListDomainConfigurationsOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let only = input.service_type.map(|service| Filter::eq("service_type", service.as_str()));
    let query = Query { order: Order::By("id"), ..Query::all(only.as_slice()) };
    let page = paging::list::<DomainConfiguration>(cx, store, asked, &query)?;
    let summary = |found: DomainConfiguration| DomainConfigurationSummary {
        domain_configuration_arn: Some(arn_of(cx, &found)),
        domain_configuration_name: Some(found.name),
        service_type: ServiceType::parse(&found.service_type),
    };
    let domain_configurations = page.items.into_iter().map(summary).collect();
    Ok(ListDomainConfigurationsOutput { domain_configurations, next_marker: page.next_token })
}

/// Changes what is given.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateDomainConfigurationInput,
) -> Result<UpdateDomainConfigurationOutput, ApiError> {
    if let Some((name, _)) = reserved(&input.domain_configuration_name) {
        return Err(ApiError::invalid(format!("{KIND} `{name}` is the service's own and cannot be changed")));
    }
    let mut found = require(store, &input.domain_configuration_name)?;
    if input.remove_authorizer_config == Some(true) {
        if input.authorizer_config.is_some() {
            return Err(ApiError::invalid("give `authorizerConfig` or `removeAuthorizerConfig`, not both"));
        }
        found.authorizer = None;
    }
    if let Some(status) = input.domain_configuration_status {
        let enabled = status == DomainConfigurationStatus::Enabled;
        if enabled != found.enabled {
            found.enabled = enabled;
            found.status_changed_ms = cx.now_ms;
        }
    }
    if let Some(policy) = security_policy(input.tls_config)? {
        found.security_policy = policy;
    }
    set(&mut found.authorizer, input.authorizer_config)?;
    set(&mut found.server_certificate, input.server_certificate_config)?;
    set(&mut found.client_certificate, input.client_certificate_config)?;
    if let Some(kind) = input.authentication_type {
        found.authentication_type = kind.as_str().to_owned();
    }
    if let Some(protocol) = input.application_protocol {
        found.application_protocol = protocol.as_str().to_owned();
    }
    store.update(&found)?;
    Ok(UpdateDomainConfigurationOutput {
        domain_configuration_arn: Some(arn_of(cx, &found)),
        domain_configuration_name: Some(found.name),
    })
}

/// Only one that is disabled can be deleted, so that no device loses its way by a slip.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteDomainConfigurationInput,
) -> Result<Empty, ApiError> {
    let found = require(store, &input.domain_configuration_name)?;
    if found.enabled {
        return Err(ApiError::invalid(format!("{KIND} `{}` is enabled: disable it first", found.name)));
    }
    store.delete::<DomainConfiguration>(&found.name)?;
    tags::forget(store, &arn_of(cx, &found))?;
    Ok(Empty {})
}

/// Whether there is one of what follows `domainconfiguration/` in an ARN: name and suffix.
pub(super) fn exists(store: &Reader<'_>, name_and_suffix: &str) -> Result<bool, ApiError> {
    let Some((name, suffix)) = name_and_suffix.split_once('/') else { return Ok(false) };
    Ok(store.get::<DomainConfiguration>(name)?.is_some_and(|found| found.suffix == suffix))
}

fn arn_of(cx: &Cx, found: &DomainConfiguration) -> String {
    cx.arn(&format!("domainconfiguration/{}/{}", found.name, found.suffix))
}

fn require(store: &Reader<'_>, name: &str) -> Result<DomainConfiguration, ApiError> {
    let missing = || ApiError::new(Code::ResourceNotFoundException, "The specified resource does not exist.");
    store.get(name)?.ok_or_else(missing)
}

fn reserved(name: &str) -> Option<&'static (&'static str, ServiceType)> {
    RESERVED.iter().find(|(reserved, _)| *reserved == name)
}

/// A domain of the customer's needs a certificate, and is in one configuration; the service's own needs none
/// (CreateDomainConfiguration).
fn check_domain(cx: &Cx, store: &Reader<'_>, made: &DomainConfiguration) -> Result<(), ApiError> {
    let Some(domain) = made.domain_name.as_deref() else {
        if !made.server_certificate_arns.is_empty() || made.validation_certificate_arn.is_some() {
            return Err(ApiError::invalid(
                "certificates are for a `domainName` of your own, which is missing",
            ));
        }
        return Ok(());
    };
    if !is_host_name(domain) {
        return Err(ApiError::invalid(format!("`{domain}` is not the name of a domain")));
    }
    if made.server_certificate_arns.is_empty() {
        return Err(ApiError::invalid(format!(
            "domain `{domain}` needs a certificate in `serverCertificateArns`"
        )));
    }
    match store.all::<DomainConfiguration>(&[Filter::eq("domain_name", domain)])?.first() {
        Some(other) => Err(ApiError::already_exists(KIND, &other.name, &arn_of(cx, other))),
        None => Ok(()),
    }
}

/// At least two labels of letters, digits and inner dashes (RFC 1123, section 2.1).
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

fn security_policy(given: Option<TlsConfig>) -> Result<Option<String>, ApiError> {
    let given = given.and_then(|config| config.security_policy);
    if let Some(name) = &given
        && !SECURITY_POLICIES.contains(&name.as_str())
    {
        let known = SECURITY_POLICIES.join(", ");
        return Err(ApiError::invalid(format!("there is no security policy `{name}`; there are {known}")));
    }
    Ok(given)
}

fn default_security_policy() -> String {
    SECURITY_POLICIES.first().copied().unwrap_or_default().to_owned()
}

fn set<T: serde::Serialize>(place: &mut Option<serde_json::Value>, given: Option<T>) -> Result<(), ApiError> {
    if let Some(given) = given {
        *place = Some(super::storable(&given)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
