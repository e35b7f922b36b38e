//! What a check file needs, in one `use`: the frame, and the judgements that several checks share.

pub(super) use super::check::{Check, Reason, Severity, Threshold};
pub(super) use super::finding::{Findings, Related};
pub(super) use super::resource::{Examined, Resource, ResourceType};
pub(super) use super::settings::Settings;
pub(super) use super::shared::*;
pub(super) use crate::fleet::{Fact, FleetView, Wanted, WantedDate};
pub(super) use crate::time::{Duration, Timestamp};
