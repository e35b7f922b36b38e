//! RegisterThing: a template and parameters in one call, with the rights of the caller.

use thingwarden_store::Writer;
use thingwarden_wire::Code;
use thingwarden_wire::types::{RegisterThingInput, RegisterThingOutput};

use super::cx::Cx;
use super::error::ApiError;
use crate::provisioning::{Given, Provisioner, Template};

/// All or nothing. Whoever may call this and not, say, CreatePolicy, makes no policies with it.
pub(super) fn register(
    cx: &Cx,
    store: &Writer<'_>,
    input: RegisterThingInput,
) -> Result<RegisterThingOutput, ApiError> {
    let template = Template::parse(&input.template_body)?;
    let given = |(name, text)| (name, Given { text, by_device: false });
    let parameters = input.parameters.unwrap_or_default().into_iter().map(given).collect();
    let (app, scope, caller) = (&cx.app, &cx.scope, &cx.caller);
    let provisioner = Provisioner { app, scope, caller, writer: store, now_ms: cx.now_ms };
    let made = provisioner.provision(&template, &parameters, None).map_err(failed)?;
    Ok(RegisterThingOutput { certificate_pem: made.certificate_pem, resource_arns: Some(made.arns) })
}

/// What RegisterThing answers when one of its operations fails: its own errors as they are, all others as a failure to register.
fn failed(error: ApiError) -> ApiError {
    match error.told.code {
        Code::AccessDeniedException
        | Code::ConflictingResourceUpdateException
        | Code::InternalFailureException
        | Code::InvalidRequestException
        | Code::ThrottlingException
        | Code::UnauthorizedException => error,
        _ => ApiError::new(Code::ResourceRegistrationFailureException, error.told.message),
    }
}
