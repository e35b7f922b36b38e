//! Policy documents: what IAM refuses when one is stored, and how answers carry them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
pub(crate) use thingwarden_engine::policy::Dialect;
use thingwarden_engine::policy::document::Statement;
use thingwarden_engine::policy::{Document, parse};

use crate::query::QueryError;

/// What RFC 3986 leaves unencoded, as the IAM API reference says of `PolicyDocument` in answers.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A document as answers carry it.
pub(crate) fn encode(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// Characters as IAM's quotas count them: without whitespace.
pub(crate) fn counted_chars(document: &str) -> usize {
    document.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).count()
}

/// Parses a document that somebody wants to store or to bound a session with.
///
/// # Errors
/// `MalformedPolicyDocument` with the place and what is wrong.
pub(crate) fn check(text: &str, dialect: Dialect) -> Result<Document, QueryError> {
    let document = parse(text, dialect).map_err(|error| malformed(error.to_string()))?;
    if document.statements.is_empty() {
        return Err(malformed("the document has no statement"));
    }
    let mut ids: Vec<&str> =
        document.statements.iter().filter_map(|statement| statement.sid.as_deref()).collect();
    if ids.iter().any(|id| !id.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err(malformed("a statement's `Sid` must match [0-9A-Za-z]*"));
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < all {
        return Err(malformed("two statements have the same `Sid`"));
    }
    for statement in &document.statements {
        match dialect {
            Dialect::Trust => check_trust(statement)?,
            Dialect::Identity | Dialect::Iot | Dialect::Resource => check_identity(statement)?,
        }
    }
    Ok(document)
}

fn check_identity(statement: &Statement) -> Result<(), QueryError> {
    for action in &statement.actions.patterns {
        let action = action.node.to_string();
        if action != "*" && !action.contains(':') {
            return Err(malformed(format!(
                "the action `{action}` needs a service in front, for example `iot:`"
            )));
        }
    }
    for resource in statement.resources.iter().flat_map(|resources| &resources.patterns) {
        let resource = resource.node.to_string();
        if resource != "*" && !(resource.starts_with("arn:") && resource.split(':').count() >= 6) {
            return Err(malformed(format!("the resource `{resource}` is neither an ARN nor `*`")));
        }
    }
    Ok(())
}

fn check_trust(statement: &Statement) -> Result<(), QueryError> {
    for action in &statement.actions.patterns {
        let action = action.node.to_string();
        if !action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sts:")) {
            return Err(malformed(format!("a trust policy is about actions of `sts:` only, not `{action}`")));
        }
    }
    match &statement.principals {
        Some(principals) if principals.negated => Err(malformed("a trust policy cannot have `NotPrincipal`")),
        _ => Ok(()),
    }
}

pub(crate) fn malformed(message: impl Into<String>) -> QueryError {
    QueryError::new(400, "MalformedPolicyDocument", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_iam_refuses() {
        let identity = |statement: &str| {
            check(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#), Dialect::Identity)
        };
        let good =
            r#"{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:*:*:thing/${aws:username}"}"#;
        identity(good).unwrap();
        for bad in [
            "",
            r#"{"Effect":"Allow","Action":"Connect","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"iot:*","Resource":"thing/a"}"#,
            r#"{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot"}"#,
            r#"{"Effect":"Allow","Action":"iot:*"}"#,
            r#"{"Effect":"Allow","Action":"iot:*","Resource":"*","Principal":"*"}"#,
            r#"{"Sid":"a b","Effect":"Allow","Action":"iot:*","Resource":"*"}"#,
            r#"{"Sid":"a","Effect":"Allow","Action":"iot:*","Resource":"*"},
               {"Sid":"a","Effect":"Allow","Action":"iot:*","Resource":"*"}"#,
        ] {
            assert_eq!(identity(bad).unwrap_err().code, "MalformedPolicyDocument", "{bad}");
        }
    }

    #[test]
    fn trust_policies_that_iam_refuses() {
        let trust = |statement: &str| {
            check(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#), Dialect::Trust)
        };
        trust(r#"{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}"#)
            .unwrap();
        for bad in [
            r#"{"Effect":"Allow","Principal":"*","Action":"*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"iot:Connect"}"#,
            r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}"#,
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#,
        ] {
            assert_eq!(trust(bad).unwrap_err().code, "MalformedPolicyDocument", "{bad}");
        }
    }

    #[test]
    fn documents_in_answers() {
        assert_eq!(encode("{\"a\": \"é~-._*\"}"), "%7B%22a%22%3A%20%22%C3%A9~-._%2A%22%7D");
        assert_eq!(counted_chars(" {\"a\" :\n1}\t"), 7);
    }
}
