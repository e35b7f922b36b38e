//! What the account around the devices has: groups, policies, roles, settings, logs.

use serde_json::{Value, json};
use thingwarden_engine::audit::checks::ALL;
use thingwarden_engine::time::Duration;

use super::devices::{Fleet, site};
use super::{File, Setting, lines, seconds};

pub(super) fn files(setting: &Setting, fleet: &Fleet) -> Vec<File> {
    let arn = format!("arn:aws:iam::{}:user/demo", setting.account);
    let account = json!({"UserId": "AIDADEMO", "Account": setting.account, "Arn": arn});
    vec![
        ("account.json", lines([account])),
        ("thing-types.json", lines([thing_types(setting)])),
        ("thing-groups.jsonl", lines(groups(setting, fleet))),
        ("policies.jsonl", lines(policies(setting))),
        ("policy-targets.jsonl", lines(targets(setting, fleet))),
        ("role-aliases.jsonl", lines(role_aliases(setting))),
        ("iam-account-authorization-details.json", lines([roles(setting)])),
        ("iam-service-last-accessed.jsonl", lines(service_uses(setting))),
        ("cognito-identity-pools.jsonl", lines([identity_pool(setting)])),
        ("v2-logging-options.json", lines([logging(setting)])),
        ("audit-configuration.json", lines([audit_configuration(setting)])),
        ("logs/AWSIotLogsV2.jsonl", lines(connections(setting, fleet))),
    ]
}

fn thing_types(setting: &Setting) -> Value {
    let created = seconds(setting.now - Duration::days(900));
    let kind = |name: &str, description: &str| {
        json!({
            "thingTypeName": name, "thingTypeArn": setting.iot(&format!("thingtype/{name}")),
            "thingTypeProperties": {"thingTypeDescription": description, "searchableAttributes": ["site"]},
            "thingTypeMetadata": {"deprecated": false, "creationDate": created},
        })
    };
    json!({"thingTypes": [
        kind("sensor", "Temperature and humidity"),
        kind("gateway", "Collects what sensors send"),
        kind("lock", "Door of a cold store"),
        kind("camera", "Looks at a loading ramp"),
    ]})
}

fn groups(setting: &Setting, fleet: &Fleet) -> Vec<Value> {
    let group = |name: &str, parent: Option<&str>| {
        json!({
            "thingGroupName": name, "thingGroupArn": setting.iot(&format!("thinggroup/{name}")), "version": 1,
            "thingGroupMetadata": {"parentGroupName": parent},
        })
    };
    let mut records =
        vec![group("fleet", None), group("north", Some("fleet")), group("south", Some("fleet"))];
    for name in ["north", "south"] {
        let things: Vec<&str> = fleet.devices.iter().map(|device| device.thing.as_str()).collect();
        let things: Vec<&str> = things.into_iter().filter(|thing| site(thing) == name).collect();
        records.push(json!({"thingGroupName": name, "things": things}));
    }
    records
}

/// One that gives each device its own, and what usually goes wrong.
fn policies(setting: &Setting) -> Vec<Value> {
    let own = "${iot:Connection.Thing.ThingName}";
    let allow =
        |action: Value, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let at = |resource: &str| json!(setting.iot(resource));
    let device = json!([
        {"Effect": "Allow", "Action": "iot:Connect", "Resource": at(&format!("client/{own}")),
         "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}},
        allow(json!("iot:Publish"), at(&format!("topic/telemetry/{own}"))),
        allow(json!("iot:Subscribe"), at(&format!("topicfilter/commands/{own}"))),
        allow(json!("iot:Receive"), at(&format!("topic/commands/{own}"))),
    ]);
    let service = json!([allow(json!("iot:*"), json!("*"))]);
    let display = json!([
        allow(json!("iot:Connect"), at("client/display-*")),
        allow(json!("iot:Subscribe"), at("topicfilter/telemetry/*")),
        {"Effect": "Deny", "Action": "iot:Subscribe", "Resource": at("topicfilter/telemetry/+/raw")},
    ]);
    let created = seconds(setting.now - Duration::days(300));
    let policy = |name: &str, statements: &Value| {
        json!({
            "policyName": name, "policyArn": setting.iot(&format!("policy/{name}")), "defaultVersionId": "1",
            "policyDocument": json!({"Version": "2012-10-17", "Statement": statements}).to_string(),
            "creationDate": created, "lastModifiedDate": created,
        })
    };
    vec![policy("device", &device), policy("field-service", &service), policy("display", &display)]
}

fn targets(setting: &Setting, fleet: &Fleet) -> Vec<Value> {
    let all: Vec<String> = fleet.devices.iter().map(|device| setting.certificate(device.id)).collect();
    let gateways = fleet.devices.iter().filter(|device| device.thing.starts_with("gateway"));
    let gateways: Vec<String> = gateways.map(|device| setting.certificate(device.id)).collect();
    vec![
        json!({"policyName": "device", "targets": all}),
        json!({"policyName": "field-service", "targets": gateways}),
        json!({"policyName": "display", "targets": [setting.iot("thinggroup/north")]}),
    ]
}

fn role_aliases(setting: &Setting) -> Vec<Value> {
    let alias = |name: &str| {
        json!({"roleAliasDescription": {
            "roleAlias": name, "roleAliasArn": setting.iot(&format!("rolealias/{name}")),
            "roleArn": setting.role(name), "owner": setting.account, "credentialDurationSeconds": 3600,
            "creationDate": seconds(setting.now - Duration::days(400)),
            "lastModifiedDate": seconds(setting.now - Duration::days(400)),
        }})
    };
    vec![alias("camera-uploads"), alias("gateway-debug")]
}

fn roles(setting: &Setting) -> Value {
    let role = |name: &str, service: &str, statements: Value, attached: Value| {
        json!({
            "Path": "/", "RoleName": name, "Arn": setting.role(name),
            "CreateDate": seconds(setting.now - Duration::days(400)),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]},
            "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": {
                "Version": "2012-10-17", "Statement": statements}}],
            "AttachedManagedPolicies": attached,
        })
    };
    let devices = "credentials.iot.amazonaws.com";
    let own = "arn:aws:s3:::meridian-uploads/${credentials-iot:ThingName}/*";
    let audit = "arn:aws:iam::aws:policy/service-role/AWSIoTDeviceDefenderAudit";
    json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [
        role("camera-uploads", devices,
             json!([{"Effect": "Allow", "Action": "s3:PutObject", "Resource": own}]), json!([])),
        role("gateway-debug", devices,
             json!([{"Effect": "Allow", "Action": ["s3:*", "dynamodb:PutItem"], "Resource": "*"}]), json!([])),
        role("app-guest", "cognito-identity.amazonaws.com",
             json!([{"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish"], "Resource": "*"}]), json!([])),
        role("iot-audit", "iot.amazonaws.com",
             json!([{"Effect": "Allow", "Action": "iot:ListThings", "Resource": "*"}]),
             json!([{"PolicyName": "AWSIoTDeviceDefenderAudit", "PolicyArn": audit}])),
    ]})
}

