//! The condition keys of a request
//! ([global condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)).

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;
use thingwarden_engine::policy::Context;
use thingwarden_engine::time::Timestamp;
use thingwarden_wire::Operation;

use super::Refusal;
use super::arns::Home;
use crate::auth::{Caller, Kind};

/// What is known about a request besides its input. Nothing of it is taken from the input.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts<'a> {
    /// The client's address; none when the service itself acts, so that no condition on addresses holds.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The header `User-Agent`, if there is one.
    pub user_agent: Option<&'a str>,
    /// The region of the verified signature.
    pub region: &'a str,
    /// When it came.
    pub now: Timestamp,
}

/// Tags by key and value.
pub(super) type Tags = [(String, String)];

/// The keys that do not depend on the resource: those that the caller's policies ask for, since making all of them would
/// take longer than the decision; or all, where policies of somebody else decide as well.
pub(super) fn of_request(caller: &Caller, request: &RequestFacts<'_>, all: bool) -> Result<Context, Refusal> {
    let principal_type = match caller.kind() {
        Kind::Root => "Account",
        Kind::User { .. } => "User",
        Kind::AssumedRole { .. } => "AssumedRole",
    };
    let seconds = Timestamp::from_seconds(request.now.millis().div_euclid(1000));
    let mut context = Context::new();
    let mut known = |key: &str, value: &dyn Fn() -> String| {
        if all || caller.asks_for(key) {
            context.insert(key, [value()]);
        }
    };
    known("aws:CurrentTime", &|| seconds.to_string());
    known("aws:EpochTime", &|| (seconds.millis() / 1000).to_string());
    known("aws:PrincipalAccount", &|| caller.account().to_owned());
    known("aws:PrincipalArn", &|| caller.principal_arn().to_owned());
    known("aws:PrincipalIsAWSService", &|| "false".to_owned());
    known("aws:PrincipalType", &|| principal_type.to_owned());
    known("aws:RequestedRegion", &|| request.region.to_owned());
    known("aws:ResourceAccount", &|| caller.account().to_owned());
    known("aws:SecureTransport", &|| request.secure.to_string());
    known("aws:ViaAWSService", &|| "false".to_owned());
    known("aws:userid", &|| caller.user_id().to_owned());
    if let Kind::User { name } = caller.kind() {
        known("aws:username", &|| name.to_string());
    }
    if let Some(address) = request.source_ip {
        known("aws:SourceIp", &|| address.to_canonical().to_string());
    }
    if let Some(agent) = request.user_agent {
        known("aws:UserAgent", &|| agent.to_owned());
    }
    if let Some(issued) = caller.temporary_since() {
        known("aws:TokenIssueTime", &|| issued.to_string());
        known("aws:MultiFactorAuthPresent", &|| "false".to_owned());
    }
    insert_tags(&mut context, "aws:PrincipalTag/", caller.tags())?;
    Ok(context)
}

/// The keys that come from the input of an operation of AWS IoT.
pub(super) fn of_input(
    context: &mut Context,
    operation: Operation,
    input: &Value,
    home: Home<'_>,
    request_tags: &Tags,
) -> Result<(), Refusal> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    match operation {
        Operation::AttachThingPrincipal | Operation::DetachThingPrincipal => {
            context.insert("iot:thingArn", text("thingName").map(|name| home.arn("thing", name)));
        }
        Operation::CreateDomainConfiguration => context.insert("iot:DomainName", text("domainName")),
        _ => {}
    }
    insert_request_tags(context, request_tags)?;
    let untagged = input.get("tagKeys").and_then(Value::as_array);
    if let Some(keys) = untagged {
        context.insert("aws:TagKeys", keys.iter().filter_map(Value::as_str));
    }
    Ok(())
}

/// The tags that a request brings, from its member `tags`.
pub(super) fn request_tags(input: &Value) -> Vec<(String, String)> {
    let tags = input.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |tag: &Value, member: &str| tag.get(member).and_then(Value::as_str).map(str::to_owned);
    tags.iter().filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default()))).collect()
}

/// `aws:RequestTag/K` and `aws:TagKeys`.
pub(super) fn insert_request_tags(context: &mut Context, tags: &Tags) -> Result<(), Refusal> {
    insert_tags(context, "aws:RequestTag/", tags)?;
    context.insert("aws:TagKeys", tags.iter().map(|(key, _)| key.as_str()));
    Ok(())
}

/// One key for each tag.
pub(super) fn insert_tags(context: &mut Context, prefix: &str, tags: &Tags) -> Result<(), Refusal> {
    check_spelling(tags.iter().map(|(key, _)| key.as_str()))?;
    for (key, value) in tags {
        context.insert(&format!("{prefix}{key}"), [value.as_str()]);
    }
    Ok(())
}

/// Condition keys ignore case, so of two tags that differ in nothing else a policy could see only one.
pub(super) fn check_spelling<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key.to_ascii_lowercase()) {
            let text = format!(
                "there are two tags `{key}`, or two that differ in upper and lower case only: use one"
            );
            return Err(Refusal::Invalid(text));
        }
    }
    Ok(())
}
