//! What operations need permission for, which keys conditions see, and what denials say.

use std::sync::Arc;

use serde_json::{Value, json};
use thingwarden_wire::shape::{Location, Member, Shape};
use thingwarden_wire::{Code, Operation, WireError};

use super::arns::{Home, of, roles};
use super::table::{Target, passed_roles, targets};
use super::testing::*;
use super::*;
use crate::auth::Caller;

const CERT: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

fn resources_of(name: &str, input: Value) -> Vec<String> {
    let mut memory = Memory::default();
    memory.domain_configurations.insert("d".to_owned(), "x1y2z".to_owned());
    let home = Home { account: ACCOUNT, region: "eu-west-1" };
    let found = of(operation(name), &input, home, &memory).unwrap();
    found.into_iter().map(|r| r.arn.strip_prefix(&format!("{HOME}:")).unwrap_or(&r.arn).to_owned()).collect()
}

#[test]
fn resources_are_those_of_the_reference() {
    let check = |name: &str, input: Value, expected: &[&str]| {
        assert_eq!(resources_of(name, input.clone()), expected, "{name} {input}");
    };
    let cert_arn = format!("{HOME}:cert/{CERT}");
    let cert = format!("cert/{CERT}");
    check("DescribeThing", json!({ "thingName": "t:1" }), &["thing/t:1"]);
    check("CreateThing", json!({ "thingName": "t" }), &["thing/t"]);
    check(
        "CreateThing",
        json!({ "thingName": "t", "billingGroupName": "b" }),
        &["thing/t", "billinggroup/b"],
    );
    check("AttachPolicy", json!({ "policyName": "p", "target": cert_arn }), &[&cert]);
    check(
        "AttachPolicy",
        json!({ "policyName": "p", "target": format!("{HOME}:thinggroup/g") }),
        &["thinggroup/g"],
    );
    check("AttachThingPrincipal", json!({ "thingName": "t", "principal": cert_arn }), &[&cert]);
    check("GetEffectivePolicies", json!({ "thingName": "t" }), &["*"]);
    check("GetEffectivePolicies", json!({ "principal": cert_arn }), &[&cert]);
    check("ListAttachedPolicies", json!({ "target": cert_arn }), &["*"]);
    check("UpdateCertificate", json!({ "certificateId": CERT, "newStatus": "ACTIVE" }), &[&cert]);
    check("DeleteCACertificate", json!({ "certificateId": CERT }), &[&format!("cacert/{CERT}")]);
    check(
        "UpdateThingGroupsForThing",
        json!({ "thingName": "t", "thingGroupsToAdd": ["a", "b"], "thingGroupsToRemove": ["c"] }),
        &["thing/t", "thinggroup/a", "thinggroup/b", "thinggroup/c"],
    );
    check(
        "AddThingToThingGroup",
        json!({ "thingName": "t", "thingGroupArn": format!("{HOME}:thinggroup/g") }),
        &["thing/t", "thinggroup/g"],
    );
    check(
        "DescribeDomainConfiguration",
        json!({ "domainConfigurationName": "d" }),
        &["domainconfiguration/d/x1y2z"],
    );
    check(
        "CreateDomainConfiguration",
        json!({ "domainConfigurationName": "e" }),
        &["domainconfiguration/e/*"],
    );
    check("TagResource", json!({ "resourceArn": format!("{HOME}:policy/p"), "tags": [] }), &["policy/p"]);
    check("CreateScheduledAudit", json!({ "scheduledAuditName": "s" }), &["scheduledaudit/s"]);
    check("ListThings", json!({}), &["*"]);
    check("CreateAuditSuppression", json!({ "checkName": "c" }), &["*"]);
}

/// The member that a path begins with.
fn member<'a>(operation: &Operation, path: &str) -> Option<&'a Member> {
    let first = path.split('.').next().unwrap();
    operation.info().members().iter().find(|member| member.name == first)
}

#[test]
fn the_table_names_members_that_exist() {
    for operation in Operation::ALL {
        for target in targets(*operation) {
            let (Target::Named(_, name) | Target::Arn(name)) = target;
            let member = member(operation, name).unwrap_or_else(|| panic!("{operation:?} has no `{name}`"));
            assert!(matches!(member.shape, Shape::String(_) | Shape::List(_)), "{operation:?} {name}");
        }
        for path in passed_roles(*operation) {
            assert!(member(operation, path).is_some(), "{operation:?} has no `{path}`");
        }
    }
}