fn service_uses(setting: &Setting) -> Vec<Value> {
    let used = seconds(setting.now - Duration::days(2));
    let service = |name: &str, last: Value| json!({"ServiceName": name, "ServiceNamespace": name, "LastAuthenticated": last});
    let answer = |role: &str, services: Vec<Value>| {
        json!({"Arn": setting.role(role), "JobStatus": "COMPLETED", "IsTruncated": false,
               "ServicesLastAccessed": services})
    };
    vec![
        answer("camera-uploads", vec![service("s3", used.clone())]),
        answer("gateway-debug", vec![service("s3", used), service("dynamodb", Value::Null)]),
    ]
}

fn identity_pool(setting: &Setting) -> Value {
    json!({
        "IdentityPoolId": format!("{}:0a1b2c3d-1111-4222-8333-444455556666", setting.region),
        "Roles": {"unauthenticated": setting.role("app-guest")},
    })
}

/// Set up once, and switched off since.
fn logging(setting: &Setting) -> Value {
    json!({"roleArn": setting.role("iot-audit"), "defaultLogLevel": "ERROR", "disableAllLogs": true})
}

fn audit_configuration(setting: &Setting) -> Value {
    let checks: serde_json::Map<String, Value> =
        ALL.iter().map(|check| (check.name.to_owned(), json!({"enabled": true}))).collect();
    json!({
        "roleArn": setting.role("iot-audit"), "auditNotificationTargetConfigurations": {},
        "auditCheckConfigurations": checks,
    })
}

/// A day of connections: the usual ones, two devices with one client id, and one certificate in two devices.
fn connections(setting: &Setting, fleet: &Fleet) -> Vec<Value> {
    let day = setting.now - Duration::days(1);
    let event = |at: i64, kind: &str, client: &str, certificate: String, ip: String, reason: Option<&str>| {
        json!({
            "timestamp": (day + Duration::seconds(at)).to_string(), "logLevel": "INFO", "accountId": setting.account,
            "status": "Success", "eventType": kind, "protocol": "MQTT", "clientId": client,
            "principalId": certificate, "sourceIp": ip, "reason": reason, "disconnectReason": reason,
        })
    };
    let connected = fleet.devices.iter().enumerate().map(|(number, device)| {
        let at = i64::try_from(number).unwrap_or_default() * 60;
        event(at, "Connect", &device.thing, device.id.to_string(), format!("198.51.100.{}", number + 1), None)
    });
    let mut events: Vec<Value> = connected.collect();
    if let [first, second, ..] = fleet.devices.as_slice() {
        let (first, second) = (first.id.to_string(), second.id.to_string());
        let duplicate = Some("DUPLICATE_CLIENT_ID");
        events.push(event(9000, "Connect", "sensor-01", second.clone(), "203.0.113.9".to_owned(), None));
        events.push(event(9001, "Disconnect", "sensor-01", first, "198.51.100.1".to_owned(), duplicate));
        events.push(event(9600, "Connect", "tablet-7", second, "203.0.113.80".to_owned(), None));
    }
    events
}
