//! What actions do: each carries out operations in the name of its role, one file per kind.

mod add_things_to_thing_group;
mod enable_iot_logging;
mod publish_finding_to_sns;
mod replace_default_policy_version;
mod update_certificate;

use std::sync::Arc;

use serde_json::Value;
use thingwarden_store::records::TaskAction;
use thingwarden_store::{Change, Reader, Scope, Writer};
use thingwarden_wire::Operation;
use thingwarden_wire::types::MitigationActionParams;

use super::failure::Failure;
use super::role;
use crate::api::{self, App};
use crate::audits::findings::RunFinding;
use crate::auth::Caller;

/// One action on one finding.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) app: &'a Arc<App>,
    /// The account and region of the task.
    pub(crate) scope: &'a Scope,
    pub(crate) action: &'a TaskAction,
    pub(crate) finding: &'a RunFinding,
    pub(crate) now_ms: i64,
}

/// What an action came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// What there is to say about it, for people.
    pub(crate) note: Option<String>,
    /// What it changed.
    pub(crate) changes: Vec<Change>,
}

/// An action under way: its work with the role that it has assumed, in a transaction.
struct Acting<'a> {
    work: Work<'a>,
    caller: Caller,
    writer: &'a Writer<'a>,
}

/// Assumes the action's role and carries the action out in the transaction of `writer`, which has to be undone on an error.
///
/// # Errors
/// [`Failure::Refused`] with what the execution tells; [`Failure::Store`] when the store fails.
pub(crate) fn carry_out(work: &Work<'_>, writer: &Writer<'_>) -> Result<Done, Failure> {
    let params: MitigationActionParams = serde_json::from_value(work.action.params.clone())
        .map_err(|error| Failure::refused("InternalFailureException", error.to_string()))?;
    let source = api::arn::mitigation_action(work.scope, &work.action.name);
    if let Some(params) = params.publish_finding_to_sns_params {
        // What was sent cannot be taken back: there is nothing to undo.
        let note = publish_finding_to_sns::carry_out(work, writer, &source, &params.topic_arn)?;
        return Ok(Done { note, changes: vec![] });
    }
    let caller = role::assume(writer, &work.action.role_arn, &source)?;
    let (note, changes) = writer.journaled(|writer| {
        let acting = Acting { work: *work, caller, writer };
        if params.update_device_certificate_params.is_some() {
            update_certificate::device(&acting)
        } else if params.update_ca_certificate_params.is_some() {
            update_certificate::ca(&acting)
        } else if let Some(params) = params.add_things_to_thing_group_params {
            add_things_to_thing_group::carry_out(&acting, &params)
        } else if let Some(params) = params.replace_default_policy_version_params {
            replace_default_policy_version::carry_out(&acting, params.template_name)
        } else if let Some(params) = params.enable_io_t_logging_params {
            enable_iot_logging::carry_out(&acting, &params)
        } else {
            Err(Failure::refused("InternalFailureException", "the action has no parameters".to_owned()))
        }
    })?;
    Ok(Done { note, changes })
}

impl Acting<'_> {
    /// Calls an operation as the role.
    fn perform(&self, operation: Operation, input: Value) -> Result<Value, Failure> {
        let Work { app, scope, now_ms, .. } = self.work;
        Ok(api::perform(app, scope, &self.caller, self.writer, operation, input, now_ms)?)
    }

    fn store(&self) -> &Reader<'_> {
        self.writer
    }

    /// A text in the identifier of the finding's resource.
    fn identifier(&self, place: &str) -> Result<&str, Failure> {
        let resource = &self.work.finding.resource;
        resource.identifier.pointer(place).and_then(Value::as_str).ok_or_else(|| {
            let message =
                format!("a finding about a resource of type {} has no `{place}`", resource.resource_type);
            Failure::refused("InvalidRequestException", message)
        })
    }

    /// The device certificates that the finding is about: its resource, or those below its intermediate CA.
    fn device_certificates(&self) -> Result<Vec<&str>, Failure> {
        let finding = self.work.finding;
        if finding.resource.resource_type != "ISSUER_CERTIFICATE" {
            return Ok(vec![self.identifier("/deviceCertificateId")?]);
        }
        Ok(finding
            .related
            .iter()
            .filter_map(|related| related.identifier.get("deviceCertificateId").and_then(Value::as_str))
            .collect())
    }

    /// Says that there is more than the finding names, if there is.
    fn left_out(&self, named: usize) -> Option<String> {
        let affected = self.work.finding.resource.additional.get("AFFECTED_DEVICE_CERTIFICATES")?;
        let affected: usize = affected.parse().ok()?;
        (affected > named).then(|| {
            format!("{affected} device certificates are affected, the finding names {named}: audit again for the rest")
        })
    }
}
