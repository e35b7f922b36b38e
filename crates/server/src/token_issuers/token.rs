//! A JSON Web Token in its compact form (RFC 7515, section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use thingwarden_engine::time::Timestamp;

use super::Bearer;
use crate::config::token_issuers::TokenIssuer;
use crate::output::text::is_hostile;

/// Bytes of a token: AWS IoT Core quotas give headers that carry one 8 KiB.
const TOKEN_BYTES_MAX: usize = 8 << 10;
/// Characters of a principal, as of those that custom authorizers name, and of a key's name.
const NAME_CHARS_MAX: usize = 128;
/// Seconds since 1970 that a date may have: before the year 10000.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// What a token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A token that can be read. Nothing in it is proved.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    key_id: Option<String>,
    /// Header and claims as they were signed.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadToken {
    #[error(
        "it is not three parts of base64url with objects of JSON in the first two, or longer than {TOKEN_BYTES_MAX} bytes"
    )]
    Form,
    #[error("its algorithm is not RS256, ES256 or EdDSA")]
    Algorithm,
    #[error("its header wants more than is understood here")]
    Header,
    #[error("the issuer has no such key for its algorithm")]
    Key,
    #[error("its signature is not right")]
    Signature,
    #[error("it is not for this audience")]
    Audience,
    #[error("it has expired, or does not say when it does")]
    Expired,
    #[error("it is not good yet")]
    NotYet,
    #[error("the claim that names the principal is not a text of 1 to {NAME_CHARS_MAX} characters")]
    Principal,
    #[error("the claim that names the client id is no text")]
    ClientId,
}

impl<'a> Token<'a> {
    /// Reads a token.
    ///
    /// # Errors
    /// When it is none, or of a kind that is never good.
    pub(super) fn parse(text: &'a str) -> Result<Self, BadToken> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(BadToken::Form);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(BadToken::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(BadToken::Form)?;
        let (header, claims) = (object(header)?, object(claims)?);
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadToken::Form)?;
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
        let algorithm = algorithm.ok_or(BadToken::Algorithm)?;
        // Of what has to be understood (RFC 7515, section 4.1.11), nothing is.
        let is_jwt = |kind: &str| ["jwt", "at+jwt"].contains(&kind.to_ascii_lowercase().as_str());
        let is_kind = header.get("typ").is_none_or(|kind| kind.as_str().is_some_and(is_jwt));
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) if id.chars().count() <= NAME_CHARS_MAX => Some(id.clone()),
            Some(_) => return Err(BadToken::Header),
        };
        if header.contains_key("crit") || !is_kind {
            return Err(BadToken::Header);
        }
        Ok(Self { algorithm, key_id, signed, signature, claims })
    }

    /// The name of the key that it says it is signed with.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether it says that it comes from an issuer.
    pub(super) fn is_of(&self, issuer: &str) -> bool {
        self.claims.get("iss").and_then(Value::as_str) == Some(issuer)
    }

    /// Whom it stands for, by an issuer's rules. Its signature is somebody else's business.
    ///
    /// # Errors
    /// Why it is not good now, or here.
    pub(super) fn bearer(&self, rules: &TokenIssuer, now: Timestamp) -> Result<Bearer, BadToken> {
        let is_meant = |audience: &Value| audience.as_str() == Some(&*rules.audience);
        let is_for_us = match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(is_meant),
            Some(one) => is_meant(one),
            None => false,
        };
        if !self.is_of(&rules.issuer) || !is_for_us {
            return Err(BadToken::Audience);
        }
        let leeway_ms = i64::from(rules.leeway_seconds) * 1000;
        let until_ms = self.date_ms("exp").map_err(|()| BadToken::Expired)?.ok_or(BadToken::Expired)?;
        let until = Timestamp::from_millis(until_ms.saturating_add(leeway_ms));
        if now >= until {
            return Err(BadToken::Expired);
        }
        for name in ["nbf", "iat"] {
            let from_ms = self.date_ms(name).map_err(|()| BadToken::NotYet)?;
            if from_ms.is_some_and(|from_ms| from_ms.saturating_sub(leeway_ms) > now.millis()) {
                return Err(BadToken::NotYet);
            }
        }
        let is_name = |text: &&str| {
            (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(is_hostile)
        };
        let principal_id = self.claim(&rules.principal_claim).and_then(Value::as_str).filter(is_name);
        let client_id = match &rules.client_id_claim {
            None => None,
            Some(name) => {
                let claim = self.claim(name).and_then(Value::as_str);
                Some(claim.ok_or(BadToken::ClientId)?.to_owned())
            }
        };
        Ok(Bearer {
            issuer: rules.name.clone(),
            principal_id: principal_id.ok_or(BadToken::Principal)?.to_owned(),
            client_id,
            policies: self.policies(rules),
            until,
        })
    }

    /// Those that everybody has, and those of the values of a claim: elements of a list, or words of a text.
    fn policies(&self, rules: &TokenIssuer) -> Vec<String> {
        let claim = rules.policies_claim.as_deref().and_then(|name| self.claim(name));
        let values: Vec<&str> = match claim {
            Some(Value::String(text)) => text.split_whitespace().collect(),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        let mapped = rules.policies.iter().filter(|(value, _)| values.contains(&value.as_str()));
        let mut found = rules.default_policies.clone();
        found.extend(mapped.flat_map(|(_, policies)| policies.iter().cloned()));
        found.sort();
        found.dedup();
        found
    }

    /// A claim by its name, or by a path of names with dots between.
    fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name).or_else(|| {
            let mut steps = name.split('.');
            let first = self.claims.get(steps.next()?)?;
            steps.try_fold(first, |value, step| value.get(step))
        })
    }

    /// A date in milliseconds since 1970 (RFC 7519, `NumericDate`).
    fn date_ms(&self, name: &str) -> Result<Option<i64>, ()> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds)).ok_or(())?;
        #[allow(clippy::cast_possible_truncation, reason = "it is in range")]
        let ms = (seconds * 1000.0) as i64;
        Ok(Some(ms))
    }
}

