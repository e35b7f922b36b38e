//! The questions that checks may ask of a fleet.

use super::records::{
    CaCertificate, ConnectionEvent, DatedCertificate, DeviceCertificate, GroupedDevice, IdentityPool,
    Logging, PolicyInForce, Role, RoleAlias, RsaModuli, ServiceUse,
};
use crate::ids::CertificateId;
use crate::pki::{CertificateFacts, IssuerIndex, Revocations, Weaknesses};
use crate::policy::analysis::{BroadGrant, DenyMistakes};
use crate::prove::PolicyProofs;
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
    PolicyTargets,
    RoleAliases,
    Roles,
    RsaModuli,
    ServiceLastAccessed,
    ThingGroups,
    ThingPrincipals,
}

/// Whether the picture holds a kind of fact. An empty list that somebody collected is `Complete`: there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Absent,
    Complete,
    /// Some could not be read; each text says what and why, for example `policy file p.json: line 1, column 4: ...`.
    Partial(Vec<String>),
}

/// What makes a device certificate interesting to a check. A store answers by an index, so that an audit costs as much as there
/// is to find; what the check counts besides, it asks for as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It has at least one of these weaknesses.
    Weak(Weaknesses),
    /// Its public key is in another device certificate in force, or in an active CA certificate.
    KeyReused,
    /// It has an RSA key.
    RsaKey,
}

/// A date that makes a device certificate interesting to a check. A store has each in an index with the certificate's id, and
/// need not look at the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedDate {
    /// Its validity ends at this moment or before.
    ExpiresBy(Timestamp),
    /// The registry got it at this moment or before; its validity began then if nobody knows when the registry got it.
    InUseSince(Timestamp),
    /// Its validity begins after this moment.
    StartsAfter(Timestamp),
}

/// One consistent picture of a fleet. Visits come in a fixed order (a picture in memory: by identifier; events by time), so that
/// an audit of the same picture gives the same report. Visitors instead of lists: a store streams its rows, memory does not grow
/// with the fleet.
pub trait FleetView {
    /// The moment that the audit is as of.
    fn now(&self) -> Timestamp;
    /// Twelve digits; zeros when nobody said which account it is.
    fn account(&self) -> &str;
    fn region(&self) -> &str;
    /// Whether connections are judged as they happen, so that the newest count: an audit leaves those out that AWS would not know
    /// of yet.
    fn is_live(&self) -> bool {
        false
    }
    fn presence(&self, fact: Fact) -> Presence;

