//! Any bytes as what a device says to provision itself, in JSON and in CBOR: the same in both, or nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| thingwarden::fuzzing::provisioning_payload(payload));
