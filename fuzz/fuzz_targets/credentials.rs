//! Any bytes as the answer of a service that gives credentials: credentials, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| thingwarden::fuzzing::credentials(answer));
