//! Just-in-time registration and provisioning: a certificate that nobody has registered, of a CA that somebody has ([guide,
//! "Provisioning devices that have device
//! certificates"](https://docs.aws.amazon.com/iot/latest/developerguide/provision-w-cert.html)).

use std::sync::Arc;

use serde_json::{Value, json};
use thingwarden_engine::pki;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{CaCertificate, Certificate, ProvisioningTemplate};
use thingwarden_store::{Actor, Filter, Reader, Scope, StoreError, Writer};

use super::fleet::body_of;
use super::subject::known_of;
use super::{Provisioner, Template};
use crate::api::arn::{iot, provisioning_template};
use crate::api::{ApiError, App, Pending};
use crate::mitigation::failure::Failure;
use crate::mitigation::role;
use crate::pki::{RegisteredCa, signing_ca, write_pem};

/// The status of a certificate that waits.
const PENDING: &str = "PENDING_ACTIVATION";

/// A certificate whose issuer was verified to be a CA that registers what it signs.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer {
    pub(crate) scope: Scope,
    pub(crate) id: String,
    ca: CaCertificate,
    pem: String,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Met {
    /// It may come in the next time.
    Provisioned,
    /// It waits for somebody who activates it, who is told so.
    Waits { topic: String, event: Value },
}

/// Finds out whether somebody registers a certificate that may not come in. Nothing is written.
///
/// # Errors
/// When the store fails.
pub(crate) fn find(
    app: &App,
    certificate: &pki::Certificate,
    der: &[u8],
    now: Timestamp,
) -> Result<Option<Newcomer>, StoreError> {
    let id = certificate.id.to_string();
    let issuer = certificate.issuer.digest().to_string();
    app.store.read(&Scope::new("", ""), |store| {
        let mut waits_in = None;
        let mut registers: Option<(Scope, CaCertificate)> = None;
        for scope in store.scopes()? {
            if !app.accounts.iter().any(|account| **account == *scope.account) {
                continue;
            }
            let here = store.in_scope(&scope)?;
            match here.get::<Certificate>(&id)? {
                // Somebody has decided about it.
                Some(found) if found.status != PENDING => return Ok(None),
                Some(found) => waits_in = Some((scope.clone(), found.ca_id)),
                None => {}
            }
            for ca in here.all::<CaCertificate>(&[Filter::eq("subject", issuer.as_str())])? {
                let is_older = registers.as_ref().is_none_or(|(_, other)| ca.created_ms < other.created_ms);
                if is_older && signs(&ca, certificate, now) {
                    registers = Some((scope.clone(), ca));
                }
            }
        }
        // One that waits belongs to whoever has it, and not to another who has the same CA.
        let registers = registers.filter(|(scope, ca)| match &waits_in {
            Some((waits_in, by)) => waits_in == scope && by.as_deref() == Some(&*ca.id),
            None => true,
        });
        let pem = || write_pem("CERTIFICATE", der);
        Ok(registers.map(|(scope, ca)| Newcomer { scope, id: id.clone(), ca, pem: pem() }))
    })
}

/// Whether a CA registers what it signs, and has signed this.
fn signs(ca: &CaCertificate, certificate: &pki::Certificate, now: Timestamp) -> bool {
    let active = ca.status == "ACTIVE" && ca.auto_registration;
    let is_in_time = (ca.facts.not_before_ms..=ca.facts.not_after_ms).contains(&now.millis());
    active && is_in_time && signing_ca(certificate, None, &[RegisteredCa { pem: &ca.pem, active }]).is_ok()
}

