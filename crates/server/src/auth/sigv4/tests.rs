//! Signatures: what botocore made verifies, and nothing that differs from it by a byte.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;

use super::canonical::is_normal;
use super::*;
use crate::auth::Session;

const SERVICES: &[&str] = &["iot", "iotdata", "sts"];

/// Requests that botocore signed: `tests/conformance/sigv4.py` writes the file.
#[derive(Deserialize)]
struct Vectors {
    now: i64,
    access_key: String,
    secret: String,
    requests: Vec<Vector>,
}

#[derive(Deserialize, Clone, Debug)]
struct Vector {
    service: String,
    region: String,
    token: Option<String>,
    presigned: bool,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../tests/conformance/sigv4.json")).unwrap()
});

fn vectors() -> &'static Vectors {
    &VECTORS
}

/// A request that tests can change.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl From<&Vector> for Request {
    fn from(vector: &Vector) -> Self {
        let (pairs, _) = vector.body.as_bytes().as_chunks::<2>();
        let hex = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        Self {
            method: vector.method.clone(),
            path: vector.path.clone(),
            query: vector.query.clone(),
            headers: vector.headers.iter().map(|(k, v)| (k.clone(), v.as_bytes().to_vec())).collect(),
            body: pairs.iter().map(hex).collect(),
        }
    }
}

impl Request {
    fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    /// Replaces text in the Authorization header.
    fn authorization(self, from: &str, to: &str) -> Self {
        let value = self.header("authorization");
        assert!(value.contains(from), "{value}");
        self.set("Authorization", &value.replacen(from, to, 1))
    }

    fn query(mut self, from: &str, to: &str) -> Self {
        assert!(self.query.contains(from), "{}", self.query);
        self.query = self.query.replacen(from, to, 1);
        self
    }
}

