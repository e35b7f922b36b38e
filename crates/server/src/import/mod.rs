//! Loads a snapshot into a store: the registry as it was, so that a server goes on with it.
//!
//! What can stand by itself is written as it is read, some thousand records in a transaction. What ties two things
//! together, and what needs several records to make sense, waits in memory for the end.

mod facts;
mod iam;
mod ledger;
mod owner;
mod policies;
mod registry;
mod settings;
mod tally;
mod ties;

use std::mem;
use std::path::PathBuf;

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_store::{Actor, Scope, Store, StoreError, Writer};

use iam::Iam;
use ledger::Ledger;
use owner::Owner;
use policies::Policies;
use ties::Ties;

use crate::snapshot::in_full::{ReadInFull, Source, Word};
use crate::snapshot::stated::Stated;
use crate::snapshot::{LoadError, Progress, in_full};
pub(crate) use tally::{Counts, Kind, Named, Tally};

/// Who writes, for the audit trail.
const PRINCIPAL: &str = "thingwarden import";
const OPERATION: &str = "thingwarden:Import";
/// Records in one transaction: enough that the flush to disk costs little, and few enough that a reader's picture and the
/// log stay small.
const TRANSACTION_RECORDS: usize = 4096;
/// Records that wait for the account to be known. A snapshot names it in its first records, or nowhere.
const WAITING_MAX: usize = 100_000;

/// What to do.
#[derive(Debug)]
pub(crate) struct ImportOptions {
    /// Twelve digits; the snapshot's own without it.
    pub(crate) account: Option<String>,
    /// As `account`.
    pub(crate) region: Option<String>,
    /// Account and region of a snapshot that names none.
    pub(crate) fallback: (String, String),
    /// Change what is there and differs.
    pub(crate) replace: bool,
    /// Worker threads.
    pub(crate) jobs: usize,
    /// For what has no date of its own, and for the audit trail, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Imported {
    /// As what it was imported.
    pub(crate) scope: Scope,
    pub(crate) tally: Tally,
    pub(crate) read: ReadInFull,
}

/// Why an import was given up. What was written before stays, and the next import goes on from there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// Imports everything at and below `paths`.
///
/// # Errors
/// A path cannot be opened, or the store cannot be written. What is wrong with single records is in [`Imported`].
pub(crate) fn import(
    store: &Store,
    paths: &[PathBuf],
    options: &ImportOptions,
    key_checker: &KeyChecker,
    progress: &dyn Progress,
) -> Result<Imported, ImportError> {
    progress.say("importing");
    let mut importer = Importer::new(store, options)?;
    let read = in_full::read(paths, options.jobs, key_checker, progress, &mut |source, word| {
        importer.take(source, word);
    })?;
    progress.say("attachments and policies");
    let (scope, tally) = importer.finish()?;
    Ok(Imported { scope, tally, read })
}

fn uuid() -> Result<String, ImportError> {
    crate::random::uuid().ok_or(ImportError::NoRandomness)
}

struct Importer<'a> {
    store: &'a Store,
    options: &'a ImportOptions,
    actor: Actor,
    owner: Owner,
    /// Known as soon as records are written.
    scope: Option<Scope>,
    /// Records that came before the account was known.
    waiting: Vec<(Source, Word)>,
    /// Records of the next transaction.
    pending: Vec<(Source, Word)>,
    ledger: Ledger,
    ties: Ties,
    policies: Policies,
    iam: Iam,
    /// Certificates that a list names.
    listed: Vec<(CertificateId, Source)>,
    listed_aliases: Vec<(String, Source)>,
    listed_templates: Vec<(String, Source)>,
    /// Why nothing more is written.
    failed: Option<ImportError>,
}

