//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): all types in one place. Do not edit.

pub use super::audit::*;
pub use super::authorizers::*;
pub use super::billing_groups::*;
pub use super::ca_certificates::*;
pub use super::certificates::*;
pub use super::domain_configurations::*;
pub use super::endpoints::*;
pub use super::event_configurations::*;
pub use super::indexing::*;
pub use super::logging::*;
pub use super::mitigation::*;
pub use super::policies::*;
pub use super::policy_attachments::*;
pub use super::provisioning::*;
pub use super::role_aliases::*;
pub use super::scheduled_audits::*;
pub use super::shared::*;
pub use super::suppressions::*;
pub use super::tags::*;
pub use super::thing_groups::*;
pub use super::thing_types::*;
pub use super::things::*;
