//! Cuts a stream of text into PEM blocks (RFC 7468), of any number and with any text between them.

use memchr::memmem;

use super::limits::{CRL_BYTES_MAX, PEM_BLOCK_BYTES_MAX};
use super::window::{Place, Window};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// What a PEM label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Certificate,
    Crl,
    /// Something that is no business of ours, in words.
    Other(&'static str),
}

/// Takes the blocks of a stream, in order.
pub(super) trait PemSink {
    /// A whole certificate or revocation list, markers included.
    fn block(&mut self, at: Place, label: Label, text: &[u8]);
    /// A block of another kind; its content is not looked at.
    fn other(&mut self, what: &'static str);
    fn broken(&mut self, at: Place, what: String);
}

impl Label {
    fn of(name: &[u8]) -> Self {
        match name {
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => Self::Certificate,
            b"X509 CRL" | b"CRL" => Self::Crl,
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => {
                Self::Other("certificate signing request, not read")
            }
            b"PUBLIC KEY" | b"RSA PUBLIC KEY" | b"EC PUBLIC KEY" => Self::Other("public key, not read"),
            b"DH PARAMETERS" | b"EC PARAMETERS" | b"DSA PARAMETERS" => {
                Self::Other("key parameters, not read")
            }
            b"PKCS7" | b"CMS" | b"PKCS #7 SIGNED DATA" => Self::Other("PKCS #7 container, not read"),
            _ if name.ends_with(b"PRIVATE KEY") => Self::Other("private key, not read"),
            _ => Self::Other("PEM block of another kind, not read"),
        }
    }
}

/// Cuts the whole stream; gives the number of blocks of any kind. Text without blocks is passed over, binary data ends it.
pub(super) fn split(window: &mut Window<'_>, sink: &mut dyn PemSink) -> u64 {
    let mut blocks = 0;
    while let Some(at) = find_begin(window) {
        blocks += 1;
        let head = window.fill(128);
        let name = head.get(BEGIN.len()..).unwrap_or_default();
        let name = name.get(..name.len().min(64)).unwrap_or_default();
        let Some(length) = memmem::find(name, DASHES) else {
            sink.broken(at, "a PEM block whose first line does not end in `-----`".to_owned());
            window.consume(BEGIN.len());
            continue;
        };
        let label = Label::of(name.get(..length).unwrap_or_default());
        let limit = if label == Label::Crl { CRL_BYTES_MAX / 3 * 4 } else { PEM_BLOCK_BYTES_MAX };
        match find_end(window, limit) {
            Ok(length) => {
                match label {
                    Label::Other(what) => sink.other(what),
                    _ => sink.block(at, label, window.ahead().get(..length).unwrap_or_default()),
                }
                window.consume(length);
                window.shrink();
            }
            Err((consume, what)) => {
                sink.broken(at, what);
                window.consume(consume);
            }
        }
    }
    blocks
}

/// Goes to the next block; `None` at the end of the text, or of what is text.
fn find_begin(window: &mut Window<'_>) -> Option<Place> {
    loop {
        let bytes = window.ahead();
        let found = memmem::find(bytes, BEGIN);
        let passed = found.unwrap_or(bytes.len().saturating_sub(BEGIN.len() - 1));
        let binary = memchr::memchr(0, bytes.get(..passed).unwrap_or_default()).is_some();
        if binary {
            return None;
        }
        window.consume(passed);
        if found.is_some() {
            return Some(window.place());
        }
        if !window.more() {
            return None;
        }
    }
}

/// The length of the block at the start of the window, or how much to pass over and why.
fn find_end(window: &mut Window<'_>, limit: usize) -> Result<usize, (usize, String)> {
    let mut searched = BEGIN.len();
    loop {
        let bytes = window.ahead();
        let rest = bytes.get(searched..).unwrap_or_default();
        // A new beginning inside a block means that the block lost its end.
        let end = memmem::find(rest, END).map(|at| searched + at);
        let until = end.unwrap_or(bytes.len());
        let inside = bytes.get(searched..until).unwrap_or_default();
        if let Some(at) = memmem::find(inside, BEGIN) {
            return Err((searched + at, "a PEM block without an end line".to_owned()));
        }
        if memchr::memchr(0, inside).is_some() {
            return Err((until, "binary data in a PEM block".to_owned()));
        }
        if let Some(end) = end {
            let tail = bytes.get(end + END.len()..).unwrap_or_default();
            if let Some(dashes) = memmem::find(tail.get(..tail.len().min(70)).unwrap_or_default(), DASHES) {
                return Ok(end + END.len() + dashes + DASHES.len());
            }
            if tail.len() >= 70 {
                return Err((end, "a PEM block whose last line does not end in `-----`".to_owned()));
            }
        }
        if bytes.len() > limit {
            return Err((bytes.len() - END.len(), format!("a PEM block of more than {limit} bytes")));
        }
        searched = end.unwrap_or(bytes.len().saturating_sub(BEGIN.len())).max(BEGIN.len());
        if !window.more() {
            let length = window.ahead().len();
            return Err((length, "the text ends inside a PEM block".to_owned()));
        }
    }
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