fn verify_as(
    verifier: &Verifier,
    request: &Request,
    now: Timestamp,
    credential: Option<Credential<()>>,
) -> Result<Verified<()>, SignatureError> {
    let headers: Vec<(&str, &[u8])> =
        request.headers.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
    let parts = SignedParts {
        method: &request.method,
        path_raw: &request.path,
        query_raw: &request.query,
        headers: &headers,
        body: &request.body,
    };
    let lookup = |key: &str| Ok::<_, Infallible>(credential.filter(|_| key == vectors().access_key));
    match verifier.verify(&parts, now, lookup) {
        Ok(verified) => Ok(verified),
        Err(VerifyError::Signature(error)) => Err(error),
        Err(VerifyError::Lookup(never)) => match never {},
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(vectors().now)
}

fn credential(token: Option<&str>) -> Credential<()> {
    let session = token.map(|token| Session::new(token, now() + Duration::hours(1)));
    Credential { secret: SecretKey::new(vectors().secret.as_str()), session, owner: () }
}

/// Verifies with the right credential.
fn verify(vector: &Vector, request: &Request) -> Result<Verified<()>, SignatureError> {
    verify_at(vector, request, now())
}

fn verify_at(vector: &Vector, request: &Request, now: Timestamp) -> Result<Verified<()>, SignatureError> {
    verify_as(&Verifier::new(SERVICES), request, now, Some(credential(vector.token.as_deref())))
}

/// The first vector of a form that has what `wanted` says.
fn pick(presigned: bool, token: bool, wanted: impl Fn(&Vector) -> bool) -> (Vector, Request) {
    let vectors = vectors().requests.iter().cloned();
    let mut vectors = vectors.filter(|v| v.presigned == presigned && v.token.is_some() == token);
    let vector = vectors.find(|v| wanted(v)).unwrap();
    let request = Request::from(&vector);
    (vector, request)
}

fn header_form() -> (Vector, Request) {
    pick(false, false, |vector| vector.path.contains("fz%3A"))
}

fn query_form() -> (Vector, Request) {
    pick(true, true, |vector| vector.query.contains("nextToken"))
}

fn code(result: Result<Verified<()>, SignatureError>) -> String {
    result.map_or_else(|error| error.code().as_str().to_owned(), |_| "verified".to_owned())
}

#[test]
fn botocores_signatures_verify() {
    let vectors = vectors();
    assert!(vectors.requests.len() > 50);
    for vector in &vectors.requests {
        let verified = verify(vector, &Request::from(vector));
        if is_normal(&vector.path) {
            let verified = verified.unwrap_or_else(|error| panic!("{error}: {vector:?}"));
            assert_eq!(verified.access_key, vectors.access_key);
            assert_eq!((verified.region, verified.service), (vector.region.clone(), vector.service.clone()));
            assert_eq!(verified.signed_at, now());
        } else {
            assert_eq!(verified, Err(SignatureError::AmbiguousPath), "{vector:?}");
        }
    }
}

/// Every byte that the signature covers, changed in each of two ways.
#[test]
fn no_signed_byte_can_change() {
    let verifier = Verifier::new(SERVICES);
    for vector in vectors().requests.iter().filter(|vector| is_normal(&vector.path)) {
        let original = Request::from(vector);
        let mut checked = 0;
        let mut check = |request: Request, what: &str| {
            checked += 1;
            let credential = credential(vector.token.as_deref());
            let result = verify_as(&verifier, &request, now(), Some(credential));
            assert!(result.is_err(), "{what} was changed: {request:?}");
        };
        let text = |text: &str, place: usize, flip: u8| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[place] ^= flip;
            String::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte > 0x20 && byte < 0x7f))
        };
        for flip in [1, 0x20] {
            for place in 0..original.method.len() {
                let method = text(&original.method, place, flip);
                check(Request { method: method.unwrap_or_default(), ..original.clone() }, "method");
            }
            for place in 0..original.path.len() {
                let Some(path) = text(&original.path, place, flip) else { continue };
                check(Request { path, ..original.clone() }, "path");
            }
            for place in 0..original.query.len() {
                let Some(query) = text(&original.query, place, flip) else { continue };
                check(Request { query, ..original.clone() }, "query");
            }
            for place in 0..original.body.len() {
                let mut request = original.clone();
                request.body[place] ^= flip;
                check(request, "body");
            }
            for (index, (name, value)) in original.headers.iter().enumerate() {
                let never_signed = ["user-agent", "expect", "x-amzn-trace-id"];
                if never_signed.contains(&name.to_lowercase().as_str()) {
                    continue;
                }
                for (place, byte) in value.iter().enumerate() {
                    // A blank more or less is the same header.
                    if byte.is_ascii_whitespace() || (byte ^ flip).is_ascii_whitespace() {
                        continue;
                    }
                    let mut request = original.clone();
                    request.headers[index].1[place] ^= flip;
                    check(request, name);
                }
            }
        }
        let mut longer = original.clone();
        longer.body.push(b' ');
        check(longer, "length of the body");
        check(Request { query: format!("{}&x=1", original.query), ..original.clone() }, "queries");
        check(
            Request { path: format!("{}/", original.path.trim_end_matches('/')) + "x", ..original.clone() },
            "path",
        );
        check(original.clone().add("x-amzn-principal", "arn"), "headers");
        check(original.clone().add("host", "other"), "hosts");
        assert!(checked > 100);
    }
}

#[test]
fn header_names_ignore_case_and_values_ignore_blanks() {
    let (vector, request) = header_form();
    let mut odd = request.clone();
    for (name, value) in &mut odd.headers {
        *name = name.to_uppercase();
        *value = [b"  ".as_slice(), value, b"\t "].concat();
    }
    assert!(verify(&vector, &odd).is_ok());
    let tight = request.header("authorization").replace(", ", ",");
    assert!(verify(&vector, &request.set("authorization", &tight)).is_ok());
}

#[test]
fn without_a_signature_nothing_is_looked_up() {
    let verifier = Verifier::new(SERVICES);
    let asked = Cell::new(false);
    let parts = SignedParts { method: "GET", path_raw: "/things", query_raw: "", headers: &[], body: b"" };
    let lookup = |_: &str| {
        asked.set(true);
        Ok::<_, Infallible>(Some(credential(None)))
    };
    let error = verifier.verify(&parts, now(), lookup).unwrap_err();
    assert_eq!(error.to_string(), "Missing Authentication Token");
    assert!(!asked.get());
    assert_eq!(SignatureError::Missing.code().as_str(), "MissingAuthenticationTokenException");
}

