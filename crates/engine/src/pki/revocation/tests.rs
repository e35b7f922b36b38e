//! Which lists count, and what they say.

use super::*;
use crate::pki::certificate::Certificate;
use crate::pki::issuers::IssuerOrigin;
use crate::pki::key_quality::KeyChecker;
use crate::pki::oid;
use crate::pki::testing::{CrlDraft, Draft, Signer, authority_key, extension, fixture, seq, tlv};

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    time("2026-03-15")
}

fn issuers(certificates: &[Certificate]) -> IssuerIndex {
    let mut index = IssuerIndex::new();
    for certificate in certificates {
        assert!(index.insert(certificate, IssuerOrigin::Registered));
    }
    index
}

/// One CA named `ca`, key identifier 1.
fn one_ca() -> (Signer, IssuerIndex) {
    let signer = Signer::new(1);
    let certificate = Draft::ca("ca", "ca", &signer, 1).certificate(&signer);
    (signer, issuers(&[certificate]))
}

fn revocations(issuers: &IssuerIndex, lists: &[Vec<u8>]) -> Revocations {
    let mut builder = RevocationsBuilder::new();
    for list in lists {
        let _ = builder.add(Crl::parse(list).unwrap(), issuers, now());
    }
    builder.build()
}

/// Asks for a device certificate of `ca` with this serial number and authority key.
fn ask(revocations: &Revocations, serial: u64, authority_key: Option<u8>, at: Timestamp) -> RevocationStatus {
    let issuer = NameDigest::of(&crate::pki::testing::common_name("ca"));
    let key = authority_key.map(|key| KeyIdDigest::of(&[key; 20]));
    revocations.status(&issuer, key, &SerialNumber::from(serial), false, at)
}

fn revoked(reason: Option<&'static str>, crl_stale: bool) -> RevocationStatus {
    RevocationStatus::Revoked { at: time("2026-02-15"), reason, crl_stale }
}

fn unknown(why: UnknownRevocation) -> RevocationStatus {
    RevocationStatus::Unknown(why)
}

#[test]
fn a_listed_certificate_is_revoked_and_another_is_good() {
    let (signer, issuers) = one_ca();
    let list = CrlDraft { entries: vec![(7, 1), (9, 255), (11, 8)], ..CrlDraft::new("ca") }.der(&signer);
    let found = revocations(&issuers, &[list]);
    assert_eq!(ask(&found, 7, Some(1), now()), revoked(Some("keyCompromise"), false));
    assert_eq!(ask(&found, 9, None, now()), revoked(None, false));
    assert_eq!(ask(&found, 8, Some(1), now()), RevocationStatus::Good);
    assert_eq!(ask(&found, 11, Some(1), now()), RevocationStatus::Good, "removed from the list");
    assert_eq!(
        ask(&found, 7, Some(2), now()),
        unknown(UnknownRevocation::NoCrl),
        "another key's certificate"
    );
    let other = NameDigest::of(b"other");
    let status = found.status(&other, None, &SerialNumber::from(7), false, now());
    assert_eq!(status, unknown(UnknownRevocation::NoCrl));
}

#[test]
fn a_stale_list_still_revokes_but_clears_nobody() {
    let (signer, issuers) = one_ca();
    let list = CrlDraft { entries: vec![(7, 4)], ..CrlDraft::new("ca") }.der(&signer);
    let found = revocations(&issuers, &[list]);
    let later = time("2026-05-01");
    assert_eq!(ask(&found, 7, None, later), revoked(Some("superseded"), true));
    let stale = UnknownRevocation::Stale { next_update: time("2026-04-01") };
    assert_eq!(ask(&found, 8, None, later), unknown(stale));
    let undated = CrlDraft { next_update: None, ..CrlDraft::new("ca") }.der(&signer);
    let found = revocations(&issuers, &[undated]);
    assert_eq!(ask(&found, 8, None, now()), unknown(UnknownRevocation::NoNextUpdate));
}

fn check_rejected(issuers: &IssuerIndex, list: &[u8], expected: &str) {
    let mut builder = RevocationsBuilder::new();
    let rejection = builder.add(Crl::parse(list).unwrap(), issuers, now()).unwrap_err();
    assert_eq!(rejection.to_string(), expected);
    let found = builder.build();
    assert!(found.is_empty());
    let issuer = Crl::parse(list).unwrap().issuer.digest();
    let status = found.status(&issuer, None, &SerialNumber::from(7), false, now());
    assert_eq!(status, unknown(UnknownRevocation::Rejected(rejection)));
}

