//! Audit: checks run over a fleet and say what is wrong, or that they could not tell.
//!
//! A check is static metadata plus a pure function over a [`FleetView`](crate::fleet::FleetView). The runner, not the
//! check, decides about missing facts, applies suppressions, catches panics and stamps ids and times.

pub mod check;
pub mod checks;
pub mod finding;
pub mod prelude;
pub mod report;
pub mod resource;
pub mod runner;
pub mod settings;
mod shared;
pub mod suppression;

pub use check::{Check, Reason, Severity, Threshold};
pub use finding::{Finding, Findings};
pub use report::{AuditReport, CheckOutcome, CheckRunStatus};
pub use resource::{Resource, ResourceType};
pub use runner::{CheckRun, run_check};
pub use settings::Settings;
pub use shared::LOG_WINDOW;
pub use suppression::Suppression;
