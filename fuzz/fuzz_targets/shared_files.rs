//! Any text as AWS's shared files: read, and no secret shown.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| thingwarden::fuzzing::shared_files(input.0, input.1));
