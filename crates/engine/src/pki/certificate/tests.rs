//! Certificates of other tools, odd certificates of our own, and damaged ones.

use proptest::prelude::*;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;
use crate::pki::key::{Curve, KeyKind};
use crate::pki::signature::Hash;
use crate::pki::testing::{Draft, Signer, extension, fixture, integer, name_of, rsa_spki, seq, tlv};

/// Every certificate of the fixtures.
fn fixtures() -> Vec<Vec<u8>> {
    vec![
        fixture!("dsa"),
        fixture!("ec-p256"),
        fixture!("ec-p384"),
        fixture!("ec-p521"),
        fixture!("ec-secp256k1"),
        fixture!("ed25519"),
        fixture!("ed448"),
        fixture!("leaf"),
        fixture!("leaf-rsa"),
        fixture!("rsa-e3"),
        fixture!("rsa-md5"),
        fixture!("rsa-pss"),
        fixture!("rsa-sha1"),
        fixture!("rsa-sha256"),
        fixture!("rsa-sha384"),
        fixture!("rsa-sha512"),
        fixture!("trusted"),
        fixture!("v1"),
    ]
}

fn check(der: &[u8], kind: KeyKind, algorithm: &str, hash: Hash, verifies: bool) {
    let certificate = Certificate::parse(der).unwrap();
    assert_eq!(certificate.public_key.kind(), kind);
    assert_eq!(certificate.signature_algorithm.to_string(), algorithm);
    assert_eq!(certificate.signature_algorithm.hash(), hash);
    assert_eq!((certificate.is_self_issued(), certificate.is_self_signed()), (true, verifies), "{algorithm}");
    let mut forged = der.to_vec();
    // A bit inside of the subject's common name or of the validity, which keeps the structure.
    let place = der.len() / 4;
    forged[place] ^= 1;
    if let Ok(forged) = Certificate::parse(&forged) {
        assert!(!forged.is_self_signed(), "{algorithm}");
    }
}

#[test]
fn keys_and_signatures_of_every_kind_are_read() {
    let rsa = KeyKind::Rsa { bits: 2048 };
    let ec = |curve, bits| KeyKind::Ec { curve, bits };
    check(&fixture!("rsa-sha256"), rsa, "SHA-256 with RSA", Hash::Sha256, true);
    check(&fixture!("rsa-sha384"), rsa, "SHA-384 with RSA", Hash::Sha384, true);
    check(&fixture!("rsa-sha512"), rsa, "SHA-512 with RSA", Hash::Sha512, true);
    check(&fixture!("rsa-pss"), rsa, "SHA-256 with RSA-PSS", Hash::Sha256, true);
    check(&fixture!("rsa-e3"), rsa, "SHA-256 with RSA", Hash::Sha256, true);
    check(&fixture!("rsa-sha1"), KeyKind::Rsa { bits: 1024 }, "SHA-1 with RSA", Hash::Sha1, true);
    check(&fixture!("rsa-md5"), rsa, "MD5 with RSA", Hash::Md5, false);
    check(&fixture!("v1"), rsa, "SHA-256 with RSA", Hash::Sha256, true);
    check(&fixture!("ec-p256"), ec(Curve::P256, 256), "SHA-256 with ECDSA", Hash::Sha256, true);
    check(&fixture!("ec-p384"), ec(Curve::P384, 384), "SHA-256 with ECDSA", Hash::Sha256, true);
    check(&fixture!("ec-p521"), ec(Curve::P521, 521), "SHA-256 with ECDSA", Hash::Sha256, false);
    check(&fixture!("ec-secp256k1"), ec(Curve::Secp256k1, 256), "SHA-256 with ECDSA", Hash::Sha256, false);
    check(&fixture!("ed25519"), KeyKind::Ed25519, "Ed25519", Hash::BuiltIn, true);
    check(&fixture!("ed448"), KeyKind::Other, "1.3.101.113", Hash::BuiltIn, false);
    check(&fixture!("dsa"), KeyKind::Other, "SHA-256 with DSA", Hash::Sha256, false);
}

