//! Any bytes as a request of AWS IoT's API: input of an operation, or an error. What was read is read the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_fuzz::Request;
use thingwarden_wire::route::{Route, route};
use thingwarden_wire::shape::Location;
use thingwarden_wire::{decode, validate};

fuzz_target!(|input: &[u8]| {
    let Some(request) = Request::read(input) else { return };
    let Ok(Route::Served(operation, labels)) = route(request.method, request.path) else { return };
    let parts = decode::Request { query: request.query, headers: &request.headers, body: request.body };
    let Ok(read) = decode::decode(operation, &labels, &parts) else { return };
    for member in operation.info().members() {
        if let Location::Uri(label) = member.location {
            assert!(read.get(member.name).is_none() || labels.get(label).is_some(), "{}", member.name);
        }
    }
    let payload = operation.info().members().iter().find(|member| member.location == Location::Payload);
    let body = payload.map_or(Some(&read), |member| read.get(member.name));
    let body = body.map(ToString::to_string).unwrap_or_default();
    let again = decode::decode(operation, &labels, &decode::Request { body: body.as_bytes(), ..parts });
    assert_eq!(again.as_ref(), Ok(&read));
    assert_eq!(validate::validate(operation, &read), validate::validate(operation, &read));
});
