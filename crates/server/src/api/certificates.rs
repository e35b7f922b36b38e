//! Device certificates: made, registered, shown, changed, deleted.

use thingwarden_engine::pki::{Certificate as Parsed, CertificateFacts};
use thingwarden_engine::time::Timestamp as Moment;
use thingwarden_store::records::{
    CaCertificate, Certificate, IndexedFacts, PolicyAttachment, ThingPrincipal,
};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    self, CACertificateStatus, CertificateDescription, CertificateMode, CertificateStatus,
    CertificateValidity, CreateCertificateFromCsrInput, CreateCertificateFromCsrOutput,
    CreateKeysAndCertificateInput, CreateKeysAndCertificateOutput, DeleteCertificateInput,
    DescribeCertificateInput, DescribeCertificateOutput, KeyPair, ListCertificatesByCAInput,
    ListCertificatesByCAOutput, ListCertificatesInput, ListCertificatesOutput, RegisterCertificateInput,
    RegisterCertificateOutput, RegisterCertificateWithoutCAInput, RegisterCertificateWithoutCAOutput,
    TransferData, UpdateCertificateInput,
};
use thingwarden_wire::{Code, Empty, Secret, Timestamp, WireError};

use super::cx::{App, Cx};
use super::error::ApiError;
use super::paging::{self, Asked, Listing};
use super::policies;
use crate::pki::{self, RegisteredCa};

/// Results on a page if nobody says.
pub(super) const PAGE: usize = policies::PAGE;

/// The private key is in the answer and nowhere else.
pub(super) fn create_keys(
    cx: &Cx,
    input: CreateKeysAndCertificateInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<CreateKeysAndCertificateOutput, ApiError> + use<>, ApiError>
{
    let now = Moment::from_millis(cx.now_ms);
    let made = cx.app.issuing.generate_keys_and_certificate(cx.app.key_type, now, None)?;
    let new = New::issued(cx, made.certificate.pem, input.set_as_active)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let certificate = new.insert(store, cx.now_ms)?;
        Ok(CreateKeysAndCertificateOutput {
            certificate_arn: Some(arn(cx, &certificate.id)),
            certificate_id: Some(certificate.id),
            certificate_pem: Some(certificate.pem),
            key_pair: Some(KeyPair {
                private_key: Some(Secret(made.private_key_pem.to_string())),
                public_key: Some(made.public_key_pem),
            }),
        })
    })
}

/// Each request makes another certificate, also for the same key.
pub(super) fn create_from_csr(
    cx: &Cx,
    input: CreateCertificateFromCsrInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<CreateCertificateFromCsrOutput, ApiError> + use<>, ApiError>
{
    let now = Moment::from_millis(cx.now_ms);
    let issued = cx.app.issuing.issue_from_csr(&input.certificate_signing_request, now)?;
    let new = New::issued(cx, issued.pem, input.set_as_active)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let certificate = new.insert(store, cx.now_ms)?;
        Ok(CreateCertificateFromCsrOutput {
            certificate_arn: Some(arn(cx, &certificate.id)),
            certificate_id: Some(certificate.id),
            certificate_pem: Some(certificate.pem),
        })
    })
}

/// The signing CA is a registered one, whose mode the certificate gets, or the server's own authority.
pub(super) fn register(
    cx: &Cx,
    input: RegisterCertificateInput,
) -> Result<impl FnOnce(&Cx, &Writer<'_>) -> Result<RegisterCertificateOutput, ApiError> + use<>, ApiError> {
    let status = pki::registration_status(input.set_as_active, input.status)?;
    let (new, parsed) = New::given(&cx.app, input.certificate_pem, status)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        new.refuse_duplicate(store)?;
        let registered = store.all::<CaCertificate>(&[Filter::eq("subject", new.facts.issuer.as_str())])?;
        let own = &cx.app.issuing;
        let own_id = own.certificate().id.to_string();
        let mut candidates: Vec<RegisteredCa<'_>> = vec![];
        for ca in &registered {
            candidates.push(RegisteredCa {
                pem: &ca.pem,
                active: ca.status == CACertificateStatus::Active.as_str(),
            });
        }
        if registered.iter().all(|ca| ca.id != own_id) {
            candidates.push(RegisteredCa { pem: own.pem(), active: true });
        }
        let id = pki::signing_ca(&parsed, input.ca_certificate_pem.as_deref(), &candidates)?.to_string();
        let new = match registered.into_iter().find(|ca| ca.id == id) {
            Some(ca) => New { mode: mode_of(&ca), ca_id: Some(id), ..new },
            None => new,
        };
        let certificate = new.insert(store, cx.now_ms)?;
        Ok(RegisterCertificateOutput {
            certificate_arn: Some(arn(cx, &certificate.id)),
            certificate_id: Some(certificate.id),
        })
    })
}

