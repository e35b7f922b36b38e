//! A button of Slack: a form with one parameter, `payload`, in which a JSON object of the type `block_actions` is
//! (api.slack.com, "Interaction payloads").

use serde::Deserialize;
use thingwarden_store::Scope;
use thingwarden_wire::Code;

use super::super::message::{APPROVE, DENY};
use super::Answer;
use crate::api::ApiError;
use crate::query::Form;

const TYPE: &str = "block_actions";
/// Characters of a user's name that are kept.
const NAME_CHARS_MAX: usize = 64;

#[derive(Debug, Deserialize)]
struct Payload {
    user: User,
    actions: Vec<Action>,
    response_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    username: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Action {
    action_id: String,
    value: String,
}

/// Reads the body of a callback.
///
/// # Errors
/// `SerializationException` when it is no such form, `InvalidRequestException` when no button of ours is in it.
pub(super) fn read(body: &[u8]) -> Result<Answer, ApiError> {
    let misread = |message: String| ApiError::new(Code::SerializationException, message);
    let mut form = Form::parse(body).map_err(|error| misread(error.message))?;
    let payload = form.take("payload").ok_or_else(|| misread("the form has no `payload`".to_owned()))?;
    let payload = thingwarden_wire::parse_json(&payload)
        .map_err(|message| misread(format!("`payload` is not JSON as expected: {message}")))?;
    let kind = payload.get("type").and_then(serde_json::Value::as_str);
    if kind != Some(TYPE) {
        return Err(ApiError::invalid(format!("`payload` is not of the type `{TYPE}`")));
    }
    let Payload { user, actions, response_url } = serde_json::from_value(payload)
        .map_err(|error| ApiError::invalid(format!("`payload` is not as expected: {error}")))?;
    let [Action { action_id, value }] = &actions[..] else {
        return Err(ApiError::invalid("`payload` has not exactly one action"));
    };
    let approves = match action_id.as_str() {
        APPROVE => true,
        DENY => false,
        _ => return Err(ApiError::invalid("the action is not one of this server")),
    };
    let parts: Vec<&str> = value.split('/').collect();
    let [account, region, approval, token] = parts[..] else {
        return Err(ApiError::invalid("the value of the action is not one of this server"));
    };
    let name = user.name.or(user.username);
    Ok(Answer {
        scope: Scope::new(account, region),
        approval: approval.to_owned(),
        token: token.to_owned(),
        approves,
        user: user.id,
        name: name.map(|name| name.chars().take(NAME_CHARS_MAX).collect()),
        reason: None,
        response_url,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    pub(in super::super) fn encoded(payload: &Json) -> Vec<u8> {
        let all =
            percent_encoding::utf8_percent_encode(&payload.to_string(), percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        format!("payload={all}").into_bytes()
    }

    fn pressed(action: &str, value: &str) -> Json {
        json!({
            "type": "block_actions", "team": {"id": "T1", "domain": "d"}, "api_app_id": "A1", "trigger_id": "1.2.3",
            "user": {"id": "U024BE7LH", "username": "alice", "name": "alice", "team_id": "T1"},
            "response_url": "https://hooks.slack.com/actions/T1/1/x",
            "actions": [{"action_id": action, "block_id": "thingwarden", "type": "button", "value": value, "action_ts": "1.1"}],
        })
    }

    #[test]
    fn a_button_is_an_answer() {
        let answer = read(&encoded(&pressed(APPROVE, "123456789012/eu-west-1/approval-1/t"))).unwrap();
        assert_eq!(answer.scope, Scope::new("123456789012", "eu-west-1"));
        assert_eq!((&*answer.approval, &*answer.token, answer.approves), ("approval-1", "t", true));
        assert_eq!((&*answer.user, answer.name.as_deref()), ("U024BE7LH", Some("alice")));
        assert_eq!(answer.response_url.as_deref(), Some("https://hooks.slack.com/actions/T1/1/x"));
        assert!(!read(&encoded(&pressed(DENY, "1/2/3/4"))).unwrap().approves);
    }

    #[test]
    fn everything_else_is_refused_in_words() {
        let mut several = pressed(APPROVE, "1/2/3/4");
        several["actions"] = json!([several["actions"][0], several["actions"][0]]);
        let mut nobody = pressed(APPROVE, "1/2/3/4");
        nobody["user"] = json!({});
        for (body, expected) in [
            (b"".to_vec(), "has no `payload`"),
            (b"payload=%7B".to_vec(), "not JSON"),
            (b"payload=[]&payload=[]".to_vec(), "there twice"),
            (b"%ff=1".to_vec(), ""),
            (encoded(&json!([])), "not of the type"),
            (encoded(&json!({"type": "view_submission"})), "not of the type"),
            (encoded(&json!({"type": "block_actions"})), "not as expected"),
            (encoded(&several), "exactly one action"),
            (encoded(&nobody), "missing field `id`"),
            (encoded(&pressed("other", "1/2/3/4")), "not one of this server"),
            (encoded(&pressed(APPROVE, "1/2/3")), "not one of this server"),
            (encoded(&pressed(APPROVE, "1/2/3/4/5")), "not one of this server"),
        ] {
            let error = read(&body).unwrap_err().told;
            assert!(error.message.contains(expected), "{error}");
        }
    }
}
