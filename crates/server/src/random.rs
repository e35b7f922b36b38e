//! Randomness for ids: AWS-LC's generator, which the operating system seeds, so that a request costs no system call for it.

use aws_lc_rs::rand;

/// Random bytes. `None` when the system has no source of randomness, in which case nothing that needs one may go on.
pub(crate) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Some(bytes)
}

/// As [`bytes`], into what is there.
pub(crate) fn fill(bytes: &mut [u8]) -> Option<()> {
    rand::fill(bytes).ok()
}

/// From 0 to 1, to spread what would else happen all at once; 0 when the system has no source of randomness.
pub(crate) fn chance() -> f64 {
    bytes::<2>().map_or(0.0, |bytes| f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}

/// A random UUID as text (RFC 9562, version 4).
pub(crate) fn uuid() -> Option<String> {
    let [start @ .., version, a, variant, b, c, d, e, f, g, h] = bytes::<16>()?;
    let bytes = [version & 0x0f | 0x40, a, variant & 0x3f | 0x80, b, c, d, e, f, g, h];
    let mut uuid = String::with_capacity(36);
    for (index, byte) in start.into_iter().chain(bytes).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            uuid.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
        }
    }
    Some(uuid)
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
