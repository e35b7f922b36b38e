//! Private keys: making, reading, signing with them.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use thingwarden_engine::pki::Curve;
use zeroize::{Zeroize, Zeroizing};

use super::{der, pem};
use crate::config::KeyType;

/// A private key that signs. What it shows of itself is its kind alone.
pub(super) struct PrivateKey(Pair);

enum Pair {
    Ec(EcdsaKeyPair, Curve),
    Rsa(RsaKeyPair),
}

/// The cryptographic library refused; it does not say why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub(crate) struct CryptoFailed;

impl PrivateKey {
    pub(super) fn generate(kind: KeyType) -> Result<Self, CryptoFailed> {
        Ok(Self(match kind {
            KeyType::EcdsaP256 => {
                let pair =
                    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| CryptoFailed)?;
                Pair::Ec(pair, Curve::P256)
            }
            KeyType::Rsa2048 => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| CryptoFailed)?),
        }))
    }

    /// The first private key of a PEM text, without a passphrase: PKCS #8, PKCS #1 or SEC 1; RSA or NIST curves. `None` when
    /// there is none.
    pub(super) fn from_pem(text: &str) -> Option<Self> {
        let mut key = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()?;
        let pair = Self::from_der(&key);
        key.zeroize();
        pair
    }

    fn from_der(key: &PrivateKeyDer<'_>) -> Option<Self> {
        let bytes = key.secret_der();
        let curves = [
            (Curve::P256, &ECDSA_P256_SHA256_ASN1_SIGNING),
            (Curve::P384, &ECDSA_P384_SHA384_ASN1_SIGNING),
            (Curve::P521, &ECDSA_P521_SHA512_ASN1_SIGNING),
        ];
        for (curve, algorithm) in curves {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(algorithm, bytes) {
                return Some(Self(Pair::Ec(pair, curve)));
            }
        }
        let pair = match key {
            PrivateKeyDer::Pkcs1(_) => RsaKeyPair::from_der(bytes),
            _ => RsaKeyPair::from_pkcs8(bytes),
        };
        pair.ok().map(|pair| Self(Pair::Rsa(pair)))
    }

    /// The DER of the `SubjectPublicKeyInfo`.
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        match &self.0 {
            Pair::Ec(pair, curve) => der::ec_key_info(*curve, pair.public_key().as_ref()).unwrap_or_default(),
            Pair::Rsa(pair) => der::rsa_key_info(pair.public_key().as_ref()),
        }
    }

    /// The DER of the `AlgorithmIdentifier` of its signatures.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        let ecdsa = |number| der::sequence(&[&der::oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, number])]);
        match &self.0 {
            Pair::Ec(_, Curve::P384) => ecdsa(3),
            Pair::Ec(_, Curve::P521) => ecdsa(4),
            Pair::Ec(..) => ecdsa(2),
            Pair::Rsa(_) => {
                der::sequence(&[&der::oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11]), &[5, 0]])
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoFailed> {
        let random = SystemRandom::new();
        match &self.0 {
            Pair::Ec(pair, _) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| CryptoFailed),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| CryptoFailed)?;
                Ok(signature)
            }
        }
    }

    pub(super) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, CryptoFailed> {
        Ok(Zeroizing::new(match &self.0 {
            Pair::Ec(pair, _) => pair.to_pkcs8v1().map_err(|_| CryptoFailed)?.as_ref().to_vec(),
            Pair::Rsa(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(|_| CryptoFailed)?.as_ref().to_vec()
            }
        }))
    }

    /// `BEGIN PRIVATE KEY` (PKCS #8).
    pub(super) fn to_pem(&self) -> Result<Zeroizing<String>, CryptoFailed> {
        Ok(pem::write_secret("PRIVATE KEY", &self.to_pkcs8()?))
    }

    /// As AWS hands out keys: `BEGIN RSA PRIVATE KEY` (PKCS #1) for RSA; PKCS #8 for others.
    pub(super) fn to_device_pem(&self) -> Result<Zeroizing<String>, CryptoFailed> {
        if matches!(self.0, Pair::Ec(..)) {
            return self.to_pem();
        }
        match self.to_pkcs8()?.as_slice() {
            // Version 0, the algorithm with its NULL, and the octet string that is the key in PKCS #1.
            [0x30, 0x82, _, _, 2, 1, 0, 0x30, 13, 6, 9, algorithm @ ..] => {
                match algorithm.strip_prefix(der::RSA_ENCRYPTION) {
                    Some([5, 0, 4, 0x82, _, _, key @ ..]) => Ok(pem::write_secret("RSA PRIVATE KEY", key)),
                    _ => Err(CryptoFailed),
                }
            }
            _ => Err(CryptoFailed),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Pair::Ec(_, curve) => write!(f, "PrivateKey({curve:?})"),
            Pair::Rsa(pair) => write!(f, "PrivateKey(RSA-{})", pair.public_modulus_len() * 8),
        }
    }
}
