//! Any bytes as a revocation list, and any list against no issuers: never taken in.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::{Crl, IssuerIndex, RevocationsBuilder};
use thingwarden_engine::time::Timestamp;

fuzz_target!(|der: &[u8]| {
    if let Ok(crl) = Crl::parse(der) {
        let mut revocations = RevocationsBuilder::new();
        assert!(revocations.add(crl, &IssuerIndex::new(), Timestamp::from_seconds(1_800_000_000)).is_err());
    }
});