#[test]
fn malformed_headers_are_incomplete() {
    let (vector, request) = header_form();
    let check = |request: Request| {
        let result = verify(&vector, &request);
        assert!(matches!(result, Err(SignatureError::Incomplete(_))), "{result:?} of {request:?}");
    };
    for value in [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "aws4-hmac-sha256 Credential=a",
        "Basic YTpi",
        "Bearer x",
        "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=00",
    ] {
        check(request.clone().set("Authorization", value));
    }
    for (from, to) in [
        ("Credential=", "credential="),
        ("Signature=", "Signature=0"),
        ("Signature=", "Signature=zz"),
        ("SignedHeaders=", "SignedHeaders"),
        ("SignedHeaders=", "SignedHeaders=host, SignedHeaders="),
        ("SignedHeaders=", "Token=a, SignedHeaders="),
        ("SignedHeaders=content-type;host", "SignedHeaders=host;content-type"),
        ("SignedHeaders=content-type;host", "SignedHeaders=content-type;host;host"),
        ("SignedHeaders=content-type;host", "SignedHeaders=content-type;Host"),
        ("SignedHeaders=content-type;", "SignedHeaders=;content-type;"),
        ("/aws4_request", ""),
        ("/aws4_request", "/aws4_request/aws4_request"),
        ("/iot/", "/iot/x/"),
        ("/us-east-1/", "//"),
        ("/us-east-1/", "/us-east-1:1/"),
        ("/us-east-1/", "/*/"),
        ("/us-east-1/", "/US-EAST-1/"),
        ("AKIDEXAMPLE/", ""),
    ] {
        check(request.clone().authorization(from, to));
    }
    check(request.clone().add("authorization", &request.header("authorization")));
    check(request.clone().add("X-AMZ-DATE", &request.header("x-amz-date")));
    for date in
        ["", "2026-03-01T23:59:30Z", "20260301T235930", "20260301T245930Z", "Sun, 01 Mar 2026 23:59:30 GMT"]
    {
        check(request.clone().set("X-Amz-Date", date));
    }
    let many: String = (0..100).map(|index| format!("a{index:03};")).collect();
    check(request.clone().authorization("SignedHeaders=", &format!("SignedHeaders={many}")));
    check(request.clone().authorization("AKIDEXAMPLE", &"A".repeat(129)));
    check(request.clone().authorization("AKIDEXAMPLE", &"A".repeat(5000)));
    let mut nameless = request.clone();
    nameless.headers.retain(|(name, _)| name != "X-Amz-Date");
    check(nameless);
    let mut odd = request.clone();
    odd.headers.iter_mut().find(|(name, _)| name == "Authorization").unwrap().1.push(0xff);
    check(odd);
    check(Request { query: "X-Amz-Signature=00".to_owned(), ..request });
}

#[test]
fn malformed_queries_are_incomplete() {
    let (vector, request) = query_form();
    let check = |request: Request| {
        let result = verify(&vector, &request);
        assert!(matches!(result, Err(SignatureError::Incomplete(_))), "{result:?} of {request:?}");
    };
    for (from, to) in [
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-HMAC-SHA1"),
        ("X-Amz-Algorithm=", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Algorithm="),
        ("X-Amz-Expires=60", "X-Amz-Expires=0"),
        ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=60", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=60", "X-Amz-Expires=%2B60"),
        ("X-Amz-Expires=60", "X-Amz-Expires=99999999999999999999"),
        ("X-Amz-Expires=60", "X-Amz-Expires="),
        ("X-Amz-Expires=60", "X-Amz-Expires=60&X-Amz-Expires=60"),
        ("X-Amz-Expires=60&", ""),
        ("X-Amz-Date=", "x-amz-date="),
        ("X-Amz-Signature=", "X-Amz-Signature=00&X-Amz-Signature="),
        ("X-Amz-Signature=", "x-amz-signature="),
        ("X-Amz-Credential=", "X-Amz-Credential=%FF"),
        ("X-Amz-Security-Token=", "X-Amz-Security-Token=a&X-Amz-Security-Token="),
    ] {
        check(request.clone().query(from, to));
    }
    check(request.clone().add("X-Amz-Security-Token", "t"));
    check(
        request.clone().query("X-Amz-Security-Token=", &format!("X-Amz-Security-Token={}", "t".repeat(5000))),
    );
}

