//! A fleet picture in memory: what a snapshot becomes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use super::groups::Groups;
use super::interner::{Interner, Symbol};
use super::records::{
    CaCertificate, ConnectionEvent, ConnectionEventKind, DatedCertificate, DeviceCertificate, GroupedDevice,
    IdentityPool, Logging, PolicyInForce, PolicyVersion, Principal, Role, RoleAlias, RsaModuli, ServiceUse,
    Source,
};
use super::view::{Fact, FleetView, Presence, Wanted, WantedDate};
use crate::ids::CertificateId;
use crate::pki::{IssuerIndex, Revocations};
use crate::policy::analysis::{BroadGrant, DenyMistakes, broad_data_plane_actions};
use crate::prove::{Lengths, PolicyProofs, Scope, shown_grants, shown_mistakes};
use crate::time::Timestamp;

/// A complete, sorted picture; made by [`FleetBuilder::finish`](super::FleetBuilder::finish).
#[derive(Debug)]
pub struct Fleet {
    pub(super) now: Timestamp,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) files: Vec<String>,
    pub(super) presence: BTreeMap<Fact, Presence>,
    pub(super) devices: Vec<DeviceCertificate>,
    pub(super) authorities: Vec<CaCertificate>,
    pub(super) policies: Vec<PolicyVersion>,
    /// Of policies in force, in their order; worked out when the first check asks.
    pub(super) proofs: OnceLock<Vec<PolicyProofs>>,
    pub(super) role_aliases: Vec<RoleAlias>,
    pub(super) roles: HashMap<String, Role>,
    pub(super) service_use: HashMap<String, ServiceUse>,
    pub(super) identity_pools: Vec<IdentityPool>,
    pub(super) logging: Logging,
    pub(super) events: Vec<Event>,
    /// Made when somebody asks for them.
    pub(super) events_by_certificate: OnceLock<HashMap<CertificateId, Vec<usize>>>,
    pub(super) names: Interner,
    pub(super) principals: Principals,
    pub(super) issuers: IssuerIndex,
    pub(super) revocations: Revocations,
    pub(super) moduli: Option<RsaModuli>,
    pub(super) attachments: Attachments,
    /// When it was kept.
    pub(super) groups: Option<Groups>,
    pub(super) things: u64,
}

/// A connection event with its strings interned: at most 56 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) time: Timestamp,
    pub(super) kind: ConnectionEventKind,
    pub(super) client_id: Symbol,
    pub(super) principal: PrincipalNumber,
    pub(super) source_ip: Option<IpAddr>,
    pub(super) source: Option<Source>,
}

/// An interned principal. Certificate ids are kept as bytes: a long log has as many as the fleet has devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrincipalNumber {
    Certificate(u32),
    Other(Symbol),
}

/// The principals of all events, each once.
#[derive(Debug, Default)]
pub(super) struct Principals {
    certificates: Vec<CertificateId>,
    numbers: HashMap<CertificateId, u32>,
}

impl Principals {
    pub(super) fn intern(&mut self, principal: Principal<'_>, names: &mut Interner) -> PrincipalNumber {
        let certificate = match principal {
            Principal::Other(text) => return PrincipalNumber::Other(names.intern(text)),
            Principal::Certificate(certificate) => certificate,
        };
        // More than 2³² certificates do not fit into memory; the last number would stand for all further ones.
        let next = u32::try_from(self.certificates.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(certificate).or_insert(next);
        if number == next {
            self.certificates.push(certificate);
        }
        PrincipalNumber::Certificate(number)
    }

    pub(super) fn principal<'a>(&self, number: PrincipalNumber, names: &'a Interner) -> Principal<'a> {
        match number {
            PrincipalNumber::Other(symbol) => Principal::Other(names.text(symbol)),
            PrincipalNumber::Certificate(number) => {
                let at = usize::try_from(number).ok();
                let known = at.and_then(|at| self.certificates.get(at));
                known.map_or(Principal::Other(""), |certificate| Principal::Certificate(*certificate))
            }
        }
    }

    /// Lets go of what only interning needs.
    pub(super) fn freeze(&mut self) {
        self.numbers = HashMap::new();
    }
}

fn distinct<T: Eq + Hash>(values: impl Iterator<Item = T>) -> u64 {
    u64::try_from(values.collect::<HashSet<T>>().len()).unwrap_or(u64::MAX)
}

/// Which things a certificate is attached to. Thing names lie in one string; a certificate is known by half its id here, which no
/// two certificates share by chance.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    names: String,
    rows: Vec<(u128, u32, u8)>,
}

impl Fleet {
    /// The input file that a source points at.
    pub fn file(&self, source: Source) -> Option<&str> {
        usize::try_from(source.file).ok().and_then(|at| self.files.get(at)).map(String::as_str)
    }

    /// The first input file, for findings on something that stands in no file.
    pub fn first_file(&self) -> Option<&str> {
        self.files.first().map(String::as_str)
    }