#[test]
fn only_lists_that_the_issuer_signed_count() {
    let (signer, known) = one_ca();
    let draft = |extensions| CrlDraft { entries: vec![(7, 1)], extensions, ..CrlDraft::new("ca") };
    check_rejected(&known, &draft(vec![]).der(&Signer::new(9)), "its signature is not its issuer's");
    check_rejected(&IssuerIndex::new(), &draft(vec![]).der(&signer), "no certificate of its issuer is known");
    check_rejected(
        &known,
        &draft(vec![authority_key(2)]).der(&signer),
        "no certificate of its issuer is known",
    );
    let point = extension(oid::ISSUING_DISTRIBUTION_POINT, true, &seq(&[&tlv(0x84, &[&[0xff]])]));
    let indirect = "it is an indirect list, about certificates of other issuers";
    check_rejected(&known, &draft(vec![point]).der(&signer), indirect);
    let unknown = extension(&[0x2a, 3], true, &[]);
    let reason = "its critical extension 1.2.3 is not understood";
    check_rejected(&known, &draft(vec![unknown]).der(&signer), reason);
    let future = CrlDraft { this_update: b"260401000000Z", ..draft(vec![]) };
    check_rejected(&known, &future.der(&signer), "it is valid only from 2026-04-01T00:00:00Z");
    let mut weak = Draft::ca("ca", "ca", &signer, 1);
    weak.extensions.push(extension(oid::KEY_USAGE, true, &[3, 2, 2, 4]));
    let certificate = weak.certificate(&signer);
    assert!(certificate.key_usage.unwrap().key_cert_sign());
    let issuers = issuers(&[certificate]);
    check_rejected(&issuers, &draft(vec![]).der(&signer), "its issuer's key may not sign revocation lists");
}

#[test]
fn lists_of_openssl_are_verified() {
    let later = time("2027-01-01");
    for (ca, crl) in [
        (fixture!("ec-p256"), fixture!("crl-full")),
        (fixture!("rsa-sha1"), fixture!("crl-rsa-sha1")),
        (fixture!("rsa-pss"), fixture!("crl-rsa-pss")),
        (fixture!("ed25519"), fixture!("crl-ed25519")),
    ] {
        let known = issuers(&[Certificate::parse(&ca).unwrap()]);
        let mut builder = RevocationsBuilder::new();
        assert_eq!(builder.add(Crl::parse(&crl).unwrap(), &known, later), Ok(()));
        let mut forged = crl.clone();
        let last = forged.len() - 1;
        forged[last] ^= 1;
        let rejected = builder.add(Crl::parse(&forged).unwrap(), &known, later);
        assert_eq!(rejected, Err(CrlRejection::BadSignature));
    }
}

#[test]
fn a_list_for_one_distribution_point_counts_for_certificates_that_name_it() {
    let known = issuers(&[Certificate::parse(&fixture!("ec-p256")).unwrap()]);
    let later = time("2027-01-01");
    let mut builder = RevocationsBuilder::new();
    builder.add(Crl::parse(&fixture!("crl-user")).unwrap(), &known, later).unwrap();
    let found = builder.build();
    let device = Certificate::parse(&fixture!("leaf")).unwrap();
    let facts = CertificateFacts::of(&device, &KeyChecker::builtin());
    let expected = RevocationStatus::Revoked {
        at: time("2026-03-01T12:00:00Z"),
        reason: Some("keyCompromise"),
        crl_stale: false,
    };
    assert_eq!(found.status_of(&facts, later), expected);
    let good = CertificateFacts { serial: SerialNumber::from(77), ..facts.clone() };
    assert_eq!(found.status_of(&good, later), RevocationStatus::Good);
    let out_of_scope = unknown(UnknownRevocation::OutOfScope);
    let elsewhere = CertificateFacts { distribution_points: [None; 2], ..good.clone() };
    assert_eq!(found.status_of(&elsewhere, later), out_of_scope);
    let ca = CertificateFacts { is_ca: true, ..good };
    assert_eq!(found.status_of(&ca, later), out_of_scope, "the list is about user certificates");
}

