//! `thingwarden serve`: the server, from its settings to its last answer.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use prometheus_client::registry::Registry;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Outcome;
use crate::api::App;
use crate::approvals::Approvals;
use crate::broker::{Broker, DeviceTls, Listeners};
use crate::config::{self, HostPort, Override, Settings};
use crate::data_dir::DataDir;
use crate::front::Front;
use crate::http::{self, Limits, Metrics, Stop, StopTrigger, Tls};
use crate::iam::Credentials;
use crate::token_issuers::TokenIssuers;
use crate::workers::{self, Workers};
use crate::{logs, root_credentials, sinks};

/// What is left of the promised ten seconds when the listener has stopped.
const LAST_TASKS_TIME_MAX: Duration = Duration::from_millis(500);

/// Room for the store and everything else that is no connection.
const FILES_OF_OUR_OWN: u64 = 100;

/// Options are settings too, and win over the environment and the file.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Configuration file, TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of everything that the server remembers [default: ./thingwarden-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Where the API listens; port 0 takes a free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The account that the server answers for [default: 000000000000]
    #[arg(long, value_name = "ID")]
    account_id: Option<String>,
    /// The region of what is done without a region of its own [default: us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Certificate chain in PEM: the API speaks HTTPS only
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Private key in PEM of --tls-cert
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Where devices connect with MQTT over TLS; may be given several times [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    mqtt_listen: Vec<String>,
    /// Where clients on this machine connect with MQTT without TLS, with a token or what a custom authorizer knows; loopback
    /// addresses only; may be given several times [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    mqtt_plain_listen: Vec<String>,
    /// Certificate chain in PEM that devices are shown [default: issued by an authority of the server's own]
    #[arg(long, value_name = "FILE")]
    mqtt_tls_cert: Option<String>,
    /// Private key in PEM of --mqtt-tls-cert
    #[arg(long, value_name = "FILE")]
    mqtt_tls_key: Option<String>,
    /// Tell clients of MQTT 5 which policy denied them, or that none allowed it
    #[arg(long)]
    explain_denials: bool,
    /// Certificate in PEM of the authority that issues device certificates
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<String>,
    /// Private key in PEM of --ca-cert
    #[arg(long, value_name = "FILE")]
    ca_key: Option<String>,
    /// Deliver notifications to private addresses too: for laptops and tests
    #[arg(long)]
    allow_private_targets: bool,
    /// Log lines: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl ServeArgs {
    fn overrides(&self) -> Vec<Override> {
        let allow_private_targets = self.allow_private_targets.then(|| "true".to_owned());
        let explain_denials = self.explain_denials.then(|| "true".to_owned());
        let list = |given: &[String]| (!given.is_empty()).then(|| given.join(","));
        let (mqtt_listen, mqtt_plain_listen) = (list(&self.mqtt_listen), list(&self.mqtt_plain_listen));
        let options = [
            ("server.data", "--data", &self.data),
            ("server.listen", "--listen", &self.listen),
            ("server.account_id", "--account-id", &self.account_id),
            ("server.region", "--region", &self.region),
            ("server.tls_cert", "--tls-cert", &self.tls_cert),
            ("server.tls_key", "--tls-key", &self.tls_key),
            ("mqtt.listen", "--mqtt-listen", &mqtt_listen),
            ("mqtt.plain_listen", "--mqtt-plain-listen", &mqtt_plain_listen),
            ("mqtt.tls_cert", "--mqtt-tls-cert", &self.mqtt_tls_cert),
            ("mqtt.tls_key", "--mqtt-tls-key", &self.mqtt_tls_key),
            ("mqtt.explain_denials", "--explain-denials", &explain_denials),
            ("pki.ca_cert", "--ca-cert", &self.ca_cert),
            ("pki.ca_key", "--ca-key", &self.ca_key),
            ("notifications.allow_private_targets", "--allow-private-targets", &allow_private_targets),
            ("server.log_format", "--log-format", &self.log_format),
        ];
        let given = options
            .into_iter()
            .filter_map(|(key, option, text)| Some(Override { key, option, text: text.clone()? }));
        given.collect()
    }
}

