//! What a function may answer ([defining your Lambda
//! function](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html)).

use std::sync::Arc;

use serde_json::Value;
use thingwarden_engine::policy::{self, Dialect, PolicySet, PolicySource};

/// AWS IoT Core quotas: policy documents of one answer.
const POLICIES_MAX: usize = 10;
/// AWS IoT Core quotas: characters of each.
const POLICY_CHARS_MAX: usize = 2048;
const PRINCIPAL_ID_CHARS_MAX: usize = 128;
/// AWS IoT Core quotas: how long a connection lasts, and how often policies are asked for again; also when the function does not
/// say.
const SECONDS_MAX: u32 = 86_400;

/// What a function says about a client.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It does not know the client.
    Unknown,
    Known(Known),
}

/// Who a client is, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// 1 to 128 letters and digits.
    pub(crate) principal_id: String,
    /// As they came, to be shown.
    pub(crate) documents: Vec<String>,
    pub(crate) policies: Arc<PolicySet>,
    pub(crate) disconnect_after_seconds: u32,
    pub(crate) refresh_after_seconds: u32,
}

/// What is wrong with an answer. Nothing of it is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAnswer {
    #[error("it is not an object of JSON")]
    NoObject,
    #[error("`isAuthenticated` is not true or false")]
    IsAuthenticated,
    #[error("`principalId` is not 1 to {PRINCIPAL_ID_CHARS_MAX} letters and digits")]
    PrincipalId,
    #[error("`{name}` is not a number from {min} to {SECONDS_MAX}")]
    Seconds { name: &'static str, min: u32 },
    #[error("`policyDocuments` is not a list of at most {POLICIES_MAX}")]
    Policies,
    #[error(
        "policy document {0} has more than {POLICY_CHARS_MAX} characters, or is neither an object nor its text"
    )]
    Policy(usize),
    #[error("policy document {0} cannot be read")]
    PolicySyntax(usize),
}

