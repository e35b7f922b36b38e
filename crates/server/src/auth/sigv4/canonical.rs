//! The canonical request: what client and server hash, so that both speak of the same request.
//!
//! [Create a signed request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html);
//! the path as every service but S3 has it: normalised, then percent-encoded once more.

use ring::digest;

use super::SignatureError;
use super::parts::{SignedParts, query_pairs};

/// The canonical request, with `payload` as the hexadecimal hash of the body and without the parameters `left_out` of the
/// query.
///
/// # Errors
/// [`SignatureError::Invalid`] when a header is said to be signed and is not there.
pub(super) fn request(
    parts: &SignedParts<'_>,
    signed_headers: &str,
    left_out: &[&str],
    payload: &str,
) -> Result<Vec<u8>, SignatureError> {
    let mut text = Vec::with_capacity(512 + parts.path_raw.len() + parts.query_raw.len());
    text.extend_from_slice(parts.method.as_bytes());
    text.push(b'\n');
    path(parts.path_raw, &mut text);
    text.push(b'\n');
    query(parts.query_raw, left_out, &mut text);
    text.push(b'\n');
    for name in signed_headers.split(';') {
        let mut values = parts.header(name).peekable();
        if values.peek().is_none() {
            return Err(SignatureError::Invalid(format!(
                "the signed header '{name}' is not in the request."
            )));
        }
        text.extend_from_slice(name.as_bytes());
        for (index, value) in values.enumerate() {
            text.push(if index == 0 { b':' } else { b',' });
            header_value(value, &mut text);
        }
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed_headers.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload.as_bytes());
    Ok(text)
}

/// What the signature is computed over. `date` as `X-Amz-Date` has it.
pub(super) fn to_sign(date: &str, scope: &str, canonical: &[u8]) -> String {
    format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(canonical))
}

/// Whether a path says the same after normalisation. One that does not would lend its signature to another path.
pub(super) fn is_normal(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return path.is_empty() };
    let inner = rest.strip_suffix('/').unwrap_or(rest);
    rest.is_empty() || inner.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

fn path(path: &str, text: &mut Vec<u8>) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    if segments.is_empty() {
        text.push(b'/');
    }
    for segment in &segments {
        text.push(b'/');
        for byte in segment.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(byte),
                _ => text.extend([b'%', hex_digit(byte >> 4), hex_digit(byte)]),
            }
        }
    }
    if path.ends_with('/') && !segments.is_empty() {
        text.push(b'/');
    }
}

fn query(query: &str, left_out: &[&str], text: &mut Vec<u8>) {
    let pairs = query_pairs(query).filter(|(key, _)| !left_out.contains(key));
    let mut pairs: Vec<(&str, &str)> = pairs.collect();
    pairs.sort_unstable();
    for (index, (key, value)) in pairs.into_iter().enumerate() {
        if index > 0 {
            text.push(b'&');
        }
        text.extend_from_slice(key.as_bytes());
        text.push(b'=');
        text.extend_from_slice(value.as_bytes());
    }
}

/// Without blanks around it, and with one blank for any run of them inside.
fn header_value(value: &[u8], text: &mut Vec<u8>) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}

fn hex_digit(nibble: u8) -> u8 {
    match nibble & 15 {
        digit @ 0..=9 => b'0' + digit,
        digit => b'A' + digit - 10,
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    let nibbles = hash.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(hex_digit(nibble).to_ascii_lowercase())).collect()
}
