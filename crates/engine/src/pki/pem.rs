//! Textual encodings of certificates and revocation lists (RFC 7468), read piece by piece with bounded memory.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::der::Reader;
use crate::limits::{CERTIFICATE_BYTES_MAX, CRL_BYTES_MAX, PEM_LABEL_BYTES_MAX};

/// Padding may be missing; everything else is as RFC 4648 section 4 has it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64 text waits until there is this much of it, so that decoding runs over long stretches.
const PENDING_BYTES: usize = 64 * 1024;

/// One block between `-----BEGIN` and `-----END`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock {
    /// As written: `CERTIFICATE`, `X509 CRL`, `CERTIFICATE REQUEST`.
    pub label: String,
    /// The decoded content. Empty for labels that end in `PRIVATE KEY`: their content is never decoded nor kept.
    pub der: Vec<u8>,
    /// Of the `-----BEGIN` line, from 1.
    pub line: u32,
}

/// What a block's label says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PemContent {
    /// `CERTIFICATE`, `X509 CERTIFICATE` or `TRUSTED CERTIFICATE`.
    Certificate,
    /// `X509 CRL` or `CRL`.
    Crl,
    /// `PRIVATE KEY`, `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY` and the like.
    PrivateKey,
    /// `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`.
    CertificateRequest,
    Other,
}

/// A block that cannot be read; what follows it still can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct PemError {
    /// Of the line at fault, from 1.
    pub line: u32,
    pub kind: PemErrorKind,
}

/// What is wrong with a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemErrorKind {
    #[error("`-----END {label}-----` without a beginning")]
    EndWithoutBegin { label: String },
    #[error("the block `{label}` has no end")]
    Unterminated { label: String },
    #[error("the block `{begin}` ends as `{end}`")]
    LabelsDiffer { begin: String, end: String },
    #[error("the label is longer than {max} bytes or not in plain characters")]
    BadLabel { max: usize },
    #[error("the block `{label}` is not in base64 here")]
    BadBase64 { label: String },
    #[error("the block `{label}` is empty")]
    Empty { label: String },
    #[error("the block `{label}` decodes to more than {max} bytes")]
    TooLarge { label: String, max: usize },
}

impl PemBlock {
    /// What the label says that the block is.
    pub fn content(&self) -> PemContent {
        PemContent::of(&self.label)
    }
}

impl PemContent {
    fn of(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "X509 CRL" | "CRL" => Self::Crl,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::CertificateRequest,
            _ if label.ends_with("PRIVATE KEY") => Self::PrivateKey,
            _ => Self::Other,
        }
    }
}

/// The blocks of a text that is in memory.
#[derive(Debug)]
pub struct PemBlocks<'a> {
    rest: Option<&'a [u8]>,
    scanner: PemScanner,
    /// A line can end one block badly and begin the next.
    waiting: Option<PemItem>,
}

type PemItem = Result<PemBlock, PemError>;

impl<'a> PemBlocks<'a> {
    /// Any text; what stands outside of blocks is skipped.
    pub fn new(text: &'a [u8]) -> Self {
        Self { rest: Some(text), scanner: PemScanner::new(), waiting: None }
    }
}

impl Iterator for PemBlocks<'_> {
    type Item = PemItem;

    fn next(&mut self) -> Option<PemItem> {
        loop {
            if let Some(item) = self.waiting.take() {
                return Some(item);
            }
            let text = self.rest?;
            let (line, rest) = split_line(text);
            self.rest = rest;
            self.waiting = self.scanner.line(line);
            if self.rest.is_none() && self.waiting.is_none() {
                return self.scanner.finish();
            }
        }
    }
}

/// The line without its end, and what follows; `None` after the last one.
fn split_line(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    // `position` is the only search here over megabytes; it runs at memory speed for lines of 64 bytes.
    match text.iter().position(|&byte| byte == b'\n') {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..)),
        None => (text, None),
    }
}

/// The same for text that arrives line by line, for example from a file larger than memory. It holds at most one block.
#[derive(Debug, Default)]
pub struct PemScanner {
    line: u32,
    open: Option<Open>,
}

/// A block whose end has not been seen.
#[derive(Debug)]
struct Open {
    label: String,
    content: PemContent,
    line: u32,
    /// Base64 digits not yet decoded.
    pending: Vec<u8>,
    der: Vec<u8>,
    padded: bool,
    /// Inside the headers of RFC 1421, which end with an empty line.
    in_headers: bool,
    error: Option<PemError>,
}

