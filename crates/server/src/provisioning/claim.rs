//! What a claim may do: connect, and provision by its template.

use std::sync::Arc;

use serde_json::json;
use thingwarden_engine::policy::{self, Dialect, PolicySet, PolicySource};
use thingwarden_store::Scope;

use crate::api::{ApiError, iot_arn};

/// The rights of a claim for the template of this name.
///
/// # Errors
/// When the engine does not read the policy that is written here.
pub(crate) fn policies(scope: &Scope, template: &str) -> Result<Arc<PolicySet>, ApiError> {
    let below = |kind: &str| {
        let topics = [
            "$aws/certificates/create/*".to_owned(),
            "$aws/certificates/create-from-csr/*".to_owned(),
            format!("$aws/provisioning-templates/{template}/provision/*"),
        ];
        topics.map(|topic| iot_arn(scope, &format!("{kind}/{topic}")))
    };
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
            {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": below("topic")},
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": below("topicfilter")},
        ],
    });
    let document = policy::parse(&document.to_string(), Dialect::Iot).map_err(ApiError::failed)?;
    let source = PolicySource {
        name: "provisioning claim".into(),
        version: "1".to_owned(),
        document: Arc::new(document),
    };
    Ok(Arc::new(PolicySet::compile([source])))
}
