//! Custom authorizers: which functions are asked about clients without certificate and access key. `authorizers/` asks them.

use std::collections::BTreeMap;
use std::sync::Arc;

use thingwarden_store::records::{Authorizer, DomainConfiguration};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    AuthorizerDescription, AuthorizerStatus, AuthorizerSummary, ClearDefaultAuthorizerInput,
    CreateAuthorizerInput, CreateAuthorizerOutput, DeleteAuthorizerInput, DescribeAuthorizerInput,
    DescribeAuthorizerOutput, DescribeDefaultAuthorizerInput, DescribeDefaultAuthorizerOutput,
    ListAuthorizersInput, ListAuthorizersOutput, SetDefaultAuthorizerInput, SetDefaultAuthorizerOutput,
    TestInvokeAuthorizerInput, TestInvokeAuthorizerOutput, UpdateAuthorizerInput, UpdateAuthorizerOutput,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::tags;
use crate::authorizers::{AskError, Http, Mqtt, Presented, Token, Verdict, check_signing_key};
use crate::egress::lambda;

/// The word for an authorizer in messages.
const KIND: &str = "authorizer";

/// Results on a page if nobody says.
const PAGE: usize = 25;

/// Keys that sign tokens for one authorizer. AWS says nothing; two are enough to change one for another.
const KEYS_MAX: usize = 10;

/// One that nobody calls ACTIVE lets nobody in.
pub(super) fn create(
    cx: &Cx,
    store: &Writer<'_>,
    input: CreateAuthorizerInput,
) -> Result<CreateAuthorizerOutput, ApiError> {
    let name = input.authorizer_name;
    let arn = arn_of(cx, &name);
    if store.exists::<Authorizer>(&name)? {
        return Err(ApiError::already_exists(KIND, &name, &arn));
    }
    let limit = cx.app.quotas.authorizers;
    if store.count::<Authorizer>(&[])? >= limit {
        return Err(ApiError::limit(format!("there are {limit} authorizers already, which is the limit")));
    }
    let made = Authorizer {
        name: name.clone(),
        function_arn: input.authorizer_function_arn,
        is_active: input.status == Some(AuthorizerStatus::Active),
        is_default: false,
        token_key_name: input.token_key_name,
        signing_keys: input.token_signing_public_keys.unwrap_or_default(),
        is_signing_disabled: input.signing_disabled.unwrap_or(false),
        is_cached_for_http: input.enable_caching_for_http.unwrap_or(false),
        created_ms: cx.now_ms,
        modified_ms: cx.now_ms,
    };
    check(&made)?;
    store.insert(&made)?;
    tags::set_new(cx, store, &arn, input.tags)?;
    Ok(CreateAuthorizerOutput { authorizer_arn: Some(arn), authorizer_name: Some(name) })
}

pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeAuthorizerInput,
) -> Result<DescribeAuthorizerOutput, ApiError> {
    let found = require(store, &input.authorizer_name)?;
    Ok(DescribeAuthorizerOutput { authorizer_description: Some(description(cx, found)) })
}

pub(super) fn describe_default(
    cx: &Cx,
    store: &Reader<'_>,
    _input: DescribeDefaultAuthorizerInput,
) -> Result<DescribeDefaultAuthorizerOutput, ApiError> {
    let found = default(store)?.ok_or_else(no_default)?;
    Ok(DescribeDefaultAuthorizerOutput { authorizer_description: Some(description(cx, found)) })
}

/// By name when `ascendingOrder` is asked for, else as they came.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuthorizersInput,
) -> Result<ListAuthorizersOutput, ApiError> {
    let asked = Asked { token: input.marker.as_deref(), limit: input.page_size, default: PAGE };
    let order = if input.ascending_order == Some(true) { Order::By("id") } else { Order::Inserted };
    let only = input.status.map(|status| Filter::eq("active", status == AuthorizerStatus::Active));
    let query = Query { order, ..Query::all(only.as_slice()) };
    let page = paging::list::<Authorizer>(cx, store, asked, &query)?;
    let summary = |found: Authorizer| AuthorizerSummary {
        authorizer_arn: Some(arn_of(cx, &found.name)),
        authorizer_name: Some(found.name),
    };
    let authorizers = page.items.into_iter().map(summary).collect();
    Ok(ListAuthorizersOutput { authorizers, next_marker: page.next_token })
}

