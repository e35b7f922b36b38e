//! Any bytes as a certificate: an error or facts, never a panic; facts are the same every time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::{Certificate, CertificateFacts, KeyChecker};

fuzz_target!(|der: &[u8]| {
    if let Ok(certificate) = Certificate::parse(der) {
        let checker = KeyChecker::builtin();
        let facts = CertificateFacts::of(&certificate, &checker);
        assert_eq!(facts, CertificateFacts::of(&certificate, &checker));
        let _ = (certificate.subject.to_string(), certificate.issuer.to_string());
    }
});
