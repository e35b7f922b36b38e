//! API actions and services that roles grant.

use super::super::*;
use super::document;

/// `expected`: how many actions of (write, read, read broad, other).
fn check(statements: &str, expected: (usize, usize, usize, usize)) {
    let access = iot_api_access(&[&document(statements)]);
    let found = (
        access.thing_write.total,
        access.thing_read.total,
        access.thing_read_broad.total,
        access.other.total,
    );
    assert_eq!(found, expected, "{statements}: {access:?}");
}

#[test]
fn classes_are_counted_by_what_is_left_after_deny() {
    let all = r#"{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}"#;
    check(all, (11, 4, 4, 263));
    check(r#"{"Effect": "Allow", "Action": "iot:CreateThing", "Resource": "@thing/lamp"}"#, (1, 0, 0, 0));
    check(r#"{"Effect": "Allow", "Action": "iot:creatething", "Resource": "@thing/lamp"}"#, (1, 0, 0, 0));
    check(r#"{"Effect": "Allow", "Action": "iot:DescribeThing", "Resource": "@thing/lamp*"}"#, (0, 1, 0, 0));
    check(r#"{"Effect": "Allow", "Action": "iot:DescribeThing", "Resource": "@thing/*"}"#, (0, 1, 1, 0));
    check(r#"{"Effect": "Allow", "Action": "iot:MadeUpTomorrow", "Resource": "*"}"#, (0, 0, 0, 1));
    check(
        r#"{"Effect": "Allow", "Action": ["iot:Publish", "iot:Connect", "s3:*"], "Resource": "*"}"#,
        (0, 0, 0, 0),
    );
    check(r#"{"Effect": "Allow", "NotAction": ["iot:*", "s3:*"], "Resource": "*"}"#, (0, 0, 0, 0));
    check(r#"{"Effect": "Allow", "NotAction": "iot:Describe*", "Resource": "*"}"#, (11, 3, 3, 229));
    check(&format!(r#"{all}, {{"Effect": "Deny", "Action": "iot:*", "Resource": "*"}}"#), (0, 0, 0, 0));
    check(
        &format!(r#"{all}, {{"Effect": "Deny", "NotAction": "iot:DescribeThing", "Resource": "*"}}"#),
        (0, 1, 1, 0),
    );
    // Something is left: other resources, other situations.
    check(
        &format!(r#"{all}, {{"Effect": "Deny", "Action": "iot:*", "Resource": "@thing/*"}}"#),
        (11, 4, 0, 263),
    );
    check(
        r#"{"Effect": "Allow", "Action": "iot:CreateThing", "Resource": "@thing/*"},
           {"Effect": "Deny", "Action": "iot:CreateThing", "Resource": "@thing/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#,
        (1, 0, 0, 0),
    );
    // Conditions do not excuse a grant, unless they cannot hold.
    let conditional = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "iot:CreateThing", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    check(&conditional(r#"{"StringEquals": {"aws:PrincipalTag/team": "ops"}}"#), (1, 0, 0, 0));
    check(&conditional(r#"{"StringEquals": {"aws:PrincipalTag/team": []}}"#), (0, 0, 0, 0));
    // A resource of another service grants nothing here.
    check(
        r#"{"Effect": "Allow", "Action": "iot:CreateThing", "Resource": "arn:aws:s3:::things/*"}"#,
        (0, 0, 0, 0),
    );
}

#[test]
fn lists_are_sorted_and_capped() {
    let both = document(
        r#"{"Effect": "Allow", "Action": "iot:UpdateThing", "Resource": "*"},
           {"Effect": "Allow", "Action": ["iot:CreateThing", "iot:List*"], "Resource": "*"}"#,
    );
    let access = iot_api_access(&[&both]);
    assert_eq!(
        access.thing_write.actions,
        ["iot:CreateThing", "iot:ListThings", "iot:ListThingsInThingGroup", "iot:UpdateThing"]
    );
    let statements: Vec<usize> = access.thing_write.statements.iter().map(|by| by.statement).collect();
    assert_eq!(statements, [0, 1]);
    assert_eq!(access.other.actions.len(), ACTIONS_LISTED_MAX);
    assert!(access.other.total > ACTIONS_LISTED_MAX);
}

/// `expected`: services in order, `!` behind those that may be administered, `*` for all.
fn check_services(statements: &str, expected: &str) {
    let found = services(&[&document(statements)]);
    let names = found.all.iter().chain(&found.services);
    let names: Vec<String> = names
        .map(|grant| format!("{}{}", grant.service, if grant.administrative { "!" } else { "" }))
        .collect();
    assert_eq!(names.join(" "), expected, "{statements}");
}

#[test]
fn services_are_named_and_weighed() {
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
    };
    check_services(&allow("IAM:GetRole", "*"), "iam");
    check_services(&allow("iam:*", "*"), "iam!");
    check_services(&allow("iam:*", "arn:aws:iam::123456789012:role/*"), "iam!");
    check_services(&allow("iam:*", "arn:aws:iam::123456789012:role/device-*"), "iam");
    check_services(&allow("dynamodb:*", "arn:aws:dynamodb:*:*:*"), "dynamodb!");
    check_services(&allow("lambda:*", "arn:aws:lambda:us-east-1:123456789012:function:*"), "lambda!");
    check_services(&allow("s3:*", "arn:aws:s3:::my-bucket/*"), "s3");
    check_services(&allow("s3:*", "arn:aws:s3:::*"), "s3!");
    check_services(&allow("*", "*"), "*!");
    check_services(&allow("*:Get*", "*"), "*");
    check_services(&allow("iot*:*", "*"), "iot*!");
    let all = allow("*", "*");
    check_services(&format!(r#"{all}, {{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}"#), "*!");
    check_services(&format!(r#"{all}, {{"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}}"#), "s3");
    check_services(&format!(r#"{all}, {{"Effect": "Deny", "Action": "*", "Resource": "*"}}"#), "");
    check_services(
        &format!(
            r#"{}, {{"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}}"#,
            allow("s3:GetObject", "*")
        ),
        "",
    );
}

#[test]
fn services_that_no_policy_names_are_answered_too() {
    let found = services(&[&document(
        r#"{"Effect": "Allow", "NotAction": ["iam:*", "guardduty:Get*"], "Resource": "*"}"#,
    )]);
    assert!(found.of("iam").is_none());
    assert!(found.of("dynamodb").is_some_and(|grant| grant.administrative && grant.service == "*"));
    let audited: Vec<&str> = found.security_auditing().iter().map(|(service, _)| *service).collect();
    assert_eq!(audited, ["cloudtrail", "guardduty", "inspector", "inspector2", "trustedadvisor"]);
    let found = services(&[&document(r#"{"Effect": "Allow", "Action": "ia?:Get*", "Resource": "*"}"#)]);
    assert_eq!(found.security_auditing().len(), 1);
    assert!(found.of("iot").is_none());
    let jobs = services(&[&document(
        r#"{"Effect": "Allow", "Action": "iotjobsdata:GetPendingJobExecutions", "Resource": "*"}"#,
    )]);
    assert_eq!(jobs.services[0].namespace(), "iot");
}

/// `expected`: the first action that is no device's, and how many there are.
fn check_administration(statements: &str, expected: Option<(&str, usize)>) {
    let found = administration(&document(statements));
    let shown = found.actions.first().map(|action| (action.as_str(), found.total));
    assert_eq!(shown, expected, "{statements}: {found:?}");
}

#[test]
fn actions_that_are_no_devices() {
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
    };
    check_administration(&allow("iot:AttachPolicy", "*"), Some(("iot:AttachPolicy", 1)));
    check_administration(&allow("iot:updatecertificate", "@cert/*"), Some(("iot:UpdateCertificate", 1)));
    check_administration(&allow("iot:DeleteThing", "@thing/lamp"), Some(("iot:DeleteThing", 1)));
    check_administration(&allow("iot:DeletePol*", "*"), Some(("iot:DeletePolicy", 2)));
    check_administration(&allow("iot:MadeUpTomorrow", "*"), Some(("iot:MadeUpTomorrow", 1)));
    check_administration(&allow("iot:", "*"), Some(("iot:", 1)));
    check_administration(&allow("iot:*", "*"), Some(("iot:AcceptCertificateTransfer", 149)));
    check_administration(&allow("iot:*", "@policy/own"), Some(("iot:AcceptCertificateTransfer", 149)));
    // Reading, what devices do, and other services.
    for action in
        ["iot:DescribeEndpoint", "iot:ListThings", "iot:Connect", "iotjobsdata:*", "logs:Put*", "iot:Get*"]
    {
        check_administration(&allow(action, "*"), None);
    }
    check_administration(&allow("iot:AssumeRoleWithCertificate", "@rolealias/keys"), None);
    // A short form of what devices do on their resources.
    for resource in ["@thing/lamp", "@client/lamp", "@topic/*"] {
        check_administration(&allow("iot:*", resource), None);
    }
    check_administration(r#"{"Effect": "Allow", "NotAction": "iot:Publish", "Resource": "@thing/*"}"#, None);
    let deny = r#"{"Effect": "Deny", "Action": "iot:AttachPolicy", "Resource": "*"}"#;
    check_administration(&format!("{}, {deny}", allow("iot:AttachPolicy", "*")), None);
    check_administration(deny, None);
}
