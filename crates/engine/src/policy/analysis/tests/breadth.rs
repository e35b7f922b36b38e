//! Corners of the breadth rule, one statement list per line of thought.

use super::super::*;
use super::document;

fn check(statements: &str, expected: &[&str]) {
    let document = document(statements);
    let found = broad_data_plane_actions(&document);
    let actions: Vec<&str> = found.iter().map(|grant| grant.action).collect();
    assert_eq!(actions, expected, "{statements}");
    assert!(found.iter().all(|grant| !grant.undecided), "{statements}");
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "iot:{action}", "Resource": "{resource}"}}"#)
}

fn deny(action: &str, resource: &str) -> String {
    allow(action, resource).replace("Allow", "Deny")
}

fn connect_if(resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "iot:Connect", "Resource": "{resource}", "Condition": {condition}}}"#
    )
}

fn broad(action: &str, resource: &str) {
    check(&allow(action, resource), &[&format!("iot:{action}")]);
}

fn limited(action: &str, resource: &str) {
    check(&allow(action, resource), &[]);
}

#[test]
fn wildcards_that_take_every_name_are_broad() {
    for resource in
        ["*", "arn:*", "arn:aws:iot:*:*:*", "@*", "@client/*", "@client/?*", "@client/????????", "@c*"]
    {
        broad("Connect", resource);
    }
    for resource in ["@client/dev-*", "@client/*-dev", "@client/a?", "@client/", "@rolealias/*", "@*-dev"] {
        limited("Connect", resource);
    }
}