impl Verdict {
    /// Reads an answer. One that has anything wrong in it is wrong as a whole: a policy that is left out could have been a
    /// `Deny`. Spans of time have `seconds_min` seconds at least.
    pub(super) fn parse(body: &[u8], seconds_min: u32) -> Result<Self, BadAnswer> {
        let text = std::str::from_utf8(body).map_err(|_| BadAnswer::NoObject)?;
        let answer = thingwarden_wire::parse_json(text).map_err(|_| BadAnswer::NoObject)?;
        let answer = answer.as_object().ok_or(BadAnswer::NoObject)?;
        let is_authenticated = answer.get("isAuthenticated").and_then(Value::as_bool);
        if !is_authenticated.ok_or(BadAnswer::IsAuthenticated)? {
            return Ok(Self::Unknown);
        }
        let principal_id = answer.get("principalId").and_then(Value::as_str);
        let is_good = |id: &&str| {
            (1..=PRINCIPAL_ID_CHARS_MAX).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let principal_id = principal_id.filter(is_good).ok_or(BadAnswer::PrincipalId)?;
        let seconds = |name| match answer.get(name) {
            None | Some(Value::Null) => Ok(SECONDS_MAX),
            Some(value) => {
                let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                let number = number.filter(|number| (seconds_min..=SECONDS_MAX).contains(number));
                number.ok_or(BadAnswer::Seconds { name, min: seconds_min })
            }
        };
        let documents = answer.get("policyDocuments").and_then(Value::as_array).ok_or(BadAnswer::Policies)?;
        if documents.len() > POLICIES_MAX {
            return Err(BadAnswer::Policies);
        }
        let documents = documents.iter().zip(1..).map(|(document, number)| text_of(document, number));
        let documents = documents.collect::<Result<Vec<_>, _>>()?;
        let sources = documents.iter().zip(1..).map(|(text, number)| source(text, number));
        let policies = Arc::new(PolicySet::compile(sources.collect::<Result<Vec<_>, _>>()?));
        Ok(Self::Known(Known {
            principal_id: principal_id.to_owned(),
            documents,
            policies,
            disconnect_after_seconds: seconds("disconnectAfterInSeconds")?,
            refresh_after_seconds: seconds("refreshAfterInSeconds")?,
        }))
    }
}

/// Functions give documents as objects, as in AWS's examples, or as texts, as in AWS's words.
fn text_of(document: &Value, number: usize) -> Result<String, BadAnswer> {
    let text = match document {
        Value::String(text) => text.clone(),
        Value::Object(_) => document.to_string(),
        _ => return Err(BadAnswer::Policy(number)),
    };
    if text.chars().count() > POLICY_CHARS_MAX {
        return Err(BadAnswer::Policy(number));
    }
    Ok(text)
}

fn source(text: &str, number: usize) -> Result<PolicySource, BadAnswer> {
    let document = policy::parse(text, Dialect::Iot).map_err(|_| BadAnswer::PolicySyntax(number))?;
    let name = format!("document {number} of the authorizer").into();
    Ok(PolicySource { name, version: String::new(), document: Arc::new(document) })
}

/// Reads any bytes as an answer, for fuzzing.
#[cfg(fuzzing)]
pub fn fuzz(body: &[u8]) {
    const SECONDS_MIN: u32 = 300;
    if let Ok(Verdict::Known(known)) = Verdict::parse(body, SECONDS_MIN) {
        assert!(known.documents.len() <= POLICIES_MAX);
        assert_eq!(known.documents.len(), known.policies.sources().len());
        for seconds in [known.disconnect_after_seconds, known.refresh_after_seconds] {
            assert!((SECONDS_MIN..=SECONDS_MAX).contains(&seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &[u8]) -> Result<Verdict, BadAnswer> {
        Verdict::parse(body, 300)
    }

    fn good() -> Value {
        json!({
            "isAuthenticated": true,
            "principalId": "p1",
            "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 86_400,
            "policyDocuments": [
                { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "iot:Connect", "Resource": "*" }] },
                r#"{"Version":"2012-10-17","Statement":[]}"#,
            ],
        })
    }

    #[test]
    fn a_good_answer_is_read() {
        let Ok(Verdict::Known(known)) = parse(good().to_string().as_bytes()) else { panic!() };
        assert_eq!(known.principal_id, "p1");
        assert_eq!((known.disconnect_after_seconds, known.refresh_after_seconds), (300, 86_400));
        assert_eq!((known.documents.len(), known.policies.sources().len()), (2, 2));
        assert!(matches!(parse(br#"{"isAuthenticated": false}"#), Ok(Verdict::Unknown)));
    }

    #[test]
    fn a_bad_answer_is_bad_as_a_whole() {
        let check = |pointer: &str, value: Value, expected: BadAnswer| {
            let mut answer = good();
            *answer.pointer_mut(pointer).unwrap() = value.clone();
            assert_eq!(parse(answer.to_string().as_bytes()).unwrap_err(), expected, "{pointer} {value}");
        };
        check("", json!([]), BadAnswer::NoObject);
        for value in [json!("true"), json!(1), json!(null)] {
            check("/isAuthenticated", value, BadAnswer::IsAuthenticated);
        }
        for value in [json!(""), json!("a b"), json!("é"), json!("a".repeat(129)), json!(7)] {
            check("/principalId", value, BadAnswer::PrincipalId);
        }
        for name in ["disconnectAfterInSeconds", "refreshAfterInSeconds"] {
            for value in [json!(299), json!(86_401), json!(-300), json!("300"), json!(300.5)] {
                check(&format!("/{name}"), value, BadAnswer::Seconds { name, min: 300 });
            }
        }
        check("/policyDocuments", json!({}), BadAnswer::Policies);
        check("/policyDocuments", json!(vec!["{}"; 11]), BadAnswer::Policies);
        check("/policyDocuments/1", json!(7), BadAnswer::Policy(2));
        check("/policyDocuments/1", json!(" ".repeat(2049)), BadAnswer::Policy(2));
        check("/policyDocuments/1", json!("{"), BadAnswer::PolicySyntax(2));
        check("/policyDocuments/0/Statement/0/Effect", json!("Perhaps"), BadAnswer::PolicySyntax(1));
        assert_eq!(parse(b"\xff").unwrap_err(), BadAnswer::NoObject);
        assert_eq!(
            parse(br#"{"isAuthenticated":false,"isAuthenticated":true}"#).unwrap_err(),
            BadAnswer::NoObject
        );
    }
}
