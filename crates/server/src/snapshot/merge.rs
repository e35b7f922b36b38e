//! Puts items together, in input order, and fills the fleet. What needs two records to make sense (a role's name and its
//! ARN, an attached policy and its document) waits here for the end.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use thingwarden_engine::audit::Suppression;
use thingwarden_engine::fleet::{
    CaCertificate, CaStatus, CertificateStatus, DeviceCertificate, Fact, FleetBuilder, Origin, PolicyVersion,
    Source,
};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::crl::Crl;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{IssuerIndex, IssuerOrigin, NameDigest, Revocations, RevocationsBuilder};
use thingwarden_engine::policy::{self, Document};
use thingwarden_engine::time::Timestamp;

use super::batch::Label;
use super::digest::{DigestedPart, Placed, account_of};
use super::file_state::FileState;
use super::issuing::Issuing;
use super::items::{Connection, Item, Listed, Page, ReadCertificate, Registered};
use super::limits::{CRLS_BYTES_MAX, DISTRIBUTION_POINTS_MAX};
use super::pages::Pages;
use super::report::{Position, Reports};
use super::roles::{RolePart, Roles};
use super::{AccountConfiguration, LoadOptions, Loaded, Progress, Stats};
use crate::online::fetch_all;

/// A revocation list that waits for its issuers.
#[derive(Debug)]
struct WaitingCrl {
    path: String,
    at: Option<Position>,
    der: Vec<u8>,
}

/// A certificate from a file; the registry may know it as something else.
#[derive(Debug)]
struct Loose {
    read: Box<ReadCertificate>,
    is_authority: bool,
    source: Source,
}

#[derive(Debug, Default)]
pub(super) struct Merge {
    builder: FleetBuilder,
    pub(super) reports: Reports,
    stats: Stats,
    issuers: IssuerIndex,
    issuing: Issuing,
    file: FileState,
    label: Arc<Label>,
    /// The builder's number of the file at hand, once it has one.
    number: Option<u32>,
    loose: Vec<Loose>,
    registered_authorities: HashSet<CertificateId>,
    /// Device certificates of the registry that are a CA's by their content.
    registered_as_devices: HashSet<CertificateId>,
    policy_files: BTreeMap<String, Arc<Document>>,
    policy_names: BTreeSet<String>,
    policies_read: BTreeSet<String>,
    roles: Roles,
    aliases_read: BTreeSet<String>,
    alias_names: BTreeSet<String>,
    pools_read: BTreeSet<String>,
    pool_names: BTreeSet<String>,
    things: Distinct,
    pages: Pages,
    /// The certificate listed last is a CA's.
    listed_authority: Option<bool>,
    crls: Vec<WaitingCrl>,
    crl_bytes: usize,
    checks: Option<AccountConfiguration>,
    suppressions: Vec<Suppression>,
    account: Option<String>,
    /// Account and region of the first ARN.
    arn: Option<(String, String)>,
    /// Where revocation lists are to be had, and whose they are.
    distribution_points: BTreeMap<String, NameDigest>,
}

impl Merge {
    pub(super) fn new(options: &LoadOptions) -> Self {
        let mut merge = Self::default();
        if let Some(account) = &options.account {
            merge.builder.account(account);
        }
        if let Some(region) = &options.region {
            merge.builder.region(region);
        }
        if options.keep_moduli {
            merge.builder.keep_moduli();
        }
        if options.keep_groups {
            merge.builder.keep_groups();
        }
        merge
    }

    /// Takes the next part. All parts come in input order.
    pub(super) fn part(&mut self, part: DigestedPart) {
        if !Arc::ptr_eq(&self.label, &part.label) {
            self.label = part.label;
            self.number = None;
        }
        for placed in part.items {
            self.item(placed);
        }
    }

