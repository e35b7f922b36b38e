//! Recorded traffic against policies: what a change of policies would break (`replay`), and the least that devices need
//! (`synthesize`).

pub(super) mod replay;
mod requests;
mod seats;
pub(super) mod synthesize;

use std::path::PathBuf;

use anyhow::bail;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::prove::{Lengths, Scope};

use super::progress::Bar;
use super::prove::{Picture, pictures_of_data};
use crate::output::report::skipped_line;
use crate::snapshot::LoggedRequest;
use crate::snapshot::in_full::{self, Source, Word};

/// Whose traffic it is, and where it is recorded.
#[derive(Debug, clap::Args)]
pub(super) struct TrafficArgs {
    /// Snapshot folder or archive (repeatable): policies, attachments, things; its log records are the traffic
    #[arg(long, value_name = "PATH", required_unless_present = "data", conflicts_with = "data")]
    snapshot: Vec<PathBuf>,
    /// Folder of a server; it may be running
    #[arg(long, value_name = "DIR", requires = "logs")]
    data: Option<PathBuf>,
    /// Log records of AWS IoT (log group AWSIotLogsV2), as files or folders (repeatable): JSON lines, or what CloudWatch answers
    #[arg(long, value_name = "PATH")]
    logs: Vec<PathBuf>,
    /// Account of the devices [default: the input's]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Region of the devices [default: the input's]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
}

/// The fleet and its recorded requests, which are read as often as somebody asks.
#[derive(Debug)]
pub(super) struct Traffic {
    picture: Picture,
    scope: Scope,
    logs: Vec<PathBuf>,
}

impl TrafficArgs {
    pub(super) fn load(&self) -> anyhow::Result<Traffic> {
        let default = Scope {
            partition: "aws".to_owned(),
            region: self.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
            account: self.account.clone().unwrap_or_else(|| "000000000000".to_owned()),
            lengths: Lengths::AWS,
        };
        let picture = match &self.data {
            None => Picture::of_snapshot(&self.snapshot)?,
            Some(folder) => {
                let mut found = pictures_of_data(folder, self.account.as_deref(), self.region.as_deref())?;
                // What is of no region, as users and roles, is in a place of its own.
                found.retain(|one| one.region.as_deref().is_some_and(|region| !region.is_empty()));
                let place = |one: &Picture| {
                    let text = |field: &Option<String>| field.clone().unwrap_or_default();
                    format!("{} {}", text(&one.account), text(&one.region))
                };
                let places = found.iter().map(place).collect::<Vec<_>>().join(", ");
                match (found.pop(), found.is_empty()) {
                    (Some(only), true) => only,
                    (None, _) => bail!("the folder has no such account and region"),
                    (Some(_), false) => bail!("say --account and --region; the folder has {places}"),
                }
            }
        };
        let mut scope = picture.scope(&default);
        if let Some(account) = &self.account {
            scope.account.clone_from(account);
        }
        if let Some(region) = &self.region {
            scope.region.clone_from(region);
        }
        let logs = if self.logs.is_empty() { self.snapshot.clone() } else { self.logs.clone() };
        Ok(Traffic { picture, scope, logs })
    }
}

impl Traffic {
    /// Gives every recorded request to `take`, in the order of the files. Gives what could not be read.
    fn each(&self, take: &mut dyn FnMut(&Source, &LoggedRequest)) -> anyhow::Result<Vec<String>> {
        // One thread decides: more that read would only wait for it, with their records in memory.
        let jobs = std::thread::available_parallelism().map_or(1, usize::from).min(2);
        let (keys, bar) = (KeyChecker::builtin(), Bar::new(false));
        let read = in_full::read(&self.logs, jobs, &keys, &bar, &mut |source, word| {
            if let Word::Request(request) = word {
                take(&source, &request);
            }
        })?;
        let mut problems: Vec<String> = read.skipped.iter().map(skipped_line).collect();
        if read.skipped_more > 0 {
            problems.push(format!("{} more inputs", read.skipped_more));
        }
        Ok(problems)
    }
}

/// A number of things: `1 device`, `2 devices`.
fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
