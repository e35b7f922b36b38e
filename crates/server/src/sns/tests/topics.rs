//! Tests of topics: attributes, tags, permissions, pages.

use serde_json::{Value, json};

use super::{ARN, REGION, with_topic};
use crate::iam::testing::Server;

fn attribute(server: &Server, name: &str) -> Option<String> {
    let answer = server.sns("GetTopicAttributes", &[("TopicArn", ARN)]);
    let at = answer.texts("key").iter().position(|key| key == name)?;
    Some(answer.texts("value")[at].replace("&quot;", "\""))
}

fn set(server: &Server, name: &str, value: &str) {
    let parameters = [("TopicArn", ARN), ("AttributeName", name), ("AttributeValue", value)];
    server.sns("SetTopicAttributes", &parameters);
}

fn refused(server: &Server, name: &str, value: &str) {
    let parameters = [("TopicArn", ARN), ("AttributeName", name), ("AttributeValue", value)];
    let error = server.sns_error("SetTopicAttributes", &parameters);
    assert_eq!(error, (400, "InvalidParameter".to_owned()), "{name} {value}");
}

#[test]
fn making_a_topic_twice_is_making_it_once() {
    let server = Server::new();
    let asked = [
        ("Name", "t"),
        ("Attributes.entry.1.key", "DisplayName"),
        ("Attributes.entry.1.value", "T"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", "v"),
    ];
    for _ in 0..2 {
        assert_eq!(server.sns("CreateTopic", &asked).text("TopicArn"), ARN);
    }
    assert_eq!(server.sns("CreateTopic", &[("Name", "t")]).text("TopicArn"), ARN);
    let mut other = asked;
    other[2].1 = "U";
    assert_eq!(server.sns_error("CreateTopic", &other), (400, "InvalidParameter".to_owned()));
    let mut other = asked;
    other[4].1 = "w";
    assert_eq!(server.sns_error("CreateTopic", &other), (400, "InvalidParameter".to_owned()));
    assert_eq!(attribute(&server, "DisplayName").unwrap(), "T");
    for bad in ["", "a b", "x.fifo", &"n".repeat(257)] {
        assert_eq!(server.sns_error("CreateTopic", &[("Name", bad)]).1, "InvalidParameter", "{bad}");
    }
}

#[test]
fn attributes_have_defaults_and_are_checked() {
    let server = with_topic();
    assert_eq!(attribute(&server, "Owner").unwrap(), "123456789012");
    assert_eq!(attribute(&server, "SignatureVersion").unwrap(), "1");
    assert_eq!(attribute(&server, "DeliveryPolicy"), None);
    let policy: Value = serde_json::from_str(&attribute(&server, "Policy").unwrap()).unwrap();
    assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceOwner"], "123456789012");
    set(&server, "SignatureVersion", "2");
    assert_eq!(attribute(&server, "SignatureVersion").unwrap(), "2");
    let retry = json!({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}).to_string();
    set(&server, "DeliveryPolicy", &retry);
    let effective: Value =
        serde_json::from_str(&attribute(&server, "EffectiveDeliveryPolicy").unwrap()).unwrap();
    assert_eq!(effective["http"]["defaultHealthyRetryPolicy"]["numRetries"], 5);
    set(&server, "DeliveryPolicy", "");
    assert_eq!(attribute(&server, "DeliveryPolicy"), None);
    for (name, value) in [
        ("SignatureVersion", "3"),
        ("DeliveryPolicy", "{}"),
        ("DisplayName", "a\nb"),
        ("TracingConfig", "Active"),
        ("KmsMasterKeyId", "alias/x"),
        ("HTTPSuccessFeedbackRoleArn", "arn:aws:iam::123456789012:role/r"),
        ("Nonsense", "x"),
        ("Policy", "{}"),
        (
            "Policy",
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}}"#,
        ),
        (
            "Policy",
            r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody"},"Action":"sns:Publish","Resource":"*"}}"#,
        ),
    ] {
        refused(&server, name, value);
    }
    let gone =
        server.sns_error("GetTopicAttributes", &[("TopicArn", "arn:aws:sns:us-east-1:123456789012:none")]);
    assert_eq!(gone, (404, "NotFound".to_owned()));
}

