//! Tests of issuing.

use rcgen::{CertificateParams, IsCa, KeyPair, KeyUsagePurpose};
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use thingwarden_engine::pki::{Certificate, KeyKind};

use super::super::authority::AuthorityName;
use super::super::testing::{Ca, NOW, params};
use super::*;

fn authority() -> (tempfile::TempDir, IssuingCa) {
    let folder = tempfile::tempdir().unwrap();
    let ca = IssuingCa::open_or_create(
        folder.path(),
        AuthorityName::Devices,
        "123456789012",
        KeyType::EcdsaP256,
        NOW,
    )
    .unwrap();
    (folder, ca)
}

fn parse(pem_text: &str) -> Certificate {
    Certificate::parse(&pem::read_one(pem_text, PemContent::Certificate, 65_536).unwrap()).unwrap()
}

/// What a TLS server that trusts the authority says to a device with this certificate.
fn accepted_by_tls(ca: &IssuingCa, issued: &Issued) -> Result<(), rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let seconds = u64::try_from(NOW.millis() / 1000).unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let leaf = CertificateDer::from_pem_slice(issued.pem.as_bytes()).unwrap();
    verifier.verify_client_cert(&leaf, &[], now).map(|_| ())
}

#[test]
fn a_generated_certificate_is_as_from_aws() {
    let (_folder, ca) = authority();
    let made = ca.generate_keys_and_certificate(KeyType::Rsa2048, NOW, None).unwrap();
    let certificate = parse(&made.certificate.pem);
    assert_eq!(certificate.id, made.certificate.id);
    assert_eq!(certificate.subject.to_string(), "CN=Thingwarden IoT Certificate");
    assert_eq!(certificate.issuer, ca.certificate().subject);
    assert_eq!(certificate.not_after.to_string(), "2049-12-31T23:59:59Z");
    assert!(certificate.not_before <= NOW && certificate.not_before >= ca.certificate().not_before);
    assert_eq!(certificate.public_key.kind(), KeyKind::Rsa { bits: 2048 });
    assert_eq!(certificate.is_ca, Some(false));
    let usage = certificate.key_usage.unwrap();
    assert!(usage.digital_signature() && !usage.key_cert_sign() && !usage.crl_sign());
    assert!(certificate.authority_key_id.is_some());
    assert_eq!(certificate.authority_key_id, ca.certificate().subject_key_id);
    assert_eq!(certificate.serial.as_der().map(<[u8]>::len), Some(20));
    assert!(!certificate.serial.is_negative() && certificate.unread_extensions.is_empty());
    accepted_by_tls(&ca, &made.certificate).unwrap();

    assert!(made.private_key_pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    assert!(made.public_key_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let spki = PrivateKey::from_pem(&made.private_key_pem).unwrap().public_key_info();
    assert_eq!(pem::write("PUBLIC KEY", &spki), made.public_key_pem);
    assert_eq!(thingwarden_engine::ids::sha256(&spki), certificate.spki_sha256);
    assert!(!format!("{made:?}").contains("PRIVATE"));
}

#[test]
fn every_certificate_has_a_serial_and_a_key_of_its_own() {
    let (_folder, ca) = authority();
    let make =
        || parse(&ca.generate_keys_and_certificate(KeyType::EcdsaP256, NOW, None).unwrap().certificate.pem);
    let (one, other) = (make(), make());
    assert_ne!(one.serial, other.serial);
    assert_ne!(one.spki_sha256, other.spki_sha256);
}

#[test]
fn requests_of_every_kind_of_key_are_served() {
    let (_folder, ca) = authority();
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA256,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_RSA_SHA512,
    ] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let csr = params("sensor-7").serialize_request(&key).unwrap().pem().unwrap();
        let issued = ca.issue_from_csr(&csr, NOW).unwrap();
        assert_eq!(parse(&issued.pem).subject.to_string(), "CN=sensor-7", "{algorithm:?}");
        accepted_by_tls(&ca, &issued).unwrap();
    }
}

#[test]
fn a_request_gets_no_powers() {
    let (_folder, ca) = authority();
    let mut wanted = params("evil");
    wanted.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    wanted.subject_alt_names = vec![rcgen::SanType::DnsName("api.example.com".try_into().unwrap())];
    let csr = wanted.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap();
    let issued = ca.issue_from_csr(&csr, NOW).unwrap();
    let certificate = parse(&issued.pem);
    assert_eq!(certificate.is_ca, Some(false));
    assert!(!certificate.key_usage.unwrap().key_cert_sign());
    assert!(!certificate.as_der().windows(15).any(|part| part == b"api.example.com"));
}

