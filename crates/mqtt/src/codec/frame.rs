//! Where a packet begins and ends. Its length is judged before it is waited for.

use crate::error::PeerError;
use crate::limits::Limits;

/// The head of a packet that is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Type and flags.
    pub first: u8,
    /// Bytes of the head.
    pub head: usize,
    /// Bytes after the head.
    pub body: usize,
}

impl Frame {
    pub(crate) fn packet_type(&self) -> u8 {
        self.first >> 4
    }
}

/// Finds the first packet of what has arrived; none when it is not all there yet.
///
/// # Errors
/// As soon as the head shows that the packet is longer than packets of its type may be, or that it has no length.
pub(crate) fn frame(input: &[u8], limits: &Limits) -> Result<Option<Frame>, PeerError> {
    let Some((&first, rest)) = input.split_first() else { return Ok(None) };
    let mut body = 0;
    for (index, &byte) in rest.iter().take(4).enumerate() {
        body |= usize::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            if byte == 0 && index > 0 {
                return Err(PeerError::Malformed("a length is padded"));
            }
            let frame = Frame { first, head: index + 2, body };
            let max = limits.body_bytes(frame.packet_type());
            if body > max {
                return Err(PeerError::TooLarge { bytes: body, max });
            }
            return Ok((input.len() - frame.head >= body).then_some(frame));
        }
    }
    if rest.len() < 4 { Ok(None) } else { Err(PeerError::Malformed("a length has more than four bytes")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_judged_before_the_body_comes() {
        let limits = Limits::default();
        let check = |input: &[u8], expected| assert_eq!(frame(input, &limits), expected, "{input:x?}");
        check(&[], Ok(None));
        check(&[0xc0], Ok(None));
        check(&[0xc0, 0], Ok(Some(Frame { first: 0xc0, head: 2, body: 0 })));
        // A PINGREQ has no body.
        check(&[0xc0, 1], Err(PeerError::TooLarge { bytes: 1, max: 0 }));
        check(&[0x30, 3, 0, 1], Ok(None));
        check(&[0x30, 3, 0, 1, b'a', 9], Ok(Some(Frame { first: 0x30, head: 2, body: 3 })));
        check(&[0x30, 0xff, 0xff, 0xff], Ok(None));
        check(&[0xc0, 0x80, 0], Err(PeerError::Malformed("a length is padded")));
        check(
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
            Err(PeerError::TooLarge { bytes: 268_435_455, max: limits.body_bytes(3) }),
        );
        check(
            &[0x30, 0xff, 0xff, 0xff, 0xff],
            Err(PeerError::Malformed("a length has more than four bytes")),
        );
    }
}
