//! What an action of IAM or STS may know: who asks, where from, when, by which request.

use std::net::IpAddr;
use std::sync::Arc;

use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Actor, Scope};

use crate::api::App;
use crate::auth::authorize::RequestFacts;
use crate::auth::{Caller, Kind};
use crate::front::facts;
use crate::http::Request;

/// One request whose signature is right.
#[derive(Clone, Debug)]
pub(crate) struct Cx {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) request_id: Arc<str>,
    /// When the request came.
    pub(crate) now: Timestamp,
    pub(crate) source_ip: IpAddr,
    /// Whether it came over TLS.
    pub(crate) secure: bool,
    /// The header `User-Agent`.
    pub(crate) user_agent: Option<Arc<str>>,
    /// The region that the client signed for.
    pub(crate) region: Arc<str>,
}

impl Cx {
    /// From a request whose signature is right.
    pub(crate) fn new(app: &Arc<App>, caller: Arc<Caller>, region: &str, request: &Request) -> Self {
        let facts = facts(request, region);
        Self {
            app: Arc::clone(app),
            caller,
            request_id: request.id.as_str().into(),
            now: facts.now,
            source_ip: request.peer.ip(),
            secure: facts.secure,
            user_agent: facts.user_agent.map(Arc::from),
            region: region.into(),
        }
    }

    /// Where the caller's users, roles and policies are.
    pub(crate) fn scope(&self) -> Scope {
        Scope::new(self.caller.account(), "")
    }

    /// The account in the region that the client signed for: where its things and certificates are.
    pub(crate) fn regional_scope(&self) -> Scope {
        Scope::new(self.caller.account(), &self.region)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now.millis()
    }

    /// The facts that authorization looks at.
    pub(crate) fn facts(&self) -> RequestFacts<'_> {
        RequestFacts {
            source_ip: Some(self.source_ip),
            secure: self.secure,
            user_agent: self.user_agent.as_deref(),
            region: &self.region,
            now: self.now,
        }
    }

    /// Who the audit trail names for an action, for example `iam:CreateUser`.
    pub(crate) fn actor(&self, action: &str) -> Actor {
        Actor {
            principal: self.caller.arn().to_string(),
            operation: action.to_owned(),
            request_id: self.request_id.to_string(),
            source_ip: Some(self.source_ip.to_string()),
            at_ms: self.now_ms(),
        }
    }

    /// Whether the caller signed with what GetSessionToken gave: a user's or the account's temporary credentials.
    pub(crate) fn has_session_token_credentials(&self) -> bool {
        self.caller.temporary_since().is_some() && !matches!(self.caller.kind(), Kind::AssumedRole { .. })
    }
}