#[test]
fn a_device_certificate_has_all_its_facts() {
    let certificate = Certificate::parse(&fixture!("leaf")).unwrap();
    assert_eq!(
        certificate.id.to_string(),
        "cfb97e5036be31fda198ad3434b4a7df3442c47dd5079eb41d88b7ab5b4821fc"
    );
    assert_eq!(certificate.version, 3);
    assert_eq!(certificate.serial.to_string(), "0a1b2c3d4e5f");
    assert_eq!(certificate.subject.to_string(), "CN=sensor-7,O=Example");
    assert_eq!(certificate.subject.common_name().as_deref(), Some("sensor-7"));
    assert_eq!(certificate.issuer.to_string(), "CN=ec-p256,O=Example,C=DE");
    assert_eq!(certificate.not_before.to_string(), "2026-11-25T21:14:28Z");
    assert_eq!(certificate.not_after.to_string(), "2036-11-22T21:14:28Z");
    assert_eq!(certificate.is_ca, Some(false));
    let usage = certificate.key_usage.unwrap();
    assert_eq!((usage.digital_signature(), usage.key_cert_sign(), usage.crl_sign()), (true, false, false));
    let urls = ["http://crl.example.com/a.crl", "https://crl.example.com/b.crl"];
    assert_eq!(certificate.crl_distribution_points, urls);
    let ca = Certificate::parse(&fixture!("ec-p256")).unwrap();
    assert_eq!(certificate.authority_key_id, ca.subject_key_id);
    let usage = ca.key_usage.unwrap();
    assert_eq!((ca.is_ca, usage.key_cert_sign(), usage.crl_sign()), (Some(true), true, true));
    assert_eq!(certificate.verify_with(&ca.public_key), Ok(()));
    assert_eq!(certificate.verify_with(&certificate.public_key), Err(SignatureError::Invalid));
    assert_eq!(Certificate::parse(&fixture!("trusted")).unwrap(), certificate);
}

#[test]
fn version_1_has_no_extensions() {
    let certificate = Certificate::parse(&fixture!("v1")).unwrap();
    assert_eq!((certificate.version, certificate.is_ca, certificate.key_usage), (1, None, None));
    assert_eq!(certificate.serial.to_string(), "01");
}

/// Reads a changed device certificate.
fn parse(change: impl FnOnce(&mut Draft)) -> Result<Certificate, CertificateError> {
    let mut draft = Draft::new("ca", "device");
    change(&mut draft);
    Certificate::parse(&draft.der(&Signer::new(1)))
}

#[test]
fn odd_certificates_are_still_read() {
    let validity = seq(&[&tlv(0x18, &[b"00010101000000Z"]), &tlv(0x18, &[b"99991231235959Z"])]);
    let certificate = parse(|draft| draft.validity = validity).unwrap();
    assert_eq!(certificate.not_before.to_string(), "0001-01-01T00:00:00Z");
    assert_eq!(certificate.not_after.to_string(), "9999-12-31T23:59:59Z");
    let certificate = parse(|draft| draft.serial = tlv(2, &[&[0xff; 3]])).unwrap();
    assert!(certificate.serial.is_negative());
    let certificate = parse(|draft| draft.serial = tlv(2, &[&[9; 40]])).unwrap();
    assert!(certificate.serial.to_string().starts_with("sha256:"));
    // A modulus without the zero in front that would keep it positive.
    let key = seq(&[&tlv(2, &[&[0xc5; 256]]), &integer(&[1, 0, 1])]);
    let spki = seq(&[&seq(&[&tlv(6, &[oid::RSA_ENCRYPTION]), &[5, 0]]), &tlv(3, &[&[0], &key])]);
    let certificate = parse(|draft| draft.spki = spki).unwrap();
    assert_eq!(certificate.public_key.kind(), KeyKind::Rsa { bits: 2048 });
    assert_eq!(certificate.public_key.rsa_modulus(), Some(&[0xc5; 256][..]));
    // An empty RSA key, an exponent of zero, a point that is no point.
    let spki = seq(&[&seq(&[&tlv(6, &[oid::RSA_ENCRYPTION]), &[5, 0]]), &tlv(3, &[&[0]])]);
    assert_eq!(parse(|draft| draft.spki = spki).unwrap().public_key.kind(), KeyKind::Other);
    let certificate = parse(|draft| draft.spki = rsa_spki(&[], &[])).unwrap();
    assert_eq!(certificate.public_key.kind(), KeyKind::Rsa { bits: 0 });
    // Extensions that nobody can read do not hide the rest.
    let broken = extension(oid::KEY_USAGE, true, &[1, 2, 3, 4]);
    let certificate = parse(|draft| draft.extensions.push(broken)).unwrap();
    assert_eq!(certificate.key_usage, None);
    assert_eq!(certificate.unread_extensions.len(), 1);
}

fn check_error(change: impl FnOnce(&mut Draft), expected: &str) {
    assert_eq!(parse(change).unwrap_err().to_string(), expected);
}

