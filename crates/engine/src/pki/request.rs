//! Certification requests (PKCS #10, RFC 2986): the name and the key that somebody asks a certificate for.
//!
//! Unlike certificates, requests are read strictly: what is taken from one goes into a certificate that we sign.

use std::ops::Range;

use super::der::{self, DerError, DerFault, Reader};
use super::key::PublicKey;
use super::name::Name;
use super::signature::{self, SignatureAlgorithm, SignatureError};

/// A request whose structure is sound. Its signature is yet to be verified, its key to be judged.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// Well-formed: what [`Name::check_well_formed`] asks for.
    pub subject: Name,
    pub public_key: PublicKey,
    /// The DER of the `SubjectPublicKeyInfo`, as it is in the request.
    pub spki: Vec<u8>,
    pub signature_algorithm: SignatureAlgorithm,
    der: Box<[u8]>,
    signed: Range<usize>,
    signature: Range<usize>,
}

impl CertificateRequest {
    /// Reads the DER of one request; nothing may follow it. Requested extensions and other attributes are not looked at.
    ///
    /// # Errors
    /// When the bytes are not a request of version 1 (the only one), or its subject is not well-formed.
    pub fn parse(der: &[u8]) -> Result<Self, DerError> {
        const FIELD: &str = "certificate request";
        let mut outer = Reader::new(der);
        let mut parts = outer.sequence(FIELD)?.reader();
        outer.finish(FIELD)?;
        let info = parts.sequence(FIELD)?;
        let algorithm = parts.sequence("signature algorithm")?;
        let signature = parts.bit_string("signature")?;
        let signature_end = parts.offset();
        parts.finish(FIELD)?;

        let mut fields = info.reader();
        if !der::unsigned(fields.integer("version")?).is_empty() {
            let fault = DerFault::BadValue { reason: "the only version is 0" };
            return Err(DerError { offset: info.offset, field: "version", fault });
        }
        let subject = Name::from_der(fields.sequence("subject")?.raw);
        subject.check_well_formed()?;
        let (public_key, spki) = PublicKey::read(&mut fields)?;
        // Some tools leave the attributes out when there are none, against the standard.
        fields.optional(der::constructed(0), "attributes")?;
        fields.finish(FIELD)?;
        Ok(Self {
            subject,
            public_key,
            spki: spki.to_vec(),
            signature_algorithm: SignatureAlgorithm::read(&algorithm)?,
            der: der.into(),
            signed: info.offset..info.offset + info.raw.len(),
            signature: signature_end - signature.len()..signature_end,
        })
    }

    /// The part that is signed.
    pub fn signed_bytes(&self) -> &[u8] {
        self.der.get(self.signed.clone()).unwrap_or_default()
    }

    pub fn signature(&self) -> &[u8] {
        self.der.get(self.signature.clone()).unwrap_or_default()
    }

    /// Verifies that whoever made the request has the private key.
    pub fn verify(&self) -> Result<(), SignatureError> {
        signature::verify(self.signed_bytes(), &self.signature_algorithm, self.signature(), &self.public_key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Signer, common_name, integer, seq, tlv};
    use super::*;

    fn request(version: u8, subject: &[u8], attributes: &[u8]) -> Vec<u8> {
        let signer = Signer::new(7);
        signer.sign(&seq(&[&integer(&[version]), subject, &signer.spki(), attributes]))
    }

    #[test]
    fn reads_and_verifies() {
        for attributes in [&[0xa0, 0][..], &[]] {
            let der = request(0, &common_name("sensor-7"), attributes);
            let request = CertificateRequest::parse(&der).unwrap();
            assert_eq!(request.subject.to_string(), "CN=sensor-7");
            assert_eq!(request.spki, Signer::new(7).spki());
            assert_eq!(request.verify(), Ok(()));
        }
    }

    #[test]
    fn a_changed_request_does_not_verify() {
        let mut der = request(0, &common_name("sensor-7"), &[0xa0, 0]);
        let at = der.windows(8).position(|part| part == b"sensor-7").unwrap();
        der[at] = b'x';
        assert_eq!(CertificateRequest::parse(&der).unwrap().verify(), Err(SignatureError::Invalid));
    }

    #[test]
    fn refuses_what_is_not_exactly_a_request() {
        let good = request(0, &common_name("a"), &[0xa0, 0]);
        let refused = |der: &[u8], field: &str| {
            assert_eq!(CertificateRequest::parse(der).map(|_| ()).unwrap_err().field, field, "{der:02x?}");
        };
        refused(&request(1, &common_name("a"), &[]), "version");
        refused(&[&good[..], &[0]].concat(), "certificate request");
        refused(&request(0, &common_name("a"), &[0xa0, 0, 5, 0]), "certificate request");
        // A set without an attribute, an attribute that is no string, a length longer than it need be.
        refused(&request(0, &seq(&[&tlv(0x31, &[])]), &[]), "name");
        refused(
            &request(0, &seq(&[&tlv(0x31, &[&seq(&[&tlv(6, &[&[0x55, 4, 3]]), &tlv(2, &[&[1]])])])]), &[]),
            "name",
        );
        let long = [&[0x31, 0x81, 9][..], &seq(&[&tlv(6, &[&[0x55, 4, 3]]), &tlv(12, &[])])].concat();
        refused(&request(0, &seq(&[&long]), &[]), "name");
        for end in 0..good.len() {
            assert!(CertificateRequest::parse(&good[..end]).is_err());
        }
    }
}
