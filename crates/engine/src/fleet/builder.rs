//! Collects records in any order and makes a sorted, merged picture of them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::OnceLock;

use super::groups::{Groups, Tie};
use super::interner::Interner;
use super::memory::{Attachments, Event, Fleet, Principals};
use super::records::{
    CaCertificate, ConnectionEventKind, DeviceCertificate, IdentityPool, Logging, LoggingState,
    PolicyVersion, Principal, Role, RoleAlias, RsaModuli, ServiceUse, Source,
};
use super::view::{Fact, Presence};
use crate::ids::CertificateId;
use crate::limits::GAPS_NAMED_MAX;
use crate::pki::{IssuerIndex, IssuerKey, Revocations};
use crate::time::Timestamp;

/// Fills a [`Fleet`]. Records may come in any order and more than once: the fullest description of a certificate wins.
#[derive(Debug, Default)]
pub struct FleetBuilder {
    account: Option<String>,
    region: Option<String>,
    files: Vec<String>,
    present: BTreeMap<Fact, Unread>,
    devices: Vec<DeviceCertificate>,
    authorities: Vec<CaCertificate>,
    policies: Vec<PolicyVersion>,
    role_aliases: Vec<RoleAlias>,
    roles: HashMap<String, Role>,
    service_use: HashMap<String, ServiceUse>,
    identity_pools: Vec<IdentityPool>,
    logging: Logging,
    events: Vec<Event>,
    names: Interner,
    principals: Principals,
    moduli: Option<RsaModuli>,
    attachments: Attachments,
    groups: Option<Groups>,
    things: u64,
}

/// What of a kind of fact could not be read.
#[derive(Debug, Default)]
struct Unread {
    named: Vec<String>,
    more: u64,
}

