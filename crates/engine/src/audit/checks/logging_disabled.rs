#![doc = include_str!("logging_disabled.md")]

use super::super::prelude::*;
use crate::fleet::LoggingState;

pub(super) const CHECK: Check = Check {
    name: "LOGGING_DISABLED_CHECK",
    severity: Severity::Low,
    resource_type: ResourceType::AccountSettings,
    enabled_by_default: true,
    reads: &[Fact::Logging],
    thresholds: &[],
    reasons: &[DISABLED],
    manual: include_str!("logging_disabled.md"),
    run,
};

const DISABLED: Reason = Reason { code: "LOGGING_DISABLED", text: "AWS IoT logging is disabled for the account." };

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let logging = fleet.logging();
    let account = Resource::AccountSettings { account: fleet.account().to_owned() };
    match (logging.v1, logging.v2) {
        (_, LoggingState::Enabled) | (LoggingState::Enabled, _) => found.examined(),
        (_, LoggingState::Disabled) => {
            found.examined();
            found.push_resource(account, logging.source, DISABLED);
        }
        (_, LoggingState::Unknown) => {
            found.gap("no data: V2 logging options (get-v2-logging-options)", Some(&account));
        }
    }
}