    /// Numbers of device certificates, CA certificates, policy versions, things and connection events in the picture.
    pub fn sizes(&self) -> [u64; 5] {
        [
            self.devices.len() as u64,
            self.authorities.len() as u64,
            self.policies.len() as u64,
            self.things,
            self.events.len() as u64,
        ]
    }

    /// All device certificates, whatever their status.
    pub fn devices(&self) -> &[DeviceCertificate] {
        &self.devices
    }

    /// All versions of all policies.
    pub fn policy_versions(&self) -> &[PolicyVersion] {
        &self.policies
    }

    /// Names of the things that a certificate is attached to, sorted.
    pub fn things_of(&self, certificate: &CertificateId) -> Vec<&str> {
        self.attachments.of(certificate)
    }

    fn in_force(&self) -> impl Iterator<Item = &DeviceCertificate> {
        self.devices.iter().filter(|device| device.status.is_active_or_pending_transfer())
    }

    /// All connection events, by time.
    pub fn connection_events(&self) -> impl Iterator<Item = ConnectionEvent<'_>> {
        self.events.iter().map(|event| self.connection_event(event))
    }

    /// Places of the events of each certificate.
    fn events_by_certificate(&self) -> &HashMap<CertificateId, Vec<usize>> {
        self.events_by_certificate.get_or_init(|| {
            let mut by_certificate: HashMap<CertificateId, Vec<usize>> = HashMap::new();
            for (at, event) in self.events.iter().enumerate() {
                if let Principal::Certificate(id) = self.principals.principal(event.principal, &self.names) {
                    by_certificate.entry(id).or_default().push(at);
                }
            }
            by_certificate
        })
    }

    /// Up to the moment of the audit.
    fn events_since(&self, since: Timestamp) -> impl Iterator<Item = &Event> {
        let from = self.events.partition_point(|event| event.time < since);
        let to = self.events.partition_point(|event| event.time <= self.now);
        self.events.get(from..to).unwrap_or_default().iter()
    }

    fn connects_since(&self, since: Timestamp) -> impl Iterator<Item = (u32, &Event)> {
        self.events_since(since).filter_map(|event| match event.principal {
            PrincipalNumber::Certificate(number) if event.kind == ConnectionEventKind::Connected => {
                Some((number, event))
            }
            _ => None,
        })
    }

    fn connection_event(&self, event: &Event) -> ConnectionEvent<'_> {
        ConnectionEvent {
            time: event.time,
            kind: event.kind,
            client_id: self.names.text(event.client_id),
            principal: self.principals.principal(event.principal, &self.names),
            source_ip: event.source_ip,
            source: event.source,
        }
    }

    fn scope(&self) -> Scope {
        Scope::of_fleet(&self.account, &self.region)
    }

    pub(super) fn policies_in_force(&self) -> impl Iterator<Item = (&PolicyVersion, PolicyInForce)> {
        self.policies.iter().filter(|policy| policy.is_default).map(|policy| {
            let (name, version) = (Arc::clone(&policy.name), Arc::clone(&policy.version));
            let statements = Arc::clone(&policy.statements);
            (policy, PolicyInForce { name, version, source: policy.source, statements })
        })
    }
}

impl Attachments {
    /// Notes one attachment. Names longer than 255 bytes cannot be thing names (at most 128 characters) and are left out, as is
    /// everything after 4 GiB of names.
    pub(super) fn push(&mut self, certificate: &CertificateId, thing: &str) {
        if let (Ok(start), Ok(length)) = (u32::try_from(self.names.len()), u8::try_from(thing.len())) {
            self.names.push_str(thing);
            self.rows.push((half(certificate), start, length));
        }
    }

    pub(super) fn sort(&mut self) {
        self.rows.sort_unstable();
    }

