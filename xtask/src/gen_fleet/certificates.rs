//! Certificates and revocation lists of the generated fleet.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::der;
use super::p256::{Curve, PrivateKey, Walk};
use super::random::Random;

/// ecdsa-with-SHA256 (RFC 5758 section 3.2).
const SIGNED_WITH: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const RSA_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ORGANIZATION: &str = "Example Fleet";

/// A certificate authority of the fleet.
#[derive(Debug)]
pub struct Authority {
    /// What revocation lists are called and fetched as.
    pub file: String,
    key: PrivateKey,
    encoded_name: Vec<u8>,
    key_id: Vec<u8>,
    pub der: Vec<u8>,
    pub id: String,
    pub not_before: i64,
    pub not_after: i64,
}

/// What a certificate is to say.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub common_name: &'a str,
    pub serial: [u8; 16],
    pub not_before: i64,
    pub not_after: i64,
    /// `SubjectPublicKeyInfo`.
    pub key: Vec<u8>,
    pub is_ca: bool,
    pub distribution_point: Option<&'a str>,
}

pub fn ec_key(point: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::element(6, &[EC_KEY]), &der::element(6, &[P256])]);
    der::sequence(&[&algorithm, &der::bit_string(point)])
}

/// An RSA key with the exponent 65,537.
pub fn rsa_key(modulus: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::element(6, &[RSA_KEY]), &[5, 0]]);
    let key = der::sequence(&[&der::unsigned(modulus), &der::unsigned(&[1, 0, 1])]);
    der::sequence(&[&algorithm, &der::bit_string(&key)])
}

/// The id that the registry gives a certificate: the SHA-256 of its DER in hex.
pub fn id_of(der: &[u8]) -> String {
    digest(&SHA256, der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Authority {
    /// A new authority, certified by `issuer` or by itself.
    pub fn new(curve: &Curve, random: &mut Random, name: &str, issuer: Option<&Self>, now: i64) -> Self {
        let key = curve.key(&random.bytes());
        let point = curve.public_key(&key);
        let mut authority = Self {
            file: name.to_lowercase().replace(' ', "-"),
            key,
            encoded_name: der::name(ORGANIZATION, name),
            key_id: key_id(&point),
            der: Vec::new(),
            id: String::new(),
            not_before: now - 1500 * 86_400,
            not_after: now + 5000 * 86_400,
        };
        let mut serial = random.bytes::<16>();
        serial.first_mut().into_iter().for_each(|byte| *byte = *byte & 0x3f | 0x40);
        let wanted = Wanted {
            common_name: name,
            serial,
            not_before: authority.not_before,
            not_after: authority.not_after,
            key: ec_key(&point),
            is_ca: true,
            distribution_point: None,
        };
        let nonce = curve.walk(&curve.key(&random.bytes()), 0);
        authority.der = issuer.unwrap_or(&authority).certify(curve, &nonce, &wanted, &authority.key_id);
        authority.id = id_of(&authority.der);
        authority
    }

    /// Signs a certificate. `key_id` is the subject's.
    pub fn certify(&self, curve: &Curve, nonce: &Walk<'_>, wanted: &Wanted<'_>, key_id: &[u8]) -> Vec<u8> {
        let usage: &[u8] = if wanted.is_ca { &[3, 2, 1, 6] } else { &[3, 2, 7, 0x80] };
        let constraints: &[u8] = if wanted.is_ca { &[0x30, 3, 1, 1, 0xff] } else { &[0x30, 0] };
        let mut extensions = vec![
            der::extension(19, true, constraints),
            der::extension(15, true, usage),
            der::extension(14, false, &der::element(4, &[key_id])),
            der::extension(35, false, &der::sequence(&[&der::element(0x80, &[&self.key_id])])),
        ];
        if let Some(url) = wanted.distribution_point {
            let name = der::element(0xa0, &[&der::element(0xa0, &[&der::element(0x86, &[url.as_bytes()])])]);
            extensions.push(der::extension(31, false, &der::sequence(&[&der::sequence(&[&name])])));
        }
        let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
        let content = der::sequence(&[
            &der::element(0xa0, &[&der::unsigned(&[2])]),
            &der::unsigned(&wanted.serial),
            &algorithm(),
            &self.encoded_name,
            &der::sequence(&[&der::time(wanted.not_before), &der::time(wanted.not_after)]),
            &der::name(ORGANIZATION, wanted.common_name),
            &wanted.key,
            &der::element(0xa3, &[&der::sequence(&extensions)]),
        ]);
        self.signed(curve, nonce, content)
    }

    /// A revocation list of serial numbers with the times of revocation.
    pub fn revoke(&self, curve: &Curve, nonce: &Walk<'_>, revoked: &[([u8; 16], i64)], now: i64) -> Vec<u8> {
        let entries: Vec<u8> = revoked
            .iter()
            .flat_map(|(serial, time)| {
                let reason = der::sequence(&[&der::extension(21, false, &[0x0a, 1, 1])]);
                der::sequence(&[&der::unsigned(serial), &der::time(*time), &reason])
            })
            .collect();
        // An empty list is left out (RFC 5280 section 5.1.2.6).
        let list = if revoked.is_empty() { Vec::new() } else { der::sequence(&[&entries]) };
        let extensions = der::sequence(&[
            &der::extension(35, false, &der::sequence(&[&der::element(0x80, &[&self.key_id])])),
            &der::extension(20, false, &der::unsigned(&[7])),
        ]);
        let content = der::sequence(&[
            &der::unsigned(&[1]),
            &algorithm(),
            &self.encoded_name,
            &der::time(now - 86_400),
            &der::time(now + 6 * 86_400),
            &list,
            &der::element(0xa0, &[&extensions]),
        ]);
        self.signed(curve, nonce, content)
    }

    fn signed(&self, curve: &Curve, nonce: &Walk<'_>, content: Vec<u8>) -> Vec<u8> {
        let signature = curve.sign(&self.key, nonce, &content);
        der::sequence(&[&content, &algorithm(), &der::bit_string(&signature)])
    }
}

/// RFC 5280 section 4.2.1.2, method 1.
pub fn key_id(public_key: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, public_key).as_ref().to_vec()
}

fn algorithm() -> Vec<u8> {
    der::sequence(&[&der::element(6, &[SIGNED_WITH])])
}