/// Every name in a path stands for a resource, so an operation with one needs permission for it, unless the reference
/// says otherwise.
#[test]
fn names_in_paths_are_resources() {
    let mut without = Vec::new();
    for operation in Operation::ALL {
        let labels = operation.info().members().iter().filter(|m| matches!(m.location, Location::Uri(_)));
        if labels.count() > 0 && targets(*operation).is_empty() {
            without.push(operation.info().name);
        }
    }
    let expected = [
        "CancelAuditMitigationActionsTask",
        "CancelAuditTask",
        "DescribeAuditFinding",
        "DescribeAuditMitigationActionsTask",
        "DescribeAuditTask",
        "ListAttachedPolicies",
        "ListCertificatesByCA",
        "StartAuditMitigationActionsTask",
    ];
    assert_eq!(without, expected);
}

/// Paths below `shape` to texts for which `wanted` says yes.
fn paths(shape: &Shape, path: &str, wanted: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    match shape {
        Shape::Structure(structure) => {
            for member in structure.members {
                paths(member.shape, &format!("{path}.{}", member.name), wanted, found);
            }
        }
        Shape::List(list) => paths(list.member, path, wanted, found),
        Shape::Map(map) => paths(map.value, &format!("{path}.*"), wanted, found),
        _ if wanted(path.rsplit('.').next().unwrap()) => {
            found.push(path.trim_start_matches('.').to_owned());
        }
        _ => {}
    }
}

#[test]
fn every_role_that_is_handed_over_needs_pass_role() {
    for operation in Operation::ALL {
        let mut found = Vec::new();
        paths(operation.info().input, "", &|name| name.ends_with("oleArn"), &mut found);
        // Suppressions and filters of findings speak about a role and hand none over.
        found.retain(|path| path != "resourceIdentifier.iamRoleArn");
        found.sort();
        let mut known = passed_roles(*operation).to_vec();
        known.sort_unstable();
        assert_eq!(found, known, "{operation:?}");
    }
}

#[test]
fn every_arn_of_an_input_is_authorized() {
    for operation in Operation::ALL {
        let mut found = Vec::new();
        let wanted = |name: &str| name.ends_with("Arn") && !name.ends_with("oleArn");
        paths(operation.info().input, "", &wanted, &mut found);
        let known = targets(*operation).iter().filter_map(|target| match target {
            Target::Arn(name) => Some(*name),
            Target::Named(..) => None,
        });
        let known: Vec<&str> = known.collect();
        // About other services' resources, or words of a suppression.
        let elsewhere = [
            "auditNotificationTargetConfigurations.*.targetArn",
            "actionParams.publishFindingToSnsParams.topicArn",
            "validationCertificateArn",
            "serverCertificateConfig.enableOCSPCheck",
            "serverCertificateConfig.ocspLambdaArn",
            "serverCertificateConfig.ocspAuthorizedResponderArn",
            "clientCertificateConfig.clientCertificateCallbackArn",
            "preProvisioningHook.targetArn",
            "resourceIdentifier.roleAliasArn",
            "resourceIdentifier.deviceCertificateArn",
            "authorizerFunctionArn",
        ];
        found.retain(|path| !known.contains(&path.as_str()) && !elsewhere.contains(&path.as_str()));
        assert_eq!(found, [""; 0], "{operation:?}");
    }
}

#[test]
fn tags_of_requests_are_lists_of_key_and_value() {
    for operation in Operation::ALL {
        let Some(tags) = member(operation, "tags") else { continue };
        let mut found = Vec::new();
        paths(tags.shape, "tags", &|_| true, &mut found);
        assert_eq!(found, ["tags.Key", "tags.Value"], "{operation:?}");
        assert!(matches!(tags.shape, Shape::List(_)));
    }
}

#[test]
fn every_operation_can_be_allowed_alone_and_is_denied_otherwise() {
    for operation in Operation::ALL {
        let info = operation.info();
        let alone = user(json!([{ "Effect": "Allow", "Action": info.action, "Resource": "*" }]));
        assert_eq!(words(try_it(&alone, info.name, json!({}))), "allowed", "{operation:?}");
        let rest = user(json!([{ "Effect": "Allow", "NotAction": info.action, "Resource": "*" }]));
        assert_eq!(verdict(try_it(&rest, info.name, json!({}))), "denied", "{operation:?}");
        let root = Caller::root(ACCOUNT);
        assert_eq!(verdict(try_it(&root, info.name, json!({}))), "allowed", "{operation:?}");
    }
}

