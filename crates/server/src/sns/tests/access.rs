//! Tests of who may: the caller's policies and the topic's own, in the account and across accounts.

use std::sync::Arc;

use serde_json::{Value, json};
use thingwarden_engine::time::Timestamp;

use super::{ARN, with_topic};
use crate::auth::Caller;
use crate::iam::testing::{ADMIN, Server};

const DENIED: (u16, &str) = (403, "AuthorizationError");
const PUBLISH: [(&str, &str); 2] = [("TopicArn", ARN), ("Message", "m")];

fn set_policy(server: &Server, statements: Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let asked = [("TopicArn", ARN), ("AttributeName", "Policy"), ("AttributeValue", policy.as_str())];
    server.sns("SetTopicAttributes", &asked);
}

fn allow(principal: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "SNS:Publish", "Resource": ARN})
}

fn may_publish(server: &Server) -> bool {
    let answer = server.ask_sns("Publish", &PUBLISH);
    assert!(
        answer.status() == 200 || (answer.status(), &*answer.text("Code")) == DENIED,
        "{}",
        answer.body()
    );
    answer.status() == 200
}

#[test]
fn in_the_account_either_may_allow_and_a_deny_is_a_deny() {
    let mut server = with_topic();
    let nobody = server.user(
        "nobody",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#,
    );
    let admin = server.user("admin", ADMIN);
    let user = json!({"AWS": "arn:aws:iam::123456789012:user/nobody"});
    let account = json!({"AWS": "123456789012"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*"});
    for (statements, by_nobody, by_admin) in [
        (json!([allow(user)]), true, true),
        (json!([allow(account)]), false, true),
        (json!([allow(json!("*"))]), true, true),
        (json!([allow(json!({"Service": "iot.amazonaws.com"}))]), false, true),
        (json!([allow(json!("*")), deny]), false, false),
    ] {
        server.speak_as_root();
        set_policy(&server, statements.clone());
        server.speak_as(&nobody);
        assert_eq!(may_publish(&server), by_nobody, "{statements}");
        server.speak_as(&admin);
        assert_eq!(may_publish(&server), by_admin, "{statements}");
    }
    server.speak_as_root();
    assert!(!may_publish(&server), "a deny is for the account too");
    set_policy(&server, json!([allow(json!("*"))]));
}

#[test]
fn identity_policies_speak_of_topics_and_endpoints() {
    let mut server = with_topic();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:*:*:a*"},
        {"Effect": "Allow", "Action": "sns:Subscribe", "Resource": "*",
            "Condition": {"StringEquals": {"sns:Protocol": "https"}}},
    ]});
    server.sns("CreateTopic", &[("Name", "a1")]);
    let key = server.user("u", &policy.to_string());
    server.speak_as(&key);
    assert!(!may_publish(&server));
    let allowed = [("TargetArn", "arn:aws:sns:us-east-1:123456789012:a1"), ("Message", "m")];
    assert_eq!(server.ask_sns("Publish", &allowed).status(), 200);
    let https = [("TopicArn", ARN), ("Protocol", "https"), ("Endpoint", "https://example.com")];
    assert_eq!(server.ask_sns("Subscribe", &https).status(), 200);
    let http = [("TopicArn", ARN), ("Protocol", "http"), ("Endpoint", "http://example.com")];
    let (status, code) = server.sns_error("Subscribe", &http);
    assert_eq!((status, &*code), DENIED);
    let gone = [("TopicArn", "arn:aws:sns:us-east-1:123456789012:none"), ("Message", "m")];
    let (status, code) = server.sns_error("Publish", &gone);
    assert_eq!((status, &*code), DENIED, "a topic that is not there is not told from one that is");
}

#[test]
fn from_another_account_both_must_allow() {
    let mut server = with_topic();
    set_policy(&server, json!([allow(json!({"AWS": "210987654321"}))]));
    let speak_as_other = |server: &mut Server| server.cx.caller = Arc::new(Caller::root("210987654321"));
    speak_as_other(&mut server);
    assert!(may_publish(&server));
    let (status, code) = server.sns_error("GetTopicAttributes", &[("TopicArn", ARN)]);
    assert_eq!((status, &*code), DENIED);
    let none = [("TopicArn", "arn:aws:sns:us-east-1:123456789012:none"), ("Message", "m")];
    let (status, code) = server.sns_error("Publish", &none);
    assert_eq!((status, &*code), DENIED);
    server.speak_as_root();
    set_policy(&server, json!([allow(json!({"AWS": "123456789012"}))]));
    speak_as_other(&mut server);
    assert!(!may_publish(&server));
}

#[test]
fn conditions_of_a_topic_see_what_no_policy_of_the_caller_asks_for() {
    let mut server = with_topic();
    let user = server.user("u", ADMIN);
    let mut deny = allow(json!("*"));
    deny["Effect"] = json!("Deny");
    deny["Condition"] = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
    set_policy(&server, json!([deny]));
    server.speak_as(&user);
    assert!(!may_publish(&server));
    server.cx.source_ip = "198.51.100.1".parse().unwrap();
    assert!(may_publish(&server));
}

#[test]
fn a_role_of_the_service_publishes_when_either_policy_lets_it() {
    let server = with_topic();
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let role = server.role("audit", trust);
    let source = "arn:aws:iot:us-east-1:123456789012:audittask/1";
    let publish = || {
        let message = crate::sns::NewMessage::text("m".to_owned());
        let (role, now_ms) = (role.clone(), Timestamp::parse("2026-01-01T00:00:00Z").unwrap().millis());
        let actor = server.cx.actor("a test");
        let scope = thingwarden_store::Scope::new("123456789012", "us-east-1");
        server.cx.app.store.write_waiting(&scope, actor, move |writer| {
            crate::sns::publish_as(writer, now_ms, &role, source, ARN, &message)
        })
    };
    assert!(publish().unwrap_err().to_string().contains("not authorized to perform: sns:Publish"));
    let policy = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": ARN}})
            .to_string()
    };
    let put = |action: &str| {
        let document = policy(action);
        server.call(
            "PutRolePolicy",
            &[("RoleName", "audit"), ("PolicyName", "p"), ("PolicyDocument", &document)],
        );
    };
    put("sns:Publish");
    publish().unwrap();
    put("sns:GetTopicAttributes");
    let mut statement = allow(json!({"Service": "iot.amazonaws.com"}));
    statement["Condition"] = json!({"ArnLike": {"aws:SourceArn": "arn:aws:iot:*:*:*"}, "StringEquals": {"aws:SourceAccount": "123456789012"}});
    set_policy(&server, json!([statement]));
    publish().unwrap();
    statement["Condition"] = json!({"StringEquals": {"aws:SourceAccount": "999999999999"}});
    set_policy(&server, json!([statement]));
    publish().unwrap_err();
}