#[test]
fn a_newer_list_replaces_an_older_one_and_a_delta_only_adds() {
    let (signer, issuers) = one_ca();
    let list = |this_update, serial, is_delta: bool| {
        let indicator = extension(oid::DELTA_CRL_INDICATOR, true, &[2, 1, 1]);
        let extensions = if is_delta { vec![indicator] } else { vec![] };
        CrlDraft { this_update, entries: vec![(serial, 6)], extensions, ..CrlDraft::new("ca") }.der(&signer)
    };
    let (old, new) = (list(b"260301000000Z", 7, false), list(b"260302000000Z", 8, false));
    for lists in [[old.clone(), new.clone()], [new.clone(), old.clone()]] {
        let found = revocations(&issuers, &lists);
        assert_eq!(ask(&found, 7, None, now()), RevocationStatus::Good);
        assert_eq!(ask(&found, 8, None, now()), revoked(Some("certificateHold"), false));
    }
    let found = revocations(&issuers, &[new.clone(), list(b"260303000000Z", 9, true)]);
    assert_eq!(ask(&found, 8, None, now()), revoked(Some("certificateHold"), false));
    assert_eq!(ask(&found, 9, None, now()), revoked(Some("certificateHold"), false));
    let found = revocations(&issuers, &[new, list(b"260301000000Z", 9, true)]);
    assert_eq!(ask(&found, 9, None, now()), RevocationStatus::Good, "the delta is older than the list");
    let found = revocations(&issuers, &[list(b"260303000000Z", 9, true)]);
    assert_eq!(ask(&found, 7, None, now()), unknown(UnknownRevocation::NoCrl), "a delta alone is no list");
}

#[test]
fn issuers_of_the_same_name_are_told_apart() {
    let (one, other) = (Signer::new(1), Signer::new(2));
    let known = issuers(&[
        Draft::ca("ca", "ca", &one, 1).certificate(&one),
        Draft::ca("ca", "ca", &other, 2).certificate(&other),
    ]);
    let list = |signer: &Signer, key, entries: &[(u8, u8)]| {
        let extensions = vec![authority_key(key)];
        CrlDraft { entries: entries.to_vec(), extensions, ..CrlDraft::new("ca") }.der(signer)
    };
    let found = revocations(&known, &[list(&one, 1, &[(7, 1), (9, 1)]), list(&other, 2, &[(9, 1)])]);
    assert_eq!(ask(&found, 7, Some(1), now()), revoked(Some("keyCompromise"), false));
    assert_eq!(ask(&found, 7, Some(2), now()), RevocationStatus::Good);
    assert_eq!(ask(&found, 7, None, now()), unknown(UnknownRevocation::Ambiguous));
    assert_eq!(ask(&found, 8, None, now()), RevocationStatus::Good, "both say so");
    assert_eq!(ask(&found, 9, None, now()), revoked(Some("keyCompromise"), false), "both say so");
    // Of the other issuer there is no list at all.
    let found = revocations(&known, &[list(&one, 1, &[(7, 1)])]);
    assert_eq!(ask(&found, 8, None, now()), unknown(UnknownRevocation::Ambiguous));
    assert_eq!(ask(&found, 8, Some(2), now()), unknown(UnknownRevocation::NoCrl));
}

#[test]
fn an_intermediate_ca_can_be_revoked() {
    let (root, middle) = (Signer::new(1), Signer::new(2));
    let middle_ca = Draft::ca("ca", "middle", &middle, 2).with_authority_key(1).with_serial(42);
    let known = issuers(&[Draft::ca("ca", "ca", &root, 1).certificate(&root), middle_ca.certificate(&root)]);
    let list = CrlDraft { entries: vec![(42, 2)], ..CrlDraft::new("ca") }.der(&root);
    let found = revocations(&known, &[list]);
    let device = Draft::new("middle", "device").with_authority_key(2).certificate(&middle);
    let chain = known.chain_of(&CertificateFacts::of(&device, &KeyChecker::builtin()));
    assert_eq!(found.status_of_issuer(chain[0], now()), revoked(Some("cACompromise"), false));
    assert_eq!(found.status_of_issuer(chain[1], now()), RevocationStatus::Good);
}