#[test]
fn denials_are_worded_as_aws_words_them() {
    let thing = || json!({ "thingName": "t" });
    let start = format!(
        "User: arn:aws:iam::123456789012:user/ops/alice is not authorized to perform: iot:DescribeThing on resource: {HOME}:thing/t "
    );
    let check = |caller: &Caller, end: &str| {
        assert_eq!(words(try_it(caller, "DescribeThing", thing())), format!("{start}{end}"));
    };
    let all = || json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
    let nothing = || policy(json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }]));
    let deny = || {
        policy(json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "iot:Describe*", "Resource": "*" }
        ]))
    };
    check(&user(json!([])), "because no identity-based policy allows the iot:DescribeThing action");
    check(
        &user(all()).with_boundary(nothing()),
        "because no permissions boundary allows the iot:DescribeThing action",
    );
    check(
        &user(all()).with_session_policy(nothing()),
        "because no session policy allows the iot:DescribeThing action",
    );
    check(&user(all()).with_boundary(deny()), "with an explicit deny in a permissions boundary");
    check(&user(all()).with_session_policy(deny()), "with an explicit deny in a session policy");
    check(&user(json!([])).with_session_policy(deny()), "with an explicit deny in a session policy");
    let denied = user(json!([{ "Effect": "Deny", "Action": "*", "Resource": "*" }]));
    check(&denied, "with an explicit deny in an identity-based policy");
    let error = WireError::from(try_it(&denied, "DescribeThing", thing()).unwrap_err());
    assert_eq!((error.code, error.code.status()), (Code::AccessDeniedException, 403));
}

#[test]
fn a_session_is_shown_by_its_own_arn() {
    let nothing = policy(json!([]));
    let caller = Caller::assumed_role(
        ACCOUNT,
        "ops",
        "s1",
        "arn:aws:iam::123456789012:role/x/ops",
        "AROAOPS",
        nothing,
    );
    let words = words(try_it(&caller, "ListThings", json!({})));
    let expected = "User: arn:aws:sts::123456789012:assumed-role/ops/s1 is not authorized to perform: iot:ListThings on resource: * because no identity-based policy allows the iot:ListThings action";
    assert_eq!(words, expected);
}

/// Allowed exactly when the condition holds.
fn holds(
    condition: Value,
    caller: impl Fn(Value) -> Caller,
    name: &str,
    input: Value,
    memory: &Memory,
) -> bool {
    let statement =
        json!([{ "Effect": "Allow", "Action": ["iot:*"], "Resource": "*", "Condition": condition }]);
    verdict(try_with(&caller(statement), name, input, memory)) == "allowed"
}

