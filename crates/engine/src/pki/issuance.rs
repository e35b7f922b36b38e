//! What certificates of one issuer have in common.

use std::fmt;

use ring::digest::{Context, SHA256};

use super::facts::{CertificateFacts, KeyIdDigest, UrlDigest};

/// Stands for everything in a certificate, but its serial number, on which the way to its issuers and the answer of their
/// revocation lists depend. Where no list names them, certificates with the same issuance are judged alike, so a store
/// keeps it to ask once for a million of them. Zero for a self-signed certificate: it has no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Issuance([u8; 16]);

impl Issuance {
    /// Of a certificate with these facts.
    pub fn of(facts: &CertificateFacts) -> Self {
        if facts.self_signed {
            return Self::default();
        }
        let mut hash = Context::new(&SHA256);
        hash.update(&facts.issuer.0);
        hash.update(&facts.authority_key.map_or(0, KeyIdDigest::number).to_be_bytes());
        for point in facts.distribution_points {
            hash.update(&point.map_or(0, UrlDigest::number).to_be_bytes());
        }
        hash.update(&[u8::from(facts.is_ca), u8::from(facts.self_issued)]);
        if facts.self_issued {
            // Whether it is a root depends on whose key signed it: its own or not.
            hash.update(&facts.key_digest.0);
        }
        let mut prefix = [0; 16];
        prefix.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Self(prefix)
    }
}

impl fmt::Display for Issuance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{IssuerKey, KeyDigest, NameDigest, SerialNumber};
    use crate::time::Timestamp;

    #[test]
    fn only_what_decides_about_issuers_changes_it() {
        let plain = CertificateFacts::plain(Timestamp::from_seconds(0), Timestamp::from_seconds(1));
        let same = [
            CertificateFacts { serial: SerialNumber::from(7), ..plain.clone() },
            CertificateFacts { key_digest: KeyDigest([1; 16]), ..plain.clone() },
            CertificateFacts { subject: NameDigest([1; 16]), ..plain.clone() },
            CertificateFacts { issuer_key: IssuerKey::NotKnown, ..plain.clone() },
            CertificateFacts { not_after: Timestamp::from_seconds(9), ..plain.clone() },
        ];
        for facts in same {
            assert_eq!(Issuance::of(&facts), Issuance::of(&plain), "{facts:?}");
        }
        let other = [
            CertificateFacts { issuer: NameDigest([1; 16]), ..plain.clone() },
            CertificateFacts { authority_key: Some(KeyIdDigest::of(b"k")), ..plain.clone() },
            CertificateFacts { distribution_points: [Some(UrlDigest::of("u")), None], ..plain.clone() },
            CertificateFacts { distribution_points: [None, Some(UrlDigest::of("u"))], ..plain.clone() },
            CertificateFacts { is_ca: true, ..plain.clone() },
            CertificateFacts { self_issued: true, ..plain.clone() },
            CertificateFacts { self_issued: true, key_digest: KeyDigest([1; 16]), ..plain.clone() },
            CertificateFacts { self_signed: true, ..plain.clone() },
        ];
        let mut seen: Vec<Issuance> = other.iter().chain([&plain]).map(Issuance::of).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), other.len() + 1);
    }
}
