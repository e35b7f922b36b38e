//! The command line: what can be asked, and how each answer ends.

mod approvals;
mod audit;
mod checks;
mod config;
mod deliveries;
mod demo;
mod diff;
mod explain;
mod findings;
mod import;
mod mitigate;
mod mitigations;
mod policy;
mod policy_batch;
mod progress;
mod prove;
mod quarantine;
mod remote;
pub(crate) mod select;
mod serve;
mod sink;
mod stored;
mod tag;
mod traffic;
mod trail;
mod undo;
mod weak_keys;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::output::text::escape;

/// Audits IoT fleets in AWS IoT Device Defender's words: certificates, policies, roles, logs. From files, offline, or as a
/// server that AWS SDKs and the AWS CLI take for AWS IoT.
#[derive(Debug, Parser)]
#[command(name = "thingwarden", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    terminal: Terminal,
}

const EXAMPLES: &str = "\
Examples:
  thingwarden audit ./snapshot                      audit a snapshot folder
  thingwarden audit /etc/ssl/certs                  audit loose certificates
  thingwarden checks DEVICE_CERTIFICATE_SHARED_CHECK    read a check's page
  thingwarden policy lint policies/*.json           lint IoT policies
  thingwarden prove cross-device --policy device.json    prove that a policy reaches no other device
  thingwarden snapshot template --out ./snapshot    how to fill a snapshot with the AWS CLI
  thingwarden demo                                  serve a made-up fleet and audit it
  thingwarden serve --data ./tw                     serve the AWS IoT API";

const SERVE_EXAMPLES: &str = "\
Environment:
  THINGWARDEN_ROOT_ACCESS_KEY_ID, THINGWARDEN_ROOT_SECRET_ACCESS_KEY
                              root credentials; made at first start when absent
  THINGWARDEN_SECTION__KEY    any setting: `thingwarden config print` lists them

Example:
  thingwarden serve --data ./tw &
  export AWS_ENDPOINT_URL=http://127.0.0.1:8080 AWS_SHARED_CREDENTIALS_FILE=./tw/root-credentials
  aws iot create-thing --thing-name lamp";

#[derive(Debug, Subcommand)]
enum Command {
    /// Audit a fleet: snapshot folders or archives, certificates, policies
    Audit(Box<audit::AuditArgs>),
    /// List all checks, or show one check's page
    Checks(checks::ChecksArgs),
    /// Lint IoT policies, or ask what they allow
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Prove what devices can reach, or show a request that they should not be able to make
    #[command(subcommand)]
    Prove(Box<prove::ProveCommand>),
    /// Help with collecting a snapshot
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Serve a made-up fleet and audit it, to see what it is like
    Demo(demo::DemoArgs),
    /// Load a snapshot into the folder of a server
    Import(Box<import::ImportArgs>),
    /// Serve the AWS IoT API
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<serve::ServeArgs>),
    /// What a server still has to deliver to whom, and what it gave up
    Deliveries(deliveries::DeliveriesArgs),
    /// Why a device may not do what it tried, and what it may do now
    Explain(explain::ExplainArgs),
    /// Findings of a server's audits over time: new, open, fixed, regressed
    Findings(findings::FindingsArgs),
    /// What audits would have done about findings: see what waits for a decision, approve it or deny it
    #[command(subcommand)]
    Approvals(approvals::ApprovalsCommand),
    /// Put things into quarantine, release them, see which are in it
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// Plan mitigation of an audit's findings, or do it, for a time or for good
    Mitigate(Box<mitigate::MitigateArgs>),
    /// What mitigation tasks did about findings, and whether that fixed them
    Mitigations(mitigations::MitigationsArgs),
    /// Undo what a mitigation task changed
    Undo(undo::UndoArgs),
    /// What changed between two audits of a server
    Diff(diff::DiffArgs),
    /// Name an audit of a running server, to compare others with it
    Tag(tag::TagArgs),
    /// The audit trail of a server: who changed what, and when
    Trail(trail::TrailArgs),
    /// Check a configuration, or print all settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell that reads the script
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// Write a shell script that fills a snapshot folder with the AWS CLI
    Template {
        /// Write it to this folder as collect.sh; without it, print it
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Options of every command.
#[derive(Debug, clap::Args)]
struct Terminal {
    /// Colors in readable output
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    color: Option<ColorChoice>,
    /// As --color never; also by the environment variable NO_COLOR (no-color.org: any value but an empty one)
    #[arg(long, global = true, env = "NO_COLOR", hide_env_values = true, hide = true, num_args = 0..=1,
        default_missing_value = "1", require_equals = true)]
    no_color: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// When the output is a terminal and NO_COLOR is not set
    Auto,
    Always,
    Never,
}

/// How a command ended. The number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Clean, allowed, done.
    Good = 0,
    /// Findings, denied.
    Bad = 1,
    /// Wrong usage, or input that could not be read.
    Error = 2,
}

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    // A check that panics is reported as failed by the runner; people get one line instead of a backtrace.
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let what = info.payload_as_str().unwrap_or("unknown");
        let _ =
            writeln!(io::stderr(), "thingwarden: internal error{place}, please report it: {}", escape(what));
    }));
    let cli = Cli::parse();
    let outcome = match run(cli) {
        Ok(outcome) => outcome,
        Err(error) if is_broken_pipe(&error) => Outcome::Good,
        Err(error) => {
            for line in format!("{error:#}").lines() {
                let _ = writeln!(io::stderr(), "thingwarden: {}", escape(line));
            }
            Outcome::Error
        }
    };
    ExitCode::from(outcome as u8)
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::Audit(args) => audit::run(*args, &cli.terminal),
        Command::Checks(args) => checks::run(&args, cli.terminal.color_on(&io::stdout())),
        Command::Policy(command) => policy::run(&command),
        Command::Prove(command) => prove::run(&command),
        Command::Snapshot(SnapshotCommand::Template { out }) => {
            crate::snapshot::template::run(out.as_deref())?;
            Ok(Outcome::Good)
        }
        Command::Demo(args) => demo::run(&args, &cli.terminal),
        Command::Import(args) => import::run(&args, &cli.terminal),
        Command::Serve(args) => serve::run(&args),
        Command::Approvals(command) => approvals::run(&command),
        Command::Deliveries(args) => deliveries::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Findings(args) => findings::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Tag(args) => tag::run(&args),
        Command::Mitigate(args) => mitigate::run(&args),
        Command::Mitigations(args) => mitigations::run(&args),
        Command::Trail(args) => trail::run(&args),
        Command::Quarantine(command) => quarantine::run(&command),
        Command::Undo(args) => undo::run(&args),
        Command::Config(command) => config::run(&command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "thingwarden", &mut script);
            io::stdout().lock().write_all(&script)?;
            Ok(Outcome::Good)
        }
    }
}

impl Terminal {
    /// Whether to color what goes to `stream`. An explicit `--color` wins over the environment.
    fn color_on(&self, stream: &impl IsTerminal) -> bool {
        color_on(self.color, self.no_color.as_deref(), stream.is_terminal())
    }
}

fn color_on(choice: Option<ColorChoice>, no_color: Option<&str>, is_terminal: bool) -> bool {
    match choice {
        Some(ColorChoice::Always) => true,
        Some(ColorChoice::Never) => false,
        Some(ColorChoice::Auto) | None => is_terminal && no_color.is_none_or(str::is_empty),
    }
}

/// True when whoever read our output has gone, which is no error of ours.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn colors_follow_option_then_environment_then_terminal() {
        assert!(color_on(None, None, true));
        assert!(!color_on(None, None, false));
        assert!(!color_on(None, Some("0"), true));
        assert!(color_on(None, Some(""), true));
        assert!(color_on(Some(ColorChoice::Always), Some("1"), false));
        assert!(!color_on(Some(ColorChoice::Never), None, true));
    }

    #[test]
    fn a_reader_who_left_is_no_error() {
        let gone = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("cannot write");
        assert!(is_broken_pipe(&gone));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }
}
