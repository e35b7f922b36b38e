//! Certificates and revocation lists for tests: a DER writer that can also write what no tool would.

use ring::signature::{Ed25519KeyPair, KeyPair};

use super::certificate::Certificate;
use super::oid;

/// A value with this tag and these contents, one after the other.
pub(super) fn tlv(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|content| content.len()).sum();
    let mut bytes = vec![tag];
    match length {
        0..0x80 => bytes.push(length as u8),
        0x80..0x100 => bytes.extend([0x81, length as u8]),
        0x100..0x1_0000 => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => bytes.extend([
            0x84,
            (length >> 24) as u8,
            (length >> 16) as u8,
            (length >> 8) as u8,
            length as u8,
        ]),
    }
    bytes.extend(contents.concat());
    bytes
}

pub(super) fn seq(contents: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, contents)
}

/// An unsigned number.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let zero: &[u8] = if number.first().is_none_or(|&first| first >= 0x80) { &[0] } else { &[] };
    tlv(2, &[zero, number])
}

/// A name of one attribute with an object identifier and a string type.
pub(super) fn name_of(kind: &[u8], tag: u8, text: &[u8]) -> Vec<u8> {
    seq(&[&tlv(0x31, &[&seq(&[&tlv(6, &[kind]), &tlv(tag, &[text])])])])
}

pub(super) fn common_name(text: &str) -> Vec<u8> {
    name_of(oid::COMMON_NAME, 0x0c, text.as_bytes())
}

pub(super) fn extension(kind: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
    let flag = if critical { tlv(1, &[&[0xff]]) } else { Vec::new() };
    seq(&[&tlv(6, &[kind]), &flag, &tlv(4, &[content])])
}

pub(super) fn ed25519_algorithm() -> Vec<u8> {
    seq(&[&tlv(6, &[oid::ED25519])])
}

/// The `SubjectPublicKeyInfo` of an RSA key.
pub(super) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = seq(&[&integer(modulus), &integer(exponent)]);
    seq(&[&seq(&[&tlv(6, &[oid::RSA_ENCRYPTION]), &[5, 0]]), &tlv(3, &[&[0], &key])])
}

/// Somebody who signs; the key follows from a number.
pub(super) struct Signer(Ed25519KeyPair);

impl Signer {
    pub(super) fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(super) fn spki(&self) -> Vec<u8> {
        seq(&[&ed25519_algorithm(), &tlv(3, &[&[0], self.0.public_key().as_ref()])])
    }

    /// `SIGNED{...}` around a to-be-signed part.
    pub(super) fn sign(&self, tbs: &[u8]) -> Vec<u8> {
        seq(&[tbs, &ed25519_algorithm(), &tlv(3, &[&[0], self.0.sign(tbs).as_ref()])])
    }
}

/// A certificate to be signed. The default is a version 3 device certificate of 2026, key and name "device".
pub(super) struct Draft {
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) validity: Vec<u8>,
    pub(super) spki: Vec<u8>,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Draft {
    pub(super) fn new(issuer: &str, subject: &str) -> Self {
        Self {
            version: tlv(0xa0, &[&[2, 1, 2]]),
            serial: tlv(2, &[&[7]]),
            issuer: common_name(issuer),
            subject: common_name(subject),
            validity: seq(&[&tlv(0x17, &[b"260101000000Z"]), &tlv(0x17, &[b"361231235959Z"])]),
            spki: Signer::new(200).spki(),
            extensions: Vec::new(),
        }
    }

    /// A CA certificate for a signer, with its seed as key identifier unless that is 0.
    pub(super) fn ca(issuer: &str, subject: &str, signer: &Signer, key_id: u8) -> Self {
        let mut draft = Self::new(issuer, subject);
        draft.spki = signer.spki();
        draft.extensions.push(extension(oid::BASIC_CONSTRAINTS, true, &seq(&[&tlv(1, &[&[0xff]])])));
        if key_id != 0 {
            draft.extensions.push(extension(oid::SUBJECT_KEY_ID, false, &tlv(4, &[&[key_id; 20]])));
        }
        draft
    }

    pub(super) fn with_serial(mut self, serial: u8) -> Self {
        self.serial = tlv(2, &[&[serial]]);
        self
    }

    pub(super) fn with_authority_key(mut self, key_id: u8) -> Self {
        self.extensions.push(authority_key(key_id));
        self
    }

    pub(super) fn tbs(&self) -> Vec<u8> {
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            list => tlv(0xa3, &[&seq(&[&list.concat()])]),
        };
        let (algorithm, validity) = (ed25519_algorithm(), &self.validity);
        seq(&[
            &self.version,
            &self.serial,
            &algorithm,
            &self.issuer,
            validity,
            &self.subject,
            &self.spki,
            &extensions,
        ])
    }

    pub(super) fn der(&self, signer: &Signer) -> Vec<u8> {
        signer.sign(&self.tbs())
    }

    pub(super) fn certificate(&self, signer: &Signer) -> Certificate {
        Certificate::parse(&self.der(signer)).unwrap()
    }
}

pub(super) fn authority_key(key_id: u8) -> Vec<u8> {
    extension(oid::AUTHORITY_KEY_ID, false, &seq(&[&tlv(0x80, &[&[key_id; 20]])]))
}

/// A revocation list to be signed: of 2026-03-01, next one on 2026-04-01.
pub(super) struct CrlDraft {
    pub(super) issuer: Vec<u8>,
    pub(super) this_update: &'static [u8],
    pub(super) next_update: Option<&'static [u8]>,
    /// Serial number, and reason code unless 255.
    pub(super) entries: Vec<(u8, u8)>,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl CrlDraft {
    pub(super) fn new(issuer: &str) -> Self {
        Self {
            issuer: common_name(issuer),
            this_update: b"260301000000Z",
            next_update: Some(b"260401000000Z"),
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    pub(super) fn der(&self, signer: &Signer) -> Vec<u8> {
        let entries: Vec<u8> = self
            .entries
            .iter()
            .flat_map(|&(serial, reason)| {
                let extensions = match reason {
                    255 => Vec::new(),
                    _ => seq(&[&extension(oid::REASON_CODE, false, &tlv(10, &[&[reason]]))]),
                };
                seq(&[&integer(&[serial]), &tlv(0x17, &[b"260215000000Z"]), &extensions])
            })
            .collect();
        signer.sign(&seq(&[
            &integer(&[1]),
            &ed25519_algorithm(),
            &self.issuer,
            &tlv(0x17, &[self.this_update]),
            &self.next_update.map(|time| tlv(0x17, &[time])).unwrap_or_default(),
            &if entries.is_empty() { Vec::new() } else { seq(&[&entries]) },
            &if self.extensions.is_empty() {
                Vec::new()
            } else {
                tlv(0xa0, &[&seq(&[&self.extensions.concat()])])
            },
        ]))
    }
}

/// The one block of a PEM file.
pub(super) fn pem(text: &str) -> Vec<u8> {
    super::pem::PemBlocks::new(text.as_bytes()).next().unwrap().unwrap().der
}

macro_rules! fixture {
    ($name:literal) => {
        $crate::pki::testing::pem(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/pki/testdata/",
            $name,
            ".pem"
        )))
    };
}
pub(super) use fixture;
