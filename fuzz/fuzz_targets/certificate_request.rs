//! Any bytes as a certification request: an error or a request whose subject can be copied, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_engine::pki::CertificateRequest;

fuzz_target!(|der: &[u8]| {
    if let Ok(request) = CertificateRequest::parse(der) {
        assert!(request.subject.check_well_formed().is_ok());
        assert!(request.subject.attributes().iter().all(|attribute| attribute.text.is_some()));
        let _ = (request.verify(), request.subject.to_string());
    }
});
