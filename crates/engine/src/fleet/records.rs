//! The records of a fleet picture.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::audit::resource::{Examined, Resource};
use crate::ids::CertificateId;
use crate::pki::CertificateFacts;
use crate::policy::document::Document;
use crate::policy::{PolicySet, PolicySource, Position};
use crate::prove::{Case, Device, Ways};
use crate::time::Timestamp;

/// Where in the input a record came from: an index into the list of files, a line (from 1; 0 when the file has no lines), and a
/// column (in characters from 1; 0 when only the line is known).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub file: u32,
    pub line: u32,
    pub column: u32,
}

/// AWS's `CertificateStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateStatus {
    Active,
    Inactive,
    PendingActivation,
    PendingTransfer,
    RegisterInactive,
    Revoked,
}

/// AWS's `CACertificateStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaStatus {
    Active,
    Inactive,
}

/// How much the input said about a certificate; when several inputs describe one certificate, the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A certificate file without a registry entry: taken as active.
    File,
    /// `ListCertificates` / `ListCACertificates`: status but no certificate.
    Listed,
    /// `DescribeCertificate` / `DescribeCACertificate`.
    Described,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeviceCertificate {
    pub id: CertificateId,
    pub status: CertificateStatus,
    /// When the registry got it.
    pub created: Option<Timestamp>,
    /// `None` when the input names the certificate but does not hold it.
    pub facts: Option<CertificateFacts>,
    pub origin: Origin,
    pub source: Option<Source>,
}

/// A device certificate for a question about one of its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedCertificate {
    pub id: CertificateId,
    /// The date asked for; `None` when nobody knows it.
    pub moment: Option<Timestamp>,
    pub source: Option<Source>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CaCertificate {
    pub id: CertificateId,
    pub status: CaStatus,
    pub created: Option<Timestamp>,
    pub facts: Option<CertificateFacts>,
    /// The subject name for people, control characters escaped.
    pub subject: Arc<str>,
    pub origin: Origin,
    pub source: Option<Source>,
}

#[derive(Clone, Debug)]
pub struct PolicyVersion {
    pub name: Arc<str>,
    pub version: Arc<str>,
    /// The version in force.
    pub is_default: bool,
    pub document: Arc<Document>,
    pub source: Option<Source>,
    /// Where the statements stand in the source's file, in their order; empty when that is not known.
    pub statements: Arc<[Position]>,
}

/// A policy with the version that counts, by name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInForce {
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub source: Option<Source>,
    /// As in [`PolicyVersion`].
    pub statements: Arc<[Position]>,
}

impl PolicyInForce {
    /// Of which nothing is known but its name and version.
    pub fn named(name: Arc<str>, version: Arc<str>) -> Self {
        Self { name, version, source: None, statements: [].into() }
    }

    /// A statement, from 0, for people: `version 3, statement 2, line 14, column 5`, the place in the file if it is known.
    pub fn statement_text(&self, statement: usize) -> String {
        let number = statement.saturating_add(1);
        let text = format!("version {}, statement {number}", self.version);
        match self.statements.get(statement) {
            Some(Position { line, column }) => format!("{text}, line {line}, column {column}"),
            None => text,
        }
    }

    /// Where a statement stands, from 0; where the policy does if that is all that is known.
    pub fn source_of(&self, statement: usize) -> Option<Source> {
        let source = self.source?;
        let place = self.statements.get(statement);
        Some(place.map_or(source, |place| Source { line: place.line, column: place.column, ..source }))
    }
}

/// A device that gets policies through the groups of its things.
#[derive(Clone, Debug)]
pub struct GroupedDevice {
    pub certificate: CertificateId,
    /// Its ways to connect, as each of its things and as none, with the policies that hold then.
    pub ways: Vec<(Device, Arc<PolicySet>)>,
    /// The policies that hold only when it is connected as one of its things.
    pub group_policies: Vec<PolicyInForce>,
}

impl GroupedDevice {
    /// `None` if groups bring it nothing. `in_force` says what is known of a policy of the ways.
    pub fn of(
        certificate: CertificateId,
        ways: Vec<(Device, Arc<PolicySet>)>,
        in_force: impl Fn(&PolicySource) -> PolicyInForce,
    ) -> Option<Self> {
        let sources = |as_thing: bool| {
            let wanted = ways.iter().filter(move |(device, _)| (device.ways == Ways::AsThing) == as_thing);
            wanted.flat_map(|(_, set)| set.sources())
        };
        let mut found: BTreeMap<&str, &PolicySource> = BTreeMap::new();
        found.extend(sources(true).map(|source| (&*source.name, source)));
        for own in sources(false) {
            found.remove(&*own.name);
        }
        let group_policies: Vec<PolicyInForce> = found.into_values().map(in_force).collect();
        (!group_policies.is_empty()).then_some(Self { certificate, ways, group_policies })
    }

