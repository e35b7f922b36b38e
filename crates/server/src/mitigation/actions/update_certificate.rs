//! `UPDATE_DEVICE_CERTIFICATE` and `UPDATE_CA_CERTIFICATE`: certificates become INACTIVE.

use serde_json::json;
use thingwarden_wire::Operation;

use super::Acting;
use crate::mitigation::failure::Failure;

pub(super) fn device(acting: &Acting<'_>) -> Result<Option<String>, Failure> {
    let ids = acting.device_certificates()?;
    for id in &ids {
        let input = json!({"certificateId": id, "newStatus": "INACTIVE"});
        match acting.perform(Operation::UpdateCertificate, input) {
            // One of many that is gone since needs no deactivation.
            Err(gone) if ids.len() > 1 && gone.is("ResourceNotFoundException") => {}
            answer => {
                answer?;
            }
        }
    }
    Ok(acting.left_out(ids.len()))
}

pub(super) fn ca(acting: &Acting<'_>) -> Result<Option<String>, Failure> {
    let id = acting.identifier("/caCertificateId")?;
    acting.perform(Operation::UpdateCACertificate, json!({"certificateId": id, "newStatus": "INACTIVE"}))?;
    Ok(None)
}
