//! What permission an action needs: resources, condition keys, tags.

use thingwarden_store::records::{IamIdentity, IamRole, IamUser};
use thingwarden_store::{Reader, Scope, StoreError};

use super::cx::Cx;
use super::identity::{self, Holder};
use super::{access_keys, arn, policies, tags};
use crate::auth::Kind;
use crate::auth::authorize::{Access, LookupError, Refusal, Resources, authorize_access};
use crate::query::service::Action;
use crate::query::{Form, QueryError};

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The user or role that the request names; without a name, the caller.
    User,
    Role,
    /// The one that is about to be made.
    NewUser,
    NewRole,
    NewPolicy,
    /// All of them, under a path.
    Users,
    Roles,
    Policies,
    /// The user whom the access key of the parameter `AccessKeyId` belongs to.
    AccessKey,
    /// The managed policy of the parameter `PolicyArn`.
    Policy,
    /// No particular resource: `*`.
    Anything,
    /// Needs no permission.
    Nothing,
    /// The handler judges, because not only the caller's policies count.
    Judged,
}

/// Looks whether the caller may do this.
///
/// # Errors
/// `AccessDenied` when it may not.
pub(crate) fn authorize(
    cx: &Cx,
    store: &Reader<'_>,
    action: &Action<Target>,
    form: &Form,
) -> Result<(), QueryError> {
    let &Action { permission: action, target, .. } = action;
    if action.starts_with("iam:") && cx.has_session_token_credentials() {
        return Err(denied("credentials of GetSessionToken cannot be used for IAM"));
    }
    if matches!(target, Target::Nothing | Target::Judged) {
        return Ok(());
    }
    let (resources, subject) = resources(cx, store, target, form)?;
    let request_tags = tags::take(&mut form.clone())?;
    let keys = keys(action, form, subject.as_ref());
    let shown = shown(target, form);
    let access = Access {
        action,
        resources: &resources,
        shown: shown.as_deref(),
        request_tags: &request_tags,
        keys: &keys,
        granted: false,
    };
    permit(cx, store, &access)
}

/// As [`authorize_access`], in IAM's words.
///
/// # Errors
/// `AccessDenied` when the caller may not do this.
pub(crate) fn permit(cx: &Cx, store: &Reader<'_>, access: &Access<'_>) -> Result<(), QueryError> {
    match authorize_access(&cx.caller, access, &cx.facts(), &Tagged(store)) {
        Ok(_permit) => Ok(()),
        Err(Refusal::Denied(denial)) => Err(denied(denial.to_string())),
        Err(Refusal::Invalid(message)) => Err(QueryError::new(400, "InvalidInput", message)),
        Err(Refusal::Lookup(error)) => {
            tracing::error!(request_id = %cx.request_id, %error, "authorization failed");
            Err(QueryError::new(500, "ServiceFailure", "the server could not authorize the request"))
        }
    }
}

pub(crate) fn denied(message: impl Into<String>) -> QueryError {
    QueryError::new(403, "AccessDenied", message)
}

