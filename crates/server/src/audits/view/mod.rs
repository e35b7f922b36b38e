//! A fleet as the store has it: the questions of the checks, answered by indexes at one moment.
//!
//! Visitors have no way to fail, so a failure of the store, or the wish to stop, is kept here and taken by the runner when
//! the check has returned: what the check said then counts for nothing.

mod certificates;
mod events;
mod groups;
mod issuers;
mod narrowed;
mod policies;
mod roles;

use std::cell::{OnceCell, RefCell};
use std::ops::ControlFlow;

use thingwarden_engine::fleet::{
    CaCertificate, ConnectionEvent, DatedCertificate, DeviceCertificate, Fact, FleetView, GroupedDevice,
    IdentityPool, Logging, PolicyInForce, Presence, Role, RoleAlias, RsaModuli, ServiceUse, Wanted,
    WantedDate,
};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::{Certificate, IssuerIndex, KeyChecker, Revocations};
use thingwarden_engine::policy::analysis::{BroadGrant, DenyMistakes};
use thingwarden_engine::prove::PolicyProofs;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    Policy, PolicyFlaws, StoredConnection, StoredIdentityPool, StoredServiceUse,
};
use thingwarden_store::{Filter, Query, Reader, Record, StoreError, Value};

use certificates::Groups;
pub(super) use certificates::parse;
use issuers::Authorities;
pub(crate) use issuers::KnownRevocations;
pub(super) use narrowed::Narrowed;
use roles::Roles;

/// After so many records, somebody may want to stop.
const RECORDS_BETWEEN_LOOKS: usize = 2048;

/// What the view knows besides the store.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// The moment that the audit is as of.
    pub(super) now: Timestamp,
    pub(super) key_checker: &'a KeyChecker,
    /// The server's own certificate authority, if it has one.
    pub(super) own_ca: Option<&'a Certificate>,
    /// Revocation lists that were fetched, and those that could not be.
    pub(super) fetched: &'a [Vec<u8>],
    pub(super) not_fetched: &'a [String],
    /// Whether connections are judged as they happen.
    pub(super) is_live: bool,
    /// Whether the audit is to end now.
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// Why what a check said does not count.
#[derive(Debug)]
pub(super) enum Trouble {
    Store(StoreError),
    Stopped,
}

/// The picture.
pub(super) struct StoreView<'a> {
    reader: &'a Reader<'a>,
    around: Surroundings<'a>,
    trouble: RefCell<Option<Trouble>>,
    authorities: OnceCell<Authorities>,
    groups: OnceCell<Groups>,
    roles: OnceCell<Roles>,
    logging: OnceCell<Logging>,
    moduli: OnceCell<RsaModuli>,
}