/// Changes what is given. Whether tokens need a signature cannot be changed (developer guide, "Managing custom authorizers").
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateAuthorizerInput,
) -> Result<UpdateAuthorizerOutput, ApiError> {
    let mut found = require(store, &input.authorizer_name)?;
    if let Some(arn) = input.authorizer_function_arn {
        found.function_arn = arn;
    }
    if let Some(name) = input.token_key_name {
        found.token_key_name = Some(name);
    }
    if let Some(keys) = input.token_signing_public_keys {
        found.signing_keys = keys;
    }
    if let Some(status) = input.status {
        found.is_active = status == AuthorizerStatus::Active;
    }
    if let Some(is_cached) = input.enable_caching_for_http {
        found.is_cached_for_http = is_cached;
    }
    found.modified_ms = cx.now_ms;
    check(&found)?;
    store.update(&found)?;
    Ok(UpdateAuthorizerOutput {
        authorizer_arn: Some(arn_of(cx, &found.name)),
        authorizer_name: Some(found.name),
    })
}

/// Not one that somebody may be about to use: deactivate it first, and name another where it is the default.
pub(super) fn delete(cx: &Cx, store: &Writer<'_>, input: DeleteAuthorizerInput) -> Result<Empty, ApiError> {
    let found = require(store, &input.authorizer_name)?;
    let conflict = |why: &str| {
        let message = format!("{KIND} `{}` {why}", found.name);
        Err(ApiError::new(Code::DeleteConflictException, message))
    };
    if found.is_default {
        return conflict("is the default authorizer: clear that first");
    }
    if found.is_active {
        return conflict("is ACTIVE: deactivate it first");
    }
    for domain in store.all::<DomainConfiguration>(&[])? {
        if domain.default_authorizer() == Some(&found.name) {
            return conflict(&format!("is the authorizer of domain configuration `{}`", domain.name));
        }
    }
    store.delete::<Authorizer>(&found.name)?;
    tags::forget(store, &arn_of(cx, &found.name))?;
    Ok(Empty {})
}

/// There is one default at most: another has to be cleared first.
pub(super) fn set_default(
    cx: &Cx,
    store: &Writer<'_>,
    input: SetDefaultAuthorizerInput,
) -> Result<SetDefaultAuthorizerOutput, ApiError> {
    let mut found = require(store, &input.authorizer_name)?;
    match default(store)? {
        Some(other) if other.name != found.name => {
            return Err(ApiError::already_exists(
                "default authorizer",
                &other.name,
                &arn_of(cx, &other.name),
            ));
        }
        Some(_) => {}
        None if !found.is_active => {
            return Err(ApiError::invalid(format!("{KIND} `{}` is not ACTIVE", found.name)));
        }
        None => {
            (found.is_default, found.modified_ms) = (true, cx.now_ms);
            store.update(&found)?;
        }
    }
    Ok(SetDefaultAuthorizerOutput {
        authorizer_arn: Some(arn_of(cx, &found.name)),
        authorizer_name: Some(found.name),
    })
}

pub(super) fn clear_default(
    cx: &Cx,
    store: &Writer<'_>,
    _input: ClearDefaultAuthorizerInput,
) -> Result<Empty, ApiError> {
    let mut found = default(store)?.ok_or_else(no_default)?;
    (found.is_default, found.modified_ms) = (false, cx.now_ms);
    store.update(&found)?;
    Ok(Empty {})
}