    fn item(&mut self, Placed { at, item }: Placed) {
        self.file.saw(at, &item);
        match item {
            Item::Device(registered) => self.device(registered, at),
            Item::Authority(registered) => self.authority(registered, at),
            Item::Loose { mut read, is_authority } => {
                if !is_authority {
                    self.issuing.keep_device(read.id, &mut read, &self.issuers);
                }
                let source = self.source(at);
                self.stats.certificate_files += 1;
                self.loose.push(Loose { read, is_authority, source });
            }
            Item::Issuer(read) => self.issuer(&read, IssuerOrigin::Chain),
            Item::Crl(der) => self.crl(der, at),
            Item::Policy { name, version, is_default, document, statements } => {
                // Only the version in force is judged.
                let known = if is_default { &mut self.policies_read } else { &mut self.policy_names };
                if !known.contains(&name) {
                    known.insert(name.clone());
                }
                self.policy((&name, &version, is_default), document, statements, at);
            }
            Item::PolicyFile(document, statements) => self.policy_file(document, statements, at),
            Item::PolicyName(name) => {
                self.policy_names.insert(name);
            }
            Item::Thing(name) => self.thing(&name),
            Item::Principals { thing, certificates } => {
                self.thing(&thing);
                self.builder.mark(Fact::ThingPrincipals);
                self.stats.attachments += certificates.len() as u64;
                certificates.iter().for_each(|certificate| self.builder.attach(certificate, &thing));
            }
            Item::RoleAlias(mut alias) => {
                alias.source = Some(self.source(at));
                self.stats.role_aliases += 1;
                self.arn_seen(&alias.arn);
                self.roles.mention(&alias.role_arn);
                self.aliases_read.insert(alias.arn.rsplit('/').next().unwrap_or_default().to_owned());
                self.builder.role_alias(alias);
            }
            Item::RoleAliasName(name) => {
                self.alias_names.insert(name);
            }
            Item::ServiceUse { role_arn, services, unfinished: true } => {
                self.roles.mention(&role_arn);
                let place = self.place(at);
                self.pages.use_so_far(role_arn, services, place);
            }
            Item::ServiceUse { role_arn, mut services, unfinished: false } => {
                self.stats.service_uses += 1;
                self.roles.mention(&role_arn);
                self.pages.complete_use(&role_arn, &mut services);
                self.builder.service_use(&role_arn, services);
            }
            Item::IdentityPool(mut pool) => {
                pool.source = Some(self.source(at));
                self.stats.identity_pools += 1;
                let roles = pool.authenticated_roles.iter().chain(&pool.unauthenticated_roles);
                roles.for_each(|arn| self.roles.mention(arn));
                self.pools_read.insert(pool.id.clone());
                self.builder.identity_pool(pool);
            }
            Item::IdentityPoolName(id) => {
                self.pool_names.insert(id);
            }
            Item::LoggingV1(state) => {
                let source = Some(self.source(at));
                self.builder.logging_v1(state, source);
            }
            Item::LoggingV2(state) => {
                let source = Some(self.source(at));
                self.builder.logging_v2(state, source);
            }
            Item::Connection(connection) => {
                let source = Some(self.source(at));
                self.connection(&connection, source);
            }
            Item::Checks(checks) => {
                self.checks.get_or_insert_default().extend(checks);
            }
            Item::Suppression(suppression) => {
                self.stats.suppressions += 1;
                self.suppressions.push(*suppression);
            }
            Item::Account(account) => {
                self.account.get_or_insert(account);
            }
            Item::Arn(arn) => self.arn_seen(&arn),
            Item::Page(page) => self.page(page, at),
            Item::Present(fact) => self.builder.mark(fact),
            Item::Broken { what, facts } => self.broken(at, &what, &facts),
            item @ (Item::Role { .. }
            | Item::RoleInlineNames { .. }
            | Item::RoleInline { .. }
            | Item::RoleAttached { .. }
            | Item::ManagedPolicy { .. }) => {
                self.stats.iam_records += 1;
                RolePart::of(item).into_iter().for_each(|part| self.roles.part(part));
            }
            Item::End => self.end_of_file(),
            Item::Stated(stated) => {
                if let Some(tie) = stated.tie() {
                    self.builder.tie(tie);
                }
            }
            Item::Note(_) | Item::Unused | Item::Unknown | Item::Request(_) => {}
        }
    }

    fn source(&mut self, at: Option<Position>) -> Source {
        let (builder, label) = (&mut self.builder, &self.label);
        let file = *self.number.get_or_insert_with(|| builder.file(label.path.as_str()));
        let (line, column) = match at {
            Some(Position::Line(line)) => (line, 0),
            Some(Position::Character { line, column }) => (line, column),
            Some(Position::Byte(_)) | None => (0, 0),
        };
        Source { file, line: u32::try_from(line).unwrap_or(u32::MAX), column }
    }