pub(super) fn register_without_ca(
    cx: &Cx,
    input: RegisterCertificateWithoutCAInput,
) -> Result<
    impl FnOnce(&Cx, &Writer<'_>) -> Result<RegisterCertificateWithoutCAOutput, ApiError> + use<>,
    ApiError,
> {
    let status = pki::registration_status(None, input.status)?;
    let (new, _) = New::given(&cx.app, input.certificate_pem, status)?;
    Ok(move |cx: &Cx, store: &Writer<'_>| {
        let certificate = New { mode: CertificateMode::SniOnly, ..new }.insert(store, cx.now_ms)?;
        Ok(RegisterCertificateWithoutCAOutput {
            certificate_arn: Some(arn(cx, &certificate.id)),
            certificate_id: Some(certificate.id),
        })
    })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeCertificateInput,
) -> Result<DescribeCertificateOutput, ApiError> {
    let certificate = require(store, &input.certificate_id)?;
    let moment = |ms| Some(Timestamp::from_epoch_ms(ms));
    let transfer_data = certificate.transfer.map(|transfer| TransferData {
        accept_date: transfer.accepted_ms.map(Timestamp::from_epoch_ms),
        reject_date: transfer.rejected_ms.map(Timestamp::from_epoch_ms),
        reject_reason: transfer.reject_reason,
        transfer_date: moment(transfer.at_ms),
        transfer_message: transfer.message,
    });
    let description = CertificateDescription {
        ca_certificate_id: certificate.ca_id,
        certificate_arn: Some(arn(cx, &certificate.id)),
        certificate_id: Some(certificate.id),
        certificate_mode: CertificateMode::parse(&certificate.mode),
        certificate_pem: Some(certificate.pem),
        creation_date: moment(certificate.created_ms),
        customer_version: Some(i32::try_from(certificate.customer_version).unwrap_or(i32::MAX)),
        generation_id: Some(certificate.generation_id),
        last_modified_date: moment(certificate.modified_ms),
        owned_by: Some(cx.scope.account.to_string()),
        previous_owned_by: certificate.previous_owner,
        status: CertificateStatus::parse(&certificate.status),
        transfer_data,
        validity: Some(validity(&certificate.facts)),
    };
    Ok(DescribeCertificateOutput { certificate_description: Some(description) })
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListCertificatesInput,
) -> Result<ListCertificatesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let page = page(cx, store, asked, input.ascending_order, &[])?;
    Ok(ListCertificatesOutput { certificates: page.items, next_marker: page.next_token })
}

/// Of a CA that is not registered there are none.
pub(super) fn list_by_ca(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListCertificatesByCAInput,
) -> Result<ListCertificatesByCAOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let of_ca = [Filter::eq("ca_id", input.ca_certificate_id.to_ascii_lowercase())];
    let page = page(cx, store, asked, input.ascending_order, &of_ca)?;
    Ok(ListCertificatesByCAOutput { certificates: page.items, next_marker: page.next_token })
}