impl FleetBuilder {
    /// Registers an input file and gives the number that [`Source`] uses.
    pub fn file(&mut self, name: impl Into<String>) -> u32 {
        self.files.push(name.into());
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// The account's twelve digits; the first that is told stays.
    pub fn account(&mut self, account: &str) {
        self.account.get_or_insert_with(|| account.to_owned());
    }

    pub fn region(&mut self, region: &str) {
        self.region.get_or_insert_with(|| region.to_owned());
    }

    /// Says that the input holds this kind of fact, be it an empty list.
    pub fn mark(&mut self, fact: Fact) {
        self.present.entry(fact).or_default();
    }

    /// Says that something of this kind is in the input but could not be read; checks then end FAILED instead of compliant.
    pub fn mark_unread(&mut self, fact: Fact, what: impl Into<String>) {
        let unread = self.present.entry(fact).or_default();
        if unread.named.len() < GAPS_NAMED_MAX { unread.named.push(what.into()) } else { unread.more += 1 }
    }

    pub fn device(&mut self, certificate: DeviceCertificate) {
        self.mark(Fact::DeviceCertificates);
        self.devices.push(certificate);
    }

    pub fn authority(&mut self, certificate: CaCertificate) {
        self.mark(Fact::CaCertificates);
        self.authorities.push(certificate);
    }

    /// Notes who signed the certificates told so far, for those whose issuer's key `known` gives.
    pub fn set_issuer_keys(&mut self, known: impl Fn(&CertificateId) -> Option<IssuerKey>) {
        let devices = self.devices.iter_mut().map(|device| (&device.id, &mut device.facts));
        let authorities = self.authorities.iter_mut().map(|ca| (&ca.id, &mut ca.facts));
        for (id, facts) in devices.chain(authorities) {
            if let (Some(facts), Some(key)) = (facts, known(id)) {
                facts.issuer_key = key;
            }
        }
    }

    pub fn policy(&mut self, version: PolicyVersion) {
        self.mark(Fact::Policies);
        self.policies.push(version);
    }

    pub fn role_alias(&mut self, alias: RoleAlias) {
        self.mark(Fact::RoleAliases);
        self.role_aliases.push(alias);
    }

    /// The role with this ARN, for filling.
    pub fn role(&mut self, arn: &str) -> &mut Role {
        self.mark(Fact::Roles);
        self.roles.entry(arn.to_owned()).or_insert_with(|| Role { arn: arn.to_owned(), ..Role::default() })
    }

    pub fn service_use(&mut self, role_arn: &str, last_used: ServiceUse) {
        self.mark(Fact::ServiceLastAccessed);
        self.service_use
            .entry(role_arn.to_owned())
            .or_default()
            .last_authenticated
            .extend(last_used.last_authenticated);
    }

    pub fn identity_pool(&mut self, pool: IdentityPool) {
        self.mark(Fact::IdentityPools);
        self.identity_pools.push(pool);
    }

    pub fn logging_v1(&mut self, state: LoggingState, source: Option<Source>) {
        self.mark(Fact::Logging);
        self.logging.v1 = state;
        self.logging.source = self.logging.source.or(source);
    }

    pub fn logging_v2(&mut self, state: LoggingState, source: Option<Source>) {
        self.mark(Fact::Logging);
        self.logging.v2 = state;
        self.logging.source = source.or(self.logging.source);
    }

    pub fn connection_event(
        &mut self,
        time: Timestamp,
        kind: ConnectionEventKind,
        client_id: &str,
        principal: &str,
        source_ip: Option<IpAddr>,
        source: Option<Source>,
    ) {
        self.mark(Fact::ConnectionLog);
        let client_id = self.names.intern(client_id);
        let principal = self.principals.intern(Principal::parse(principal), &mut self.names);
        self.events.push(Event { time, kind, client_id, principal, source_ip, source });
    }

    /// Keeps RSA moduli from here on, for the checks that compare keys with each other.
    pub fn keep_moduli(&mut self) {
        self.moduli.get_or_insert_default();
        self.mark(Fact::RsaModuli);
    }

    /// Keeps one modulus, if [`keep_moduli`](Self::keep_moduli) was asked for.
    pub fn modulus(&mut self, owner: CertificateId, is_ca: bool, modulus: &[u8]) {
        if let Some(moduli) = &mut self.moduli {
            moduli.push(owner, is_ca, modulus);
        }
    }

    pub fn thing(&mut self) {
        self.things += 1;
    }

    pub fn attach(&mut self, certificate: &CertificateId, thing: &str) {
        self.attachments.push(certificate, thing);
    }

    /// Keeps thing groups from here on, for the check that asks who gets policies through them.
    pub fn keep_groups(&mut self) {
        self.groups.get_or_insert_default();
    }

    /// Keeps one tie, if [`keep_groups`](Self::keep_groups) was asked for.
    pub fn tie(&mut self, tie: Tie<'_>) {
        if let Some(groups) = &mut self.groups {
            groups.add(tie);
        }
    }

    /// Sorts and merges everything, in place: a stable sort would take half as much memory again. `issuers` and `revocations` were made from the same input.
    pub fn finish(mut self, now: Timestamp, issuers: IssuerIndex, revocations: Revocations) -> Fleet {
        self.devices.sort_unstable_by(|a, b| (a.id, b.origin, a.source).cmp(&(b.id, a.origin, b.source)));
        self.devices.dedup_by(|later, kept| {
            let same = later.id == kept.id;
            if same {
                kept.facts = kept.facts.take().or_else(|| later.facts.take());
                kept.created = kept.created.or(later.created);
            }
            same
        });
        self.authorities.sort_unstable_by(|a, b| (a.id, b.origin, a.source).cmp(&(b.id, a.origin, b.source)));
        self.authorities.dedup_by(|later, kept| {
            let same = later.id == kept.id;
            if same {
                kept.created = kept.created.or(later.created);
                if kept.facts.is_none() {
                    kept.facts = later.facts.take();
                    kept.subject = later.subject.clone();
                }
            }
            same
        });
        // Version numbers count up; a shorter number is a smaller one.
        self.policies.sort_by(|a, b| {
            let key =
                |one: &PolicyVersion| (one.name.clone(), one.version.len(), one.version.clone(), one.source);
            key(a).cmp(&key(b))
        });
        self.policies.dedup_by(|later, kept| {
            let same =
                later.name == kept.name && later.version == kept.version && later.document == kept.document;
            kept.is_default |= same && later.is_default;
            same
        });
        self.role_aliases.sort_by(|a, b| (&a.arn, a.source).cmp(&(&b.arn, b.source)));
        self.role_aliases.dedup_by(|later, kept| later.arn == kept.arn);
        self.identity_pools.sort_by(|a, b| (&a.id, a.source).cmp(&(&b.id, b.source)));
        self.identity_pools.dedup_by(|later, kept| later.id == kept.id);
        let names = std::mem::take(&mut self.names);
        let mut principals = std::mem::take(&mut self.principals);
        principals.freeze();
        self.events.sort_unstable_by(|a, b| {
            let key = |event: &Event| {
                let principal = principals.principal(event.principal, &names);
                (event.time, event.kind, names.text(event.client_id), principal, event.source)
            };
            key(a).cmp(&key(b))
        });
        let same = |a: &Event, b: &Event| {
            (a.time, a.kind, a.client_id, a.principal, a.source_ip)
                == (b.time, b.kind, b.client_id, b.principal, b.source_ip)
        };
        self.events.dedup_by(|later, kept| same(later, kept));
        self.attachments.sort();
        match &mut self.groups {
            None => self.present.retain(|fact, _| !Groups::FACTS.contains(fact)),
            Some(groups) => {
                for gap in groups.finish() {
                    self.mark_unread(Fact::ThingGroups, gap);
                }
            }
        }
        let presence = self.present.into_iter().map(|(fact, unread)| (fact, unread.presence())).collect();
        Fleet {
            now,
            account: self.account.unwrap_or_else(|| "000000000000".to_owned()),
            region: self.region.unwrap_or_else(|| "us-east-1".to_owned()),
            files: self.files,
            presence,
            devices: self.devices,
            authorities: self.authorities,
            policies: self.policies,
            proofs: OnceLock::new(),
            role_aliases: self.role_aliases,
            roles: self.roles,
            service_use: self.service_use,
            identity_pools: self.identity_pools,
            logging: self.logging,
            events: self.events,
            events_by_certificate: OnceLock::new(),
            names,
            principals,
            issuers,
            revocations,
            moduli: self.moduli,
            attachments: self.attachments,
            groups: self.groups,
            things: self.things,
        }
    }
}

impl Unread {
    fn presence(mut self) -> Presence {
        if self.more > 0 {
            self.named.push(format!("{} more could not be read", self.more));
        }
        if self.named.is_empty() { Presence::Complete } else { Presence::Partial(self.named) }
    }
}