/// Registers a certificate, and provisions by the template of its CA if that has one. A device whose template makes nothing of
/// it waits as if there were none.
///
/// # Errors
/// When the store fails, or the certificate is none that is registered.
pub(crate) async fn meet(
    app: &Arc<App>,
    newcomer: Newcomer,
    source_ip: String,
    now: Timestamp,
) -> Result<Met, ApiError> {
    let newcomer = Arc::new(newcomer);
    let now_ms = now.millis();
    let actor = |operation: &str| Actor {
        principal: newcomer.id.clone(),
        operation: format!("broker:{operation}"),
        request_id: String::new(),
        source_ip: Some(source_ip.clone()),
        at_ms: now_ms,
    };
    if newcomer.ca.registration_config.is_some() {
        let (work_app, work) = (Arc::clone(app), Arc::clone(&newcomer));
        let provision = move |store: &Writer<'_>| provision(&work_app, &work, store, now_ms);
        match app.store.write(&newcomer.scope, actor("ProvisionJustInTime"), provision).await {
            Ok(true) => return Ok(Met::Provisioned),
            Ok(false) => {}
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(Failure::Refused { message, .. }) => {
                tracing::warn!(
                    certificate = newcomer.id,
                    ca = newcomer.ca.id,
                    why = message,
                    "a device is not provisioned"
                );
            }
        }
    }
    let (work_app, work) = (Arc::clone(app), Arc::clone(&newcomer));
    let register = move |store: &Writer<'_>| registered(&work_app, &work, store, now_ms);
    let known = app.store.read(&newcomer.scope, |store| store.get::<Certificate>(&newcomer.id))?;
    let registered = match known {
        Some(known) => known,
        None => app.store.write(&newcomer.scope, actor("RegisterJustInTime"), register).await?,
    };
    let event = json!({
        "certificateId": newcomer.id,
        "caCertificateId": newcomer.ca.id,
        "timestamp": now_ms,
        "certificateStatus": registered.status,
        "awsAccountId": &*newcomer.scope.account,
        "certificateRegistrationTimestamp": registered.created_ms.to_string(),
    });
    Ok(Met::Waits { topic: format!("$aws/events/certificates/registered/{}", newcomer.ca.id), event })
}

/// Within a transaction: whether there was a template for it.
fn provision(app: &Arc<App>, newcomer: &Newcomer, store: &Writer<'_>, now_ms: i64) -> Result<bool, Failure> {
    let Some((template, role_arn, source_arn)) = template_of(store, &newcomer.ca)? else { return Ok(false) };
    let certificate = registered(app, newcomer, store, now_ms)?;
    if certificate.status != PENDING {
        // Another connection of the same device was quicker, or somebody has decided about it.
        return Ok(certificate.status == "ACTIVE");
    }
    let caller = role::assume(store, &role_arn, &source_arn)?;
    let scope = &newcomer.scope;
    let provisioner = Provisioner { app, scope, caller: &caller, writer: store, now_ms };
    provisioner.provision(&template, &known_of(&certificate)?, Some(&certificate.id))?;
    Ok(true)
}

/// The template of a CA as it is now, the role that it works with, and what it works for.
fn template_of(
    store: &Reader<'_>,
    ca: &CaCertificate,
) -> Result<Option<(Template, String, String)>, Failure> {
    let ca = store.get::<CaCertificate>(&ca.id)?;
    let Some((ca, config)) = ca.and_then(|ca| Some((ca.id, ca.registration_config?))) else {
        return Ok(None);
    };
    if let Some(name) = config.template_name {
        let found = store.get::<ProvisioningTemplate>(&name)?.filter(|found| found.enabled);
        let found = found.ok_or_else(|| {
            let message = format!("provisioning template `{name}` is not enabled");
            Failure::refused("ResourceNotFoundException", message)
        })?;
        let source = provisioning_template(store.scope(), &name);
        return Ok(Some((body_of(store, &found)?, found.role_arn, source)));
    }
    let (Some(body), Some(role_arn)) = (config.template_body, config.role_arn) else { return Ok(None) };
    let template = Template::parse(&body).map_err(ApiError::from)?;
    Ok(Some((template, role_arn, iot(store.scope(), &format!("cacert/{ca}")))))
}

/// The certificate, registered if it is not.
fn registered(
    app: &App,
    newcomer: &Newcomer,
    store: &Writer<'_>,
    now_ms: i64,
) -> Result<Certificate, ApiError> {
    match store.get::<Certificate>(&newcomer.id)? {
        Some(found) => Ok(found),
        None => Pending::new(app, newcomer.pem.clone(), Some(&newcomer.ca))?.insert(store, now_ms),
    }
}
