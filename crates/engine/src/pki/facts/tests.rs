//! The condensed facts agree with the certificate that they are from.

use super::*;
use crate::pki::key::Curve;
use crate::pki::testing::fixture;

fn facts(der: &[u8]) -> CertificateFacts {
    CertificateFacts::of(&Certificate::parse(der).unwrap(), &KeyChecker::builtin())
}

#[test]
fn facts_of_a_device_and_its_ca() {
    let (device, ca) = (facts(&fixture!("leaf")), facts(&fixture!("ec-p256")));
    assert_eq!(device.issuer, ca.subject);
    assert_ne!(device.subject, ca.subject);
    assert_eq!(device.authority_key, ca.subject_key);
    assert_eq!(device.key, KeyKind::Ec { curve: Curve::P256, bits: 256 });
    assert!(!device.is_ca && device.has_basic_constraints && device.has_key_usage && !device.crl_sign);
    assert!(!device.self_issued && !device.self_signed && !device.v1 && device.has_crl_distribution_point);
    let urls = ["http://crl.example.com/a.crl", "https://crl.example.com/b.crl"];
    assert_eq!(device.distribution_points, urls.map(|url| Some(UrlDigest::of(url))));
    assert!(ca.is_ca && ca.self_issued && ca.self_signed && ca.crl_sign && ca.key_cert_sign);
    assert_eq!((device.defects, ca.defects), (KeyDefects::NONE, KeyDefects::NONE));
}

#[test]
fn facts_of_old_certificates() {
    let v1 = facts(&fixture!("v1"));
    assert!(v1.v1 && !v1.is_ca && !v1.has_basic_constraints && !v1.has_key_usage && v1.self_signed);
    let sha1 = facts(&fixture!("rsa-sha1"));
    assert_eq!((sha1.signature_hash, sha1.defects), (Hash::Sha1, KeyDefects::RSA_SHORT));
    let md5 = facts(&fixture!("rsa-md5"));
    assert_eq!((md5.signature_hash, md5.self_issued, md5.self_signed), (Hash::Md5, true, false));
    assert_eq!(facts(&fixture!("rsa-e3")).defects, KeyDefects::RSA_EXPONENT_SMALL);
    // The same key in three certificates.
    assert_eq!(md5.key_digest, v1.key_digest);
    assert_eq!(md5.key_digest, facts(&fixture!("rsa-pss")).key_digest);
}

#[test]
fn weaknesses_are_those_that_checks_ask_for() {
    let sound = facts(&fixture!("ec-p256"));
    assert_eq!((Weaknesses::of_device(&sound).bits(), Weaknesses::of_ca(&sound).bits()), (0, 0));
    let sha1 = Weaknesses::of_device(&facts(&fixture!("rsa-sha1")));
    assert!(sha1.intersects(Weaknesses::SIGNATURE_HASH) && sha1.intersects(KeyDefects::RSA_SHORT.into()));
    assert!(!sha1.intersects(Weaknesses::NOT_A_CA) && !sha1.intersects(KeyDefects::ROCA.into()));
    let device = facts(&fixture!("leaf"));
    assert_eq!(Weaknesses::of_device(&device).bits(), 0);
    assert_eq!(Weaknesses::of_ca(&device).bits(), 1 << 17 | 1 << 18);
}

#[test]
fn facts_are_small() {
    assert!(size_of::<CertificateFacts>() <= 160, "{}", size_of::<CertificateFacts>());
}
