//! Chains of real names and made-up keys.

use super::*;
use crate::pki::key_quality::KeyChecker;
use crate::pki::testing::{Draft, Signer};

/// Root <- intermediate <- device, with key identifiers.
fn index(certificates: &[Certificate]) -> IssuerIndex {
    let mut index = IssuerIndex::new();
    for certificate in certificates {
        assert!(index.insert(certificate, IssuerOrigin::Registered));
    }
    index
}

fn facts(draft: &Draft, signer: &Signer) -> CertificateFacts {
    CertificateFacts::of(&draft.certificate(signer), &KeyChecker::builtin())
}

fn check(index: &IssuerIndex, facts: &CertificateFacts, subjects: &[&str], end: ChainEnd) {
    let chain = index.walk(facts);
    let found: Vec<&str> = chain.links.iter().map(|link| link.subject_name.as_str()).collect();
    assert_eq!((found.as_slice(), chain.end), (subjects, end));
    assert_eq!(index.chain_of(facts), chain.links);
}

#[test]
fn a_chain_goes_up_to_the_root() {
    let (root, middle) = (Signer::new(1), Signer::new(2));
    let root_ca = Draft::ca("root", "root", &root, 1).certificate(&root);
    let middle_ca = Draft::ca("root", "middle", &middle, 2).with_authority_key(1).certificate(&root);
    let device = facts(&Draft::new("middle", "device").with_authority_key(2), &middle);
    check(&index(&[root_ca.clone(), middle_ca.clone()]), &device, &["CN=middle", "CN=root"], ChainEnd::Root);
    check(&index(&[middle_ca]), &device, &["CN=middle"], ChainEnd::UnknownIssuer);
    check(&index(std::slice::from_ref(&root_ca)), &device, &[], ChainEnd::UnknownIssuer);
    let root_facts = CertificateFacts::of(&root_ca, &KeyChecker::builtin());
    check(&index(&[root_ca]), &root_facts, &[], ChainEnd::Root);
}

#[test]
fn same_name_and_other_key_is_another_issuer() {
    let (one, other) = (Signer::new(1), Signer::new(2));
    let index = index(&[
        Draft::ca("ca", "ca", &one, 1).certificate(&one),
        Draft::ca("ca", "ca", &other, 2).certificate(&other),
    ]);
    let device = Draft::new("ca", "device").with_authority_key(2);
    let chain = index.chain_of(&facts(&device, &other));
    assert_eq!(chain[0].subject_key, Some(KeyIdDigest::of(&[2; 20])));
    check(&index, &facts(&Draft::new("ca", "device"), &other), &[], ChainEnd::Ambiguous);
    let device = Draft::new("ca", "device").with_authority_key(3);
    check(&index, &facts(&device, &other), &[], ChainEnd::UnknownIssuer);
}

#[test]
fn of_a_renewed_certificate_the_one_that_lasts_longest_counts() {
    let ca = Signer::new(1);
    let mut old = Draft::ca("ca", "ca", &ca, 0).with_serial(1);
    old.validity = crate::pki::testing::seq(&[
        &crate::pki::testing::tlv(0x17, &[b"200101000000Z"]),
        &crate::pki::testing::tlv(0x17, &[b"270101000000Z"]),
    ]);
    let new = Draft::ca("ca", "ca", &ca, 0).with_serial(2);
    for certificates in
        [[old.certificate(&ca), new.certificate(&ca)], [new.certificate(&ca), old.certificate(&ca)]]
    {
        let index = index(&certificates);
        let chain = index.chain_of(&facts(&Draft::new("ca", "device"), &ca));
        assert_eq!(chain.iter().map(|link| link.serial).collect::<Vec<_>>(), [SerialNumber::from(2)]);
    }
}

#[test]
fn loops_and_endless_chains_end() {
    let signer = Signer::new(1);
    let loops = index(&[
        Draft::ca("b", "a", &signer, 0).certificate(&signer),
        Draft::ca("a", "b", &signer, 0).certificate(&signer),
    ]);
    let device = facts(&Draft::new("a", "device"), &signer);
    check(&loops, &device, &["CN=a", "CN=b"], ChainEnd::Loop);
    let long: Vec<Certificate> = (0..20)
        .map(|n| Draft::ca(&format!("ca {}", n + 1), &format!("ca {n}"), &signer, 0).certificate(&signer))
        .collect();
    let long = index(&long);
    let chain = long.walk(&facts(&Draft::new("ca 0", "device"), &signer));
    assert_eq!((chain.links.len(), chain.end), (CHAIN_CERTIFICATES_MAX, ChainEnd::TooLong));
}

#[test]
fn only_ca_certificates_are_issuers() {
    let signer = Signer::new(1);
    let mut index = IssuerIndex::new();
    let (ca, device) = (Draft::ca("ca", "ca", &signer, 1), Draft::new("ca", "device"));
    assert!(!index.insert(&device.certificate(&signer), IssuerOrigin::Chain));
    assert!(index.insert(&ca.certificate(&signer), IssuerOrigin::Chain));
    assert!(index.insert(&ca.certificate(&signer), IssuerOrigin::Registered));
    assert_eq!((index.len(), index.entries()[0].origin), (1, IssuerOrigin::Registered));
    // Without basic constraints the registration decides.
    assert!(index.insert(&device.certificate(&signer), IssuerOrigin::Registered));
}
