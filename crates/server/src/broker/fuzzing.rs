//! What the fuzz target `data_plane` asks; compiled for it alone.

use http::{HeaderMap, HeaderName, HeaderValue};
use thingwarden_engine::time::Timestamp;
use thingwarden_mqtt::Limits;

use super::{data_plane, http_publish};
use crate::http::{Request, RequestId, Takeover};

/// A request of a device over HTTP: a call, a message, or an error that says why.
pub fn data_plane_request(method: &str, path: &str, query: &str, headers: &[(&str, &[u8])], body: &[u8]) {
    data_plane::fuzz(method, path, query);
    let Ok(method) = method.parse() else { return };
    let named = headers.iter().filter_map(|(name, value)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: named.collect::<HeaderMap>(),
        body: bytes::Bytes::copy_from_slice(body),
        peer: ([127, 0, 0, 1], 1).into(),
        secure: true,
        id: RequestId::random(),
        received: Timestamp::from_seconds(1_800_000_000),
        takeover: Takeover::default(),
    };
    if http_publish::is_meant(&request) {
        http_publish::fuzz(&Limits::default(), &request);
    }
}
