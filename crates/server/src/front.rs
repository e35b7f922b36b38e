//! The front of all services: who asks, which service is meant, and the answer in that service's form.
//!
//! Nothing is said to anybody whose signature is not right, not even whether a path exists; but for what endpoints of
//! topics, which have none, need. Approvers sign in ways of their own, and custom authorizers are asked about others.

use std::sync::Arc;

use thingwarden_engine::time::Duration;
use thingwarden_store::{Scope, StoreError};
use thingwarden_wire::{Code, WireError};

use crate::api::{self, ApiError, App};
use crate::approvals;
use crate::auth::Caller;
use crate::auth::authorize::RequestFacts;
use crate::auth::sigv4::{DEVICE_GATEWAY, SignatureError, SignedParts, Verified, Verifier, VerifyError};
use crate::broker::{self, Broker};
use crate::clock;
use crate::cloudwatch;
use crate::config::Limits;
use crate::http::{BoxFuture, Request, Response, Service};
use crate::iam::{self, Credentials, Cx};
use crate::ops;
use crate::query::{self, QueryError};
use crate::sns;
use crate::sts;
use crate::throttle::Throttle;

/// The services that clients may sign for. Those that are not served say so.
const SERVICES: &[&str] = &[
    "iot",
    "iam",
    "sts",
    broker::data_plane::SERVICE,
    DEVICE_GATEWAY,
    "iot-jobs-data",
    "iotdeviceadvisor",
    "sns",
    "execute-api",
    cloudwatch::SERVICE,
    ops::SERVICE,
];

/// Answers every request.
#[derive(Debug)]
pub(crate) struct Front {
    app: Arc<App>,
    verifier: Verifier,
    throttle: Throttle,
    credentials: Arc<Credentials>,
    broker: Arc<Broker>,
}

impl Front {
    pub(crate) fn new(
        app: Arc<App>,
        credentials: Arc<Credentials>,
        broker: Arc<Broker>,
        limits: &Limits,
    ) -> Self {
        let skew = i64::try_from(limits.clock_skew_seconds).unwrap_or(i64::MAX);
        let verifier = Verifier::new(SERVICES).with_clock_skew(Duration::seconds(skew));
        let throttle = Throttle::new(limits.requests_per_second);
        Self { app, verifier, throttle, credentials, broker }
    }

    fn authenticate(&self, request: &Request) -> Result<Verified<Arc<Caller>>, VerifyError<StoreError>> {
        let headers: Vec<(&str, &[u8])> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let parts = SignedParts {
            method: request.method.as_str(),
            path_raw: &request.path,
            query_raw: &request.query,
            headers: &headers,
            body: &request.body,
        };
        self.verifier.verify(&parts, request.received, |access_key| self.credentials.look_up(access_key))
    }

    async fn answer(&self, request: Request) -> Response {
        if let Some(response) = sns::public(&self.app, &request).await {
            return response;
        }
        if let Some(response) = approvals::public(&self.app, &request).await {
            return response;
        }
        if broker::gateway::is_for_visitors(&self.broker, &request) {
            return broker::gateway::visit(&self.broker, request).await;
        }
        let request = Arc::new(request);
        let verified = match self.authenticate(&request) {
            Ok(verified) => verified,
            Err(VerifyError::Signature(error)) => return refuse(&request, &error),
            Err(VerifyError::Lookup(error)) => return fail(&request, ApiError::from(error)),
        };
        if !self.throttle.admits(&verified.access_key, clock::steady()) {
            return slow_down(&request);
        }
        self.credentials.note_use(
            &verified.access_key,
            &verified.service,
            &verified.region,
            request.received,
        );
        if verified.service == DEVICE_GATEWAY {
            return broker::gateway::answer(&self.broker, &verified, &request);
        }
        if verified.service == broker::data_plane::SERVICE {
            return broker::gateway::call(&self.broker, &verified, &request).await;
        }
        let may_change = request.method != http::Method::GET;
        let response = self.serve(verified, request).await;
        if may_change {
            // What takes something from devices is answered when they have lost it.
            self.broker.settle().await;
        }
        response
    }

    async fn serve(&self, verified: Verified<Arc<Caller>>, request: Arc<Request>) -> Response {
        let caller = verified.owner;
        let scope = Scope::new(caller.account(), &verified.region);
        match verified.service.as_str() {
            "iot" => api::answer(&self.app, scope, caller, request).await,
            "iam" => iam::answer(Cx::new(&self.app, caller, &verified.region, &request), &request).await,
            "sns" => sns::answer(Cx::new(&self.app, caller, &verified.region, &request), &request).await,
            "sts" => sts::answer(Cx::new(&self.app, caller, &verified.region, &request), &request).await,
            cloudwatch::SERVICE => {
                cloudwatch::answer(Cx::new(&self.app, caller, &verified.region, &request), &request).await
            }
            ops::SERVICE => {
                ops::answer(Cx::new(&self.app, caller, &verified.region, &request), &request).await
            }
            service => {
                let message = format!("the service `{service}` is not served here");
                if query::is_query(&request) {
                    return iam::refuse(&request, &QueryError::new(501, "NotImplemented", message));
                }
                fail(&request, ApiError::new(Code::NotImplementedException, message))
            }
        }
    }
}

impl Service for Front {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    fn is_ready(&self) -> bool {
        self.app.store.read(&Scope::new("", ""), |_| Ok::<_, StoreError>(())).is_ok()
    }
}

/// What authorization may know of a request besides its input.
pub(crate) fn facts<'a>(request: &'a Request, region: &'a str) -> RequestFacts<'a> {
    let agent = request.headers.get(http::header::USER_AGENT);
    RequestFacts {
        source_ip: Some(request.peer.ip()),
        secure: request.secure,
        user_agent: agent.and_then(|agent| agent.to_str().ok()),
        region,
        now: request.received,
    }
}

fn refuse(request: &Request, error: &SignatureError) -> Response {
    tracing::debug!(request_id = %request.id, peer = %request.peer, %error, "refused");
    if query::is_query(request) {
        let (status, code) = error.query_code();
        return iam::refuse(request, &QueryError::new(status, code, error.to_string()));
    }
    respond(WireError::from(error.clone()))
}

/// SDKs try again later when they see these codes.
fn slow_down(request: &Request) -> Response {
    let message = "Rate exceeded: this access key makes more requests per second than `limits.requests_per_second` allows";
    if query::is_query(request) {
        return iam::refuse(request, &QueryError::new(400, "Throttling", message.to_owned()));
    }
    respond(WireError::new(Code::ThrottlingException, message))
}

/// The answer of an error; what is behind it goes to the log.
pub(crate) fn fail(request: &Request, error: ApiError) -> Response {
    if let Some(cause) = &error.cause {
        tracing::error!(request_id = %request.id, error = %cause, "the request failed");
    }
    respond(error.told)
}

fn respond(error: WireError) -> Response {
    let answer = error.response();
    let mut response = Response::json(answer.status, answer.body);
    response.headers.push((thingwarden_wire::error::ERROR_TYPE_HEADER, answer.error_type.to_owned()));
    response
}
