//! `REPLACE_DEFAULT_POLICY_VERSION`: a policy gets a new version in force, made from a template.

use serde_json::{Value, json};
use thingwarden_store::records::{Policy, PolicyVersion};
use thingwarden_store::{Filter, Order, Query};
use thingwarden_wire::Operation;
use thingwarden_wire::types::PolicyTemplateName;

use super::Acting;
use crate::api::iot_arn;
use crate::mitigation::failure::Failure;

pub(super) fn carry_out(
    acting: &Acting<'_>,
    template: PolicyTemplateName,
) -> Result<Option<String>, Failure> {
    let name = acting.identifier("/policyVersionIdentifier/policyName")?;
    let version = acting.identifier("/policyVersionIdentifier/policyVersionId")?;
    let document = document(acting, template).to_string();
    let store = acting.store();
    let Some(policy) = store.get::<Policy>(name)? else {
        return Err(Failure::refused("ResourceNotFoundException", format!("policy `{name}` does not exist")));
    };
    let current = PolicyVersion::id_of(name, policy.default_version);
    let current = store.get::<PolicyVersion>(&current)?;
    if current.is_some_and(|current| current.document == document) {
        return Ok(Some(format!(
            "version {} of policy `{name}` is the template already",
            policy.default_version
        )));
    }
    if policy.default_version.to_string() != version {
        let message = format!(
            "policy `{name}` has version {} in force, and the finding is about version {version}: audit again",
            policy.default_version
        );
        return Err(Failure::refused("InvalidRequestException", message));
    }
    let note = make_room(acting, &policy)?;
    let input = json!({"policyName": name, "policyDocument": document, "setAsDefault": true});
    acting.perform(Operation::CreatePolicyVersion, input)?;
    Ok(note)
}

/// Deletes the oldest version that is not in force when there is no place for another, if the settings allow that.
fn make_room(acting: &Acting<'_>, policy: &Policy) -> Result<Option<String>, Failure> {
    let app = acting.work.app;
    let name = policy.name.as_str();
    let of_policy = [Filter::eq("policy", name)];
    let full = acting.store().count::<PolicyVersion>(&of_policy)? >= app.quotas.policy_versions;
    if !full || !app.mitigation.delete_oldest_version {
        return Ok(None);
    }
    let oldest = Query { order: Order::By("version"), limit: 2, ..Query::all(&of_policy) };
    let versions = acting.store().list::<PolicyVersion>(&oldest)?.items;
    let oldest = versions.into_iter().map(|one| one.version).find(|one| *one != policy.default_version);
    let Some(version) = oldest else { return Ok(None) };
    let input = json!({"policyName": name, "policyVersionId": version.to_string()});
    acting.perform(Operation::DeletePolicyVersion, input)?;
    Ok(Some(format!("version {version} of policy `{name}` was deleted to make room")))
}

/// What a template says, for the account and region of the task.
fn document(acting: &Acting<'_>, template: PolicyTemplateName) -> Value {
    let scope = acting.work.scope;
    let thing = "${iot:Connection.Thing.ThingName}";
    let arn = |resource: &str| iot_arn(scope, &format!("{resource}{thing}"));
    let shadow = |kind: &str, topic: &str| format!("{}/shadow/{topic}", arn(&format!("{kind}/$aws/things/")));
    let statements = match template {
        PolicyTemplateName::BlankPolicy => json!([]),
        // A device connects as the thing that its certificate is attached to, and uses the shadow of that thing.
        PolicyTemplateName::LeastPrivilege => json!([
            {
                "Effect": "Allow",
                "Action": "iot:Connect",
                "Resource": arn("client/"),
                "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
            },
            {
                "Effect": "Allow",
                "Action": "iot:Publish",
                "Resource": [shadow("topic", "update"), shadow("topic", "get")],
            },
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": shadow("topicfilter", "*")},
            {"Effect": "Allow", "Action": "iot:Receive", "Resource": shadow("topic", "*")},
        ]),
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}
