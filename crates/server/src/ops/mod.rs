//! Operations of our own, beside those of AWS: what has no place in AWS's API.
//!
//! A request is `POST /thingwarden/OPERATION`, signed for the service `thingwarden`, with a JSON object in and a JSON object
//! out. Errors have the form of AWS IoT's. `actions` is the table of what there is, `service` the way that every request
//! takes; each operation is in a file of its own, or beside what it is about.

mod actions;
mod approvals;
mod audit_tags;
mod clients;
mod deliveries;
mod mitigation;
mod paging;
mod quarantine;
mod service;
mod trail;

pub(crate) use service::answer;

/// What clients sign for, the first segment of the path, and the prefix of actions in policies.
pub(crate) const SERVICE: &str = "thingwarden";