#[test]
fn errors_say_where_and_why() {
    check_error(
        |draft| draft.validity = seq(&[&tlv(0x17, &[b"260230000000Z"]), &tlv(0x17, &[b"361231235959Z"])]),
        "notBefore at byte 37: `260230000000Z` is not a date and time",
    );
    check_error(
        |draft| draft.version = tlv(0xa0, &[&[2, 1, 3]]),
        "version at byte 5: only versions 1, 2 and 3 exist",
    );
    check_error(|draft| draft.serial = tlv(2, &[]), "serial number at byte 10: the integer has no digits");
    check_error(|draft| draft.issuer = tlv(4, &[]), "issuer at byte 20: expected a sequence, found tag 0x04");
    let constraints = extension(oid::BASIC_CONSTRAINTS, true, &seq(&[]));
    check_error(
        |draft| draft.extensions = vec![constraints.clone(), constraints],
        "extension 2.5.29.19 appears more than once, again at byte 151",
    );
    let der = fixture!("leaf");
    let error = |der: &[u8]| Certificate::parse(der).unwrap_err().to_string();
    assert_eq!(error(&[]), "certificate at byte 0: nothing is left where a sequence must be");
    assert_eq!(error(&der[..der.len() - 5]), "certificate at byte 0: the data ends 5 bytes too early");
    assert_eq!(
        error(&[&der[..], &[0, 0]].concat()),
        format!("certificate at byte {}: 2 bytes follow where it should end", der.len())
    );
    assert_eq!(
        error(&[0x30, 0x80, 0, 0]),
        "certificate at byte 0: the length is not in a form that DER allows"
    );
    assert_eq!(
        error(&vec![0x30; CERTIFICATE_BYTES_MAX + 1]),
        "the certificate has 1048577 bytes; at most 1048576 are read"
    );
}

#[test]
fn names_are_safe_to_print() {
    let show = |tag, text: &[u8]| {
        parse(|draft| draft.subject = name_of(oid::COMMON_NAME, tag, text)).unwrap().subject.to_string()
    };
    assert_eq!(show(0x0c, b"a,b+c=d;\"e\" <f>\\"), r#"CN=a\,b\+c=d\;\"e\" \<f\>\\"#);
    assert_eq!(show(0x0c, b" #x "), r"CN=\ #x\ ");
    assert_eq!(show(0x13, b"#x"), r"CN=\#x");
    assert_eq!(show(0x0c, "\u{1b}[2J\u{202e}n".as_bytes()), r"CN=\1B[2J\E2\80\AEn");
    assert_eq!(show(0x1e, &[0x00, 0xe9, 0x4e, 0x2d]), "CN=\u{e9}\u{4e2d}");
    assert_eq!(show(0x14, &[0xe9]), "CN=\u{e9}");
    assert_eq!(show(0x0c, &[0xff]), "CN=#0c01ff");
    let subject = name_of(&[0x2a, 3], 0x13, b"x");
    assert_eq!(parse(|draft| draft.subject = subject).unwrap().subject.to_string(), "1.2.3=x");
    assert!(parse(|draft| draft.subject = seq(&[])).unwrap().subject.is_empty());
}

/// What another reader of certificates says about one that both accept.
fn agrees_with_x509_parser(der: &[u8]) -> bool {
    let Ok((_, other)) = X509Certificate::from_der(der) else { return false };
    let Ok(ours) = Certificate::parse(der) else { return false };
    assert_eq!(ours.issuer.as_der(), other.issuer.as_raw());
    assert_eq!(ours.subject.as_der(), other.subject.as_raw());
    assert_eq!(ours.not_before.millis(), other.validity.not_before.timestamp() * 1000);
    assert_eq!(ours.not_after.millis(), other.validity.not_after.timestamp() * 1000);
    assert_eq!(ours.serial, SerialNumber::from_der(other.raw_serial()));
    assert_eq!(u32::from(ours.version), other.version.0 + 1);
    assert_eq!(ours.signature(), &*other.signature_value.data);
    assert_eq!(ours.signed_bytes(), other.tbs_certificate.as_ref());
    assert_eq!(ours.spki_sha256, crate::pki::digest_prefix(other.subject_pki.raw));
    let constraints = other.basic_constraints().ok().flatten().map(|constraints| constraints.value.ca);
    assert_eq!(ours.is_ca, constraints);
    let common_name = other.subject.iter_common_name().last().and_then(|name| name.as_str().ok());
    assert_eq!(ours.subject.common_name().as_deref(), common_name);
    true
}

#[test]
fn another_reader_agrees() {
    for der in fixtures() {
        assert!(agrees_with_x509_parser(&der));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Certificate::parse(&bytes);
        let _ = PublicKey::parse(&bytes);
    }

    #[test]
    fn damaged_certificates_never_panic_and_name_a_place_inside(
        which in 0..18_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut der = fixtures().swap_remove(which);
        for (place, byte) in changes {
            let place = place.index(der.len());
            der[place] = byte;
        }
        if let Some(cut) = cut {
            der.truncate(cut.index(der.len()));
        }
        match Certificate::parse(&der) {
            Ok(certificate) => {
                let _ = (certificate.subject.to_string(), certificate.issuer.to_string(), certificate.is_self_signed());
            }
            Err(CertificateError::Structure(error)) => prop_assert!(error.offset <= der.len()),
            Err(_) => {}
        }
    }
}