/// Asks the function as if a client had connected, also of an authorizer that is not ACTIVE yet.
pub(super) fn test_invoke(
    cx: &Cx,
    store: &Reader<'_>,
    input: TestInvokeAuthorizerInput,
) -> Result<impl Future<Output = Result<TestInvokeAuthorizerOutput, ApiError>> + use<>, ApiError> {
    let found = require(store, &input.authorizer_name)?;
    let token = Token { value: input.token, signature: input.token_signature };
    let tls = input.tls_context;
    let presented = Presented {
        is_secure: tls.is_some(),
        server_name: tls.and_then(|tls| tls.server_name).map(Into::into),
        http: input.http_context.map(|http| {
            let query = http.query_string.unwrap_or_default();
            let query = query.strip_prefix('?').unwrap_or(&query).to_owned();
            Http { headers: http.headers.unwrap_or_default().into_iter().collect(), query }
        }),
        mqtt: input.mqtt_context.map(|mqtt| Mqtt {
            user_name: mqtt.username.map(Into::into),
            password: mqtt.password.map(|password| password.0.into()),
            client_id: mqtt.client_id.map(Into::into),
        }),
        certificate: None,
    };
    let (app, scope) = (Arc::clone(&cx.app), cx.scope.clone());
    Ok(async move {
        let asked = app.authorizers.ask(&app, &scope, &found, &presented, token).await;
        match asked {
            Ok(Verdict::Unknown) => {
                Ok(TestInvokeAuthorizerOutput { is_authenticated: Some(false), ..Default::default() })
            }
            Ok(Verdict::Known(known)) => Ok(TestInvokeAuthorizerOutput {
                is_authenticated: Some(true),
                principal_id: Some(known.principal_id),
                policy_documents: Some(known.documents),
                disconnect_after_in_seconds: i32::try_from(known.disconnect_after_seconds).ok(),
                refresh_after_in_seconds: i32::try_from(known.refresh_after_seconds).ok(),
            }),
            Err(error @ (AskError::NoToken(_) | AskError::Signature)) => {
                Err(ApiError::invalid(error.to_string()))
            }
            Err(error) => Err(ApiError::new(Code::InvalidResponseException, error.to_string())),
        }
    })
}

/// The authorizer that is asked about clients that name none.
pub(crate) fn default(store: &Reader<'_>) -> Result<Option<Authorizer>, ApiError> {
    Ok(store.all::<Authorizer>(&[Filter::eq("is_default", true)])?.pop())
}

/// CreateAuthorizer: a name of the token and keys are needed, unless signing is disabled.
fn check(authorizer: &Authorizer) -> Result<(), ApiError> {
    if lambda::region_and_name(&authorizer.function_arn).is_none() {
        return Err(ApiError::invalid("`authorizerFunctionArn` is not the ARN of a function"));
    }
    check_keys(&authorizer.signing_keys)?;
    if authorizer.is_signing_disabled {
        return Ok(());
    }
    if authorizer.token_key_name.is_none() || authorizer.signing_keys.is_empty() {
        return Err(ApiError::invalid(
            "`tokenKeyName` and `tokenSigningPublicKeys` are needed, unless signing is disabled",
        ));
    }
    Ok(())
}

fn check_keys(keys: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if keys.len() > KEYS_MAX {
        return Err(ApiError::invalid(format!("`tokenSigningPublicKeys` has more than {KEYS_MAX} keys")));
    }
    for (name, pem) in keys {
        let named = |error| ApiError::invalid(format!("`tokenSigningPublicKeys`: `{name}`: {error}"));
        check_signing_key(pem).map_err(named)?;
    }
    Ok(())
}

fn description(cx: &Cx, found: Authorizer) -> AuthorizerDescription {
    AuthorizerDescription {
        authorizer_arn: Some(arn_of(cx, &found.name)),
        authorizer_function_arn: Some(found.function_arn),
        authorizer_name: Some(found.name),
        creation_date: Some(Timestamp::from_epoch_ms(found.created_ms)),
        enable_caching_for_http: Some(found.is_cached_for_http),
        last_modified_date: Some(Timestamp::from_epoch_ms(found.modified_ms)),
        signing_disabled: Some(found.is_signing_disabled),
        status: Some(match found.is_active {
            true => AuthorizerStatus::Active,
            false => AuthorizerStatus::Inactive,
        }),
        token_key_name: found.token_key_name,
        token_signing_public_keys: Some(found.signing_keys).filter(|keys| !keys.is_empty()),
    }
}

fn arn_of(cx: &Cx, name: &str) -> String {
    cx.arn(&format!("authorizer/{name}"))
}

fn require(store: &Reader<'_>, name: &str) -> Result<Authorizer, ApiError> {
    store.get(name)?.ok_or_else(|| ApiError::not_found(KIND, name))
}

fn no_default() -> ApiError {
    ApiError::new(Code::ResourceNotFoundException, "there is no default authorizer")
}

#[cfg(test)]
mod tests;
