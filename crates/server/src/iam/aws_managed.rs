//! The managed policies of AWS that the roles of AWS IoT have, by the permissions that AWS documents for them
//! ([Device Defender audit](https://docs.aws.amazon.com/iot/latest/developerguide/device-defender-audit.html),
//! [mitigation actions](https://docs.aws.amazon.com/iot/latest/developerguide/dd-mitigation-actions.html),
//! [logging](https://docs.aws.amazon.com/iot/latest/developerguide/configure-logging.html)). Others do not exist here:
//! a policy that says something else than AWS's would be worse than none.

use std::collections::BTreeMap;

use ring::digest;
use serde_json::json;
use thingwarden_store::records::{IamPolicy, IamPolicyVersion};

const ARN_PREFIX: &str = "arn:aws:iam::aws:policy/service-role/";

struct Managed {
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    /// Whether it also lets AWS IoT be given a role (`iam:PassRole`).
    passes_roles: bool,
}

const ALL: &[Managed] = &[
    Managed {
        name: "AWSIoTDeviceDefenderAddThingsToThingGroupMitigationAction",
        description: "What the mitigation action ADD_THINGS_TO_THING_GROUP does.",
        actions: &["iot:ListPrincipalThings", "iot:AddThingToThingGroup"],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTDeviceDefenderAudit",
        description: "What Device Defender audits read.",
        actions: &[
            "iot:GetLoggingOptions",
            "iot:GetV2LoggingOptions",
            "iot:ListCACertificates",
            "iot:ListCertificates",
            "iot:DescribeCACertificate",
            "iot:DescribeCertificate",
            "iot:ListPolicies",
            "iot:GetPolicy",
            "iot:GetEffectivePolicies",
            "iot:ListRoleAliases",
            "iot:DescribeRoleAlias",
            "cognito-identity:GetIdentityPoolRoles",
            "iam:ListRolePolicies",
            "iam:ListAttachedRolePolicies",
            "iam:GetRole",
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:GetRolePolicy",
            "iam:GenerateServiceLastAccessedDetails",
            "iam:GetServiceLastAccessedDetails",
        ],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTDeviceDefenderEnableIoTLoggingMitigationAction",
        description: "What the mitigation action ENABLE_IOT_LOGGING does.",
        actions: &["iot:SetV2LoggingOptions"],
        passes_roles: true,
    },
    Managed {
        name: "AWSIoTDeviceDefenderPublishFindingsToSNSMitigationAction",
        description: "What the mitigation action PUBLISH_FINDING_TO_SNS does.",
        actions: &["sns:Publish"],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTDeviceDefenderReplaceDefaultPolicyMitigationAction",
        description: "What the mitigation action REPLACE_DEFAULT_POLICY_VERSION does.",
        actions: &["iot:CreatePolicyVersion"],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTDeviceDefenderUpdateCACertMitigationAction",
        description: "What the mitigation action UPDATE_CA_CERTIFICATE does.",
        actions: &["iot:UpdateCACertificate"],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTDeviceDefenderUpdateDeviceCertMitigationAction",
        description: "What the mitigation action UPDATE_DEVICE_CERTIFICATE does.",
        actions: &["iot:UpdateCertificate"],
        passes_roles: false,
    },
    Managed {
        name: "AWSIoTLogging",
        description: "What AWS IoT does to write logs.",
        actions: &[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:PutMetricFilter",
            "logs:PutRetentionPolicy",
        ],
        passes_roles: false,
    },
];

/// Since when they are here: 2026-11-28T00:00:00Z. When AWS made its own is not documented.
const CREATED_MS: i64 = 1_795_824_000_000;

/// Whether this is the ARN of a policy of AWS's, known or not.
pub(super) fn is_arn(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:policy/")
}

/// The policy with this ARN.
pub(super) fn find(arn: &str) -> Option<IamPolicy> {
    let name = arn.strip_prefix(ARN_PREFIX)?;
    ALL.iter().find(|managed| managed.name == name).map(policy)
}

/// All of them, by name.
pub(super) fn all() -> impl Iterator<Item = IamPolicy> {
    ALL.iter().map(policy)
}

fn policy(managed: &Managed) -> IamPolicy {
    let mut statements = vec![json!({"Effect": "Allow", "Action": managed.actions, "Resource": ["*"]})];
    if managed.passes_roles {
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"iam:PassedToService": ["iot.amazonaws.com"]}},
        }));
    }
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    IamPolicy {
        arn: format!("{ARN_PREFIX}{}", managed.name),
        name: managed.name.to_owned(),
        policy_id: policy_id(managed.name),
        path: "/service-role/".to_owned(),
        description: Some(managed.description.to_owned()),
        created_ms: CREATED_MS,
        updated_ms: CREATED_MS,
        tags: BTreeMap::new(),
        default_version: 1,
        next_version: 2,
        versions: BTreeMap::from([(1, IamPolicyVersion { document, created_ms: CREATED_MS })]),
    }
}

/// An id that is the same on every server.
fn policy_id(name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, name.as_bytes());
    let letters = hash.as_ref().iter().take(17).map(|byte| char::from(b'A' + byte % 26));
    "ANPA".chars().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::documents::{Dialect, check};

    #[test]
    fn all_parse_are_sorted_and_are_found() {
        let policies: Vec<IamPolicy> = all().collect();
        assert!(policies.is_sorted_by_key(|policy| policy.name.clone()));
        for policy in policies {
            check(&policy.versions[&1].document, Dialect::Identity).unwrap();
            assert_eq!(find(&policy.arn), Some(policy));
        }
        for other in ["AdministratorAccess", "service-role/AWSIoTRuleActions", "AWSIoTLogging"] {
            assert_eq!(find(&format!("arn:aws:iam::aws:policy/{other}")), None, "{other}");
        }
    }
}
