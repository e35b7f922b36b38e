//! Whether a caller may do what it asks for.
//!
//! Everything that has a say must allow, on every resource that the request is about: the identity policies, the permissions
//! boundary, the session policy. One explicit deny is a no. The account itself may do everything in it. The answer never
//! depends on whether a resource exists, except through its tags, which an absent resource does not have.

mod arns;
mod context;
mod denial;
mod table;

use std::error::Error;

use serde_json::Value;
use thingwarden_engine::policy::{Context, Decision, Request, decide};
use thingwarden_wire::Operation;

use self::arns::{Home, Resource};
pub use self::context::RequestFacts;
pub use self::denial::{Denial, Refusal};
use super::caller::PolicyKind;
use super::{Caller, Kind};

/// What authorization has to know of the store, in the account and region of the request.
pub trait Resources {
    /// The tags of the resource with this ARN; none when it has none, cannot have any, or does not exist.
    ///
    /// # Errors
    /// When they cannot be looked up; the request fails.
    fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, LookupError>;

    /// The id at the end of the ARN of a domain configuration, `domainconfiguration/NAME/ID`; `None` when there is none of
    /// this name.
    ///
    /// # Errors
    /// When it cannot be looked up; the request fails.
    fn domain_configuration_id(&self, name: &str) -> Result<Option<String>, LookupError>;
}

/// Something in the store that could not be read: the request fails, closed.
#[derive(Debug, thiserror::Error)]
#[error("what authorization needs cannot be looked up: {0}")]
pub struct LookupError(#[source] pub Box<dyn Error + Send + Sync>);

/// Proof that a request was authorized: made here and nowhere else.
#[derive(Debug)]
#[must_use]
pub struct Permit(());

/// A request to a service other than AWS IoT, for [`authorize_access`].
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// For example `iam:GetUser`.
    pub action: &'a str,
    /// The ARNs that it is about; none for `*`. In the caller's own account: the caller of this function has made them.
    pub resources: &'a [String],
    /// What a denial calls the resource, where its ARN would tell whether there is one; else the ARN is said.
    pub shown: Option<&'a str>,
    /// The tags that the request brings.
    pub request_tags: &'a [(String, String)],
    /// Further condition keys with their values, for example `iam:PassedToService`.
    pub keys: &'a [(&'a str, Vec<String>)],
    /// Whether the resource itself grants this to the caller by name, as a role's trust policy does. Then the identity
    /// policies need not allow it; whatever bounds the caller still must, and a deny is a deny.
    pub granted: bool,
}

/// Whether `caller` may call an operation of AWS IoT with this decoded and validated input.
///
/// # Errors
/// [`Refusal::Denied`] with the words for the client, [`Refusal::Invalid`] when a part of the input can mean two things,
/// [`Refusal::Lookup`] when the store cannot be read.
pub fn authorize(
    caller: &Caller,
    operation: Operation,
    input: &Value,
    request: &RequestFacts<'_>,
    resources: &dyn Resources,
) -> Result<Permit, Refusal> {
    let home = Home { account: caller.account(), region: request.region };
    let request_tags = context::request_tags(input);
    context::check_spelling(request_tags.iter().map(|(key, _)| key.as_str()))?;
    let found = arns::of(operation, input, home, resources)?;
    if *caller.kind() != Kind::Root {
        let mut context = context::of_request(caller, request, false)?;
        let roles = arns::roles(operation, input, home)?;
        let passed = (!roles.is_empty())
            .then(|| context.clone().with("iam:PassedToService", [table::passed_to(operation)]));
        context::of_input(&mut context, operation, input, home, &request_tags)?;
        judge(caller, operation.info().action, &found, context, resources, false)?;
        if let Some(context) = passed {
            judge(caller, "iam:PassRole", &roles, context, resources, false)?;
        }
    }
    if operation == Operation::TagResource {
        check_old_tags(&found, &request_tags, resources)?;
    }
    Ok(Permit(()))
}