    /// For people.
    fn place(&self, at: Option<Position>) -> String {
        match at {
            Some(Position::Line(line)) => format!("{}:{line}", self.label.path),
            Some(Position::Character { line, column }) => format!("{}:{line}:{column}", self.label.path),
            Some(Position::Byte(byte)) => format!("{}, byte {byte}", self.label.path),
            None => self.label.path.clone(),
        }
    }

    fn page(&mut self, Page { listed, what, whose, unfinished }: Page, at: Option<Position>) {
        let (fact, what) = match listed {
            Listed::Facts(fact) => (fact, what),
            // The answers of ListCertificates and ListCACertificates differ in their elements only.
            Listed::Certificates => {
                let authorities = self.listed_authority.take();
                if authorities.unwrap_or_else(|| self.label.lists_authorities()) {
                    (Fact::CaCertificates, "CA certificates")
                } else {
                    (Fact::DeviceCertificates, what)
                }
            }
        };
        if unfinished {
            let place = self.place(at);
            self.pages.announces(fact, what, whose, place);
        } else {
            self.pages.last(fact, what, whose);
        }
    }

    fn broken(&mut self, at: Option<Position>, what: &str, facts: &[Fact]) {
        let place = self.place(at);
        for fact in facts {
            self.builder.mark_unread(*fact, format!("{place}: {what}"));
        }
        self.reports.skip(&self.label.path, at, what.to_owned());
    }

    fn device(&mut self, registered: Registered<CertificateStatus>, at: Option<Position>) {
        let Registered { id, status, created, origin, read } = registered;
        let source = Some(self.source(at));
        self.stats.device_records += 1;
        if origin == Origin::Listed {
            self.listed_authority = Some(false);
        }
        let facts = read.map(|mut read| {
            if read.issuer.is_some() {
                self.registered_as_devices.insert(id);
                self.issuer(&read, IssuerOrigin::Chain);
            }
            if status.is_active_or_pending_transfer() {
                self.distribution_points(&read);
                self.issuing.keep_device(id, &mut read, &self.issuers);
            }
            self.modulus(id, false, &read);
            read.facts
        });
        self.builder.device(DeviceCertificate { id, status, created, facts, origin, source });
    }

    fn authority(&mut self, registered: Registered<CaStatus>, at: Option<Position>) {
        let Registered { id, status, created, origin, read } = registered;
        let source = Some(self.source(at));
        self.stats.authority_records += 1;
        if origin == Origin::Listed {
            self.listed_authority = Some(true);
        }
        self.registered_authorities.insert(id);
        let mut subject = Arc::from("");
        let facts = read.map(|read| {
            subject = subject_of(&read);
            self.issuer(&read, IssuerOrigin::Registered);
            self.modulus(id, true, &read);
            read.facts
        });
        self.builder.authority(CaCertificate { id, status, created, facts, subject, origin, source });
    }

    fn modulus(&mut self, id: CertificateId, is_ca: bool, read: &ReadCertificate) {
        if let Some(modulus) = &read.modulus {
            self.builder.modulus(id, is_ca, modulus);
        }
    }

    fn issuer(&mut self, read: &ReadCertificate, origin: IssuerOrigin) {
        if let Some(certificate) = &read.issuer {
            if self.issuers.insert(certificate, origin) && !read.facts.self_signed {
                self.issuing.keep_authority(certificate);
            }
            self.distribution_points(read);
        }
    }

    fn distribution_points(&mut self, read: &ReadCertificate) {
        for url in &read.distribution_points {
            if self.distribution_points.contains_key(url) {
                continue;
            }
            if self.distribution_points.len() < DISTRIBUTION_POINTS_MAX {
                self.distribution_points.insert(url.clone(), read.facts.issuer);
            } else {
                self.builder
                    .mark_unread(Fact::Crls, format!("{url}: more than {DISTRIBUTION_POINTS_MAX} URLs"));
            }
        }
    }

