//! The kinds of records, one file per resource.

mod account_settings;
mod approvals;
mod audit_facts;
mod audits;
mod authorizers;
mod billing_groups;
mod ca_certificates;
mod certificates;
mod connections;
mod findings;
mod iam;
mod logging;
mod mitigation;
mod mqtt;
mod notifications;
mod policies;
mod policy_verdicts;
mod provisioning;
mod quarantine;
mod retries;
mod role_aliases;
mod server;
mod shadows;
mod sinks;
mod tags;
mod thing_groups;
mod thing_types;
mod things;

pub use account_settings::*;
pub use approvals::*;
pub use audit_facts::*;
pub use audits::*;
pub use authorizers::*;
pub use billing_groups::*;
pub use ca_certificates::*;
pub use certificates::*;
pub use connections::*;
pub use findings::*;
pub use iam::*;
pub use logging::*;
pub use mitigation::*;
pub use mqtt::*;
pub use notifications::*;
pub use policies::*;
pub use policy_verdicts::*;
pub use provisioning::*;
pub use quarantine::*;
pub use retries::*;
pub use role_aliases::*;
pub use server::*;
pub use shadows::*;
pub use sinks::*;
pub use tags::*;
pub use thing_groups::*;
pub use thing_types::*;
pub use things::*;

use serde::Serialize;

use crate::kind::Kind;

/// All kinds, in the order in which their tables are made.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    [
        account_settings::KINDS,
        approvals::KINDS,
        audits::KINDS,
        authorizers::KINDS,
        billing_groups::KINDS,
        ca_certificates::KINDS,
        certificates::KINDS,
        connections::KINDS,
        findings::KINDS,
        iam::KINDS,
        logging::KINDS,
        mitigation::KINDS,
        mqtt::KINDS,
        notifications::KINDS,
        policies::KINDS,
        provisioning::KINDS,
        quarantine::KINDS,
        role_aliases::KINDS,
        server::KINDS,
        shadows::KINDS,
        sinks::KINDS,
        tags::KINDS,
        thing_groups::KINDS,
        thing_types::KINDS,
        things::KINDS,
    ]
    .into_iter()
    .flatten()
}

/// A record as JSON, without some of its members: for the audit trail, which keeps no secrets.
fn without(record: &impl Serialize, members: &[&str]) -> serde_json::Value {
    let mut json = serde_json::to_value(record).unwrap_or_default();
    if let Some(object) = json.as_object_mut() {
        for member in members {
            object.remove(*member);
        }
    }
    json
}