fn object(part: &str) -> Result<Map<String, Value>, BadToken> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Form)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| BadToken::Form)?;
    match thingwarden_wire::parse_json(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(BadToken::Form),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn text(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.AAAA", part(header), part(claims))
    }

    fn rules() -> TokenIssuer {
        TokenIssuer {
            name: "i".to_owned(),
            issuer: "https://i".to_owned(),
            audience: "tw".to_owned(),
            leeway_seconds: 60,
            principal_claim: "sub".to_owned(),
            policies_claim: Some("realm.groups".to_owned()),
            policies: [("a", vec!["A", "Z"]), ("b", vec!["B", "A"])]
                .map(|(value, names)| (value.to_owned(), names.into_iter().map(str::to_owned).collect()))
                .into(),
            default_policies: vec!["D".to_owned()],
            ..TokenIssuer::default()
        }
    }

    fn good() -> Value {
        json!({"iss": "https://i", "aud": ["x", "tw"], "sub": "anna|7", "exp": NOW + 10, "realm": {"groups": ["b", "c", "a"]}})
    }

    fn judge(change: Value) -> Result<Bearer, BadToken> {
        let mut claims = good();
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let text = text(&json!({"alg": "RS256"}), &claims);
        Token::parse(&text).unwrap().bearer(&rules(), Timestamp::from_seconds(NOW))
    }

    #[test]
    fn a_good_token_says_who_and_what() {
        let bearer = judge(json!({})).unwrap();
        assert_eq!((&*bearer.principal_id, bearer.client_id), ("anna|7", None));
        assert_eq!(bearer.policies, ["A", "B", "D", "Z"]);
        assert_eq!(bearer.until, Timestamp::from_seconds(NOW + 70));
        assert_eq!(judge(json!({"realm": {"groups": "c b"}})).unwrap().policies, ["A", "B", "D"]);
        assert_eq!(judge(json!({"realm": 7})).unwrap().policies, ["D"]);
        assert_eq!(judge(json!({"realm.groups": "c"})).unwrap().policies, ["D"], "a name before a path");
    }

    #[test]
    fn times_have_leeway_and_no_more() {
        let check = |change: Value, expected: Option<BadToken>| {
            assert_eq!(judge(change.clone()).err(), expected, "{change}");
        };
        check(json!({"exp": NOW - 59}), None);
        check(json!({"exp": NOW - 60}), Some(BadToken::Expired));
        for value in [json!(null), json!("1900000000"), json!(-1), json!(1e300), json!(true)] {
            check(json!({ "exp": value }), Some(BadToken::Expired));
        }
        for name in ["nbf", "iat"] {
            check(json!({ name: NOW + 60 }), None);
            check(json!({ name: NOW + 61 }), Some(BadToken::NotYet));
            check(json!({ name: "soon" }), Some(BadToken::NotYet));
        }
        check(json!({"exp": 1_800_000_000.5}), None);
    }

    #[test]
    fn who_and_for_whom_has_to_be_said() {
        for aud in [json!(null), json!("TW"), json!(["x"]), json!([]), json!({"tw": 1})] {
            assert_eq!(judge(json!({ "aud": aud })).err(), Some(BadToken::Audience));
        }
        assert_eq!(judge(json!({"iss": "https://i/"})).err(), Some(BadToken::Audience));
        for sub in [json!(null), json!(""), json!(7), json!("a\nb"), json!("a".repeat(129))] {
            assert_eq!(judge(json!({ "sub": sub })).err(), Some(BadToken::Principal));
        }
    }

    #[test]
    fn headers_that_are_never_good() {
        let parse = |header: Value| Token::parse(&text(&header, &good())).err();
        for algorithm in ["none", "None", "HS256", "RS512", "PS256", "rs256", ""] {
            assert_eq!(parse(json!({ "alg": algorithm })), Some(BadToken::Algorithm), "{algorithm}");
        }
        assert_eq!(parse(json!({})), Some(BadToken::Algorithm));
        for more in [
            json!({"crit": ["exp"]}),
            json!({"typ": "JWE"}),
            json!({"typ": 1}),
            json!({"kid": 1}),
            json!({"kid": "k".repeat(129)}),
        ] {
            let mut header = json!({"alg": "ES256"});
            header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(parse(header), Some(BadToken::Header));
        }
        assert_eq!(parse(json!({"alg": "EdDSA", "typ": "at+JWT", "kid": "k"})), None);
    }

    #[test]
    fn what_is_no_token() {
        let good = text(&json!({"alg": "RS256"}), &good());
        assert!(Token::parse(&good).is_ok());
        let twice = format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","alg":"none"}"#), "e30");
        for bad in [
            "",
            "..",
            "a.b",
            "e30.e30",
            &format!("{good}="),
            &format!("{good}.AAAA"),
            &format!(" {good}"),
            &twice,
            &"a".repeat(9000),
        ] {
            assert_eq!(Token::parse(bad).err(), Some(BadToken::Form), "{bad}");
        }
    }
}
