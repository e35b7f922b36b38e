//! Fleet provisioning: what devices ask for by message, with a claim.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{Certificate, ProvisioningTemplate, ProvisioningTemplateVersion};
use thingwarden_store::{Actor, Reader, Scope, Writer};
use thingwarden_wire::Code;

use super::functions::{Given, Parameters};
use super::plan::Unfit;
use super::subject::known_of;
use super::template::PSEUDO_PREFIX;
use super::topics::{Asked, What};
use super::{Provisioner, Template, hook, ownership};
use crate::api::arn::provisioning_template;
use crate::api::{ApiError, App, Pending};
use crate::clock;
use crate::mitigation::role::{self, RoleError};

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Claimant {
    pub(crate) scope: Scope,
    /// The id of the certificate that it has shown, or of whoever has signed.
    pub(crate) principal: Arc<str>,
    pub(crate) has_certificate: bool,
    pub(crate) client_id: Arc<str>,
    pub(crate) source_ip: String,
}

/// Why it gets nothing, in the words of the device provisioning MQTT API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    status: u16,
    code: &'static str,
    message: String,
}

impl Rejected {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Says nothing of what there is and what not: claims are in many hands.
    fn denied() -> Self {
        Self::new(403, "AccessDenied", "Access Denied")
    }

    pub(crate) fn too_many() -> Self {
        Self::new(429, "Throttled", "too many requests: try again in a moment")
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"statusCode": self.status, "errorCode": self.code, "errorMessage": self.message})
    }
}

/// A device is told what it has done wrong; what the operator has, the log is told.
impl From<ApiError> for Rejected {
    fn from(error: ApiError) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(%cause, "a device is not provisioned: the server failed");
            return Self::new(500, "InternalError", "the server failed");
        }
        let (code, message) = (error.told.code, error.told.message);
        match code {
            Code::ThrottlingException => return Self::too_many(),
            _ => tracing::warn!(code = code.as_str(), message, "a device is not provisioned"),
        }
        match code {
            Code::AccessDeniedException => Self::denied(),
            Code::ConflictingResourceUpdateException => {
                Self::new(409, "ResourceConflict", "something of this name exists already")
            }
            _ => Self::new(400, "InvalidTemplate", "the template cannot be carried out"),
        }
    }
}

impl From<thingwarden_store::StoreError> for Rejected {
    fn from(error: thingwarden_store::StoreError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<RoleError> for Rejected {
    fn from(error: RoleError) -> Self {
        match error {
            RoleError::Store(error) => error.into(),
            RoleError::NotFound(_) | RoleError::NotTrusted(_) => {
                tracing::warn!(%error, "a device is not provisioned");
                Self::denied()
            }
        }
    }
}

impl From<Unfit> for Rejected {
    fn from(unfit: Unfit) -> Self {
        Self::new(400, "InvalidParameters", unfit.to_string())
    }
}

/// Carries out what a device asks for, and gives its answer. When that is there, it is durable.
///
/// # Errors
/// When it gets nothing.
pub(crate) async fn carry_out(
    app: &Arc<App>,
    asked: &Asked,
    claimant: &Claimant,
    payload: Bytes,
) -> Result<Value, Rejected> {
    let read = || asked.format.read(&payload).filter(Value::is_object).ok_or_else(invalid_payload);
    match &asked.what {
        // Its payload is empty, or says nothing.
        What::CreateKeysAndCertificate => create_keys(app, claimant).await,
        What::CreateCertificateFromCsr => create_from_csr(app, claimant, read()?).await,
        What::RegisterThing(template) => register(app, template, claimant, read()?).await,
    }
}

async fn create_keys(app: &Arc<App>, claimant: &Claimant) -> Result<Value, Rejected> {
    let now = clock::now_precise();
    let (made, pending) = compute(app, move |app| {
        let made =
            app.issuing.generate_keys_and_certificate(app.key_type, now, None).map_err(ApiError::from)?;
        let pending = Pending::new(app, made.certificate.pem.clone(), None)?;
        Ok((made, pending))
    })
    .await?;
    let private_key = made.private_key_pem;
    let mut answer = hand_over(app, claimant, pending, "CreateKeysAndCertificate", now).await?;
    answer.extend([("privateKey".to_owned(), Value::from(private_key.as_str()))]);
    Ok(Value::Object(answer))
}

async fn create_from_csr(app: &Arc<App>, claimant: &Claimant, request: Value) -> Result<Value, Rejected> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Request {
        certificate_signing_request: String,
    }
    let Request { certificate_signing_request: csr } =
        serde_json::from_value(request).map_err(|_| invalid_payload())?;
    let now = clock::now_precise();
    let pending = compute(app, move |app| {
        let issued = app.issuing.issue_from_csr(&csr, now);
        let issued = issued.map_err(|error| match error.code() {
            Code::InvalidRequestException => Rejected::new(400, "InvalidCsr", error.to_string()),
            _ => ApiError::from(error).into(),
        })?;
        Ok(Pending::new(app, issued.pem, None)?)
    })
    .await?;
    hand_over(app, claimant, pending, "CreateCertificateFromCsr", now).await.map(Value::Object)
}

/// Off the threads that serve connections.
async fn compute<R: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App) -> Result<R, Rejected> + Send + 'static,
) -> Result<R, Rejected> {
    let app = Arc::clone(app);
    let computed = tokio::task::spawn_blocking(move || work(&app)).await;
    computed.unwrap_or_else(|_| Err(Rejected::new(500, "InternalError", "the server failed")))
}

