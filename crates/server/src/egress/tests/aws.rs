//! Credentials and endpoints from where AWS SDKs look, and calls that are signed with them.

use serde_json::Value;
use thingwarden_engine::time::Timestamp;

use super::*;
use crate::auth::sigv4::{AccessKey, SignedParts, SigningScope, Verifier, sign};
use crate::auth::{Credential, SecretKey};
use crate::egress::credentials::Source;
use crate::egress::profile::{Environment, Profile};
use crate::egress::testing::aws;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn request() -> AwsRequest {
    AwsRequest {
        method: Method::POST,
        path: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Af/invocations?a=b%2Fc".to_owned(),
        headers: HeaderMap::from_iter([(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )]),
        body: Bytes::from_static(b"{}"),
        timeout: Duration::from_secs(5),
    }
}

/// What came in, as whoever verifies it sees it.
fn verified(seen: &str, service: &'static [&'static str]) -> String {
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let target = lines.next().unwrap().split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(&str, &[u8])> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    let parts = SignedParts {
        method: "POST",
        path_raw: path,
        query_raw: query,
        headers: &headers,
        body: body.as_bytes(),
    };
    let credential = Credential { secret: SecretKey::new(SECRET), session: None, owner: () };
    let lookup = |_: &str| Ok::<_, std::convert::Infallible>(Some(credential));
    let now: Timestamp = crate::clock::now();
    Verifier::new(service).verify(&parts, now, lookup).unwrap().region
}

#[tokio::test]
async fn calls_go_to_the_endpoint_that_was_set_and_are_signed() {
    let (base, seen) = answering("200 OK", "{}").await;
    let aws = aws(&[
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL_LAMBDA", &base),
    ]);
    let response = aws.call("lambda", "eu-west-1", request()).await.unwrap();
    assert_eq!(response.status.as_u16(), 200);
    let first = seen.lock().unwrap().remove(0);
    assert_eq!(verified(&first, &["lambda"]), "eu-west-1");
}

#[tokio::test]
async fn without_an_endpoint_of_its_own_a_service_is_at_aws_and_checked() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    for region in ["", "US", "a/b", "x.example.com", "a@b", &"a".repeat(33)] {
        let error = aws(&keys).call("sns", region, request()).await.unwrap_err();
        assert_eq!(error, SendError::Url("there can be no such region"), "{region}");
    }
    let off = [("AWS_EC2_METADATA_DISABLED", "true")];
    let error = aws(&off).call("sns", "us-east-1", request()).await.unwrap_err();
    assert!(matches!(error, SendError::NoCredentials(_)), "{error}");
}

fn profile(variables: &[(&str, &str)]) -> Profile {
    let all: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Profile::load(&Environment::new(&all))
}

#[test]
fn the_environment_comes_before_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let (config, credentials) = (folder.path().join("config"), folder.path().join("credentials"));
    let text = "# all\n[default]\nregion = x\nendpoint_url = http://all\n\n[ profile  other ]\naws_access_key_id=CONFIG\n\
        aws_secret_access_key=c\nservices = mine\nendpoint_url=http://other\n[services mine]\nsns =\n  endpoint_url = http://sns # here\n\
        securityhub =\n\tendpoint_url = http://hub\n[profile off]\nendpoint_url=http://x\nignore_configured_endpoint_urls = true\n";
    std::fs::write(&config, text).unwrap();
    let text = "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = d=/+\naws_session_token = t\n[half]\naws_access_key_id=X\n";
    std::fs::write(&credentials, text).unwrap();
    let files = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
    ];
    let with = |more: &[(&'static str, &'static str)]| profile(&[&files[..], more].concat());
    let access_key = |profile: &Profile| match &profile.source {
        Source::Key(key) => Some(key.clone()),
        _ => None,
    };
    let key =
        |profile: &Profile| access_key(profile).map(|key| (key.id.clone(), key.secret.as_str().to_owned()));
    let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));

    let plain = with(&[]);
    assert_eq!(key(&plain), pair("DEFAULT", "d=/+"));
    assert_eq!(access_key(&plain).and_then(|key| key.token), Some(SecretKey::new("t")));
    assert_eq!(plain.endpoint("sns"), Some("http://all"));

    let other = with(&[("AWS_PROFILE", "other")]);
    assert_eq!(key(&other), pair("CONFIG", "c"));
    assert_eq!(
        ["sns", "securityhub", "sqs"].map(|service| other.endpoint(service)),
        ["http://sns", "http://hub", "http://other"].map(Some)
    );

    let over = with(&[
        ("AWS_PROFILE", "other"),
        ("AWS_ENDPOINT_URL", "http://env"),
        ("AWS_ENDPOINT_URL_SECURITYHUB", "http://h"),
    ]);
    assert_eq!(
        ["sns", "securityhub"].map(|service| over.endpoint(service)),
        ["http://env", "http://h"].map(Some)
    );
    let env = with(&[("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "e")]);
    assert_eq!(key(&env), pair("ENV", "e"));
    assert_eq!(key(&with(&[("AWS_ACCESS_KEY_ID", "ENV")])), pair("DEFAULT", "d=/+"));

    assert_eq!(with(&[("AWS_PROFILE", "off")]).endpoint("sns"), None);
    assert_eq!(key(&with(&[("AWS_PROFILE", "half")])), None);
    assert_eq!(with(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")]).endpoint("sns"), None);
    assert_eq!(key(&profile(&[])), None);
    let shown = format!("{plain:?}");
    assert!(!shown.contains("d=/+") && shown.contains("***"), "{shown}");
}

#[test]
fn signatures_are_botocores() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../../tests/conformance/sigv4.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut compared = 0;
    for vector in vectors["requests"].as_array().unwrap().iter().filter(|vector| vector["presigned"] == false)
    {
        let all: Vec<(String, String)> = serde_json::from_value(vector["headers"].clone()).unwrap();
        let body = text(&vector["body"]);
        let (pairs, _) = body.as_bytes().as_chunks::<2>();
        let body: Vec<u8> = pairs
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        // What signing adds, and what botocore does not sign.
        let left_out = [
            "authorization",
            "expect",
            "user-agent",
            "x-amz-date",
            "x-amz-security-token",
            "x-amzn-trace-id",
        ];
        let headers: Vec<(&str, &[u8])> = all
            .iter()
            .filter(|(name, _)| !left_out.contains(&name.to_lowercase().as_str()))
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let (method, path, query) = (text(&vector["method"]), text(&vector["path"]), text(&vector["query"]));
        let parts = SignedParts {
            method: &method,
            path_raw: &path,
            query_raw: &query,
            headers: &headers,
            body: &body,
        };
        let key = AccessKey {
            id: text(&vectors["access_key"]),
            secret: SecretKey::new(text(&vectors["secret"])),
            token: vector["token"].as_str().map(SecretKey::new),
        };
        let now = Timestamp::from_seconds(vectors["now"].as_i64().unwrap());
        let (region, service) = (text(&vector["region"]), text(&vector["service"]));
        let scope = SigningScope { region: &region, service: &service, now };
        for (name, value) in sign(&parts, &key, scope).unwrap() {
            let theirs = all
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str());
            assert_eq!(theirs, Some(value.as_str()), "{name} of {method} {path}");
        }
        compared += 1;
    }
    assert!(compared >= 20, "{compared}");
}
