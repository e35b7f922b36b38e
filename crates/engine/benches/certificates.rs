//! From the DER of a certificate to its facts, next to what cannot be avoided: `cargo bench --bench certificates`.

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{Certificate, CertificateFacts, KeyChecker};
use x509_parser::prelude::{FromDer, X509Certificate};

fn main() {
    divan::main();
}

/// Device certificates with an EC and with an RSA key, as PEM.
const PEM: [&str; 2] =
    [include_str!("../src/pki/testdata/leaf.pem"), include_str!("../src/pki/testdata/leaf-rsa.pem")];

const KINDS: [&str; 2] = ["P-256", "RSA-2048"];

fn pem(kind: &str) -> &'static str {
    KINDS.iter().position(|name| *name == kind).and_then(|place| PEM.get(place).copied()).unwrap_or_default()
}

fn der(kind: &str) -> Vec<u8> {
    PemBlocks::new(pem(kind).as_bytes())
        .next()
        .and_then(Result::ok)
        .map(|block| block.der)
        .unwrap_or_default()
}

#[divan::bench(args = KINDS)]
fn a_parse_and_facts(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let (der, checker) = (der(kind), KeyChecker::builtin());
    bencher
        .bench(|| Certificate::parse(&der).map(|certificate| CertificateFacts::of(&certificate, &checker)));
}

#[divan::bench(args = KINDS)]
fn b_parse(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let der = der(kind);
    bencher.bench(|| Certificate::parse(&der));
}

#[divan::bench(args = KINDS)]
fn c_examine_key(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let (certificate, checker) = (Certificate::parse(&der(kind)), KeyChecker::builtin());
    bencher.bench(|| certificate.as_ref().map(|certificate| checker.examine(&certificate.public_key)));
}

#[divan::bench(args = KINDS)]
fn d_pem(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let pem = pem(kind);
    bencher.bench(|| PemBlocks::new(pem.as_bytes()).next());
}

/// The yardstick: another parser, which neither hashes nor copies anything.
#[divan::bench(args = KINDS)]
fn x_x509_parser(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let der = der(kind);
    bencher.bench(|| X509Certificate::from_der(&der).map(|(_, certificate)| certificate.validity.not_after));
}

/// The yardstick: the hash that is the certificate's id.
#[divan::bench(args = KINDS)]
fn x_sha256(bencher: divan::Bencher<'_, '_>, kind: &str) {
    let der = der(kind);
    bencher.bench(|| CertificateId::of_der(&der));
}
