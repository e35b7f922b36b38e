//! HMAC-SHA256 over time and body, for those who send to a webhook and those who verify what comes back.

use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use thingwarden_engine::ids::encode_hex;

/// When the message was signed, in whole seconds since 1970.
pub(crate) const TIMESTAMP_HEADER: &str = "x-thingwarden-timestamp";
/// `v1=` and the signature in hex.
pub(crate) const SIGNATURE_HEADER: &str = "x-thingwarden-signature";

/// Of our own signatures.
pub(crate) const VERSION: &str = "v1";

/// The value of [`SIGNATURE_HEADER`]: HMAC-SHA256 of `v1:TIMESTAMP:BODY`.
pub(crate) fn signature(secret: &[u8], timestamp: &str, body: &[u8]) -> String {
    let tag = sign(&Key::new(HMAC_SHA256, secret), &signed(VERSION, timestamp, body));
    format!("{VERSION}={}", encode_hex(tag.as_ref()))
}

/// Whether `given` is `VERSION=` and the signature in hex of `VERSION:TIMESTAMP:BODY`, in constant time. Slack's version is `v0`
/// (api.slack.com, "Verifying requests from Slack").
pub(crate) fn is_signed(version: &str, secret: &[u8], timestamp: &str, body: &[u8], given: &str) -> bool {
    let hex = given.strip_prefix(version).and_then(|rest| rest.strip_prefix('='));
    let Some(tag) = hex.and_then(decode_hex) else { return false };
    verify(&Key::new(HMAC_SHA256, secret), &signed(version, timestamp, body), &tag).is_ok()
}

fn signed(version: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [version.as_bytes(), b":", timestamp.as_bytes(), b":", body].concat()
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_verified_and_nothing_else() {
        let given = signature(b"secret", "1700000000", b"{}");
        assert!(given.starts_with("v1=") && given.len() == 3 + 64);
        assert!(is_signed("v1", b"secret", "1700000000", b"{}", &given));
        for (secret, timestamp, body) in [
            (b"Secret", "1700000000", b"{}"),
            (b"secret", "1700000001", b"{}"),
            (b"secret", "1700000000", b"{ "),
        ] {
            assert!(!is_signed("v1", secret, timestamp, body, &given));
        }
        assert!(!is_signed("v0", b"secret", "1700000000", b"{}", &given));
        for damaged in ["", "v1=", "v1=0", "v1=zz", given.get(..60).unwrap()] {
            assert!(!is_signed("v1", b"secret", "1700000000", b"{}", damaged));
        }
    }

    /// The example of Slack's documentation.
    #[test]
    fn slacks_own_example_is_verified() {
        let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let given = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert!(is_signed("v0", b"8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body, given));
    }
}