/// Some statuses are AWS's own to give, and a revoked certificate stays revoked (AWS IoT guide, "Revoke a client
/// certificate").
pub(super) fn update(cx: &Cx, store: &Writer<'_>, input: UpdateCertificateInput) -> Result<Empty, ApiError> {
    let status = input.new_status;
    if !matches!(status, CertificateStatus::Active | CertificateStatus::Inactive | CertificateStatus::Revoked)
    {
        let message = format!("status {status} cannot be set: ACTIVE, INACTIVE and REVOKED can");
        return Err(ApiError::invalid(message));
    }
    let mut certificate = require(store, &input.certificate_id)?;
    if certificate.status == status.as_str() {
        return Ok(Empty {});
    }
    if certificate.in_transfer() || certificate.status == CertificateStatus::Revoked.as_str() {
        return Err(state(format!("a certificate that is {} cannot become {status}", certificate.status)));
    }
    set_status(cx, &mut certificate, status);
    change(cx, store, certificate)
}

/// `forceDelete` detaches policies. Things have to be detached first in any case.
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteCertificateInput) -> Result<Empty, ApiError> {
    let certificate = require(store, &input.certificate_id)?;
    let arn = arn(cx, &certificate.id);
    if certificate.status == CertificateStatus::Active.as_str() {
        let message = "Certificate must be deactivated (not ACTIVE) before deletion.";
        return Err(state(format!("{message} (arn: {arn})")));
    }
    if certificate.in_transfer() {
        return Err(state("a certificate that is being transferred cannot be deleted"));
    }
    let conflict = |what: &str| {
        ApiError::new(
            Code::DeleteConflictException,
            format!("{what} must be detached before deletion (arn: {arn})"),
        )
    };
    if has_things(store, &arn)? {
        return Err(conflict("Things"));
    }
    let attached = attachments(store, &arn)?;
    if !attached.is_empty() && input.force_delete != Some(true) {
        return Err(conflict("Certificate policies"));
    }
    for attachment in attached {
        store.delete::<PolicyAttachment>(&PolicyAttachment::id_of(&attachment.policy, &attachment.target))?;
    }
    store.delete::<Certificate>(&certificate.id)?;
    Ok(Empty {})
}

pub(super) fn arn(cx: &Cx, id: &str) -> String {
    cx.arn(&format!("cert/{id}"))
}

/// The certificate, or the error that says that there is none. Ids are hex in any case.
pub(super) fn require(store: &Reader<'_>, id: &str) -> Result<Certificate, ApiError> {
    let id = id.to_ascii_lowercase();
    store.get(&id)?.ok_or_else(|| ApiError::not_found("certificate", &id))
}

pub(super) fn has_things(store: &Reader<'_>, arn: &str) -> Result<bool, ApiError> {
    Ok(store.count::<ThingPrincipal>(&[Filter::eq("principal", arn)])? > 0)
}

pub(super) fn attachments(store: &Reader<'_>, arn: &str) -> Result<Vec<PolicyAttachment>, ApiError> {
    Ok(store.all::<PolicyAttachment>(&[Filter::eq("target", arn)])?)
}

/// The certificate is not in a state in which that can be done.
pub(super) fn state(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::CertificateStateException, message)
}

pub(super) fn set_status(cx: &Cx, certificate: &mut Certificate, status: CertificateStatus) {
    if status == CertificateStatus::Active {
        certificate.activated_ms = Some(cx.now_ms);
    }
    status.as_str().clone_into(&mut certificate.status);
}

/// Keeps a changed certificate.
pub(super) fn change(cx: &Cx, store: &Writer<'_>, certificate: Certificate) -> Result<Empty, ApiError> {
    store.update(&changed(cx, certificate)?)?;
    Ok(Empty {})
}

pub(super) fn changed(cx: &Cx, certificate: Certificate) -> Result<Certificate, ApiError> {
    Ok(Certificate {
        customer_version: certificate.customer_version + 1,
        generation_id: super::new_uuid()?,
        modified_ms: cx.now_ms,
        ..certificate
    })
}

pub(super) fn validity(facts: &IndexedFacts) -> CertificateValidity {
    CertificateValidity {
        not_after: Some(Timestamp::from_epoch_ms(facts.not_after_ms)),
        not_before: Some(Timestamp::from_epoch_ms(facts.not_before_ms)),
    }
}

/// That a certificate is there already, under this id and ARN.
pub(super) fn duplicate(id: &str, arn: &str) -> ApiError {
    let message = "The certificate is already provisioned or registered";
    WireError::new(Code::ResourceAlreadyExistsException, message).with_resource(id, arn).into()
}