/// Serves until a signal says to stop.
///
/// # Errors
/// When the settings, the folder, the keys or the address are not usable.
pub(super) fn run(args: &ServeArgs) -> anyhow::Result<Outcome> {
    let environment = config::environment();
    let loaded = config::load(args.config.as_deref(), &environment, &args.overrides())?;
    let settings = loaded.settings;
    logs::begin(&settings);
    if !loaded.audit.is_empty() {
        tracing::warn!("[checks] and [[suppressions]] are read by `thingwarden audit` only");
    }
    let server = Server::open(settings, &loaded.audit, &environment)?;
    let mqtt = server.mqtt_addresses()?;
    server.serve(|url| ready(&format!("ready api={url}{mqtt}")))?;
    Ok(Outcome::Good)
}

/// A server that has all it needs and does not answer yet.
pub(super) struct Server {
    settings: Settings,
    runtime: Runtime,
    /// Nobody else has the folder meanwhile.
    data: DataDir,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    devices: Listeners,
    device_tls: Option<Arc<DeviceTls>>,
    broker: Arc<Broker>,
    registry: Registry,
    trigger: StopTrigger,
    stop: Stop,
    signals: Signals,
    app: Arc<App>,
    workers: Workers,
    front: Arc<Front>,
}

/// How the server shows itself to devices; none when no address is set for them.
fn device_tls(settings: &Settings, folder: &Path) -> anyhow::Result<Option<Arc<DeviceTls>>> {
    if settings.mqtt.listen.is_empty() {
        return Ok(None);
    }
    let tls = match (&settings.mqtt.tls_cert, &settings.mqtt.tls_key) {
        (Some(certificate), Some(key)) => DeviceTls::of_files(certificate, key)?,
        _ => {
            let account = settings.server.account_id.as_str();
            DeviceTls::of_authority(&folder.join("tls"), account, server_names(settings))?
        }
    };
    Ok(Some(Arc::new(tls)))
}

/// What devices may call the server: where it listens, this machine, and what DescribeEndpoint answers.
fn server_names(settings: &Settings) -> Vec<String> {
    let listening = settings.mqtt.listen.iter().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified());
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(listening.map(|ip| ip.to_string()));
    names.extend(settings.endpoint.address.as_ref().map(HostPort::host));
    names.sort();
    names.dedup();
    names
}

