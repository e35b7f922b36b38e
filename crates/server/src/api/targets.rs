//! What policies are attached to: thing groups, and principals.

use thingwarden_store::Reader;
use thingwarden_store::records::{Certificate, ThingGroup};

use super::arn;
use super::cx::Cx;
use super::error::ApiError;
use super::principals::{self, Principal};

/// A target as a request names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// The name of a thing group of this account and region.
    ThingGroup(&'a str),
    Principal(Principal<'a>),
}

/// Reads the name of a target.
///
/// # Errors
/// `InvalidRequestException` when it is nothing that policies are attached to; `ResourceNotFoundException` when it is the
/// ARN of something elsewhere.
pub(super) fn parse<'a>(cx: &Cx, text: &'a str) -> Result<Target<'a>, ApiError> {
    if let Some(name) = arn::name_in(&cx.scope, "thinggroup", text) {
        return Ok(Target::ThingGroup(name));
    }
    if text.starts_with("arn:aws:iot:") && text.contains(":thinggroup/") {
        return Err(unknown(text));
    }
    Ok(Target::Principal(principals::parse(cx, text)?))
}

/// Reads the name of a target that must exist. Of Cognito identities nobody here knows whether they do.
///
/// # Errors
/// As [`parse`]; `ResourceNotFoundException` when there is none.
pub(super) fn require<'a>(cx: &Cx, store: &Reader<'_>, text: &'a str) -> Result<Target<'a>, ApiError> {
    let target = parse(cx, text)?;
    let exists = match &target {
        Target::ThingGroup(name) => store.exists::<ThingGroup>(name)?,
        Target::Principal(Principal::Certificate(id)) => store.exists::<Certificate>(id)?,
        Target::Principal(Principal::CognitoIdentity) => true,
    };
    if exists { Ok(target) } else { Err(unknown(text)) }
}

fn unknown(text: &str) -> ApiError {
    ApiError::not_found("target", &super::shown(text))
}
