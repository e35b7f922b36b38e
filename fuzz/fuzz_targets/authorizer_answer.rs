//! Any bytes as the answer of a custom authorizer: policies within the limits, or no.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| thingwarden::fuzzing::authorizer_answer(answer));