impl<'a> Importer<'a> {
    fn new(store: &'a Store, options: &'a ImportOptions) -> Result<Self, ImportError> {
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: OPERATION.to_owned(),
            request_id: uuid()?,
            source_ip: None,
            at_ms: options.now_ms,
        };
        let owner = Owner::new(options.account.clone(), options.region.clone());
        Ok(Self {
            store,
            options,
            actor,
            scope: None,
            owner,
            waiting: Vec::new(),
            pending: Vec::new(),
            ledger: Ledger::new(options.now_ms, options.replace),
            ties: Ties::default(),
            policies: Policies::default(),
            iam: Iam::default(),
            listed: Vec::new(),
            listed_aliases: Vec::new(),
            listed_templates: Vec::new(),
            failed: None,
        })
    }

    fn take(&mut self, source: Source, word: Word) {
        match &word {
            Word::Account(account) => self.owner.account_seen(account),
            Word::Arn(arn) => self.owner.arn_seen(arn),
            _ => {}
        }
        if self.scope.is_none() {
            // The account of the snapshot must have been seen also when another was given: its ARNs are translated.
            if self.owner.is_seen() || self.waiting.len() >= WAITING_MAX {
                self.begin();
            } else {
                self.waiting.push((source, word));
                return;
            }
        }
        self.word(source, word);
    }

    /// From here on it is known as what the snapshot is imported.
    fn begin(&mut self) {
        let (account, region) = &self.options.fallback;
        self.scope = Some(self.owner.scope_or(account, region));
        for (source, word) in mem::take(&mut self.waiting) {
            self.word(source, word);
        }
    }

    fn word(&mut self, source: Source, word: Word) {
        match word {
            Word::Stated(stated) => {
                if let Err((kind, why)) = self.sort(&source, stated) {
                    self.ledger.tally.refuse(kind, &source, &why);
                }
            }
            Word::Account(account) => {
                let arn = format!("arn:aws:iam::{account}:root");
                if let Err(why) = self.translate(&arn) {
                    self.ledger.tally.refuse(Kind::Certificate, &source, &why);
                }
            }
            Word::Arn(_) => {}
            Word::CertificateListed(id) => self.listed.push((id, source)),
            Word::PolicyListed(name) => self.policies.listed(name, source),
            Word::RoleAliasListed(name) => self.listed_aliases.push((name, source)),
            Word::RoleAttached { role, policies } => {
                for arn in policies {
                    match self.translate(&arn) {
                        Ok(arn) => self.iam.attach(role.clone(), arn, source.clone()),
                        Err(why) => self.ledger.tally.refuse(Kind::RolePolicy, &source, &why),
                    }
                }
            }
            Word::IdentityPool(mut pool) => {
                let roles = pool.authenticated_roles.iter_mut().chain(&mut pool.unauthenticated_roles);
                let mut translated = Ok(());
                for role in roles {
                    match self.translate(role) {
                        Ok(arn) => *role = arn,
                        Err(why) => translated = Err(why),
                    }
                }
                match translated {
                    Ok(()) => self.push(&source, Word::IdentityPool(pool)),
                    Err(why) => self.ledger.tally.refuse(Kind::IdentityPool, &source, &why),
                }
            }
            Word::ServiceUse { role_arn, services } => match self.translate(&role_arn) {
                Ok(role_arn) => self.push(&source, Word::ServiceUse { role_arn, services }),
                Err(why) => self.ledger.tally.refuse(Kind::ServiceUse, &source, &why),
            },
            Word::Crl(_) | Word::Connection(_) => self.push(&source, word),
            // Of the log, connections are kept.
            Word::Request(_) | Word::RolePart(_) => {}
        }
    }

    /// Puts a record where it waits for its turn, with ARNs as they will be.
    fn sort(&mut self, source: &Source, stated: Stated) -> Result<(), (Kind, String)> {
        let owned = |kind: Kind, arn: Option<&String>| match arn {
            Some(arn) => self.translate(arn).map(drop).map_err(|why| (kind, why)),
            None => Ok(()),
        };
        let translated = |kind: Kind, arn: &str| self.translate(arn).map_err(|why| (kind, why));
        match stated {
            Stated::Certificate(mut certificate) => {
                let kind = registry::kind_of(&certificate);
                owned(kind, certificate.arn.as_ref())?;
                if let Some(registration) = &mut certificate.registration
                    && let Some(role) = &registration.role_arn
                {
                    registration.role_arn = Some(translated(kind, role)?);
                }
                self.push_stated(source, Stated::Certificate(certificate));
            }
            Stated::Thing(thing) => {
                owned(Kind::Thing, thing.arn.as_ref())?;
                self.push_stated(source, Stated::Thing(thing));
            }
            Stated::ThingType(thing_type) => {
                owned(Kind::ThingType, thing_type.arn.as_ref())?;
                self.push_stated(source, Stated::ThingType(thing_type));
            }
            Stated::RoleAlias(mut alias) => {
                owned(Kind::RoleAlias, Some(&alias.arn))?;
                alias.role_arn = translated(Kind::RoleAlias, &alias.role_arn)?;
                self.push_stated(source, Stated::RoleAlias(alias));
            }
            Stated::ProvisioningTemplate(mut template) => {
                owned(Kind::ProvisioningTemplate, template.arn.as_ref())?;
                let translated = |arn: &str| translated(Kind::ProvisioningTemplate, arn);
                template.role_arn = template.role_arn.as_deref().map(translated).transpose()?;
                if let Some(hook) = &mut template.hook {
                    hook.target_arn = translated(&hook.target_arn)?;
                }
                if template.body.is_some() {
                    self.push_stated(source, Stated::ProvisioningTemplate(template));
                } else {
                    self.listed_templates.push((template.name, source.clone()));
                }
            }
            Stated::LoggingV1 { role_arn, level } => {
                let role_arn = translated(Kind::Logging, &role_arn)?;
                self.push_stated(source, Stated::LoggingV1 { role_arn, level });
            }
            Stated::LoggingV2(mut logging) => {
                logging.role_arn = logging.role_arn.map(|arn| translated(Kind::Logging, &arn)).transpose()?;
                self.push_stated(source, Stated::LoggingV2(logging));
            }
            Stated::Group(group) => {
                owned(Kind::Group, group.arn.as_ref())?;
                self.ties.group(group, source.clone());
            }
            Stated::Member { group, thing } => self.ties.member(group, thing, source.clone()),
            Stated::Principal { thing, principal, exclusive } => {
                let principal = translated(Kind::Principal, &principal)?;
                self.ties.principal(thing, principal, exclusive, source.clone());
            }
            Stated::Target { policy, target } => {
                let target = translated(Kind::Target, &target)?;
                self.ties.target(policy, target, source.clone());
            }
            Stated::Policy(policy) => {
                owned(Kind::Policy, policy.arn.as_ref())?;
                self.policies.add(policy, source.clone());
            }
            Stated::Role(mut role) => {
                owned(Kind::Role, role.arn.as_ref())?;
                role.boundary = role.boundary.map(|arn| translated(Kind::Role, &arn)).transpose()?;
                self.iam.role(*role, source.clone());
            }
            Stated::RoleInline { role, policy, document } => {
                self.iam.inline(role, policy, document, source.clone());
            }
            Stated::ManagedPolicy(mut policy) => {
                policy.arn = translated(Kind::ManagedPolicy, &policy.arn)?;
                self.iam.managed(policy, source.clone());
            }
            Stated::AuditConfiguration(mut configuration) => {
                let targets = configuration.audit_notification_target_configurations.values_mut();
                let arns = targets.flat_map(|target| [&mut target.target_arn, &mut target.role_arn]);
                for arn in arns.chain([&mut configuration.role_arn]) {
                    *arn = arn.as_deref().map(|arn| translated(Kind::AuditConfiguration, arn)).transpose()?;
                }
                self.push_stated(source, Stated::AuditConfiguration(configuration));
            }
            Stated::Suppression(mut suppression) => {
                let account = self.scope.as_ref().map_or("", |scope| &*scope.account);
                settings::translate_identifier(&mut suppression.identifier, account, &|arn| {
                    self.translate(arn)
                })
                .map_err(|why| (Kind::Suppression, why))?;
                self.push_stated(source, Stated::Suppression(suppression));
            }
            Stated::NotKept(what) => self.ledger.tally.not_kept(what),
            // Reading gave it a name and made it a policy.
            Stated::PolicyFile(_) => {}
        }
        Ok(())
    }

    fn translate(&self, arn: &str) -> Result<String, String> {
        match &self.scope {
            Some(scope) => self.owner.translate(arn, scope),
            None => Ok(arn.to_owned()),
        }
    }

    fn push_stated(&mut self, source: &Source, stated: Stated) {
        self.push(source, Word::Stated(stated));
    }

    fn push(&mut self, source: &Source, word: Word) {
        self.pending.push((source.clone(), word));
        if self.pending.len() >= TRANSACTION_RECORDS {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let pending = mem::take(&mut self.pending);
        self.write(move |ledger, writer| {
            pending.iter().try_for_each(|(source, word)| write(ledger, writer, source, word))
        });
    }

    /// One transaction, unless an earlier one failed.
    fn write(
        &mut self,
        work: impl FnOnce(&mut Ledger, &Writer<'_>) -> Result<(), ImportError> + Send + 'static,
    ) {
        let (Some(scope), None) = (&self.scope, &self.failed) else { return };
        let mut ledger = mem::take(&mut self.ledger);
        let written = self.store.write_waiting(scope, self.actor.clone(), move |writer| {
            work(&mut ledger, writer)?;
            Ok::<_, ImportError>(ledger)
        });
        match written {
            Ok(ledger) => self.ledger = ledger,
            Err(error) => self.failed = Some(error),
        }
    }

    /// What had to wait, in an order in which everything finds what it refers to.
    fn finish(mut self) -> Result<(Scope, Tally), ImportError> {
        if self.scope.is_none() {
            self.begin();
        }
        self.flush();
        let Ties { groups, members, principals, targets } = mem::take(&mut self.ties);
        let (policies, iam) = (mem::take(&mut self.policies), mem::take(&mut self.iam));
        let (listed, listed_aliases) = (mem::take(&mut self.listed), mem::take(&mut self.listed_aliases));
        let listed_templates = mem::take(&mut self.listed_templates);
        self.write(move |ledger, writer| groups.write(ledger, writer));
        self.in_parts(policies.into_parts(), policies::write);
        self.in_parts(members, ties::write_member);
        self.in_parts(principals, ties::write_principal);
        self.in_parts(targets, ties::write_target);
        self.write(move |ledger, writer| iam.write(ledger, writer));
        self.in_parts(listed, registry::listed);
        self.in_parts(listed_aliases, settings::listed_alias);
        self.in_parts(listed_templates, settings::listed_template);
        match (self.failed, self.scope) {
            (None, Some(scope)) => Ok((scope, self.ledger.tally)),
            (Some(error), _) => Err(error),
            (None, None) => Err(StoreError::Stopped.into()),
        }
    }

    /// Many of a kind, some thousand in each transaction.
    fn in_parts<T: Send + 'static>(
        &mut self,
        all: Vec<T>,
        write: fn(&mut Ledger, &Writer<'_>, T) -> Result<(), ImportError>,
    ) {
        let mut all = all.into_iter().peekable();
        while all.peek().is_some() && self.failed.is_none() {
            let part: Vec<T> = all.by_ref().take(TRANSACTION_RECORDS).collect();
            self.write(move |ledger, writer| part.into_iter().try_for_each(|one| write(ledger, writer, one)));
        }
    }
}

/// What stands by itself.
fn write(ledger: &mut Ledger, writer: &Writer<'_>, source: &Source, word: &Word) -> Result<(), ImportError> {
    match word {
        Word::Stated(Stated::Certificate(one)) => registry::certificate(ledger, writer, source, one),
        Word::Stated(Stated::Thing(one)) => registry::thing(ledger, writer, source, one),
        Word::Stated(Stated::ThingType(one)) => registry::thing_type(ledger, writer, source, one),
        Word::Stated(Stated::RoleAlias(one)) => settings::role_alias(ledger, writer, source, one),
        Word::Stated(Stated::ProvisioningTemplate(one)) => {
            settings::provisioning_template(ledger, writer, source, one)
        }
        Word::Stated(Stated::LoggingV1 { role_arn, level }) => {
            settings::logging_v1(ledger, writer, source, role_arn, level.as_deref())
        }
        Word::Stated(Stated::LoggingV2(one)) => settings::logging_v2(ledger, writer, source, one),
        Word::Stated(Stated::AuditConfiguration(one)) => {
            settings::audit_configuration(ledger, writer, source, one)
        }
        Word::Stated(Stated::Suppression(one)) => settings::suppression(ledger, writer, source, one),
        Word::Crl(der) => facts::crl(ledger, writer, source, der),
        Word::Connection(one) => facts::connection(ledger, writer, source, one),
        Word::IdentityPool(one) => facts::identity_pool(ledger, writer, source, one),
        Word::ServiceUse { role_arn, services } => {
            facts::service_use(ledger, writer, source, role_arn, services)
        }
        // The others wait elsewhere.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
