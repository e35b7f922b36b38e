//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): the list of its files. Do not edit.

pub(crate) mod audit;
pub(crate) mod billing_groups;
pub(crate) mod ca_certificates;
pub(crate) mod certificates;
pub(crate) mod domain_configurations;
pub(crate) mod endpoints;
pub(crate) mod enums;
pub(crate) mod errors;
pub(crate) mod event_configurations;
pub(crate) mod indexing;
pub(crate) mod logging;
pub(crate) mod not_served;
pub(crate) mod operations;
pub(crate) mod patterns;
pub(crate) mod policies;
pub(crate) mod policy_attachments;
pub(crate) mod role_aliases;
pub(crate) mod scheduled_audits;
pub(crate) mod shapes;
pub(crate) mod shared;
pub(crate) mod suppressions;
pub(crate) mod tags;
pub(crate) mod thing_groups;
pub(crate) mod thing_types;
pub(crate) mod things;
pub(crate) mod types;
