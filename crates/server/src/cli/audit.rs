//! `thingwarden audit`: reads, runs the checks, writes the report, and says by its exit code how it went.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use thingwarden_engine::audit::checks::{ALL, find};
use thingwarden_engine::audit::runner::{CheckRun, report, run_check};
use thingwarden_engine::audit::suppression::SuppressedResource;
use thingwarden_engine::audit::{AuditReport, Check, CheckRunStatus, Settings, Suppression};
use thingwarden_engine::fleet::{Fact, Fleet};
use thingwarden_engine::time::Timestamp;

use super::progress::Bar;
use super::select::{SelectError, select, settings};
use super::sink::write_to;
use super::weak_keys::{WeakKeysFormat, checker};
use super::{Outcome, Terminal};
use crate::config::{self, FailOn};
use crate::online::OnlineOptions;
use crate::output::report::{skipped_line, verdict_line};
use crate::output::text::escape;
use crate::output::{self, Audit, Format, Input, Look};
use crate::snapshot::{self, LoadOptions, Loaded, Progress, Skipped};

const EXAMPLES: &str = "\
Exit code: 0 nothing found, 1 findings at or above --fail-on, 2 wrong usage or input that could not be read; what could be read
is audited all the same.

Examples:
  thingwarden audit ./snapshot
  thingwarden audit ./snapshot --check '*CERTIFICATE*' --now 2026-03-01
  thingwarden audit certs/ policies/ --fail-on high --format sarif -o audit.sarif
  thingwarden audit plan.json template.yaml --parameter Stage=prod --format sarif -o audit.sarif
  thingwarden audit snapshot.tar.zst --config thingwarden.toml --format jsonl | jq .checkName";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    /// Snapshot folders, their archives (.tar.gz, .tar.zst), certificates, policies, revocation lists, logs; and, before deployment, Terraform plans (JSON), CloudFormation, SAM and CDK templates, serverless.yml
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run this check only, also if it is off by default; `*` and `?` are wildcards
    #[arg(long = "check", value_name = "NAME")]
    checks: Vec<String>,
    /// Configuration file: checks, thresholds, suppressions (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Audit as of this moment, for example 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    now: Option<Timestamp>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = Format::Report)]
    format: Format,
    /// Write the result to this file, complete or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Least severity that ends with exit code 1 [default: low]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Threads [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Show every finding with full identifiers, suppressed ones included
    #[arg(long)]
    all: bool,
    /// Fetch the revocation lists that certificates point to
    #[arg(long)]
    online: bool,
    /// With --online: also from private and local addresses
    #[arg(long, requires = "online")]
    allow_private_targets: bool,
    /// More weak keys to look for: openssl-blacklist, badkeys' blocklist.dat or raw
    #[arg(long, value_name = "FILE")]
    weak_keys: Vec<PathBuf>,
    /// Format of --weak-keys
    #[arg(long, value_enum, default_value_t = WeakKeysFormat::Auto, requires = "weak_keys")]
    weak_keys_format: WeakKeysFormat,
    /// Account that the fleet belongs to, whatever the input says
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// Region that the fleet is in, whatever the input says
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Value of a template's parameter or variable (repeatable)
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    quiet: bool,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

