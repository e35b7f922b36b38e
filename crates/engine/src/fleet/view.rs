//! The questions that checks may ask of a fleet.

use super::records::{
    CaCertificate, ConnectionEvent, DeviceCertificate, IdentityPool, Logging, PolicyVersion, Role, RoleAlias,
    RsaModuli, ServiceUse,
};
use crate::ids::CertificateId;
use crate::pki::{IssuerIndex, Revocations};
use crate::time::Timestamp;

/// A kind of fact that a fleet picture may or may not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    CaCertificates,
    ConnectionLog,
    Crls,
    DeviceCertificates,
    IdentityPools,
    KnownKeys,
    Logging,
    Policies,
    RoleAliases,
    Roles,
    RsaModuli,
    ServiceLastAccessed,
}

/// Whether the picture holds a kind of fact. An empty list that somebody collected is `Complete`: there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Absent,
    Complete,
    /// Some could not be read; each text says what and why, for example `policy file p.json: line 1, column 4: ...`.
    Partial(Vec<String>),
}

/// One consistent picture of a fleet. Visits come in a fixed order (by identifier; events by time), so that an audit of the same
/// picture gives the same report. Visitors instead of lists: a store streams its rows, memory does not grow with the fleet.
pub trait FleetView: Sync {
    /// The moment that the audit is as of.
    fn now(&self) -> Timestamp;
    /// Twelve digits; zeros when nobody said which account it is.
    fn account(&self) -> &str;
    fn region(&self) -> &str;
    fn presence(&self, fact: Fact) -> Presence;

    fn each_device_certificate(&self, visit: &mut dyn FnMut(&DeviceCertificate));
    /// Registered CA certificates.
    fn each_ca_certificate(&self, visit: &mut dyn FnMut(&CaCertificate));
    /// All versions of all policies.
    fn each_policy_version(&self, visit: &mut dyn FnMut(&PolicyVersion));
    fn each_role_alias(&self, visit: &mut dyn FnMut(&RoleAlias));
    fn each_identity_pool(&self, visit: &mut dyn FnMut(&IdentityPool));
    /// Connects and disconnects, by time.
    fn each_connection_event(&self, visit: &mut dyn FnMut(&ConnectionEvent<'_>));

    fn role(&self, arn: &str) -> Option<&Role>;
    /// When the services that a role may use were last used through it.
    fn service_use(&self, role_arn: &str) -> Option<&ServiceUse>;
    fn logging(&self) -> &Logging;
    /// CA certificates that issue others: the registered ones and mere chain material.
    fn issuers(&self) -> &IssuerIndex;
    /// What verified revocation lists say.
    fn revocations(&self) -> &Revocations;
    /// RSA moduli of device and CA certificates, when they were kept.
    fn rsa_moduli(&self) -> Option<&RsaModuli>;
    /// Names of the things that a certificate is attached to, sorted.
    fn things_of(&self, certificate: &CertificateId) -> Vec<&str>;
}

impl Fact {
    /// What to put into a snapshot so that this fact is there.
    pub const fn what(self) -> &'static str {
        match self {
            Self::CaCertificates => "CA certificates (describe-ca-certificate, or PEM files)",
            Self::ConnectionLog => "connection history (AWS IoT log records of Connect and Disconnect)",
            Self::Crls => "revocation lists (CRL files)",
            Self::DeviceCertificates => "device certificates (describe-certificate, or PEM files)",
            Self::IdentityPools => "Cognito identity pools (get-identity-pool-roles)",
            Self::KnownKeys => "a list of published private keys (--weak-keys FILE)",
            Self::Logging => "logging options (get-v2-logging-options)",
            Self::Policies => "IoT policies (get-policy, or policy files)",
            Self::RoleAliases => "role aliases (describe-role-alias)",
            Self::Roles => "IAM roles with their policies (get-account-authorization-details)",
            Self::RsaModuli => "RSA keys of certificates",
            Self::ServiceLastAccessed => "service-last-accessed details (get-service-last-accessed-details)",
        }
    }
}

impl Presence {
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}
