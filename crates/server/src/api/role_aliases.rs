//! Role aliases: names under which devices get credentials of IAM roles.

use thingwarden_store::records::RoleAlias;
use thingwarden_store::{Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    CreateRoleAliasInput, CreateRoleAliasOutput, DeleteRoleAliasInput, DescribeRoleAliasInput,
    DescribeRoleAliasOutput, ListRoleAliasesInput, ListRoleAliasesOutput, RoleAliasDescription,
    UpdateRoleAliasInput, UpdateRoleAliasOutput,
};
use thingwarden_wire::{Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::{roles, tags};

/// The word for a role alias in messages.
const KIND: &str = "role alias";

/// How long credentials are good for if nobody says (CreateRoleAlias).
const DURATION_SECONDS_DEFAULT: i64 = 3600;

/// Results on a page if nobody says.
const PAGE: usize = 25;

pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateRoleAliasInput,
) -> Result<CreateRoleAliasOutput, ApiError> {
    let name = input.role_alias;
    let arn = arn_of(cx, &name);
    if store.exists::<RoleAlias>(&name)? {
        return Err(ApiError::already_exists(KIND, &name, &arn));
    }
    let limit = cx.app.quotas.role_aliases;
    if store.count::<RoleAlias>(&[])? >= limit {
        return Err(ApiError::limit(format!("there are {limit} role aliases already, which is the limit")));
    }
    let made = RoleAlias {
        name: name.clone(),
        role_arn: input.role_arn,
        credential_duration_seconds: input
            .credential_duration_seconds
            .map_or(DURATION_SECONDS_DEFAULT, i64::from),
        created_ms: cx.now_ms,
        modified_ms: cx.now_ms,
    };
    check(store, &made)?;
    store.insert(&made)?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateRoleAliasOutput { role_alias: Some(name), role_alias_arn: Some(arn) })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeRoleAliasInput,
) -> Result<DescribeRoleAliasOutput, ApiError> {
    let found = require(store, &input.role_alias)?;
    let description = RoleAliasDescription {
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        credential_duration_seconds: i32::try_from(found.credential_duration_seconds).ok(),
        last_modified_date: Some(Timestamp::from_epoch_ms(found.modified_ms)),
        owner: Some(cx.scope.account.to_string()),
        role_alias_arn: Some(arn_of(cx, &found.name)),
        role_alias: Some(found.name),
        role_arn: Some(found.role_arn),
    };
    Ok(DescribeRoleAliasOutput { role_alias_description: Some(description) })
}

/// By name when `ascendingOrder` is asked for, else as they came.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListRoleAliasesInput,
) -> Result<ListRoleAliasesOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let order = if input.ascending_order == Some(true) { Order::By("id") } else { Order::Inserted };
    let page = paging::list::<RoleAlias>(cx, store, asked, &Query { order, ..Query::default() })?;
    let role_aliases = page.items.into_iter().map(|found| found.name).collect();
    Ok(ListRoleAliasesOutput { role_aliases, next_marker: page.next_token })
}

/// Changes what is given.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateRoleAliasInput,
) -> Result<UpdateRoleAliasOutput, ApiError> {
    let mut found = require(store, &input.role_alias)?;
    if let Some(arn) = input.role_arn {
        found.role_arn = arn;
    }
    if let Some(seconds) = input.credential_duration_seconds {
        found.credential_duration_seconds = seconds.into();
    }
    found.modified_ms = cx.now_ms;
    check(store, &found)?;
    store.update(&found)?;
    Ok(UpdateRoleAliasOutput { role_alias_arn: Some(arn_of(cx, &found.name)), role_alias: Some(found.name) })
}

pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteRoleAliasInput) -> Result<Empty, ApiError> {
    let found = require(store, &input.role_alias)?;
    store.delete::<RoleAlias>(&found.name)?;
    tags::forget(store, &arn_of(cx, &found.name))?;
    Ok(Empty {})
}

/// Credentials must not outlive what the role allows (CreateRoleAlias). A role that is not known here is taken as it is.
fn check(store: &Reader<'_>, alias: &RoleAlias) -> Result<(), ApiError> {
    roles::check_arn(&alias.role_arn)?;
    let seconds = alias.credential_duration_seconds;
    match roles::find(store, &alias.role_arn)? {
        Some(role) if seconds > role.max_session_seconds => {
            let longest = role.max_session_seconds;
            let message =
                format!("credentials for {seconds} seconds, but the role's sessions last {longest} at most");
            Err(ApiError::invalid(message))
        }
        _ => Ok(()),
    }
}

fn arn_of(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("rolealias/{name}"))
}

fn require(store: &Reader<'_>, name: &str) -> Result<RoleAlias, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

#[cfg(test)]
mod tests;
