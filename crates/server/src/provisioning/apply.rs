//! Makes things, certificates and policies as a plan wants them: with operations of the registry, in the name and with the
//! rights of whoever provisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use thingwarden_store::{Scope, Writer};
use thingwarden_wire::{Code, Operation};

use super::functions::Parameters;
use super::plan::{CertificatePlan, CertificateSource, Plan, PolicyPlan, ThingPlan, Unfit};
use super::template::{Override, Template};
use crate::api::{self, ApiError, App, iot_arn};
use crate::auth::Caller;

/// Whoever provisions, in a transaction that is undone when it fails.
#[derive(Clone, Copy)]
pub(crate) struct Provisioner<'a> {
    pub(crate) app: &'a Arc<App>,
    pub(crate) scope: &'a Scope,
    /// Whose rights count.
    pub(crate) caller: &'a Caller,
    pub(crate) writer: &'a Writer<'a>,
    pub(crate) now_ms: i64,
}

/// What a device was provisioned with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Provisioned {
    pub(crate) thing_name: Option<String>,
    pub(crate) certificate_pem: Option<String>,
    /// By the ids of the template's resources.
    pub(crate) arns: BTreeMap<String, String>,
    pub(crate) device_configuration: Map<String, Value>,
}

/// A certificate that is there.
struct Present {
    arn: String,
    id: String,
    pem: Option<String>,
    /// What it is to become, if that is something else.
    becomes: Option<&'static str>,
}

