//! Certificates for show: a small hierarchy of authorities with validities of any kind, devices with any key, revocation lists.
//! For the fleet of `thingwarden demo`. Private keys live as long as the fleet is made and are written nowhere.

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::{Duration, Timestamp};

use super::issue::{CN, Draft, key_id};
use super::key::{CryptoFailed, PrivateKey};
use super::{der, pem};
use crate::config::KeyType;
use crate::random;

/// X.520's `organizationName`.
const O: u8 = 10;
const SUBJECT_KEY_ID: u8 = 14;
const KEY_USAGE: u8 = 15;
const BASIC_CONSTRAINTS: u8 = 19;
const CRL_NUMBER: u8 = 20;
const AUTHORITY_KEY_ID: u8 = 35;

/// A certificate for show.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) pem: String,
    pub(crate) id: CertificateId,
    pub(crate) not_before: Timestamp,
    serial: [u8; 16],
}

/// An authority for show, with its key.
#[derive(Debug)]
pub(crate) struct SampleAuthority {
    key: PrivateKey,
    subject: Vec<u8>,
    organization: String,
    pub(crate) certificate: Sample,
}

/// From and to when something is valid.
pub(crate) type Validity = (Timestamp, Timestamp);

impl SampleAuthority {
    /// One that signs itself.
    pub(crate) fn root(organization: &str, name: &str, validity: Validity) -> Result<Self, CryptoFailed> {
        let key = PrivateKey::generate(KeyType::EcdsaP256)?;
        let subject = der::name(&[(O, organization), (CN, name)]);
        let spki = key.public_key_info();
        let certificate = sign(&key, &subject, &spki, &subject, &spki, validity, true)?;
        Ok(Self { key, subject, organization: organization.to_owned(), certificate })
    }

    /// One that this one signs.
    pub(crate) fn below(&self, name: &str, validity: Validity) -> Result<Self, CryptoFailed> {
        let key = PrivateKey::generate(KeyType::EcdsaP256)?;
        let subject = der::name(&[(O, &self.organization), (CN, name)]);
        let certificate = self.sign(&subject, &key.public_key_info(), validity, true)?;
        Ok(Self { key, subject, organization: self.organization.clone(), certificate })
    }

    /// A device's certificate. `spki` is the DER of its `SubjectPublicKeyInfo`.
    pub(crate) fn device(&self, name: &str, spki: &[u8], validity: Validity) -> Result<Sample, CryptoFailed> {
        self.sign(&der::name(&[(O, &self.organization), (CN, name)]), spki, validity, false)
    }

    fn sign(
        &self,
        subject: &[u8],
        spki: &[u8],
        validity: Validity,
        is_ca: bool,
    ) -> Result<Sample, CryptoFailed> {
        sign(&self.key, &self.subject, &self.key.public_key_info(), subject, spki, validity, is_ca)
    }

    /// The DER of a revocation list (RFC 5280 section 5), made now and good for a week.
    pub(crate) fn revocation_list(
        &self,
        revoked: &[&Sample],
        now: Timestamp,
    ) -> Result<Vec<u8>, CryptoFailed> {
        let time = |time: Timestamp| der::time(time).ok_or(CryptoFailed);
        let algorithm = self.key.signature_algorithm();
        let mut entries = vec![];
        for sample in revoked {
            entries.push(der::sequence(&[&der::unsigned(&sample.serial), &time(now - Duration::days(3))?]));
        }
        let entries = if entries.is_empty() { vec![] } else { der::sequence(&[&entries.concat()]) };
        let issuer_key = authority_key(&self.key.public_key_info());
        let extensions = [issuer_key, der::extension(CRL_NUMBER, false, &der::unsigned(&[1]))].concat();
        let signed = der::sequence(&[
            // Version 2.
            &der::unsigned(&[1]),
            &algorithm,
            &self.subject,
            &time(now - Duration::hours(1))?,
            &time(now + Duration::days(7))?,
            &entries,
            &der::tlv(0xa0, &[&der::sequence(&[&extensions])]),
        ]);
        let signature = self.key.sign(&signed)?;
        Ok(der::sequence(&[&signed, &algorithm, &der::bit_string(&signature)]))
    }
}

/// The `SubjectPublicKeyInfo` of a new P-256 key that nobody keeps.
pub(crate) fn new_public_key() -> Result<Vec<u8>, CryptoFailed> {
    Ok(PrivateKey::generate(KeyType::EcdsaP256)?.public_key_info())
}

/// The `SubjectPublicKeyInfo` of an RSA key.
pub(crate) fn rsa_public_key(modulus: &[u8], exponent: u32) -> Vec<u8> {
    der::rsa_key_info(&der::sequence(&[&der::unsigned(modulus), &der::unsigned(&exponent.to_be_bytes())]))
}

fn authority_key(spki: &[u8]) -> Vec<u8> {
    der::extension(AUTHORITY_KEY_ID, false, &der::sequence(&[&der::tlv(0x80, &[&key_id(spki)])]))
}

fn sign(
    key: &PrivateKey,
    issuer: &[u8],
    issuer_spki: &[u8],
    subject: &[u8],
    spki: &[u8],
    (not_before, not_after): Validity,
    is_ca: bool,
) -> Result<Sample, CryptoFailed> {
    let mut serial = random::bytes::<16>().ok_or(CryptoFailed)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    let (constraints, usage): (&[u8], _) =
        if is_ca { (&[1, 1, 0xff], [3, 2, 1, 0x06]) } else { (&[], [3, 2, 7, 0x80]) };
    let draft = Draft {
        serial: &serial,
        issuer,
        subject,
        not_before,
        not_after,
        spki,
        extensions: vec![
            authority_key(issuer_spki),
            der::extension(SUBJECT_KEY_ID, false, &der::tlv(4, &[&key_id(spki)])),
            der::extension(BASIC_CONSTRAINTS, true, &der::sequence(&[constraints])),
            der::extension(KEY_USAGE, true, &usage),
        ],
    };
    let der = draft.sign(key)?;
    let (pem, id) = (pem::write("CERTIFICATE", &der), CertificateId::of_der(&der));
    Ok(Sample { pem, id, not_before, serial })
}
