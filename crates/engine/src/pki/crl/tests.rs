//! Revocation lists of OpenSSL, odd ones of our own, and damaged ones.

use proptest::prelude::*;

use super::*;
use crate::pki::testing::{CrlDraft, Signer, authority_key, extension, fixture, seq, tlv};

fn check(der: &[u8], expected: &[(&str, &str, Option<&str>)]) {
    let crl = Crl::parse(der).unwrap();
    let found: Vec<(String, String, Option<&str>)> = crl
        .entries
        .iter()
        .map(|entry| (entry.serial.to_string(), entry.at.to_string(), entry.reason.map(CrlReason::as_str)))
        .collect();
    let expected: Vec<(String, String, Option<&str>)> = expected
        .iter()
        .map(|(serial, at, reason)| ((*serial).to_owned(), (*at).to_owned(), *reason))
        .collect();
    assert_eq!(found, expected);
}

const REVOKED: [(&str, &str, Option<&str>); 3] = [
    ("02", "2026-03-02T12:00:00Z", None),
    ("0a1b2c3d4e5f", "2026-03-01T12:00:00Z", Some("keyCompromise")),
    ("ffeeddccbbaa99887766554433221100ffeeddcc", "2026-03-03T12:00:00Z", Some("superseded")),
];

#[test]
fn lists_of_openssl_are_read() {
    for der in [fixture!("crl-full"), fixture!("crl-user"), fixture!("crl-delta"), fixture!("crl-rsa-pss")] {
        check(&der, &REVOKED);
    }
    let der = fixture!("crl-full");
    let crl = Crl::parse(&der).unwrap();
    assert_eq!(crl.issuer.to_string(), "CN=ec-p256,O=Example,C=DE");
    assert_eq!(crl.this_update.to_string(), "2026-11-25T21:14:43Z");
    assert_eq!(crl.next_update.unwrap().to_string(), "2036-11-22T21:14:43Z");
    assert_eq!(crl.authority_key_id.as_ref().map(Vec::len), Some(20));
    assert_eq!((crl.is_delta, crl.is_indirect, &crl.scope), (false, false, &CrlScope::default()));
    assert!(Crl::parse(&fixture!("crl-delta")).unwrap().is_delta);
    let der = fixture!("crl-user");
    let scope = Crl::parse(&der).unwrap().scope;
    let expected = CrlScope {
        only_user_certificates: true,
        only_distribution_point: true,
        distribution_point_urls: vec!["http://crl.example.com/a.crl".to_owned()],
        ..CrlScope::default()
    };
    assert_eq!(scope, expected);
}

/// Reads a changed list.
fn scope_of(extensions: Vec<Vec<u8>>) -> (CrlScope, bool, Vec<String>) {
    let der = CrlDraft { extensions, ..CrlDraft::new("ca") }.der(&Signer::new(1));
    let crl = Crl::parse(&der).unwrap();
    (crl.scope, crl.is_indirect, crl.unknown_critical.iter().map(Oid::to_string).collect())
}

#[test]
fn scope_and_critical_extensions_are_seen() {
    let point = |fields: &[&[u8]]| vec![extension(oid::ISSUING_DISTRIBUTION_POINT, true, &seq(fields))];
    let yes = |number: u8| tlv(0x80 | number, &[&[0xff]]);
    assert!(scope_of(point(&[&yes(2)])).0.only_ca_certificates);
    assert!(scope_of(point(&[&yes(5)])).0.only_attribute_certificates);
    assert!(scope_of(point(&[&tlv(0x83, &[&[0, 2]])])).0.only_some_reasons);
    let (scope, is_indirect, _) = scope_of(point(&[&yes(4)]));
    assert!(is_indirect && scope == CrlScope::default());
    let unknown = extension(&[0x2a, 3], true, &[]);
    assert_eq!(scope_of(vec![unknown]).2, ["1.2.3"]);
    assert_eq!(scope_of(vec![extension(&[0x2a, 3], false, &[])]).2, [""; 0]);
}

fn check_error(der: &[u8], expected: &str) {
    assert_eq!(Crl::parse(der).unwrap_err().to_string(), expected);
}

#[test]
fn errors_say_where_and_why() {
    let der = fixture!("crl-full");
    check_error(&der[..der.len() - 1], "revocation list at byte 0: the data ends 1 bytes too early");
    check_error(&fixture!("leaf"), "signature algorithm at byte 8: expected a sequence, found tag 0xa0");
    check_error(&[0x30, 0], "revocation list at byte 2: nothing is left where a sequence must be");
    let twice = CrlDraft { extensions: vec![authority_key(1), authority_key(1)], ..CrlDraft::new("ca") };
    let error = Crl::parse(&twice.der(&Signer::new(1))).unwrap_err();
    assert!(matches!(error, CrlError::RepeatedExtension { .. }), "{error}");
}

#[test]
fn an_empty_version_1_list_is_a_list() {
    let signer = Signer::new(1);
    let tbs = seq(&[
        &crate::pki::testing::ed25519_algorithm(),
        &crate::pki::testing::common_name("ca"),
        &tlv(0x17, &[b"260301000000Z"]),
    ]);
    let der = signer.sign(&tbs);
    let crl = Crl::parse(&der).unwrap();
    assert_eq!((crl.entries.len(), crl.next_update, crl.number), (0, None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Crl::parse(&bytes);
    }

    #[test]
    fn damaged_lists_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut der = fixture!("crl-user");
        for (place, byte) in changes {
            let place = place.index(der.len());
            der[place] = byte;
        }
        if let Ok(crl) = Crl::parse(&der) {
            prop_assert!(crl.entries.is_sorted());
        }
    }
}
