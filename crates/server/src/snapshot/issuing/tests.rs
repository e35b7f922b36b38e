//! How many bytes wait, and which.

use thingwarden_engine::pki::{CertificateFacts, IssuerEntry, IssuerOrigin, KeyDigest, PublicKey};
use thingwarden_engine::time::Timestamp;

use super::*;

/// Enough that three do not fit beside each other where key identifiers are named.
const LARGE: usize = HINTED_BYTES_MAX / 2 - 1024;

fn read(authority_key: Option<u8>, bytes: usize) -> ReadCertificate {
    let facts = CertificateFacts {
        authority_key: authority_key.map(|key| KeyIdDigest::of(&[key])),
        ..CertificateFacts::plain(Timestamp::from_seconds(0), Timestamp::from_seconds(1))
    };
    ReadCertificate {
        id: CertificateId::of_der(b"any"),
        facts,
        modulus: None,
        distribution_points: vec![],
        der: Some(vec![0; bytes].into()),
        issuer: None,
    }
}

/// CA certificates of the devices' issuer, one with each key identifier.
fn issuers(key_ids: &[u8]) -> IssuerIndex {
    let mut issuers = IssuerIndex::new();
    for &key_id in key_ids {
        let plain = read(None, 0).facts;
        issuers.push(IssuerEntry {
            id: CertificateId::of_der(&[key_id]),
            origin: IssuerOrigin::Chain,
            subject: plain.issuer,
            issuer: plain.issuer,
            serial: plain.serial,
            subject_key: Some(KeyIdDigest::of(&[key_id])),
            authority_key: None,
            key_digest: KeyDigest([key_id; 16]),
            issuer_key: IssuerKey::Unverified,
            public_key: PublicKey::Ed25519 { key: [key_id; 32] },
            not_before: plain.not_before,
            not_after: plain.not_after,
            may_not_sign_crls: false,
            self_issued: false,
            distribution_points: [None; 2],
            issuer_name: String::new(),
            subject_name: String::new(),
        });
    }
    issuers
}

/// How many wait after certificates with these key identifiers, each time with these CA certificates known.
#[track_caller]
fn check(certificates: &[(Option<u8>, &[u8])], hinted: usize, unhinted: usize) {
    let mut issuing = Issuing::default();
    for (key_id, known) in certificates {
        let mut read = read(*key_id, LARGE);
        issuing.keep_device(read.id, &mut read, &issuers(known));
        assert_eq!(read.der, None, "the bytes do not stay with the facts");
    }
    assert_eq!(issuing.hinted.certificates.len(), hinted);
    assert_eq!(issuing.unhinted.certificates.len(), unhinted);
}

#[test]
fn bytes_wait_as_far_as_memory_allows() {
    check(&[(Some(1), &[]), (Some(2), &[])], 2, 0);
    check(&[(Some(1), &[]), (Some(2), &[]), (Some(3), &[])], 2, 0);
    check(&[(Some(1), &[]), (Some(2), &[]), (None, &[])], 2, 1);
    check(&[(None, [].as_slice()); 8], 0, UNHINTED_BYTES_MAX / LARGE);
}

#[test]
fn those_whose_key_is_known_go_first() {
    // 1 and 2 leave when 3 comes, and 1 does not come back.
    check(&[(Some(1), &[1]), (Some(2), &[1]), (Some(3), &[1, 2]), (Some(1), &[1, 2])], 1, 0);
    check(&[(Some(1), &[1]), (Some(3), &[1]), (Some(1), &[1])], 1, 0);
}

#[test]
fn a_self_signed_certificate_does_not_wait() {
    let mut issuing = Issuing::default();
    let mut read = read(None, 10);
    read.facts.self_signed = true;
    issuing.keep_device(read.id, &mut read, &IssuerIndex::new());
    assert!(issuing.unhinted.certificates.is_empty() && read.der.is_none());
}
