//! Users, roles, policies and credentials of IAM and STS. They belong to an account, not to a region: their scope is
//! [`Scope::global`](crate::Scope::global).
//!
//! Names are unique whatever their case, so a record's id is the name in lower case; whoever looks one up compares the
//! name itself. Access keys, sessions and attachments refer to users and roles by their unique ids, which are never used
//! again: what belonged to a deleted user does not come back with a new one of the same name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::without;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// What users and roles have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamIdentity {
    /// The name, as it was given.
    pub name: String,
    /// `AIDA...` or `AROA...`.
    pub unique_id: String,
    /// `/`, or a path between two of them.
    pub path: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// The ARN of the managed policy that bounds its permissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Keys and values. Keys differ in more than case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Inline policies: names and documents, as they were given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamUser {
    #[serde(flatten)]
    pub identity: IamIdentity,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamRole {
    #[serde(flatten)]
    pub identity: IamIdentity,
    /// Who may assume it: the trust policy as it was given.
    pub trust_policy: String,
    /// The users and roles of this account that the trust policy named when it was stored: ARNs and unique ids. One that is
    /// made later under the same name is not meant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trusted_ids: BTreeMap<String, String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session_seconds: i64,
}

/// A customer's managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamPolicy {
    pub arn: String,
    pub name: String,
    /// `ANPA...`.
    pub policy_id: String,
    /// `/`, or a path between two of them.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// When the policy or its set of versions was last changed, in milliseconds since 1970.
    pub updated_ms: i64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The number of the version that counts.
    pub default_version: u32,
    /// The number that the next version gets.
    pub next_version: u32,
    /// Numbers and versions.
    pub versions: BTreeMap<u32, IamPolicyVersion>,
}

/// One version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamPolicyVersion {
    /// As it was given.
    pub document: String,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

/// A managed policy that is attached to a user or role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamAttachment {
    /// The user's or role's unique id.
    pub entity: String,
    pub policy_arn: String,
}

/// A user's long-term access key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamAccessKey {
    /// `AKIA...`.
    pub access_key_id: String,
    /// The unique id of the user.
    pub user: String,
    /// As the client has it: signatures are verified with it, so no hash will do.
    pub secret: String,
    /// Whether it can be used.
    pub active: bool,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

/// When and for what an access key was last used, give or take a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamAccessKeyUse {
    pub access_key_id: String,
    /// In milliseconds since 1970.
    pub used_ms: i64,
    /// The service that was asked, for example `iot`.
    pub service: String,
    pub region: String,
}

/// Temporary credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StsSession {
    /// `ASIA...`.
    pub access_key_id: String,
    /// As the client has it: signatures are verified with it, so no hash will do.
    pub secret: String,
    /// SHA-256 of the session token, in hex.
    pub token_sha256: String,
    /// For whom they act.
    pub subject: SessionSubject,
    /// What further bounds them: policy documents, of which one must allow a request. None: nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_policies: Option<Vec<String>>,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    pub expires_ms: i64,
}

/// For whom temporary credentials act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionSubject {
    /// The account itself.
    Root,
    /// The user with this unique id.
    User(String),
    /// Who assumed a role.
    Role {
        /// The role's unique id.
        role: String,
        /// The session's name.
        name: String,
        /// The session's tags.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
}

impl IamIdentity {
    fn columns(&self) -> Vec<Value> {
        vec![self.unique_id.as_str().into(), self.path.as_str().into(), self.boundary.as_deref().into()]
    }
}

/// The id of a user, role or policy of this name.
pub fn iam_name_id(name: &str) -> String {
    name.to_lowercase()
}

impl Record for IamUser {
    const KIND: Kind =
        Kind { table: "iam_user", columns: IDENTITY_COLUMNS, indexes: IDENTITY_INDEXES, trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(iam_name_id(&self.identity.name))
    }

    fn columns(&self) -> Vec<Value> {
        self.identity.columns()
    }
}

impl Record for IamRole {
    const KIND: Kind =
        Kind { table: "iam_role", columns: IDENTITY_COLUMNS, indexes: IDENTITY_INDEXES, trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(iam_name_id(&self.identity.name))
    }

    fn columns(&self) -> Vec<Value> {
        self.identity.columns()
    }
}

const IDENTITY_COLUMNS: &[Column] =
    &[Column::text("unique_id"), Column::text("path"), Column::text("boundary")];
const IDENTITY_INDEXES: &[Index] = &[Index::on(&["unique_id"]), Index::on(&["boundary"])];

impl Record for IamPolicy {
    const KIND: Kind =
        Kind { table: "iam_policy", columns: &[Column::text("path")], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(iam_name_id(&self.name))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.path.as_str().into()]
    }
}

impl Record for IamAttachment {
    const KIND: Kind = Kind {
        table: "iam_attachment",
        columns: &[Column::text("entity"), Column::text("policy_arn")],
        indexes: &[Index::on(&["entity"]), Index::on(&["policy_arn"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(link_id(&[&self.entity, &self.policy_arn]))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.entity.as_str().into(), self.policy_arn.as_str().into()]
    }
}

impl Record for IamAccessKey {
    const KIND: Kind = Kind {
        table: "iam_access_key",
        columns: &[Column::text("user_id")],
        indexes: &[Index::on(&["user_id"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.access_key_id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.user.as_str().into()]
    }

    fn trailed(&self) -> serde_json::Value {
        without(self, &["secret"])
    }
}

impl Record for IamAccessKeyUse {
    const KIND: Kind = Kind { table: "iam_access_key_use", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.access_key_id)
    }
}

impl Record for StsSession {
    const KIND: Kind = Kind {
        table: "sts_session",
        columns: &[Column::integer("expires_ms")],
        indexes: &[Index::on(&["expires_ms"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.access_key_id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.expires_ms.into()]
    }

    fn trailed(&self) -> serde_json::Value {
        without(self, &["secret", "token_sha256"])
    }
}

impl std::fmt::Debug for IamAccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IamAccessKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StsSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StsSession").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

pub(crate) const KINDS: &[Kind] = &[
    IamUser::KIND,
    IamRole::KIND,
    IamPolicy::KIND,
    IamAttachment::KIND,
    IamAccessKey::KIND,
    IamAccessKeyUse::KIND,
    StsSession::KIND,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_out_of_the_trail_and_of_debug_output() {
        let key = IamAccessKey {
            access_key_id: "AKIA".to_owned(),
            user: "AIDA".to_owned(),
            secret: "the-secret".to_owned(),
            active: true,
            created_ms: 1,
        };
        let session = StsSession {
            access_key_id: "ASIA".to_owned(),
            secret: "the-secret".to_owned(),
            token_sha256: "the-secret-hash".to_owned(),
            subject: SessionSubject::Root,
            session_policies: None,
            created_ms: 1,
            expires_ms: 2,
        };
        let shown =
            [key.trailed().to_string(), session.trailed().to_string(), format!("{key:?} {session:?}")]
                .join(" ");
        assert!(shown.contains("AKIA") && shown.contains("ASIA"), "{shown}");
        assert!(!shown.contains("the-secret"), "{shown}");
    }

    #[test]
    fn flattened_identities_read_back() {
        let identity = IamIdentity {
            name: "Alice".to_owned(),
            unique_id: "AIDA".to_owned(),
            path: "/".to_owned(),
            created_ms: 1,
            boundary: None,
            tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            inline_policies: BTreeMap::new(),
        };
        let user = IamUser { identity };
        let text = serde_json::to_string(&user).unwrap();
        assert_eq!(serde_json::from_str::<IamUser>(&text).unwrap(), user);
        assert_eq!(user.id(), "alice");
    }
}
