//! Any bytes as a list of weak keys, in every format: loaded or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::pki::key_quality::ListFormat;

fuzz_target!(|bytes: &[u8]| {
    for format in [ListFormat::OpensslBlacklist, ListFormat::Badkeys { debian_lists: &[1] }, ListFormat::ModulusPrefixes] {
        let _ = KeyChecker::builtin().with_list(bytes, format);
    }
});