/// Keeps a certificate that waits for provisioning, with a token for who gets it.
async fn hand_over(
    app: &Arc<App>,
    claimant: &Claimant,
    pending: Pending,
    operation: &str,
    now: Timestamp,
) -> Result<serde_json::Map<String, Value>, Rejected> {
    let now_ms = now.millis();
    let (id, pem) = (pending.id().to_owned(), pending.pem().to_owned());
    let token = ownership::Token::new(&id)
        .ok_or_else(|| Rejected::new(500, "InternalError", "the system gives no random numbers"))?;
    let text = token.text.clone();
    let expires_ms = now_ms.saturating_add(app.quotas.provisioning_token_ms);
    let work = move |store: &Writer<'_>| -> Result<(), Rejected> {
        pending.insert(store, now_ms)?;
        Ok(token.keep(store, expires_ms)?)
    };
    app.store.write(&claimant.scope, claimant.actor(operation, now_ms), work).await?;
    Ok(serde_json::Map::from_iter([
        ("certificateId".to_owned(), Value::from(id)),
        ("certificateOwnershipToken".to_owned(), Value::from(text.as_str())),
        ("certificatePem".to_owned(), Value::from(pem)),
    ]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    #[serde(default)]
    certificate_ownership_token: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// What a request is about, as it is now.
struct Found {
    template: ProvisioningTemplate,
    body: Template,
    certificate: Certificate,
}

async fn register(
    app: &Arc<App>,
    template: &str,
    claimant: &Claimant,
    request: Value,
) -> Result<Value, Rejected> {
    let request: Registration = serde_json::from_value(request).map_err(|_| invalid_payload())?;
    if let Some(name) = request.parameters.keys().find(|name| name.starts_with(PSEUDO_PREFIX)) {
        let message = format!("parameter `{name}` is what the server knows, not the device");
        return Err(Rejected::new(400, "InvalidParameters", message));
    }
    let now_ms = clock::now_precise().millis();
    let found = app.store.read(&claimant.scope, |store| find(store, template, &request, now_ms))?;
    let given =
        |(name, text): (&String, &String)| (name.clone(), Given { text: text.clone(), by_device: true });
    let mut parameters: Parameters = request.parameters.iter().map(given).collect();
    if let Some(hook) = &found.template.hook {
        let event = claimant.event(&found, &request.parameters);
        let overrides = hook::ask(app, &hook.target_arn, &event).await.map_err(|why| {
            tracing::warn!(template, function = hook.target_arn, why, "a device is not provisioned");
            Rejected::denied()
        })?;
        let given = |(name, text)| (name, Given { text, by_device: false });
        parameters.extend(overrides.into_iter().map(given));
    }
    let now_ms = clock::now_precise().millis();
    let (work_app, scope, template) = (Arc::clone(app), claimant.scope.clone(), template.to_owned());
    let work = move |store: &Writer<'_>| -> Result<Value, Rejected> {
        // Since the function was asked, the token may have been used and the template changed.
        let Found { template, body, certificate } = find(store, &template, &request, now_ms)?;
        parameters.extend(known_of(&certificate)?);
        let source = provisioning_template(&scope, &template.name);
        let caller = role::assume(store, &template.role_arn, &source)?;
        // Told apart from what is the operator's fault.
        body.plan(&parameters)?;
        let provisioner =
            Provisioner { app: &work_app, scope: &scope, caller: &caller, writer: store, now_ms };
        let made = provisioner.provision(&body, &parameters, Some(&certificate.id))?;
        ownership::use_up(store, &certificate.id)?;
        let mut answer = json!({"deviceConfiguration": made.device_configuration});
        if let (Value::Object(members), Some(name)) = (&mut answer, made.thing_name) {
            members.insert("thingName".to_owned(), name.into());
        }
        Ok(answer)
    };
    app.store.write(&claimant.scope, claimant.actor("RegisterThing", now_ms), work).await
}

fn find(store: &Reader<'_>, template: &str, request: &Registration, now_ms: i64) -> Result<Found, Rejected> {
    let token = &request.certificate_ownership_token;
    if token.is_empty() {
        return Err(invalid_token("Certificate ownership token cannot be empty."));
    }
    let id = ownership::certificate_of(store, token, now_ms)?
        .ok_or_else(|| invalid_token("the token is not one, has expired or was used"))?;
    let certificate =
        store.get::<Certificate>(&id)?.ok_or_else(|| invalid_token("its certificate is gone"))?;
    let found = store.get::<ProvisioningTemplate>(template)?;
    let Some(template) = found.filter(|found| found.enabled && found.kind == "FLEET_PROVISIONING") else {
        return Err(Rejected::denied());
    };
    let body = body_of(store, &template)?;
    Ok(Found { template, body, certificate })
}

/// The body that is in force.
pub(super) fn body_of(store: &Reader<'_>, template: &ProvisioningTemplate) -> Result<Template, ApiError> {
    let id = ProvisioningTemplateVersion::id_of(&template.name, template.default_version);
    let version = store.require::<ProvisioningTemplateVersion>(&id)?;
    Ok(Template::parse(&version.body)?)
}

impl Claimant {
    fn actor(&self, operation: &str, now_ms: i64) -> Actor {
        Actor {
            principal: self.principal.to_string(),
            operation: format!("broker:{operation}"),
            request_id: String::new(),
            source_ip: Some(self.source_ip.clone()),
            at_ms: now_ms,
        }
    }

    /// What the function is asked with.
    fn event(&self, found: &Found, parameters: &BTreeMap<String, String>) -> Value {
        json!({
            "claimCertificateId": self.has_certificate.then_some(&*self.principal),
            "certificateId": found.certificate.id,
            "certificatePem": found.certificate.pem,
            "templateArn": provisioning_template(&self.scope, &found.template.name),
            "clientId": &*self.client_id,
            "parameters": parameters,
        })
    }
}

fn invalid_payload() -> Rejected {
    Rejected::new(400, "InvalidPayload", "the payload cannot be read, or lacks what the request needs")
}

fn invalid_token(message: &str) -> Rejected {
    Rejected::new(400, "InvalidCertificateOwnershipToken", message)
}
