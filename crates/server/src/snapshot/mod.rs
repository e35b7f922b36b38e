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
mod file_state;
mod iam;
pub(crate) mod in_full;
mod issuing;
mod items;
mod json;
mod limits;
mod lists;
mod logs;
mod merge;
mod pages;
mod pem;
mod pipeline;
mod planned;
mod policies;
mod recognize;
mod registry;
mod report;
pub(crate) mod roles;
mod settings;
mod split;
pub(crate) mod stated;
pub(crate) mod template;
mod walk;
mod window;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use thingwarden_engine::audit::Suppression;
use thingwarden_engine::fleet::Fleet;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::time::Timestamp;

pub(crate) use crate::online::OnlineOptions;

pub(crate) use items::{Connection, LoggedEvent, LoggedRequest};
pub(crate) use report::{Ignored, Position, Skipped};
pub(crate) use walk::LoadError;

/// How to load.
#[derive(Debug)]
pub(crate) struct LoadOptions {
    /// The moment that the fleet is looked at, which decides what is stale.
    pub(crate) now: Timestamp,
    /// Worker threads; at least one is used.
    pub(crate) jobs: usize,
    /// Keep RSA moduli, for the checks that compare keys.
    pub(crate) keep_moduli: bool,
    /// Keep thing groups and what policies are attached to, for the check that asks who gets policies through groups.
    pub(crate) keep_groups: bool,
    /// Examines public keys.
    pub(crate) key_checker: KeyChecker,
    /// Twelve digits; what the input says counts only without it.
    pub(crate) account: Option<String>,
    /// As `account`.
    pub(crate) region: Option<String>,
    /// Values of parameters and variables of templates, by name.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Fetch revocation lists over the network.
    pub(crate) online: Option<OnlineOptions>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) fleet: Fleet,
    /// `DescribeAccountAuditConfiguration`, if the input had it.
    pub(crate) account_configuration: Option<AccountConfiguration>,
    /// `ListAuditSuppressions`, in input order.
    pub(crate) suppressions: Vec<Suppression>,
    /// In input order, at most a thousand.
    pub(crate) skipped: Vec<Skipped>,
    /// How many more there were.
    pub(crate) skipped_more: u64,
    /// In input order, at most a thousand.
    pub(crate) ignored: Vec<Ignored>,
    /// How many more there were.
    pub(crate) ignored_more: u64,
    pub(crate) stats: Stats,
}

/// Audit checks by name, as the account has them set.
pub(crate) type AccountConfiguration = BTreeMap<String, CheckConfiguration>;

/// One check's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckConfiguration {
    pub(crate) enabled: bool,
    /// For example `CERT_EXPIRATION_THRESHOLD_IN_DAYS`, in decimal digits.
    pub(crate) configuration: BTreeMap<String, String>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Files, those in archives included.
    pub(crate) files: u64,
    /// Bytes read from disk.
    pub(crate) bytes: u64,
    /// Records of device certificates in the registry; listings count, too.
    pub(crate) device_records: u64,
    /// Records of CA certificates in the registry.
    pub(crate) authority_records: u64,
    /// Certificates in PEM and DER files.
    pub(crate) certificate_files: u64,
    pub(crate) policy_versions: u64,
    /// Attachments of a certificate to a thing.
    pub(crate) attachments: u64,
    pub(crate) role_aliases: u64,
    pub(crate) iam_records: u64,
    pub(crate) service_uses: u64,
    pub(crate) identity_pools: u64,
    pub(crate) connection_events: u64,
    pub(crate) suppressions: u64,
    /// Revocation lists whose signature holds.
    pub(crate) crls_accepted: u64,
    /// Revocation lists that are not used.
    pub(crate) crls_rejected: u64,
    /// Of those accepted, how many should have been replaced by now.
    pub(crate) crls_stale: u64,
}

/// Told how far loading is.
pub(crate) trait Progress: Sync {
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
pub(crate) fn load(
    paths: &[PathBuf],
    options: &LoadOptions,
    progress: &dyn Progress,
) -> Result<Loaded, LoadError> {
    let mut merge = merge::Merge::new(options);
    let files = walk::walk(paths, &mut merge.reports)?;
    progress.total(files.iter().map(|file| file.size).sum());
    progress.say("reading");
    let filling = planned::Filling {
        parameters: options.parameters.clone(),
        account: options.account.clone(),
        region: options.region.clone(),
    };
    let shared = digest::Shared {
        filling: &filling,
        key_checker: &options.key_checker,
        keep_moduli: options.keep_moduli,
        keep_groups: options.keep_groups,
        keep_distribution_points: options.online.is_some(),
        in_full: false,
    };
    let stats = pipeline::run(&files, options.jobs, &shared, progress, &mut |part| merge.part(part));
    progress.say("putting records together");
    Ok(merge.finish(options, stats, progress))
}
