//! Suppressions: findings that somebody accepts, for a time or for ever.

use thingwarden_store::records::AuditSuppression;
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    AuditSuppression as Shown, CreateAuditSuppressionInput, DeleteAuditSuppressionInput,
    DescribeAuditSuppressionInput, DescribeAuditSuppressionOutput, ListAuditSuppressionsInput,
    ListAuditSuppressionsOutput, ResourceIdentifier, UpdateAuditSuppressionInput,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::audit_checks::known;
use super::audit_findings::identifier;
use super::audit_tasks::PAGE;
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::storable;
use crate::audits::resources::{Meant, meant, member};

/// Suppressions of an account in a region. AWS names no number; every audit holds them all in memory.
const SUPPRESSIONS_MAX: u64 = 10_000;

/// The same request again, known by its token, succeeds.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateAuditSuppressionInput,
) -> Result<Empty, ApiError> {
    let key = key(cx, &input.check_name, &input.resource_identifier)?;
    let new = AuditSuppression {
        expires_ms: expiry(input.expiration_date, input.suppress_indefinitely)?,
        check: input.check_name,
        resource_key: key,
        identifier: storable(&input.resource_identifier)?,
        description: input.description,
        token: input.client_request_token,
        created_ms: cx.now_ms,
    };
    if let Some(found) =
        store.get::<AuditSuppression>(&AuditSuppression::id_of(&new.check, &new.resource_key))?
    {
        let again = AuditSuppression { created_ms: found.created_ms, ..new.clone() };
        if found == again {
            return Ok(Empty {});
        }
        let message = format!("findings of `{}` on this resource are suppressed already", new.check);
        return Err(ApiError::new(Code::ResourceAlreadyExistsException, message));
    }
    if store.count::<AuditSuppression>(&[Filter::eq("token", new.token.as_str())])? > 0 {
        let message = "another suppression was made with this `clientRequestToken`";
        return Err(ApiError::new(Code::ResourceAlreadyExistsException, message));
    }
    refuse_past(cx, new.expires_ms)?;
    if store.count::<AuditSuppression>(&[])? >= SUPPRESSIONS_MAX {
        return Err(ApiError::limit(format!(
            "there are {SUPPRESSIONS_MAX} suppressions, as many as there may be"
        )));
    }
    store.insert(&new)?;
    Ok(Empty {})
}

/// Members that are not given stay as they are.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateAuditSuppressionInput,
) -> Result<Empty, ApiError> {
    let mut suppression = require(cx, store, &input.check_name, &input.resource_identifier)?;
    match (input.expiration_date, input.suppress_indefinitely) {
        (None, None) => {}
        (None, Some(false)) if suppression.expires_ms.is_some() => {}
        (date, indefinitely) => {
            suppression.expires_ms = expiry(date, indefinitely)?;
            refuse_past(cx, suppression.expires_ms)?;
        }
    }
    suppression.description = input.description.or(suppression.description);
    store.update(&suppression)?;
    Ok(Empty {})
}

/// What is not there counts as deleted: the operation lists no error for it.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteAuditSuppressionInput,
) -> Result<Empty, ApiError> {
    let key = key(cx, &input.check_name, &input.resource_identifier)?;
    store.delete::<AuditSuppression>(&AuditSuppression::id_of(&input.check_name, &key))?;
    Ok(Empty {})
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeAuditSuppressionInput,
) -> Result<DescribeAuditSuppressionOutput, ApiError> {
    let shown = shown(require(cx, store, &input.check_name, &input.resource_identifier)?)?;
    Ok(DescribeAuditSuppressionOutput {
        check_name: Some(shown.check_name),
        description: shown.description,
        expiration_date: shown.expiration_date,
        resource_identifier: Some(shown.resource_identifier),
        suppress_indefinitely: shown.suppress_indefinitely,
    })
}

/// By expiration, those without end last, unless the other order is asked for.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuditSuppressionsInput,
) -> Result<ListAuditSuppressionsOutput, ApiError> {
    let mut filters = vec![];
    if let Some(check) = &input.check_name {
        filters.push(Filter::eq("check_name", known(check)?.name));
    }
    let resource = match &input.resource_identifier {
        None => None,
        Some(identifier) => Some(meant(identifier).map_err(ApiError::invalid)?),
    };
    filters.extend(resource.as_ref().map(Meant::filter));
    let descending = input.ascending_order == Some(false);
    let query = Query { order: Order::By("expires_ms"), descending, ..Query::all(&filters) };
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::list::<AuditSuppression>(cx, store, asked, &query)?;
    let suppressions = page.items.into_iter().map(shown).collect::<Result<_, ApiError>>()?;
    Ok(ListAuditSuppressionsOutput { next_token: page.next_token, suppressions })
}

/// The key of a resource that the check can report.
fn key(cx: &Cx, check: &str, given: &ResourceIdentifier) -> Result<String, ApiError> {
    let check = known(check)?;
    let meant = meant(given).map_err(ApiError::invalid)?;
    if meant.resource_type != check.resource_type {
        let member = member(check.resource_type);
        return Err(ApiError::invalid(format!("findings of `{}` are about a `{member}`", check.name)));
    }
    if !meant.complete {
        return Err(ApiError::invalid("`policyVersionIdentifier` needs `policyVersionId`"));
    }
    if given.account.as_ref().is_some_and(|account| **account != *cx.scope.account) {
        return Err(ApiError::invalid("`account` is not the account of the caller"));
    }
    Ok(meant.key)
}

/// The moment of the end, or none for ever: exactly one of both must be said.
fn expiry(date: Option<Timestamp>, indefinitely: Option<bool>) -> Result<Option<i64>, ApiError> {
    match (date, indefinitely.unwrap_or(false)) {
        (Some(date), false) => Ok(Some(date.epoch_ms)),
        (None, true) => Ok(None),
        (Some(_), true) => {
            Err(ApiError::invalid("give either `expirationDate` or `suppressIndefinitely`, and not both"))
        }
        (None, false) => Err(ApiError::invalid("give `expirationDate`, or set `suppressIndefinitely`")),
    }
}

fn refuse_past(cx: &Cx, expires_ms: Option<i64>) -> Result<(), ApiError> {
    match expires_ms {
        Some(expires_ms) if expires_ms <= cx.now_ms => Err(ApiError::invalid("`expirationDate` has passed")),
        _ => Ok(()),
    }
}

fn require(
    cx: &Cx,
    store: &Reader<'_>,
    check: &str,
    identifier: &ResourceIdentifier,
) -> Result<AuditSuppression, ApiError> {
    let key = key(cx, check, identifier)?;
    store.get(&AuditSuppression::id_of(check, &key))?.ok_or_else(|| {
        let message = format!("findings of `{check}` on this resource are not suppressed");
        ApiError::new(Code::ResourceNotFoundException, message)
    })
}

fn shown(suppression: AuditSuppression) -> Result<Shown, ApiError> {
    Ok(Shown {
        check_name: suppression.check,
        description: suppression.description,
        expiration_date: suppression.expires_ms.map(Timestamp::from_epoch_ms),
        resource_identifier: identifier(suppression.identifier)?,
        suppress_indefinitely: Some(suppression.expires_ms.is_none()),
    })
}

#[cfg(test)]
mod tests;
