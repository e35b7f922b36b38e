//! The kinds of records, one file per resource.

mod account_settings;
mod audit_facts;
mod audits;
mod billing_groups;
mod ca_certificates;
mod certificates;
mod iam;
mod logging;
        mitigation::KINDS,
