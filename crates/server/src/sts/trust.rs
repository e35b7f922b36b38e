//! Trust policies: who may assume a role.
//!
//! A statement of a trust policy counts for a caller that its `Principal` means. Of those statements a policy set is made
//! in which the role is the resource, and that is what decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use thingwarden_engine::policy::document::{
    Dialect, Document, Effect, Pattern, Piece, Resources, Span, Spanned, Statement,
};
use thingwarden_engine::policy::{Context, Decision, PolicySet, PolicySource, Request, decide};
use thingwarden_store::Reader;
use thingwarden_store::records::{IamRole, IamUser};

use crate::auth::Caller;
use crate::iam::{arn, documents, identity};
use crate::query::QueryError;

/// How a policy with principals speaks of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trust {
    /// Not at all, or with a Deny.
    None,
    /// With its account, or everybody: the caller's own policies must allow it too.
    Account,
    /// By name: that is enough within one account.
    Named,
}

/// The users and roles of this account that a trust policy names, with their unique ids.
///
/// # Errors
/// `MalformedPolicyDocument` when it names somebody who cannot be, or is not there.
pub(crate) fn principal_ids(
    store: &Reader<'_>,
    document: &Document,
) -> Result<BTreeMap<String, String>, QueryError> {
    let account = &store.scope().account;
    let mut ids = BTreeMap::new();
    for (kind, value) in
        document.statements.iter().filter_map(|s| s.principals.as_ref()).flat_map(|p| &p.entries)
    {
        let known = match (kind.as_str(), arn::parts(account, value)) {
            ("*", _) | ("Federated", _) => true,
            ("Service", _) => {
                value.contains('.')
                    && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            }
            ("AWS", Some(("user", _, name))) => {
                let user = identity::find::<IamUser>(store, name)?;
                remember(&mut ids, account, value, user.as_ref())
            }
            ("AWS", Some(("role", _, name))) => {
                let role = identity::find::<IamRole>(store, name)?;
                remember(&mut ids, account, value, role.as_ref())
            }
            ("AWS", _) => value == "*" || is_foreign_or_account(account, value),
            _ => false,
        };
        if !known {
            let value = value.escape_debug();
            return Err(documents::malformed(format!("invalid principal in policy: `{kind}`: `{value}`")));
        }
    }
    Ok(ids)
}

fn remember<H: identity::Holder>(
    ids: &mut BTreeMap<String, String>,
    account: &str,
    arn: &str,
    found: Option<&H>,
) -> bool {
    let found = found.filter(|holder| holder.arn(account) == arn);
    if let Some(holder) = found {
        ids.insert(arn.to_owned(), holder.identity().unique_id.clone());
    }
    found.is_some()
}

/// An account, somebody of another account, or a role session.
fn is_foreign_or_account(own: &str, value: &str) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account(value) {
        return true;
    }
    let mut parts = value.splitn(6, ':');
    let head = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
    let ([Some("arn"), Some("aws"), Some(service), Some(""), Some(account)], Some(resource)) =
        (head, parts.next())
    else {
        return false;
    };
    let name = |kind: &str| {
        resource.strip_prefix(kind).is_some_and(|name| !name.is_empty() && !name.contains(['*', '?']))
    };
    is_account(account)
        && match service {
            "iam" => resource == "root" || (account != own && (name("user/") || name("role/"))),
            "sts" => name("assumed-role/"),
            _ => false,
        }
}

/// Who wants to assume a role, or to use another resource that has a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker<'a> {
    Caller(&'a Caller),
    /// A service, for example `iot.amazonaws.com`.
    Service(&'a str),
}

/// Whether a role's trust policy lets a service assume the role. `context` has the condition keys that the service brings,
/// such as `aws:SourceAccount`. Only a statement that names the service allows; a Deny for everybody counts too.
///
/// # Errors
/// `MalformedPolicyDocument` when the stored document cannot be read.
pub(crate) fn lets_service(
    role: &IamRole,
    role_arn: &str,
    service: &str,
    context: Context,
) -> Result<bool, QueryError> {
    let question = Question { asker: Asker::Service(service), role, role_arn };
    Ok(question.judge("sts:AssumeRole", context)? == Trust::Named)
}

/// Somebody before a role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) asker: Asker<'a>,
    pub(super) role: &'a IamRole,
    pub(super) role_arn: &'a str,
}

