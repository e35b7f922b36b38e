//! `thingwarden demo`: a server with a fleet in which nearly everything is wrong, audited, to look at and to try things with.

mod report;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use thingwarden_engine::audit::checks::ALL;
use thingwarden_engine::ids::encode_hex;
use thingwarden_store::records::{AuditTask, Thing};
use thingwarden_store::{Actor, Scope};

use super::progress::Bar;
use super::serve::Server;
use super::{Outcome, Terminal};
use crate::api::{App, add_on_demand_audit};
use crate::config::{self, Override};
use crate::demo::{Setting, write_snapshot};
use crate::import::{ImportOptions, import};
use crate::output::style::Paint;
use crate::output::text::escape;
use crate::{clock, logs, random, root_credentials};

/// Who asks for the audit, for the audit trail.
const PRINCIPAL: &str = "thingwarden demo";
const OPERATION: &str = "iot:StartOnDemandAuditTask";

#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Where the API listens; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// Keep everything in this folder [default: a scratch folder that is removed at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End after the report
    #[arg(long)]
    once: bool,
}

/// A folder that goes when the demo ends, unless somebody wants to keep it.
struct Place {
    folder: PathBuf,
    scratch: bool,
}

impl Place {
    fn new(given: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = given {
            let folder = std::path::absolute(folder).context("--data")?;
            return Ok(Self { folder, scratch: false });
        }
        let name = random::bytes::<8>().context("the system gives no random numbers")?;
        let folder = std::env::temp_dir().join(format!("thingwarden-demo-{}", encode_hex(&name)));
        Ok(Self { folder, scratch: true })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.scratch {
            // What cannot be removed is in the system's folder for such things.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Serves the fleet until a signal says to stop.
///
/// # Errors
/// When the folder or the address is not usable, or no fleet can be made.
pub(super) fn run(args: &DemoArgs, terminal: &Terminal) -> anyhow::Result<Outcome> {
    let place = Place::new(args.data.as_deref())?;
    let environment = config::environment();
    let mut given = vec![
        ("server.data", "--data", place.folder.to_string_lossy().into_owned()),
        ("server.listen", "--listen", args.listen.clone()),
    ];
    if !environment.iter().any(|(name, _)| name == "THINGWARDEN_SERVER__LOG_LEVEL") {
        // The report is what there is to read.
        given.push(("server.log_level", "demo", "warn".to_owned()));
    }
    let given: Vec<Override> =
        given.into_iter().map(|(key, option, text)| Override { key, option, text }).collect();
    let settings = config::load(None, &environment, &given)?.settings;
    logs::begin(&settings);
    let server = Server::open(settings, &config::audit::Config::default(), &environment)?;
    let setting = Setting {
        account: server.settings().server.account_id.to_string(),
        region: server.settings().server.region.to_string(),
        now: clock::now(),
    };
    let scope = Scope::new(&setting.account, &setting.region);
    let app = server.app();
    load(app, &place.folder, &setting, &scope)?;
    let task = audit(app, &scope)?;
    let paint = Paint { on: terminal.color_on(&io::stdout()) };
    let mut text = vec![];
    app.store.read(&scope, |store| report::write(store, &task, paint, &mut text))?;
    io::stdout().lock().write_all(&text)?;
    if args.once {
        server.close();
        return Ok(Outcome::Good);
    }
    server.serve(|url| go_on(&place, url, &setting, &task.id, paint))?;
    Ok(Outcome::Good)
}

/// Makes the fleet and imports it as any other.
fn load(app: &App, folder: &Path, setting: &Setting, scope: &Scope) -> anyhow::Result<()> {
    if app.store.read(scope, |store| store.count::<Thing>(&[]))? > 0 {
        bail!(
            "there are things in `{}` already: `thingwarden serve --data` goes on with them",
            folder.display()
        );
    }
    let snapshot = folder.join("snapshot");
    write_snapshot(&snapshot, setting)?;
    let options = ImportOptions {
        account: None,
        region: None,
        fallback: (setting.account.clone(), setting.region.clone()),
        replace: false,
        jobs: std::thread::available_parallelism().map_or(1, NonZero::get),
        now_ms: clock::now_precise().millis(),
    };
    let imported =
        import(&app.store, &[snapshot], &options, &app.key_checker, &Bar::new(io::stderr().is_terminal()))?;
    match (imported.read.skipped.first(), imported.tally.refused.lines.first()) {
        (None, None) => Ok(()),
        (Some(skipped), _) => bail!("the fleet was not imported: {}: {}", skipped.path, skipped.what),
        (_, Some(refused)) => bail!("the fleet was not imported: {refused}"),
    }
}

/// Runs all checks on the server's own thread of audits.
fn audit(app: &App, scope: &Scope) -> anyhow::Result<AuditTask> {
    let now_ms = clock::now_precise().millis();
    let actor = Actor {
        principal: PRINCIPAL.to_owned(),
        operation: OPERATION.to_owned(),
        request_id: random::uuid().context("the system gives no random numbers")?,
        source_ip: None,
        at_ms: now_ms,
    };
    let names: Vec<String> = ALL.iter().map(|check| check.name.to_owned()).collect();
    let limit = app.quotas.on_demand_audits;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("cannot start threads")?;
    let mut changes = app.store.changes::<AuditTask>();
    let id = app
        .store
        .write_waiting(scope, actor, move |store| add_on_demand_audit(store, &names, limit, now_ms))
        .map_err(|error| anyhow::anyhow!("the audit does not start: {}", error.told))?;
    loop {
        let task = app.store.read(scope, |store| store.require::<AuditTask>(&id))?;
        if !task.in_progress() {
            return Ok(task);
        }
        runtime.block_on(changes.changed()).context("the store has stopped")?;
    }
}

/// The shell lines to go on with.
fn go_on(place: &Place, url: &str, setting: &Setting, task: &str, paint: Paint) -> io::Result<()> {
    let folder = place.folder.to_string_lossy();
    let credentials = place.folder.join(root_credentials::FILE);
    let kept = if place.scratch { "removed at the end" } else { "kept" };
    let region = &setting.region;
    let mut out = io::stdout().lock();
    writeln!(out, "\n{}\n", paint.bold("Go on, in another shell:"))?;
    for line in [
        format!("export AWS_ENDPOINT_URL={url}"),
        format!("export AWS_SHARED_CREDENTIALS_FILE={}", quoted(&credentials.to_string_lossy())),
        format!("export AWS_REGION={region} AWS_DEFAULT_REGION={region}"),
        format!("aws iot describe-audit-task --task-id {task}"),
        format!("aws iot list-audit-findings --task-id {task}"),
        "aws iot list-things --thing-type-name gateway".to_owned(),
        "aws iot get-policy --policy-name field-service".to_owned(),
        format!("thingwarden findings --data {}", quoted(&folder)),
        format!("thingwarden audit {}", quoted(&place.folder.join("snapshot").to_string_lossy())),
    ] {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\nFolder {} ({kept}). Ctrl-C ends.", escape(&folder))?;
    writeln!(out, "ready api={url}")?;
    out.flush()
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+:@%=,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_get_one_word() {
        assert_eq!(quoted("/tmp/a-b_c.d"), "/tmp/a-b_c.d");
        assert_eq!(quoted("/tmp/it's here"), "'/tmp/it'\\''s here'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_scratch_folder_goes_and_a_given_one_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let kept = Place::new(Some(scratch.path())).unwrap();
        drop(kept);
        assert!(scratch.path().exists());
        let place = Place::new(None).unwrap();
        let folder = place.folder.clone();
        fs::create_dir(&folder).unwrap();
        drop(place);
        assert!(!folder.exists());
    }
}
