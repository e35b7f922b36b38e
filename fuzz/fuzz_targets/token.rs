//! Any bytes as the token of a client, as its parts, and as the keys of an issuer: read, or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| thingwarden::fuzzing::token(input));
