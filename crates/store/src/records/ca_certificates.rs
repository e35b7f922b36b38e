//! CA certificates and registration codes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::certificates::IndexedFacts;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// A registered CA certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaCertificate {
    /// SHA-256 of the DER, 64 lower-case hex digits.
    pub id: String,
    /// The PEM as registered.
    pub pem: String,
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// `DEFAULT` or `SNI_ONLY`.
    pub mode: String,
    /// Whether certificates that it signed are registered when their devices connect.
    pub auto_registration: bool,
    /// What shall happen then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_config: Option<RegistrationConfig>,
    /// From 1, one more with each change.
    pub customer_version: i64,
    /// Changes with each change.
    pub generation_id: String,
    /// When it was registered, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// What audits ask for.
    pub facts: IndexedFacts,
}

/// How certificates of a CA are provisioned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationConfig {
    /// A provisioning template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_body: Option<String>,
    /// The role that provisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// A stored provisioning template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
}

impl Record for CaCertificate {
    const KIND: Kind = Kind {
        table: "ca_certificate",
        columns: &[Column::text("status"), Column::text("subject"), Column::text("template_name")],
        indexes: &[Index::on(&["subject"]), Index::on(&["template_name"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        let template = self.registration_config.as_ref().and_then(|config| config.template_name.as_deref());
        vec![self.status.as_str().into(), self.facts.subject.as_str().into(), template.into()]
    }
}

/// The code that proves the possession of a CA's key. One per account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationCode {
    /// 64 lower-case hex digits.
    pub code: String,
}

impl RegistrationCode {
    /// The id of the only record.
    pub const ID: &'static str = "registration-code";
}

impl Record for RegistrationCode {
    const KIND: Kind = Kind { table: "registration_code", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

pub(crate) const KINDS: &[Kind] = &[CaCertificate::KIND, RegistrationCode::KIND];
