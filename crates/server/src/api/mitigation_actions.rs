//! Mitigation actions: what can be done about findings of audits, and with whose rights.

use thingwarden_store::records::MitigationAction;
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    CreateMitigationActionInput, CreateMitigationActionOutput, DeleteMitigationActionInput,
    DescribeMitigationActionInput, DescribeMitigationActionOutput, EnableIoTLoggingParams,
    ListMitigationActionsInput, ListMitigationActionsOutput, LogLevel, MitigationActionIdentifier,
    MitigationActionParams, UpdateMitigationActionInput, UpdateMitigationActionOutput,
};
use thingwarden_wire::{Empty, Timestamp};

use super::audit_tasks::PAGE;
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{roles, storable, stored, tags};
use crate::mitigation::kinds;
use crate::sns::TopicArn;

/// The word for a mitigation action in messages.
const KIND: &str = "mitigation action";

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateMitigationActionInput,
) -> Result<CreateMitigationActionOutput, ApiError> {
    let name = input.action_name;
    let arn = arn_of(cx, &name);
    if store.exists::<MitigationAction>(&name)? {
        return Err(ApiError::already_exists(KIND, &name, &arn));
    }
    let limit = cx.app.quotas.mitigation_actions;
    if store.count::<MitigationAction>(&[])? >= limit {
        return Err(ApiError::limit(format!(
            "there are {limit} mitigation actions already, which is the limit"
        )));
    }
    roles::check_arn(&input.role_arn)?;
    let made = MitigationAction {
        name,
        action_id: super::new_uuid()?,
        role_arn: input.role_arn,
        params: checked(&input.action_params)?,
        created_ms: cx.now_ms,
        modified_ms: cx.now_ms,
    };
    store.insert(&made)?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateMitigationActionOutput { action_arn: Some(arn), action_id: Some(made.action_id) })
}

/// Changes what is given. Tasks that were started before go on with what was.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateMitigationActionInput,
) -> Result<UpdateMitigationActionOutput, ApiError> {
    let mut found = require(store, &input.action_name)?;
    if let Some(arn) = input.role_arn {
        roles::check_arn(&arn)?;
        found.role_arn = arn;
    }
    if let Some(params) = input.action_params {
        found.params = checked(&params)?;
    }
    found.modified_ms = cx.now_ms;
    store.update(&found)?;
    let arn = arn_of(cx, &found.name);
    Ok(UpdateMitigationActionOutput { action_arn: Some(arn), action_id: Some(found.action_id) })
}

/// What is not there counts as deleted: the operation lists no error for it.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteMitigationActionInput,
) -> Result<Empty, ApiError> {
    if store.delete::<MitigationAction>(&input.action_name)? {
        tags::forget(store, &arn_of(cx, &input.action_name))?;
    }
    Ok(Empty {})
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeMitigationActionInput,
) -> Result<DescribeMitigationActionOutput, ApiError> {
    let found = require(store, &input.action_name)?;
    let params: MitigationActionParams = stored(found.params)?;
    Ok(DescribeMitigationActionOutput {
        action_arn: Some(arn_of(cx, &found.name)),
        action_id: Some(found.action_id),
        action_name: Some(found.name),
        action_type: kinds::of(&params),
        action_params: Some(params),
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        last_modified_date: Some(Timestamp::from_epoch_ms(found.modified_ms)),
        role_arn: Some(found.role_arn),
    })
}

/// As they came.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListMitigationActionsInput,
) -> Result<ListMitigationActionsOutput, ApiError> {
    let only = input.action_type.map(|kind| Filter::eq("member", kinds::member(kind)));
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::list::<MitigationAction>(cx, store, asked, &Query::all(only.as_slice()))?;
    let identifier = |found: MitigationAction| MitigationActionIdentifier {
        action_arn: Some(arn_of(cx, &found.name)),
        action_name: Some(found.name),
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
    };
    let action_identifiers = page.items.into_iter().map(identifier).collect();
    Ok(ListMitigationActionsOutput { action_identifiers, next_token: page.next_token })
}

/// The action, or an error that says that there is none.
fn require(store: &Reader<'_>, name: &str) -> Result<MitigationAction, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn arn_of(cx: &Cx, name: &str) -> String {
    super::arn::mitigation_action(&cx.scope, name)
}

/// The parameters as they are kept. Whether there are such groups, roles and topics is not asked: they may come later.
fn checked(params: &MitigationActionParams) -> Result<serde_json::Value, ApiError> {
    if kinds::of(params).is_none() {
        return Err(ApiError::invalid("`actionParams` has to have exactly one member"));
    }
    if let Some(EnableIoTLoggingParams { log_level, role_arn_for_logging }) =
        &params.enable_io_t_logging_params
    {
        roles::check_arn(role_arn_for_logging)?;
        if *log_level == LogLevel::Disabled {
            return Err(ApiError::invalid(
                "`logLevel` is DISABLED: an action that enables logging needs another",
            ));
        }
    }
    if let Some(groups) = &params.add_things_to_thing_group_params {
        let mut names: Vec<&String> = groups.thing_group_names.iter().collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows::<2>().find(|[a, b]| a == b) {
            return Err(ApiError::invalid(format!("thing group `{name}` is given more than once")));
        }
    }
    if let Some(topic) = &params.publish_finding_to_sns_params
        && TopicArn::parse(&topic.topic_arn).is_none()
    {
        return Err(ApiError::invalid(format!(
            "`{}` is not the ARN of a topic",
            super::shown(&topic.topic_arn)
        )));
    }
    storable(params)
}

#[cfg(test)]
mod tests;
