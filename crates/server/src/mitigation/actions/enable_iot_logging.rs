//! `ENABLE_IOT_LOGGING`: logging with a level and a role.

use serde_json::json;
use thingwarden_wire::Operation;
use thingwarden_wire::types::EnableIoTLoggingParams;

use super::Acting;
use crate::mitigation::failure::Failure;

pub(super) fn carry_out(
    acting: &Acting<'_>,
    params: &EnableIoTLoggingParams,
) -> Result<Option<String>, Failure> {
    let input = json!({
        "roleArn": params.role_arn_for_logging,
        "defaultLogLevel": params.log_level.as_str(),
        "disableAllLogs": false,
    });
    acting.perform(Operation::SetV2LoggingOptions, input)?;
    Ok(None)
}
