//! A topic's own policy: who else may do what with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use thingwarden_engine::policy::document::Effect;
use thingwarden_engine::policy::{
    Context, Decision, Dialect, Document, PolicySet, PolicySource, Request, decide, parse,
};
use thingwarden_store::records::Topic;
use thingwarden_store::{Reader, StoreError};

use super::arn::TopicArn;
use crate::query::QueryError;
use crate::sts::trust::{Asker, Trust, principal_ids};

/// What a topic's policy can be about.
const ACTIONS: &[&str] = &[
    "AddPermission",
    "ConfirmSubscription",
    "DeleteTopic",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "UntagResource",
];

/// What a topic's policy says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Silent,
    /// It lets the account of whoever asks decide.
    ToAccount,
    /// It allows this to whoever asks.
    Allowed,
    Denied,
}

/// The policy of a topic that was given none, as SNS answers it.
pub(super) fn default_text(arn: &TopicArn) -> String {
    let account = &arn.scope.account;
    let actions: Vec<String> = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ]
    .map(|action| format!("SNS:{action}"))
    .to_vec();
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": actions,
            "Resource": arn.to_string(),
            "Condition": {"StringEquals": {"AWS:SourceOwner": &**account}},
        }],
    })
    .to_string()
}

/// Checks a policy that somebody wants a topic to have, and finds the unique ids of whom it names.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn check(store: &Reader<'_>, text: &str) -> Result<BTreeMap<String, String>, QueryError> {
    let bad = |why: String| super::error::invalid(format!("Policy Error: {why}"));
    let document = parse(text, Dialect::Resource).map_err(|error| bad(error.to_string()))?;
    if document.statements.is_empty() {
        return Err(bad("the policy has no statement".to_owned()));
    }
    for statement in &document.statements {
        if statement.principals.as_ref().is_some_and(|principals| principals.negated) {
            return Err(bad("`NotPrincipal` is not taken: name those who are meant".to_owned()));
        }
        for pattern in &statement.actions.patterns {
            let action = pattern.node.to_string();
            let of_sns = action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sns:"));
            if action != "*" && !of_sns {
                return Err(bad(format!("Policy statement action out of service scope: `{action}`")));
            }
        }
    }
    let global = store.in_scope(&store.scope().global())?;
    principal_ids(&global, &document).map_err(|error| match error.cause {
        Some(_) => error,
        None => bad(error.message),
    })
}

/// What a topic's policy says about an action. `askers` are one who asks in several roles: a session of a role, and the
/// service that it was made for.
///
/// # Errors
/// When the stored policy cannot be read.
pub(super) fn judge(
    arn: &TopicArn,
    topic: &Topic,
    askers: &[Asker<'_>],
    action: &str,
    context: &Context,
) -> Result<Verdict, StoreError> {
    let default;
    let text = match &topic.policy {
        Some(text) => text,
        None => {
            default = default_text(arn);
            &default
        }
    };
    let document = parse(text, Dialect::Resource).map_err(|error| StoreError::Corrupt {
        what: format!("the policy of topic {}", topic.name),
        why: error.to_string(),
    })?;
    let resource = arn.to_string();
    let request = Request { action, resource: &resource, context };
    let decided = |closeness| decide(&about(&document, topic, arn, askers, closeness), &request);
    Ok(match decided(Trust::Named) {
        Decision::ExplicitDeny => Verdict::Denied,
        Decision::Allowed => Verdict::Allowed,
        Decision::ImplicitDeny if decided(Trust::Account) == Decision::Allowed => Verdict::ToAccount,
        Decision::ImplicitDeny => Verdict::Silent,
    })
}

/// The statements that mean one of the askers, at least so closely; a Deny counts however it means them. What is allowed
/// to everybody is allowed to each by name.
fn about(
    document: &Document,
    topic: &Topic,
    arn: &TopicArn,
    askers: &[Asker<'_>],
    closeness: Trust,
) -> PolicySet {
    let mut document = Document { dialect: Dialect::Identity, ..document.clone() };
    document.statements.retain(|statement| {
        let account = Some(&*arn.scope.account);
        let means = askers.iter().map(|asker| asker.meant_by(statement, account, &topic.policy_ids)).max();
        let means = means.unwrap_or(Trust::None);
        let principals = statement.principals.iter().filter(|principals| !principals.negated);
        let everybody = principals
            .flat_map(|principals| &principals.entries)
            .any(|(kind, value)| kind == "*" || (kind == "AWS" && value == "*"));
        let means = if everybody && means == Trust::Account { Trust::Named } else { means };
        means >= if statement.effect == Effect::Deny { Trust::Account } else { closeness }
    });
    for statement in &mut document.statements {
        statement.principals = None;
    }
    let document = Arc::new(document);
    PolicySet::compile([PolicySource { name: "topic policy".into(), version: String::new(), document }])
}

/// The policy with a statement more that lets accounts do something (AddPermission).
///
/// # Errors
/// When the label is taken, or an action is none.
pub(super) fn with_permission(
    text: &str,
    arn: &TopicArn,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<String, QueryError> {
    for action in actions {
        if action != "*" && !ACTIONS.contains(&action.as_str()) {
            return Err(super::error::invalid(format!("ActionName Reason: there is no `{action}`")));
        }
    }
    let mut document = read(text)?;
    let mut statements = take_statements(&mut document);
    if statements.iter().any(|statement| is_labelled(statement, label)) {
        return Err(super::error::invalid("Statement already exists"));
    }
    let principals: Vec<String> =
        accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> = actions.iter().map(|action| format!("SNS:{action}")).collect();
    statements.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Action": actions,
        "Resource": arn.to_string(),
    }));
    Ok(with_statements(document, statements))
}

/// The policy without the statement of this label; none when there is no such statement (RemovePermission).
///
/// # Errors
/// When the policy cannot be read.
pub(super) fn without_permission(text: &str, label: &str) -> Result<Option<String>, QueryError> {
    let mut document = read(text)?;
    let mut statements = take_statements(&mut document);
    let before = statements.len();
    statements.retain(|statement| !is_labelled(statement, label));
    Ok((statements.len() < before).then(|| with_statements(document, statements)))
}

fn read(text: &str) -> Result<Map<String, Value>, QueryError> {
    serde_json::from_str(text).map_err(|_| super::error::invalid("Policy"))
}

/// Takes the statements out, as a list also where there is one alone.
fn take_statements(document: &mut Map<String, Value>) -> Vec<Value> {
    match document.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(statement) => vec![statement],
        None => vec![],
    }
}

fn is_labelled(statement: &Value, label: &str) -> bool {
    statement.get("Sid").and_then(Value::as_str) == Some(label)
}

fn with_statements(mut document: Map<String, Value>, statements: Vec<Value>) -> String {
    document.insert("Statement".to_owned(), Value::Array(statements));
    Value::Object(document).to_string()
}
