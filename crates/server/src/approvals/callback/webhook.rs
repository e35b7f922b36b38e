//! The answer of a program behind a webhook: a JSON object.

use serde::Deserialize;
use thingwarden_store::Scope;
use thingwarden_wire::Code;

use super::Answer;
use crate::api::ApiError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    account: String,
    region: String,
    approval_id: String,
    /// As it was in the question.
    token: String,
    decision: Decision,
    /// Who decided: the program vouches for that.
    user: String,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Decision {
    Approve,
    Deny,
}

/// Reads the body of a callback.
///
/// # Errors
/// `SerializationException` when it is no JSON, `InvalidRequestException` when it is not such an object.
pub(super) fn read(body: &[u8]) -> Result<Answer, ApiError> {
    let misread = |message: String| ApiError::new(Code::SerializationException, message);
    let text = std::str::from_utf8(body).map_err(|_| misread("the body is not UTF-8".to_owned()))?;
    let body = thingwarden_wire::parse_json(text)
        .map_err(|message| misread(format!("the body is not JSON as expected: {message}")))?;
    let body: Body = serde_json::from_value(body).map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(Answer {
        scope: Scope::new(&body.account, &body.region),
        approval: body.approval_id,
        token: body.token,
        approves: matches!(body.decision, Decision::Approve),
        user: body.user,
        name: None,
        reason: body.reason,
        response_url: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_an_answer_and_what_is_sent_out_is_none() {
        let mut body = json!({
            "account": "123456789012", "region": "eu-west-1", "approvalId": "approval-1", "token": "t",
            "decision": "DENY", "user": "alice", "reason": "not today",
        });
        let answer = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(
            (&*answer.user, answer.reason.as_deref(), answer.approves),
            ("alice", Some("not today"), false)
        );
        body["decision"] = json!("APPROVE");
        assert!(read(body.to_string().as_bytes()).unwrap().approves);
        body["extra"] = json!(1);
        assert!(read(body.to_string().as_bytes()).is_err());
        for bad in [&b"{"[..], b"[]", b"\xff", b"{}", b"{\"account\":\"1\",\"account\":\"2\"}"] {
            assert!(read(bad).is_err());
        }
        // Our own question, sent back with its good signature, decides nothing.
        let pending = super::super::super::message::tests::pending();
        let asked = super::super::super::message::for_webhook(&answer.scope, &pending, "x");
        assert!(read(asked.to_string().as_bytes()).is_err());
    }
}
