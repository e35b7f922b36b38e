//! The server's own certificate authority, and the rules by which certificates are registered.
//!
//! Reading is the engine's (`thingwarden_engine::pki`); here are issuing and judging what is handed in. Private keys leave this
//! module only in the answer to CreateKeysAndCertificate and in files of mode 0600.

mod authority;
mod der;
mod files;
mod issue;
mod key;
mod messages;
mod pem;
mod register;
pub(crate) mod samples;
mod server_certificate;
mod strength;
mod verify;

pub(crate) use authority::{AuthorityError, AuthorityName, IssuingCa};
pub(crate) use der::{public_key_info, rsa_public_key};
pub(crate) use issue::IssueError;
pub(crate) use key::CryptoFailed;
pub(crate) use messages::MessageKey;
pub(crate) use pem::write as write_pem;
pub(crate) use register::{
    CaMode, RegisteredCa, RegistrationError, new_registration_code, prove_possession, read_ca_certificate,
    read_device_certificate, registration_status, signing_ca,
};
pub(crate) use server_certificate::ServerAuthority;

#[cfg(test)]
pub(crate) mod testing;
