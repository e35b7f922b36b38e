//! CA certificates and the registration code.

use thingwarden_engine::pki::{Certificate as Parsed, CertificateFacts};
use thingwarden_engine::time::Timestamp as Moment;
use thingwarden_store::records::{CaCertificate, IndexedFacts, RegistrationCode, RegistrationConfig};
use thingwarden_store::{Filter, Query, Reader, Scope, Writer};
use thingwarden_wire::types::{
    self, AutoRegistrationStatus, CACertificateDescription, CACertificateStatus, CertificateMode,
    DeleteCACertificateInput, DeleteRegistrationCodeInput, DescribeCACertificateInput,
    DescribeCACertificateOutput, GetRegistrationCodeInput, GetRegistrationCodeOutput,
    ListCACertificatesInput, ListCACertificatesOutput, RegisterCACertificateInput,
    RegisterCACertificateOutput, TemplateType, UpdateCACertificateInput,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::certificates::{duplicate, state, validity};
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{certificates, provisioning_templates, roles, tags};
use crate::pki::{self, CaMode};

/// Whoever registers proves to have the CA's key, but for mode `SNI_ONLY`.
pub(super) fn register(
    cx: &Cx,
    input: RegisterCACertificateInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<RegisterCACertificateOutput, ApiError> + use<>, ApiError>
{
    let now = Moment::from_millis(cx.now_ms);
    let parsed = pki::read_ca_certificate(&input.ca_certificate, now)?;
    let facts = IndexedFacts::of_ca(&CertificateFacts::of(&parsed, &cx.app.key_checker));
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let mode = input.certificate_mode.unwrap_or(CertificateMode::Default);
        refuse_duplicate(cx, store, &parsed, mode)?;
        let code = store.get::<RegistrationCode>(RegistrationCode::ID)?.map(|stored| stored.code);
        let ca_mode = if mode == CertificateMode::SniOnly { CaMode::SniOnly } else { CaMode::Default };
        let verification = input.verification_certificate.as_deref();
        // No certificate has an empty code: who never asked for one proves nothing.
        pki::prove_possession(&parsed, ca_mode, verification, code.as_deref().unwrap_or_default(), now)?;
        let of_subject = [Filter::eq("subject", facts.subject.as_str())];
        let limit = cx.app.quotas.ca_certificates_per_subject;
        if store.count::<CaCertificate>(&of_subject)? >= limit {
            return Err(ApiError::limit(format!(
                "at most {limit} CA certificates have the same subject: delete one first"
            )));
        }
        let status = match input.set_as_active {
            Some(true) => CACertificateStatus::Active,
            _ => CACertificateStatus::Inactive,
        };
        let ca = CaCertificate {
            id: parsed.id.to_string(),
            pem: input.ca_certificate,
            status: status.as_str().to_owned(),
            mode: mode.as_str().to_owned(),
            auto_registration: input.allow_auto_registration.unwrap_or(false),
            registration_config: registration_config(store, input.registration_config)?,
            customer_version: 1,
            generation_id: super::new_uuid()?,
            created_ms: cx.now_ms,
            modified_ms: cx.now_ms,
            facts,
        };
        store.insert(&ca)?;
        let arn = arn(cx, &ca.id);
        tags::set_new(cx, store, &arn, input.tags)?;
        Ok(RegisterCACertificateOutput { certificate_arn: Some(arn), certificate_id: Some(ca.id) })
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeCACertificateInput,
) -> Result<DescribeCACertificateOutput, ApiError> {
    let ca = require(store, &input.certificate_id)?;
    let auto = match ca.auto_registration {
        true => AutoRegistrationStatus::Enable,
        false => AutoRegistrationStatus::Disable,
    };
    let description = CACertificateDescription {
        auto_registration_status: Some(auto),
        certificate_arn: Some(arn(cx, &ca.id)),
        certificate_id: Some(ca.id),
        certificate_mode: CertificateMode::parse(&ca.mode),
        certificate_pem: Some(ca.pem),
        creation_date: Some(Timestamp::from_epoch_ms(ca.created_ms)),
        customer_version: Some(i32::try_from(ca.customer_version).unwrap_or(i32::MAX)),
        generation_id: Some(ca.generation_id),
        last_modified_date: Some(Timestamp::from_epoch_ms(ca.modified_ms)),
        owned_by: Some(cx.scope.account.to_string()),
        status: CACertificateStatus::parse(&ca.status),
        validity: Some(validity(&ca.facts)),
    };
    let registration_config = ca.registration_config.map(|config| types::RegistrationConfig {
        role_arn: config.role_arn,
        template_body: config.template_body,
        template_name: config.template_name,
    });
    Ok(DescribeCACertificateOutput { certificate_description: Some(description), registration_config })
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListCACertificatesInput,
) -> Result<ListCACertificatesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: certificates::PAGE };
    let filters: Vec<Filter<'_>> =
        input.template_name.map(|name| Filter::eq("template_name", name)).into_iter().collect();
    let query = Query { descending: !input.ascending_order.unwrap_or(false), ..Query::all(&filters) };
    let page = paging::list::<CaCertificate>(cx, store, asked, &query)?;
    let listed = page.items.into_iter().map(|ca| types::CACertificate {
        certificate_arn: Some(arn(cx, &ca.id)),
        certificate_id: Some(ca.id),
        creation_date: Some(Timestamp::from_epoch_ms(ca.created_ms)),
        status: CACertificateStatus::parse(&ca.status),
    });
    Ok(ListCACertificatesOutput { certificates: listed.collect(), next_marker: page.next_token })
}

pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateCACertificateInput,
) -> Result<Empty, ApiError> {
    let before = require(store, &input.certificate_id)?;
    let remove = input.remove_auto_registration.unwrap_or(false);
    let enables = input.new_auto_registration_status == Some(AutoRegistrationStatus::Enable);
    if remove && (input.registration_config.is_some() || enables) {
        let message =
            "removeAutoRegistration contradicts registrationConfig and newAutoRegistrationStatus ENABLE";
        return Err(ApiError::invalid(message));
    }
    let mut ca = before.clone();
    if let Some(status) = input.new_status {
        status.as_str().clone_into(&mut ca.status);
    }
    if let Some(status) = input.new_auto_registration_status {
        ca.auto_registration = status == AutoRegistrationStatus::Enable;
    }
    if input.registration_config.is_some() {
        ca.registration_config = registration_config(store, input.registration_config)?;
    }
    if remove {
        ca.auto_registration = false;
        ca.registration_config = None;
    }
    if ca != before {
        ca.customer_version += 1;
        ca.generation_id = super::new_uuid()?;
        ca.modified_ms = cx.now_ms;
        store.update(&ca)?;
    }
    Ok(Empty {})
}

/// Certificates that the CA signed stay as they are.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteCACertificateInput,
) -> Result<Empty, ApiError> {
    let ca = require(store, &input.certificate_id)?;
    if ca.status != CACertificateStatus::Inactive.as_str() {
        return Err(state("a CA certificate must be INACTIVE before it is deleted"));
    }
    store.delete::<CaCertificate>(&ca.id)?;
    tags::forget(store, &arn(cx, &ca.id))?;
    Ok(Empty {})
}

/// Makes the code when there is none.
pub(super) fn registration_code(
    _: &Cx,
    store: &Writer<'_>,
    _: GetRegistrationCodeInput,
) -> Result<GetRegistrationCodeOutput, ApiError> {
    let code = match store.get::<RegistrationCode>(RegistrationCode::ID)? {
        Some(stored) => stored.code,
        None => {
            let code = pki::new_registration_code().ok_or_else(super::no_randomness)?;
            store.insert(&RegistrationCode { code: code.clone() })?;
            code
        }
    };
    Ok(GetRegistrationCodeOutput { registration_code: Some(code) })
}

pub(super) fn delete_registration_code(
    _: &Cx,
    store: &Writer<'_>,
    _: DeleteRegistrationCodeInput,
) -> Result<Empty, ApiError> {
    if store.delete::<RegistrationCode>(RegistrationCode::ID)? {
        return Ok(Empty {});
    }
    Err(ApiError::new(Code::ResourceNotFoundException, "there is no registration code"))
}

fn arn(cx: &Cx, id: &str) -> String {
    cx.arn(&format!("cacert/{id}"))
}

fn require(store: &Reader<'_>, id: &str) -> Result<CaCertificate, ApiError> {
    let id = id.to_ascii_lowercase();
    store.get(&id)?.ok_or_else(|| ApiError::not_found("CA certificate", &id))
}

/// In mode `DEFAULT`, one account of a region has a CA certificate (AWS IoT guide, "CA certificate registration modes"). Which
/// one it is, others are not told.
fn refuse_duplicate(
    cx: &Cx,
    store: &Reader<'_>,
    parsed: &Parsed,
    mode: CertificateMode,
) -> Result<(), ApiError> {
    let id = parsed.id.to_string();
    if store.exists::<CaCertificate>(&id)? {
        return Err(duplicate(&id, &arn(cx, &id)));
    }
    if mode == CertificateMode::SniOnly {
        return Ok(());
    }
    for account in cx.app.accounts.iter().filter(|account| **account != *cx.scope.account) {
        let there = store.in_scope(&Scope::new(account, &cx.scope.region))?;
        let found = there.get::<CaCertificate>(&id)?;
        if found.is_some_and(|ca| ca.mode == CertificateMode::Default.as_str()) {
            let message = "another account has registered this CA certificate in mode DEFAULT: use SNI_ONLY";
            return Err(ApiError::new(Code::ResourceAlreadyExistsException, message));
        }
    }
    Ok(())
}

/// A template by its name, which has a role; or a body and a role for it.
fn registration_config(
    store: &Reader<'_>,
    config: Option<types::RegistrationConfig>,
) -> Result<Option<RegistrationConfig>, ApiError> {
    let Some(types::RegistrationConfig { role_arn, template_body, template_name }) = config else {
        return Ok(None);
    };
    let jitp = TemplateType::Jitp.as_str();
    match (&template_name, &template_body) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid("give `templateName` or `templateBody`, not both"));
        }
        (Some(name), None) => {
            if provisioning_templates::require(store, name)?.kind != jitp {
                let message = format!("provisioning template `{name}` is not of type {jitp}");
                return Err(ApiError::invalid(message));
            }
        }
        (None, Some(body)) => {
            provisioning_templates::check_body(body, jitp)?;
            if role_arn.is_none() {
                return Err(ApiError::invalid("`templateBody` needs `roleArn`"));
            }
        }
        (None, None) => {}
    }
    if let Some(arn) = &role_arn {
        roles::check_arn(arn)?;
    }
    Ok(Some(RegistrationConfig { template_body, role_arn, template_name }))
}

#[cfg(test)]
pub(super) mod tests;