impl PemScanner {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next line, with or without its line end; gives the block that it completes, or the error that it
    /// reveals.
    pub fn line(&mut self, line: &[u8]) -> Option<PemItem> {
        self.line = self.line.saturating_add(1);
        let line = line.trim_ascii();
        if let Some(label) = line.strip_prefix(b"-----BEGIN ").and_then(|rest| rest.strip_suffix(b"-----")) {
            let broken = self.finish();
            return match read_label(label) {
                Some(label) => {
                    self.open = Some(Open::new(label, self.line));
                    broken
                }
                // Not a block that we could have read; an error of the block before it matters more.
                None => broken.or(Some(Err(PemError {
                    line: self.line,
                    kind: PemErrorKind::BadLabel { max: PEM_LABEL_BYTES_MAX },
                }))),
            };
        }
        if let Some(label) = line.strip_prefix(b"-----END ").and_then(|rest| rest.strip_suffix(b"-----")) {
            let end = read_label(label).unwrap_or_else(|| "?".to_owned());
            return Some(match self.open.take() {
                Some(open) => open.close(end, self.line),
                None => Err(PemError { line: self.line, kind: PemErrorKind::EndWithoutBegin { label: end } }),
            });
        }
        if let Some(open) = &mut self.open {
            open.push(line, self.line);
        }
        None
    }

    /// Says that no line follows; gives the error of a block that is still open.
    pub fn finish(&mut self) -> Option<PemItem> {
        let open = self.open.take()?;
        let kind = PemErrorKind::Unterminated { label: open.label };
        Some(Err(PemError { line: open.line, kind }))
    }
}

impl Open {
    fn new(label: String, line: u32) -> Self {
        let content = PemContent::of(&label);
        let (pending, der) = (Vec::new(), Vec::new());
        Self { label, content, line, pending, der, padded: false, in_headers: false, error: None }
    }

    fn push(&mut self, line: &[u8], number: u32) {
        if self.error.is_some() || self.content == PemContent::PrivateKey {
            return;
        }
        if line.is_empty() {
            self.in_headers = false;
        } else if self.in_headers || line.contains(&b':') {
            // RFC 1421 headers, which OpenSSL writes in front of encrypted keys, come first or not at all.
            self.in_headers = self.pending.is_empty() && self.der.is_empty();
            if !self.in_headers {
                self.fail(number);
            }
        } else if line.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        {
            self.pending.extend_from_slice(line);
        } else {
            // A blank inside a line is as harmless as one at its end.
            let start = self.pending.len();
            self.pending.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
            let added = self.pending.get(start..).unwrap_or_default();
            if !added.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')) {
                self.fail(number);
            }
        }
        if self.pending.len() >= PENDING_BYTES {
            self.decode(self.pending.len() / 4 * 4, number);
        }
    }

    /// Decodes the first `count` digits that are pending.
    fn decode(&mut self, count: usize, line: u32) {
        let Some(digits) = self.pending.get(..count).filter(|digits| !digits.is_empty()) else { return };
        let max = if self.content == PemContent::Crl { CRL_BYTES_MAX } else { CERTIFICATE_BYTES_MAX };
        let padded = digits.last() == Some(&b'=');
        if self.padded || BASE64.decode_vec(digits, &mut self.der).is_err() {
            self.fail(line);
        } else if self.der.len() > max {
            let kind = PemErrorKind::TooLarge { label: self.label.clone(), max };
            self.error = Some(PemError { line: self.line, kind });
            self.der = Vec::new();
        }
        self.padded = padded;
        self.pending.drain(..count.min(self.pending.len()));
    }

    fn fail(&mut self, line: u32) {
        self.error = Some(PemError { line, kind: PemErrorKind::BadBase64 { label: self.label.clone() } });
        self.pending = Vec::new();
        self.der = Vec::new();
    }

    fn close(mut self, end: String, line: u32) -> PemItem {
        if end != self.label {
            return Err(PemError { line, kind: PemErrorKind::LabelsDiffer { begin: self.label, end } });
        }
        self.decode(self.pending.len(), self.line);
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.der.is_empty() && self.content != PemContent::PrivateKey {
            return Err(PemError { line: self.line, kind: PemErrorKind::Empty { label: self.label } });
        }
        if self.label == "TRUSTED CERTIFICATE" {
            // OpenSSL appends what the certificate is trusted for.
            if let Ok(certificate) = Reader::new(&self.der).any("certificate") {
                let length = certificate.raw.len();
                self.der.truncate(length);
            }
        }
        Ok(PemBlock { label: self.label, der: self.der, line: self.line })
    }
}

fn read_label(label: &[u8]) -> Option<String> {
    let is_plain = label.iter().all(|&byte| byte == b' ' || byte.is_ascii_graphic());
    let label = std::str::from_utf8(label).ok().filter(|_| is_plain && label.len() <= PEM_LABEL_BYTES_MAX)?;
    Some(label.trim().to_owned())
}

#[cfg(test)]
mod tests;
