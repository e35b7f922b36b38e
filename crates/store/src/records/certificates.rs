//! Device certificates and their transfers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use thingwarden_engine::pki::{CertificateFacts, Issuance, KeyKind, Weaknesses};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// A registered device certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// SHA-256 of the DER, 64 lower-case hex digits.
    pub id: String,
    /// The PEM as registered.
    pub pem: String,
    /// AWS's `CertificateStatus`: `ACTIVE`, `INACTIVE`, `REVOKED`, `PENDING_TRANSFER`, `PENDING_ACTIVATION`,
    /// `REGISTER_INACTIVE`.
    pub status: String,
    /// `DEFAULT` or `SNI_ONLY`.
    pub mode: String,
    /// The registered CA certificate that signed it, if it was registered with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_id: Option<String>,
    /// The account that owned it before a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_owner: Option<String>,
    /// From 1, one more with each change.
    pub customer_version: i64,
    /// Changes with each change.
    pub generation_id: String,
    /// When it was registered, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
    /// When its status last became `ACTIVE`, in milliseconds since 1970; none if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_ms: Option<i64>,
    /// The transfer that it is in, or was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// What audits ask for, taken from the certificate when it was registered.
    pub facts: IndexedFacts,
}

/// A transfer to another account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The account that shall have it.
    pub to: String,
    /// Whether this is the record of that account. While a transfer is pending, sender and receiver have one each.
    #[serde(default)]
    pub incoming: bool,
    /// What the sender says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why the receiver refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject_reason: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub at_ms: i64,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_ms: Option<i64>,
    /// When it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_ms: Option<i64>,
}

/// What audits look certificates up by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedFacts {
    /// Begin of the validity, in milliseconds since 1970.
    pub not_before_ms: i64,
    /// End of the validity, in milliseconds since 1970.
    pub not_after_ms: i64,
    /// Stands for the public key: hex of the first 16 bytes of the SHA-256 of its `SubjectPublicKeyInfo`.
    pub key_digest: String,
    /// What is wrong with the certificate by itself, as bits; 0 when nothing is. The engine gives the bits their meaning.
    pub weaknesses: i64,
    /// Stands for the issuer's name, in hex.
    pub issuer: String,
    /// Stands for the subject's name, in hex.
    pub subject: String,
    /// The serial number, in hex.
    pub serial: String,
    /// Stands for what it has in common with others of its issuer (the engine's `Issuance`), in hex.
    #[serde(default)]
    pub issuance: String,
    /// Length of an RSA modulus in bits; 0 for keys of another kind.
    #[serde(default)]
    pub rsa_bits: u16,
}

impl IndexedFacts {
    /// Of a device certificate.
    pub fn of_device(facts: &CertificateFacts) -> Self {
        Self::of(facts, Weaknesses::of_device(facts))
    }

    /// Of a CA certificate.
    pub fn of_ca(facts: &CertificateFacts) -> Self {
        Self::of(facts, Weaknesses::of_ca(facts))
    }

    fn of(facts: &CertificateFacts, weaknesses: Weaknesses) -> Self {
        Self {
            not_before_ms: facts.not_before.millis(),
            not_after_ms: facts.not_after.millis(),
            key_digest: facts.key_digest.to_string(),
            weaknesses: weaknesses.bits().into(),
            issuer: facts.issuer.to_string(),
            subject: facts.subject.to_string(),
            serial: facts.serial.to_string(),
            issuance: Issuance::of(facts).to_string(),
            rsa_bits: match facts.key {
                KeyKind::Rsa { bits } => bits,
                KeyKind::Ec { .. } | KeyKind::Ed25519 | KeyKind::Other => 0,
            },
        }
    }
}

impl Certificate {
    /// Whether it is on its way to another account, or from one.
    pub fn in_transfer(&self) -> bool {
        self.status == "PENDING_TRANSFER"
    }

    /// The statuses of certificates that audits judge.
    pub const IN_FORCE: [&'static str; 2] = ["ACTIVE", "PENDING_TRANSFER"];

    /// Whether audits judge it.
    pub fn in_force(&self) -> bool {
        Self::IN_FORCE.contains(&self.status.as_str())
    }

    /// What it has in common with others of its issuer, and the CA certificate that was seen to have signed it.
    pub fn issuance(&self) -> String {
        format!("{}{}", self.facts.issuance, self.ca_id.as_deref().unwrap_or_default())
    }
}

impl Record for Certificate {
    const KIND: Kind = Kind {
        table: "certificate",
        columns: &[
            Column::text("status"),
            Column::integer("in_force"),
            Column::text("ca_id"),
            Column::integer("outgoing"),
            Column::integer("created_ms"),
            Column::integer("not_before_ms"),
            Column::integer("not_after_ms"),
            Column::text("key_digest"),
            Column::integer("weaknesses"),
            Column::text("issuer"),
            Column::text("serial"),
            Column::text("issuance"),
            Column::integer("rsa_bits"),
        ],
        indexes: &[
            Index::on(&["ca_id"]),
            Index::counted(&["in_force", "key_digest"]),
            Index::where_not_zero("in_force", &["issuer", "serial"]),
            Index::on(&["in_force", "not_after_ms"]).with_id(),
            Index::on(&["in_force", "not_before_ms"]).with_id(),
            Index::on(&["in_force", "created_ms"]).with_id(),
            Index::counted(&["status", "issuance"]),
            Index::where_not_zero("weaknesses", &["in_force"]),
            Index::where_not_zero("rsa_bits", &["in_force"]),
            Index::on(&["outgoing"]),
        ],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        let outgoing =
            self.in_transfer() && self.transfer.as_ref().is_some_and(|transfer| !transfer.incoming);
        vec![
            self.status.as_str().into(),
            self.in_force().into(),
            self.ca_id.as_deref().into(),
            outgoing.into(),
            self.created_ms.into(),
            self.facts.not_before_ms.into(),
            self.facts.not_after_ms.into(),
            self.facts.key_digest.as_str().into(),
            self.facts.weaknesses.into(),
            self.facts.issuer.as_str().into(),
            self.facts.serial.as_str().into(),
            self.issuance().into(),
            i64::from(self.facts.rsa_bits).into(),
        ]
    }
}

pub(crate) const KINDS: &[Kind] = &[Certificate::KIND];
