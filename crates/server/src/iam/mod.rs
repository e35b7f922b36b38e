//! IAM: the users, roles, policies and access keys of an account, as far as an IoT fleet's administrators need them.
//!
//! [`answer`] answers a request, [`Credentials`] says whose an access key is and what they may do. `actions` is the table
//! of what is served; `access` says which permission it needs. Operations
//! are in the file of their resource, and what users and roles have in common in `identity`.

pub(crate) mod access;
mod access_keys;
mod actions;
pub(crate) mod arn;
mod aws_managed;
mod credentials;
mod cx;
mod details;
pub(crate) mod documents;
pub(crate) mod facts;
pub(crate) mod identity;
pub(crate) mod ids;
mod paging;
pub(crate) mod policies;
mod roles;
pub(crate) mod tags;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod users;
mod versions;

pub(crate) use credentials::{Credentials, role_caller};
pub(crate) use cx::Cx;
pub(crate) use roles::trusted_ids;

pub(crate) use crate::query::service::Outcome;

use crate::http::{Request, Response};
#[cfg(test)]
use crate::query::Reply;
use crate::query::{self, QueryError, service};

/// Answers a request whose signature is right.
pub(crate) async fn answer(cx: Cx, request: &Request) -> Response {
    service::answer(&actions::API, cx, request).await
}

/// The answer to a request that speaks the Query protocol and is refused before its action is known.
pub(crate) fn refuse(request: &Request, error: &QueryError) -> Response {
    query::refuse(actions::API.protocol, request, error)
}

/// The answer to an encoded form.
#[cfg(test)]
pub(crate) async fn handle(cx: Cx, encoded: &[u8]) -> Reply {
    service::serve(&actions::API, cx, encoded).await
}
