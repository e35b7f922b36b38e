//! Transfers of certificates from one account of the server to another, within a region.
//!
//! While a transfer is pending, the certificate is `PENDING_TRANSFER` in both accounts: the sender can take it back, the
//! receiver finds it with ListCertificates and decides. Then one of the two is left.

use thingwarden_store::records::{Certificate, Transfer};
use thingwarden_store::{Filter, Query, Reader, Scope, Writer};
use thingwarden_wire::types::{
    AcceptCertificateTransferInput, CancelCertificateTransferInput, CertificateStatus,
    ListOutgoingCertificatesInput, ListOutgoingCertificatesOutput, OutgoingCertificate,
    RejectCertificateTransferInput, TransferCertificateInput, TransferCertificateOutput,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::arn;
use super::certificates::{self, change, changed, require, set_status, state};
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};

/// The certificate must be `INACTIVE` and attached to nothing.
pub(super) fn transfer(
    cx: &Cx,
    store: &Writer<'_>,
    input: TransferCertificateInput,
) -> Result<TransferCertificateOutput, ApiError> {
    let mut certificate = require(store, &input.certificate_id)?;
    let to = input.target_aws_account;
    if to == *cx.scope.account {
        return Err(ApiError::invalid("the certificate is in the target account already"));
    }
    if !cx.app.accounts.contains(&to) {
        return Err(ApiError::invalid(format!("account `{to}` is not on this server")));
    }
    if certificate.status != CertificateStatus::Inactive.as_str() {
        return Err(state(format!(
            "a certificate that is {} cannot be transferred: it must be INACTIVE",
            certificate.status
        )));
    }
    let own_arn = certificates::arn(cx, &certificate.id);
    let conflict = |message: &str| ApiError::new(Code::TransferConflictException, message);
    if !certificates::attachments(store, &own_arn)?.is_empty() {
        return Err(conflict("policies are attached to the certificate: detach them first"));
    }
    if certificates::has_things(store, &own_arn)? {
        return Err(conflict("things are attached to the certificate: detach them first"));
    }
    let target = Scope::new(&to, &cx.scope.region);
    let receiver = store.write_in_scope(&target)?;
    if receiver.exists::<Certificate>(&certificate.id)? {
        return Err(conflict("the target account has registered the certificate by itself"));
    }
    let transfer = Transfer { to, message: input.transfer_message, at_ms: cx.now_ms, ..Transfer::default() };
    CertificateStatus::PendingTransfer.as_str().clone_into(&mut certificate.status);
    certificate.transfer = Some(transfer.clone());
    receiver.insert(&Certificate {
        previous_owner: Some(cx.scope.account.to_string()),
        transfer: Some(Transfer { incoming: true, ..transfer }),
        customer_version: 1,
        generation_id: super::new_uuid()?,
        modified_ms: cx.now_ms,
        ..certificate.clone()
    })?;
    let transferred = arn::iot(&target, &format!("cert/{}", certificate.id));
    change(cx, store, certificate)?;
    Ok(TransferCertificateOutput { transferred_certificate_arn: Some(transferred) })
}

pub(super) fn accept(
    cx: &Cx,
    store: &Writer<'_>,
    input: AcceptCertificateTransferInput,
) -> Result<Empty, ApiError> {
    let (mut certificate, mut transfer, sender) = incoming(cx, store, &input.certificate_id)?;
    store.write_in_scope(&sender)?.delete::<Certificate>(&certificate.id)?;
    transfer.accepted_ms = Some(cx.now_ms);
    certificate.transfer = Some(transfer);
    let active = input.set_as_active.unwrap_or(false);
    let status = if active { CertificateStatus::Active } else { CertificateStatus::Inactive };
    set_status(cx, &mut certificate, status);
    change(cx, store, certificate)
}