/// A request with any subject and any key information, signed by a key.
fn request(subject: &[u8], spki: &[u8], key: &PrivateKey) -> String {
    let signed = der::sequence(&[&[2, 1, 0], subject, spki, &[0xa0, 0]]);
    let signature = der::bit_string(&key.sign(&signed).unwrap());
    pem::write("CERTIFICATE REQUEST", &der::sequence(&[&signed, &key.signature_algorithm(), &signature]))
}

#[test]
fn subjects_are_taken_over_byte_by_byte() {
    let (_folder, ca) = authority();
    let key = PrivateKey::generate(KeyType::EcdsaP256).unwrap();
    let units = der::name(&[(10, "Example"), (11, "Line 1"), (11, "Line 2"), (3, "sensor-7")]);
    let issued = ca.issue_from_csr(&request(&units, &key.public_key_info(), &key), NOW).unwrap();
    assert_eq!(parse(&issued.pem).subject.as_der(), units);

    let issued = ca.issue_from_csr(&request(&[0x30, 0], &key.public_key_info(), &key), NOW).unwrap();
    assert_eq!(parse(&issued.pem).subject.to_string(), "CN=Thingwarden IoT Certificate");
}

#[test]
fn old_devices_sign_their_requests_with_sha1() {
    let (_folder, ca) = authority();
    let issued = ca.issue_from_csr(include_str!("../testdata/sha1.csr"), NOW).unwrap();
    let certificate = parse(&issued.pem);
    assert_eq!(certificate.subject.to_string(), "CN=press-7");
    assert_eq!(certificate.signature_algorithm.to_string(), "SHA-256 with ECDSA");
}

#[test]
fn bad_requests_say_what_is_wrong() {
    let (_folder, ca) = authority();
    let check = |csr: &str, expected: &str| {
        let error = ca.issue_from_csr(csr, NOW).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.code(), Code::InvalidRequestException);
    };
    let key = PrivateKey::generate(KeyType::EcdsaP256).unwrap();
    let other = PrivateKey::generate(KeyType::EcdsaP256).unwrap();
    let name = der::name(&[(CN, "sensor-7")]);
    let good = request(&name, &key.public_key_info(), &key);
    ca.issue_from_csr(&good, NOW).unwrap();

    check("", "no PEM block");
    check("nonsense", "no PEM block");
    check(&"A".repeat(4097), "at most 4096");
    check(&good.replace("CERTIFICATE REQUEST", "CERTIFICATE"), "no PEM block");
    check(&format!("{good}{good}"), "exactly one");
    check(&format!("{good}{}", *key.to_pem().unwrap()), "private key");
    check(&request(&name, &key.public_key_info(), &other), "not signed by its own key");
    check(include_str!("../testdata/md5.csr"), "not signed by its own key");
    check(&request(&der::sequence(&[&[0x31, 0]]), &key.public_key_info(), &key), "name at byte");
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    check(&params("a").serialize_request(&ed25519).unwrap().pem().unwrap(), "its key is Ed25519");
    let short =
        der::rsa_key_info(&der::sequence(&[&der::unsigned(&[0xff; 128]), &der::unsigned(&[1, 0, 1])]));
    check(&request(&name, &short, &key), "its key is RSA-1024");
    // The same numbers with a needless zero byte in front of the exponent.
    let modulus = der::unsigned(&[0xff; 256]);
    let padded = der::rsa_key_info(&der::sequence(&[&modulus, &[2, 4, 0, 1, 0, 1]]));
    check(&request(&name, &padded, &key), "not encoded in DER");
}

#[test]
fn nothing_outlives_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    let root = Ca::new("Root");
    let (certificate, key) = (folder.path().join("ca.pem"), folder.path().join("ca.key"));
    std::fs::write(&certificate, &root.pem).unwrap();
    super::super::files::write(&key, root.key.serialize_pem().as_bytes(), 0o600).unwrap();
    let ca = IssuingCa::open(&certificate, &key, NOW).unwrap();
    let csr = CertificateParams::default().serialize_request(&KeyPair::generate().unwrap()).unwrap();
    let csr = csr.pem().unwrap();
    let issued = ca.issue_from_csr(&csr, NOW).unwrap();
    assert_eq!(parse(&issued.pem).not_after.to_string(), "2030-01-01T00:00:00Z");
    accepted_by_tls(&ca, &issued).unwrap();
    let late = Timestamp::parse("2030-01-01T00:00:01Z").unwrap();
    let error = ca.issue_from_csr(&csr, late).unwrap_err();
    assert!(matches!(error, IssueError::AuthorityExpired(_)), "{error}");
    assert_eq!(error.code(), Code::InternalFailureException);
}
