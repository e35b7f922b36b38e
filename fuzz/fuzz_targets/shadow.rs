//! Any bytes as two changes of a shadow, one on a line: refused, or made once.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (first, second) = input.split_at(at);
    thingwarden::fuzzing::shadow(first, second);
});
