//! Findings of audits.

use thingwarden_engine::audit::ResourceType;
use thingwarden_store::records::{AuditTask, AuditedResource};
use thingwarden_store::{Reader, StoreError};
use thingwarden_wire::Timestamp;
use thingwarden_wire::types::{
    self, AuditFinding, AuditFindingSeverity, DescribeAuditFindingInput, DescribeAuditFindingOutput,
    ListAuditFindingsInput, ListAuditFindingsOutput, ListRelatedResourcesForAuditFindingInput,
    ListRelatedResourcesForAuditFindingOutput, NonCompliantResource, RelatedResource, ResourceIdentifier,
};

use super::audit_checks::known;
use super::audit_tasks::PAGE;
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::shown;
use crate::audits::findings::{self, RunFinding, Wanted, When};
use crate::audits::resources::meant;

/// Related resources that a finding itself shows (DescribeAuditFinding).
const RELATED_SHOWN_MAX: usize = 10;

pub(super) fn describe(
    _: &Cx,
    store: &Reader<'_>,
    input: DescribeAuditFindingInput,
) -> Result<DescribeAuditFindingOutput, ApiError> {
    let record = require(store, &input.finding_id)?;
    Ok(DescribeAuditFindingOutput { finding: Some(finding(record)?) })
}

/// Of one task as they were found, or of a time.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuditFindingsInput,
) -> Result<ListAuditFindingsOutput, ApiError> {
    let when = match (&input.task_id, input.start_time, input.end_time) {
        (Some(task), None, None) => {
            if !store.exists::<AuditTask>(task)? {
                return Err(ApiError::invalid(format!("audit task `{task}` does not exist")));
            }
            When::Task(task)
        }
        (None, Some(start), Some(end)) => {
            if start > end {
                return Err(ApiError::invalid("`startTime` is after `endTime`"));
            }
            When::Time { from_ms: start.epoch_ms, to_ms: end.epoch_ms }
        }
        _ => {
            let message = "give either `taskId`, or `startTime` and `endTime`, and not both";
            return Err(ApiError::invalid(message));
        }
    };
    let check = input.check_name.as_deref().map(known).transpose()?;
    let resource = match &input.resource_identifier {
        None => None,
        Some(identifier) => Some(meant(identifier).map_err(ApiError::invalid)?),
    };
    let wanted = Wanted {
        when,
        check: check.map(|check| check.name),
        resource: resource.as_ref(),
        suppressed: input.list_suppressed_findings,
    };
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::listed(cx, asked, &format!("{wanted:?}"), |after, limit| {
        findings::list(store, &wanted, after.as_ref(), limit)
    })?;
    let findings = page.items.into_iter().map(finding).collect::<Result<_, ApiError>>()?;
    Ok(ListAuditFindingsOutput { findings, next_token: page.next_token })
}

pub(super) fn list_related(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListRelatedResourcesForAuditFindingInput,
) -> Result<ListRelatedResourcesForAuditFindingOutput, ApiError> {
    let record = require(store, &input.finding_id)?;
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    // They never change, so their numbers, in equal length, are places that stay right.
    let numbers = (0..record.related.len()).map(|number| format!("{number:08}")).collect();
    let page = paging::slice(cx, asked, &record.id, numbers)?;
    let chosen = page.items.iter().filter_map(|number| record.related.get(number.parse::<usize>().ok()?));
    let related_resources = chosen.cloned().map(related).collect::<Result<_, ApiError>>()?;
    Ok(ListRelatedResourcesForAuditFindingOutput { next_token: page.next_token, related_resources })
}

fn require(store: &Reader<'_>, id: &str) -> Result<RunFinding, ApiError> {
    findings::get(store, id)?.ok_or_else(|| ApiError::not_found("audit finding", &shown(id)))
}

/// Of an intermediate CA the related certificates are left to ListRelatedResourcesForAuditFinding, as AWS has it.
fn finding(record: RunFinding) -> Result<AuditFinding, ApiError> {
    let of_issuer = record.resource.resource_type == ResourceType::IssuerCertificate.as_str();
    let shown_max = if of_issuer { 0 } else { RELATED_SHOWN_MAX };
    let shown = record.related.into_iter().take(shown_max).map(related).collect::<Result<_, ApiError>>()?;
    let resource = related(record.resource)?;
    Ok(AuditFinding {
        check_name: Some(record.check),
        finding_id: Some(record.id),
        finding_time: Some(Timestamp::from_epoch_ms(record.found_ms)),
        is_suppressed: Some(record.suppressed),
        non_compliant_resource: Some(NonCompliantResource {
            additional_info: resource.additional_info,
            resource_identifier: resource.resource_identifier,
            resource_type: resource.resource_type,
        }),
        reason_for_non_compliance: Some(record.reason),
        reason_for_non_compliance_code: Some(record.reason_code),
        related_resources: Some(shown),
        severity: AuditFindingSeverity::parse(&record.severity),
        task_id: Some(record.task),
        task_start_time: Some(Timestamp::from_epoch_ms(record.task_started_ms)),
    })
}

fn related(resource: AuditedResource) -> Result<RelatedResource, ApiError> {
    Ok(RelatedResource {
        additional_info: (!resource.additional.is_empty()).then_some(resource.additional),
        resource_identifier: Some(identifier(resource.identifier)?),
        resource_type: types::ResourceType::parse(&resource.resource_type),
    })
}

/// The identifier of a record as the API has it.
pub(super) fn identifier(stored: serde_json::Value) -> Result<ResourceIdentifier, ApiError> {
    serde_json::from_value(stored).map_err(|error| {
        let what = "the resource of a finding or suppression".to_owned();
        StoreError::Corrupt { what, why: error.to_string() }.into()
    })
}

#[cfg(test)]
mod tests;