#[test]
fn spelling_does_not_matter() {
    check(&allow("Conn*", "@client/*"), &["iot:Connect"]);
    check(&allow("Connec?", "@client/*"), &["iot:Connect"]);
    check(&allow("Connect", "@client/*").replace("iot:Connect", "IOT:cONNECT"), &["iot:Connect"]);
    check(r#"{"Effect": "Allow", "NotAction": "iot:P*", "Resource": "@client/*"}"#, &["iot:Connect"]);
    check(
        r#"{"Effect": "Allow", "Action": "iot:Connect", "NotResource": "@client/admin"}"#,
        &["iot:Connect"],
    );
    check(r#"{"Effect": "Allow", "Action": "iot:Connect", "NotResource": "@client/*"}"#, &[]);
    let letters: Vec<String> = ('a'..='z').map(|letter| format!("\"@client/{letter}*\"")).collect();
    let all =
        format!(r#"{{"Effect": "Allow", "Action": "iot:Connect", "Resource": [{}]}}"#, letters.join(","));
    check(&all, &["iot:Connect"]);
    check(&all.replace("\"@client/q*\",", ""), &[]);
    let digits: Vec<String> = ('0'..='9').map(|digit| format!("\"@client/{digit}{digit}\"")).collect();
    check(
        &format!(r#"{{"Effect": "Allow", "Action": "iot:Connect", "Resource": [{}]}}"#, digits.join(",")),
        &[],
    );
}

#[test]
fn a_deny_takes_breadth_away_only_where_it_takes_every_name() {
    let all = allow("Connect", "@client/*");
    check(&format!("{all}, {}", deny("Connect", "@client/admin")), &["iot:Connect"]);
    check(&format!("{all}, {}", deny("Connect", "@client/*")), &[]);
    check(&format!("{}, {all}", deny("*", "*")), &[]);
    check(&format!("{all}, {}", deny("Connect", "@client/?*")), &[]);
    check(&format!("{all}, {}", deny("Connect", "@client/??*")), &["iot:Connect"]);
    let except = r#"{"Effect": "Deny", "Action": "iot:*", "NotResource": "@client/dev-*"}"#;
    check(&format!("{all}, {except}"), &[]);
    let conditional = |condition: &str| {
        format!(
            r#"{all}, {{"Effect": "Deny", "Action": "iot:*", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    check(&conditional(r#"{"Bool": {"iot:Connection.Thing.IsAttached": "false"}}"#), &[]);
    check(&conditional(r#"{"Bool": {"iot:Connection.Thing.IsAttached": "true"}}"#), &["iot:Connect"]);
    check(&conditional(r#"{"StringNotEquals": {"iot:ClientId": "${iot:Connection.Thing.ThingName}"}}"#), &[]);
    check(&conditional(r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#), &["iot:Connect"]);
    check(&conditional(r#"{"StringNotLike": {"iot:ClientId": "dev-*"}}"#), &[]);
    check(&conditional(r#"{"StringLike": {"iot:ClientId": "dev-*"}}"#), &["iot:Connect"]);
    check(&conditional(r#"{"Null": {"iot:Connection.Thing.ThingName": "true"}}"#), &[]);
}

#[test]
fn conditions_that_bind_the_client_close_a_connect_grant() {
    let closed = [
        r#"{"Bool": {"iot:Connection.Thing.IsAttached": "true"}}"#,
        r#"{"Bool": {"iot:connection.thing.isattached": ["true"]}}"#,
        r#"{"BoolIfExists": {"iot:Connection.Thing.IsAttached": "true"}}"#,
        r#"{"StringEquals": {"iot:ClientId": "${iot:Connection.Thing.ThingName}"}}"#,
        r#"{"StringLike": {"iot:Connection.Thing.ThingName": "*"}}"#,
        r#"{"Null": {"iot:Connection.Thing.ThingName": "false"}}"#,
        r#"{"StringEquals": {"iot:Certificate.Subject.CommonName": "${iot:ClientId}"}}"#,
        r#"{"StringEquals": {"iot:ClientId": "${iot:Certificate.Subject.CommonName}"}}"#,
        r#"{"StringLike": {"iot:ClientId": "dev-*"}}"#,
        r#"{"StringEquals": {"iot:ClientId": ["a", "b"]}}"#,
        r#"{"StringEquals": {"aws:SourceIp": []}}"#,
    ];
    let open = [
        r#"{"Bool": {"iot:Connection.Thing.IsAttached": ["true", "false"]}}"#,
        r#"{"Bool": {"iot:Connection.Thing.IsAttached": "false"}}"#,
        r#"{"StringLike": {"iot:ClientId": "*"}}"#,
        r#"{"StringNotEquals": {"iot:ClientId": "admin"}}"#,
        r#"{"StringNotEquals": {"iot:Connection.Thing.ThingName": "admin"}}"#,
        r#"{"StringEqualsIfExists": {"iot:Connection.Thing.ThingName": "admin"}}"#,
        r#"{"Null": {"iot:Connection.Thing.ThingName": "true"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        r#"{"StringEquals": {"iot:DomainName": "example.com"}}"#,
        r#"{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}"#,
        r#"{"StringEquals": {"iot:Certificate.Subject.Organization": "Example"}}"#,
        r#"{"ForAllValues:StringEquals": {"iot:ConnectAttributes": ["PersistentConnect"]}}"#,
    ];
    for resource in ["*", "@client/${iot:ClientId}", "@client/*"] {
        closed.iter().for_each(|condition| check(&connect_if(resource, condition), &[]));
        open.iter().for_each(|condition| check(&connect_if(resource, condition), &["iot:Connect"]));
    }
}

#[test]
fn comparing_the_client_id_with_itself_says_nothing() {
    let always = [
        r#"{"StringEquals": {"iot:ClientId": "${iot:ClientId}"}}"#,
        r#"{"StringEquals": {"iot:ClientId": ["admin", "${iot:clientid}"]}}"#,
        r#"{"StringEqualsIgnoreCase": {"iot:ClientId": "${iot:ClientId}"}}"#,
        r#"{"StringLike": {"iot:ClientId": "${iot:ClientId}*"}}"#,
        r#"{"StringLike": {"iot:ClientId": "*${iot:ClientId}*"}}"#,
        r#"{"ForAllValues:StringLike": {"iot:ClientId": "**${iot:ClientId}"}}"#,
        r#"{"StringNotEquals": {"iot:ClientId": "a${iot:ClientId}"}}"#,
        r#"{"StringNotLike": {"iot:ClientId": ["a*${iot:ClientId}", "*?${iot:ClientId}"]}}"#,
        r#"{"StringNotLike": {"iot:ClientId": "${iot:ClientId}*${iot:ClientId}"}}"#,
    ];
    let never = [
        r#"{"StringNotEquals": {"iot:ClientId": "${iot:ClientId}"}}"#,
        r#"{"StringNotEqualsIgnoreCase": {"iot:ClientId": "${iot:ClientId}"}}"#,
        r#"{"StringNotLike": {"iot:ClientId": "*${iot:ClientId}*"}}"#,
        r#"{"StringEquals": {"iot:ClientId": "a${iot:ClientId}"}}"#,
        r#"{"StringLike": {"iot:ClientId": "a*${iot:ClientId}"}}"#,
        r#"{"StringLike": {"iot:ClientId": "${iot:ClientId}?"}}"#,
        r#"{"StringLike": {"iot:ClientId": "*?*${iot:ClientId}*"}}"#,
        r#"{"StringLike": {"iot:ClientId": "${iot:ClientId}${iot:ClientId}"}}"#,
        r#"{"StringLike": {"iot:ClientId": "${iot:ClientId}*${iot:Certificate.Subject.CommonName}"}}"#,
    ];
    let deny_if = |condition: &str| {
        format!(
            r#"{}, {{"Effect": "Deny", "Action": "iot:*", "Resource": "*", "Condition": {condition}}}"#,
            allow("Connect", "@client/*")
        )
    };
    for condition in always {
        check(&connect_if("@client/*", condition), &["iot:Connect"]);
        check(&deny_if(condition), &[]);
    }
    for condition in never {
        check(&connect_if("@client/*", condition), &[]);
        check(&deny_if(condition), &["iot:Connect"]);
    }
    // On other actions the client id is the caller's own; compared with itself it says as little.
    let publish = |effect: &str, condition: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Action": "iot:Publish", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    for condition in always.iter().take(6) {
        check(&publish("Allow", condition), &["iot:Publish"]);
        check(&format!("{}, {}", allow("Publish", "*"), publish("Deny", condition)), &[]);
    }
}

#[test]
fn a_name_is_no_arn() {
    for operator in ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"] {
        let condition = format!(r#"{{"{operator}": {{"iot:ClientId": ["*", "${{iot:ClientId}}"]}}}}"#);
        check(&connect_if("@client/*", &condition), &[]);
        let denied = connect_if("*", &condition).replace("Allow", "Deny");
        check(&format!("{}, {denied}", allow("Connect", "*")), &[]);
    }
}

#[test]
fn variables_limit_a_name_unless_they_are_it() {
    broad("Connect", "@client/${iot:ClientId}");
    broad("Connect", "@client/*${iot:ClientId}");
    for resource in [
        "@client/${iot:Connection.Thing.ThingName}",
        "@client/dev-${iot:ClientId}",
        "@client/${iot:ClientId}-${iot:ClientId}",
        "@client/${iot:Certificate.Subject.CommonName}",
        "@client/${cognito-identity.amazonaws.com:sub}",
        "@client/${iot:Connection.Thing.ThingName, 'none'}",
    ] {
        limited("Connect", resource);
    }
    limited("Publish", "@topic/$aws/things/${iot:ClientId}/*");
    limited("GetThingShadow", "@thing/${iot:ClientId}");
    limited("Subscribe", "@topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/#");
    // The account may be a variable as well.
    broad("Connect", "arn:aws:iot:${aws:RequestedRegion}:${aws:PrincipalAccount}:client/*");
    // A Deny on a variable without a value denies every name.
    let denied = deny("Connect", "@client/${iot:Connection.Thing.ThingName}");
    check(&format!("{}, {denied}", allow("Connect", "*")), &[]);
}

#[test]
fn publishing_is_broad_on_the_reserved_topics_of_any_thing() {
    for resource in [
        "@topic/$aws/things/*/shadow/update",
        "@topic/$aws/things/?*/jobs/*",
        "@topic/$aws/*",
        "@topic/*/shadow/update",
        "@topic/*/shadow/name/config/update",
        "@topic/$aws/things/*/telemetry",
        "@topic/$aws/things/*/shadow/name/config/update",
        "@*/update",
        "*",
    ] {
        broad("Publish", resource);
    }
    for resource in [
        "@topic/$aws/things/dev-*",
        "@topic/$aws/things/dev-*/shadow/update",
        "@topic/$aws/things/*-dev/shadow/update",
        "@topic/$aws/things/*-dev/telemetry",
        "@topic/$aws/things/lamp/shadow/*",
        "@topic/$aws/rules/*",
        "@topic/$aws/things/+/shadow/update",
        "@topic/*/telemetry",
        "@topic/*/telemetry/*",
        "@topic/fleet/*",
        "@topicfilter/*",
    ] {
        limited("Publish", resource);
    }
    let all = allow("Publish", "@topic/*");
    check(&format!("{all}, {}", deny("Publish", "@topic/$aws/things/*")), &[]);
    check(&format!("{all}, {}", deny("Publish", "@topic/$aws/things/*/shadow/*")), &["iot:Publish"]);
}

#[test]
fn subscribing_is_broad_through_names_and_through_mqtt_wildcards() {
    for resource in [
        "@topicfilter/$aws/things/+/shadow/update",
        "@topicfilter/$aws/things/+/telemetry",
        "@topicfilter/$aws/things/+",
        "@topicfilter/$aws/things/#",
        "@topicfilter/$aws/+/+/shadow/#",
        "@topicfilter/$aws/#",
        "@topicfilter/*/#",
        "@topicfilter/$aws/things/*/shadow/update/accepted",
        "@topicfilter/$aws/things/*/#",
        "@topicfilter/$aws/things/????/jobs/notify",
    ] {
        broad("Subscribe", resource);
    }
    for resource in [
        "@topicfilter/#",
        "@topicfilter/+/things/+/shadow/update",
        "@topicfilter/fleet/#",
        "@topicfilter/$aws/things/lamp/#",
        "@topicfilter/$aws/things/dev-*",
        "@topicfilter/$aws/things/*-dev/shadow/#",
        "@topicfilter/$aws/events/#",
        "@topic/$aws/things/*",
    ] {
        limited("Subscribe", resource);
    }
    let all = allow("Subscribe", "@topicfilter/*");
    check(&format!("{all}, {}", deny("Subscribe", "@topicfilter/$aws/*")), &[]);
    check(&format!("{all}, {}", deny("Subscribe", "@topicfilter/$aws/things/*")), &["iot:Subscribe"]);
}

#[test]
fn shadow_actions_reach_classic_and_named_shadows() {
    for resource in ["@thing/*", "@thing/?", "@thing/*/config", "@thing/*/*", "@*"] {
        broad("GetThingShadow", resource);
    }
    for resource in ["@thing/MyThing*", "@thing/*-dev", "@thing/lamp/*", "@topic/*"] {
        limited("UpdateThingShadow", resource);
    }
    limited("GetPendingJobExecutions", "@thing/*/config");
    broad("GetPendingJobExecutions", "@thing/*");
    let attached_only = r#"{"Effect": "Allow", "Action": ["iot:Connect", "iot:GetThingShadow"], "Resource": "*",
        "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}}"#;
    check(attached_only, &["iot:GetThingShadow"]);
    check(&attached_only.replace("\"true\"", "\"false\""), &["iot:Connect", "iot:GetThingShadow"]);
}

#[test]
fn job_actions_are_named_as_they_are_granted() {
    check(
        r#"{"Effect": "Allow", "Action": "iotjobsdata:*", "Resource": "@thing/*"},
           {"Effect": "Allow", "Action": "iot:UpdateJobExecution", "Resource": "@thing/*"}"#,
        &[
            "iotjobsdata:DescribeJobExecution",
            "iotjobsdata:GetPendingJobExecutions",
            "iotjobsdata:StartNextPendingJobExecution",
            "iot:UpdateJobExecution",
        ],
    );
}

#[test]
fn several_documents_are_judged_together() {
    let (one, other) = (document(&allow("Connect", "*")), document(&deny("Connect", "@client/*")));
    assert!(broad_data_plane_actions_of(&[&one, &other]).is_empty());
    let found = broad_data_plane_actions_of(&[&other, &one]);
    assert!(found.is_empty());
    let found = broad_data_plane_actions_of(&[&document(&allow("Receive", "*")), &one]);
    assert_eq!((found[0].document, found[0].statement), (1, 0));
}

#[test]
fn a_deny_elsewhere_does_not_help_here() {
    let elsewhere = "arn:aws:iot:eu-west-1:111122223333:client/*";
    check(&format!("{}, {}", allow("Connect", "*"), deny("Connect", elsewhere)), &["iot:Connect"]);
    check(&format!("{}, {}", allow("Connect", elsewhere), deny("Connect", elsewhere)), &[]);
    check(&format!("{}, {}", allow("Connect", elsewhere), deny("Connect", "arn:aws:iot:*:*:client/*")), &[]);
}

#[test]
fn the_witness_is_a_resource_that_nobody_named() {
    let found = broad_data_plane_actions(&document(&allow("Connect", "@client/??x*")));
    assert!(found.is_empty());
    let found = broad_data_plane_actions(&document(&allow("Connect", "@client/???")));
    assert_eq!(found[0].witness, "arn:aws:iot:us-east-1:123456789012:client/xxx");
    let found = broad_data_plane_actions(&document(&allow("Subscribe", "*")));
    assert_eq!(found[0].witness, "arn:aws:iot:us-east-1:123456789012:topicfilter/$aws/things/#");
    let in_region = "arn:aws:iot:${aws:RequestedRegion}:123456789012:client/*";
    let found = broad_data_plane_actions(&document(&allow("Connect", in_region)));
    assert_eq!(found[0].witness, in_region.replace('*', "x"));
}

#[test]
fn a_question_too_large_to_decide_counts_as_broad() {
    // Every pattern wants an `a` at a distance of its own from the end: the subsets explode.
    let patterns: Vec<String> =
        (1..24).map(|distance| format!("\"@client/*a{}\"", "?".repeat(distance))).collect();
    let letters: Vec<String> = ('a'..='z').map(|letter| format!("\"@client/{letter}{letter}*\"")).collect();
    let allow = format!(
        r#"{{"Effect": "Allow", "Action": "iot:Connect", "Resource": [{}, {}]}}"#,
        patterns.join(","),
        letters.join(",")
    );
    let found = broad_data_plane_actions(&document(&allow));
    assert!(found.iter().all(|grant| grant.undecided && grant.witness.is_empty()));
    assert_eq!(found.len(), 1);
}