/// Whether `caller` may do something in another service, for example IAM or STS.
///
/// # Errors
/// As [`authorize`].
pub fn authorize_access(
    caller: &Caller,
    access: &Access<'_>,
    request: &RequestFacts<'_>,
    resources: &dyn Resources,
) -> Result<Permit, Refusal> {
    let context = context_of(caller, access, request, false)?;
    if *caller.kind() == Kind::Root {
        return Ok(Permit(()));
    }
    let shown = access.shown.map(str::to_owned);
    let own = |arn: &String| Resource { arn: arn.clone(), foreign: false, shown: shown.clone() };
    let mut found: Vec<Resource> = access.resources.iter().map(own).collect();
    if found.is_empty() {
        found.push(own(&"*".to_owned()));
    }
    judge(caller, access.action, &found, context, resources, access.granted)?;
    Ok(Permit(()))
}

/// The condition keys that decide about an access, without those of the resource: also for policies that are not the
/// caller's, such as a role's trust policy.
///
/// # Errors
/// [`Refusal::Invalid`] when two tags differ in nothing but case.
pub fn access_context(
    caller: &Caller,
    access: &Access<'_>,
    request: &RequestFacts<'_>,
) -> Result<Context, Refusal> {
    context_of(caller, access, request, true)
}

fn context_of(
    caller: &Caller,
    access: &Access<'_>,
    request: &RequestFacts<'_>,
    all: bool,
) -> Result<Context, Refusal> {
    let mut context = context::of_request(caller, request, all)?;
    context::insert_request_tags(&mut context, access.request_tags)?;
    for (key, values) in access.keys {
        context.insert(key, values.iter().map(String::as_str));
    }
    Ok(context)
}

/// New tags must not shadow those that a resource has already. Looked at last: it says something about the resource.
fn check_old_tags(
    found: &[Resource],
    new: &[(String, String)],
    resources: &dyn Resources,
) -> Result<(), Refusal> {
    for resource in found.iter().filter(|resource| !resource.foreign) {
        let old = resources.tags(&resource.arn)?;
        let kept = old.iter().filter(|(key, _)| !new.iter().any(|(new, _)| new == key));
        context::check_spelling(kept.chain(new).map(|(key, _)| key.as_str()))?;
    }
    Ok(())
}

/// Every policy set on every resource. An explicit deny anywhere is told before the lack of an allow.
fn judge(
    caller: &Caller,
    action: &str,
    found: &[Resource],
    mut context: Context,
    resources: &dyn Resources,
    granted: bool,
) -> Result<(), Refusal> {
    let mut implicit = None;
    for resource in found {
        let tags = match caller.asks_for_resource_tags() && !resource.foreign && resource.arn != "*" {
            true => resources.tags(&resource.arn)?,
            false => Vec::new(),
        };
        let account = resource.arn.split(':').nth(4).filter(|account| !account.is_empty());
        context.insert("aws:ResourceAccount", [account.unwrap_or(caller.account())]);
        let prefixes = tag_prefixes(action);
        for prefix in prefixes {
            context::insert_tags(&mut context, prefix, &tags)?;
        }
        let denial = |kind, explicit| Denial::new(caller, action, resource.shown(), kind, explicit);
        let request = Request { action, resource: &resource.arn, context: &context };
        for (set, kind) in caller.policy_sets() {
            match decide(set, &request) {
                Decision::Allowed => {}
                Decision::ExplicitDeny => return Err(Refusal::Denied(denial(kind, true))),
                Decision::ImplicitDeny if granted && kind == PolicyKind::Identity => {}
                Decision::ImplicitDeny => implicit = implicit.or_else(|| Some(denial(kind, false))),
            }
        }
        if resource.foreign {
            implicit = implicit.or_else(|| Some(denial(PolicyKind::Resource, false)));
        }
        for (prefix, (key, _)) in prefixes.iter().flat_map(|prefix| tags.iter().map(move |tag| (prefix, tag)))
        {
            context.remove(&format!("{prefix}{key}"));
        }
    }
    implicit.map_or(Ok(()), |denial| Err(Refusal::Denied(denial)))
}

/// Under which names conditions find a resource's tags; IAM has one of its own besides the global one.
fn tag_prefixes(action: &str) -> &'static [&'static str] {
    if action.starts_with("iam:") { &["aws:ResourceTag/", "iam:ResourceTag/"] } else { &["aws:ResourceTag/"] }
}

#[cfg(test)]
mod bypass_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
