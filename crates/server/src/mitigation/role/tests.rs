//! Which roles the service may assume, and what the sessions may do.

use std::collections::BTreeMap;

use serde_json::json;
use thingwarden_store::records::{IamIdentity, IamRole};

use super::{RoleError, assume};
use crate::api::testing::Api;

/// What a role's trust policy may look like when it is for us.
pub(crate) fn trusts(service: &str) -> String {
    let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// A role that may do what its policy says.
pub(crate) fn role(name: &str, trust_policy: &str, allowed: &[&str]) -> IamRole {
    let statement = json!({"Effect": "Allow", "Action": allowed, "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    IamRole {
        identity: IamIdentity {
            name: name.to_owned(),
            unique_id: format!("AROA{name}"),
            path: "/".to_owned(),
            created_ms: 0,
            boundary: None,
            tags: BTreeMap::new(),
            inline_policies: [("inline".to_owned(), document)].into(),
        },
        trust_policy: trust_policy.to_owned(),
        trusted_ids: BTreeMap::new(),
        description: None,
        max_session_seconds: 3600,
    }
}

/// Makes roles.
pub(crate) fn add(api: &Api, roles: Vec<IamRole>) {
    api.write(move |store| {
        let store = store.write_in_scope(&store.scope().global())?;
        roles.iter().try_for_each(|role| store.put(role))
    });
}

fn attempt(api: &Api, arn: &str) -> Result<String, String> {
    let source = "arn:aws:iot:us-east-1:123456789012:mitigationaction/a";
    api.read(|store| match assume(store, arn, source) {
        Ok(caller) => Ok(Ok(caller.arn().to_string())),
        Err(RoleError::Store(error)) => Err(error),
        Err(refused) => Ok(Err(refused.to_string())),
    })
}

#[test]
fn a_role_has_to_trust_the_service_by_name() {
    let api = Api::new();
    let everybody = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]});
    let denied = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]});
    let only = |account: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "iot.amazonaws.com"}, "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": "arn:aws:iot:us-east-1:123456789012:*"}}}]})
        .to_string()
    };
    add(
        &api,
        vec![
            role("good", &trusts("iot.amazonaws.com"), &["iot:ListThings"]),
            role("other", &trusts("credentials.iot.amazonaws.com"), &["iot:ListThings"]),
            role("everybody", &everybody.to_string(), &["iot:ListThings"]),
            role("denied", &denied.to_string(), &["iot:ListThings"]),
            role("own", &only("123456789012"), &["iot:ListThings"]),
            role("foreign", &only("210987654321"), &["iot:ListThings"]),
            role("damaged", "{", &["iot:ListThings"]),
        ],
    );
    let arn = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let session = |name: &str| Ok(format!("arn:aws:sts::123456789012:assumed-role/{name}/thingwarden"));
    assert_eq!(attempt(&api, &arn("good")), session("good"));
    assert_eq!(attempt(&api, &arn("own")), session("own"));
    for name in ["other", "everybody", "denied", "foreign", "damaged"] {
        assert!(attempt(&api, &arn(name)).unwrap_err().contains("does not let"), "{name}");
    }
    for arn in [arn("nobody"), "arn:aws:iam::210987654321:role/good".to_owned(), "good".to_owned()] {
        assert!(attempt(&api, &arn).unwrap_err().contains("does not exist"), "{arn}");
    }
}
