//! Any bytes as the answer of somebody who was asked for approval, of Slack or of a webhook: read, or refused in words.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| thingwarden::fuzzing::callback(input));
