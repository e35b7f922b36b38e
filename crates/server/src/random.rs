//! Randomness for ids, from the operating system.

use ring::rand::{SecureRandom, SystemRandom};
use thingwarden_engine::ids::encode_hex;

/// Random bytes. `None` when the system has no source of randomness, in which case nothing that needs one may go on.
pub(crate) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A random UUID as text (RFC 9562, version 4).
pub(crate) fn uuid() -> Option<String> {
    let [a, b, c, d, e, f, version, g, variant, h, node @ ..] = bytes::<16>()?;
    Some(format!(
        "{}-{}-{}-{}-{}",
        encode_hex(&[a, b, c, d]),
        encode_hex(&[e, f]),
        encode_hex(&[version & 0x0f | 0x40, g]),
        encode_hex(&[variant & 0x3f | 0x80, h]),
        encode_hex(&node)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_their_form_and_differ() {
        let uuid = uuid().unwrap();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
        assert_ne!(super::uuid().unwrap(), uuid);
    }
}
