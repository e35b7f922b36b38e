//! Tags of resources, through the API.

use serde_json::json;
use thingwarden_wire::Code;
use thingwarden_wire::types::Tag;

use super::check;
use crate::api::testing::Api;

fn tag(key: &str) -> Tag {
    Tag { key: key.to_owned(), value: None }
}

#[test]
fn keys_are_unique_and_not_awss() {
    assert_eq!(check(vec![tag("a"), tag("b")]).unwrap().len(), 2);
    for refused in [vec![tag("a"), tag("a")], vec![tag("a"), tag("A")], vec![tag("aws:a")], vec![tag("AWS:")]]
    {
        assert_eq!(check(refused).unwrap_err().told.code, Code::InvalidRequestException);
    }
}

#[test]
fn only_what_exists_and_can_have_tags_has_tags() {
    let api = Api::new();
    let code = |arn: &str| api.error("ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(code("t"), Code::InvalidRequestException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:thing/t"), Code::ResourceNotFoundException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:cert/c"), Code::InvalidRequestException);
    assert_eq!(code("arn:aws:iot:us-east-1:123456789012:policy/p"), Code::ResourceNotFoundException);
    assert_eq!(code("arn:aws:iot:us-east-2:123456789012:policy/p"), Code::ResourceNotFoundException);
}

#[test]
fn tags_are_added_changed_and_removed() {
    let api = Api::new();
    let arn = api.call("CreateBillingGroup", json!({"billingGroupName": "b"}))["billingGroupArn"].clone();
    let tag = |tags: serde_json::Value| api.call("TagResource", json!({"resourceArn": arn, "tags": tags}));
    let listed = || api.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"].clone();
    tag(json!([{"Key": "b", "Value": "1"}, {"Key": "a"}]));
    tag(json!([{"Key": "b", "Value": "2"}]));
    assert_eq!(listed(), json!([{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}]));
    let other_case = json!({"resourceArn": arn, "tags": [{"Key": "B"}]});
    assert_eq!(api.error("TagResource", other_case), Code::InvalidRequestException);
    api.call("UntagResource", json!({"resourceArn": arn, "tagKeys": ["a", "none"]}));
    assert_eq!(listed(), json!([{"Key": "b", "Value": "2"}]));
    api.call("UntagResource", json!({"resourceArn": arn, "tagKeys": ["b"]}));
    assert_eq!(listed(), json!([]));
}

#[test]
fn a_resource_has_fifty_tags_at_most() {
    let api = Api::new();
    let tags = |range: std::ops::Range<usize>| -> serde_json::Value {
        range.map(|n| json!({"Key": format!("k{n:03}")})).collect()
    };
    let asked = |count: usize| json!({"billingGroupName": "b", "tags": tags(0..count)});
    // Creating operations list no LimitExceededException.
    assert_eq!(api.error("CreateBillingGroup", asked(51)), Code::InvalidRequestException);
    let arn = api.call("CreateBillingGroup", asked(49))["billingGroupArn"].clone();
    let two = json!({"resourceArn": arn, "tags": tags(49..51)});
    assert_eq!(api.error("TagResource", two), Code::LimitExceededException);
    api.call("TagResource", json!({"resourceArn": arn, "tags": tags(49..50)}));
    assert_eq!(
        api.pages("ListTagsForResource", json!({"resourceArn": arn})),
        [tags(0..50)
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| json!({"Key": tag["Key"], "Value": ""}))
            .collect::<Vec<_>>()]
    );
}