impl Question<'_> {
    /// What the role's trust policy says about the caller and an action. `context` has the request's condition keys,
    /// without those of the role's tags.
    ///
    /// # Errors
    /// `MalformedPolicyDocument` when the stored document cannot be read.
    pub(super) fn judge(&self, action: &str, mut context: Context) -> Result<Trust, QueryError> {
        for (key, value) in &self.role.identity.tags {
            context.insert(&format!("aws:ResourceTag/{key}"), [value]);
            context.insert(&format!("iam:ResourceTag/{key}"), [value]);
        }
        let document = documents::check(&self.role.trust_policy, Dialect::Trust)?;
        let request = Request { action, resource: self.role_arn, context: &context };
        let holds = |closeness| decide(&self.about(&document, closeness), &request) == Decision::Allowed;
        let found = [Trust::Named, Trust::Account].into_iter().find(|closeness| holds(*closeness));
        Ok(found.unwrap_or(Trust::None))
    }

    /// The statements that mean the caller, at least so closely; a Deny counts however it means the caller.
    fn about(&self, document: &Document, closeness: Trust) -> PolicySet {
        let literal = Pattern { pieces: vec![Piece::Literal(self.role_arn.to_owned())] };
        let pattern = Spanned { node: literal, span: Span::default() };
        let resources = Resources { negated: false, patterns: vec![pattern] };
        let mut document = Document { dialect: Dialect::Identity, ..document.clone() };
        document.statements.retain(|statement| {
            let account = arn::account(self.role_arn);
            let means = self.asker.meant_by(statement, account, &self.role.trusted_ids);
            means >= if statement.effect == Effect::Deny { Trust::Account } else { closeness }
        });
        for statement in &mut document.statements {
            statement.resources = Some(resources.clone());
            statement.principals = None;
        }
        let document = Arc::new(document);
        PolicySet::compile([PolicySource { name: "trust policy".into(), version: String::new(), document }])
    }
}

impl Asker<'_> {
    /// How closely a statement's `Principal` means this one. `account` is the resource's, `known_ids` has the unique ids of
    /// those whom the policy named when it was stored.
    pub(crate) fn meant_by(
        &self,
        statement: &Statement,
        account: Option<&str>,
        known_ids: &BTreeMap<String, String>,
    ) -> Trust {
        match &statement.principals {
            None => Trust::None,
            // Refused when it is stored. If it is there all the same, a Deny holds for everybody, an Allow for nobody.
            Some(principals) if principals.negated => {
                if statement.effect == Effect::Deny {
                    Trust::Account
                } else {
                    Trust::None
                }
            }
            Some(principals) => {
                let closeness = |(kind, value): &(String, String)| self.is(kind, value, account, known_ids);
                principals.entries.iter().map(closeness).max().unwrap_or(Trust::None)
            }
        }
    }

    fn is(
        &self,
        kind: &str,
        value: &str,
        account: Option<&str>,
        known_ids: &BTreeMap<String, String>,
    ) -> Trust {
        match self {
            Self::Caller(caller) => is_caller(caller, kind, value, account, known_ids),
            Self::Service(service) => match kind {
                "*" => Trust::Account,
                "AWS" if value == "*" => Trust::Account,
                "Service" if value == *service => Trust::Named,
                _ => Trust::None,
            },
        }
    }
}

fn is_caller(
    caller: &Caller,
    kind: &str,
    value: &str,
    account_of_resource: Option<&str>,
    known_ids: &BTreeMap<String, String>,
) -> Trust {
    let account = caller.account();
    match kind {
        "*" => Trust::Account,
        "AWS" if value == "*" || value == account || value == arn::root(account) => Trust::Account,
        "AWS" if value == &**caller.arn() && value.starts_with("arn:aws:sts:") => Trust::Named,
        "AWS" if value == caller.principal_arn() => {
            // Of another account only the name is known here.
            let foreign = account_of_resource != Some(account);
            let known_id = known_ids.get(value).map(String::as_str);
            let same = foreign || known_id == caller.user_id().split(':').next();
            if same { Trust::Named } else { Trust::None }
        }
        _ => Trust::None,
    }
}