impl<'a> StoreView<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, around: Surroundings<'a>) -> Self {
        Self {
            reader,
            around,
            trouble: RefCell::default(),
            authorities: OnceCell::new(),
            groups: OnceCell::new(),
            roles: OnceCell::new(),
            logging: OnceCell::new(),
            moduli: OnceCell::new(),
        }
    }

    /// What went wrong since this was last asked.
    pub(super) fn take_trouble(&self) -> Option<Trouble> {
        self.trouble.borrow_mut().take()
    }

    /// The answer, or nothing with the failure noted.
    fn attempt<T: Default>(&self, answer: Result<T, StoreError>) -> T {
        answer.unwrap_or_else(|error| {
            self.note(Trouble::Store(error));
            T::default()
        })
    }

    fn note(&self, trouble: Trouble) {
        self.trouble.borrow_mut().get_or_insert(trouble);
    }

    fn in_trouble(&self) -> bool {
        self.trouble.borrow().is_some()
    }

    /// Shows each record, until there is trouble.
    fn stream<T: Record>(&self, query: &Query<'_>, visit: &mut dyn FnMut(T)) {
        if self.in_trouble() {
            return;
        }
        let mut look = self.looking();
        let streamed = self.reader.each(query, &mut |record| {
            let flow = look();
            if flow.is_continue() {
                visit(record);
            }
            Ok::<_, StoreError>(flow)
        });
        self.attempt(streamed);
    }

    /// Shows the id of each record with a value, until there is trouble.
    fn stream_values<T: Record>(
        &self,
        column: &'static str,
        filters: &[Filter<'_>],
        visit: &mut dyn FnMut(&str, Value),
    ) {
        if self.in_trouble() {
            return;
        }
        let mut look = self.looking();
        let streamed = self.reader.each_value::<T, StoreError>(column, filters, &mut |id, value| {
            let flow = look();
            if flow.is_continue() {
                visit(id, value);
            }
            Ok(flow)
        });
        self.attempt(streamed);
    }

    /// Called for each record, looks now and then whether to stop.
    fn looking(&self) -> impl FnMut() -> ControlFlow<()> + '_ {
        let mut seen = 0;
        move || {
            seen += 1;
            if seen % RECORDS_BETWEEN_LOOKS == 0 && (self.around.stop)() {
                self.note(Trouble::Stopped);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }

    /// Present exactly when there is a record: nobody else fills this kind than whoever imports.
    fn imported<T: Record>(&self) -> Presence {
        let one = Query { limit: 1, ..Query::default() };
        let some = self.attempt(self.reader.list::<T>(&one).map(|page| !page.items.is_empty()));
        if some { Presence::Complete } else { Presence::Absent }
    }
}

impl FleetView for StoreView<'_> {
    fn now(&self) -> Timestamp {
        self.around.now
    }

    fn account(&self) -> &str {
        &self.reader.scope().account
    }

    fn region(&self) -> &str {
        &self.reader.scope().region
    }

    fn is_live(&self) -> bool {
        self.around.is_live
    }

    fn presence(&self, fact: Fact) -> Presence {
        match fact {
            Fact::CaCertificates
            | Fact::DeviceCertificates
            | Fact::Logging
            | Fact::PolicyTargets
            | Fact::RoleAliases
            | Fact::Roles
            | Fact::RsaModuli
            | Fact::ThingGroups
            | Fact::ThingPrincipals => Presence::Complete,
            // The lists at hand are known; what they leave open is told per certificate.
            Fact::Crls if self.around.not_fetched.is_empty() => Presence::Complete,
            Fact::Crls => Presence::Partial(self.around.not_fetched.to_vec()),
            Fact::Policies => self.presence_of_policies(),
            Fact::ConnectionLog => self.imported::<StoredConnection>(),
            Fact::IdentityPools => self.imported::<StoredIdentityPool>(),
            Fact::ServiceLastAccessed => self.imported::<StoredServiceUse>(),
            // Certificates are looked up in the built-in lists when they are registered.
            Fact::KnownKeys => Presence::Absent,
        }
    }

    fn each_in_force(&self, wanted: Wanted, visit: &mut dyn FnMut(&DeviceCertificate)) {
        self.visit_in_force(wanted, visit);
    }

    fn count_in_force(&self, wanted: Wanted) -> u64 {
        // What cannot be read is not registered, so every one can be judged.
        match wanted {
            Wanted::RsaKey => self.count_rsa_keys(),
            _ => self.groups().total(),
        }
    }

    fn each_dated(&self, wanted: WantedDate, visit: &mut dyn FnMut(&DatedCertificate)) {
        self.visit_dated(wanted, visit);
    }

    fn count_dated(&self, _: WantedDate) -> u64 {
        self.groups().total()
    }

    fn each_alike(&self, visit: &mut dyn FnMut(&DeviceCertificate, u64)) {
        self.visit_alike(visit);
    }

    fn each_like(&self, shown: &DeviceCertificate, limit: usize, visit: &mut dyn FnMut(&DeviceCertificate)) {
        self.visit_like(shown, limit, visit);
    }

    fn each_ca_certificate(&self, visit: &mut dyn FnMut(&CaCertificate)) {
        self.authorities().registered.iter().for_each(visit);
    }

    fn count_policies(&self) -> u64 {
        self.attempt(self.reader.count::<Policy>(&[]))
    }

    fn each_broad_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &[BroadGrant])) {
        self.each_flawed_policy(PolicyFlaws::BROAD, &mut |policy, flaws| {
            visit(policy, &self.attempt(flaws.broad()));
        });
    }

    fn each_mistaken_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &DenyMistakes)) {
        self.each_flawed_policy(PolicyFlaws::MISTAKEN, &mut |policy, flaws| visit(policy, &flaws.mistakes()));
    }

    fn each_proven_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &PolicyProofs)) {
        self.each_flawed_policy(PolicyFlaws::PROVEN, &mut |policy, flaws| visit(policy, &flaws.proofs()));
    }

    fn each_grouped_device(&self, visit: &mut dyn FnMut(&GroupedDevice)) {
        self.visit_grouped(visit);
    }

    fn each_role_alias(&self, visit: &mut dyn FnMut(&RoleAlias)) {
        self.roles().aliases.iter().for_each(visit);
    }

    fn each_identity_pool(&self, visit: &mut dyn FnMut(&IdentityPool)) {
        self.roles().pools.iter().for_each(visit);
    }

    fn each_connection_of(
        &self,
        certificate: &CertificateId,
        since: Timestamp,
        visit: &mut dyn FnMut(&ConnectionEvent<'_>),
    ) {
        self.visit_connections_of(certificate, since, visit);
    }

    fn each_displaced(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        self.visit_displaced(since, visit);
    }

    fn each_shared(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        self.visit_shared(since, visit);
    }

    fn count_clients(&self, since: Timestamp) -> u64 {
        self.clients_since(since)
    }

    fn count_connected(&self, since: Timestamp) -> u64 {
        self.connected_since(since)
    }

    fn has_connections(&self, from: Timestamp, to: Timestamp) -> bool {
        self.any_connection(from, to)
    }

    fn role(&self, arn: &str) -> Option<&Role> {
        self.roles().by_arn.get(arn)
    }

    fn service_use(&self, role_arn: &str) -> Option<&ServiceUse> {
        self.roles().used.get(role_arn)
    }

    fn logging(&self) -> &Logging {
        self.logging.get_or_init(|| self.read_logging())
    }

    fn issuers(&self) -> &IssuerIndex {
        &self.authorities().issuers
    }

    fn revocations(&self) -> &Revocations {
        &self.authorities().revocations
    }

    fn rsa_moduli(&self) -> Option<&RsaModuli> {
        Some(self.moduli.get_or_init(|| self.read_moduli()))
    }
}
