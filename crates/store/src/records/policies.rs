//! Policies, their versions and their attachments.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};
use crate::records::PolicyVerdict;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The version in force.
    pub default_version: i64,
    /// The number that the last version got; numbers are never used again.
    pub last_version: i64,
    /// Changes with each change.
    pub generation_id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Record for Policy {
    const KIND: Kind = Kind { table: "policy", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

/// A version of a policy. Never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The policy's name.
    pub policy: String,
    /// From 1.
    pub version: i64,
    /// The document, to the letter as it was given.
    pub document: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// What it allows more and less than the version that was in force then; of a version that somebody added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<PolicyComparison>,
}

/// How two versions of a policy stand to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyComparison {
    /// The number of the other version.
    pub with_version: i64,
    /// `equal`, `narrower`, `wider`, `incomparable` or `unknown`.
    pub relation: String,
    /// For each action that gains something one request: `iot:Publish on topic/a`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adds: Vec<String>,
    /// For each action that loses something one request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_away: Vec<String>,
}

impl PolicyVersion {
    /// The id of a version.
    pub fn id_of(policy: &str, version: i64) -> String {
        link_id(&[policy, &version.to_string()])
    }
}

impl Record for PolicyVersion {
    const KIND: Kind = Kind {
        table: "policy_version",
        columns: &[Column::text("policy"), Column::integer("version")],
        indexes: &[Index::on(&["policy", "version"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.policy, self.version))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.policy.as_str().into(), self.version.into()]
    }
}

/// A policy on a certificate, an identity or a thing group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAttachment {
    /// The policy's name.
    pub policy: String,
    /// The ARN of a certificate or thing group, or a Cognito identity.
    pub target: String,
}

impl PolicyAttachment {
    /// The id of an attachment.
    pub fn id_of(policy: &str, target: &str) -> String {
        link_id(&[policy, target])
    }

    /// Whether the target is a principal and not a thing group.
    pub fn is_to_principal(&self) -> bool {
        !self.target.contains(":thinggroup/")
    }
}

impl Record for PolicyAttachment {
    const KIND: Kind = Kind {
        table: "policy_attachment",
        columns: &[Column::text("policy"), Column::text("target"), Column::integer("to_principal")],
        indexes: &[Index::on(&["policy"]), Index::on(&["target"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.policy, &self.target))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.policy.as_str().into(), self.target.as_str().into(), self.is_to_principal().into()]
    }
}

pub(crate) const KINDS: &[Kind] =
    &[Policy::KIND, PolicyVersion::KIND, PolicyVerdict::KIND, PolicyAttachment::KIND];
