//! From what hyper parsed to a [`Request`] that is complete, within limits and means one thing only.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{DISCARDED_BYTES_MAX, Limits};
use super::refusal::Refusal;

const KIB: usize = 1024;

/// Checks a head and puts the request's host into its `Host` header.
///
/// # Errors
/// What RFC 9112 has refused: section 3.2 on hosts, section 6 on lengths; and CONNECT.
pub(super) fn check_head(head: &mut Parts, has_length: bool) -> Result<(), Refusal> {
    if head.method == Method::CONNECT {
        return Err(Refusal::Connect);
    }
    check_host(head)?;
    let mut encodings = head.headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(encoding) = encodings.next() {
        if has_length || head.headers.contains_key(CONTENT_LENGTH) {
            return Err(Refusal::LengthsConflict);
        }
        if encodings.next().is_some() || !encoding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::Encoding);
        }
    }
    Ok(())
}

fn check_host(head: &mut Parts) -> Result<(), Refusal> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => return Err(Refusal::HostRepeated),
        (Some(host), None) => Some(host),
        (None, _) if head.version == Version::HTTP_10 => None,
        (None, _) => return Err(Refusal::HostMissing),
    };
    let is_host = |host: &[u8]| {
        Authority::try_from(host).is_ok_and(|found| !found.host().is_empty() && !found.as_str().contains('@'))
    };
    if host.is_some_and(|host| !is_host(host.as_bytes())) {
        return Err(Refusal::HostInvalid);
    }
    // A target in absolute form wins over the header (RFC 9112 section 3.2.2).
    if let Some(authority) = head.uri.authority() {
        if !is_host(authority.as_str().as_bytes()) {
            return Err(Refusal::HostInvalid);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Refusal::HostInvalid)?;
        head.headers.insert(HOST, host);
    }
    Ok(())
}

/// A body, and its share of the memory for bodies.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// Given back when the request is done.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

/// Reads a body to its end.
///
/// # Errors
/// When it is longer than allowed, does not arrive in time, breaks off, or when there is no memory for it.
pub(super) async fn body(
    headers: &HeaderMap,
    incoming: Incoming,
    limits: &Limits,
    memory: &Arc<Semaphore>,
) -> Result<Body, Refusal> {
    let seconds = limits.body_time.as_secs();
    match tokio::time::timeout(limits.body_time, collect(headers, incoming, limits, memory)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::BodySlow(seconds)),
    }
}

async fn collect(
    headers: &HeaderMap,
    mut incoming: Incoming,
    limits: &Limits,
    memory: &Arc<Semaphore>,
) -> Result<Body, Refusal> {
    let length =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse::<u64>().ok());
    let is_too_large = length.is_some_and(|length| length > limits.body_bytes as u64);
    if is_too_large {
        // Whoever expects to be told to go on has not sent the body yet.
        if !headers.contains_key(EXPECT) {
            discard(&mut incoming).await;
        }
        return Err(Refusal::BodyTooLarge(limits.body_bytes));
    }
    let mut share = None;
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Refusal::BodyBroken(error.to_string()))?;
        // Trailers carry nothing that anybody here reads.
        let Ok(data) = frame.into_data() else { continue };
        let total = first.len() + rest.len() + data.len();
        if total > limits.body_bytes {
            discard(&mut incoming).await;
            return Err(Refusal::BodyTooLarge(limits.body_bytes));
        }
        reserve(&mut share, total, memory)?;
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    // Nearly all bodies are one piece, which is not copied.
    let bytes = if rest.is_empty() { first } else { [first, rest.freeze()].concat().into() };
    Ok(Body { bytes, share })
}

/// Takes memory for `total` bytes, less what is taken already.
fn reserve(
    share: &mut Option<OwnedSemaphorePermit>,
    total: usize,
    memory: &Arc<Semaphore>,
) -> Result<(), Refusal> {
    let taken = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
    let missing = total.div_ceil(KIB).saturating_sub(taken);
    if missing == 0 {
        return Ok(());
    }
    let count = u32::try_from(missing).map_err(|_| Refusal::Memory)?;
    let more = Arc::clone(memory).try_acquire_many_owned(count).map_err(|_| Refusal::Memory)?;
    match share {
        Some(share) => share.merge(more),
        None => *share = Some(more),
    }
    Ok(())
}

async fn discard(incoming: &mut Incoming) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = incoming.frame().await {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > DISCARDED_BYTES_MAX {
            return;
        }
    }
}

/// The memory that all bodies share.
pub(super) fn memory(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes / KIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(target: &str, version: Version, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().uri(target).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn check(target: &str, version: Version, headers: &[(&str, &str)], expected: Result<&str, Refusal>) {
        let mut head = head(target, version, headers);
        let host = check_head(&mut head, false)
            .map(|()| head.headers.get(HOST).map_or(String::new(), |host| host.to_str().unwrap().to_owned()));
        assert_eq!(host, expected.map(str::to_owned), "{target} {headers:?}");
    }

    #[test]
    fn a_request_has_one_host() {
        let (one, two) = (("host", "a.example:80"), ("host", "b.example"));
        check("/", Version::HTTP_11, &[one], Ok("a.example:80"));
        check("/", Version::HTTP_11, &[], Err(Refusal::HostMissing));
        check("/", Version::HTTP_11, &[one, two], Err(Refusal::HostRepeated));
        check("/", Version::HTTP_10, &[one, one], Err(Refusal::HostRepeated));
        check("/", Version::HTTP_10, &[], Ok(""));
        check("http://c.example/x", Version::HTTP_11, &[one], Ok("c.example"));
        check("http://c.example/x", Version::HTTP_11, &[], Err(Refusal::HostMissing));
        for bad in ["", "a b", "a@b", "a/b"] {
            check("/", Version::HTTP_11, &[("host", bad)], Err(Refusal::HostInvalid));
        }
    }

    #[test]
    fn a_body_has_one_length() {
        let host = ("host", "a");
        let chunked = ("transfer-encoding", "chunked");
        check("/", Version::HTTP_11, &[host, chunked], Ok("a"));
        check("/", Version::HTTP_11, &[host, ("transfer-encoding", "Chunked")], Ok("a"));
        check("/", Version::HTTP_11, &[host, ("transfer-encoding", "gzip, chunked")], Err(Refusal::Encoding));
        check("/", Version::HTTP_11, &[host, chunked, chunked], Err(Refusal::Encoding));
        check(
            "/",
            Version::HTTP_11,
            &[host, chunked, ("content-length", "1")],
            Err(Refusal::LengthsConflict),
        );
        let mut hidden = head("/", Version::HTTP_11, &[host, chunked]);
        assert_eq!(check_head(&mut hidden, true), Err(Refusal::LengthsConflict));
    }

    #[test]
    fn memory_is_taken_once_and_given_back() {
        let memory = memory(8 * KIB);
        let mut share = None;
        reserve(&mut share, 1, &memory).unwrap();
        reserve(&mut share, 3 * KIB, &memory).unwrap();
        assert_eq!(memory.available_permits(), 5);
        assert_eq!(reserve(&mut share, 9 * KIB, &memory), Err(Refusal::Memory));
        drop(share);
        assert_eq!(memory.available_permits(), 8);
    }
}
