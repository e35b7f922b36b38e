//! Provisioning: templates, what proves that a certificate is a device's own, and short-lived claims.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// How devices are provisioned, under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningTemplate {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub enabled: bool,
    /// AWS's `TemplateType`: `FLEET_PROVISIONING` or `JITP`.
    pub kind: String,
    /// The role whose rights it has.
    pub role_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<ProvisioningHook>,
    /// The version that is in force.
    pub default_version: i64,
    /// The highest number that a version had.
    pub last_version: i64,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    pub modified_ms: i64,
}

/// The function that is asked before a device is provisioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningHook {
    pub target_arn: String,
    /// As it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_version: Option<String>,
}

/// A body of a provisioning template. Never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningTemplateVersion {
    pub template: String,
    /// From 1.
    pub version: i64,
    pub body: String,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

/// That whoever knows a token was given the certificate with it, and has not provisioned it yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateOwnership {
    /// The certificate's id.
    pub certificate: String,
    /// SHA-256 of the token, in hex.
    pub token_sha256: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: i64,
}

/// A certificate that may do nothing but provision with one template. In no listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningClaim {
    /// SHA-256 of the DER, 64 lower-case hex digits.
    pub certificate: String,
    pub template: String,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: i64,
}

impl Record for ProvisioningTemplate {
    const KIND: Kind = Kind { table: "provisioning_template", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

impl ProvisioningTemplateVersion {
    /// The id of a version of a template.
    pub fn id_of(template: &str, version: i64) -> String {
        link_id(&[template, &version.to_string()])
    }
}

impl Record for ProvisioningTemplateVersion {
    const KIND: Kind = Kind {
        table: "provisioning_template_version",
        columns: &[Column::text("template")],
        indexes: &[Index::on(&["template"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.template, self.version))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.template.as_str().into()]
    }
}

impl Record for CertificateOwnership {
    const KIND: Kind = Kind {
        table: "certificate_ownership",
        columns: &[Column::integer("expires_ms")],
        indexes: &[Index::on(&["expires_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.certificate)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.expires_ms.into()]
    }
}

impl Record for ProvisioningClaim {
    const KIND: Kind = Kind {
        table: "provisioning_claim",
        columns: &[Column::text("template"), Column::integer("expires_ms")],
        indexes: &[Index::on(&["template"]), Index::on(&["expires_ms"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.certificate)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.template.as_str().into(), self.expires_ms.into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[
    ProvisioningTemplate::KIND,
    ProvisioningTemplateVersion::KIND,
    CertificateOwnership::KIND,
    ProvisioningClaim::KIND,
];
