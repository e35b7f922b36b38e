//! Schedules of audits.

use thingwarden_store::records::ScheduledAudit;
use thingwarden_store::{Query, Reader, Writer};
use thingwarden_wire::Empty;
use thingwarden_wire::types::{
    AuditFrequency, CreateScheduledAuditInput, CreateScheduledAuditOutput, DayOfWeek,
    DeleteScheduledAuditInput, DescribeScheduledAuditInput, DescribeScheduledAuditOutput,
    ListScheduledAuditsInput, ListScheduledAuditsOutput, ScheduledAuditMetadata, UpdateScheduledAuditInput,
    UpdateScheduledAuditOutput,
};

use super::audit_checks::enabled;
use super::audit_tasks::PAGE;
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::tags;
use crate::audits::next_due_ms;
use crate::audits::schedule::Rule;

/// The word for a schedule in messages.
const KIND: &str = "scheduled audit";

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateScheduledAuditInput,
) -> Result<CreateScheduledAuditOutput, ApiError> {
    let name = input.scheduled_audit_name;
    let arn = arn(cx, &name);
    if store.exists::<ScheduledAudit>(&name)? {
        return Err(ApiError::already_exists(KIND, &name, &arn));
    }
    let days = (input.day_of_week, input.day_of_month.as_deref());
    Rule::new(input.frequency, days.0, days.1, cx.now_ms).map_err(ApiError::invalid)?;
    let checks = enabled(store, &input.target_check_names)?.into_keys().collect();
    let (count, limit) = (store.count::<ScheduledAudit>(&[])?, cx.app.quotas.scheduled_audits);
    if count >= limit {
        return Err(ApiError::limit(format!("there are {count} scheduled audits, of at most {limit}")));
    }
    let mut schedule = ScheduledAudit {
        name,
        frequency: input.frequency.as_str().to_owned(),
        day_of_week: input.day_of_week.map(|day| day.as_str().to_owned()),
        day_of_month: input.day_of_month,
        checks,
        created_ms: cx.now_ms,
        due_ms: 0,
    };
    schedule.due_ms = next_due_ms(&cx.scope, &schedule, cx.now_ms);
    store.insert(&schedule)?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateScheduledAuditOutput { scheduled_audit_arn: Some(arn) })
}

/// A day that the new frequency has no use for is forgotten.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateScheduledAuditInput,
) -> Result<UpdateScheduledAuditOutput, ApiError> {
    let mut schedule = require(store, &input.scheduled_audit_name)?;
    let frequency = match input.frequency {
        Some(frequency) => frequency,
        None => AuditFrequency::parse(&schedule.frequency).unwrap_or(AuditFrequency::Daily),
    };
    let stored_day = schedule.day_of_week.as_deref().and_then(DayOfWeek::parse);
    let (kept_week, kept_month) = match frequency {
        AuditFrequency::Daily => (None, None),
        AuditFrequency::Weekly | AuditFrequency::Biweekly => (stored_day, None),
        AuditFrequency::Monthly => (None, schedule.day_of_month.take()),
    };
    let day_of_week = input.day_of_week.or(kept_week);
    let day_of_month = input.day_of_month.or(kept_month);
    Rule::new(frequency, day_of_week, day_of_month.as_deref(), schedule.created_ms)
        .map_err(ApiError::invalid)?;
    if let Some(names) = &input.target_check_names {
        schedule.checks = enabled(store, names)?.into_keys().collect();
    }
    schedule.frequency = frequency.as_str().to_owned();
    schedule.day_of_week = day_of_week.map(|day| day.as_str().to_owned());
    schedule.day_of_month = day_of_month;
    schedule.due_ms = next_due_ms(&cx.scope, &schedule, cx.now_ms);
    store.update(&schedule)?;
    Ok(UpdateScheduledAuditOutput { scheduled_audit_arn: Some(arn(cx, &schedule.name)) })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeScheduledAuditInput,
) -> Result<DescribeScheduledAuditOutput, ApiError> {
    let schedule = require(store, &input.scheduled_audit_name)?;
    let checks = schedule.checks.clone();
    let shown = metadata(cx, schedule);
    Ok(DescribeScheduledAuditOutput {
        day_of_month: shown.day_of_month,
        day_of_week: shown.day_of_week,
        frequency: shown.frequency,
        scheduled_audit_arn: shown.scheduled_audit_arn,
        scheduled_audit_name: shown.scheduled_audit_name,
        target_check_names: Some(checks),
    })
}

/// Its tasks and findings stay.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteScheduledAuditInput,
) -> Result<Empty, ApiError> {
    require(store, &input.scheduled_audit_name)?;
    remove(cx, store, &input.scheduled_audit_name)?;
    Ok(Empty {})
}

/// Removes a schedule with its tags.
pub(super) fn remove(cx: &Cx, store: &Writer<'_>, name: &str) -> Result<(), ApiError> {
    store.delete::<ScheduledAudit>(name)?;
    tags::forget(store, &arn(cx, name))
}

pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListScheduledAuditsInput,
) -> Result<ListScheduledAuditsOutput, ApiError> {
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::list::<ScheduledAudit>(cx, store, asked, &Query::default())?;
    let scheduled_audits = page.items.into_iter().map(|schedule| metadata(cx, schedule)).collect();
    Ok(ListScheduledAuditsOutput { next_token: page.next_token, scheduled_audits })
}

fn metadata(cx: &Cx, schedule: ScheduledAudit) -> ScheduledAuditMetadata {
    ScheduledAuditMetadata {
        day_of_month: schedule.day_of_month,
        day_of_week: schedule.day_of_week.as_deref().and_then(DayOfWeek::parse),
        frequency: AuditFrequency::parse(&schedule.frequency),
        scheduled_audit_arn: Some(arn(cx, &schedule.name)),
        scheduled_audit_name: Some(schedule.name),
    }
}

fn require(store: &Reader<'_>, name: &str) -> Result<ScheduledAudit, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn arn(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("scheduledaudit/{name}"))
}

#[cfg(test)]
mod tests;
