//! Ways around an authorizer, each of which must lead nowhere.

use serde_json::{Value, json};

use super::testing::*;
use super::*;
use crate::auth::Caller;

const CERT: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";

/// Everything of AWS IoT, but for these statements.
fn all_but(denied: Value) -> Caller {
    user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "*" }, denied]))
}

fn check(caller: &Caller, name: &str, input: Value, expected: &str) {
    let result = try_it(caller, name, input.clone());
    assert_eq!(verdict(result), expected, "{name} {input}");
}

#[test]
fn certificates_have_one_spelling() {
    let arn = format!("{HOME}:cert/{CERT}");
    let caller = all_but(json!({ "Effect": "Deny", "Action": "*", "Resource": arn }));
    let upper = CERT.to_uppercase();
    for id in [CERT, &upper] {
        check(&caller, "DeleteCertificate", json!({ "certificateId": id }), "explicit");
        for spelled in [id.to_owned(), format!("0x{id}")] {
            let principal = format!("{HOME}:cert/{spelled}");
            check(
                &caller,
                "AttachThingPrincipal",
                json!({ "thingName": "t", "principal": principal }),
                "explicit",
            );
            check(&caller, "AttachPolicy", json!({ "policyName": "p", "target": principal }), "explicit");
        }
    }
    check(&caller, "DeleteCertificate", json!({ "certificateId": "1".repeat(64) }), "allowed");
    // The same id as a CA certificate is another resource.
    check(&caller, "DeleteCACertificate", json!({ "certificateId": CERT }), "allowed");
}

#[test]
fn other_accounts_and_regions_are_nobodys_to_allow() {
    let caller = user(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]));
    for arn in [
        "arn:aws:iot:eu-west-1:999999999999:thinggroup/g",
        "arn:aws:iot:us-east-1:123456789012:thinggroup/g",
        "arn:aws-cn:iot:eu-west-1:123456789012:thinggroup/g",
        "arn:aws:iotx:eu-west-1:123456789012:thinggroup/g",
        "arn:aws:iot:*:*:thinggroup/g",
        "arn:aws:iot:::thinggroup/g",
        "ARN:AWS:IOT:eu-west-1:123456789012:thinggroup/g",
        "arn:aws:iot:EU-WEST-1:123456789012:thinggroup/g",
    ] {
        for (name, input) in [
            ("AttachPolicy", json!({ "policyName": "p", "target": arn })),
            ("AddThingToThingGroup", json!({ "thingName": "t", "thingGroupArn": arn })),
            ("TagResource", json!({ "resourceArn": arn, "tags": [] })),
            ("ListTagsForResource", json!({ "resourceArn": arn })),
        ] {
            let words = words(try_it(&caller, name, input));
            let expected =
                format!("on resource: {arn} because no resource-based policy allows the iot:{name} action");
            assert!(words.ends_with(&expected), "{words}");
        }
    }
    for role in [
        "arn:aws:iam::999999999999:role/r",
        "arn:aws:iam::123456789012:user/r",
        "ARN:aws:iam::123456789012:role/r",
    ] {
        check(&caller, "CreateRoleAlias", json!({ "roleAlias": "a", "roleArn": role }), "denied");
    }
}

