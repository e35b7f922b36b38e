//! What a check file needs, in one `use`.

pub(super) use super::check::{Check, Reason, Severity, Threshold};
pub(super) use super::finding::{Findings, Related};
pub(super) use super::resource::{Resource, ResourceType};
pub(super) use super::settings::Settings;
pub(super) use crate::fleet::{CertificateStatus, Fact, FleetView};