pub(super) fn reject(
    cx: &Cx,
    store: &Writer<'_>,
    input: RejectCertificateTransferInput,
) -> Result<Empty, ApiError> {
    let (certificate, transfer, sender) = incoming(cx, store, &input.certificate_id)?;
    store.delete::<Certificate>(&certificate.id)?;
    let sender = store.write_in_scope(&sender)?;
    let mut returned = require(&sender, &certificate.id)?;
    set_status(cx, &mut returned, CertificateStatus::Inactive);
    returned.transfer = Some(Transfer {
        incoming: false,
        reject_reason: input.reject_reason,
        rejected_ms: Some(cx.now_ms),
        ..transfer
    });
    sender.update(&changed(cx, returned)?)?;
    Ok(Empty {})
}

pub(super) fn cancel(
    cx: &Cx,
    store: &Writer<'_>,
    input: CancelCertificateTransferInput,
) -> Result<Empty, ApiError> {
    let mut certificate = match require(store, &input.certificate_id) {
        Ok(certificate) => certificate,
        Err(_) if was_accepted(cx, store, &input.certificate_id)? => return Err(completed()),
        Err(error) => return Err(error),
    };
    let to = match &certificate.transfer {
        Some(transfer) if certificate.in_transfer() && !transfer.incoming => transfer.to.clone(),
        Some(transfer) if transfer.rejected_ms.is_some() => return Err(completed()),
        _ => return Err(ApiError::invalid("the certificate is not on its way to another account")),
    };
    let receiver = store.write_in_scope(&Scope::new(&to, &cx.scope.region))?;
    receiver.delete::<Certificate>(&certificate.id)?;
    certificate.transfer = None;
    set_status(cx, &mut certificate, CertificateStatus::Inactive);
    change(cx, store, certificate)
}

pub(super) fn list_outgoing(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListOutgoingCertificatesInput,
) -> Result<ListOutgoingCertificatesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: certificates::PAGE };
    let outgoing = [Filter::eq("outgoing", true)];
    let descending = !input.ascending_order.unwrap_or(false);
    let page = paging::list::<Certificate>(cx, store, asked, &Query { descending, ..Query::all(&outgoing) })?;
    let listed = page.items.into_iter().map(|certificate| {
        let transfer = certificate.transfer.unwrap_or_default();
        OutgoingCertificate {
            certificate_arn: Some(certificates::arn(cx, &certificate.id)),
            certificate_id: Some(certificate.id),
            creation_date: Some(Timestamp::from_epoch_ms(certificate.created_ms)),
            transfer_date: Some(Timestamp::from_epoch_ms(transfer.at_ms)),
            transfer_message: transfer.message,
            transferred_to: Some(transfer.to),
        }
    });
    Ok(ListOutgoingCertificatesOutput {
        next_marker: page.next_token,
        outgoing_certificates: listed.collect(),
    })
}

/// A certificate that waits for this account's decision, its transfer, and where it comes from.
fn incoming(cx: &Cx, store: &Reader<'_>, id: &str) -> Result<(Certificate, Transfer, Scope), ApiError> {
    let certificate = require(store, id)?;
    match (&certificate.transfer, &certificate.previous_owner) {
        (Some(transfer), Some(sender)) if certificate.in_transfer() && transfer.incoming => {
            let (transfer, sender) = (transfer.clone(), Scope::new(sender, &cx.scope.region));
            Ok((certificate, transfer, sender))
        }
        (Some(transfer), _) if transfer.accepted_ms.is_some() => Err(completed()),
        _ => Err(ApiError::invalid("the certificate is not on its way to this account")),
    }
}

/// Whether another account took a certificate over from this one.
fn was_accepted(cx: &Cx, store: &Reader<'_>, id: &str) -> Result<bool, ApiError> {
    for account in &*cx.app.accounts {
        let scope = Scope::new(account, &cx.scope.region);
        let found = store.in_scope(&scope)?.get::<Certificate>(&id.to_ascii_lowercase())?;
        let is_ours = |found: Certificate| found.previous_owner.as_deref() == Some(&*cx.scope.account);
        if found.is_some_and(is_ours) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn completed() -> ApiError {
    ApiError::new(Code::TransferAlreadyCompletedException, "the transfer is already complete")
}

#[cfg(test)]
mod tests;
