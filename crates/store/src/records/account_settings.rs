//! What an account has once in a region: event configurations, indexing configuration; and its few domain configurations.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// Which events are published. One record per account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventConfigurations {
    /// AWS's `EventType` to whether its events are published; what is not there is not published.
    pub enabled: BTreeMap<String, bool>,
    /// When it was first set, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last set, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// What the fleet index holds. One record per account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexingConfiguration {
    /// AWS's `ThingIndexingConfiguration`, as the API gives and takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub things: Option<serde_json::Value>,
    /// AWS's `ThingGroupIndexingConfiguration`, as the API gives and takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thing_groups: Option<serde_json::Value>,
}

/// How devices reach the service under a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainConfiguration {
    /// Its name.
    pub name: String,
    /// The last part of its ARN: five letters and digits.
    pub suffix: String,
    /// A domain of the customer's; none when the domain is the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name: Option<String>,
    /// ARNs of the certificates that devices are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_certificate_arns: Vec<String>,
    /// ARN of the certificate that proves who owns the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_certificate_arn: Option<String>,
    /// `DATA`, `CREDENTIAL_PROVIDER` or `JOBS`.
    pub service_type: String,
    /// Whether devices can use it.
    pub enabled: bool,
    /// When it was last enabled or disabled, in milliseconds since 1970.
    pub status_changed_ms: i64,
    /// AWS's name of a set of TLS versions and ciphers.
    pub security_policy: String,
    /// AWS's `AuthenticationType`.
    pub authentication_type: String,
    /// AWS's `ApplicationProtocol`.
    pub application_protocol: String,
    /// AWS's `AuthorizerConfig`, as the API gives and takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorizer: Option<serde_json::Value>,
    /// AWS's `ServerCertificateConfig`, as the API gives and takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_certificate: Option<serde_json::Value>,
    /// AWS's `ClientCertificateConfig`, as the API gives and takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<serde_json::Value>,
}

impl DomainConfiguration {
    /// The custom authorizer of clients that name none.
    pub fn default_authorizer(&self) -> Option<&str> {
        self.authorizer.as_ref()?.get("defaultAuthorizerName")?.as_str()
    }

    /// Whether clients may name another one.
    pub fn lets_override_authorizer(&self) -> bool {
        let allows = self.authorizer.as_ref().and_then(|config| config.get("allowAuthorizerOverride"));
        allows.and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

impl EventConfigurations {
    /// The id of the only record.
    pub const ID: &'static str = "event-configurations";
}

impl Record for EventConfigurations {
    const KIND: Kind = Kind { table: "event_configurations", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

impl IndexingConfiguration {
    /// The id of the only record.
    pub const ID: &'static str = "indexing-configuration";
}

impl Record for IndexingConfiguration {
    const KIND: Kind = Kind { table: "indexing_configuration", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

impl Record for DomainConfiguration {
    const KIND: Kind = Kind {
        table: "domain_configuration",
        columns: &[Column::text("domain_name"), Column::text("service_type")],
        indexes: &[Index::on(&["domain_name"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.domain_name.as_deref().into(), self.service_type.as_str().into()]
    }
}

pub(crate) const KINDS: &[Kind] =
    &[EventConfigurations::KIND, IndexingConfiguration::KIND, DomainConfiguration::KIND];