#[test]
fn lists_can_be_given_as_values() {
    let list = RevocationList {
        issuer: NameDigest::of(&crate::pki::testing::common_name("ca")),
        signer: KeyDigest([1; 16]),
        signer_key_ids: Vec::new(),
        this_update: time("2026-03-01"),
        next_update: Some(time("2026-04-01")),
        is_delta: false,
        scope: CrlScope::default(),
        entries: [9, 7, 8]
            .map(|serial| CrlEntry {
                serial: SerialNumber::from(serial),
                at: time("2026-02-15"),
                reason: None,
            })
            .to_vec(),
    };
    let found = Revocations::from_parts([list]);
    assert_eq!(ask(&found, 7, Some(5), now()), revoked(None, false));
    assert_eq!(ask(&found, 6, Some(5), now()), RevocationStatus::Good);
}

#[test]
fn a_verified_signature_decides_among_namesakes() {
    let (one, other) = (Signer::new(1), Signer::new(2));
    let known = |both: bool| {
        let mut certificates = vec![Draft::ca("ca", "ca", &one, 0).certificate(&one)];
        certificates.extend(both.then(|| Draft::ca("ca", "ca", &other, 0).certificate(&other)));
        issuers(&certificates)
    };
    let list =
        |signer: &Signer, serial| CrlDraft { entries: vec![(serial, 1)], ..CrlDraft::new("ca") }.der(signer);
    let ask = |found: &Revocations, known: &IssuerIndex, signer: &Signer, serial| {
        let device = Draft::new("ca", "device").with_serial(serial).certificate(signer);
        let mut facts = CertificateFacts::of(&device, &KeyChecker::builtin());
        facts.issuer_key = known.find_issuer(&device);
        found.status_of(&facts, now())
    };
    let good = RevocationStatus::Good;
    let found = revocations(&known(true), &[list(&one, 7), list(&other, 8)]);
    assert_eq!(ask(&found, &known(true), &one, 7), revoked(Some("keyCompromise"), false));
    assert_eq!(ask(&found, &known(true), &one, 8), good);
    assert_eq!(ask(&found, &known(true), &other, 7), good);
    assert_eq!(ask(&found, &known(true), &other, 8), revoked(Some("keyCompromise"), false));
    // Only one of them is known, and it has a list.
    let found = revocations(&known(false), &[list(&one, 7)]);
    assert_eq!(ask(&found, &known(false), &one, 7), revoked(Some("keyCompromise"), false));
    for serial in [7, 8] {
        let status = ask(&found, &known(false), &other, serial);
        assert_eq!(status, unknown(UnknownRevocation::IssuerNotKnown));
    }
    // Both are known, one has a list.
    let found = revocations(&known(true), &[list(&one, 7)]);
    assert_eq!(ask(&found, &known(true), &other, 7), unknown(UnknownRevocation::NoCrl));
    let name = NameDigest::of(&crate::pki::testing::common_name("ca"));
    let is_listed = |serial: u64| found.is_listed(&name, &SerialNumber::from(serial));
    assert!(is_listed(7) && !is_listed(8));
}

#[test]
fn a_newer_delta_ends_a_hold() {
    let (signer, issuers) = one_ca();
    let base = |reason| CrlDraft { entries: vec![(7, reason)], ..CrlDraft::new("ca") }.der(&signer);
    let delta_of = |this_update, reason, scope: &[Vec<u8>]| {
        let mut extensions = vec![extension(oid::DELTA_CRL_INDICATOR, true, &[2, 1, 1])];
        extensions.extend_from_slice(scope);
        CrlDraft { this_update, entries: vec![(7, reason)], extensions, ..CrlDraft::new("ca") }.der(&signer)
    };
    let delta = |this_update, reason| delta_of(this_update, reason, &[]);
    let check = |lists: &[Vec<u8>], expected| {
        let mut lists = lists.to_vec();
        for _ in 0..2 {
            assert_eq!(ask(&revocations(&issuers, &lists), 7, Some(1), now()), expected);
            lists.reverse();
        }
    };
    let hold = || revoked(Some("certificateHold"), false);
    check(&[base(6)], hold());
    check(&[base(6), delta(b"260303000000Z", 8)], RevocationStatus::Good);
    check(&[base(1), delta(b"260303000000Z", 8)], revoked(Some("keyCompromise"), false));
    check(&[base(6), delta(b"260228000000Z", 8)], hold());
    let held_again = delta(b"260304000000Z", 6);
    check(&[base(6), delta(b"260303000000Z", 8), held_again], hold());
    let users = extension(oid::ISSUING_DISTRIBUTION_POINT, true, &seq(&[&tlv(0x81, &[&[0xff]])]));
    check(&[base(6), delta_of(b"260303000000Z", 8, &[users])], hold());
}
