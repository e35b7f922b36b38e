//! Any text as a filter pattern of CloudWatch Logs, and a record on the next line.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((pattern, record)) = thingwarden_fuzz::two(input) else { return };
    thingwarden::fuzzing::filter_pattern(pattern, record);
});
