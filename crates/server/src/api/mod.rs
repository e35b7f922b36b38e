//! The AWS IoT API: from a request whose sender is known to an answer.
//!
//! `pipeline` holds the fixed order in which a request is treated, `dispatch` the table from operations to handlers. A
//! handler is a plain function in the file of its resource. It gets a [`Cx`](cx::Cx) and the store, reads or writes, and does
//! nothing else: no clock, no network, no waiting.

mod act;
pub(crate) mod arn;
mod attributes;
mod audit_checks;
mod audit_configuration;
mod audit_findings;
pub(crate) mod audit_mitigation_tasks;
mod audit_tasks;
mod authorizers;
mod billing_groups;
mod ca_certificates;
mod certificate_transfers;
mod certificates;
mod cx;
mod dispatch;
mod domain_configurations;
pub(crate) mod effective;
mod endpoints;
mod error;
mod event_configurations;
mod handler;
mod indexing;
mod logging;
mod mitigation_actions;
mod paging;
mod pipeline;
mod policies;
mod policy_attachments;
mod policy_comparison;
pub(crate) mod policy_verdicts;
mod principals;
mod provisioning_claims;
mod provisioning_template_versions;
mod provisioning_templates;
mod quotas;
mod register_thing;
mod role_aliases;
pub(crate) mod roles;
mod scheduled_audits;
mod suppressions;
mod tags;
mod targets;
mod test_authorization;
#[cfg(test)]
pub(crate) mod testing;
mod thing_group_members;
mod thing_groups;
mod thing_principals;
mod thing_types;
mod things;

pub(crate) use act::perform;
pub(crate) use arn::{iot as iot_arn, name_in as arn_name};
pub(crate) use audit_tasks::add_on_demand as add_on_demand_audit;
pub(crate) use authorizers::default as default_authorizer;
pub(crate) use certificates::Pending;
pub(crate) use cx::App;
pub(crate) use effective::{
    certificate as parsed_certificate, compile as compile_policies, in_force as policies_in_force,
};
pub(crate) use error::ApiError;
pub(crate) use pipeline::{Stored, answer};
pub(crate) use things::index as index_attributes;

/// A UUID for something new.
fn new_uuid() -> Result<String, ApiError> {
    crate::random::uuid().ok_or_else(no_randomness)
}

fn no_randomness() -> ApiError {
    ApiError::failed(std::io::Error::other("the system gives no random numbers"))
}

/// Characters of a text from a request that a message repeats, where the model does not limit it (as AWS cuts them).
const SHOWN_CHARS_MAX: usize = 200;

/// The beginning of a text that may be long, for a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

/// A part of the API as the store keeps it.
fn storable<T: serde::Serialize>(part: &T) -> Result<serde_json::Value, ApiError> {
    serde_json::to_value(part).map_err(|error| damaged("a part of a request", &error))
}

/// A part of the API from how the store keeps it.
fn stored<T: serde::de::DeserializeOwned>(part: serde_json::Value) -> Result<T, ApiError> {
    serde_json::from_value(part).map_err(|error| damaged("a stored part of the API", &error))
}

fn damaged(what: &str, error: &serde_json::Error) -> ApiError {
    thingwarden_store::StoreError::Corrupt { what: what.to_owned(), why: error.to_string() }.into()
}
