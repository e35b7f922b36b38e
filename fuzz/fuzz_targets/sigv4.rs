//! Any bytes as a request's line, headers and body, among them an `Authorization` header or a presigned query: read or
//! refused, and never believed without the secret.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden::auth::sigv4::{SignedParts, Verifier};
use thingwarden::auth::{Credential, SecretKey, Session};
use thingwarden_engine::time::Timestamp;
use thingwarden_fuzz::Request;

fuzz_target!(|input: &[u8]| {
    let Some(request) = Request::read(input) else { return };
    let parts = SignedParts {
        method: request.method,
        path_raw: request.path,
        query_raw: request.query,
        headers: &request.headers,
        body: request.body,
    };
    let now = Timestamp::from_seconds(1_772_409_570);
    for session in [None, Some(Session::new("token", now))] {
        let secret = SecretKey::new("a secret that no input holds");
        let verifier = Verifier::new(&["iot"]);
        let found = Credential { secret, session, owner: () };
        assert!(verifier.verify(&parts, now, |_| Ok::<_, ()>(Some(found))).is_err());
    }
});
