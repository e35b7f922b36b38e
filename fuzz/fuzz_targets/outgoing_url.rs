//! Any text as the URL of an endpoint and where it redirects to, or as a network that may be connected to.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| thingwarden::fuzzing::urls(input.0, input.1));
