//! Tells whether a request's head names its length. hyper hides a `Content-Length` next to `Transfer-Encoding`, which is how
//! requests are smuggled past a proxy (RFC 9112 section 11.2); we refuse such a request.

const NAME: &[u8] = b"content-length:";

/// Looks at the bytes of one head as they arrive.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    /// Of the line so far, letters in lower case, at most as long as the name that is looked for.
    line: Vec<u8>,
    /// Longer lines matter no more.
    line_bytes: usize,
    lines: usize,
    has_ended: bool,
    has_length: bool,
}

impl HeadScanner {
    /// Takes the next bytes; those after the head are ignored.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !self.has_ended && !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let (now, rest) = match end {
                Some(at) => bytes.split_at_checked(at + 1).unwrap_or((bytes, &[])),
                None => (bytes, &[][..]),
            };
            let room = NAME.len().saturating_sub(self.line.len());
            self.line.extend(now.iter().take(room).map(u8::to_ascii_lowercase));
            self.line_bytes += now.len();
            if end.is_some() {
                self.has_length |= self.line == NAME;
                // Empty lines in front of a request line are allowed (RFC 9112 section 2.2).
                let is_empty = self.line_bytes <= 2 && matches!(self.line.as_slice(), b"\r\n" | b"\n");
                self.has_ended = is_empty && self.lines > 0;
                self.lines += usize::from(!is_empty);
                self.line.clear();
                self.line_bytes = 0;
            }
            bytes = rest;
        }
    }

    /// Whether a `Content-Length` was among the headers so far.
    pub(super) fn has_length(&self) -> bool {
        self.has_length
    }
}

/// Whether a head that arrives in pieces of this size names its length, for fuzzing.
#[cfg(fuzzing)]
pub fn has_length(head: &[u8], piece_bytes: usize) -> bool {
    let mut scanner = HeadScanner::default();
    head.chunks(piece_bytes.max(1)).for_each(|piece| scanner.feed(piece));
    scanner.has_length()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: bool) {
        for step in [1, 3, head.len()] {
            let mut scanner = HeadScanner::default();
            for part in head.as_bytes().chunks(step) {
                scanner.feed(part);
            }
            assert_eq!(scanner.has_length(), expected, "{head:?} by {step}");
        }
    }

    #[test]
    fn a_length_is_seen_in_the_head_only() {
        check("POST / HTTP/1.1\r\nHost: a\r\nContent-LENGTH: 3\r\n\r\nabc", true);
        check("POST / HTTP/1.1\ncontent-length:3\n\n", true);
        check("\r\nPOST / HTTP/1.1\r\ncontent-length: 3\r\n\r\n", true);
        check("POST / HTTP/1.1\r\nHost: a\r\n\r\nContent-Length: 3\r\n\r\n", false);
        check("POST / HTTP/1.1\r\nX: content-length:\r\nx-content-length: 1\r\n\r\n", false);
        check("POST /content-length: HTTP/1.1\r\ncontent-lengt: 1\r\n\r\n", false);
    }
}
