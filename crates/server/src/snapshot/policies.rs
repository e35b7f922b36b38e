//! IoT policies: `GetPolicy`, `GetPolicyVersion`, and documents in files of their own.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use thingwarden_engine::fleet::Fact;
use thingwarden_engine::policy::{Dialect, Position, line_columns};

use super::digest::{Output, document};
use super::items::Item;
use super::json::{Members, Text};
use super::stated::{self, Stated};

/// A `GetPolicy` or `GetPolicyVersion` answer.
pub(super) fn policy(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let arn = members.text("policyArn").unwrap_or_default();
    output.arn(line, &arn);
    let name = members.text("policyName").unwrap_or_else(|| last_part(&arn));
    if name.is_empty() {
        return output.broken(line, "a policy without `policyName`".to_owned(), &[Fact::Policies]);
    }
    let default = members.text("defaultVersionId");
    let version = members.text("policyVersionId");
    let is_default = match members.raw("isDefaultVersion") {
        Some(stated) => stated == "true",
        None => version.is_none() || version == default,
    };
    let version = version.or(default).unwrap_or(Cow::Borrowed("1"));
    // A string in AWS's answers; some tools unpack it.
    let text = members.text("policyDocument").or_else(|| members.raw("policyDocument").map(Cow::Borrowed));
    let text = text.unwrap_or_default();
    match document(&text, Dialect::Iot) {
        Ok(document) => {
            output.stated(line, || stated::policy(&name, &version, is_default, &text, members));
            let (name, version) = (name.into_owned(), version.into_owned());
            let statements = Vec::new();
            output.push(line, Item::Policy { name, version, is_default, document, statements });
        }
        Err(error) => {
            output.broken(line, format!("policy `{name}`, version `{version}`: {error}"), &[Fact::Policies]);
        }
    }
}

/// A document on its own: a policy of this file's name, unless it is another service's.
pub(super) fn file(text: &[u8], line: u32, output: &mut Output<'_>) {
    if let Some(what) = not_iot(text) {
        return output.push(line, Item::Note(what));
    }
    let text = String::from_utf8_lossy(text);
    match thingwarden_engine::policy::parse(&text, Dialect::Iot) {
        Ok(document) => {
            output.stated(line, || Ok(Stated::PolicyFile(text.clone().into_owned())));
            let starts = document.statements.iter().map(|statement| statement.span.start);
            let below = |place: Position| Position {
                line: place.line.saturating_add(line.saturating_sub(1)),
                ..place
            };
            let statements = line_columns(&text, starts).into_iter().map(below).collect();
            output.push(line, Item::PolicyFile(document.into(), statements));
        }
        Err(error) => {
            let at = line.saturating_add(error.line.saturating_sub(1));
            output.broken(at, format!("column {}: {}", error.column, error.kind), &[Fact::Policies]);
        }
    }
}

fn last_part(arn: &str) -> Cow<'static, str> {
    Cow::Owned(arn.rsplit('/').next().unwrap_or_default().to_owned())
}

/// One or many, as policy documents have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    // First, because a list could pass for an object's members.
    Many(Vec<T>),
    One(T),
}

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "Statement", borrow)]
    statement: OneOrMany<StatementOutline<'a>>,
}

#[derive(Deserialize)]
struct StatementOutline<'a> {
    #[serde(rename = "Principal", alias = "NotPrincipal")]
    principal: Option<IgnoredAny>,
    #[serde(rename = "Action", borrow)]
    action: Option<OneOrMany<Text<'a>>>,
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Says what a policy document is when it is surely no IoT policy.
fn not_iot(text: &[u8]) -> Option<&'static str> {
    let outline: Outline<'_> = serde_json::from_slice(text).ok()?;
    let statements = outline.statement.as_slice();
    if statements.iter().any(|statement| statement.principal.is_some()) {
        return Some("IAM trust or resource policy, not an IoT policy");
    }
    let mut actions =
        statements.iter().filter_map(|statement| statement.action.as_ref()).flat_map(OneOrMany::as_slice);
    let mut any = false;
    let foreign = actions.all(|action| {
        any = true;
        let service = action.as_str().split(':').next().unwrap_or_default().to_ascii_lowercase();
        // A wildcard in the service may well mean IoT.
        !service.contains(['*', '?']) && service != "iot" && service != "iotjobsdata"
    });
    (any && foreign).then_some("IAM policy, not an IoT policy")
}
