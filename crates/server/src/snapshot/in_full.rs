//! Reading a snapshot for those who keep what it states, record by record and in input order.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use thingwarden_engine::fleet::{IdentityPool, ServiceUse};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::policy::Document;

use super::batch::Label;
use super::digest::{DigestedPart, Placed, Shared};
use super::file_state::FileState;
use super::items::{Connection, Item, LoggedRequest, ReadCertificate};
use super::json::Members;
use super::planned::Filling;
use super::report::Reports;
use super::roles::RolePart;
use super::stated::{self, Stated, StatedCertificate};
use super::walk::walk;
use super::{Ignored, LoadError, Position, Progress, Skipped, pipeline};
use crate::pki;

/// Where a record stands, for people.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    label: Arc<Label>,
    at: Option<Position>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Position::Line(line)) => write!(f, "{}:{line}", self.label.path),
            Some(Position::Character { line, column }) => write!(f, "{}:{line}:{column}", self.label.path),
            Some(Position::Byte(byte)) => write!(f, "{}, byte {byte}", self.label.path),
            None => f.write_str(&self.label.path),
        }
    }
}

/// What a record says.
#[derive(Debug)]
pub(crate) enum Word {
    Stated(Stated),
    /// The account that was snapshot, by AWS's own answer.
    Account(String),
    /// The first ARN of a part of a file.
    Arn(String),
    /// A certificate is listed; its PEM should be elsewhere.
    CertificateListed(CertificateId),
    PolicyListed(String),
    RoleAliasListed(String),
    /// Managed policies of a role, by ARN.
    RoleAttached {
        role: String,
        policies: Vec<String>,
    },
    /// Anything else about roles and managed policies.
    RolePart(RolePart),
    /// A revocation list in DER. Nobody verified it.
    Crl(Vec<u8>),
    Connection(Box<Connection>),
    Request(Box<LoggedRequest>),
    IdentityPool(IdentityPool),
    ServiceUse {
        role_arn: String,
        services: ServiceUse,
    },
}

/// How reading went.
#[derive(Debug, Default)]
pub(crate) struct ReadInFull {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// In input order, at most a thousand.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) skipped_more: u64,
    /// In input order, at most a thousand.
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) ignored_more: u64,
}

/// Reads everything at and below `paths` and gives it to `take`.
///
/// # Errors
/// One of `paths` does not exist or cannot be opened.
pub(crate) fn read(
    paths: &[PathBuf],
    jobs: usize,
    key_checker: &KeyChecker,
    progress: &dyn Progress,
    take: &mut dyn FnMut(Source, Word),
) -> Result<ReadInFull, LoadError> {
    let mut reports = Reports::default();
    let files = walk(paths, &mut reports)?;
    progress.total(files.iter().map(|file| file.size).sum());
    let filling = Filling::default();
    let shared = Shared {
        key_checker,
        keep_moduli: false,
        keep_groups: false,
        keep_distribution_points: false,
        filling: &filling,
        in_full: true,
    };
    let mut sorting = Sorting { reports, ..Sorting::default() };
    let stats = pipeline::run(&files, jobs, &shared, progress, &mut |part| sorting.part(part, take));
    let Reports { skipped, skipped_more, ignored, ignored_more, .. } = sorting.reports;
    let (files, bytes) = (stats.files, stats.bytes);
    Ok(ReadInFull { files, bytes, skipped, skipped_more, ignored, ignored_more })
}

/// From items to words.
#[derive(Default)]
struct Sorting {
    reports: Reports,
    file: FileState,
    /// The text of the policy document that comes next.
    policy_text: String,
    policy_files: BTreeMap<String, Arc<Document>>,
}

impl Sorting {
    fn part(&mut self, part: DigestedPart, take: &mut dyn FnMut(Source, Word)) {
        for Placed { at, item } in part.items {
            self.file.saw(at, &item);
            let label = Arc::clone(&part.label);
            let said = match item {
                Item::Broken { what, .. } => Err(what),
                Item::End => {
                    std::mem::take(&mut self.file).end(&label, &mut self.reports);
                    continue;
                }
                item => self.word(item, &label),
            };
            match said {
                Ok(Some(word)) => take(Source { label, at }, word),
                Ok(None) => {}
                Err(what) => self.reports.skip(&label.path, at, what),
            }
        }
    }

    fn word(&mut self, item: Item, label: &Label) -> Result<Option<Word>, String> {
        Ok(Some(match item {
            Item::Stated(stated) => match *stated {
                Stated::PolicyFile(text) => {
                    self.policy_text = text;
                    return Ok(None);
                }
                stated => Word::Stated(stated),
            },
            Item::PolicyFile(document, _) => return self.policy_file(document, label),
            Item::Loose { read, is_authority } => Word::Stated(loose(*read, is_authority, "ACTIVE")),
            // In a registry there is one place for what only helps with chains.
            Item::Issuer(read) if read.issuer.is_some() => Word::Stated(loose(*read, true, "INACTIVE")),
            Item::Issuer(_) => Word::Stated(Stated::NotKept("certificates in chains that are no CA's")),
            Item::Account(account) => Word::Account(account),
            Item::Arn(arn) => Word::Arn(arn),
            Item::Device(one) if one.read.is_none() => Word::CertificateListed(one.id),
            Item::Authority(one) if one.read.is_none() => Word::CertificateListed(one.id),
            Item::PolicyName(name) => Word::PolicyListed(name),
            Item::RoleAliasName(name) => Word::RoleAliasListed(name),
            Item::RoleAttached { role, policies } => Word::RoleAttached { role, policies },
            Item::Crl(der) => Word::Crl(der),
            Item::Connection(connection) => Word::Connection(connection),
            Item::Request(request) => Word::Request(request),
            Item::IdentityPool(pool) => Word::IdentityPool(pool),
            Item::ServiceUse { role_arn, services, .. } => Word::ServiceUse { role_arn, services },
            item => return Ok(RolePart::of(item).map(Word::RolePart)),
        }))
    }

    fn policy_file(&mut self, document: Arc<Document>, label: &Label) -> Result<Option<Word>, String> {
        let text = std::mem::take(&mut self.policy_text);
        for name in label.policy_names() {
            match self.policy_files.get(&name) {
                // The same policy once more.
                Some(known) if *known == document => return Ok(None),
                Some(_) => continue,
                None => {}
            }
            self.policy_files.insert(name.clone(), document);
            return stated::policy(&name, "1", true, &text, &Members::default()).map(Word::Stated).map(Some);
        }
        Ok(None)
    }
}

fn loose(read: ReadCertificate, is_authority: bool, status: &str) -> Stated {
    let der = match (read.der, read.issuer) {
        (Some(der), _) => der,
        (None, Some(certificate)) => certificate.into_der(),
        (None, None) => Box::default(),
    };
    Stated::Certificate(Box::new(StatedCertificate {
        loose: true,
        id: read.id,
        is_authority,
        arn: None,
        pem: pki::write_pem("CERTIFICATE", &der),
        // For the checks, the age of a certificate without a date of registration is that of the certificate.
        created: Some(read.facts.not_before),
        facts: read.facts,
        status: status.to_owned(),
        mode: None,
        ca_id: None,
        previous_owner: None,
        customer_version: None,
        generation_id: None,
        modified: None,
        transfer: None,
        auto_registration: None,
        registration: None,
    }))
}