#[test]
fn conditions_see_the_request() {
    let tagged = |statements| user(statements).with_tags(tags("team=red"));
    let session = |statements| {
        let role_arn = "arn:aws:iam::123456789012:role/x/ops";
        Caller::assumed_role(ACCOUNT, "ops", "s1", role_arn, "AROAOPS", policy(statements))
            .with_temporary_credentials(facts().now)
    };
    let memory = Memory::default();
    let check_as = |caller: &dyn Fn(Value) -> Caller, condition: Value, expected: bool| {
        assert_eq!(
            holds(condition.clone(), caller, "ListThings", json!({}), &memory),
            expected,
            "{condition}"
        );
    };
    for (condition, expected) in [
        (json!({ "StringEquals": { "aws:username": "alice" } }), true),
        (json!({ "StringEquals": { "aws:username": "Alice" } }), false),
        (json!({ "StringEquals": { "aws:userid": "AIDAALICE" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "red" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "blue" } }), false),
        (json!({ "StringEquals": { "aws:PrincipalType": "User" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalAccount": "123456789012" } }), true),
        (json!({ "StringEquals": { "aws:ResourceAccount": "123456789012" } }), true),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:user/ops/*" } }), true),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), true),
        (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), false),
        (json!({ "Bool": { "aws:SecureTransport": "true" } }), true),
        (json!({ "Bool": { "aws:SecureTransport": "false" } }), false),
        (json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }), true),
        (json!({ "StringLike": { "aws:UserAgent": "aws-cli/*" } }), true),
        (json!({ "DateLessThan": { "aws:CurrentTime": "2026-03-01T00:00:01Z" } }), true),
        (json!({ "DateGreaterThan": { "aws:CurrentTime": "2026-03-01T00:00:01Z" } }), false),
        (json!({ "NumericEquals": { "aws:EpochTime": "1772323200" } }), true),
        (json!({ "Null": { "aws:MultiFactorAuthPresent": "true" } }), true),
        (json!({ "Null": { "aws:TokenIssueTime": "true" } }), true),
        (json!({ "Null": { "aws:ResourceTag/team": "true" } }), true),
        (json!({ "Null": { "aws:TagKeys": "true" } }), true),
    ] {
        check_as(&tagged, condition, expected);
    }
    for (condition, expected) in [
        (json!({ "Null": { "aws:username": "true" } }), true),
        (json!({ "StringEquals": { "aws:PrincipalType": "AssumedRole" } }), true),
        (json!({ "StringEquals": { "aws:userid": "AROAOPS:s1" } }), true),
        (json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/x/ops" } }), true),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "false" } }), true),
        (json!({ "DateEquals": { "aws:TokenIssueTime": "2026-03-01T00:00:00.5Z" } }), true),
    ] {
        check_as(&session, condition, expected);
    }
}

#[test]
fn conditions_see_tags_of_the_request() {
    let memory = Memory::default();
    let create = json!({ "policyName": "p", "policyDocument": "{}", "tags": [{ "Key": "team", "Value": "red" }, { "Key": "x" }] });
    let untag = json!({ "resourceArn": format!("{HOME}:policy/p"), "tagKeys": ["team", "x"] });
    for (condition, expected) in [
        (json!({ "StringEquals": { "aws:RequestTag/team": "red" } }), true),
        (json!({ "StringEquals": { "aws:RequestTag/TEAM": "red" } }), true),
        (json!({ "StringEquals": { "aws:RequestTag/team": "blue" } }), false),
        (json!({ "StringEquals": { "aws:RequestTag/x": "" } }), true),
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "x", "y"] } }), true),
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] } }), false),
        (json!({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["team"] } }), true),
    ] {
        assert_eq!(
            holds(condition.clone(), user, "CreatePolicy", create.clone(), &memory),
            expected,
            "{condition}"
        );
    }
    for (condition, expected) in [
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["x"] } }), false),
        (json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "x"] } }), true),
        (json!({ "Null": { "aws:RequestTag/team": "true" } }), true),
    ] {
        assert_eq!(
            holds(condition.clone(), user, "UntagResource", untag.clone(), &memory),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn a_team_changes_only_what_carries_its_tag() {
    let team = json!([{
        "Effect": "Allow", "Action": "iot:*", "Resource": "*",
        "Condition": { "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }
    }]);
    let memory = Memory::default()
        .with("policy/red", "team=red")
        .with("policy/blue", "team=blue")
        .with("thinggroup/red", "team=red");
    let caller = user(team.clone()).with_tags(tags("team=red"));
    let check = |caller: &Caller, name: &str, input: Value, expected: &str| {
        assert_eq!(verdict(try_with(caller, name, input.clone(), &memory)), expected, "{name} {input}");
    };
    check(&caller, "DeletePolicy", json!({ "policyName": "red" }), "allowed");
    check(&caller, "DeletePolicy", json!({ "policyName": "blue" }), "denied");
    check(&caller, "DeletePolicy", json!({ "policyName": "absent" }), "denied");
    check(&caller, "ListPolicies", json!({}), "denied");
    check(&caller, "UpdateThingGroup", json!({ "thingGroupName": "red" }), "allowed");
    // A thing has no tags, so that one of the two resources is not the team's.
    check(&caller, "AddThingToThingGroup", json!({ "thingGroupName": "red", "thingName": "t" }), "denied");
    // Nobody's tag is not a tag.
    check(&user(team.clone()), "DeletePolicy", json!({ "policyName": "red" }), "denied");
    check(&user(team).with_tags(tags("team=*")), "DeletePolicy", json!({ "policyName": "red" }), "denied");
}

#[test]
fn tags_are_looked_up_only_when_a_policy_asks() {
    let broken = Memory { broken: true, ..Memory::default() };
    let input = || json!({ "policyName": "p" });
    let plain = user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "*" }]));
    assert_eq!(verdict(try_with(&plain, "GetPolicy", input(), &broken)), "allowed");
    let condition = json!({ "StringLike": { "AWS:resourcetag/a": "*" } });
    let asks =
        policy(json!([{ "Effect": "Deny", "Action": "iot:*", "Resource": "*", "Condition": condition }]));
    let variable = json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "arn:aws:iot:*:*:policy/${aws:ResourceTag/a}" }]);
    for caller in
        [plain.clone().with_boundary(Arc::clone(&asks)), plain.with_session_policy(asks), user(variable)]
    {
        let refusal = try_with(&caller, "GetPolicy", input(), &broken).unwrap_err();
        assert!(matches!(refusal, Refusal::Lookup(_)), "closed when the store cannot be read");
        let error = WireError::from(refusal);
        assert_eq!(error.code, Code::InternalFailureException);
        assert!(!error.message.contains("fire"), "{}", error.message);
    }
}

#[test]
fn handing_over_a_role_needs_pass_role() {
    let role = "arn:aws:iam::123456789012:role/service/logs";
    let input = json!({ "roleAlias": "a", "roleArn": role });
    let iot = json!({ "Effect": "Allow", "Action": "iot:*", "Resource": "*" });
    let without = user(json!([iot]));
    let expected = format!(
        "User: arn:aws:iam::123456789012:user/ops/alice is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy allows the iam:PassRole action"
    );
    assert_eq!(words(try_it(&without, "CreateRoleAlias", input.clone())), expected);
    let pass = |resource: &str, service: &str| {
        let condition = json!({ "StringEquals": { "iam:PassedToService": service } });
        user(
            json!([iot, { "Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, "Condition": condition }]),
        )
    };
    let (credentials, plain) = ("credentials.iot.amazonaws.com", "iot.amazonaws.com");
    assert_eq!(verdict(try_it(&pass(role, credentials), "CreateRoleAlias", input.clone())), "allowed");
    assert_eq!(verdict(try_it(&pass(role, plain), "CreateRoleAlias", input.clone())), "denied");
    let other = "arn:aws:iam::123456789012:role/service/other";
    assert_eq!(verdict(try_it(&pass(other, credentials), "CreateRoleAlias", input)), "denied");
    assert_eq!(verdict(try_it(&without, "UpdateRoleAlias", json!({ "roleAlias": "a" }))), "allowed");
    let nested =
        json!({ "auditNotificationTargetConfigurations": { "SNS": { "roleArn": role, "enabled": true } } });
    assert_eq!(verdict(try_it(&without, "UpdateAccountAuditConfiguration", nested.clone())), "denied");
    assert_eq!(verdict(try_it(&pass(role, plain), "UpdateAccountAuditConfiguration", nested)), "allowed");
    let payload = json!({ "loggingOptionsPayload": { "roleArn": role } });
    assert_eq!(verdict(try_it(&without, "SetLoggingOptions", payload)), "denied");
    let home = Home { account: ACCOUNT, region: "eu-west-1" };
    let both =
        json!({ "roleArn": "a", "auditNotificationTargetConfigurations": { "SNS": { "roleArn": "b" } } });
    assert_eq!(roles(operation("UpdateAccountAuditConfiguration"), &both, home).unwrap().len(), 2);
}

#[test]
fn other_services_ask_the_same_way() {
    let arn = "arn:aws:iam::123456789012:user/bob".to_owned();
    let memory = Memory::default().with(&arn, "team=red");
    let caller = user(json!([
        { "Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/${aws:username}" },
        { "Effect": "Allow", "Action": "iam:DeleteUser", "Resource": "*", "Condition": { "StringEquals": { "iam:ResourceTag/team": "red" } } },
        { "Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*", "Condition": { "StringEquals": { "aws:RequestTag/team": "red" } } },
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": { "StringEquals": { "iam:PassedToService": "x" } } },
        { "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" }
    ]));
    let check = |action: &str, resources: &[String], tag: &str, keys: &[(&str, &str)], expected: &str| {
        let keys: Vec<_> = keys.iter().map(|(key, value)| (*key, vec![(*value).to_owned()])).collect();
        let access =
            Access { action, resources, shown: None, request_tags: &tags(tag), keys: &keys, granted: false };
        let result = authorize_access(&caller, &access, &facts(), &memory);
        assert_eq!(verdict(result), expected, "{action} {resources:?} {tag}");
        let root = authorize_access(&Caller::root(ACCOUNT), &access, &facts(), &memory);
        assert_eq!(verdict(root), if expected == "invalid" { "invalid" } else { "allowed" });
    };
    let (bob, alice) = ([arn], ["arn:aws:iam::123456789012:user/alice".to_owned()]);
    check("iam:GetUser", &alice, "", &[], "allowed");
    check("iam:GetUser", &bob, "", &[], "denied");
    check("iam:DeleteUser", &bob, "", &[], "allowed");
    check("iam:DeleteUser", &alice, "", &[], "denied");
    check("iam:CreateUser", &bob, "team=red", &[], "allowed");
    check("iam:CreateUser", &bob, "team=blue", &[], "denied");
    check("iam:CreateUser", &bob, "team=red TEAM=blue", &[], "invalid");
    check("iam:PassRole", &bob, "", &[("iam:PassedToService", "x")], "allowed");
    check("iam:PassRole", &bob, "", &[], "denied");
    check("sts:GetCallerIdentity", &[], "", &[], "allowed");
}
