//! Who makes a request.

use std::sync::Arc;

use thingwarden_engine::policy::PolicySet;
use thingwarden_engine::policy::document::{Pattern, Piece, Statement};
use thingwarden_engine::time::Timestamp;

/// A principal with everything that decides what it may do. Compile it once and share it; requests only read it.
#[derive(Clone, Debug)]
pub struct Caller {
    account: Arc<str>,
    kind: Kind,
    arn: Arc<str>,
    principal_arn: Arc<str>,
    user_id: Arc<str>,
    tags: Vec<(String, String)>,
    temporary_since: Option<Timestamp>,
    policies: Arc<PolicySet>,
    boundary: Option<Arc<PolicySet>>,
    session_policy: Option<Arc<PolicySet>>,
    /// The condition keys that any of the policies asks for, as written; the others need not be known.
    asked: Vec<String>,
}

/// What kind of principal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The account itself: may do everything in it.
    Root,
    /// An IAM user.
    User {
        /// Its name, without path.
        name: Arc<str>,
    },
    /// A session of a role.
    AssumedRole {
        /// The role's name, without path.
        role: Arc<str>,
        /// The session's name.
        session: Arc<str>,
    },
}

impl Caller {
    /// The account itself.
    pub fn root(account: &str) -> Self {
        let arn: Arc<str> = format!("arn:aws:iam::{account}:root").into();
        Self::new(account, Kind::Root, Arc::clone(&arn), arn, account, Arc::default())
    }

    /// An IAM user with its identity policies, own, of its groups, inline and managed alike. `arn` has the path that the
    /// name lacks.
    pub fn user(account: &str, name: &str, arn: &str, user_id: &str, policies: Arc<PolicySet>) -> Self {
        let arn: Arc<str> = arn.into();
        Self::new(account, Kind::User { name: name.into() }, Arc::clone(&arn), arn, user_id, policies)
    }

    /// A session of a role, with the role's identity policies. `role_arn` is what `aws:PrincipalArn` shows, while
    /// denials and the audit trail show the session's ARN; `role_id` is the role's unique id.
    pub fn assumed_role(
        account: &str,
        role: &str,
        session: &str,
        role_arn: &str,
        role_id: &str,
        policies: Arc<PolicySet>,
    ) -> Self {
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{session}").into();
        let kind = Kind::AssumedRole { role: role.into(), session: session.into() };
        Self::new(account, kind, arn, role_arn.into(), &format!("{role_id}:{session}"), policies)
    }

    fn new(
        account: &str,
        kind: Kind,
        arn: Arc<str>,
        principal_arn: Arc<str>,
        user_id: &str,
        policies: Arc<PolicySet>,
    ) -> Self {
        let asked = asked_keys(&policies).collect();
        Self {
            account: account.into(),
            kind,
            arn,
            principal_arn,
            user_id: user_id.into(),
            tags: Vec::new(),
            temporary_since: None,
            policies,
            boundary: None,
            session_policy: None,
            asked,
        }
    }

    /// With the principal's tags; of a role session, the role's and the session's together.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = (String, String)>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// With a permissions boundary: what it does not allow as well is not allowed.
    #[must_use]
    pub fn with_boundary(mut self, boundary: Arc<PolicySet>) -> Self {
        self.asked.extend(asked_keys(&boundary));
        self.boundary = Some(boundary);
        self
    }

    /// With session policies: what they do not allow as well is not allowed.
    #[must_use]
    pub fn with_session_policy(mut self, policy: Arc<PolicySet>) -> Self {
        self.asked.extend(asked_keys(&policy));
        self.session_policy = Some(policy);
        self
    }

    /// As signed with temporary credentials that were issued at this time.
    #[must_use]
    pub fn with_temporary_credentials(mut self, issued: Timestamp) -> Self {
        self.temporary_since = Some(issued);
        self
    }

    /// The account's twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What kind of principal it is.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The ARN that `GetCallerIdentity` answers and denials name.
    pub fn arn(&self) -> &Arc<str> {
        &self.arn
    }

    /// The ARN of the user or role, `aws:PrincipalArn`.
    pub fn principal_arn(&self) -> &str {
        &self.principal_arn
    }

    /// The unique id: `AIDA...`, `AROA...:session`, or the account.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The principal's tags.
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    /// When its credentials were issued, if they are temporary.
    pub fn temporary_since(&self) -> Option<Timestamp> {
        self.temporary_since
    }

    /// Whether any of its policies asks for this condition key, in a condition or a variable.
    pub(super) fn asks_for(&self, key: &str) -> bool {
        self.asked.iter().any(|asked| asked.eq_ignore_ascii_case(key))
    }

    /// Whether any of its policies speaks of the tags of resources, so that they must be looked up.
    pub(super) fn asks_for_resource_tags(&self) -> bool {
        self.asked.iter().any(|asked| asked.to_ascii_lowercase().contains(":resourcetag/"))
    }

    /// Everything that has to allow a request, with the words that denials have for it.
    pub(super) fn policy_sets(&self) -> impl Iterator<Item = (&PolicySet, PolicyKind)> {
        let identity = std::iter::once((&*self.policies, PolicyKind::Identity));
        let boundary = self.boundary.iter().map(|set| (&**set, PolicyKind::Boundary));
        let session = self.session_policy.iter().map(|set| (&**set, PolicyKind::Session));
        identity.chain(boundary).chain(session)
    }
}

/// The kinds of policies that an answer can come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Attached to the principal.
    Identity,
    /// Its permissions boundary.
    Boundary,
    /// Given when the session was made.
    Session,
    /// Attached to a resource; AWS IoT has none, so other accounts' resources are never allowed.
    Resource,
}

impl PolicyKind {
    /// As denials say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        }
    }
}

/// The keys of all conditions, and of all variables in resources and conditions.
fn asked_keys(set: &PolicySet) -> impl Iterator<Item = String> {
    let statements = set.sources().iter().flat_map(|source| &source.document.statements);
    statements.flat_map(|statement: &Statement| {
        let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        let values = statement.conditions.iter().flat_map(|condition| &condition.values);
        let variables = resources.chain(values).flat_map(|pattern| variables(&pattern.node));
        statement.conditions.iter().map(|condition| condition.key.clone()).chain(variables)
    })
}

fn variables(pattern: &Pattern) -> impl Iterator<Item = String> {
    pattern.pieces.iter().filter_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable.key.clone()),
        _ => None,
    })
}