pub(super) fn run(args: AuditArgs, terminal: &Terminal) -> anyhow::Result<Outcome> {
    let loaded = config::load(args.config.as_deref(), &config::environment(), &[])?;
    let (config, own) = (loaded.audit, loaded.settings.audit);
    let jobs = jobs(args.jobs.map_or(own.jobs, usize::from));
    let now = args.now.unwrap_or_else(crate::clock::now);
    // Before the account's configuration is known: misspelled patterns are told before a long read.
    let expected = match select(ALL, &args.checks, &config, None) {
        Err(error @ SelectError::NoMatch { .. }) => return Err(error.into()),
        other => other.unwrap_or_default(),
    };
    let options = LoadOptions {
        now,
        jobs,
        keep_moduli: expected.iter().any(|check| check.reads.contains(&Fact::RsaModuli)),
        keep_groups: expected.iter().any(|check| check.reads.contains(&Fact::ThingGroups)),
        key_checker: checker(&args.weak_keys, args.weak_keys_format)?,
        account: args.account.clone(),
        region: args.region.clone(),
        parameters: args.parameters.iter().cloned().collect(),
        online: args.online.then_some(OnlineOptions { allow_private_targets: args.allow_private_targets }),
    };
    let (paths, mut skipped) = readable(&args.paths);
    if paths.is_empty() {
        let lines: Vec<String> = skipped.iter().map(skipped_line).collect();
        bail!("{}", lines.join("\n"));
    }
    let bar = Bar::new(!args.quiet && !args.no_progress && io::stderr().is_terminal());
    let loaded = snapshot::load(&paths, &options, &bar).inspect_err(|_| bar.finish())?;
    let (skipped_more, ignored_more) = (loaded.skipped_more, loaded.ignored_more);
    let Loaded { fleet, account_configuration, mut suppressions, skipped: unread, ignored, stats, .. } =
        loaded;
    skipped.extend(unread);
    let account = account_configuration.as_ref();
    let selected = select(ALL, &args.checks, &config, account).inspect_err(|_| bar.finish())?;
    let (settings, mut notes) = settings(ALL, &config, account);
    suppressions.extend(config.suppressions);
    notes.extend(suppression_notes(&suppressions, now));
    bar.say("checking");
    let runs = run_checks(&selected, &fleet, &settings, jobs);
    let report = report(&fleet, runs, &suppressions);
    bar.finish();

    let input = Input {
        files: stats.files,
        bytes: stats.bytes,
        revocation_lists: stats.crls_accepted,
        revocation_lists_stale: stats.crls_stale,
        skipped: &skipped,
        skipped_more,
        ignored: &ignored,
        ignored_more,
        notes: &notes,
    };
    let audit = Audit { report: &report, fleet: &fleet, input };
    let to_file = args.output.as_deref();
    let look = Look { color: to_file.is_none() && terminal.color_on(&io::stdout()), all: args.all };
    let written = write_to(to_file, |out| output::write(args.format, &audit, look, out));
    match (written, to_file) {
        (Err(error), None) if error.kind() == io::ErrorKind::BrokenPipe => {}
        (Err(error), None) => return Err(error).context("cannot write the result"),
        (Err(error), Some(path)) => return Err(error).context(format!("cannot write `{}`", path.display())),
        (Ok(()), _) => {}
    }
    if !args.quiet && (to_file.is_some() || args.format != Format::Report) {
        tell(&audit, to_file);
    }
    Ok(outcome(&report, args.fail_on.unwrap_or(own.fail_on), input.skipped_count() == 0))
}

/// What a person at the terminal wants to know when the result went elsewhere.
fn tell(audit: &Audit<'_>, path: Option<&Path>) {
    let mut err = io::stderr().lock();
    for skipped in audit.input.skipped {
        let _ = writeln!(err, "thingwarden: skipped {}", skipped_line(skipped));
    }
    if audit.input.skipped_more > 0 {
        let _ = writeln!(err, "thingwarden: skipped {} more inputs", audit.input.skipped_more);
    }
    if let Some(path) = path {
        let _ = writeln!(err, "thingwarden: wrote {}", escape(&path.to_string_lossy()));
        let _ = writeln!(err, "thingwarden: {}", verdict_line(audit));
    }
}

/// 2 when something could not be read, a check broke or no check could judge anything, else 1 when there are findings bad
/// enough, else 0.
fn outcome(report: &AuditReport, fail_on: FailOn, all_read: bool) -> Outcome {
    let broke = report.outcomes.iter().any(|outcome| outcome.error_code == Some("INTERNAL_FAILURE"))
        || report.outcomes.iter().all(|outcome| outcome.status == CheckRunStatus::Failed);
    let least = fail_on.least();
    let fails = |check: &Check| least.is_some_and(|least| check.severity >= least);
    let found = report.findings().any(|(check, found)| !found.suppressed && fails(check));
    match (all_read && !broke, found) {
        (false, _) => Outcome::Error,
        (true, true) => Outcome::Bad,
        (true, false) => Outcome::Good,
    }
}

/// Runs the checks on `jobs` threads; the results are in the order of `checks`.
fn run_checks(checks: &[&'static Check], fleet: &Fleet, settings: &Settings, jobs: usize) -> Vec<CheckRun> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(check) = checks.get(at) else { return done };
            done.push((at, run_check(check, fleet, settings)));
        }
    };
    let mut runs: Vec<(usize, CheckRun)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..jobs.min(checks.len())).map(|_| scope.spawn(work)).collect();
        let mut runs = work();
        // `run_check` catches what a check throws, so that no thread ends early.
        runs.extend(threads.into_iter().filter_map(|thread| thread.join().ok()).flatten());
        runs
    });
    runs.sort_by_key(|(at, _)| *at);
    runs.into_iter().map(|(_, run)| run).collect()
}