/// The ARNs that the request is about, and the user or role among them.
fn resources(
    cx: &Cx,
    store: &Reader<'_>,
    target: Target,
    form: &Form,
) -> Result<(Vec<String>, Option<IamIdentity>), QueryError> {
    let account = cx.caller.account();
    let new = |kind, name| {
        let path = form.peek("Path").unwrap_or("/");
        vec![arn::of(account, kind, path, form.peek(name).unwrap_or_default())]
    };
    let under = |kind| vec![arn::of(account, kind, form.peek("PathPrefix").unwrap_or("/"), "")];
    Ok(match target {
        Target::User => {
            let user = match (form.peek(IamUser::PARAMETER), cx.caller.kind()) {
                (None, Kind::User { .. }) => identity::by_unique_id(store, cx.caller.user_id())?,
                (name, _) => identity::find::<IamUser>(store, name.unwrap_or_default())?,
            };
            let mut arns = vec![of_holder(account, user.as_ref(), form)];
            // A new name or path needs the permission at both places.
            if form.peek("NewUserName").is_some() || form.peek("NewPath").is_some() {
                let identity = user.as_ref().map(|user| &user.identity);
                let path = form.peek("NewPath").or(identity.map(|old| old.path.as_str())).unwrap_or("/");
                let old_name = form.peek(IamUser::PARAMETER).unwrap_or_default();
                let name = form.peek("NewUserName").unwrap_or(old_name);
                arns.push(arn::of(account, IamUser::KIND_NAME, path, name));
            }
            (arns, user.map(|user| user.identity))
        }
        Target::Role => {
            let role = identity::find::<IamRole>(store, form.peek(IamRole::PARAMETER).unwrap_or_default())?;
            (vec![of_holder(account, role.as_ref(), form)], role.map(|role| role.identity))
        }
        Target::NewUser => (new("user", "UserName"), None),
        Target::NewRole => (new("role", "RoleName"), None),
        Target::NewPolicy => (new("policy", "PolicyName"), None),
        Target::Users => (under("user"), None),
        Target::Roles => (under("role"), None),
        Target::Policies => (under("policy"), None),
        Target::AccessKey => {
            let owner = access_keys::owner(store, form.peek("AccessKeyId").unwrap_or_default())?;
            (owner.iter().map(|user| user.arn(account)).collect(), None)
        }
        Target::Policy => (vec![form.peek("PolicyArn").unwrap_or_default().to_owned()], None),
        Target::Anything | Target::Nothing | Target::Judged => (vec![], None),
    })
}

/// The ARN of what was found; of what was not found, as if it had no path.
fn of_holder<H: Holder>(account: &str, found: Option<&H>, form: &Form) -> String {
    match found {
        Some(holder) => holder.arn(account),
        None => arn::of(account, H::KIND_NAME, "/", form.peek(H::PARAMETER).unwrap_or_default()),
    }
}

/// What a denial calls a user, a role or an access key, in AWS's words: the ARN would tell whether there is one, for the
/// path in it comes from the store.
fn shown(target: Target, form: &Form) -> Option<String> {
    let named = |kind: &str, parameter| form.peek(parameter).map(|name| format!("{kind} {name}"));
    match target {
        Target::User => named(IamUser::KIND_NAME, IamUser::PARAMETER),
        Target::Role => named(IamRole::KIND_NAME, IamRole::PARAMETER),
        Target::AccessKey => named("access key", "AccessKeyId"),
        _ => None,
    }
}

/// IAM's own condition keys
/// ([actions, resources and condition keys for IAM](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)).
fn keys(action: &str, form: &Form, subject: Option<&IamIdentity>) -> Vec<(&'static str, Vec<String>)> {
    let mut keys = vec![];
    if action.starts_with("iam:Attach") || action.starts_with("iam:Detach") {
        keys.push(("iam:PolicyARN", form.peek("PolicyArn").map(str::to_owned).into_iter().collect()));
    }
    let boundary = form.peek("PermissionsBoundary").map(str::to_owned);
    if let Some(boundary) = boundary.or_else(|| subject?.boundary.clone()) {
        keys.push(("iam:PermissionsBoundary", vec![boundary]));
    }
    let mut form = form.clone();
    if let Ok(untagged) = tags::take_keys(&mut form) {
        keys.push(("aws:TagKeys", untagged));
    }
    keys
}

/// The tags of users, roles and policies.
struct Tagged<'a>(&'a Reader<'a>);

impl Resources for Tagged<'_> {
    fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, LookupError> {
        tags_of(self.0, arn).map_err(|error| LookupError(Box::new(error)))
    }

    fn domain_configuration_id(&self, _: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
}

fn tags_of(store: &Reader<'_>, resource: &str) -> Result<Vec<(String, String)>, StoreError> {
    let account = arn::account(resource).unwrap_or_default();
    let store = store.in_scope(&Scope::new(account, ""))?;
    let tags = match arn::parts(account, resource) {
        Some(("user", _, name)) => identity::find::<IamUser>(&store, name)?.map(|user| user.identity.tags),
        Some(("role", _, name)) => identity::find::<IamRole>(&store, name)?.map(|role| role.identity.tags),
        Some(("policy", ..)) => policies::find(&store, resource)?.map(|policy| policy.tags),
        _ => None,
    };
    Ok(tags.unwrap_or_default().into_iter().collect())
}
