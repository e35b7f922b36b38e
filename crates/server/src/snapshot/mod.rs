//! Reads what people have of a fleet (folders, files, archives; see `docs/snapshot.md`) into a
//! [`Fleet`](thingwarden_engine::fleet::Fleet).
//!
//! One thread reads and cuts the input into records, workers parse and hash them, and the caller's thread puts the
//! results together in input order, so that they do not depend on the number of workers. A fixed number of buffers goes
//! round, which bounds memory whatever the size of the input; what stays are the records' facts.

mod archive;
mod batch;
mod certificates;
mod digest;
mod feeder;
mod iam;
mod items;
mod json;
mod limits;
mod lists;
mod logs;
mod merge;
mod pem;
mod pipeline;
mod policies;
mod recognize;
mod registry;
mod report;
mod roles;
mod settings;
mod split;
mod walk;
mod window;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use thingwarden_engine::audit::Suppression;
use thingwarden_engine::fleet::Fleet;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::time::Timestamp;

use crate::online::OnlineOptions;

pub use report::{Ignored, Position, Skipped};
pub use walk::LoadError;

/// How to load.
#[derive(Debug)]
pub struct LoadOptions {
    /// The moment that the fleet is looked at, which decides what is stale.
    pub now: Timestamp,
    /// Worker threads; at least one is used.
    pub jobs: usize,
    /// Keep RSA moduli, for the checks that compare keys.
    pub keep_moduli: bool,
    /// Examines public keys.
    pub key_checker: KeyChecker,
    /// Twelve digits; what the input says counts only without it.
    pub account: Option<String>,
    /// As `account`.
    pub region: Option<String>,
    /// Fetch revocation lists over the network.
    pub online: Option<OnlineOptions>,
}

/// What came of it.
#[derive(Debug)]
pub struct Loaded {
    pub fleet: Fleet,
    /// `DescribeAccountAuditConfiguration`, if the input had it.
    pub account_configuration: Option<AccountConfiguration>,
    /// `ListAuditSuppressions`, in input order.
    pub suppressions: Vec<Suppression>,
    /// In input order, at most a thousand.
    pub skipped: Vec<Skipped>,
    /// How many more there were.
    pub skipped_more: u64,
    /// In input order, at most a thousand.
    pub ignored: Vec<Ignored>,
    /// How many more there were.
    pub ignored_more: u64,
    pub stats: Stats,
}

/// Audit checks by name, as the account has them set.
pub type AccountConfiguration = BTreeMap<String, CheckConfiguration>;

/// One check's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfiguration {
    pub enabled: bool,
    /// For example `CERT_EXPIRATION_THRESHOLD_IN_DAYS`, in decimal digits.
    pub configuration: BTreeMap<String, String>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files, those in archives included.
    pub files: u64,
    /// Bytes read from disk.
    pub bytes: u64,
    /// Records of device certificates in the registry; listings count, too.
    pub device_records: u64,
    /// Records of CA certificates in the registry.
    pub authority_records: u64,
    /// Certificates in PEM and DER files.
    pub certificate_files: u64,
    pub policy_versions: u64,
    /// Attachments of a certificate to a thing.
    pub attachments: u64,
    pub role_aliases: u64,
    pub iam_records: u64,
    pub service_uses: u64,
    pub identity_pools: u64,
    pub connection_events: u64,
    pub suppressions: u64,
    /// Revocation lists whose signature holds.
    pub crls_accepted: u64,
    /// Revocation lists that are not used.
    pub crls_rejected: u64,
    /// Of those accepted, how many should have been replaced by now.
    pub crls_stale: u64,
}

/// Told how far loading is.
pub trait Progress: Sync {
    /// How many bytes there are to read.
    fn total(&self, bytes: u64);
    /// So many more are read.
    fn advance(&self, bytes: u64);
    /// What is being done now.
    fn say(&self, phase: &str);
}

/// Reads everything at and below `paths`.
///
/// # Errors
/// One of `paths` does not exist or cannot be opened. Everything else that goes wrong is in [`Loaded::skipped`].
pub fn load(paths: &[PathBuf], options: &LoadOptions, progress: &dyn Progress) -> Result<Loaded, LoadError> {
    let mut merge = merge::Merge::new(options);
    let files = walk::walk(paths, &mut merge.reports)?;
    progress.total(files.iter().map(|file| file.size).sum());
    progress.say("reading");
    let stats = pipeline::run(&files, options, progress, &mut merge);
    progress.say("putting records together");
    Ok(merge.finish(options, stats))
}
