//! Any bytes as an input file, under names that make different readers of it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["a.json", "a.jsonl", "a.log", "a.pem", "a.crl", "a.tar.gz", "a.tar.zst", "a"] {
        thingwarden::fuzzing::load(name, bytes);
    }
});
