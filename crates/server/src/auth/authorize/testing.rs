//! Callers, resources and requests for tests of authorization.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use serde_json::Value;
use thingwarden_engine::policy::{Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::time::Timestamp;
use thingwarden_wire::Operation;

use super::{LookupError, Permit, Refusal, RequestFacts, Resources, authorize};
use crate::auth::Caller;

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const HOME: &str = "arn:aws:iot:eu-west-1:123456789012";

/// Tags by ARN, and ids of domain configurations by name.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) tags: BTreeMap<String, Vec<(String, String)>>,
    pub(super) domain_configurations: BTreeMap<String, String>,
    pub(super) broken: bool,
}

impl Memory {
    /// With tags `k=v k=v` on a resource such as `policy/p`.
    pub(super) fn with(mut self, resource: &str, text: &str) -> Self {
        let arn =
            if resource.starts_with("arn:") { resource.to_owned() } else { format!("{HOME}:{resource}") };
        self.tags.insert(arn, tags(text));
        self
    }
}

impl Resources for Memory {
    fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, LookupError> {
        if self.broken {
            return Err(LookupError("disk on fire".into()));
        }
        Ok(self.tags.get(arn).cloned().unwrap_or_default())
    }

    fn domain_configuration_id(&self, name: &str) -> Result<Option<String>, LookupError> {
        Ok(self.domain_configurations.get(name).cloned())
    }
}

/// `k=v k=v`
pub(super) fn tags(text: &str) -> Vec<(String, String)> {
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// A set of one policy with these statements.
pub(super) fn policy(statements: Value) -> Arc<PolicySet> {
    let text = serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let document = Arc::new(parse(&text, Dialect::Identity).unwrap());
    Arc::new(PolicySet::compile([PolicySource { name: "p".into(), version: "1".into(), document }]))
}

pub(super) fn user(statements: Value) -> Caller {
    Caller::user(
        ACCOUNT,
        "alice",
        "arn:aws:iam::123456789012:user/ops/alice",
        "AIDAALICE",
        policy(statements),
    )
}

pub(super) fn facts() -> RequestFacts<'static> {
    RequestFacts {
        source_ip: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))),
        secure: true,
        user_agent: Some("aws-cli/1.45"),
        region: "eu-west-1",
        now: Timestamp::from_millis(1_772_323_200_500),
    }
}

pub(super) fn operation(name: &str) -> Operation {
    *Operation::ALL.iter().find(|operation| operation.info().name == name).unwrap()
}

/// Authorizes without anything in the store.
pub(super) fn try_it(caller: &Caller, name: &str, input: Value) -> Result<Permit, Refusal> {
    try_with(caller, name, input, &Memory::default())
}

pub(super) fn try_with(
    caller: &Caller,
    name: &str,
    input: Value,
    resources: &Memory,
) -> Result<Permit, Refusal> {
    authorize(caller, operation(name), &input, &facts(), resources)
}

/// `allowed`, or the words of the refusal.
pub(super) fn words(result: Result<Permit, Refusal>) -> String {
    result.map_or_else(|refusal| refusal.to_string(), |_| "allowed".to_owned())
}

/// `allowed`, `denied`, `explicit` or `invalid`.
pub(super) fn verdict(result: Result<Permit, Refusal>) -> &'static str {
    match result {
        Ok(_) => "allowed",
        Err(Refusal::Denied(denial)) if denial.to_string().contains("with an explicit deny") => "explicit",
        Err(Refusal::Denied(_)) => "denied",
        Err(Refusal::Invalid(_)) => "invalid",
        Err(Refusal::Lookup(_)) => "lookup",
    }
}