    fn of(&self, certificate: &CertificateId) -> Vec<&str> {
        let key = half(certificate);
        let from = self.rows.partition_point(|row| row.0 < key);
        let rows = self.rows.iter().skip(from).take_while(|row| row.0 == key);
        let mut names: Vec<&str> = rows
            .filter_map(|&(_, start, length)| {
                let start = usize::try_from(start).ok()?;
                self.names.get(start..start + usize::from(length))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn half(certificate: &CertificateId) -> u128 {
    let bytes = certificate.as_bytes().first_chunk::<16>();
    bytes.map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

impl FleetView for Fleet {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn account(&self) -> &str {
        &self.account
    }

    fn region(&self) -> &str {
        &self.region
    }

    fn presence(&self, fact: Fact) -> Presence {
        self.presence.get(&fact).cloned().unwrap_or(Presence::Absent)
    }

    fn each_in_force(&self, wanted: Wanted, visit: &mut dyn FnMut(&DeviceCertificate)) {
        self.in_force().filter(|device| wanted.shows(device)).for_each(visit);
    }

    fn count_in_force(&self, wanted: Wanted) -> u64 {
        self.in_force().filter(|device| wanted.can_judge(device)).count() as u64
    }

    fn each_dated(&self, wanted: WantedDate, visit: &mut dyn FnMut(&DatedCertificate)) {
        self.in_force().filter_map(|device| wanted.shown(device)).for_each(|dated| visit(&dated));
    }

    fn count_dated(&self, wanted: WantedDate) -> u64 {
        self.in_force().filter(|device| wanted.of(device).is_some()).count() as u64
    }

    fn each_alike(&self, visit: &mut dyn FnMut(&DeviceCertificate, u64)) {
        self.in_force().for_each(|device| visit(device, 1));
    }

    fn each_like(&self, shown: &DeviceCertificate, limit: usize, visit: &mut dyn FnMut(&DeviceCertificate)) {
        std::iter::once(shown).take(limit).for_each(visit);
    }

    fn each_ca_certificate(&self, visit: &mut dyn FnMut(&CaCertificate)) {
        self.authorities.iter().for_each(visit);
    }

    fn count_policies(&self) -> u64 {
        self.policies_in_force().count() as u64
    }

    fn each_broad_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &[BroadGrant])) {
        for (policy, in_force) in self.policies_in_force() {
            let grants = broad_data_plane_actions(&policy.document);
            if !grants.is_empty() {
                let grants = shown_grants(&policy.document, grants, None, &self.scope());
                visit(&in_force, &grants);
            }
        }
    }

    fn each_mistaken_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &DenyMistakes)) {
        for (policy, in_force) in self.policies_in_force() {
            let mistakes =
                shown_mistakes(&policy.document, DenyMistakes::of(&policy.document), &self.scope());
            if mistakes != DenyMistakes::default() {
                visit(&in_force, &mistakes);
            }
        }
    }

    fn each_proven_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &PolicyProofs)) {
        let of =
            |(policy, _): (&PolicyVersion, PolicyInForce)| PolicyProofs::of(&policy.document, Lengths::AWS);
        let all = self.proofs.get_or_init(|| self.policies_in_force().map(of).collect());
        for ((_, in_force), proofs) in self.policies_in_force().zip(all) {
            if !proofs.is_empty() {
                visit(&in_force, proofs);
            }
        }
    }

    fn each_grouped_device(&self, visit: &mut dyn FnMut(&GroupedDevice)) {
        if let Some(groups) = &self.groups {
            groups.visit(self, visit);
        }
    }

    fn each_role_alias(&self, visit: &mut dyn FnMut(&RoleAlias)) {
        self.role_aliases.iter().for_each(visit);
    }

    fn each_identity_pool(&self, visit: &mut dyn FnMut(&IdentityPool)) {
        self.identity_pools.iter().for_each(visit);
    }

    fn each_connection_of(
        &self,
        certificate: &CertificateId,
        since: Timestamp,
        visit: &mut dyn FnMut(&ConnectionEvent<'_>),
    ) {
        let events = self.events_by_certificate().get(certificate);
        let events = events.into_iter().flatten().filter_map(|at| self.events.get(*at));
        let wanted = events.filter(|event| (since..=self.now).contains(&event.time));
        wanted.for_each(|event| visit(&self.connection_event(event)));
    }

    fn each_displaced(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        let displaced = self.events_since(since).filter(|event| event.kind == ConnectionEventKind::Displaced);
        displaced.for_each(|event| visit(&self.connection_event(event)));
    }

    fn each_shared(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        // The client id that was seen with a certificate; none when there were several.
        let mut clients: HashMap<u32, Option<Symbol>> = HashMap::new();
        for (certificate, event) in self.connects_since(since) {
            let seen = clients.entry(certificate).or_insert(Some(event.client_id));
            *seen = seen.filter(|client_id| *client_id == event.client_id);
        }
        for event in self.events_since(since) {
            if let PrincipalNumber::Certificate(number) = event.principal
                && clients.get(&number) == Some(&None)
            {
                visit(&self.connection_event(event));
            }
        }
    }

    fn count_clients(&self, since: Timestamp) -> u64 {
        distinct(self.events_since(since).map(|event| event.client_id))
    }

    fn count_connected(&self, since: Timestamp) -> u64 {
        distinct(self.connects_since(since).map(|(certificate, _)| certificate))
    }

    fn has_connections(&self, from: Timestamp, to: Timestamp) -> bool {
        self.events_since(from).next().is_some_and(|first| first.time <= to)
    }

    fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.get(arn)
    }

    fn service_use(&self, role_arn: &str) -> Option<&ServiceUse> {
        self.service_use.get(role_arn)
    }

    fn logging(&self) -> &Logging {
        &self.logging
    }

    fn issuers(&self) -> &IssuerIndex {
        &self.issuers
    }

    fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    fn rsa_moduli(&self) -> Option<&RsaModuli> {
        self.moduli.as_ref()
    }
}
