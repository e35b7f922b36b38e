//! STS: who somebody is, and temporary credentials.
//!
//! A session token says nothing by itself: the session is a record, found by its access key, so that it ends with the role
//! or user that it acts for. Only the hash of the token is stored.

mod assume_role;
mod caller;
mod sessions;
pub(crate) mod trust;

#[cfg(test)]
mod tests;

use crate::http::{Request, Response};
use crate::iam::Cx;
use crate::iam::access::{self, Target};
use crate::query::service::{self, Action, Api, Handler};
use crate::query::{self, Reply};

const API: Api<Target> = Api {
    protocol: query::Service {
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        version: "2011-06-15",
    },
    actions: ACTIONS,
    not_served: NOT_SERVED,
    scope: Cx::scope,
    authorize: access::authorize,
};

const ACTIONS: &[Action<Target>] = &[
    Action {
        permission: "sts:AssumeRole",
        target: Target::Judged,
        handler: Handler::Write(assume_role::assume_role),
    },
    Action {
        permission: "sts:GetAccessKeyInfo",
        target: Target::Anything,
        handler: Handler::Read(caller::get_access_key_info),
    },
    Action {
        permission: "sts:GetCallerIdentity",
        target: Target::Nothing,
        handler: Handler::Read(caller::get_caller_identity),
    },
    Action {
        permission: "sts:GetSessionToken",
        target: Target::Nothing,
        handler: Handler::Write(sessions::get_session_token),
    },
];

/// What AWS has besides. This list may only become shorter.
const NOT_SERVED: &[&str] = &[
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetWebIdentityToken",
];

/// Answers a request whose signature is right.
pub(crate) async fn answer(cx: Cx, request: &Request) -> Response {
    match query::encoded(request) {
        Ok(encoded) => query::respond(handle(cx, &encoded).await),
        Err(error) => query::refuse(API.protocol, request, &error),
    }
}

/// The answer to an encoded form.
pub(crate) async fn handle(cx: Cx, encoded: &[u8]) -> Reply {
    sessions::forget_expired(&cx).await;
    service::serve(&API, cx, encoded).await
}
