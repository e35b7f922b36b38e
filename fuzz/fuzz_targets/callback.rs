//! Any bytes as the answer of somebody who was asked for approval: refused, or read; and never as both kinds.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    assert_ne!(thingwarden::fuzzing::callback(input), [true, true]);
});