    /// As questions take them.
    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.ways.iter().map(|(device, set)| Case { set, device: device.clone() })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAlias {
    pub arn: String,
    pub role_arn: String,
    pub source: Option<Source>,
}

/// An IAM role with the policies that grant it something.
#[derive(Clone, Debug, Default)]
pub struct Role {
    pub arn: String,
    /// Inline and attached policies that could be read.
    pub documents: Vec<Arc<Document>>,
    /// Policies that are attached but not in the picture, or not readable: what and why.
    pub missing: Vec<String>,
}

/// IAM service-last-accessed details of one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceUse {
    /// Service prefix (`iot`, `dynamodb`) to the last authenticated use; `None`: never in the period that IAM reports.
    pub last_authenticated: BTreeMap<String, Option<Timestamp>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPool {
    pub id: String,
    /// Role ARNs that authenticated identities get: the default role and those of role mappings.
    pub authenticated_roles: Vec<String>,
    /// Role ARNs that guests get: at most one in AWS.
    pub unauthenticated_roles: Vec<String>,
    pub source: Option<Source>,
}

/// What is known of one generation of logging options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoggingState {
    /// Nobody asked.
    #[default]
    Unknown,
    Disabled,
    Enabled,
}

/// Logging options of both generations (`GetLoggingOptions`, `GetV2LoggingOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    pub v1: LoggingState,
    pub v2: LoggingState,
    pub source: Option<Source>,
}

/// A connect or disconnect from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionEvent<'a> {
    pub time: Timestamp,
    pub kind: ConnectionEventKind,
    pub client_id: &'a str,
    pub principal: Principal<'a>,
    pub source_ip: Option<IpAddr>,
    pub source: Option<Source>,
}

/// Who connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal<'a> {
    Certificate(CertificateId),
    /// The credential string of another kind of principal; empty when the record has none.
    Other(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionEventKind {
    Disconnected,
    /// Disconnected because a new connection used the same client id (`DUPLICATE_CLIENT_ID`).
    Displaced,
    Connected,
}

/// RSA moduli in one piece of memory, with the certificates they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RsaModuli {
    bytes: Vec<u8>,
    /// End of each modulus in `bytes`.
    ends: Vec<usize>,
    owners: Vec<(CertificateId, bool)>,
}

impl RsaModuli {
    pub fn push(&mut self, owner: CertificateId, is_ca: bool, modulus: &[u8]) {
        self.bytes.extend_from_slice(modulus);
        self.ends.push(self.bytes.len());
        self.owners.push((owner, is_ca));
    }

    pub fn len(&self) -> usize {
        self.owners.len()
    }

    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Certificate, whether it is a registered CA, and modulus (big-endian, no leading zero), in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (CertificateId, bool, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(self.ends.iter().copied());
        self.owners
            .iter()
            .zip(ranges)
            .filter_map(|(&(id, is_ca), (start, end))| Some((id, is_ca, self.bytes.get(start..end)?)))
    }
}

impl<'a> Principal<'a> {
    /// Reads a log record's principal: 64 hex digits are a certificate id.
    pub fn parse(text: &'a str) -> Self {
        CertificateId::parse(text).map_or(Self::Other(text), Self::Certificate)
    }
}

impl fmt::Display for Principal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(certificate) => write!(f, "{certificate}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl CertificateStatus {
    /// Reads AWS's word for it.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ACTIVE" => Self::Active,
            "INACTIVE" => Self::Inactive,
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "PENDING_TRANSFER" => Self::PendingTransfer,
            "REGISTER_INACTIVE" => Self::RegisterInactive,
            "REVOKED" => Self::Revoked,
            _ => return None,
        })
    }

    /// The scope of the certificate checks of the audit guide.
    pub fn is_active_or_pending_transfer(self) -> bool {
        matches!(self, Self::Active | Self::PendingTransfer)
    }
}

impl CaStatus {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ACTIVE" => Some(Self::Active),
            "INACTIVE" => Some(Self::Inactive),
            _ => None,
        }
    }
}

impl Examined for DeviceCertificate {
    fn resource(&self) -> Resource {
        Resource::DeviceCertificate(self.id)
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}

impl Examined for DatedCertificate {
    fn resource(&self) -> Resource {
        Resource::DeviceCertificate(self.id)
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}

impl Examined for CaCertificate {
    fn resource(&self) -> Resource {
        Resource::CaCertificate(self.id)
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}

impl Examined for PolicyInForce {
    fn resource(&self) -> Resource {
        Resource::IotPolicy { name: self.name.to_string(), version: self.version.to_string() }
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}

impl Examined for RoleAlias {
    fn resource(&self) -> Resource {
        Resource::RoleAlias { arn: self.arn.clone() }
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}

impl Examined for IdentityPool {
    fn resource(&self) -> Resource {
        Resource::CognitoIdentityPool(self.id.clone())
    }

    fn source(&self) -> Option<Source> {
        self.source
    }
}
