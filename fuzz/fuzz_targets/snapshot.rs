//! Any bytes as an input file, under a name that the first of them chooses: names make different readers of it.

#![no_main]

use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["a.json", "a.jsonl", "a.log", "a.pem", "a.crl", "a.tar.gz", "a.tar.zst", "a"];

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    thingwarden::fuzzing::load(NAMES[usize::from(*first) % NAMES.len()], bytes);
});
