//! Any bytes as a request's line, headers and body, among them an `Authorization` header or a presigned query: read or
//! refused, and never believed without the secret.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden::auth::sigv4::{SignedParts, Verifier};
use thingwarden::auth::{Credential, SecretKey, Session};
use thingwarden_engine::time::Timestamp;

fuzz_target!(|input: &[u8]| {
    // Method, path, query and `name:value` headers, one on a line; what follows an empty line is the body.
    let split = input.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = split.map_or((input, &[][..]), |at| (&input[..at], &input[at + 2..]));
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut lines = head.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (method, path_raw, query_raw) = (next(), next(), next());
    let headers: Vec<(&str, &[u8])> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.as_bytes())).collect();
    let parts = SignedParts { method, path_raw, query_raw, headers: &headers, body };
    let now = Timestamp::from_seconds(1_772_409_570);
    for session in [None, Some(Session::new("token", now))] {
        let secret = SecretKey::new("a secret that no input holds");
        let verifier = Verifier::new(&["iot"]);
        let found = Credential { secret, session, owner: () };
        assert!(verifier.verify(&parts, now, |_| Ok::<_, ()>(Some(found))).is_err());
    }
});