#[test]
fn what_must_be_signed_must_be_signed() {
    let (vector, request) = header_form();
    let check = |request: &Request, what: &str| {
        let error = verify(&vector, request).unwrap_err();
        assert!(matches!(&error, SignatureError::Invalid(text) if text.contains(what)), "{error}");
    };
    check(&request.clone().authorization("host;", ""), "'Host' must be");
    check(&request.clone().authorization(";x-amz-date", ""), "'x-amz-date' must be");
    check(&request.clone().add("X-Amz-Tagging", "a=b"), "'x-amz-tagging' must be");
    check(&request.clone().add("X-AMZN-Principal", "arn"), "'x-amzn-principal' must be");
    check(&request.clone().authorization("content-type;", "content-type;date;"), "'date' is not in");
    for body in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "00"] {
        check(&request.clone().set("X-Amz-Content-Sha256", body), "'x-amz-content-sha256' must be");
        let signed = request.clone().authorization(";x-amz-date", ";x-amz-content-sha256;x-amz-date");
        check(&signed.set("X-Amz-Content-Sha256", body), "does not match what was computed");
    }
    for name in ["X-Amzn-Trace-Id", "x-amz-user-agent", "X-Amz-Cf-Id", "x-forwarded-for", "accept"] {
        assert!(verify(&vector, &request.clone().add(name, "x")).is_ok(), "{name}");
    }
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let (vector, request) = header_form();
    for (seconds, expected) in [
        (0, "verified"),
        (300, "verified"),
        (-300, "verified"),
        (301, "InvalidSignatureException"),
        (-301, "InvalidSignatureException"),
        (86_400 * 365, "InvalidSignatureException"),
    ] {
        let result = verify_at(&vector, &request, now() + Duration::seconds(seconds));
        assert_eq!(code(result), expected, "{seconds}");
    }
    let late = verify_at(&vector, &request, now() + Duration::minutes(10)).unwrap_err();
    let expected = "Signature expired: 20260301T235930Z is now earlier than 20260302T000430Z (20260302T000930Z - 5 min.)";
    assert_eq!(late.to_string(), expected);
    let early = verify_at(&vector, &request, now() - Duration::minutes(10)).unwrap_err();
    let expected = "Signature not yet current: 20260301T235930Z is still later than 20260301T235430Z (20260301T234930Z + 5 min.)";
    assert_eq!(early.to_string(), expected);
}

#[test]
fn presigned_requests_end_when_they_say() {
    let (vector, request) = query_form();
    for (seconds, expected) in [
        (0, "verified"),
        (60, "verified"),
        (61, "InvalidSignatureException"),
        (-300, "verified"),
        (-301, "InvalidSignatureException"),
    ] {
        let result = verify_at(&vector, &request, now() + Duration::seconds(seconds));
        assert_eq!(code(result), expected, "{seconds}");
    }
}

#[test]
fn the_scope_has_the_day_of_the_signature() {
    let (vector, request) = header_form();
    let error = verify(&vector, &request.authorization("/20260301/", "/20260302/")).unwrap_err();
    assert!(matches!(&error, SignatureError::Invalid(text) if text.starts_with("Date in Credential scope")));
}

#[test]
fn unknown_keys_and_tokens_are_unrecognized_whatever_the_signature() {
    let verifier = Verifier::new(SERVICES);
    let (vector, request) = header_form();
    let wrong = request.clone().set("Content-Type", "text/plain");
    for request in [&request, &wrong] {
        let result = verify_as(&verifier, request, now(), None);
        assert_eq!(result, Err(SignatureError::UnknownClient));
    }
    let (with_token, temporary) = query_form();
    for (request, token) in [(&temporary, None), (&temporary, Some("other")), (&request, Some("other"))] {
        let result = verify_as(&verifier, request, now(), Some(credential(token)));
        assert_eq!(result, Err(SignatureError::UnknownClient), "{token:?}");
    }
    assert_eq!(code(verify(&with_token, &temporary)), "verified");
    let other = Credential { secret: SecretKey::new("other"), ..credential(vector.token.as_deref()) };
    assert_eq!(verify_as(&verifier, &request, now(), Some(other)), Err(SignatureError::Mismatch));
}