    /// Registers what came from files, unless the registry says that it is something else.
    fn loose_certificates(&mut self) {
        for Loose { read, is_authority, source } in std::mem::take(&mut self.loose) {
            let id = read.id;
            let is_authority = (is_authority && !self.registered_as_devices.contains(&id))
                || self.registered_authorities.contains(&id);
            let source = Some(source);
            let (created, origin) = (None, Origin::File);
            self.modulus(id, is_authority, &read);
            self.issuer(&read, if is_authority { IssuerOrigin::Registered } else { IssuerOrigin::Chain });
            if is_authority {
                let subject = subject_of(&read);
                let (status, facts) = (CaStatus::Active, Some(read.facts));
                self.builder.authority(CaCertificate { id, status, created, facts, subject, origin, source });
            } else {
                self.distribution_points(&read);
                let (status, facts) = (CertificateStatus::Active, Some(read.facts));
                self.builder.device(DeviceCertificate { id, status, created, facts, origin, source });
            }
        }
    }

    fn crl(&mut self, der: Vec<u8>, at: Option<Position>) {
        self.crl_bytes = self.crl_bytes.saturating_add(der.len());
        if self.crl_bytes > CRLS_BYTES_MAX {
            let what = format!("more than {CRLS_BYTES_MAX} bytes of revocation lists");
            return self.broken(at, &what, &[Fact::Crls]);
        }
        self.crls.push(WaitingCrl { path: self.label.path.clone(), at, der });
    }

    fn policy_file(
        &mut self,
        document: Arc<Document>,
        statements: Vec<policy::Position>,
        at: Option<Position>,
    ) {
        for name in self.label.policy_names() {
            match self.policy_files.get(&name) {
                // The same policy once more.
                Some(known) if *known == document => return,
                Some(_) => continue,
                None => {}
            }
            self.policy_files.insert(name.clone(), Arc::clone(&document));
            self.policies_read.insert(name.clone());
            return self.policy((&name, "1", true), document, statements, at);
        }
    }

    /// One version of a policy: its name, the version's, and whether it is in force.
    fn policy(
        &mut self,
        (name, version, is_default): (&str, &str, bool),
        document: Arc<Document>,
        statements: Vec<policy::Position>,
        at: Option<Position>,
    ) {
        let source = Some(self.source(at));
        self.stats.policy_versions += 1;
        self.builder.policy(PolicyVersion {
            name: name.into(),
            version: version.into(),
            is_default,
            document,
            source,
            statements: statements.into(),
        });
    }

    /// A thing counts once, however many records name it.
    fn thing(&mut self, name: &str) {
        let mut hash = DefaultHasher::new();
        name.hash(&mut hash);
        self.things.insert(hash.finish());
    }

    fn connection(&mut self, connection: &Connection, source: Option<Source>) {
        let Connection { time, kind, client_id, principal, source_ip } = connection;
        self.stats.connection_events += 1;
        self.builder.connection_event(*time, *kind, client_id, principal, *source_ip, source);
    }

    fn arn_seen(&mut self, arn: &str) {
        if self.arn.is_none() {
            self.arn = account_of(arn).map(|(region, account)| (account.to_owned(), region.to_owned()));
        }
    }

    fn end_of_file(&mut self) {
        self.pages.end_of_file();
        self.listed_authority = None;
        std::mem::take(&mut self.file).end(&self.label, &mut self.reports);
    }

    /// Names that were listed, and whose details should have been collected.
    fn listed_only(&mut self) {
        for name in self.policy_names.difference(&self.policies_read) {
            let what = format!("default version of policy `{name}` was not collected");
            self.builder.mark_unread(Fact::Policies, what);
        }
        let lists = [
            (Fact::RoleAliases, "role alias", &self.alias_names, &self.aliases_read),
            (Fact::IdentityPools, "identity pool", &self.pool_names, &self.pools_read),
        ];
        for (fact, kind, names, read) in lists {
            for name in names.difference(read) {
                self.builder.mark_unread(fact, format!("{kind} `{name}` is listed, but not described"));
            }
        }
    }

