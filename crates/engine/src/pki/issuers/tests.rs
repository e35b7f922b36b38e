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

/// Two CAs of one name without key identifiers, of which the first `known` are in the index.
fn namesakes(known: usize) -> (IssuerIndex, [Signer; 2]) {
    let signers = [Signer::new(1), Signer::new(2)];
    let certificates: Vec<Certificate> = signers
        .iter()
        .take(known)
        .map(|signer| Draft::ca("ca", "ca", signer, 0).certificate(signer))
        .collect();
    (index(&certificates), signers)
}

#[test]
fn a_signature_tells_namesakes_apart() {
    for (signer, known, expected) in [(0, 2, Some(0)), (1, 2, Some(1)), (0, 1, Some(0)), (1, 1, None)] {
        for draft in [Draft::new("ca", "device"), Draft::new("ca", "device").with_authority_key(9)] {
            let (index, signers) = namesakes(known);
            let device = draft.certificate(&signers[signer]);
            let mut facts = CertificateFacts::of(&device, &KeyChecker::builtin());
            assert_eq!(facts.issuer_key, IssuerKey::Unverified);
            facts.issuer_key = index.find_issuer(&device);
            let key = expected.map(|place: usize| index.entries()[place].key_digest);
            assert_eq!(facts.issuer_key, key.map_or(IssuerKey::NotKnown, IssuerKey::Verified));
            let chain = index.walk(&facts);
            assert_eq!(chain.links.first().map(|link| link.key_digest), key);
            let end = if expected.is_some() { ChainEnd::Root } else { ChainEnd::UnknownIssuer };
            assert_eq!(chain.end, end);
        }
    }
}

#[test]
fn what_cannot_be_verified_says_nothing() {
    let (index, [signer, _]) = namesakes(1);
    let elsewhere = Draft::new("other", "device").certificate(&signer);
    assert_eq!(index.find_issuer(&elsewhere), IssuerKey::Unverified, "no key of that name");
    let mut device = Draft::new("ca", "device").certificate(&signer);
    device.signature_algorithm = SignatureAlgorithm::Ecdsa(crate::pki::Hash::Sha256);
    assert_eq!(index.find_issuer(&device), IssuerKey::NotKnown, "no signature of an Ed25519 key");
    let other = Draft::new("ca", "middle");
    let mut entry = index.entries()[0].clone();
    entry.id = CertificateId::of_der(b"unreadable key");
    entry.key_digest = KeyDigest([9; 16]);
    entry.public_key = PublicKey::Other(crate::pki::Oid::from_content(&[0x2a, 3]));
    let mut index = index;
    index.push(entry);
    assert_eq!(index.find_issuer(&other.certificate(&Signer::new(7))), IssuerKey::Unverified);
    assert!(matches!(index.find_issuer(&other.certificate(&signer)), IssuerKey::Verified(_)));
}

#[test]
fn of_very_many_namesakes_only_some_are_tried() {
    let signers: Vec<Signer> = (1..=20).map(Signer::new).collect();
    let index =
        index(&signers.iter().map(|one| Draft::ca("ca", "ca", one, 0).certificate(one)).collect::<Vec<_>>());
    let issued_by =
        |place: usize| index.find_issuer(&Draft::new("ca", "device").certificate(&signers[place]));
    let last = SIGNER_CANDIDATES_MAX - 1;
    assert_eq!(issued_by(last), IssuerKey::Verified(index.entries()[last].key_digest));
    assert_eq!(issued_by(last + 1), IssuerKey::Unverified);
    assert!(index.keys_of(&index.entries()[0].subject) > SIGNER_CANDIDATES_MAX);
}

#[test]
fn a_key_identifier_is_exact_when_it_stands_for_one_key() {
    let (one, other) = (Signer::new(1), Signer::new(2));
    let first = Draft::ca("ca", "ca", &one, 1);
    let mut index = index(&[first.certificate(&one), first.with_serial(8).certificate(&one)]);
    let name = index.entries()[0].subject;
    let is_exact = |index: &IssuerIndex, key: u8| index.is_exact(&name, Some(KeyIdDigest::of(&[key; 20])));
    assert!(is_exact(&index, 1) && !is_exact(&index, 2) && !index.is_exact(&name, None));
    assert!(index.insert(&Draft::ca("ca", "ca", &other, 1).certificate(&other), IssuerOrigin::Chain));
    assert!(!is_exact(&index, 1));
}

#[test]
fn a_self_issued_certificate_of_another_key_is_no_root() {
    let (old, new) = (Signer::new(1), Signer::new(2));
    let certificates =
        [Draft::ca("ca", "ca", &old, 0).certificate(&old), Draft::ca("ca", "ca", &new, 0).certificate(&old)];
    let mut index = index(&certificates);
    let keys = certificates.each_ref().map(|one| (one.id, index.find_issuer(one)));
    index.set_issuer_keys(|id| keys.iter().find(|(known, _)| known == id).map(|(_, key)| *key));
    let device = Draft::new("ca", "device").certificate(&new);
    let mut facts = CertificateFacts::of(&device, &KeyChecker::builtin());
    facts.issuer_key = index.find_issuer(&device);
    let chain = index.walk(&facts);
    let found: Vec<CertificateId> = chain.links.iter().map(|link| link.id).collect();
    assert_eq!(
        (found.as_slice(), chain.end),
        ([certificates[1].id, certificates[0].id].as_slice(), ChainEnd::Root)
    );
}