#[test]
fn what_is_no_arn_is_no_ones_resource() {
    let narrow =
        user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": format!("{HOME}:cert/*") }]));
    for principal in
        ["xxx", "eu-west-1:6d9f0a8c-0000-4000-8000-000000000000", " arn:aws:iot", "cert/abc", "*"]
    {
        check(&narrow, "AttachPolicy", json!({ "policyName": "p", "target": principal }), "denied");
    }
}

#[test]
fn both_names_of_one_thing_count() {
    let caller = all_but(
        json!({ "Effect": "Deny", "Action": "*", "Resource": [format!("{HOME}:thinggroup/secret"), format!("{HOME}:thing/secret")] }),
    );
    let group = |name: &str| format!("{HOME}:thinggroup/{name}");
    let thing = |name: &str| format!("{HOME}:thing/{name}");
    for input in [
        json!({ "thingName": "t", "thingGroupName": "g", "thingGroupArn": group("secret") }),
        json!({ "thingName": "t", "thingGroupName": "secret", "thingGroupArn": group("g") }),
        json!({ "thingName": "t", "thingArn": thing("secret"), "thingGroupName": "g" }),
        json!({ "thingName": "secret", "thingArn": thing("t"), "thingGroupName": "g" }),
    ] {
        check(&caller, "AddThingToThingGroup", input.clone(), "explicit");
        check(&caller, "RemoveThingFromThingGroup", input, "explicit");
    }
    check(&caller, "AddThingToThingGroup", json!({ "thingName": "t", "thingGroupName": "g" }), "allowed");
}

#[test]
fn every_element_of_a_list_counts() {
    let caller =
        all_but(json!({ "Effect": "Deny", "Action": "*", "Resource": format!("{HOME}:thinggroup/secret") }));
    for input in [
        json!({ "thingName": "t", "thingGroupsToAdd": ["a", "b", "secret"] }),
        json!({ "thingName": "t", "thingGroupsToAdd": ["a"], "thingGroupsToRemove": ["secret"] }),
    ] {
        check(&caller, "UpdateThingGroupsForThing", input, "explicit");
    }
    let two = user(
        json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": [format!("{HOME}:thing/t"), format!("{HOME}:thinggroup/a")] }]),
    );
    check(
        &two,
        "UpdateThingGroupsForThing",
        json!({ "thingName": "t", "thingGroupsToAdd": ["a"] }),
        "allowed",
    );
    check(
        &two,
        "UpdateThingGroupsForThing",
        json!({ "thingName": "t", "thingGroupsToAdd": ["a", "b"] }),
        "denied",
    );
}

#[test]
fn wildcards_and_variables_in_names_are_plain_text() {
    let caller =
        user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": format!("{HOME}:thing/a") }]));
    for name in ["*", "?", "a*", "${aws:username}", "a/../b", "a%2Fb", "A", "a\u{0}", ""] {
        check(&caller, "DeleteThing", json!({ "thingName": name }), "denied");
    }
    let own = user(
        json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": format!("{HOME}:thing/${{aws:username}}") }]),
    );
    check(&own, "DeleteThing", json!({ "thingName": "alice" }), "allowed");
    check(&own, "DeleteThing", json!({ "thingName": "${aws:username}" }), "denied");
    let star = user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": format!("{HOME}:thing/${{aws:PrincipalTag/name}}") }]))
        .with_tags(tags("name=*"));
    check(&star, "DeleteThing", json!({ "thingName": "anything" }), "denied");
}

#[test]
fn actions_ignore_case_and_denies_stay() {
    let caller = all_but(json!({ "Effect": "Deny", "Action": "IOT:DELETETHING", "Resource": "*" }));
    check(&caller, "DeleteThing", json!({ "thingName": "t" }), "explicit");
    check(&caller, "DescribeThing", json!({ "thingName": "t" }), "allowed");
}

#[test]
fn tags_of_the_request_are_not_those_of_the_resource() {
    let red = json!({ "StringEquals": { "aws:ResourceTag/team": "red" } });
    let caller = user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "*", "Condition": red }]));
    let tag = |name: &str| json!({ "resourceArn": format!("{HOME}:policy/{name}"), "tags": [{ "Key": "team", "Value": "red" }] });
    let memory = Memory::default().with("policy/blue", "team=blue").with("policy/red", "team=red");
    // Nobody tags the resource of others into the own team, nor makes something of the team in passing.
    assert_eq!(verdict(try_with(&caller, "TagResource", tag("blue"), &memory)), "denied");
    assert_eq!(verdict(try_with(&caller, "TagResource", tag("none"), &memory)), "denied");
    assert_eq!(verdict(try_with(&caller, "TagResource", tag("red"), &memory)), "allowed");
    let create =
        json!({ "policyName": "new", "policyDocument": "{}", "tags": [{ "Key": "team", "Value": "red" }] });
    assert_eq!(verdict(try_with(&caller, "CreatePolicy", create, &memory)), "denied");
}

#[test]
fn tags_of_one_resource_do_not_count_for_the_next() {
    let red = json!({ "StringEquals": { "aws:ResourceTag/team": "red" } });
    let caller = user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "*", "Condition": red }]));
    let memory = Memory::default().with("thinggroup/a", "team=red").with("thing/t", "team=red");
    let move_to = |groups: Value| json!({ "thingName": "t", "thingGroupsToAdd": groups });
    let check = |groups: Value, expected| {
        let result = try_with(&caller, "UpdateThingGroupsForThing", move_to(groups.clone()), &memory);
        assert_eq!(verdict(result), expected, "{groups}");
    };
    check(json!(["a"]), "allowed");
    check(json!(["a", "b"]), "denied");
    check(json!(["b", "a"]), "denied");
}

#[test]
fn tags_that_differ_in_case_do_not_shadow_each_other() {
    let caller = user(json!([{ "Effect": "Allow", "Action": "iot:*", "Resource": "*" }]));
    let two = json!([{ "Key": "team", "Value": "red" }, { "Key": "TEAM", "Value": "blue" }]);
    let create = json!({ "policyName": "p", "policyDocument": "{}", "tags": two });
    let root = Caller::root(ACCOUNT);
    for caller in [&caller, &root] {
        check(caller, "CreatePolicy", create.clone(), "invalid");
        let arn = format!("{HOME}:policy/p");
        let memory = Memory::default().with("policy/p", "team=red");
        let tag = |key: &str| json!({ "resourceArn": arn, "tags": [{ "Key": key, "Value": "blue" }] });
        assert_eq!(verdict(try_with(caller, "TagResource", tag("Team"), &memory)), "invalid");
        assert_eq!(verdict(try_with(caller, "TagResource", tag("team"), &memory)), "allowed");
        assert_eq!(verdict(try_with(caller, "TagResource", tag("other"), &memory)), "allowed");
    }
    // Who may not tag does not learn which tags there are.
    let nobody = user(json!([]));
    let memory = Memory::default().with("policy/p", "team=red");
    let tag = json!({ "resourceArn": format!("{HOME}:policy/p"), "tags": [{ "Key": "Team", "Value": "x" }] });
    assert_eq!(verdict(try_with(&nobody, "TagResource", tag, &memory)), "denied");
}

#[test]
fn a_denial_does_not_tell_what_exists() {
    let caller = user(json!([{ "Effect": "Allow", "Action": "iot:DescribeThing", "Resource": "*" }]));
    let memory = Memory::default().with("policy/there", "a=b");
    let ask = |name: &str| words(try_with(&caller, "GetPolicy", json!({ "policyName": name }), &memory));
    assert_eq!(ask("there").replace("there", "X"), ask("gone").replace("gone", "X"));
    let mut memory = Memory::default();
    memory.domain_configurations.insert("there".to_owned(), "abcde".to_owned());
    let input = |name: &str| json!({ "domainConfigurationName": name });
    let ask = |name: &str| words(try_with(&caller, "DescribeDomainConfiguration", input(name), &memory));
    assert!(ask("there").contains(&format!("on resource: {HOME}:domainconfiguration/there because")));
    assert_eq!(ask("there").replace("there", "X"), ask("gone").replace("gone", "X"));
}

#[test]
fn a_domain_configuration_is_known_by_its_whole_arn() {
    let mut memory = Memory::default();
    memory.domain_configurations.insert("prod".to_owned(), "abcde".to_owned());
    let denied = json!({ "Effect": "Deny", "Action": "*", "Resource": format!("{HOME}:domainconfiguration/prod/abcde") });
    let caller = all_but(denied);
    let delete = |name: &str| json!({ "domainConfigurationName": name });
    assert_eq!(verdict(try_with(&caller, "DeleteDomainConfiguration", delete("prod"), &memory)), "explicit");
    assert_eq!(verdict(try_with(&caller, "DeleteDomainConfiguration", delete("test"), &memory)), "allowed");
}

#[test]
fn addresses_are_compared_as_ipv4_where_they_are() {
    let condition = json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } });
    let caller = all_but(json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition }));
    for (address, expected) in [
        ("203.0.113.9", "allowed"),
        ("::ffff:203.0.113.9", "allowed"),
        ("::ffff:198.51.100.1", "explicit"),
        ("2001:db8::1", "explicit"),
    ] {
        let facts = RequestFacts { source_ip: address.parse().ok(), ..facts() };
        let result = authorize(&caller, operation("ListThings"), &json!({}), &facts, &Memory::default());
        assert_eq!(verdict(result), expected, "{address}");
    }
}

#[test]
fn long_names_are_refused_before_they_are_compared() {
    let caller = user(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]));
    let long = format!("{HOME}:cert/{}", "a".repeat(3000));
    check(&caller, "AttachPolicy", json!({ "policyName": "p", "target": long }), "invalid");
    check(&caller, "SetV2LoggingOptions", json!({ "roleArn": long }), "invalid");
}

#[test]
fn boundaries_and_sessions_only_narrow() {
    let read = || policy(json!([{ "Effect": "Allow", "Action": "iot:Describe*", "Resource": "*" }]));
    let all = || json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
    let thing = || json!({ "thingName": "t" });
    for caller in [user(all()).with_boundary(read()), user(all()).with_session_policy(read())] {
        check(&caller, "DescribeThing", thing(), "allowed");
        check(&caller, "DeleteThing", thing(), "denied");
    }
    for caller in
        [user(json!([])).with_boundary(policy(all())), user(json!([])).with_session_policy(policy(all()))]
    {
        check(&caller, "DescribeThing", thing(), "denied");
    }
}
