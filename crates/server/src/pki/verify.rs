//! Verifying signatures of everything that AWS IoT takes: what the engine verifies, and what takes the larger library.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use thingwarden_engine::pki::{
    Certificate, CertificateRequest, Curve, Hash, PublicKey, SignatureAlgorithm, SignatureError,
};

/// The certificate is signed with this key.
pub(super) fn certificate(certificate: &Certificate, issuer: &PublicKey) -> Result<(), SignatureError> {
    certificate.verify_with(issuer).or_else(|error| {
        let (signed, signature) = (certificate.signed_bytes(), certificate.signature());
        further(error, signed, &certificate.signature_algorithm, signature, issuer)
    })
}

/// The certificate names itself as issuer, but its own key did not sign it. One that names another key of the issuer is not meant
/// to be signed by its own (RFC 5280 section 3.2: a CA that changes its key).
pub(super) fn is_badly_self_signed(it: &Certificate) -> bool {
    let names_own_key = it.authority_key_id.is_none() || it.authority_key_id == it.subject_key_id;
    it.is_self_issued()
        && names_own_key
        && matches!(certificate(it, &it.public_key), Err(SignatureError::Invalid))
}

/// The request is signed with the key that it is for.
pub(super) fn request(request: &CertificateRequest) -> Result<(), SignatureError> {
    request.verify().or_else(|error| {
        let (signed, signature) = (request.signed_bytes(), request.signature());
        further(error, signed, &request.signature_algorithm, signature, &request.public_key)
    })
}

fn further(
    error: SignatureError,
    signed: &[u8],
    algorithm: &SignatureAlgorithm,
    signature: &[u8],
    key: &PublicKey,
) -> Result<(), SignatureError> {
    let (SignatureError::Unsupported(_), PublicKey::Ec { curve, point, .. }) = (&error, key) else {
        return Err(error);
    };
    let Some(parameters) = ecdsa(*curve, algorithm).filter(|_| point.first() == Some(&4)) else {
        return Err(error);
    };
    UnparsedPublicKey::new(parameters, point).verify(signed, signature).map_err(|_| SignatureError::Invalid)
}

fn ecdsa(curve: Curve, algorithm: &SignatureAlgorithm) -> Option<&'static EcdsaVerificationAlgorithm> {
    let SignatureAlgorithm::Ecdsa(hash) = algorithm else { return None };
    Some(match (curve, hash) {
        (Curve::P256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
        (Curve::P521, Hash::Sha256) => &ECDSA_P521_SHA256_ASN1,
        (Curve::P521, Hash::Sha384) => &ECDSA_P521_SHA384_ASN1,
        (Curve::P521, Hash::Sha512) => &ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}
