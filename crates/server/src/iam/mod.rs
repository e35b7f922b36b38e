//! IAM: the users, roles, policies and access keys of an account, as far as an IoT fleet's administrators need them.
//!
//! [`handle`] answers a request, [`Credentials`] says whose an access key is and what they may do. `actions` is the table
//! of what is served; `service` is the way that every request takes; `access` says which permission it needs. Operations
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
pub(crate) mod identity;
pub(crate) mod ids;
mod paging;
pub(crate) mod policies;
mod roles;
pub(crate) mod service;
pub(crate) mod tags;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod users;
mod versions;

pub(crate) use credentials::Credentials;
pub(crate) use cx::Cx;
pub(crate) use service::Outcome;

use crate::query::Reply;

/// Answers a request to IAM. `encoded` is the body of a POST or the query of a GET.
pub(crate) async fn handle(cx: Cx, encoded: &[u8]) -> Reply {
    service::serve(&actions::API, cx, encoded).await
}
