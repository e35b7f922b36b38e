//! Any text as a filter policy, a delivery policy, a redrive policy or an ARN of SNS: refused, or read the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| thingwarden::fuzzing::policies(input.0, input.1));