impl Provisioner<'_> {
    /// Provisions. `own` is the certificate that the device has proven to be its own: then the template is about no other.
    ///
    /// # Errors
    /// `InvalidRequestException` when the template makes nothing of the parameters; else what an operation answers.
    pub(crate) fn provision(
        &self,
        template: &Template,
        parameters: &Parameters,
        own: Option<&str>,
    ) -> Result<Provisioned, ApiError> {
        let plan = template.plan(parameters)?;
        let mut made = Provisioned::default();
        if let Some(own) = own {
            check_own(&plan, own)?;
        }
        if let Some(thing) = &plan.thing {
            made.arns.insert(thing.id.clone(), self.thing(thing)?);
            made.thing_name = Some(thing.name.clone());
        }
        if let Some(planned) = &plan.certificate {
            let certificate = self.certificate(planned)?;
            for policy in &plan.policies {
                made.arns.insert(policy.id.clone(), self.policy(policy, &certificate.arn)?);
            }
            if let Some(thing) = &plan.thing {
                self.attach(thing, planned, &certificate.arn)?;
            }
            // Last, so that a device is let in with everything that it is to have.
            if let Some(status) = certificate.becomes {
                let input = json!({"certificateId": certificate.id, "newStatus": status});
                self.call(Operation::UpdateCertificate, input)?;
            }
            made.certificate_pem = certificate.pem;
            made.arns.insert(planned.id.clone(), certificate.arn);
        }
        made.device_configuration = plan.device_configuration;
        Ok(made)
    }

    fn thing(&self, thing: &ThingPlan) -> Result<String, ApiError> {
        let named = json!({"thingName": thing.name});
        let found = self.find(Operation::DescribeThing, named)?;
        let groups = thing.groups.as_deref();
        match found {
            Some(found) => {
                self.change(thing, &found)?;
                self.change_groups(thing)?;
            }
            None => {
                let attributes =
                    thing.attributes.as_ref().map(|attributes| json!({"attributes": attributes}));
                let input = with(
                    json!({"thingName": thing.name}),
                    [
                        ("attributePayload", attributes),
                        ("thingTypeName", thing.type_name.as_deref().map(Value::from)),
                        ("billingGroupName", thing.billing_group.as_deref().map(Value::from)),
                    ],
                );
                self.call(Operation::CreateThing, input)?;
                groups.unwrap_or_default().iter().try_for_each(|group| self.join(thing, group))?;
            }
        }
        Ok(iot_arn(self.scope, &format!("thing/{}", thing.name)))
    }

    /// Brings a thing that is there to what is wanted, as far as it may be touched.
    fn change(&self, thing: &ThingPlan, found: &Value) -> Result<(), ApiError> {
        let mut update = json!({"thingName": thing.name});
        let mut changes = false;
        if let Some(attributes) = &thing.attributes {
            let current = found.get("attributes").and_then(Value::as_object);
            let value = |name: &str| current.and_then(|current| current.get(name)).and_then(Value::as_str);
            let is_same = thing.has_attributes(attributes, current.map_or(0, Map::len), value);
            if settle(thing, "AttributePayload", is_same)? {
                let merge = thing.overrides.get("AttributePayload") == Some(&Override::Merge);
                let payload = json!({"attributes": attributes, "merge": merge});
                update = with(update, [("attributePayload", Some(payload))]);
                changes = true;
            }
        }
        if let Some(type_name) = &thing.type_name {
            let is_same = found.get("thingTypeName").and_then(Value::as_str) == Some(type_name);
            if settle(thing, "ThingTypeName", is_same)? {
                update = with(update, [("thingTypeName", Some(type_name.as_str().into()))]);
                changes = true;
            }
        }
        if let Some(group) = &thing.billing_group {
            let is_same = found.get("billingGroupName").and_then(Value::as_str) == Some(group);
            settle(thing, "BillingGroup", is_same)?;
        }
        if changes {
            self.call(Operation::UpdateThing, update)?;
        }
        Ok(())
    }

    fn change_groups(&self, thing: &ThingPlan) -> Result<(), ApiError> {
        let Some(groups) = &thing.groups else { return Ok(()) };
        let listed = self.call(Operation::ListThingGroupsForThing, json!({"thingName": thing.name}))?;
        let listed = listed.get("thingGroups").and_then(Value::as_array).map(Vec::as_slice);
        let names = listed.unwrap_or_default().iter();
        let current: BTreeSet<&str> =
            names.filter_map(|group| group.get("groupName").and_then(Value::as_str)).collect();
        let wanted: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
        if !settle(thing, "ThingGroups", thing.is_in_groups(&current))? {
            return Ok(());
        }
        if thing.overrides.get("ThingGroups") == Some(&Override::Merge) {
            return wanted.difference(&current).try_for_each(|group| self.join(thing, group));
        }
        let leave: Vec<&&str> = current.difference(&wanted).collect();
        let enter: Vec<&&str> = wanted.difference(&current).collect();
        let input = json!({"thingName": thing.name, "thingGroupsToAdd": enter, "thingGroupsToRemove": leave});
        self.call(Operation::UpdateThingGroupsForThing, input).map(drop)
    }

    fn join(&self, thing: &ThingPlan, group: &str) -> Result<(), ApiError> {
        let input = json!({"thingName": thing.name, "thingGroupName": group});
        self.call(Operation::AddThingToThingGroup, input).map(drop)
    }

    fn certificate(&self, planned: &CertificatePlan) -> Result<Present, ApiError> {
        let id = match &planned.source {
            CertificateSource::Id(id) => {
                let found = self.call(Operation::DescribeCertificate, json!({"certificateId": id}))?;
                return present(planned, &found);
            }
            CertificateSource::Request(request) => {
                let active = planned.status == "ACTIVE";
                let input = json!({"certificateSigningRequest": request, "setAsActive": active});
                return made(&self.call(Operation::CreateCertificateFromCsr, input)?);
            }
            CertificateSource::Pem { certificate, .. } => {
                crate::pki::read_device_certificate(certificate)?.id.to_string()
            }
        };
        if let Some(found) = self.find(Operation::DescribeCertificate, json!({"certificateId": id}))? {
            return present(planned, &found);
        }
        let CertificateSource::Pem { certificate, ca } = &planned.source else {
            return Err(ApiError::invalid("the certificate is given in no way that is known"));
        };
        let input = with(
            json!({"certificatePem": certificate, "status": planned.status}),
            [("caCertificatePem", ca.as_deref().map(Value::from))],
        );
        let answer = self.call(Operation::RegisterCertificate, input)?;
        Ok(Present { pem: Some(certificate.clone()), ..made(&answer)? })
    }

    fn policy(&self, policy: &PolicyPlan, target: &str) -> Result<String, ApiError> {
        if let Some(document) = &policy.document
            && self.find(Operation::GetPolicy, json!({"policyName": policy.name}))?.is_none()
        {
            let input = json!({"policyName": policy.name, "policyDocument": document});
            self.call(Operation::CreatePolicy, input)?;
        }
        let input = json!({"policyName": policy.name, "target": target});
        self.call(Operation::AttachPolicy, input)?;
        Ok(iot_arn(self.scope, &format!("policy/{}", policy.name)))
    }

    fn attach(&self, thing: &ThingPlan, planned: &CertificatePlan, principal: &str) -> Result<(), ApiError> {
        let input = with(
            json!({"thingName": thing.name, "principal": principal}),
            [("thingPrincipalType", planned.principal_type.as_deref().map(Value::from))],
        );
        self.call(Operation::AttachThingPrincipal, input).map(drop)
    }

    fn call(&self, operation: Operation, input: Value) -> Result<Value, ApiError> {
        let Self { app, scope, caller, writer, now_ms } = *self;
        api::perform(app, scope, caller, writer, operation, input, now_ms).map_err(|mut error| {
            error.told.message = format!("{}: {}", operation.info().name, error.told.message);
            error
        })
    }

    /// What a describing operation answers; none when there is no such thing.
    fn find(&self, operation: Operation, input: Value) -> Result<Option<Value>, ApiError> {
        match self.call(operation, input) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.told.code == Code::ResourceNotFoundException => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A device that provisions itself gets no certificate of somebody else, whatever the template makes of its parameters.
fn check_own(plan: &Plan, own: &str) -> Result<(), ApiError> {
    let source = plan.certificate.as_ref().map(|certificate| &certificate.source);
    match source {
        Some(CertificateSource::Id(id)) if id == own => Ok(()),
        _ => Err(ApiError::invalid("the template is not about the certificate that the device has")),
    }
}

/// Whether a property of a thing that is there is changed.
fn settle(thing: &ThingPlan, property: &str, is_same: bool) -> Result<bool, ApiError> {
    let name = &thing.name;
    let refused =
        || conflict(format!("thing `{name}` exists already, and `{property}` may not be overridden"));
    thing.changes(property, is_same).ok_or_else(refused)
}

fn conflict(message: String) -> ApiError {
    ApiError::new(Code::ConflictingResourceUpdateException, message)
}

/// A certificate that was there before. One that waits for this is activated whatever the settings say, as in the guide's
/// example of just-in-time provisioning.
fn present(planned: &CertificatePlan, found: &Value) -> Result<Present, ApiError> {
    let described = found.get("certificateDescription").unwrap_or(&Value::Null);
    let status = described.get("status").and_then(Value::as_str).unwrap_or_default();
    let becomes = match planned.status_override {
        _ if status == "PENDING_ACTIVATION" => Some(planned.status),
        _ if status == planned.status => None,
        Some(Override::DoNothing | Override::Merge) => None,
        Some(Override::Replace) => Some(planned.status),
        Some(Override::Fail) | None => {
            let message = format!("the certificate is {status} already, and `Status` may not be overridden");
            return Err(conflict(message));
        }
    };
    Ok(Present { becomes, ..made(described)? })
}

/// A certificate as an operation answers it.
fn made(answer: &Value) -> Result<Present, ApiError> {
    let text = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    match (text("certificateArn"), text("certificateId")) {
        (Some(arn), Some(id)) => Ok(Present { arn, id, pem: text("certificatePem"), becomes: None }),
        _ => Err(ApiError::failed(std::io::Error::other("an operation answers without a certificate"))),
    }
}

/// An input with what is there of these members.
fn with<const N: usize>(mut input: Value, members: [(&str, Option<Value>); N]) -> Value {
    if let Value::Object(input) = &mut input {
        let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        input.extend(given);
    }
    input
}

impl From<Unfit> for ApiError {
    fn from(unfit: Unfit) -> Self {
        Self::invalid(unfit.to_string())
    }
}

impl From<super::TemplateError> for ApiError {
    fn from(error: super::TemplateError) -> Self {
        Self::invalid(error.to_string())
    }
}
