//! `thingwarden import`: a snapshot becomes the registry of a server.

use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::Context;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_store::{Options, Store};

use super::progress::Bar;
use super::{Outcome, Terminal};
use crate::config::{self, Override};
use crate::data_dir::DataDir;
use crate::import::{Counts, ImportOptions, Imported, Named, import};
use crate::output::report::skipped_line;
use crate::output::style::Paint;
use crate::output::text::{escape, grouped, size};

/// Names that are shown of each kind of trouble; --all shows more.
const SHOWN: usize = 10;

const NOTES: &str = "\
The snapshot goes straight into the folder of a server that does not run; a server that runs is not imported into. A second import
of the same changes nothing, and an import that was cut off is finished by the next. What is there already and differs is named
and stays, unless --replace is given. Policy documents are taken to the letter, also with --account-id.

Exit code: 0 all of it is there, 1 something differs and was kept, 2 something could not be read or was refused; the rest is there
all the same.

Examples:
  thingwarden import ./snapshot --data ./tw && thingwarden serve --data ./tw
  thingwarden import snapshot.tar.zst --data ./tw --account-id 000000000000 --region us-east-1";

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(super) struct ImportArgs {
    /// Snapshot folders, their archives (.tar.gz, .tar.zst), certificates, policies, revocation lists, logs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder of the server; made when there is none
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Import as this account; ARNs of the snapshot's own account become its [default: the snapshot's]
    #[arg(long, value_name = "ID")]
    account_id: Option<String>,
    /// Import as this region, in the same way [default: the snapshot's]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Change what is there already and differs to what the snapshot says
    #[arg(long)]
    replace: bool,
    /// Threads [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Name everything that was kept, refused or not read, up to a thousand of each
    #[arg(long)]
    all: bool,
    /// Nothing on standard output but what went wrong
    #[arg(short, long)]
    quiet: bool,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

pub(super) fn run(args: &ImportArgs, terminal: &Terminal) -> anyhow::Result<Outcome> {
    let options = [
        ("server.account_id", "--account-id", &args.account_id),
        ("server.region", "--region", &args.region),
    ];
    let given = options
        .into_iter()
        .filter_map(|(key, option, text)| Some(Override { key, option, text: text.clone()? }));
    // With the forms and the defaults of `serve`.
    let settings = config::load(None, &[], &given.collect::<Vec<_>>())?.settings;
    let options = ImportOptions {
        account: args.account_id.clone(),
        region: args.region.clone(),
        fallback: (settings.server.account_id.to_string(), settings.server.region.to_string()),
        replace: args.replace,
        jobs: args
            .jobs
            .map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from),
        now_ms: crate::clock::now_precise().millis(),
    };
    let data = DataDir::open(&args.data).context("stop the server before an import")?;
    let store = Store::open(&Options { folder: data.path().to_owned() }).context("cannot open the store")?;
    let bar = Bar::new(!args.quiet && !args.no_progress && io::stderr().is_terminal());
    let imported = import(&store, &args.paths, &options, &KeyChecker::builtin(), &bar);
    bar.finish();
    let imported = imported?;
    drop(store);
    let paint = Paint { on: terminal.color_on(&io::stdout()) };
    summary(&imported, args, paint, &mut io::stdout().lock()).context("cannot write the summary")?;
    Ok(outcome(&imported))
}

fn outcome(imported: &Imported) -> Outcome {
    let Counts { kept, refused, .. } = imported.tally.total();
    match (refused > 0 || !imported.read.skipped.is_empty(), kept > 0) {
        (true, _) => Outcome::Error,
        (false, true) => Outcome::Bad,
        (false, false) => Outcome::Good,
    }
}

fn summary(imported: &Imported, args: &ImportArgs, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Imported { scope, tally, read } = imported;
    if !args.quiet {
        let (files, bytes) = (grouped(read.files), size(read.bytes));
        writeln!(
            out,
            "Account {}, region {}: {files} files, {bytes}, into {}\n",
            escape(&scope.account),
            escape(&scope.region),
            escape(&args.data.to_string_lossy())
        )?;
        writeln!(
            out,
            "{}",
            paint.dim(&format!(
                "{:<30} {:>11} {:>11} {:>11} {:>11} {:>11}",
                "", "added", "unchanged", "replaced", "kept", "refused"
            ))
        )?;
        for (kind, counts) in &tally.counts {
            let cell = |number: u64| if number == 0 { "-".to_owned() } else { grouped(number) };
            writeln!(
                out,
                "{:<30} {:>11} {:>11} {:>11} {:>11} {:>11}",
                kind.words(),
                cell(counts.added),
                cell(counts.unchanged),
                cell(counts.replaced),
                cell(counts.kept),
                cell(counts.refused)
            )?;
        }
    }
    let shown = if args.all { usize::MAX } else { SHOWN };
    let lines: Vec<String> = read.skipped.iter().map(skipped_line).collect();
    let skipped = Named { lines, more: read.skipped_more };
    name(out, "Could not be read", &skipped, shown)?;
    name(out, "Refused", &tally.refused, shown)?;
    name(out, "Kept as they are (--replace changes them)", &tally.kept, shown)?;
    if !args.quiet {
        if !tally.not_kept.is_empty() {
            writeln!(out, "\nNot imported, since a server does not keep them:")?;
            for (what, count) in &tally.not_kept {
                writeln!(out, "  {} {what}", grouped(*count))?;
            }
        }
        let lines = read.ignored.iter().map(|one| format!("{}: {}", one.path, one.what)).collect();
        name(out, "Ignored", &Named { lines, more: read.ignored_more }, shown)?;
        let data = escape(&args.data.to_string_lossy()).into_owned();
        writeln!(
            out,
            "\nServe it: thingwarden serve --data {data} --account-id {} --region {}",
            escape(&scope.account),
            escape(&scope.region)
        )?;
    }
    out.flush()
}

fn name(out: &mut dyn Write, title: &str, named: &Named, shown: usize) -> io::Result<()> {
    if named.lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}:")?;
    for line in named.lines.iter().take(shown) {
        writeln!(out, "  {}", escape(line))?;
    }
    match named.lines.len().saturating_sub(shown) as u64 + named.more {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", grouped(more)),
    }
}
