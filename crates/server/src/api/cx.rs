//! What every handler may know: for whom, where, when, by which request.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_store::records::NameLengths;
use thingwarden_store::{Actor, Options, Scope, Store, StoreError};
use thingwarden_wire::Operation;

use super::paging::PagingKey;
use super::quotas::Quotas;
use crate::activity::Activity;
use crate::approvals::Approvals;
use crate::audits::Suspects;
use crate::auth::Caller;
use crate::auth::authorize::Permit;
use crate::authorizers::{Authorizers, host_of};
use crate::config::{Audit, KeyType, Limits, Mitigation, Notifications, Settings};
use crate::delivery;
use crate::device_logs::DeviceLogs;
use crate::egress::{self, AddressRules};
use crate::pki::{AuthorityName, IssuingCa};
use crate::quarantine;
use crate::sinks::Configured;
use crate::sns::Signer;
use crate::token_issuers::TokenIssuers;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) quotas: Quotas,
    pub(crate) paging: PagingKey,
    /// All accounts that the server answers for.
    pub(crate) accounts: Vec<String>,
    /// Issues device certificates.
    pub(crate) issuing: IssuingCa,
    /// The keys that CreateKeysAndCertificate makes.
    pub(crate) key_type: KeyType,
    /// Knows weak keys.
    pub(crate) key_checker: KeyChecker,
    /// Host, with the port if it is not the usual one, under which devices and tools reach the server.
    pub(crate) endpoint: String,
    pub(crate) audit: Audit,
    pub(crate) mitigation: Mitigation,
    /// Signs what endpoints of topics get.
    pub(crate) signer: Signer,
    /// Where findings of audits go.
    pub(crate) sinks: Vec<Arc<Configured>>,
    /// Who is asked before findings are mitigated, and what is mitigated without asking.
    pub(crate) approvals: Approvals,
    pub(crate) notifications: Notifications,
    /// Sends what the server sends by itself.
    pub(crate) egress: egress::Client,
    /// Calls AWS's APIs.
    pub(crate) aws: egress::Aws,
    pub(crate) quarantine: quarantine::Rule,
    /// Sends mails, if there is a mail server.
    pub(crate) mailer: Option<delivery::Mailer>,
    /// Numbers about deliveries.
    pub(crate) deliveries: delivery::Metrics,
    pub(crate) queue_urls: delivery::QueueUrls,
    /// Asks functions about clients.
    pub(crate) authorizers: Authorizers,
    /// Judges tokens of clients.
    pub(crate) token_issuers: TokenIssuers,
    /// What connections make suspicious.
    pub(crate) suspects: Suspects,
    /// What devices did, in numbers.
    pub(crate) activity: Activity,
    /// What devices did, as records.
    pub(crate) device_logs: DeviceLogs,
}

impl App {
    /// Opens the store in the server's folder. `listening` is where the API listens, `environment` the process's.
    ///
    /// # Errors
    /// When the store, the certificate authority or the trust anchors of outgoing connections cannot be opened, or the system
    /// gives no random numbers.
    pub(crate) fn open(
        folder: &Path,
        settings: &Settings,
        listening: SocketAddr,
        environment: &[(OsString, OsString)],
    ) -> anyhow::Result<Self> {
        let store = Store::open(&Options { folder: folder.to_owned() }).context("cannot open the store")?;
        keep_lengths(&store, &settings.limits)?;
        let device_logs = DeviceLogs::open(folder, &settings.device_logs, &store)?;
        let paging = PagingKey::open(&store)?;
        let egress = egress_client(&settings.notifications, listening)?;
        let endpoint = match &settings.endpoint.address {
            Some(address) => address.as_str().to_owned(),
            None => address_of(listening),
        };
        let public_url = match &settings.notifications.public_url {
            Some(url) => url.as_str().to_owned(),
            None if settings.server.tls_cert.is_some() => format!("https://{endpoint}"),
            None => format!("http://{endpoint}"),
        };
        let signer = Signer::open(&folder.join("notifications"), &public_url, crate::clock::now())
            .context("cannot open the key that signs notifications")?;
        Ok(Self {
            store,
            quotas: Quotas::from(&settings.limits),
            paging,
            accounts: settings.accounts().map(ToString::to_string).collect(),
            issuing: issuing_ca(folder, settings)?,
            key_type: settings.pki.key_type,
            key_checker: KeyChecker::builtin(),
            endpoint,
            audit: settings.audit.clone(),
            mitigation: settings.mitigation.clone(),
            signer,
            sinks: vec![],
            approvals: Approvals::default(),
            notifications: settings.notifications.clone(),
            aws: egress::Aws::new(egress.clone(), environment),
            egress,
            quarantine: quarantine::Rule::new(&settings.quarantine),
            mailer: delivery::Mailer::open(&settings.notifications)?,
            deliveries: delivery::Metrics::default(),
            queue_urls: delivery::QueueUrls::default(),
            authorizers: Authorizers::new(&settings.limits),
            token_issuers: TokenIssuers::default(),
            suspects: Suspects::default(),
            activity: Activity::default(),
            device_logs,
        })
    }