impl Server {
    /// `file` is what the configuration file says beside settings.
    ///
    /// # Errors
    /// When the folder, the keys, the address or a secret are not usable.
    pub(super) fn open(
        settings: Settings,
        file: &config::audit::Config,
        environment: &[(OsString, OsString)],
    ) -> anyhow::Result<Self> {
        let problems = file.secret_problems(environment);
        ensure!(problems.is_empty(), "{}", problems.join("\n"));
        let limits = &settings.limits;
        let devices = limits.mqtt_connections.saturating_add(limits.mqtt_unauthenticated_connections);
        // Without an address of their own, devices connect to the API's.
        let has_devices = !(settings.mqtt.listen.is_empty() && settings.mqtt.plain_listen.is_empty());
        raise_file_limit(limits.connections.saturating_add(if has_devices { devices } else { 0 }));
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        if settings.server.workers > 0 {
            runtime.worker_threads(settings.server.workers);
        }
        // What takes long, the making of keys, waits in line: hundreds of threads at it would leave nothing for others.
        runtime.max_blocking_threads(std::thread::available_parallelism().map_or(1, NonZero::get));
        let runtime = runtime.enable_all().build().context("cannot start threads")?;
        let data = DataDir::open(&settings.server.data)?;
        let roots = root_credentials::open(data.path(), &settings, environment)?;
        tracing::info!(accounts = roots.len(), data = %data.path().display(), "root credentials are at hand");
        let listen = settings.server.listen;
        let listener = runtime
            .block_on(TcpListener::bind(listen))
            .with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr().context("the listener has no address")?;
        let mut app = App::open(data.path(), &settings, address, environment)?;
        app.sinks = sinks::open(&file.sinks, environment, &app.egress, &app.aws)?;
        app.approvals = Approvals::open(file, environment, &app.egress)?;
        app.token_issuers = TokenIssuers::new(&file.token_issuers);
        let app = Arc::new(app);
        let (workers, signals) = {
            let _in_runtime = runtime.enter();
            (workers::start_all(&app).context("cannot start the workers")?, Signals::listen()?)
        };
        let tls = match (&settings.server.tls_cert, &settings.server.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(Arc::new(Tls::open(Path::new(certificate), Path::new(key))?))
            }
            _ => None,
        };
        let mut registry = Registry::default();
        let (trigger, stop) = Stop::new();
        let credentials = Arc::new(Credentials::new(app.store.clone(), roots));
        let devices = runtime.block_on(Listeners::bind(&settings))?;
        let device_tls = device_tls(&settings, data.path())?;
        let broker = {
            let _in_runtime = runtime.enter();
            let (app, credentials) = (Arc::clone(&app), Arc::clone(&credentials));
            Broker::new(app, credentials, &settings, &mut registry, stop.clone())?
        };
        let front = Front::new(Arc::clone(&app), credentials, Arc::clone(&broker), &settings.limits);
        Ok(Self {
            settings,
            runtime,
            data,
            listener,
            address,
            tls,
            devices,
            device_tls,
            broker,
            registry,
            trigger,
            stop,
            signals,
            app,
            workers,
            front: Arc::new(front),
        })
    }

    /// Where devices connect, as the ready line says it.
    fn mqtt_addresses(&self) -> anyhow::Result<String> {
        let tls = self.devices.addresses()?.into_iter().map(|address| format!(" mqtt={address}"));
        let plain = self.devices.plain_addresses()?.into_iter();
        Ok(tls.chain(plain.map(|address| format!(" mqtt_plain={address}"))).collect())
    }

    /// Where the API is, or will be.
    pub(super) fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers until a signal says to stop. `ready` is called with the address when requests are answered.
    ///
    /// # Errors
    /// What `ready` says.
    pub(super) fn serve(self, ready: impl FnOnce(&str) -> io::Result<()>) -> anyhow::Result<()> {
        let url = self.url();
        let Self {
            settings,
            runtime,
            data,
            listener,
            tls,
            devices,
            device_tls,
            broker,
            mut registry,
            trigger,
            stop,
            signals,
            app,
            workers,
            front,
            ..
        } = self;
        let served = runtime.block_on(async {
            let mut reloads = Reloads::default();
            reloads.extend(tls.clone().map(|tls| reload_of(move || tls.reload())));
            reloads.extend(device_tls.clone().map(|tls| reload_of(move || tls.reload())));
            tokio::spawn(signals.obey(trigger, reloads));
            sinks::register(&app, &mut registry);
            app.deliveries.register(&mut registry);
            app.device_logs.register(&mut registry);
            let shared = http::Shared::new(front, Limits::of(&settings), Metrics::new(registry), stop);
            tokio::spawn(Arc::clone(&broker).watch());
            let devices = tokio::spawn(devices.serve(broker, device_tls, shared.clone()));
            ready(&url).context("cannot write to standard output")?;
            tracing::info!(api = url, version = env!("CARGO_PKG_VERSION"), "ready");
            http::serve(listener, tls, shared).await;
            let _ = devices.await;
            tracing::info!("stopped");
            Ok(())
        });
        close(runtime, data, workers);
        served
    }

    /// Ends without having answered.
    pub(super) fn close(self) {
        close(self.runtime, self.data, self.workers);
    }
}

fn close(runtime: Runtime, data: DataDir, workers: Workers) {
    workers.stop();
    runtime.shutdown_timeout(LAST_TASKS_TIME_MAX);
    // Only now may another server have the folder.
    drop(data);
}

/// Connections are files; shells give a process 1,024 unless it asks for what it may have.
fn raise_file_limit(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    let files = getrlimit(Resource::Nofile).current;
    if files.is_some_and(|files| files < connections as u64 + FILES_OF_OUR_OWN) {
        tracing::warn!(
            files,
            connections,
            "`limits.connections` and `limits.mqtt_connections` are more than the limit on open files has room for"
        );
    }
}

/// Tells whoever started the server where it is, in one line.
fn ready(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// What the system tells a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    async fn obey(mut self, trigger: StopTrigger, reloads: Reloads) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hang_up.recv() => reload(&reloads),
            }
        }
        tracing::info!("stopping");
        trigger.stop();
    }
}

/// What reads certificates and keys again.
type Reloads = Vec<Box<dyn Fn() -> anyhow::Result<()> + Send + Sync>>;

fn reload_of(
    work: impl Fn() -> anyhow::Result<()> + Send + Sync + 'static,
) -> Box<dyn Fn() -> anyhow::Result<()> + Send + Sync> {
    Box::new(work)
}

fn reload(reloads: &Reloads) {
    if reloads.is_empty() {
        tracing::info!("nothing to read again");
    }
    for again in reloads {
        match again() {
            Ok(()) => tracing::info!("TLS certificate and key were read again"),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "TLS certificate and key stay as they were");
            }
        }
    }
}
