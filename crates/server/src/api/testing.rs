//! The API without HTTP and signatures, for tests of handlers: JSON in, JSON out.

use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Actor, Options, Reader, Scope, Store, StoreError, Writer};
use thingwarden_wire::{Code, Operation, validate};

use super::cx::{App, Cx};
use super::dispatch::handler;
use super::error::ApiError;
use super::handler::Handler;
use super::paging::PagingKey;
use super::quotas::Quotas;
use crate::auth::Caller;
use crate::auth::authorize::{LookupError, Permit, RequestFacts, Resources, authorize};
use crate::config::KeyType;
use crate::device_logs::DeviceLogs;
use crate::http::Stop;
use crate::pki::{AuthorityName, IssuingCa, MessageKey};
use crate::sns::Signer;

/// The moment at which tests begin: 2026-01-01T00:00:00Z.
pub(crate) const NOW_MS: i64 = 1_767_225_600_000;

/// An API on a store of its own.
pub(crate) struct Api {
    _folder: TempDir,
    cx: Cx,
}

/// What all requests share, on a store of its own.
pub(crate) fn app() -> (TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Options { folder: folder.path().to_owned() }).unwrap();
    let settings = crate::config::load(None, &[], &[]).unwrap().settings;
    let now = Timestamp::from_millis(NOW_MS);
    let device_logs = DeviceLogs::open(folder.path(), &settings.device_logs, &store).unwrap();
    let app = App {
        store,
        quotas: Quotas::from(&settings.limits),
        paging: PagingKey::new(&[7; 32]),
        accounts: ["123456789012", "210987654321"].map(str::to_owned).to_vec(),
        issuing: IssuingCa::open_or_create(
            &folder.path().join("ca"),
            AuthorityName::Devices,
            "123456789012",
            KeyType::EcdsaP256,
            now,
        )
        .unwrap(),
        // Quicker to make than RSA keys.
        key_type: KeyType::EcdsaP256,
        key_checker: KeyChecker::builtin(),
        endpoint: "iot.example.com:8443".to_owned(),
        activity: crate::activity::Activity::default(),
        device_logs,
        audit: settings.audit,
        mitigation: settings.mitigation,
        signer: Signer::new(MessageKey::of_tests(now), "http://iot.example.com:8443"),
        sinks: vec![],
        approvals: Default::default(),
        notifications: settings.notifications,
        egress: crate::egress::testing::open_client(),
        aws: crate::egress::testing::aws(&[("AWS_EC2_METADATA_DISABLED", "true")]),
        quarantine: crate::quarantine::Rule::new(&settings.quarantine),
        mailer: None,
        deliveries: Default::default(),
        queue_urls: Default::default(),
        authorizers: crate::authorizers::Authorizers::new(&settings.limits),
        token_issuers: Default::default(),
        suspects: Default::default(),
    };
    (folder, app)
}

/// The same with sinks.
pub(crate) fn app_with_sinks(sinks: Vec<Arc<crate::sinks::Configured>>) -> (TempDir, App) {
    let (folder, app) = app();
    (folder, App { sinks, ..app })
}

/// A context on a store of its own.
pub(super) fn cx() -> (TempDir, Cx) {
    let (folder, app) = app();
    let scope = Scope::new("123456789012", "us-east-1");
    let caller = Caller::root("123456789012");
    let permit = permit(&caller);
    let cx = Cx::new(permit, Arc::new(caller), Arc::new(app), scope, NOW_MS, Operation::ListThings);
    (folder, cx)
}

