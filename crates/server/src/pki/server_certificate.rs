//! The certificate that the server shows to devices when nobody supplies one: of an authority of its own, made at first
//! start, whose certificate devices are given to trust.
//!
//! It is another authority than the one of device certificates, so that no device can pass as the server. The server's key
//! is made at each start and is never written.

use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use thingwarden_engine::time::{Duration, Timestamp};

use super::authority::{AuthorityError, AuthorityName, IssuingCa};
use super::issue::{
    AUTHORITY_KEY_ID, BACKDATED, BASIC_CONSTRAINTS, CN, Draft, KEY_USAGE, SUBJECT_KEY_ID, key_id,
};
use super::key::{CryptoFailed, PrivateKey};
use super::{der, files};
use crate::config::KeyType;
use crate::random;

const SUBJECT_ALTERNATIVE_NAME: u8 = 17;
const EXTENDED_KEY_USAGE: u8 = 37;
/// `id-kp-serverAuth`, 1.3.6.1.5.5.7.3.1.
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// As long as public authorities issued at most until 2026; some TLS libraries refuse more.
const VALIDITY: Duration = Duration::days(397);
/// The certificate is renewed when it is so old.
const RENEWED_AFTER: Duration = Duration::days(300);

/// Issues the server's certificates.
#[derive(Debug)]
pub(crate) struct ServerAuthority {
    ca: IssuingCa,
}

/// A certificate with its key, as TLS takes them.
#[derive(Debug)]
pub(crate) struct ServerIdentity {
    /// The server's own first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// At other times, another one should be shown.
    pub(crate) shown: Range<Timestamp>,
}

impl ServerAuthority {
    /// Opens the authority in `folder/ca`, or makes one; its certificate is in `folder/ca.pem`.
    ///
    /// # Errors
    /// As [`IssuingCa::open_or_create`].
    pub(crate) fn open_or_create(
        folder: &Path,
        account: &str,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let at = folder.join("ca");
        let ca = IssuingCa::open_or_create(&at, AuthorityName::Server, account, KeyType::EcdsaP256, now)?;
        let path = folder.join("ca.pem");
        files::write(&path, ca.pem().as_bytes(), 0o644)
            .map_err(|error| AuthorityError::Io { path, error })?;
        Ok(Self { ca })
    }

    /// Makes a key and a certificate for it that is good for these host names and addresses.
    pub(crate) fn issue(&self, hosts: &[String], now: Timestamp) -> Result<ServerIdentity, CryptoFailed> {
        let key = PrivateKey::generate(KeyType::EcdsaP256)?;
        let spki = key.public_key_info();
        let mut serial = random::bytes::<16>().ok_or(CryptoFailed)?;
        if let Some(first) = serial.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        let authority = self.ca.certificate();
        let issuer_key = authority.subject_key_id.clone().unwrap_or_default();
        let names: Vec<Vec<u8>> = hosts.iter().map(|host| name(host)).collect();
        let draft = Draft {
            serial: &serial,
            issuer: authority.subject.as_der(),
            subject: &der::name(&[(CN, "Thingwarden")]),
            not_before: (now - BACKDATED).max(authority.not_before),
            not_after: (now + VALIDITY).min(authority.not_after),
            spki: &spki,
            extensions: vec![
                der::extension(AUTHORITY_KEY_ID, false, &der::sequence(&[&der::tlv(0x80, &[&issuer_key])])),
                der::extension(SUBJECT_KEY_ID, false, &der::tlv(4, &[&key_id(&spki)])),
                der::extension(BASIC_CONSTRAINTS, true, &der::sequence(&[])),
                // digitalSignature
                der::extension(KEY_USAGE, true, &[3, 2, 7, 0x80]),
                der::extension(
                    EXTENDED_KEY_USAGE,
                    false,
                    &der::sequence(&[&der::oid(SERVER_AUTHENTICATION)]),
                ),
                der::extension(SUBJECT_ALTERNATIVE_NAME, false, &der::sequence(&[&names.concat()])),
            ],
        };
        let certificate = draft.sign(self.ca.key())?;
        let private = PrivatePkcs8KeyDer::from(key.to_pkcs8()?.to_vec());
        Ok(ServerIdentity {
            chain: vec![certificate.into(), authority.as_der().to_vec().into()],
            key: private.into(),
            shown: now - BACKDATED..(now + RENEWED_AFTER).min(authority.not_after),
        })
    }
}

/// A `GeneralName` (RFC 5280 section 4.2.1.6).
fn name(host: &str) -> Vec<u8> {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => der::tlv(0x87, &[&address.octets()]),
        Ok(IpAddr::V6(address)) => der::tlv(0x87, &[&address.octets()]),
        Err(_) => der::tlv(0x82, &[host.as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::{Error, RootCertStore};
    use rustls_pki_types::pem::PemObject;
    use rustls_pki_types::{ServerName, UnixTime};

    use super::*;
    use crate::pki::testing::NOW;

    #[test]
    fn who_trusts_the_authority_trusts_the_server_under_its_names_only() {
        let folder = tempfile::tempdir().unwrap();
        let authority = ServerAuthority::open_or_create(folder.path(), "123456789012", NOW).unwrap();
        let hosts = ["iot.example.org", "localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let identity = authority.issue(&hosts, NOW).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(folder.path().join("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        let check = |name: &'static str, days: i64| {
            let seconds = (NOW + Duration::days(days)).millis() / 1000;
            let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds as u64));
            let name = ServerName::try_from(name).unwrap();
            let (end, chain) = identity.chain.split_first().unwrap();
            verifier.verify_server_cert(end, chain, &name, &[], time).map(drop)
        };
        for host in ["iot.example.org", "localhost", "127.0.0.1", "::1"] {
            assert_eq!(check(host, 0), Ok(()), "{host}");
        }
        assert!(matches!(check("other.example.org", 0), Err(Error::InvalidCertificate(_))));
        assert!(matches!(check("localhost", 398), Err(Error::InvalidCertificate(_))));
        assert!(identity.shown.end < NOW + Duration::days(397));
        let again = ServerAuthority::open_or_create(folder.path(), "123456789012", NOW).unwrap();
        assert_eq!(again.ca.pem(), authority.ca.pem());
    }
}
