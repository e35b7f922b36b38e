//! Tests of the authority's files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rcgen::{KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

use super::super::testing::{Ca, NOW, ca_params, params};
use super::*;

const ACCOUNT: &str = "123456789012";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn is_made_once_and_stays() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ca");
    for kind in [KeyType::Rsa2048, KeyType::EcdsaP256] {
        let first = IssuingCa::open_or_create(&path, AuthorityName::Devices, ACCOUNT, kind, NOW).unwrap();
        // The kind of key matters at first start alone.
        let again =
            IssuingCa::open_or_create(&path, AuthorityName::Devices, "000000000000", KeyType::Rsa2048, NOW)
                .unwrap();
        assert_eq!((first.pem(), first.certificate()), (again.pem(), again.certificate()));
        assert_eq!((mode(&path.join("key.pem")), mode(&path)), (0o600, 0o700));
        let certificate = first.certificate();
        assert_eq!(
            certificate.subject.to_string(),
            "CN=Thingwarden Issuing CA,OU=123456789012,O=Thingwarden"
        );
        assert!(certificate.is_self_signed() && certificate.is_ca == Some(true));
        assert_eq!(certificate.serial.as_der().map(<[u8]>::len), Some(16));
        assert_eq!(certificate.not_after.to_string(), "2049-12-31T23:59:59Z");
        assert!(certificate.subject_key_id.is_some());
        assert!(!format!("{first:?}").contains("PRIVATE KEY"));
        fs::remove_dir_all(&path).unwrap();
    }
}

#[test]
fn a_crash_at_first_start_is_made_up() {
    let folder = TempDir::new().unwrap();
    let first =
        IssuingCa::open_or_create(folder.path(), AuthorityName::Devices, ACCOUNT, KeyType::EcdsaP256, NOW)
            .unwrap();
    fs::remove_file(folder.path().join("certificate.pem")).unwrap();
    fs::write(folder.path().join("certificate.pem.new"), "-----BEGIN CERT").unwrap();
    let again =
        IssuingCa::open_or_create(folder.path(), AuthorityName::Devices, ACCOUNT, KeyType::EcdsaP256, NOW)
            .unwrap();
    assert_eq!(first.certificate().spki_sha256, again.certificate().spki_sha256);
    assert!(!folder.path().join("certificate.pem.new").exists());
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let folder = TempDir::new().unwrap();
    IssuingCa::open_or_create(folder.path(), AuthorityName::Devices, ACCOUNT, KeyType::EcdsaP256, NOW)
        .unwrap();
    let key = folder.path().join("key.pem");
    for bits in [0o640, 0o604, 0o660] {
        fs::set_permissions(&key, fs::Permissions::from_mode(bits)).unwrap();
        let error = IssuingCa::open_or_create(
            folder.path(),
            AuthorityName::Devices,
            ACCOUNT,
            KeyType::EcdsaP256,
            NOW,
        )
        .unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    IssuingCa::open_or_create(folder.path(), AuthorityName::Devices, ACCOUNT, KeyType::EcdsaP256, NOW)
        .unwrap();
}

fn open(certificate: &str, key: &str) -> Result<IssuingCa, AuthorityError> {
    let folder = TempDir::new().unwrap();
    let (certificate_path, key_path) = (folder.path().join("ca.pem"), folder.path().join("ca.key"));
    fs::write(&certificate_path, certificate).unwrap();
    files::write(&key_path, key.as_bytes(), 0o600).unwrap();
    IssuingCa::open(&certificate_path, &key_path, NOW)
}

#[test]
fn a_supplied_authority_is_taken() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let ca = Ca::of(ca_params("Plant CA"), KeyPair::generate_for(algorithm).unwrap());
        let opened = open(&ca.pem, &ca.key.serialize_pem()).unwrap();
        assert_eq!(opened.certificate().subject.to_string(), "CN=Plant CA");
    }
}

#[test]
fn an_unfit_authority_is_refused_with_the_reason() {
    let check = |certificate: &str, key: &str, expected: &str| {
        let error = open(certificate, key).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("PRIVATE"), "{error}");
    };
    let good = Ca::new("Plant CA");
    let key = good.key.serialize_pem();
    let with = |params| Ca::of(params, KeyPair::try_from(good.key.serialize_der()).unwrap()).pem;
    check(&with(params("Plant CA")), &key, "not a CA's");
    let mut no_signing = ca_params("Plant CA");
    no_signing.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    check(&with(no_signing), &key, "keyCertSign");
    let mut expired = ca_params("Plant CA");
    expired.not_after = rcgen::date_time_ymd(2026, 11, 1);
    check(&with(expired), &key, "2026-11-01");
    let mut early = ca_params("Plant CA");
    early.not_before = rcgen::date_time_ymd(2026, 12, 1);
    check(&with(early), &key, "not now");
    let ed25519 = Ca::of(ca_params("Plant CA"), KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap());
    check(&ed25519.pem, &key, "its key is Ed25519");
    check(&good.pem, &Ca::new("Other").key.serialize_pem(), "another key");
    check(&good.pem, "no key", "no private key");
    check(&good.pem, &ed25519.key.serialize_pem(), "no private key");
    check("no certificate", &key, "no PEM block");
    check(&format!("{}{}", good.pem, good.pem), &key, "exactly one");
    let folder = TempDir::new().unwrap();
    let absent = IssuingCa::open(&folder.path().join("a"), &folder.path().join("b"), NOW).unwrap_err();
    assert!(matches!(absent, AuthorityError::Missing { .. }), "{absent}");
}
