//! Principals: what devices identify themselves by, device certificates and Amazon Cognito identities.

use thingwarden_store::Reader;
use thingwarden_store::records::Certificate;

use super::arn;
use super::cx::Cx;
use super::error::ApiError;

/// A principal as a request names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Principal<'a> {
    /// The id of a certificate of this account and region.
    Certificate(&'a str),
    /// An identity, as `REGION:UUID`. Identities live in Cognito: nobody here knows whether one exists.
    CognitoIdentity,
}

/// Reads the name of a principal.
///
/// # Errors
/// `InvalidRequestException` when it is neither a certificate's ARN nor a Cognito identity; `ResourceNotFoundException`
/// when it is the ARN of something elsewhere.
pub(super) fn parse<'a>(cx: &Cx, text: &'a str) -> Result<Principal<'a>, ApiError> {
    if let Some(id) = arn::name_in(&cx.scope, "cert", text) {
        return Ok(Principal::Certificate(id));
    }
    if is_cognito_identity(text) {
        return Ok(Principal::CognitoIdentity);
    }
    if text.starts_with("arn:aws:iot:") && text.contains(":cert/") {
        return Err(unknown(text));
    }
    let shown = super::shown(text);
    Err(ApiError::invalid(format!(
        "principal `{shown}` is neither the ARN of a certificate nor a Cognito identity"
    )))
}

/// That there is such a principal, and that it may be attached to things.
pub(super) fn require_attachable(cx: &Cx, store: &Reader<'_>, text: &str) -> Result<(), ApiError> {
    let Principal::Certificate(id) = parse(cx, text)? else { return Ok(()) };
    let certificate = store.get::<Certificate>(id)?.ok_or_else(|| unknown(text))?;
    if certificate.status == "PENDING_TRANSFER" {
        let message = format!("certificate `{id}` is being transferred to another account");
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

fn unknown(text: &str) -> ApiError {
    ApiError::not_found("principal", &super::shown(text))
}

fn is_cognito_identity(text: &str) -> bool {
    let Some((region, uuid)) = text.split_once(':') else { return false };
    let is_region = (1..=32).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let groups: Vec<&str> = uuid.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_region && is_uuid
}