#[test]
fn permissions_are_statements_of_the_policy() {
    let server = with_topic();
    let add = [
        ("TopicArn", ARN),
        ("Label", "other"),
        ("AWSAccountId.member.1", "210987654321"),
        ("ActionName.member.1", "Publish"),
    ];
    server.sns("AddPermission", &add);
    assert_eq!(server.sns_error("AddPermission", &add), (400, "InvalidParameter".to_owned()));
    let policy: Value = serde_json::from_str(&attribute(&server, "Policy").unwrap()).unwrap();
    let statement = &policy["Statement"][1];
    assert_eq!((&statement["Sid"], &statement["Action"][0]), (&json!("other"), &json!("SNS:Publish")));
    let remove = [("TopicArn", ARN), ("Label", "other")];
    server.sns("RemovePermission", &remove);
    assert_eq!(server.sns_error("RemovePermission", &remove), (404, "NotFound".to_owned()));
    let policy: Value = serde_json::from_str(&attribute(&server, "Policy").unwrap()).unwrap();
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
}

#[test]
fn tags_come_and_go() {
    let server = with_topic();
    let tag = [("ResourceArn", ARN), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    server.sns("TagResource", &tag);
    assert_eq!(server.sns("ListTagsForResource", &[("ResourceArn", ARN)]).text("Value"), "v");
    server.sns("UntagResource", &[("ResourceArn", ARN), ("TagKeys.member.1", "k")]);
    assert!(server.sns("ListTagsForResource", &[("ResourceArn", ARN)]).texts("Key").is_empty());
    let none = [("ResourceArn", "arn:aws:sns:us-east-1:123456789012:none")];
    assert_eq!(server.sns_error("ListTagsForResource", &none), (404, "ResourceNotFound".to_owned()));
}

#[test]
fn listings_have_pages_of_a_hundred() {
    let server = Server::new();
    for number in 0..101 {
        server.sns("CreateTopic", &[("Name", &format!("t{number}"))]);
    }
    let first = server.sns("ListTopics", &[]);
    assert_eq!(first.texts("TopicArn").len(), 100);
    let token = first.text("NextToken");
    let second = server.sns("ListTopics", &[("NextToken", &token)]);
    assert_eq!((second.texts("TopicArn").len(), second.texts("NextToken").len()), (1, 0));
    assert_eq!(server.sns_error("ListSubscriptions", &[("NextToken", &token)]).1, "InvalidParameter");
}

#[test]
fn a_topic_takes_its_subscriptions_with_it() {
    let server = with_topic();
    let subscribe = [("TopicArn", ARN), ("Protocol", "http"), ("Endpoint", "http://example.com/")];
    server.sns("Subscribe", &subscribe);
    server.sns("DeleteTopic", &[("TopicArn", ARN)]);
    server.sns("DeleteTopic", &[("TopicArn", ARN)]);
    assert!(server.sns("ListSubscriptions", &[]).texts("Endpoint").is_empty());
    assert_eq!(server.sns_error("Subscribe", &subscribe), (404, "NotFound".to_owned()));
}

#[test]
fn what_is_not_served_says_so() {
    let server = Server::new();
    assert_eq!(server.sns_error("GetSMSAttributes", &[]), (501, "NotImplemented".to_owned()));
    assert_eq!(server.sns_error("Nonsense", &[]), (400, "InvalidAction".to_owned()));
    let foreign_region = [("TopicArn", "arn:aws:sns:eu-west-1:123456789012:t")];
    assert_eq!(server.sns_error("GetTopicAttributes", &foreign_region).1, "InvalidParameter", "not {REGION}");
}