    /// The second step: everything that needs all records.
    pub(super) fn finish(mut self, options: &LoadOptions, stats: Stats, progress: &dyn Progress) -> Loaded {
        self.loose_certificates();
        self.listed_only();
        std::mem::take(&mut self.pages).finish(&mut self.builder);
        (0..self.things.count()).for_each(|_| self.builder.thing());
        let account = self.account.take().or_else(|| self.arn.as_ref().map(|(account, _)| account.clone()));
        if let Some(account) = &account {
            self.builder.account(account);
        }
        if let Some((_, region)) = &self.arn {
            self.builder.region(region);
        }
        let account = options.account.as_deref().or(account.as_deref()).unwrap_or("000000000000");
        std::mem::take(&mut self.roles).finish(account, &mut self.builder);
        let revocations = self.revocations(options, progress);
        let keys = std::mem::take(&mut self.issuing).find(&self.issuers, &revocations, options.jobs);
        if !keys.is_empty() {
            self.issuers.set_issuer_keys(|id| keys.get(id).copied());
            self.builder.set_issuer_keys(|id| keys.get(id).copied());
        }
        let Self { builder, reports, issuers, checks, suppressions, stats: counted, .. } = self;
        Loaded {
            fleet: builder.finish(options.now, issuers, revocations),
            account_configuration: checks,
            suppressions,
            skipped: reports.skipped,
            skipped_more: reports.skipped_more,
            ignored: reports.ignored,
            ignored_more: reports.ignored_more,
            stats: Stats { files: stats.files, bytes: stats.bytes, ..counted },
        }
    }

    /// Verifies the lists at hand, then those that certificates name and nobody has brought along.
    fn revocations(&mut self, options: &LoadOptions, progress: &dyn Progress) -> Revocations {
        let mut builder = RevocationsBuilder::new();
        let mut current = HashSet::new();
        for WaitingCrl { path, at, der } in std::mem::take(&mut self.crls) {
            self.label = Arc::new(Label::new(path));
            current.extend(self.add_crl(&der, at, &mut builder, options.now));
        }
        if let Some(online) = &options.online {
            let points = std::mem::take(&mut self.distribution_points);
            let wanted = points.into_iter().filter(|(_, issuer)| !current.contains(issuer));
            let urls: Vec<String> = wanted.map(|(url, _)| url).collect();
            progress.say("fetching revocation lists");
            fetch_all(&urls, online, |url, answer| match answer {
                Ok(body) => {
                    self.label = Arc::new(Label::new(url.to_owned()));
                    // Some serve PEM.
                    let block = PemBlocks::new(&body).next().and_then(Result::ok);
                    self.add_crl(&block.map_or(body, |block| block.der), None, &mut builder, options.now);
                }
                Err(error) => self.builder.mark_unread(Fact::Crls, format!("{url}: {error}")),
            });
        }
        builder.build()
    }

    /// The issuer, when its list is good and not stale.
    fn add_crl(
        &mut self,
        der: &[u8],
        at: Option<Position>,
        revocations: &mut RevocationsBuilder,
        now: Timestamp,
    ) -> Option<NameDigest> {
        let crl = match Crl::parse(der) {
            Ok(crl) => crl,
            Err(error) => {
                self.stats.crls_rejected += 1;
                self.broken(at, &format!("revocation list: {error}"), &[Fact::Crls]);
                return None;
            }
        };
        self.builder.mark(Fact::Crls);
        let issuer = crl.issuer.digest();
        let stale = crl.next_update.is_some_and(|end| end < now);
        let name = crl.issuer.to_string();
        match revocations.add(crl, &self.issuers, now) {
            Ok(()) => {
                self.stats.crls_accepted += 1;
                self.stats.crls_stale += u64::from(stale);
                (!stale).then_some(issuer)
            }
            Err(rejection) => {
                self.stats.crls_rejected += 1;
                // Which certificates that leaves open is known, so the list of facts as a whole stays complete.
                self.broken(at, &format!("revocation list of `{name}` is not used: {rejection}"), &[]);
                None
            }
        }
    }
}

/// Counts distinct numbers: a list that is sorted when it has grown is smaller and faster than a hash set of millions.
#[derive(Debug, Default)]
struct Distinct {
    numbers: Vec<u64>,
    distinct: usize,
}

impl Distinct {
    fn insert(&mut self, number: u64) {
        self.numbers.push(number);
        if self.numbers.len() > (self.distinct * 2).max(1 << 16) {
            self.count();
        }
    }

    fn count(&mut self) -> usize {
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.distinct = self.numbers.len();
        self.distinct
    }
}

/// The subject for people; the engine escapes what is not printable.
fn subject_of(read: &ReadCertificate) -> Arc<str> {
    read.issuer.as_ref().map(|certificate| certificate.subject.to_string()).unwrap_or_default().into()
}
