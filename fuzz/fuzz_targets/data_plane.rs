//! Any bytes as a request of a device over HTTP: a shadow's, a message, a list, or an error that says why.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_fuzz::Request;

fuzz_target!(|input: &[u8]| {
    let Some(request) = Request::read(input) else { return };
    let Request { method, path, query, headers, body } = request;
    thingwarden::fuzzing::data_plane_request(method, path, query, &headers, body);
});