fn mode_of(ca: &CaCertificate) -> CertificateMode {
    CertificateMode::parse(&ca.mode).unwrap_or(CertificateMode::Default)
}

fn page(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    ascending: Option<bool>,
    filters: &[Filter<'_>],
) -> Result<Listing<types::Certificate>, ApiError> {
    let query = Query { descending: !ascending.unwrap_or(false), ..Query::all(filters) };
    let page = paging::list::<Certificate>(cx, store, asked, &query)?;
    let listed = page.items.into_iter().map(|certificate| types::Certificate {
        certificate_arn: Some(arn(cx, &certificate.id)),
        certificate_id: Some(certificate.id),
        certificate_mode: CertificateMode::parse(&certificate.mode),
        creation_date: Some(Timestamp::from_epoch_ms(certificate.created_ms)),
        status: CertificateStatus::parse(&certificate.status),
    });
    Ok(Listing { items: listed.collect(), next_token: page.next_token })
}

/// A certificate on its way into the store.
struct New {
    id: String,
    pem: String,
    facts: IndexedFacts,
    status: CertificateStatus,
    mode: CertificateMode,
    ca_id: Option<String>,
}

impl New {
    /// One that the server issued.
    fn issued(cx: &Cx, pem: String, set_as_active: Option<bool>) -> Result<Self, ApiError> {
        let status = pki::registration_status(set_as_active, None)?;
        Ok(Self::given(&cx.app, pem, status)?.0)
    }

    /// One that somebody hands in, as it will be if there is no CA.
    fn given(app: &App, pem: String, status: CertificateStatus) -> Result<(Self, Parsed), ApiError> {
        let parsed = pki::read_device_certificate(&pem)?;
        let facts = IndexedFacts::of_device(&CertificateFacts::of(&parsed, &app.key_checker));
        let id = parsed.id.to_string();
        Ok((Self { id, pem, facts, status, mode: CertificateMode::Default, ca_id: None }, parsed))
    }

    fn refuse_duplicate(&self, store: &Reader<'_>) -> Result<(), ApiError> {
        if store.exists::<Certificate>(&self.id)? {
            let arn = super::arn::iot(store.scope(), &format!("cert/{}", self.id));
            return Err(duplicate(&self.id, &arn));
        }
        Ok(())
    }

    fn insert(self, store: &Writer<'_>, now_ms: i64) -> Result<Certificate, ApiError> {
        self.refuse_duplicate(store)?;
        let certificate = Certificate {
            id: self.id,
            pem: self.pem,
            status: self.status.as_str().to_owned(),
            mode: self.mode.as_str().to_owned(),
            ca_id: self.ca_id,
            previous_owner: None,
            customer_version: 1,
            generation_id: super::new_uuid()?,
            created_ms: now_ms,
            modified_ms: now_ms,
            activated_ms: (self.status == CertificateStatus::Active).then_some(now_ms),
            transfer: None,
            facts: self.facts,
        };
        store.insert(&certificate)?;
        Ok(certificate)
    }
}

/// A certificate that will wait in `PENDING_ACTIVATION` until its device is provisioned. Nobody's rights are asked for it: the
/// server has issued it, or has verified who signed it.
pub(crate) struct Pending(New);

impl Pending {
    /// `ca` is the registered CA that signed it, if it is one of those.
    ///
    /// # Errors
    /// When it is none that is registered.
    pub(crate) fn new(app: &App, pem: String, ca: Option<&CaCertificate>) -> Result<Self, ApiError> {
        let (new, _) = New::given(app, pem, CertificateStatus::PendingActivation)?;
        Ok(Self(match ca {
            Some(ca) => New { mode: mode_of(ca), ca_id: Some(ca.id.clone()), ..new },
            None => new,
        }))
    }

    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    pub(crate) fn pem(&self) -> &str {
        &self.0.pem
    }

    /// # Errors
    /// When it is registered already, or the store fails.
    pub(crate) fn insert(self, store: &Writer<'_>, now_ms: i64) -> Result<Certificate, ApiError> {
        self.0.insert(store, now_ms)
    }
}

#[cfg(test)]
pub(super) mod tests;