fn permit(caller: &Caller) -> Permit {
    struct Nothing;
    impl Resources for Nothing {
        fn tags(&self, _arn: &str) -> Result<Vec<(String, String)>, LookupError> {
            Ok(vec![])
        }

        fn domain_configuration_id(&self, _name: &str) -> Result<Option<String>, LookupError> {
            Ok(None)
        }
    }
    let facts = RequestFacts {
        source_ip: Some([127, 0, 0, 1].into()),
        secure: false,
        user_agent: None,
        region: "us-east-1",
        now: Timestamp::from_millis(NOW_MS),
    };
    authorize(caller, Operation::ListThings, &Value::Object([].into_iter().collect()), &facts, &Nothing)
        .unwrap()
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other settings.
    pub(crate) fn with(change: impl FnOnce(&mut App)) -> Self {
        let (_folder, mut cx) = cx();
        change(Arc::get_mut(&mut cx.app).unwrap());
        Self { _folder, cx }
    }

    /// Lets time pass.
    pub(crate) fn advance_seconds(&mut self, seconds: i64) {
        self.cx.now_ms += seconds * 1000;
    }

    /// Speaks for another account or region from here on.
    #[allow(dead_code, reason = "for tests that span accounts")]
    pub(crate) fn speak_for(&mut self, account: &str, region: &str) {
        self.cx.scope = Scope::new(account, region);
    }

    /// Runs all audits that are due or waiting, to their ends.
    pub(crate) fn run_audits(&self) {
        self.auditor().work(&|| self.cx.now_ms).unwrap();
    }

    /// Does the work of audits when a test says so.
    pub(crate) fn auditor(&self) -> crate::audits::Auditor {
        self.auditor_until(Stop::new().1)
    }

    /// As [`Harness::auditor`], until it is time to stop.
    pub(crate) fn auditor_until(&self, stop: Stop) -> crate::audits::Auditor {
        crate::audits::Auditor::new(Arc::clone(&self.cx.app), stop)
    }

    /// Runs all mitigation tasks that are in progress, to their ends.
    pub(crate) fn run_mitigation(&self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let runner = crate::mitigation::Runner::new(Arc::clone(&self.cx.app), Stop::new().1);
        runner.work(runtime.handle(), &|| self.cx.now_ms).unwrap();
    }

    /// Changes what all requests share, before the first of them.
    pub(crate) fn app_mut(&mut self) -> &mut App {
        Arc::get_mut(&mut self.cx.app).unwrap()
    }

    /// What the clock says.
    pub(crate) fn now_ms(&self) -> i64 {
        self.cx.now_ms
    }

    /// What all requests share.
    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&self.cx.app)
    }

    /// The account and region that it speaks for.
    pub(crate) fn scope(&self) -> Scope {
        self.cx.scope.clone()
    }

    /// Puts something into the store that no operation makes.
    pub(crate) fn write(&self, work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static) {
        self.try_write(work).unwrap();
    }

    /// The same, and says what came of it.
    pub(crate) fn try_write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Writer<'_>) -> R + Send + 'static,
    ) -> R {
        let actor = Actor {
            principal: "arn:aws:iam::123456789012:root".to_owned(),
            operation: "a test".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: self.cx.now_ms,
        };
        let work = |store: &Writer<'_>| Ok::<_, StoreError>(work(store));
        self.cx.app.store.write_waiting(&self.cx.scope, actor, work).unwrap()
    }

    /// Looks for what no operation shows.
    pub(crate) fn read<R>(&self, work: impl FnOnce(&Reader<'_>) -> Result<R, StoreError>) -> R {
        self.cx.app.store.read(&self.cx.scope, work).unwrap()
    }

    /// What the operation answers.
    pub(crate) fn try_call(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let operation = *Operation::ALL.iter().find(|known| known.info().name == operation).unwrap();
        validate::validate(operation, &input)?;
        let mut cx = self.cx.clone();
        cx.operation = operation;
        let actor = Actor {
            principal: "arn:aws:iam::123456789012:root".to_owned(),
            operation: operation.info().action.to_owned(),
            request_id: "request".to_owned(),
            source_ip: None,
            at_ms: cx.now_ms,
        };
        let (store, scope) = (cx.app.store.clone(), cx.scope.clone());
        let body = match handler(operation) {
            Handler::Read(read) => store.read(&scope, |reader| read(&cx, reader, input)),
            Handler::Write(write) => {
                store.write_waiting(&scope, actor, move |writer| write(&cx, writer, input))
            }
            Handler::Prepare(prepare) => {
                let finish = prepare(&cx, input)?;
                store.write_waiting(&scope, actor, move |writer| finish(&cx, writer))
            }
            Handler::Ask(ask) => {
                let asking = store.read(&scope, |reader| ask(&cx, reader, input))?;
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(asking)
            }
        }?;
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// What the operation answers when all is well.
    pub(crate) fn call(&self, operation: &str, input: Value) -> Value {
        self.try_call(operation, input.clone())
            .unwrap_or_else(|error| panic!("{operation} {input}: {error:?}"))
    }

    /// The code of the error that the operation answers. It must be one that the model lists for the operation.
    pub(crate) fn error(&self, operation: &str, input: Value) -> Code {
        let error = self.try_call(operation, input.clone()).expect_err(&format!("{operation} {input}")).told;
        let known = Operation::ALL.iter().find(|known| known.info().name == operation).unwrap().info();
        assert!(known.may_answer(error.code), "{operation} does not list {error}");
        error.code
    }

    /// All results of a paged listing, page by page.
    pub(crate) fn pages(&self, operation: &str, input: Value) -> Vec<Vec<Value>> {
        let info = Operation::ALL.iter().find(|known| known.info().name == operation).unwrap().info();
        let paginator = info.paginator.unwrap();
        let (mut pages, mut input) = (vec![], input);
        loop {
            let answer = self.call(operation, input.clone());
            pages.push(answer[paginator.result].as_array().unwrap().clone());
            match answer.get(paginator.output_token) {
                Some(token) => input[paginator.input_token] = token.clone(),
                None => return pages,
            }
        }
    }
}