/// The paths that can be opened, and the others as skipped input: one wrong path does not keep the rest from being audited.
fn readable(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Skipped>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in paths {
        let opened = fs::metadata(path).and_then(|metadata| match metadata.is_dir() {
            true => fs::read_dir(path).map(drop),
            // Opening a named pipe would wait for its writer.
            false if metadata.is_file() => File::open(path).map(drop),
            false => Ok(()),
        });
        match opened {
            Ok(()) => good.push(path.clone()),
            Err(error) => bad.push(Skipped {
                path: path.to_string_lossy().into_owned(),
                at: None,
                what: format!("cannot be read: {error}"),
            }),
        }
    }
    (good, bad)
}

/// As many as asked for; as many as the machine has processors for 0.
fn jobs(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, NonZero::get) }
}

fn suppression_notes(suppressions: &[Suppression], now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    for one in suppressions {
        let resource = match &one.resource {
            SuppressedResource::Exactly(resource) => resource.to_string(),
            SuppressedResource::Issuer(id) => id.to_string(),
            SuppressedResource::AnyAccount => "the account".to_owned(),
        };
        if find(&one.check).is_none() {
            notes.push(format!("a suppression names `{}`, which is no check here", one.check));
        } else if let Some(end) = one.expires.filter(|end| *end <= now) {
            notes.push(format!("the suppression of {} for {resource} expired at {end}", one.check));
        }
    }
    notes
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("an account has twelve digits".to_owned()) }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a parameter is given as NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{CHECKS, sample};

    #[test]
    fn the_exit_code_says_the_worst() {
        let report = sample().report;
        let check = |fail_on, all_read, expected| assert_eq!(outcome(&report, fail_on, all_read), expected);
        check(FailOn::Low, true, Outcome::Bad);
        check(FailOn::Critical, true, Outcome::Bad);
        check(FailOn::Never, true, Outcome::Good);
        check(FailOn::Never, false, Outcome::Error);
        check(FailOn::Low, false, Outcome::Error);
    }

    #[test]
    fn only_unsuppressed_findings_of_enough_severity_count() {
        let mut report = sample().report;
        report.outcomes.retain(|outcome| outcome.check.name.starts_with("DEVICE"));
        assert_eq!(outcome(&report, FailOn::Medium, true), Outcome::Bad);
        assert_eq!(outcome(&report, FailOn::High, true), Outcome::Good);
        for one in &mut report.outcomes {
            one.findings.iter_mut().for_each(|found| found.suppressed = true);
        }
        assert_eq!(outcome(&report, FailOn::Low, true), Outcome::Good);
    }

    #[test]
    fn a_check_without_data_is_no_error_unless_none_has_any_but_a_broken_one_is() {
        let mut report = sample().report;
        assert_eq!(outcome(&report, FailOn::Never, true), Outcome::Good);
        report.outcomes.retain(|outcome| outcome.check.name.starts_with("LOGGING"));
        assert_eq!(outcome(&report, FailOn::Never, true), Outcome::Error);
        report = sample().report;
        if let Some(one) = report.outcomes.first_mut() {
            one.error_code = Some("INTERNAL_FAILURE");
        }
        assert_eq!(outcome(&report, FailOn::Never, true), Outcome::Error);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_order() {
        let fleet = sample().fleet;
        let names = |jobs| {
            let runs = run_checks(&CHECKS, &fleet, &Settings::default(), jobs);
            report(&fleet, runs, &[]).outcomes.iter().map(|outcome| outcome.check.name).collect::<Vec<_>>()
        };
        let expected: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        for jobs in [1, 2, 5, 64] {
            assert_eq!(names(jobs), expected, "{jobs}");
        }
    }

    #[test]
    fn a_missing_path_is_skipped_input() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let (good, bad) = readable(&[here.clone(), here.join("no such file")]);
        assert_eq!(good, [here]);
        assert!(bad[0].what.starts_with("cannot be read: "), "{bad:?}");
    }
}