#[test]
fn expiry_is_told_to_the_owner_of_the_secret_only() {
    let verifier = Verifier::new(SERVICES);
    let (vector, request) = query_form();
    let mut expired = credential(vector.token.as_deref());
    expired.session.as_mut().unwrap().expires = now();
    let right = verify_as(&verifier, &request, now(), Some(expired.clone()));
    assert_eq!(right, Err(SignatureError::ExpiredToken));
    expired.secret = SecretKey::new("guessed");
    let wrong = verify_as(&verifier, &request, now(), Some(expired));
    assert_eq!(wrong, Err(SignatureError::Mismatch));
}

#[test]
fn services_of_others_are_refused() {
    let (vector, request) = pick(false, false, |vector| vector.service == "sts" && is_normal(&vector.path));
    let result =
        verify_as(&Verifier::new(&["iot"]), &request, now(), Some(credential(vector.token.as_deref())));
    let expected = "Credential should be scoped to correct service: 'iot'.";
    assert_eq!(result, Err(SignatureError::Invalid(expected.to_owned())));
}

#[test]
fn signing_keys_follow_the_secret() {
    let verifier = Verifier::new(SERVICES);
    let (_, request) = header_form();
    let other = || Credential { secret: SecretKey::new("other"), session: None, owner: () };
    assert!(verify_as(&verifier, &request, now(), Some(other())).is_err());
    assert_eq!(verifier.keys.len(), 0, "a wrong signature fills nothing");
    for _ in 0..2 {
        assert!(verify_as(&verifier, &request, now(), Some(credential(None))).is_ok());
        assert_eq!(verify_as(&verifier, &request, now(), Some(other())), Err(SignatureError::Mismatch));
    }
    assert_eq!(verifier.keys.len(), 1);
}

#[test]
fn signing_keys_are_bounded() {
    let keys = SigningKeys::default();
    for index in 0..3 * limits::SIGNING_KEYS_MAX {
        let key_id = format!("K{index}/20260301/r/s");
        let scope =
            Scope { access_key: "", date: "20260301", region: "r", service: "s", text: "", key_id: &key_id };
        let secret = SecretKey::new("s");
        let (key, is_new) = keys.get(&secret, &scope);
        assert!(is_new);
        keys.keep(&secret, &scope, key);
        assert!(!keys.get(&secret, &scope).1);
        assert!(keys.len() <= limits::SIGNING_KEYS_MAX);
    }
}

#[test]
fn paths_that_lend_their_signature_are_told() {
    for path in ["", "/", "/a", "/a/", "/a/.b/..c/%2E%2E"] {
        assert!(is_normal(path), "{path}");
    }
    for path in ["//", "/./", "/..", "/a//b", "/a/../b", "/a/.", "/a//", "a", "//a"] {
        assert!(!is_normal(path), "{path}");
    }
}

#[test]
fn lookups_that_fail_are_passed_on() {
    let (_, request) = header_form();
    let headers: Vec<(&str, &[u8])> =
        request.headers.iter().map(|(k, v)| (k.as_str(), v.as_slice())).collect();
    let parts = SignedParts {
        method: &request.method,
        path_raw: &request.path,
        query_raw: &request.query,
        headers: &headers,
        body: &request.body,
    };
    let result = Verifier::new(SERVICES).verify(&parts, now(), |_| Err::<Option<Credential<()>>, _>("down"));
    assert!(matches!(result, Err(VerifyError::Lookup("down"))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_header_is_read_or_refused(text in "(AWS4-HMAC-SHA256 )?([A-Za-z]{0,14}=[ -~]{0,40},? ?){0,4}") {
        let (vector, request) = header_form();
        prop_assert!(verify(&vector, &request.set("Authorization", &text)).is_err());
    }

    #[test]
    fn any_query_is_read_or_refused(text in "(X-Amz-[A-Z][a-z]{2,10}=[!-~]{0,20}&?){0,6}") {
        let (vector, request) = header_form();
        let mut unsigned = request;
        unsigned.headers.retain(|(name, _)| name != "Authorization");
        unsigned.query = text;
        prop_assert!(verify(&vector, &unsigned).is_err());
    }
}
