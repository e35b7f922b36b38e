//! Any text as PEM: blocks or errors with a line, and the line is in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::pem::PemBlocks;

fuzz_target!(|text: &[u8]| {
    let lines = text.split(|byte| *byte == b'\n').count();
    for item in PemBlocks::new(text) {
        let line = match &item {
            Ok(block) => block.line,
            Err(error) => error.line,
        };
        assert!(usize::try_from(line).is_ok_and(|line| (1..=lines).contains(&line)));
    }
});
