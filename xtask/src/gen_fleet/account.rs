//! Everything of an account that is not a device: policies, roles, pools, logging.

use serde_json::{Value, json};

use super::devices::Plan;
use super::random::Random;

/// An IoT policy in one of the forms that fleets have: most are bound to the thing, some are not, some are far too broad.
pub fn policy(plan: &Plan, number: u64) -> Value {
    let mut random = Random::of(plan.seed, 3, number);
    let (client, topic, filter) = (plan.arn("client/"), plan.arn("topic/"), plan.arn("topicfilter/"));
    let thing = "${iot:Connection.Thing.ThingName}";
    let allow =
        |action: Value, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let own = |base: &str| format!("{base}fleet/p{number}/{thing}/*");
    let attached = json!({"Bool": {"iot:Connection.Thing.IsAttached": "true"}});
    let connect = json!({"Effect": "Allow", "Action": "iot:Connect", "Resource": format!("{client}{thing}"), "Condition": attached});
    let bound = vec![
        connect.clone(),
        allow(
            json!(["iot:Publish", "iot:Receive"]),
            json!([own(&topic), format!("{topic}$aws/things/{thing}/shadow/*")]),
        ),
        allow(json!("iot:Subscribe"), json!([own(&filter)])),
    ];
    let statements = match random.below(1000) {
        0..800 => bound,
        800..850 => vec![
            json!({"Effect": "Allow", "Action": "iot:Connect", "Resource": format!("{client}${{iot:Certificate.Subject.CommonName}}")}),
            allow(
                json!("iot:Publish"),
                json!(format!("{topic}telemetry/${{iot:Certificate.Subject.CommonName}}")),
            ),
        ],
        850..900 => [
            bound,
            vec![json!({"Effect": "Deny", "Action": "iot:Publish", "Resource": format!("{topic}admin/*")})],
        ]
        .concat(),
        900..930 => vec![connect, allow(json!("iot:Publish"), json!(format!("{topic}*")))],
        930..950 => vec![allow(json!("iot:Connect"), json!(format!("{client}*")))],
        950..965 => vec![allow(json!("iot:*"), json!("*"))],
        965..980 => vec![
            allow(json!("iot:*"), json!("*")),
            json!({"Effect": "Deny", "Action": "iot:*", "Resource": format!("{topic}secret/*")}),
        ],
        980..990 => vec![json!({"Effect": "Allow", "NotAction": "iot:Publish", "Resource": "*"})],
        _ => vec![allow(
            json!(["iot:Connect", "iot:Publish"]),
            json!([format!("{client}${{iot:ClientId}}"), format!("{topic}#")]),
        )],
    };
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let name = format!("policy-{number:05}");
    json!({"policyName": name, "policyArn": plan.arn(&format!("policy/{name}")), "policyDocument": document,
           "defaultVersionId": "1", "creationDate": plan.now - 86_400, "lastModifiedDate": plan.now - 86_400,
           "generationId": "1"})
}

/// Names of the roles behind the role aliases, and what they allow.
const ROLES: [(&str, &str, &str); 5] = [
    ("gateway-uploads", "s3:PutObject", "arn:aws:s3:::fleet-uploads/${credentials-iot:ThingName}/*"),
    ("gateway-config", "s3:GetObject", "arn:aws:s3:::fleet-config/*"),
    ("gateway-debug", "iot:*", "*"),
    (
        "app-user",
        "iot:Connect",
        "arn:aws:iot:us-east-1:123456789012:client/${cognito-identity.amazonaws.com:sub}",
    ),
    ("app-guest", "iot:Receive", "*"),
];

fn role_arn(plan: &Plan, name: &str) -> String {
    format!("arn:aws:iam::{}:role/{name}", plan.account)
}

/// `GetAccountAuthorizationDetails`.
pub fn roles(plan: &Plan) -> Value {
    let roles: Vec<Value> = ROLES
        .iter()
        .map(|(name, action, resource)| {
            let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]});
            let trusted = if name.starts_with("app") { "cognito-identity.amazonaws.com" } else { "credentials.iot.amazonaws.com" };
            let trust = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}]});
            json!({"Path": "/", "RoleName": name, "Arn": role_arn(plan, name), "AssumeRolePolicyDocument": trust,
                   "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document}], "AttachedManagedPolicies": []})
        })
        .collect();
    json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []})
}

/// `DescribeRoleAlias` answers.
pub fn role_aliases(plan: &Plan) -> Vec<Value> {
    let gateways = ROLES.iter().filter(|(name, ..)| name.starts_with("gateway"));
    gateways
        .map(|(name, ..)| {
            json!({"roleAliasDescription": {"roleAlias": name, "roleAliasArn": plan.arn(&format!("rolealias/{name}")),
                   "roleArn": role_arn(plan, name), "owner": plan.account, "credentialDurationSeconds": 3600,
                   "creationDate": plan.now, "lastModifiedDate": plan.now}})
        })
        .collect()
}

/// Merged `GetServiceLastAccessedDetails` answers.
pub fn last_accessed(plan: &Plan) -> Vec<Value> {
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
    ROLES
        .iter()
        .map(|(name, action, _)| {
            json!({"RoleArn": role_arn(plan, name), "JobStatus": "COMPLETED", "IsTruncated": false, "ServicesLastAccessed": [
                {"ServiceName": service(action), "ServiceNamespace": service(action), "LastAuthenticated": plan.now - 5 * 86_400}]})
        })
        .collect()
}

/// `GetIdentityPoolRoles` answers.
pub fn identity_pools(plan: &Plan) -> Vec<Value> {
    (0..3)
        .map(|number| {
            let id = format!("{}:00000000-0000-4000-8000-00000000000{number}", plan.region);
            json!({"IdentityPoolId": id, "Roles": {"authenticated": role_arn(plan, "app-user"), "unauthenticated": role_arn(plan, "app-guest")}})
        })
        .collect()
}
