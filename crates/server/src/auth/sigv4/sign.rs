//! The client's side: signing what we send to AWS, or to a server of our own.

use ring::hmac;
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;

use super::claim::Scope;
use super::parts::SignedParts;
use super::{SignatureError, canonical, keys, written};
use crate::auth::SecretKey;

/// What a client signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: SecretKey,
    /// The session token of temporary credentials.
    pub token: Option<SecretKey>,
}

/// Where a signature counts.
#[derive(Clone, Copy, Debug)]
pub struct SigningScope<'a> {
    /// For example `us-east-1`.
    pub region: &'a str,
    /// The service's signing name, for example `iot`.
    pub service: &'a str,
    /// When the request is made.
    pub now: Timestamp,
}

/// The headers that make a request a signed one: add them to those of `parts`, which has to have `host` and everything else
/// that is sent, but for what proxies and the transport add.
///
/// # Errors
/// When a header that is to be signed is missing, which is when there is no `host`.
pub fn sign(
    parts: &SignedParts<'_>,
    key: &AccessKey,
    scope: SigningScope<'_>,
) -> Result<Vec<(&'static str, String)>, SignatureError> {
    let date = written(scope.now);
    let day = date.split('T').next().unwrap_or_default();
    let payload = canonical::sha256_hex(parts.body);
    let mut added = vec![("x-amz-date", date.clone())];
    if let Some(token) = &key.token {
        added.push(("x-amz-security-token", token.as_str().to_owned()));
    }
    let mut headers = parts.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let mut names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.push("host".to_owned());
    names.sort_unstable();
    names.dedup();
    let signed_headers = names.join(";");
    let complete = SignedParts { headers: &headers, ..*parts };
    let canonical = canonical::request(&complete, &signed_headers, &[], &payload)?;
    let SigningScope { region, service, .. } = scope;
    let text = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = canonical::to_sign(&date, &text, &canonical);
    let signing = Scope { access_key: &key.id, date: day, region, service, text: &text, key_id: &text };
    let signature = hmac::sign(&keys::derive(&key.secret, &signing), to_sign.as_bytes());
    added.push((
        "authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{text}, SignedHeaders={signed_headers}, Signature={}",
            key.id,
            encode_hex(signature.as_ref())
        ),
    ));
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::super::{Verifier, VerifyError};
    use super::*;
    use crate::auth::{Credential, Session};

    fn check(method: &str, path: &str, query: &str, body: &[u8], token: Option<&str>) {
        let now = Timestamp::parse("2026-03-01T12:34:56Z").unwrap();
        let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let key = AccessKey {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: secret.clone(),
            token: token.map(SecretKey::new),
        };
        let headers: Vec<(&str, &[u8])> = vec![("Host", b"iot.example.com"), ("x-amzn-principal", b"a  b")];
        let parts = SignedParts { method, path_raw: path, query_raw: query, headers: &headers, body };
        let added = sign(&parts, &key, SigningScope { region: "eu-west-1", service: "iot", now }).unwrap();
        let mut sent = headers.clone();
        sent.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let session =
            token.map(|token| Session::new(token, Timestamp::from_millis(now.millis() + 1_000_000)));
        let verify = |body| {
            let parts = SignedParts { headers: &sent, body, ..parts };
            Verifier::new(&["iot"]).verify(&parts, now, |id| {
                assert_eq!(id, "AKIAIOSFODNN7EXAMPLE");
                Ok::<_, VerifyError<()>>(Some(Credential {
                    secret: secret.clone(),
                    session: session.clone(),
                    owner: (),
                }))
            })
        };
        let verified = verify(body).unwrap();
        assert_eq!((verified.region.as_ref(), verified.service.as_ref()), ("eu-west-1", "iot"));
        assert!(verify(b"another body").is_err());
    }

    #[test]
    fn what_is_signed_here_is_verified_there() {
        check("GET", "/things", "", b"", None);
        check("POST", "/things/a%20b", "x=1&A=%2F", b"{}", None);
        check("PUT", "/", "", b"Action=Publish", Some("a session token"));
    }

    /// The example of the AWS documentation of Signature Version 4 (get-vanilla of the AWS test suite).
    #[test]
    fn the_signature_is_that_of_the_test_suite() {
        let now = Timestamp::parse("2015-08-30T12:36:00Z").unwrap();
        let key = AccessKey {
            id: "AKIDEXAMPLE".to_owned(),
            secret: SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            token: None,
        };
        let headers: Vec<(&str, &[u8])> = vec![("Host", b"example.amazonaws.com")];
        let parts = SignedParts { method: "GET", path_raw: "/", query_raw: "", headers: &headers, body: b"" };
        let scope = SigningScope { region: "us-east-1", service: "service", now };
        let added = sign(&parts, &key, scope).unwrap();
        assert_eq!(
            added.last().unwrap().1,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }
}