    /// Device certificates in force (ACTIVE or PENDING_TRANSFER) that are wanted or cannot be judged. A view may show others too:
    /// the check judges what it is shown.
    fn each_in_force(&self, wanted: Wanted, visit: &mut dyn FnMut(&DeviceCertificate));
    /// How many device certificates in force there are, seen or not, of those that [can be judged](Wanted::can_judge).
    fn count_in_force(&self, wanted: Wanted) -> u64;
    /// Device certificates in force whose date is wanted or is not known.
    fn each_dated(&self, wanted: WantedDate, visit: &mut dyn FnMut(&DatedCertificate));
    /// How many device certificates in force there are, seen or not, of those whose date is known.
    fn count_dated(&self, wanted: WantedDate) -> u64;
    /// Device certificates in force, for questions about their issuers and their revocation. Where certificates have the same
    /// status and [issuance](crate::pki::Issuance), and no revocation list names them, a view may show one with their number.
    fn each_alike(&self, visit: &mut dyn FnMut(&DeviceCertificate, u64));
    /// Up to `limit` of the certificates that this one was shown for.
    fn each_like(&self, shown: &DeviceCertificate, limit: usize, visit: &mut dyn FnMut(&DeviceCertificate));
    /// Registered CA certificates.
    fn each_ca_certificate(&self, visit: &mut dyn FnMut(&CaCertificate));
    /// How many policies with a version in force there are.
    fn count_policies(&self) -> u64;
    /// Policies by their versions in force that allow data plane actions broadly, with those actions.
    fn each_broad_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &[BroadGrant]));
    /// Policies by their versions in force that have likely mistakes in Deny statements, with those mistakes.
    fn each_mistaken_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &DenyMistakes));
    /// Policies of which there is something to prove: they touch other devices, or deny nothing.
    fn each_proven_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &PolicyProofs));
    /// Active certificates whose things are in groups with policies, as far as all their policies are in the picture.
    fn each_grouped_device(&self, visit: &mut dyn FnMut(&GroupedDevice));
    fn each_role_alias(&self, visit: &mut dyn FnMut(&RoleAlias));
    fn each_identity_pool(&self, visit: &mut dyn FnMut(&IdentityPool));
    /// Connects and disconnects of a certificate, by time; not older than `since`.
    fn each_connection_of(
        &self,
        certificate: &CertificateId,
        since: Timestamp,
        visit: &mut dyn FnMut(&ConnectionEvent<'_>),
    );
    /// Connections that ended because another one used the client id, by time; not older than `since`.
    fn each_displaced(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>));
    /// Connects and disconnects of certificates with which several client ids have connected since a moment, by time for each
    /// of these certificates; not older than that. A view may show others too.
    fn each_shared(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>));
    /// How many client ids connected or disconnected since a moment.
    fn count_clients(&self, since: Timestamp) -> u64;
    /// How many certificates somebody connected with since a moment.
    fn count_connected(&self, since: Timestamp) -> u64;
    /// Whether there is a connect or disconnect from one moment to another.
    fn has_connections(&self, from: Timestamp, to: Timestamp) -> bool;

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
}

impl Wanted {
    /// A certificate in force is wanted, or cannot be judged, which the check has to know as well.
    pub fn shows(self, certificate: &DeviceCertificate) -> bool {
        certificate.facts.as_ref().is_none_or(|facts| match self {
            Self::KeyReused => true,
            Self::Weak(weaknesses) => Weaknesses::of_device(facts).intersects(weaknesses),
            Self::RsaKey => facts.has_rsa_key(),
        })
    }

    /// There is enough of the certificate to judge it by; where RSA keys are wanted, one that has such a key.
    pub fn can_judge(self, certificate: &DeviceCertificate) -> bool {
        match (self, &certificate.facts) {
            (Self::RsaKey, facts) => facts.as_ref().is_some_and(CertificateFacts::has_rsa_key),
            (_, facts) => facts.is_some(),
        }
    }
}

impl WantedDate {
    /// The date that is meant, as far as it is known.
    pub fn of(self, certificate: &DeviceCertificate) -> Option<Timestamp> {
        let facts = certificate.facts.as_ref();
        match self {
            Self::ExpiresBy(_) => facts.map(|facts| facts.not_after),
            Self::InUseSince(_) => certificate.created.or(facts.map(|facts| facts.not_before)),
            Self::StartsAfter(_) => facts.map(|facts| facts.not_before),
        }
    }

    /// A certificate with its date, if that is wanted or not known.
    pub fn shown(self, certificate: &DeviceCertificate) -> Option<DatedCertificate> {
        let moment = self.of(certificate);
        let wanted = moment.is_none_or(|moment| match self {
            Self::ExpiresBy(last) | Self::InUseSince(last) => moment <= last,
            Self::StartsAfter(now) => moment > now,
        });
        wanted.then_some(DatedCertificate { id: certificate.id, moment, source: certificate.source })
    }
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
            Self::PolicyTargets => "what policies are attached to (list-targets-for-policy)",
            Self::RoleAliases => "role aliases (describe-role-alias)",
            Self::Roles => "IAM roles with their policies (get-account-authorization-details)",
            Self::RsaModuli => "RSA keys of certificates",
            Self::ServiceLastAccessed => "service-last-accessed details (get-service-last-accessed-details)",
            Self::ThingGroups => "members of thing groups (list-things-in-thing-group)",
            Self::ThingPrincipals => "principals of things (list-thing-principals)",
        }
    }
}

impl Presence {
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}
