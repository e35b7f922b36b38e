//! Claims: certificates with which a device may provision itself, for a few minutes, by one template.

use thingwarden_engine::time::Timestamp as Moment;
use thingwarden_store::Writer;
use thingwarden_store::records::ProvisioningClaim;
use thingwarden_wire::types::{
    CreateProvisioningClaimInput, CreateProvisioningClaimOutput, KeyPair, TemplateType,
};
use thingwarden_wire::{Secret, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::provisioning_templates as templates;

/// The private key is in the answer and nowhere else; the certificate is in no listing.
pub(super) fn create(
    cx: &Cx,
    input: CreateProvisioningClaimInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<CreateProvisioningClaimOutput, ApiError> + use<>, ApiError>
{
    let now = Moment::from_millis(cx.now_ms);
    let expires_ms = cx.now_ms.saturating_add(cx.app.quotas.provisioning_claim_ms);
    let until = Moment::from_millis(expires_ms);
    let made = cx.app.issuing.generate_keys_and_certificate(cx.app.key_type, now, Some(until))?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let template = templates::require(store, &input.template_name)?;
        if template.kind != TemplateType::FleetProvisioning.as_str() {
            return Err(ApiError::invalid("only templates of type FLEET_PROVISIONING have claims"));
        }
        let certificate = made.certificate.id.to_string();
        store.insert(&ProvisioningClaim {
            certificate: certificate.clone(),
            template: template.name,
            created_ms: cx.now_ms,
            expires_ms,
        })?;
        Ok(CreateProvisioningClaimOutput {
            certificate_id: Some(certificate),
            certificate_pem: Some(made.certificate.pem),
            expiration: Some(Timestamp::from_epoch_ms(expires_ms)),
            key_pair: Some(KeyPair {
                private_key: Some(Secret(made.private_key_pem.to_string())),
                public_key: Some(made.public_key_pem),
            }),
        })
    })
}
