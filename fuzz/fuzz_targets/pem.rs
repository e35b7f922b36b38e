//! Any text as PEM: blocks or errors with a line, and the line is in the text. A block that is written again is the same.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::pem::{PemBlock, PemBlocks, PemContent};

fuzz_target!(|text: &[u8]| {
    let lines = text.split(|byte| *byte == b'\n').count();
    for item in PemBlocks::new(text) {
        let line = match &item {
            Ok(block) => block.line,
            Err(error) => error.line,
        };
        assert!(usize::try_from(line).is_ok_and(|line| (1..=lines).contains(&line)));
        let Ok(block) = item else { continue };
        if block.content() == PemContent::PrivateKey {
            assert!(block.der.is_empty(), "a private key is kept");
            continue;
        }
        let PemBlock { label, der, .. } = &block;
        let written = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der));
        let mut again = PemBlocks::new(written.as_bytes());
        assert_eq!(again.next(), Some(Ok(PemBlock { line: 1, ..block })));
        assert_eq!(again.next(), None);
    }
});
