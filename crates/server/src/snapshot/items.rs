//! What workers make of records: compact, and without the record's text.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use thingwarden_engine::audit::Suppression;
use thingwarden_engine::fleet::{
    CaStatus, CertificateStatus, ConnectionEventKind, Fact, IdentityPool, LoggingState, Origin, RoleAlias,
    ServiceUse,
};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::{Certificate, CertificateFacts};
use thingwarden_engine::policy::{self, Document};
use thingwarden_engine::time::Timestamp;

use super::CheckConfiguration;
use super::stated::Stated;

/// A certificate that was read.
#[derive(Debug)]
pub(super) struct ReadCertificate {
    pub(super) id: CertificateId,
    pub(super) facts: CertificateFacts,
    /// When moduli are kept.
    pub(super) modulus: Option<Box<[u8]>>,
    /// Where revocation lists are to be had, when they are to be fetched.
    pub(super) distribution_points: Vec<String>,
    /// The bytes of certificates that may not be issuers, until it is known whether anybody needs them.
    pub(super) der: Option<Box<[u8]>>,
    /// Of certificates that may be issuers.
    pub(super) issuer: Option<Box<Certificate>>,
}

/// A certificate of the registry, device's or CA's.
#[derive(Debug)]
pub(super) struct Registered<Status> {
    pub(super) id: CertificateId,
    pub(super) status: Status,
    pub(super) created: Option<Timestamp>,
    pub(super) origin: Origin,
    pub(super) read: Option<Box<ReadCertificate>>,
}

/// A page of a list, or all of it in one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listed {
    /// Of devices or CAs, which only the elements tell.
    Certificates,
    Facts(Fact),
}

/// That a page was read, and whether the next is needed.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) listed: Listed,
    /// What is listed, for people.
    pub(super) what: &'static str,
    /// Whose, where there are many such lists.
    pub(super) whose: String,
    pub(super) unfinished: bool,
}

/// A policy document that was read, or why it could not be.
pub(super) type ReadDocument = Result<Arc<Document>, String>;

/// One fact for the merge.
#[derive(Debug)]
pub(super) enum Item {
    Device(Registered<CertificateStatus>),
    Authority(Registered<CaStatus>),
    /// From a certificate file, without a word of the registry.
    Loose {
        read: Box<ReadCertificate>,
        is_authority: bool,
    },
    /// A CA certificate that helps with chains and is not registered.
    Issuer(Box<ReadCertificate>),
    Crl(Vec<u8>),
    Policy {
        name: String,
        version: String,
        is_default: bool,
        document: Arc<Document>,
        /// Where the statements stand in the file, if it is the file that has them.
        statements: Vec<policy::Position>,
    },
    /// A policy document in a file of its own, and where its statements stand.
    PolicyFile(Arc<Document>, Vec<policy::Position>),
    /// A policy exists; the document of its default version should be somewhere.
    PolicyName(String),
    Thing(String),
    Principals {
        thing: String,
        certificates: Vec<CertificateId>,
    },
    RoleAlias(RoleAlias),
    RoleAliasName(String),
    /// A role by name, and its ARN where it is known.
    Role {
        name: String,
        arn: Option<String>,
    },
    /// The inline policies of a role are these, all of them.
    RoleInlineNames {
        role: String,
        names: Vec<String>,
    },
    RoleInline {
        role: String,
        policy: String,
        document: ReadDocument,
    },
    /// ARNs of managed policies attached to a role: one page of all of them.
    RoleAttached {
        role: String,
        policies: Vec<String>,
    },
    ManagedPolicy {
        arn: String,
        is_default: bool,
        document: ReadDocument,
    },
    ServiceUse {
        role_arn: String,
        services: ServiceUse,
        /// There are more services than these.
        unfinished: bool,
    },
    IdentityPool(IdentityPool),
    IdentityPoolName(String),
    LoggingV1(LoggingState),
    LoggingV2(LoggingState),
    Connection(Box<Connection>),
    /// What a device asked for. Only where records are asked for in full.
    Request(Box<LoggedRequest>),
    Checks(BTreeMap<String, CheckConfiguration>),
    Suppression(Box<Suppression>),
    Account(String),
    /// What the record states in full. Only when it was asked for.
    Stated(Box<Stated>),
    /// An ARN of something in the account.
    Arn(String),
    Page(Page),
    /// The kind of fact was collected, be it an empty list.
    Present(Fact),
    /// Something could not be read.
    Broken {
        what: String,
        facts: Vec<Fact>,
    },
    /// The file holds something that is known and not needed.
    Note(&'static str),
    /// Known and of no consequence.
    Unused,
    /// JSON, but none of the known shapes.
    Unknown,
    /// The file is finished.
    End,
}

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) time: Timestamp,
    pub(crate) kind: ConnectionEventKind,
    pub(crate) client_id: String,
    pub(crate) principal: String,
    pub(crate) source_ip: Option<IpAddr>,
}

/// A request that a log record tells of.
#[derive(Debug)]
pub(crate) struct LoggedRequest {
    pub(crate) time: Option<Timestamp>,
    pub(crate) event: LoggedEvent,
    pub(crate) over_http: bool,
    pub(crate) client_id: Option<String>,
    /// A certificate id, or another principal; empty when the record has none.
    pub(crate) principal: String,
    /// The topic or the topic filter.
    pub(crate) topic: Option<String>,
    /// Whose shadow it is about.
    pub(crate) thing: Option<String>,
    pub(crate) source_ip: Option<IpAddr>,
    /// It was refused, or failed for another reason.
    pub(crate) failed: bool,
}

/// The events of AWS IoT's log that are requests which policies decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoggedEvent {
    Connect,
    Publish {
        retain: bool,
    },
    /// `Publish-Out`.
    Receive,
    Subscribe,
    /// The action.
    Shadow(&'static str),
    GetRetained,
    ListRetained,
}