    /// The host of [`App::endpoint`].
    pub(crate) fn endpoint_host(&self) -> String {
        host_of(&self.endpoint).unwrap_or_default()
    }

    /// How long tasks and findings of audits are kept, in milliseconds.
    pub(crate) fn audit_retention_ms(&self) -> i64 {
        days_ms(self.audit.findings_retention_days)
    }

    /// How long connects and disconnects of devices are kept, in milliseconds.
    pub(crate) fn connections_retention_ms(&self) -> i64 {
        days_ms(self.audit.connections_retention_days)
    }

    /// How long the audit trail is kept, in milliseconds; none is for ever.
    pub(crate) fn trail_retention_ms(&self) -> Option<i64> {
        Some(self.audit.trail_retention_days).filter(|days| *days > 0).map(days_ms)
    }
}

fn days_ms(days: u32) -> i64 {
    i64::from(days).saturating_mul(86_400_000)
}

fn egress_client(settings: &Notifications, listening: SocketAddr) -> anyhow::Result<egress::Client> {
    let rules = AddressRules::new(&settings.allowed_networks, settings.allow_private_targets);
    egress::Client::new(rules, settings.ca_bundle.as_deref(), listening)
}

/// The authority that the settings name, or one that is made in `folder` at first start.
/// Who writes what the server keeps for itself when it starts.
pub(super) fn at_start() -> Actor {
    Actor {
        principal: "thingwarden".to_owned(),
        operation: "start".to_owned(),
        request_id: String::new(),
        source_ip: None,
        at_ms: 0,
    }
}

/// Keeps how long names may be: verdicts on policies go by it, and so does whoever looks into the folder.
fn keep_lengths(store: &Store, limits: &Limits) -> anyhow::Result<()> {
    let length = |limit: u32| u16::try_from(limit).unwrap_or(u16::MAX);
    let lengths = NameLengths {
        client_id_bytes: length(limits.mqtt_client_id_bytes),
        topic_bytes: length(limits.mqtt_topic_bytes),
        topic_slashes: length(limits.mqtt_topic_slashes),
    };
    let scope = Scope::new("", "");
    let kept = store.read::<_, StoreError>(&scope, |store| store.get::<NameLengths>(NameLengths::ID))?;
    if kept != Some(lengths) {
        store.write_waiting(&scope, at_start(), move |store| store.put(&lengths))?;
    }
    Ok(())
}

fn issuing_ca(folder: &Path, settings: &Settings) -> anyhow::Result<IssuingCa> {
    let now = crate::clock::now();
    match (&settings.pki.ca_cert, &settings.pki.ca_key) {
        (Some(certificate), Some(key)) => IssuingCa::open(certificate, key, now),
        _ => {
            let account = settings.server.account_id.as_str();
            IssuingCa::open_or_create(
                &folder.join("ca"),
                AuthorityName::Devices,
                account,
                settings.pki.key_type,
                now,
            )
        }
    }
    .context("cannot open the certificate authority")
}

/// An address to connect to: what listens everywhere is reached on this machine.
fn address_of(listening: SocketAddr) -> String {
    if listening.ip().is_unspecified() {
        return format!("localhost:{}", listening.port());
    }
    listening.to_string()
}

/// One request that may be carried out.
#[derive(Clone, Debug)]
pub(crate) struct Cx {
    pub(crate) app: Arc<App>,
    /// The account of the caller and the region that was asked for.
    pub(crate) scope: Scope,
    /// When the request came, in milliseconds since 1970.
    pub(crate) now_ms: i64,
    pub(crate) operation: Operation,
    /// Who asks: for operations that call others.
    pub(crate) caller: Arc<Caller>,
    /// Nobody makes one of these without it.
    _permit: Arc<Permit>,
}

impl Cx {
    /// What the authorizer permitted.
    pub(crate) fn new(
        permit: Permit,
        caller: Arc<Caller>,
        app: Arc<App>,
        scope: Scope,
        now_ms: i64,
        operation: Operation,
    ) -> Self {
        Self { app, scope, now_ms, operation, caller, _permit: Arc::new(permit) }
    }

    /// The ARN of something in the caller's account and region, for example of `thing/t`.
    pub(crate) fn arn(&self, resource: &str) -> String {
        super::arn::iot(&self.scope, resource)
    }
}
